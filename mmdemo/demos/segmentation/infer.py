"""Which pixels belong to which thing: a picture in, masks out.

Every function that runs a network raises `UserError` where there is no such preset, and
`WeightsError` where its weights are missing or corrupted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import naming
from mmdemo.core.language import _
from mmdemo.core.measure.regions import Regions, means, measured
from mmdemo.core.measure.watershed import classical
from mmdemo.core.media.image import check_rgb, is_even, open_image, upright_size
from mmdemo.core.media.notes import note
from mmdemo.core.media.stretch import bounded
from mmdemo.core.serve import runtime

from . import DEMO, frame, parting
from .config import DEFAULT, Config
from .parting import Parting

CLASSICAL = "watershed"
LEAST = 0.0005
"""Of a picture, which a kind must cover: of fewer pixels nothing is said."""
MOST = 5000
"""Things that are told one by one: more are grain, and too many for a page."""
METHODS = ("default", "unet", "encoder_decoder", "deeplab", CLASSICAL)
"""Ways to cut out, in the order in which they are compared."""


@dataclass(frozen=True)
class Segmentation(Regions):
    """What belongs to what in a picture.

    Attributes:
        by_kind: whether a region is all that there is of a kind, and not one thing.
    """

    by_kind: bool = False


def segment(
    image: np.ndarray, preset: str = "default", size: tuple[int, int] | None = None
) -> Segmentation:
    """Cut out every thing in a picture.

    Args:
        image: uint8 `(h, w, 3)` RGB, of any size.
        preset: one of the demo's.
        size: width and height of the picture in whose pixels areas are wanted, where `image` is a
            scaled copy of it, as `open_image` makes one of a large file.

    Raises:
        UserError: also for a picture of another form.
    """
    model_id = DEMO.model_id(preset)
    check_rgb(image)
    loaded = runtime.model(model_id)
    config: Config = loaded.config
    seen = bounded(image, config.input)
    names, size = tuple(loaded.preprocess["names"]), size or (image.shape[1], image.shape[0])
    by_kind = bool(config.network.kinds)
    if is_even(image):
        return Segmentation(np.zeros(seen.shape[:2], np.int32), (), names, *size, by_kind)
    said = frame.said(loaded.call, seen, config.input)
    if by_kind:
        kinds = said.argmax(axis=-1)
        present = np.flatnonzero(
            np.bincount(kinds.ravel(), minlength=len(names)) >= LEAST * kinds.size
        )
        labels = np.zeros(len(names), np.int32)
        labels[present] = np.arange(1, len(present) + 1)
        labels = labels[kinds]
        there = [names[kind] for kind in present]
        regions = measured(labels, means(labels, said.max(axis=-1), len(there)), there, size)
        return Segmentation(labels, regions, names, *size, by_kind)
    maps = config.network.maps
    labels = parting.things(said, maps, Parting(**loaded.preprocess["parting"]))
    inside = said[..., maps.index("inside")]
    return _things(labels, inside, names, size)


def watershed(image: np.ndarray, size: tuple[int, int] | None = None) -> Segmentation:
    """Cut out what Otsu's threshold and a watershed find; arguments as `segment` takes them."""
    check_rgb(image)
    stored = runtime.model(DEMO.model_id()).preprocess
    seen = bounded(image, DEFAULT.input)
    labels = classical(seen, stored["apart"])
    size = size or (image.shape[1], image.shape[0])
    return _things(labels, np.ones(labels.shape), tuple(stored["names"]), size)


def compare(
    image: np.ndarray, size: tuple[int, int] | None = None
) -> Iterator[tuple[str, Segmentation]]:
    """Cut out in all ways, by `METHODS`: each one's name and answer, as soon as it is there."""
    for method in METHODS:
        answer = watershed(image, size) if method == CLASSICAL else segment(image, method, size)
        yield method, answer


def _things(
    labels: np.ndarray, sure: np.ndarray, names: tuple[str, ...], size: tuple[int, int]
) -> Segmentation:
    """Things of the first kind; where there are more than `MOST`, the largest."""
    count = int(labels.max(initial=0))
    if count > MOST:
        areas = np.bincount(labels.ravel())
        areas[0] = 0
        stays = np.zeros(count + 1, bool)
        stays[np.argsort(areas, kind="stable")[-MOST:]] = True
        labels = ((np.cumsum(stays) * stays)[labels]).astype(np.int32)
        said = _("{count:,} things were found. The {most:,} largest of them are shown.")
        note(said.format(count=count, most=MOST))
    every = [names[0]] * int(labels.max(initial=0))
    regions = measured(labels, means(labels, sure, len(every)), every, size)
    return Segmentation(labels, regions, names, *size)


def warm() -> None:
    """Load the page's network."""
    runtime.model(DEMO.model_id())


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer: counts and measures of the things in each picture, by its path.

    An error names the file.
    """
    preset = DEMO.model_id(preset).name
    answers = {}
    for path in paths:
        with naming(path):
            answers[str(path)] = segment(open_image(path), preset, upright_size(path)).to_dict()
    return answers
