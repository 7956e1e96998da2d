"""What a visitor's classes look like: examples, training, and how good it is, as HTML."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import numpy as np

from mmdemo.core.language import _, sentences
from mmdemo.core.train import head
from mmdemo.core.ui import charts
from mmdemo.core.ui.charts import Series
from mmdemo.core.ui.own_classes import Example, OwnClasses
from mmdemo.core.ui.widgets import notice, thumbnails

SHOWN = 10
"""Small pictures of a class."""
MISTAKES = 8
"""Held-out examples that were named wrongly, shown at most."""


def note(text: str) -> str:
    """A quiet line that screen readers say."""
    return f'<p class="mm-note" role="status">{escape(text)}</p>'


def table(mine: OwnClasses, examples: str) -> str:
    """The classes with their examples.

    Args:
        mine: which.
        examples: what they are, in the plural.
    """
    if not mine.classes:
        return note(
            _("There are no classes yet. Name one, and add {examples} to it.").format(
                examples=examples
            )
        )
    return "".join(_class(name, known) for name, known in mine.classes.items())


def _class(name: str, examples: Sequence[Example]) -> str:
    shown = "".join(f'<img src="{_address(e)}" alt="">' for e in examples[:SHOWN])
    more = len(examples) - SHOWN
    rest = f'<span class="mm-note">{_("and {count} more").format(count=more)}</span>'
    return (
        f'<section class="mm-class"><h5><bdi translate="no">{escape(name)}</bdi> '
        f'<span class="mm-note">{len(examples)}</span></h5>'
        f'<div class="mm-strip">{shown}{rest if more > 0 else ""}</div></section>'
    )


def _address(example: Example) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(example.picture).decode()


def count(mine: OwnClasses, name: str) -> str:
    """How many examples a class has, while the camera takes more."""
    number = len(mine.classes.get(name, ()))
    return note(_("“{name}” has {count} examples now.").format(name=name, count=number))


def added(name: str, new: int, known: int, refused: Sequence[str]) -> str:
    """What came of the files that were added.

    Args:
        name: of the class.
        new, known: examples that were added, and left out since one of the classes has them.
        refused: what is wrong with files that could not be read.
    """
    said = [_("{count} added to “{name}”.").format(count=new, name=name)]
    if known:
        said.append(
            _("{count} left out: the same are in your classes already.").format(count=known)
        )
    if refused:
        said.append(_("{count} could not be read:").format(count=len(refused)))
        said += refused[:3]
    return notice(sentences(*said)) if known or refused else note(sentences(*said))


def progress(done: int, total: int, loss: float | None) -> str:
    """How far the training is; without a loss, how far the measuring is."""
    if loss is None:
        text = _("Measured on held-out examples: part {done} of {total}")
    else:
        text = _("Training: pass {done} of {total}, loss {loss:.3f}")
    text = text.format(done=done, total=total, loss=loss)
    return (
        f'<p class="mm-note" role="status">{escape(text)}</p>'
        f'<div class="mm-bar"><i style="width:{100 * done / total:.0f}%"></i></div>'
    )


def report(
    mine: OwnClasses,
    losses: Sequence[float],
    labels: np.ndarray,
    said: np.ndarray | None,
    examples: str,
) -> str:
    """What was trained, and how good it is.

    Args:
        mine: with its head.
        losses: after each pass.
        labels: of all examples.
        said: what heads said that had not seen them; None where there were too few.
        examples: what they are, in the plural.
    """
    heading = _("Trained on {count} {examples} of {classes} classes").format(
        count=len(labels), examples=examples, classes=len(mine.names)
    )
    chart = charts.line_chart(
        _("Loss in training"),
        [Series(_("Loss"), list(range(1, len(losses) + 1)), losses)],
        x_label=_("Pass"),
        y_label=_("Loss"),
    )
    body = _too_few(mine, examples) if said is None else _measured(mine, labels, said, examples)
    return (
        f'<section class="mm-verdict mm-yes" aria-live="polite"><h3>{escape(heading)}</h3>'
        f"{body}</section><details><summary>{_('Loss in training')}</summary>{chart}</details>"
    )


def _too_few(mine: OwnClasses, examples: str) -> str:
    small = [name for name, known in mine.classes.items() if len(known) < head.FOLDS]
    text = _(
        "You can use it. How good it is cannot be said: these classes have fewer than {least} "
        "{examples}: {names}."
    ).format(least=head.FOLDS, examples=examples, names=", ".join(small))
    return f"<p>{escape(text)}</p>"


def _measured(mine: OwnClasses, labels: np.ndarray, said: np.ndarray, examples: str) -> str:
    right, total = int((said == labels).sum()), len(labels)
    low, high = head.interval(right, total)
    figure = _(
        "Held out, {right} of {count} were named rightly: {share:.0f} %. With so few {examples} "
        "that is somewhere between {low:.0f} and {high:.0f} %."
    ).format(
        right=right,
        count=total,
        share=100 * right / total,
        examples=examples,
        low=100 * low,
        high=100 * high,
    )
    how = _(
        "Each fifth was named by a layer that was trained on the other four fifths; the one that "
        "you use was trained on all."
    )
    parts = [f"<p><b>{escape(figure)}</b></p>"]
    one_go = [
        name
        for name, known in mine.classes.items()
        if len({example.source for example in known}) < head.FOLDS
    ]
    if one_go:
        flattering = _(
            "Taken in one go, {examples} look alike, and the figure flatters: new ones will be "
            "named less well. That holds for: {names}."
        ).format(examples=examples, names=", ".join(one_go))
        parts.append(f"<p>{escape(flattering)}</p>")
    parts.append(f"<p class='mm-note'>{escape(how)}</p>")
    wrong = np.flatnonzero(said != labels)[:MISTAKES]
    if len(wrong):
        known, names = mine.examples, mine.names
        caption = _("{name}, taken for {other}")
        shown = [
            (
                _address(known[row]),
                caption.format(name=names[labels[row]], other=names[said[row]]),
            )
            for row in wrong
        ]
        parts.append(thumbnails(shown, _("Held-out examples that were named wrongly")))
    return "".join(parts)
