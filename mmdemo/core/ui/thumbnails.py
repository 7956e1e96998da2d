"""Small pictures of the examples that a page offers: photos, drawings, and sounds as waves.

Each is made when a browser first asks for it, so that a start does not wait for them.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mmdemo.core.media import audio
from mmdemo.core.media.image import open_image
from mmdemo.core.ui.charts import COLOURS

SIDE = 92
"""Pixels of a picture's sides; pages show half as many, which are sharp on a phone."""
QUALITY = 75
FOLDER = "thumbnail"
_BARS = 28
_KEPT = {"cache-control": "public, max-age=86400"}

_known: dict[str, Path] = {}


def address(file: Path) -> str:
    """Where the small picture of an example is found, from the first page."""
    name = f"{hashlib.sha256(str(file).encode()).hexdigest()[:12]}.webp"
    _known[name] = file
    return f"./{FOLDER}/{name}"


def routes() -> list[BaseRoute]:
    """What serves them."""
    return [Route(f"/{FOLDER}/{{name}}", _serve)]


def _serve(request: Request) -> Response:
    file = _known.get(request.path_params["name"])
    if file is None:
        return Response(status_code=404)
    return Response(drawn(file), media_type="image/webp", headers=_KEPT)


@functools.cache
def drawn(file: Path) -> bytes:
    """The small picture of an example, as WebP: the middle of a photo, or the wave of a sound."""
    if file.suffix.lower() in audio.SUFFIXES:
        picture = _wave(audio.load(file, 8_000).samples)
    else:
        picture = ImageOps.fit(Image.fromarray(open_image(file, 4 * SIDE)), (SIDE, SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=QUALITY)
    return buffer.getvalue()


def _wave(samples: np.ndarray) -> Image.Image:
    """The envelope of a recording, on a transparent ground."""
    picture = Image.new("RGBA", (SIDE, SIDE))
    draw = ImageDraw.Draw(picture)
    edges = np.linspace(0, len(samples), _BARS + 1).astype(int)
    peaks = [np.abs(samples[a:b]).max(initial=0.0) for a, b in itertools.pairwise(edges)]
    half, width = SIDE / 2, SIDE / _BARS
    for place, peak in enumerate(np.array(peaks) / max(*peaks, 1e-9)):
        height = max(0.9 * half * float(peak), 1.0)
        left = place * width
        draw.rectangle((left, half - height, left + width - 2, half + height), fill=COLOURS[0])
    return picture
