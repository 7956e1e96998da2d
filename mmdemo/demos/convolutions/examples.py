"""Example photos: those that scikit-image ships; and numbers to convolve."""

from __future__ import annotations

from pathlib import Path

from mmdemo.core.data import examples
from mmdemo.core.language import N_

PHOTOS = {
    N_("A cup of coffee"): "coffee.png",
    N_("A brick wall"): "brick.png",
    N_("An astronaut"): "astronaut.png",
    N_("A cat"): "chelsea.png",
}
STEP = [[1.0, 1, 1, 8, 8] for _ in range(5)]
EDGE = [[-1.0, 0, 1] for _ in range(3)]


def photos() -> dict[str, Path]:
    """What the page offers: a name and a file each."""
    return {name: examples.scikit_image(file) for name, file in PHOTOS.items()}


def requests() -> tuple[examples.Request, ...]:
    """Numbers and a photo to convolve: what `bench` asks."""
    photo = examples.scikit_image("coffee.png")
    return (
        examples.Request("convolutions_convolve", {"values": STEP, "kernel": EDGE}, ()),
        examples.Request("convolutions_photo", {"photo": photo, "kernel": "blur"}, (photo,)),
    )
