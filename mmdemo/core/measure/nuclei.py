"""How networks that find nuclei one by one are measured: on one public set, and on drawn fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mmdemo.core.data import drawn_nuclei
from mmdemo.core.data.outlined import STAINS, Pictures
from mmdemo.core.measure import things
from mmdemo.core.measure.report import Result, abroad, results_of

TASK, STAIN_TASK, DRAWN_TASK = "nuclei", "nuclei_by_microscope", "drawn_nuclei"
QUESTIONS = {
    TASK: "Which pixels belong to which nucleus?",
    STAIN_TASK: "Which kinds of pictures are easy, and which hard?",
    DRAWN_TASK: "Are nuclei found that a program drew?",
}
TEST = "Data Science Bowl 2018, 49 pictures of fields that training never saw (mosaic-group v1)"
DRAWN = 30
ABROAD = f"{DRAWN} fields of nuclei that a program drew"
BASELINE = "otsu_watershed"
DRAWN_TO_CHOOSE, FURTHER = 20, 5000
"""Fields that choose and are not measured on, and the seed of the first."""

Found = Mapping[str, list[np.ndarray]]
"""By method, what is found in each picture: `(h, w)`, 0 for none, 1 to n for each thing."""


def choosing(held_out: Pictures) -> list[Pictures]:
    """Pictures that choose, by source: what holds for one alone is of little use."""
    return [held_out, drawn_nuclei.pictures(DRAWN_TO_CHOOSE, seed=FURTHER)]


def results(task: str, pictures: Pictures, found: Found, split: str) -> list[Result]:
    """Figures of each method, as `things.figures` gives them."""
    figures = {method: things.figures(pictures.labels, each) for method, each in found.items()}
    return results_of(task, figures, split, len(pictures))


def of_public(test: Pictures, find: Callable[[Pictures], Found]) -> list[Result]:
    """On the public set's test part, by microscope too, and on drawn fields.

    Args:
        test: the test part.
        find: what each method finds in pictures.
    """
    found = find(test)
    by_microscope = {
        method: things.by_microscope(test.labels, labels, test.stains)
        for method, labels in found.items()
    }
    counts = ", ".join(f"{test.stains.count(stain)} {stain}" for stain in STAINS)
    fields = drawn_nuclei.pictures(DRAWN)
    return [
        *results(TASK, test, found, TEST),
        *results_of(STAIN_TASK, by_microscope, f"the same pictures: {counts}", len(test)),
        *results_of(TASK, things.PUBLISHED, "published", 0),
        *abroad(results(DRAWN_TASK, fields, find(fields), ABROAD)),
    ]
