"""Prints every route of the installed Gradio's router, as it is for an app of some pages.

A program of its own, since Gradio leaves event loops open:
`python -m tests.support.routes PAGE...`
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import gradio as gr
from gradio import routes


def walk(found: Iterable[Any]) -> Iterator[str]:
    for route in found:
        if getattr(route, "methods", None):
            yield from (f"{method} {route.path}" for method in route.methods)
        elif inner := getattr(route, "original_router", None):  # as FastAPI includes a router
            yield from walk(inner.routes)
        else:
            raise TypeError(f"{route!r} is of a kind that nobody has decided upon")


if __name__ == "__main__":
    with gr.Blocks(analytics_enabled=False) as blocks:
        blocks.pages += [(page, page, False) for page in sys.argv[1:]]
    blocks.run_history = False  # as `launch` has it
    app = routes.App.create_app(blocks, mcp_server=False)
    print("\n".join(sorted(set(walk(app.routes)))))
