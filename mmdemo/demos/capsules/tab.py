"""The "Try it" part: a digit and its pose, two pulled apart, routing, and parts displaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.language import N_, _
from mmdemo.core.media.image import open_image
from mmdemo.core.ui import arrival, pad
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, outdate
from mmdemo.core.ui.page import preset_choice

from . import DEMO, drawn, examples, infer, scene
from .asked import Laid, Moved, packed

SCRIPTS = Path(__file__).parent
SLIDERS = (SCRIPTS / "sliders.js").read_text(encoding="utf-8")
STAGE = (SCRIPTS / "stage.js").read_text(encoding="utf-8")
API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(drawing=handle_file("three.png"), api_name="/capsules_read")
print(answer["digit"], answer["lengths"])
answer = client.predict(drawing=handle_file("two.png"), api_name="/capsules_pull")
print(answer["digits"])
"""
CAPSULES, CNN = ("default", "book"), "cnn"
RUNNER_UP = -1
HANDS = 1000
"""That may have drawn the digits whose parts are displaced."""


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Draw")):
            _reading()
        with gr.Tab(_("Pull apart")):
            _pulling()
        with gr.Tab(_("Routing")):
            _routing()
        with gr.Tab(_("Scrambled")):
            _scrambling()
    endpoints(DEMO, read, pull)


def _drawings(sheet: gr.Sketchpad) -> arrival.Examples:
    rows = {_(name): [file] for name, file in examples.drawings().items()}
    return arrival.examples(rows, [sheet], _("Or one of these, drawn by a program"))


# === Draw ===

_WANTED = "() => [document.querySelector('.mm-caps').dataset.wanted]"
_TAKEN = "(text) => document.querySelector('.mm-caps')?.take(text)"


def _reading() -> None:
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            sheet = pad.pad(_("Draw one digit, large"))
            button = gr.Button(_("Read it"), variant="primary", size="lg")
        with gr.Column(elem_classes="mm-examples"):
            offered = _drawings(sheet)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False, js_on_load=SLIDERS)
            wanted, made = (gr.Textbox(visible="hidden") for _each in range(2))
            again = gr.Button(visible="hidden", elem_classes="mm-caps-asked")
    # Below: on a phone, the answer is to be in sight.
    with gr.Accordion(_("Settings: network"), open=False):
        preset = preset_choice(DEMO, DEMO.tasks[0].name)

    def answer(value: Any, chosen: str) -> str:
        drawing, network = pad.drawn(value), DEMO.model_id(chosen).preset
        found = infer.read(drawing, network)
        if not found.poses.size:
            return scene.plain(found)
        poses = scene.varied(found.poses[found.digit])
        sheet = scene.sheet(infer.redraw(poses, found.digit, network))
        return scene.reading(found, network, sheet, infer.read(drawing, CNN))

    def moved(text: str) -> str:
        asked = Moved.parse(text)
        redrawn = infer.redraw(scene.varied(asked.pose, asked.moved), asked.digit, asked.preset)
        return json.dumps({"asked": text, "sheet": scene.sheet(redrawn)})

    asked = arrival.ask(DEMO, button, answer, [sheet, preset], [result], offered=offered)
    outdate(asked, [preset.change], lambda: "", [result])
    redrawn = on(
        again.click,
        moved,
        [wanted],
        [made],
        network=DEMO.slug,
        trigger_mode="always_last",
        show_progress="hidden",
        js=_WANTED,
    )
    redrawn.success(None, [made], js=_TAKEN, api_visibility="private")


# === Pull apart ===

_LAID = "() => [document.querySelector('.mm-stage').dataset.wanted]"
_ASK = "() => document.querySelector('.mm-stage').ask()"
_TAKE = "(text) => document.querySelector('.mm-stage').take({which}, text)"


