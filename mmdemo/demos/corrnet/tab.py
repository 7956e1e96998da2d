"""The "Try it" part: draw and hear, say and see, half a digit, names, and data completion."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.media.image import open_image
from mmdemo.core.media.text import split_lines
from mmdemo.core.ui import widgets
from mmdemo.core.ui.endpoints import Photo, Sound, endpoints
from mmdemo.core.ui.events import offer, on, require_file

from . import DEMO, completion, config, drawing, examples, infer, scene, speech
from .digits import Digit

API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
heard = client.predict(picture=handle_file("seven.png"), api_name="/corrnet_hear")
print(heard["digit"], heard["probability"])
pair = client.predict(first="Vladimir", second="Владимир", api_name="/corrnet_same_name")
print(pair["same"], pair["probability"])
"""
LANGUAGES = [(language.capitalize(), language) for language in config.LANGUAGES]


def render() -> None:
    """Widgets and events."""
    with gr.Tabs():
        with gr.Tab("Draw it, hear it"):
            _hear_panel()
        with gr.Tab("Say it, see it"):
            _see_panel()
        with gr.Tab("Half a digit"):
            _half_panel()
        with gr.Tab("Same name?"):
            _names_panel()
        with gr.Tab("Complete your data"):
            _completion_panel()
    endpoints(DEMO, hear, see, complete_half, same_name, rank_names)


# === Digits ===


def _canvas(label: str) -> gr.Sketchpad:
    """A white sheet with a broad pen, a button that lays a photo on it, and examples."""
    canvas = gr.Sketchpad(
        np.full((280, 280), 255, np.uint8),  # with a sheet in it, the pen is in hand at once
        label=label,
        brush=gr.Brush(default_size=16, colors=["#000000"], color_mode="fixed"),
        eraser=gr.Eraser(default_size=30),
        canvas_size=(280, 280),
        layers=False,
        transforms=(),
        format="png",
        type="filepath",
        image_mode="RGB",
        height=400,
        buttons=[],
    )
    photo = gr.UploadButton("Use a photo instead", file_types=["image"], size="sm")
    on(photo.upload, lambda path: open_image(path, 560), [photo], [canvas])
    gr.Examples(
        [[str(path)] for path in examples.drawings()],
        [canvas],
        example_labels=[path.stem.capitalize() for path in examples.drawings()],
        label="Or start from one of these",
    )
    return canvas


def _drawn(canvas: gr.Sketchpad, value: Any) -> np.ndarray:
    """The picture of a canvas, decoded within the bounds of `core.media`.

    Raises:
        UserError: nothing was drawn.
    """
    value = value or {}
    sent = canvas.blob_storage.pop(value.get("id"), None)  # the browser sends it beforehand
    if sent is not None and sent.composite is not None:
        return open_image(sent.composite)
    composite = value.get("composite") or value.get("background")
    if not composite or not composite.get("path"):
        raise UserError(drawing.BLANK)
    return open_image(Path(composite["path"]))


def _hear_panel() -> None:
    with gr.Row():
        with gr.Column():
            canvas = _canvas("Draw one digit, large")
            button = gr.Button("Hear it", variant="primary", size="lg")
        with gr.Column():
            result = gr.HTML(padding=False)
            audio = gr.Audio(
                label="What the network says",
                type="filepath",
                interactive=False,
                visible=False,
                buttons=["download"],
            )
            where = gr.HTML(padding=False)
            back = gr.Button("And what does it see in that sound?", visible=False)
            seen = gr.HTML(padding=False)

    def hear(value: Any) -> tuple[str, Any, str, Any, str]:
        found = infer.hear(_drawn(canvas, value))
        sound = (speech.RATE, (found.sound() * 32767).astype(np.int16))
        return (
            _digit(found, made_sound=True),
            gr.update(value=sound, visible=True),
            scene.joint_space(infer.joint_map(), found.place, f"{found.digit}, drawn"),
            gr.update(visible=True),
            "",
        )

    def look_again(path: Path | None) -> str:
        if path is None:
            raise UserError("Have a digit spoken first.")
        return _digit(infer.see(infer.load_sound(path)), made_sound=False)

    on(button.click, hear, [canvas], [result, audio, where, back, seen], network=DEMO.slug)
    on(back.click, look_again, [audio], [seen], network=DEMO.slug)


