"""The "Try it" part: a picture in, boxes and counts out; and how detection became fast."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.language import N_, _
from mmdemo.core.media.image import open_image, upright_size
from mmdemo.core.ui import arrival
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, outdate, require_file
from mmdemo.core.ui.page import DRAWN, photo_input, picture_question, preset_choice

from . import DEMO, examples, infer, merged, scene, speed

SCRIPT, MERGING = (
    (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("boxes.js", "merged.js")
)
API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(photo=handle_file("a.jpg"), api_name="/detection_detect")
print(answer["counts"], answer["boxes"][0])
"""
COUNTS = (100, 1000)
"""Proposals that are compared, at least and at most."""


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Find and count")):
            _finding()
        with gr.Tab(_("Where R-CNN looks")):
            _merging()
        with gr.Tab(_("How detection became fast")):
            _racing()
    endpoints(DEMO, detect)


# === Find and count ===


def _finding() -> None:
    with gr.Accordion(_("Settings: network"), open=False):
        preset = preset_choice(DEMO)
    with gr.Row(elem_classes="mm-ask"):
        photo, button, offered = picture_question(_("Find the cells"), examples.photos())
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False, js_on_load=SCRIPT)

    def find(path: Path, chosen: str) -> str:
        image = open_image(path)
        return scene.answer(image, infer.detect(image, chosen, upright_size(path)))

    required = require_file(N_("a picture"), "")
    asked = arrival.ask(
        DEMO, button, find, [photo, preset], [result], offered=offered, validator=required
    )
    outdate(asked, [photo.input, photo.clear, preset.change], lambda: "", [result])


# === Selective search ===

SEARCH = N_("""
Before networks proposed places to look at, an algorithm did. **Selective search** cuts the picture
into small regions of like pixels. Then the two neighbours that are most alike, in colour, texture
and size, become one, again and again, until the whole picture is one region. What is a thing is
likely to have been one region on the way, so the box of each is proposed. R-CNN and Fast R-CNN
take the boxes of six such ways, of two colour spaces and three ideas of what is alike.
""")


def _merging() -> None:
    gr.Markdown(_(SEARCH))
    with gr.Row(elem_classes="mm-ask"):
        photo, button, offered = picture_question(_("Merge its regions"), examples.photos())
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False, js_on_load=MERGING)

    def merge(path: Path) -> str:
        return merged.steps(infer.merge(open_image(path)))

    asked = on(
        button.click,
        merge,
        [photo],
        [result],
        validator=require_file(N_("a picture")),
        scroll_to_output=True,
    )
    outdate([asked], [photo.input, photo.clear, offered.pressed], lambda: "", [result])


# === How detection became fast ===

STORY = N_("""
- **R-CNN** (2014) looks at a thousand places that might hold a thing. It cuts each out, and runs
  the convolutions on every one of these crops.
- **Fast R-CNN** (2015) runs the convolutions once over the whole picture, and cuts the places out
  of the map that they make.
- **Faster R-CNN** (2015) no longer lets an algorithm search for such places: a small network reads
  them off the same map.

The paper's story is of 50, 2 and 0.2 seconds a picture: 25 times, then 10 times faster, with a
deeper network on a graphics card. Here all three stand on one small backbone and run on this
server, each stage warmed, as the median of five runs, or of as many as three seconds allow. What
comes out is what was measured.
""")


def _racing() -> None:
    gr.Markdown(_(STORY))
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            photo = photo_input(_("Picture"))
            count = gr.Slider(
                *COUNTS, value=300, step=50, label=_("Places that R-CNN and Fast R-CNN look at")
            )
            button = gr.Button(_("Time them"), variant="primary", size="lg")
        with gr.Column(elem_classes="mm-examples"):
            rows = {_(name): [file] for name, file in examples.photos().items()}
            offered = arrival.examples(rows, [photo], _(DRAWN))
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def race(path: Path, places: float) -> Iterator[str]:
        image = open_image(path)
        timings: list[speed.Timing] = []
        for timing in speed.compare(image, round(min(max(places, COUNTS[0]), COUNTS[1]))):
            timings.append(timing)
            yield scene.bars(timings) + _told(timings)

    asked = on(
        button.click,
        race,
        [photo, count],
        [result],
        network=DEMO.slug,
        lane="long",
        validator=require_file(N_("a picture"), ""),
        scroll_to_output=True,
    )
    changes = [photo.input, photo.clear, count.input, offered.pressed]
    outdate([asked], changes, lambda: "", [result])


def _told(timings: list[speed.Timing]) -> str:
    if len(timings) < len(speed.NETWORKS):
        return f'<p class="mm-note" role="status">{_("The next network is being timed …")}</p>'
    slow, fast, faster = (timing.total for timing in timings)
    said = _(
        "Fast R-CNN is {one:.1f} times as fast as R-CNN here, Faster R-CNN {other:.1f} times as "
        "fast as Fast R-CNN. Measured with {cores} processor cores that other visitors use, too."
    ).format(one=slow / fast, other=fast / faster, cores=os.cpu_count())
    return f'<p class="mm-note">{said}</p>'


# === Endpoint ===


def detect(photo: Photo, preset: str = "default") -> dict[str, Any]:
    """Which cells are in a picture, where, and how many of each kind?

    Answers counts by kind; boxes, the likeliest first, each with label, score and left, top, right
    and bottom in pixels of the picture as it is shown (a rotation that a phone noted is applied
    first); width and height of the picture; and the threshold and suppression that were used.
    """
    image = open_image(photo)
    detection = infer.detect(image, preset, upright_size(photo))
    return detection.to_dict(detection.shown())
