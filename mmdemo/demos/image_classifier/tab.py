"""The "Try it" part: a photo named, what decided, its layers, and Keras' networks beside ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.data.datasets import Progress
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import applications, hub_models
from mmdemo.core.ui import pictures
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, outdate, require_file
from mmdemo.core.ui.page import photo_input, preset_choice
from mmdemo.core.ui.settings import setting
from mmdemo.core.ui.widgets import guesses, notice, thumbnails
from mmdemo.core.weights import artifacts

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(photo=handle_file("photo.jpg"), api_name="/image_classifier_classify")
print(answer["labels"][0], answer["probabilities"][0])
"""
COMPARED = 4
"""Networks of Keras Applications for one question, at most."""
FIRST_LAYER = 3
"""Which the page shows first: those before it are hardly more than the picture."""
UNSURE = 0.3
"""Below this the page says that the network does not know."""


def render() -> None:
    """Widgets and events."""
    with gr.Accordion("Settings: network, view", open=False):
        preset = preset_choice(DEMO)
        view = gr.Radio(
            [(f"{name[0].upper()}{name[1:]}", key) for key, name in infer.VIEWS.items()],
            value="whole",
            label="What the network is given",
            info="Scaled down to the size that the network was trained on.",
        )
        setting("view", view)
    with gr.Row():
        with gr.Column(scale=2):
            photo = photo_input(
                examples.photos(), "from pictures that come with scikit-image", height=320
            )
        with gr.Column(scale=3), gr.Tabs():
            with gr.Tab("What is it?"):
                _guess_panel(photo, preset, view)
            with gr.Tab("Inside"):
                _layers_panel(photo, preset, view)
            with gr.Tab("Keras Applications"):
                _applications_panel(photo, preset, view)
            with gr.Tab("From the Hub"):
                _hub_panel(photo)
    endpoints(DEMO, classify, explain)
    endpoints(DEMO, compare, lane="fetch")


def _guess_panel(photo: gr.Image, preset: gr.Radio, view: gr.Radio) -> None:
    button = gr.Button("What is it?", variant="primary", size="lg")
    result = gr.HTML(padding=False)
    with gr.Row(visible=False) as choices:
        label = gr.Radio([], label="What speaks for", min_width=280)
        layer = gr.Dropdown([], label="Grad-CAM looks at the map of", min_width=280)
    heat = gr.HTML(padding=False)
    asked = [photo, preset, view]

    def classify(path: Path, chosen: str, given: str) -> tuple[Any, ...]:
        answer = infer.classify(open_image(path), chosen, given)
        first = answer.classes[0]
        layers = infer.map_layers(chosen)
        options = list(zip(answer.labels, answer.classes, strict=True))
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

    classified = on(
        button.click,
        classify,
        asked,
        [result, choices, label, layer, heat],
        network=DEMO.slug,
        validator=require_file("a photo", "", ""),
        scroll_to_output=True,
    )
    explained = [
        on(choice.input, explain, [*asked, label, layer], [heat], network=DEMO.slug)
        for choice in (label, layer)
    ]
    changes = [widget.change for widget in asked]
    outdate([classified, *explained], changes, clear, [result, choices, heat])


def _guesses(answer: infer.Answer, classes: int) -> str:
    doubt = notice(
        f"It does not know. It was taught {classes} kinds of things only, and must answer with one "
        "of them."
    )
    seen = [(pictures.picture(view), _size(view)) for view in answer.views]
    return (
        f'<section aria-live="polite">{guesses(answer.labels, answer.probabilities)}'
        f"{doubt if answer.probabilities[0] < UNSURE else ''}"
        f"<p class='mm-note'>{answer.milliseconds:.0f} ms. The network saw, enlarged:</p>"
        f"{thumbnails(seen, 'What the network saw')}</section>"
    )


def _heat(view: Any, label: int, preset: str, layer: str) -> str:
    """Both explanations side by side."""
    speaking = infer.grad_cam(view, label, preset, layer)
    lost = infer.occlusion(view, label, preset)
    name = infer.names(preset)[label]
    grad_cam = f"Grad-CAM: where {_short(layer)} speaks for “{name}”"
    occlusion = (
        f"Occlusion: covered in grey, “{name}” loses up to {100 * max(lost.max(), 0):.0f} points"
    )
    figures = [(pictures.heat(view, speaking), grad_cam), (pictures.heat(view, lost), occlusion)]
    return f'<div class="mm-heat">{thumbnails(figures, "What decided")}</div>'


