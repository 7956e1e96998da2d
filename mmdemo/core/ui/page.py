"""What every page is made of: events with clear errors, and the parts that all demos share.

With `mmdemo/app.py` and the demos' `tab.py`, the only code that knows Gradio.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError
from mmdemo.core.measure import report
from mmdemo.core.serve import runtime
from mmdemo.core.ui import charts as plots
from mmdemo.core.weights import artifacts

logger = logging.getLogger(__name__)

PRESET_HINTS = {
    "default": "DEFAULT: the best network that we trained",
    "book": "BOOK: the source's own network",
}
CONCURRENCY = 4
"""Requests that compute at once; the others wait in Gradio's queue."""
FETCHES = 2
"""Requests at once of those that may download for minutes; they wait in a queue of their own."""
LONG_TABLE = 60
"""Layers from which on their table is folded up."""
PHOTO_SOURCES = ["upload", "webcam", "clipboard"]
MAX_UPLOAD = 64 * 1024**2


# === Events ===


def on(
    trigger: Callable[..., Any],
    fn: Callable[..., Any],
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
    *,
    network: str | None = None,
    fetches: bool = False,
    api_name: str | None = None,
    validator: Callable[..., Any] | None = None,
    **options: Any,
) -> Any:
    """Attach a handler to an event.

    Files arrive as paths and are decoded by `core.media` within its bounds: Gradio's own decoding,
    which has none, is switched off. A `UserError` is shown as its message; any other error is
    logged with its trace and shown as one plain line.

    Args:
        trigger: such as `button.click`.
        fn: gets the components' raw values; a file as `Path` or None.
        inputs: components.
        outputs: components.
        network: slug of the demo whose networks the handler runs; says so on first use.
        fetches: the handler may download, so it takes no place from those that only compute.
        api_name: name of the public endpoint; without one the event is private to the page.
        validator: gets the same values and returns `gr.validate(...)` per input.
        options: further options of the event.
    """
    handler = _handler(fn, network, len(inputs))
    if api_name:
        handler.__name__ = api_name  # what Gradio calls the MCP tool
    return trigger(
        handler,
        inputs=list(inputs),
        outputs=list(outputs),
        preprocess=False,
        api_name=api_name,
        api_visibility="public" if api_name else "private",
        concurrency_id="fetch" if fetches else "inference",
        concurrency_limit=FETCHES if fetches else CONCURRENCY,
        validator=None if validator is None else _paths(validator),
        **options,
    )


def outdate(
    answers: Sequence[Any],
    changes: Sequence[Callable[..., Any]],
    hide: Callable[[], Any],
    outputs: Sequence[Any],
) -> None:
    """An answer stands beside its own question alone: where that changes, it goes.

    Args:
        answers: the events that answer, as `on` gives them; one that is under way comes too late.
        changes: such as `photo.change`.
        hide: empties the outputs.
        outputs: components.
    """
    for change in changes:
        on(change, hide, (), outputs, queue=False, show_progress="hidden", cancels=list(answers))


def offer(widget: gr.File | gr.DownloadButton, file: Path) -> dict[str, Any]:
    """Show a widget from which the visitor takes a file home; the file itself may then go.

    It is copied to Gradio's cache, which empties itself: nothing of a visitor's is to stay.
    """
    return gr.update(value=widget.move_resource_to_block_cache(file), visible=True)


def endpoint(
    fn: Callable[..., Any],
    inputs: Sequence[Any],
    *,
    api_name: str,
    network: str,
    fetches: bool = False,
) -> None:
    """A public endpoint that answers with JSON, beside the page's own events.

    Its parameters are called as those of `fn`, whose docstring describes it; for `network` and
    `fetches` see `on`.
    """
    on(
        gr.Button(visible=False).click,
        fn,
        inputs,
        [gr.JSON(visible=False, label="result")],
        network=network,
        fetches=fetches,
        api_name=api_name,
        api_description=inspect.cleandoc(fn.__doc__ or ""),
    )


