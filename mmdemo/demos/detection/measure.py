"""How well boxes are found and things counted, and what a network must be better than."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from mmdemo.core.measure.detection import Found, average_precisions
from mmdemo.core.nets import boxes
from mmdemo.core.nets.regions import suppress

from . import outputs
from .data import CELLS, Pictures

OVERLAPS = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Of suppression: the held-out pictures choose among these."""
COUNTS = (10, 30, 100, 300, 1000)
"""Proposals of a picture whose recall is measured."""
VOTES = (16, 20, 24, 28, 32, 36, 40, 44)
"""Of the circle transform: how many pixels of an edge speak for a circle, at least."""
PUBLISHED = {"published:yolov5s": {"map50": 0.902}, "published:yolov8n": {"map50": 0.924}}
"""What others measured, on splits of their own."""


def truth(pictures: Pictures) -> list[Found]:
    """The true boxes of each picture."""
    return [
        Found(edges, labels, np.ones(len(labels)))
        for edges, labels in zip(pictures.boxes, pictures.labels, strict=True)
    ]


def precision(
    found: Sequence[Found], true: Sequence[Found], names: Sequence[str]
) -> dict[str, float]:
    """Mean average precision, and that of each class of the public set."""
    by_class = average_precisions(found, true, len(names))
    figures = {
        "map50": float(np.nanmean(by_class[:, 0])),
        "map50_95": float(np.nanmean(by_class)),
    }
    if tuple(names) == tuple(CELLS.values()):
        for name, values in zip(CELLS, by_class, strict=True):
            figures[f"ap50_{name.lower()}"] = float(values[0])
    return figures


def counting(
    found: Sequence[Found], true: Sequence[Found], names: Sequence[str]
) -> dict[str, float]:
    """By how many things of a class a picture's count is off, on average over pictures."""
    off = np.array(
        [
            [
                abs(int((a.labels == k).sum()) - int((b.labels == k).sum()))
                for k in range(len(names))
            ]
            for a, b in zip(found, true, strict=True)
        ]
    )
    figures = {"count_error": float(off.mean())}
    if tuple(names) == tuple(CELLS.values()):
        for name, values in zip(CELLS, off.T, strict=True):
            figures[f"count_error_{name.lower()}"] = float(values.mean())
    return figures


def chosen_overlap(found: Sequence[Found], true: Sequence[Found], classes: int) -> float:
    """How much boxes of a class may overlap: what gives held-out pictures the best mAP50."""
    scores = [
        float(
            np.nanmean(
                average_precisions(
                    [suppress(each, overlap) for each in found],
                    true,
                    classes,
                    np.array([0.5]),
                )
            )
        )
        for overlap in OVERLAPS
    ]
    return OVERLAPS[int(np.argmax(scores))]


def recalls(proposals: Sequence[np.ndarray], true: Sequence[np.ndarray]) -> dict[str, float]:
    """Share of the true boxes that one of the first proposals overlaps by half, by their number."""
    best: dict[int, list[float]] = {count: [] for count in COUNTS}
    for proposed, edges in zip(proposals, true, strict=True):
        pairs = boxes.pairwise_iou(proposed, edges)
        for count in COUNTS:
            shared = pairs[:count].max(axis=0) if len(pairs) else np.zeros(len(edges))
            best[count] += shared.tolist()
    most = max(map(len, proposals))
    # With fewer proposals than the next smaller number, a larger one says nothing new.
    told = [count for count, below in zip(COUNTS, (0, *COUNTS), strict=False) if most > below]
    return {f"recall_at_{count}": float(np.mean(np.array(best[count]) >= 0.5)) for count in told}


# === Circles ===


def circles(known: Pictures, held_out: Pictures) -> Callable[[np.ndarray], Found]:
    """Red blood cells as circles: the Hough transform, which has no idea of anything else.

    Args:
        known: whose cells say how large a circle may be.
        held_out: whose counts choose how many votes it needs.

    Returns:
        From a picture, uint8 `(h, w, 3)`, to boxes of the first class.
    """
    height, width = known.images.shape[1:3]
    sizes = np.concatenate(
        [each[labels == 0] for each, labels in zip(known.boxes, known.labels, strict=True)]
    )
    sides = (sizes[:, 2:] - sizes[:, :2]) * (width, height) / 2
    low, middle, high = np.percentile(sides.mean(axis=1), [5, 50, 95])

    def find(image: np.ndarray, votes: int) -> Found:
        grey = cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5)
        seen = cv2.HoughCircles(
            grey,
            cv2.HOUGH_GRADIENT,
            dp=1,
            minDist=float(middle),
            param1=80,
            param2=votes,
            minRadius=int(low),
            maxRadius=int(np.ceil(high)),
        )
        if seen is None:
            return Found(outputs.NONE, np.zeros(0, int), np.zeros(0))
        x, y, radius = seen[0].T[:3]
        edges = np.stack([x - radius, y - radius, x + radius, y + radius], axis=1)
        edges = np.clip(edges / (width, height, width, height), 0, 1).astype(np.float32)
        # They come in the order of their votes.
        return Found(edges, np.zeros(len(edges), int), 1 / np.arange(2.0, len(edges) + 2))

    def wrong(votes: int) -> int:
        return sum(
            abs(len(find(image, votes).boxes) - int((labels == 0).sum()))
            for image, labels in zip(held_out.images, held_out.labels, strict=True)
        )

    best = min(VOTES, key=wrong)
    return lambda image: find(image, best)
