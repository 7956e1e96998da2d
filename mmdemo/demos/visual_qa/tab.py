"""The "Try it" part: shapes to move, questions about them, and the same questions blind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.language import N_, _
from mmdemo.core.media.image import open_image
from mmdemo.core.ui import arrival
from mmdemo.core.ui.both import Both
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, outdate
from mmdemo.core.ui.page import PRESET_HINTS, photo_input, preset_choice

from . import DEMO, board, examples, infer, scenes, truths, wording

SCRIPT = (Path(__file__).parent / "board.js").read_text(encoding="utf-8")
API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(
    picture=handle_file("scene.png"),
    question="What shape is in the picture?",
    api_name="/visual_qa_ask",
)
print(answer["answers"], answer["blind"])
"""
TASKS = {"shapes": N_("One shape"), "relations": N_("Six objects")}
SCENES = 1_000_000
"""From which another one is drawn."""
_TAKE = "(text) => document.querySelector('.mm-vqa[data-task={task}]')?.take(text)"


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        for task, title in TASKS.items():
            with gr.Tab(_(title)) as tab:
                _asking(task, tab)
        with gr.Tab(_("Blind")) as tab:
            _comparing(tab)
    endpoints(DEMO, ask)


# === A question about a scene ===


def _asking(task: str, tab: gr.Tab) -> None:
    """A scene of a task to move and to ask about."""
    things = examples.scene(task)
    questions = [_(text) for text in wording.suggestions(task)]
    with gr.Row(elem_classes=["mm-ask", "mm-vqa-ask"]):
        with gr.Column(elem_classes="mm-question"):
            gr.HTML(board.stage(task, things), padding=False, js_on_load=SCRIPT)
            scene = gr.Textbox(board.written(things), visible="hidden", elem_classes="mm-vqa-scene")
            another = gr.Button(visible="hidden", elem_classes="mm-vqa-another")
            with gr.Row(elem_classes="mm-vqa-line"):
                question = gr.Textbox(
                    questions[0],
                    label=_("Question"),
                    show_label=False,
                    container=False,
                    scale=4,
                    min_width=120,
                )
                button = gr.Button(_("Ask"), variant="primary", scale=1, min_width=70)
        with gr.Column(elem_classes="mm-examples"):
            rows = {text: [text] for text in questions}
            offered = arrival.examples(rows, [question], _("Questions to tap"))
        with gr.Column(elem_classes="mm-more"):
            with gr.Accordion(_("Settings: network"), open=False):
                preset = preset_choice(DEMO, task)
                both = gr.Button(_("Ask both networks"), size="md")
            with gr.Accordion(_("Or a picture of your own"), open=False):
                photo = photo_input(_("Picture"))
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def look(text: str, asked: str, file: Path | None, chosen: str) -> str:
        preset = DEMO.model_id(chosen).preset
        if file is not None:
            picture = open_image(file)
            found = infer.ask(picture, asked, task, preset)
            return board.answer(found, picture, warning=infer.warning(picture, task))
        laid = board.parse(text, task)
        picture = scenes.draw(laid, task)
        found = infer.ask(picture, asked, task, preset)
        return board.answer(found, picture, truths.truth(laid, found.asked.question, task))

    def moved(text: str, asked: str, file: Path | None, chosen: str) -> tuple[str, Any]:
        """Who moves a shape asks about it, and no longer about a picture of their own."""
        return look(text, asked, None, chosen), gr.skip() if file is None else None

    def again(text: str, asked: str, file: Path | None, chosen: str, shown: str) -> str:
        """The other network's answer, once there is one."""
        return look(text, asked, file, chosen) if shown else ""

    def first(text: str, asked: str, file: Path | None, chosen: str, shown: str) -> Any:
        return gr.skip() if shown else look(text, asked, file, chosen)

    inputs = [scene, question, photo, preset]
    asked = arrival.ask(
        DEMO,
        button,
        look,
        inputs,
        [result],
        offered=offered,
        also=[question.submit],
        both=Both(both, preset),
        beside=True,
    )
    on(
        another.click,
        lambda: board.written(_random(task)),
        (),
        [scene],
        queue=False,
        show_progress="hidden",
    )
    asked.append(
        on(
            scene.change,
            moved,
            inputs,
            [result, photo],
            network=DEMO.slug,
            show_progress="hidden",
            trigger_mode="always_last",
        )
    )
    asked += [
        on(trigger, look, inputs, [result], network=DEMO.slug, scroll_to_output=True)
        for trigger in (photo.input, photo.clear)
    ]
    asked.append(on(preset.change, again, [*inputs, result], [result], network=DEMO.slug))
    if task != DEMO.tasks[0].name:  # which arrives answered
        on(tab.select, first, [*inputs, result], [result], network=DEMO.slug)
    outdate(asked, [question.input], lambda: "", [result])
    scene.change(None, [scene], js=_TAKE.replace("{task}", task), api_visibility="private")


