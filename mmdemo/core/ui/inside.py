"""Looking inside: a box of the diagram opens what its layer makes of the visitor's own input.

No demo does anything for it. What the networks were given is remembered at each event
(`core.serve.inputs`). Where a visitor has asked another network, or nothing yet, their question or
an example of the page is asked up to the point at which this network would be called.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.demo import Demo, ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.media import notes
from mmdemo.core.nets import arithmetic, calls, inside
from mmdemo.core.serve import runtime
from mmdemo.core.serve.inputs import Inputs, Reached, Record, recorded, sessions
from mmdemo.core.ui import layer_views, sequence_views, sums
from mmdemo.core.ui.arrival import Asking
from mmdemo.core.ui.events import on, session
from mmdemo.core.ui.widgets import notice
from mmdemo.core.weights import artifacts

SCRIPT = (Path(__file__).parent / "inside.js").read_text(encoding="utf-8")
_ASKED = '(_, preset) => [document.querySelector(".mm-looking")?.dataset.asked ?? null, preset]'
_NOTHING = '() => { delete document.querySelector(".mm-looking").dataset.asked; return []; }'
MANY = 12
"""Layers from which on they can be chosen from a list, too."""
_GROUP = re.compile(r"(?:stage_?\d+_(?:block_?\d+|[a-z]+)|(?:stage|block|member)_?\d+)")


@dataclass(frozen=True)
class Wish:
    """What a page asks to see.

    Attributes:
        layer: name of a row of `architecture.json`; empty for none.
        call: of the layer.
        row: of the inputs that the network was given.
        place: of a number in the layer's output, whose arithmetic is wanted.
        part: of the layer: a head of an attention, a unit of a recurrent layer; None for the
            strongest.
        number: of the question that the page showed before.
    """

    layer: str = ""
    call: int = 0
    row: int = 0
    place: tuple[int, ...] = ()
    part: int | None = None
    number: int = 0

    @classmethod
    def parse(cls, text: str | None) -> Wish:
        """From the page's JSON.

        Raises:
            UserError: it is not what a page sends.
        """
        try:
            given = json.loads(text or "{}")
            wish = cls(
                str(given.get("layer") or ""),
                int(given.get("call", 0)),
                int(given.get("row", 0)),
                tuple(int(at) for at in given.get("place") or ()),
                None if given.get("part") is None else int(given["part"]),
                int(given.get("number", 0)),
            )
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            raise UserError(_("A layer is asked for in a way that no page does.")) from error
        if min(wish.call, wish.row, wish.part or 0, *wish.place, 0) < 0:
            raise UserError(_("Places in a layer are counted from 0."))
        return wish


@dataclass(frozen=True)
class Given:
    """What a network was given, and whose it is.

    Attributes:
        inputs: one after the other, each an array `(1, ...)` per input of the network.
        example: of the page, by its English name; empty where it is what the visitor gave.
        number: of the visitor's question; 0 for an example.
    """

    inputs: list[Inputs]
    example: str
    number: int


def panel(demo: Demo, asking: Sequence[Asking], preset: gr.Radio, tab: gr.Tab) -> None:
    """Beside the diagram: the layer that was asked for. To be drawn in a `mm-looking` row.

    Args:
        demo: whose networks they are.
        asking: what its page can be asked.
        preset: which network the diagram shows.
        tab: that holds the diagram; when it is turned to, an open layer is shown anew.
    """
    shown = gr.HTML(padding=False, js_on_load=SCRIPT)
    asked = gr.Textbox(visible="hidden")
    button = gr.Button(visible="hidden", elem_classes="mm-asking")  # which the script presses

    def opened(text: str | None, chosen: str) -> str:
        wish = Wish.parse(text)
        return show(demo, demo.model_id(chosen), wish, asking) if wish.layer else ""

    on(
        button.click,
        opened,
        [asked, preset],
        [shown],
        network=demo.slug,
        trigger_mode="always_last",
        show_progress="minimal",
        js=_ASKED,
    )
    on(preset.change, lambda: "", (), [shown], queue=False, show_progress="hidden", js=_NOTHING)

    def again(text: str | None, chosen: str) -> Any:
        wish = Wish.parse(text)
        known = session()
        last = sessions.last(known) if known else []
        if not wish.layer or not last or last[0].number == wish.number:
            return gr.skip()
        return opened(text, chosen)

    on(
        tab.select,
        again,
        [asked, preset],
        [shown],
        network=demo.slug,
        show_progress="hidden",
        js=_ASKED,
    )


def forget(request: gr.Request) -> None:
    """At the end of a visit: what networks were given is not kept beyond it."""
    if request.session_hash is not None:
        for inputs in sessions.forget(request.session_hash):
            calls.memory.forget(inputs)


def choice(rows: Sequence[Mapping[str, Any]]) -> str:
    """How a layer is opened: a large network's from a list by stage and block, too."""
    hint = _("Click a box, or turn to it by keyboard: what does this layer make of your input?")
    if len(rows) < MANY:
        return f'<p class="mm-note">{hint}</p>'
    groups: dict[str, list[str]] = {}
    for row in rows:
        prefix, _slash, name = row["name"].rpartition("/")
        found = _GROUP.match(name)
        group = " ".join(filter(None, (prefix, found[0] if found else ""))) or "network"
        rest = name[found.end() :].strip("_") if found else name
        label = f"{rest or name}: {layer_views.heading(row)}".replace("_", " ")
        option = f'<option value="{escape(row["name"])}">{escape(label)}</option>'
        groups.setdefault(group.replace("_", " "), []).append(option)
    options = "".join(
        f'<optgroup translate="no" label="{escape(group)}">{"".join(members)}</optgroup>'
        for group, members in groups.items()
    )
    return (
        f'<label class="mm-note">{hint} <select class="mm-layer-choice" '
        f'aria-label="{_("Layer")}"><option value="">{_("choose a layer")}</option>'
        f"{options}</select></label>"
    )


