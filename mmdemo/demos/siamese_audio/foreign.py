"""Sounds unlike all kinds that the networks learnt: music notes, pure tones, steady noise.

They are told by embeddings, as speech is. Sirens, ticks and rain sweep and splash; made ones are
taught beside the recordings, so that being made is no sign of being foreign.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping

import numpy as np

from mmdemo.core.data import datasets

from . import examples
from .data import Recording

RATE = examples.RATE
MADE = 200
"""Sounds of a kind to learn from."""
NOTES = {"train": 5, "test": 2}
"""Every so many-th note of the set is taken."""
HIGHEST = 7500.0
"""Hertz of the highest harmonic."""

Rng = np.random.Generator


def tone(rng: Rng) -> np.ndarray:
    """A steady tone: pure, with harmonics, a chord or a square wave, over a faint hiss."""
    time = np.arange(int(RATE * rng.uniform(0.6, 2))) / RATE
    pitch = np.exp(rng.uniform(np.log(100), np.log(5000)))
    kind = rng.integers(4)
    if kind == 0:
        factors, fall = np.ones(1), 0.0
    elif kind == 1:
        factors, fall = np.arange(1.0, 6.0), rng.uniform(0.5, 2)
    else:
        factors, fall = 2 ** (rng.choice(12, 3, replace=False) / 12), 0.0
    if kind == 3:
        wave = np.sign(np.sin(2 * np.pi * pitch * time))
    else:
        heard = factors[factors * pitch < HIGHEST]
        heard = heard if len(heard) else np.ones(1)
        wave = sum(np.sin(2 * np.pi * pitch * f * time) / f**fall for f in heard)
    hiss = 10 ** rng.uniform(-5, -2.5) * rng.standard_normal(len(time))
    return _scaled(wave + hiss)


def noise(rng: Rng) -> np.ndarray:
    """Steady noise: white, pink or brown."""
    count = int(RATE * rng.uniform(0.6, 2))
    spectrum = np.fft.rfft(rng.standard_normal(count))
    pitches = np.maximum(np.arange(len(spectrum)), 20)
    return _scaled(np.fft.irfft(spectrum / pitches ** rng.choice([0, 0.5, 1]), count))


def lively(rng: Rng) -> np.ndarray:
    """What the page's examples are made of: rain, a siren or a clock, each of its own."""
    kind = rng.choice(3, p=[0.4, 0.4, 0.2])
    if kind == 0:
        drops = np.exp(rng.uniform(np.log(100), np.log(3000)))
        return _scaled(examples.rain(rng, drops_per_second=drops))
    if kind == 1:
        low = rng.uniform(300, 900)
        high = low * rng.uniform(1.5, 3)
        return _scaled(examples.siren(low, high, sweeps_per_second=rng.uniform(0.3, 4)))
    ticks, pitch = rng.uniform(1, 5), rng.uniform(1000, 4000)
    return _scaled(examples.clock(rng, ticks_per_second=ticks, pitch=pitch))


def made(make: Callable[[Rng], np.ndarray], count: int, seed: int) -> list[np.ndarray]:
    """So many of a kind, samples at `RATE`."""
    rng = np.random.default_rng(seed)
    return [make(rng) for _ in range(count)]


def notes(part: str) -> list[Recording]:
    """Single notes of an orchestra's instruments: `train` or `test`, by the set's own table.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("philharmonia")
    with (folder / "notes.csv").open(newline="", encoding="utf-8") as file:
        names = [row["file"] for row in csv.DictReader(file) if row["split"] == part]
    paths = [folder / "notes" / name for name in names[:: NOTES[part]]]
    return [Recording(path.stem, "note", path.stem, 0, path) for path in paths]


STEADY: Mapping[str, Callable[[Rng], np.ndarray]] = {"tones": tone, "noise": noise}


def _scaled(wave: np.ndarray) -> np.ndarray:
    return (0.7 * wave / np.abs(wave).max()).astype(np.float32)
