"""Example pictures: nuclei that are drawn, as none of a data set may be shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.data import examples
from mmdemo.core.data.drawn_nuclei import field
from mmdemo.core.language import N_
from mmdemo.core.media.image import open_image

from .config import DEFAULT
from .finding import prepared

FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("Glowing nuclei"): ("glowing.png", {"style": "fluorescence", "count": 24, "seed": 13}),
    N_("A crowd that touches"): ("crowd.png", {"style": "fluorescence", "count": 70, "seed": 18}),
    N_("Stained tissue"): ("stained.png", {"style": "stained", "count": 40, "seed": 15}),
}
"""Our file, and how the field is drawn."""


def photos() -> dict[str, Path]:
    """What the page offers to try: the files by what they show."""
    folder = examples.folder("instances", _make)
    return {label: folder / name for label, (name, _) in FIELDS.items()}


def requests() -> tuple[examples.Request, ...]:
    """A picture to look at: what `bench` asks."""
    photo = next(iter(photos().values()))
    return (examples.Request("instances_find", {"photo": photo}, (photo,)),)


def inputs() -> list[np.ndarray]:
    """The picture of `requests` as the network takes it, with as many regions as are looked at, and
    as many masks as there are nuclei."""
    image = open_image(next(iter(photos().values())))
    pixels = prepared(image, DEFAULT)
    count = round(DEFAULT.input.proposals * image[..., 0].size / DEFAULT.training.crop**2)
    low = np.random.default_rng(0).uniform(0, 0.9, (1, count, 2))
    regions = np.concatenate([low, low + 0.08], axis=2).astype(np.float32)
    return [pixels, regions, regions[:, :24]]


def _make(folder: Path) -> None:
    for name, drawing in FIELDS.values():
        picture, _ = field(**drawing)
        Image.fromarray(picture).save(folder / name)
