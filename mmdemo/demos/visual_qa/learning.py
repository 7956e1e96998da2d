"""What all training has in common. Importing this module imports Keras."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import keras
import numpy as np

from mmdemo.core.serve.backend import JIT, compile_call
from mmdemo.core.train.batches import Batches, warm_up_cosine
from mmdemo.core.train.experiment import Experiment, History, Trained

from . import DEMO, questions, scenes
from .config import Config, Training
from .data import Asked
from .measure import Answerer
from .model import build
from .questions import ANSWERS, KNOWN, RELATIONAL
from .truths import truth

AT_ONCE = 32
"""Pictures that a network passes at once, to be measured."""
Batch = tuple[tuple[np.ndarray, np.ndarray], np.ndarray]
"""Pictures `(B, side, side, 3)` and questions `(B, Q, length)`; answers `(B, Q)`."""


class _Asking(Batches):
    """Some questions of each picture."""

    def __init__(self, how: Training, seed: int) -> None:
        super().__init__(seed)
        self.how = how

    def __len__(self) -> int:
        return -(-self.how.pictures // self.how.batch)

    def __getitem__(self, index: int) -> Batch:
        pictures, texts, answers = self.asked(index, self.rng(index))
        rows = questions.numbers([text for each in texts for text in each], self.how.task)
        scaled = pictures.astype(np.float32) / 255
        return (scaled, rows.reshape(*answers.shape, -1)), answers

    @abstractmethod
    def asked(
        self, index: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[list[str]], np.ndarray]:
        """Pictures of a batch, texts of the questions of each, and their answers `(B, Q)`."""


class OfEasy(_Asking):
    """easy-VQA's pictures in a new order each epoch, with some of the questions of each."""

    def __init__(self, known: Asked, how: Training, seed: int) -> None:
        super().__init__(how, seed)
        self.known = known
        self.of_picture = [np.flatnonzero(known.rows == row) for row in range(len(known.pictures))]

    def asked(
        self, index: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[list[str]], np.ndarray]:
        order = self.rng().permutation(len(self.of_picture))[: self.how.pictures]
        rows = order[index * self.how.batch : (index + 1) * self.how.batch]
        chosen = [self._chosen(self.of_picture[row], rng) for row in rows]
        texts = [[self.known.questions[number] for number in each] for each in chosen]
        return self.known.pictures[rows], texts, self.known.answers[np.stack(chosen)]

    def _chosen(self, among: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Each once before any comes again."""
        times = -(-self.how.asked // len(among))
        return np.concatenate([rng.permutation(among) for _ in range(times)])[: self.how.asked]


class OfRelations(_Asking):
    """Scenes that are new each time: two thirds of their questions need other objects."""

    def asked(
        self, index: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[list[str]], np.ndarray]:
        known = {answer: number for number, answer in enumerate(ANSWERS["relations"])}
        need: dict[bool, list[str]] = {True: [], False: []}
        for text, about in KNOWN["relations"].items():
            need[about.kind in RELATIONAL].append(text)
        many = 0 if self.epoch < self.how.plain else 2 * self.how.asked // 3
        pictures, texts, answers = [], [], []
        for _ in range(self.how.batch):
            things = scenes.six(rng)
            pictures.append(scenes.draw(things, "relations"))
            texts.append(
                [need[True][n] for n in rng.permutation(len(need[True]))[:many]]
                + [
                    need[False][n]
                    for n in rng.permutation(len(need[False]))[: self.how.asked - many]
                ]
            )
            answers.append([known[truth(things, text, "relations")] for text in texts[-1]])
        return np.stack(pictures), texts, np.array(answers)


class Learning(Experiment[Config]):
    """A preset; a subclass has data and measures."""

    demo = DEMO

    def network(self) -> Trained:
        """The served one."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        trainee = keras.Model(network.inputs, network.outputs[0], name="trainee")
        batches = self.batches()
        training = self.config.training
        steps = (self.run.epochs or training.epochs) * len(batches)
        compile_loss(trainee, training.learning_rate, steps)
        history = self.learn(trainee, batches)
        return Trained(network, history)

    def learn(self, trainee: keras.Model, batches: Any) -> History:
        """Train one network as a stage of the run."""
        return self.fit(
            trainee,
            batches,
            self.run.preset,
            epochs=self.config.training.epochs,
            shuffle=False,  # the batches are
        )

    @abstractmethod
    def batches(self) -> _Asking:
        """What the served network learns from."""


def compile_loss(network: keras.Model, rate: float, steps: int) -> None:
    """Compile for a training of so many steps."""
    network.compile(
        keras.optimizers.Adam(warm_up_cosine(rate, max(1, steps // 20), steps - steps // 20)),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=JIT,
    )


def reader(network: keras.Model, task: str) -> Answerer:
    """What a network answers, each picture with all of its questions at once."""
    outputs = network.output if isinstance(network.output, list) else [network.output]
    call = compile_call(keras.Model(network.inputs, outputs[0]))

    def read(asked: Asked) -> np.ndarray:
        rows = questions.numbers(asked.questions, task)
        order = np.argsort(asked.rows, kind="stable")
        counts = np.bincount(asked.rows, minlength=len(asked.pictures))
        put = np.zeros((len(asked.pictures), counts.max(), rows.shape[1]), np.int32)
        real = np.arange(counts.max()) < counts[:, None]
        put[real] = rows[order]
        said = []
        for first in range(0, len(put), AT_ONCE):
            some = asked.pictures[first : first + AT_ONCE].astype(np.float32) / 255
            said.append(call(some, put[first : first + AT_ONCE]).argmax(axis=-1))
        answers = np.zeros(len(rows), np.int64)
        answers[order] = np.concatenate(said)[real]
        return answers

    return read
