"""One text in, several answers out: a convolutional trunk under heads that the data decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from mmdemo.core.nets.layers import DropWords, OnlyWords
from mmdemo.core.nets.ngrams import NgramWeights

from .config import BINARY, REGRESSION, SOFTMAX, Config, Head
from .counting import DIGITS, Counted, Shares, with_classes

WORDS_AND_PAIRS = "words_and_pairs"
"""The part of the network whose weights are not trained but found by a regression."""


def build(config: Config) -> keras.Model:
    """Numbers of words, int32, 0 where there is none, to one output per head; uncompiled.

    Input shape: `(B, length)` for the source's stack, `(B, T)` for windows side by side.
    Output shapes: `(B, 1)` for a regression, `(B, classes)` for a softmax, `(B, 1)` for a binary
    head (the probability of its second class), in the order of `config.heads`.

    Raises:
        ValueError: the stack needs longer texts than `config.length`, or a head has no known kind.
    """
    words, trunk = _stacked(config) if config.network.stack else _side_by_side(config)
    counted = _words_and_pairs(config)(words) if counts(config) else None
    outputs, start = [], 0
    for number, head in enumerate(config.heads):
        size, activation = _answer(head)
        # A number learnt from single words and pairs fits training far better than new texts.
        if counted is None or head.kind == REGRESSION:
            last = layers.Dense(size, activation=activation, name=f"head_{number}")
            outputs.append(last(trunk))
            continue
        read = layers.Dense(size, name=f"read_{number}")(trunk)
        both = layers.Add(name=f"both_{number}")([read, counted[:, start : start + size]])
        outputs.append(layers.Activation(activation, name=f"head_{number}")(both))
        start += size
    return keras.Model(words, outputs, name="author_profile")


def counts(config: Config) -> bool:
    """Whether words and pairs have weights of their own: what has classes can."""
    return config.network.pairs > 0 and any(head.kind != REGRESSION for head in config.heads)


def add_counted(
    network: keras.Model, config: Config, counted: Sequence[Counted], shares: Shares
) -> None:
    """Fill in what words and pairs say, and weigh it against what the trained network reads."""
    weights = []
    for (place, _), part, (reading, counting) in zip(
        with_classes(config.heads), counted, shares, strict=True
    ):
        last = network.get_layer(f"read_{place}")
        kernel, bias = last.get_weights()
        last.set_weights([kernel * reading, bias * reading + part.intercepts * counting])
        weights.append(part.weights * counting)
    table, start = np.round(np.hstack(weights), DIGITS), 0
    for layer in tables(network):
        layer.set_weights([table[start : start + layer.buckets]])
        start += layer.buckets


def tables(network: keras.Model) -> list[NgramWeights]:
    """Where the weights of words and of pairs lie."""
    part = network.get_layer(WORDS_AND_PAIRS)
    return [layer for layer in part.layers if isinstance(layer, NgramWeights)]


def _answer(head: Head) -> tuple[int, str]:
    """Values and activation of one answer."""
    if head.kind == REGRESSION:
        return 1, "linear"
    if head.kind == SOFTMAX:
        return len(head.classes), "softmax"
    if head.kind == BINARY:
        return 1, "sigmoid"
    raise ValueError(f"a head is regression, softmax or binary, not {head.kind!r}")


def _words_and_pairs(config: Config) -> keras.Model:
    """The sums of what each word and pair says for each class, `(B, classes of all heads)`.

    Zeros, until `add_counted` fills them: a regression finds them, not the network's training.
    """
    words = keras.Input((None,), dtype="int32", name="words")
    units = sum(_answer(head)[0] for head in config.heads if head.kind != REGRESSION)
    sums = [
        NgramWeights(order, buckets, units, name=f"weights_{order}", trainable=False)(words)
        for order, buckets in ((1, config.input.words), (2, config.network.pairs))
    ]
    return keras.Model(words, layers.Add()(sums), name=WORDS_AND_PAIRS)


def minimum_length(config: Config) -> int:
    """The shortest text, in words, of which something is left after every layer.

    A valid convolution of width w takes w - 1 places away, pooling leaves a pool-th part.
    """
    network, length = config.network, 1
    for group in reversed(network.stack):
        for _, width in reversed(group):
            length += width - 1
        length *= network.pool
    return length // network.pool if network.stack else 1


def _stacked(config: Config) -> tuple[Any, Any]:
    """The source's trunk, `(B, hidden)`: groups of convolutions with max-pooling between."""
    network, length, shortest = config.network, config.input.length, minimum_length(config)
    if length < shortest:
        raise ValueError(f"these layers need {shortest} words, not {length}: pad the texts")
    # === Layers ===
    words = keras.Input((length,), dtype="int32", name="words")
    vectors = layers.Embedding(config.input.words, network.vector, name="vectors")
    chain: list[layers.Layer] = [vectors]
    convolutions = 0
    for number, group in enumerate(network.stack):
        if number:
            name = _numbered("max_pooling1d", number - 1)
            chain.append(layers.MaxPooling1D(network.pool, name=name))
        for filters, width in group:
            name = _numbered("conv1d", convolutions)
            chain.append(layers.Conv1D(filters, width, activation="relu", name=name))
            convolutions += 1
    chain.append(layers.GlobalMaxPooling1D(name="global_max_pooling1d"))
    chain.append(layers.Dense(network.hidden, activation="relu", name="dense"))

    # === Functional model ===
    x = words
    for layer in chain:
        x = layer(x)
    return words, x


