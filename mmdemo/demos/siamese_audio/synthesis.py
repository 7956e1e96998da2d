"""Generated kinds of sound: random recipes for a synthesiser, and variations of each.

A network that learns to tell recipes apart through their variations learns what matters in real
sounds too (Cherep & Singh 2024, "Contrastive learning from synthetic audio doppelgängers"). The
synthesiser is a source-filter model: a voice, hiss or crackle, through three resonances, in
events that repeat regularly or at random, over background noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter

SECONDS = 2.8
VOICE, HISS, CRACKLE = "voice", "hiss", "crackle"


@dataclass(frozen=True)
class Recipe:
    """Settings of the synthesiser. Rates and frequencies in Hz, times in seconds.

    Attributes:
        source: `voice` (harmonics), `hiss` (noise) or `crackle` (random clicks).
        pitch: fundamental frequency of a voice.
        glide: log change of the pitch over an event, at evenly spaced points.
        vibrato: depth of the pitch's vibrato, and its rate in `vibrato_rate`.
        tilt: power with which harmonics fall.
        breath: level of noise in a voice or crackle.
        formants, widths, gains: the three resonances.
        continuous: no events, the sound goes on.
        rate: events a second.
        held: share of an event's time that is sounded.
        decay: time constant of an event's end.
        unevenness: spread of the time between events; `random` draws it as rain does.
        roughness: depth of a fast tremolo, and its rate in `tremolo`.
        background: level of the noise behind, and its colour in (-1, 1) in `colour`.
    """

    source: str
    pitch: float
    glide: np.ndarray
    vibrato: float
    vibrato_rate: float
    tilt: float
    breath: float
    formants: np.ndarray
    widths: np.ndarray
    gains: np.ndarray
    continuous: bool
    rate: float
    held: float
    decay: float
    unevenness: float
    random: bool
    roughness: float
    tremolo: float
    background: float
    colour: float


def recipe(rng: np.random.Generator) -> Recipe:
    """A new kind of sound."""
    return Recipe(
        source=str(rng.choice((VOICE, VOICE, HISS, CRACKLE))),
        pitch=_log_uniform(rng, 80, 1600),
        glide=_curve(rng, 8, 4) * rng.uniform(0, 0.6),
        vibrato=rng.uniform(0, 0.06),
        vibrato_rate=rng.uniform(3, 9),
        tilt=rng.uniform(0.3, 2.0),
        breath=rng.uniform(0, 0.4) if rng.random() < 0.5 else 0.0,
        formants=_log_uniform(rng, 150, 6500, 3),
        widths=_log_uniform(rng, 40, 1500, 3),
        gains=rng.uniform(0.1, 1.0, 3),
        continuous=bool(rng.random() < 0.35),
        rate=_log_uniform(rng, 0.5, 25),
        held=rng.uniform(0.05, 0.9),
        decay=_log_uniform(rng, 0.004, 0.4),
        unevenness=rng.uniform(0, 0.5),
        random=bool(rng.random() < 0.4),
        roughness=rng.uniform(0, 1) if rng.random() < 0.4 else 0.0,
        tremolo=_log_uniform(rng, 15, 90),
        background=10 ** -rng.uniform(0.5, 3),
        colour=rng.uniform(-0.95, 0.95),
    )


def vary(of: Recipe, rng: np.random.Generator) -> Recipe:
    """The same kind of sound once more: every setting a little different."""

    def near(value: float | np.ndarray, spread: float) -> float | np.ndarray:
        return value * np.exp(rng.normal(0, spread, np.shape(value)))

    return replace(
        of,
        pitch=near(of.pitch, 0.2),
        glide=near(of.glide, 0.3) + 0.08 * _curve(rng, 8, 4),
        vibrato=near(of.vibrato, 0.4),
        vibrato_rate=near(of.vibrato_rate, 0.2),
        tilt=near(of.tilt, 0.2),
        formants=near(of.formants, 0.12),
        widths=near(of.widths, 0.2),
        gains=near(of.gains, 0.3),
        rate=near(of.rate, 0.25),
        held=float(np.clip(near(of.held, 0.2), 0.03, 0.95)),
        decay=near(of.decay, 0.25),
        roughness=near(of.roughness, 0.3),
        tremolo=near(of.tremolo, 0.2),
        background=near(of.background, 1.0),
        colour=float(np.clip(of.colour + rng.normal(0, 0.3), -0.97, 0.97)),
    )


def sound(recipes: tuple[Recipe, ...], rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """One variation of a kind: its recipes together, over noise; `(n,)` float32."""
    length = int(SECONDS * sample_rate)
    total = np.zeros(length)
    for index, base in enumerate(recipes):
        total += _render(vary(base, rng), rng, sample_rate) * (1.0 if index == 0 else 0.5)
    varied = vary(recipes[0], rng)
    noise = lfilter([1.0], [1.0, -varied.colour], rng.normal(0, 1, length))
    return (total + noise * (varied.background / np.abs(noise).max())).astype(np.float32)


def kinds(count: int, rng: np.random.Generator) -> list[tuple[Recipe, ...]]:
    """New kinds of sound; three in ten are two recipes together."""
    return [
        (recipe(rng), recipe(rng)) if rng.random() < 0.3 else (recipe(rng),) for _ in range(count)
    ]


def _render(setting: Recipe, rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    length = int(SECONDS * sample_rate)
    time = np.arange(length) / sample_rate
    starts, envelope = _events(setting, rng, sample_rate)
    if setting.source == VOICE:
        source = 0.15 * _voice(setting, starts, time, rng, sample_rate)
    elif setting.source == HISS:
        source = 0.02 * rng.normal(0, 1, length)
    else:
        clicks = int(12 * setting.rate * SECONDS) + 1
        source = setting.breath * rng.normal(0, 1, length)
        source[rng.integers(0, length, clicks)] += 30 * rng.exponential(1, clicks)
        source *= 0.02
    out = source.copy()
    for formant, width, gain in zip(setting.formants, setting.widths, setting.gains, strict=True):
        radius = np.exp(-np.pi * width / sample_rate)
        angle = 2 * np.pi * min(formant, 0.48 * sample_rate) / sample_rate
        resonance = [1.0, -2 * radius * np.cos(angle), radius * radius]
        out += gain * np.sqrt(angle) * lfilter([1 - radius], resonance, source)
    out *= envelope / max(np.abs(out).max(), 1e-9)
    if setting.roughness > 0:
        turn = rng.uniform(0, 2 * np.pi)
        out *= 1 + 0.9 * setting.roughness * np.sin(2 * np.pi * setting.tremolo * time + turn)
    return out / max(np.abs(out).max(), 1e-9)


def _events(
    setting: Recipe, rng: np.random.Generator, sample_rate: int
) -> tuple[list[float], np.ndarray]:
    """Start times in seconds, and the loudness envelope `(n,)`."""
    length = int(SECONDS * sample_rate)
    if setting.continuous:
        return [0.0], np.ones(length)
    period = 1 / setting.rate
    starts: list[float] = []
    start = rng.uniform(0, min(period, 1.0))
    while start < SECONDS and len(starts) < 80:
        starts.append(start)
        wait = rng.exponential(1) if setting.random else 1 + rng.normal(0, 0.3 * setting.unevenness)
        start += period * max(wait, 0.2 * (not setting.random)) + 0.01
    decay = max(setting.decay, 0.003)
    held = min(max(0.5 * setting.held * period, 0.002), 1.2)
    fading = np.arange(int(min(6 * decay, 1.5) * sample_rate)) / (decay * sample_rate)
    attack = np.linspace(0, 1, sample_rate // 200)
    shape = np.concatenate([attack, np.ones(int(held * sample_rate)), np.exp(-fading)])
    envelope = np.zeros(length)
    for begin in starts:
        first = int(begin * sample_rate)
        part = envelope[first : first + len(shape)]
        np.maximum(part, shape[: len(part)] * np.exp(rng.normal(0, 0.3)), out=part)
    return starts, envelope


def _voice(
    setting: Recipe,
    starts: list[float],
    time: np.ndarray,
    rng: np.random.Generator,
    sample_rate: int,
) -> np.ndarray:
    """Harmonics of a gliding pitch; few events restart the glide, many share one."""
    if not setting.continuous and 0 < len(starts) <= 12:
        since = time.copy()
        for start in starts:
            since = np.where(time >= start, time - start, since)
        progress = np.clip(since * setting.rate, 0, 1)
    else:
        progress = time / SECONDS
    glide = np.interp(progress, np.linspace(0, 1, len(setting.glide)), setting.glide)
    wobble = setting.vibrato * np.sin(2 * np.pi * setting.vibrato_rate * time)
    frequency = setting.pitch * np.exp(glide + wobble + 0.01 * _curve(rng, len(time), 12))
    phase = 2 * np.pi * np.cumsum(frequency) / sample_rate
    out = setting.breath * rng.normal(0, 1, len(time))
    # sin((h + 1) p) = 2 cos(p) sin(h p) - sin((h - 1) p): far cheaper than a sine per harmonic
    before, current, twice = np.zeros_like(phase), np.sin(phase), 2 * np.cos(phase)
    nyquist = 0.49 * sample_rate
    for harmonic in range(1, 25):
        if harmonic * setting.pitch > nyquist:
            break
        out += current * harmonic**-setting.tilt * (harmonic * frequency < nyquist)
        before, current = current, twice * current - before
    return out


def _curve(rng: np.random.Generator, length: int, knots: int) -> np.ndarray:
    """Random piecewise linear curve of unit variance at its knots."""
    return np.interp(np.linspace(0, knots - 1, length), np.arange(knots), rng.normal(0, 1, knots))


def _log_uniform(
    rng: np.random.Generator, low: float, high: float, size: int | None = None
) -> float | np.ndarray:
    return np.exp(rng.uniform(np.log(low), np.log(high), size))
