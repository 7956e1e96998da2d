"""The "Try it" part: a picture in, every thing or kind in it cut out; and five ways to do that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.demo import Task
from mmdemo.core.language import N_, _
from mmdemo.core.media.image import open_image, upright_size
from mmdemo.core.ui import arrival, regions
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, outdate, require_file
from mmdemo.core.ui.page import DRAWN, FROM_SCIKIT, picture_question, preset_choice

from . import DEMO, compared, examples, infer, scene

SCRIPT = regions.SCRIPT + (Path(__file__).parent / "behind.js").read_text(encoding="utf-8")
API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(photo=handle_file("a.jpg"), api_name="/segmentation_segment")
print(answer["counts"], answer["regions"][0])
"""


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Nuclei")):
            _cutting(NUCLEI, examples.photos(), _("Cut out every nucleus"))
        with gr.Tab(_("A street")):
            _cutting(STREET, examples.streets(), _("Say what each pixel is"))
        with gr.Tab(_("A pet")):
            _cutting(PETS, examples.animals(), _("Cut the animal out"), FROM_SCIKIT)
        with gr.Tab(_("Five ways")):
            _comparing()
    endpoints(DEMO, segment)


# === Cut out ===

NUCLEI, STREET, PETS = DEMO.tasks


def _cutting(
    task: Task, offered_files: dict[str, Path], asks: str, from_where: str = DRAWN
) -> None:
    """A field for a picture, and what a network of the task makes of it."""
    settings = []
    if len(task.presets) > 1:
        with gr.Accordion(_("Settings: network"), open=False):
            settings.append(preset_choice(DEMO, task.name))
    with gr.Row(elem_classes="mm-ask"):
        photo, button, offered = picture_question(asks, offered_files, from_where)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False, js_on_load=SCRIPT)

    def cut(path: Path, chosen: str = task.name) -> str:
        image = open_image(path)
        return scene.answer(image, infer.segment(image, chosen, upright_size(path)))

    required = require_file(N_("a picture"), *[""] * len(settings))
    asked = arrival.ask(
        DEMO, button, cut, [photo, *settings], [result], offered=offered, validator=required
    )
    changes = [photo.input, photo.clear, *(setting.change for setting in settings)]
    outdate(asked, changes, lambda: "", [result])


# === Five ways ===

STORY = N_("""
- **Ours** says three things of each pixel: whether it is inside a nucleus, whether it is on a
  border between two, and how far the rim is. From the hills of that distance a watershed grows its
  regions.
- **U-Net** halves the picture four times, and brings it back. Each size is handed across: beside
  what comes from below, the way up gets the map that the way down had.
- The **encoder and decoder** is the same without these skips. Where exactly a rim was is lost.
- **DeepLab v3+** looks at the smallest map of a trained network through windows with holes, of
  several sizes side by side. A finer map sharpens what they say.
- **Otsu and watershed** has learnt nothing. A threshold parts bright from dark, and from the
  middles of what is left regions grow until they meet.

The three in the middle only say which pixels are nuclei: those that touch come out as one.
""")


def _comparing() -> None:
    gr.Markdown(_(STORY))
    with gr.Row(elem_classes="mm-ask"):
        photo, button, offered = picture_question(_("Try all five"), examples.photos())
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def compare(path: Path) -> Iterator[str]:
        image = open_image(path)
        answers: list[tuple[str, infer.Segmentation]] = []
        for answer in infer.compare(image, upright_size(path)):
            answers.append(answer)
            yield compared.ways(image, answers)

    asked = on(
        button.click,
        compare,
        [photo],
        [result],
        network=DEMO.slug,
        lane="long",
        validator=require_file(N_("a picture")),
        scroll_to_output=True,
    )
    outdate([asked], [photo.input, photo.clear, offered.pressed], lambda: "", [result])


# === Endpoint ===


def segment(photo: Photo, preset: str = "default") -> dict[str, Any]:
    """Which things are in a picture, where, and how large?

    Answers counts by kind; regions, each with its label, area and middle (x and y) in pixels of the
    picture as it is shown (a rotation that a phone noted is applied first), its share of the
    picture, and how sure the network is of its pixels on average; labels, a PNG of 16-bit grey in
    base64, in which a pixel of the first region is 1; and width and height of the picture. The
    preset street/default tells the kinds of things in a street apart, and pets/default a pet from
    what is around it: a region is then all that there is of a kind.
    """
    image = open_image(photo)
    return infer.segment(image, preset, upright_size(photo)).to_dict()
