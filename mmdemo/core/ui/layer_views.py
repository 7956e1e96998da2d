"""What a layer makes of an input, as HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, TypeAlias

import numpy as np

from mmdemo.core.language import _
from mmdemo.core.nets.inside import Look, Values, Weights
from mmdemo.core.ui import charts, diagram, pictures
from mmdemo.core.ui.widgets import SCROLL

MAPS = 24
"""Channels of a picture that are shown."""
MAP_SIDE, PLANE_SIDE = 100, 640
"""Numbers along the longer side of a channel's picture, and of a matrix'; else every so manieth."""
BARS = 64
"""Numbers of a vector that are shown as bars."""
STRIPS = 5
"""Channels of a text that are shown over its words."""
CELLS = 96
"""Words, or sentences, that a strip or a matrix shows."""
ARRAYS = 6
"""Arrays of weights of a layer that are shown."""

Labels: TypeAlias = Sequence[str] | None
"""Words or sentences along an axis; None where it has none."""


def output(values: Values, labels: Sequence[Labels], *, click: bool) -> str:
    """One output of a layer.

    Args:
        values: of the output.
        labels: per axis.
        click: whether the arithmetic of its numbers can be asked for.
    """
    array = values.array.astype(np.float32)
    note = ""
    if values.sampled:
        size = 4 * int(np.prod(values.shape)) / 1024**2
        said = _("This output has {size:.0f} MB: every {steps}th number is shown.").format(
            size=size, steps=" × ".join(map(str, values.steps))
        )
        note = f'<p class="mm-note mm-sampled">{said}</p>'
    if not np.isfinite(array).all():
        said = _("Some of these numbers are not finite; they count as 0.")
        note += f'<p class="mm-note">{said}</p>'
        array = np.nan_to_num(array, posinf=0, neginf=0)
    while array.ndim > 3:
        said = _("The first of {count:,} along the first axis is shown.").format(
            count=array.shape[0]
        )
        note += f'<p class="mm-note">{said}</p>'
        array, labels, click = array[0], labels[1:], False
    if array.size == 0:
        return f'{note}<p class="mm-note">{_("It has no numbers for this input.")}</p>'
    if np.issubdtype(values.array.dtype, np.integer) and labels and labels[0]:
        return note + _texts(array, labels[0])
    click = click and not values.sampled
    if array.size == 1:
        place = json.dumps([0] * array.ndim) if click and array.ndim else ""
        return note + _scalar(float(array.ravel()[0]), place)
    if array.ndim == 1:
        words = labels[0] if labels else None
        if words:
            return note + _strip(array, words, _("each number"))
        return note + _bars(array, values.steps[-1], click)
    if array.ndim == 2:
        return note + _table(array, labels, values.steps, click)
    return note + _maps(array, values.steps, click)


def _texts(numbers: np.ndarray, texts: Sequence[str]) -> str:
    """Words or sentences with their numbers, as a network is given them."""
    items = "".join(
        f"<li>{escape(text)} <small>{' '.join(f'{n:.0f}' for n in np.atleast_1d(own) if n)}"
        "</small></li>"
        for text, own in zip(texts[:CELLS], numbers, strict=False)
        if text
    )
    return (
        f'<ol class="mm-words" dir="auto" translate="no">{items}</ol><p class="mm-note">'
        + _("Each word with its number in the vocabulary; 1 is an unknown word.")
        + "</p>"
    )


def _scalar(value: float, place: str) -> str:
    ask = f'<button type="button" data-place="{place[1:-1]}">{_("How?")}</button>' if place else ""
    return f'<p class="mm-scalar"><b>{value:.5g}</b> {ask}</p>'


def _bars(array: np.ndarray, step: int, click: bool) -> str:
    """The strongest numbers of a vector in their order, and all of them as one picture."""
    shown = np.sort(np.argsort(-np.abs(array), kind="stable")[:BARS])
    top = max(float(np.abs(array).max()), 1e-12)
    width, height, middle = 520, 120, 60
    wide = width / len(shown)
    parts = []
    for index, place in enumerate(shown):
        value = float(array[place])
        tall = max(54 * abs(value) / top, 0.5)
        y = middle - tall if value >= 0 else middle
        tip = _("number {place}: {value:.4g}").format(place=place * step, value=value)
        attributes = (
            f' tabindex="0" role="button" aria-label="{tip}" data-place="{place * step}"'
            if click
            else ""
        )
        parts.append(
            f'<g{attributes}><title>{tip}</title><rect x="{index * wide:.1f}" y="0" '
            f'width="{wide:.1f}" height="{height}" fill="transparent"/><rect '
            f'x="{index * wide + 0.1 * wide:.1f}" y="{y:.1f}" width="{0.8 * wide:.1f}" '
            f'height="{tall:.1f}" fill="{charts.COLOURS[0 if value >= 0 else 1]}"/></g>'
        )
    said = _("{count:,} numbers").format(count=len(array))
    if len(shown) < len(array):
        said = _("{count:,} numbers; the {shown} strongest").format(
            count=len(array), shown=len(shown)
        )
    meaning = _("{numbers}: blue above 0, orange below, up to {top:.3g}.").format(
        numbers=said, top=top
    )
    return (
        f'<figure class="mm-figure"><svg viewBox="0 0 {width} {height}" role="group" '
        f'aria-label="{said}">{"".join(parts)}<line x1="0" x2="{width}" y1="{middle}" '
        f'y2="{middle}" stroke="currentColor" opacity=".4"/></svg>'
        f'<p class="mm-note">{meaning}</p></figure>'
    )


def _strip(values: np.ndarray, words: Sequence[str], what: str) -> str:
    """A number per word, as the colour behind it."""
    top = max(float(np.abs(values).max()), 1e-12)
    real = [index for index, word in enumerate(words[: len(values)]) if word][:CELLS]
    marks = "".join(
        f'<mark class="{"mm-up" if values[index] >= 0 else "mm-down"} mm-weak" '
        f'style="--strength:{100 * abs(values[index]) / top:.0f}%" '
        f'title="{values[index]:.4g}">{escape(words[index])}</mark> '
        for index in real
    )
    meaning = _("{what}: blue above 0, orange below, full at {top:.3g}").format(what=what, top=top)
    return (
        f'<p class="mm-shaded mm-strip" dir="auto" translate="no">{marks}</p>'
        f'<p class="mm-note">{meaning}</p>'
    )


def _table(array: np.ndarray, labels: Sequence[Labels], steps: Sequence[int], click: bool) -> str:
    """Two axes: words by words, words by channels, or a plain picture."""
    rows, columns = labels if len(labels) == 2 else (None, None)
    if columns:
        return matrix(array, rows, columns)
    parts = []
    if rows:
        strongest = np.argsort(-np.abs(array).max(axis=0), kind="stable")[:STRIPS]
        parts += [
            _strip(array[:, channel], rows, channel_name(channel * steps[1]))
            for channel in strongest
        ]
        real = [index for index, word in enumerate(rows) if word]
        array = array[: real[-1] + 1] if real else array
    if not rows:
        return plane(array, "r,c", click)
    what = _("all {count:,} channels, from top to bottom, over the words").format(
        count=array.shape[1]
    )
    return "".join([*parts, plane(array.T, "c,r", click, what)])


def plane(array: np.ndarray, place: str, click: bool, what: str = "") -> str:
    """A matrix as a picture.

    Args:
        array: `(rows, columns)` of the picture.
        place, click: as for `_map`.
        what: it is; its size where nothing is said.
    """
    apart = -(-max(array.shape) // PLANE_SIDE)
    address = pictures.plane(array[::apart, ::apart])
    down, across = array.shape
    what = what or f"{down:,} × {across:,}"
    picture = _map(address, what, place, down, across, array, click)
    return f'<div class="mm-maps mm-plane">{picture}</div>'


def channel_name(number: int) -> str:
    """What a channel is called."""
    return _("channel {number}").format(number=number)


def matrix(array: np.ndarray, rows: Labels, columns: Sequence[str], head: int | None = None) -> str:
    """How much each row looks at each word or sentence: attention, an alignment, gates.

    Args:
        array: `(rows, columns)`.
        rows, columns: what they are called; an empty word is left out.
        head: of an attention, whose cells can be clicked; None where they cannot.
    """
    top = max(float(np.abs(array).max()), 1e-12)
    real = [index for index, word in enumerate(columns[: array.shape[1]]) if word][:CELLS]
    heading = "".join(f"<th><span>{escape(_short(columns[index]))}</span></th>" for index in real)
    named = [(index, rows[index] if rows else f"{index + 1}") for index in range(len(array))]
    body = []
    for index, label in [(index, label) for index, label in named if label][:CELLS]:
        cells = "".join(
            f'<td class="{"mm-up" if array[index, at] >= 0 else "mm-down"}" '
            f'style="--strength:{100 * abs(array[index, at]) / top:.0f}%" '
            f'title="{array[index, at]:.3f}"'
            + ("" if head is None else f' data-place="{head},{index},{at}"')
            + "></td>"
            for at in real
        )
        body.append(f"<tr><th>{escape(_short(label))}</th>{cells}</tr>")
    full = _("Full colour: {top:.3g}").format(top=top)
    return (
        f'{SCROLL}<table class="mm-alignment" translate="no"><thead><tr><td></td>{heading}</tr>'
        f'</thead><tbody>{"".join(body)}</tbody></table></div><p class="mm-note">{full}</p>'
    )


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _maps(array: np.ndarray, steps: Sequence[int], click: bool) -> str:
    """Height, width and channels: a picture per channel, or the photo that was given."""
    height, width, count = array.shape
    if count == 3 and array.min() >= 0 and 1 < array.max() <= 255:
        address = pictures.picture(array.astype(np.uint8))
        photo = _map(address, _("red, green, blue"), "", 1, 1, array, click=False)
        return f'<div class="mm-heat mm-thumbs">{photo}</div>'
    apart = -(-max(height, width) // MAP_SIDE)
    made = pictures.channels(array[::apart, ::apart], MAPS)
    shown = "".join(
        _map(
            address,
            channel_name(channel * steps[2]),
            f"r,c,{channel * steps[2]}",
            height,
            width,
            array[..., channel],
            click,
        )
        for address, channel in made
    )
    which = _("Channels")
    if len(made) < count:
        which = _("The {shown} strongest of {count:,} channels").format(
            shown=len(made), count=count
        )
    said = _(
        "{channels}, {width} × {height}, each from its lowest value (dark) to its highest (bright)."
    ).format(channels=which, width=width, height=height)
    hint = " " + _("Click at a place to see how its number comes about.") if click else ""
    return (
        f'<p class="mm-note">{said}{hint}</p>'
        f'<div class="mm-maps"><div class="mm-thumbs">{shown}</div></div>'
    )


def _map(
    address: str,
    caption: str,
    place: str,
    rows: int,
    columns: int,
    values: np.ndarray,
    click: bool,
) -> str:
    """A picture; where it can be clicked, with what a place of it means to the page's script.

    Args:
        address, caption: of the picture.
        place: of a number in the output, where `r` and `c` stand for row and column.
        rows, columns: of the picture.
        values: of the picture's, of which a key press takes the strongest.
        click: whether it can be clicked.
    """
    button = ""
    if click and place:
        first = np.unravel_index(int(np.abs(values).argmax()), values.shape)
        button = (
            f' tabindex="0" role="button" data-map="{place}" data-rows="{rows}" '
            f'data-columns="{columns}" data-start="{first[0]},{first[1]}"'
        )
    return (
        f'<figure><img src="{address}" alt="{escape(caption)}"{button}>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def facts(look: Look) -> str:
    """Shape, parameters and time, as a table."""
    shapes = _(" and ").join(map(_shape, look.inputs)) or _("what you gave it")
    made = ", ".join(_shape(values.shape) for values in look.outputs)
    rows = [
        (_("Takes"), shapes),
        (_("Gives"), made),
        (_("Parameters"), f"{look.row['parameters']:,}"),
    ]
    if look.seconds:
        took = 1000 * look.seconds
        said = f"{took:.0f}" if took >= 10 else f"{took:.2g}"
        rows.append((_("Time"), _("{time} ms by itself, not compiled").format(time=said)))
    if look.row["detail"]:
        rows.insert(0, (_("Settings"), look.row["detail"]))
    cells = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    return f'<dl class="mm-facts">{cells}</dl>'


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(f"{side:,}" for side in shape) or _("a number")


def weights(all_weights: Sequence[Weights]) -> str:
    """The arrays of weights, each with its pictures and a histogram; folded."""
    if not all_weights:
        return ""
    largest = sorted(all_weights, key=lambda each: -int(np.prod(each.shape)))[:ARRAYS]
    parts = []
    if len(largest) < len(all_weights):
        parts.append(
            '<p class="mm-note">'
            + _("The {shown} largest of {count} arrays of weights.").format(
                shown=ARRAYS, count=len(all_weights)
            )
            + "</p>"
        )
    for each in largest:
        parts.append(f"<h4 translate='no'>{escape(each.name)}, {_shape(each.shape)}</h4>")
        if int(np.prod(each.shape)) > 1:
            parts.append(_filters(each))
            parts.append(
                charts.histogram(
                    _("Values of {name}").format(name=each.name),
                    each.counts.tolist(),
                    each.edges.tolist(),
                )
            )
        else:
            parts.append(f"<p>{float(each.pictures.ravel()[0]):.5g}</p>")
    return f"<details><summary>{_('Its weights')}</summary>{''.join(parts)}</details>"


def _filters(each: Weights) -> str:
    if not each.numbers:
        plane = each.pictures[0, ..., 0]
        return (
            '<div class="mm-maps mm-plane">'
            f"{_map(pictures.plane(plane), _('as a picture'), '', 1, 1, plane, False)}</div>"
        )
    items = "".join(
        _map(
            pictures.weights(picture),
            _("filter {number}").format(number=number),
            "",
            1,
            1,
            picture,
            False,
        )
        for number, picture in zip(each.numbers, each.pictures, strict=True)
    )
    if each.pictures.shape[-1] == 3:
        said = _("The {count} strongest filters, each at all its input channels.")
    else:
        said = _("The {count} strongest filters, each at its strongest input channel.")
    said = said.format(count=len(each.numbers))
    return (
        f'<p class="mm-note">{said}</p>'
        f'<div class="mm-maps"><div class="mm-thumbs">{items}</div></div>'
    )


def heading(row: Mapping[str, Any]) -> str:
    """What a layer is called."""
    return diagram.spaced(row["type"])
