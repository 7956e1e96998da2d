"""The classifiers: a picture in, one number per class out."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from mmdemo.core.nets import backbone
from mmdemo.core.nets.layers import AveragePooling2D
from mmdemo.core.nets.plain import middle_square, plain

from .config import Config


def build(config: Config) -> keras.Model:
    """The network that is served.

    Input shape: `(B, height, width, 3)`, RGB from 0 to 255, of any height and width.
    Output shape: `(B, classes)`, logits.

    Raises:
        ValueError: no such network.
    """
    network = config.network
    picture = keras.Input((None, None, 3), name="picture")
    if network.network == "book":
        x = layers.Rescaling(1 / 255, name="scale")(picture)
        for number, width in enumerate(network.widths, start=1):
            x = branches(x, width, f"block{number}")
    elif network.network == "inception_residual":
        x = backbone.build(network.stem, network.widths, network.depths)(picture)[-1]
    else:
        raise ValueError(f"no network is called '{network.network}'")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(picture, layers.Dense(network.classes, name="logits")(x))


def features(network: keras.Model, config: Config) -> keras.Model:
    """What classes of one's own are told apart by; see `core.nets.taught`.

    Input shape: `(B, height, width, 3)`, RGB from 0 to 255, of any height and width; its middle
    square counts.
    Output shape: `(B, widths[-1])`.
    """
    side = config.input.side
    picture = keras.Input((None, None, 3), name="picture")
    pooled = keras.Model(network.input, network.get_layer("pool").output, name="network")
    return keras.Model(picture, plain(pooled, middle_square(picture, side)), name="features")


def branches(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    """The source's four branches, each halving the picture, concatenated: `4 * width` channels."""

    def convolve(x: keras.KerasTensor, size: int, part: str, strides: int = 1) -> keras.KerasTensor:
        return layers.Conv2D(
            width, size, strides=strides, padding="same", activation="relu", name=f"{name}_{part}"
        )(x)

    a = PointwiseConv2D(width, 1, strides=2, activation="relu", name=f"{name}_a")(x)
    b = convolve(convolve(x, 1, "b1"), 3, "b2", strides=2)
    c = AveragePooling2D(3, strides=2, padding="same", name=f"{name}_c1")(x)
    c = convolve(c, 3, "c2")
    d = convolve(x, 1, "d1")
    d = convolve(d, 3, "d2")
    d = convolve(d, 3, "d3", strides=2)
    return layers.Concatenate(name=name)([a, b, c, d])


@keras.saving.register_keras_serializable(package="mmdemo")
class PointwiseConv2D(layers.Conv2D):
    """A 1 x 1 convolution with a stride: takes the places that count, then convolves them all.

    The same numbers as `Conv2D`. TensorFlow's gradient of that one (oneDNN, strided, fewer than 16
    channels in) writes beyond its memory and ends the process.

    Input shape: `(B, h, w, C)`.
    Output shape: `(B, ceil(h / stride), ceil(w / stride), filters)`.

    Example:

    >>> layer = PointwiseConv2D(2, 1, strides=2)
    >>> inputs = np.random.rand(1, 4, 5, 3)
    >>> ops.shape(layer(inputs))
    (1, 2, 3, 2)
    """

    def call(self, inputs: Any) -> Any:
        down, across = self.strides
        x = ops.conv(inputs[:, ::down, ::across], self.kernel)
        return self.activation(x + self.bias)
