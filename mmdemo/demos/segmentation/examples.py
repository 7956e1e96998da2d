"""Example pictures: nuclei and streets that are drawn, as none of a data set may be shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.data import examples
from mmdemo.core.data.drawn_nuclei import field
from mmdemo.core.language import N_
from mmdemo.core.media.image import open_image
from mmdemo.core.media.stretch import padded, stretch

from .config import DEFAULT, STRIDE
from .drawn_street import street

FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("Glowing nuclei"): ("glowing.png", {"style": "fluorescence", "count": 24, "seed": 3}),
    N_("A crowd that touches"): ("crowd.png", {"style": "fluorescence", "count": 70, "seed": 8}),
    N_("Stained tissue"): ("stained.png", {"style": "stained", "count": 40, "seed": 5}),
}
STREETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("A busy street"): ("busy.jpg", {"cars": 7, "people": 5, "seed": 2}),
    N_("A quiet street"): ("quiet.jpg", {"cars": 2, "people": 6, "seed": 3}),
}
"""Our file, and how the field or the street is drawn."""


def photos() -> dict[str, Path]:
    """What the page offers to try: the files by what they show."""
    return _files(FIELDS)


def streets() -> dict[str, Path]:
    """The same for streets."""
    return _files(STREETS)


def animals() -> dict[str, Path]:
    """The same for pets: a photo that scikit-image ships."""
    return {N_("A cat"): examples.scikit_image("chelsea.png")}


def _files(drawings: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Path]:
    folder = examples.folder("segmentation", _make)
    return {label: folder / name for label, (name, _) in drawings.items()}


def requests() -> tuple[examples.Request, ...]:
    """A picture to look at: what `bench` asks."""
    photo = next(iter(photos().values()))
    return (examples.Request("segmentation_segment", {"photo": photo}, (photo,)),)


def inputs() -> list[np.ndarray]:
    """The picture of `requests` as the network takes it."""
    image = open_image(next(iter(photos().values())))
    return [padded(stretch(image, DEFAULT.input), STRIDE)[None]]


def _make(folder: Path) -> None:
    for name, drawing in FIELDS.values():
        picture, _ = field(**drawing)
        Image.fromarray(picture).save(folder / name)
    for name, drawing in STREETS.values():
        Image.fromarray(street(**drawing)).save(folder / name, quality=92)
