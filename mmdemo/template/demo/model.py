"""Networks from a drawing to the kind of its shape."""

from __future__ import annotations

import keras
from keras import layers

from .config import Config


def build(config: Config) -> keras.Model:
    """A drawing to a logit per kind; uncompiled.

    Input shape: `(B, side, side, 1)`, ink as 1 on 0.
    Output shape: `(B, kinds)`.
    """
    # === Layers ===
    convolutions = [
        layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"convolution_{number}")
        for number, filters in enumerate(config.network.filters, start=1)
    ]
    logits = layers.Dense(len(config.input.kinds), name="logits")

    # === Functional model ===
    drawing = keras.Input((config.input.side, config.input.side, 1), name="drawing")
    x = drawing
    for convolution in convolutions:
        x = layers.MaxPooling2D()(convolution(x))
    return keras.Model(drawing, logits(layers.Flatten()(x)), name="new_demo")
