"""The "Try it" part: a photo named, what decided, and Keras' networks beside ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.data.datasets import Progress
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import N_, _, kind
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import applications, hub_models
from mmdemo.core.ui import arrival, live, pictures
from mmdemo.core.ui.both import Both
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, outdate, require_file
from mmdemo.core.ui.kinds import kinds
from mmdemo.core.ui.moving import cover
from mmdemo.core.ui.page import photo_input, photo_question, preset_choice
from mmdemo.core.ui.settings import setting
from mmdemo.core.ui.teach import Teacher
from mmdemo.core.ui.widgets import guesses, none_of_these, notice, thumbnails
from mmdemo.core.weights import artifacts

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(photo=handle_file("photo.jpg"), api_name="/image_classifier_classify")
print(answer["labels"][0], answer["probabilities"][0])
"""
USAGE = """\
import numpy as np
from PIL import Image, ImageOps

photo = ImageOps.exif_transpose(Image.open("photo.jpg")).convert("RGB")
photo.thumbnail((1024, 1024))
pixels = np.asarray(photo, np.float32)[None]  # RGB from 0 to 255, of any size

import keras  # a probability for each class, in the order of the page

print(keras.saving.load_model("image_classifier-taught.keras")(pixels))

import onnxruntime  # the same, and the file knows the names

network = onnxruntime.InferenceSession("image_classifier-taught.onnx")
print(network.get_modelmeta().custom_metadata_map["classes"])
print(network.run(None, {"picture": pixels})[0])
"""
COMPARED = 4
"""Networks of Keras Applications for one question, at most."""
UNSURE = 0.3
"""Below this the page says that the network does not know."""


TEACHER = Teacher(
    demo=DEMO,
    example=N_("picture"),
    examples=N_("pictures"),
    read=infer.teachable,
    picture=infer.middle,
    make_input=photo_input,
    files=["image"],
    usage=USAGE,
    camera=True,
)


def render() -> None:
    """Widgets and events."""
    with gr.Accordion(_("Settings: network, view"), open=False):
        preset = preset_choice(DEMO)
        view = gr.Radio(
            [(_capital(_(name)), key) for key, name in infer.VIEWS.items()],
            value="whole",
            label=_("What the network is given"),
            info=_("Scaled down to the size that the network was trained on."),
        )
        setting("view", view)
    with gr.Row(elem_classes="mm-ask"):
        photo, button, both, offered = photo_question(_("What is it?"), examples.photos(), preset)
        with gr.Column(elem_classes="mm-answer"), gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab(_("What is it?")):
                _guess_panel(photo, preset, view, button, both, offered)
            with gr.Tab(_("Keras Applications")):
                _applications_panel(photo, preset, view)
            with gr.Tab(_("From the Hub")):
                _hub_panel(photo)
        with gr.Column(elem_classes="mm-more"):
            live.panel(DEMO, _live, [preset, view])
    kinds(infer.names)
    endpoints(DEMO, classify, explain)
    endpoints(DEMO, compare, lane="fetch")


def _guess_panel(
    photo: gr.Image,
    preset: gr.Radio,
    view: gr.Radio,
    button: gr.Button,
    both: Both,
    offered: arrival.Examples,
) -> None:
    result = gr.HTML(padding=False)
    with gr.Row(visible=False) as choices:
        label = gr.Radio([], label=_("What speaks for"), min_width=280)
        layer = gr.Dropdown([], label=_("Grad-CAM looks at the map of"), min_width=280)
    heat = gr.HTML(padding=False)
    asked = [photo, preset, view]
    _cover_panel(photo, preset, view)

    def classify(path: Path, chosen: str, given: str) -> tuple[Any, ...]:
        answer = infer.classify(open_image(path), chosen, given)
        first = answer.classes[0]
        layers = infer.map_layers(chosen)
        options = list(zip(map(kind, answer.labels), answer.classes, strict=True))
        if answer.strange:  # what speaks for a name that it should not have is no explanation
            return _guesses(answer, len(infer.names(chosen))), *[gr.update(visible=False)] * 3, ""
        return (
            _guesses(answer, len(infer.names(chosen))),
            gr.update(visible=True),
            gr.update(choices=options, value=first),
            gr.update(choices=[(_short(name), name) for name in layers], value=layers[-2]),
            _heat(answer.views[0], first, chosen, layers[-2]),
        )

    def clear() -> tuple[Any, ...]:
        return "", gr.update(visible=False), ""

    def explain(path: Path, chosen: str, given: str, label: int, layer: str) -> str:
        answer = infer.classify(open_image(path), chosen, given)
        return _heat(answer.views[0], label, chosen, layer)

    classified = arrival.ask(
        DEMO,
        button,
        classify,
        asked,
        [result, choices, label, layer, heat],
        offered=offered,
        validator=require_file(N_("a photo"), "", ""),
        both=both,
    )
    explained = [
        on(choice.input, explain, [*asked, label, layer], [heat], network=DEMO.slug)
        for choice in (label, layer)
    ]
    changes = [photo.input, photo.clear, preset.change, view.change]
    outdate([*classified, *explained], changes, clear, [result, choices, heat])


