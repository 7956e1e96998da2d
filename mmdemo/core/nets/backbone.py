"""The image network that several demos stand on: inception blocks with residual paths.

The blocks are those of the functional-API tutorial (four branches that halve the picture, side by
side), with batch normalisation, and residual blocks between them (Szegedy et al. 2016,
"Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning"). Fully
convolutional: a picture may have any size. Importing this module imports Keras.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from mmdemo.core.nets.layers import AveragePooling2D
from mmdemo.core.weights.artifacts import BACKBONE

STRIDES = (2, 4, 8, 16)
"""Pixels of the picture between neighbours of each stage's map."""


def build(stem: int, widths: Sequence[int], depths: Sequence[int]) -> keras.Model:
    """The network without weights.

    Input shape: `(B, height, width, 3)`, RGB from 0 to 255.
    Output: a list with the feature map of each stage, `(B, ceil(height / stride), ceil(width /
    stride), widths[stage])` with `STRIDES`.

    Args:
        stem: filters of the first convolution.
        widths: channels of each stage, each a multiple of 4.
        depths: residual blocks of each stage.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = layers.Rescaling(1 / 127.5, -1, name="scale")(picture)
    x = convolve(x, stem, 3, "stem", strides=2)
    stages = []
    for number, (width, depth) in enumerate(zip(widths, depths, strict=True), start=1):
        x = stage(x, number, width, depth)
        stages.append(x)
    return keras.Model(picture, stages, name=BACKBONE)


def stage(x: keras.KerasTensor, number: int, width: int, depth: int) -> keras.KerasTensor:
    """One stage by itself, whose layers are called as in the whole.

    A network that trains a stage of its own starts it with `core.serve.pretrained.take_stages`.

    Args:
        x: the map of the stage before, or of the stem.
        number: from 1.
        width: channels.
        depth: residual blocks.
    """
    if number == 1:
        x = convolve(x, width, 3, "stage1_widen")
    else:
        x = reduction(x, width, f"stage{number}_reduce")
    for index in range(1, depth + 1):
        x = residual(x, f"stage{number}_block{index}")
    return x


def reduction(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    """Four branches that halve the picture, `width / 4` channels each, side by side."""
    part = width // 4
    point = convolve(x, part, 1, f"{name}_point", strides=2)
    small = convolve(x, part, 1, f"{name}_small_in")
    small = convolve(small, part, 3, f"{name}_small", strides=2)
    pooled = AveragePooling2D(3, 2, padding="same", name=f"{name}_pool")(x)
    pooled = convolve(pooled, part, 1, f"{name}_pooled")
    large = convolve(x, part, 1, f"{name}_large_in")
    large = convolve(large, part, 3, f"{name}_large_mid")
    large = convolve(large, part, 3, f"{name}_large", strides=2)
    return layers.Concatenate(name=name)([point, small, pooled, large])


def residual(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Two branches that look 3 x 3 and 5 x 5 wide, added to what came in."""
    width = x.shape[-1]
    small = convolve(x, width // 4, 1, f"{name}_small_in")
    small = convolve(small, width // 4, 3, f"{name}_small")
    large = convolve(x, width // 4, 1, f"{name}_large_in")
    large = convolve(large, width // 4, 3, f"{name}_large_mid")
    large = convolve(large, width // 4, 3, f"{name}_large")
    both = layers.Concatenate(name=f"{name}_concat")([small, large])
    change = layers.Conv2D(width, 1, use_bias=False, name=f"{name}_out")(both)
    # Each block starts as the identity, which lets a deep network begin to learn at once.
    change = layers.BatchNormalization(gamma_initializer="zeros", name=f"{name}_out_norm")(change)
    return layers.Activation("relu", name=name)(layers.Add(name=f"{name}_add")([x, change]))


def convolve(
    x: keras.KerasTensor, filters: int, size: int, name: str, strides: int = 1
) -> keras.KerasTensor:
    """Convolution without a bias, which the batch normalisation behind it has, and a ReLU.

    Args:
        x: `(B, height, width, channels)`.
        filters: channels of what comes out, `(B, ceil(height / strides), ceil(width / strides),
            filters)`.
        size: of the window.
        name: which the names of the layers begin with.
        strides: of the window, in both directions.
    """
    x = layers.Conv2D(
        filters, size, strides=strides, padding="same", use_bias=False, name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
