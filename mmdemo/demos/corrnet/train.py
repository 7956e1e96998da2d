"""Training the correlational networks.

    python -m mmdemo train corrnet/digits                   #  6 minutes on two cores
    python -m mmdemo train corrnet/halves                   # 15 minutes
    python -m mmdemo train corrnet/halves --preset book     #  2 minutes
    python -m mmdemo train corrnet/names_russian            #  4 minutes, others 1 or 2

How they are measured, and what to expect, stands in `measure`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import keras
import numpy as np

from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run

from . import DEMO, data, drawing, measure, names
from .config import PAPER, Config
from .model import Trainer, build

IMAGE_POOL = 30_000
"""Training pictures that the spoken digits are paired with."""


class _CorrNet(Experiment[Config]):
    """What the tasks share: a network fitted on endless batches of pairs."""

    demo = DEMO

    def learn(
        self, name: str, pairs: data.Pairs, steps: int, config: Config | None = None
    ) -> Trained:
        """A new network trained on `steps` batches an epoch, or the finished one of this stage."""
        config = config or self.config
        training = config.training
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        trainer = Trainer(network, training)
        shapes = config.network.left, config.network.right
        trainer([np.zeros((2, *shape), np.float32) for shape in shapes])
        count = (self.run.epochs or training.epochs) * steps
        warm_up = min(100, max(1, count // 10))
        rate = training.learning_rate
        schedule = warm_up_cosine(
            rate, warm_up, max(1, count - warm_up), start=rate / 10, floor=0.01
        )
        trainer.compile(keras.optimizers.Adam(schedule), jit_compile=False)
        history = self.fit(
            trainer,
            pairs,
            name,
            epochs=training.epochs,
            config=config,
            steps_per_epoch=steps,
            shuffle=False,
        )
        return Trained(network, history)


class Halves(_CorrNet):
    """The left and the right half of a picture; beside DEFAULT, the paper's own form."""

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.known = data.mnist("train", data.TRAINING_IMAGES)
        self.test = data.mnist("test")

    def network(self) -> Trained:
        return self._learn("halves", self.config)

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        if self.run.preset == "book":
            return {}
        return {"paper": lambda: self._learn("paper", PAPER).network}

    def _learn(self, name: str, config: Config) -> Trained:
        pixels, size = self.known.pixels, config.training.batch
        rng = np.random.default_rng(self.run.seed)
        pairs = data.batches(len(pixels), lambda rows: drawing.halves(pixels[rows]), size, rng)
        return self.learn(name, pairs, len(pixels) // size, config)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        parts = self.known, self.test
        results = measure.halves_results(self.run.preset, network, self.config, *parts)
        for paper in folds.values():
            results += measure.halves_results("corrnet_paper_form", paper, PAPER, *parts)
            results += measure.halves_baseline(*parts)
        return Measured(results + measure.PUBLISHED, {"task": "halves"})


class Digits(_CorrNet):
    """Pictures and speech; beside the served network, one for each speaker that is left out."""

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.images = data.mnist("train", IMAGE_POOL)
        self.test_images = data.mnist("test")
        self.spoken = data.fsdd()

    def network(self) -> Trained:
        return self._learn("official", data.official(self.spoken)[0])

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        return {
            f"without-{speaker}": partial(self._fold, f"without-{speaker}", others)
            for speaker, others, _ in data.unseen_speakers(self.spoken)
        }

    def _fold(self, name: str, spoken: data.Spoken) -> keras.Model:
        return self._learn(name, spoken).network

    def _learn(self, name: str, spoken: data.Spoken) -> Trained:
        rng = np.random.default_rng(self.run.seed)
        size = self.config.training.batch
        pairs = data.digit_pairs(self.images, spoken, size, rng)
        return self.learn(name, pairs, self.config.training.steps)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        seed = self.run.seed
        known, test = data.official(self.spoken)
        official = measure.Split(self.images, known, self.test_images, test)
        unseen = [
            measure.Split(self.images, others, self.test_images, left_out)
            for _, others, left_out in data.unseen_speakers(self.spoken)
        ]
        judges = measure.Judges(self.images, known)
        results = []
        for where, networks, splits in (
            (measure.OFFICIAL, [network], [official]),
            (measure.UNSEEN, list(folds.values()), unseen),
        ):
            hits = [
                measure.network_hits(each, self.config, split, judges)
                for each, split in zip(networks, splits, strict=True)
            ]
            results += measure.digit_results(self.run.preset, where, hits)
            hits = [measure.baseline_hits(split, seed) for split in splits]
            results += measure.digit_results("cca", where, hits)
        senses = measure.Senses.of_network(compile_call(network), self.config, official)
        return Measured(results, measure.reading(senses, known, seed))


class Names(_CorrNet):
    """English names and the same in another script."""

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.language = config.task.removeprefix("names_")
        self.known = data.xlit(self.language, "train")

    def network(self) -> Trained:
        left = names.views(self.known.english, "left", self.config)
        right = names.views(self.known.foreign, "right", self.config)
        count, size = left.shape[0], self.config.training.batch
        rng = np.random.default_rng(self.run.seed)
        pairs = data.batches(
            count, lambda rows: (left[rows].toarray(), right[rows].toarray()), size, rng
        )
        return self.learn("names", pairs, count // size)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        dev, test = data.xlit(self.language, "dev"), data.xlit(self.language, "test")
        return measure.names_measured(network, self.config, self.known, dev, test, self.run.seed)


def experiment(run: Run, config: Config) -> Experiment[Config]:
    """The experiment of a task.

    Raises:
        DataMissing: a public set is not in the data folder.
    """
    kinds: dict[str, type[_CorrNet]] = {"halves": Halves, "digits": Digits, "names": Names}
    return kinds[config.task.split("_")[0]](run, config)
