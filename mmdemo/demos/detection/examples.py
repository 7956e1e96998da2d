"""Example drawings, made on first use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data import examples
from mmdemo.core.language import N_

from . import data

KINDS = {N_("A circle"): "circle", N_("A square"): "square", N_("A triangle"): "triangle"}
"""What the drawings are called, and what they show."""


def drawings() -> dict[str, Path]:
    """A drawing of each kind, by what it is called."""
    folder = examples.folder("detection", _make)
    return {name: folder / f"{kind}.png" for name, kind in KINDS.items()}


def requests() -> tuple[examples.Request, ...]:
    """One drawing to name: what `bench` asks."""
    file = next(iter(drawings().values()))
    return (examples.Request("detection_name", {"photo": file}, (file,)),)


def _make(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for kind in KINDS.values():
        Image.fromarray(data.draw(kind, rng)).save(folder / f"{kind}.png")
