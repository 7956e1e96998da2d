"""Boxes as networks say them: by what they differ from an anchor or a proposal; and suppression.

No Keras here: training and serving share it. Boxes are in parts of the frame's sides.
"""

from __future__ import annotations

import cv2
import numpy as np

from mmdemo.core.measure.detection import Found

SPREAD = np.array([0.1, 0.1, 0.2, 0.2], np.float32)
"""How far proposals usually are off: changes are said in these units (Girshick 2015)."""
MOST = 3.0
"""Of a change of size, as a logarithm: 20 times."""
PROPOSALS_OVERLAP = 0.7
"""How much two proposals may overlap."""


def encode(true: np.ndarray, proposals: np.ndarray) -> np.ndarray:
    """What changes proposals to true boxes (Girshick et al. 2014): `(..., 4)` of both.

    Shifts of the centre in parts of the proposal's sides, and logarithms of the changes of width
    and height, in units of `SPREAD`.
    """
    centre, size = _centre_and_size(proposals)
    wanted_centre, wanted_size = _centre_and_size(true)
    shift, growth = (wanted_centre - centre) / size, np.log(wanted_size / size)
    return (np.concatenate([shift, growth], axis=-1) / SPREAD).astype(np.float32)


def decode(changes: np.ndarray, proposals: np.ndarray) -> np.ndarray:
    """The inverse of `encode`; the boxes are cut off at the frame's edges."""
    centre, size = _centre_and_size(proposals)
    changes = changes * SPREAD
    centre = centre + changes[..., :2] * size
    half = size * np.exp(np.minimum(changes[..., 2:], MOST)) / 2
    found = np.concatenate([centre - half, centre + half], axis=-1)
    return np.clip(found, 0, 1).astype(np.float32)


def _centre_and_size(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = boxes[..., :2], boxes[..., 2:]
    return (low + high) / 2, np.maximum(high - low, 1e-4)


def places(height: int, width: int) -> np.ndarray:
    """Centres of a map's places, float32 `(height * width, 2)`: x and y, row by row."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)


def anchors(height: int, width: int, sizes: np.ndarray) -> np.ndarray:
    """Every anchor of a map, float32 `(height * width * k, 4)`; some reach beyond the frame.

    Args:
        height, width: of the map.
        sizes: `(k, 2)`, width and height in parts of the frame's, in the order of the outputs.
    """
    centre = places(height, width)[:, None]
    found = np.concatenate([centre - sizes / 2, centre + sizes / 2], axis=-1)
    return found.reshape(-1, 4).astype(np.float32)


def proposed(
    objectness: np.ndarray, changes: np.ndarray, anchors: np.ndarray, candidates: int, count: int
) -> Found:
    """What a region proposal network proposes in one picture (Ren et al. 2015), likeliest first.

    Args:
        objectness: logits `(A,)`.
        changes: of the anchors, `(A, 4)`.
        anchors: `(A, 4)`.
        candidates: how many of the likeliest are looked at.
        count: proposals, at most.

    Returns:
        Boxes, their scores, and as labels the anchors that they come from.
    """
    best = np.argsort(-objectness, kind="stable")[:candidates]
    edges = decode(changes[best], anchors[best])
    scores = sigmoid(objectness[best])
    kept = thinned(edges, scores, np.zeros(len(best), int), PROPOSALS_OVERLAP)[:count]
    return Found(edges[kept], best[kept], scores[kept])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """From logits to probabilities."""
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def softmax(x: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def suppress(found: Found, overlap: float, threshold: float = 0.0) -> Found:
    """Non-maximum suppression: of boxes of a class that overlap more than that, the likeliest.

    Args:
        found: candidates.
        overlap: IoU that two boxes of a class may have.
        threshold: score from which on a box is kept.

    Returns:
        The likeliest first.
    """
    rows = thinned(found.boxes, found.scores, found.labels, overlap, threshold)
    return Found(found.boxes[rows], found.labels[rows], found.scores[rows])


def thinned(
    boxes: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    overlap: float,
    threshold: float = 0.0,
) -> np.ndarray:
    """Which boxes `suppress` keeps, the likeliest first: their rows."""
    if len(boxes) == 0:
        return np.zeros(0, int)
    low = boxes[:, :2].astype(float)
    sizes = np.maximum(boxes[:, 2:] - low, 0)
    kept = cv2.dnn.NMSBoxesBatched(
        np.concatenate([low, sizes], axis=1).tolist(),
        scores.astype(float).tolist(),
        labels.tolist(),
        threshold,
        overlap,
    )
    rows = np.asarray(kept, int).ravel()
    return rows[np.argsort(-scores[rows], kind="stable")]
