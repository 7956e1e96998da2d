"""Nuclei: measured thing by thing. Importing this module imports Keras."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import keras
import numpy as np

from mmdemo.core.data import outlined
from mmdemo.core.data.outlined import Pictures
from mmdemo.core.measure import nuclei, things
from mmdemo.core.measure.watershed import chosen_apart, classical, without_small
from mmdemo.core.train.experiment import Measured

from . import parting
from .cutting import OWN_TEST, Cutting
from .parting import Parting

logger = logging.getLogger(__name__)

NAME, OWN_NAME = "nucleus", "thing"


class Things(Cutting):
    """A network of maps, which are parted into things."""

    by_kind = False
    public = staticmethod(outlined.nuclei)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test pictures; the held-out ones choose how maps are parted."""
        maps = self.config.network.maps
        public = self.run.data is None
        choosing = nuclei.choosing(self.held_out) if public else [self.held_out]
        how = chosen([(self.said(network, part), part.labels) for part in choosing], maps)
        apart = chosen_apart(choosing)
        logger.info("held out chose %s, and %d pixels for the watershed alone", how, apart)

        def find(pictures: Pictures) -> dict[str, list[np.ndarray]]:
            said = self.said(network, pictures)
            return {
                self.run.preset: [parting.things(each, maps, how) for each in said],
                nuclei.BASELINE: [classical(image, apart) for image in pictures.images],
            }

        if public:
            results, name = nuclei.of_public(self.test, find), NAME
        else:
            results = nuclei.results(nuclei.TASK, self.test, find(self.test), OWN_TEST)
            name = OWN_NAME
        preprocess = {"names": [name], "parting": asdict(how), "apart": apart}
        return Measured(results, preprocess)


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
