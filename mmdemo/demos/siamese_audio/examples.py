"""Example sounds, generated: a ticking clock, rain and a siren, two recordings of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mmdemo.core.data import examples
from mmdemo.core.language import N_

RATE = 16_000
SECONDS = 3.0
PAIRS = (
    (N_("Two clocks"), "clock-1.wav", "clock-2.wav"),
    (N_("Two showers of rain"), "rain-1.wav", "rain-2.wav"),
    (N_("Two sirens"), "siren-1.wav", "siren-2.wav"),
    (N_("A clock and rain"), "clock-1.wav", "rain-1.wav"),
    (N_("A siren and rain"), "siren-1.wav", "rain-2.wav"),
)


def pairs() -> list[examples.Pair]:
    """What the page offers to compare."""
    folder = examples.folder("siamese_audio", _make)
    return [examples.Pair(label, folder / one, folder / two) for label, one, two in PAIRS]


def requests() -> tuple[examples.Request, ...]:
    """Two files to verify: what `bench` asks."""
    return (pairs()[0].request("siamese_audio_verify", "sound_a", "sound_b"),)


def _make(folder: Path) -> None:
    from scipy.io import wavfile

    rng = np.random.default_rng(0)
    sounds = {
        "clock-1": clock(rng, ticks_per_second=2.0, pitch=2400),
        "clock-2": clock(rng, ticks_per_second=3.1, pitch=2900),
        "rain-1": rain(rng, drops_per_second=900),
        "rain-2": rain(rng, drops_per_second=1600),
        "siren-1": siren(low=500, high=1100, sweeps_per_second=0.7),
        "siren-2": siren(low=600, high=1400, sweeps_per_second=1.1),
    }
    for name, samples in sounds.items():
        scaled = (samples / np.abs(samples).max() * 0.7 * 32767).astype(np.int16)
        wavfile.write(folder / f"{name}.wav", RATE, scaled)


def clock(rng: np.random.Generator, ticks_per_second: float, pitch: float) -> np.ndarray:
    """Short decaying clicks, tick and tock in turn, over faint hiss."""
    samples = 0.002 * rng.standard_normal(int(RATE * SECONDS))
    time = np.arange(int(0.05 * RATE)) / RATE
    for index in range(int(SECONDS * ticks_per_second)):
        start = int(index / ticks_per_second * RATE)
        tone = np.sin(2 * np.pi * pitch * (1.0 if index % 2 else 0.8) * time)
        click = (tone + 0.5 * rng.standard_normal(len(time))) * np.exp(-time * 180)
        end = min(start + len(click), len(samples))
        samples[start:end] += click[: end - start]
    return samples


def rain(rng: np.random.Generator, drops_per_second: float) -> np.ndarray:
    """Many small splashes at random, over a wash of noise."""
    count = int(RATE * SECONDS)
    drops = np.zeros(count)
    places = rng.integers(0, count, int(drops_per_second * SECONDS))
    np.add.at(drops, places, rng.exponential(1.0, len(places)) * rng.choice((-1, 1), len(places)))
    splash = np.exp(-np.arange(200) / 25.0) * np.cos(np.arange(200) * 1.1)
    return np.convolve(drops, splash, mode="same") + 0.4 * rng.standard_normal(count)


def siren(low: float, high: float, sweeps_per_second: float) -> np.ndarray:
    """A tone with harmonics that glides up and down."""
    time = np.arange(int(RATE * SECONDS)) / RATE
    sweep = 0.5 - 0.5 * np.cos(2 * np.pi * sweeps_per_second * time)
    phase = 2 * np.pi * np.cumsum(low + (high - low) * sweep) / RATE
    return np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)
