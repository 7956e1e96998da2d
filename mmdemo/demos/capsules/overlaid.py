"""Two digits over each other: trained and measured. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from mmdemo.core.data import handwritten
from mmdemo.core.data.handwritten import Images
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.train.experiment import Measured

from . import data, measure
from .learning import Learning, reader

TASK, PENS_TASK, DRAWN_TASK = "overlaid", "overlaid_pens", "overlaid_drawn"
TIMES = 2
"""Pairs of which each test digit is the first."""
TEST = "20,000 pairs of MNIST's official test part, moved by up to 4 pixels, in 36 x 36"
PENS = "pairs of UCI optical digits, by 43 other people, by the same recipe"
DRAWN, DRAWN_TIMES = "pairs of digits that a program drew of strokes, by the same recipe", 50
BASELINE = "linear"


class Overlaid(Learning):
    """A preset that reads two digits."""

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Errors on pairs of test digits, and on pairs of other hands."""
        readers = {
            self.run.preset: reader(network),
            BASELINE: measure.linear(self.known, self.run.seed),
        }

        def errors(task: str, images: Images, times: int, split: str) -> list[Result]:
            ink, digits = data.pairs(images, times, self.run.seed + 1)
            figures = {
                name: measure.pair_errors(read(ink), digits) for name, read in readers.items()
            }
            return results_of(task, figures, split, len(ink))

        results = errors(TASK, self.test, TIMES, TEST)
        results += results_of(TASK, measure.PUBLISHED_OVERLAID, "published", 0)
        results += abroad(errors(PENS_TASK, handwritten.pens(), 1, PENS))
        strokes = data.program_drawn(DRAWN_TIMES)
        results += abroad(errors(DRAWN_TASK, strokes, 1, DRAWN))
        return Measured(results, {})
