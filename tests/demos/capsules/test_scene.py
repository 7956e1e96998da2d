"""Answers as HTML, and what the page's scripts may ask. No network is run."""

from __future__ import annotations

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.errors import UserError
from mmdemo.demos.capsules import asked, drawn, examples, infer, scene
from mmdemo.demos.capsules.infer import Pulled, Reading, Rounds

SEEN = np.zeros((28, 28), np.uint8)


def lengths(**known: float) -> np.ndarray:
    """Of ten capsules, `d3=0.9` for a 3."""
    found = np.full(10, 0.02, np.float32)
    for name, length in known.items():
        found[int(name[1:])] = length
    return found


def read(found: np.ndarray) -> Reading:
    return Reading(SEEN, found, np.zeros((10, 16), np.float32), np.zeros((28, 28), np.float32))


def pulled(found: np.ndarray, wanted: tuple[int | None, int | None]) -> str:
    one, other = (int(digit) for digit in np.argsort(-found)[:2])
    apart = np.zeros((2, 36, 36), np.float32)
    return scene.pulled(
        Pulled(np.zeros((36, 36), np.uint8), found, (one, other), tuple(apart)), wanted
    )


# === A pose ===


def test_each_number_is_varied_by_itself_around_its_own():
    pose = np.arange(16, dtype=np.float32)
    moved = np.zeros(16, np.float32)
    moved[3] = 0.1
    poses = scene.varied(pose, moved).reshape(16, 11, 16)
    for number in range(16):
        np.testing.assert_allclose(poses[number, :, number], pose[number] + scene.SHIFTS, rtol=1e-6)
        others = np.delete(poses[number], number, axis=1)
        assert (others == np.delete(pose + moved, number)).all()
    np.testing.assert_allclose(scene.SHIFTS[[0, 5, 10]], [-0.25, 0, 0.25])


def test_a_sheet_has_a_row_for_each_number():
    redrawn = np.linspace(0, 1, 176, dtype=np.float32)[:, None, None] * np.ones((28, 28))
    address = scene.sheet(redrawn)
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        found = np.asarray(image)
    assert found.shape == (16 * 28, 11 * 28)
    wanted = (255 * redrawn[:, 0, 0]).round().reshape(16, 11)
    assert (found[::28, ::28] == wanted).all()


def test_how_sure_it_is_of_a_digit():
    def said(found: np.ndarray) -> str:
        return scene.reading(read(found), "default", "data:,", read(found))

    assert "<h3>3</h3>" in said(lengths(d3=0.9))
    assert "<h3>Perhaps 3</h3>" in said(lengths(d3=0.9, d8=0.85))
    assert "That of 8 is long, too: 0.85." in said(lengths(d3=0.9, d8=0.85))
    assert "no digit is clearly here" in said(lengths(d3=0.4))
    html = scene.plain(Reading(SEEN, lengths(d7=0.8), np.zeros((0, 0)), np.zeros((0, 0))))
    assert "80 % for this digit" in html and "range" not in html


# === Two digits ===


@pytest.mark.parametrize(
    ("found", "wanted", "name", "kind", "said"),
    [
        (lengths(d3=0.8, d5=0.9), (3, 5), "3 and 5", "mm-yes", "is 0: 0.02"),
        (lengths(d3=0.8, d5=0.9), (None, None), "3 and 5", "mm-yes", ""),
        (lengths(d3=0.8, d5=0.9), (None, 6), "3 and 5", "mm-no", "wrong: 6 lies there"),
        (lengths(d3=0.8, d5=0.9), (3, 3), "3 and 5", "mm-yes", "Both are a 3"),
        (lengths(d3=0.8, d5=0.7, d6=0.65), (3, 5), "Perhaps 3 and 5", "mm-unsure", "not sure"),
        (lengths(d3=0.8, d5=0.3), (3, 5), "Perhaps 3 and 5", "mm-unsure", "not sure"),
    ],
)
def test_two_digits_are_named_doubted_or_wrong(found, wanted, name, kind, said):
    html = pulled(found, wanted)
    assert f"<h3>{name}</h3>" in html and kind in html and said in html
    assert ("wrong" in html) == (kind == "mm-no")


def test_two_digits_are_in_two_colours_that_are_white_together():
    assert np.sum(scene.COLOURS, axis=0).tolist() == [255, 255, 255]


