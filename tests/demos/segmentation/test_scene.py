"""Answers as HTML: of nothing, of little and of much; colours; names that need care."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.errors import UserError
from mmdemo.core.measure.regions import measured
from mmdemo.core.media.notes import collected
from mmdemo.demos.segmentation import compared, drawn_street, examples, infer, scene
from mmdemo.demos.segmentation.infer import Segmentation
from mmdemo.demos.segmentation.words import PETS


def answered(labels: np.ndarray, names: tuple[str, ...] = ("nucleus",)) -> Segmentation:
    size = (2 * labels.shape[1], 2 * labels.shape[0])
    return infer._things(labels.astype(np.int32), np.ones(labels.shape), names, size)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (3, 2), (70, 1100)])
@pytest.mark.parametrize("everything", [False, True])
def test_pictures_of_every_size_with_nothing_and_with_everything(shape, everything):
    html = scene.answer(np.zeros((*shape, 3), np.uint8), answered(np.full(shape, int(everything))))
    assert ("One nucleus, which covers 100 %" in html) == everything
    assert ("Nothing was found that looks like a nucleus" in html) != everything


@pytest.mark.parametrize(("kinds", "shown"), [([0, 1, 2], True), ([1, 2], False), ([], False)])
def test_what_is_behind_can_be_changed_where_there_is_a_pet(kinds, shown):
    labels = np.zeros((9, 9), np.int32)
    labels[: len(kinds)] = np.arange(1, len(kinds) + 1)[:, None]
    found = [PETS[kind] for kind in kinds]
    regions = measured(labels, np.ones(len(found)), found, (9, 9))
    html = scene.answer(
        np.zeros((9, 9, 3), np.uint8), Segmentation(labels, regions, PETS, 9, 9, by_kind=True)
    )
    assert ('data-part="behind"' in html) == shown


def test_one_kind_is_one():
    labels = np.ones((3, 3), np.int32)
    regions = measured(labels, [1.0], [PETS[0]], (3, 3))
    found = Segmentation(labels, regions, PETS, 3, 3, by_kind=True)
    assert "One kind of thing: pet, 100 %." in scene.answer(np.zeros((3, 3, 3), np.uint8), found)


@pytest.mark.parametrize("shape", [(20, 2048), (2048, 20), (1, 9000)])
def test_a_strip_is_broad_enough_to_be_seen(shape):
    html = scene.answer(np.zeros((*shape, 3), np.uint8), answered(np.ones(shape)))
    style = re.search(r'mm-strip" style="--across:([\d.]+)rem;--down:([\d.]+)rem"', html)
    assert style is not None
    broad, long = sorted(map(float, style.groups()))
    assert long <= 400 and (broad > 3 or min(shape) == 1)
    assert "mm-strip" not in scene.answer(np.zeros((9, 50, 3), "u1"), answered(np.ones((9, 50))))


def test_names_are_escaped():
    html = scene.answer(np.zeros((4, 4, 3), np.uint8), answered(np.eye(4), ('<b>"x',)))
    assert "<b>" not in html and '"x' not in html


def test_a_program_gets_the_map_of_labels():
    labels = np.arange(600).reshape(20, 30)
    png = base64.b64decode(answered(labels).to_dict()["labels"])
    with Image.open(io.BytesIO(png)) as image:
        assert (np.asarray(image) == labels).all()


def test_of_thousands_the_largest_are_told():
    labels = np.arange(1, 90_001).reshape(300, 300)
    labels[:, :3] = 1
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape) + 1
    with collected() as notes:
        answer = answered(labels)
    assert len(answer.regions) == infer.MOST == answer.labels.max()
    assert max(region.area for region in answer.regions) == 4 * 900
    assert f"{labels.max():,} things were found" in notes[0]


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), "u1")]
)
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(UserError, match="RGB in 8 bits"):
        infer.segment(image)


def test_where_ways_disagree_is_counted():
    one, other = np.zeros((2, 9, 9), int)
    one[:3], other[2:6] = 1, 1
    answers = [answered(each) for each in (one, other)]
    assert compared.votes(answers)[:, 0].tolist() == [1, 1, 2, 1, 1, 1, 0, 0, 0]


def test_examples_are_drawn_alike_each_time():
    assert (drawn_street.street(3, 2, 1) == drawn_street.street(3, 2, 1)).all()
    assert drawn_street.street(0, 0, 1).shape == (360, 480, 3)
    assert (drawn.field("stained", 9, 1)[0] == drawn.field("stained", 9, 1)[0]).all()
    files = [*examples.photos().values(), *examples.streets().values()]
    assert len(files) == len({file.read_bytes() for file in files}) == 5