def _see_panel() -> None:
    with gr.Row():
        with gr.Column():
            audio = gr.Audio(
                type="filepath",
                label="Say one digit in English, or upload a recording",
                sources=["microphone", "upload"],
                buttons=[],
                editable=True,
            )
            recordings = examples.recordings()
            gr.Examples(
                [[str(path)] for path in recordings.values()],
                [audio],
                example_labels=list(recordings),
                label="Or one of these, which the network has not heard",
            )
            button = gr.Button("See it", variant="primary", size="lg")
        with gr.Column():
            result = gr.HTML(padding=False)

    def see(path: Path) -> str:
        found = infer.see(infer.load_sound(path))
        place = scene.joint_space(infer.joint_map(), found.place, f"{found.digit}, spoken")
        return _digit(found, made_sound=False) + place

    required = require_file("a recording")
    on(button.click, see, [audio], [result], network=DEMO.slug, validator=required)


def _digit(found: Digit, *, made_sound: bool) -> str:
    """Verdict, and both senses side by side."""
    seen = "as the network sees it" if made_sound else "the picture that it makes of it"
    heard = "the sound that it makes of it" if made_sound else "the word, as the network hears it"
    picture = scene.digit_picture(found.picture, seen)
    word = scene.word_picture(found.mel, heard)
    return (
        '<section class="mm-verdict mm-yes" aria-live="polite">'
        f"<h3>{found.digit}</h3><p>Probability of this digit, read from the joint code: "
        f"<b>{100 * found.probability:.0f} %</b></p></section>"
        + (widgets.notice(found.note) if found.note else "")
        + '<div style="height:.8rem"></div>'
        + scene.row(*((picture, word) if made_sound else (word, picture)))
    )


# === Half a digit ===


def _half_panel() -> None:
    with gr.Row():
        with gr.Column():
            canvas = _canvas("Draw one whole digit, large")
            hidden = gr.Radio(
                [("the left half", "left"), ("the right half", "right")],
                value="right",
                label="Hide",
            )
            button = gr.Button("Complete it", variant="primary", size="lg")
        with gr.Column():
            result = gr.HTML(padding=False)

    def complete(value: Any, side: str) -> str:
        found = infer.complete_half(_drawn(canvas, value), side)
        left, right = drawing.halves(found.picture)
        shown = np.concatenate(
            [np.zeros_like(left), right] if side == "left" else [left, np.zeros_like(right)], axis=1
        )
        return (
            scene.row(
                scene.digit_picture(found.picture, "yours, whole"),
                scene.digit_picture(shown, "what the networks get"),
            )
            + "<h3>Completed</h3>"
            + scene.row(
                scene.digit_picture(found.completed["halves"], "DEFAULT, deep", side),
                scene.digit_picture(found.completed["book"], "BOOK, the tutorial's own", side),
            )
            + '<p class="mm-note">The dashed half is made up by the network, from the other half '
            "alone.</p>"
        )

    on(button.click, complete, [canvas, hidden], [result], network=DEMO.slug)


# === Names ===


def _names_panel() -> None:
    gr.Markdown(
        "Names in English and in Arabic, Chinese, Hebrew or Russian script meet in one code. It "
        "was learnt from pairs of names alone: no dictionary, no rules of transliteration."
    )
    with gr.Row():
        with gr.Column():
            first = gr.Textbox(label="A name in English", placeholder="Vladimir", max_lines=1)
            second = gr.Textbox(
                label="A name in another script", placeholder="Владимир", max_lines=1
            )
            gr.Examples([list(pair) for pair in examples.PAIRS], [first, second], label="Examples")
            compare = gr.Button("The same name?", variant="primary")
            verdict = gr.HTML(padding=False)
        with gr.Column():
            name = gr.Textbox(label="Find this name", placeholder="Monica", max_lines=1)
            language = gr.Radio(LANGUAGES, value="russian", label="among names in this script")
            with gr.Accordion("The candidates, one a line: put in your own", open=False):
                candidates = gr.Textbox(
                    "\n".join(examples.candidates("russian")), lines=8, max_lines=8, label="Names"
                )
            find = gr.Button("Find it", variant="primary")
            ranking = gr.HTML(padding=False)

    def verify(first: str, second: str) -> str:
        found = infer.same_name(first or "", second or "")
        full = max(2 * found.threshold, found.distance * 1.1)
        return (
            f'<section class="mm-verdict {"mm-yes" if found.same else "mm-no"}" aria-live="polite">'
            f"<h3>{'The same name' if found.same else 'Different names'}</h3>"
            "<p>Probability that they are the same: "
            f"<b>{100 * found.probability:.0f} %</b></p>"
            f'<div class="mm-scale" role="img" aria-label="Distance {found.distance:.3f}, threshold'
            f' {found.threshold:.3f}"><i style="width:{100 * found.distance / full:.1f}%"></i>'
            f'<u style="left:{100 * found.threshold / full:.1f}%"></u></div>'
            f"<p class='mm-note'>Distance {found.distance:.3f}; the line is the threshold for "
            f"{found.language.capitalize()}, {found.threshold:.3f}.</p></section>"
        )

    def rank(wanted: str, among: str) -> str:
        ranked = infer.rank_names(wanted or "", split_lines(among or ""))
        return widgets.ranking([(c.name, c.distance, c.probability) for c in ranked])

    on(compare.click, verify, [first, second], [verdict], network=DEMO.slug)
    on(find.click, rank, [name, candidates], [ranking], network=DEMO.slug)
    on(name.submit, rank, [name, candidates], [ranking], network=DEMO.slug)
    on(
        language.change,
        lambda chosen: "\n".join(examples.candidates(chosen)),
        [language],
        [candidates],
        queue=False,
    )