def test_a_digit_has_the_colour_that_it_had_on_the_stage():
    def order(wanted: tuple[int | None, int | None]) -> list[str]:
        return re.findall(r"The (\d) alone", pulled(lengths(d3=0.8, d5=0.9), wanted))[::2]

    assert order((5, 3)) == order((None, 3)) == order((None, None)) == ["5", "3"]
    assert order((3, 5)) == order((3, None)) == order((3, 6)) == ["3", "5"]


# === Routing and scrambled parts ===


@pytest.mark.parametrize(("other", "shown"), [(None, 8), (3, 8), (5, 5)])
def test_rounds_show_the_winner_and_another(other, shown):
    weights = np.full((3, 6 * 6 * 32, 10), 0.1, np.float32)
    weights[2, :, 3] = 0.4
    each = np.stack([lengths(), lengths(d3=0.4), lengths(d3=0.9, d8=0.3)])
    html = scene.routed(Rounds(weights, each, (6, 6), 32), SEEN, other, read(lengths(d3=1)))
    assert html.count("<svg") == 6
    assert "Round 3, digit 3: 40 %" in html and f"Round 3, digit {shown}: 10 %" in html
    assert html.count("<tr") == 11


def test_a_map_lies_as_the_picture_does():
    weights = np.zeros((3, 6, 6, 32, 10), np.float32)
    weights[1, 0, 5, :, 3] = 1  # above, right
    each = np.stack([lengths(d3=0.9)] * 3)
    rounds = Rounds(weights.reshape(3, -1, 10), each, (6, 6), 32)
    html = scene.routed(rounds, SEEN, None, read(lengths(d3=1)))
    address = html.partition('<image href="')[2].partition('"')[0]
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        light = np.asarray(image.convert("L").resize((18, 18), Image.Resampling.NEAREST))
    assert np.argwhere(light > 200).tolist() == [[0, 11]]


def test_scrambled_parts_are_shown_before_anybody_is_asked():
    figures = [(4, SEEN, SEEN), (8, SEEN, SEEN)]
    assert scene.scrambled(figures).count("<tr") == 4
    said = [{"cnn": (read(lengths(d4=1)), read(lengths(d4=0.5)))}] * 2
    html = scene.scrambled(figures, said)
    assert "CNN 0.51 and 0.26" in html and html.count("mm-caps-same") == 2


@pytest.mark.parametrize("value", examples.SCRAMBLED)
def test_scrambled_parts_can_be_read_as_one_thing(value):
    for seed in range(40):
        assert infer.seen(drawn.scrambled(value, seed)).shape == (28, 28)


# === What is asked ===


def laid(**changed: object) -> str:
    picture = asked.packed(SEEN)
    given = {"pictures": [picture] * 2, "shifts": [[-4, 4], [0, 0]], "digits": [3, None]}
    return json.dumps(given | changed)


def test_two_digits_arrive_as_they_were_laid():
    ink = np.arange(784).reshape(28, 28).astype(np.uint8)
    given = asked.Laid.parse(laid(pictures=[asked.packed(ink), asked.packed(SEEN)]))
    assert (given.pictures[0] == ink).all()
    assert given.shifts == ((-4, 4), (0, 0)) and given.digits == (3, None)


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "[]", "{", "{}", "9" * 20_000, "[" * 9_000),
        laid(shifts=[[5, 0], [0, 0]]),
        laid(shifts=[[0, 0]]),
        laid(pictures=["AAAA", "AAAA"]),
        laid(pictures=["?", "?"]),
        laid(digits=["three", None]),
        laid(digits=[float("inf"), None]),
    ],
)
def test_what_no_page_asks_of_two_digits_is_refused(text):
    with pytest.raises(UserError, match="not what a page asks"):
        asked.Laid.parse(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"pose": [0] * 15},
        {"moved": [float("nan")] * 16},
        {"moved": ["a"] * 16},
        {"digit": 10},
        {"digit": None},
        {"pose": None},
    ],
)
def test_what_no_page_asks_of_a_pose_is_refused(changed):
    given = {"pose": [0] * 16, "moved": [0.1] * 16, "digit": 3, "preset": "book"}
    assert asked.Moved.parse(json.dumps(given)).preset == "book"
    with pytest.raises(UserError, match="not what a page asks"):
        asked.Moved.parse(json.dumps(given | changed))
