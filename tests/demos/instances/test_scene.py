"""Answers as HTML: of nothing, of one thing and of many; and how each was found."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
from html import unescape

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.measure.regions import measured
from mmdemo.demos.instances import examples, scene
from mmdemo.demos.instances.infer import Instances, Walk

POINTS = 28


def found(count: int, side: int = 320) -> Instances:
    """So many squares, each larger than the one before it, and round masks of their own level."""
    rng = np.random.default_rng(0)
    labels = np.zeros((side, side), np.int32)
    cell = side // int(np.ceil(np.sqrt(max(count, 1))))
    for number in range(count):
        top, left = (cell * step for step in divmod(number, side // cell))
        high = max(1, cell * (number + count) // (2 * count) - 1)
        labels[top : top + high, left : left + high] = number + 1
    down, across = np.indices((POINTS, POINTS)) - (POINTS - 1) / 2
    round_ = np.clip(POINTS / 2 - np.hypot(down, across), 0, 1).astype(np.float32)
    scores = rng.permutation(np.linspace(0.5, 1, count))
    walks = tuple(
        Walk(
            anchor=(-0.1, 0.1, 0.3, 0.4),
            proposal=(0.0, 0.1, 0.2, 0.3),
            objectness=0.9,
            stride=4,
            box=(0.0123456, 0.1, 0.2, 0.3),
            score=float(score),
            mask=round_ * (number + 1) / max(count, 1),
        )
        for number, score in enumerate(scores)
    )
    return Instances(
        labels=labels,
        regions=measured(labels, scores, ["nucleus"] * count, (side, side)),
        walks=walks,
        proposals=rng.uniform(-0.1, 1.1, (min(count, 300), 4)).astype(np.float32),
        anchors=46080,
        names=("nucleus",),
        width=side,
        height=side,
    )


def drawn(count: int, side: int = 320) -> str:
    return scene.answer(np.zeros((side, side, 3), np.uint8), found(count, side))


def data(html: str, name: str) -> str:
    """What the page hands to its script under that name."""
    part = re.search(f'data-{name}="([^"]*)"', html)
    assert part is not None
    return unescape(part[1])


def picture(address: str, mode: str) -> np.ndarray:
    """The pixels of a picture in a data address."""
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        return np.asarray(image.convert(mode))


def test_where_nothing_was_found_there_is_no_way_to_it():
    html = drawn(0)
    assert "Nothing was found that looks like a nucleus" in html
    assert "mm-walk" not in html


@pytest.mark.parametrize("side", [3, 320])
def test_one_thing(side):
    html = drawn(1, side)
    assert "One nucleus, which covers" in html
    assert len(json.loads(data(html, "walks"))) == html.count("data-region=") == 1
    assert "46,080" in data(html, "words")


def test_of_many_the_page_stays_small_and_each_has_its_row_and_its_mask():
    things = found(600)
    html = scene.answer(np.zeros((320, 320, 3), np.uint8), things)
    assert len(html) < 1_500_000
    assert "Show every proposal: 300" in html
    rows, walks = (json.loads(data(html, name)) for name in ("regions", "walks"))
    assert len(rows) == len(walks) == html.count("data-region=") == 600

    areas = [row[1] for row in rows]
    assert areas == sorted(areas, reverse=True)
    assert [row[3] for row in rows] == [walk[4] for walk in walks]  # the same thing's score
    sheet = picture(data(html, "masks"), "RGB")[..., 0]
    across = sheet.shape[1] // POINTS
    for place, (_anchor, _proposal, _box, _objectness, score, _stride) in enumerate(walks):
        down, right = (POINTS * step for step in divmod(place, across))
        walk = next(walk for walk in things.walks if round(walk.score, 4) == score)
        shown = sheet[down : down + POINTS, right : right + POINTS]
        assert np.abs(shown / 255 - walk.mask).max() < 0.003


def test_boxes_are_in_parts_of_the_picture():
    for _anchor, _proposal, box, *_others in json.loads(data(drawn(4), "walks")):
        assert box == [0.0123, 0.1, 0.2, 0.3]


@pytest.mark.parametrize(("width", "height"), [(320, 160), (1, 3000)])
def test_all_proposals_are_drawn_within_the_picture(width, height):
    boxes = np.array([[-0.5, 0.25, 0.5, 0.75], [0.9, 0.9, 1.2, 1.1]], np.float32)
    things = dataclasses.replace(found(1), proposals=boxes, width=width, height=height)
    html = scene.answer(np.zeros((320, 320, 3), np.uint8), things)
    drawn = picture(data(html, "proposals"), "RGBA")[..., 3] > 0
    assert max(drawn.shape) == (960 if width == 320 else 4 * 960)
    if width == 320:
        assert drawn[120, :481].all() and not drawn[120, 481:].any()  # the upper edge of the first
        assert drawn[-2:, 864:].all() and not drawn[:100].any()


def test_examples_are_three_pictures():
    assert len({file.read_bytes() for file in examples.photos().values()}) == 3
