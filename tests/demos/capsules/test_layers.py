"""Routing beside a version of it in NumPy; what is finite, and what the papers count."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from mmdemo.core.serve.backend import gradient
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.capsules import config, layers, model

PARTS = np.random.default_rng(0).normal(0, 0.4, (2, 6, 8)).astype(np.float32)
BUILT = {name: model.build(preset) for name, preset in config.PRESETS.items()}


def squash(s: np.ndarray) -> np.ndarray:
    squared = (s**2).sum()
    return squared / (1 + squared) * s / np.sqrt(squared)


def route(parts: np.ndarray, matrices: np.ndarray, rounds: int):
    """Procedure 1 of the paper, number by number, for one picture.

    Args:
        parts: `(P, d)`.
        matrices: `(P, d, wholes, size)`.
        rounds: of routing.

    Returns:
        Of each round the weights `(P, wholes)` and the wholes `(wholes, size)`.
    """
    count, wholes = matrices.shape[0], matrices.shape[2]
    guesses = [[parts[i] @ matrices[i, :, j] for j in range(wholes)] for i in range(count)]
    b = np.zeros((count, wholes))
    done = []
    for _ in range(rounds):
        c = np.exp(b) / np.exp(b).sum(axis=1, keepdims=True)
        v = [squash(sum(c[i, j] * guesses[i][j] for i in range(count))) for j in range(wholes)]
        done.append((c, np.array(v)))
        for i in range(count):
            for j in range(wholes):
                b[i, j] += guesses[i][j] @ v[j]
    return done


@pytest.mark.parametrize("rounds", [1, 3])
def test_dynamic_routing_is_that_of_the_paper(rounds):
    layer = layers.DynamicRouting(wholes=3, size=4, rounds=rounds)
    layer.build(PARTS.shape)
    matrices = np.random.default_rng(1).normal(0, 0.5, (6, 8, 12)).astype(np.float32)
    layer.set_weights([matrices])
    steps = layer.steps(PARTS)
    assert len(steps) == rounds
    for row, parts in enumerate(PARTS):
        wanted = route(parts, matrices.reshape(6, 8, 3, 4), rounds)
        for (weights, wholes), (c, v) in zip(steps, wanted, strict=True):
            np.testing.assert_allclose(ops.convert_to_numpy(weights)[row].T, c, atol=1e-5)
            np.testing.assert_allclose(ops.convert_to_numpy(wholes)[row], v, atol=1e-5)
    last = ops.convert_to_numpy(layer(PARTS))
    np.testing.assert_allclose(last, ops.convert_to_numpy(steps[-1][1]), atol=1e-6)


def test_attention_weighs_a_part_by_how_the_others_agree_with_it():
    layer = layers.AttentionRouting(wholes=3, size=4)
    layer.build(PARTS.shape)
    rng = np.random.default_rng(1)
    matrices = rng.normal(0, 0.5, (6, 8, 12)).astype(np.float32)
    prior = rng.normal(0, 0.1, (3, 6)).astype(np.float32)
    layer.set_weights([matrices, prior])
    ((weights, wholes),) = layer.steps(PARTS)
    for row, parts in enumerate(PARTS):
        u = np.einsum("pi,pijk->jpk", parts, matrices.reshape(6, 8, 3, 4))
        logits = np.einsum("jpk,jqk->jp", u, u) / 2  # the root of 4
        c = np.exp(logits) / np.exp(logits).sum(axis=0) + prior
        s = np.einsum("jp,jpk->jk", c, u)
        n = np.linalg.norm(s, axis=1, keepdims=True)
        np.testing.assert_allclose(ops.convert_to_numpy(weights)[row], c, atol=1e-5)
        v = (1 - np.exp(-n)) * s / n
        np.testing.assert_allclose(ops.convert_to_numpy(wholes)[row], v, atol=1e-5)


@pytest.mark.parametrize("squashed", [layers.squash, layers.squash_steeply, layers.length])
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-6, 1.0, 1e6])
def test_a_capsule_of_any_length_is_finite_and_has_a_finite_slope(squashed, size):
    vector = np.full((1, 1, 4), size, np.float32)
    value, slope = gradient(lambda x: ops.sum(squashed(x)), vector)
    assert np.isfinite(value) and np.isfinite(slope).all()


def test_a_squashed_capsule_is_shorter_than_one_and_points_where_it_did():
    vectors = np.random.default_rng(0).normal(0, 5, (1, 50, 8)).astype(np.float32)
    for squashed in (layers.squash, layers.squash_steeply):
        made = ops.convert_to_numpy(squashed(vectors))
        lengths = np.linalg.norm(made, axis=-1)
        assert (lengths < 1 + 1e-6).all()
        aligned = (made * vectors).sum(-1) / lengths / np.linalg.norm(vectors, axis=-1)
        np.testing.assert_allclose(aligned, 1, atol=1e-5)


def test_only_the_last_round_is_learnt_through():
    """The slope by the guesses is that of the last sum with its weights held fast."""
    layer = layers.DynamicRouting(wholes=3, size=4, rounds=3)
    layer.build(PARTS.shape)
    weights = ops.convert_to_numpy(layer.steps(PARTS)[-1][0])

    def fixed(parts):
        said = ops.matmul(weights[:, :, None], layer.guesses(parts))
        return ops.sum(ops.square(layers.squash(said[:, :, 0]) - 0.3))

    _, slope = gradient(lambda parts: ops.sum(ops.square(layer(parts) - 0.3)), PARTS)
    np.testing.assert_allclose(slope, gradient(fixed, PARTS)[1], atol=1e-5)


# === Networks ===


def own_count(name: str) -> int:
    """Weights beside the decoder's."""
    return BUILT[name].count_params() - BUILT[name].get_layer(config.DECODER).count_params()