def _layers_panel(photo: gr.Image, preset: gr.Radio, view: gr.Radio) -> None:
    layer = gr.Dropdown(**_layer_choices("default"), label="Layer", filterable=True)
    button = gr.Button("Look inside", variant="primary")
    result = gr.HTML(padding=False)

    def follow(chosen: str) -> Any:
        return gr.update(**_layer_choices(chosen))

    def look(path: Path, chosen: str, given: str, name: str) -> str:
        answer = infer.classify(open_image(path), chosen, given)
        maps = infer.feature_maps(answer.views[0], name, chosen)
        height, width, count = maps.shape
        shown = [(address, f"channel {number}") for address, number in pictures.channels(maps)]
        return (
            f"<p class='mm-note'>{count} channels of {width} × {height}; the strongest "
            f"{len(shown)}, each from its lowest value (dark) to its highest (bright).</p>"
            f'<div class="mm-maps">{thumbnails(shown, f"Feature maps of {name}")}</div>'
        )

    on(preset.change, follow, [preset], [layer], queue=False)
    on(
        button.click,
        look,
        [photo, preset, view, layer],
        [result],
        network=DEMO.slug,
        validator=require_file("a photo", "", "", ""),
    )


def _layer_choices(preset: str) -> dict[str, Any]:
    try:
        names = infer.layers(preset)
    except UserError:  # no weights: the page says so where it shows the network
        return {"choices": [], "value": None}
    return {"choices": [(_short(name), name) for name in names], "value": names[FIRST_LAYER]}


def _short(layer: str) -> str:
    """`backbone/stage3_block2_add` -> `stage 3, block 2, add`."""
    words = layer.rpartition("/")[2].split("_")
    return ", ".join(w[:-1] + " " + w[-1] if w[-1].isdigit() else w for w in words)


def _size(picture: Any) -> str:
    return f"{picture.shape[1]} × {picture.shape[0]}"


# === Other people's networks ===


def _applications_panel(photo: gr.Image, preset: gr.Radio, view: gr.Radio) -> None:
    gr.Markdown(
        "The networks that come with Keras, trained by others on all of ImageNet: 1,000 kinds of "
        "things, over a million photos. Each is downloaded when it is first asked for, and kept."
    )
    chosen = gr.Dropdown(
        applications.names(),
        value=["MobileNetV2"],
        multiselect=True,
        max_choices=COMPARED,
        label=f"Networks, up to {COMPARED}",
    )
    button = gr.Button("Compare", variant="primary")
    result = gr.HTML(padding=False)

    def compare(path: Path, networks: list[str], own: str, given: str) -> str:
        _check_compared(networks)
        image = open_image(path)

        def ours() -> str:
            return _ours(infer.classify(image, own, given), own)

        def theirs(name: str) -> str:
            progress = _shown(f"Downloading {name}")
            return _theirs(applications.classify(image, name, progress=progress))

        asked = {f"Ours, {own.upper()}": ours}
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
        validator=require_file("a photo", "", "", ""),
    )


def _check_compared(networks: list[str]) -> None:
    """The page's field sees to this as well; whoever asks without it does not."""
    if not networks:
        raise UserError("Choose at least one network.")
    if len(networks) > COMPARED:
        raise UserError(f"Choose at most {COMPARED} networks for one question.")
    if len(set(networks)) < len(networks):
        raise UserError("Choose each network once only.")


def _hub_panel(photo: gr.Image) -> None:
    if not hub_models.allowed():
        gr.Markdown(
            "Here the page would load any Keras 3 classifier from the Hugging Face Hub. It is "
            "switched off on public links; start the app at home, or with `--hub-models`."
        )
        return
    gr.Markdown(
        "Any image classifier that was saved with Keras 3. It is loaded in Keras' safe mode, which "
        "runs no code from the file."
    )
    address = gr.Textbox(label="Model", placeholder="hf://user/name")
    scaling = gr.Radio(
        list(hub_models.SCALINGS),
        value="0 to 255",
        label="Values of the pictures that it was trained on",
    )
    button = gr.Button("Ask it", variant="primary")
    result = gr.HTML(padding=False)

    def ask(path: Path, model: str, values: str) -> str:
        answer = hub_models.classify(
            open_image(path), model, scaling=values, progress=_shown("Downloading")
        )
        return _column(answer.name, _theirs(answer))

    on(
        button.click,
        ask,
        [photo, address, scaling],
        [result],
        network=DEMO.slug,
        lane="fetch",
        validator=require_file("a photo", "", ""),
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
    return _answer(answer, answer.parameters, answer.seen)


def _ours(answer: infer.Answer, preset: str) -> str:
    rows = artifacts.read_json(artifacts.locate(DEMO.model_id(preset)), "architecture.json")
    return _answer(answer, sum(row["parameters"] for row in rows), answer.views[0])


def _answer(answer: applications.Answer | infer.Answer, parameters: int, seen: Any) -> str:
    return (
        f"{guesses(answer.labels, answer.probabilities)}<p class='mm-note'>"
        f"{answer.milliseconds:.0f} ms, {parameters:,} parameters, sees {_size(seen)} pixels</p>"
    )


# === Endpoints ===


def classify(photo: Photo, preset: str = "default", view: str = "whole") -> dict[str, Any]:
    """What does a photo show? The five best of the network's kinds of things.

    Answers labels, probabilities (calibrated) and milliseconds. The view is whole, middle (its
    middle square) or five (five squares, averaged).
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
        raise UserError(f"No class is called '{label}'. There are: {', '.join(names)}.")
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
