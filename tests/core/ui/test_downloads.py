"""The archive of a network: sent under its own name, and only where there is one."""

from __future__ import annotations

import io
import zipfile

from starlette.applications import Starlette
from starlette.testclient import TestClient

from mmdemo.catalog import DEMOS, find
from mmdemo.core.ui import downloads
from mmdemo.core.weights import artifacts


def test_a_network_of_a_task_is_sent_as_an_archive():
    with TestClient(Starlette(routes=downloads.routes(DEMOS))) as client:
        sent = client.get("/weights/corrnet/halves/book.zip")
        assert sent.status_code == 200
        assert sent.headers["content-type"] == "application/zip"
        assert 'filename="mmdemo-corrnet-halves-book.zip"' in sent.headers["content-disposition"]
        asked = client.head("/weights/corrnet/halves/book.zip")
        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["content-disposition"] == sent.headers["content-disposition"]
        archive = zipfile.ZipFile(io.BytesIO(sent.content))
        assert archive.testzip() is None
        assert f"mmdemo-corrnet-halves-book/corrnet/halves/book/{artifacts.WEIGHTS}" in (
            archive.namelist()
        )
        for other in ("corrnet/halves/best", "corrnet", "../README", "corrnet/halves/book.zip"):
            assert client.get(f"/weights/{other}.zip").status_code == 404


def test_without_weights_there_is_nothing_to_send(monkeypatch, tmp_path):
    monkeypatch.setattr(artifacts, "EMBEDDED", tmp_path)
    with TestClient(Starlette(routes=downloads.routes([find("sentiment")]))) as client:
        sent = client.get("/weights/sentiment/book.zip")
    assert (sent.status_code, sent.text) == (404, "There are no weights for it yet.")
