"""The "Try it" part: a picture in, every thing in it with a mask, and how each was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.language import N_, _
from mmdemo.core.media.image import open_image, upright_size
from mmdemo.core.ui import arrival, regions
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import outdate, require_file
from mmdemo.core.ui.page import picture_question

from . import DEMO, examples, infer, scene

SCRIPT = regions.SCRIPT + (Path(__file__).parent / "walk.js").read_text(encoding="utf-8")
API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(photo=handle_file("a.jpg"), api_name="/instances_find")
print(answer["counts"], answer["regions"][0])
"""


def render() -> None:
    """Widgets and events."""
    _finding()
    endpoints(DEMO, find)


def _finding() -> None:
    """A field for a picture, and what a network makes of it."""
    with gr.Row(elem_classes="mm-ask"):
        photo, button, offered = picture_question(_("Find each nucleus"), examples.photos())
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False, js_on_load=SCRIPT)

    def look(path: Path) -> str:
        image = open_image(path)
        return scene.answer(image, infer.find(image, size=upright_size(path)))

    required = require_file(N_("a picture"))
    asked = arrival.ask(DEMO, button, look, [photo], [result], offered=offered, validator=required)
    outdate(asked, [photo.input, photo.clear], lambda: "", [result])


# === Endpoint ===


def find(photo: Photo, preset: str = "default") -> dict[str, Any]:
    """Which things are in a picture, each with its own mask, and how was each found?

    Answers counts by kind; regions, each with its label, area and middle (x and y) in pixels of the
    picture as it is shown (a rotation that a phone noted is applied first), its share of the
    picture, how sure the network is of it, its box, the proposal that this was made of, and how
    sure it was that a thing is there (objectness); labels, a PNG of 16-bit grey in base64, in which
    a pixel of the first region is 1; how many proposals and anchors there were; and width and
    height of the picture.
    """
    image = open_image(photo)
    return infer.find(image, preset, upright_size(photo)).to_dict()
