"""Visitors take turns."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest
from gradio import queueing
from starlette.requests import Request

from mmdemo.core import language
from mmdemo.core.ui import fair_queue


def events(visitors: str) -> list[SimpleNamespace]:
    """A waiting question of each visitor in turn; numbered in the order in which they came."""
    return [
        SimpleNamespace(
            number=number, request=SimpleNamespace(scope={"client": (visitor, 1), "headers": []})
        )
        for number, visitor in enumerate(visitors)
    ]


@pytest.mark.parametrize(
    ("waiting", "running", "order"),
    [
        ("aaaab", {}, [0, 4, 1, 2, 3]),
        ("aabbc", {}, [0, 2, 4, 1, 3]),
        ("aab", {"b": 1}, [0, 1, 2]),
        ("aaab", {"a": 2}, [3, 0, 1, 2]),
        ("", {}, []),
    ],
)
def test_a_first_question_does_not_wait_for_another_s_fortieth(waiting, running, order):
    turns = fair_queue.in_turns(events(waiting), Counter(running))
    assert [event.number for event in turns] == order


def test_who_waits_too_long_is_told_so_in_the_page_s_language(monkeypatch):
    headers = [(b"referer", b"http://here/sentiment?lang=zh")]
    scope = {"type": "http", "client": ("a", 1), "headers": headers, "query_string": b""}
    event = SimpleNamespace(enqueue_time=-fair_queue.PATIENCE, request=Request(scope), alive=True)
    monkeypatch.setattr(fair_queue.time, "monotonic", lambda: 1.0)
    told = []
    queue = SimpleNamespace(send_message=lambda event, message: told.append(message.output))
    assert fair_queue.FairQueue._given_up(queue, event)
    with language.speaking("zh"):
        assert told[0]["title"] == language._("Please come back") != "Please come back"
    assert not event.alive


def test_a_class_behind_one_address_may_have_more_waiting(monkeypatch):
    async def pushed(*given) -> tuple[bool, str, str]:
        return True, "an event", "success"

    monkeypatch.setattr(queueing.Queue, "push", pushed)
    queue = object.__new__(fair_queue.FairQueue)
    queue.blocks = SimpleNamespace(fns={0: None})
    queue.event_queue_per_concurrency_id = {"inference": SimpleNamespace(queue=events("a" * 32))}
    question = SimpleNamespace(fn_index=0), events("a")[0].request, None
    assert fair_queue.bound() == fair_queue.MAX_QUEUE
    assert asyncio.run(queue.push(*question))[2] == "queue_full"
    monkeypatch.setattr(fair_queue.public, "classroom", True)
    assert fair_queue.bound() == fair_queue.MAX_OF_A_CLASS
    assert asyncio.run(queue.push(*question))[0]
