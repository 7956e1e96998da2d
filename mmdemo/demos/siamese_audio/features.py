"""From samples to what the networks see; the same code trains and serves. No Keras here."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.media.audio import is_silent

from .config import Input

LOWEST_DB = -100.0
LIBROSA_FFT = 2048  # samples of librosa's own spectrum, and the least that it takes


def check(samples: np.ndarray) -> np.ndarray:
    """Samples as float32 without their mean.

    Raises:
        UserError: empty, not finite, or silent (peak below -80 dB of full scale).
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim != 1 or samples.size == 0:
        raise UserError("This recording is empty. Choose one that holds a sound.")
    if not np.isfinite(samples).all():
        raise UserError("This recording is damaged: some of its values are not numbers.")
    samples = samples - samples.mean(dtype=np.float64).astype(np.float32)
    if is_silent(samples):
        raise UserError(
            "This recording is silent. Check the microphone, or choose one that holds a sound."
        )
    return samples


def network_input(samples: np.ndarray, config: Input) -> np.ndarray:
    """Batch that the network takes for one recording.

    Args:
        samples: `(n,)` at `config.sample_rate`, in [-1, 1].

    Returns:
        `(windows, frames, bands, 1)` for log-mel, `(1, bands, frames)` for MFCC; float32.

    Raises:
        UserError: the recording is empty, damaged or silent.
    """
    return batched(extract(samples, config), config)


def extract(samples: np.ndarray, config: Input) -> np.ndarray:
    """What of a recording does not depend on the network's windows.

    Returns:
        The trimmed log-mel picture `(frames, bands)` in decibels, or the MFCC `(bands, frames)`.

    Raises:
        UserError: the recording is empty, damaged or silent.
    """
    if config.features == "mfcc":
        return mfcc(samples, config)
    return trimmed(log_mel(samples, config), config)


def batched(extracted: np.ndarray, config: Input) -> np.ndarray:
    """What `extract` gives as the batch that the network takes."""
    return extracted[None] if config.features == "mfcc" else windows(extracted, config)


def log_mel(samples: np.ndarray, config: Input) -> np.ndarray:
    """Power in mel bands, in decibels below the loudest point: `(frames, bands)` in [-100, 0].

    Does not change with the gain of the recording: it is scaled to peak 1 first.

    Raises:
        UserError: the recording is empty, damaged or silent.
    """
    samples = check(samples)
    samples = samples / np.abs(samples).max()
    padded = np.pad(samples, config.fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.fft)[:: config.hop]
    taper, filters = _mel(config.sample_rate, config.fft, config.bands, config.lowest)
    power = np.abs(np.fft.rfft(frames * taper, axis=1)).astype(np.float32) ** 2
    mel = power @ filters  # (frames, bands)
    quietest = 10 ** (LOWEST_DB / 10)
    return 10 * np.log10(np.maximum(mel / mel.max(), quietest))


@lru_cache(maxsize=8)
def _mel(rate: int, fft: int, bands: int, lowest: float) -> tuple[np.ndarray, np.ndarray]:
    """Hann window `(fft,)` and mel filters `(fft // 2 + 1, bands)`."""
    import librosa

    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(fft) / fft)
    filters = librosa.filters.mel(sr=rate, n_fft=fft, n_mels=bands, fmin=lowest, fmax=rate / 2)
    return taper.astype(np.float32), np.ascontiguousarray(filters.T)


def trimmed(picture: np.ndarray, config: Input) -> np.ndarray:
    """Without the silent frames at both ends."""
    heard = np.flatnonzero(picture.max(axis=1) > -config.trim)
    return picture[heard[0] : heard[-1] + 1]


def repeated(picture: np.ndarray, frames: int) -> np.ndarray:
    """Played again and again until it is at least `frames` long."""
    times = -(-frames // len(picture))
    return np.tile(picture, (times, 1)) if times > 1 else picture


def drawn(picture: np.ndarray, floor: float) -> np.ndarray:
    """Decibels in [-floor, 0] -> [-1, 1]; quieter ones become -1."""
    return (np.clip(picture, -floor, 0) * (2 / floor) + 1).astype(np.float32)


def windows(picture: np.ndarray, config: Input) -> np.ndarray:
    """Half-overlapping windows of the salient parts, each relative to its own loudest point.

    A shorter recording is repeated to fill one window.

    Args:
        picture: `(n, bands)` decibels below the loudest point.

    Returns:
        `(windows, frames, bands, 1)` in [-1, 1]; at least one window.
    """
    length = config.frames
    picture = repeated(picture, length)
    last = len(picture) - length
    starts = list(range(0, last + 1, length // 2))
    if starts[-1] != last:
        starts.append(last)
    cut = np.stack([picture[start : start + length] for start in starts])
    loudest = cut.max(axis=(1, 2), keepdims=True)
    salient = loudest[:, 0, 0] > -config.salient
    return drawn((cut - loudest)[salient], config.floor)[..., None]


def mfcc(samples: np.ndarray, config: Input) -> np.ndarray:
    """MFCC of every third sample, as the source does it: `(bands, frames)`, zero-padded or cut.

    Raises:
        UserError: the recording is empty, damaged or silent.
    """
    import librosa

    check(samples)
    samples = np.asarray(samples, dtype=np.float32)[:: config.decimation]
    samples = np.pad(samples, (0, max(0, LIBROSA_FFT - len(samples))))
    values = librosa.feature.mfcc(y=samples, sr=config.sample_rate, n_mfcc=config.bands)
    values = values[:, : config.frames]
    return np.pad(values, ((0, 0), (0, config.frames - values.shape[1]))).astype(np.float32)


def pooled(embeddings: np.ndarray, config: Input) -> np.ndarray:
    """Embeddings of a recording's windows `(windows, d)` -> of the recording `(d,)`.

    Log-mel: their mean, scaled to length 1. MFCC has one window.
    """
    mean = embeddings.mean(axis=0)
    return mean / np.linalg.norm(mean) if config.features == "log_mel" else mean
