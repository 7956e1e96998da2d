"""The page part in which a visitor has two samples compared: are they of one person or kind?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import gradio as gr

from mmdemo.core.data.examples import Pair
from mmdemo.core.language import N_, _
from mmdemo.core.ui import arrival, page, widgets
from mmdemo.core.ui.both import Both, buttons
from mmdemo.core.ui.enrolment import Recogniser
from mmdemo.core.ui.events import on, outdate, require_file

S = TypeVar("S")


@dataclass(frozen=True)
class Comparer(Generic[S]):
    """What the panel must know of a demo, beside how a sample is read.

    Attributes:
        noun: what is compared, such as `N_("photo")`.
        yes, no: the verdicts in words, marked with `N_`.
        show: two samples as the network is given them: HTML that stands beside the verdict, and
            HTML that stands below it.
        pairs: examples.
        source: where they are from.
        unlike: what is to be said of two samples before they are compared, since one is unlike all
            that the network was taught; mostly nothing.
    """

    noun: str
    yes: str
    no: str
    show: Callable[[S, S], tuple[str, str]]
    pairs: Sequence[Pair]
    source: str
    unlike: Callable[[S, S], str] = lambda one, other: ""


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
    demo, noun = recogniser.networks.demo, _(comparer.noun)
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            with gr.Row(elem_classes="mm-two"):
                with gr.Column(min_width=140):
                    first = recogniser.make_input(_("First {noun}").format(noun=noun))
                with gr.Column(min_width=140):
                    second = recogniser.make_input(_("Second {noun}").format(noun=noun))
            button, both = buttons(_("Compare"))
        with gr.Column(elem_classes="mm-examples"):
            offered = arrival.examples(
                {
                    _(pair.label): [pair.first, pair.second, *pair.options]
                    for pair in comparer.pairs
                },
                [first[0], second[0], *options],
                _(comparer.source),
            )
        with gr.Column(elem_classes="mm-answer"):
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
        if why := comparer.unlike(sample_a, sample_b):
            decided = comparer.yes if decision.same else comparer.no
            return widgets.unlike(why, f"<p>{_(decided)}</p>") + below
        verdict = widgets.verdict(
            decision, _(comparer.yes), _(comparer.no), recogniser.networks.curve(chosen)
        )
        if beside:
            verdict = f'<div class="mm-result">{verdict}{beside}</div>'
        curve = page.held_out_curve(demo, demo.model_id(chosen), decision.threshold)
        return verdict + below + curve

    inputs = [preset, threshold, *first, *second, *options]
    free = [""] * (len(first) - 1)
    the_first, the_second = N_("the first {noun}"), N_("the second {noun}")
    labels = ["", "", the_first, *free, the_second, *free, *[""] * len(options)]
    validator = require_file(*labels, noun=comparer.noun)
    answered = arrival.ask(
        demo,
        button,
        compare,
        inputs,
        [result],
        offered=offered,
        validator=validator,
        both=Both(both, preset),
    )
    moved = on(
        threshold.release,
        compare,
        inputs,
        [result],
        network=demo.slug,
        trigger_mode="always_last",  # else a second move during the first answer is lost
    )
    asked = [*first, *second, *options]
    changes = [component.input for component in asked]
    changes += [upload.clear for upload in (first[0], second[0])]
    outdate([*answered, moved], [*changes, preset.change], lambda: "", [result])
