"""What networks were given is remembered for a session, within bounds."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.demo import ModelId
from mmdemo.core.serve import inputs
from mmdemo.core.serve.inputs import Reached, Record, Sessions, recorded, watched

ONE, OTHER = ModelId("demo", None, "one"), ModelId("demo", None, "other")


def test_the_first_call_of_each_network_counts():
    call = watched(ONE, lambda array: array + 1)
    given = np.zeros((20, 3), np.float32)
    with recorded(Record()) as record:
        assert call(given).sum() == 60
        call(np.ones((1, 3), np.float32))
    kept = record.first[ONE][0]
    assert kept.shape == (inputs.ROWS, 3)
    given[:] = 7
    assert not kept.any(), "it is a copy"
    call(given)  # nobody records
    assert set(record.first) == {ONE}


def test_a_question_is_left_at_the_call_that_is_looked_for():
    called = []
    calls = [watched(name, lambda array: called.append(1) or array) for name in (ONE, OTHER)]
    with pytest.raises(Reached) as reached, recorded(Record(until=OTHER)):
        for call in calls:
            call(np.arange(3)[None])
    assert len(called) == 1
    assert reached.value.inputs[0].tolist() == [[0, 1, 2]]


def test_sessions_are_bounded_and_apart():
    def ask(sessions, session, handler=print, size=100):
        record = Record({ONE: (np.zeros((1, size), np.uint8),)})
        sessions.keep(session, handler, (), record)

    sessions = Sessions(max_bytes=250)
    for session in "abc":
        ask(sessions, session)
    assert [bool(sessions.last(session)) for session in "abc"] == [False, True, True]
    ask(sessions, "c", repr, 50)
    assert [asked.handler for asked in sessions.last("c")] == [repr, print]
    newest, older = sessions.last("c")
    assert newest.number > older.number
    sessions.forget("c")
    assert sessions.last("c") == []
    assert sessions.last("b")
    assert Sessions(seconds=-1).last("b") == []
    old = Sessions(seconds=-1)
    ask(old, "a")
    assert old.last("a") == []


def test_inputs_of_a_question_that_was_asked_anew_are_not_added():
    sessions = Sessions()
    sessions.keep("a", print, (), Record())
    (asked,) = sessions.last("a")
    sessions.add("a", asked, ONE, (np.zeros(1),))
    assert ONE in sessions.last("a")[0].first
    sessions.keep("a", print, (), Record())
    sessions.add("a", asked, OTHER, (np.zeros(1),))
    assert sessions.last("a")[0].first == {}
