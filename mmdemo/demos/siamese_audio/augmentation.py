"""Windows of recordings, altered: what the networks on pictures of sound are trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmdemo.core.train.batches import Batches

from . import features
from .config import Augmentation, Config, Input


class AugmentedWindows(Batches):
    """Batches of augmented windows `(B, frames, bands, 1)` and soft labels `(B, classes)`.

    Some windows are a sum of two recordings, labelled by their loudness (Tokozume et al. 2018,
    "Learning from between-class examples for deep sound recognition").

    Args:
        pictures: `(n, bands)` decibels each.
        labels: `(N,)` class numbers.
        weights: `(N,)` chance of each picture; sums to 1.
        config: of the network and its training.
        seed: of every choice.
    """

    def __init__(
        self,
        pictures: Sequence[np.ndarray],
        labels: np.ndarray,
        weights: np.ndarray,
        config: Config,
        seed: int,
    ) -> None:
        super().__init__(seed)
        self.pictures = pictures
        self.weights = weights
        smoothing, classes = config.training.label_smoothing, labels.max() + 1
        self.targets = np.eye(classes, dtype=np.float32)[labels]
        self.targets = self.targets * (1 - smoothing) + smoothing / classes
        self.config = config

    def __len__(self) -> int:
        return self.config.training.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng, size = self.rng(index), self.config.training.batch
        chosen = rng.choice(len(self.pictures), (size, 2), p=self.weights)
        windows, shares = zip(*(self._window(*pair, rng) for pair in chosen), strict=True)
        share = np.array(shares, np.float32)[:, None]
        targets = share * self.targets[chosen[:, 0]] + (1 - share) * self.targets[chosen[:, 1]]
        return np.stack(windows)[..., None], targets

    def _window(self, one: int, two: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        """A window of one recording, perhaps with another, and its share of the label."""
        config, by = self.config, self.config.augmentation
        window, share = augmented(self.pictures[one], config, rng), 1.0
        draw = rng.random()
        if draw < by.mix:
            below = rng.uniform(-10, 10)
            window = added(window, augmented(self.pictures[two], config, rng), below)
            share = 1 / (1 + 10 ** (-below / 20))
        elif draw < by.mix + by.noise:
            if rng.random() < 0.5:
                behind = augmented(self.pictures[two], config, rng)
            else:
                behind = background(config.input, rng)
            window = added(window, behind, rng.uniform(12, 40))
        # A random floor stands for recordings with more or less noise of their own.
        picture = features.drawn(window, config.input.floor + rng.uniform(-20, 15))
        return masked(picture, by, rng), share


def augmented(picture: np.ndarray, config: Config, rng: np.random.Generator) -> np.ndarray:
    """A random window of a recording, as if it were faster, higher or through another microphone.

    Args:
        picture: `(n, bands)` decibels.

    Returns:
        `(frames, bands)` decibels below its loudest point.
    """
    length, bands, by = config.input.frames, config.input.bands, config.augmentation
    speed = np.exp(rng.uniform(-by.time_stretch, by.time_stretch))
    needed = int(length * speed) + 3
    short = len(picture) < needed
    picture = features.repeated(picture, needed)
    if short and rng.random() < 0.5:
        picture = np.roll(picture, rng.integers(len(picture)), axis=0)
    first = rng.integers(len(picture) - needed + 1)
    part = picture[first : first + needed].astype(np.float32)
    part = _read_at(part, np.arange(length) * speed)
    pitch = np.exp(rng.uniform(-by.pitch_scale, by.pitch_scale)) * np.arange(bands)
    pitch = pitch + rng.uniform(-by.pitch_shift, by.pitch_shift)
    part = _read_at(part.T, np.clip(pitch, 0, bands - 1)).T
    part = part + _smooth(by.equaliser, bands, rng)
    return part - part.max()


def background(size: Input, rng: np.random.Generator) -> np.ndarray:
    """Steady noise of a random colour: `(frames, bands)` decibels."""
    steady = _smooth(5.0, size.bands, rng)
    return (steady + rng.normal(0, 3, (size.frames, size.bands))).astype(np.float32)


def added(picture: np.ndarray, other: np.ndarray, below: float) -> np.ndarray:
    """Two sounds at once, the other `below` decibels lower; relative to the loudest point."""
    power = 10 ** (picture / 10) + 10 ** ((other - below) / 10)
    total = 10 * np.log10(power + 1e-12)
    return total - total.max()


def masked(window: np.ndarray, by: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """Two bands of time and two of pitch blanked (Park et al. 2019, "SpecAugment")."""
    window = window.copy()
    for rows, widest in [(window, by.mask_frames), (window.T, by.mask_bands)] * 2:
        width = rng.integers(widest + 1)
        first = rng.integers(len(rows) - width + 1)
        rows[first : first + width] = -1
    return window


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Chance of each sample: rare classes drawn more often, by the root of their size."""
    weights = 1 / np.sqrt(np.bincount(labels)[labels])
    return weights / weights.sum()


def _read_at(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Rows of `values` at fractional positions, by linear interpolation."""
    below = np.minimum(positions.astype(int), len(values) - 2)
    share = (positions - below)[:, None].astype(np.float32)
    return values[below] * (1 - share) + values[below + 1] * share


def _smooth(spread: float, bands: int, rng: np.random.Generator) -> np.ndarray:
    """A random smooth curve over the bands, in decibels."""
    knots = rng.normal(0, spread, 5)
    return np.interp(np.linspace(0, 4, bands), np.arange(5), knots).astype(np.float32)
