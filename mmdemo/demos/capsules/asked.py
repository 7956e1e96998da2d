"""What the page's scripts ask, as they send it: checked before a network sees it."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _
from mmdemo.core.media.handwriting import SIDE

from .config import DIGITS
from .pictures import MARGIN

NUMBERS = 16
"""Of a pose."""
_LONGEST = 10_000
_WRONG = N_("This is not what a page asks.")


@dataclass(frozen=True)
class Moved:
    """A pose, and by how much a visitor moved each of its numbers.

    Attributes:
        pose: float32 `(16,)`, as the network gave it.
        moved: float32 `(16,)`.
        digit: whose capsule it is.
        preset: of the network.
    """

    pose: np.ndarray
    moved: np.ndarray
    digit: int
    preset: str

    @classmethod
    def parse(cls, text: str | None) -> Moved:
        """From the page's JSON.

        Raises:
            UserError: it is not what a page sends.
        """
        given = _read(text)
        try:
            pose, moved = (np.array(given[name], np.float32) for name in ("pose", "moved"))
            digit, preset = int(given["digit"]), str(given["preset"])
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise UserError(_(_WRONG)) from error
        both = np.stack([pose, moved]) if pose.shape == moved.shape == (NUMBERS,) else None
        if both is None or not (np.abs(both) <= 100).all() or not 0 <= digit <= 9:
            raise UserError(_(_WRONG))
        return cls(pose, moved, digit, preset)


@dataclass(frozen=True)
class Laid:
    """Two digits that a visitor laid over each other.

    Attributes:
        pictures: uint8 `(28, 28)` each, white on black.
        shifts: pixels to the right and down, of each.
        digits: which they are; None for one that the visitor drew.
    """

    pictures: tuple[np.ndarray, np.ndarray]
    shifts: tuple[tuple[int, int], tuple[int, int]]
    digits: tuple[int | None, int | None]

    @classmethod
    def parse(cls, text: str | None) -> Laid:
        """From the page's JSON.

        Raises:
            UserError: it is not what a page sends.
        """
        given = _read(text)
        try:
            one, other = (_picture(each) for each in given["pictures"])
            (x, y), (right, down) = ((int(a), int(b)) for a, b in given["shifts"])
            first, second = (None if each is None else int(each) for each in given["digits"])
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise UserError(_(_WRONG)) from error
        known = {None, *range(DIGITS)}
        if max(map(abs, (x, y, right, down))) > MARGIN or not {first, second} <= known:
            raise UserError(_(_WRONG))
        return cls((one, other), ((x, y), (right, down)), (first, second))


def packed(pictures: np.ndarray) -> str:
    """Pictures as the scripts read them: their bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(pictures, np.uint8).tobytes()).decode()


def _picture(text: Any) -> np.ndarray:
    """Raises `ValueError` where it is none."""
    try:
        content = base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    return np.frombuffer(content, np.uint8).reshape(SIDE, SIDE)


def _read(text: str | None) -> dict[str, Any]:
    try:
        given = json.loads(text or "") if len(text or "") <= _LONGEST else None
    except (ValueError, RecursionError) as error:
        raise UserError(_(_WRONG)) from error
    if not isinstance(given, dict):
        raise UserError(_(_WRONG))
    return given
