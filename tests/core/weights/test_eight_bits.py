"""Kernels in eight bits: a quarter of the room, loaded as they were rounded."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from mmdemo.core.weights import artifacts, eight_bits


@pytest.fixture
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((64,)), layers.Dense(256), layers.Dense(8)])


def test_stored_in_a_quarter_of_the_room_and_loaded_as_rounded(network, tmp_path):
    whole, small = tmp_path / "whole.weights.h5", tmp_path / "small.weights.h5"
    artifacts.save_weights(network, whole)
    exact = network.get_weights()
    eight_bits.round_weights(network)
    rounded = network.get_weights()
    artifacts.save_weights(network, small, quarter=True)
    assert small.stat().st_size < 0.4 * whole.stat().st_size
    assert eight_bits.is_packed(small) and not eight_bits.is_packed(whole)
    network.set_weights([np.zeros_like(each) for each in exact])
    artifacts.load_weights(network, small)
    for new, old, before in zip(network.get_weights(), rounded, exact, strict=True):
        assert new.dtype == np.float32
        np.testing.assert_allclose(new, old, rtol=1e-6)
        highest = np.abs(before).max(axis=0)
        assert (np.abs(new - before) <= highest / 254 * 1.01 + 1e-6).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == [small.name, whole.name]


def test_each_channel_has_a_scale_of_its_own_and_zeros_stay():
    kernel = np.ones((100, 50), np.float32) * np.logspace(-6, 3, 50, dtype=np.float32)
    kernel[:, 7] = 0
    np.testing.assert_allclose(eight_bits.rounded(kernel), kernel, rtol=1e-5)


def test_small_kernels_and_biases_stay_in_half_precision():
    values = np.linspace(0, 1, 40, dtype=np.float32).reshape(8, 5)
    wanted = values.astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(eight_bits.rounded(values), wanted)