def _pulling() -> None:
    gr.Markdown(
        _(
            "Where strokes cross, which belongs to which digit? Each of the two longest capsules "
            "redraws its own digit from its pose alone."
        )
    )
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            gr.HTML(scene.stage(), padding=False, js_on_load=STAGE)
            button = gr.Button(_("Pull them apart"), variant="primary", size="lg")
        with gr.Column(elem_classes="mm-examples"):
            with gr.Accordion(_("Draw one of them yourself"), open=False):
                sheet = pad.pad(_("Draw one digit, large"))
                with gr.Row(elem_classes="mm-two"):
                    buttons = [
                        gr.Button(_(text), size="md", min_width=80)
                        for text in (N_("As the first"), N_("As the second"))
                    ]
            laid, taken = (gr.Textbox(visible="hidden") for _each in range(2))
            asked = gr.Button(visible="hidden", elem_classes="mm-pull")
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def apart(text: str) -> str:
        given = Laid.parse(text)
        found = infer.pull(infer.overlay(*given.pictures, *given.shifts))
        return scene.pulled(found, given.digits)

    def take(value: Any) -> str:
        return packed(infer.seen(pad.drawn(value)))

    on(
        asked.click,
        apart,
        [laid],
        [result],
        network=DEMO.slug,
        trigger_mode="always_last",
        show_progress="minimal",
        js=_LAID,
    )
    arrival.scripted(apart, laid, examples.laid())
    button.click(None, js=_ASK, api_visibility="private")
    for which, each in enumerate(buttons):
        seen = on(each.click, take, [sheet], [taken], network=DEMO.slug)
        seen.success(
            None, [taken], js=_TAKE.replace("{which}", str(which)), api_visibility="private"
        )


# === Routing ===


def _routing() -> None:
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            sheet = pad.pad(_("Draw one digit, large"))
            other = gr.Dropdown(
                [(_("the runner-up"), RUNNER_UP), *((str(digit), digit) for digit in range(10))],
                value=RUNNER_UP,
                label=_("The digit beside the winner"),
            )
            button = gr.Button(_("Follow the routing"), variant="primary", size="lg")
        with gr.Column(elem_classes="mm-examples"):
            offered = _drawings(sheet)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def follow(value: Any, beside: int) -> str:
        drawing = pad.drawn(value)
        peer = infer.read(drawing, CNN)
        chosen = None if beside == RUNNER_UP else beside
        return scene.routed(infer.rounds(drawing, "book"), peer.seen, chosen, peer)

    inputs, also = [sheet, other], [other.input]
    arrival.ask(DEMO, button, follow, inputs, [result], offered=offered, also=also)


# === Scrambled ===


def _scrambling() -> None:
    gr.Markdown(
        _(
            "A face whose mouth is above its eyes has all its parts, and is no face. Here the "
            "strokes of drawn digits are displaced. A CNN that looks for parts may not mind; a "
            "capsule asks whether its parts agree on one pose, and should be shorter for a digit "
            "in pieces. See whether it is: this is an experiment with a few drawings, and no proof."
        )
    )
    button = gr.Button(_("Scramble them, and ask all three"), variant="primary", size="lg")
    result = gr.HTML(scene.scrambled(_figures(examples.SEED)), padding=False)

    def scramble() -> str:
        figures = _figures(int(np.random.default_rng().integers(HANDS)))
        said = [
            {
                preset: (infer.read(whole, preset), infer.read(displaced, preset))
                for preset in (*CAPSULES, CNN)
            }
            for _value, whole, displaced in figures
        ]
        shown = [
            (value, *(reading.seen for reading in each[CNN]))
            for (value, _whole, _displaced), each in zip(figures, said, strict=True)
        ]
        return scene.scrambled(shown, said)

    on(button.click, scramble, (), [result], network=DEMO.slug)


def _figures(seed: int) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Digits, whole and scrambled."""
    return [
        (value, drawn.digit(value, seed), drawn.scrambled(value, seed))
        for value in examples.SCRAMBLED
    ]


# === Endpoints ===


def read(drawing: Photo, preset: str = "default") -> dict[str, Any]:
    """Which digit is drawn, and in which pose?

    Answers digit, the lengths of the ten capsules (of the preset cnn, probabilities), and poses,
    16 numbers for each of them (of cnn none). Dark ink on light paper and the reverse are both
    understood.
    """
    return infer.read(open_image(drawing), preset).to_dict()


def pull(drawing: Photo) -> dict[str, Any]:
    """Which two digits lie over each other?

    The picture is square, as the paper overlays them: two digits of 28 x 28 pixels, each moved by
    up to 4, in one of 36 x 36, or larger. Answers the two digits, the surer one first, and the
    lengths of the ten capsules.
    """
    return infer.pull(open_image(drawing)).to_dict()
