"""Ways to part a set into rows to train on and rows held out."""

from __future__ import annotations

import numpy as np


def hold_out(labels: np.ndarray, part: int | float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows held out, drawn from each class by itself.

    Args:
        labels: of the rows, `(n,)`.
        part: how many rows of each class are held out; as a float the share of them, of which
            there is one at least.
        seed: of the draw.

    Returns:
        Both in rising order.
    """
    rng = np.random.default_rng(seed)
    held = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = part if isinstance(part, int) else max(1, round(part * len(rows)))
        held.append(rng.choice(rows, count, replace=False))
    held_out = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out