def _cover_panel(photo: gr.Image, preset: gr.Radio, view: gr.Radio) -> None:
    """A grey cover to be dragged over the photo: every answer is worked out at one press."""
    button = gr.Button(_("Drag a cover over it"), size="sm")
    result = gr.HTML(padding=False)

    def covering(path: Path, chosen: str, given: str) -> str:
        answer = infer.classify(open_image(path), chosen, given)
        seen = answer.views[0]
        plain = infer.classify(seen, chosen) if len(answer.views) > 1 else answer
        answers = infer.covered(seen, plain.classes, chosen)
        names = [kind(label) for label in plain.labels]
        return cover(seen, names, np.array(plain.probabilities), answers)

    covered = on(
        button.click,
        covering,
        [photo, preset, view],
        [result],
        network=DEMO.slug,
        validator=require_file(N_("a photo"), "", ""),
    )
    for change in (photo.change, preset.change, view.change):  # an example's press, too
        change(None, None, [result], js="() => ''", cancels=[covered], api_visibility="private")


def _live(jpeg: bytes, chosen: str, given: str) -> str:
    return _guesses(infer.classify(open_image(jpeg), chosen, given), len(infer.names(chosen)))


def _guesses(answer: infer.Answer, classes: int) -> str:
    doubt = notice(
        _(
            "It does not know. It was taught {count} kinds of things only, and must answer with "
            "one of them."
        ).format(count=classes)
    )
    took = _("{milliseconds:.0f} ms. The network saw, enlarged:").format(
        milliseconds=answer.milliseconds
    )
    seen = [(pictures.picture(view), _size(view)) for view in answer.views]
    said = _named(answer, classes)
    if not answer.strange and answer.probabilities[0] < UNSURE:
        said += doubt
    return (
        f'<section aria-live="polite">{said}'
        f"<p class='mm-note'>{took}</p>{thumbnails(seen, _('What the network saw'))}</section>"
    )


def _heat(view: Any, label: int, preset: str, layer: str) -> str:
    """Both explanations side by side."""
    speaking = infer.grad_cam(view, label, preset, layer)
    lost = infer.occlusion(view, label, preset)
    name = kind(infer.names(preset)[label])
    grad_cam = _("Grad-CAM: where {layer} speaks for “{name}”").format(
        layer=_short(layer), name=name
    )
    occlusion = _("Occlusion: covered in grey, “{name}” loses up to {points:.0f} points").format(
        name=name, points=100 * max(lost.max(), 0)
    )
    figures = [(pictures.heat(view, speaking), grad_cam), (pictures.heat(view, lost), occlusion)]
    return f'<div class="mm-heat">{thumbnails(figures, _("What decided"))}</div>'


def _named(answer: infer.Answer, classes: int) -> str:
    """What our network takes a photo for, or that it shows none of its kinds."""
    labels = [kind(label) for label in answer.labels]
    if answer.strange:
        return none_of_these(classes, labels)
    return guesses(labels, answer.probabilities)


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _short(layer: str) -> str:
    """`backbone/stage3_block2` -> `stage 3, block 2`."""
    block = layer.rpartition("block")[2]
    if "stage" not in layer:
        return _("block {block}").format(block=block)
    stage = layer.rpartition("stage")[2].partition("_")[0]
    return _("stage {stage}, block {block}").format(stage=stage, block=block)


def _size(picture: Any) -> str:
    return f"{picture.shape[1]} × {picture.shape[0]}"


# === Other people's networks ===


def _applications_panel(photo: gr.Image, preset: gr.Radio, view: gr.Radio) -> None:
    gr.Markdown(
        _(
            "The networks that come with Keras, trained by others on all of ImageNet: 1,000 kinds "
            "of things, over a million photos. Each is downloaded when it is first asked for, and "
            "kept."
        )
    )
    chosen = gr.Dropdown(
        applications.names(),
        value=["MobileNetV2"],
        multiselect=True,
        max_choices=COMPARED,
        label=_("Networks, up to {count}").format(count=COMPARED),
    )
    button = gr.Button(_("Compare"), variant="primary")
    result = gr.HTML(padding=False)

    def compare(path: Path, networks: list[str], own: str, given: str) -> str:
        _check_compared(networks)
        image = open_image(path)

        def ours() -> str:
            return _ours(infer.classify(image, own, given), own)

        def theirs(name: str) -> str:
            progress = _shown(_("Downloading {name}").format(name=name))
            return _theirs(applications.classify(image, name, progress=progress))

        asked = {_("Ours, {network}").format(network=own.upper()): ours}
        asked |= {name: functools.partial(theirs, name) for name in networks}
        columns = [_column(name, _or_reason(ask)) for name, ask in asked.items()]
        return f'<div class="mm-pair">{"".join(columns)}</div>'

    on(
        button.click,
        compare,
        [photo, chosen, preset, view],
        [result],
        network=DEMO.slug,
        lane="fetch",
        validator=require_file(N_("a photo"), "", "", ""),
    )