def _handler(fn: Callable[..., Any], network: str | None, count: int) -> Callable[..., Any]:
    """Wrap a handler of `count` inputs: paths in, clear errors out, a word when it takes long."""
    with_paths = _paths(fn)

    @functools.wraps(fn)
    def handler(*values: Any) -> Any:
        *arguments, progress = values
        if network is not None and not runtime.is_loaded(network):
            progress(0.1, desc="Starting the network: about ten seconds, the first time only")
        try:
            return with_paths(*arguments)
        except UserError as error:
            raise gr.Error(str(error), title="Please check", print_exception=False) from error
        except gr.Error:
            raise
        except Exception as error:
            logger.exception("%s failed", fn.__qualname__)
            raise gr.Error(
                "Something went wrong here, and it was not your input's fault. "
                "It has been logged; please try again.",
                print_exception=False,
            ) from error

    # Gradio reads the signature: it names the parameters of an endpoint after it, and passes a
    # progress bar to the parameter that has one as its default.
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = [p for p in inspect.signature(fn).parameters.values() if p.kind is kind]
    rest = [inspect.Parameter(f"value_{i}", kind) for i in range(len(named), count)]
    progress = inspect.Parameter("progress", kind, default=gr.Progress())
    handler.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*named, *rest, progress]
    )
    return handler


