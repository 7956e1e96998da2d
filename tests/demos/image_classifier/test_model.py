"""The source's graph, the stacked network and ours: shapes, parameters, what they can see."""

import keras
import numpy as np
import pytest

from mmdemo.core.nets import backbone
from mmdemo.core.nets.layers import AveragePooling2D
from mmdemo.core.serve import backend
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.image_classifier.config import BOOK, DEFAULT, TINY
from mmdemo.demos.image_classifier.model import PointwiseConv2D, branches, build


def test_the_source_s_graph_layer_by_layer():
    """Input, kernels, strides and outputs as the tutorial draws them: four branches of 128."""
    picture = keras.Input((250, 250, 1))
    block = keras.Model(picture, branches(picture, 128, "block"))
    assert block.input_shape == (None, 250, 250, 1)
    assert block.output_shape == (None, 125, 125, 512)
    shapes = {layer.name: layer.output.shape[1:] for layer in block.layers}
    assert shapes["block_a"] == (125, 125, 128)
    assert shapes["block_b1"] == (250, 250, 128)
    assert shapes["block_b2"] == (125, 125, 128)
    assert shapes["block_c1"] == (125, 125, 1)
    assert shapes["block_c2"] == (125, 125, 128)
    assert shapes["block_d1"] == shapes["block_d2"] == (250, 250, 128)
    assert shapes["block_d3"] == (125, 125, 128)
    point, window = 1 * 1 * 1 * 128 + 128, 3 * 3 * 128 * 128 + 128
    first_window = 3 * 3 * 1 * 128 + 128
    assert block.count_params() == 3 * point + 3 * window + first_window
    assert all(
        layer.activation is keras.activations.relu
        for layer in block.layers
        if isinstance(layer, keras.layers.Conv2D)
    )


def test_the_stacked_network_ends_with_the_source_s_block():
    network = build(BOOK)
    assert network.get_layer("block4").output.shape[-1] == 512
    channels, expected = 3, 0
    for width in BOOK.network.widths:
        expected += 3 * (channels + 1) * width  # a, b1, d1
        expected += (9 * channels + 1) * width  # c2
        expected += 3 * (9 * width + 1) * width  # b2, d2, d3
        channels = 4 * width
    assert network.count_params() == expected + (channels + 1) * BOOK.network.classes


def test_ours_keeps_within_its_size():
    network = build(DEFAULT)
    assert network.count_params() <= 4_000_000
    assert network.output_shape == (None, 200)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 13), (64, 64), (65, 97)])
def test_any_size_goes_through(size):
    picture = np.full((2, *size, 3), 200.0, np.float32)
    network = build(TINY)
    assert np.isfinite(np.asarray(network(picture, training=False))).all()
    stages = network.get_layer("backbone")(picture, training=False)
    for stage, stride, width in zip(stages, backbone.STRIDES, TINY.network.widths, strict=False):
        assert tuple(stage.shape) == (2, -(-size[0] // stride), -(-size[1] // stride), width)


def test_a_new_residual_block_changes_nothing():
    inputs = keras.Input((8, 8, 8))
    block = keras.Model(inputs, backbone.residual(inputs, "block"))
    x = np.random.default_rng(0).random((1, 8, 8, 8), dtype=np.float32)
    np.testing.assert_allclose(np.asarray(block(x, training=False)), x, atol=1e-6)


def test_the_reduction_is_the_source_s_block_in_its_shape():
    inputs = keras.Input((8, 8, 16))
    block = keras.Model(inputs, backbone.reduction(inputs, 24, "reduce"))
    assert block.output_shape == (None, 4, 4, 24)
    assert len(block.get_layer("reduce").input) == 4


def test_what_a_place_of_each_stage_sees():
    """The receptive field by gradients equals the one that kernels and strides give."""
    # Not narrower: TensorFlow's gradient of a convolution with one channel reads beyond its end.
    network = backbone.build(16, (16, 16, 16, 16), DEFAULT.network.depths)
    for layer in network.layers:  # no ReLU may stay shut and no branch cancel another
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([np.full_like(kernel, 0.1) for kernel in layer.get_weights()])
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([np.ones(layer.gamma.shape)] * 4)
    side = 640
    picture = np.full((1, side, side, 3), 255, np.float32)
    fields = [3 + 2 * 2]  # the stem with stride 2, and a window behind it
    for depth, stride in zip(DEFAULT.network.depths[1:], backbone.STRIDES, strict=False):
        halving = 2 * stride + 2 * stride  # two windows of the widest branch
        fields.append(fields[-1] + halving + depth * 2 * (2 * 2 * stride))
    assert fields == [7, 31, 143, 303]
    for stage, expected in enumerate(fields):
        part = keras.Model(network.inputs[0], network.outputs[stage])
        middle = side // backbone.STRIDES[stage] // 2

        def value(x, part=part, middle=middle):
            return keras.ops.sum(part(x, training=False)[0, middle, middle])

        _, slope = backend.gradient(value, picture)
        rows = np.flatnonzero(np.abs(slope[0]).sum(axis=(1, 2)))
        assert rows[-1] - rows[0] + 1 == expected


def test_unknown_networks_are_refused():
    with pytest.raises(ValueError, match="no network is called"):
        build(replace(TINY, network="nothing"))


def test_multiply_adds_are_those_of_a_hand_count():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    inner = keras.Input((None, None, 4))
    nested = keras.Model(inner, keras.layers.DepthwiseConv2D(3, padding="same")(inner))
    x = keras.layers.GlobalAveragePooling2D()(nested(x))
    network = keras.Model(inputs, keras.layers.Dense(5)(x))
    counted = backend.multiply_adds(network, np.zeros((1, 8, 8, 3), np.float32))
    assert counted == 4 * 4 * 4 * 27 + 4 * 4 * 4 * 9 + 4 * 5


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (8, 5), (2, 3), (1, 1)])
def test_an_average_is_of_what_lies_in_the_picture(size):
    height, width = size
    maps = np.random.default_rng(0).random((1, height, width, 2)).astype(np.float32)
    pool = AveragePooling2D(3, 2, padding="same")
    found = keras.ops.convert_to_numpy(pool(maps))
    assert found.shape == (1, -(-height // 2), -(-width // 2), 2)
    for row, column in np.ndindex(found.shape[1:3]):
        # An odd side is padded at both edges, an even one at the far edge alone.
        top, left = 2 * row - height % 2, 2 * column - width % 2
        window = maps[0, max(top, 0) : top + 3, max(left, 0) : left + 3]
        np.testing.assert_allclose(found[0, row, column], window.mean(axis=(0, 1)), rtol=1e-5)


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (1, 1)])
def test_pointwise_convolutions_are_those_of_keras(size):
    picture = np.random.default_rng(0).random((2, *size, 3)).astype(np.float32)
    known = keras.layers.Conv2D(16, 1, strides=2, padding="same", activation="relu")
    ours = PointwiseConv2D(16, 1, strides=2, activation="relu")
    expected = known(picture)
    ours(picture)
    ours.set_weights(known.get_weights())
    np.testing.assert_allclose(ours(picture), expected, atol=1e-6)
