"""Questions in words of one's own, in English or Chinese, as ones that the networks learnt.

A sentence is taken for the meanings of its words, whatever their order: which colour, which shape,
whether it asks what, how many, or where. No Keras here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _, sentences
from mmdemo.core.media.text import check_text

from . import questions, vocabulary
from .questions import (
    COLOUR,
    COUNT,
    FARTHEST,
    KNOWN,
    LEFT,
    NEAREST,
    SHAPE,
    TOP,
    About,
    asking,
)
from .scenes import COLOURS, SHAPES
from .vocabulary import ELSEWHERE, NOT, OR, WHAT

_TOKEN = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]+")
_KINDS = {
    "shapes": N_(
        "Ask what shape or what colour there is, or whether there is a circle, a rectangle, a "
        "triangle or one of the colours."
    ),
    "relations": N_(
        "Name one object by its colour, and ask for its shape, whether it is on the left or at the "
        "top, which shape is nearest to it or farthest from it, or how many have its shape."
    ),
}
_SUGGESTED = {
    "shapes": (
        N_("What shape is in the picture?"),
        N_("What colour is it?"),
        N_("Is there a circle?"),
        N_("Is there a red shape?"),
        N_("Is there no triangle?"),
        N_("Does the picture contain a blue shape?"),
        N_("Which colour has the rectangle?"),
    ),
    "relations": (
        N_("What shape is nearest to the red object?"),
        N_("What shape is farthest from the blue object?"),
        N_("How many objects have the shape of the green one?"),
        N_("What shape is the gray object?"),
        N_("Is the orange object on the left?"),
        N_("Is the yellow object at the top?"),
        N_("What shape is closest to the yellow object?"),
        N_("How many are of the same shape as the red object?"),
    ),
}


@dataclass(frozen=True)
class Understood:
    """What somebody asked, as the networks are asked.

    Attributes:
        question: in the networks' words, such as "is there a red shape?".
        unknown: words that nobody taught the front; it went on without them.
        changed: whether the networks are asked something else than what was typed.
    """

    question: str
    unknown: tuple[str, ...]
    changed: bool


def suggestions(task: str) -> tuple[str, ...]:
    """Questions worth a tap, in English; `_` gives those in the visitor's language."""
    return _SUGGESTED[task]


def understand(text: str, task: str) -> Understood:
    """A question in anybody's words as one that the networks of a task know.

    Args:
        text: in English or Chinese; typing errors of one letter, in long words of two, are read.
        task: `shapes` or `relations`.

    Raises:
        UserError: there is no such question in it; says which ones can be answered.
    """
    plain = unicodedata.normalize("NFKC", check_text(text, _("your question"))).lower()
    typed = " ".join(plain.replace("’", "'").split()).rstrip("?!. ") + "?"
    if typed in KNOWN[task]:
        return Understood(typed, (), False)
    unknown: list[str] = []
    meant = list(_meanings(typed, task, unknown))
    about = (_of_six if task == "relations" else _of_one)(meant, unknown)
    return Understood(asking(about, task), tuple(dict.fromkeys(unknown)), True)


# === From words to meanings ===


def _meanings(typed: str, task: str, unknown: list[str]) -> Iterator[str]:
    """What the words mean, one after another; words without a meaning go to `unknown`."""
    known = _english(task)
    for token in _TOKEN.findall(typed):
        if token[0] >= "\u4e00":
            yield from _chinese(token, task, unknown)
            continue
        if token.endswith("n't"):
            yield NOT
            continue
        word = token.removesuffix("'s").replace("'", "")
        found = known.get(word)
        if found is None and word not in vocabulary.PLAIN:
            found = _mistyped(word, task)
            if found is None:
                unknown.append(token)
        if found:  # a word that changes nothing has no meaning
            yield found


def _chinese(run: str, task: str, unknown: list[str]) -> Iterator[str]:
    """Meanings of Chinese words, which no blanks part: at each place the longest one that fits."""
    parts = _parts(task)
    while run:
        part = next((each for each in parts if run.startswith(each)), None)
        if part is None:
            unknown.append(run[0])
        elif parts[part]:
            yield parts[part]
        run = run[len(part or run[0]) :]


@lru_cache(maxsize=2)
def _parts(task: str) -> dict[str, str]:
    return vocabulary.chinese(task)


@lru_cache(maxsize=2)
def _english(task: str) -> dict[str, str]:
    return vocabulary.words(task)


@lru_cache(maxsize=1024)
def _mistyped(word: str, task: str) -> str | None:
    """What was meant by a word that nobody knows; "" where that changes nothing."""
    if any(sorted(word) == sorted(plain) for plain in vocabulary.PLAIN):
        return ""
    most = (len(word) >= 4) + (len(word) >= 7)
    found = None
    for known, meaning in _english(task).items():
        if sorted(word) == sorted(known) and len(word) > 2:
            return meaning
        if len(known) >= 4 and most:
            wrong = _letters_wrong(word, known)
            if wrong <= most:
                most, found = wrong - 1, meaning
    return found


def _letters_wrong(one: str, other: str) -> int:
    """Letters left out, too many, exchanged or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        last, before, row = before, row, [i, *row[1:]]
        for j, wanted in enumerate(other, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]


# === From meanings to a question ===


def _of_one(meant: list[str], unknown: list[str]) -> About:
    """What is asked of one shape."""
    shapes = _named(meant, SHAPES["shapes"])
    colours = _named(meant, COLOURS["shapes"])
    if {COUNT, LEFT, TOP, NEAREST, FARTHEST, ELSEWHERE} & set(meant):
        raise _refusal("shapes", unknown)
    either = OR in meant
    if (either and len(colours) > 1) or (COLOUR in meant and not colours):
        return About(questions.COLOUR, shapes[0] if len(shapes) == 1 else "")
    if (either and len(shapes) > 1) or (not shapes and {WHAT, SHAPE} & set(meant) and not colours):
        return About(questions.SHAPE)
    if WHAT in meant and len(colours) == 1 and not shapes:
        return About(questions.SHAPE, colours[0])
    if shapes and colours:
        raise UserError(
            _("Ask for the shape or for the colour: the network never learnt to look for both.")
        )
    if len(shapes) + len(colours) != 1:
        raise _refusal("shapes", unknown)
    negated = meant.count(NOT) % 2 == 1
    return About(questions.THERE, (shapes + colours)[0], negated)


def _of_six(meant: list[str], unknown: list[str]) -> About:
    """What is asked of six objects."""
    colours = _named(meant, COLOURS["relations"])
    if ELSEWHERE in meant:
        raise UserError(
            _("The network learnt of left and top alone. Ask whether it is on the left.")
        )
    if len(colours) != 1 or COLOUR in meant:
        raise _refusal("relations", unknown)
    if NOT in meant:
        unknown.append(NOT)
    kinds = [kind for kind in (NEAREST, FARTHEST, COUNT, LEFT, TOP) if kind in meant]
    if len(kinds) > 1:
        raise _refusal("relations", unknown)
    if kinds:
        return About(kinds[0], colours[0])
    if {WHAT, SHAPE, *SHAPES["relations"]} & set(meant):
        return About(questions.SHAPE, colours[0])
    raise _refusal("relations", unknown)


def _named(meant: list[str], among: object) -> list[str]:
    return [each for each in dict.fromkeys(meant) if each in among]  # type: ignore[operator]


def _refusal(task: str, unknown: list[str]) -> UserError:
    """The error that there is no question in it."""
    said = ""
    if unknown:
        said = _("It does not know “{words}”.").format(words=", ".join(dict.fromkeys(unknown)))
    return UserError(sentences(said, _(_KINDS[task])))
