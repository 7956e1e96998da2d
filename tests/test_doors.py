"""What a running app answers, and what it does not: every route by name, every file but its own."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmdemo import catalog
from mmdemo.core.serve import doors, surroundings
from mmdemo.core.serve.scratch import Scratch
from tests.support.server import ROOT, Server, running
from tests.support.web import ask, upload

PAGES = {f"GET /{demo.slug}{end}" for demo in catalog.DEMOS for end in ("", "/")} | {
    "GET /",
    "HEAD /",
}


@pytest.fixture(scope="module")
def gradios(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every route of the installed Gradio's router."""
    slugs = [demo.slug for demo in catalog.DEMOS]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.routes", *slugs],
        cwd=ROOT,
        env=os.environ | {"GRADIO_TEMP_DIR": str(tmp_path_factory.mktemp("gradio"))},
        check=True,
        capture_output=True,
        text=True,
    )
    found = set(done.stdout.splitlines())
    assert len(found) > 60
    # FastAPI's own description, which Gradio's has taken the place of
    return found - {"GET /openapi.json", "HEAD /openapi.json"}


# === Routes ===


def test_every_route_of_gradio_is_open_or_closed_by_decision(gradios):
    decided = doors.PUBLIC | doors.MEMBERS | doors.CLOSED
    assert gradios - decided - PAGES == set(), "decide on these in core/serve/doors.py"
    assert decided - gradios == set(), "Gradio has these no more"


def test_no_route_is_decided_twice():
    assert not (doors.PUBLIC & doors.MEMBERS or (doors.PUBLIC | doors.MEMBERS) & doors.CLOSED)


@pytest.mark.parametrize("route", sorted(doors.CLOSED))
def test_a_closed_route_is_not_found(app, route):
    method, path = route.split(" ")
    path = re.sub(r"{\w+(:path)?}", "x", path)
    body = b"{}" if method == "POST" else None
    status, text = ask(f"{app.url}{path}", method, body)
    assert status == 404
    assert method == "HEAD" or json.loads(text) == {
        "detail": "There is nothing here.",
        "error": "There is nothing here.",
    }


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/mcp/", "/gradio_api/mcp/schema", "/docs", "/openapi.json", "//config",
     "/gradio_api//info", "/gradio_api/INFO", "/gradio_api/run-history/buckets",
     "/gradio_api/profiling/traces", "/%67radio_api/user", "/nothing", "/sentiment/x"],
)  # fmt: skip
def test_what_is_on_no_list_is_not_found(app, path):
    assert ask(f"{app.url}{path}")[0] == 404


def test_pages_are_found(app):
    for path in ["/", *(f"/{demo.slug}" for demo in catalog.DEMOS)]:
        assert ask(f"{app.url}{path}")[0] == 200
    assert ask(f"{app.url}/", "HEAD")[0] == 200


# === What one visitor sends is not what another gets ===


def test_the_snippets_of_others_do_not_hold_a_stranger_s_address(app):
    for header in ("X-Forwarded-Host", "Host", "X-Gradio-Server"):
        for path in ("/gradio_api/info", "/gradio_api/openapi.json", "/config", "/sentiment"):
            stranger = "http://evil.example" if header == "X-Gradio-Server" else "evil.example"
            assert ask(f"{app.url}{path}", **{header: stranger})[0] == 200
            status, text = ask(f"{app.url}{path}")
            assert status == 200
            assert "evil.example" not in text
    assert app.url in ask(f"{app.url}/gradio_api/info")[1]


# === Files ===


def test_an_upload_can_be_fetched_by_its_own_address_alone(app):
    path = upload(app.url, "notes.txt", b"hello")
    assert ask(f"{app.url}/gradio_api/file={path}") == (200, "hello")
    folder = Path(path).parents[1]
    for other in (folder, folder / "..", Path(path).parent, f"{folder}/../../{Path(path).name}"):
        assert ask(f"{app.url}/gradio_api/file={other}")[0] in (403, 404)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "etc/passwd", "../../etc/passwd", "app.py", str(ROOT / "app.py"),
     "/proc/self/environ", "file:///etc/passwd", "http://127.0.0.1:1/", "https://example.org/a.png",
     "//etc/passwd", "~/.bashrc", "%00", "x" * 3000, ".gradio/cached_examples/x",
     "weights/sentiment/default/README.md"],
)  # fmt: skip
def test_no_other_file_is_served(app, name):
    quoted = name if name == "%00" else urllib.parse.quote(name, safe="/:")
    status, text = ask(f"{app.url}/gradio_api/file={quoted}")
    assert (status, json.loads(text)["detail"]) == (404, "There is nothing here.")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "169.254.169.254", "localhost"])
def test_a_file_by_its_address_is_fetched_from_public_ones_alone(app, host):
    file = {"path": f"http://{host}/a.png", "meta": {"_type": "gradio.FileData"}}
    body = json.dumps({"data": [file, "default", "whole"]}).encode()
    name = f"{app.url}/gradio_api/call/image_classifier_classify"
    status, text = ask(name, "POST", body, **{"Content-Type": "application/json"})
    assert status == 200
    said = ask(f"{name}/{json.loads(text)['event_id']}")[1]
    assert "from public web addresses only" in said


def test_a_link_in_the_folder_leads_nowhere(app):
    path = Path(upload(app.url, "link.txt", b"own"))
    link = path.with_name("way-out.txt")
    link.symlink_to(ROOT / "README.md")
    assert ask(f"{app.url}/gradio_api/file={link}")[0] == 404


