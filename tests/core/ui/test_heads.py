"""core.ui.heads: what a page says of itself, and that it is compressed."""

from __future__ import annotations

import asyncio
import gzip
import io
from types import SimpleNamespace

import pytest
from PIL import Image

from mmdemo.core.ui import heads

PAGES = {
    "/": lambda: heads.Head("All", "Every demo."),
    "/faces": lambda: heads.Head('Faces & "names"', "Two <photos> in."),
}
GRADIOS = (
    '<!doctype html><html><head><meta charset="utf-8" />'
    '<meta property="og:title" content="Gradio" />\n<meta\n property="og:image"\n content="x" />'
    '<meta name="twitter:card" content="Gradio" />'
    '<script>window.gradio_config = {"title":"mmdemo","code":"Client(\\"http://127.0.0.1:7860\\")"};'
    "</script></head><body></body></html>"
)


def answering(html: str = GRADIOS, kind: str = "text/html; charset=utf-8", status: int = 200):
    async def app(scope, receive, send) -> None:
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(html))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": html[:40].encode(), "more_body": True})
        await send({"type": "http.response.body", "body": html[40:].encode()})

    return app


def ask(app, path: str, method: str = "GET", **headers: str) -> tuple[dict[bytes, bytes], bytes]:
    messages: list[dict] = []

    async def send(message) -> None:
        messages.append(message)

    headers = {"host": "ada.org:8080", **headers}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 7861),
        "headers": [
            (name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()
        ],
        "app": SimpleNamespace(root_path=""),
    }
    asyncio.run(app(scope, None, send))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return dict(messages[0]["headers"]), body


def test_a_page_has_a_head_of_its_own_alone():
    headers, body = ask(heads.Heads(answering(), PAGES), "/faces")
    html = body.decode()
    assert 'content="Gradio"' not in html
    assert html.count('property="og:title"') == html.count('property="og:image"') == 1
    assert "<title>Faces &amp; &quot;names&quot; · mmdemo</title>" in html
    assert 'property="og:description" content="Two &lt;photos&gt; in."' in html
    assert 'property="og:image" content="http://ada.org:8080/card/faces.png"' in html
    assert 'property="og:url" content="http://ada.org:8080/faces"' in html
    assert int(headers[b"content-length"]) == len(body)


def test_snippets_and_title_are_those_of_whoever_looks():
    _, body = ask(heads.Heads(answering(), PAGES), "/faces", x_forwarded_host="eve.org")
    assert rb'"code":"Client(\"http://eve.org\")"' in body
    assert b"7860" not in body
    assert b'"title":"Faces & \\"names\\" \\u00b7 mmdemo"' in body


@pytest.mark.parametrize(
    ("path", "method", "kind", "status"),
    [
        ("/faces", "GET", "application/json", 200),
        ("/faces", "GET", "text/html", 500),
        ("/faces", "POST", "text/html", 200),
        ("/other", "GET", "text/html", 200),
    ],
)
def test_what_is_no_page_goes_by_as_it_is(path, method, kind, status):
    _, body = ask(heads.Heads(answering(kind=kind, status=status), PAGES), path, method)
    assert body.decode() == GRADIOS


def test_each_page_has_a_picture_for_links():
    app = heads.Heads(answering(), PAGES)
    pictures = set()
    for path in ("/card/mmdemo.png", "/card/faces.png"):
        headers, body = ask(app, path)
        assert headers[b"content-type"] == b"image/png"
        assert Image.open(io.BytesIO(body)).size == heads.CARD_SIZE
        assert len(body) < 100_000
        pictures.add(body)
    assert len(pictures) == 2
    assert ask(app, "/card/nobody.png")[1].decode() == GRADIOS


def test_pages_and_json_are_compressed_and_files_are_not():
    long = "<p>a word</p>" * 1000
    for path, kind in (("/faces", "text/html"), ("/config", "application/json")):
        headers, body = ask(
            heads.Compressed(answering(long, kind)), path, accept_encoding="gzip, br"
        )
        assert headers[b"content-encoding"] == b"gzip"
        assert len(body) < len(long) / 10
        assert gzip.decompress(body).decode() == long
        assert ask(heads.Compressed(answering(long, kind)), path)[1].decode() == long
    for path, kind in (
        ("/gradio_api/file=x.h5", "application/octet-stream"),
        ("/gradio_api/queue/data", "text/event-stream"),
    ):
        app = heads.Compressed(answering(long, kind))
        assert ask(app, path, accept_encoding="gzip")[1].decode() == long
