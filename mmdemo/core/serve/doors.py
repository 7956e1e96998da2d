"""Which requests the app answers: a list by name. What else Gradio offers is not found.

Routes are written as Gradio's router has them, so that a test can hold the lists against it: one
that a later version adds is closed until it is decided upon here.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.routing import compile_path

from mmdemo.core.errors import NO_ROOM, no_room
from mmdemo.core.language import N_, _
from mmdemo.core.serve.public import Application, Message, answer
from mmdemo.core.serve.scratch import Scratch

logger = logging.getLogger(__name__)

API = "/gradio_api"
FILE = f"{API}/file={{path_or_url:path}}"
UPLOAD = f"{API}/upload"
MCP = f"{API}/mcp"

PUBLIC = {
    # the page's own code and style, and the login
    "GET /assets/{path:path}",
    "GET /static/{path:path}",
    "GET /theme.css",
    "GET /favicon.ico",
    "GET /manifest.json",
    "GET /robots.txt",
    "POST /login",
    "POST /login/",
    "GET /logout",
    f"GET {API}/login_check",
    f"GET {API}/login_check/",
    f"GET {API}/startup-events",  # the app asks itself once
}
"""Open to everybody, beside the pages; with a password these are too."""
MEMBERS = {
    # what a page or a program asks
    f"POST {API}/queue/join",
    f"GET {API}/queue/data",
    f"POST {API}/call/{{api_name}}",
    f"POST {API}/call/{{api_name}}/",
    f"GET {API}/call/{{api_name}}/{{event_id}}",
    f"POST {API}/call/v2/{{api_name}}",
    f"POST {API}/call/v2/{{api_name}}/",
    f"GET {API}/call/v2/{{api_name}}/{{event_id}}",
    f"POST {API}/run/{{api_name}}",  # by pages, for what does not queue
    f"POST {API}/run/{{api_name}}/",
    f"POST {API}/cancel",
    f"POST {API}/reset",
    f"POST {API}/reset/",
    f"GET {API}/heartbeat/{{session_hash}}",
    f"GET {API}/app_id",  # by pages, whether the app was started again
    f"GET {API}/app_id/",
    # files
    f"POST {UPLOAD}",
    f"GET {API}/upload_progress",
    f"GET {FILE}",
    f"HEAD {FILE}",
    f"POST {API}/component_server",  # by the canvas
    f"POST {API}/component_server/",
    # what there is to ask
    "GET /config",
    "GET /config/",
    f"GET {API}/info",
    f"GET {API}/info/",
    f"GET {API}/openapi.json",
}
"""Open to everybody, and with a password to those who have logged in; MCP's are too."""
CLOSED = {
    # gives a visitor's file to ffmpeg, which reads playlists: other files, other addresses
    f"POST {API}/process_recording",
    # fetches from, or stores at, other addresses; serves files by another name
    f"GET {API}/proxy={{url_path:path}}",
    f"HEAD {API}/proxy={{url_path:path}}",
    f"GET {API}/file/{{path:path}}",
    f"GET {API}/custom_component/{{id}}/{{environment}}/{{type}}/{{file_name}}",
    "GET /svelte/{path:path}",
    # keeps what visitors entered: the app's own links restore settings alone
    f"GET {API}/deep_link",
    f"GET {API}/runs",
    f"GET {API}/runs/",
    # changes or tells the code, or what others asked
    f"GET {API}/dev/reload",
    f"GET {API}/vibe-code",
    f"GET {API}/vibe-code/",
    f"POST {API}/vibe-code",
    f"POST {API}/vibe-code/",
    f"POST {API}/vibe-edit",
    f"POST {API}/vibe-edit/",
    f"POST {API}/undo-vibe-edit",
    f"POST {API}/undo-vibe-edit/",
    f"POST {API}/vibe-starter-queries",
    f"POST {API}/vibe-starter-queries/",
    "GET /monitoring",
    "GET /monitoring/summary",
    "GET /monitoring/{key}",
    # not asked for by any page or client
    f"POST {API}/api/{{api_name}}",
    f"POST {API}/api/{{api_name}}/",
    f"POST {API}/stream/{{event_id}}",
    f"POST {API}/stream/{{event_id}}/close",
    f"GET {API}/stream/{{session_hash}}/{{run}}/{{component_id}}/playlist.m3u8",
    f"GET {API}/stream/{{session_hash}}/{{run}}/{{component_id}}/{{segment_id}}.{{ext}}",
    f"GET {API}/stream/{{session_hash}}/{{run}}/{{component_id}}/playlist-file",
    f"GET {API}/queue/status",
    f"GET {API}/theme.css",
    f"GET {API}/token",
    f"GET {API}/token/",
    f"GET {API}/user",
    f"GET {API}/user/",
    "GET /pwa_icon",
    "GET /pwa_icon/{size}",
}
"""Closed by decision. Nothing asks for this list but the test that finds undecided routes."""

