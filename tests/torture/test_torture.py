"""Whatever is asked, and by however many at once: an answer or a clear word, and nothing breaks.

`make test` asks `SHARE` questions of one seed; `make torture` a thousand of each of three.
"""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.server import Server, running
from tests.torture.cases import Case, cases
from tests.torture.visitors import EVERY_NETWORK, TELLS_TOO_MUCH, Visitor, use_everything

SHARE = 220
AT_ONCE = 4
GROWTH = 1.15
"""Of memory, at most, after the first two hundred questions."""


SERVE = """
import sys
from mmdemo import cli
raise SystemExit(cli.serve(["--port", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def tortured(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An app of its own, cut off from the network."""
    folder = tmp_path_factory.mktemp("tortured")
    alone = {"KERAS_HOME": str(folder / "keras"), "https_proxy": "http://127.0.0.1:9"}
    with running(
        folder, "--preload", "none", program=("-c", EVERY_NETWORK + SERVE), **alone
    ) as server:
        yield server


def test_no_request_breaks_anything(tortured: Server, request: pytest.FixtureRequest) -> None:
    count = request.config.getoption("--torture") or SHARE
    seeds = (0, 1, 2) if request.config.getoption("--torture") else (0,)
    visitor = Visitor(tortured.url)
    config = json.loads(visitor.ask("/config")[1])
    if len(seeds) > 1:
        use_everything(tortured.url, config)
    faults: Counter[str] = Counter()
    memory: list[int] = []

    def judge(case: Case) -> None:
        faults.update(visitor.judged(case).faults)

    for seed in seeds:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for number, _ in enumerate(pool.map(judge, cases(config, count, seed))):
                if number % 100 == 99:
                    memory.append(tortured.memory())
    if "Traceback" in tortured.text():
        faults[f"the log has a trace: {tortured.text()[-3000:]}"] += 1
    assert tortured.process.poll() is None, "the app ended"
    print(f"{count * len(seeds)} requests; resident memory after each hundred: {memory} MB")
    assert not faults, "\n".join(faults)
    if len(seeds) > 1:
        assert max(memory[2:]) <= GROWTH * memory[1]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/gradio_api/call/nope", b'{"data": []}'),
        ("/gradio_api/call/v2/nope", b'{"data": []}'),
        ("/gradio_api/call/%00", b'{"data": []}'),
        ("/gradio_api/run/predict", b'{"data": []}'),
        ("/gradio_api/queue/join", b'{"data": [], "fn_index": 99999, "session_hash": "a"}'),
        ("/gradio_api/queue/join", b'{"data": []}'),
        ("/gradio_api/queue/join", b"[]"),
        ("/gradio_api/queue/join", b"\xff\xfe{"),
        ("/gradio_api/call/sentiment_score", b'{"data": 5}'),
        ("/gradio_api/call/sentiment_score", b""),
        ("/gradio_api/upload", b"x"),
    ],
)
def test_a_caller_s_mistake_is_not_the_server_s(tortured: Server, path: str, body: bytes) -> None:
    status, text = Visitor(tortured.url).ask(path, body)
    assert 400 <= status < 500, (status, text)
    assert not TELLS_TOO_MUCH.search(text)
