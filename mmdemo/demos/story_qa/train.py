"""Training and measuring the story networks on bAbI.

    python -m mmdemo train story_qa --preset default
    python -m mmdemo train story_qa --preset book

Each run trains one network jointly on all 20 tasks, twice: on 1,000 training questions per task,
for the figures only, and on 10,000, which is served. On one thread of a busy machine DEFAULT took
half an hour and BOOK seven minutes, and 3 GB of memory. To expect from DEFAULT: a mean of 0.89 at
1k and of 0.995 at 10k; from BOOK 0.58 and 0.61. The exact figures are in the weights folder's
`metrics.json`.

Neither the supporting facts nor the test files are used in training. The last tenth of the training
stories (at most 300 questions of a task) is not trained on: DEFAULT draws the tasks that it still
gets wrong there more often, and everything was chosen on it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from mmdemo.core.nets.words import FILE
from mmdemo.core.serve.backend import Call, compile_call
from mmdemo.core.train import batches
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import half_precision
from mmdemo.core.weights.configuration import replace

from . import DEMO, data, measure
from .config import Config
from .data import Examples
from .model import build

logger = logging.getLogger(__name__)


class AnswerQuestions(Experiment[Config]):
    """The public tasks, or one's own, of which one network learns all.

    Attributes:
        kinds: of training data, the served network's last.
        tasks: of each kind.
    """

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            self.tasks = {kind: data.official(kind) for kind in data.KINDS}
        else:
            self.tasks = {"own": data.own(run.data)}
        self.kinds = tuple(self.tasks)
        self.tokenizer, self.answers = data.vocabulary(self.tasks[self.kinds[-1]])
        sizes = {"vocabulary": len(self.tokenizer), "answers": len(self.answers)}
        super().__init__(run, replace(config, **sizes))

    def files(self) -> Mapping[str, str]:
        return {FILE: self.tokenizer.to_json()}

    def network(self) -> Trained:
        return self._trained(self.kinds[-1], self.config)

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        """The network of fewer questions, measured in half precision as the served one is."""
        training = self.config.training
        fewer = replace(self.config, epochs=training.epochs_1k, dropout=training.dropout_1k)

        def trained() -> keras.Model:
            network, _ = self._trained("1k", fewer)
            half_precision.round_weights(network)
            return network

        return {"1k": trained} if "1k" in self.kinds else {}

    def _trained(self, kind: str, config: Config) -> Trained:
        """A network trained jointly on all tasks."""
        tasks = self.tasks[kind]
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        # The attention is an output to look at; only the answer is trained.
        trainee = keras.Model(network.inputs, network.outputs[0], name="trainee")
        questions = self._examples([question for task in tasks for question in task.train])
        sizes = [len(task.train) for task in tasks]
        drawn = Batches(questions, sizes, config, self.run.seed)
        trainee.compile(
            _optimizer(config, self.run.epochs or config.training.epochs),
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=["accuracy"],
            jit_compile=False,
        )
        validation = [self._examples(task.validation) for task in tasks]
        history = self.fit(
            trainee,
            drawn,
            kind,
            epochs=config.training.epochs,
            config=replace(config, epochs_1k=0, dropout_1k=0.0),
            callbacks=[Focus(drawn, validation, config, network)],
            shuffle=False,
        )
        return Trained(network, history)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        results = []
        for kind, each in {**folds, self.kinds[-1]: network}.items():
            call = compile_call(each)
            right = {
                task.name: measure.answered(call, self._examples(task.test), self.config)
                for task in self.tasks[kind]
            }
            results += measure.figures(kind, self.run.preset, right, self.tasks[kind])
        if self.run.data is None:
            results += measure.published()
        if self.run.data is None and self.config.network != "lstm":
            call = compile_call(network)
            results += measure.in_free_words(
                call, self.tokenizer, self.answers, self.config, self.run.preset
            )
        names = [task.name for task in self.tasks[self.kinds[-1]]]
        return Measured(results, {"answers": self.answers, "tasks": names})

    def _examples(self, questions: Sequence[data.Question]) -> Examples:
        return data.examples(questions, self.tokenizer, self.answers, self.config)


experiment = AnswerQuestions


def _optimizer(config: Config, epochs: int) -> keras.optimizers.Optimizer:
    training = config.training
    if training.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(training.learning_rate)
    steps = epochs * training.steps
    warm_up = max(1, steps // 20)
    schedule = batches.warm_up_cosine(
        training.learning_rate,
        warm_up,
        max(1, steps - warm_up),
        start=training.learning_rate / 20,
        floor=0.02,
    )
    return keras.optimizers.AdamW(
        schedule, weight_decay=training.weight_decay, beta_2=0.99, clipnorm=1.0
    )


class Batches(batches.Batches):
    """An epoch's batches: questions drawn from all tasks, those of like length together.

    Args:
        examples: training questions of all tasks, one task after the other.
        sizes: how many each task has.
        config: how they are read, and the sizes of batch and epoch.
        seed: with the epoch's number it decides the draw.
    """

    def __init__(self, examples: Examples, sizes: Sequence[int], config: Config, seed: int) -> None:
        super().__init__(seed)
        self.examples = examples
        self.sizes = sizes
        self.config = config
        self.draw(np.ones(len(sizes)))

    def draw(self, weights: np.ndarray) -> None:
        """Draw the questions of the epoch, tasks in proportion to their weights."""
        training, rng = self.config.training, self.rng()
        counts = rng.multinomial(training.steps * training.batch, weights / weights.sum())
        firsts = np.cumsum([0, *self.sizes])
        rows = np.concatenate(
            [
                first + rng.integers(0, size, count)
                for first, size, count in zip(firsts, self.sizes, counts, strict=False)
            ]
        )
        lengths = self.examples.lengths[rows] + 2 * rng.random(len(rows))
        groups = np.split(rows[np.argsort(lengths)], training.steps)
        # Keras takes what the first two batches have in common for the shape of all: so they are
        # the shortest and the longest.
        middle = rng.permutation(len(groups) - 2) + 1 if len(groups) > 2 else []
        ends = [0, -1] if len(groups) > 1 else [0]
        self.groups = [groups[i] for i in (*ends, *middle)]

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        rows = self.groups[index]
        inputs = self.examples.batch(rows, self.config, self.config.input.story_sentences)
        return inputs, self.examples.answers[rows]


class Focus(keras.callbacks.Callback):
    """Before each epoch, asks which tasks are still hard, and has them drawn more often."""

    def __init__(
        self, batches: Batches, validation: list[Examples], config: Config, network: keras.Model
    ) -> None:
        super().__init__()
        self.batches = batches
        self.validation = validation
        self.config = config
        self.network = network
        self.call: Call | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        weights = np.ones(len(self.validation))
        focus = self.config.training.focus
        if focus and epoch:
            # Compiled once the checkpoint of an interrupted run has been read.
            self.call = self.call or compile_call(self.network)
            accuracy = [measure.answered(self.call, e, self.config).mean() for e in self.validation]
            logger.info(
                "epoch %d: %.1f %% of the validation part (%s)",
                epoch,
                100 * np.mean(accuracy),
                " ".join(f"{100 * a:.0f}" for a in accuracy),
            )
            weights = (1 - np.array(accuracy)) ** focus + 0.1
        self.batches.draw(weights)
