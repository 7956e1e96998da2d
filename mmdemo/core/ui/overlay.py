"""Regions as pictures: what lies over a photo, and in which colours.

Imports no Keras and no Gradio.
"""

from __future__ import annotations

import base64
import colorsys
import io

import numpy as np
from PIL import Image

from mmdemo.core.data.outlined import in_size
from mmdemo.core.language import _
from mmdemo.core.ui.pictures import EXACT

SHOWN = 960
"""Pixels of the longer side of whatever is sent to the page, at most."""
LEAST = 480
"""The same of what is drawn over a picture, at least: thin lines need some."""
LONG = 6
"""Times as long as broad, from which on a picture is a strip: as wide as the page, it would be a
line."""
LARGER = 4
"""Times what is allowed otherwise, which a strip may be long."""
BROAD, LONGEST = 8, 400
"""Of a strip on the page, which is pushed aside to be seen, in heights of a letter."""
PALETTE = (
    "#38bdf8",
    "#fb923c",
    "#4ade80",
    "#f472b6",
    "#facc15",
    "#a78bfa",
    "#2dd4bf",
    "#f87171",
    "#a3e635",
    "#818cf8",
    "#e5e7eb",
)
"""Seen on black and on the pink and violet of stained tissue."""
_TURN = 0.618
"""Of the colour wheel, from one further colour to the next: none comes back."""
_OWN = 256
"""Colours of a picture with a palette; the first is left free for what is no region."""


def colour(place: int) -> str:
    """A colour by its place: those of the palette, then as many others as are wanted."""
    if place < len(PALETTE):
        return PALETTE[place]
    red, green, blue = colorsys.hls_to_rgb(place * _TURN % 1, 0.65, 0.8)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def rgb(name: str) -> tuple[int, int, int]:
    """`#rrggbb` as three numbers."""
    red, green, blue = bytes.fromhex(name[1:])
    return red, green, blue


# === Sizes ===


def longest(width: float, height: float, most: float) -> float:
    """How long the longer side of a picture may be, where it is to be `most`.

    A strip, as which it would be a line, stays as broad as a picture that is just none.
    """
    shape = max(width, height) / min(width, height)
    return min(max(most, most / LONG * shape), LARGER * most)


def fitted(width: float, height: float, most: float) -> tuple[float, float]:
    """Both sides of a picture that is scaled such that the longer one is `longest`."""
    scale = longest(width, height, most) / max(width, height)
    return width * scale, height * scale


def laid(drawing: str, width: float, height: float) -> str:
    """A drawing of a picture as HTML: of a strip in a box in which it is pushed aside.

    Args:
        drawing: an element.
        width, height: of the picture, in any unit.
    """
    shape = max(width, height) / min(width, height)
    if shape <= LONG:
        return drawing
    long = min(BROAD * shape, LONGEST)
    across, down = (long, long / shape) if width > height else (long / shape, long)
    label = _("A long picture, which can be pushed aside")
    return (
        f'<div class="mm-strip" style="--across:{across:.1f}rem;--down:{down:.1f}rem" '
        f'tabindex="0" role="region" aria-label="{label}">{drawing}</div>'
    )


def bounded(labels: np.ndarray, most: int = SHOWN) -> np.ndarray:
    """A label map whose longer side has at most so many pixels, or `longest`."""
    height, width = labels.shape
    scale = longest(width, height, most) / max(height, width)
    if scale >= 1:
        return labels
    return in_size(labels, (max(1, round(height * scale)), max(1, round(width * scale))))


def enlarged(labels: np.ndarray, least: int = LEAST) -> np.ndarray:
    """A label map, each of whose pixels became a square if the map was small."""
    times = -(-least // max(labels.shape))
    return labels.repeat(times, axis=0).repeat(times, axis=1)


# === Colours ===


def spread(labels: np.ndarray, count: int) -> np.ndarray:
    """Which colour each region gets, such that no two that touch, or nearly do, have the same one.

    Args:
        labels: `(h, w)`, 0 where there is none, the others from 1 to `count`.
        count: of regions.

    Returns:
        `(count,)`: places for `colour`. Of those that are free the one that is rarest so far.
    """
    near: list[set[int]] = [set() for _ in range(count)]
    for one, other in _neighbours(labels, count):
        near[one].add(other)
        near[other].add(one)
    chosen = np.full(count, -1)
    used = [0] * len(PALETTE)
    for region in range(count):
        taken = {int(chosen[other]) for other in near[region]}
        free = [place for place in range(len(used)) if place not in taken]
        if free:
            place = min(free, key=used.__getitem__)
        else:
            place = len(used)
            used.append(0)
        used[place] += 1
        chosen[region] = place
    return chosen


def _neighbours(labels: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Pairs of regions that lie beside one another, counted from 0."""
    reach = max(2, max(labels.shape) // 120)
    steps = {(0, 1), (1, 0), (1, 1), (1, -1)}
    steps |= {(down * reach, across * reach) for down, across in steps}
    pairs = set()
    height, width = labels.shape
    for down, across in steps:
        left, right = max(0, -across), max(0, across)
        here = labels[: max(0, height - down), left : max(left, width - right)]
        there = labels[down:, right : max(right, width - left)]
        meet = (here != there) & (here > 0) & (there > 0)
        codes = np.unique(here[meet].astype(np.int64) * (count + 1) + there[meet])
        pairs |= {(code // (count + 1) - 1, code % (count + 1) - 1) for code in codes.tolist()}
    return sorted(pairs)


# === Pictures ===


def outlines(labels: np.ndarray, thick: int = 1) -> np.ndarray:
    """Where the pixels at the rims of regions are, `(h, w)`, within the regions."""
    padded = np.pad(labels, thick, mode="edge")
    height, width = labels.shape
    rim = np.zeros(labels.shape, bool)
    for step in range(1, thick + 1):
        for down, across in ((0, step), (step, 0), (0, -step), (-step, 0)):
            top, left = thick + down, thick + across
            rim |= padded[top : top + height, left : left + width] != labels
    return rim & (labels > 0)


def thickness(labels: np.ndarray) -> int:
    """Pixels of an outline that is seen where a map of this size is drawn on a page."""
    return max(1, round(min(max(labels.shape), LONG * min(labels.shape)) / 250))


def coloured(places: np.ndarray) -> str:
    """A picture, as a data address, that is clear where `places` are below 0.

    Args:
        places: `(h, w)`, for `colour`.
    """
    last = min(int(places.max(initial=0)), _OWN - 2)
    picture = Image.fromarray((np.minimum(places, last) + 1).astype(np.uint8))
    palette = [0, 0, 0, 0]
    for place in range(last + 1):
        palette += [*rgb(colour(place)), 255]
    picture.putpalette(palette, "RGBA")
    return EXACT + _png(picture)


def packed(labels: np.ndarray) -> str:
    """A label map as a picture in a data address: red is the lower byte, green the higher one."""
    channels = np.stack([labels & 255, labels >> 8 & 255, np.zeros_like(labels)], axis=-1)
    return EXACT + _png(Image.fromarray(channels.astype(np.uint8)))


def photo(image: np.ndarray, most: int = SHOWN) -> Image.Image:
    """A picture whose longer side has at most so many pixels, or `longest`."""
    picture = Image.fromarray(image)
    picture.thumbnail((longest(*picture.size, most),) * 2, Image.Resampling.BOX)
    return picture


def jpeg(picture: Image.Image) -> str:
    """A picture as a data address."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _png(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return base64.b64encode(buffer.getvalue()).decode()
