"""The app is stopped, killed and starved in mid-answer: it says so, leaves nothing, and goes on."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mmdemo.core.weights import artifacts
from tests.support.starting import App
from tests.support.web import upload
from tests.torture.cases import Case, cases, events, good_files
from tests.torture.visitors import Visitor

Start = Callable[..., App]
FILM = ("A fine film.", "default")


def question(visitor: Visitor, name: str, *values: object) -> Case:
    """A question to an endpoint."""
    config = json.loads(visitor.ask("/config")[1])
    return Case(next(event for event in events(config) if event.name == name), values)


def asking(visitor: Visitor, case: Case, count: int) -> tuple[list[threading.Thread], list[str]]:
    """Visitors who ask at once, in threads that are under way, and what they will be told."""
    told: list[str] = []

    def ask() -> None:
        try:
            told.append(visitor.put(case)[1])
        except (OSError, http.client.HTTPException) as error:
            told.append(f"broken off: {error!r}")

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ended_in_mid_answer_nobody_waits_on_and_nothing_stays(start: Start, number: int) -> None:
    app = start(SECONDS="3")
    url = app.address()
    visitor = Visitor(url)
    private = Path(upload(url, "photo.jpg", b"private"))
    visitor.break_off(good_files()[0])
    threads, told = asking(visitor, question(visitor, "sentiment_score", *FILM), 6)
    time.sleep(1.5)  # four are worked on, two wait
    assert told == []
    code = app.end(number)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), "a visitor waits without end"
    assert "Traceback" not in app.text
    if number == signal.SIGKILL:
        assert private.exists()
        app = start(SECONDS="0")
        assert_answers(app.address())
        assert len(app.folders()) == 1
    else:
        assert code == 0
        assert app.folders() == []
    assert not private.exists()


def test_two_instances_do_not_feel_each_other_s_end(start: Start) -> None:
    first, second = start(SECONDS="2"), start(SECONDS="2")
    case = question(Visitor(first.address()), "sentiment_score", *FILM)
    theirs = Path(upload(second.address(), "photo.jpg", b"theirs"))
    killed, _ = asking(Visitor(first.address()), case, 4)
    threads, told = asking(Visitor(second.address()), case, 4)
    time.sleep(1)
    first.end(signal.SIGKILL)
    third = start(SECONDS="0")
    assert_answers(third.address())
    for thread in [*killed, *threads]:
        thread.join(30)
    assert len(told) == 4
    assert all("event: complete" in text for text in told), told
    assert theirs.exists()
    assert len(third.folders()) == 2
    third.end()
    assert_answers(second.address())
    assert len(second.folders()) == 1
    assert "Traceback" not in second.text + third.text


def test_on_a_full_disk_every_question_gets_a_word(start: Start, small_disk: Path) -> None:
    app = start(TMPDIR=str(small_disk))
    visitor = Visitor(app.address())
    asked = cases(json.loads(visitor.ask("/config")[1]), 60, seed=0)
    for file in good_files():  # while there is room
        visitor.upload(file)
    known = [case for case in asked if visitor.has(case)]
    assert len(known) > 30
    others = small_disk / "others"
    others.write_bytes(b"x" * shutil.disk_usage(small_disk).free)
    faults: Counter[str] = Counter()
    for case in known:
        faults.update(visitor.judged(case).faults)
    assert not faults, "\n".join(faults)
    assert "Traceback" not in app.text
    others.unlink()
    assert_answers(app.address())
    assert upload(app.address(), "photo.jpg", b"x" * 1000)


def test_weights_that_go_and_come_back_in_mid_run(start: Start, tmp_path: Path) -> None:
    weights, away = tmp_path / "weights", tmp_path / "away"
    for slug in ("sentiment", "siamese_audio"):
        shutil.copytree(artifacts.EMBEDDED / slug, weights / slug)
    app = start(EMBEDDED=str(weights))
    visitor = Visitor(app.address())
    score = question(visitor, "sentiment_score", *FILM)
    embed = question(visitor, "siamese_audio_embed", good_files()[6])
    assert embed.values[0].name == "a.wav"
    assert "event: complete" in visitor.put(score)[1]
    weights.rename(away)
    assert not visitor.judged(score).faults, "what is in memory may answer, or it says why not"
    said = visitor.put(embed)[1]
    assert "event: error" in said
    assert "weights" in said.lower()
    assert not visitor.judged(embed).faults
    for slug in ("sentiment", "siamese_audio"):
        assert visitor.ask(f"/{slug}")[0] == 200
    away.rename(weights)
    for case in (score, embed):
        assert "event: complete" in visitor.put(case)[1]
    assert "Traceback" not in app.text


def test_visitors_take_turns(start: Start) -> None:
    """A first question does not wait for another's thirtieth; of one's own it does."""
    app = start(SECONDS="0.4")
    many, other = Visitor(app.address(), "10.0.0.1"), Visitor(app.address(), "10.0.0.2")
    case = question(many, "sentiment_score", *FILM)
    waits = []
    for visitor in (other, many):
        threads, told = asking(many, case, 28)
        time.sleep(0.3)
        started = time.monotonic()
        assert "event: complete" in visitor.put(case)[1]
        waits.append(time.monotonic() - started)
        for thread in threads:
            thread.join(30)
        assert len(told) == 28
        assert all("event: complete" in text for text in told)
    first, own = waits
    print(
        f"with 28 questions before it: {first:.2f} s for another visitor, {own:.2f} s for one's own"
    )
    assert first < 1.5 < 2.2 < own


def assert_answers(url: str) -> None:
    """The app answers as ever."""
    visitor = Visitor(url)
    assert "event: complete" in visitor.put(question(visitor, "sentiment_score", *FILM))[1]
