"""Example photos: those that scikit-image ships; no data set is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data import examples
from mmdemo.core.media.image import open_image

from .config import DEFAULT
from .outputs import squash


@dataclass(frozen=True)
class Photo:
    """A sample picture, or a part of it: left, top, right and bottom in pixels."""

    name: str
    source: str
    label: str
    part: tuple[int, int, int, int] | None = None


PHOTOS = (
    Photo("cat", "chelsea.png", "A cat"),
    Photo("coffee", "coffee.png", "A cup of coffee"),
    Photo("coffee-below", "coffee.png", "The cup, further down", (0, 0, 600, 310)),
    Photo("rocket", "rocket.jpg", "A rocket"),
    Photo("astronaut", "astronaut.png", "An astronaut"),
)


def photos() -> dict[str, Path]:
    """What the page offers to try: the files by what they show."""
    folder = examples.folder("localizer", _make)
    return {photo.label: folder / f"{photo.name}.jpg" for photo in PHOTOS}


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
    for photo in PHOTOS:
        picture = Image.open(examples.scikit_image(photo.source)).convert("RGB")
        if photo.part is not None:
            picture = picture.crop(photo.part)
        picture.save(folder / f"{photo.name}.jpg", quality=90)
