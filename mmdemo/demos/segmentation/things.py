"""Nuclei: measured thing by thing. Importing this module imports Keras."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import keras
import numpy as np

from mmdemo.core.data import drawn_nuclei
from mmdemo.core.data.outlined import STAINS, Pictures, nuclei
from mmdemo.core.measure import things
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.measure.watershed import chosen_apart, classical, without_small
from mmdemo.core.train.experiment import Measured

from . import parting
from .cutting import OWN_TEST, Cutting
from .parting import Parting

logger = logging.getLogger(__name__)

TASK, STAIN_TASK, DRAWN_TASK = "nuclei", "nuclei_by_microscope", "drawn_nuclei"
TEST = "Data Science Bowl 2018, 49 pictures of fields that training never saw (mosaic-group v1)"
DRAWN = 30
DRAWN_TO_CHOOSE, FURTHER = 20, 5000
"""Further fields, and the seed of the first."""
ABROAD = f"{DRAWN} fields of nuclei that a program drew"
NAME, OWN_NAME = "nucleus", "thing"
BASELINE = "otsu_watershed"


class Things(Cutting):
    """A network of maps, which are parted into things."""

    by_kind = False
    public = staticmethod(nuclei)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test pictures; the held-out ones choose how maps are parted."""
        maps = self.config.network.maps
        choosing = [self.held_out]
        if self.run.data is None:  # what holds for one source alone is of little use
            choosing.append(drawn_nuclei.pictures(DRAWN_TO_CHOOSE, seed=FURTHER))
        how = chosen([(self.said(network, part), part.labels) for part in choosing], maps)
        apart = chosen_apart(choosing)
        logger.info("held out chose %s, and %d pixels for the watershed alone", how, apart)

        found = self._found(network, self.test, how, apart)
        split = TEST if self.run.data is None else OWN_TEST
        results = self._results(TASK, self.test, found, split)
        if self.run.data is None:
            results += self._by_microscope(found)
            results += results_of(TASK, things.PUBLISHED, "published", 0)
            fields = drawn_nuclei.pictures(DRAWN)
            found = self._found(network, fields, how, apart)
            results += abroad(self._results(DRAWN_TASK, fields, found, ABROAD))
        name = NAME if self.run.data is None else OWN_NAME
        preprocess = {"names": [name], "parting": asdict(how), "apart": apart}
        return Measured(results, preprocess)

    def _found(
        self, network: keras.Model, pictures: Pictures, how: Parting, apart: int
    ) -> dict[str, list[np.ndarray]]:
        """What is found in each picture, by method."""
        maps = self.config.network.maps
        return {
            self.run.preset: [
                parting.things(said, maps, how) for said in self.said(network, pictures)
            ],
            BASELINE: [classical(image, apart) for image in pictures.images],
        }

    def _results(
        self, task: str, pictures: Pictures, found: Mapping[str, list[np.ndarray]], split: str
    ) -> list[Result]:
        figures = {
            method: things.figures(pictures.labels, labels) for method, labels in found.items()
        }
        return results_of(task, figures, split, len(pictures))

    def _by_microscope(self, found: Mapping[str, list[np.ndarray]]) -> list[Result]:
        """The first figure for each kind of picture."""
        figures = {
            method: things.by_microscope(self.test.labels, labels, self.test.stains)
            for method, labels in found.items()
        }
        counts = ", ".join(f"{self.test.stains.count(stain)} {stain}" for stain in STAINS)
        return results_of(STAIN_TASK, figures, f"the same pictures: {counts}", len(self.test))


def chosen(
    parts: Sequence[tuple[Sequence[np.ndarray], Sequence[np.ndarray]]], maps: Sequence[str]
) -> Parting:
    """How to part maps, by the mean AP on held-out pictures, averaged over sources.

    Args:
        parts: of each source, what is said of its pictures and their true labels.
        maps: that are said.
    """
    tried: list[tuple[float, Parting]] = []
    for how in parting.choices(maps):
        parted = [[parting.things(one, maps, how) for one in said] for said, _ in parts]
        for least in parting.LEAST:
            found = [[without_small(one, least) for one in part] for part in parted]
            figures = [
                things.figures(labels, each)["mean_ap_50_95"]
                for each, (_, labels) in zip(found, parts, strict=True)
            ]
            tried.append((float(np.mean(figures)), replace(how, least=least)))
    return max(tried, key=lambda one: one[0])[1]
