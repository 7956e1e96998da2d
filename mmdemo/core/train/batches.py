"""Batches that seed and epoch decide, and the learning rate over a training.

A training that was taken up again sees the batches that it would have seen. Importing this module
imports Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Batches that are drawn anew each epoch. A subclass has `__len__` and `__getitem__`.

    `core.train.fit.fit` says which epoch it is.

    Args:
        seed: of every random choice.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self.epoch = 0

    def rng(self, *batch: int) -> np.random.Generator:
        """The random numbers of this epoch, or of one batch of it."""
        return np.random.default_rng([self.seed, self.epoch, *batch])

    def on_epoch_end(self) -> None:
        self.epoch += 1


class Shuffled(Batches):
    """Batches of equal size, of all samples in a new order each epoch; the last may be smaller.

    Args:
        count: of the samples.
        size: of a batch.
        take: rows of the samples, `(size,)`, to one batch.
        seed: of the order.
    """

    def __init__(self, count: int, size: int, take: Callable[[np.ndarray], Any], seed: int) -> None:
        super().__init__(seed)
        self.count = count
        self.size = size
        self.take = take

    def __len__(self) -> int:
        return -(-self.count // self.size)

    def rows(self, index: int) -> np.ndarray:
        """Which samples stand in a batch."""
        return self.rng().permutation(self.count)[index * self.size : (index + 1) * self.size]

    def __getitem__(self, index: int) -> Any:
        return self.take(self.rows(index))


class ByLength(Batches):
    """Batches of sequences of similar length, drawn anew each epoch; in one order without a seed.

    Args:
        lengths: of the sequences, `(n,)`.
        size: sequences of a batch, at most.
        take: rows of the set to one batch of `(inputs, targets)`.
        seed: of the order.
    """

    def __init__(
        self,
        lengths: Sequence[int] | np.ndarray,
        size: int,
        take: Callable[[np.ndarray], Any],
        seed: int | None = None,
    ) -> None:
        super().__init__(seed or 0)
        self.lengths = np.asarray(lengths, float)
        self.size = size
        self.take = take
        self.shuffles = seed is not None
        self._arranged: tuple[int, list[np.ndarray]] | None = None

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.size)

    def rows(self, index: int) -> np.ndarray:
        """Which sequences stand in a batch."""
        if self._arranged is None or self._arranged[0] != self.epoch:
            self._arranged = self.epoch, self._arrange()
        return self._arranged[1][index]

    def __getitem__(self, index: int) -> Any:
        return self.take(self.rows(index))

    def _arrange(self) -> list[np.ndarray]:
        lengths = self.lengths
        rng = self.rng()
        if self.shuffles:
            lengths = lengths * rng.uniform(0.8, 1.25, len(lengths))
        longest, *others = np.array_split(np.argsort(-lengths, kind="stable"), len(self))
        if others:
            # Keras takes the input's shape from the first two batches: they must differ in length.
            shortest = others.pop(int(np.argmin([self.lengths[rows].max() for rows in others])))
            if self.shuffles:
                rng.shuffle(others)
            others.insert(0, shortest)
        return [longest, *others]


class Clock(keras.callbacks.Callback):
    """Tells batches which epoch it is, in a training that was taken up again, too."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.epoch = epoch


def warm_up_cosine(
    peak: float, warm_up: int, decay: int, *, start: float = 0.0, floor: float = 0.0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that rises along a line, then falls along a cosine.

    Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm Restarts".

    Args:
        peak: the highest rate.
        warm_up: steps up to it.
        decay: steps from it down to the lowest.
        start: the rate of the first step.
        floor: the lowest rate, in parts of the peak.
    """
    return keras.optimizers.schedules.CosineDecay(
        start, decay, alpha=floor, warmup_target=peak, warmup_steps=warm_up
    )
