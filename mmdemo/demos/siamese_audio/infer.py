"""Comparing and naming sounds: typed functions that the page, the API and the tests share.

What takes a sound raises a `UserError` where it is empty, damaged or silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.language import N_, _, sentences
from mmdemo.core.measure import unlike
from mmdemo.core.media import audio
from mmdemo.core.media.audio import Clip
from mmdemo.core.serve.one_shot import OneShot
from mmdemo.core.serve.runtime import Loaded

from . import DEMO, features, speech
from .config import DEFAULT

SAMPLE_RATE = DEFAULT.input.sample_rate
PICTURE_DB = 80.0
PICTURE_COLUMNS = 128
SPOKEN = N_(
    "This sounds like speech. It compares kinds of sound and is not a voice recogniser: it cannot "
    "say who speaks, or whether both are one person."
)
ALONE_STRANGE = N_(
    "This sound is like a note of music, a tone or a steady noise, and it learnt animals, weather "
    "and things instead."
)
FIRST_STRANGE = N_(
    "The first sound is like a note of music, a tone or a steady noise, and it learnt animals, "
    "weather and things instead."
)
SECOND_STRANGE = N_(
    "The second sound is like a note of music, a tone or a steady noise, and it learnt animals, "
    "weather and things instead."
)
BOTH_STRANGE = N_(
    "Both sounds are like notes of music, tones or steady noise, and it learnt animals, weather "
    "and things instead."
)


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


def teachable(path: Path) -> list[np.ndarray]:
    """A recording as kinds of one's own are taught and asked, in pieces; see `features.clips`.

    Raises:
        UserError: not audio, damaged, empty, too short or silent.
    """
    return list(features.clips(load(path).samples, DEFAULT.input))


def piece_picture(samples: np.ndarray) -> np.ndarray:
    """`picture` of a piece `(n,)` of a recording."""
    return picture(Clip(samples, SAMPLE_RATE))


def picture(clip: Clip) -> np.ndarray:
    """A small grey picture of a sound for a table: uint8 `(64, 128 or less)`, low pitches below."""
    decibels = mel(clip)
    parts = np.array_split(decibels, min(PICTURE_COLUMNS, decibels.shape[1]), axis=1)
    columns = np.stack([part.max(axis=1) for part in parts], axis=1)  # (64, columns)
    return (255 * (1 + columns[::-1] / PICTURE_DB)).round().astype(np.uint8)


def note(clip_a: Clip, clip_b: Clip) -> str:
    """What must be said of two sounds: that one was cut, that it is speech; mostly nothing."""
    return sentences(cut(clip_a, clip_b), strange(clip_a, clip_b))


def strange(clip_a: Clip, clip_b: Clip | None = None) -> str:
    """That one of the sounds is speech or unlike all kinds that were learnt; mostly nothing."""
    stored = NETWORKS.network("default").preprocess
    if "speech" not in stored:  # of a network that learnt one's own recordings
        return ""
    clips = [clip_a] if clip_b is None else [clip_a, clip_b]
    vectors = _embeddings(NETWORKS.network("default"), clips)
    if (speech.probability(vectors, stored["speech"]) >= speech.LIMIT).any():
        return _(SPOKEN)
    told = [unlike.is_strange(vector, stored) for vector in vectors]
    if not any(told):
        return ""
    if clip_b is None:
        return _(ALONE_STRANGE)
    return _(BOTH_STRANGE if all(told) else FIRST_STRANGE if told[0] else SECOND_STRANGE)


def cut(clip_a: Clip, clip_b: Clip) -> str:
    """That only the beginning of a sound was used; mostly nothing."""
    first, second = (c.truncated or c.seconds > audio.MAX_SECONDS for c in (clip_a, clip_b))
    if first and second:
        said = _(
            "The first and the second sound are longer than {limit:.0f} seconds: only their "
            "beginnings were used."
        )
    elif first:
        said = _("The first sound is longer than {limit:.0f} seconds: only its beginning was used.")
    elif second:
        said = _(
            "The second sound is longer than {limit:.0f} seconds: only its beginning was used."
        )
    else:
        return ""
    return said.format(limit=audio.MAX_SECONDS)


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
