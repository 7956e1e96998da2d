"""One digit in a picture: trained and measured. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import keras
import numpy as np

from mmdemo.core.data import handwritten
from mmdemo.core.data.handwritten import Images
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.train.experiment import Measured
from mmdemo.core.weights.configuration import replace

from . import data, drawn, measure, words
from .config import DEFAULT, Config
from .learning import Learning, reader
from .measure import Read
from .model import build, build_training

TEST = "MNIST, official test part, 10,000 digits"
DISTORTED = (
    "every second digit of MNIST's test part, turned by up to 20 degrees, scaled by 0.8 to 1.2, "
    "slanted and moved by up to 3 pixels"
)
CURVES = "every tenth digit of MNIST's test part"
ROUNDS = "every fifth digit of MNIST's test part, by BOOK, which learnt with three rounds"
PENS = (
    "UCI optical digits, by 43 other people, 8 x 8 pixels, enlarged as the page enlarges a picture"
)
DRAWN, DRAWN_TIMES = "digits that a program drew of strokes", 50
DISPLACED, SURE = "the same digits, whose parts from top to bottom change places", 0.5
BASELINE = "nearest"
DRAWN_OUTPUT = 2
"""Of a network with capsules, what `model.build` says that its decoder draws."""
ROUTING_ROUNDS = (1, 2, 3, 5)
NARROW = {"filters": (64,), "kinds": 8, "decoder": (128, 256)}
"""Of the paper's network, small enough to be trained twice more: with one round and with three."""


class Alone(Learning):
    """A preset that reads one digit."""

    @property
    def _book(self) -> bool:
        return self.config.network.network == "capsnet"

    @property
    def _cnn(self) -> bool:
        return self.config.network.network == "cnn"

    @property
    def quarter(self) -> bool:
        """The paper's network has 8.2 million weights."""
        return self._book

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        """What is compared under the same training, and not served."""
        changed: dict[str, Config] = {}
        if self._book:
            for rounds in (1, 3):
                changed[f"narrow_{rounds}"] = replace(self.config, rounds=rounds, **NARROW)
        if self._cnn:
            drawing = DEFAULT.training.drawing_weight
            changed["cnn_decoder"] = replace(
                self.config, decoder=DEFAULT.network.decoder, drawing_weight=drawing
            )
        return {name: partial(self._fold, name, config) for name, config in changed.items()}

    def _fold(self, name: str, config: Config) -> keras.Model:
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        self.learn(build_training(network, config), name, config)
        return network

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Errors on the official test part, distorted digits, other hands; curves."""
        readers = {self.run.preset: reader(network)}
        readers |= {name: reader(fold) for name, fold in folds.items()}
        nearest = measure.neighbours(self.known)
        every = {**readers, BASELINE: nearest}
        served = {self.run.preset: readers[self.run.preset], BASELINE: nearest}
        results = _errors("digits", every, self.test.pixels, self.test.digits, TEST)
        results += results_of("digits", measure.PUBLISHED, "published", 0)
        some = self._each(data.DISTORTED)
        ink = data.distorted(some.pixels, self.run.seed)
        results += _errors("distorted", served, ink, some.digits, DISTORTED)
        pens = handwritten.pens()
        results += abroad(_errors("pens", served, pens.pixels, pens.digits, PENS))
        strokes = data.program_drawn(DRAWN_TIMES)
        results += abroad(_errors("drawn", served, strokes.pixels, strokes.digits, DRAWN))
        results += self._displaced(network, served)
        results += self._curves(served)
        if self._book:
            results += self._rounds(network)
        return Measured(results, {})

    def _displaced(self, network: keras.Model, readers: Mapping[str, Read]) -> list[Result]:
        """What is said of the parts of digits in wrong places, and what tells them from digits.

        A drawing that is unlike what was seen says that a capsule is of no use: Frosst, Sabour,
        Hinton 2018, "DARCCC: Detecting adversaries by reconstruction from class conditional
        capsules".
        """
        whole = data.program_drawn(DRAWN_TIMES)
        parts = data.program_drawn(DRAWN_TIMES, drawn.scrambled)
        figures = {}
        for name, read in readers.items():
            said = read(parts.pixels)
            figures[name] = {
                "still_read": 1 - measure.error(said, parts.digits),
                "sure_of_it": float((said.max(axis=1) > SURE).mean()),
                "told_by_length": measure.told_apart(
                    read(whole.pixels).max(axis=1), said.max(axis=1)
                ),
            }
        if not self._cnn:
            draw = reader(network, DRAWN_OUTPUT)
            alike = [measure.likeness(each.pixels, draw(each.pixels)) for each in (whole, parts)]
            figures[self.run.preset]["told_by_drawing"] = measure.told_apart(*alike)
        return abroad(results_of("displaced", figures, DISPLACED, len(parts.digits)))

    def _curves(self, readers: Mapping[str, Read]) -> list[Result]:
        """How errors grow as digits are changed more and more."""
        some = self._each(data.CURVE)
        results = []
        for kind in words.LEVELS:
            shown = data.curve(kind, some.pixels, self.run.seed)
            figures = {
                name: {
                    f"error_{kind}_{level:g}": measure.error(read(changed), some.digits)
                    for level, changed in shown
                }
                for name, read in readers.items()
            }
            results += results_of(kind, figures, CURVES, len(some.digits))
        return results

    def _rounds(self, network: keras.Model) -> list[Result]:
        """The served network with other numbers of rounds than it learnt with."""
        figures, some = {}, self._each(data.ROUNDS)
        for rounds in ROUTING_ROUNDS:
            config = replace(self.config, rounds=rounds)
            changed = build(config)
            changed.set_weights(network.get_weights())
            said = reader(changed)(some.pixels)
            figures[f"rounds_{rounds}"] = {"error": measure.error(said, some.digits)}
        return results_of("rounds", figures, ROUNDS, len(some.digits))

    def _each(self, n: int) -> Images:
        """Each n-th test digit: the first half of them is by neater hands than the second."""
        return Images(self.test.pixels[::n], self.test.digits[::n])


def _errors(
    task: str, readers: Mapping[str, Read], ink: np.ndarray, digits: np.ndarray, split: str
) -> list[Result]:
    figures = {name: {"error": measure.error(read(ink), digits)} for name, read in readers.items()}
    return results_of(task, figures, split, len(digits))
