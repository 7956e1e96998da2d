"""Grad-CAM and occlusion against what they should say."""

import keras
import numpy as np
import pytest

from mmdemo.core.nets import saliency
from mmdemo.core.serve import backend
from mmdemo.demos.image_classifier.config import TINY
from mmdemo.demos.image_classifier.model import build


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    network = build(TINY)
    # A new residual block adds nothing, which leaves its ReLU on its kink wherever the map is 0.
    network.get_layer("backbone").get_layer("stage2_block1_out_norm").gamma.assign([1.0] * 16)
    return network


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).uniform(0, 255, (16, 16, 3)).astype(np.float32)


def _halves(network, layer):
    parts = saliency._before, saliency._after
    return (saliency._part(part, network, layer, "backbone") for part in parts)


@pytest.mark.parametrize("layer", ["stage1_widen_relu", "stage2_reduce", "stage2_block1"])
def test_grad_cam_is_what_finite_differences_give(network, picture, layer):
    before, after = _halves(network, layer)
    maps = np.asarray(before(picture[None], training=False))
    slope = np.zeros(maps.shape[-1])
    step = 2e-3
    for channel in range(maps.shape[-1]):  # all places of a channel at once: the mean gradient
        moved = [maps.copy(), maps.copy()]
        moved[0][..., channel] += step
        moved[1][..., channel] -= step
        up, down = (float(after(m, training=False)[0, 2]) for m in moved)
        slope[channel] = (up - down) / (2 * step) / maps[0, ..., 0].size
    expected = np.maximum(maps[0] @ slope, 0)
    found = saliency.grad_cam(network, picture, 2, layer, "backbone")
    assert found.shape == maps.shape[1:3]
    np.testing.assert_allclose(found, expected, atol=0.03 * max(expected.max(), 1e-3))


def test_the_two_parts_are_the_network(network, picture):
    whole = np.asarray(network(picture[None], training=False))
    for layer in ("stem_relu", "stage2_block1"):
        before, after = _halves(network, layer)
        made = after(before(picture[None], training=False), training=False)
        np.testing.assert_allclose(np.asarray(made), whole, rtol=1e-4, atol=1e-5)


def test_a_gradient_is_that_of_calculus():
    x = np.array([[1.0, -2.0, 3.0]], np.float32)
    value, slope = backend.gradient(lambda t: keras.ops.sum(t**3), x)
    assert value == pytest.approx(20)
    np.testing.assert_allclose(slope, 3 * x**2, rtol=1e-5)


def test_occlusion_finds_the_place_that_counts():
    picture = np.full((32, 32, 3), 127.5, np.float32)
    picture[20:24, 4:8] = 255

    def call(pictures):
        bright = (pictures[:, 20:24, 4:8] > 200).mean(axis=(1, 2, 3))
        return np.stack([bright, 1 - bright], axis=1)

    found = saliency.occlusion(call, picture, 0, cells=9)
    assert found.shape == (9, 9)
    top, left = np.unravel_index(found.argmax(), found.shape)
    assert found.max() == 1 and 16 <= top * 3 + 4 <= 26 and 0 <= left * 3 <= 8
    assert saliency.occlusion(call, picture, 1, cells=9).min() == -1


@pytest.mark.parametrize("size", [(20, 80), (80, 20), (33, 47), (3, 5), (1, 1)])
def test_occlusion_leaves_no_place_out(size):
    """Where a long picture was never covered, it would look as if nothing counted."""
    seen = []

    def call(pictures):
        seen.append(pictures)
        return np.zeros((len(pictures), 1))

    saliency.occlusion(call, np.zeros((*size, 3), np.float32), 0)
    plain, *covered = seen
    assert not plain.any()
    assert np.concatenate(covered).any(axis=0).all()


def test_occlusion_asks_about_few_large_pictures_at_once():
    sizes = []

    def call(pictures):
        sizes.append(pictures[..., 0].size)
        return np.zeros((len(pictures), 1))

    saliency.occlusion(call, np.zeros((90, 360, 3), np.float32), 0)
    assert max(sizes) <= saliency.PIXELS_AT_ONCE
    assert sum(sizes) == 65 * 90 * 360
