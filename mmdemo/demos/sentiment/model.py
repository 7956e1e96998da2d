"""One-dimensional convolutional networks over the words of a text."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from mmdemo.core.nets.layers import DropWords, OnlyWords, WordVectors
from mmdemo.core.nets.ngrams import NgramWeights

from .config import Config


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
    if config.phrases.phrases:
        verdicts.append(phrases(config)(words))
    logit = combine(WithLength(name="verdicts")([layers.Concatenate()(verdicts), words]))
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
    return _sequences(config.ngrams.ngrams, config.input.words, config.ngrams.buckets, "ngrams")


def phrases(config: Config) -> keras.Model:
    """As `ngrams`, with the weights that are learnt from pieces of reviews."""
    sizes = config.phrases
    return _sequences(sizes.phrases, config.input.words, sizes.phrase_buckets, "phrases")


def _sequences(orders: tuple[int, ...], known: int, buckets: int, name: str) -> keras.Model:
    words = keras.Input((None,), dtype="int32", name="words")
    sums = [
        NgramWeights(order, known if order == 1 else buckets, name=f"weights_{order}")(words)
        for order in orders
    ]
    total = layers.Add()(sums) if len(sums) > 1 else sums[0]
    return keras.Model(words, total, name=name)


@keras.saving.register_keras_serializable(package="mmdemo")
class WithLength(layers.Layer):
    """Verdicts, the same times the logarithm of the text's words, and that logarithm.

    A linear layer after it trusts one verdict on short texts and another on long ones.

    Input shapes: verdicts `(B, n)` and the words `(B, T)`.
    Output shape: `(B, 2 n + 1)`.

    Example:

    >>> layer = WithLength()
    >>> inputs = [np.array([[2.0]]), np.array([[4, 0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[2.0, 0.0, 0.0]]
    """

    def call(self, inputs: Any) -> Any:
        verdicts, words = inputs
        count = ops.sum(ops.cast(ops.not_equal(words, 0), verdicts.dtype), axis=1, keepdims=True)
        length = ops.log(ops.maximum(count, 1.0))
        return ops.concatenate([verdicts, verdicts * length, length], axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        (batch, count), _ = input_shape
        return (batch, 2 * count + 1)
