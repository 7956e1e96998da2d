"""Networks in Keras' own layers alone, so that a saved one needs Keras and nothing of this app.

Importing this module imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops, tree

from mmdemo.core.nets.layers import AveragePooling2D

StandIns = Mapping[type[keras.layers.Layer], Callable[[keras.KerasTensor, Any], keras.KerasTensor]]
"""For a layer of the app's own, without weights: what it makes of an input, in Keras' layers and
operations."""


def plain(
    network: keras.Model, given: keras.KerasTensor, stand_ins: StandIns | None = None
) -> keras.KerasTensor:
    """What a network makes of a tensor, in copies of its layers.

    Each layer of the app's own is replaced, and nested networks are laid open. The sizes are those
    of what is given: a network for pictures of any size becomes one for this size.

    Args:
        network: functional, with one input and one output.
        given: in place of its input.
        stand_ins: for the app's own layers beside `core.nets.layers.AveragePooling2D`.

    Raises:
        ValueError: there is no stand-in for a layer.
    """
    known: StandIns = {AveragePooling2D: _average_pooling, **(stand_ins or {})}
    return _Copies(known).of(network, [given], "")[0]


class _Copies:
    """Copies of layers; one that is called twice is copied once."""

    def __init__(self, stand_ins: StandIns) -> None:
        self._stand_ins = stand_ins
        self._copies: dict[int, keras.layers.Layer] = {}

    def of(
        self, network: keras.Model, given: Sequence[keras.KerasTensor], prefix: str
    ) -> list[keras.KerasTensor]:
        """What a network makes of tensors, one per input."""
        tensors = {id(old): new for old, new in zip(network.inputs, given, strict=True)}

        def renewed(value: Any) -> Any:
            return tensors[id(value)] if isinstance(value, keras.KerasTensor) else value

        for depth in sorted(network._nodes_by_depth, reverse=True):
            for node in network._nodes_by_depth[depth]:
                if node.is_input:
                    continue
                operation, inputs = node.operation, [tensors[id(t)] for t in node.input_tensors]
                if isinstance(operation, keras.Model):
                    made = self.of(operation, inputs, f"{prefix}{operation.name}_")
                elif type(operation) in self._stand_ins:
                    made = [self._stand_ins[type(operation)](inputs[0], operation)]
                else:
                    arguments = tree.map_structure(renewed, node.arguments.args)
                    made = [self._copy(operation, prefix)(*arguments)]
                tensors |= {id(old): new for old, new in zip(node.outputs, made, strict=True)}
        return [tensors[id(output)] for output in network.outputs]

    def _copy(self, operation: Any, prefix: str) -> Any:
        if not isinstance(operation, keras.layers.Layer):
            return operation
        if not type(operation).__module__.startswith("keras."):
            raise ValueError(f"{type(operation).__name__} is no layer of Keras' own")
        copy = self._copies.get(id(operation))
        if copy is None:
            config = operation.get_config() | {"name": prefix + operation.name}
            copy = self._copies[id(operation)] = type(operation).from_config(config)
            copy.build(tree.map_structure(lambda tensor: tensor.shape, operation.input))
            copy.set_weights(operation.get_weights())
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
    sides = picture[:, :, 0, 0], picture[:, 0, :, 0]
    # Numbers of the rows and of the columns, from 1: the size of a picture is not known before.
    rows, columns = (ops.cumsum(ops.ones_like(side), axis=1) for side in sides)
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
