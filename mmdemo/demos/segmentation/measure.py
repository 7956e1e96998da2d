"""How good a map of kinds is. No Keras here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PUBLISHED_STREET = {
    "published:segnet": {"mean_iou": 0.464},
    "published:enet": {"mean_iou": 0.513},
    "published:fc_densenet56": {"mean_iou": 0.589},
    "published:bisenet": {"mean_iou": 0.656},
    "published:fc_densenet103": {"mean_iou": 0.669},
}
"""Each in its authors' protocol and resolution: Paszke et al. 2016, Yu et al. 2018, and of Jégou et
al. 2017 the others."""


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
