"""A JPEG whose last bytes are missing, as a download or a card that broke off leaves it."""

from __future__ import annotations

import io
from collections import defaultdict

import numpy as np
from PIL import Image

MAX_MISSING = 1 / 16
"""Of the rows, at the bottom: networks look at the whole picture, and so much grey is no matter."""
BLOCK = 16
"""Rows that are stored together: fewer are never missing."""
END = b"\xff\xd9"
OTHER = bytes(range(1, 97))
"""Stands for what is missing, a second time; it has no marker."""


def decode(content: bytes, side: int) -> Image.Image | None:
    """The picture, where no more than a few rows at its bottom are missing; else None.

    The decoder fills what is missing, and does not say how much that is. So it is given two
    different ends: rows that come out the same were in the file. A progressive file must have begun
    the last of its scans, since an earlier one has all rows, but coarse.

    Args:
        content: a file that the decoder calls truncated.
        side: see `Image.draft`.
    """
    content = content.rstrip(b"\xff")  # the first half of an end marker
    if not _is_in_last_scan(content):
        return None
    try:
        picture, other = (_decoded(content + filler + END, side) for filler in (b"", OTHER))
    except (OSError, SyntaxError, ValueError):
        return None
    missing = (np.asarray(picture) != np.asarray(other)).reshape(picture.height, -1).any(axis=1)
    start = int(missing.argmax()) if missing.any() else picture.height
    most = min(max(BLOCK, MAX_MISSING * picture.height), picture.height / 2)
    return picture if picture.height - start <= most else None


def _decoded(content: bytes, side: int) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=("JPEG",))
    image.draft("RGB", (side, side))
    image.load()
    return image


def _is_in_last_scan(content: bytes) -> bool:
    """Whether the scans that have begun hold all bits of all coefficients of all components."""
    count = 0
    done: dict[int, set[int]] = defaultdict(set)
    place = 2
    while (place := content.find(b"\xff", place)) != -1 and place + 4 <= len(content):
        marker = content[place + 1]
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:  # stuffing, restarts
            place += 1 if marker == 0xFF else 2
            continue
        size = int.from_bytes(content[place + 2 : place + 4], "big")
        part = content[place + 4 : place + 2 + size]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(part) > 5:
            count = part[5]
        if marker == 0xDA and part and len(part) >= 4 + 2 * part[0]:
            first, last, bits = part[-3:]
            if bits & 0x0F == 0:  # the lowest bit is in this scan
                for component in part[1 : 1 + 2 * part[0] : 2]:
                    done[component] |= set(range(first, last + 1))
        place += 2 + size
    return count > 0 and len(done) == count and all(len(k) >= 64 for k in done.values())