OWN = {"GET /answered/{path:path}", "GET /thumbnail/{name}", "GET /script/{name}"}
"""The app's own: scripts, pictures of examples and of stored answers; open to everybody."""

OWN_FILES = {
    *("GET /weights/{path:path}", "HEAD /weights/{path:path}"),
    "GET /taken/{path:path}",
}
"""The app's own, too: networks to take home; with a password to those who have logged in."""

NOTHING = N_("There is nothing here.")
_CALL = re.compile(rf"{API}/call/(?:v2/)?([^/]*)")


class Doors:
    """ASGI middleware: lets through what is on the lists.

    Args:
        app: the application behind it.
        pages: paths of the app's pages, such as `/sentiment`.
        names: of the public endpoints.
        scratch: the only folder from which files are served; what is uploaded must fit it.
        logged_in: whether a request carries a valid login; None where the app has no password.
        mcp: whether MCP is offered.
    """

    def __init__(
        self,
        app: Application,
        pages: Collection[str],
        names: Collection[str],
        scratch: Scratch,
        logged_in: Callable[[Message], bool] | None = None,
        mcp: bool = False,
    ) -> None:
        self.app = app
        self.scratch = scratch
        self.logged_in = logged_in
        self.mcp = mcp
        self._names = set(names)
        self._pages = {*pages, *(f"{page.rstrip('/')}/" for page in pages)}
        self._public, self._members = _compiled(PUBLIC | OWN), _compiled(MEMBERS | OWN_FILES)

    async def __call__(
        self, scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        path = path_below_root(scope)
        is_page = path in self._pages and scope["method"] in ("GET", "HEAD")
        if not (is_page or self._public(scope["method"], path)):
            is_mcp = self.mcp and (path == MCP or path.startswith(f"{MCP}/"))
            is_known = is_mcp or self._members(scope["method"], path)
            if not (is_known and self._may_serve(path)):
                await answer(send, 404, _(NOTHING))
                return
            if self._is_stranger(scope):
                await answer(send, 401, _("Please log in first."))
                return
            if not self._has(path):
                await answer(send, 404, _(NOTHING))
                return
        elif is_page and not path.endswith("/") and self._is_stranger(scope):
            # Gradio tells a page's endpoints before the login; the first page has none.
            scope = {**scope, "path": "/", "raw_path": b"/"}
        if path == UPLOAD and not await asyncio.to_thread(self.scratch.has_room, _length(scope)):
            await answer(send, 507, _(NO_ROOM))
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:  # in the middle of an upload
            logger.debug("%s: the visitor left", path)
        except OSError as error:
            if begun:
                raise
            if path == UPLOAD and isinstance(error, FileNotFoundError):
                # It stalled for so long that it was swept away, and then went on.
                await answer(send, 408, _("This upload took too long. Please send it again."))
            elif no_room(error):
                logger.error("%s: %s", path, error)
                await answer(send, 507, _(NO_ROOM))
            else:
                raise

    def _is_stranger(self, scope: Message) -> bool:
        return self.logged_in is not None and not self.logged_in(scope)

    def _has(self, path: str) -> bool:
        """Whether there is what a call names; what a page runs without a name is a number."""
        name = _CALL.match(path)
        return name is None or name[1] in self._names

    def _may_serve(self, path: str) -> bool:
        prefix, is_file, name = path.partition("/file=")
        if prefix != API or not is_file:
            return True
        if len(urlsplit(name).scheme) > 1:  # one letter is a drive
            return False  # Gradio would fetch it
        uploads = self.scratch.uploads.resolve()
        try:
            return uploads in Path(name).resolve().parents
        except (OSError, ValueError, RuntimeError):  # too long, with NUL, a circle of links
            return False


def _compiled(routes: Iterable[str]) -> Callable[[str, str], bool]:
    """Whether a method and a path match one of the routes."""
    patterns: dict[str, list[Any]] = {}
    for route in routes:
        method, path = route.split(" ")
        patterns.setdefault(method, []).append(compile_path(path)[0])
    return lambda method, path: any(p.match(path) for p in patterns.get(method, ()))


def path_below_root(scope: Message) -> str:
    """The path below that under which a proxy has the app, whether the proxy cuts it or not."""
    path, root = str(scope.get("path", "")), str(scope.get("root_path", "")).rstrip("/")
    below = path.removeprefix(root)
    is_below = root and path.startswith(root) and below[:1] in ("", "/")
    return (below or "/") if is_below else path


def _length(scope: Message) -> int:
    """Bytes that a request says that it has."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