# === What a network was given ===


def given(model_id: ModelId, asking: Sequence[Asking], visitor: str | None) -> Given:
    """The visitor's last input of a network, else an example of its page.

    Raises:
        UserError: nothing of the page leads to this network.
        WeightsError: the network cannot be loaded.
    """
    questions = sessions.last(visitor) if visitor is not None else []
    for asked in questions:
        if model_id in asked.given:
            return Given(asked.given[model_id], "", asked.number)
    for asked in questions:
        for known in asking if model_id not in asked.vain else ():
            if known.handler is asked.handler and _may_lead(known, model_id):
                inputs = _reached(known, asked.values, model_id)
                if inputs and visitor is not None:
                    sessions.add(visitor, asked, model_id, inputs)
                    return Given(inputs, "", asked.number)
                asked.vain.add(model_id)
    return example(model_id, asking)


_examples: dict[ModelId, tuple[Any, Given | None]] = {}
_finding = threading.Lock()


def example(model_id: ModelId, asking: Sequence[Asking]) -> Given:
    """What a network is given for the first example of its page that leads to it.

    Raises:
        UserError: none does.
        WeightsError: the network cannot be loaded.
    """
    folder = runtime.model(model_id).folder
    with _finding:
        known_folder, found = _examples.get(model_id, (None, None))
    if known_folder != folder:
        found = _first_example(model_id, asking)
        with _finding:
            _examples[model_id] = folder, found
    if found is None:
        raise UserError(_("No example of this page leads to this network. Ask it something first."))
    return found


def _first_example(model_id: ModelId, asking: Sequence[Asking]) -> Given | None:
    for each in asking:
        for name, values in each.examples():
            inputs = _reached(each, values, model_id)
            if inputs:
                return Given(inputs, name, 0)
    return None


def _reached(asking: Asking, values: Sequence[Any], model_id: ModelId) -> list[Inputs]:
    """What a network would be given for a question; nothing where it would not be called."""
    asked = [
        model_id.name if _chooses(component, model_id) else value
        for component, value in zip(asking.inputs, values, strict=False)
    ]
    record = Record(until=model_id)
    try:
        with recorded(record), notes.collected():
            made = asking.handler(*asked)
            if isinstance(made, Iterator):
                for _ in made:
                    pass
    except Reached:
        pass
    except UserError:  # of another network's question: the next may do
        pass
    return record.given.get(model_id, [])


def _may_lead(asking: Asking, model_id: ModelId) -> bool:
    """Whether a question that did not ask a network could: one that chooses among networks."""
    return any(_chooses(component, model_id) for component in asking.inputs)


def _chooses(component: Any, model_id: ModelId) -> bool:
    """Whether a component is the page's choice of a network."""
    return isinstance(component, gr.Radio) and any(
        value == model_id.name for _label, value in component.choices
    )


# === What is shown ===


