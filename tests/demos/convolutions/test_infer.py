"""Photos through kernels, a trained network's first layer, and the endpoints."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import examples
from mmdemo.core.errors import UserError
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime
from mmdemo.demos.convolutions import infer, tab
from mmdemo.demos.convolutions.config import KINDS
from mmdemo.demos.convolutions.kernels import KERNELS, gabor, taken_apart


@pytest.fixture(scope="module")
def photo():
    return infer.reduced(open_image(examples.scikit_image("coffee.png")))


@pytest.mark.parametrize("name", KERNELS)
def test_every_kind_takes_every_kernel(photo, name):
    for kind in KINDS:
        found = infer.through(photo, name, kind)
        assert found.picture.dtype == np.uint8
        assert np.isfinite(found.values).all()
        assert found.values.shape[:2] == found.picture.shape[:2]
        assert 0 < found.share <= 1 + 1e-9


def test_kinds_that_are_the_same_say_the_same(photo):
    basic, separable = (infer.through(photo, "blur", k) for k in ("basic", "spatially_separable"))
    np.testing.assert_allclose(basic.values, separable.values, atol=1e-9)
    assert separable.share == pytest.approx(1)
    depth = infer.through(photo, "emboss", "depthwise_separable")
    np.testing.assert_allclose(depth.values, infer.through(photo, "emboss", "basic").values)
    assert infer.through(photo, "gabor", "spatially_separable").share < 0.9


def test_kernels_keep_brightness_or_differences():
    for kernel in KERNELS.values():
        assert len(kernel) % 2 == 1
        assert min(abs(kernel.sum() - 1), abs(kernel.sum())) < 1e-9
    waves = gabor(angle=0.0)
    np.testing.assert_allclose(waves, waves[::-1])
    column, row, share = taken_apart(np.outer([1.0, 2, 1], [3.0, 0, -3]))
    np.testing.assert_allclose(np.outer(column, row), np.outer([1, 2, 1], [3, 0, -3]), atol=1e-12)
    assert share == pytest.approx(1)


def test_the_first_layer_is_what_the_network_computes(photo):
    import keras

    found = infer.first_layer(photo)
    backbone = runtime.model(infer.CLASSIFIER).network.get_layer("backbone")
    stem = keras.Model(backbone.inputs[0], backbone.get_layer("stem_conv").output)
    wanted = keras.ops.convert_to_numpy(stem(photo[None].astype(np.float32)))[0]
    np.testing.assert_allclose(found.maps, wanted, atol=1e-4)


def test_numbers_are_convolved():
    answer = tab.convolve([[1, 1, 8, 8]] * 3, [[-1, 0, 1]] * 3)
    assert answer == {
        "output": [[[21.0], [21.0]]],
        "shape": [1, 2, 1],
        "parameters": 9,
        "multiply_adds": 18,
    }
    pooled = tab.convolve([[1, 2], [3, 4]], kind="max_pooling", size=2)
    assert pooled["output"] == [[[4.0]]]
    causal = tab.convolve([[1, 2, 3]], [[1, 1]], kind="causal")
    assert causal["output"] == [[[1.0], [3.0], [5.0]]]
    thin = tab.convolve([[1, 2], [3, 4]], [[1], [1]], [[1, 1]], kind="spatially_separable")
    assert thin["output"] == [[[10.0]]]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"values": [[1, 2], [3]]}, "rows of as many numbers"),
        ({"values": [["a", 2]]}, "rows of as many numbers"),
        ({"values": []}, "at most 12"),
        ({"values": [[1] * 13]}, "at most 12"),
        ({"values": [[1e300, 2]]}, "beyond 1,000,000"),
        ({"values": [[float("nan"), 2]]}, "beyond 1,000,000"),
        ({"kernel": None}, "kernel is missing"),
        ({"kind": "round"}, "The kind is one of"),
        ({"kernel": [[1, 2]]}, "must have the shapes"),
        ({"stride": 0}, "stride"),
        ({"groups": 10**9}, "groups"),
        ({"kernel": [[1] * 4] * 4}, "reaches over 4 cells"),
    ],
)
def test_bad_numbers_are_refused(given, says):
    asked = {"values": [[1, 2, 3]] * 3, "kernel": [[1, 2], [3, 4]], **given}
    with pytest.raises(UserError, match=says):
        tab.convolve(**asked)


def test_a_photo_is_answered(photo):
    answer = tab.photo(examples.scikit_image("coffee.png"), "edge", "dilated")
    assert answer["picture"].startswith("data:image/png;base64,")
    assert answer["lowest"] < answer["mean"] < answer["highest"]
    for arguments in (("round", "basic"), ("blur", "round")):
        with pytest.raises(UserError, match="is one of"):
            infer.through(photo, *arguments)


@pytest.mark.parametrize("shape", [(3, 400, 3), (400, 3, 3), (1, 1, 3)])
@pytest.mark.parametrize("name", KERNELS)
def test_a_strip_goes_through_every_kind(shape, name):
    small = infer.reduced(np.full(shape, 90, np.uint8))
    for kind in KINDS:
        assert infer.through(small, name, kind).values.size
