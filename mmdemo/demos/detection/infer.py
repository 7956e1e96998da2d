"""Where every cell is: a picture in, boxes out.

Every function that runs a network raises `UserError` where there is no such preset, and
`WeightsError` where its weights are missing or corrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import naming
from mmdemo.core.measure.detection import Found
from mmdemo.core.media.image import check_rgb, is_even, open_image, upright_size
from mmdemo.core.nets import boxes
from mmdemo.core.nets.regions import suppress
from mmdemo.core.serve import inputs, runtime

from . import DEMO, outputs, proposals
from .config import DEFAULT, Config
from .frame import Framed, fit

LEAST = 0.05
"""Score below which a candidate is not kept."""


@dataclass(frozen=True)
class Detection:
    """What is in a picture.

    Boxes are in parts of the picture's sides: left, top, right, bottom.

    Attributes:
        candidates: boxes before suppression, the likeliest first.
        names: of the kinds that `candidates.labels` count.
        suppression: IoU that two boxes of a kind may have, as held-out pictures chose it.
        threshold: score from which on a box is shown, chosen alike.
        width, height: of the picture, upright and in its own size, in pixels.
        looked: where the network looked, the likeliest first, `(n, 4)`; empty for one that looks
            everywhere at once.
        cells: of YOLO, the boxes of each cell `(grid, grid, boxes, 4)`, in which a picture's place
            is that of the grid; else None.
        confidence: of these, `(grid, grid, boxes)`.
    """

    candidates: Found
    names: tuple[str, ...]
    suppression: float
    threshold: float
    width: int
    height: int
    looked: np.ndarray
    cells: np.ndarray | None = None
    confidence: np.ndarray | None = None

    def shown(self, threshold: float | None = None, suppression: float | None = None) -> Found:
        """The boxes that remain, the likeliest first; at the stored settings unless others are
        given."""
        return suppress(
            self.candidates,
            self.suppression if suppression is None else suppression,
            self.threshold if threshold is None else threshold,
        )

    def counts(self, found: Found) -> dict[str, int]:
        """How many of each kind there are."""
        return {name: int((found.labels == place).sum()) for place, name in enumerate(self.names)}

    def to_dict(self, found: Found) -> dict[str, Any]:
        """Boxes as JSON, in whole pixels of the picture."""
        edges = ("left", "top", "right", "bottom")
        return {
            "counts": self.counts(found),
            "width": self.width,
            "height": self.height,
            "threshold": self.threshold,
            "suppression": self.suppression,
            "boxes": [
                {
                    "label": self.names[label],
                    "score": float(score),
                    **dict(zip(edges, boxes.to_pixels(box, self.width, self.height), strict=True)),
                }
                for box, label, score in zip(found.boxes, found.labels, found.scores, strict=True)
            ],
        }


@dataclass(frozen=True)
class Merging:
    """How the regions of a picture are merged, until one is left.

    Attributes:
        image: uint8 `(h, w, 3)`, the picture in the size that is searched.
        labels: int `(h, w)`: the first region of each pixel, from 0.
        steps: the merges, the first one first; a new region has the next free number.
    """

    image: np.ndarray
    labels: np.ndarray
    steps: tuple[proposals.Merge, ...]


def detect(
    image: np.ndarray, preset: str = "default", size: tuple[int, int] | None = None
) -> Detection:
    """Find every cell in a picture.

    Args:
        image: uint8 `(h, w, 3)` RGB, of any size.
        preset: one of the demo's.
        size: width and height of the picture in whose pixels boxes are wanted, where `image` is a
            scaled copy of it, as `open_image` makes one of a large file.

    Raises:
        UserError: also for a picture of another form.
    """
    model_id = DEMO.model_id(preset)
    check_rgb(image)
    loaded = runtime.model(model_id)
    config: Config = loaded.config
    framed = fit(image, config.input.height, config.input.width, config.input.squash)
    cells = confidence = None
    looked = outputs.NONE
    if is_even(image) or min(image.shape[:2]) < proposals.NARROWEST:
        found = outputs.NOTHING
    elif config.network.network == "faster_rcnn":
        found, looked = _in_two(model_id, config, framed.image)
    elif config.network.network == "yolo":
        said = loaded.call(framed.image[None].astype(np.float32))[0]
        found = outputs.of_cells(said, config.network.boxes)
        cells, confidence = outputs.boxes_of_cells(said, config.network.boxes)
    else:
        if config.proposed:
            looked = searched(framed, config.input.proposals)
        found = outputs.forward(loaded.call, config, framed.image, looked)
    width, height = size or (image.shape[1], image.shape[0])
    return Detection(
        _in_picture(found, framed),
        tuple(loaded.preprocess["names"]),
        loaded.preprocess["suppression"],
        loaded.preprocess["threshold"],
        width,
        height,
        framed.back(looked),
        cells,
        confidence,
    )


def searched(framed: Framed, count: int) -> np.ndarray:
    """Proposals of selective search in a picture, in parts of its frame, `(n, 4)`.

    The frame's grey beside the picture is not searched.
    """
    return framed.into(proposals.selective_search(_without_frame(framed), count))


def merge(image: np.ndarray) -> Merging:
    """Merge a picture's regions of like pixels, as one of selective search's ways does.

    Args:
        image: uint8 `(h, w, 3)` RGB, of any size.

    Raises:
        UserError: a picture of another form.
    """
    check_rgb(image)
    framed = fit(image, DEFAULT.input.height, DEFAULT.input.width)
    seen = _without_frame(framed)
    if min(seen.shape[:2]) < proposals.NARROWEST:
        return Merging(seen, np.zeros(seen.shape[:2], int), ())
    regions = proposals.Regions.of(seen, proposals.SPACES[0], proposals.SCALES[0])
    return Merging(seen, regions.labels, tuple(proposals.merging(regions, proposals.MEASURES[0])))


def _without_frame(framed: Framed) -> np.ndarray:
    """The picture alone, as it is in its frame."""
    height, width = framed.image.shape[:2]
    left, top, right, bottom = np.round(framed.part * (width, height, width, height)).astype(int)
    return framed.image[top:bottom, left:right]


def _in_two(model_id: ModelId, config: Config, image: np.ndarray) -> tuple[Found, np.ndarray]:
    """Faster R-CNN, stage by stage: candidates, and where it looked."""
    pixels = image[None].astype(np.float32)
    # To look inside, the network is run as a whole: at places as good as any.
    inputs.given(model_id, pixels, _everywhere()[None])
    where, classes, changes = runtime.run(model_id, _stages, config, pixels)
    return outputs.of_regions(classes, changes, where), where


def _stages(network: Any, config: Config, pixels: np.ndarray) -> tuple[np.ndarray, ...]:
    from . import stages  # imports Keras

    return stages.in_two(network, config, pixels)


def _everywhere() -> np.ndarray:
    """The picture's quarters, and the whole of it, `(5, 4)`."""
    low = np.array([[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5]], np.float32)
    return np.concatenate([np.concatenate([low, low + 0.5], axis=1), [[0, 0, 1, 1]]]).astype(
        np.float32
    )


def _in_picture(found: Found, framed: Framed) -> Found:
    """Candidates in parts of the picture's sides; what lies beside it is left out."""
    edges = framed.back(found.boxes)
    real = (boxes.area(edges) > 0) & (found.scores >= LEAST)
    return Found(edges[real], found.labels[real], found.scores[real])


def warm() -> None:
    """Load the page's network."""
    runtime.model(DEMO.model_id())


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer: counts and boxes of each picture, by its path.

    Boxes are in pixels of the pictures as they are shown. An error names the file.
    """
    preset = DEMO.model_id(preset).name
    answers = {}
    for path in paths:
        with naming(path):
            detection = detect(open_image(path), preset, size=upright_size(path))
            answers[str(path)] = detection.to_dict(detection.shown())
    return answers