def test_the_paper_s_network_has_as_many_weights_as_the_paper_says():
    convolutions = 9 * 9 * 256 + 256 + 9 * 9 * 256 * 256 + 256
    capsules = 6 * 6 * 32 * 8 * 10 * 16
    decoder = (160 * 512 + 512) + (512 * 1024 + 1024) + (1024 * 784 + 784)
    assert BUILT["digits/book"].count_params() == convolutions + capsules + decoder == 8_215_568


def test_the_efficient_one_has_as_many_as_its_paper_says():
    moving = 2 * sum(config.DEFAULT.network.filters)
    assert own_count("digits/default") - moving == 161_824


def test_the_convolutions_alone_have_about_as_many():
    assert BUILT["digits/cnn"].count_params() == pytest.approx(
        own_count("digits/default"), rel=0.02
    )


@pytest.mark.parametrize("name", config.PRESETS)
def test_a_batch_may_have_any_size(name):
    side = config.PRESETS[name].network.side
    ink = np.random.default_rng(0).random((3, side, side), np.float32)
    every, first = BUILT[name](ink), BUILT[name](ink[:1])
    every, first = ([each] if name.endswith("cnn") else each for each in (every, first))
    for one, three in zip(first, every, strict=True):
        np.testing.assert_allclose(one[0], three[0], atol=1e-5)


def test_the_decoder_sees_the_named_capsule_alone():
    network = model.build(config.TINY)
    ink = np.random.default_rng(0).random((2, 28, 28), np.float32)
    lengths, poses, redrawn = map(ops.convert_to_numpy, network(ink))
    np.testing.assert_allclose(lengths, np.linalg.norm(poses, axis=-1), atol=1e-3)
    alone = np.zeros_like(poses)
    rows = np.arange(2), lengths.argmax(axis=1)
    alone[rows] = poses[rows]
    drawn = network.get_layer(config.DECODER)(alone.reshape(2, 1, -1))
    np.testing.assert_allclose(ops.convert_to_numpy(drawn), redrawn, atol=1e-6)


def test_in_training_what_is_there_is_drawn_and_not_what_is_found():
    network = model.build(config.TINY)
    trained = model.build_training(network, config.TINY)
    ink = np.random.default_rng(0).random((2, 28, 28), np.float32)
    told = [np.eye(10, dtype=np.float32)[[[digit], [digit]]] for digit in (3, 4)]
    one, other = (trained([ink, names]) for names in told)
    np.testing.assert_allclose(one["lengths"], other["lengths"])
    assert np.abs(ops.convert_to_numpy(one["redrawn"] - other["redrawn"])).max() > 1e-4


def test_unknown_networks_are_refused():
    with pytest.raises(ValueError, match="dense"):
        model.build(replace(config.TINY, network="dense"))


def test_margins():
    loss = layers.MarginLoss(reduction=None)
    wanted = np.array([[1, 0, 0], [1, 1, 0]], np.float32)
    lengths = np.array([[0.95, 0.05, 0.1], [0.9, 0.5, 0.6]], np.float32)
    found = ops.convert_to_numpy(loss(wanted, lengths))
    np.testing.assert_allclose(found, [0, 0.4**2 + 0.5 * 0.5**2], atol=1e-6)


def test_a_handful_of_pairs_is_learnt():
    shape = replace(config.TINY, shown=2, side=36)
    network = model.build(shape)
    trained = model.build_training(network, shape)
    rng = np.random.default_rng(0)
    ink = rng.random((4, 36, 36), np.float32)
    names = np.eye(10, dtype=np.float32)[[[0, 1], [2, 3], [4, 5], [6, 7]]]
    trained.compile(
        keras.optimizers.Adam(0.02),
        {"lengths": layers.MarginLoss(), "redrawn": "mse"},
        loss_weights={"lengths": 1.0, "redrawn": 0.0},
        run_eagerly=True,
    )
    wanted = {"lengths": names.max(axis=1), "redrawn": np.zeros((4, 2, 36, 36), np.float32)}
    errors = [trained.train_on_batch([ink, names], wanted)[0] for _ in range(40)]
    assert errors[-1] < 0.1 * errors[0]
