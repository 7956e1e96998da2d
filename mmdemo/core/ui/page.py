"""The parts that the pages of all demos share: choices, how it works, how good it is, use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from mmdemo.core.demo import Demo, ModelId
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.measure import report
from mmdemo.core.ui import charts, diagram
from mmdemo.core.ui.events import on
from mmdemo.core.ui.settings import setting
from mmdemo.core.ui.widgets import notice
from mmdemo.core.weights import artifacts

PRESET_HINTS = {
    "DEFAULT": "DEFAULT: the best network that we trained",
    "BOOK": "BOOK: the source's own network",
}
LONG_TABLE = 60
"""Layers from which on their table is folded up."""
PHOTO_SOURCES: list[Literal["upload", "webcam", "clipboard"]] = ["upload", "webcam", "clipboard"]


def preset_choice(demo: Demo, label: str = "Network") -> gr.Radio:
    """The switch between the demo's networks: BOOK and DEFAULT, or those of several tasks."""
    labels = [(demo.label(model_id), model_id.name) for model_id in demo.model_ids]
    radio = gr.Radio(
        [(PRESET_HINTS.get(label, label), name) for label, name in labels],
        value=labels[0][1],
        label=label,
    )
    return setting("preset", radio, parse=lambda text: demo.model_id(text).name)


def photo_input(offered: Mapping[str, Path], source: str, height: int) -> gr.Image:
    """The field for the page's photo, with examples below it.

    Args:
        offered: examples, what they are called and where they lie.
        source: where they are from.
        height: of the field, in pixels.
    """
    photo = gr.Image(type="filepath", label="Photo", sources=PHOTO_SOURCES, height=height)
    gr.Examples(
        [[str(file)] for file in offered.values()],
        [photo],
        example_labels=list(offered),
        label=f"Examples, {source}",
    )
    return photo


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
        label="Distance threshold",
        info="Closer than this is called the same. It starts where both kinds of error are equal.",
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
    return (
        f"{diagram.diagram(f'The {demo.label(model_id)} network, from input to output', rows)}"
        f"<details class='mm-layers'{is_open}><summary>{total:,} parameters in {len(rows)} layers"
        '</summary><div class="mm-scroll"><table class="mm-table"><thead><tr><th>Layer</th>'
        "<th>Settings</th><th>Output shape</th><th class='mm-number'>Parameters</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div></details>"
    )


def results(demo: Demo) -> str:
    """Measured figures of all networks with baselines and published figures, as HTML tables."""
    notices, runs = [], []
    for model_id in demo.model_ids:
        try:
            runs.append(artifacts.read_results(artifacts.locate(model_id)))
        except UserError as error:
            notices.append(notice(for_visitors(error)))
    tables = report.tables(report.merge(runs), demo)
    return "".join([*notices, *(_table(table) for table in tables)])


def _table(table: report.Table) -> str:
    best = [table.best(column) for column in range(len(table.metrics))]
    head = "".join(
        f"<th class='mm-number'>{escape(metric.label)}"
        f"<small>{'lower is better' if metric.lower_is_better else ''}</small></th>"
        for metric in table.metrics
    )
    body = []
    for method, cells in table.rows:
        columns = []
        for result, metric, top in zip(cells, table.metrics, best, strict=True):
            if result is None:
                columns.append("<td class='mm-number'>–</td>")
                continue
            value = metric.format(result.value)
            if result.value == top and not result.is_published:
                value = f"<b>{value}</b>"
            if result.ci95 is not None:
                low, high = map(metric.format, result.ci95)
                value += f"<small>{low} to {high}</small>"
            columns.append(f"<td class='mm-number'>{value}</td>")
        kind = "mm-ours" if method in report.OURS else ""
        label = escape(report.method_label(method))
        body.append(f"<tr class='{kind}'><th scope='row'>{label}</th>{''.join(columns)}</tr>")
    count = f" {table.n:,} measured items." if table.n else ""
    return (
        f"<h3>{escape(table.title)}</h3>"
        f"<p class='mm-note'>{escape(table.split)}.{count}</p>"
        f"<div class='mm-scroll'><table class='mm-table'><thead><tr><th>Method</th>{head}</tr>"
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
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
        f"Errors on held-out pairs ({demo.label(model_id)})",
        [
            charts.Series("false accepts: different, called the same", *_xy(curve, "far")),
            charts.Series("false rejects: the same, called different", *_xy(curve, "frr")),
        ],
        x_label="distance threshold",
        y_label="share of pairs",
        percent=True,
        marker=None if threshold is None else (threshold, "threshold"),
    )


