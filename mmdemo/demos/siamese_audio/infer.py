"""Comparing and naming sounds: typed functions that the page, the API and the tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure import decisions as one_shot
from mmdemo.core.measure.decisions import Decision, Match
from mmdemo.core.media import audio
from mmdemo.core.media.audio import Clip
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import DEMO
from . import features as _features
from .config import DEFAULT, Config

SAMPLE_RATE = DEFAULT.sample_rate
PICTURE_DB = 80.0
PICTURE_COLUMNS = 128


@dataclass(frozen=True)
class Comparison(Decision):
    """Are two sounds of one kind?

    Attributes:
        mel_a, mel_b: float32 `(64, frames)` log-mel pictures, the lowest band first, in decibels
            from 0 at the loudest point down to -80; column k is the sound at `k / 50` seconds.
        note: a sentence for the user, such as that a long recording was cut, or nothing.
    """

    mel_a: np.ndarray
    mel_b: np.ndarray
    note: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON-able part: all but the pictures."""
        return {k: v for k, v in vars(self).items() if not k.startswith("mel_")}


def load(path: Path) -> Clip:
    """A recording, decoded as every preset takes it: mono, 16 kHz, at most 60 seconds.

    Raises:
        MediaError: not audio, damaged, empty or too short.
    """
    return audio.load(path, SAMPLE_RATE)


def features(samples: np.ndarray, sample_rate: int, preset: str = "default") -> np.ndarray:
    """What the network sees of a sound; no more than its first 60 seconds.

    Args:
        samples: `(n,)` mono, in [-1, 1].
        sample_rate: in Hz; resampled where the preset needs another.
        preset: `default` or `book`.

    Returns:
        `(windows, 128, 64, 1)` for DEFAULT: log-mel windows of the salient parts, in [-1, 1].
        `(1, 20, 400)` for BOOK: MFCC.

    Raises:
        UserError: no such preset, or the sound is empty, damaged or silent.
        WeightsError: the preset's weights are missing or corrupted.
    """
    DEMO.model_id(preset)
    config = _config(preset)
    return _features.network_input(_at_rate(samples, sample_rate, config.sample_rate), config)


def embed(clip: Clip, preset: str = "default") -> np.ndarray:
    """Embedding `(d,)` of a sound, float32.

    Raises:
        UserError: no such preset, or the sound is empty, damaged or silent.
        WeightsError: the preset's weights are missing or corrupted.
    """
    windows = features(clip.samples, clip.sample_rate, preset)
    return _features.pooled(runtime.model(DEMO.model_id(preset)).call(windows), _config(preset))


def embed_all(clip: Clip) -> dict[str, np.ndarray]:
    """Embedding of a sound under every preset.

    Raises:
        UserError: the sound is empty, damaged or silent.
        WeightsError: the weights of a preset are missing or corrupted.
    """
    return {preset: embed(clip, preset) for preset in dimensions()}


def dimensions() -> dict[str, int]:
    """Length of an embedding, per preset.

    Raises:
        WeightsError: the weights of a preset are missing.
    """
    return {known.name: artifacts.output_length(known) for known in DEMO.model_ids}


def verify(
    clip_a: Clip, clip_b: Clip, preset: str = "default", *, threshold: float | None = None
) -> Comparison:
    """Compare two sounds.

    Args:
        clip_a, clip_b: from `load`, or of samples at any rate.
        preset: `default` or `book`.
        threshold: distance up to which they count as the same; by default that at which the false
            accept and false reject rates on held-out pairs are equal.

    Raises:
        UserError: no such preset, or a sound is empty, damaged or silent.
        WeightsError: the preset's weights are missing or corrupted.
    """
    vectors = embed(clip_a, preset), embed(clip_b, preset)
    decision = one_shot.decide(*vectors, runtime.model(DEMO.model_id(preset)).preprocess, threshold)
    return Comparison(
        **vars(decision), mel_a=mel(clip_a), mel_b=mel(clip_b), note=_note(clip_a, clip_b)
    )


