"""How a page meets its visitor: its first example is answered, and an example answers at one press.

The answer was made beforehand by the page's own handler, and lies in the demo's folder:

    answered/answer.json    the networks that answered, and the HTML of each output, by language
    answered/*.webp         the pictures in it, and `card.webp`, that of the gallery

`python -m mmdemo answer DEMO` writes it anew, which is due when weights, the first example or the
drawing of an answer changed: a test works each out with the real networks and compares. It is shown
beside the networks that gave it alone: where others serve, the page arrives without an answer.
"""

from __future__ import annotations

import base64
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from gradio.processing_utils import move_files_to_cache
from PIL import Image
from pydantic import BaseModel
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from mmdemo.core import language
from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.ui import pictures, thumbnails
from mmdemo.core.ui.both import Both, answering
from mmdemo.core.ui.events import on
from mmdemo.core.weights import artifacts

FOLDER = "answered"
"""Of a demo's stored answer, and below which address its pictures are served."""
FILE = "answer.json"
CARD = "card.webp"
QUALITY = 80
"""Of a stored picture, as WebP counts it: a fifth of the bytes of the PNG in a live answer."""
WORDS = 56
"""Of a text's beginning, characters that an example shows."""
_PICTURE = re.compile(rf"({pictures.EXACT}|data:image/(?:png|jpeg);base64,)([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class Examples:
    """Examples as a page shows them.

    Attributes:
        rows: the values of the fields, by the example's name; a file as `Path`.
        fields: components.
        pressed: the event of an example's press.
        filled: the event that has put it into its fields.
    """

    rows: Mapping[str, Sequence[Any]]
    fields: Sequence[Any]
    pressed: Callable[..., Any]
    filled: Callable[..., Any]


@dataclass(frozen=True)
class Question:
    """What a page asks as it arrives.

    Attributes:
        handler: the page's own.
        values: that it is given.
        outputs: components that show what it answers.
    """

    handler: Callable[..., Any]
    values: Sequence[Any]
    outputs: Sequence[Any]

    def answer(self) -> list[str | None]:
        """What each output shows, worked out by the networks; None for what is not HTML."""
        given = self.handler(*self.values)
        parts = given if isinstance(given, tuple) else (given,)
        return [
            part if isinstance(output, gr.HTML) else None
            for part, output in zip(parts, self.outputs, strict=True)
        ]


@dataclass(frozen=True)
class Asking:
    """One of the questions that a page can be asked.

    Attributes:
        handler: that answers it.
        inputs: components whose values it gets.
        rows, fields: its examples, as in `Examples`.
    """

    handler: Callable[..., Any]
    inputs: Sequence[Any]
    rows: Mapping[str, Sequence[Any]]
    fields: Sequence[Any]

    def examples(self) -> Iterator[tuple[str, list[Any]]]:
        """What the handler gets for each example, by its name."""
        for name, row in self.rows.items():
            given = dict(zip(self.fields, row, strict=True))
            yield name, [given.get(component, component.value) for component in self.inputs]


class _Page:
    """A page that is being drawn, its first question once that is, and all that can be asked."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.question: Question | None = None
        self.asking: list[Asking] = []


_page: ContextVar[_Page | None] = ContextVar("page", default=None)


@contextmanager
def page(demo: Demo) -> Iterator[_Page]:
    """Around a page's widgets: the first question that is asked among them arrives answered."""
    drawn = _Page(demo)
    token = _page.set(drawn)
    try:
        yield drawn
    finally:
        _page.reset(token)


# === What a page draws ===


def examples(rows: Mapping[str, Sequence[Any]], fields: Sequence[Any], label: str) -> Examples:
    """Draw examples, each a small picture or its first words, to be handed to `ask`.

    Args:
        rows, fields: as in `Examples`.
        label: what they are, or where they are from.
    """
    pictured = any(isinstance(value, Path) for row in rows.values() for value in row)
    shown = gr.Dataset(
        label=label,
        components=["html"],
        samples=[[_sample(name, row)] for name, row in rows.items()],
        samples_per_page=len(rows),
        type="index",
        elem_classes=["mm-offered", "mm-pictured"] if pictured else ["mm-offered"],
    )
    values = [
        [_as_sent(field, value) for field, value in zip(fields, row, strict=True)]
        for row in rows.values()
    ]

    def fill(index: int) -> Any:
        return values[index] if len(fields) > 1 else values[index][0]

    event = on(
        shown.click,
        fill,
        [shown],
        fields,
        postprocess=False,
        queue=False,
        show_progress="hidden",
    )
    return Examples(rows, fields, shown.click, event.success)


def _sample(name: str, row: Sequence[Any]) -> str:
    """An example as HTML: its files as small pictures, or its first words, and its name."""
    files = [value for value in row if isinstance(value, Path)]
    texts = [value for value in row if isinstance(value, str) and value not in name]
    shown = "".join(
        f'<img src="{thumbnails.address(file)}" alt="" loading="lazy" width="46" height="46">'
        for file in files
    )
    words = ""
    if texts and not files:  # the name says enough to those who hear it
        words = f'<small aria-hidden="true">{escape(textwrap.shorten(texts[0], WORDS))}</small>'
    return f"{shown}<span>{escape(name)}</span>{words}"


def ask(
    demo: Demo,
    button: gr.Button,
    handler: Callable[..., Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    *,
    offered: Examples,
    validator: Callable[..., Any] | None = None,
    also: Sequence[Callable[..., Any]] = (),
    both: Both | None = None,
    beside: bool = False,
) -> list[Any]:
    """Have a button, and each example at one press, ask a question; answers the events.

    The first question of a page is there with its first example and the stored answer to it.

    Args:
        demo: whose networks answer.
        button: that asks.
        handler, inputs, outputs, validator: as in `on`.
        offered: the examples of this question.
        also: further events that ask it, such as `text.submit`.
        both: asks all networks; their answers go to the first of the outputs.
        beside: question and answer are in sight together, also on a phone: the page stays where it
            is as it is answered.
    """
    events = [
        on(
            trigger,
            handler,
            inputs,
            outputs,
            network=demo.slug,
            validator=validator,
            scroll_to_output=not beside,
        )
        for trigger in (button.click, *also)
    ]
    if both is not None:
        every = answering(handler, inputs, outputs, both.preset)
        press = both.button.click
        events.append(
            on(
                press,
                every,
                inputs,
                outputs[:1],
                network=demo.slug,
                validator=validator,
                scroll_to_output=not beside,
            )
        )
    # An answer that is under way as an example is pressed is not to it, and comes too late. What
    # follows an event, as the answer to the example does, cannot cancel: Gradio looks at presses.
    offered.pressed(None, cancels=list(events), queue=False, show_progress="hidden")
    events.append(on(offered.filled, handler, inputs, outputs, network=demo.slug))
    drawn = _page.get()
    if drawn is not None:
        drawn.asking.append(Asking(handler, inputs, offered.rows, offered.fields))
        if drawn.question is None:
            drawn.question = _arrive(drawn.demo, handler, inputs, outputs, offered)
    return events


def scripted(handler: Callable[..., Any], field: Any, example: tuple[str, str]) -> None:
    """Tell that a script of the page asks a question by a field that is not seen.

    Args:
        handler: that answers it.
        field: what it gets.
        example: a name, and what a script might ask: for whoever looks inside the network.
    """
    drawn = _page.get()
    if drawn is not None:
        name, text = example
        drawn.asking.append(Asking(handler, [field], {name: [text]}, [field]))


def _arrive(
    demo: Demo,
    handler: Callable[..., Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    offered: Examples,
) -> Question:
    """Put the first example into its fields, and its stored answer into the outputs."""
    first = next(iter(offered.rows.values()))
    given = dict(zip(offered.fields, first, strict=True))
    values = [given.get(component, component.value) for component in inputs]
    question = Question(handler, values, outputs)
    parts = stored(demo)
    if parts is None:
        return question
    for field, value in given.items():
        if not isinstance(field, gr.ImageEditor):  # a sheet stays free to be drawn on
            field.value = _as_sent(field, value)
    said = _("Example, answered beforehand: {name}").format(name=next(iter(offered.rows)))
    said = f'<p class="mm-note mm-arrival">{escape(said)}</p>'
    for output, part in zip(outputs, parts, strict=True):
        if part:
            output.value = said + part
            said = ""
    return question


def _as_sent(field: Any, value: Any) -> Any:
    """A component's value as the page gets it; a file is kept as long as the app runs."""
    if isinstance(field, gr.Audio) and isinstance(value, Path):
        # Ours are of a form that browsers play; Gradio would start ffprobe for each to see that.
        made: Any = FileData(path=str(value), orig_name=value.name)
    else:
        made = field.postprocess(str(value) if isinstance(value, Path) else value)
    if isinstance(made, BaseModel):
        made = made.model_dump()
    return move_files_to_cache(made, field, postprocess=True, keep_in_cache=True)


# === What is stored ===


def folder(demo: Demo) -> Path:
    """Where a demo's stored answer lies."""
    return Path(str(demo.module("config").__file__)).parent / FOLDER


def stored(demo: Demo) -> list[str | None] | None:
    """The HTML of each output in the current language, if the networks are those that answered."""
    file = folder(demo) / FILE
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    if found["networks"] != networks(demo):
        return None
    parts: list[str | None] | None = found["html"].get(language.current())
    return parts


def card(demo: Demo) -> str | None:
    """The address of the picture for the gallery, from the first page; None where there is none."""
    return f"./{FOLDER}/{demo.slug}/{CARD}" if (folder(demo) / CARD).is_file() else None


def networks(demo: Demo) -> dict[str, str]:
    """The checksum of each network of a demo, by its name; of those alone that are there."""
    found = {}
    for model_id in demo.model_ids:
        try:
            manifest = artifacts.read_json(artifacts.locate(model_id), artifacts.MANIFEST)
        except UserError:  # the page says what is missing
            continue
        found[model_id.name] = manifest[artifacts.WEIGHTS]["sha256"]
    return found


def question(demo: Demo) -> Question:
    """What a demo's page asks as it arrives.

    Raises:
        UserError: it asks nothing.
    """
    with gr.Blocks(), page(demo) as drawn:
        demo.module("tab").render()
    if drawn.question is None:
        raise UserError(
            _("The page of {slug} asks nothing: see `ask` in core/ui/arrival.py.").format(
                slug=demo.slug
            )
        )
    return drawn.question


def store(demo: Demo) -> None:
    """Answer what a demo's page asks as it arrives, and write the answer into its folder."""
    target = folder(demo)
    target.mkdir(exist_ok=True)
    for old in target.glob("[0-9]*.webp"):
        old.unlink()
    known: dict[str, str] = {}

    def apart(found: re.Match[str]) -> str:
        """Keep a picture in a file of its own, which browsers load after the page."""
        head, content = found.groups()
        if content not in known:
            name = known[content] = f"{len(known) + 1}.webp"
            picture = Image.open(io.BytesIO(base64.b64decode(content)))
            picture.save(target / name, quality=QUALITY, method=6, lossless=head == pictures.EXACT)
        return f"./{FOLDER}/{demo.slug}/{known[content]}"

    html = {}
    for code in language.codes():
        with language.speaking(code):
            html[code] = [part and _PICTURE.sub(apart, part) for part in question(demo).answer()]
    text = json.dumps({"networks": networks(demo), "html": html}, indent=1, ensure_ascii=False)
    (target / FILE).write_text(f"{text}\n", encoding="utf-8")


def routes(demos: Sequence[Demo]) -> list[BaseRoute]:
    """What serves the stored pictures."""
    return [
        Mount(f"/{FOLDER}/{demo.slug}", StaticFiles(directory=folder(demo)))
        for demo in demos
        if folder(demo).is_dir()
    ]
