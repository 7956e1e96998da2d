"""Capsules: groups of numbers whose length says whether a thing is there, and whose direction how.

Importing this module imports Keras.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

LEAST = 1e-7
"""Added to a squared length before its root, whose slope at zero is infinite."""
Rounds = list[tuple[Any, Any]]
"""Of each round of routing: the parts' weights `(B, wholes, P)`, and the wholes `(B, wholes, d)`.
"""


def length(vectors: Any) -> Any:
    """Length of each vector on the last axis, which is kept, with side 1."""
    return ops.sqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + LEAST)


def squash(vectors: Any) -> Any:
    """The same directions, with a length n of n^2 / (1 + n^2).

    Sabour, Frosst, Hinton 2017, "Dynamic Routing Between Capsules", equation 1.
    """
    n = length(vectors)
    return vectors * (n / (1 + ops.square(n)))


def squash_steeply(vectors: Any) -> Any:
    """The same directions, with a length n of 1 - exp(-n), which grows from zero on.

    Mazzia, Salvetti, Chiaberge 2021, "Efficient-CapsNet", equation 4.
    """
    n = length(vectors)
    return vectors * ((1 - ops.exp(-n)) / n)


@keras.saving.register_keras_serializable(package="mmdemo")
class Squash(layers.Layer):
    """Shortens vectors to a length below 1 and keeps their directions.

    Input shape: `(B, P, d)`.
    Output shape: the same.

    Args:
        steep: as in Efficient-CapsNet, and not as in the first paper on capsules.

    Example:

    >>> layer = Squash()
    >>> inputs = np.array([[[3.0, 4.0]]])
    >>> [round(float(each), 3) for each in layer(inputs)[0, 0]]
    [0.577, 0.769]
    """

    def __init__(self, steep: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.steep = steep

    def call(self, inputs: Any) -> Any:
        return squash_steeply(inputs) if self.steep else squash(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steep": self.steep}


class _Wholes(layers.Layer):
    """What both kinds of routing share: each part's guess at each whole, by a matrix for the two.

    A subclass has `steps`: parts to the rounds of routing one by one.

    Args:
        wholes: how many there are.
        size: numbers of each.
    """

    def __init__(self, wholes: int, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.wholes = wholes
        self.size = size

    def build(self, input_shape: Any) -> None:
        _, parts, numbers = input_shape
        # Variance scaling takes the first axes for places of a window, and would start too small.
        spread = float(np.sqrt(2 / (numbers + self.size)))
        self.matrices = self.add_weight(
            shape=(parts, numbers, self.wholes * self.size),
            initializer=keras.initializers.TruncatedNormal(stddev=spread),
            name="matrices",
        )

    def guesses(self, parts: Any) -> Any:
        """What each part says of each whole, `(B, wholes, P, size)`."""
        said = ops.einsum("bpi,pio->bpo", parts, self.matrices)
        said = ops.reshape(said, (-1, parts.shape[1], self.wholes, self.size))
        return ops.transpose(said, (0, 2, 1, 3))

    def call(self, inputs: Any) -> Any:
        return self.steps(inputs)[-1][1]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.wholes, self.size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "wholes": self.wholes, "size": self.size}


@keras.saving.register_keras_serializable(package="mmdemo")
class DynamicRouting(_Wholes):
    """Wholes from parts by agreement: a part speaks more for the whole that agrees with its guess.

    Sabour, Frosst, Hinton 2017, "Dynamic Routing Between Capsules", procedure 1. Only the last
    round is learnt through; to the ones before it guesses are given numbers.

    Input shape: `(B, P, d)`.
    Output shape: `(B, wholes, size)`.

    Args:
        wholes: how many there are.
        size: numbers of each.
        rounds: of routing; in the first, each part speaks for all wholes alike.

    Example:

    >>> layer = DynamicRouting(wholes=3, size=4, rounds=3)
    >>> inputs = np.random.rand(2, 5, 8)
    >>> ops.shape(layer(inputs))
    (2, 3, 4)
    """

    def __init__(self, wholes: int, size: int, rounds: int = 3, **options: Any) -> None:
        super().__init__(wholes, size, **options)
        self.rounds = rounds

    def steps(self, parts: Any) -> Rounds:
        guesses = self.guesses(parts)
        given = ops.stop_gradient(guesses)
        agreement = ops.zeros_like(given[..., 0])  # (B, wholes, P)
        done: Rounds = []
        for number in range(self.rounds):
            weights = ops.softmax(agreement, axis=1)
            last = number == self.rounds - 1
            # (B, wholes, 1, P) x (B, wholes, P, size)
            said = ops.matmul(ops.expand_dims(weights, 2), guesses if last else given)
            wholes = squash(ops.squeeze(said, 2))
            done.append((weights, wholes))
            if not last:
                agreed = ops.matmul(given, ops.expand_dims(wholes, -1))
                agreement = agreement + ops.squeeze(agreed, -1)
        return done

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rounds": self.rounds}


@keras.saving.register_keras_serializable(package="mmdemo")
class AttentionRouting(_Wholes):
    """Wholes from parts in one round: a part speaks more the more the others agree with its guess.

    Mazzia, Salvetti, Chiaberge 2021, "Efficient-CapsNet: capsule network with self-attention
    routing", equations 5 to 8.

    Input shape: `(B, P, d)`.
    Output shape: `(B, wholes, size)`.

    Args:
        wholes: how many there are.
        size: numbers of each.

    Example:

    >>> layer = AttentionRouting(wholes=3, size=4)
    >>> inputs = np.random.rand(2, 5, 8)
    >>> ops.shape(layer(inputs))
    (2, 3, 4)
    """

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.prior = self.add_weight(
            shape=(self.wholes, input_shape[1]), initializer="zeros", name="prior"
        )

    def steps(self, parts: Any) -> Rounds:
        guesses = self.guesses(parts)
        # The agreement of one with each other, added up, is that with their sum.
        total = ops.sum(guesses, axis=2)[..., None]  # (B, wholes, size, 1)
        agreement = ops.squeeze(ops.matmul(guesses, total), -1) / float(np.sqrt(self.size))
        weights = ops.softmax(agreement, axis=1) + self.prior
        said = ops.matmul(ops.expand_dims(weights, 2), guesses)
        return [(weights, squash_steeply(ops.squeeze(said, 2)))]


@keras.saving.register_keras_serializable(package="mmdemo")
class Lengths(layers.Layer):
    """Length of each vector: of a capsule, how sure it is that its thing is there.

    Input shape: `(B, wholes, d)`.
    Output shape: `(B, wholes)`.

    Example:

    >>> layer = Lengths()
    >>> inputs = np.array([[[0.6, 0.0], [0.0, 0.2]]])
    >>> [round(float(each), 3) for each in layer(inputs)[0]]
    [0.6, 0.2]
    """

    def call(self, inputs: Any) -> Any:
        return ops.squeeze(length(inputs), -1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[:-1]


@keras.saving.register_keras_serializable(package="mmdemo")
class Longest(layers.Layer):
    """Names the longest capsules, the longest first, by a one among zeros.

    Input shape: `(B, wholes)`.
    Output shape: `(B, count, wholes)`.

    Args:
        count: how many are named.

    Example:

    >>> layer = Longest(1)
    >>> inputs = np.array([[0.1, 0.9, 0.3]])
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[[0.0, 1.0, 0.0]]]
    """

    def __init__(self, count: int, **options: Any) -> None:
        super().__init__(**options)
        self.count = count

    def call(self, inputs: Any) -> Any:
        _, places = ops.top_k(inputs, self.count)
        return ops.one_hot(places, inputs.shape[-1], dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.count, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="mmdemo")
class OnlyNamed(layers.Layer):
    """Keeps the named capsules, each by itself, with zeros in place of the others.

    Input shapes: `(B, wholes, d)`, and names `(B, count, wholes)`, as `Longest` gives them.
    Output shape: `(B, count, wholes * d)`.

    Example:

    >>> layer = OnlyNamed()
    >>> inputs = [np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[[0.0, 1.0]]])]
    >>> ops.convert_to_numpy(layer(inputs)).tolist()
    [[[0.0, 0.0, 3.0, 4.0]]]
    """

    def call(self, inputs: Any) -> Any:
        capsules, names = inputs
        kept = ops.expand_dims(capsules, 1) * ops.expand_dims(names, -1)
        return ops.reshape(kept, (-1, names.shape[1], capsules.shape[1] * capsules.shape[2]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        capsules, names = input_shape
        return (capsules[0], names[1], capsules[1] * capsules[2])


@keras.saving.register_keras_serializable(package="mmdemo")
class MarginLoss(keras.losses.Loss):
    """Capsules of what is there are to be longer than 0.9, all others shorter than 0.1.

    Sabour, Frosst, Hinton 2017, equation 4: beyond their margins nothing counts, and the others
    count half, so that they do not shorten everything at the start.

    Input shapes: `y_true` `(B, wholes)` of ones and zeros, `y_pred` `(B, wholes)` lengths.
    Output shape: `()`, the mean over the batch.

    Example:

    >>> loss = MarginLoss()
    >>> inputs = (np.array([[1.0, 0.0]]), np.array([[0.7, 0.3]]))
    >>> round(float(loss(*inputs)), 3)  # 0.2 squared, and a half of it
    0.06
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true = ops.cast(y_true, y_pred.dtype)
        missed = ops.square(ops.maximum(0.9 - y_pred, 0.0))
        made_up = ops.square(ops.maximum(y_pred - 0.1, 0.0))
        return ops.sum(y_true * missed + 0.5 * (1 - y_true) * made_up, axis=-1)
