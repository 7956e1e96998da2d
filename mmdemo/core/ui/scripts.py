"""Code of pages that a browser fetches when it is needed: the files beside this one."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

FOLDER = "script"
NAMES = ("live.js", "play.js", "share.js")


def calling(name: str, call: str) -> str:
    """The code of an event in a browser that calls a script's function.

    Args:
        name: of the script.
        call: such as `frame(values)`; `values` are the event's inputs.
    """
    return (
        "async (...values) => (await import("
        f"new URL('./{FOLDER}/{name}', location.href).href)).{call}"
    )


def routes() -> list[BaseRoute]:
    """What serves them."""
    return [Route(f"/{FOLDER}/{{name}}", _serve)]


def _serve(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in NAMES:
        return Response(status_code=404)
    return FileResponse(Path(__file__).parent / name, media_type="text/javascript")
