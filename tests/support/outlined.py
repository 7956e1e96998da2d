"""Pictures with outlines that are drawn: as one's own, and two that touch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.data import outlined

NOTHING = np.zeros((20, 30), np.int32)


def two_that_touch() -> np.ndarray:
    rows, columns = np.indices((40, 60))
    labels = np.zeros((40, 60), np.int32)
    labels[np.hypot(rows - 20, columns - 20) < 11] = 1
    labels[(np.hypot(rows - 20, columns - 39) < 11) & (labels == 0)] = 2
    return labels


def write_own(folder: Path, count: int = 12, by_kind: bool = False) -> Path:
    """A folder as `train --data` takes it: nuclei, or what is ground and what is nucleus."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        image, labels = drawn.field(drawn.STYLES[number % 2], 8, number, size=64)
        Image.fromarray(image).save(folder / "images" / f"{number}.png")
        if by_kind:
            labels = np.where(labels > 0, 1, 0)
            labels[0] = outlined.VOID
        Image.fromarray(labels.astype("uint16")).save(folder / "labels" / f"{number}.png")
    if by_kind:
        (folder / "classes.txt").write_text("ground\nnucleus\n")
    return folder
