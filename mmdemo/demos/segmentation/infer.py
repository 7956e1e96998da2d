"""Which pixels belong to which thing: a picture in, masks out.

Every function that runs a network raises `UserError` where there is no such preset, and
`WeightsError` where its weights are missing or corrupted.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import _
from mmdemo.core.measure.watershed import classical
from mmdemo.core.media.image import open_image, upright_size
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
class Region:
    """A thing, or all that there is of a kind.

    Attributes:
        name: of its kind.
        area: in pixels of the picture, in its own size.
        share: of the picture's area.
        score: mean probability of its pixels; 1 where no network was asked.
        centre: x and y of its middle, in parts of the picture's sides.
    """

    name: str
    area: float
    share: float
    score: float
    centre: tuple[float, float]


@dataclass(frozen=True)
class Segmentation:
    """What belongs to what in a picture.

    Attributes:
        labels: int32 `(h, w)`: 0 for none, `k` for `regions[k - 1]`; in the size that was looked
            at.
        regions: the things.
        names: the kinds that there can be.
        width, height: of the picture, upright and in its own size, in pixels.
        by_kind: whether a region is all that there is of a kind, and not one thing.
    """

    labels: np.ndarray
    regions: tuple[Region, ...]
    names: tuple[str, ...]
    width: int
    height: int
    by_kind: bool = False

    def counts(self) -> dict[str, int]:
        """How many regions of each kind there are."""
        return {name: sum(region.name == name for region in self.regions) for name in self.names}

    def to_dict(self) -> dict[str, Any]:
        """Counts, measures and the map of labels as JSON; middles in pixels of the picture.

        The map is a PNG in base64, grey with 16 bits, in the size that was looked at: 0 for none,
        and the places of `regions`, counted from 1.
        """
        _done, png = cv2.imencode(".png", self.labels.astype(np.uint16))
        return {
            "counts": self.counts(),
            "labels": base64.b64encode(png.tobytes()).decode(),
            "width": self.width,
            "height": self.height,
            "regions": [
                {
                    "label": region.name,
                    "area": round(region.area, 1),
                    "share": region.share,
                    "score": region.score,
                    "x": round(region.centre[0] * self.width, 1),
                    "y": round(region.centre[1] * self.height, 1),
                }
                for region in self.regions
            ],
        }


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
    _check(image)
    loaded = runtime.model(model_id)
    config: Config = loaded.config
    seen = bounded(image, config.input)
    said = frame.said(loaded.call, seen, config.input)
    names, size = tuple(loaded.preprocess["names"]), size or (image.shape[1], image.shape[0])
    if config.network.kinds:
        kinds = said.argmax(axis=-1)
        present = np.flatnonzero(
            np.bincount(kinds.ravel(), minlength=len(names)) >= LEAST * kinds.size
        )
        labels = np.zeros(len(names), np.int32)
        labels[present] = np.arange(1, len(present) + 1)
        labels = labels[kinds]
        regions = _measured(labels, said.max(axis=-1), [names[kind] for kind in present], size)
        return Segmentation(labels, regions, names, *size, by_kind=True)
    maps = config.network.maps
    labels = parting.things(said, maps, Parting(**loaded.preprocess["parting"]))
    inside = said[..., maps.index("inside")]
    return _things(labels, inside, names, size)


def watershed(image: np.ndarray, size: tuple[int, int] | None = None) -> Segmentation:
    """Cut out what Otsu's threshold and a watershed find; arguments as `segment` takes them."""
    _check(image)
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


def _check(image: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise UserError(_("A picture of the form (height, width, 3), RGB in 8 bits, is needed."))


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
    return Segmentation(labels, _measured(labels, sure, every, size), names, *size)


def _measured(
    labels: np.ndarray, sure: np.ndarray, names: Sequence[str], size: tuple[int, int]
) -> tuple[Region, ...]:
    """Areas, shares, scores and middles of regions.

    Args:
        labels: int32 `(h, w)`, 0 for none, 1 to n.
        sure: probabilities `(h, w)`.
        names: of each region.
        size: width and height of the picture in whose pixels areas are given.
    """
    count = int(labels.max(initial=0))
    flat = labels.ravel()

    def per_region(values: np.ndarray | None = None) -> np.ndarray:
        weights = None if values is None else values.ravel()
        return np.bincount(flat, weights=weights, minlength=count + 1)[1:]

    areas = per_region()
    rows, columns = np.indices(labels.shape, np.float32)
    scores, across, down = (
        per_region(values) / np.maximum(areas, 1) for values in (sure, columns + 0.5, rows + 0.5)
    )
    return tuple(
        Region(
            name,
            float(area) * size[0] * size[1] / labels.size,
            float(area) / labels.size,
            float(score),
            (float(x) / labels.shape[1], float(y) / labels.shape[0]),
        )
        for name, area, score, x, y in zip(names, areas, scores, across, down, strict=True)
    )


def warm() -> None:
    """Load the page's network."""
    segment(np.full((48, 64, 3), 192, np.uint8))


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
