"""An app whose handlers yield: `python -m tests.support.streaming PORT`. Writes "closed" and its
number when an endless one is closed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.ui import events
from mmdemo.core.ui.endpoints import endpoints
from mmdemo.core.ui.languages import SpokenBlocks
from tests.support.toy import TOY


def count_to(number: int) -> Iterator[int]:
    yield from range(1, int(number) + 1)


def stumble(number: int) -> Iterator[int]:
    yield 1
    raise UserError("Two is too much.")


def break_down(number: int) -> Iterator[int]:
    yield 1
    raise ZeroDivisionError("a secret")


def endless(number: int) -> Iterator[int]:
    try:
        while True:
            yield number
            time.sleep(0.05)
    finally:
        print("closed", number, flush=True)


def slow_steps(number: int) -> Iterator[int]:
    for item in events.steps(list(range(int(number))), unit="turns"):
        time.sleep(0.05)
        yield item


def in_parts(number: int) -> Iterator[str]:
    for _part in range(int(number)):
        yield _("Photo")
    raise UserError(_("This file is empty."))


def positive(number: int) -> dict[str, Any]:
    return gr.validate(number > 0, _("There is nothing here."))


def file_name(file: Path, note: str = "no note") -> dict[str, str]:
    """What a file is called."""
    return {"name": file.name, "note": note}


def app() -> gr.Blocks:
    """A button for each handler, whose endpoint is called like it."""
    with SpokenBlocks(analytics_enabled=False) as blocks:
        number, shown = gr.Number(), gr.Number()
        for handler in (count_to, stumble, break_down, slow_steps):
            events.on(gr.Button().click, handler, [number], [shown], api_name=handler.__name__)
        events.on(gr.Button().click, endless, [number], [shown], api_name="endless", lane="long")
        text = gr.Textbox()
        options = {"api_name": "in_parts", "validator": positive}
        events.on(gr.Button().click, in_parts, [number], [text], **options)
        options = {"api_name": "read_file", "validator": events.require_file("a file")}
        events.on(gr.Button().click, lambda file: file.name, [gr.File()], [text], **options)
        endpoints(TOY, file_name)
    return blocks.queue()


if __name__ == "__main__":
    app().launch(server_port=int(sys.argv[1]), show_error=False)
