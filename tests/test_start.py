"""The app starts anywhere, or says in one line why not; and when it ends, nothing of it is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.server import ROOT, free_port
from tests.support.starting import App
from tests.support.web import ask, upload


def refused(app: App) -> str:
    """The one line that it says instead of starting."""
    assert app.process.wait(timeout=60) in (1, 2)
    assert app.text.count("\n") == 1, app.text
    assert "Traceback" not in app.text
    assert app.folders() == []
    return app.text


# === What is around it ===


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTP_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
         "ALL_PROXY": "http://127.0.0.1:9", "GRADIO_DEBUG": "1", "GRADIO_NUM_WORKERS": "2",
         "GRADIO_WATCH_DIRS": "/", "GRADIO_VIBE_MODE": "1", "HOME": "/proc/no"},
        {"all_proxy": "socks5://127.0.0.1:9", "GRADIO_SERVER_PORT": "1", "WEB_CONCURRENCY": "x",
         "GRADIO_NUM_PORTS": "x", "GRADIO_ANALYTICS_MAX_EVENTS": "x", "GRADIO_MCP_SERVER": "true",
         "GRADIO_ALLOWED_PATHS": "/", "GRADIO_EXAMPLES_CACHE": "/etc", "GRADIO_TEMP_DIR": "/etc"},
    ],
    ids=["proxies, no home, a developer's variables", "socks, broken variables, open files"],
)  # fmt: skip
def test_it_starts_and_serves_no_more_than_ever(start, environment):
    app = start(**environment)
    url = app.address()
    assert ask(f"{url}/sentiment")[0] == 200
    for closed in ("/gradio_api/file=/etc/hostname", "/gradio_api/mcp/schema"):
        assert ask(f"{url}{closed}")[0] == 404
    for port in (app.port + 1, app.port + 2):  # of Gradio's workers
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert app.end() == 0


def test_it_speaks_utf8_where_the_locale_does_not(start):
    app = start(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", GRADIO_DEBUG="1")
    url = app.address()
    path = upload(url, "Grüße.txt", "Grüße, Владимир".encode())
    assert path.endswith("Grüße.txt")
    answer = {"data": ["Schön und gut: Ω, 好", "default"]}
    status, text = ask(
        f"{url}/gradio_api/call/sentiment_score",
        "POST",
        json.dumps(answer).encode(),
        **{"Content-Type": "application/json"},
    )
    assert (status, "event_id" in text) == (200, True)
    assert app.end() == 0


@pytest.mark.parametrize("host", ["::1", "::"])
def test_it_listens_on_ipv6_until_it_is_interrupted(start, host):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("there is no IPv6 here")
    app = start("--host", host)
    assert "[::" in app.address()
    assert ask(f"http://[::1]:{app.port}/sentiment")[0] == 200
    assert app.end(signal.SIGINT) == 130
    assert app.folders() == []
    assert app.text.endswith("Interrupted.\n")


def test_an_address_of_another_machine_is_one_line(start):
    assert "192.0.2.7 is not an address of this computer" in refused(start("--host", "192.0.2.7"))


def test_a_full_disk_is_one_line(start, small_disk):
    # Some kilobytes are left: Python's own choice passes over a disk that takes no file at all.
    left = shutil.disk_usage(small_disk).free - (16 << 10)
    (small_disk / "others").write_bytes(b"x" * left)
    assert "room" in refused(start(TMPDIR=str(small_disk)))


def test_a_disk_that_fills_is_told_and_it_goes_on_when_there_is_room(start, small_disk):
    app = start(TMPDIR=str(small_disk))
    url = app.address()
    others = small_disk / "others"
    others.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - (1 << 20)))
    with pytest.raises(AssertionError, match=r"disk of this server is full"):
        upload(url, "photo.jpg", b"x" * 1000)
    assert ask(f"{url}/sentiment")[0] == 200
    others.unlink()
    assert upload(url, "photo.jpg", b"x" * 1000)
    assert "Traceback" not in app.text


# === What it leaves ===


def test_told_to_stop_it_leaves_nothing_and_hurries(start):
    app = start()
    url = app.address()
    file = Path(upload(url, "photo.jpg", b"private"))
    assert file.exists()
    with urllib.request.urlopen(f"{url}/gradio_api/heartbeat/abc", timeout=20) as beat:
        assert beat.readline()  # a visitor who is still there
        started = time.monotonic()
        assert app.end() == 0
    assert time.monotonic() - started < 15
    assert app.folders() == []


def test_after_an_hour_uploads_are_gone_and_examples_are_there(start):
    app = start(AN_HOUR="1")
    url = app.address()
    file = Path(upload(url, "photo.jpg", b"private"))
    end = time.monotonic() + 20
    while file.exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not file.exists()
    offered = 0
    for event in json.loads(ask(f"{url}/config")[1])["dependencies"]:
        if event["api_name"].startswith("fill"):
            body = json.dumps({"data": [0], "fn_index": event["id"], "session_hash": "s"})
            kind = {"Content-Type": "application/json"}
            status, text = ask(f"{url}/gradio_api/run/predict", "POST", body.encode(), **kind)
            assert status == 200
            for value in json.loads(text)["data"]:
                if isinstance(value, dict) and value.get("path"):
                    offered += 1
                    assert Path(value["path"]).exists()
    assert offered >= 2


def test_killed_its_next_start_clears_and_another_instance_stays(start):
    killed, other = start(), start()
    file = Path(upload(killed.address(), "photo.jpg", b"private"))
    theirs = Path(upload(other.address(), "photo.jpg", b"theirs"))
    killed.end(signal.SIGKILL)
    assert file.exists()
    third = start()
    url = third.address()
    assert not file.exists()
    assert theirs.exists()
    assert len(third.folders()) == 2
    assert ask(f"{url}/sentiment")[0] == 200


# === Behind nginx ===

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port};
{lines}
  }}
}}
"""


def test_behind_nginx_below_a_path(start, tmp_path):
    """As serving.md has it, and where nginx does not cut the path off."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    lines = text.split("```nginx\n")[1].split("```")[0]
    assert "127.0.0.1:7860/" in lines
    app = start("--root-path", "/demo")
    app.address()
    for end in ("/", ""):
        to = lines.replace("127.0.0.1:7860/", f"127.0.0.1:{app.port}{end}")
        port = free_port()
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(NGINX.format(folder=tmp_path, port=port, lines=to))
        proxy = subprocess.Popen([nginx, "-c", str(configuration), "-p", str(tmp_path)])
        try:
            use(f"http://127.0.0.1:{port}/demo")
        finally:
            proxy.terminate()
            proxy.wait(timeout=20)


def use(url: str) -> None:
    """What a visitor and a program do, behind a proxy that is just starting."""
    end = time.monotonic() + 20
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", urlsplit(url).port)) and time.monotonic() < end:
            time.sleep(0.05)
    for page in ("/", "/sentiment"):
        status, text = ask(f"{url}{page}")
        assert status == 200
        assert f'"root":"{url}"' in text.replace(" ", "")
    assert ask(f"{url}/theme.css")[0] == 200
    assert ask(f"{url}/gradio_api/user")[0] == 404
    path = upload(url, "notes.txt", b"hello")
    assert ask(f"{url}/gradio_api/file={path}") == (200, "hello")
    body = json.dumps({"data": ["A fine film.", "default"]}).encode()
    kind = {"Content-Type": "application/json"}
    status, text = ask(f"{url}/gradio_api/call/sentiment_score", "POST", body, **kind)
    event = json.loads(text)["event_id"]
    assert "event: complete" in ask(f"{url}/gradio_api/call/sentiment_score/{event}")[1]
