"""One-dimensional convolutional networks over the words of a text."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from mmdemo.core.nets.layers import DropWords, OnlyWords, WordVectors

from .config import Config

FACTOR = 30_011
"""Multiplies a word's number in a hash: a prime above every vocabulary here."""
FOLD = 65_521
"""A longer sequence's hash is folded below this prime, so that 32 bits hold the next product."""


def build(config: Config) -> keras.Model:
    """Numbers of words, int32 of shape `(words,)`, 0 where there is none, to one logit.

    The logit is positive for a positive text; `config.input.fixed` networks take
    `config.input.length` words, others any number.
    """
    if config.input.fixed:
        return _book(config)
    # === Layers ===
    members = [
        convolutions(config, f"convolutions_{index}") for index in range(config.network.members)
    ]
    combine = layers.Dense(1, name="combine")
    # === Functional model ===
    words = keras.Input((None,), dtype="int32", name="words")
    verdicts = [member(words) for member in members]
    if config.ngrams.ngrams:
        verdicts.append(ngrams(config)(words))
    logit = combine(layers.Concatenate(name="verdicts")(verdicts))
    return keras.Model(words, logit, name="sentiment")


def _book(config: Config) -> keras.Model:
    """The source's network, its sigmoid left to the loss and to `infer`."""
    sizes = config.network
    words = keras.Input((config.input.length,), dtype="int32", name="words")
    x = layers.Embedding(config.input.words, sizes.vector, name="vectors")(words)
    x = layers.Dropout(sizes.vector_dropout)(x)
    x = layers.Conv1D(sizes.filters, sizes.widths[0], activation="relu")(x)
    x = layers.GlobalMaxPooling1D()(x)
    x = layers.Dense(sizes.hidden, activation="relu")(x)
    x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(words, layers.Dense(1, name="logit")(x), name="sentiment")


def convolutions(config: Config, name: str = "convolutions") -> keras.Model:
    """Word vectors, windows of several widths, the strongest answer of each filter, one logit."""
    sizes = config.network
    # === Layers ===
    vectors = WordVectors(config.input.words, sizes.vector, name="vectors")
    drop_words = DropWords(sizes.word_dropout, name="drop_words")
    # === Functional model ===
    words = keras.Input((None,), dtype="int32", name="words")
    kept = drop_words(words)
    x = vectors(kept)  # (B, T, vector)
    x = layers.SpatialDropout1D(sizes.vector_dropout)(x)
    strongest = []
    for width in sizes.widths:
        answers = layers.Conv1D(sizes.filters, width, padding="same", activation="relu")(x)
        answers = OnlyWords()([answers, words])  # (B, T, filters)
        strongest.append(layers.GlobalMaxPooling1D()(answers))
    x = layers.Concatenate()(strongest) if len(strongest) > 1 else strongest[0]
    if sizes.hidden:
        x = layers.Dense(sizes.hidden, activation="relu")(x)
    x = layers.Dropout(sizes.dropout)(x)
    return keras.Model(words, layers.Dense(1, name="logit")(x), name=name)


def ngrams(config: Config) -> keras.Model:
    """The sum of a weight per sequence of words: a convolution over one-hot words."""
    words = keras.Input((None,), dtype="int32", name="words")
    sums = [
        NgramWeights(
            n, config.input.words if n == 1 else config.ngrams.buckets, name=f"weights_{n}"
        )(words)
        for n in config.ngrams.ngrams
    ]
    total = layers.Add()(sums) if len(sums) > 1 else sums[0]
    return keras.Model(words, total, name="ngrams")


@keras.saving.register_keras_serializable(package="mmdemo")
class NgramWeights(layers.Layer):
    """Sums one weight per different sequence of `order` words; one with a gap counts nothing.

    Weights are found by hashing the sequence, so that a few sequences share one. A sequence that
    comes again does not count again: binary features, as in NB-SVM (Wang and Manning 2012,
    "Baselines and bigrams").

    Input shape: numbers of words `(B, T)`.
    Output shape: `(B, 1)`.

    Args:
        order: words in a sequence.
        buckets: how many weights there are.

    Example:

    >>> layer = NgramWeights(order=2, buckets=50)
    >>> inputs = np.array([[4, 7, 9, 0]])
    >>> ops.shape(layer(inputs))
    (1, 1)
    """

    def __init__(self, order: int, buckets: int, **options: Any) -> None:
        super().__init__(**options)
        self.order = order
        self.buckets = buckets

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight(shape=(self.buckets,), initializer="zeros", name="table")

    def call(self, inputs: Any) -> Any:
        buckets = hashes(inputs, self.order, self.buckets)
        buckets = ops.sort(ops.where(whole(inputs, self.order), buckets, -1), axis=1)  # (B, T)
        before = ops.pad(buckets, [[0, 0], [1, 0]], constant_values=-1)[:, :-1]
        weights = ops.take(self.table, ops.maximum(buckets, 0), axis=0)
        new = ops.cast(ops.not_equal(buckets, before), weights.dtype)  # -1 is never new
        return ops.sum(weights * new, axis=1, keepdims=True)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "order": self.order, "buckets": self.buckets}


def hashes(words: Any, order: int, buckets: int) -> Any:
    """Bucket of the sequence that starts at each word, int32 `(B, T)`; the last ones run out."""
    numbers = words
    for step in range(1, order):
        numbers = ops.mod(numbers, FOLD) * FACTOR + _shifted(words, step)
    return ops.mod(numbers, buckets)


def whole(words: Any, order: int) -> Any:
    """Where a sequence of `order` words starts that has no gap, bool `(B, T)`."""
    starts = ops.not_equal(words, 0)
    for step in range(1, order):
        starts = ops.logical_and(starts, ops.not_equal(_shifted(words, step), 0))
    return starts


def _shifted(words: Any, step: int) -> Any:
    """The words `step` places on; zeros after the end."""
    return ops.pad(words, [[0, 0], [0, step]])[:, step:]
