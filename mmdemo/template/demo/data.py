"""Drawings with the kinds of their shapes: generated ones, and one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mmdemo.core.errors import UserError, naming
from mmdemo.core.media.image import SUFFIXES, open_image

CORNERS = {"square": 4, "triangle": 3}
PAPER = 96
"""Side of a generated drawing, in pixels."""
MIN_OWN = 20
"""Pictures of each kind in one's own data."""


@dataclass(frozen=True)
class Drawings:
    """Drawings as the network takes them.

    Attributes:
        images: float32 `(n, side, side, 1)`, ink as 1 on 0.
        labels: int64 `(n,)`, places in `kinds`.
        kinds: what the shapes are called.
    """

    images: np.ndarray
    labels: np.ndarray
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> Drawings:
        """Some of them."""
        return Drawings(self.images[rows], self.labels[rows], self.kinds)


def generated(count: int, kinds: tuple[str, ...], side: int, seed: int) -> Drawings:
    """Shapes of any size, place and turn."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(len(kinds), size=count)
    images = [prepare(draw(kinds[label], rng), side) for label in labels]
    return Drawings(np.stack(images), labels, kinds)


def draw(kind: str, rng: np.random.Generator) -> np.ndarray:
    """One shape in black on white, uint8 `(PAPER, PAPER, 3)`."""
    paper = Image.new("RGB", (PAPER, PAPER), "white")
    pen = ImageDraw.Draw(paper)
    radius = rng.uniform(16, 40)
    x, y = rng.uniform(radius, PAPER - radius, 2)
    width = int(rng.integers(3, 7))
    if kind in CORNERS:
        turn = float(rng.uniform(0, 360))
        circle = (x, y, radius)
        pen.regular_polygon(circle, CORNERS[kind], turn, outline="black", width=width)
    else:
        box = (x - radius, y - radius, x + radius, y + radius)
        pen.ellipse(box, outline="black", width=width)
    return np.asarray(paper)


def own(folder: Path, side: int) -> Drawings:
    """One's own drawings, dark on light: a folder of pictures for each kind.

    Raises:
        UserError: there are fewer than two kinds or too few pictures of one, or a picture cannot
            be read; names it.
    """
    kinds = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if len(kinds) < 2:
        raise UserError(f"{folder} wants a folder of pictures for each kind, two at least.")
    images, labels = [], []
    for label, kind in enumerate(kinds):
        files = sorted(file for file in kind.iterdir() if file.suffix.lower() in SUFFIXES)
        if len(files) < MIN_OWN:
            raise UserError(f"{kind} holds {len(files)} pictures; at least {MIN_OWN} are needed.")
        for file in files:
            with naming(file):
                images.append(prepare(open_image(file), side))
            labels.append(label)
    return Drawings(np.stack(images), np.array(labels), tuple(kind.name for kind in kinds))


def prepare(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture as the network takes it.

    Args:
        picture: uint8 `(height, width, 3)` of any size, dark on light.
        side: of the result.

    Returns:
        float32 `(side, side, 1)`, ink as 1 on 0.
    """
    grey = Image.fromarray(picture).convert("L").resize((side, side), Image.Resampling.BOX)
    return 1 - np.asarray(grey, np.float32)[..., None] / 255
