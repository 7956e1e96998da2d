"""Training the correlational networks.

    python -m mmdemo train corrnet/digits                   # 20 minutes on two cores
    python -m mmdemo train corrnet/halves                   # 15 minutes
    python -m mmdemo train corrnet/halves --preset book     #  2 minutes
    python -m mmdemo train corrnet/names_russian            #  4 minutes, others 1 or 2

The digits also need the speech synthesiser espeak-ng, see `synthesis`. How they are measured, and
what to expect, stands in `measure`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np

from mmdemo.core.data import handwritten
from mmdemo.core.data.handwritten import Images
from mmdemo.core.measure import report
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, History, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, abroad, data, drawing, measure, names, nondigits, outputs, refusal, scrawls
from .config import PAPER, Config
from .model import Trainer, build

IMAGE_POOL = 30_000
"""Training pictures that the spoken digits are paired with."""
LISTENER_RATE = 3e-3
"""Peak of the learning rate's schedule."""


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
            config=replace(config, listener=()),  # which is trained by itself, afterwards
            steps_per_epoch=steps,
            shuffle=False,
        )
        return Trained(network, history)


class Halves(_CorrNet):
    """The left and the right half of a picture; beside DEFAULT, the paper's own form."""

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        self.known = handwritten.mnist("train", data.TRAINING_IMAGES)
        self.test = handwritten.mnist("test")

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
        self.images = handwritten.mnist("train", IMAGE_POOL)
        every = handwritten.mnist("train")
        last = slice(data.TRAINING_IMAGES, None)
        self.held_out_images = Images(every.pixels[last], every.digits[last])
        self.test_images = handwritten.mnist("test")
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
        network, history = self.learn(name, pairs, self.config.training.steps)
        heard = self._teach(network, f"{name}-listener", spoken)
        return Trained(network, [row | more for row, more in zip(history, heard, strict=True)])

    def _teach(self, network: keras.Model, name: str, people: data.Spoken) -> History:
        """Train the listener, beside a network that is trained."""
        training = self.config.training
        listener = network.get_layer("listen")

        def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            """Asked for by a stage that is not finished, which spares the others the synthesis."""
            rng = np.random.default_rng(self.run.seed)
            own = nondigits.own(compile_call(network), self.config, self.images, people)
            pools = {**self.lesson, **nondigits.lesson_of(people, own, rng)}
            yield from nondigits.batches(pools, training.batch, rng)

        count = (self.run.epochs or training.epochs) * training.steps
        listener.compile(
            keras.optimizers.Adam(warm_up_cosine(LISTENER_RATE, max(1, count // 20), count)),
            keras.losses.SparseCategoricalCrossentropy(),
            jit_compile=False,
        )
        rows = self.fit(
            listener,
            batches(),
            name,
            epochs=training.epochs,
            steps_per_epoch=training.steps,
            shuffle=False,
        )
        return [{"listener_loss": row["loss"]} for row in rows]

    @cached_property
    def lesson(self) -> nondigits.Pools:
        """What all listeners are trained on."""
        return nondigits.lesson(self.run.seed)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        seed = self.run.seed
        known, test = data.official(self.spoken)
        official = measure.Split(self.images, known, self.test_images, test)
        unseen = [
            measure.Split(self.images, others, self.test_images, left_out)
            for _, others, left_out in data.unseen_speakers(self.spoken)
        ]
        judges = measure.Judges(self.images, known)
        results: list[report.Result] = []
        ears, senses = [], []  # of the served network, then of each that leaves a speaker out
        for where, networks, splits in (
            (measure.OFFICIAL, [network], [official]),
            (measure.UNSEEN, list(folds.values()), unseen),
        ):
            hits = []
            for each, split in zip(networks, splits, strict=True):
                call = compile_call(each)
                coded = measure.Senses.of_network(call, self.config, split)
                hits.append(measure.network_hits(call, self.config, split, coded, judges))
                ears.append(refusal.Ear(call, self.config, measure.reader(coded, seed)))
                senses.append(coded)
            baseline = [measure.baseline_hits(split, seed) for split in splits]
            figures = [
                *measure.digit_results(self.run.preset, where, hits),
                *measure.digit_results("cca", where, baseline),
            ]
            results += report.abroad(figures) if where == measure.UNSEEN else figures
        strangers = refusal.Strangers.read()
        splits = [official, *unseen]
        results += abroad.results(ears, senses, splits, judges, strangers.digits)
        refused, limits = refusal.measured(ears[0], test, ears[1:], self.spoken, strangers)
        held_out = outputs.codes(ears[0].call, self.config, left=self.held_out_images.pixels)
        reading = measure.reading(senses[0], held_out, known, seed)
        told, unlike = self._scrawls(ears[0], reading["reader"])
        preprocess = {**reading, "listener": limits, "unlike": unlike}
        return Measured(results + refused + told, preprocess)

    def _scrawls(
        self, served: refusal.Ear, reader: Mapping[str, list]
    ) -> tuple[list[report.Result], dict[str, Any]]:
        """How well drawings that are no digit are told, and what tells them."""

        def shares(pictures: np.ndarray) -> np.ndarray:
            codes = outputs.codes(served.call, self.config, left=pictures)
            return measure.shares(reader, codes)

        return scrawls.measured(self.held_out_images.pixels, self.test_images.pixels, shares)


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
