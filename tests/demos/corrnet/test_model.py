"""The network and its loss."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.serve.backend import compile_call
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.architecture import describe
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.corrnet import outputs
from mmdemo.demos.corrnet.config import BOOK, DIGITS, HALVES, NAMES, PAPER, TINY
from mmdemo.demos.corrnet.model import Trainer, build, correlation, redundancy

RNG = np.random.default_rng(0)


def numpy_correlation(left: np.ndarray, right: np.ndarray) -> float:
    return sum(np.corrcoef(left[:, d], right[:, d])[0, 1] for d in range(left.shape[1]))


def test_correlation_is_that_of_numpy():
    left, right = RNG.normal(size=(2, 40, 5))
    assert float(correlation(left, right)) == pytest.approx(numpy_correlation(left, right))


def test_correlation_of_identical_codes_is_the_number_of_dimensions():
    code = RNG.normal(size=(40, 7))
    assert float(correlation(code, code)) == pytest.approx(7)
    assert float(correlation(code, 3 * code + 5)) == pytest.approx(7)  # scale and offset are free
    assert float(correlation(code, -code)) == pytest.approx(-7)


def test_constant_dimension_counts_as_zero():
    code = RNG.normal(size=(40, 3))
    code[:, 1] = 4
    assert float(correlation(code, code)) == pytest.approx(2)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="uses TensorFlow's tape")
def test_gradient_of_correlation_matches_differences():
    import tensorflow as tf

    left, right = RNG.normal(size=(2, 12, 3))
    variable = tf.Variable(left)
    with tf.GradientTape() as tape:
        value = correlation(variable, tf.constant(right))
    found = tape.gradient(value, variable).numpy()
    step = 1e-5
    for index in np.ndindex(left.shape):
        up, down = left.copy(), left.copy()
        up[index] += step
        down[index] -= step
        slope = (numpy_correlation(up, right) - numpy_correlation(down, right)) / (2 * step)
        assert found[index] == pytest.approx(slope, abs=1e-6)


def test_redundancy_is_zero_for_unrelated_dimensions():
    code = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], float)
    assert float(redundancy(code)) == pytest.approx(0, abs=1e-4)
    assert float(redundancy(code[:, [0, 0]])) == pytest.approx(2, rel=1e-4)


@pytest.mark.parametrize("config", [TINY, HALVES, PAPER, BOOK, DIGITS, NAMES])
def test_shapes(config):
    network = build(config)
    left, right = np.zeros((2, *config.network.left)), np.zeros((2, *config.network.right))
    made = outputs.forward(compile_call(network), config, left, right)
    assert made.code.shape == (2, config.network.code)
    assert made.left.shape == left.shape
    assert made.right.shape == right.shape


def test_zeroed_view_equals_missing_view():
    config = TINY
    call = compile_call(build(config))
    left = RNG.random((6, *config.network.left))
    zeroed = outputs.forward(call, config, left, np.zeros((6, *config.network.right)))
    missing = outputs.forward(call, config, left)
    np.testing.assert_array_equal(zeroed.code, missing.code)
    np.testing.assert_array_equal(zeroed.right, missing.right)


def test_trainer_computes_what_three_calls_of_the_network_give():
    config = replace(TINY, decorrelation_weight=0.0)
    network = build(config)
    trainer = Trainer(network, config.training)
    left = RNG.random((8, *config.network.left)).astype("float32")
    right = RNG.random((8, *config.network.right)).astype("float32")
    call = compile_call(network)
    both, only_left, only_right = (
        outputs.forward(call, config, a, b) for a, b in ((left, right), (left, None), (None, right))
    )
    error = sum(
        np.square(made.left - left).sum(axis=(1, 2)).mean()
        + np.square(made.right - right).sum(axis=1).mean()
        for made in (both, only_left, only_right)
    )
    expected = error - config.training.correlation_weight * numpy_correlation(
        only_left.code, only_right.code
    )
    found = trainer.compute_loss(x=(left, right), y_pred=trainer([left, right]))
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_paper_adds_views_before_the_non_linearity_and_the_tutorial_after_it():
    for config in (PAPER, BOOK):
        small = replace(config, left=(4,), right=(3,), code=2)
        network = build(small)
        left, right = RNG.random((5, 4)), RNG.random((5, 3))
        code = outputs.forward(compile_call(network), small, left, right).code
        shares = []
        for name, view in (("encode_left", left), ("encode_right", right)):
            kernel, *bias = network.get_layer(name).layers[-1].get_weights()
            shares.append(view @ kernel + (bias[0] if bias else 0))
        if config is PAPER:
            expected = 1 / (1 + np.exp(-sum(shares)))
        else:
            expected = sum(np.maximum(share, 0) for share in shares)
        np.testing.assert_allclose(code, expected, atol=1e-5)


def test_tied_decoder_has_no_kernel_of_its_own():
    small = replace(PAPER, left=(4,), right=(3,), code=2)
    network = build(small)
    assert network.count_params() == 4 * 2 + 3 * 2 + 2 + 4 + 3  # kernels, code bias, view biases
    described = describe(network)
    assert sum(row["parameters"] for row in described) == network.count_params()


def test_tied_decoder_mirrors_hidden_layers():
    small = replace(TINY, tied=True, decoder=())
    network = build(small)
    decoder = network.get_layer("decode_left")
    assert [layer.output.shape[1] for layer in decoder.layers[1:]] == [6, 12]
    described = describe(network)
    assert sum(row["parameters"] for row in described) == network.count_params()


def test_tied_decoder_wants_no_layers_of_its_own():
    with pytest.raises(ValueError, match="tied"):
        build(replace(TINY, tied=True))


@pytest.mark.parametrize("config", [TINY, replace(PAPER, left=(4,), right=(3,))])
def test_weights_survive_saving(tmp_path, config):
    first, second = build(config), build(config)
    artifacts.save_weights(first, tmp_path / "model.weights.h5")
    artifacts.load_weights(second, tmp_path / "model.weights.h5")
    left = RNG.random((3, *config.network.left))
    np.testing.assert_allclose(
        outputs.forward(compile_call(first), config, left).right,
        outputs.forward(compile_call(second), config, left).right,
        atol=1e-6,
    )


def test_loss_falls_on_a_handful_of_samples():
    keras.utils.set_random_seed(0)
    config = replace(TINY, correlation_weight=0.0, dropout=0.0)
    trainer = Trainer(build(config), config.training)
    trainer.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    left = np.tile((RNG.random((4, *config.network.left)) > 0.5).astype("float32"), (100, 1, 1))
    right = np.tile((RNG.random((4, *config.network.right)) > 0.5).astype("float32"), (100, 1))
    untrained = trainer([left, right])
    loss = trainer.fit([left, right], batch_size=4, epochs=5, verbose=0, shuffle=False)
    first = float(trainer.compute_loss(x=(left, right), y_pred=untrained))
    assert loss.history["loss"][-1] < 0.02 * first
