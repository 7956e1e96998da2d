"""What a page says of itself before its code runs: title, description and picture for links.

Gradio sends every page with its own name and picture, and the address at which the app listens by
default would stand in all snippets. Both are put right in the answer, for whoever asked and at the
address that they asked at.
"""

from __future__ import annotations

import functools
import io
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from gradio.route_utils import get_root_url
from PIL import Image, ImageDraw
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from mmdemo.core import language
from mmdemo.core.media.font import font
from mmdemo.core.serve import doors
from mmdemo.core.serve.public import Application, Message
from mmdemo.core.ui.languages import link

logger = logging.getLogger(__name__)

Send = Callable[[Message], Awaitable[None]]

LOCAL = "http://127.0.0.1:7860"
"""What snippets are written with; a page shows its own address in its place."""
APP = "mmdemo"
CARDS = "/card/"
CARD_SIZE = (1200, 630)
"""Of the pictures for links, in pixels: what all services that show them take."""
PACKED = (
    "/assets/",
    "/static/",
    "/theme.css",
    "/gradio_api/file=",
    "/gradio_api/mcp",
    "/weights/",
    "/taken/",
)
"""What Gradio compresses by itself, and files that are packed already."""
FIRST, PARTS = (
    (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("first.css", "parts.js")
)
_PARTS = re.compile(r"[!-~]+ ?|[^!-~][，。；：、？！）”» ]*")
"""Of a text, between which a line may end: words, Chinese letters."""
_GRADIOS = re.compile(r'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')


@dataclass(frozen=True)
class Head:
    """What a link to a page shows.

    Attributes:
        title: of the page.
        description: in one or two sentences.
        figure: what the picture says below that; may be empty.
    """

    title: str
    description: str
    figure: str = ""


class Heads:
    """ASGI middleware: gives each page its own head, and serves the pictures that links show.

    Args:
        app: the application behind it.
        pages: by path, such as `/sentiment`, what makes its head in the current language.
    """

    def __init__(self, app: Application, pages: Mapping[str, Callable[[], Head]]) -> None:
        self.app = app
        self._pages = pages
        self._cards = {card_path(path): head for path, head in pages.items()}

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        method, path = scope.get("method"), doors.path_below_root(scope)
        if method in ("GET", "HEAD") and path in self._cards:
            picture = _drawn(self._cards[path])
            await Response(picture, media_type="image/png")(scope, receive, send)
        elif method == "GET" and path in self._pages:
            await self._page(scope, receive, send, path)
        else:
            await self.app(scope, receive, send)

    async def _page(self, scope: Message, receive: Any, send: Send, path: str) -> None:
        start: Message = {}
        parts: list[bytes] = []

        async def rewritten(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            headers = MutableHeaders(raw=list(start["headers"]))
            body = b"".join(parts)
            if start["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
                root_path = scope["app"].root_path or scope.get("root_path")
                root = get_root_url(Request(scope), path, root_path)
                body = self._with_head(body.decode(), path, root).encode()
                headers["content-length"] = str(len(body))
            await send({**start, "headers": headers.raw})
            await send({**message, "body": body})

        await self.app(scope, receive, rewritten)

    def _with_head(self, html: str, path: str, root: str) -> str:
        """A page's HTML with its own head, and with the address at which it is seen."""
        head = self._pages[path]()
        title = head.title if path == "/" else f"{head.title} · {APP}"
        named = {
            "og:type": "website",
            "og:site_name": APP,
            "og:url": f"{root}{link(path)}",
            "og:title": head.title,
            "og:description": head.description,
            "og:image": f"{root}{link(card_path(path))}",
            "og:image:width": str(CARD_SIZE[0]),
            "og:image:height": str(CARD_SIZE[1]),
            "og:image:alt": f"{head.title}: {head.description}",
        }
        own = "".join(
            f'<meta property="{name}" content="{escape(value)}" />' for name, value in named.items()
        )
        own += (
            f'<title>{escape(title)}</title><meta name="description" '
            f'content="{escape(head.description)}" /><meta name="twitter:card" '
            f'content="summary_large_image" /><style>{FIRST}</style><script>{PARTS}</script>'
        )
        html = _GRADIOS.sub("", html).replace('lang="en"', f'lang="{language.tag()}"', 1)
        html = html.replace(f'"title":"{APP}"', f'"title":{_in_script(title)}', 1)
        html = html.replace(LOCAL, _in_script(root)[1:-1])
        return html.replace("</head>", f"{own}</head>", 1)


class Compressed:
    """ASGI middleware: compresses pages and JSON, which Gradio sends as they are."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self._compressing: Application = GZipMiddleware(app, compresslevel=6)

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        packed = doors.path_below_root(scope).startswith(PACKED)
        await (self.app if packed else self._compressing)(scope, receive, send)


def card_path(path: str) -> str:
    """Where the picture lies that stands for a page."""
    return f"{CARDS}{path.strip('/') or APP}.png"


def _wrapped(text: str, size: int, lines: int) -> list[tuple[str, int]]:
    """The first lines of a text that a card has room for, each with its size."""
    letters = font(text, size)
    found = [""]
    for part in _PARTS.findall(text):
        if found[-1] and letters.getlength(found[-1] + part.rstrip()) > CARD_SIZE[0] - 180:
            found.append("")
        found[-1] += part
    return [(line, size) for line in found[:lines]]


def _drawn(head: Callable[[], Head]) -> bytes:
    """The picture of a link in the current language, in English where no font has its letters."""
    try:
        return _card(head())
    except LookupError as error:
        logger.warning("The pictures of links are in English: %s", error)
        with language.speaking(language.ENGLISH):
            return _card(head())


@functools.cache
def _card(head: Head) -> bytes:
    """The picture of a link, as PNG.

    Raises:
        LookupError: there is no font for its letters.
    """
    image = Image.new("RGB", CARD_SIZE, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 24, CARD_SIZE[1]), fill="#2563eb")
    lines = [(APP, 34, "#475569"), (head.title, 84, "#0f172a")]
    lines += [(*line, "#334155") for line in _wrapped(head.description, 40, 5)]
    lines += [(*line, "#2563eb") for line in _wrapped(head.figure, 36, 2)]
    top, before = 64, 34
    for text, size, colour in lines:
        top += 0 if size == before else 26
        draw.text((90, top), text, fill=colour, font=font(text, size))
        top, before = top + round(1.3 * size), size
    buffer = io.BytesIO()
    image.quantize(32).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _in_script(text: str) -> str:
    """A text as JSON inside of a script element."""
    return json.dumps(text).replace("<", "\\u003c")
