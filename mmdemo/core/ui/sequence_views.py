"""What a layer makes of a text, a story or any other sequence: the words along its axes, how much
each head of an attention looks at which, gates and state of a recurrent layer over the words.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from mmdemo.core.language import _
from mmdemo.core.nets.inside import Look, Values
from mmdemo.core.nets.recurrence import Recurrence
from mmdemo.core.nets.words import FILE, Tokenizer
from mmdemo.core.serve.inputs import Inputs
from mmdemo.core.ui import layer_views
from mmdemo.core.ui.layer_views import Labels

WINDOW = 8
"""Words of a window, at most, that stand for a place of a convolution over words."""
FREE = ((False, False), (True, False), (True, True))
"""Which of two axes may be as long as the input, where the first one goes along it."""
HEADS = 16
"""Of an attention that can be chosen from, one after the other."""
UNITS = 8
"""Of a recurrent layer that can be chosen from: those whose state moves the most."""


# === Words along axes ===


@functools.lru_cache(maxsize=8)
def _vocabulary(folder: Path) -> Tokenizer:
    return Tokenizer.load(folder)


def texts(folder: Path, inputs: Inputs) -> list[list[str] | None]:
    """The words of each input that holds numbers of words, or its sentences; '' for padding."""
    if not (folder / FILE).is_file():
        return [None] * len(inputs)
    vocabulary = _vocabulary(folder)

    def said(numbers: np.ndarray) -> list[str]:
        return [vocabulary.word(number) if number else "" for number in numbers.tolist()]

    texts: list[list[str] | None] = []
    for array in inputs:
        if not np.issubdtype(array.dtype, np.integer) or array.ndim not in (2, 3):
            texts.append(None)
        elif array.ndim == 2:
            texts.append(said(array[0]))
        else:
            texts.append([" ".join(filter(None, said(sentence))) for sentence in array[0]])
    return texts


def labels(looked: Look, texts: Sequence[list[str] | None]) -> list[list[Labels]]:
    """Per output, the words along each axis whose length is that of a text that it depends on."""
    of = [text for index in looked.sources if (text := texts[index])]
    return [_axes(values, of, looked.row["type"] == "InputLayer") for values in looked.outputs]


def _axes(values: Values, texts: Sequence[list[str]], is_input: bool) -> list[Labels]:
    left = list(texts)
    labels: list[Labels] = []
    for axis, (length, step) in enumerate(zip(values.shape, values.steps, strict=True)):
        # A network of a fixed length has one, too; but what is fixed beside what is free has none.
        sequence = axis == 0 and len(values.shape) == 2 and values.free in FREE
        found = None
        for text in left if sequence or is_input or values.free[axis] else ():
            missing = len(text) - length
            if missing == 0 or (sequence and length > 1 and 0 < missing <= WINDOW):
                found = [" ".join(text[i : i + missing + 1]).strip() for i in range(length)][::step]
                left = [other for other in left if other is not text] or left
                break
        labels.append(found)
    return labels


def of_scores(looked: Look, texts: Sequence[list[str] | None]) -> list[Labels]:
    """What the queries and the keys of an attention are called."""
    scores = looked.attention
    if scores is None:
        return [None, None]
    known = [text for index in looked.sources if (text := texts[index])]
    found: list[Labels] = []
    for length, step in zip(scores.shape[1:], scores.steps[1:], strict=True):
        fitting = [text[::step] for text in known if len(text) == length]
        # Where two are as long, the queries are of the first, the keys of the second.
        found.append(fitting[min(len(found), len(fitting) - 1)] if fitting else None)
    return found


def of_steps(looked: Look, texts: Sequence[list[str] | None]) -> Labels:
    """What the steps of a recurrent layer are called."""
    steps = looked.recurrences[0].taken.shape
    values = Values(looked.recurrences[0].taken, steps, (1, 1), (True, False))
    return _axes(values, [text for index in looked.sources if (text := texts[index])], False)[0]


# === What is shown ===


def attention(scores: Values, labels: Sequence[Labels], chosen: int | None, click: bool) -> str:
    """How much each query looks at each key, a head at a time.

    Args:
        scores: `(heads, queries, keys)`.
        labels: of queries and keys.
        chosen: head; None for the one that looks the most closely.
        click: whether the arithmetic of a score can be asked for.
    """
    array, count = scores.array, len(scores.array)
    if array.size == 0:
        return ""
    head = int(array.max(axis=2).mean(axis=1).argmax()) if chosen is None else chosen
    head = min(head, count - 1)
    buttons = "".join(
        f'<button type="button" data-look="{escape(json.dumps({"part": index}))}" '
        f'aria-pressed="{str(index == head).lower()}" '
        f'aria-label="{_("Head {number}").format(number=index + 1)}">{index + 1}</button>'
        for index in range(min(count, HEADS))
    )
    title = _("What it attends to")
    said = _("Each row looks at each column: the stronger the colour, the more.")
    click = click and not scores.sampled
    rows, columns = labels
    if columns:
        body = layer_views.matrix(array[head], rows, columns, head if click else None)
    else:
        body = ""
    if click or not columns:
        place = f"{head},r,c" if click else ""
        body += layer_views.plane(array[head], place, click)
    of = f'<p class="mm-calls">{_("Head")} {buttons}</p>' if count > 1 else ""
    return f'<h4>{title}</h4>{of}<p class="mm-note">{said}</p>{body}'


def gates(found: Sequence[Recurrence], labels: Labels, chosen: int | None) -> str:
    """Gates and state of one unit of a recurrent layer, over the steps.

    Args:
        found: each direction.
        labels: of the steps.
        chosen: unit; None for the one whose state moves the most.
    """
    states = [one.parts["state"] for one in found]
    units = states[0].shape[1]
    if not len(states[0]):
        return ""
    moved = np.ptp(np.concatenate(states), axis=0)
    strongest = np.argsort(-moved, kind="stable")[:UNITS]
    unit = int(strongest[0]) if chosen is None or chosen >= units else chosen
    buttons = "".join(
        f'<button type="button" data-look="{escape(json.dumps({"part": int(index)}))}" '
        f'aria-pressed="{str(index == unit).lower()}">{index}</button>'
        for index in dict.fromkeys([*strongest.tolist(), unit])
    )
    which = _("of {count:,}: those that move the most").format(count=units)
    parts = [
        f"<h4>{_('Step by step')}</h4>",
        f'<p class="mm-calls">{_("Unit")} {buttons} {which}</p>',
    ]
    for one in found:
        if len(found) > 1:
            way = _("From the end to the beginning") if one.backward else _("From the beginning")
            parts.append(f'<p class="mm-note">{way}</p>')
        names = [_(name) for name in one.parts]
        columns = labels or [str(step + 1) for step in range(len(one.taken))]
        values = np.stack([part[:, unit] for part in one.parts.values()])
        parts.append(layer_views.matrix(values, names, columns))
    explained = _("A gate is between 0, shut, and 1, open. Blue is above 0, orange below.")
    parts.append(f'<p class="mm-note">{explained}</p>')
    return "".join(parts)
