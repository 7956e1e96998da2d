"""A network over a picture: anchors, proposals, boxes, masks, and which pixel belongs to which.

No Keras is imported before a network is asked. Boxes are in parts of the padded picture's sides
until the end of `candidates`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from mmdemo.core.media.stretch import padded, stretch
from mmdemo.core.nets import regions
from mmdemo.core.nets.regions import sigmoid, softmax, thinned

from .config import STRIDES, Config

if TYPE_CHECKING:
    import keras

CANDIDATES = 3
"""Anchors that are looked at for each proposal."""
FEWEST, MOST = 100, 2000
"""Proposals of any picture, at least and at most."""
FLOOR, SAME = 0.05, 0.7
"""Score below which a box is not even a candidate, and how much two of them may overlap."""
AT_ONCE = 200
"""Regions of a call, so that the memory of a large picture is bounded."""
LEAST = 8
"""Pixels of the smallest thing."""
VISIBLE = 0.5
"""Of a thing's mask, which other, likelier ones must leave it."""


@dataclass(frozen=True)
class Candidates:
    """What may be in a picture, the likeliest first; boxes in parts of the picture's sides.

    Attributes:
        boxes: float32 `(n, 4)`.
        scores: `(n,)`, probabilities.
        masks: logits `(n, 28, 28)` of the points of each box.
        proposals: `(n, 4)`: of the region proposal network, each box's.
        objectness: `(n,)`, probabilities.
        anchors: `(n, 4)`: that each proposal comes from.
        strides: `(n,)`: of the maps that have these.
        looked_at: `(p, 4)`: every proposal.
        tried: how many anchors there were.
        shape: height and width of the picture that was looked at.
    """

    boxes: np.ndarray
    scores: np.ndarray
    masks: np.ndarray
    proposals: np.ndarray
    objectness: np.ndarray
    anchors: np.ndarray
    strides: np.ndarray
    looked_at: np.ndarray
    tried: int
    shape: tuple[int, int]


@dataclass(frozen=True)
class Choice:
    """What becomes of candidates; held-out pictures choose it.

    Attributes:
        score: from which on a box is a thing.
        overlap: IoU that two boxes may have.
    """

    score: float = 0.5
    overlap: float = 0.5


