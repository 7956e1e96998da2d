"""The "Try it" part of a demo that compares and names samples by one example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from mmdemo.core.language import N_, _
from mmdemo.core.ui import comparison, enrolment, page
from mmdemo.core.ui.comparison import Comparer
from mmdemo.core.ui.enrolment import Recogniser


def render(
    recogniser: Recogniser[Any],
    comparer: Comparer[Any],
    question: str,
    settings: str = N_("Settings: network, threshold"),
    options: Sequence[Any] = (),
) -> None:
    """Draw the settings and both panels.

    Args:
        recogniser, comparer: the demo's parts.
        question: that naming answers: the title of its tab.
        settings: what they are, in words.
        options: further components among them, not yet drawn, whose values `recogniser.read` gets.
    """
    demo = recogniser.networks.demo
    with gr.Accordion(_(settings), open=False):
        preset = page.preset_choice(demo)
        threshold = page.threshold_slider(demo, preset)
        for option in options:
            option.render()
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Compare two {noun}s").format(noun=_(comparer.noun))):
            comparison.render(comparer, recogniser, preset, threshold, options)
        with gr.Tab(_(question)):
            enrolment.render(recogniser, preset, threshold, options)
