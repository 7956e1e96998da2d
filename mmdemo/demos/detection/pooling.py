"""ROI max pooling, exact and with fixed shapes, and boxes that are said by distances or changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="mmdemo")
class RoiMaxPooling(layers.Layer):
    """The largest values of each of `size` x `size` parts of each region of a map.

    Girshick 2015, "Fast R-CNN". Every value of a region counts, whatever its size: the maxima of
    all squares and oblongs whose sides are powers of two are laid into tables, and four of them
    cover a part of a region exactly (a sparse table for range maxima, Bender and Farach-Colton
    2000). So all shapes are fixed, and no loop runs over the regions.

    Input shapes: a map `(B, h, w, C)` with h and w known, and regions `(B, N, 4)`: left, top, right
    and bottom in parts of the map's sides. A region has the places of the map that it touches.
    Output shape: `(B, N, size, size, C)`.

    Args:
        size: parts of a region, across and down.

    Example:

    >>> layer = RoiMaxPooling(size=1)
    >>> inputs = [np.arange(4.0).reshape(1, 2, 2, 1), np.array([[[0, 0, 0.5, 1.0]]])]
    >>> ops.convert_to_numpy(layer(inputs)).ravel().tolist()
    [2.0]
    """

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, inputs: Sequence[Any]) -> Any:
        map_, regions = inputs
        height, width, channels = map_.shape[1:]
        left, top, right, bottom = (regions[..., edge] for edge in range(4))
        x_first, x_end, x_level = self._parts(left, right, width)
        y_first, y_end, y_level = self._parts(top, bottom, height)
        levels_x, levels_y = self._levels(width), self._levels(height)
        # (B, y levels, x levels, h, w, C), one row per place
        tables = []
        for down in _doubled(map_, levels_y, axis=1):
            tables += _doubled(down, levels_x, axis=2)
        rows = ops.reshape(ops.stack(tables, axis=1), (-1, channels))

        size, batch = self.size, ops.shape(regions)[0]
        of_picture = ops.reshape(ops.arange(batch, dtype="int32"), (-1, 1, 1, 1))
        level = ops.expand_dims(y_level, 3) * levels_x + ops.expand_dims(x_level, 2)
        table = (of_picture * (levels_y * levels_x) + level) * height  # (B, N, size, size)
        reach_y, reach_x = _power(y_level), _power(x_level)
        largest = None
        for y in (y_first, y_end - reach_y):
            for x in (x_first, x_end - reach_x):
                place = (table + ops.expand_dims(y, 3)) * width + ops.expand_dims(x, 2)
                values = ops.take(rows, ops.reshape(place, (-1,)), axis=0)
                largest = values if largest is None else ops.maximum(largest, values)
        return ops.reshape(largest, (-1, ops.shape(regions)[1], size, size, channels))

    def _parts(self, low: Any, high: Any, side: int) -> tuple[Any, Any, Any]:
        """Along one side: where each part of each region begins and ends, and its table's level.

        int32 `(B, N, size)` each.
        """
        first = ops.clip(ops.cast(ops.floor(low * side), "int32"), 0, side - 1)
        end = ops.clip(ops.cast(ops.ceil(high * side), "int32"), first + 1, side)
        first, length = ops.expand_dims(first, -1), ops.expand_dims(end - first, -1)
        part = ops.arange(self.size, dtype="int32")
        begins = first + part * length // self.size
        ends = first + ((part + 1) * length + self.size - 1) // self.size
        level = ops.zeros_like(begins)
        for power in range(1, self._levels(side)):
            level = level + ops.cast(ends - begins >= 2**power, "int32")
        return begins, ends, level

    def _levels(self, side: int) -> int:
        """Tables along a side: of 1, 2, 4, ... places, up to the longest part of a region."""
        longest = min(side, math.ceil(side / self.size) + 1)
        return int(math.log2(longest)) + 1

    def compute_output_shape(self, input_shape: Sequence[tuple[int | None, ...]]) -> Any:
        map_, regions = input_shape
        return (regions[0], regions[1], self.size, self.size, map_[3])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


def _doubled(values: Any, levels: int, axis: int) -> list[Any]:
    """Maxima over 1, 2, 4, ... places from each place on along an axis; the last ones repeat."""
    tables = [values]
    for level in range(levels - 1):
        step = 2**level
        last = tables[-1]
        moved = last[:, step:] if axis == 1 else last[:, :, step:]
        end = last[:, -1:] if axis == 1 else last[:, :, -1:]
        moved = ops.concatenate([moved, ops.repeat(end, step, axis=axis)], axis=axis)
        tables.append(ops.maximum(last, moved))
    return tables


def _power(level: Any) -> Any:
    """Two to the level, whole numbers."""
    return ops.left_shift(ops.ones_like(level), level)


@keras.saving.register_keras_serializable(package="mmdemo")
class BoxesFromPoints(layers.Layer):
    """Boxes around the places of a map, from the logarithms of how far their edges are.

    Tian et al. 2019, "FCOS: Fully Convolutional One-Stage Object Detection".

    Input shape: `(B, h, w, 4)`, h and w known: left, top, right and bottom, as logarithms of
    distances between neighbours of the map.
    Output shape: `(B, h * w, 4)`: left, top, right and bottom in parts of the map's sides.

    Example:

    >>> layer = BoxesFromPoints()
    >>> inputs = np.log(np.full((1, 1, 2, 4), 0.5))
    >>> ops.convert_to_numpy(layer(inputs)).round(3).tolist()
    [[[0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0]]]
    """

    def call(self, inputs: Any) -> Any:
        height, width = inputs.shape[1:3]
        # A box need not be larger than the map; what an untrained network says may be anything.
        far = ops.exp(ops.clip(inputs, -6.0, math.log(2.0 * max(height, width))))
        x = ops.reshape(ops.arange(width, dtype=inputs.dtype) + 0.5, (1, 1, -1, 1))
        y = ops.reshape(ops.arange(height, dtype=inputs.dtype) + 0.5, (1, -1, 1, 1))
        edges = [
            (x - far[..., 0:1]) / width,
            (y - far[..., 1:2]) / height,
            (x + far[..., 2:3]) / width,
            (y + far[..., 3:4]) / height,
        ]
        return ops.reshape(ops.concatenate(edges, axis=-1), (-1, height * width, 4))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        return (input_shape[0], input_shape[1] * input_shape[2], 4)  # type: ignore[operator]
