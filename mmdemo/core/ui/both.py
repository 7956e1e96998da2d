"""One question to all networks of a page at one press: their answers stand side by side.

What is shown is what the page would answer under each, since its own handler answers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import _
from mmdemo.core.ui import settings
from mmdemo.core.ui.widgets import notice


@dataclass(frozen=True)
class Both:
    """What asks all networks at once.

    Attributes:
        button: to press.
        preset: the choice of the network, which is among the inputs of the question.
    """

    button: gr.Button
    preset: gr.Radio


def buttons(action: str) -> tuple[gr.Button, gr.Button]:
    """Draw the button that asks the chosen network, and a quiet one that asks both.

    Args:
        action: what the first one says.
    """
    with gr.Row(elem_classes="mm-buttons"):
        ask = gr.Button(action, variant="primary", size="lg", scale=3, min_width=120)
        both = gr.Button(_("Ask both networks"), size="lg", scale=2, min_width=120)
    return ask, both


def answering(
    handler: Callable[..., Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    preset: gr.Radio,
) -> Callable[..., str]:
    """A handler that gives the answers of all networks, as HTML for the first output.

    A setting that goes with the network, such as a threshold, is the visitor's for the network
    that they chose, and the stored one for another. One that cannot answer says why.

    Args:
        handler, inputs, outputs: of the question.
        preset: among the inputs.
    """
    choice = list(inputs).index(preset)
    limits = [settings.limits(component) for component in inputs]

    def given(values: Sequence[Any], chosen: str) -> list[Any]:
        """The inputs as they are once this network is chosen."""
        if chosen == values[choice]:
            return list(values)
        followed = [
            value if of is None else of(chosen)["value"]
            for value, of in zip(values, limits, strict=True)
        ]
        followed[choice] = chosen
        return followed

    @functools.wraps(handler)  # whose parameters have names
    def answer(*values: Any) -> str:
        columns, failed = [], []
        for name, chosen in ((str(label), str(value)) for label, value in preset.choices):
            try:
                html = _html(handler(*given(values, chosen)), outputs)
            except UserError as error:
                failed.append(error)
                html = notice(for_visitors(error))
            title, *more = re.split(": |：", _(name), maxsplit=1)
            what = f"<small>{escape(more[0])}</small>" if more else ""
            columns.append(f"<section><h3>{escape(title)}{what}</h3>{html}</section>")
        if len(failed) == len(columns):
            raise failed[0]
        return f'<div class="mm-both" aria-live="polite">{"".join(columns)}</div>'

    return answer


def _html(answer: Any, outputs: Sequence[Any]) -> str:
    """What of an answer can stand in another place."""
    parts = answer if isinstance(answer, tuple) else (answer,)
    shown = zip(parts, outputs, strict=True)
    return "".join(part for part, output in shown if isinstance(output, gr.HTML))
