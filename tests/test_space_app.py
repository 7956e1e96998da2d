"""The Space as built: from nothing but the files that `deploy` uploads and their requirements.

The environment is linked from the packages installed here. `MMDEMO_SPACE_PYTHON` names the
interpreter of one that pip made, to test that instead.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gradio_client import handle_file

from mmdemo import space
from mmdemo.catalog import DEMOS
from tests.support import environment
from tests.support.server import connect, free_port

EMPTY = """
import gradio as gr
with gr.Blocks(analytics_enabled=False) as blocks:
    gr.Markdown("# Empty")
blocks.launch(quiet=True)
"""


@pytest.fixture(scope="module", params=["cpu-basic", space.ZERO])
def built(request: pytest.FixtureRequest, tmp_path_factory) -> tuple[Path, Path, str]:
    """A Space's folder, an interpreter for it, and its hardware."""
    hardware = request.param
    if hardware == space.ZERO and importlib.util.find_spec("torch") is None:
        if "torch" in os.environ.get("MMDEMO_REQUIRE_BACKENDS", ""):
            pytest.fail("torch is not installed, and this run must not skip it")
        pytest.skip("torch is not installed: pip install -r requirements-torch.txt")
    folder = tmp_path_factory.mktemp("space")
    upload = space.prepare(hardware)
    upload.write(folder)
    made = os.environ.get("MMDEMO_SPACE_PYTHON")
    if made and hardware != space.ZERO:
        return folder, Path(made), hardware
    python = environment.make(
        tmp_path_factory.mktemp("environment"),
        upload.files["requirements.txt"].decode(),
        without=("spaces",),  # the Space has it; here is no GPU to schedule
    )
    return folder, python, hardware


@contextmanager
def started(folder: Path, python: Path, *program: str, **more: str) -> Iterator[tuple[str, float]]:
    """The address of a running program and the seconds until its first page."""
    port = free_port()
    environ = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    environ |= {
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "SYSTEM": "spaces",
        "SPACE_ID": "ada/mmdemo",
        "SPACE_HOST": "ada-mmdemo.hf.space",
        "SPACE_AUTHOR_NAME": "ada",
        "SPACE_REPO_NAME": "mmdemo",
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    } | more
    log = folder / f"log-{port}.txt"
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(python), *program], cwd=folder, env=environ, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            assert process.poll() is None, log.read_text()
            assert time.perf_counter() - begun < 120, log.read_text()
            try:
                with urllib.request.urlopen(url, timeout=30) as page:
                    page.read()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        yield url, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(timeout=30)
        sys.stdout.write(log.read_text())


def test_the_space_serves_every_page_and_answers_a_call_of_each_demo(built):
    folder, python, hardware = built
    if hardware == space.ZERO:
        probe = [str(python), "-c", "import tensorflow"]
        assert subprocess.run(probe, capture_output=True, check=False).returncode != 0
    backend = {"KERAS_BACKEND": "torch"} if hardware == space.ZERO else {}
    arguments = {"MMDEMO_RATE_LIMIT": "100000", "MMDEMO_PRELOAD": "none"}
    with started(folder, python, "app.py", **backend, **arguments) as (url, _):
        for demo in DEMOS:
            with urllib.request.urlopen(f"{url}/{demo.slug}", timeout=60) as page:
                assert page.status == 200
        client = connect(url)
        for demo in DEMOS:
            asked = demo.module("examples").requests()[0]
            values = {
                name: handle_file(value) if isinstance(value, Path) else value
                for name, value in asked.arguments.items()
            }
            answer = client.predict(**values, api_name=f"/{asked.endpoint}")
            assert answer, demo.slug


def test_the_first_page_comes_soon(built):
    """Within three times an empty Gradio app's start, the better of two starts of each."""
    folder, python, hardware = built
    if hardware == space.ZERO:
        pytest.skip("the first page needs no backend: timed once")

    def best(*program: str) -> float:
        seconds = []
        for _ in range(2):
            with started(folder, python, *program) as (_, took):
                seconds.append(took)
        return min(seconds)

    empty = best("-c", EMPTY)
    ours = best("app.py", "--preload", "none")
    print(f"empty app {empty:.2f} s, ours {ours:.2f} s: {ours / empty:.2f} times")
    assert ours < 3 * empty


def test_the_space_stays_in_its_limits(built):
    """Strangers reach a Space: its visitors are counted, and its files are its own."""
    folder, python, hardware = built
    if hardware == space.ZERO:
        pytest.skip("the same code as on other hardware")
    with started(folder, python, "app.py", MMDEMO_RATE_LIMIT="3", MMDEMO_PRELOAD="none") as (
        url,
        _,
    ):
        for path in ("/etc/passwd", folder / "app.py", folder / "weights", python):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{url}/gradio_api/file={path}", timeout=30)
            assert refused.value.code in (403, 404)
            refused.value.close()
        statuses = []
        for _ in range(5):
            asked = urllib.request.Request(
                f"{url}/gradio_api/call/siamese_face_embed",
                b'{"data": [null]}',
                {"Content-Type": "application/json", "X-Forwarded-For": "9.9.9.9, 10.0.0.1"},
            )
            try:
                with urllib.request.urlopen(asked, timeout=30) as answer:
                    statuses.append(answer.status)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
                error.close()
        assert statuses == [200, 200, 200, 429, 429]
