"""How good outlines are: each thing against those that people drew. No Keras here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmdemo.core.data.outlined import STAINS
from mmdemo.core.demo import Method, Metric

LIMITS = np.arange(0.5, 0.96, 0.05)
"""Of the overlap from which on a thing is found."""

PUBLISHED = {
    "published:stardist": {"ap_at_50": 0.864},
    "published:mask_rcnn": {"ap_at_50": 0.832},
}
"""Schmidt et al. 2018, "Cell Detection with Star-Convex Polygons": another subset of the same
pictures, glowing nuclei alone."""
_AP = (
    "Things that are found, divided by all that are found, missed and made up. A thing is found "
    "where its mask and the true one share {share} of the area that they cover together."
)


METRICS = {
    "ap_at_50": Metric("AP at IoU 0.5", meaning=_AP.format(share="more than half")),
    "ap_at_75": Metric("AP at IoU 0.75", meaning=_AP.format(share="more than three quarters")),
    "mean_ap_50_95": Metric(
        "Mean AP, 0.5 to 0.95",
        meaning=(
            "The same, averaged over ten limits of overlap: the score of the Data Science Bowl. "
            "It is not the average precision of COCO, in which scores are ranked."
        ),
    ),
    "dice": Metric(
        "Dice",
        percent=False,
        meaning=(
            "Twice the area that all found and all true things share, divided by the sum of both "
            "areas: 1 is the same. It does not ask which pixels belong to which thing."
        ),
    ),
    "count_error": Metric(
        "Count error",
        percent=False,
        lower_is_better=True,
        digits=2,
        meaning="By how many the count of a picture is off, on average, from what people drew.",
    ),
    "ap_at_50_fluorescence": Metric(
        "AP at IoU 0.5, glowing", meaning=_AP.format(share="more than half")
    ),
    "ap_at_50_histology": Metric(
        "AP at IoU 0.5, stained tissue", meaning=_AP.format(share="more than half")
    ),
    "ap_at_50_brightfield": Metric(
        "AP at IoU 0.5, bright field", meaning=_AP.format(share="more than half")
    ),
}
"""What the figures mean."""

METHODS = {
    "otsu_watershed": Method(
        "Otsu and watershed",
        "No network: a threshold between bright and dark, then water that rises from the middle "
        "of each blob.",
    ),
    "published:stardist": Method(
        "StarDist",
        "On another subset, of glowing nuclei alone.",
        "https://arxiv.org/abs/1806.03535",
    ),
    "published:mask_rcnn": Method(
        "Mask R-CNN",
        "On that subset, in the same paper.",
        "https://arxiv.org/abs/1806.03535",
    ),
}
"""What they are compared with."""


def overlaps(true: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Intersection over union of each true thing with each found one, `(true, found)`.

    Args:
        true, found: whole numbers `(h, w)`, 0 for none, 1 to n without a gap.
    """
    rows, columns = int(true.max(initial=0)) + 1, int(found.max(initial=0)) + 1
    pairs = true.astype(np.int64).ravel() * columns + found.ravel()
    shared = np.bincount(pairs, minlength=rows * columns).reshape(rows, columns)
    both = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    return (shared / np.maximum(both, 1))[1:, 1:]


def average_precision(true: np.ndarray, found: np.ndarray) -> np.ndarray:
    """TP / (TP + FP + FN) at each of `LIMITS`, of one picture; 1 where nothing is and is found.

    The score of the Data Science Bowl 2018; above half a true thing overlaps one found thing alone,
    and at half no two can be matched with one where the overlap must be more.
    """
    overlap = overlaps(true, found)
    if not overlap.size:
        return np.full(len(LIMITS), float(sum(overlap.shape) == 0))
    hits = np.array([(overlap > limit).sum() for limit in LIMITS])
    return np.asarray(hits / (sum(overlap.shape) - hits))


def figures(true: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> dict[str, float]:
    """Means over pictures."""
    precisions = np.array(
        [average_precision(one, other) for one, other in zip(true, found, strict=True)]
    )
    return {
        "ap_at_50": float(precisions[:, 0].mean()),
        "ap_at_75": float(precisions[:, 5].mean()),
        "mean_ap_50_95": float(precisions.mean()),
        "dice": float(np.mean([dice(a, b) for a, b in zip(true, found, strict=True)])),
        "count_error": float(
            np.mean([abs(int(a.max()) - int(b.max())) for a, b in zip(true, found, strict=True)])
        ),
    }


def dice(true: np.ndarray, found: np.ndarray) -> float:
    """Twice the shared area of all things, in parts of both areas; 1 where there are none."""
    here, there = true > 0, found > 0
    areas = int(here.sum()) + int(there.sum())
    return 2 * int((here & there).sum()) / areas if areas else 1.0


def by_microscope(
    true: Sequence[np.ndarray], found: Sequence[np.ndarray], stains: Sequence[str]
) -> dict[str, float]:
    """`ap_at_50_STAIN`: the first of these means, over the pictures of each kind of microscope."""
    precisions = np.array(
        [average_precision(one, other)[0] for one, other in zip(true, found, strict=True)]
    )
    return {
        f"ap_at_50_{stain}": float(precisions[np.array(stains) == stain].mean())
        for stain in STAINS
        if stain in stains
    }
