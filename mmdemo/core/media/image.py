"""Photos and drawings that people upload, decoded within bounds."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.language import N_, _
from mmdemo.core.media import cut_jpeg, heif_header
from mmdemo.core.media.budget import Budget, give_back
from mmdemo.core.media.notes import note

MAX_PIXELS = 64_000_000
"""Refuse larger pictures by their header, before anything is decoded: at this size a picture with
transparency takes half a gigabyte while it is scaled down."""
IN_FLIGHT = Budget(2 * MAX_PIXELS, patience=45)
"""Pixels that are decoded at once, for all visitors together: a gigabyte at most."""
MAX_SIDE = 2048
"""Scale larger pictures down: no network here looks at more."""
Image.init()  # registers the formats below that Pillow loads late
# A picture's small companions are never shown, so that libheif need not decode them.
pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF", "BMP", "TIFF", "PPM")
HEADED_AS_HEIF = ("HEIF", "AVIF")
CUT = N_(
    "This picture is cut off: the last bytes of its file are missing. It was read as far as it "
    "goes; save or download it again for the whole of it."
)
SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".pgm", ".ppm"),
    *(".heic", ".heif", ".hif", ".avif"),
)
"""Of files in a folder that are taken for pictures, in lower case."""
DEPTHS = (8, 10, 12, 14, 16)
"""Bits of the cameras of microscopes, which store fewer than 16 in files of 16."""
BAD_EXIF = (struct.error, SyntaxError, ValueError, TypeError, KeyError)
"""What Pillow raises of an unreadable EXIF block, which says nothing of the picture itself."""

DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct.error, RuntimeError)
"""What Pillow's decoders raise of a damaged picture; the last is libheif's and libavif's."""


def open_image(
    source: Path | bytes, max_side: int = MAX_SIDE, max_pixels: int = MAX_PIXELS
) -> np.ndarray:
    """Decode a picture of any mode to RGB, upright.

    EXIF rotation is applied, transparency is laid on white, 16-bit values are scaled to 8 bits,
    of an animation the first frame is taken. A JPEG that lacks no more than its last rows is read,
    with a note.

    Args:
        source: a file, or its content.
        max_side: a picture with a longer side is scaled down to it, keeping its proportions.
        max_pixels: refuse what has more of them.

    Returns:
        uint8 array of shape (height, width, 3).

    Raises:
        MediaError: not a picture, truncated, or more than `max_pixels`.
    """
    with _opened(source, max_pixels) as image:
        image.draft("RGB", (max_side, max_side))  # a JPEG decodes at a fraction of its size
        pixels = image.width * image.height
        # Only a picture's own stream says how large an AVIF is decoded: up to 16384 x 16384.
        with IN_FLIGHT.take(IN_FLIGHT.total if image.format == "AVIF" else pixels):
            picture = np.asarray(_to_rgb(_loaded(image, source, max_side), max_side))
    give_back(pixels)
    return picture


