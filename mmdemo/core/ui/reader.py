"""Pages on which a network reads a text: the form, and the answer with the words shaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.demo import Demo
from mmdemo.core.ui.events import on
from mmdemo.core.ui.widgets import notice, shade


def reader(
    demo: Demo,
    answer: Callable[..., str],
    *,
    label: str,
    placeholder: str,
    written: Mapping[str, str],
    action: str,
    settings: Sequence[Any] = (),
) -> None:
    """A text box with examples and a button; beside it what the network makes of the text.

    Args:
        demo: whose network reads.
        answer: the text and the values of the settings to HTML.
        label: of the text box.
        placeholder: what stands in it before anything is written.
        written: examples by their names.
        action: what the button says.
        settings: further components whose values the answer depends on.
    """
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(label=label, placeholder=placeholder, lines=8, max_lines=16)
            gr.Examples(
                [[example] for example in written.values()],
                [text],
                example_labels=list(written),
                label="Examples",
            )
            button = gr.Button(action, variant="primary", size="lg")
        result = gr.HTML(padding=False)
    on(
        button.click,
        answer,
        [text, *settings],
        [result],
        network=demo.slug,
        scroll_to_output=True,
    )


def skipped_notice(words: int, skipped: int) -> str:
    """Says that a text was too long to be read whole; empty where it was not.

    Args:
        words: how many were read, the last ones.
        skipped: how many were not.
    """
    if not skipped:
        return ""
    return notice(f"Only the last {words} words were read: the first {skipped:,} do not count.")


def shaded_pushes(
    text: str,
    spans: Sequence[tuple[int, int]],
    pushes: np.ndarray,
    unknown: np.ndarray,
    *,
    least: float,
    up: str,
    down: str,
    legend_unknown: bool,
) -> str:
    """A text whose words carry what each adds to the answer, and what the colours mean.

    Args:
        text: as it was written.
        spans: of the words that were read.
        pushes: what each adds to the answer, `(words,)`.
        unknown: which of them the network does not know, bool `(words,)`.
        least: the push that gets the full colour where none is stronger.
        up: what blue words do, as the legend says it.
        down: what orange ones do, and what that means.
        legend_unknown: whether the legend says what underlined words are.
    """
    strongest = max(float(np.abs(pushes).max()), least)
    shaded = shade(
        text,
        spans,
        pushes / strongest,
        title=lambda index: f"{pushes[index]:+.2f}",
        unknown=unknown,
    )
    underlined = ' <mark class="mm-unknown">Underlined</mark> words are unknown to the network.'
    return (
        f'{shaded}<p class="mm-note mm-shaded"><mark class="mm-up" style="--strength:70%">blue'
        f'</mark> words {up}, <mark class="mm-down" style="--strength:70%">orange</mark> ones '
        f"{down} when the word is taken out.{underlined if legend_unknown else ''}</p>"
    )
