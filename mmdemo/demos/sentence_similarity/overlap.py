"""How far two sentences have their words in common, and how far a network can be trusted there."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from .config import Network

WEIGHT, TRUST, NEGATION = range(3)
"""Columns of what is known of each word; see `data.facts`."""
FEATURES = 19
SAME = 0.99
"""From how alike the spelling of two words is, they are one word."""
DECAY = 0.005
"""Of the counters' weights: without it they learn the texts of their training, too."""
EPSILON = 1e-6


def counter(sizes: Network, name: str = "counter") -> keras.Model:
    """A score from how far the words overlap, `(FEATURES,)` to `(1,)`: small networks' mean.

    It may lie beyond 0 and 1; a bound would stop the training there. It is trained with noise on
    what it reads, and reads nothing that is farther from the mean than four standard deviations:
    texts of another kind must not lead it astray.
    """
    features = keras.Input((FEATURES,), name="features")
    x = layers.Normalization(name="standard")(features)
    x = ops.clip(x, -4.0, 4.0)
    scores = []
    for index in range(sizes.counters):
        y = layers.GaussianNoise(0.2, seed=index)(x)
        y = layers.Dense(
            sizes.counter,
            activation="relu",
            kernel_regularizer=keras.regularizers.L2(DECAY),
            name=f"count_{index}",
        )(y)
        scores.append(layers.Dense(1, name=f"score_{index}")(y))
    score = layers.Average()(scores) if len(scores) > 1 else scores[0]
    return keras.Model(features, score, name=name)


@keras.saving.register_keras_serializable(package="mmdemo")
class Overlap(layers.Layer):
    """What two sentences have in common, whichever comes first.

    In this order: cosine of TF-IDF weighted words; the weighted share of each sentence's words that
    the other has (the lower, the higher), and of both, weighted and not; cosine of pairs and of
    triples of neighbouring words; the same shares with words of a like spelling, and a cosine with
    these; whether one alone denies; how often common words stand in another order; the shares with
    words of a like meaning, and their product; cosine of the mean vectors, and of the words with
    those of a like meaning; the shares with either likeness.

    Input shapes: numbers of words `(B, T)` and `(B, S)`, what is known of them, `(B, T, 3)` and
    `(B, S, 3)`, their vectors `(B, T, d)` and `(B, S, d)`, and how alike they are spelt,
    `(B, T, S)`, 1 for the same word.
    Output shape: `(B, 19)`.

    Example:

    >>> layer = Overlap()
    >>> facts, vectors, spelling = np.ones((1, 2, 3)), np.eye(2)[None], np.eye(2)[None]
    >>> words = np.array([[4, 7]])
    >>> inputs = [words, words, facts, facts, vectors, vectors, spelling]
    >>> ops.convert_to_numpy(layer(inputs))[0, :5].round(3).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """

    def call(self, inputs: Any) -> Any:
        ids_a, ids_b, facts_a, facts_b, vectors_a, vectors_b, spelling = inputs
        wa, wb = facts_a[..., WEIGHT], facts_b[..., WEIGHT]  # 0 for signs and where no word is
        real_a, real_b = _positive(wa), _positive(wb)
        both = real_a[:, :, None] * real_b[:, None, :]
        spelling = spelling * both
        same = _positive(spelling - SAME)  # (B, T, S)
        same_a, same_b = _equal(ids_a), _equal(ids_b)
        long = ops.sqrt(_form(wa, same_a, wa) * _form(wb, same_b, wb) + EPSILON)
        found_a, found_b = ops.max(same, 2), ops.max(same, 1)
        common = ops.sum(wa * found_a, 1) + ops.sum(wb * found_b, 1)
        plain = ops.sum(found_a, 1) + ops.sum(found_b, 1)
        pairs, triples = _neighbours(same, wa, wb)
        denies_a, denies_b = (ops.max(facts[..., NEGATION], 1) for facts in (facts_a, facts_b))
        unit_a, unit_b = unit_length(vectors_a), unit_length(vectors_b)
        meaning = ops.maximum(dot(unit_a, unit_b), same) * both
        nearest = _shares(meaning, wa, wb)
        mean_a = unit_length(ops.sum(wa[..., None] * unit_a, 1))
        mean_b = unit_length(ops.sum(wb[..., None] * unit_b, 1))
        alike_a = ops.maximum(_cube(dot(unit_a, unit_a)), same_a)
        alike_b = ops.maximum(_cube(dot(unit_b, unit_b)), same_b)
        wide = ops.sqrt(_form(wa, alike_a, wa) * _form(wb, alike_b, wb) + EPSILON)
        features = [
            _form(wa, same, wb) / long,
            *_shares(same, wa, wb),
            common / (ops.sum(wa, 1) + ops.sum(wb, 1) + EPSILON),
            plain / (ops.sum(real_a, 1) + ops.sum(real_b, 1) + EPSILON),
            pairs,
            triples,
            *_shares(spelling, wa, wb),
            _form(wa, _cube(spelling), wb) / long,
            ops.abs(denies_a - denies_b),
            _crossings(same),
            *nearest,
            nearest[0] * nearest[1],
            ops.sum(mean_a * mean_b, 1),
            _form(wa, _cube(meaning), wb) / wide,
            *_shares(ops.maximum(meaning, spelling), wa, wb),
        ]
        return ops.stack(features, axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0], FEATURES)