def upright_size(source: Path | bytes, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Width and height of a whole picture as it is shown, which `open_image` may scale down.

    They stand in the file's header. A PNG may note a rotation at its end, so that it is read as far
    where its header notes none.

    Args:
        source: a file, or its content.
        max_pixels: refuse what has more of them.

    Raises:
        MediaError: not a picture, or more than `max_pixels`.
    """
    with _opened(source, max_pixels) as image:
        width, height = image.size
        if image.format == "TIFF":  # whose size Pillow gives as it is shown
            return width, height
        try:
            turned = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
        except BAD_EXIF:
            turned = False
        return (height, width) if turned else (width, height)


def check_rgb(image: np.ndarray) -> None:
    """Hold that an array is a picture, as `open_image` makes one: uint8 `(h, w, 3)`.

    Raises:
        UserError: it is not.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise UserError(_("A picture of the form (height, width, 3), RGB in 8 bits, is needed."))


def is_even(image: np.ndarray) -> bool:
    """Whether all pixels are of one colour: nothing is to be found in such a picture.

    A network that is asked of it may find something all the same, since it has seen none.

    Args:
        image: uint8 `(h, w, 3)`.
    """
    few = image[::16, ::16]  # nearly every picture is told by these
    return bool((few == image[0, 0]).all() and (image == image[0, 0]).all())


@contextmanager
def _opened(source: Path | bytes, max_pixels: int) -> Iterator[Image.Image]:
    """A picture whose header was read; what goes wrong with it becomes a `MediaError`."""
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with Image.open(file, formats=FORMATS) as image:
            sizes = [image.size]
            if image.format in HEADED_AS_HEIF:
                content = source if isinstance(source, bytes) else source.read_bytes()
                sizes += heif_header.declared_sizes(content)
            width, height = max(sizes, key=lambda size: size[0] * size[1])
            if width * height > max_pixels:
                raise _too_large(
                    max_pixels, _("{width} x {height} pixels").format(width=width, height=height)
                )
            yield image
    except UnidentifiedImageError as error:
        raise MediaError(
            _(
                "This file is not a picture that can be read. Use JPEG, PNG, WebP, HEIC, "
                "AVIF, GIF, BMP or TIFF."
            )
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(max_pixels) from error
    except FileNotFoundError as error:
        raise MediaError(_("There is no file at {source!r}.").format(source=source)) from error
    except DAMAGED as error:
        raise MediaError(
            _(
                "This picture is damaged or cut off: it cannot be decoded to its end. Save "
                "or download it again."
            )
        ) from error


def _loaded(image: Image.Image, source: Path | bytes, max_side: int) -> Image.Image:
    """The decoded picture; of a JPEG that is cut off at its very end, what there is."""
    try:
        image.load()
    except OSError:
        if image.format != "JPEG":
            raise
        content = source if isinstance(source, bytes) else source.read_bytes()
        found = cut_jpeg.decode(content, max_side)
        if found is None:
            raise
        note(_(CUT))
        return found
    return image


def _too_large(max_pixels: int, size: str = N_("far too many pixels")) -> MediaError:
    return MediaError(
        _(
            "This picture is too large: {size}, and the limit is {limit:g} "
            "million pixels. Scale it down first."
        ).format(size=_(size), limit=max_pixels / 1e6)
    )


def _to_rgb(image: Image.Image, max_side: int) -> Image.Image:
    """Scale down first: every later step copies the picture."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _eight_bits(image)
    elif image.mode in ("1", "P", "PA"):  # these would be scaled without smoothing
        opaque = "L" if image.mode == "1" else "RGB"
        image = image.convert("RGBA" if image.has_transparency_data else opaque)
    image.thumbnail((max_side, max_side), Image.Resampling.BOX, reducing_gap=2.0)
    image = _upright(image)
    if image.has_transparency_data:
        transparent = image.convert("RGBA")
        paper = Image.new("RGBA", transparent.size, "white")
        image = Image.alpha_composite(paper, transparent)
    return image.convert("RGB")


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except BAD_EXIF:
        return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and floating grey to 8 bits; Pillow's own conversion would clip it."""
    values = np.asarray(image)
    full_scale = 65535.0
    if image.format == "TIFF" or image.mode in ("I", "F"):  # these do not say what white is
        peak = float(values.max(initial=0, where=np.isfinite(values)))
        whites = [1.0] if image.mode == "F" else []
        whites += [2.0**bits - 1 for bits in DEPTHS]
        full_scale = next((white for white in whites if peak <= white), peak)
    grey = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), 256):  # in blocks: floats take four times the memory
        block = values[top : top + 256].astype(np.float32)
        block = np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        grey[top : top + 256] = np.clip(block * (255 / full_scale), 0, 255).round()
    result = Image.fromarray(grey)
    result.info = {k: v for k, v in image.info.items() if k == "exif"}
    return result