def _xy(curve: dict[str, list[float]], name: str) -> tuple[list[float], list[float]]:
    return curve["thresholds"], curve[name]


def training_curve(demo: Demo, model_id: ModelId) -> str:
    """Loss per epoch of the shipped network."""
    rows = artifacts.read_history(artifacts.locate(model_id))
    keys = [k for k in (rows[0] if rows else {}) if "loss" in k]
    return charts.line_chart(
        f"Training loss ({demo.label(model_id)})",
        [
            charts.Series(key.replace("_", " "), range(1, len(rows) + 1), [r[key] for r in rows])
            for key in keys
        ],
        x_label="epoch",
        y_label="loss",
    )


def limits(demo: Demo) -> str:
    """What it cannot do, folded."""
    if not demo.limits:
        return ""
    said = "".join(f"<li>{escape(limit)}</li>" for limit in demo.limits)
    return (
        f'<details class="mm-limits"><summary>What it cannot do</summary><ul>{said}</ul></details>'
    )


def how_it_works(demo: Demo) -> None:
    """The explanation, and the diagram of the chosen network."""
    gr.Markdown(demo.explanation)
    preset = preset_choice(demo)
    drawing = gr.HTML(architecture(demo, demo.model_ids[0]), padding=False)
    on(
        preset.change,
        lambda chosen: architecture(demo, demo.model_id(chosen)),
        [preset],
        [drawing],
        queue=False,
    )
    gr.Markdown(f"Source: {demo.source}.")


def how_good_it_is(demo: Demo) -> None:
    """Tables and curves of all networks."""
    gr.Markdown(
        "Every figure below was measured by the training run, on data that the measured network "
        "never saw unless the table says otherwise, and the baselines in the same run; small "
        "figures under a value are its 95 % confidence interval. Published figures are their "
        "authors', on their own protocol."
    )
    gr.HTML(results(demo), padding=False)
    for model_id in demo.model_ids:
        curves = held_out_curve(demo, model_id) + training_curve(demo, model_id)
        gr.HTML(f'<div class="mm-pair">{curves}</div>', padding=False)


def training_commands(demo: Demo) -> str:
    """The two lines that train a demo and serve the result, as the page shows them."""
    train = f"python -m mmdemo train {demo.model_ids[0].training_target}"
    if demo.own_data_arguments:
        train += f" {demo.own_data_arguments}"
    return f"{train} --out my-weights\npython app.py --weights my-weights"


def use_it(demo: Demo, api_example: str) -> None:
    """From a program, on one's own data, and the weights."""
    gr.Markdown("### Call it from your own program")
    gr.Code(api_example, language="python", label="Python client", interactive=False)
    gr.Markdown(
        "Or as tools of an assistant that speaks MCP: `pip install 'gradio[mcp]'`, then "
        "`python app.py --mcp`, and give it the address `http://127.0.0.1:7860/gradio_api/mcp/`."
    )
    gr.Markdown(f"### Train it yourself\n\n{demo.own_data}")
    gr.Code(training_commands(demo), language="shell", label="Command line", interactive=False)
    gr.Markdown("### Weights")
    for model_id in demo.model_ids:
        folder, label = artifacts.locate(model_id), demo.label(model_id)
        if not (folder / artifacts.WEIGHTS).is_file():
            gr.HTML(notice(f"There are no weights for {label} yet."))
            continue
        with gr.Accordion(f"{label}: model card", open=False):
            gr.Markdown((folder / "README.md").read_text(encoding="utf-8"))
        gr.DownloadButton(
            f"Download {label} weights", value=str(folder / artifacts.WEIGHTS), size="sm"
        )
