"""From samples to what the networks see; the same code trains and serves. No Keras here.

What takes samples raises a `UserError` where they are empty, not finite or silent: their peak is
below -80 dB of full scale.
"""

from __future__ import annotations

import numpy as np

from mmdemo.core.language import _
from mmdemo.core.media import mel

from .config import Input

LOWEST_DB = -100.0
LIBROSA_FFT = 2048  # samples of librosa's own spectrum, and the least that it takes


def check(samples: np.ndarray) -> np.ndarray:
    """Samples as float32 without their mean."""
    return mel.audible(
        samples, _("Choose one that holds a sound."), _(", or choose one that holds a sound.")
    )


def network_input(samples: np.ndarray, config: Input) -> np.ndarray:
    """Batch that the network takes for one recording.

    Args:
        samples: `(n,)` at `config.sample_rate`, in [-1, 1].

    Returns:
        `(windows, frames, bands, 1)` for log-mel, `(1, bands, frames)` for MFCC; float32.
    """
    return batched(extract(samples, config), config)


def extract(samples: np.ndarray, config: Input) -> np.ndarray:
    """What of a recording does not depend on the network's windows.

    Returns:
        The trimmed log-mel picture `(frames, bands)` in decibels, or the MFCC `(bands, frames)`.
    """
    if config.features == "mfcc":
        return mfcc(samples, config)
    return trimmed(log_mel(samples, config), config)


def batched(extracted: np.ndarray, config: Input) -> np.ndarray:
    """What `extract` gives as the batch that the network takes."""
    return extracted[None] if config.features == "mfcc" else windows(extracted, config)


def log_mel(samples: np.ndarray, config: Input) -> np.ndarray:
    """Power in mel bands, in decibels below the loudest point: `(frames, bands)` in [-100, 0].

    Does not change with the gain of the recording.
    """
    taper = np.hanning(config.fft + 1)[:-1].astype(np.float32)
    filters = mel.filters(config.sample_rate, config.fft, config.bands, config.lowest)
    return mel.log_mel(check(samples), taper, config.hop, filters, LOWEST_DB)


def trimmed(picture: np.ndarray, config: Input) -> np.ndarray:
    """Without the silent frames at both ends."""
    heard = np.flatnonzero(picture.max(axis=1) > -config.trim)
    return picture[heard[0] : heard[-1] + 1]


def repeated(picture: np.ndarray, frames: int) -> np.ndarray:
    """Played again and again until it is at least `frames` long."""
    return np.tile(picture, (-(-frames // len(picture)), 1))


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
    starts = sorted({*range(0, last, length // 2), last})
    cut = np.stack([picture[start : start + length] for start in starts])
    loudest = cut.max(axis=(1, 2), keepdims=True)
    salient = loudest[:, 0, 0] > -config.salient
    return drawn((cut - loudest)[salient], config.floor)[..., None]


def clip_samples(config: Input) -> int:
    """Samples that fill one window of a log-mel network."""
    return (config.frames - 1) * config.hop


def clips(samples: np.ndarray, config: Input) -> np.ndarray:
    """A recording in pieces of one window: `(n, clip_samples)` float32, the loudest first.

    They do not overlap. Pieces that are more than `config.salient` decibels quieter than the
    loudest are left out; a shorter recording is played again and again.

    Args:
        samples: `(n,)` at `config.sample_rate`, in [-1, 1].
    """
    samples = check(samples)
    length = clip_samples(config)
    samples = np.tile(samples, -(-length // len(samples)))
    rest = len(samples) % length
    # What is left over is on both sides, since recordings begin and end with little.
    cut = samples[rest // 2 : len(samples) - (rest - rest // 2)].reshape(-1, length)
    power = np.square(cut, dtype=np.float64).mean(axis=1)
    order = np.argsort(-power, kind="stable")
    return cut[order[power[order] >= power.max() * 10 ** (-config.salient / 10)]]


def mfcc(samples: np.ndarray, config: Input) -> np.ndarray:
    """MFCC of every third sample, as the source does it: `(bands, frames)`, zero-padded or cut."""
    import librosa

    check(samples)
    samples = np.asarray(samples, dtype=np.float32)[:: config.decimation]
    samples = librosa.util.fix_length(samples, size=max(len(samples), LIBROSA_FFT))
    values = librosa.feature.mfcc(y=samples, sr=config.sample_rate, n_mfcc=config.bands)
    return librosa.util.fix_length(values, size=config.frames, axis=1).astype(np.float32)


def pooled(embeddings: np.ndarray, config: Input) -> np.ndarray:
    """Embeddings of a recording's windows `(windows, d)` -> of the recording `(d,)`.

    Log-mel: their mean, scaled to length 1. MFCC has one window.
    """
    mean = embeddings.mean(axis=0)
    return mean / np.linalg.norm(mean) if config.features == "log_mel" else mean
