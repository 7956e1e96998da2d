"""One text in, several answers out: a convolutional trunk under heads that the data decide."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from mmdemo.core.nets.layers import DropWords, OnlyWords

from .config import BINARY, REGRESSION, SOFTMAX, Config, Head


def build(config: Config) -> keras.Model:
    """Numbers of words, int32, 0 where there is none, to one output per head; uncompiled.

    Input shape: `(B, length)` for the source's stack, `(B, T)` for windows side by side.
    Output shapes: `(B, 1)` for a regression, `(B, classes)` for a softmax, `(B, 1)` for a binary
    head (the probability of its second class), in the order of `config.heads`.

    Raises:
        ValueError: the stack needs longer texts than `config.length`, or a head has no known kind.
    """
    words, trunk, wide = _stacked(config) if config.network.stack else _side_by_side(config)
    outputs = []
    for number, head in enumerate(config.heads):
        # A number learnt from single words and pairs fits training far better than new texts.
        below = trunk if head.kind == REGRESSION else wide
        outputs.append(_last(head, f"head_{number}")(below))
    return keras.Model(words, outputs, name="author_profile")


def _last(head: Head, name: str) -> layers.Dense:
    """The last layer of one answer."""
    if head.kind == REGRESSION:
        return layers.Dense(1, name=name)
    if head.kind == SOFTMAX:
        return layers.Dense(len(head.classes), activation="softmax", name=name)
    if head.kind == BINARY:
        return layers.Dense(1, activation="sigmoid", name=name)
    raise ValueError(f"a head is regression, softmax or binary, not {head.kind!r}")


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


def _stacked(config: Config) -> tuple[Any, Any, Any]:
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
    return words, x, x


def _side_by_side(config: Config) -> tuple[Any, Any, Any]:
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
    trunk = drop_hidden(hidden(drop(join(summaries))))
    if not network.bigrams:
        return words, trunk, trunk
    wide = layers.Concatenate(name="wide")(_wide(kept, config))
    wide = layers.Dropout(network.dropout, name="drop_wide")(wide)
    return words, trunk, layers.Concatenate(name="deep_and_wide")([trunk, wide])


def _numbered(name: str, number: int) -> str:
    """A layer's name that does not depend on what was built before."""
    return f"{name}_{number}" if number else name


def _wide(words: Any, config: Config) -> list[Any]:
    """Sums of a vector per word and per pair of words, `(B, bigram_vector)` each.

    What the heads make of them is linear, as in Joulin et al. 2017, "Bag of tricks".
    """
    network = config.network
    pairs = Bigrams(network.bigrams, name="pairs")(words)
    sums = []
    for name, numbers, entries in (
        ("word", words, config.input.words),
        ("pair", pairs, network.bigrams),
    ):
        vectors = layers.Embedding(entries, network.bigram_vector, name=f"wide_{name}_vectors")
        text = OnlyWords(name=f"wide_{name}s")([vectors(numbers), numbers])
        sums.append(TextMean(root=True, name=f"wide_{name}_sum")([text, numbers]))
    return sums


@keras.saving.register_keras_serializable(package="mmdemo")
class TextMean(layers.Layer):
    """The mean over the words that are there.

    With `root` the sum is divided by the root of their number, which gives every text about the
    same length, as TF-IDF has it.

    Input shapes: `(B, T, d)`, zero where there is no word, and the words `(B, T)`.
    Output shape: `(B, d)`.

    Example:

    >>> layer = TextMean()
    >>> inputs = [np.array([[[1.0], [3.0], [0.0]]]), np.array([[4, 7, 0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[2.0]]
    """

    def __init__(self, root: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.root = root

    def call(self, inputs: Any) -> Any:
        values, words = inputs
        count = ops.sum(ops.cast(ops.not_equal(words, 0), values.dtype), axis=1, keepdims=True)
        count = ops.maximum(count, 1)
        return ops.sum(values, axis=1) / (ops.sqrt(count) if self.root else count)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0], input_shape[0][2])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "root": self.root}


@keras.saving.register_keras_serializable(package="mmdemo")
class Bigrams(layers.Layer):
    """A number from 1 to `buckets` - 1 for each word with its next one, 0 where one is missing.

    Pairs are hashed, so that several share a number: Joulin et al. 2017, "Bag of tricks for
    efficient text classification".

    Input shape: numbers of words `(B, T)`.
    Output shape: `(B, T)`.

    Example:

    >>> layer = Bigrams(buckets=100)
    >>> inputs = np.array([[4, 7, 0]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[64, 0, 0]]
    """

    FACTOR = 30_011  # a prime; 32 bits hold its product with the number of any word

    def __init__(self, buckets: int, **options: Any) -> None:
        super().__init__(**options)
        self.buckets = buckets

    def call(self, inputs: Any) -> Any:
        after = ops.pad(inputs, [[0, 0], [0, 1]])[:, 1:]
        both = ops.logical_and(ops.not_equal(inputs, 0), ops.not_equal(after, 0))
        number = ops.mod(inputs * self.FACTOR + after, self.buckets - 1) + 1
        return ops.where(both, number, 0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "buckets": self.buckets}
