"""ROIAlign against a slow loop, at its edges, and what becomes of its gradient."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from mmdemo.demos.instances.aligning import PerPicture, RoiAlign


def slow(map_: np.ndarray, region: np.ndarray, size: int, samples: int) -> np.ndarray:
    """One value after the other."""
    height, width, channels = map_.shape
    left, top, right, bottom = region * (width, height, width, height)
    out = np.zeros((size, size, channels))
    for row, column, down, across in np.ndindex(size, size, samples, samples):
        y = top + (row + (down + 0.5) / samples) * (bottom - top) / size - 0.5
        x = left + (column + (across + 0.5) / samples) * (right - left) / size - 0.5
        y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
        first_y, first_x = int(y), int(x)
        next_y, next_x = min(first_y + 1, height - 1), min(first_x + 1, width - 1)
        for at_y, of_y in ((first_y, 1 - y + first_y), (next_y, y - first_y)):
            for at_x, of_x in ((first_x, 1 - x + first_x), (next_x, x - first_x)):
                out[row, column] += of_y * of_x * map_[at_y, at_x] / samples**2
    return out


@pytest.fixture
def maps() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    fine = rng.normal(size=(2, 12, 20, 3)).astype(np.float32)
    coarse = rng.normal(size=(2, 6, 10, 3)).astype(np.float32)
    low = rng.uniform(0, 0.6, (2, 9, 2))
    regions = np.concatenate([low, low + rng.uniform(0, 0.6, (2, 9, 2))], axis=2)
    regions[0, 0], regions[1, 0] = 0, (0, 0, 1, 1)
    return fine, coarse, regions.astype(np.float32)


@pytest.mark.parametrize(("size", "samples"), [(1, 1), (3, 2), (7, 2), (4, 3)])
def test_each_region_is_what_a_loop_reads(maps, size, samples):
    fine, coarse, regions = maps
    ours = ops.convert_to_numpy(RoiAlign(size, samples, largest=5.0)([fine, coarse, regions]))
    sides = (regions[..., 2:] - regions[..., :2]) * (20, 12)
    large = sides.prod(axis=-1) > 25
    assert 0 < large.mean() < 1
    for place, (picture, row) in enumerate(np.ndindex(2, 9)):
        map_ = (coarse if large[picture, row] else fine)[picture]
        theirs = slow(map_, regions[picture, row], size, samples)
        np.testing.assert_allclose(ours[place], theirs, atol=1e-5)


def test_a_plane_is_read_exactly():
    """Of what rises evenly, the mean of a part is the value of its middle."""
    y, x = np.mgrid[:16, :16] + 0.5
    plane = (2 * x + 3 * y)[None, ..., None].astype(np.float32)
    region = np.float32([[[0.3, 0.2, 0.7, 0.5]]])
    ours = ops.convert_to_numpy(RoiAlign(2, 2, largest=99)([plane, plane[:, ::2, ::2], region]))
    at_x, at_y = 16 * np.array([0.4, 0.6]), 16 * np.array([0.275, 0.425])
    np.testing.assert_allclose(ours[0, ..., 0], 2 * at_x + 3 * at_y[:, None], atol=1e-4)


def test_regions_go_back_to_their_pictures():
    values = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    ours = ops.convert_to_numpy(PerPicture()([values, np.zeros((2, 3, 4), np.float32)]))
    np.testing.assert_array_equal(ours, values.reshape(2, 3, 2, 2))


def test_a_layer_comes_back_from_its_configuration():
    layer = RoiAlign(5, samples=3, largest=7.0)
    again = RoiAlign.from_config(layer.get_config())
    assert (again.size, again.samples, again.largest) == (5, 3, 7.0)
