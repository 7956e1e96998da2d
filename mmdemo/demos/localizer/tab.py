"""The "Try it" part: a photo in, the thing in it named and boxed; what alpha does."""

from __future__ import annotations

import json
import tempfile
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import N_, _, kind
from mmdemo.core.media.image import open_image, upright_size
from mmdemo.core.ui import arrival, pictures
from mmdemo.core.ui.charts import Series, line_chart
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import offer, on, outdate, require_file
from mmdemo.core.ui.kinds import kinds
from mmdemo.core.ui.moving import along
from mmdemo.core.ui.page import photo_question, preset_choice
from mmdemo.core.ui.widgets import guesses, none_of_these, notice, thumbnails

from . import DEMO, examples, infer, scene

API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(photo=handle_file("a.jpg"), api_name="/localizer_locate")
print(answer["label"], answer["probability"], answer["box"])
"""
GUESS, UNSURE = 0.5, 0.3
"""Probability of a label below which it is a guess; below the second, perhaps of nothing known."""


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("What and where")):
            _photo_panel()
            kinds(infer.names)
        with gr.Tab(_("Two losses, one alpha")):
            gr.Markdown(_(LOSSES))
            gr.HTML(effect_of_alpha(), padding=False)
    endpoints(DEMO, locate)


# === A photo ===


def _photo_panel() -> None:
    with gr.Accordion(_("Settings: network"), open=False):
        preset = preset_choice(DEMO)
    with gr.Row(elem_classes="mm-ask"):
        photo, button, both, offered = photo_question(_("Find it"), examples.photos(), preset)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)
            label = gr.Radio([], label=_("Or where would this be?"), visible=False)
            with gr.Row():
                picture = gr.DownloadButton(_("Download the picture"), size="sm", visible=False)
                table = gr.DownloadButton(_("Download as JSON"), size="sm", visible=False)

    def locate(path: Path, chosen: str) -> tuple[Any, ...]:
        image = open_image(path)
        location = infer.locate(image, chosen, size=upright_size(path))
        asks = infer.asks(chosen)
        options = [(kind(known), known) for known in location.labels]
        visible = asks and not location.strange
        choices = gr.update(choices=options, value=location.label, visible=visible)
        return *show(image, location, chosen), choices

    def relocate(path: Path | None, chosen: str, asked: str) -> tuple[Any, ...]:
        if path is None:  # the photo was taken away after it was looked at
            return forget()
        image = open_image(path)
        location = infer.locate(image, chosen, asked, upright_size(path))
        return *show(image, location, chosen), gr.update()

    def forget() -> tuple[Any, ...]:
        """Hide the answer: it is one to another photo, or of another network."""
        return "", *(gr.update(visible=False) for _ in (picture, table, label))

    def show(image: np.ndarray, location: infer.Location, chosen: str) -> tuple[str, Any, Any]:
        with tempfile.TemporaryDirectory() as scratch:
            drawn, written = Path(scratch) / "located.jpg", Path(scratch) / "located.json"
            scene.save(image, location, drawn)
            written.write_text(json.dumps(location.to_dict(), indent=1), encoding="utf-8")
            downloads = offer(picture, drawn), offer(table, written)
        return _answer(
            scene.overlay(image, location), location, len(infer.names(chosen))
        ), *downloads

    answer = [result, picture, table, label]
    required = require_file(N_("a photo"), "")
    located = arrival.ask(
        DEMO,
        button,
        locate,
        [photo, preset],
        answer,
        offered=offered,
        validator=required,
        both=both,
    )
    relocated = on(label.input, relocate, [photo, preset, label], answer, network=DEMO.slug)
    changes = [photo.input, photo.clear, preset.change]
    outdate([*located, relocated], changes, forget, answer)


def _answer(drawing: str, location: infer.Location, kinds: int) -> str:
    left, top, right, bottom = location.box
    if location.strange:
        said = none_of_these(kinds, [kind(label) for label in location.labels])
        return f'{said}<div style="margin-top:.8rem">{drawing}</div>'
    guess = location.probability < GUESS
    named = kind(location.label)
    if guess:
        named = _("Perhaps: {name}").format(name=named)
    box = _(
        "Box: {left} to {right} across and {top} to {bottom} down, of {width} × {height} pixels."
    ).format(
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        width=location.width,
        height=location.height,
    )
    verdict = (
        f'<section class="mm-verdict {"mm-no" if guess else "mm-yes"}" aria-live="polite">'
        f"<h3>{escape(named)}</h3>"
        f"<p>{_('Probability:')} <b>{100 * location.probability:.0f} %</b></p>"
        f'<p class="mm-note">{box}</p></section>'
    )
    doubt = notice(
        _(
            "The network knows {count} kinds of things, and this photo may show none of them. The "
            "box is then around what stands out."
        ).format(count=kinds)
    )
    seen = thumbnails(
        [(pictures.picture(location.seen), _("the photo, as the network sees it"))],
        _("What the network saw"),
    )
    bars = guesses([kind(label) for label in location.labels], location.probabilities)
    return (
        f'{drawing}{verdict}{doubt if location.probability < UNSURE else ""}<div class="mm-result" '
        f'style="margin-top:.8rem">{bars}{seen}</div>'
    )


# === The losses ===

LOSSES = N_("""
The network is trained on two questions at once, and each answer has a loss of its own:

