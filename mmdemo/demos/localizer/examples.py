"""Example photos: those that scikit-image ships; no data set is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data import examples
from mmdemo.core.language import N_
from mmdemo.core.media.image import open_image

from .config import DEFAULT
from .outputs import squash

PHOTOS = {
    N_("A cup of coffee"): ("coffee.jpg", "coffee.png"),
    N_("The cup, further down"): ("coffee-below.jpg", "coffee.png"),
    N_("A cat"): ("cat.jpg", "chelsea.png"),
    N_("A rocket"): ("rocket.jpg", "rocket.jpg"),
    N_("An astronaut"): ("astronaut.jpg", "astronaut.png"),
}
"""Our file and scikit-image's."""
PART = {"coffee-below.jpg": (0, 0, 600, 310)}
"""What is cut out: left, top, right and bottom in pixels."""


def photos() -> dict[str, Path]:
    """What the page offers to try: the files by what they show."""
    folder = examples.folder("localizer", _make)
    return {label: folder / name for label, (name, _) in PHOTOS.items()}


def requests() -> tuple[examples.Request, ...]:
    """A photo to look at: what `bench` asks."""
    photo = next(iter(photos().values()))
    return (examples.Request("localizer_locate", {"photo": photo}, (photo,)),)


def inputs() -> list[np.ndarray]:
    """The photo of `requests` as the network takes it, and no wish for a class."""
    photo = open_image(next(iter(photos().values())))
    seen = squash(photo, DEFAULT.input.side)[None].astype(np.float32)
    return [seen, np.zeros((1, DEFAULT.network.classes), np.float32)]


def _make(folder: Path) -> None:
    for name, source in PHOTOS.values():
        picture = Image.open(examples.scikit_image(source)).convert("RGB")
        picture.crop(PART.get(name)).save(folder / name, quality=90)