def _paths(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Turn Gradio's file descriptions into paths before calling `fn`."""

    @functools.wraps(fn)
    def call(*values: Any) -> Any:
        return fn(*(_path(value) for value in values))

    return call


def _path(value: Any) -> Any:
    if isinstance(value, dict) and value.get("meta", {}).get("_type") == "gradio.FileData":
        if not value.get("path"):
            raise UserError("This upload did not arrive. Please choose the file again.")
        return Path(value["path"])
    return value


def given(path: Path | None) -> Path:
    """The file of a required input.

    Raises:
        UserError: there is none.
    """
    if path is None:
        raise UserError("A file is missing from this request.")
    return path


def require_file(*labels: str) -> Callable[..., list[dict[str, Any]]]:
    """A validator: one message per file input that is empty; other inputs always pass.

    Args:
        labels: what to ask for at each input in turn; an empty label means "not required".
    """

    def validate(*values: Any) -> list[dict[str, Any]]:
        return [
            gr.validate(
                not label or value is not None, f"Add {label} first." if label else "accepted"
            )
            for label, value in zip(labels, values, strict=True)
        ]

    return validate


# === Settings that a link restores ===


@dataclass(frozen=True)
class Setting:
    """A component whose value goes into the link to a page's settings.

    Attributes:
        name: of the query parameter.
        component: a choice, a number or a check box; never what a visitor uploads or writes.
        limits: properties of the component under a preset, where they depend on it.
    """

    name: str
    component: Any
    limits: Callable[[str], dict[str, Any]] | None = None

    def restored(self, query: Mapping[str, str]) -> Any:
        """The update that a link asks for; what makes no sense is passed over."""
        update = self._limits(query.get("preset"))
        text = query.get(self.name)
        if text is None:
            return gr.update(**update) if update else gr.skip()
        if isinstance(self.component, gr.Radio | gr.Dropdown):
            found = [value for _, value in self.component.choices if str(value) == text]
            update |= {"value": found[0]} if found else {}
        elif isinstance(self.component, gr.Checkbox):
            update |= {"value": text == "true"} if text in ("true", "false") else {}
        elif isinstance(self.component, gr.Slider | gr.Number):
            update |= self._number(text, update)
        return gr.update(**update) if update else gr.skip()

    def _limits(self, preset: str | None) -> dict[str, Any]:
        if self.limits is None or preset is None:
            return {}
        try:
            return self.limits(preset)
        except UserError:  # a preset that is not there
            return {}

    def _number(self, text: str, update: Mapping[str, Any]) -> dict[str, Any]:
        try:
            value = float(text)
        except ValueError:
            return {}
        if not math.isfinite(value):
            return {}
        low = update.get("minimum", self.component.minimum)
        high = update.get("maximum", self.component.maximum)
        value = value if low is None else max(value, low)
        return {"value": value if high is None else min(value, high)}


_collected: ContextVar[list[Setting] | None] = ContextVar("settings", default=None)


def setting(
    name: str, component: Any, limits: Callable[[str], dict[str, Any]] | None = None
) -> Any:
    """Have the link to a page's settings carry a component's value; answers the component."""
    collected = _collected.get()
    if collected is not None and name not in {known.name for known in collected}:
        collected.append(Setting(name, component, limits))
    return component


@contextmanager
def settings_link(blocks: gr.Blocks) -> Iterator[None]:
    """Around a page's widgets: a button that copies a link, and its restoration on arrival."""
    settings: list[Setting] = []
    token = _collected.set(settings)
    try:
        yield
    finally:
        _collected.reset(token)
    components = [known.component for known in settings]
    copy = gr.Button("Copy link to these settings", size="sm", variant="secondary")
    answer = gr.HTML(padding=False)
    names = json.dumps([known.name for known in settings])
    copy.click(
        None, components, [answer], js=_COPY_LINK.replace("NAMES", names), api_visibility="private"
    )

    def restore(request: gr.Request) -> Any:
        query = dict(request.query_params)
        updates = [known.restored(query) for known in settings]
        return updates if len(updates) > 1 else updates[0]

    if settings:
        restore.__annotations__["request"] = gr.Request
        blocks.load(
            restore,
            None,
            components,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )


_COPY_LINK = """async (...values) => {
  const url = new URL(location.href);
  url.search = url.hash = "";
  NAMES.forEach((name, index) => url.searchParams.set(name, values[index]));
  let done = "Copied";
  try { await navigator.clipboard.writeText(url.href); } catch (error) { done = "Copy this"; }
  const text = url.href.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return `<p class="mm-note" role="status">${done}: <a href="${text}">${text}</a></p>`;
}"""


# === Parts of a page ===


def preset_choice(demo: Demo, label: str = "Network") -> gr.Radio:
    """The BOOK / DEFAULT switch; where presets are tasks, the choice between them."""
    radio = gr.Radio(
        [(PRESET_HINTS.get(preset) or demo.label(preset), preset) for preset in demo.presets],
        value=demo.presets[0],
        label=label,
    )
    return setting("preset", radio)


def threshold_slider(demo: Demo, preset: gr.Radio) -> gr.Slider:
    """The distance threshold; it follows the preset, whose stored threshold is where it starts."""

    def limits(chosen: str) -> dict[str, Any]:
        stored = artifacts.read_json(artifacts.locate(demo.slug, chosen), "preprocess.json")
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
    return setting("threshold", slider, limits)


def _first_limits(limits: Callable[[str], dict[str, Any]], demo: Demo) -> dict[str, Any]:
    """A demo whose weights are missing still gets its page; the page says what is missing."""
    try:
        return limits(demo.presets[0])
    except UserError:
        return {"value": 0.5, "maximum": 2.0}


def architecture(demo: Demo, preset: str) -> str:
    """Diagram and layer table of a preset as HTML, from its stored description."""
    try:
        folder = artifacts.locate(demo.slug, preset)
        rows = artifacts.read_json(folder, "architecture.json")
    except UserError as error:
        return notice(str(error))
    total = sum(row["parameters"] for row in rows)
    body = "".join(
        f"<tr><td>{escape(plots.spaced(row['type']))}</td><td>{escape(row['detail'])}</td>"
        f"<td>{plots.sides(row['shape']).replace('×', ' × ')}</td>"
        f"<td class='mm-number'>{row['parameters']:,}</td></tr>"
        for row in rows
    )
    is_open = " open" if len(rows) <= LONG_TABLE else ""
    return (
        f"{plots.diagram(f'The {demo.label(preset)} network, from input to output', rows)}"
        f"<details class='mm-layers'{is_open}><summary>{total:,} parameters in {len(rows)} layers"
        '</summary><div class="mm-scroll"><table class="mm-table"><thead><tr><th>Layer</th>'
        "<th>Settings</th><th>Output shape</th><th class='mm-number'>Parameters</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div></details>"
    )


def results(demo: Demo) -> str:
    """Measured figures of all presets with baselines and published figures, as HTML tables."""
    notices, found = [], []
    for preset in demo.presets:
        try:
            found.append(artifacts.read_results(artifacts.locate(demo.slug, preset)))
        except UserError as error:
            notices.append(notice(str(error)))
    return "".join([*notices, *(_table(table) for table in report.tables(report.merge(found)))])


def _table(table: report.Table) -> str:
    best = [table.best(column) for column in range(len(table.metrics))]
    head = "".join(
        f"<th class='mm-number'>{escape(report.metric(name).label)}"
        f"<small>{'lower is better' if report.metric(name).lower_is_better else ''}</small></th>"
        for name in table.metrics
    )
    body = []
    for method, cells in table.rows:
        columns = []
        for result, top in zip(cells, best, strict=True):
            if result is None:
                columns.append("<td class='mm-number'>–</td>")
                continue
            form = report.metric(result.metric).format
            value = form(result.value)
            if result.value == top and not method.startswith("published:"):
                value = f"<b>{value}</b>"
            if result.ci95 is not None:
                value += f"<small>{form(result.ci95[0])} to {form(result.ci95[1])}</small>"
            columns.append(f"<td class='mm-number'>{value}</td>")
        kind = "mm-ours" if method in report.OURS else ""
        label = escape(report.method_label(method))
        body.append(f"<tr class='{kind}'><th scope='row'>{label}</th>{''.join(columns)}</tr>")
    count = f" {table.n:,} measured items." if table.n else ""
    return (
        f"<h3>{escape(table.task.replace('_', ' ').capitalize())}</h3>"
        f"<p class='mm-note'>{escape(table.split)}.{count}</p>"
        f"<div class='mm-scroll'><table class='mm-table'><thead><tr><th>Method</th>{head}</tr>"
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def held_out_curve(demo: Demo, preset: str, threshold: float | None = None) -> str:
    """False-accept and false-reject rates against the threshold, from the stored curve.

    Empty for a network that has no such curve.
    """
    try:
        stored = artifacts.read_json(artifacts.locate(demo.slug, preset), "preprocess.json")
    except UserError as error:
        return notice(str(error))
    curve = stored.get("curve")
    if curve is None:
        return ""
    return plots.line_chart(
        f"Errors on held-out pairs ({demo.label(preset)})",
        [
            plots.Series("false accepts: different, called the same", *_xy(curve, "far")),
            plots.Series("false rejects: the same, called different", *_xy(curve, "frr")),
        ],
        x_label="distance threshold",
        y_label="share of pairs",
        percent=True,
        marker=None if threshold is None else (threshold, "threshold"),
    )


def _xy(curve: dict[str, list[float]], name: str) -> tuple[list[float], list[float]]:
    return curve["thresholds"], curve[name]


def training_curve(demo: Demo, preset: str) -> str:
    """Loss per epoch of the shipped network."""
    rows = artifacts.read_history(artifacts.locate(demo.slug, preset))
    keys = [k for k in (rows[0] if rows else {}) if "loss" in k]
    return plots.line_chart(
        f"Training loss ({demo.label(preset)})",
        [
            plots.Series(key.replace("_", " "), range(1, len(rows) + 1), [r[key] for r in rows])
            for key in keys
        ],
        x_label="epoch",
        y_label="loss",
    )


def notice(message: str) -> str:
    """A calm box with one plain sentence."""
    return f'<p class="mm-notice" role="status">{escape(message)}</p>'


def verdict(
    *,
    same: bool,
    yes: str,
    no: str,
    probability: float,
    distance: float,
    threshold: float,
    far: float,
    frr: float,
) -> str:
    """The answer of a verification: verdict, probability, and the distance on a scale."""
    full = max(2 * threshold, distance * 1.1, 1e-9)
    return (
        f'<section class="mm-verdict {"mm-yes" if same else "mm-no"}" aria-live="polite">'
        f"<h3>{escape(yes if same else no)}</h3>"
        f"<p>Probability that they are the same: <b>{100 * probability:.0f} %</b></p>"
        f'<div class="mm-scale" role="img" aria-label="Distance {distance:.3f}, threshold '
        f'{threshold:.3f}"><i style="width:{100 * distance / full:.1f}%"></i>'
        f'<u style="left:{100 * threshold / full:.1f}%"></u></div>'
        f"<p class='mm-note'>Distance {distance:.3f}; the line is the threshold, {threshold:.3f}. "
        f"At this threshold, {100 * far:.1f} % of held-out different pairs are taken for the same, "
        f"and {100 * frr:.1f} % of held-out same pairs are taken for different.</p></section>"
    )


def ranking(rows: Sequence[tuple[str, float, float]]) -> str:
    """Names from the most to the least likely: `(name, distance, probability)`."""
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td><div class='mm-bar'>"
        f"<i style='width:{100 * probability:.0f}%'></i></div></td>"
        f"<td class='mm-number'>{100 * probability:.0f} %</td>"
        f"<td class='mm-number'>{distance:.3f}</td></tr>"
        for name, distance, probability in rows
    )
    return (
        '<div class="mm-scroll"><table class="mm-table"><thead><tr><th>Name</th>'
        "<th>Probability of being the same</th><th></th><th class='mm-number'>Distance</th></tr>"
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def guesses(labels: Sequence[str], probabilities: Sequence[float]) -> str:
    """A classifier's answers with bars, the best first."""
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th><td><div class='mm-bar'>"
        f"<i style='width:{100 * probability:.1f}%'></i></div></td>"
        f"<td class='mm-number'>{100 * probability:.1f} %</td></tr>"
        for label, probability in zip(labels, probabilities, strict=True)
    )
    return (
        '<table class="mm-table mm-guesses"><thead><tr><th>It is</th><th>Probability</th><th></th>'
        f"</tr></thead><tbody>{body}</tbody></table>"
    )


def thumbnails(items: Sequence[tuple[str, str]], label: str) -> str:
    """Small captioned pictures: `(data address, caption)`."""
    cards = "".join(
        f'<figure><img src="{address}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for address, caption in items
    )
    return f'<div class="mm-thumbs" aria-label="{escape(label)}">{cards}</div>'
