"""core.ui.events: a handler that yields streams, tells its errors, and stops when left alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file

from mmdemo.core.media.image import open_image
from mmdemo.core.ui import events
from tests.support import streaming
from tests.support.server import Server, connect, running

OUTDATED = f'<p class="mm-note" role="status">{events.OUTDATED}</p>'
# The client leaves its last connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("streaming")
    with running(folder, program=("-m", "tests.support.streaming")) as server:
        yield server


@pytest.fixture(scope="module")
def client(app) -> Iterator[Client]:
    with_client = connect(app.url)
    yield with_client
    with_client.close()


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_each_part_is_shown_as_it_comes(client):
    job = client.submit(4, api_name="/count_to")
    assert list(job) == [1, 2, 3, 4]
    assert job.result() == 4


def test_an_error_in_the_middle_is_told_as_any_other(client, app):
    job = client.submit(2, api_name="/stumble")
    with pytest.raises(Exception, match="Two is too much"):
        job.result(timeout=20)
    assert job.outputs() == [1], "what was shown before stays"
    with pytest.raises(Exception, match="not your input's fault"):
        client.submit(2, api_name="/break_down").result(timeout=20)
    assert "ZeroDivisionError" in app.text()
    assert "Two is too much" not in app.text()


def test_a_long_job_does_not_hold_up_a_quick_one_and_can_be_cancelled(client, app):
    job = client.submit(1, api_name="/endless")
    assert until(lambda: bool(job.outputs()))
    waiting = client.submit(1, api_name="/endless")  # its lane has one place: this one waits
    assert client.predict(3, api_name="/count_to") == 3
    assert waiting.outputs() == []
    waiting.cancel()
    assert until(waiting.done), "else it would begin as the other one ends"
    job.cancel()
    assert until(lambda: "closed 1" in app.text()), "nobody listens, and it goes on"


def test_a_visitor_who_leaves_stops_the_handler(app):
    known = httpx.get(f"{app.url}/config").json()["dependencies"]
    index = next(d["id"] for d in known if d["api_name"] == "endless")
    question = {"data": [2], "session_hash": "leaves", "fn_index": index}
    httpx.post(f"{app.url}/gradio_api/queue/join", json=question).raise_for_status()
    address = f"{app.url}/gradio_api/queue/data?session_hash=leaves"
    with httpx.stream("GET", address, timeout=20) as stream:
        assert any("process_generating" in line for line in stream.iter_lines())
        assert "closed 2" not in app.text()
    assert until(lambda: "closed 2" in app.text()), "nobody listens, and it goes on"


def test_nobody_holds_a_place_for_longer_than_the_lane_allows(capsys):
    handler = events._handler(streaming.endless, None, [None], seconds=0.12)
    shown = []
    with pytest.raises(gr.Error, match="longer than 0 seconds"):
        for value in handler(1, None):
            shown.append(value)
    assert 2 <= len(shown) <= 4
    assert "closed" in capsys.readouterr().out


def test_an_empty_value_is_the_caller_s_fault_unless_it_is_one_that_may_be_empty(caplog):
    def cut(text: str, end: int | None) -> str:
        return text[: end + 1]

    handler = events._handler(cut, None, [None, None], seconds=60)
    assert handler("abc", 0, None) == "a"
    with pytest.raises(gr.Error, match="empty that is asked for: text"):
        handler(None, 0, None)
    assert "Traceback" not in caplog.text
    with pytest.raises(gr.Error, match="not your input's fault"):
        handler("abc", None, None)
    assert "Traceback" in caplog.text


def test_an_upload_that_is_gone_when_its_turn_comes_is_named_so(caplog, tmp_path):
    kept = tmp_path / "a.txt"
    kept.write_text("abc")
    upload = {"path": str(kept), "meta": {"_type": "gradio.FileData"}}
    handler = events._handler(lambda path: path.read_text(), None, [None], seconds=60)
    assert handler(upload, None) == "abc"
    kept.unlink()
    with pytest.raises(gr.Error, match="no longer here"):
        handler(upload, None)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("streams", [False, True])
def test_a_page_says_that_a_picture_is_cut_off(generated, monkeypatch, streams):
    def size(path):
        return open_image(path).shape

    def sizes(path):
        yield None
        yield open_image(path).shape

    told = []
    monkeypatch.setattr(gr, "Warning", lambda text, title: told.append(text))
    content = generated.encode(generated.pixels(), "JPEG")
    handler = events._handler(sizes if streams else size, None, [None], seconds=60)
    for end, notes in ((None, 0), (-2, 1)):
        file = generated.file("photo.jpg", content[:end])
        sent = {"path": str(file), "meta": {"_type": "gradio.FileData"}}
        answer = list(handler(sent, None))[-1] if streams else handler(sent, None)
        assert answer == (48, 64, 3)
        assert len(told) == notes
    assert "cut off" in told[0]


def test_steps_say_how_much_time_is_left(client):
    job = client.submit(8, api_name="/slow_steps")
    said = set()
    while not job.done():
        said |= {unit.desc for unit in job.status().progress_data or [] if unit.desc}
        time.sleep(0.01)
    assert list(job) == list(range(8))
    assert any(text.startswith("about 0 s left") for text in said), said


def test_steps_count_what_is_in_an_item(monkeypatch):
    told = []
    monkeypatch.setattr(gr, "Progress", lambda: lambda done, desc, unit: told.append((done, unit)))
    assert list(events.steps(["abc", "de", "f"], "letters", size=len)) == ["abc", "de", "f"]
    assert told == [((0, 6), "letters"), ((3, 6), "letters"), ((5, 6), "letters")]


def test_an_endpoint_asks_for_what_its_function_takes(client, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("x")
    answer = client.predict(file=handle_file(str(path)), api_name="/toy_file_name")
    assert answer == {"name": "notes.txt", "note": "no note"}
    with pytest.raises(Exception, match="A file is missing from this request"):
        client.predict(file=None, api_name="/toy_file_name")


@pytest.mark.parametrize(
    ("headers", "part", "error", "refused"),
    [
        ({}, "Photo", "This file is empty", "There is nothing here"),
        ({"Accept-Language": "zh-CN,en;q=0.5"}, "照片", "此文件是空的", "这里什么也没有"),
    ],
)
def test_each_part_errors_and_validators_speak_the_askers_language(
    app, headers, part, error, refused
):
    client = Client(app.url, verbose=False, headers=headers)
    job = client.submit(2, api_name="/in_parts")
    with pytest.raises(Exception, match=error):
        job.result(timeout=20)
    assert job.outputs() == [part, part]
    with pytest.raises(Exception, match=refused):
        client.predict(0, api_name="/in_parts")
    client.close()


def test_a_lone_input_that_is_empty_is_asked_for(client):
    with pytest.raises(Exception, match="Add a file first"):
        client.predict(None, api_name="/read_file")


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("", OUTDATED),
        (("", 1, ""), (OUTDATED, 1, "")),
        ((None, ""), (None, OUTDATED)),
        (None, None),
    ],
)
def test_where_an_answer_went_stands_why(hidden, shown):
    with gr.Blocks() as blocks:
        question, *outputs = [gr.Textbox() for _ in range(4)]
        events.outdate([], [question.change], lambda: hidden, outputs[: len(hidden or "x")])
    (attached,) = blocks.fns.values()
    assert attached.fn is None  # it stays in the browser, so that no answer overtakes it
    if "" in (hidden or [None]) or hidden == "":  # why, where an answer stood, else nothing
        why, empty = attached.js.removeprefix("(shown) => shown ? ").split(" : ")
        assert attached.inputs == [outputs[1 if hidden == (None, "") else 0]]
        assert json.loads(empty) == json.loads(json.dumps(hidden))
    else:
        why = attached.js.removeprefix("() => (").removesuffix(")")
    assert json.loads(why) == json.loads(json.dumps(shown))
