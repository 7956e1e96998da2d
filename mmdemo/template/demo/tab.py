"""The "Try it" part: a drawing in, the kind of its shape out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.language import N_, _, kind
from mmdemo.core.media.image import open_image
from mmdemo.core.ui import arrival
from mmdemo.core.ui.both import Both, buttons
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import outdate, require_file
from mmdemo.core.ui.page import photo_input, preset_choice
from mmdemo.core.ui.widgets import guesses

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(photo=handle_file("drawing.png"), api_name="/new_demo_name")
print(answer[0]["kind"], answer[0]["probability"])
"""


def render() -> None:
    """Widgets and events."""
    with gr.Accordion(_("Settings: network"), open=False):
        preset = preset_choice(DEMO)
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            photo = photo_input()
            button, both = buttons(_("Name it"))
        with gr.Column(elem_classes="mm-examples"):
            rows = {_(name): [file] for name, file in examples.drawings().items()}
            offered = arrival.examples(rows, [photo], _("Examples, generated"))
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def answer(path: Path, chosen: str) -> str:
        named = infer.name(open_image(path), chosen)
        kinds = [kind(guess.kind) for guess in named]
        return guesses(kinds, [guess.probability for guess in named])

    asked = [photo, preset]
    required = require_file(N_("a drawing"), "")
    answered = arrival.ask(
        DEMO,
        button,
        answer,
        asked,
        [result],
        offered=offered,
        validator=required,
        both=Both(both, preset),
    )
    changes = [photo.input, photo.clear, preset.change]
    outdate(answered, changes, lambda: "", [result])
    endpoints(DEMO, name)


# === Endpoint ===


def name(photo: Photo, preset: str = "default") -> list[dict[str, Any]]:
    """Which shape does a drawing show?

    Answers every kind with its probability, the likeliest first.
    """
    return [guess.to_dict() for guess in infer.name(open_image(photo), preset)]