def identify(
    vector: np.ndarray, matrix: np.ndarray, names: Sequence[str], preset: str = "default"
) -> list[Match]:
    """The enrolled names, the nearest to an embedding first.

    Args:
        vector: `(d,)`, from `embed`.
        matrix: `(n, d)` embeddings of the enrolled sounds under the same preset.
        names: of the n sounds; a name may stand several times and counts by its nearest sound.
        preset: `default` or `book`.

    Raises:
        UserError: no such preset, nothing is enrolled, or the sounds were enrolled with another
            network.
        WeightsError: the preset's weights are missing or corrupted.
    """
    DEMO.model_id(preset)
    return one_shot.rank(vector, matrix, names, runtime.model(DEMO.model_id(preset)).preprocess)


def mel(clip: Clip) -> np.ndarray:
    """Log-mel picture of a sound as `Comparison` describes it, whatever the preset sees.

    Raises:
        UserError: the sound is empty, damaged or silent.
    """
    samples = _at_rate(clip.samples, clip.sample_rate, SAMPLE_RATE)
    return np.maximum(_features.log_mel(samples, DEFAULT), -PICTURE_DB).T


def picture(clip: Clip) -> np.ndarray:
    """A small grey picture of a sound for a table: uint8 `(64, 128 or less)`, low pitches below.

    Raises:
        UserError: the sound is empty, damaged or silent.
    """
    decibels = mel(clip)
    parts = np.array_split(decibels, min(PICTURE_COLUMNS, decibels.shape[1]), axis=1)
    columns = np.stack([part.max(axis=1) for part in parts], axis=1)  # (64, columns)
    return (255 * (1 + columns[::-1] / PICTURE_DB)).round().astype(np.uint8)


def warm() -> None:
    """Load the default network and the libraries that the first request would wait for."""
    tone = np.sin(np.arange(SAMPLE_RATE) * 0.2).astype(np.float32)
    embed(Clip(tone, SAMPLE_RATE))


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer.

    - Two files: are they of one kind?
    - A folder of enrolled sounds, then one file or more: what are they? The folder holds a
      recording per kind, named after it, or a sub-folder of recordings per kind.

    Raises:
        UserError: other paths than these, or a recording that cannot be used; names it.
    """
    DEMO.model_id(preset)
    if len(paths) >= 2 and paths[0].is_dir():
        return _predict_names(paths[0], paths[1:], preset)
    if len(paths) != 2:
        raise UserError(
            "Give two recordings to compare, or a folder of enrolled recordings and recordings "
            "to name."
        )
    clips = [_load_named(path) for path in paths]
    found = verify(*clips, preset)
    return {"task": "verify", "files": [str(path) for path in paths], **found.to_dict()}


def _predict_names(folder: Path, queries: Sequence[Path], preset: str) -> dict[str, Any]:
    sounds = one_shot.enrolled_files(folder)
    enrolled = np.stack([embed(_load_named(path), preset) for _, path in sounds])
    names = [name for name, _ in sounds]
    threshold = float(runtime.model(DEMO.model_id(preset)).preprocess["threshold"])
    answers = []
    for query in queries:
        matches = identify(embed(_load_named(query), preset), enrolled, names, preset)
        answers.append(
            {
                "file": str(query),
                "name": matches[0].name if matches[0].distance <= threshold else None,
                "candidates": [match.to_dict() for match in matches],
            }
        )
    return {"task": "identify", "threshold": threshold, "answers": answers}


def _load_named(path: Path) -> Clip:
    """A recording that can be embedded; errors name the file."""
    try:
        clip = load(path)
        _features.check(clip.samples)
    except UserError as error:
        raise type(error)(f"{path}: {error}") from error
    return clip


def _config(preset: str) -> Config:
    """The configuration that the stored weights were trained under."""
    config: Config = runtime.model(DEMO.model_id(preset)).config
    return config


def _at_rate(samples: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    samples = np.asarray(samples, dtype=np.float32)
    samples = samples[: int(audio.MAX_SECONDS * sample_rate)]
    if sample_rate == wanted or samples.size == 0:
        return samples
    import soxr  # installed by librosa

    return soxr.resample(samples, sample_rate, wanted, quality="HQ")


def _note(clip_a: Clip, clip_b: Clip) -> str:
    cut = [
        title
        for title, clip in (("first", clip_a), ("second", clip_b))
        if clip.truncated or clip.seconds > audio.MAX_SECONDS
    ]
    if not cut:
        return ""
    which = " and the ".join(cut)
    are, their = ("are", "their beginnings were") if len(cut) > 1 else ("is", "its beginning was")
    return (
        f"The {which} sound {are} longer than {audio.MAX_SECONDS:.0f} seconds: only {their} used."
    )
