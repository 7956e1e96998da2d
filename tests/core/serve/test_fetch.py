"""core.serve.fetch: a file by its address, from public places alone, within bounds."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from mmdemo.core.errors import MediaError
from mmdemo.core.serve import fetch, scratch

ASKED: list[str] = []


class Web(BaseHTTPRequestHandler):
    """A site with files, large ones, slow ones, and ways to elsewhere."""

    def do_GET(self) -> None:
        ASKED.append(self.path)
        place, _, rest = self.path[1:].partition("/")
        if place == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
            return
        self.send_response(404 if place == "absent" else 200)
        if place == "said":
            self.send_header("Content-Length", str(10**12))
        if place == "packed":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            for _ in range({"large": 400, "slow": 400}.get(place, 1)):
                self.wfile.write(b"hello" if place == "file" else b"x" * 1024)
                if place == "slow":
                    time.sleep(0.05)
        except OSError:  # nobody listens any more
            pass

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch) -> scratch.Scratch:
    made = scratch.make(tmp_path)
    monkeypatch.setattr(scratch, "own", lambda: made)
    return made


@pytest.fixture
def open_site(site, monkeypatch) -> str:
    """The site, taken for a public one."""
    monkeypatch.setattr(fetch, "_is_public", lambda address: True)
    monkeypatch.setitem(fetch.PORTS, "http", int(site.rpartition(":")[2]))
    return site


def get(url: str):
    return asyncio.run(fetch.fetch(url))


def left(own: scratch.Scratch) -> list[str]:
    return [path.name for path in own.uploads.rglob("*")]


def test_a_file_comes_under_its_own_name(open_site, own):
    file = get(f"{open_site}/file/a%20photo.png?size=1")
    assert file.read_bytes() == b"hello"
    assert file.name == "a_photo.png"
    assert own.uploads in file.parents
    assert get(f"{open_site}/to//file/b.png").read_bytes() == b"hello"


@pytest.mark.parametrize(
    ("path", "word"),
    [("said", "too large"), ("large", "too large"), ("slow", "did not arrive"),
     ("absent", "no file"), ("packed", "no file"), ("to/" * 7 + "file", "no file")],
)  # fmt: skip
def test_what_is_too_much_leaves_nothing(open_site, own, monkeypatch, path, word):
    monkeypatch.setattr(fetch, "MAX_BYTES", 300 * 1024)
    if path == "slow":
        monkeypatch.setattr(fetch, "MAX_SECONDS", 0.5)
    if path.startswith("to/"):
        path = f"to/{open_site}/" * 7 + "file/x"
    with pytest.raises(MediaError, match=word):
        get(f"{open_site}/{path}")
    assert left(own) == []


def test_a_redirect_leads_no_further_than_an_address(site, open_site, monkeypatch):
    monkeypatch.setattr(fetch, "_is_public", lambda address: address == "127.0.0.1")
    for elsewhere in ("http://127.0.0.2/x", "http://[::1]/x", "file:///etc/passwd", "http://a:b/"):
        with pytest.raises(MediaError):
            get(f"{open_site}/to/{elsewhere}")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1",
     "169.254.169.254", "224.0.0.1", "[::1]", "[::]", "[fe80::1]", "[fd00::1]", "2130706433",
     "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "[::ffff:8.8.8.8]", "[64:ff9b::a00:1]",
     "[2002:7f00:1::]"],
)  # fmt: skip
def test_no_private_address_is_asked(site, host):
    before = len(ASKED)
    for scheme in ("http", "https"):
        with pytest.raises(MediaError, match=r"public web addresses|no address"):
            get(f"{scheme}://{host}/file/x")
    assert len(ASKED) == before


@pytest.mark.parametrize("url", ["https://8.8.8.8:22/", "http://8.8.8.8:6379/x", "https:///x"])
def test_other_ports_than_the_web_s_are_not_asked(url):
    with pytest.raises(MediaError):
        get(url)


def test_a_public_address_is_what_everybody_reaches():
    for address in ("8.8.8.8", "2606:4700::1111"):
        url = httpx.URL(f"https://{f'[{address}]' if ':' in address else address}/a.png")
        assert asyncio.run(fetch.public_address(url)) == address


def test_an_address_of_the_app_itself_is_the_upload(own):
    folder = own.uploads / "abc"
    folder.mkdir()
    file = folder / "a photo.png"
    file.write_bytes(b"hello")
    base = "http://localhost:7860/gradio_api/file="
    assert get(f"{base}{str(file).replace(' ', '%20')}") == file.resolve()
    for other in ("/etc/passwd", f"{own.uploads}/../lock", f"{file}.absent"):
        with pytest.raises(MediaError):
            get(f"{base}{other}")