def anchors(config: Config, shape: tuple[int, ...]) -> np.ndarray:
    """Every anchor of a picture of that height and width, those of the finer map first."""
    height, width = shape[:2]
    made = []
    for stride, sides in zip(STRIDES, (config.network.fine, config.network.coarse), strict=True):
        sizes = np.stack([np.array(sides) / width, np.array(sides) / height], axis=-1)
        made.append(regions.anchors(-(-height // stride), -(-width // stride), sizes))
    return np.concatenate(made)


def prepared(image: np.ndarray, config: Config) -> np.ndarray:
    """A picture as the network takes it, float32 `(1, height, width, 3)`: stretched and padded.

    Args:
        image: uint8 `(h, w, 3)`, already as small as `core.media.stretch.bounded` makes it.
        config: of the network.
    """
    return padded(stretch(image, config.input), max(STRIDES))[None]


def candidates(
    network: keras.Model,
    config: Config,
    pixels: np.ndarray,
    shape: tuple[int, int],
    floor: float = FLOOR,
) -> Candidates:
    """Ask a network of a picture.

    Args:
        network: as `model.build` makes it.
        config: of the network.
        pixels: the picture, as `prepared` makes it.
        shape: height and width that it had before.
        floor: score below which a box gets no mask, and is no candidate.
    """
    from mmdemo.core.serve.backend import compile_part  # imports Keras

    from . import stages

    height, width = shape
    fine, coarse, objectness, changes = compile_part(network, stages.proposing)(pixels)
    where = anchors(config, pixels.shape[1:3])
    crops = height * width / config.training.crop**2
    count = int(np.clip(config.input.proposals * crops, FEWEST, MOST))
    proposals = regions.proposed(objectness[0], changes[0], where, CANDIDATES * count, count)
    scores, boxes = _looked(compile_part(network, stages.looking), fine, coarse, proposals.boxes)
    likely = np.flatnonzero(scores >= floor)
    kept = thinned(boxes[likely], scores[likely], np.zeros(len(likely), int), SAME)
    rows = likely[kept]
    masks = _outlined(compile_part(network, stages.outlining), fine, coarse, boxes[rows])

    # The padding is at the right and at the bottom.
    scale = np.tile((pixels.shape[2] / width, pixels.shape[1] / height), 2).astype(np.float32)
    from_anchor = proposals.labels[rows]
    of_fine = len(where) - _places(pixels.shape[1:3], STRIDES[1]) * len(config.network.coarse)
    return Candidates(
        boxes[rows] * scale,
        scores[rows],
        masks,
        proposals.boxes[rows] * scale,
        proposals.scores[rows],
        where[from_anchor] * scale,
        np.where(from_anchor < of_fine, *STRIDES),
        proposals.boxes * scale,
        len(where),
        (height, width),
    )


def _places(shape: tuple[int, ...], stride: int) -> int:
    return -(-shape[0] // stride) * -(-shape[1] // stride)


def _looked(
    call: Callable[..., Any], fine: np.ndarray, coarse: np.ndarray, proposals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How likely each proposal shows a thing, `(p,)`, and where that is, `(p, 4)`."""
    scores, boxes = [np.zeros(0)], [np.zeros((0, 4), np.float32)]
    for first in range(0, len(proposals), AT_ONCE):
        part = proposals[first : first + AT_ONCE]
        classes, changes = call(fine, coarse, part[None])
        scores.append(softmax(classes[0])[:, 1])
        boxes.append(regions.decode(changes[0, :, 0], part))
    return np.concatenate(scores), np.concatenate(boxes)


def _outlined(
    call: Callable[..., Any], fine: np.ndarray, coarse: np.ndarray, boxes: np.ndarray
) -> np.ndarray:
    """Logits of the points of each box, `(n, 28, 28)`."""
    parts = [
        call(fine, coarse, boxes[None, first : first + AT_ONCE])[0]
        for first in range(0, len(boxes), AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 1, 1), np.float32)


def labels(found: Candidates, how: Choice) -> tuple[np.ndarray, np.ndarray]:
    """Which pixel belongs to which candidate.

    A pixel that several masks have is the likeliest thing's; what has little left is none.

    Returns:
        int32 `(h, w)`: 0 for none, 1 to n for each thing; and their rows, `(n,)`.
    """
    rows = np.flatnonzero(found.scores >= how.score)
    kept = thinned(found.boxes[rows], found.scores[rows], np.zeros(len(rows), int), how.overlap)
    map_ = np.zeros(found.shape, np.int32)
    things: list[int] = []
    for row in rows[kept].tolist():
        part, mask = _pasted(found, row)
        free = mask & (map_[part] == 0)
        if free.sum() >= max(LEAST, VISIBLE * mask.sum()):
            things.append(row)
            map_[part][free] = len(things)
    return map_, np.array(things, int)


def _pasted(found: Candidates, row: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """A candidate's mask in whole pixels of the picture: where, and which of them."""
    height, width = found.shape
    left, top, right, bottom = found.boxes[row] * (width, height, width, height)
    first_x, first_y = max(int(left), 0), max(int(top), 0)
    end_x, end_y = min(int(np.ceil(right)), width), min(int(np.ceil(bottom)), height)
    logits = found.masks[row]
    side = len(logits)
    # Where the pixels' middles are among the mask's points.
    x = (np.arange(first_x, end_x) + 0.5 - left) / max(right - left, 1e-6) * side - 0.5
    y = (np.arange(first_y, end_y) + 0.5 - top) / max(bottom - top, 1e-6) * side - 0.5
    if not len(x) or not len(y):
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), bool)
    across, down = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    seen = cv2.remap(logits, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return (slice(first_y, end_y), slice(first_x, end_x)), seen > 0


def mask_of(found: Candidates, row: int) -> np.ndarray:
    """Probabilities of the points of a candidate's box, float32 `(28, 28)`."""
    return sigmoid(found.masks[row]).astype(np.float32)
