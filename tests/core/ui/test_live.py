"""core.ui.live: frames of a camera, one at a time and for as long as was said."""

from __future__ import annotations

import base64
import json
import threading

import numpy as np
import pytest

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.serve.inputs import Record, recorded, watched
from mmdemo.core.ui import live

FRAME = "data:image/jpeg;base64," + base64.b64encode(b"a picture").decode()


@pytest.fixture
def session(clock) -> live.Session:
    return live.Session(clock)


def shown(jpeg: bytes, preset: str) -> str:
    return f'<p aria-live="polite">{jpeg.decode()}, {preset}</p>'


def test_a_frame_is_answered_and_not_read_out(session):
    assert session.answer(shown, FRAME, "book") == "<p>a picture, book</p>"


def test_a_frame_is_not_kept_to_look_inside(session):
    network = watched(ModelId("demo", None, "one"), lambda array: array)

    def asking(jpeg: bytes) -> str:
        return str(network(np.frombuffer(jpeg, np.uint8)[None]).size)

    with recorded(Record()) as record:
        assert session.answer(asking, FRAME) == "9"
    assert not record.given


def test_after_its_time_nothing_is_answered(session, clock):
    clock.now = live.SECONDS + 1
    assert session.answer(shown, FRAME, "book") is None


def test_a_frame_that_comes_while_one_is_worked_on_is_dropped(session):
    dropped = []

    def slow(jpeg: bytes) -> str:
        dropped.append(session.answer(shown, FRAME, "book"))
        return "answered"

    assert session.answer(slow, FRAME) == "answered"
    assert dropped == [None]
    assert session.answer(shown, FRAME, "book"), "the next one is answered again"


def test_all_visitors_together_have_so_many_places(clock):
    """Each place is held by a frame that waits; one more is dropped, and none once they end."""
    begun, end = threading.Barrier(live.PLACES + 1), threading.Event()

    def held(jpeg: bytes) -> str:
        begun.wait(10)
        end.wait(10)
        return ""

    others = [
        threading.Thread(target=live.Session(clock).answer, args=(held, FRAME))
        for _ in range(live.PLACES)
    ]
    for other in others:
        other.start()
    begun.wait(10)
    mine = live.Session(clock)
    assert mine.answer(shown, FRAME, "book") is None
    end.set()
    for other in others:
        other.join()
    assert mine.answer(shown, FRAME, "book")


def test_a_picture_that_cannot_be_answered_says_why_and_the_next_one_is_taken(session):
    def faceless(jpeg: bytes) -> str:
        raise UserError("No <face>.")

    assert "No &lt;face&gt;." in str(session.answer(faceless, FRAME))
    assert session.answer(shown, FRAME, "book")


@pytest.mark.parametrize(
    "frame",
    ["", "data:text/html;base64,AAAA", FRAME + "?", FRAME + "A" * live.MAX_FRAME],
)
def test_what_is_no_frame_is_refused(session, frame):
    with pytest.raises(UserError, match="no picture of the camera"):
        session.answer(shown, frame, "book")


def test_somebody_is_enrolled_by_several_frames():
    assert live.several(json.dumps([FRAME] * live.SEVERAL)) == [b"a picture"] * live.SEVERAL


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ("", "no camera"),
        ("[", "no picture"),
        (json.dumps([FRAME]), "no picture"),
        (json.dumps([FRAME, FRAME, "data:image/png;base64,"]), "no picture"),
        (json.dumps(["x" * live.MAX_FRAME] * 4), "no picture"),
    ],
)
def test_other_frames_enrol_nobody(frames, said):
    with pytest.raises(UserError, match=said):
        live.several(frames)
