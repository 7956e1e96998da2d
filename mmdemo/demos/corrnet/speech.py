"""A spoken word as a picture of fixed size, and back to sound. No Keras here.

The view is a log-mel picture of the word alone, stretched to a fixed number of columns, so that
leading silence, loudness and the pace of the speaker do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.media import mel

RATE = 8000
"""Hz; that of the Free Spoken Digit Dataset."""
FFT = 256
HOP = 80
BANDS = 40
FRAMES = 32
RANGE = 60.0
"""Decibels below the loudest point that are drawn."""
TRIM = 30.0
"""Decibels below the loudest frame that still belong to the word."""
GAP = 16
"""Frames of silence inside a word (0.16 s): the closure before a t or an x."""
SHORTEST, LONGEST = 8, 140
"""Frames of a word: 0.08 to 1.4 s."""
MAX_SECONDS = 30.0


@dataclass(frozen=True)
class Word:
    """The loudest word of a recording.

    Attributes:
        decibels: `(frames, bands)` below the loudest point, in [-60, 0].
        seconds: its length.
        others: how many further words there are.
    """

    decibels: np.ndarray
    seconds: float
    others: int


def spectrogram(samples: np.ndarray) -> np.ndarray:
    """Power in mel bands in decibels below the loudest point: `(frames, bands)` in [-60, 0].

    Args:
        samples: `(n,)` at 8 kHz. Their gain does not matter.

    Raises:
        UserError: empty, not finite or silent.
    """
    samples = mel.audible(samples, _("Record one spoken digit."), _(" and say one digit."))
    return mel.log_mel(samples, np.hanning(FFT), HOP, _filters(), -RANGE)


def words(decibels: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of frames `(first, end)` that stand out of the background, the loudest first."""
    energy = 10 * np.log10(np.sum(10 ** (decibels / 10), axis=1))
    energy -= energy.max()
    limit = -TRIM
    if len(energy) > 60:  # long enough to hear the room before or after the word
        limit = min(max(limit, float(np.percentile(energy, 10)) + 8), -12.0)
    voiced = np.flatnonzero(energy > limit)
    breaks = np.flatnonzero(np.diff(voiced) > GAP)
    firsts = voiced[np.concatenate([[0], breaks + 1])]
    ends = voiced[np.concatenate([breaks, [len(voiced) - 1]])] + 1
    loudness = [float(np.sum(10 ** (energy[a:b] / 10))) for a, b in zip(firsts, ends, strict=True)]
    order = np.argsort(loudness)[::-1]
    return [
        (max(0, int(firsts[i]) - 2), min(len(energy), int(ends[i]) + 2))
        for i in order
        if loudness[i] > 0.1 * loudness[order[0]]  # else a click or a breath
    ]


def find_word(samples: np.ndarray) -> Word:
    """The loudest word of a recording.

    Args:
        samples: `(n,)` at 8 kHz.

    Raises:
        UserError: empty, damaged, silent, or without a short word (music, a click, a long speech).
    """
    decibels = spectrogram(samples)
    (first, end), *others = words(decibels)
    if end - first < SHORTEST:
        raise UserError(_("This recording holds only a click. Say one digit, from zero to nine."))
    if end - first > LONGEST:
        raise UserError(
            _(
                "This recording has no short word in it: its sound goes on for {seconds:.1f} "
                "seconds without a pause. Record one spoken digit, in English, in a quiet room."
            ).format(seconds=(end - first) * HOP / RATE)
        )
    return Word(decibels[first:end], (end - first) * HOP / RATE, len(others))


def view(decibels: np.ndarray) -> np.ndarray:
    """A word `(frames, bands)` in decibels as the network sees it: `(32, 40)` in [0, 1]."""
    at = np.linspace(0, len(decibels) - 1, FRAMES)
    return sample(decibels, at, np.arange(BANDS, dtype=np.float32)) / RANGE + 1