# === Completion ===


def _completion_panel() -> None:
    gr.Markdown(
        "Data of which some items lack a view go in, and the missing views come out:\n\n"
        "- a **.zip** with pictures and recordings of digits, named alike (`a.png`, `a.wav`): what "
        "stands alone gets its partner;\n"
        "- a **.zip** with halves of digits (`a-left.png`, `a-right.png`), 14 by 28 pixels;\n"
        "- a **.csv** with one digit a row, 784 pixels from 0 to 255, the cells of one half left "
        "empty.\n\n"
        f"At most {completion.MAX_FILES} files, {completion.MAX_BYTES >> 20} MB unpacked, "
        f"{completion.MAX_ROWS:,} rows."
    )
    source = gr.File(label="Archive or table", file_types=[".zip", ".csv"], type="filepath")
    button = gr.Button("Complete it", variant="primary")
    report = gr.HTML(padding=False)
    made = gr.File(label="The missing views", interactive=False, visible=False)

    def complete(path: Path) -> tuple[str, Any]:
        with tempfile.TemporaryDirectory() as scratch:
            target = Path(scratch) / f"completed{path.suffix.lower()}"
            found = completion.complete(path, target)
            offered = offer(made, target)
        lines = [
            f"{len(found.made):,} missing views were made; {found.complete:,} items had both.",
            *(f"Skipped {line}" for line in found.skipped[:20]),
        ]
        if len(found.skipped) > 20:
            lines.append(f"and {len(found.skipped) - 20} more.")
        text = "".join(f"<p>{escape(line)}</p>" for line in lines)
        box = f'<section class="mm-verdict mm-yes" aria-live="polite">{text}</section>'
        return box, offered

    required = require_file("an archive or a table")
    on(button.click, complete, [source], [report, made], network=DEMO.slug, validator=required)


# === Endpoints ===


def hear(picture: Photo) -> dict[str, Any]:
    """The spoken word for a drawn or photographed digit.

    Answers digit, probability, probabilities of all ten, note, and the sound: samples from
    -1 to 1 at sample_rate.
    """
    found = infer.hear(open_image(picture))
    samples = [round(float(value), 4) for value in found.sound()]
    return found.to_dict() | {"sample_rate": speech.RATE, "samples": samples}


def see(sound: Sound) -> dict[str, Any]:
    """The picture for a spoken digit.

    Answers digit, probability, probabilities of all ten, note, and the picture: 28 rows of 28
    pixels from 0 to 1, ink bright.
    """
    found = infer.see(infer.load_sound(sound))
    return found.to_dict() | {"picture": np.round(found.picture, 3).tolist()}


def complete_half(picture: Photo, hidden: str = "right") -> dict[str, Any]:
    """A digit of which one half (left or right) is hidden and made up again.

    Answers picture and, per preset, completed: 28 rows of 28 pixels from 0 to 255.
    """
    return infer.complete_half(open_image(picture), hidden).to_dict()


def same_name(first: str, second: str) -> dict[str, Any]:
    """Are two names, one English and one in another script, the same name?

    Answers same, probability, distance, threshold, language and both names as they were read.
    """
    return infer.same_name(first or "", second or "").to_dict()


def rank_names(first: str, candidates: list[str]) -> list[dict[str, Any]]:
    """The candidates in the other script that are nearest to a name."""
    if not isinstance(candidates, list) or not all(isinstance(c, str) for c in candidates):
        raise UserError("The candidates must be a list of names.")
    return [found.to_dict() for found in infer.rank_names(first or "", candidates)]
