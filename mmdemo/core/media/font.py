"""Fonts to draw texts with, in the letters of any language of the app."""

from __future__ import annotations

import contextlib

from PIL import ImageFont

CHINESE = 0x2E80
"""From this letter on, letters are as wide as high, and Pillow's own font has none."""
FILES = (
    *(("NotoSansCJK-Regular.ttc", 2), ("NotoSansCJKsc-Regular.otf", 0), ("wqy-microhei.ttc", 0)),
    *(("PingFang.ttc", 0), ("Hiragino Sans GB.ttc", 0), ("msyh.ttc", 0), ("simhei.ttf", 0)),
)
"""Of the usual systems, with the letters of China: a file, and which of the fonts in it."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(text: str, size: float) -> Font:
    """A font for a text: Pillow's own, or for what that lacks the first of `FILES` that is here.

    Raises:
        LookupError: the system has none.
    """
    if all(ord(letter) < CHINESE for letter in text):
        return ImageFont.load_default(size)
    for name, index in FILES:
        with contextlib.suppress(OSError):  # the system lacks it
            return ImageFont.truetype(name, size, index)
    raise LookupError(f"none of {', '.join(name for name, _index in FILES)} is installed")