# === Blind ===


def _comparing(tab: gr.Tab) -> None:
    """All suggested questions about one scene at once."""
    gr.Markdown(
        _(
            "Many questions are answered by habit, without a look. Here all of them are asked "
            "about a scene, about another scene's picture in its place, and blind."
        )
    )
    with gr.Row(elem_classes="mm-vqa-scenes"):
        network = gr.Dropdown(
            [
                (_(PRESET_HINTS.get(label, label)), model_id.name)
                for model_id in DEMO.model_ids
                for label in (DEMO.label(model_id),)
            ],
            value=DEMO.model_ids[0].name,
            label=_("Network"),
            show_label=False,
            container=False,
            scale=0,
            min_width=330,
        )
        button = gr.Button(_("Another scene"), variant="primary", size="md", scale=0, min_width=170)
    result = gr.HTML(padding=False)
    counts = gr.State([0] * 4)

    def compare(chosen: str, before: list[int]) -> tuple[str, list[int]]:
        model_id = DEMO.model_id(chosen)
        task, preset = model_id.task, model_id.preset
        one, other = _random(task), _random(task)
        drawn, in_place = scenes.draw(one, task), scenes.draw(other, task)
        questions = [_(text) for text in wording.suggestions(task)]
        rows = []
        for question, found, misled in zip(
            questions,
            infer.ask_many(drawn, questions, task, preset),
            infer.ask_many(in_place, questions, task, preset),
            strict=True,
        ):
            truth = truths.truth(one, found.asked.question, task)
            if truth:  # else it asks about a shape that is not there
                said = (each[0][0] for each in (found.answers, found.blind, misled.answers))
                rows.append(board.Asked(question, truth, *said))
        every = [old + new for old, new in zip(before, board.tally(rows), strict=True)]
        return board.compared(rows, drawn, in_place, before), every

    def anew(chosen: str) -> tuple[str, list[int]]:
        return compare(chosen, [0] * 4)

    def first(chosen: str, before: list[int], shown: str) -> Any:
        return (gr.skip(), gr.skip()) if shown else compare(chosen, before)

    on(button.click, compare, [network, counts], [result, counts], network=DEMO.slug)
    on(network.input, anew, [network], [result, counts], network=DEMO.slug)
    on(tab.select, first, [network, counts, result], [result, counts], network=DEMO.slug)


def _random(task: str) -> tuple[scenes.Thing, ...]:
    return scenes.random_scene(task, int(np.random.default_rng().integers(SCENES)))


# === Endpoint ===


def ask(
    picture: Photo, question: str, task: str = "shapes", preset: str = "default"
) -> dict[str, Any]:
    """Answer a question about a picture of flat shapes.

    Of the task shapes there is one circle, rectangle or triangle in the picture; of relations there
    are six objects, each of a colour of its own. Answers asked (the question in the network's
    words), unknown words, answers (the five likeliest, with their probabilities), blind (what one
    would say from the question alone), and like, the share of the picture that has the flat colours
    of such a scene: below 0.8 it is none, and the answer means little.
    """
    image = open_image(picture)
    found = infer.ask(image, question, task, preset)
    return found.to_dict() | {"like": infer.scene_like(image, task)}
