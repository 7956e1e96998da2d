"""Critics' lines about films, positive or negative: sentence polarity (Pang and Lee 2005)."""

from __future__ import annotations

import numpy as np

from mmdemo.core.data import datasets

NAME = "rt_polarity"
PARTS = ("development", "test")


def lines(part: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Half of the set, and whether each line is positive, bool `(lines,)`.

    Args:
        part: `development`, which may choose and calibrate, or `test`, which only reports.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    texts, positive = [], []
    for label, name in enumerate(("neg", "pos")):
        file = datasets.path(NAME) / f"rt-polarity.{name}"
        found = [line for line in file.read_text(encoding="latin-1").split("\n") if line.strip()]
        texts += found
        positive += [label == 1] * len(found)
    halves = np.array_split(np.random.default_rng(0).permutation(len(texts)), 2)
    rows = np.sort(halves[PARTS.index(part)])
    return tuple(texts[row] for row in rows), np.array(positive)[rows]