@keras.saving.register_keras_serializable(package="mmdemo")
class Trust(layers.Layer):
    """How far a network may be believed on two sentences: the squared share of words it has learnt.

    Wholly where one of them holds signs alone, in which there is nothing to count.

    Input shapes: what is known of the words, `(B, T, 3)` and `(B, S, 3)`.
    Output shape: `(B, 1)`, from 0 to 1.

    Example:

    >>> layer = Trust()
    >>> inputs = [np.ones((1, 2, 3)), np.array([[[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]])]
    >>> ops.convert_to_numpy(layer(inputs)).round(4)
    array([[0.5625]], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        weights = [ops.sum(facts[..., WEIGHT], 1) for facts in inputs]
        shares = [
            ops.sum(facts[..., WEIGHT] * facts[..., TRUST], 1) / (weight + EPSILON)
            for facts, weight in zip(inputs, weights, strict=True)
        ]
        only_signs = 1.0 - _positive(ops.minimum(*weights))
        return ops.maximum(ops.square((shares[0] + shares[1]) / 2.0), only_signs)[:, None]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0], 1)


@keras.saving.register_keras_serializable(package="mmdemo")
class Blend(layers.Layer):
    """Between two scores, as near to the second as it is to be trusted.

    Input shapes: `(B, 1)`, three times: a score, another, and the trust in that.
    Output shape: `(B, 1)`.

    Example:

    >>> layer = Blend()
    >>> inputs = [np.array([[0.2]]), np.array([[0.6]]), np.array([[0.5]])]
    >>> ops.convert_to_numpy(layer(inputs)).round(3)
    array([[0.4]], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        counted, read, trust = inputs
        return counted + trust * (read - counted)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]


def _positive(values: Any) -> Any:
    return ops.cast(values > 0, "float32")


def _equal(ids: Any) -> Any:
    return ops.cast(ops.equal(ids[:, :, None], ids[:, None, :]), "float32")


def _form(a: Any, matrix: Any, b: Any) -> Any:
    """The bilinear form of `(B, T)`, `(B, T, S)` and `(B, S)`."""
    return ops.sum(ops.sum(matrix * a[:, :, None], 1) * b, 1)


def dot(a: Any, b: Any) -> Any:
    """Products of all vectors of two sentences: `(B, T, d)` and `(B, S, d)` to `(B, T, S)`."""
    return ops.matmul(a, ops.transpose(b, (0, 2, 1)))


def _cube(values: Any) -> Any:
    """Cosines cubed, so that many slight likenesses do not make up for one word."""
    return ops.maximum(values, 0.0) ** 3


def unit_length(values: Any) -> Any:
    """Vectors scaled to length 1, those of zeros as they are."""
    squares = ops.sum(ops.square(values), axis=-1, keepdims=True)
    return values * ops.rsqrt(ops.maximum(squares, 1e-12))


def _shares(alike: Any, wa: Any, wb: Any) -> list[Any]:
    """How much of each sentence's weight the other one has: the lower share, the higher."""
    of_a = ops.sum(wa * ops.max(alike, 2), 1) / (ops.sum(wa, 1) + EPSILON)
    of_b = ops.sum(wb * ops.max(alike, 1), 1) / (ops.sum(wb, 1) + EPSILON)
    return [ops.minimum(of_a, of_b), ops.maximum(of_a, of_b)]


def _next(weights: Any) -> Any:
    return ops.pad(weights[:, 1:], [[0, 0], [0, 1]])


def _neighbours(same: Any, wa: Any, wb: Any) -> tuple[Any, Any]:
    """Cosines of pairs and of triples of neighbouring words."""

    def following(matrix: Any) -> Any:
        return ops.pad(matrix[:, 1:, 1:], [[0, 0], [0, 1], [0, 1]])

    pairs_a, pairs_b = ((w + _next(w)) * _positive(w) * _positive(_next(w)) for w in (wa, wb))
    triples_a, triples_b = (
        pairs * _positive(_next(_next(w))) for pairs, w in ((pairs_a, wa), (pairs_b, wb))
    )
    two = same * following(same)
    three = two * following(following(same))
    return tuple(
        _form(a, matrix, b)
        / ops.sqrt(ops.sum(ops.square(a), 1) * ops.sum(ops.square(b), 1) + EPSILON)
        for a, matrix, b in ((pairs_a, two, pairs_b), (triples_a, three, triples_b))
    )


def _crossings(same: Any) -> Any:
    """Of all two common words, the share that stand the other way round."""
    later = ops.flip(ops.cumsum(ops.flip(same, 1), axis=1), 1)[:, 1:]
    later = ops.pad(later, [[0, 0], [0, 1], [0, 0]])  # (B, T, S): of the words after this one
    before = ops.pad(ops.cumsum(later, axis=2)[:, :, :-1], [[0, 0], [0, 0], [1, 0]])
    crossed = ops.sum(ops.sum(same * before, 2), 1)
    count = ops.sum(ops.sum(same, 2), 1)
    return crossed / ops.maximum(count * (count - 1.0) / 2.0, 1.0)
