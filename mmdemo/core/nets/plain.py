"""Networks in Keras' own layers alone, so that a saved one needs Keras and nothing of this app.

Importing this module imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import numpy as np
from keras import layers, ops

from mmdemo.core.nets.layers import AveragePooling2D

StandIns = Mapping[type[keras.layers.Layer], Callable[[keras.KerasTensor, keras.layers.Layer], keras.KerasTensor]]
"""For a layer of the app's own: what it makes of an input, in Keras' layers and operations."""


def plain(network: keras.Model, stand_ins: StandIns | None = None) -> keras.Model:
    """The same network, with the same weights, in which each layer of the app's own is replaced.

    Args:
        network: functional, any nested one too.
        stand_ins: for the app's own layers beside `core.nets.layers.AveragePooling2D`; one that
            has weights cannot be replaced.

    Raises:
        ValueError: the weights of the two do not correspond.
    """
    known = {AveragePooling2D: _average_pooling, **(stand_ins or {})}

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        if isinstance(layer, keras.Model):
            return plain(layer, stand_ins)
        if type(layer) not in known:
            return layer.__class__.from_config(layer.get_config())
        given = keras.Input(batch_shape=layer.input.shape)
        return keras.Model(given, known[type(layer)](given, layer), name=layer.name)

    copy = keras.models.clone_model(network, clone_function=copied)
    copy.set_weights(network.get_weights())
    return copy


def _average_pooling(x: keras.KerasTensor, layer: AveragePooling2D) -> keras.KerasTensor:
    """Averages of what lies in the picture; of a known size, where an edge is padded."""
    if layer.padding != "same":
        return layers.AveragePooling2D(layer.pool_size, layer.strides)(x)
    pads = []
    for side, size, stride in zip(x.shape[1:3], layer.pool_size, layer.strides, strict=True):
        missing = max((-(-side // stride) - 1) * stride + size - side, 0)
        pads.append((missing // 2, missing - missing // 2))

    def averages(x: keras.KerasTensor) -> keras.KerasTensor:
        padded = layers.ZeroPadding2D(tuple(pads))(x)
        return layers.AveragePooling2D(layer.pool_size, layer.strides)(padded)

    return averages(x) / averages(ops.ones_like(x))


def middle_square(picture: keras.KerasTensor, side: int) -> keras.KerasTensor:
    """The middle square of a picture of any size, scaled to `(B, side, side, 3)`.

    As Pillow's bilinear filter does it: a triangle that widens with the scale, so that nothing is
    skipped. It is two products of matrices, which every backend and every file format knows and
    computes alike; Keras' own layer for that differs between them.

    Args:
        picture: `(B, height, width, 3)`, of unknown height and width.
        side: in pixels.
    """
    rows, columns = (ops.cumsum(ops.ones_like(x), axis=1) for x in (picture[:, :, 0, 0], picture[:, 0, :, 0]))
    height, width = (ops.max(x, axis=1, keepdims=True) for x in (rows, columns))  # (B, 1)
    square = ops.minimum(height, width)
    step = square / side
    reach = ops.maximum(step, 1.0)
    centres = np.arange(side, dtype=np.float32)[None] + 0.5

    def weights(ends: keras.KerasTensor, length: keras.KerasTensor) -> keras.KerasTensor:
        """What each pixel counts for each of the square's: `(B, side, length)`."""
        middle = (length - square) / 2 + step * centres  # (B, side)
        away = ops.abs(ops.expand_dims(middle, 2) - ops.expand_dims(ends - 0.5, 1))
        near = ops.relu(1.0 - away / ops.expand_dims(reach, 2))
        return near / ops.sum(near, axis=2, keepdims=True)

    planes = ops.transpose(picture, (0, 3, 1, 2))
    down = ops.matmul(ops.expand_dims(weights(rows, height), 1), planes)  # (B, 3, side, width)
    across = ops.transpose(weights(columns, width), (0, 2, 1))
    return ops.transpose(ops.matmul(down, ops.expand_dims(across, 1)), (0, 2, 3, 1))
