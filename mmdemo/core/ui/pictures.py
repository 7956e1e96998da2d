"""Arrays as pictures: data addresses and inline SVG."""

from __future__ import annotations

import base64
import io
import itertools

import numpy as np
from PIL import Image

from mmdemo.core.language import _
from mmdemo.core.ui.charts import COLOURS

EXACT = "data:image/png;exact=1;base64,"
"""Begins the address of a picture that is kept bit by bit where an answer is stored: a map of
labels, flat colours. Others are packed with loss."""


def spectrogram(decibels: np.ndarray, height: int = 160, width: int = 480) -> str:
    """A time-frequency picture as a data address.

    Args:
        decibels: shape (bands, frames), the lowest band first; any range.
        height: pixels of the picture.
        width: pixels of the picture.
    """
    low, high = float(decibels.min()), float(decibels.max())
    share = (decibels[::-1] - low) / max(high - low, 1e-9)  # low pitches at the bottom
    picture = Image.fromarray(_coloured(share).round().astype(np.uint8))
    return _png(picture.resize((width, height), Image.Resampling.NEAREST))


def heat(picture: np.ndarray, values: np.ndarray, longer: int = 320) -> str:
    """A picture, grey, with what a coarse map says of its places laid over it in colour.

    Args:
        picture: uint8 `(h, w, 3)`.
        values: `(h', w')`; what is 0 or below stays grey, the highest is brightest.
        longer: pixels of the longer side of what is made.
    """
    height, width = picture.shape[:2]
    scale = longer / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    share = np.maximum(values, 0) / max(float(values.max(initial=0)), 1e-9)
    smooth = Image.fromarray(share.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    share = np.clip(np.asarray(smooth), 0, 1)[..., None]
    grey = Image.fromarray(picture).convert("L").resize(size, Image.Resampling.BICUBIC)
    mixed = (1 - 0.75 * share) * np.asarray(grey)[..., None] + 0.75 * share * _coloured(
        share[..., 0]
    )
    return _png(Image.fromarray(mixed.round().astype(np.uint8)))


def channels(maps: np.ndarray, count: int = 24) -> list[tuple[str, int]]:
    """The strongest channels of a feature map as pictures: `(data address, channel)`.

    Args:
        maps: `(h, w, channels)`.
        count: at most so many.
    """
    strongest = np.argsort(-np.abs(maps).max(axis=(0, 1)), kind="stable")[:count]
    made = []
    for channel in strongest:
        values = maps[..., channel]
        low, high = float(values.min()), float(values.max())
        share = (values - low) / max(high - low, 1e-9)
        picture = Image.fromarray((255 * share).round().astype(np.uint8), "L")
        # With a palette it has a third of the bytes.
        picture.putpalette(_coloured(np.arange(256) / 255).round().astype(np.uint8).tobytes())
        scale = max(1, -(-96 // max(values.shape)))
        size = values.shape[1] * scale, values.shape[0] * scale
        made.append((_png(picture.resize(size, Image.Resampling.NEAREST)), int(channel)))
    return made


def plane(values: np.ndarray, least: int = 4) -> str:
    """A matrix as a picture, its lowest value dark and its highest bright.

    Args:
        values: `(h, w)`.
        least: pixels of a number's side.
    """
    low, high = float(values.min()), float(values.max())
    colours = _coloured((values - low) / max(high - low, 1e-9)).round().astype(np.uint8)
    scale = max(least, 320 // max(values.shape)) if max(values.shape) < 320 else 1
    size = values.shape[1] * scale, values.shape[0] * scale
    return _png(Image.fromarray(colours).resize(size, Image.Resampling.NEAREST))


def weights(kernel: np.ndarray, side: int = 60) -> str:
    """A filter as a picture: grey is 0, or a coloured one where it has the three channels of RGB.

    Args:
        kernel: `(h, w, 1 or 3)`.
        side: pixels of the longer side, at least.
    """
    top = max(float(np.abs(kernel).max()), 1e-9)
    shades = (127.5 + 127.5 * kernel / top).round().astype(np.uint8)
    scale = max(1, side // max(kernel.shape[:2]))
    picture = Image.fromarray(shades if kernel.shape[2] == 3 else shades[..., 0])
    size = kernel.shape[1] * scale, kernel.shape[0] * scale
    return _png(picture.resize(size, Image.Resampling.NEAREST))


def _coloured(share: np.ndarray) -> np.ndarray:
    """Parts of one as colours from dark to bright, `(..., 3)`, 0 to 255."""
    stops = np.array(_HEAT, dtype=np.float64)
    position = share * (len(stops) - 1)
    return np.stack(
        [np.interp(position, np.arange(len(stops)), stops[:, c]) for c in range(3)], axis=-1
    )


_HEAT = ((8, 10, 40), (64, 22, 110), (150, 40, 120), (226, 84, 72), (250, 160, 40), (252, 246, 170))


def picture(array: np.ndarray) -> str:
    """A uint8 array of shape (h, w) or (h, w, 3) as a PNG data address."""
    return _png(Image.fromarray(array))


def waveform(samples: np.ndarray, columns: int = 240) -> str:
    """The envelope of a recording as inline SVG.

    Args:
        samples: mono, shape (n,).
        columns: number of bars.
    """
    edges = np.linspace(0, len(samples), columns + 1).astype(int)
    peaks = [
        float(np.abs(samples[a : max(b, a + 1)]).max(initial=0.0))
        for a, b in itertools.pairwise(edges)
    ]
    top = max(*peaks, 1e-9)
    bars = "".join(
        f'<rect x="{2 * i}" y="{30 - 28 * p / top:.1f}" width="1.4" '
        f'height="{max(56 * p / top, 0.6):.1f}"/>'
        for i, p in enumerate(peaks)
    )
    return (
        f'<svg viewBox="0 0 {2 * columns} 60" preserveAspectRatio="none" class="mm-wave" '
        f'role="img" aria-label="{_("Waveform")}" fill="{COLOURS[0]}">{bars}</svg>'
    )


def _png(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
