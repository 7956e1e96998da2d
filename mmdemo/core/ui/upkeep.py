"""What Gradio keeps for longer than one request, bounded, and no longer mixed between visitors."""

from __future__ import annotations

import asyncio
from collections import ChainMap, OrderedDict
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from gradio import routes, state_holder
from gradio.route_utils import FileUploadProgress

from mmdemo.core.serve.public import Application, Message

MAX_UPLOADS = 256
"""Uploads whose progress is known at once."""
MAX_HOSTS = 16
"""Names of the app for which its description is kept."""
NAMING = (b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
"""Headers from which Gradio takes the app's address."""

_named: ContextVar[tuple[bytes, ...]] = ContextVar("named", default=())


class Session(state_holder.SessionState):
    """A visitor's session that holds what differs from other sessions, and no more.

    Gradio begins one with a copy of the table of all components, and a description of each with
    what the visitor entered, for its deep links. This app does not offer those: its own links
    restore settings alone. Each question of a program has a session, of which Gradio keeps ten
    thousand, so that this took gigabytes; and 25 ms of each new page.
    """

    def __init__(self, blocks: Any) -> None:
        known = blocks.default_config
        without: Any = SimpleNamespace(default_config=known, blocks={})
        super().__init__(without)
        own: Any = self.blocks_config
        own.blocks, own.fns = ChainMap({}, known.blocks), ChainMap({}, known.fns)

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        """Describe nothing."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Describe nothing."""


class UploadProgress(FileUploadProgress):
    """Gradio's, which keeps every name of an upload that anybody ever asked after."""

    async def is_tracked(self, upload_id: str) -> bool:
        """Wait until the upload begins; Gradio ends the wait after three seconds."""
        while upload_id not in self._statuses:
            await asyncio.sleep(0.05)
        return True

    def track(self, upload_id: str) -> None:
        """Follow an upload from now on, in the place of the oldest where there are too many."""
        while upload_id not in self._statuses and len(self._statuses) >= MAX_UPLOADS:
            self.stop_tracking(next(iter(self._statuses)))
        super().track(upload_id)
        self._signals.clear()


class Named:
    """ASGI middleware: notes under which name the app is asked, for `description`."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            _named.set(tuple(value for name, value in scope["headers"] if name in NAMING))
        await self.app(scope, receive, send)


class Description:
    """The description of all endpoints, whose snippets hold the app's address: one for each name.

    Gradio keeps that of whoever asks first, so that a stranger's `X-Forwarded-Host` would stand in
    the snippets that others copy.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[bytes, ...], Any] = OrderedDict()

    def __get__(self, app: Any, kind: Any = None) -> Any:
        return self._known.get(_named.get())

    def __set__(self, app: Any, value: Any) -> None:
        if value is None:  # a new app
            self._known.clear()
            return
        self._known[_named.get()] = value
        while len(self._known) > MAX_HOSTS:
            self._known.popitem(last=False)


def install() -> None:
    """Take the place of what Gradio has; before an app is launched."""
    holder: Any = state_holder
    holder.SessionState = Session
    routes.file_upload_statuses = UploadProgress()
    routes.App.api_info = Description()  # type: ignore[assignment]
