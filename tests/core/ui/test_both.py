"""core.ui.both: one question to all networks, as the page itself would answer under each."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.ui import both, settings

STORED = {"default": 0.2, "book": 0.7}
CHOICES = [("DEFAULT: ours", "default"), ("BOOK: the <source's>", "book")]


def page(handler: Any) -> Any:
    """What answers a page of a text, a preset and a threshold that goes with it."""
    with gr.Blocks() as blocks, settings.settings_link(blocks):
        text, preset = gr.Textbox(), settings.setting("preset", gr.Radio(CHOICES, value="default"))
        slider = gr.Slider(0, 1, value=STORED["default"])
        settings.setting("threshold", slider, limits=lambda name: {"value": STORED[name]})
        outputs = [gr.HTML(), gr.Radio([]), gr.HTML()]
        return both.answering(handler, [text, preset, slider], outputs, preset)


def answer(text: str, preset: str, threshold: float) -> tuple[Any, ...]:
    if text == "none" or (text, preset) == ("half", "book"):
        raise UserError(f"{preset} <cannot>.")
    return f"<p>{text} {preset} {threshold}</p>", gr.update(visible=True), "<i>heat</i>"


def test_each_network_is_named_and_answers_with_its_own_threshold():
    html = page(answer)("a", "default", 0.3)
    ours, book = html.split("<section>")[1:]
    assert "<h3>DEFAULT<small>ours</small></h3><p>a default 0.3</p><i>heat</i>" in ours
    assert "<h3>BOOK<small>the &lt;source&#x27;s&gt;</small></h3>" in book
    assert "<p>a book 0.7</p>" in book, "the visitor moved the threshold of the other network"


def test_the_visitors_threshold_is_that_of_the_network_they_chose():
    html = page(answer)("a", "book", 0.3)
    assert "a default 0.2" in html
    assert "a book 0.3" in html


def test_a_network_that_cannot_answer_says_why_beside_the_other():
    html = page(answer)("half", "default", 0.3)
    assert "half default" in html
    assert "book &lt;cannot&gt;." in html


def test_what_no_network_can_answer_is_refused():
    with pytest.raises(UserError, match="default <cannot>"):
        page(answer)("none", "default", 0.3)
