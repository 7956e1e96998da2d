"""The "Try it" part: draw and hear, say and see, half a digit, names, and data completion."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _, sentences
from mmdemo.core.media.image import open_image
from mmdemo.core.media.text import split_lines
from mmdemo.core.ui import arrival, pad, widgets
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
SCRIPTS = {
    "arabic": N_("Arabic"),
    "chinese": N_("Chinese"),
    "hebrew": N_("Hebrew"),
    "russian": N_("Russian"),
}
"""Names of `config.LANGUAGES`."""


NOT_A_DIGIT = N_(
    "This drawing does not look like any digit, and digits from 0 to 9 are all that it was taught."
)


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Draw it, hear it")):
            _hear_panel()
        with gr.Tab(_("Say it, see it")):
            _see_panel()
        with gr.Tab(_("Half a digit")):
            _half_panel()
        with gr.Tab(_("Same name?")):
            _names_panel()
        with gr.Tab(_("Complete your data")):
            _completion_panel()
    endpoints(DEMO, hear, see, complete_half, same_name, rank_names)


# === Digits ===


def _drawings(canvas: gr.Sketchpad) -> arrival.Examples:
    rows = {_(examples.DRAWN[path.stem]): [path] for path in examples.drawings()}
    return arrival.examples(rows, [canvas], _("Or one of these"))


def _hear_panel() -> None:
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            canvas = pad.pad(_("Draw one digit, large"))
            button = gr.Button(_("Hear it"), variant="primary", size="lg")
        with gr.Column(elem_classes="mm-examples"):
            offered = _drawings(canvas)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)
            audio = gr.Audio(
                label=_("What the network says"),
                type="filepath",
                interactive=False,
                visible=False,
                buttons=["download"],
            )
            where = gr.HTML(padding=False)
            back = gr.Button(_("And what does it see in that sound?"), visible=False)
            seen = gr.HTML(padding=False)

    def hear(value: Any) -> tuple[str, Any, str, Any, str]:
        found = infer.hear(pad.drawn(value))
        sound = (speech.RATE, (found.sound() * 32767).astype(np.int16))
        return (
            _digit(found, made_sound=True),
            gr.update(value=sound, visible=True),
            scene.joint_space(
                infer.joint_map(), found.place, _("{digit}, drawn").format(digit=found.digit)
            ),
            gr.update(visible=True),
            "",
        )

    def look_again(path: Path | None) -> str:
        if path is None:
            raise UserError(_("Have a digit spoken first."))
        return _digit(infer.see(infer.load_sound(path)), made_sound=False)

    answer = [result, audio, where, back, seen]
    arrival.ask(DEMO, button, hear, [canvas], answer, offered=offered)
    on(back.click, look_again, [audio], [seen], network=DEMO.slug)


def _see_panel() -> None:
    gr.Markdown(
        _(
            "Say a digit from zero to nine. What does not sound like one, such as another word or "
            "music, is refused."
        )
    )
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            audio = gr.Audio(
                type="filepath",
                label=_("Say one digit in English, or upload a recording"),
                sources=["microphone", "upload"],
                buttons=[],
                editable=True,
            )
            button = gr.Button(_("See it"), variant="primary", size="lg")
        with gr.Column(elem_classes="mm-examples"):
            rows = {name: [path] for name, path in examples.recordings().items()}
            source = _("Or one of these, which the network has not heard")
            offered = arrival.examples(rows, [audio], source)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def see(path: Path) -> str:
        found = infer.see(infer.load_sound(path))
        label = _("{digit}, spoken").format(digit=found.digit)
        place = scene.joint_space(infer.joint_map(), found.place, label)
        return _digit(found, made_sound=False) + place

    required = require_file(N_("a recording"))
    arrival.ask(DEMO, button, see, [audio], [result], offered=offered, validator=required)


def _digit(found: Digit, *, made_sound: bool) -> str:
    """Verdict, and both senses side by side."""
    if made_sound:
        seen, heard = _("as the network sees it"), _("the sound that it makes of it")
    else:
        seen, heard = _("the picture that it makes of it"), _("the word, as the network hears it")
    picture = scene.digit_picture(found.picture, seen)
    word = scene.word_picture(found.mel, heard)
    sure = round(100 * found.probability) >= 50
    digit = str(found.digit) if sure else _("Perhaps {digit}").format(digit=found.digit)
    said = (
        f'<section class="mm-verdict {"mm-yes" if sure else widgets.UNDECIDED}" aria-live="polite">'
        f"<h3>{digit}</h3><p>{_('Probability of this digit, read from the joint code:')} "
        f"<b>{100 * found.probability:.0f} %</b></p></section>"
        + (widgets.notice(found.note) if found.note else "")
    )
    if found.strange:
        said = widgets.unlike(_(NOT_A_DIGIT), f"<p>{found.digit}</p>")
    return f'{said}<div style="height:.8rem"></div>' + scene.row(
        *((picture, word) if made_sound else (word, picture))
    )


# === Half a digit ===


def _half_panel() -> None:
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            canvas = pad.pad(_("Draw one whole digit, large"))
            hidden = gr.Radio(
                [(_("the left half"), "left"), (_("the right half"), "right")],
                value="right",
                label=_("Hide"),
            )
            button = gr.Button(_("Complete it"), variant="primary", size="lg")
        with gr.Column(elem_classes="mm-examples"):
            offered = _drawings(canvas)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def complete(value: Any, side: str) -> str:
        found = infer.complete_half(pad.drawn(value), side)
        left, right = drawing.halves(found.picture)
        made_up = _("The dashed half is made up by the network, from the other half alone.")
        warned = widgets.notice(_(NOT_A_DIGIT)) if found.strange else ""
        shown = np.concatenate(
            [np.zeros_like(left), right] if side == "left" else [left, np.zeros_like(right)], axis=1
        )
        return (
            warned
            + scene.row(
                scene.digit_picture(found.picture, _("yours, whole")),
                scene.digit_picture(shown, _("what the networks get")),
            )
            + f"<h3>{_('Completed')}</h3>"
            + scene.row(
                scene.digit_picture(found.completed["halves"], _("DEFAULT, deep"), side),
                scene.digit_picture(found.completed["book"], _("BOOK, the tutorial's own"), side),
            )
            + f'<p class="mm-note">{made_up}</p>'
        )

    arrival.ask(DEMO, button, complete, [canvas, hidden], [result], offered=offered)


# === Names ===


def _names_panel() -> None:
    gr.Markdown(
        _(
            "Names in English and in Arabic, Chinese, Hebrew or Russian script meet in one code. "
            "It was learnt from pairs of names alone: no dictionary, no rules of transliteration."
        )
    )
    with gr.Row():
        with gr.Column():
            first = gr.Textbox(label=_("A name in English"), placeholder="Vladimir", max_lines=1)
            second = gr.Textbox(
                label=_("A name in another script"), placeholder="Владимир", max_lines=1
            )
            compare = gr.Button(_("The same name?"), variant="primary")
            rows = {" · ".join(pair): pair for pair in examples.PAIRS}
            offered = arrival.examples(rows, [first, second], _("Examples"))
            verdict = gr.HTML(padding=False)
        with gr.Column():
            name = gr.Textbox(label=_("Find this name"), placeholder="Monica", max_lines=1)
            language = gr.Radio(
                [(_(SCRIPTS[script]), script) for script in config.LANGUAGES],
                value="russian",
                label=_("among names in this script"),
            )
            with gr.Accordion(_("The candidates, one a line: put in your own"), open=False):
                candidates = gr.Textbox(
                    "\n".join(examples.candidates("russian")),
                    lines=8,
                    max_lines=8,
                    label=_("Names"),
                )
            find = gr.Button(_("Find it"), variant="primary")
            ranking = gr.HTML(padding=False)

    def verify(first: str, second: str) -> str:
        found = infer.same_name(first or "", second or "")
        said = widgets.judged(
            found.same, found.probability, _("The same name"), _("Different names")
        )
        meaning = _(
            "Distance {distance:.3f}; the line is the threshold for {language}, {threshold:.3f}."
        ).format(
            distance=found.distance,
            language=_(SCRIPTS[found.language]),
            threshold=found.threshold,
        )
        return widgets.compared(said, found.probability, found.distance, found.threshold, meaning)

    def rank(wanted: str, among: str) -> str:
        ranked = infer.rank_names(wanted or "", split_lines(among or ""))
        return widgets.ranking([(c.name, c.distance, c.probability) for c in ranked])

    arrival.ask(DEMO, compare, verify, [first, second], [verdict], offered=offered)
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
        _(
            "Data of which some items lack a view go in, and the missing views come out:\n\n"
            "- a **.zip** with pictures and recordings of digits, named alike (`a.png`, `a.wav`): "
            "what stands alone gets its partner;\n"
            "- a **.zip** with halves of digits (`a-left.png`, `a-right.png`), 14 by 28 pixels;\n"
            "- a **.csv** with one digit a row, 784 pixels from 0 to 255, the cells of one half "
            "left empty.\n\n"
            "At most {files} files, {size} MB unpacked, {rows:,} rows."
        ).format(
            files=completion.MAX_FILES, size=completion.MAX_BYTES >> 20, rows=completion.MAX_ROWS
        )
    )
    source = gr.File(label=_("Archive or table"), file_types=[".zip", ".csv"], type="filepath")
    button = gr.Button(_("Complete it"), variant="primary")
    report = gr.HTML(padding=False)
    made = gr.File(label=_("The missing views"), interactive=False, visible=False)

    def complete(path: Path) -> tuple[str, Any]:
        with tempfile.TemporaryDirectory() as scratch:
            target = Path(scratch) / f"completed{path.suffix.lower()}"
            found = completion.complete(path, target)
            offered = offer(made, target)
        lines = [
            _("{made:,} missing views were made; {complete:,} items had both.").format(
                made=len(found.made), complete=found.complete
            ),
            *(_("Skipped {line}").format(line=line) for line in found.skipped[:20]),
        ]
        if len(found.skipped) > 20:
            lines.append(_("and {count} more.").format(count=len(found.skipped) - 20))
        if found.strange:
            unlike = _("{count:,} look unlike any digit, so what was made of them means nothing:")
            listed = ", ".join(found.strange[:20]) + (" …" if len(found.strange) > 20 else "")
            lines.append(sentences(unlike.format(count=len(found.strange)), listed))
        text = "".join(f"<p>{escape(line)}</p>" for line in lines)
        box = f'<section class="mm-verdict mm-yes" aria-live="polite">{text}</section>'
        return box, offered

    required = require_file(N_("an archive or a table"))
    on(button.click, complete, [source], [report, made], network=DEMO.slug, validator=required)


# === Endpoints ===


def hear(picture: Photo) -> dict[str, Any]:
    """The spoken word for a drawn or photographed digit.

    Answers digit, probability, probabilities of all ten, note, strange (whether the drawing is
    unlike any digit), and the sound: samples from -1 to 1 at sample_rate.
    """
    found = infer.hear(open_image(picture))
    samples = [round(float(value), 4) for value in found.sound()]
    return found.to_dict() | {"sample_rate": speech.RATE, "samples": samples}


def see(sound: Sound) -> dict[str, Any]:
    """The picture for a spoken digit.

    Answers digit, probability, probabilities of all ten, note, and the picture: 28 rows of 28
    pixels from 0 to 1, ink bright. Refuses what does not sound like a digit.
    """
    found = infer.see(infer.load_sound(sound))
    return found.to_dict() | {"picture": np.round(found.picture, 3).tolist()}


def complete_half(picture: Photo, hidden: str = "right") -> dict[str, Any]:
    """A digit of which one half (left or right) is hidden and made up again.

    Answers picture and, per preset, completed: 28 rows of 28 pixels from 0 to 255; and strange:
    whether the picture is unlike any digit, so that its other half means nothing.
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
        raise UserError(_("The candidates must be a list of names."))
    return [found.to_dict() for found in infer.rank_names(first or "", candidates)]
