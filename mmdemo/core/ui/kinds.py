"""All that a classifier can answer, folded: a list that can be searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import gradio as gr

from mmdemo.core.errors import UserError
from mmdemo.core.language import _, kind
from mmdemo.core.ui.widgets import SEARCH


def kinds(read: Callable[[], Sequence[str]]) -> None:
    """Draw the list; where there are no weights, which the page says elsewhere, none.

    Args:
        read: the names of the kinds, in any order, from the weights folder.
    """
    try:
        names = read()
    except UserError:
        return
    title = _("All {count} kinds that it knows").format(count=len(names))
    items = "".join(_item(name) for name in sorted(names, key=str.lower))
    gr.HTML(
        f'<details class="mm-kinds"><summary>{title}</summary>'
        f'<input class="mm-search" type="search" placeholder="{_("Search the kinds")}" '
        f'aria-label="{_("Search the kinds")}"><p class="mm-note" role="status" hidden>'
        f"{_('It knows no such kind, and gives it the name of another.')}</p>"
        f"<ul>{items}</ul></details>",
        padding=False,
        js_on_load=SEARCH,
    )


def _item(name: str) -> str:
    """A kind, and how the network itself calls it where that is another language's name."""
    own = kind(name)
    if own == name:
        return f"<li translate='no'>{escape(name)}</li>"
    return f"<li>{escape(own)} <small translate='no' lang='en'>{escape(name)}</small></li>"
