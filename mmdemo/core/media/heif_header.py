"""The sizes that the header of a HEIF or AVIF file declares, cropped parts included.

A decoder unpacks a picture whole before it crops it, so that the size which a file is shown at says
nothing of the memory that it takes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0}
"""Boxes on the way to the sizes, and how many bytes precede the boxes that are in them."""
MAX_BOXES = 10_000
"""In one file: a photo of a phone has about two hundred."""


def declared_sizes(content: bytes) -> Iterator[tuple[int, int]]:
    """Width and height of each picture and tile (`ispe`), as ISO/IEC 23008-12 stores them.

    Raises:
        ValueError: more boxes than a photo has.
    """
    seen = 0
    parts = [(0, len(content))]
    while parts:
        place, end = parts.pop()
        while place + 8 <= end:
            seen += 1
            if seen > MAX_BOXES:
                raise ValueError("this header has too many boxes")
            size, kind = struct.unpack_from(">I4s", content, place)
            start = place + 8
            if size == 1 and start + 8 <= end:  # a 64-bit size follows
                (size,) = struct.unpack_from(">Q", content, start)
                start += 8
            stop = min(place + size, end) if size else end
            if stop < start:
                break
            if kind == b"ispe" and start + 12 <= stop:
                yield struct.unpack_from(">II", content, start + 4)
            elif kind in CONTAINERS:
                parts.append((start + CONTAINERS[kind], stop))
            place = stop
