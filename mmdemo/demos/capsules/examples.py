"""Example digits, drawn by a program as nothing of a data set may be shipped."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from mmdemo.core.data import examples
from mmdemo.core.language import N_

from .asked import packed
from .drawn import digit

SIDE = 280
"""Of a drawing's file, in pixels: that of the page's sheet."""
DIGITS = {N_("Three"): 3, N_("Five"): 5, N_("Eight"): 8, N_("Four"): 4, N_("Seven"): 7}
SEED = 4
"""Of the hand that draws them."""
SCRAMBLED = (3, 5, 8, 9, 7)
"""Digits whose parts are displaced: those that still hold together then, to be read as one."""


def drawings() -> dict[str, Path]:
    """What the page offers to try: a name and a file each, black on white."""
    folder = examples.folder("capsules", _make)
    return {name: folder / f"{value}.png" for name, value in DIGITS.items()}


def requests() -> tuple[examples.Request, ...]:
    """A digit to read: what `bench` asks."""
    drawing = next(iter(drawings().values()))
    return (examples.Request("capsules_read", {"drawing": drawing}, (drawing,)),)


def laid() -> tuple[str, str]:
    """Two of them over each other, as the page's script asks: a name, and its JSON."""
    (one, first), (_other, second) = list(DIGITS.items())[:2]
    pictures = [packed(digit(value, SEED)) for value in (first, second)]
    shifts = [[-2, -2], [2, 2]]
    return one, json.dumps({"pictures": pictures, "shifts": shifts, "digits": [first, second]})


def _make(folder: Path) -> None:
    for value in DIGITS.values():
        ink = Image.fromarray(255 - digit(value, SEED))
        ink.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / f"{value}.png")
