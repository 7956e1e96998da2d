"""Six objects and how they lie: trained and measured. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from mmdemo.core.measure.report import abroad, results_of
from mmdemo.core.train.experiment import Measured

from . import data, infer, measure
from .learning import Learning, OfRelations, reader

TASK, ABROAD = "relations", "relations_elsewhere"
KNOWN, TEST_PICTURES, STRANGE_PICTURES = 3_000, 1_000, 500
TEST = (
    "Sort-of-CLEVR, made by its recipe: 1,000 pictures that are of no training, 10 questions of "
    "each sort about each"
)
ELSEWHERE = (
    "500 scenes by another painter, of three to five objects, with other sizes, tints and grounds, "
    "asked in free words"
)


class HowTheyLie(Learning):
    """A preset that answers questions about six objects."""

    def batches(self) -> OfRelations:
        return OfRelations(self.config.training, self.run.seed)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Right answers on new scenes, by the recipe and from elsewhere."""
        preset, seed = self.run.preset, self.run.seed
        read = reader(network, "relations")
        known = data.related(KNOWN, seed)
        test = data.related(TEST_PICTURES, data.TEST_SEED)
        said = measure.at_home(preset, read, known, test, seed)
        results = measure.results(TASK, "relations", said, test, TEST)
        results += results_of(TASK, measure.PUBLISHED, "published", 0)
        pictures, made = data.strange_relations(STRANGE_PICTURES, seed)
        strange = data.put(pictures, made, "relations", np.random.default_rng(seed), data.ASKED)
        said = measure.elsewhere(preset, read, known, strange, "relations", seed)
        results += abroad(measure.results(ABROAD, "relations", said, strange, ELSEWHERE))
        return Measured(results, {infer.BLIND: measure.shares(known, "relations")})
