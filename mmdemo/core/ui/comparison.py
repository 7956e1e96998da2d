"""The page part in which a visitor has two samples compared: are they of one person or kind?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import gradio as gr

from mmdemo.core.data.examples import Pair
from mmdemo.core.ui import page, widgets
from mmdemo.core.ui.enrolment import Recogniser
from mmdemo.core.ui.events import on, require_file

S = TypeVar("S")


@dataclass(frozen=True)
class Comparer(Generic[S]):
    """What the panel must know of a demo, beside how a sample is read.

    Attributes:
        noun: what is compared, such as `photo`.
        yes, no: the verdicts in words.
        show: two samples as the network is given them: HTML that stands beside the verdict, and
            HTML that stands below it.
        pairs: examples.
        source: where they are from.
    """

    noun: str
    yes: str
    no: str
    show: Callable[[S, S], tuple[str, str]]
    pairs: Sequence[Pair]
    source: str


def render(
    comparer: Comparer[Any],
    recogniser: Recogniser[Any],
    preset: gr.Radio,
    threshold: gr.Slider,
    options: Sequence[Any] = (),
) -> None:
    """Draw the panel.

    Args:
        comparer: the demo's part.
        recogniser: how a sample is put in and read.
        preset: the page's BOOK / DEFAULT switch.
        threshold: the page's distance threshold; the answer follows it.
        options: further components whose values `recogniser.read` gets.
    """
    demo = recogniser.networks.demo
    with gr.Row():
        with gr.Column():
            first = recogniser.make_input(f"First {comparer.noun}")
        with gr.Column():
            second = recogniser.make_input(f"Second {comparer.noun}")
    gr.Examples(
        [[str(pair.first), str(pair.second), *pair.options] for pair in comparer.pairs],
        [first[0], second[0], *options],
        example_labels=[pair.label for pair in comparer.pairs],
        label=comparer.source,
    )
    button = gr.Button("Compare", variant="primary", size="lg")
    result = gr.HTML(padding=False)

    def compare(chosen: str, limit: float, *values: Any) -> str:
        parts = len(first)
        one, other, chosen_options = values[:parts], values[parts : 2 * parts], values[2 * parts :]
        if one[0] is None or other[0] is None:  # the threshold was moved before there are samples
            return ""
        sample_a = recogniser.read(*one, *chosen_options)
        sample_b = recogniser.read(*other, *chosen_options)
        decision = recogniser.networks.verify(sample_a, sample_b, chosen, limit)
        beside, below = comparer.show(sample_a, sample_b)
        verdict = widgets.verdict(decision, comparer.yes, comparer.no)
        if beside:
            verdict = f'<div class="mm-result">{verdict}{beside}</div>'
        curve = page.held_out_curve(demo, demo.model_id(chosen), decision.threshold)
        return verdict + below + curve

    inputs = [preset, threshold, *first, *second, *options]
    free = [""] * (len(first) - 1)
    the_first, the_second = f"the first {comparer.noun}", f"the second {comparer.noun}"
    labels = ["", "", the_first, *free, the_second, *free, *[""] * len(options)]
    on(
        button.click,
        compare,
        inputs,
        [result],
        network=demo.slug,
        validator=require_file(*labels),
        scroll_to_output=True,
    )
    on(
        threshold.release,
        compare,
        inputs,
        [result],
        network=demo.slug,
        trigger_mode="always_last",  # else a second move during the first answer is lost
    )
