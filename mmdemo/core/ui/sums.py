"""How a number of a layer comes about, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from mmdemo.core.language import _
from mmdemo.core.nets.workings import Arithmetic
from mmdemo.core.ui.layer_views import channel_name
from mmdemo.core.ui.widgets import SCROLL

TERMS = 6
"""Products, or input channels of a window, that the arithmetic spells out."""


def arithmetic(
    found: Arithmetic, moves: Mapping[str, Sequence[int]], *, is_score: bool = False
) -> str:
    """How a number comes about: numbers times numbers.

    Args:
        found: the number.
        moves: places beside it, by what the button to it says.
        is_score: of an attention, between a query and a key.
    """
    axes = (_("row"), _("column"), _("channel"))
    named = axes[3 - len(found.place) :] if len(found.place) < 4 else ()
    if len(found.place) == 2:
        named = (_("place"), _("channel"))
    if is_score:
        named = (_("head"), _("query"), _("key"))
    at = ", ".join(f"{name} {number}" for name, number in zip(named, found.place, strict=False))
    buttons = "".join(
        f'<button type="button" data-place="{",".join(map(str, place))}" '
        f'aria-label="{escape(name)}">{escape(name)}</button>'
        for name, place in moves.items()
    )
    title = _("The number at {place}: {value:.4g}").format(place=at, value=found.output)
    if found.how == "formula":
        body = _formula(found)
    else:
        body = _products(found) if found.weights is not None else _pool(found)
    return (
        f'<section class="mm-sum"><h4 tabindex="-1">{title} '
        f'<span class="mm-moves">{buttons}</span></h4>{body}</section>'
    )


def _formula(found: Arithmetic) -> str:
    """A formula, what stands in it, and the sums that it takes, the first one open."""
    rows = "".join(
        f"<div><dt><b>{escape(number.symbol)}</b> {escape(_(number.meaning))}</dt>"
        f"<dd>{number.value:.5g}</dd></div>"
        for number in found.numbers
    )
    sums = "".join(
        f"<details{' open' if index == 0 else ''}><summary>"
        f"{escape(_(name))}: {part.result:.4g}</summary>{_products(part)}</details>"
        for index, (name, part) in enumerate(found.parts)
    )
    return (
        f'<p class="mm-formula" translate="no">{escape(found.formula)} = '
        f'<b>{found.result:.5g}</b></p><dl class="mm-facts">{rows}</dl>{sums}'
    )


def _pool(found: Arithmetic) -> str:
    flat = found.values[~np.isnan(found.values)]
    shown = f"{SCROLL}{_grid(found.values, marked=found.total)}</div>" if flat.size <= 64 else ""
    how = _("The mean of {count:,} numbers:")
    if found.how == "max":
        how = _("The largest of {count:,} numbers:")
    return f"{shown}<p>{how.format(count=flat.size)} <b>{found.result:.4g}</b></p>"


def _products(found: Arithmetic) -> str:
    kernel: Any = found.weights
    products = found.values * kernel
    lines: list[str] = []
    if products.ndim > 1:
        by_channel = products.reshape(-1, products.shape[-1]).sum(axis=0)
        strongest = np.argsort(-np.abs(by_channel), kind="stable")[:TERMS]
        left = len(by_channel) - len(strongest)
        for channel in strongest[:3]:
            lines.append(
                f'<div class="mm-term"><span>{channel_name(channel)}</span>'
                f"{_grid(found.values[..., channel])}<b>×</b>"
                f"{_grid(kernel[..., channel])}<b>= {by_channel[channel]:.4g}</b></div>"
            )
        named = [f"{channel_name(c)}: {by_channel[c]:.4g}" for c in strongest[3:]]
        rest = float(np.delete(by_channel, strongest).sum())
        others = _("the other {count:,} input channels: {sum:.4g}")
    else:
        strongest = np.argsort(-np.abs(products), kind="stable")[:TERMS]
        left = len(products) - len(strongest)
        lines += [
            f'<div class="mm-term"><span>{_number_name(n, found.state)}</span>'
            f"{found.values[n]:.4g} × {kernel[n]:.4g} <b>= {products[n]:.4g}</b></div>"
            for n in strongest
        ]
        named = []
        rest = float(np.delete(products, strongest).sum())
        others = _("the other {count:,} products: {sum:.4g}")
    if left:
        named.append(others.format(count=left, sum=rest))
    if found.bias is not None:
        named.append(_("bias: {value:.4g}").format(value=found.bias))
    if named:
        lines.append(f"<p>+ {'<br>+ '.join(named)}</p>")
    lines.append(f"<p>{_('Sum:')} <b>{found.total:.4g}</b></p>")
    if found.activation:
        lines.append(f"<p>{escape(found.activation)} → <b>{found.result:.4g}</b></p>")
    return SCROLL + "".join(lines) + "</div>"


def _number_name(number: int, state: int | None) -> str:
    """What one of the numbers of a sum is called; of a recurrent layer, input and state apart."""
    if state is None:
        return _("number {n}").format(n=number)
    if number < state:
        return _("input {n}").format(n=number)
    return _("state {n}, before").format(n=number - state)


def _grid(values: np.ndarray, marked: float | None = None) -> str:
    """A window as a table of numbers."""
    rows = np.atleast_2d(values)
    top = max(float(np.nanmax(np.abs(rows))), 1e-12)
    body = "".join(
        "<tr>" + "".join(_cell(float(value), top, marked) for value in row) + "</tr>"
        for row in rows.reshape(-1, rows.shape[-1])
    )
    return f'<table class="mm-grid"><tbody>{body}</tbody></table>'


def _cell(value: float, top: float, marked: float | None) -> str:
    if np.isnan(value):
        return "<td>–</td>"
    kind = "mm-up" if value >= 0 else "mm-down"
    if marked is not None and value == marked:
        kind += " mm-marked"
    return f'<td class="{kind}" style="--strength:{60 * abs(value) / top:.0f}%">{value:.3g}</td>'
