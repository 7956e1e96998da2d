"""Recordings that people upload, decoded within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from mmdemo.core.errors import MediaError
from mmdemo.core.language import _

MAX_SECONDS = 60.0
"""Longer recordings are cut here while they are decoded, so that three hours cost no more."""
LOUDEST = 2.0**32
"""Beyond what any format means, and far from where squares of samples overflow."""
MIN_SECONDS = 0.02
MAX_CHANNELS = 64
SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".mp4", ".webm")
"""Of files in a folder that are taken for recordings, in lower case."""
_CONTAINER_OPTIONS = {
    "format_whitelist": "wav,w64,aiff,caf,au,flac,ogg,mp3,aac,mov,matroska,asf,avi,mpeg,mpegts,amr",
    "protocol_whitelist": "file",
}
"""FFmpeg also reads playlists, which name other files and addresses: an upload must not."""
SILENCE = 1e-4
"""Peak amplitude under which a recording holds nothing to hear."""


@dataclass(frozen=True)
class Clip:
    """A decoded recording.

    Attributes:
        samples: float32, mono, shape (n,), nominally in [-1, 1].
        sample_rate: in Hz.
        truncated: whether the file was longer than the bound and was cut.
    """

    samples: np.ndarray
    sample_rate: int
    truncated: bool = False

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


def is_silent(samples: np.ndarray) -> bool:
    """Whether samples `(n,)` hold nothing to hear: their peak is under -80 dB of full scale."""
    return float(np.abs(samples).max(initial=0.0)) < SILENCE


def load(path: Path, sample_rate: int, max_seconds: float = MAX_SECONDS) -> Clip:
    """Decode any audio file, or the sound of a video, to mono at the wanted rate.

    WAV, FLAC, Ogg, MP3, M4A, MP4 and WebM are read by PyAV, whose wheel carries its codecs.
    Channels are averaged.

    Args:
        path: the file.
        sample_rate: in Hz; the recording is resampled to it.
        max_seconds: what comes later is not decoded.

    Raises:
        MediaError: not audio, damaged, empty, too short, or with values that are not numbers.
    """
    try:
        samples, rate, truncated = _decode(path, max_seconds)
    except FileNotFoundError as error:
        raise MediaError(_("There is no file at {path}.").format(path=path)) from error
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise MediaError(
            _(
                "This file is not a recording that can be read, or it is damaged. Use WAV, "
                "FLAC, Ogg, MP3, M4A or WebM."
            )
        ) from error
    if len(samples) < MIN_SECONDS * rate:
        raise MediaError(_("This recording is empty, or shorter than two hundredths of a second."))
    if not (np.abs(samples) < LOUDEST).all():  # nor is what is not a number
        raise MediaError(
            _(
                "This recording is damaged: some of its values are not numbers, or far too "
                "large. Export it again."
            )
        )
    samples = resampled(samples, rate, sample_rate)
    return Clip(np.ascontiguousarray(samples, dtype=np.float32), sample_rate, truncated)


def resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Samples `(n,)` at another rate, both in Hz."""
    if rate == wanted or samples.size == 0:
        return samples
    import soxr

    return soxr.resample(samples, rate, wanted, quality="HQ")


def _decode(path: Path, max_seconds: float) -> tuple[np.ndarray, int, bool]:
    """Mono samples at the file's own rate, and whether the file goes on after `max_seconds`."""
    with av.open(str(path), options=_CONTAINER_OPTIONS, metadata_errors="ignore") as container:
        if not container.streams.audio:
            raise MediaError(_("This file holds no sound."))
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise MediaError(_("This recording is in a format that is not known here."))
        rate = stream.codec_context.sample_rate
        if not rate or stream.codec_context.channels > MAX_CHANNELS:
            raise MediaError(_("This recording has an unusual sample rate or number of channels."))
        limit = int(max_seconds * rate)
        parts: list[np.ndarray] = []
        count = 0
        for part in _frames(container, stream):
            parts.append(part)
            count += len(part)
            if count > limit:
                break
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return samples[:limit], rate, count > limit


def _frames(
    container: av.container.InputContainer, stream: av.audio.stream.AudioStream
) -> Iterator[np.ndarray]:
    """Decoded frames as float32 mono; packets that cannot be decoded are left out.

    The channels are averaged here rather than by FFmpeg, which weighs them by a layout that
    multichannel files often lack. They are asked for interleaved: reading eight separate planes
    crashes PyAV 18.
    """
    resampler = av.AudioResampler(format="flt")
    failure: av.error.InvalidDataError | None = None
    decoded = False
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            failure = error  # players skip it too: a tag within an MP3, a packet cut off
            continue
        for frame in frames:
            decoded = True
            for packed in resampler.resample(frame):
                channels = packed.layout.nb_channels
                samples = packed.to_ndarray().reshape(-1, channels)  # (1, n * channels) -> (n, c)
                with np.errstate(all="ignore"):  # damaged ones: `load` looks at all of them
                    mono = samples.mean(axis=1, dtype=np.float32)
                yield mono
    if failure is not None and not decoded:
        raise failure
