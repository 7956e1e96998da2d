"""Example photos: those that scikit-image ships."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.data import examples
from mmdemo.core.language import N_
from mmdemo.core.media.image import open_image

from .config import DEFAULT

PHOTOS = {
    N_("A cup of coffee"): "coffee.png",
    N_("A cat"): "chelsea.png",
    N_("A rocket"): "rocket.jpg",
    N_("An astronaut"): "astronaut.png",
}


def photos() -> dict[str, Path]:
    """What the page offers: a name and a file each."""
    return {name: examples.scikit_image(file) for name, file in PHOTOS.items()}


def requests() -> tuple[examples.Request, ...]:
    """A photo to name: what `bench` asks."""
    photo = examples.scikit_image("coffee.png")
    asked = {"photo": photo, "preset": "default", "view": "whole"}
    return (examples.Request("image_classifier_classify", asked, (photo,)),)


def inputs() -> list[np.ndarray]:
    """The photo of `requests` as the network takes it."""
    from .infer import views_of

    photo = open_image(examples.scikit_image("coffee.png"))
    return [views_of(photo, DEFAULT.input.side, "whole")[0][None].astype(np.float32)]


def peers() -> dict[str, Callable[[], Any]]:
    """Keras' MobileNetV2 on the photo of `requests`; weights do not change its time."""
    import keras

    from mmdemo.core.serve.applications import fit
    from mmdemo.core.serve.backend import compile_call

    call = compile_call(keras.applications.MobileNetV2(weights=None))
    photo = fit(open_image(examples.scikit_image("coffee.png")), (224, 224))
    batch = photo[None].astype(np.float32)
    return {"MobileNetV2 at 224": lambda: call(batch)}
