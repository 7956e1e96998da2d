"""What an app that others reach needs: a bound on how much each visitor asks."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import re
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from mmdemo.core.language import _

Message = MutableMapping[str, Any]
Application = Callable[[Message, Any, Callable[[Message], Awaitable[None]]], Awaitable[None]]

logger = logging.getLogger(__name__)

PER_MINUTE = 60
PER_MINUTE_OF_A_CLASS = 25 * PER_MINUTE
"""Where a class may share an address."""
WINDOW = 60.0
MAX_VISITORS = 10_000

shared = False
"""Whether the app was started with a public link: `launch` says so."""
classroom = False
"""Whether it was started for a class: `launch` says so."""

_ASKS = {
    "POST": re.compile(r"/gradio_api/(queue/join|call/|mcp)"),
    "GET": re.compile(r"/weights/"),
}
"""Routes that ask a network, or take one home: megabytes that are packed for each. An upload is no
question, nor is what pages `run/` beside the queue: that restores settings and empties answers."""


def is_space() -> bool:
    """Whether this runs as a Hugging Face Space."""
    return bool(os.environ.get("SPACE_ID"))


def is_public() -> bool:
    """Whether others may come: over a public link, as a class, or because this is a Space."""
    return shared or classroom or is_space()


def rate_limit() -> int | None:
    """Questions per visitor and minute where the owner says nothing; None for no limit."""
    if classroom:
        return PER_MINUTE_OF_A_CLASS
    return PER_MINUTE if is_public() else None


class RateLimit:
    """ASGI middleware: refuses a visitor's questions beyond a number per minute.

    Args:
        app: the application behind it.
        per_minute: questions that each visitor may ask.
        clock: seconds that never run backwards.
    """

    def __init__(
        self, app: Application, per_minute: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.app = app
        self.per_minute = per_minute
        self.clock = clock
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    async def __call__(
        self, scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]
    ) -> None:
        asked = _ASKS.get(scope["method"]) if scope["type"] == "http" else None
        if asked and asked.search(scope["path"]) and (wait := self.wait(visitor(scope))):
            logger.warning(
                "%s asked more than %d questions in a minute. Where a class shares an address, "
                "--rate-limit lets it ask more.",
                visitor(scope),
                self.per_minute,
            )
            text = _("That was a lot in one minute. Please wait {seconds} seconds and try again.")
            text = text.format(seconds=wait)
            await answer(send, 429, text, (b"retry-after", str(wait).encode()))
        else:
            await self.app(scope, receive, send)

    def wait(self, visitor: str) -> int:
        """Count a question; 0 where it may pass, else the seconds until the next may."""
        now = self.clock()
        asked = self._asked.setdefault(visitor, deque())
        self._asked.move_to_end(visitor)
        while len(self._asked) > MAX_VISITORS:
            self._asked.popitem(last=False)
        while asked and now - asked[0] >= WINDOW:
            asked.popleft()
        if len(asked) >= self.per_minute:
            return int(WINDOW - (now - asked[0])) + 1
        asked.append(now)
        return 0


def visitor(scope: Message) -> str:
    """Who asks: an address, of IPv6 the network of 64 bits that one customer has.

    The server has already put the visitor's address in place of a proxy's that it trusts: one on
    this machine, such as a public link's tunnel, or one that `$FORWARDED_ALLOW_IPS` names. A Space
    is reached through its host's proxies alone: there it is the first of `X-Forwarded-For`.
    """
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if is_space():
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                address = value.decode("latin-1").split(",")[0].strip()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a test's or a socket's name
        return address
    if parsed.version == 4:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, 64), strict=False))


async def answer(
    send: Callable[[Message], Awaitable[None]], status: int, text: str, *more: tuple[bytes, bytes]
) -> None:
    """A short answer in place of the application's, with further headers."""
    body = json.dumps({"detail": text, "error": text}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
