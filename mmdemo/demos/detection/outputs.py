"""From what a network says to boxes: decoded, thinned out, counted.

No Keras here: training and serving share it. Boxes are in parts of the frame's sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mmdemo.core.measure.detection import Found
from mmdemo.core.nets import regions
from mmdemo.core.nets.regions import decode, sigmoid, softmax, suppress

from .codes import anchors
from .config import Config
from .frame import crops

Call = Callable[..., Any]
FLOOR = 0.01
"""Score below which a box is not even a candidate."""
CANDIDATES, SAME = 300, 0.8
"""Boxes of a picture before suppression, at most; of those that overlap so much, all but the
likeliest say nothing more."""
MOST = 1500
"""Boxes that are looked at for these."""
CROPS = 100
"""Crops of a batch."""
RPN_CANDIDATES = 600
"""Of the region proposal network: boxes before suppression."""
NONE = np.zeros((0, 4), np.float32)
NOTHING = Found(NONE, np.zeros(0, int), np.zeros(0))


# === Candidates: what a network says of one picture, before suppression ===


def candidates(boxes: np.ndarray, scores: np.ndarray) -> Found:
    """The likeliest boxes.

    Args:
        boxes: `(n, 4)`, or `(n, C, 4)` where each class has its own.
        scores: `(n, C)`.
    """
    rows, labels = np.nonzero(scores >= FLOOR)
    values = scores[rows, labels]
    order = np.argsort(-values, kind="stable")[:MOST]
    rows, labels = rows[order], labels[order]
    edges = boxes[rows] if boxes.ndim == 2 else boxes[rows, labels]
    edges = np.clip(edges, 0, 1)
    real = (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
    found = Found(edges[real].astype(np.float32), labels[real], values[order][real])
    found = suppress(found, SAME)
    return Found(*(part[:CANDIDATES] for part in (found.boxes, found.labels, found.scores)))


def of_points(classes: np.ndarray, boxes: np.ndarray, centre: np.ndarray) -> Found:
    """Of the anchor-free head: `(P, C)`, `(P, 4)` and `(P, 1)`.

    A score is the geometric mean of class and centre-ness: a place at a thing's edge knows what it
    is, but not where it ends.
    """
    return candidates(boxes, np.sqrt(sigmoid(classes) * sigmoid(centre)))


def of_crops(classes: np.ndarray, changes: np.ndarray, proposals: np.ndarray) -> Found:
    """Of R-CNN: `(N, C)`, `(N, C, 4)`, and where the crops are from, `(N, 4)`."""
    return candidates(decode(changes, proposals[:, None]), sigmoid(classes))


def of_regions(classes: np.ndarray, changes: np.ndarray, proposals: np.ndarray) -> Found:
    """Of Fast and Faster R-CNN: `(N, 1 + C)`, `(N, C, 4)` and the regions, `(N, 4)`."""
    return candidates(decode(changes, proposals[:, None]), softmax(classes)[:, 1:])


def of_cells(cells: np.ndarray, boxes: int) -> Found:
    """Of YOLO: `(grid, grid, boxes * 5 + C)`; a score is confidence times class."""
    edges, confidence = boxes_of_cells(cells, boxes)
    classes = np.clip(cells[..., boxes * 5 :], 0, 1)
    scores = np.clip(confidence, 0, 1)[..., None] * classes[:, :, None]  # (grid, grid, boxes, C)
    return candidates(edges.reshape(-1, 4), scores.reshape(-1, classes.shape[-1]))


def boxes_of_cells(cells: np.ndarray, boxes: int) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of each cell of YOLO's grid, and their confidences.

    Args:
        cells: `(grid, grid, boxes * 5 + C)`.
        boxes: of a cell.

    Returns:
        `(grid, grid, boxes, 4)` and `(grid, grid, boxes)`.
    """
    grid = cells.shape[0]
    said = cells[..., : boxes * 5].reshape(grid, grid, boxes, 5)
    rows, columns = np.indices((grid, grid))
    centre = (said[..., :2] + np.stack([columns, rows], axis=-1)[:, :, None]) / grid
    half = said[..., 2:4] ** 2 / 2
    return np.concatenate([centre - half, centre + half], axis=-1), said[..., 4]


def proposed(objectness: np.ndarray, changes: np.ndarray, config: Config, count: int) -> np.ndarray:
    """What the region proposal network proposes in one picture, see `core.nets.regions.proposed`.

    Args:
        objectness: logits `(A,)`.
        changes: of the anchors, `(A, 4)`.
        config: of the network.
        count: proposals, at most.
    """
    return regions.proposed(objectness, changes, anchors(config), RPN_CANDIDATES, count).boxes


# === A network over pictures ===


def forward(
    call: Call,
    config: Config,
    image: np.ndarray,
    proposals: np.ndarray = NONE,
) -> Found:
    """The candidates of one picture; of Faster R-CNN see `stages.in_two`.

    Args:
        call: of the network, as `core.serve.backend.compile_call` makes it.
        config: of the network.
        image: uint8 `(height, width, 3)`, in its frame.
        proposals: where to look, `(n, 4)`, for networks that are told.
    """
    kind = config.network.network
    if kind == "rcnn":
        if len(proposals) == 0:
            return NOTHING
        warped = crops(image, proposals, config.input.crop)
        parts = [call(warped[first : first + CROPS]) for first in range(0, len(warped), CROPS)]
        classes, changes = (np.concatenate(part) for part in zip(*parts, strict=True))
        return of_crops(classes, changes, proposals)
    pixels = image[None].astype(np.float32)
    if kind == "fast_rcnn":
        if len(proposals) == 0:
            return NOTHING
        classes, changes = call(pixels, proposals[None])
        return of_regions(classes[0], changes[0], proposals)
    if kind == "yolo":
        return of_cells(call(pixels)[0], config.network.boxes)
    classes, boxes, centre = call(pixels)
    return of_points(classes[0], boxes[0], centre[0])


def best_threshold(
    found: Sequence[Found], true: Sequence[Found], overlap: float = 0.5
) -> tuple[float, float]:
    """The score at which most is right: where precision and recall have the best F1.

    Args:
        found: of each picture, after suppression.
        true: of each picture.
        overlap: IoU from which on a box counts as right.

    Returns:
        The threshold, and the F1 there.
    """
    from mmdemo.core.measure.detection import matched

    scores, hits, count = [], [], 0
    for ours, theirs in zip(found, true, strict=True):
        for label in np.unique(np.concatenate([ours.labels, theirs.labels])):
            one, other = ours.of(int(label)), theirs.of(int(label))
            order = np.argsort(-one.scores, kind="stable")
            scores.append(one.scores[order])
            hits.append(matched(one.boxes[order], other.boxes, np.array([overlap]))[0])
        count += len(theirs.boxes)
    values = np.concatenate(scores) if scores else np.zeros(0)
    if len(values) == 0:
        return 0.5, 0.0
    order = np.argsort(-values, kind="stable")
    right = np.cumsum(np.concatenate(hits)[order])
    f1 = 2 * right / (np.arange(1, len(values) + 1) + count)
    best = int(f1.argmax())
    return float(values[order][best]), float(f1[best])
