"""Scenes of flat shapes: what is in them, and how they look. No Keras here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _

Rgb = tuple[int, int, int]

COLOURS: dict[str, dict[str, Rgb]] = {
    "shapes": {
        "black": (0, 0, 0),
        "blue": (0, 0, 255),
        "brown": (165, 42, 42),
        "gray": (128, 128, 128),
        "green": (0, 255, 0),
        "red": (255, 0, 0),
        "teal": (0, 128, 128),
        "yellow": (255, 255, 0),
    },
    "relations": {
        "red": (255, 0, 0),
        "green": (0, 255, 0),
        "blue": (0, 0, 255),
        "orange": (255, 156, 0),
        "gray": (128, 128, 128),
        "yellow": (255, 255, 0),
    },
}
"""As easy-VQA and Sort-of-CLEVR paint them."""
SHAPES: dict[str, tuple[str, ...]] = {
    "shapes": ("circle", "rectangle", "triangle"),
    "relations": ("circle", "square"),
}
SIDES = {"shapes": 64, "relations": 75}
"""Of a picture, in pixels."""
GROUNDS: dict[str, Rgb] = {"shapes": (240, 244, 250), "relations": (255, 255, 255)}
SIZES: dict[str, tuple[float, float]] = {"shapes": (0.07, 0.27), "relations": (0.05, 0.1)}
"""The least and the largest half side of a thing."""
MOST = {"shapes": 1, "relations": 6}
"""Things in a scene."""
USUAL = 5
"""Pixels of the half side of all things in Sort-of-CLEVR."""
FLAT = 0.75
"""A rectangle's height, in parts of its width."""
FINE = 4
"""Points to a pixel each way where edges are smooth."""


@dataclass(frozen=True)
class Thing:
    """One thing in a scene.

    Attributes:
        shape: one of `SHAPES`.
        colour: one of `COLOURS`.
        x, y: its centre, from the left and from the top, in parts of the picture's side.
        size: half its side, likewise.
    """

    shape: str
    colour: str
    x: float
    y: float
    size: float


def draw(things: Sequence[Thing], task: str) -> np.ndarray:
    """A scene as the data of its task look: uint8 `(64, 64, 3)` or `(75, 75, 3)`."""
    fine = FINE if task == "shapes" else 1
    return paint(things, SIDES[task], COLOURS[task], GROUNDS[task], fine=fine)


def paint(
    things: Sequence[Thing],
    side: int,
    colours: Mapping[str, Rgb],
    ground: Rgb | np.ndarray,
    *,
    flat: float = FLAT,
    fine: int = FINE,
) -> np.ndarray:
    """A scene in given colours, uint8 `(side, side, 3)`.

    Args:
        things: the later ones lie over the earlier ones.
        side: in pixels.
        colours: by the names that things have.
        ground: one colour, or a picture of that size times `fine`.
        flat: height of rectangles, in parts of their width.
        fine: points to a pixel each way; with 1, edges are hard.
    """
    sheet = np.empty((side * fine, side * fine, 3), np.uint8)
    sheet[:] = ground
    for thing in things:
        scale = side * fine
        x, y, half = round(thing.x * scale), round(thing.y * scale), round(thing.size * scale)
        colour = colours[thing.colour]
        if thing.shape == "circle":
            cv2.circle(sheet, (x, y), half, colour, cv2.FILLED)
        elif thing.shape == "triangle":
            low = round(half * 0.866)
            corners = np.array([[x, y - low], [x - half, y + low], [x + half, y + low]])
            cv2.fillPoly(sheet, [corners.astype(np.int32)], colour)
        else:
            low = half if thing.shape == "square" else max(1, round(half * flat))
            cv2.rectangle(sheet, (x - half, y - low), (x + half, y + low), colour, cv2.FILLED)
    if fine == 1:
        return sheet
    return np.asarray(cv2.resize(sheet, (side, side), interpolation=cv2.INTER_AREA))


def random_scene(task: str, seed: int) -> tuple[Thing, ...]:
    """A scene such as those of the data: one shape, or all six colours."""
    rng = np.random.default_rng(seed)
    if task == "relations":
        return six(rng)
    return one(rng, *SIZES["shapes"])


def one(rng: np.random.Generator, least: float, largest: float) -> tuple[Thing, ...]:
    """One shape of any colour, whose half side lies between two sizes, all in the picture."""
    size = rng.uniform(least, largest)
    x, y = rng.uniform(size, 1 - size, 2)
    shape, colour = rng.choice(SHAPES["shapes"]), rng.choice(list(COLOURS["shapes"]))
    return (Thing(str(shape), str(colour), float(x), float(y), float(size)),)


def six(
    rng: np.random.Generator, colours: Sequence[str] = (), size: float | None = None
) -> tuple[Thing, ...]:
    """Sort-of-CLEVR's scene: a square or a circle of each colour, no two of which overlap much.

    Args:
        rng: of places and shapes.
        colours: all six by default.
        size: half a side, in parts of the picture's; that of the data by default.
    """
    side = SIDES["relations"]
    half = USUAL if size is None else size * side
    centres: list[np.ndarray] = []
    colours = colours or tuple(COLOURS["relations"])
    while len(centres) < len(colours):
        centre = rng.integers(round(half), side - round(half), 2)
        if all(((centre - other) ** 2).sum() >= (2 * half) ** 2 for other in centres):
            centres.append(centre)
    shapes = rng.integers(0, 2, len(colours))
    return tuple(
        Thing(SHAPES["relations"][shape], colour, centre[0] / side, centre[1] / side, half / side)
        for colour, shape, centre in zip(colours, shapes, centres, strict=True)
    )


def check(things: Sequence[Thing], task: str) -> None:
    """Whether a scene is one that the task's networks are asked about.

    Raises:
        UserError: it is not; says why.
    """
    if not 0 < len(things) <= MOST[task]:
        raise UserError(_("A scene has 1 to {most} things.").format(most=MOST[task]))
    least, largest = SIZES[task]
    for thing in things:
        if thing.shape not in SHAPES[task] or thing.colour not in COLOURS[task]:
            raise UserError(
                _("A thing is one of these shapes: {shapes}. And one of these colours: {colours}.")
                .format(shapes=", ".join(SHAPES[task]), colours=", ".join(COLOURS[task]))
            )  # fmt: skip
        if not (0 <= thing.x <= 1 and 0 <= thing.y <= 1):
            raise UserError(_("A thing's centre lies in the picture."))
        if not least - 1e-6 <= thing.size <= largest + 1e-6:
            raise UserError(_("A thing is of another size than the networks ever saw."))
    if task == "relations" and len({thing.colour for thing in things}) < len(things):
        raise UserError(_("No two things have the same colour here, so that each has a name."))
