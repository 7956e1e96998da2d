"""How good masks are: each thing against those that people drew. No Keras here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LIMITS = np.arange(0.5, 0.96, 0.05)
"""Of the overlap from which on a thing is found."""

PUBLISHED = {
    "published:stardist": {"ap_at_50": 0.864},
    "published:mask_rcnn": {"ap_at_50": 0.832},
}
"""Schmidt et al. 2018, "Cell Detection with Star-Convex Polygons": another subset of the same
pictures, glowing nuclei alone."""


PUBLISHED_STREET = {
    "published:segnet": {"mean_iou": 0.464},
    "published:enet": {"mean_iou": 0.513},
    "published:fc_densenet56": {"mean_iou": 0.589},
    "published:bisenet": {"mean_iou": 0.656},
    "published:fc_densenet103": {"mean_iou": 0.669},
}
"""Each in its authors' protocol and resolution: Paszke et al. 2016, Yu et al. 2018, and of Jégou et
al. 2017 the others."""


# === Things ===


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


# === Kinds ===


def overlap_of_kinds(
    true: Sequence[np.ndarray], found: Sequence[np.ndarray], names: Sequence[str]
) -> dict[str, float]:
    """Intersection over union of each kind, over the pixels of all pictures together.

    Args:
        true: kinds `(h, w)`; a number that is no kind leaves its pixel out.
        found: of the same shape, kinds.
        names: of the kinds.

    Returns:
        `mean_iou` over the kinds that there are, `pixel_accuracy`, and `iou_NAME` of each kind.
    """
    table = _confusion(true, found, len(names))
    shares = _overlap(table)
    there = table.sum(axis=1) > 0
    figures = {
        "mean_iou": float(shares[there].mean()),
        "pixel_accuracy": float(np.trace(table) / max(table.sum(), 1)),
    }
    return figures | {
        f"iou_{name}": float(share)
        for name, share, is_there in zip(names, shares, there, strict=True)
        if is_there
    }


def overlap_of_some(
    true: Sequence[np.ndarray],
    found: Sequence[np.ndarray],
    names: Sequence[str],
    some: Sequence[str],
) -> dict[str, float]:
    """The same of some kinds, where `len(names)` in `true` is anything else but these."""
    table = _confusion(true, found, len(names) + 1)
    shares = dict(zip(names, _overlap(table), strict=False))
    figures = {f"iou_{name}": float(shares[name]) for name in some}
    return {"mean_iou": float(np.mean(list(figures.values())))} | figures


def _confusion(true: Sequence[np.ndarray], found: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Pixels of each true kind by the kind that was found, `(count, count)`."""
    table = np.zeros(count * count, np.int64)
    for one, other in zip(true, found, strict=True):
        known = one < count
        pairs = one[known].astype(np.int64) * count + other[known]
        table += np.bincount(pairs, minlength=count * count)
    return table.reshape(count, count)


def _overlap(table: np.ndarray) -> np.ndarray:
    both = table.sum(axis=0) + table.sum(axis=1) - np.diag(table)
    return np.asarray(np.diag(table) / np.maximum(both, 1))
