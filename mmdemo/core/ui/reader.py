"""Pages on which a network reads a text: the form, and the answer with the words shaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import gradio as gr
import numpy as np

from mmdemo.core.demo import Demo
from mmdemo.core.language import _, sentences
from mmdemo.core.ui import arrival
from mmdemo.core.ui.both import Both, buttons
from mmdemo.core.ui.events import outdate
from mmdemo.core.ui.widgets import notice, shade


def reader(
    demo: Demo,
    answer: Callable[..., str],
    *,
    label: str,
    placeholder: str,
    written: Mapping[str, str],
    action: str,
    preset: gr.Radio | None = None,
) -> None:
    """A text box with examples and a button; beside it what the network makes of the text.

    Args:
        demo: whose network reads.
        answer: the text, and the network where one is chosen, to HTML.
        label: of the text box.
        placeholder: what stands in it before anything is written.
        written: examples by their names.
        action: what the button says.
        preset: the choice of the network, where there is one.
    """
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            text = gr.Textbox(label=label, placeholder=placeholder, lines=5, max_lines=16)
            if preset is None:
                button, both = gr.Button(action, variant="primary", size="lg"), None
            else:
                button, second = buttons(action)
                both = Both(second, preset)
        with gr.Column(elem_classes="mm-examples"):
            rows = {_(name): [example] for name, example in written.items()}
            offered = arrival.examples(rows, [text], _("Examples"))
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)
    inputs = [text] if preset is None else [text, preset]
    asked = arrival.ask(demo, button, answer, inputs, [result], offered=offered, both=both)
    changes = [text.input] if preset is None else [text.input, preset.change]
    outdate(asked, changes, lambda: "", [result])


def skipped_notice(words: int, skipped: int) -> str:
    """Says that a text was too long to be read whole; empty where it was not.

    Args:
        words: how many were read, the last ones.
        skipped: how many were not.
    """
    if not skipped:
        return ""
    return notice(
        _("Only the last {words} words were read: the first {skipped:,} do not count.").format(
            words=words, skipped=skipped
        )
    )


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
    pushes = np.where(unknown, 0.0, pushes)  # which word stands there makes no difference to it
    strongest = max(float(np.abs(pushes).max()), least)
    shaded = shade(
        text,
        spans,
        pushes / strongest,
        title=lambda index: _("unknown") if unknown[index] else f"{pushes[index]:+.2f}",
        unknown=unknown,
    )
    legend = _("{blue} words {up}, {orange} ones {down} when the word is taken out.").format(
        blue=f'<mark class="mm-up" style="--strength:70%">{_("blue")}</mark>',
        up=up,
        orange=f'<mark class="mm-down" style="--strength:70%">{_("orange")}</mark>',
        down=down,
    )
    if legend_unknown:
        underlined = f'<mark class="mm-unknown">{_("Underlined")}</mark>'
        unknown_words = _(
            "{underlined} words are unknown to the network, and have no colour."
        ).format(underlined=underlined)
        legend = sentences(legend, unknown_words)
    return f'{shaded}<p class="mm-note mm-shaded">{legend}</p>'
