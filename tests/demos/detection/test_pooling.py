"""ROI max pooling beside a loop, and its gradient."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from mmdemo.core.serve import backend
from mmdemo.demos.detection.pooling import RoiMaxPooling


def naive(map_: np.ndarray, region: np.ndarray, size: int) -> np.ndarray:
    """One region of one map `(h, w, C)`: the largest value of each of its parts."""
    height, width, channels = map_.shape
    left, top, right, bottom = region * np.float32([width, height, width, height])
    x0, y0 = min(max(math.floor(left), 0), width - 1), min(max(math.floor(top), 0), height - 1)
    x1, y1 = min(max(math.ceil(right), x0 + 1), width), min(max(math.ceil(bottom), y0 + 1), height)
    pooled = np.empty((size, size, channels), map_.dtype)
    for row in range(size):
        for column in range(size):
            rows = slice(y0 + row * (y1 - y0) // size, y0 + math.ceil((row + 1) * (y1 - y0) / size))
            columns = slice(
                x0 + column * (x1 - x0) // size, x0 + math.ceil((column + 1) * (x1 - x0) / size)
            )
            pooled[row, column] = map_[rows, columns].max(axis=(0, 1))
    return pooled


@pytest.mark.parametrize("size", [1, 3, 7])
def test_it_equals_a_loop(size):
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(2, 11, 17, 3)).astype(np.float32)
    ends = np.sort(rng.uniform(-0.1, 1.1, (2, 40, 2, 2)), axis=2)
    regions = ends.reshape(2, 40, 4).astype(np.float32)
    regions[:, 0] = (0, 0, 1, 1)
    regions[:, 1] = (0.5, 0.5, 0.5, 0.5)  # of no area: the place that it lies in
    regions[:, 2] = (1, 1, 1, 1)
    pooled = keras.ops.convert_to_numpy(RoiMaxPooling(size)([maps, regions]))
    for map_, some, ours in zip(maps, regions, pooled, strict=True):
        for region, mine in zip(some, ours, strict=True):
            np.testing.assert_array_equal(mine, naive(map_, region, size))


def test_what_is_learnt_goes_to_the_largest_value():
    maps = np.zeros((1, 4, 4, 1), np.float32)
    maps[0, 1, 2] = 1

    def largest(values):
        return keras.ops.sum(RoiMaxPooling(1)([values, np.float32([[[0, 0, 1, 1]]])]))

    value, slope = backend.gradient(largest, maps)
    assert value == 1
    assert slope[0, 1, 2, 0] == slope.sum() == 1
