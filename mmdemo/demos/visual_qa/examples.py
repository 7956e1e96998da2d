"""The scenes and questions that the page begins with, drawn by the program."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from mmdemo.core.data import examples

from . import scenes, wording
from .scenes import Thing

SEEDS = {"shapes": 45, "relations": 982}
"""Of the first scene of each task. Of the six objects, a square is nearest to the red one and a
circle next: a small move changes the answer."""


def scene(task: str) -> tuple[Thing, ...]:
    """The scene that a task's board begins with."""
    return scenes.random_scene(task, SEEDS[task])


def requests() -> tuple[examples.Request, ...]:
    """A question about a picture: what `bench` asks."""
    task = "shapes"
    picture = examples.folder("visual_qa", _make) / f"{task}.png"
    arguments = {"picture": picture, "question": wording.suggestions(task)[0]}
    return (examples.Request("visual_qa_ask", arguments, (picture,)),)


def _make(folder: Path) -> None:
    for task in SEEDS:
        Image.fromarray(scenes.draw(scene(task), task)).save(folder / f"{task}.png")
