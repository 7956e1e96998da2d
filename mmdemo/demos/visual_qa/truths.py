"""What is true of a scene: the right answer to a question about it. No Keras here."""

from __future__ import annotations

from collections.abc import Sequence

from .questions import COLOUR, COUNT, FARTHEST, KNOWN, LEFT, NEAREST, SHAPE, THERE, TOP, About
from .scenes import Thing


def truth(things: Sequence[Thing], question: str, task: str) -> str:
    """The right answer; empty where there is none, as of the shape of a colour that is not there.

    Raises:
        KeyError: the question is none of the task's.
    """
    about = KNOWN[task][question]
    return _of_six(things, about) if task == "relations" else _of_one(things, about)


def _of_one(things: Sequence[Thing], about: About) -> str:
    thing = next((each for each in things if about.thing in (each.colour, each.shape, "")), None)
    if about.kind == THERE:
        return "yes" if (thing is not None) != about.negated else "no"
    if thing is None:
        return ""
    return thing.colour if about.kind == COLOUR else thing.shape


def _of_six(things: Sequence[Thing], about: About) -> str:
    named = next((each for each in things if each.colour == about.thing), None)
    others = [each for each in things if each is not named]
    if named is None:
        return ""
    if about.kind == SHAPE:
        return named.shape
    if about.kind in (LEFT, TOP):
        return "yes" if (named.x if about.kind == LEFT else named.y) < 0.5 else "no"
    if about.kind == COUNT:
        return str(sum(each.shape == named.shape for each in things))
    if not others:
        return ""

    def away(other: Thing) -> float:
        return (other.x - named.x) ** 2 + (other.y - named.y) ** 2

    pick = {NEAREST: min, FARTHEST: max}[about.kind]
    return pick(others, key=away).shape
