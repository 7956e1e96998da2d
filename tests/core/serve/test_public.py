"""The bound on what each visitor asks."""

from __future__ import annotations

import asyncio
import json

import pytest

from mmdemo.core.serve import public


async def served(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def ask(limit, path="/gradio_api/queue/join", method="POST", client="1.2.3.4", headers=()):
    """Status and body of one request."""
    answers: list[dict] = []

    async def send(message) -> None:
        answers.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "client": (client, 5),
        "headers": list(headers),
    }
    asyncio.run(limit(scope, None, send))
    return answers[0]["status"], answers[-1].get("body")


def test_a_visitor_waits_and_others_do_not(clock):
    limit = public.RateLimit(served, per_minute=2, clock=clock)
    assert [ask(limit)[0] for _ in range(3)] == [200, 200, 429]
    assert ask(limit, client="5.6.7.8")[0] == 200
    clock.now = 20
    status, body = ask(limit)
    assert status == 429
    assert "41 seconds" in json.loads(body)["detail"]
    clock.now = 61
    assert ask(limit)[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [
        ("POST", "/gradio_api/upload", False),
        ("POST", "/gradio_api/call/siamese_face_verify", True),
        ("POST", "/gradio_api/queue/join", True),
        ("POST", "/gradio_api/run/0", False),
        ("GET", "/gradio_api/queue/data", False),
        ("GET", "/siamese_face", False),
        ("POST", "/login", False),
        ("GET", "/weights/sentiment/book.zip", True),
        ("HEAD", "/weights/sentiment/book.zip", False),
    ],
)
def test_questions_count_and_pages_do_not(clock, method, path, counted):
    limit = public.RateLimit(served, per_minute=1, clock=clock)
    assert ask(limit, path, method)[0] == 200
    assert ask(limit, path, method)[0] == (429 if counted else 200)


def test_the_owner_is_told_how_to_let_a_class_in(clock, caplog):
    limit = public.RateLimit(served, per_minute=1, clock=clock)
    ask(limit)
    assert caplog.text == ""
    ask(limit)
    assert "1.2.3.4" in caplog.text
    assert "--rate-limit" in caplog.text


def test_on_a_space_the_visitor_is_behind_a_proxy(clock, monkeypatch):
    forwarded = [(b"x-forwarded-for", b"9.9.9.9, 10.0.0.1")]
    limit = public.RateLimit(served, per_minute=1, clock=clock)
    assert ask(limit, headers=forwarded)[0] == 200
    assert ask(limit)[0] == 429, "elsewhere anybody could write that header"
    monkeypatch.setenv("SPACE_ID", "ada/mmdemo")
    assert ask(limit, client="10.0.0.1", headers=forwarded)[0] == 200
    assert ask(limit, client="10.0.0.2", headers=forwarded)[0] == 429


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:1.2.3.4", "1.2.3.4", True),
        ("1.2.3.4", "1.2.3.5", False),
    ],
)
def test_a_visitor_is_an_address_or_a_network_of_ipv6(one, other, alike):
    visitors = [public.visitor({"client": (each, 5), "headers": []}) for each in (one, other)]
    assert (visitors[0] == visitors[1]) is alike


def test_memory_is_bounded(clock, monkeypatch):
    monkeypatch.setattr(public, "MAX_VISITORS", 3)
    limit = public.RateLimit(served, per_minute=1, clock=clock)
    for number in range(10):
        ask(limit, client=f"1.1.1.{number}")
    assert len(limit._asked) == 3


def test_a_class_may_ask_what_its_pupils_may_together(monkeypatch):
    assert public.rate_limit() is None
    monkeypatch.setattr(public, "shared", True)
    assert public.rate_limit() == public.PER_MINUTE
    monkeypatch.setattr(public, "shared", False)
    monkeypatch.setattr(public, "classroom", True)
    assert public.rate_limit() == public.PER_MINUTE_OF_A_CLASS
    assert public.is_public(), "pupils do not have the server fetch others' networks"