- **What?** The *class loss* is the cross-entropy: minus the logarithm of the probability that the
  true class was given. It is 0 for a sure and right answer.
- **Where?** The *box loss* compares the box with the true one. The mean squared error of centre,
  width and height (BOOK) counts an error of so many pixels alike, whether the thing is large or
  small. DEFAULT's looks at how much of both boxes overlap, as the result is judged.

What is minimised is `alpha × class loss + (1 − alpha) × box loss`. Both heads read the same
features, so alpha decides whom these serve.

Where a photo shows several things, whether a box is right depends on *whose* box was wanted. In the
figures, *class given* means that DEFAULT is asked for the box of what the photo really shows, and
*class not given* that it draws the box of the likeliest class, by the photo alone.
""")


def effect_of_alpha() -> str:
    """The figure of what both heads reach under several alphas."""
    try:
        effect = infer.effect_of_alpha()
    except UserError as error:
        return notice(for_visitors(error))
    if effect is None:
        return notice(_("The effect of alpha has not been measured for these weights."))
    rows = effect["rows"]
    alphas = [row["alpha"] for row in rows]
    lines = {
        _("box right (IoU of at least 0.5), class given"): "localization_accuracy_given_class",
        _("class right (top-1)"): "top1",
        _("both right"): "top1_localization_accuracy",
    }
    chart = line_chart(
        _("What each head reaches, by alpha"),
        [Series(name, alphas, [row[key] for row in rows]) for name, key in lines.items()],
        x_label=_("alpha: the weight of the class loss"),
        y_label=_("share of the photos"),
        percent=True,
        marker=(alphas[0], ""),
    )
    note = _(
        "Heads trained from chance on the frozen backbone, {times} times: {pictures:,} training "
        "photos, {epochs} passes; measured on {held_out:,} other training photos."
    ).format(
        times=len(rows),
        pictures=effect["pictures"],
        epochs=effect["epochs"],
        held_out=effect["held_out"],
    )
    figures = [
        {
            "alpha": row["alpha"],
            "box": 100 * row["localization_accuracy_given_class"],
            "kind": 100 * row["top1"],
            "both": 100 * row["top1_localization_accuracy"],
        }
        for row in rows
    ]
    said = _(
        "With alpha at {alpha:.1f}, the box is right for {box:.1f} % of the photos, the class for "
        "{kind:.1f} %, and both for {both:.1f} %."
    )
    return f'{along(chart, _("Move alpha"), alphas, said, figures)}<p class="mm-note">{note}</p>'


# === Endpoint ===


def locate(photo: Photo, preset: str = "default", label: str = "") -> dict[str, Any]:
    """What does a photo show, and where? Or where is the thing of a label that is given?

    Answers label and probability, the box (left, top, right, bottom) in pixels of the photo as
    it is shown (a rotation that a phone noted is applied first), its width and height, strange
    (whether it is unlike all that the network was taught, so that no label is to be trusted), and
    up to five candidates with their probabilities.
    """
    return infer.locate(open_image(photo), preset, label or None, upright_size(photo)).to_dict()
