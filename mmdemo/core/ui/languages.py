"""In which language a request is answered, and pages that are there in each.

An address may name it (`?lang=zh`), a visitor may have chosen it earlier, which a cookie keeps, or
the browser prefers it. A program that says nothing is answered in English.

The app is built once in each language. Programs and events meet the English one alone; what the
others' pages are made of is kept, and takes the place of the English parts when a page is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
from gradio.context import Context, set_render_context
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection

from mmdemo.core import language
from mmdemo.core.serve.public import Application, Message

QUERY = "lang"
COOKIE = "mmdemo-language"
YEAR = 365 * 24 * 3600


def asked(query: Mapping[str, Any], headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    """The language of a request: its address's, its page's, that chosen before, the browser's."""
    page = parse_qs(headers.get("referer", "").partition("?")[2]).get(QUERY, [""])
    for wish in (query.get(QUERY), page[0], cookies.get(COOKIE)):
        if wish in language.codes():
            return str(wish)
    return preferred(headers.get("accept-language", ""))


def preferred(header: str) -> str:
    """The first of our languages in an `Accept-Language`, such as `zh-CN,zh;q=0.9,en;q=0.8`."""
    wishes = []
    for part in header.split(","):
        tag, _semicolon, weight = part.strip().partition(";q=")
        code = tag.split("-")[0].lower()
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if code in language.codes() and quality > 0:
            wishes.append((quality, code))
    return max(wishes, key=lambda wish: wish[0], default=(1.0, language.ENGLISH))[1]


def link(address: str) -> str:
    """An address within the app, for the current language: `./#text` -> `./?lang=zh#text`."""
    if language.current() == language.ENGLISH:
        return address
    path, hash_sign, part = address.partition("#")
    return f"{path}?{QUERY}={language.current()}{hash_sign}{part}"


def switch(address: str) -> str:
    """Links to a page in the other languages, as HTML."""
    links = []
    for code in language.codes():
        if code != language.current():
            with language.speaking(code):
                links.append(
                    f'<a class="mm-language" href="{address}?{QUERY}={code}" hreflang="{code}" '
                    f'lang="{language.tag()}">{language.own_name()}</a>'
                )
    return "".join(links)


class Spoken:
    """ASGI middleware: what is behind it speaks the visitor's language, and remembers a choice."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        code = asked(request.query_params, request.headers, request.cookies)

        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["content-language"] = language.tag()
                    headers.add_vary_header("Accept-Language, Cookie")
                    if request.query_params.get(QUERY) == code:
                        headers.append("set-cookie", _cookie(code, request.url.scheme == "https"))
            await send(message)

        with language.speaking(code):
            await self.app(scope, receive, labelled)


def _cookie(code: str, secure: bool) -> str:
    """Keeps a choice; over HTTPS also where the app is shown within another page, as a Space is."""
    where = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    return f"{COOKIE}={code}; Max-Age={YEAR}; Path=/; {where}"


class SpokenBlocks(gr.Blocks):
    """An app with pages in several languages, whose events are answered in the visitor's."""

    def __init__(self, **options: Any) -> None:
        self._english: Any = {}
        self._others: dict[str, dict[str, Any]] = {}
        super().__init__(**options)

    def speaks(self, code: str, parts: Mapping[str, Any]) -> None:
        """Have pages in one language more.

        Args:
            code: of the language.
            parts: of the app's configuration, as it is in that language.

        Raises:
            RuntimeError: another app was built in it.
        """
        english = self.default_config.get_config()
        if _skeleton(parts) != _skeleton(english):
            raise RuntimeError(f"The pages in {code} have other parts than those in English.")
        self._others[code] = {name: parts[name] for name in ("components", "dependencies")}

    @property
    def config(self) -> Any:
        """What a page's browser is sent, in the current language."""
        return self._english | self._others.get(language.current(), {})

    @config.setter
    def config(self, config: Any) -> None:
        self._english = config

    def get_api_info(self, *args: Any, **options: Any) -> Any:
        """What programs may ask; in English."""
        with language.speaking(language.ENGLISH):
            return super().get_api_info(*args, **options)

    async def process_api(
        self, block_fn: Any, inputs: list[Any], *args: Any, **options: Any
    ) -> Any:
        """As Gradio's, for each event and each part of an answer, in the language of its page."""
        request = options.get("request")
        if request is None:
            return await super().process_api(block_fn, inputs, *args, **options)
        code = asked(request.query_params, request.headers, request.cookies)
        with language.speaking(code):
            return await super().process_api(block_fn, inputs, *args, **options)

    def __exit__(self, kind: type[BaseException] | None = None, *args: Any) -> None:
        """As Gradio's, without the web server that it makes after each page, and again at launch.

        That took two thirds of the time in which an app is built.
        """
        if kind is not None:
            super().__exit__(kind, *args)
            return
        self.fill_expected_parents()
        set_render_context(self.parent)
        self.default_config.attach_load_events()
        Context.root_block = None
        self.progress_tracking = any(  # type: ignore[assignment]
            fn.tracks_progress for fn in self.fns.values()
        )
        self.page = ""
        self.validate_navbar_settings()
        self.exited = True


def in_all(build: Callable[[], SpokenBlocks]) -> SpokenBlocks:
    """An app in English, with its pages in every other language.

    Args:
        build: makes the app in the current language.
    """
    start = Context.id
    blocks = build()
    for code in language.codes()[1:]:
        Context.id = start  # so that a component is called the same in all languages
        with language.speaking(code):
            parts = build().default_config.get_config()
        blocks.speaks(code, parts)
    return blocks


def _skeleton(config: Mapping[str, Any]) -> list[Any]:
    """What is the same in all languages."""
    components = [(part["id"], part["type"]) for part in config["components"]]
    events = [(event["id"], event["targets"], event["inputs"]) for event in config["dependencies"]]
    return [components, events, config["layout"]]
