"""The app as strangers reach it: `--share` without a tunnel, and the endpoints as MCP tools."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmdemo import cli
from mmdemo.core.weights import artifacts
from tests.support import web
from tests.support.server import ROOT, Server, running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Shared where Gradio's helper program for the tunnel can neither be found nor fetched."""
    folder = tmp_path_factory.mktemp("shared")
    with running(
        folder,
        "--preload",
        "none",
        "--share",
        HF_HOME=str(folder),
        HTTPS_PROXY="http://127.0.0.1:9",
        MMDEMO_RATE_LIMIT="4",
    ) as started:
        yield started


def test_no_tunnel_is_said_in_one_line_and_the_app_goes_on(shared):
    end = time.monotonic() + 60
    while "no public link" not in shared.text() and time.monotonic() < end:
        time.sleep(0.1)
    (line,) = [row for row in shared.text().splitlines() if "no public link" in row]
    assert shared.url in line
    assert "Traceback" not in shared.text()
    assert web.ask(shared.url)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        str(ROOT / "app.py"),
        str(artifacts.EMBEDDED / "siamese_face" / "default" / artifacts.WEIGHTS),
        str(Path.home() / ".cache" / "huggingface" / "token"),
        f"{artifacts.EMBEDDED}/../../../../../../etc/passwd",
    ],
)
def test_no_file_of_the_server_can_be_read(shared, path):
    assert web.ask(f"{shared.url}/gradio_api/file={path}")[0] in (403, 404)


def test_a_visitor_who_asks_too_often_is_told_to_wait(shared):
    def ask() -> tuple[int, str]:
        return web.ask(
            f"{shared.url}/gradio_api/call/corrnet_same_name",
            "POST",
            json.dumps({"data": ["Ann", "Anna"]}).encode(),
            **{"Content-Type": "application/json"},
        )

    answers = [ask() for _ in range(6)]
    assert [code for code, _ in answers][-2:] == [429, 429]
    assert "Please wait" in json.loads(answers[-1][1])["detail"]
    assert web.ask(shared.url)[0] == 200, "pages are not counted"


def test_mcp_without_its_extra_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli.serve(["--mcp"]) == 1
    assert capsys.readouterr().err == (
        "--mcp wants an extra that is not installed: pip install 'gradio[mcp]'\n"
    )


def test_endpoints_are_mcp_tools(tmp_path):
    if importlib.util.find_spec("mcp") is None:
        pytest.skip("the extra is not installed: pip install 'gradio[mcp]'")
    from jsonschema import Draft202012Validator
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def ask(url: str) -> tuple[dict[str, dict], str, bool]:
        async with (
            streamable_http_client(f"{url}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = await session.list_tools()
            answer = await session.call_tool(
                "corrnet_same_name", {"first": "Vladimir", "second": "Владимир"}
            )
            found = await session.call_tool(
                "sentence_similarity_search",
                {"query": "a dog", "sentences": ["a dog runs", "the sky"]},
            )
            schemas = {tool.name: tool.inputSchema for tool in tools.tools}
            return schemas, answer.content[0].text, found.isError

    with running(tmp_path, "--preload", "none", "--mcp") as server:
        schemas, answer, failed = asyncio.run(ask(server.url))
    assert {"siamese_face_verify", "siamese_audio_embed", "corrnet_same_name"} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert not failed
    assert "true" in answer.lower()
