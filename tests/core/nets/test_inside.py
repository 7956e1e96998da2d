"""What a layer makes of an input: each call of it, in nested networks, within bounds."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from mmdemo.core.errors import UserError
from mmdemo.core.nets import arithmetic, calls, inside


@pytest.fixture(scope="module")
def network():
    """Two inputs, a shared layer, a nested network that is called twice, several outputs."""
    keras.utils.set_random_seed(1)
    views = [keras.Input((9, 10, 4), name=name) for name in ("left", "right")]
    shared = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="shared")
    nested = keras.Sequential(
        [keras.Input((5, 5, 6)), layers.Conv2D(3, 2, name="inner"), layers.Flatten(name="flat")],
        name="nested",
    )
    codes = [nested(shared(view)) for view in views]
    joined = layers.Concatenate(name="joined")(codes)
    dropped = layers.Dropout(0.9, name="dropped")(joined)
    return keras.Model(views, [layers.Dense(1, name="verdict")(dropped), codes[0]])


@pytest.fixture(scope="module")
def given():
    return np.random.default_rng(0).normal(size=(2, 1, 9, 10, 4)).astype(np.float32)


def test_each_call_of_a_shared_layer_is_its_own(network, given):
    outputs = [inside.look(network, given, "shared", call) for call in (0, 1)]
    shared = network.get_layer("shared")
    for call, looked in enumerate(outputs):
        assert (looked.call, looked.calls, looked.sources) == (call, 2, (call,))
        expected = np.asarray(keras.ops.convert_to_numpy(shared(given[call])))[0]
        np.testing.assert_allclose(looked.outputs[0].array, expected, rtol=1e-5, atol=1e-6)


def test_a_nested_network_is_looked_into_as_it_is_called(network, given):
    flat = [inside.look(network, given, "nested/flat", call) for call in (0, 1)]
    joined = inside.look(network, given, "joined")
    assert joined.sources == (0, 1)
    both = np.concatenate([looked.outputs[0].array for looked in flat])
    np.testing.assert_array_equal(joined.outputs[0].array, both)
    dropped = inside.look(network, given, "dropped")  # as it serves, not as it learns
    np.testing.assert_array_equal(dropped.outputs[0].array, both)
    kernel = inside.look(network, given, "nested/inner").weights[0]
    assert kernel.shape == (2, 2, 6, 3)
    assert kernel.counts.sum() == 72
    assert len(kernel.pictures) == 3


def test_an_input_is_itself(network, given):
    looked = inside.look(network, given, "right")
    np.testing.assert_array_equal(looked.outputs[0].array, given[1, 0])
    assert looked.calls == 1


def test_what_is_not_there_is_refused(network, given):
    with pytest.raises(UserError, match="called 'nothing'"):
        inside.look(network, given, "nothing")
    with pytest.raises(UserError, match="not called so often"):
        inside.look(network, given, "shared", 2)
    for place in ((9, 0, 0), (0, 0), (0, 0, 0, 0)):
        with pytest.raises(UserError, match="no such place"):
            arithmetic.at(network, given, "shared", place)
    with pytest.raises(UserError, match="is not shown"):
        arithmetic.at(network, given, "joined", (0,))


def test_a_large_output_is_sampled(network, given):
    whole = inside.look(network, given, "shared").outputs[0]
    part = inside.look(network, given, "shared", most=200).outputs[0]
    assert part.sampled
    assert part.array.nbytes <= 200
    assert part.shape == whole.shape == (5, 5, 6)
    np.testing.assert_array_equal(
        part.array, whole.array[tuple(slice(None, None, step) for step in part.steps)]
    )


SHAPES = {1: (11, 4), 2: (11, 8, 4)}
KINDS = [
    (1, lambda: layers.Conv1D(3, 4, padding="same", strides=3, activation="gelu")),
    (1, lambda: layers.Conv1D(3, 3, padding="causal", dilation_rate=2)),
    (2, lambda: layers.Conv2D(4, (3, 2), padding="same", activation="relu")),
    (2, lambda: layers.Conv2D(4, 3, strides=2, groups=2, use_bias=False)),
    (2, lambda: layers.Conv2D(4, 2, padding="same", dilation_rate=3)),
    (1, lambda: layers.Dense(5, activation="softmax")),
    (2, lambda: layers.Dense(5)),
    (1, lambda: layers.MaxPooling1D(3, padding="same")),
    (2, lambda: layers.MaxPooling2D(3, strides=2)),
    (2, lambda: layers.AveragePooling2D((3, 2), strides=2, padding="same")),
    (1, lambda: layers.AveragePooling1D(2)),
    (1, lambda: layers.GlobalMaxPooling1D()),
    (2, lambda: layers.GlobalAveragePooling2D()),
    (1, lambda: layers.DepthwiseConv1D(3, strides=2, padding="same", activation="relu")),
    (2, lambda: layers.DepthwiseConv2D((3, 2), depth_multiplier=2, dilation_rate=2)),
    (2, lambda: layers.SeparableConv2D(5, 3, strides=2, padding="same", activation="gelu")),
    (2, lambda: layers.BatchNormalization()),
    (1, lambda: layers.BatchNormalization(scale=False)),
    (2, lambda: layers.LayerNormalization()),
    (2, lambda: layers.LayerNormalization(axis=(2, 3), center=False)),
    (1, lambda: layers.UnitNormalization(axis=-1)),
    (1, lambda: layers.Rescaling(0.5, offset=-1.0)),
    (1, lambda: layers.Activation("softmax")),
    (1, lambda: layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d", activation="tanh")),
    (2, lambda: layers.EinsumDense("...xy,yxk->...k", 3)),
    (1, lambda: layers.LSTM(3)),
    (1, lambda: layers.LSTM(3, return_sequences=True, go_backwards=True)),
    (1, lambda: layers.GRU(3, return_sequences=True)),
    (1, lambda: layers.GRU(3, reset_after=False, use_bias=False)),
    (1, lambda: layers.SimpleRNN(3, return_sequences=True)),
    (1, lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True))),
    (1, lambda: layers.Bidirectional(layers.GRU(2))),
]


@pytest.mark.parametrize(("sides", "make"), KINDS)
def test_the_arithmetic_is_that_of_keras(sides, make):
    keras.utils.set_random_seed(2)
    taken = keras.Input(SHAPES[sides])
    layer = make()
    network = keras.Model(taken, layer(taken))
    generator = np.random.default_rng(3)
    for weight in layer.weights:  # those that begin as 0 or 1, too
        weight.assign(generator.uniform(0.1, 0.9, weight.shape))
    x = generator.normal(size=(1, *SHAPES[sides])).astype(np.float32)
    outputs = np.asarray(keras.ops.convert_to_numpy(network(x)))[0]
    name = layer.name.rstrip("0123456789").rstrip("_")  # as `describe` counts anew
    places = list(np.ndindex(outputs.shape))
    for place in (places[0], places[len(places) // 2], places[-1]):
        found = arithmetic.at(network, [x], name, place)
        assert found.output == pytest.approx(float(outputs[place]), abs=1e-6)
        assert found.result == pytest.approx(found.output, abs=1e-5)
        if found.weights is not None:
            total = float((found.values * found.weights).sum()) + (found.bias or 0.0)
            assert total == pytest.approx(found.total, abs=1e-9)


def at_all(network, given, name, places):
    for place in places:
        found = arithmetic.at(network, given, name, place)
        assert found.result == pytest.approx(found.output, abs=1e-5), place
        for part_name, part in found.parts:
            total = float((part.values * part.weights).sum()) + (part.bias or 0.0)
            assert total == pytest.approx(part.total, abs=1e-6), part_name
    return found


def test_what_stands_in_a_table_and_what_is_masked():
    words = keras.Input((None,), dtype="int32", name="words")
    vectors = layers.Embedding(9, 4, mask_zero=True, name="vectors")(words)
    states = layers.LSTM(3, return_sequences=True, name="states")(vectors)
    both = layers.Bidirectional(layers.LSTM(3), name="both")(states)
    network = keras.Model(words, [both, layers.Add(name="sum")([states, states])])
    x = [np.array([[4, 0, 7, 2, 0, 0]], np.int32)]
    at_all(network, x, "vectors", [(0, 1), (1, 3)])
    at_all(network, x, "states", list(np.ndindex(6, 3)))
    at_all(network, x, "both", list(np.ndindex(6)))
    at_all(network, x, "sum", [(2, 1)])
    for name, directions in (("states", 1), ("both", 2)):
        looked = inside.look(network, x, name)
        assert [one.real.tolist() for one in looked.recurrences] == directions * [
            [True, False, True, True, False, False]
        ]
    looked = inside.look(network, x, "states")
    np.testing.assert_allclose(
        looked.recurrences[0].parts["state"], looked.outputs[0].array, atol=1e-5
    )


def test_an_attention_is_looked_at_by_head_whatever_its_arguments_are_called():
    keras.utils.set_random_seed(4)
    queries, keys = keras.Input((5, 6), name="queries"), keras.Input((4, 6), name="keys")
    asked = layers.MultiHeadAttention(2, 3, name="asked")
    out = asked(query=queries, value=keys, key=keys)
    causal = layers.MultiHeadAttention(2, 3, name="causal")(out, out, use_causal_mask=True)
    plain = layers.Attention(name="plain")([queries, keys])
    network = keras.Model([queries, keys], [causal, plain])
    x = [np.random.default_rng(5).normal(size=(1, n, 6)).astype(np.float32) for n in (5, 4)]
    looked = inside.look(network, x, "asked")
    assert looked.attention.array.shape == (2, 5, 4)
    np.testing.assert_allclose(looked.attention.array.sum(-1), 1, atol=1e-5)
    assert inside.look(network, x, "plain").attention.shape == (1, 5, 4)
    assert looked.inputs == ((5, 6), (4, 6), (4, 6))
    for name, places in (
        ("asked", [(0, 4, 3), (1, 0, 0), (4, 5)]),
        ("causal", [(1, 1, 0), (0, 1, 3)]),
    ):
        at_all(network, x, name, places)
    dense = layers.Dense(3, activation="relu")
    named = keras.Model(queries, dense(inputs=queries))
    at_all(named, x[:1], "dense", [(2, 1)])


def test_calls_are_kept_within_bounds_and_let_go(network, given):
    memory = calls.Memory(max_bytes=100_000)
    found = memory.find(network, given)
    assert memory.find(network, given) is found, "the network is not run anew"
    assert 0 < memory.nbytes <= 100_000
    assert memory.find(network, given + 1) is not found
    memory.forget(given)
    assert memory.find(network, given) is not found
    assert calls.Memory(max_bytes=2000).find(network, given) is None
    old = calls.Memory(seconds=-1)
    old.find(network, given)
    old.find(network, given + 1)
    assert old.nbytes == 0 or len(old._kept) == 1


def test_a_network_that_is_too_large_to_be_kept_is_looked_at_all_the_same(
    network, given, monkeypatch
):
    expected = [inside.look(network, given, "nested/flat", call) for call in (0, 1)]
    monkeypatch.setattr(calls, "memory", calls.Memory(max_bytes=10))
    for kept, looked in zip(
        expected, [inside.look(network, given, "nested/flat", call) for call in (0, 1)], strict=True
    ):
        np.testing.assert_array_equal(kept.outputs[0].array, looked.outputs[0].array)
    with pytest.raises(UserError, match="not called so often"):
        inside.look(network, given, "shared", 2)
