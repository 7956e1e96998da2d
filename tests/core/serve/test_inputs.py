"""What networks were given is remembered for a session, within bounds."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.demo import ModelId
from mmdemo.core.serve import inputs
from mmdemo.core.serve.inputs import Reached, Record, Sessions, recorded, watched

ONE, OTHER = ModelId("demo", None, "one"), ModelId("demo", None, "other")


def test_the_first_calls_of_each_network_count():
    call = watched(ONE, lambda array: array + 1)
    given = np.zeros((3, 3), np.float32)
    with recorded(Record()) as record:
        assert call(given).sum() == 9
        call(np.ones((1, 3), np.float32))
        call(np.zeros((20, 3), np.float32))
        call(np.zeros((20, 3), np.float32))
    kept = record.given[ONE]
    assert [one[0].shape for one in kept] == inputs.ROWS * [(1, 3)]
    assert [one[0].sum() for one in kept[:5]] == [0, 0, 0, 3, 0]
    given[:] = 7
    assert not kept[0][0].any(), "it is a copy"
    call(given)  # nobody records
    assert set(record.given) == {ONE}


def test_a_question_is_left_when_enough_of_the_network_is_known():
    called = []
    calls = [watched(name, lambda array: called.append(1) or array) for name in (ONE, OTHER)]
    with pytest.raises(Reached), recorded(Record(until=OTHER)) as record:
        while True:
            for call in calls:
                call(np.arange(3)[None])
    assert len(called) == 2 * inputs.CALLS - 1
    assert [given[0].tolist() for given in record.given[OTHER]] == inputs.CALLS * [[[0, 1, 2]]]


def test_sessions_are_bounded_and_apart():
    def ask(sessions, session, handler=print, size=100):
        record = Record({ONE: [(np.zeros((1, size), np.uint8),)]})
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
    sessions.add("a", asked, ONE, [(np.zeros(1),)])
    assert ONE in sessions.last("a")[0].given
    sessions.keep("a", print, (), Record())
    sessions.add("a", asked, OTHER, [(np.zeros(1),)])
    assert sessions.last("a")[0].given == {}


def test_what_a_visitor_asked_who_left_meanwhile_is_not_kept():
    sessions = Sessions()
    record = Record({ONE: [(np.zeros((1, 3)),)]})
    with sessions.event("a"):
        with sessions.event("a"):
            assert sessions.forget("a") == []
        sessions.keep("a", print, (), record)
    assert sessions.last("a") == []
    sessions.keep("a", print, (), record)  # the page is there again
    (inputs_of,) = sessions.forget("a")
    assert inputs_of[0].shape == (1, 3)


def test_a_question_is_as_large_as_all_that_it_holds():
    sessions = Sessions(max_bytes=5000)
    for session, value in (("a", {"composite": bytes(3000)}), ("b", ["x" * 3000])):
        sessions.keep(session, print, (value,), Record())
    assert sessions.last("a") == []
    assert sessions.last("b")[0].nbytes >= 3000
