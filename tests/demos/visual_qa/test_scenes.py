"""Scenes, what is true of them, and the questions asked about them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.core.errors import DataMissing, UserError
from mmdemo.demos.visual_qa import data, infer, scenes
from mmdemo.demos.visual_qa.questions import ANSWERS, KNOWN, RELATIONAL
from mmdemo.demos.visual_qa.scenes import COLOURS, Thing, check, draw, random_scene
from mmdemo.demos.visual_qa.truths import truth

RED = Thing("circle", "red", 0.5, 0.5, 0.2)
SIX = (
    Thing("circle", "red", 0.2, 0.2, 0.07),
    Thing("square", "green", 0.4, 0.2, 0.07),
    Thing("circle", "blue", 0.9, 0.9, 0.07),
    Thing("square", "gray", 0.7, 0.7, 0.07),
)


@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_a_scene_shows_each_thing_in_its_colour_at_its_place(task):
    side = scenes.SIDES[task]
    for seed in range(20):
        things = random_scene(task, seed)
        check(things, task)
        assert len(things) == scenes.MOST[task]
        picture = draw(things, task)
        assert picture.shape == (side, side, 3) and picture.dtype == np.uint8
        for thing in things:
            place = picture[int(thing.y * side), int(thing.x * side)]
            assert tuple(place) == COLOURS[task][thing.colour]
    np.testing.assert_array_equal(
        draw(random_scene(task, 3), task), draw(random_scene(task, 3), task)
    )


def test_the_six_do_not_lie_over_each_other():
    for seed in range(20):
        things = random_scene("relations", seed)
        centres = np.array([(thing.x, thing.y) for thing in things])
        away = np.linalg.norm(centres[:, None] - centres, axis=2) + np.eye(6)
        assert away.min() >= 2 * things[0].size - 1e-9
        assert len({thing.colour for thing in things}) == 6


@pytest.mark.parametrize(
    ("things", "task"),
    [
        ((), "shapes"),
        ((RED, RED), "shapes"),
        (random_scene("relations", 0) * 2, "relations"),
        ((SIX[0], dataclasses.replace(SIX[1], colour="red")), "relations"),
        ((dataclasses.replace(RED, shape="star"),), "shapes"),
        ((dataclasses.replace(RED, colour="orange"),), "shapes"),
        ((dataclasses.replace(RED, x=1.2),), "shapes"),
        ((dataclasses.replace(RED, x=float("nan")),), "shapes"),
        ((dataclasses.replace(RED, size=0.5),), "shapes"),
    ],
)
def test_other_scenes_are_refused(things, task):
    with pytest.raises(UserError):
        check(things, task)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("is there a red shape?", "yes"),
        ("is there not a red shape?", "no"),
        ("is no triangle present?", "yes"),
        ("what shape is present?", "circle"),
        ("what color is the circle?", "red"),
        ("what color is the triangle?", ""),
        ("what is the blue shape?", ""),
    ],
)
def test_what_is_true_of_one_shape(question, answer):
    assert truth([RED], question, "shapes") == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("what shape is the green object?", "square"),
        ("is the red object on the left?", "yes"),
        ("is the blue object at the top?", "no"),
        ("what shape is nearest to the red object?", "square"),
        ("what shape is farthest from the red object?", "circle"),
        ("what shape is nearest to the blue object?", "square"),
        ("how many objects have the shape of the gray object?", "2"),
        ("what shape is the orange object?", ""),
    ],
)
def test_what_is_true_of_several(question, answer):
    assert truth(SIX, question, "relations") == answer


def test_alone_it_has_no_neighbour():
    assert truth(SIX[:1], "what shape is nearest to the red object?", "relations") == ""
    assert truth(SIX[:1], "how many objects have the shape of the red object?", "relations") == "1"


def test_sort_of_clevr_asks_ten_questions_of_each_sort():
    made = data.related(5, 1)
    assert made.pictures.shape == (5, 75, 75, 3) and len(made.questions) == 100
    kinds = [KNOWN["relations"][text].kind in RELATIONAL for text in made.questions]
    assert sum(kinds) == 50 and len(set(zip(made.rows, made.questions, strict=True))) == 100
    again = data.related(5, 1)
    np.testing.assert_array_equal(made.pictures, again.pictures)
    assert made.questions == again.questions
    assert (data.related(5, 2).pictures != made.pictures).any()


@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_scenes_from_elsewhere_are_other_ones(task):
    pictures, made = getattr(data, f"strange_{task}")(6, 0)
    assert pictures.shape[0] == len(made) == 6
    assert len(np.unique(pictures[:, 0, 0], axis=0)) > 3
    asked = data.put(pictures, made, task, np.random.default_rng(0), 4)
    for row, text, answer in zip(asked.rows, asked.questions, asked.answers, strict=True):
        assert truth(made[row], text, task) == ANSWERS[task][answer]


@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_a_photo_is_told_from_a_scene(task):
    from sklearn.datasets import load_sample_image

    for seed in range(10):
        picture = draw(random_scene(task, seed), task)
        assert infer.scene_like(picture, task) > 0.9 and infer.warning(picture, task) == ""
    for name in ("china.jpg", "flower.jpg"):
        photo = np.asarray(load_sample_image(name))
        assert infer.scene_like(photo, task) < 0.8
        assert "no scene" in infer.warning(photo, task)


def test_easy_vqa_is_read_as_its_author_stores_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_DATA", str(tmp_path))
    data.easy.cache_clear()
    with pytest.raises(DataMissing, match="data get easy_vqa"):
        data.easy("train")
    folder = tmp_path / "easy_vqa" / "train"
    (folder / "images").mkdir(parents=True)
    one = draw([RED], "shapes")
    Image.fromarray(one).save(folder / "images" / "0.png")
    (folder / "questions.json").write_text('[["what shape is present?", "circle", 0]]')
    assert datasets.is_present("easy_vqa")
    known = data.easy("train")
    np.testing.assert_array_equal(known.pictures, one[None])
    assert known.questions == ("what shape is present?",) and known.rows.tolist() == [0]
    assert ANSWERS["shapes"][known.answers[0]] == "circle"
    data.easy.cache_clear()
    (folder / "questions.json").write_text('[["what shape is present?", "star", 0]]')
    with pytest.raises(DataMissing, match="damaged"):
        data.easy("train")
    data.easy.cache_clear()
