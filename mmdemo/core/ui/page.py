"""The parts that the pages of all demos share: choices, how it works, how good it is, use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from mmdemo.core.demo import Demo, ModelId
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import N_, _
from mmdemo.core.ui import arrival, charts, diagram, downloads, inside, measured
from mmdemo.core.ui.both import Both, buttons
from mmdemo.core.ui.events import on
from mmdemo.core.ui.heads import LOCAL
from mmdemo.core.ui.settings import setting
from mmdemo.core.ui.widgets import SCROLL, notice
from mmdemo.core.weights import artifacts

PRESET_HINTS = {
    "DEFAULT": N_("DEFAULT: the best network that we trained"),
    "BOOK": N_("BOOK: the source's own network"),
}
DRAWN = N_("Examples, drawn by a program")
FROM_SCIKIT = N_("Examples, from scikit-image")
LONG_TABLE = 24
"""Layers from which on their table is folded up."""
PHOTO_SOURCES: list[Literal["upload", "webcam", "clipboard"]] = ["upload", "webcam", "clipboard"]


def share() -> str:
    """What `parts.js` lays below each answer; `share.js` does what its buttons say."""
    copied, long = _("The link was copied."), _("This text is too long for a link.")
    saved, failed = _("The picture was saved."), _("This browser cannot draw the picture.")
    return (
        f'<template class="mm-share-row"><div class="mm-share" data-copied="{copied}" '
        f'data-long="{long}" data-saved="{saved}" data-failed="{failed}">'
        f'<button type="button" value="link">{_("Copy a link to this question")}</button>'
        f'<button type="button" value="picture">{_("Save as a picture")}</button>'
        '<span role="status" class="mm-note"></span></div></template>'
    )


def unseen() -> str:
    """What `parts.js` says in the field of a photo that a browser does not draw, as a TIFF."""
    said = _("This browser cannot show such a file. It may be read all the same.")
    return f'<template class="mm-unseen">{said}</template>'


def source(demo: Demo) -> str:
    """Where the network is from, as a sentence."""
    return _("Source: {source}").format(source=_(demo.source))


def preset_choice(demo: Demo, task: str | None = None) -> gr.Radio:
    """The switch between the demo's networks: BOOK and DEFAULT, or those of several tasks.

    Args:
        demo: whose networks.
        task: whose alone.
    """
    labels = [
        (demo.label(model_id), model_id.name)
        for model_id in demo.model_ids
        if task in (None, model_id.task)
    ]
    radio = gr.Radio(
        [(_(PRESET_HINTS.get(label, label)), name) for label, name in labels],
        value=labels[0][1],
        label=_("Network"),
    )
    return setting("preset", radio, parse=lambda text: demo.model_id(text).name)


def photo_input(label: str = "") -> gr.Image:
    """The field for a photo."""
    return gr.Image(
        type="filepath",
        label=label or _("Photo"),
        sources=PHOTO_SOURCES,
        height=300,
        elem_classes="mm-photo",  # lower on a phone
    )


def photo_question(
    action: str, offered: Mapping[str, Path], preset: gr.Radio
) -> tuple[gr.Image, gr.Button, Both, arrival.Examples]:
    """The left half of a `mm-ask` row: a field for a photo, the buttons that ask, and examples.

    Args:
        action: what the button says.
        offered: pictures that come with scikit-image, by what they are called.
        preset: the choice of the network.
    """
    with gr.Column(elem_classes="mm-question"):
        photo = photo_input()
        button, both = buttons(action)
    with gr.Column(elem_classes="mm-examples"):
        rows = {_(name): [file] for name, file in offered.items()}
        examples = arrival.examples(rows, [photo], _(FROM_SCIKIT))
    return photo, button, Both(both, preset), examples


def picture_question(
    action: str, offered: Mapping[str, Path], source: str = DRAWN
) -> tuple[gr.Image, gr.Button, arrival.Examples]:
    """The left half of a `mm-ask` row where one network answers: a field, a button, and examples.

    Args:
        action: what the button says.
        offered: pictures, by what they are called.
        source: whose they are.
    """
    with gr.Column(elem_classes="mm-question"):
        picture = photo_input(_("Picture"))
        button = gr.Button(action, variant="primary", size="lg")
    with gr.Column(elem_classes="mm-examples"):
        rows = {_(name): [file] for name, file in offered.items()}
        examples = arrival.examples(rows, [picture], _(source))
    return picture, button, examples


def threshold_slider(demo: Demo, preset: gr.Radio) -> gr.Slider:
    """The distance threshold; it follows the preset, whose stored threshold is where it starts."""

    def limits(chosen: str) -> dict[str, Any]:
        folder = artifacts.locate(demo.model_id(chosen))
        stored = artifacts.read_json(folder, "preprocess.json")
        highest = max(stored["curve"]["thresholds"])
        return {"value": round(stored["threshold"], 3), "maximum": round(highest, 3)}

    slider = gr.Slider(
        minimum=0.0,
        step=0.001,
        label=_("Distance threshold"),
        info=_(
            "Closer than this is called the same. It starts where both kinds of error are equal."
        ),
        elem_classes="mm-threshold",  # which answers follow, see `play.js`
        **_first_limits(limits, demo),
    )
    # At the visitor's hand only: a link that restores both sets the threshold itself.
    on(preset.input, lambda chosen: gr.update(**limits(chosen)), [preset], [slider], queue=False)
    return setting("threshold", slider, limits=limits)


def _first_limits(limits: Callable[[str], dict[str, Any]], demo: Demo) -> dict[str, Any]:
    """A demo whose weights are missing still gets its page; the page says what is missing."""
    try:
        return limits(demo.model_ids[0].name)
    except UserError:
        return {"value": 0.5, "maximum": 2.0}


def architecture(demo: Demo, model_id: ModelId) -> str:
    """Diagram and layer table of a network as HTML, from its stored description."""
    try:
        rows = artifacts.read_json(artifacts.locate(model_id), "architecture.json")
    except UserError as error:
        return notice(for_visitors(error))
    total = sum(row["parameters"] for row in rows)
    body = "".join(
        f"<tr><td>{escape(diagram.spaced(row['type']))}</td><td>{escape(row['detail'])}</td>"
        f"<td>{diagram.sides(row['shape']).replace('×', ' × ')}</td>"
        f"<td class='mm-number'>{row['parameters']:,}</td></tr>"
        for row in rows
    )
    is_open = " open" if len(rows) <= LONG_TABLE else ""
    title = _("The {network} network, from input to output").format(network=demo.label(model_id))
    count = _("{parameters:,} parameters in {layers} layers").format(
        parameters=total, layers=len(rows)
    )
    return (
        f"{inside.choice(rows)}{diagram.diagram(title, rows)}<details class='mm-layers'{is_open}>"
        f"<summary>{count}</summary>"
        f'{SCROLL}<table class="mm-table"><thead><tr><th>{_("Layer")}</th>'
        f"<th>{_('Settings')}</th><th>{_('Output shape')}</th>"
        f"<th class='mm-number'>{_('Parameters')}</th></tr></thead>"
        f"<tbody translate='no'>{body}</tbody></table></div></details>"
    )


def held_out_curve(demo: Demo, model_id: ModelId, threshold: float | None = None) -> str:
    """False-accept and false-reject rates against the threshold, from the stored curve.

    Empty for a network that has no such curve.
    """
    try:
        stored = artifacts.read_json(artifacts.locate(model_id), "preprocess.json")
    except UserError as error:
        return notice(for_visitors(error))
    curve = stored.get("curve")
    if curve is None:
        return ""
    return charts.line_chart(
        _("Errors on held-out pairs ({network})").format(network=demo.label(model_id)),
        [
            charts.Series(_("false accepts: different, called the same"), *_xy(curve, "far")),
            charts.Series(_("false rejects: the same, called different"), *_xy(curve, "frr")),
        ],
        x_label=_("distance threshold"),
        y_label=_("share of pairs"),
        percent=True,
        marker=None if threshold is None else (threshold, _("threshold")),
    )


def _xy(curve: dict[str, list[float]], name: str) -> tuple[list[float], list[float]]:
    return curve["thresholds"], curve[name]


def training_curve(demo: Demo, model_id: ModelId) -> str:
    """Loss per epoch of the shipped network."""
    rows = artifacts.read_history(artifacts.locate(model_id))
    keys = [k for k in (rows[0] if rows else {}) if "loss" in k]
    return charts.line_chart(
        _("Training loss ({network})").format(network=demo.label(model_id)),
        [
            charts.Series(_(key.replace("_", " ")), range(1, len(rows) + 1), [r[key] for r in rows])
            for key in keys
        ],
        x_label=_("epoch"),
        y_label=_("loss"),
    )


def limits(demo: Demo) -> str:
    """What it cannot do, folded."""
    if not demo.limits:
        return ""
    said = "".join(f"<li>{escape(_(limit))}</li>" for limit in demo.limits)
    return (
        f'<details class="mm-limits"><summary><h2>{_("What it cannot do")}</h2></summary>'
        f"<ul>{said}</ul></details>"
    )


def how_it_works(demo: Demo, asking: Sequence[arrival.Asking], tab: gr.Tab) -> None:
    """The explanation, and the diagram of the chosen network, whose boxes open, if it has one.

    Args:
        demo: to be explained.
        asking: what its page can be asked.
        tab: in which this is drawn.
    """
    gr.Markdown(_(demo.explanation))
    if demo.tasks:
        _diagrams(demo, asking, tab)
    gr.Markdown(source(demo))


def _diagrams(demo: Demo, asking: Sequence[arrival.Asking], tab: gr.Tab) -> None:
    """The diagram of the chosen network."""
    preset = preset_choice(demo)
    with gr.Row(elem_classes="mm-looking"):
        with gr.Column():
            drawing = gr.HTML(
                architecture(demo, demo.model_ids[0]), padding=False, js_on_load=diagram.CENTRE
            )
        with gr.Column(elem_classes="mm-looked"):
            inside.panel(demo, asking, preset, tab)
    on(
        preset.change,
        lambda chosen: architecture(demo, demo.model_id(chosen)),
        [preset],
        [drawing],
        queue=False,
    )


def how_good_it_is(demo: Demo) -> None:
    """A sentence, tables and curves of all networks."""
    gr.HTML(measured.results(demo), padding=False)
    for model_id in demo.model_ids:
        curves = held_out_curve(demo, model_id) + training_curve(demo, model_id)
        if not curves:  # it was not trained in epochs
            continue
        title = escape(_("Curves: {network}").format(network=demo.label(model_id)))
        gr.HTML(
            f"<details class='mm-figures'><summary>{title}</summary>"
            f"<div class='mm-pair'>{curves}</div></details>",
            padding=False,
        )


def training_commands(demo: Demo) -> str:
    """The two lines that train a demo and serve the result, as the page shows them."""
    train = f"python -m mmdemo train {demo.model_ids[0].training_target}"
    if demo.own_data_arguments:
        train += f" {demo.own_data_arguments}"
    return f"{train} --out my-weights\npython app.py --weights my-weights"


def use_it(demo: Demo, api_example: str) -> None:
    """From a program, and where it has networks, on one's own data, and the weights."""
    gr.Markdown("## " + _("Call it from your own program"))
    gr.Code(
        api_example, language="python", label=_("Python client"), interactive=False, wrap_lines=True
    )
    gr.Markdown(
        _(
            "Or as tools of an assistant that speaks MCP: `pip install 'gradio[mcp]'`, then "
            "`python app.py --mcp`, and give it the address `{address}`."
        ).format(address=f"{LOCAL}/gradio_api/mcp/")
    )
    if not demo.tasks:
        return
    gr.Markdown(f"## {_('Train it yourself')}\n\n{_(demo.own_data)}")
    gr.Code(
        training_commands(demo),
        language="shell",
        label=_("Command line"),
        lines=2,
        interactive=False,
        wrap_lines=True,
    )
    gr.Markdown("## " + _("Weights"))
    downloads.weights(demo)
