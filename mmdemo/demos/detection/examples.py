"""Example pictures: blood smears that are drawn, as none of a data set may be shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.data import examples
from mmdemo.core.language import N_
from mmdemo.core.media.image import open_image

from .config import DEFAULT
from .drawn import smear
from .frame import fit

SMEARS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("A few cells"): ("few.jpg", {"red": 11, "white": 1, "platelets": 3, "seed": 3}),
    N_("A crowd"): ("crowd.jpg", {"red": 26, "white": 1, "platelets": 4, "seed": 8}),
    N_("No white cell"): ("red.jpg", {"red": 16, "white": 0, "platelets": 2, "seed": 5}),
}
"""Our file, and how many cells are drawn into it."""


def photos() -> dict[str, Path]:
    """What the page offers to try: the files by what they show."""
    folder = examples.folder("detection", _make)
    return {label: folder / name for label, (name, _) in SMEARS.items()}


def requests() -> tuple[examples.Request, ...]:
    """A picture to look at: what `bench` asks."""
    photo = next(iter(photos().values()))
    return (examples.Request("detection_detect", {"photo": photo}, (photo,)),)


def inputs() -> list[np.ndarray]:
    """The picture of `requests` as the network takes it."""
    framed = fit(
        open_image(next(iter(photos().values()))), DEFAULT.input.height, DEFAULT.input.width
    )
    return [framed.image[None].astype(np.float32)]


def _make(folder: Path) -> None:
    for name, cells in SMEARS.values():
        picture, _ = smear(**cells)
        Image.fromarray(picture).save(folder / name, quality=92)