def _check_compared(networks: list[str]) -> None:
    """The page's field sees to this as well; whoever asks without it does not."""
    if not networks:
        raise UserError(_("Choose at least one network."))
    if len(networks) > COMPARED:
        raise UserError(
            _("Choose at most {count} networks for one question.").format(count=COMPARED)
        )
    if len(set(networks)) < len(networks):
        raise UserError(_("Choose each network once only."))


def _hub_panel(photo: gr.Image) -> None:
    if not hub_models.allowed():
        gr.Markdown(
            _(
                "Here the page would load any Keras 3 classifier from the Hugging Face Hub. It is "
                "switched off on public links; start the app at home, or with `--hub-models`."
            )
        )
        return
    gr.Markdown(
        _(
            "Any image classifier that was saved with Keras 3. It is loaded in Keras' safe mode, "
            "which runs no code from the file."
        )
    )
    address = gr.Textbox(label=_("Model"), placeholder="hf://user/name")
    scaling = gr.Radio(
        [(_(scaling), scaling) for scaling in hub_models.SCALINGS],
        value="0 to 255",
        label=_("Values of the pictures that it was trained on"),
    )
    button = gr.Button(_("Ask it"), variant="primary")
    result = gr.HTML(padding=False)

    def ask(path: Path, model: str, values: str) -> str:
        answer = hub_models.classify(
            open_image(path), model, scaling=values, progress=_shown(_("Downloading"))
        )
        return _column(answer.name, _theirs(answer))

    on(
        button.click,
        ask,
        [photo, address, scaling],
        [result],
        network=DEMO.slug,
        lane="fetch",
        validator=require_file(N_("a photo"), "", ""),
    )


def _shown(what: str) -> Progress:
    """Shows on the page how much of a download is done."""
    bar = gr.Progress()
    return lambda done, total: bar(min(done / max(total, 1), 1.0), desc=what)


def _column(name: str, content: str) -> str:
    return f"<section aria-live='polite'><h3>{escape(name)}</h3>{content}</section>"


def _or_reason(ask: Callable[[], str]) -> str:
    """A network's answer, or why it has none: the other networks' answers stay."""
    try:
        return ask()
    except UserError as error:
        return notice(for_visitors(error))


def _theirs(answer: applications.Answer) -> str:
    said = guesses(answer.labels, answer.probabilities)
    return _answer(said, answer.milliseconds, answer.parameters, answer.seen)


def _ours(answer: infer.Answer, preset: str) -> str:
    rows = artifacts.read_json(artifacts.locate(DEMO.model_id(preset)), "architecture.json")
    parameters = sum(row["parameters"] for row in rows)
    said = _named(answer, len(infer.names(preset)))
    return _answer(said, answer.milliseconds, parameters, answer.views[0])


def _answer(said: str, milliseconds: float, parameters: int, seen: Any) -> str:
    facts = _("{milliseconds:.0f} ms, {parameters:,} parameters, sees {size} pixels").format(
        milliseconds=milliseconds, parameters=parameters, size=_size(seen)
    )
    return f"{said}<p class='mm-note'>{facts}</p>"


# === Endpoints ===


def classify(photo: Photo, preset: str = "default", view: str = "whole") -> dict[str, Any]:
    """What does a photo show? The five best of the network's kinds of things.

    Answers labels, probabilities (calibrated), milliseconds, and strange: whether the photo is
    unlike all that the network was taught, so that its labels are not to be trusted. The view is
    whole, middle (its middle square) or five (five squares, averaged).
    """
    return infer.classify(open_image(photo), preset, view).to_dict()


def explain(photo: Photo, label: str = "", preset: str = "default") -> dict[str, Any]:
    """Where does the network see a label? Without one, its best guess.

    Answers the label, and two maps over the photo, as rows of numbers: grad_cam, and occlusion
    (the probability that is lost when the place is covered in grey).
    """
    answer = infer.classify(open_image(photo), preset)
    names = infer.names(preset)
    if label and label not in names:
        raise UserError(
            _("No class is called '{label}'. There are: {names}.").format(
                label=label, names=", ".join(names)
            )
        )
    place = names.index(label) if label else answer.classes[0]
    return {
        "label": names[place],
        "grad_cam": infer.grad_cam(answer.views[0], place, preset).tolist(),
        "occlusion": infer.occlusion(answer.views[0], place, preset).tolist(),
    }


def compare(photo: Photo, network: str) -> dict[str, Any]:
    """What does a network of Keras Applications take a photo for?

    Answers name, labels, probabilities, milliseconds, parameters and megabytes. It is
    downloaded when it is first asked for.
    """
    return applications.classify(open_image(photo), network).to_dict()
