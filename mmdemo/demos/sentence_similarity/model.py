"""One LSTM that reads two sentences, and what compares what it read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from mmdemo.core.nets.layers import WordVectors

from .config import Config
from .overlap import Blend, Overlap, Trust, counter, dot, unit_length

SHARPNESS = 8.0
"""Multiplies cosines before a softmax over words, so that one word can be chosen."""


def build(config: Config) -> keras.Model:
    """Numbers of the words of two sentences, int32 `(words,)` each, 0 where there is none.

    With `network.aligned` a third input, `spelling`: how alike each word of the first is spelt to
    each of the second, `(words of the first, of the second)`, from `data.spelling`. It decides the
    score alone; for vectors and alignment it may be of zeros.

    Outputs: `score` `(1,)` from 0, unrelated, to 1, the same; and with `network.aligned` also a
    vector of length 1 for each sentence, `(code,)`, for search, and `alignment`, which word of the
    second sentence stands for each word of the first, `(words of the first, of the second)`.
    """
    sizes = config.network
    first = keras.Input((None,), dtype="int32", name="first")
    second = keras.Input((None,), dtype="int32", name="second")
    vectors = word_vectors(config)
    if not sizes.aligned:
        score = _book(config, vectors, first, second)
        return keras.Model([first, second], score, name="similarity")
    words = config.input.words + config.input.spare
    facts = WordVectors(words, 3, name="facts", trainable=False)
    spelling = keras.Input((None, None), name="spelling")
    sides = [first, second, facts(first), facts(second), vectors(first), vectors(second)]
    counted = ops.clip(counter(sizes)(Overlap(name="overlap")([*sides, spelling])), 0.0, 1.0)
    trust = Trust(name="trust")(sides[2:4])
    outputs = []
    for index in range(sizes.members):
        member = comparer(config, f"comparer_{index}")
        outputs.append(member([first, second, vectors(first), vectors(second)]))
    scores, first_codes, second_codes, alignments = zip(*outputs, strict=True)
    code_a, code_b = (
        UnitLength(name=name)(layers.Concatenate()(codes))
        for codes, name in ((first_codes, "first_code"), (second_codes, "second_code"))
    )
    score = Blend(name="score")([counted, _mean(scores, "read"), trust])
    outputs = [score, code_a, code_b, _mean(alignments, "alignment")]
    return keras.Model([first, second, spelling], outputs, name="similarity")


def word_vectors(config: Config) -> WordVectors:
    """The vectors of all words, the spare ones last."""
    words = config.input.words + config.input.spare
    trainable = config.network.trainable
    return WordVectors(words, config.network.vector, name="vectors", trainable=trainable)


def _mean(tensors: Sequence[Any], name: str) -> Any:
    return layers.Average(name=name)(tensors) if len(tensors) > 1 else tensors[0]


def _book(config: Config, vectors: layers.Layer, first: Any, second: Any) -> Any:
    """The source's network: the last states of one LSTM, one after the other, and a sigmoid."""
    lstm = layers.LSTM(config.network.units, name="shared_lstm")
    states = [lstm(vectors(side), mask=RealWords()(side)) for side in (first, second)]
    return layers.Dense(1, activation="sigmoid", name="score")(layers.Concatenate()(states))


