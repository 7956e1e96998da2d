"""Example photos: those that scikit-image ships; and numbers to convolve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmdemo.core.data import examples
from mmdemo.core.language import N_
from mmdemo.core.media.image import open_image

from . import infer
from .kernels import KERNELS

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


def peers() -> dict[str, Callable[[], Any]]:
    """The photo of `requests` through its kernel: by our NumPy, and by OpenCV."""
    import cv2

    small = infer.reduced(open_image(examples.scikit_image("coffee.png")))
    kernel = KERNELS["blur"]
    return {
        "infer through": lambda: infer.through(small, "blur", "basic"),
        "OpenCV's filter2D": lambda: cv2.filter2D(small @ infer.LUMA, -1, kernel),
    }


def requests() -> tuple[examples.Request, ...]:
    """Numbers and a photo to convolve: what `bench` asks."""
    photo = examples.scikit_image("coffee.png")
    return (
        examples.Request("convolutions_convolve", {"values": STEP, "kernel": EDGE}, ()),
        examples.Request("convolutions_photo", {"photo": photo, "kernel": "blur"}, (photo,)),
    )
