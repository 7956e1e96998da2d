"""Things that a visitor moves, as HTML; `play.js` answers each move in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import _
from mmdemo.core.ui import pictures
from mmdemo.core.ui.charts import COLOURS
from mmdemo.core.ui.events import on
from mmdemo.core.ui.scripts import calling
from mmdemo.core.ui.widgets import SCROLL, notice

_ASKED = '() => [document.querySelector(".mm-struck-out").dataset.asked ?? null]'


def attribute(name: str, value: Any) -> str:
    """A data attribute that holds a value as JSON."""
    return f' data-{name}="{escape(json.dumps(value, ensure_ascii=False))}"'


def along(
    chart: str,
    label: str,
    values: Sequence[float],
    sentence: str,
    rows: Sequence[Mapping[str, Any]],
) -> str:
    """A slider that moves a chart's marker through measured values, and says each one's figures.

    Args:
        chart: with a marker at the first of the values.
        label: of the slider.
        values: on the chart's x axis.
        sentence: what is said, with fields such as `{top1:.1f}`, of no other kind.
        rows: what stands in the fields, for each value.
    """
    moving = {"values": list(values), "sentence": sentence, "rows": list(rows)}
    said = escape(sentence.format(**rows[0]))
    return (
        f'<div class="mm-along"{attribute("along", moving)}><label>{escape(label)}'
        f'<input type="range" min="0" max="{len(values) - 1}" step="1" value="0"></label>'
        f'<output aria-live="polite">{said}</output>{chart}</div>'
    )


def cover(
    picture: np.ndarray,
    names: Sequence[str],
    plain: np.ndarray,
    answers: Mapping[float, np.ndarray],
) -> str:
    """A photo with a grey cover over it that is dragged about, and the answers under it.

    Args:
        picture: uint8 `(height, width, 3)`, as the network is given it.
        names: of the classes that are shown.
        plain: their probabilities with nothing covered, `(classes,)`.
        answers: by the square's side as a share of the picture's sides: the probabilities with it
            at each place, `(cells, cells, classes)`.
    """
    cells = next(iter(answers.values())).shape[0]
    moving = {
        "cells": cells,
        "sizes": list(answers),
        "names": list(names),
        "plain": plain.round(4).tolist(),
        "answers": [found.reshape(cells**2, -1).round(4).tolist() for found in answers.values()],
    }
    said = _("Covered at row {row}, column {column}: {name}, {share}.")
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td class="mm-under"><i style="background:{COLOURS[0]}"></i><u></u></td>'
        '<td class="mm-number"></td></tr>'
        for name in names
    )
    hint = _("Drag the grey cover over the photo, or move it with the arrow keys.")
    line = _("The line in a bar is the probability with nothing covered.")
    return (
        f'<div class="mm-covering"{attribute("cover", moving)} data-said="{escape(said)}">'
        f'<p class="mm-note">{hint}</p><div class="mm-covered">'
        f'<img src="{pictures.picture(picture)}" alt="{_("the photo, as the network sees it")}" '
        'draggable="false">'
        f'<div class="mm-cover" role="slider" tabindex="0" aria-label="{_("Grey cover")}" '
        f'aria-valuemin="1" aria-valuemax="{cells**2}"></div></div>'
        f'<label>{_("Size of the cover")}<input type="range" min="0" max="{len(answers) - 1}" '
        f'step="1" value="{len(answers) // 2}"></label>'
        f'<p role="status"></p>{SCROLL}<table class="mm-table"><tbody>{rows}</tbody></table></div>'
        f'<p class="mm-note">{line}</p></div>'
    )


def striking(shaded: str, text: str, preset: str) -> str:
    """A text whose words are struck out and brought back at a press, in an answer to it.

    Args:
        shaded: the text with a `mark` around each word that was read.
        text: as it was read.
        preset: the network that did.
    """
    wish = attribute("strike", {"text": text, "preset": preset})
    hint = _("Press a word to strike it out or bring it back: the verdict follows.")
    return f'<p class="mm-note">{hint}</p><div{wish}>{shaded}</div>'


def strikes(demo: Demo, verdict: Callable[[str, str, list[int]], str]) -> None:
    """Draw what answers to words struck out of texts on this page; see `striking`.

    Args:
        demo: whose networks read.
        verdict: the text, the network's name and the struck words' places to HTML: one element.
    """
    asked, reply = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden")
    button = gr.Button(visible="hidden", elem_classes="mm-struck-out")  # the script presses it

    def strike(wish: str | None) -> str:
        text, preset, struck, number = _wish(wish)
        try:
            html = verdict(text, preset, struck)
        except UserError as error:
            html = f'<section class="mm-verdict">{notice(for_visitors(error))}</section>'
        return json.dumps({"number": number, "html": html})

    answered = on(
        button.click,
        strike,
        [asked],
        [reply],
        network=demo.slug,
        trigger_mode="always_last",
        show_progress="hidden",
        js=_ASKED,
    )
    answered.success(
        None, [reply], None, js=calling("play.js", "struck(values)"), api_visibility="private"
    )
    answered.failure(None, None, None, js=calling("play.js", "failed()"), api_visibility="private")


def _wish(text: str | None) -> tuple[str, str, list[int], int]:
    """What a browser asks for: text, network, places of struck words, number of the wish."""
    try:
        wish = json.loads(text or "")
        found = str(wish["text"]), str(wish["preset"]), wish["struck"], int(wish["number"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(_("These words cannot be struck out. Read the text again.")) from error
    if not isinstance(found[2], list) or not all(type(place) is int for place in found[2]):
        raise UserError(_("These words cannot be struck out. Read the text again."))
    return found