def show(demo: Demo, model_id: ModelId, wish: Wish, asking: Sequence[Asking]) -> str:
    """A layer of a network, as HTML.

    Raises:
        UserError: no such layer, call, input or place.
        WeightsError: the network cannot be loaded.
    """
    found = given(model_id, asking, session())
    outdated = bool(wish.number) and wish.number != found.number
    rows = len(found.inputs)
    row = 0 if outdated else wish.row
    if row >= rows:
        raise UserError(_("This network was given {count} inputs.").format(count=rows))
    one = found.inputs[row]
    place = () if outdated else wish.place
    looked, worked = runtime.run(model_id, look, one, wish.layer, wish.call, place)
    folder = runtime.model(model_id).folder
    described = artifacts.read_json(folder, "architecture.json")
    names = [known["name"] for known in described if known["type"] == "InputLayer"]
    if found.example:
        made = _("What it makes of the example “{name}”.").format(name=_(found.example))
    else:
        made = _("What it makes of your input.")
    region = _("Layer {name}").format(name=wish.layer)
    parts = [
        f'<section class="mm-inside" role="region" aria-label="{escape(region)}" '
        f'data-number="{found.number}"><button type="button" class="mm-close" data-close '
        f'aria-label="{_("Close")}">×</button>'
        f'<h3 tabindex="-1" translate="no">{escape(layer_views.heading(looked.row))} '
        f'<small>{escape(wish.layer)}</small></h3><p class="mm-note">{escape(made)}</p>',
    ]
    if outdated:
        changed = _("Your input has changed since: this is what it makes of the new one.")
        parts.append(notice(changed))
    if rows > 1:
        parts.append(_buttons(_("Input"), "row", row, rows))
    if looked.calls > 1:
        of = [names[index] for index in looked.sources if index < len(names)]
        said = _("on {inputs}").format(inputs=_(" and ").join(of)) if of else ""
        parts.append(_buttons(_("Call"), "call", looked.call, looked.calls, said))
    parts.append(layer_views.facts(looked))
    words = sequence_views.texts(folder, one)
    labels = sequence_views.labels(looked, words)
    of_scores = worked.clickable and len(looked.outputs[0].shape) == 2
    if looked.attention is not None:
        along = sequence_views.of_scores(looked, words)
        parts.append(sequence_views.attention(looked.attention, along, wish.part, of_scores))
    if looked.recurrences:
        steps = sequence_views.of_steps(looked, words)
        parts.append(sequence_views.gates(looked.recurrences, steps, wish.part))
    for number, values in enumerate(looked.outputs):
        if len(looked.outputs) > 1:
            parts.append(f"<h4>{_('Output {number}').format(number=number + 1)}</h4>")
        click = worked.clickable and number == 0
        parts.append(layer_views.output(values, labels[number], click=click))
    if worked.found is not None:
        is_score = len(worked.found.place) > len(looked.outputs[0].shape)
        scores = looked.attention if is_score else None
        shape = looked.outputs[0].shape if scores is None else scores.shape
        moves = _moves(worked.found.place, shape, is_score)
        parts.append(sums.arithmetic(worked.found, moves, is_score=is_score))
    parts += [layer_views.weights(looked.weights), _neighbours(wish.layer, described), "</section>"]
    return "".join(parts)


@dataclass(frozen=True)
class Sum:
    """Arithmetic of a layer.

    Attributes:
        clickable: whether it has one that can be shown.
        found: that of the wanted place.
    """

    clickable: bool
    found: arithmetic.Arithmetic | None


def look(
    network: Any, inputs: Inputs, name: str, call: int, place: tuple[int, ...]
) -> tuple[inside.Look, Sum]:
    """Where the network is: a layer's look, and the arithmetic of a place of it."""
    looked = inside.look(network, inputs, name, call)
    _row, layer = inside.find(network, name)
    found = arithmetic.at(network, inputs, name, place, call) if place else None
    return looked, Sum(arithmetic.known(layer), found)


def _buttons(what: str, key: str, now: int, count: int, said: str = "") -> str:
    """Which input of several, or which call, is shown; others at a press."""
    buttons = "".join(
        f'<button type="button" data-look="{escape(json.dumps({key: index}))}" '
        f'aria-pressed="{str(index == now).lower()}">{index + 1}</button>'
        for index in range(count)
    )
    of = _("of {count}").format(count=count)
    return f'<p class="mm-calls">{what} {buttons} {of} {escape(said)}</p>'


def _moves(
    place: tuple[int, ...], shape: tuple[int, ...], is_score: bool
) -> dict[str, tuple[int, ...]]:
    """Places beside one, by an arrow."""
    if is_score:
        head, *score = place
        beside = _moves((*score, 0), (*shape[1:], 1), False)
        return {arrow: (head, *moved[:2]) for arrow, moved in beside.items()}
    arrows = {3: ("↑↓", "←→"), 2: ("←→",)}.get(len(place), ())
    found = {}
    for axis, pair in enumerate(arrows):
        for arrow, step in zip(pair, (-1, 1), strict=True):
            moved = place[axis] + step
            if 0 <= moved < shape[axis]:
                found[arrow] = (*place[:axis], moved, *place[axis + 1 :])
    for name, step in ((_("previous channel"), -1), (_("next channel"), 1)):
        if 0 <= place[-1] + step < shape[-1]:
            found[name] = (*place[:-1], place[-1] + step)
    return found


def _neighbours(name: str, described: Sequence[Mapping[str, Any]]) -> str:
    """The layers before and behind, to go on to; those that a diagram draws on one bar, too."""
    by_name = {row["name"]: row for row in described}
    if name not in by_name:
        return ""
    before = by_name[name]["inputs"]
    behind = [row["name"] for row in described if name in row["inputs"]]
    parts = []
    for said, names in ((_("Takes from"), before), (_("Goes to"), behind)):
        buttons = "".join(
            f'<button type="button" data-layer="{escape(other)}" title="{escape(other)}">'
            f"{escape(layer_views.heading(by_name[other]))}</button>"
            for other in names
        )
        if buttons:
            parts.append(f'<p class="mm-calls">{said} {buttons}</p>')
    return "".join(parts)
