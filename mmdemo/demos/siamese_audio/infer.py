"""Comparing and naming sounds: typed functions that the page, the API and the tests share.

What takes a sound raises a `UserError` where it is empty, damaged or silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.media import audio
from mmdemo.core.media.audio import Clip
from mmdemo.core.serve.one_shot import OneShot
from mmdemo.core.serve.runtime import Loaded

from . import DEMO, features
from .config import DEFAULT

SAMPLE_RATE = DEFAULT.input.sample_rate
PICTURE_DB = 80.0
PICTURE_COLUMNS = 128


def load(path: Path) -> Clip:
    """A recording, decoded as every preset takes it: mono, 16 kHz, at most 60 seconds.

    Raises:
        MediaError: not audio, damaged, empty or too short.
    """
    return audio.load(path, SAMPLE_RATE)


def compare(
    clip_a: Clip, clip_b: Clip, preset: str = "default", threshold: float | None = None
) -> dict[str, Any]:
    """What `verify` decides, for JSON, with the sounds' `note`."""
    decision = verify(clip_a, clip_b, preset, threshold)
    return {**decision.to_dict(), "note": note(clip_a, clip_b)}


def mel(clip: Clip) -> np.ndarray:
    """Log-mel picture of a sound, whatever the preset sees: float32 `(64, frames)`.

    The lowest band comes first. Decibels from 0 at the loudest point down to -80; column k is the
    sound at `k / 50` seconds.
    """
    samples = _at_rate(clip, SAMPLE_RATE)
    return np.maximum(features.log_mel(samples, DEFAULT.input), -PICTURE_DB).T


def picture(clip: Clip) -> np.ndarray:
    """A small grey picture of a sound for a table: uint8 `(64, 128 or less)`, low pitches below."""
    decibels = mel(clip)
    parts = np.array_split(decibels, min(PICTURE_COLUMNS, decibels.shape[1]), axis=1)
    columns = np.stack([part.max(axis=1) for part in parts], axis=1)  # (64, columns)
    return (255 * (1 + columns[::-1] / PICTURE_DB)).round().astype(np.uint8)


def note(clip_a: Clip, clip_b: Clip) -> str:
    """A sentence that says which of two sounds was cut; nothing where none was."""
    clips = {"first": clip_a, "second": clip_b}.items()
    cut = [which for which, c in clips if c.truncated or c.seconds > audio.MAX_SECONDS]
    if not cut:
        return ""
    are, their = ("are", "their beginnings were") if len(cut) > 1 else ("is", "its beginning was")
    limit = f"{audio.MAX_SECONDS:.0f} seconds"
    return f"The {' and the '.join(cut)} sound {are} longer than {limit}: only {their} used."


def warm() -> None:
    """Load the default network and the libraries that the first request would wait for."""
    tone = np.sin(np.arange(SAMPLE_RATE) * 0.2).astype(np.float32)
    embed(Clip(tone, SAMPLE_RATE))


def predict(paths: Sequence[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer.

    Two files: are they of one kind? Or a folder of enrolled sounds, then one file or more: what are
    they? The folder holds a recording per kind, named after it, or a sub-folder of them.

    Raises:
        UserError: other paths than these, or a recording that cannot be used; names it.
    """
    return NETWORKS.predict(paths, preset, compare)


def _read(path: Path) -> Clip:
    clip = load(path)
    features.check(clip.samples)
    return clip


def _embeddings(network: Loaded, clips: Sequence[Clip]) -> np.ndarray:
    """`(n, d)` float32; no more than the first 60 seconds of a sound count."""
    config = network.config.input
    inputs = [features.network_input(_at_rate(c, config.sample_rate), config) for c in clips]
    return np.stack([features.pooled(network.call(windows), config) for windows in inputs])


def _at_rate(clip: Clip, wanted: int) -> np.ndarray:
    samples = np.asarray(clip.samples, dtype=np.float32)
    samples = samples[: int(audio.MAX_SECONDS * clip.sample_rate)]
    return audio.resampled(samples, clip.sample_rate, wanted)


NETWORKS = OneShot(
    DEMO,
    _embeddings,
    _read,
    "Give two recordings to compare, or a folder of enrolled recordings and recordings to name.",
)
"""Its samples are `Clip`s, of any length and rate."""
embed, embed_all, verify = NETWORKS.embed, NETWORKS.embed_all, NETWORKS.verify
identify, dimensions = NETWORKS.identify, NETWORKS.dimensions
