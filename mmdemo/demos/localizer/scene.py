"""A photo with its box, as inline SVG and as a picture file. Imports no Keras and no Gradio."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mmdemo.core import language
from mmdemo.core.language import _, kind
from mmdemo.core.media.font import CHINESE, Font, font
from mmdemo.core.nets import boxes
from mmdemo.core.ui.charts import COLOURS

from .infer import Location

COLOUR = COLOURS[0]
SHOWN = 960
"""Pixels of the longer side of the photo on the page."""


def overlay(image: np.ndarray, location: Location) -> str:
    """The photo with the box and its label on it, as HTML that scales with the page.

    Args:
        image: uint8 `(h, w, 3)`, the photo that was looked at, or a scaled copy.
        location: of this photo.
    """
    photo = Image.fromarray(image)
    photo.thumbnail((SHOWN, SHOWN), Image.Resampling.BOX)
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=85)
    address = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
    # A picture of a few pixels gets room for lines and letters.
    scale = 480 / max(location.width, location.height)
    width, height = location.width * scale, location.height * scale
    left, top, right, bottom = (edge * scale for edge in location.box)
    text = caption(location)
    size = 17.0
    wide = size * sum(1.0 if ord(letter) >= CHINESE else 0.55 for letter in text) + 14
    x = max(0.0, min(left, width - wide))
    y = top - 24 if top >= 24 else top
    box = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
    spoken = _("{name}, in a box from {start} to {end} of the photo").format(
        name=text, start=location.box[:2], end=location.box[2:]
    )
    return (
        f'<figure class="mm-figure"><svg viewBox="0 0 {width:.1f} {height:.1f}" role="img" '
        f'aria-label="{escape(spoken)}" style="max-height:70vh">'
        f'<image href="{address}" width="{width:.1f}" height="{height:.1f}" '
        'preserveAspectRatio="none"/>'
        f'<rect {box} fill="none" stroke="#fff" stroke-width="6" opacity=".8"/>'
        f'<rect {box} fill="none" stroke="{COLOUR}" stroke-width="3"/>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="24" fill="{COLOUR}"/>'
        f'<text x="{x + 6:.1f}" y="{y + 17.5:.1f}" font-size="{size:g}" fill="#fff">'
        f"{escape(text)}</text></svg></figure>"
    )


def save(image: np.ndarray, location: Location, path: Path) -> None:
    """Write the photo with its box drawn into it; the ending of the path says in which format.

    Args:
        image: uint8 `(h, w, 3)`, the photo that was looked at, or a scaled copy.
        location: of this photo.
        path: such as `located.jpg`.
    """
    photo = Image.fromarray(image)
    pen = ImageDraw.Draw(photo)
    width, height = photo.size
    unit = max(width, height)
    parts = np.array(location.box) / np.tile([location.width, location.height], 2)
    left, top, right, bottom = boxes.to_pixels(parts, width, height)
    edges = (left, top, right - 1, bottom - 1)  # the last row and column belong to the box
    pen.rectangle(edges, outline="white", width=max(1, unit // 120))
    pen.rectangle(edges, outline=COLOUR, width=max(1, unit // 200))
    if unit >= 64:  # else letters would cover the photo
        text, letters = _written(location, max(10.0, unit / 32))
        _left, _top, wide, high = pen.textbbox((0, 0), text, letters)
        x = max(0, min(left, width - wide - 8))
        y = top - high - 8 if top >= high + 8 else top
        pen.rectangle((x, y, x + wide + 8, y + high + 8), COLOUR)
        pen.text((x + 4, y + 4), text, "white", letters)
    photo.save(path, quality=92)


def _written(location: Location, size: float) -> tuple[str, Font]:
    """The caption, in English where no font of this computer has the letters of the language."""
    text = caption(location)
    try:
        return text, font(text, size)
    except LookupError:
        with language.speaking(language.ENGLISH):
            text = caption(location)
        return text, font(text, size)


def caption(location: Location) -> str:
    """The label of the box and its probability; no name where the photo shows nothing known."""
    if location.strange:
        return _("none of the things that it knows")
    return f"{kind(location.label)} {100 * location.probability:.0f} %"
