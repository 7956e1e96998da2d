"""The page's parts as HTML: scenes that can be moved, answers, and answers without a look.

Imports no Keras and no Gradio.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _, sentences
from mmdemo.core.ui import pictures
from mmdemo.core.ui.widgets import SCROLL, notice

from . import scenes
from .infer import Answer
from .scenes import Thing

LONGEST = 1000
"""Characters of a scene as the page sends it."""
ROWS = 5
"""Answers that stand beside each other, at most."""
LEAST = 0.005
"""Chance of such an answer; below it, 0 % would be written."""
SHOWN = 160
"""Pixels of the longer side of a picture in an answer."""
WORDS = (
    *(N_("yes"), N_("no")),
    *(N_("circle"), N_("rectangle"), N_("triangle"), N_("square")),
    *(N_("red"), N_("green"), N_("blue"), N_("black"), N_("gray"), N_("teal"), N_("brown")),
    *(N_("yellow"), N_("orange")),
)
"""What is answered beside numbers, for the catalogues: looked up where it is shown."""
DRAG = N_("Drag a shape, or move it with the arrow keys.")


@dataclass(frozen=True)
class Asked:
    """A question to which all three answers are known.

    Attributes:
        question: as the visitor reads it.
        truth: by the scene.
        said: by the network that sees the scene.
        blind: from the question alone.
        other: by the network that sees another scene in its place.
    """

    question: str
    truth: str
    said: str
    blind: str
    other: str


# === A scene ===


def written(things: Sequence[Thing]) -> str:
    """A scene as the page keeps it: JSON, `[shape, colour, x, y, size]` for each thing."""
    rows = [
        [thing.shape, thing.colour, *(round(part, 3) for part in (thing.x, thing.y, thing.size))]
        for thing in things
    ]
    return json.dumps(rows, separators=(",", ":"))


def parse(text: str | None, task: str) -> tuple[Thing, ...]:
    """The inverse of `written`, checked before it is drawn.

    Raises:
        UserError: it is not what a page sends, or no scene of that task.
    """
    try:
        rows = json.loads(text or "") if len(text or "") <= LONGEST else None
        things = tuple(
            Thing(str(shape), str(colour), float(x), float(y), float(size))
            for shape, colour, x, y, size in rows or ()
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise UserError(_("This is not what a page asks.")) from error
    scenes.check(things, task)
    return things


def stage(task: str, things: Sequence[Thing]) -> str:
    """A scene whose shapes can be dragged; `board.js` fills it.

    Args:
        task: whose shapes and colours they have.
        things: that lie there at first.
    """
    one = len(things) == 1
    colours = {name: f"rgb{rgb}" for name, rgb in scenes.COLOURS[task].items()}
    said = {
        "colours": colours,
        "words": {name: _(name) for name in (*colours, *scenes.SHAPES[task])},
        "name": _("{colour} {shape}"),
        "place": _("{name}: {x} % from the left, {y} % from the top."),
        "sizes": scenes.SIZES[task],
    }
    shapes = "".join(
        f'<button type="button" data-shape="{name}" aria-label="{_(name)}" '
        f'title="{_(name)}"><svg viewBox="-1.2 -1.2 2.4 2.4" aria-hidden="true"></svg></button>'
        for name in scenes.SHAPES[task]
    )
    tools = _group(_("Shape"), shapes)
    if one:
        tools += _group(
            _("Colour"),
            "".join(
                f'<button type="button" data-colour="{name}" aria-label="{_(name)}" '
                f'title="{_(name)}" style="--ink:{ink}"></button>'
                for name, ink in colours.items()
            ),
        )
        tools += _group(
            _("Size"),
            f'<button type="button" data-size="-1" aria-label="{_("Smaller")}">−</button>'
            f'<button type="button" data-size="1" aria-label="{_("Larger")}">+</button>',
        )
    what = _("A shape to move") if one else _("Shapes to move")
    return (
        f'<div class="mm-vqa" data-task="{task}" data-scene="{escape(written(things))}" '
        f'data-said="{escape(json.dumps(said, ensure_ascii=False))}">'
        f'<svg viewBox="0 0 1 1" role="group" aria-label="{what}" data-part="stage" '
        f'style="background:rgb{scenes.GROUNDS[task]}"></svg>'
        f'<div class="mm-vqa-tools">{tools}'
        f'<button type="button" data-part="another">{_("Another scene")}</button></div>'
        f'<p class="mm-note" role="status" data-part="place">{_(DRAG)}</p></div>'
    )


def _group(label: str, buttons: str) -> str:
    return f'<div role="group" aria-label="{label}">{buttons}</div>'


# === An answer ===


def answer(found: Answer, picture: np.ndarray, truth: str = "", warning: str = "") -> str:
    """What is answered, beside what would be said blind, and where each block looked.

    Args:
        found: by the network.
        picture: that it saw, uint8 `(h, w, 3)`.
        truth: by the scene; empty where nobody knows.
        warning: that the picture is no scene; empty where it is one.
    """
    (best, share), (guess, guessed) = found.answers[0], found.blind[0]
    blind = _("Blind, from the question alone: {answer}, {percent} %.").format(
        answer=_(guess), percent=f"{100 * guessed:.0f}"
    )
    kind, check = "", ""
    if truth and truth == best:
        kind, check = "mm-yes", _("This is right.")
    elif truth:
        kind = "mm-no"
        check = _("This is wrong: the answer is {answer}.").format(answer=_(truth))
    asked = ""
    if found.asked.changed:
        exactly = f'<b translate="no">{escape(found.asked.question)}</b>'
        asked = f'<p class="mm-note">{_("Asked as: {question}").format(question=exactly)}</p>'
    unknown = ""
    if found.asked.unknown:
        words = ", ".join(found.asked.unknown)
        unknown = notice(_("Not known, and read over: {words}.").format(words=words))
    return (
        f'<section class="mm-verdict {kind} mm-vqa-said" aria-live="polite">'
        f"<h3>{escape(_(best))} <small>{100 * share:.0f} %</small></h3>"
        f"<p>{escape(sentences(check, blind))}</p>{asked}</section>"
        f"{notice(warning) if warning else ''}{unknown}{_bars(found)}{_looked(found, picture)}"
    )


def _bars(found: Answer) -> str:
    """The likeliest answers, be it with the picture or without it."""
    said, blind = dict(found.answers), dict(found.blind)
    both = {name: (said.get(name, 0.0), blind.get(name, 0.0)) for name in (*said, *blind)}
    likely = [name for name in both if max(both[name]) >= LEAST]
    names = sorted(likely, key=lambda name: -max(both[name]))[:ROWS]
    names.sort(key=both.__getitem__, reverse=True)
    rows = "".join(
        f"<tr><th scope='row'>{escape(_(name))}</th>{''.join(map(_bar, both[name]))}</tr>"
        for name in names
    )
    return (
        f'<table class="mm-table mm-vqa-bars"><thead><tr><th>{_("Answer")}</th>'
        f"<th>{_('With the picture')}</th><th>{_('Blind, from the question alone')}</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _bar(share: float) -> str:
    return (
        f"<td><div class='mm-vqa-bar'><div class='mm-bar'><i style='width:{100 * share:.1f}%'></i>"
        f"</div><span>{100 * share:.0f} %</span></div></td>"
    )


def _looked(found: Answer, picture: np.ndarray) -> str:
    """The picture, and over it what each block did; a network may have no such blocks."""
    short = min(picture.shape[:2])
    top, left = ((side - short) // 2 for side in picture.shape[:2])
    small = Image.fromarray(picture[top : top + short, left : left + short])  # as networks see it
    small.thumbnail((SHOWN, SHOWN), Image.Resampling.BOX)
    seen = np.asarray(small)
    figures = _figure(pictures.picture(seen), _("What it saw"))
    for number, place in enumerate(found.looked, 1):
        shown = pictures.heat(seen, place - np.median(place), SHOWN)  # the half that is above
        figures += _figure(shown, _("Block {number}").format(number=number))
    head = f'<h3 class="mm-vqa-head">{_("Where it looked")}</h3>'
    note = _("Bright is where a block, told by the question what to look for, changed most.")
    if not len(found.looked):
        head, note = "", _("This network keeps no record of where it looks.")
    return f'{head}<div class="mm-vqa-maps">{figures}</div><p class="mm-note">{note}</p>'


def _figure(address: str, caption: str) -> str:
    return (
        f'<figure><img src="{address}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


# === With the picture, and blind ===


def compared(
    rows: Sequence[Asked], scene: np.ndarray, other: np.ndarray, before: Sequence[int]
) -> str:
    """All questions about a scene: the truth, and what is said with it, blind, and with another.

    Args:
        rows: the questions.
        scene, other: pictures, uint8 `(h, w, 3)`: the one that is asked about, and another.
        before: how many questions were asked about earlier scenes, and how many of these were
            answered rightly with the picture, blind, and with another picture.
    """
    heads = (
        *(_("Question"), _("The truth"), _("With the picture")),
        *(_("Blind, from the question alone"), _("With the other picture")),
    )
    body = "".join(
        f"<tr><th scope='row'>{escape(row.question)}</th><td>{escape(_(row.truth))}</td>"
        + "".join(_checked(said, row.truth) for said in (row.said, row.blind, row.other))
        + "</tr>"
        for row in rows
    )
    count, *right = tally(rows)
    foot = "".join(f"<td><b>{one} / {count}</b></td>" for one in right)
    named = "".join(f"<th>{head}</th>" for head in heads)
    figures = _figure(pictures.picture(scene), _("This is asked about"))
    figures += _figure(pictures.picture(other), _("The other picture"))
    every = [one + more for one, more in zip(before, (count, *right), strict=True)]
    sums = "".join(
        f"<div><dt>{head}</dt><dd>{one} / {every[0]}</dd></div>"
        for head, one in zip(heads[2:], every[1:], strict=True)
    )
    return (
        f'<h3 class="mm-vqa-head">{_("Right so far")}</h3>'
        f'<div role="status"><dl class="mm-vqa-sums">{sums}</dl></div><div class="mm-vqa-two">'
        f'<div class="mm-vqa-maps">{figures}</div>{SCROLL}<table class="mm-table mm-vqa-all">'
        f"<thead><tr>{named}</tr></thead><tbody>{body}</tbody><tfoot><tr>"
        f"<th scope='row'>{_('Right')}</th><td></td>{foot}</tr></tfoot></table></div></div>"
    )


def tally(rows: Sequence[Asked]) -> tuple[int, int, int, int]:
    """How many questions, and how many of them rightly with the picture, blind, with another."""
    return (
        len(rows),
        sum(row.said == row.truth for row in rows),
        sum(row.blind == row.truth for row in rows),
        sum(row.other == row.truth for row in rows),
    )


def _checked(said: str, truth: str) -> str:
    right = said == truth
    kind, sign = ("mm-vqa-right", "✓") if right else ("mm-vqa-wrong", "✗")
    heard = _("right") if right else _("wrong")
    return (
        f'<td class="{kind}">{escape(_(said))} '
        f'<span role="img" aria-label="{heard}">{sign}</span></td>'
    )