def sample(decibels: np.ndarray, times: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Bilinear values at fractional frames and bands: `(len(times), len(bands))`."""
    times = np.clip(times, 0, decibels.shape[0] - 1)
    bands = np.clip(bands, 0, decibels.shape[1] - 1)
    t, b = times.astype(int), bands.astype(int)
    dt = (times - t).astype(np.float32)[:, None]
    db = (bands - b).astype(np.float32)[None, :]
    t1 = np.minimum(t + 1, decibels.shape[0] - 1)
    b1 = np.minimum(b + 1, decibels.shape[1] - 1)
    early = decibels[t][:, b] * (1 - db) + decibels[t][:, b1] * db
    late = decibels[t1][:, b] * (1 - db) + decibels[t1][:, b1] * db
    return early * (1 - dt) + late * dt


def sound(picture: np.ndarray, seconds: float, iterations: int = 32) -> np.ndarray:
    """A waveform for a view: inverse mel, then Griffin and Lim 1984 for the phase.

    Args:
        picture: `(32, 40)` in [0, 1].
        seconds: length of the word, at most 1.4.
        iterations: of Griffin-Lim.

    Returns:
        float32 samples at 8 kHz, peak 0.9.
    """
    frames = int(np.clip(round(seconds * RATE / HOP), SHORTEST, LONGEST))
    at = np.linspace(0, len(picture) - 1, frames)
    decibels = (sample(picture, at, np.arange(BANDS, dtype=np.float32)) - 1) * RANGE
    decibels = np.where(decibels < -RANGE + 12, -120.0, decibels)  # a blurred floor would hiss
    power = 10 ** (decibels / 10)  # (frames, bands)
    magnitude = np.sqrt(power @ _inverse_filters().T)  # (frames, bins)
    samples = _griffin_lim(magnitude, iterations)
    return (0.9 * samples / max(float(np.abs(samples).max()), 1e-9)).astype(np.float32)


def _griffin_lim(magnitude: np.ndarray, iterations: int) -> np.ndarray:
    """Samples whose spectra have these magnitudes `(frames, bins)`, as nearly as there are any.

    The fast variant: Perraudin, Balazs, Sondergaard 2013. In numpy, since a word has so few frames
    that the overhead of a library's call is a hundred times the work.
    """
    taper = np.hanning(FFT)
    length = (len(magnitude) - 1) * HOP + FFT
    weight = np.full(length, 1e-8)
    for index in range(len(magnitude)):
        weight[index * HOP : index * HOP + FFT] += taper**2
    phase = np.exp(2j * np.pi * np.random.default_rng(0).random(magnitude.shape))
    previous = np.zeros_like(phase)
    samples = np.zeros(length)
    for _iteration in range(iterations):
        pieces = np.fft.irfft(magnitude * phase, FFT, axis=1) * taper
        samples = np.zeros(length)
        for index, piece in enumerate(pieces):
            samples[index * HOP : index * HOP + FFT] += piece
        samples /= np.maximum(weight, 0.05 * weight.max())
        windows = np.lib.stride_tricks.sliding_window_view(samples, FFT)[::HOP]
        spectrum = np.fft.rfft(windows * taper, axis=1)
        phase = spectrum + 0.99 * (spectrum - previous)
        phase /= np.maximum(np.abs(phase), 1e-12)
        previous = spectrum
    return samples


def _filters() -> np.ndarray:
    """`(bins, bands)`."""
    return mel.filters(RATE, FFT, BANDS, 60)


@lru_cache(maxsize=1)
def _inverse_filters() -> np.ndarray:
    """Spread each band over its bins: the transpose, scaled so that each bin keeps its level."""
    filters = _filters().T
    weights = filters / np.maximum(filters.sum(axis=0, keepdims=True), 1e-9)
    return (weights / np.maximum(filters.sum(axis=1), 1e-9)[:, None]).T  # (bins, bands)