def comparer(config: Config, name: str) -> keras.Model:
    """One network that treats both sentences alike, so that their order cannot matter.

    Inputs: numbers `(T,)`, `(S,)` and vectors `(T, vector)`, `(S, vector)` of both sentences.
    Outputs: the score, a vector for each sentence, and the alignment; see `build`.
    """
    sizes = config.network
    # === Layers ===
    project = layers.Dense(sizes.projection, activation="tanh", name="project")
    drop = layers.Dropout(sizes.dropout)
    lstm = layers.Bidirectional(layers.LSTM(sizes.units, return_sequences=True), name="shared_lstm")
    align = Align(name="align")
    compare = layers.Dense(sizes.hidden, activation="relu", name="compare")
    pool = Pool(name="pool")
    encode = layers.Dense(sizes.code, name="encode")
    unit = UnitLength(name="unit_length")
    # === Functional model ===
    first = keras.Input((None,), dtype="int32")
    second = keras.Input((None,), dtype="int32")
    vectors_a = keras.Input((None, sizes.vector))
    vectors_b = keras.Input((None, sizes.vector))
    states, codes, words = [], [], []
    for ids, vectors in ((first, vectors_a), (second, vectors_b)):
        real = RealWords()(ids)
        x = drop(project(vectors))  # (B, T, projection)
        read = Unmask()(lstm(x, mask=real))  # (B, T, 2 units)
        words.append(vectors)
        states.append(layers.Concatenate()([x, read]))  # (B, T, d)
        codes.append(unit(encode(drop(pool([states[-1], ids])))))  # (B, code)
    # What the other sentence has for each word: by meaning in context, and by the words alone.
    to_a, to_b, alignment = align([states[0], states[1], first, second])
    near_a, near_b = Nearest(name="nearest")([*words, first, second])  # (B, T, 1), (B, S, 1)
    sides = []
    for own, other, near, ids in (
        (states[0], to_a, near_a, first),
        (states[1], to_b, near_b, second),
    ):
        difference = Difference()([own, other])
        product = layers.Multiply()([own, other])
        compared = compare(drop(layers.Concatenate()([difference, product, near])))
        sides.append(layers.Concatenate()([pool([compared, ids]), pool([near, ids])]))
    both = [
        layers.Add()(sides),
        Difference()(sides),
        Difference()(codes),
        layers.Multiply()(codes),
        layers.Dot(axes=1)(codes),
    ]
    x = layers.Dense(sizes.hidden, activation="relu", name="judge")(
        drop(layers.Concatenate()(both))
    )
    score = layers.Dense(1, activation="sigmoid", name="score")(drop(x))
    return keras.Model(
        [first, second, vectors_a, vectors_b], [score, codes[0], codes[1], alignment], name=name
    )


@keras.saving.register_keras_serializable(package="mmdemo")
class RealWords(layers.Layer):
    """Where there is a word, as a mask for an LSTM. The first place always counts.

    Input shape: numbers of words `(B, T)`.
    Output shape: `(B, T)`, bool.

    Example:

    >>> layer = RealWords()
    >>> inputs = np.array([[0, 7, 0]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[True, True, False]]
    """

    def call(self, inputs: Any) -> Any:
        first = ops.equal(ops.cumsum(ops.ones_like(inputs), axis=1), 1)
        return ops.logical_or(ops.not_equal(inputs, 0), first)

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor(inputs.shape, dtype="bool")


