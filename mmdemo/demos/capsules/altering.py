"""Batches of altered digits, one in a picture or two. Importing this module imports Keras."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from mmdemo.core.data.handwritten import Images
from mmdemo.core.train.batches import Batches

from . import pictures
from .config import DIGITS, Config, Training

Batch = tuple[np.ndarray | tuple[np.ndarray, np.ndarray], dict[str, np.ndarray]]
"""Pictures, and which digits are in them where the network is told; which capsules are to be long,
and what is to be drawn where it draws."""


class _Altered(Batches):
    """Digits in a new order each epoch, altered anew.

    Args:
        known: digits.
        config: how they are altered.
        seed: of every random choice.
        told: whether the network is told which digits it is to draw.
        draws: whether it draws.
    """

    def __init__(
        self, known: Images, config: Config, seed: int, *, told: bool = True, draws: bool = True
    ) -> None:
        super().__init__(seed)
        self.ink = (known.pixels * 255).round().astype(np.uint8)
        self.digits = known.digits
        self.how = config.training
        self.told = told
        self.draws = draws

    def __len__(self) -> int:
        return -(-min(self.how.digits, len(self.digits)) // self.how.batch)

    def rows(self, index: int) -> np.ndarray:
        """Which digits stand in a batch."""
        order = self.rng().permutation(len(self.digits))
        return order[index * self.how.batch : (index + 1) * self.how.batch]

    def __getitem__(self, index: int) -> Batch:
        seen, digits, apart = self.pictures(self.rows(index), self.rng(index))
        names = np.eye(DIGITS, dtype=np.float32)[digits]
        scaled = seen.astype(np.float32) / 255
        wanted = {"lengths": names.max(axis=1)}
        if self.draws:
            wanted["redrawn"] = apart.astype(np.float32) / 255
        return (scaled, names) if self.told else scaled, wanted

    @abstractmethod
    def pictures(
        self, rows: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pictures of some digits `(B, side, side)`, which digits are in them `(B, shown)`, and
        each by itself `(B, shown, side, side)`; uint8."""


class Alone(_Altered):
    """One digit in a picture of 28 x 28."""

    def pictures(
        self, rows: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        seen = np.stack([_altered(self.ink[row], self.how, rng) for row in rows])
        return seen, self.digits[rows, None], seen[:, None]


class Paired(_Altered):
    """Two digits over each other in one of 36 x 36: each meets one of another kind."""

    def pictures(
        self, rows: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        both = np.stack([rows, pictures.partners(self.digits, rows, rng)], axis=1)
        apart = pictures.apart_of(self.ink, both, rng)
        seen = np.stack([pictures.overlaid(*pair) for pair in apart])
        return seen, self.digits[both], apart


def _altered(ink: np.ndarray, how: Training, rng: np.random.Generator) -> np.ndarray:
    """A digit moved by whole pixels, and where it is to be, turned, scaled and slanted."""
    shift = tuple(map(float, rng.integers(-how.shift, how.shift + 1, 2)))
    if not (how.turn or how.slant or how.scale > 1):
        return pictures.warped(ink, pictures.matrix(shift=(shift[0], shift[1])))
    changed = pictures.matrix(
        turn=rng.uniform(-how.turn, how.turn),
        scale=float(how.scale ** rng.uniform(-1, 1)),
        slant=rng.uniform(-how.slant, how.slant),
        shift=(shift[0], shift[1]),
    )
    return pictures.warped(ink, changed)
