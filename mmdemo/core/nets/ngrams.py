"""Weights of word sequences, found by hashing. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

FACTOR = 30_011
"""Multiplies a word's number in a hash: a prime above every vocabulary here."""
FOLD = 65_521
"""A longer sequence's hash is folded below this prime, so that 32 bits hold the next product."""


@keras.saving.register_keras_serializable(package="mmdemo")
class NgramWeights(layers.Layer):
    """Sums weights per different sequence of `order` words; one with a gap counts nothing.

    Weights are found by hashing the sequence, so that a few sequences share them. A sequence that
    comes again does not count again: binary features, as in NB-SVM (Wang and Manning 2012,
    "Baselines and bigrams").

    Input shape: numbers of words `(B, T)`.
    Output shape: `(B, units)`.

    Args:
        order: words in a sequence.
        buckets: how many sequences have weights of their own.
        units: weights of each.

    Example:

    >>> layer = NgramWeights(order=2, buckets=50)
    >>> inputs = np.array([[4, 7, 9, 0]])
    >>> ops.shape(layer(inputs))
    (1, 1)
    """

    def __init__(self, order: int, buckets: int, units: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.order = order
        self.buckets = buckets
        self.units = units

    def build(self, input_shape: Any) -> None:
        shape = (self.buckets, self.units)
        self.table = self.add_weight(shape=shape, initializer="zeros", name="table")

    def call(self, inputs: Any) -> Any:
        buckets = hashes(inputs, self.order, self.buckets)
        buckets = ops.sort(ops.where(whole(inputs, self.order), buckets, -1), axis=1)  # (B, T)
        before = ops.pad(buckets, [[0, 0], [1, 0]], constant_values=-1)[:, :-1]
        weights = ops.take(self.table, ops.maximum(buckets, 0), axis=0)  # (B, T, units)
        new = ops.cast(ops.not_equal(buckets, before), weights.dtype)  # -1 is never new
        return ops.sum(weights * ops.expand_dims(new, -1), axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        own = {"order": self.order, "buckets": self.buckets, "units": self.units}
        return {**super().get_config(), **own}


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


# === Without Keras: what a regression is fitted on ===


def buckets_of(row: np.ndarray, order: int, buckets: int) -> np.ndarray:
    """Buckets of the word sequences of one text, as `hashes` finds them."""
    numbers = row.astype(np.int64)[: max(len(row) - order + 1, 0)]
    for step in range(1, order):
        numbers = numbers % FOLD * FACTOR + row[step : len(row) - order + 1 + step]
    return numbers % buckets


def features(rows: Sequence[np.ndarray], tables: Sequence[NgramWeights]) -> Any:
    """Which buckets' sequences stand in each text, sparse float32 `(texts, all buckets)` of ones.

    Args:
        rows: numbers of the words of each text, without gaps.
        tables: whose buckets are counted, one after the other.
    """
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0, *(table.buckets for table in tables)])
    columns, ends = [], [0]
    for row in rows:
        for start, table in zip(starts, tables, strict=False):
            columns.append(start + np.unique(buckets_of(row, table.order, table.buckets)))
        ends.append(ends[-1] + sum(map(len, columns[-len(tables) :])))
    ones = np.ones(ends[-1], np.float32)
    return csr_matrix((ones, np.concatenate(columns), ends), (len(rows), int(starts[-1])))
