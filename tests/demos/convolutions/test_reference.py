"""NumPy, Keras under three backends and what goes together: the oracle of the page."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.convolutions import reference
from mmdemo.demos.convolutions.config import KINDS, Options, Stage
from tests.demos.convolutions.cases import by_keras, cases, drawn, name
from tests.support.backends import run_under

ALL = list(cases())


@pytest.mark.parametrize(("backend", "every"), [("tensorflow", 1), ("torch", 2), ("jax", 8)])
def test_numpy_equals_keras(backend, every, tmp_path):
    """JAX compiles each case anew, so that it gets fewer of them."""
    file = tmp_path / "outputs.npz"
    run_under(backend, "tests.demos.convolutions.cases", file, every)
    with np.load(file) as outputs:
        compared = [options for options in ALL if name(options) in outputs]
        assert len(compared) >= len(ALL) // every - 10
        assert {options.kind for options in compared} == set(KINDS)
        for options in compared:
            ours = reference.run(options, *drawn(options))
            np.testing.assert_allclose(
                ours, outputs[name(options)], rtol=0, atol=1e-5, err_msg=name(options)
            )


def test_every_kind_has_every_stride_padding_and_dilation():
    assert len(ALL) > 500
    for kind in KINDS:
        mine = [options for options in ALL if options.kind == kind]
        assert {options.kernel for options in mine} == {1, 2, 3, 4, 5}
        assert {options.stride for options in mine} == {1, 2, 3}
        assert {options.padding for options in mine} == {"valid", "same"}
        if kind != "transposed" and "pooling" not in kind:
            assert {options.dilation for options in mine} == {1, 2, 3}


def test_what_the_oldest_keras_gets_wrong_is_refused():
    """A depthwise convolution with stride and dilation under TensorFlow: `keras.ops` answers other
    numbers in Keras 3.12, whose layer refuses it; 3.15.1 is right. Here it is refused."""
    options = Options("depthwise", 9, 9, 2, 2, 3, stride=2, dilation=2)
    assert "Stride and dilation" in reference.conflict(options)
    with pytest.raises(UserError, match="Stride and dilation"):
        reference.check(options)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "round"}, "The kind is one of"),
        ({"padding": "full"}, "`valid` or `same`"),
        ({"kernel": 8}, "kernel is from 1 to 7"),
        ({"kernel": 6}, "The window reaches over 6 cells"),
        ({"dilation": 3}, "The window reaches over 7 cells"),
        ({"stride": 2, "dilation": 2}, "cannot both be above 1"),
        ({"kind": "transposed", "dilation": 2}, "takes no dilation"),
        ({"kind": "max_pooling", "dilation": 2}, "no dilation"),
        ({"kind": "grouped", "channels": 3, "groups": 2}, "do not divide 3 input channels"),
        ({"kind": "grouped", "channels": 4, "filters": 3, "groups": 2}, "do not divide 3 filters"),
    ],
)
def test_what_does_not_go_together_is_said(changes, says):
    with pytest.raises(UserError, match=says):
        reference.check(dataclasses.replace(Options(), **changes))


def test_separable_ones_equal_the_basic_one():
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (7, 6, 1))
    column, row = rng.uniform(-1, 1, (2, 3))
    product = np.outer(column, row)[..., None, None]
    apart = [column[:, None, None, None], row[None, :, None, None]]
    for padding in ("valid", "same"):
        basic = reference.run(Options("basic", 7, 6, padding=padding), x, [product])
        thin = reference.run(Options("spatially_separable", 7, 6, padding=padding), x, apart)
        np.testing.assert_allclose(basic, thin, atol=1e-12)


def test_transposed_is_the_transpose():
    """<conv(x), y> = <x, transposed(y)>, which is what its name says."""
    rng = np.random.default_rng(4)
    for padding in ("valid", "same"):
        x, y = rng.uniform(-1, 1, (8, 8, 1)), rng.uniform(-1, 1, (4, 4, 1))
        kernel = rng.uniform(-1, 1, (2, 2, 1, 1))
        there = reference.run(Options("strided", 8, 8, 1, 1, 2, 2, padding), x, [kernel])
        back = reference.run(Options("transposed", 4, 4, 1, 1, 2, 2, padding), y, [kernel])
        assert (there * y).sum() == pytest.approx((x * back).sum())


def test_causal_sees_no_future():
    options = Options("causal", 1, 10, kernel=3, dilation=2)
    x, kernels = drawn(options)
    before = reference.run(options, x, kernels)
    x[0, 6:] += 1
    after = reference.run(options, x, kernels)
    np.testing.assert_array_equal(before[0, :6], after[0, :6])
    assert (before[0, 6:] != after[0, 6:]).any()


def test_costs_are_those_of_keras():
    for options in ALL[::7]:
        _x, kernels = drawn(options)
        parameters, products = reference.cost(options)
        assert parameters == sum(kernel.size for kernel in kernels)
        assert (products > 0) == (parameters > 0)
    assert reference.cost(Options("basic", 5, 5, 32, 64, 3, padding="same")) == (18432, 460800)
    assert reference.cost(Options("depthwise_separable", 5, 5, 32, 64, 3, padding="same")) == (
        9 * 32 + 32 * 64,
        25 * (9 * 32 + 32 * 64),
    )


def test_a_stage_knows_the_shape_of_its_weights():
    stage = Stage("convolution", (3, 2), (1, 1), "same", (1, 1), 2, 4, 6)
    assert stage.weights == (3, 2, 2, 6)


def test_one_case_in_this_process():
    options = next(options for options in ALL if options.kind == "grouped" and options.groups > 1)
    np.testing.assert_allclose(
        reference.run(options, *drawn(options)), by_keras(options), rtol=0, atol=1e-5
    )