def _side_by_side(config: Config) -> tuple[Any, Any]:
    """Windows of several widths, `(B, hidden)`: the mean and the strongest answer of each filter.

    Padding changes nothing: it is zeroed before and after the convolutions, and the mean is taken
    over the words alone.
    """
    network = config.network
    # === Layers ===
    words = keras.Input((None,), dtype="int32", name="words")
    hide = DropWords(network.word_dropout, name="hide_words")
    vectors = layers.Embedding(config.input.words, network.vector, name="vectors")
    drop_vectors = layers.SpatialDropout1D(network.vector_dropout, name="drop_vectors")
    windows = [
        layers.Conv1D(
            network.filters, width, padding="same", activation="relu", name=f"conv_{width}"
        )
        for width in network.widths
    ]
    join = layers.Concatenate(name="mean_and_max")
    drop = layers.Dropout(network.dropout, name="drop")
    hidden = layers.Dense(network.hidden, activation="relu", name="hidden")
    drop_hidden = layers.Dropout(network.dropout, name="drop_hidden")

    # === Functional model ===
    kept = hide(words)
    x = OnlyWords(name="text_vectors")([drop_vectors(vectors(kept)), kept])  # (B, T, vector)
    summaries = []
    for number, window in enumerate(windows):
        only, mean, largest = (
            _numbered(name, number) for name in ("only_text", "text_mean", "global_max_pooling1d")
        )
        answers = OnlyWords(name=only)([window(x), words])  # (B, T, filters)
        summaries.append(TextMean(name=mean)([answers, words]))
        summaries.append(layers.GlobalMaxPooling1D(name=largest)(answers))
    return words, drop_hidden(hidden(drop(join(summaries))))


def _numbered(name: str, number: int) -> str:
    """A layer's name that does not depend on what was built before."""
    return f"{name}_{number}" if number else name


@keras.saving.register_keras_serializable(package="mmdemo")
class TextMean(layers.Layer):
    """The mean over the words that are there.

    Input shapes: `(B, T, d)`, zero where there is no word, and the words `(B, T)`.
    Output shape: `(B, d)`.

    Example:

    >>> layer = TextMean()
    >>> inputs = [np.array([[[1.0], [3.0], [0.0]]]), np.array([[4, 7, 0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[2.0]]
    """

    def call(self, inputs: Any) -> Any:
        values, words = inputs
        count = ops.sum(ops.cast(ops.not_equal(words, 0), values.dtype), axis=1, keepdims=True)
        return ops.sum(values, axis=1) / ops.maximum(count, 1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0], input_shape[0][2])