@keras.saving.register_keras_serializable(package="mmdemo")
class Unmask(layers.Layer):
    """Passes values on without their mask: the layers after it are told the numbers instead.

    Input shape: any.
    Output shape: the same.

    Example:

    >>> layer = Unmask()
    >>> inputs = np.random.rand(1, 3, 2)
    >>> layer.compute_mask(layer(inputs)) is None
    True
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return ops.copy(inputs)  # the mask hangs on the tensor itself

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None


@keras.saving.register_keras_serializable(package="mmdemo")
class Difference(layers.Layer):
    """The absolute difference of two tensors.

    Input shapes: any, twice.
    Output shape: the same.

    Example:

    >>> layer = Difference()
    >>> inputs = [np.array([[1.0, 5.0]]), np.array([[3.0, 2.0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[2.0, 3.0]]
    """

    def call(self, inputs: Any) -> Any:
        return ops.abs(inputs[0] - inputs[1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]


@keras.saving.register_keras_serializable(package="mmdemo")
class UnitLength(layers.Layer):
    """Vectors scaled to length 1; one of zeros stays as it is.

    Input shape: `(..., d)`.
    Output shape: `(..., d)`.

    Example:

    >>> layer = UnitLength()
    >>> inputs = np.array([[3.0, 4.0]])
    >>> ops.convert_to_numpy(layer(inputs)).round(3)
    array([[0.6, 0.8]], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        return unit_length(inputs)


@keras.saving.register_keras_serializable(package="mmdemo")
class Pool(layers.Layer):
    """Mean and maximum over the words.

    Input shapes: values `(B, T, d)` and numbers of words `(B, T)`.
    Output shape: `(B, 2d)`.

    Example:

    >>> layer = Pool()
    >>> inputs = [np.array([[[1.0], [3.0], [9.0]]]), np.array([[4, 7, 0]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[2.0, 3.0]]
    """

    def call(self, inputs: Any) -> Any:
        values, ids = inputs
        real = _real(ids)[..., None]
        mean = ops.sum(values * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1.0)
        top = ops.max(values - 1e4 * (1.0 - real), axis=1)
        return ops.concatenate([mean, ops.maximum(top, -1e2)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        values, _ = input_shape
        return (values[0], 2 * values[2])


@keras.saving.register_keras_serializable(package="mmdemo")
class Align(layers.Layer):
    """For each word the mix of the other sentence's words that are like it.

    Soft alignment as in Parikh et al. 2016, "A decomposable attention model for natural language
    inference", by cosines.

    Input shapes: states `(B, T, d)` and `(B, S, d)`, numbers of words `(B, T)` and `(B, S)`.
    Output shapes: mixes `(B, T, d)` and `(B, S, d)`, and the shares of the first mix, `(B, T, S)`.

    Example:

    >>> layer = Align()
    >>> words = [np.array([[4, 7, 0]]), np.array([[5, 6]])]
    >>> inputs = [np.random.rand(1, 3, 4), np.random.rand(1, 2, 4), *words]
    >>> [ops.shape(output) for output in layer(inputs)]
    [(1, 3, 4), (1, 2, 4), (1, 3, 2)]
    """

    def call(self, inputs: Any) -> Any:
        a, b, ids_a, ids_b = inputs
        alike = SHARPNESS * dot(unit_length(a), unit_length(b))  # (B, T, S)
        of_b = ops.softmax(alike - 1e4 * (1.0 - _real(ids_b))[:, None, :], axis=-1)
        of_a = ops.softmax(
            ops.transpose(alike, (0, 2, 1)) - 1e4 * (1.0 - _real(ids_a))[:, None, :], axis=-1
        )
        return ops.matmul(of_b, b), ops.matmul(of_a, a), of_b

    def compute_output_shape(self, input_shape: Any) -> Any:
        a, b, *_ = input_shape
        return a, b, (a[0], a[1], b[1])


@keras.saving.register_keras_serializable(package="mmdemo")
class Nearest(layers.Layer):
    """For each word the cosine of the other sentence's nearest word, by their vectors alone.

    Input shapes: vectors `(B, T, d)` and `(B, S, d)`, numbers of words `(B, T)` and `(B, S)`.
    Output shapes: `(B, T, 1)` and `(B, S, 1)`.

    Example:

    >>> layer = Nearest()
    >>> words = [np.array([[4, 7, 0]]), np.array([[5, 6]])]
    >>> inputs = [np.random.rand(1, 3, 4), np.random.rand(1, 2, 4), *words]
    >>> [ops.shape(output) for output in layer(inputs)]
    [(1, 3, 1), (1, 2, 1)]
    """

    def call(self, inputs: Any) -> Any:
        a, b, ids_a, ids_b = inputs
        real_a, real_b = _real(ids_a), _real(ids_b)
        alike = dot(unit_length(a), unit_length(b))  # (B, T, S)
        to_a = ops.max(alike - 2.0 * (1.0 - real_b)[:, None, :], axis=2)
        to_b = ops.max(alike - 2.0 * (1.0 - real_a)[:, :, None], axis=1)
        return (to_a * real_a)[..., None], (to_b * real_b)[..., None]

    def compute_output_shape(self, input_shape: Any) -> Any:
        a, b, *_ = input_shape
        return (*a[:2], 1), (*b[:2], 1)


def _real(ids: Any) -> Any:
    return ops.cast(ops.not_equal(ids, 0), "float32")
