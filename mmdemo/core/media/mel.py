"""Sounds as networks see them: power in mel bands over time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.media.audio import is_silent


def audible(samples: np.ndarray, advice: str, then: str) -> np.ndarray:
    """Samples `(n,)` as float32 without their mean.

    Args:
        samples: in [-1, 1].
        advice: what to do about an empty recording.
        then: what to do about a silent one, beside a look at the microphone.

    Raises:
        UserError: empty, not finite, or silent (peak below -80 dB of full scale).
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim != 1 or samples.size == 0:
        raise UserError(_("This recording is empty. {advice}").format(advice=advice))
    if not np.isfinite(samples).all():
        raise UserError(_("This recording is damaged: some of its values are not numbers."))
    samples = samples - samples.mean(dtype=np.float64).astype(np.float32)
    if is_silent(samples):
        raise UserError(_("This recording is silent. Check the microphone{then}").format(then=then))
    return samples


def log_mel(
    samples: np.ndarray, taper: np.ndarray, hop: int, bank: np.ndarray, floor: float
) -> np.ndarray:
    """Power in mel bands, in decibels below the loudest point: float32 `(frames, bands)`.

    Does not change with the gain of the recording: it is scaled to peak 1 first.

    Args:
        samples: as `audible` gives them.
        taper: window `(fft,)` of a spectrum.
        hop: samples from one spectrum to the next.
        bank: from `filters`.
        floor: lowest value, below 0.
    """
    padded = np.pad(samples / np.abs(samples).max(), len(taper) // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(taper))[::hop]
    mel = np.abs(np.fft.rfft(frames * taper, axis=1)) ** 2 @ bank  # (frames, bands)
    return (10 * np.log10(np.maximum(mel / mel.max(), 10 ** (floor / 10)))).astype(np.float32)


@lru_cache(maxsize=8)
def filters(rate: int, fft: int, bands: int, lowest: float) -> np.ndarray:
    """`(fft // 2 + 1, bands)`, from `lowest` Hz to half the rate."""
    import librosa

    bank = librosa.filters.mel(sr=rate, n_fft=fft, n_mels=bands, fmin=lowest, fmax=rate / 2)
    return np.ascontiguousarray(bank.T)