def test_the_folder_is_nobody_elses(app):
    own = Path(upload(app.url, "mine.txt", b"mine")).parents[2]
    assert own.name.startswith("mmdemo-app-")
    assert own.stat().st_mode & 0o777 == 0o700


# === Choices that name folders ===


def test_a_link_s_preset_is_no_path(app, tmp_path):
    stored = {"threshold": 0.123, "curve": {"thresholds": [0.777]}}
    (tmp_path / "preprocess.json").write_text(json.dumps(stored))
    events = json.loads(ask(f"{app.url}/config")[1])["dependencies"]
    restoring = [event for event in events if event["api_name"].startswith("restore")]
    assert len(restoring) > 5
    for event in restoring:
        for value in (str(tmp_path), "../default", "default/README.md", "x" * 300, "\x00"):
            query = urllib.parse.urlencode({"preset": value, "threshold": "1", "task": value})
            body = json.dumps({"data": [], "fn_index": event["id"], "session_hash": "s"})
            status, text = ask(
                f"{app.url}/gradio_api/run/predict?{query}",
                "POST",
                body.encode(),
                **{"Content-Type": "application/json"},
            )
            assert status == 200
            assert "0.777" not in text
            assert str(ROOT) not in text
    assert "Traceback" not in app.text()


# === A password ===


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("locked")
    with running(folder, "--preload", "none", "--mcp", "--auth", "ada:secret") as started:
        yield started


def log_in(url: str) -> dict[str, str]:
    form = urllib.parse.urlencode({"username": "ada", "password": "secret"}).encode()
    with urllib.request.urlopen(f"{url}/login", form, timeout=60) as answer:
        cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie")]
    return {"Cookie": "; ".join(cookies)}


@pytest.mark.parametrize("slug", ["", *(demo.slug for demo in catalog.DEMOS)])
def test_before_the_login_a_page_tells_nothing(locked, slug):
    status, text = ask(f"{locked.url}/{slug}")
    assert status == 200
    assert '"auth_required":true' in text.replace(" ", "")
    for demo in catalog.DEMOS:
        assert f"{demo.slug}_" not in text
        assert demo.title not in text


@pytest.mark.parametrize("route", sorted(doors.MEMBERS | doors.OWN_FILES))
def test_before_the_login_no_other_route_answers(locked, route):
    method, path = route.split(" ")
    path = re.sub(r"{\w+(:path)?}", "x", path)
    if "/file=" in path:
        own = locked.process.pid  # any name will do
        assert ask(f"{locked.url}{path.replace('=x', f'=/{own}')}", method)[0] in (401, 404)
        return
    assert ask(f"{locked.url}{path}", method, b"{}" if method == "POST" else None)[0] == 401


@pytest.mark.parametrize("path", ["", "/", "/schema", "/sse", "/messages/"])
def test_before_the_login_there_is_no_mcp(locked, path):
    assert ask(f"{locked.url}/gradio_api/mcp{path}")[0] == 401
    assert ask(f"{locked.url}/gradio_api/mcp{path}", "POST", b"{}")[0] == 401


def test_a_made_up_cookie_is_no_login(locked):
    real = log_in(locked.url)["Cookie"]
    name, _, _ = real.partition("=")
    for cookie in (f"{name}=x", f"{name}=", f"{name}=None", "access-token=ada"):
        assert ask(f"{locked.url}/config", Cookie=cookie)[0] == 401


def test_after_the_login_all_is_there(locked):
    cookie = log_in(locked.url)
    assert ask(f"{locked.url}/config", **cookie)[0] == 200
    assert "siamese_face_verify" in ask(f"{locked.url}/siamese_face", **cookie)[1]
    assert "siamese_face_verify" in ask(f"{locked.url}/gradio_api/mcp/schema", **cookie)[1]


# === Variables of Gradio ===

READING = re.compile(r"os\.(?:environ\.get|getenv|environ)[(\[]\s*\"(\w+)\"(?!\] = )")


def test_every_variable_that_gradio_reads_is_decided():
    import gradio
    import uvicorn

    read = set()
    for package in (gradio, uvicorn):
        for path in Path(package.__file__).parent.rglob("*.py"):
            if "cli" not in path.parts:
                text = path.read_text(encoding="utf-8")
                read |= set(READING.findall(text))
    own = {"FORWARDED_ALLOW_IPS"}  # Uvicorn's, on whose word an address is believed
    assert read - own - set(surroundings.VARIABLES) == set(), "decide on these in surroundings.py"
    assert {"GRADIO_DEBUG", "GRADIO_ALLOWED_PATHS", "GRADIO_NUM_WORKERS"} <= read


# === Uploads ===

GONE = FileNotFoundError(errno.ENOENT, "No such file")
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("path", "error", "status"),
    [
        (doors.UPLOAD, GONE, 408),  # it stalled, was swept away, and went on
        (doors.UPLOAD, FULL, 507),
        ("/", FULL, 507),
        ("/", GONE, None),
    ],
)
def test_an_upload_that_cannot_be_kept_is_told_why(tmp_path, path, error, status):
    async def app(scope, receive, send):
        raise error

    sent = []

    async def send(message):
        sent.append(message)

    (tmp_path / "uploads").mkdir()
    guarded = doors.Doors(app, ["/"], [], Scratch(tmp_path, release=lambda: None))
    method = "POST" if path == doors.UPLOAD else "GET"
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    if status is None:
        with pytest.raises(FileNotFoundError):
            asyncio.run(guarded(scope, None, send))
    else:
        asyncio.run(guarded(scope, None, send))
        assert sent[0]["status"] == status
