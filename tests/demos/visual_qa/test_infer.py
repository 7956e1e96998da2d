"""The trained networks as the page uses them, with golden outputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts
from mmdemo.demos.visual_qa import DEMO, data, infer, scenes
from mmdemo.demos.visual_qa.questions import ANSWERS
from mmdemo.demos.visual_qa.truths import truth
from mmdemo.demos.visual_qa.wording import suggestions

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_network = pytest.mark.parametrize("model_id", DEMO.model_ids, ids=lambda m: m.name)


@every_network
def test_weights_are_whole_and_small(model_id):
    folder = artifacts.locate(model_id)
    artifacts.verify(folder)
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 5e6


@every_network
def test_golden_outputs(model_id):
    """The chances of the best answers to what the page suggests."""
    picture = scenes.draw(scenes.random_scene(model_id.task, 1), model_id.task)
    answers = infer.ask_many(picture, suggestions(model_id.task), model_id.task, model_id.preset)
    said = [answer.answers[0][1] for answer in answers]
    assert said == pytest.approx(GOLDEN[model_id.name], abs=1e-4)


@pytest.mark.parametrize(("task", "least"), [("shapes", 0.97), ("relations", 0.9)])
def test_scenes_of_the_page_are_answered_rightly(task, least):
    made = [scenes.random_scene(task, seed) for seed in range(10)]
    pictures = np.stack([scenes.draw(things, task) for things in made])
    asked = data.put(pictures, made, task, np.random.default_rng(0), 6)
    right = []
    for row, things in enumerate(made):
        texts = [asked.questions[n] for n in np.flatnonzero(asked.rows == row)]
        for text, answer in zip(texts, infer.ask_many(pictures[row], texts, task), strict=True):
            right.append(answer.answers[0][0] == truth(things, text, task))
    assert np.mean(right) >= least


def test_all_blocks_look_at_the_one_shape():
    hits = []
    for seed in range(12):
        (thing,) = scenes.random_scene("shapes", seed)
        answer = infer.ask(scenes.draw([thing], "shapes"), "what shape is it?")
        for block in answer.looked:
            at = np.array(np.unravel_index(block.argmax(), block.shape)) + 0.5
            away = np.linalg.norm(at / block.shape[0] - (thing.y, thing.x))
            hits.append(away < thing.size + 0.1)
    assert np.mean(hits) > 0.8


def test_the_last_block_looks_at_the_object_that_is_asked_about_more_than_at_others():
    """Its map is highest nearer to the named object than to any other; by chance one in six is."""
    hits = []
    for seed in range(8):
        things = scenes.random_scene("relations", seed)
        picture = scenes.draw(things, "relations")
        texts = [f"what shape is the {thing.colour} object?" for thing in things]
        places = np.array([(thing.y, thing.x) for thing in things])
        for number, answer in enumerate(infer.ask_many(picture, texts, "relations")):
            last = answer.looked[-1]
            at = np.array(np.unravel_index(last.argmax(), last.shape)) + 0.5
            away = np.linalg.norm(places - at / last.shape[0], axis=1)
            hits.append(away.argmin() == number)
    assert np.mean(hits) > 0.4


def test_book_is_as_blind_as_the_question_where_it_must_say_yes_or_no():
    colours = ("red", "blue", "green")
    for colour in colours:
        thing = scenes.Thing("circle", colour, 0.5, 0.5, 0.2)
        picture = scenes.draw([thing], "shapes")
        answer = infer.ask(picture, f"is there a {colour} shape?", preset="book")
        assert answer.answers[0][0] == "no" == answer.blind[0][0]
        assert infer.ask(picture, "what color is the shape?", preset="book").answers[0][0] == colour


def test_blind_shares_are_of_the_answers_in_training():
    picture = scenes.draw(scenes.random_scene("shapes", 1), "shapes")
    blind = dict(infer.ask(picture, "is there a teal shape?").blind)
    assert set(blind) == {"yes", "no"} and blind["no"] > 0.8
    blind = dict(infer.ask(picture, "what color is it?").blind)
    assert len(blind) == 8 and set(blind) <= set(ANSWERS["shapes"])


def test_warm_loads_every_network():
    runtime.cache.clear()
    infer.warm()
    assert runtime.is_loaded("visual_qa")
