"""Every network, trained on drawn scenes, measured, stored and served."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.errors import UserError
from mmdemo.core.train import experiment
from mmdemo.core.weights import artifacts
from mmdemo.demos.visual_qa import DEMO, config, data, infer, learning, scenes, wording
from mmdemo.demos.visual_qa.questions import ANSWERS, KNOWN, LENGTH
from mmdemo.demos.visual_qa.truths import truth

ONE = scenes.draw(scenes.random_scene("shapes", 1), "shapes")
SIX = scenes.draw(scenes.random_scene("relations", 1), "relations")


def test_all_are_measured_beside_those_who_do_not_look(trained):
    for name, run in trained.items():
        results = artifacts.read_results(run.folder)
        methods = {result.method for result in results}
        assert {run.preset, f"{run.preset}_shuffled", "question", "majority"} <= methods
        assert {result.foreign for result in results} == {False, True}
        assert all(result.task in DEMO.questions for result in results)
        assert methods - {"default", "book"} <= set(DEMO.methods)
        assert ({"hidden", "added"} <= methods) == (name == "shapes/book")


@pytest.mark.parametrize("name", ["shapes/book", "relations/default"])
def test_a_network_is_measured_again_with_the_same_result(trained, name):
    run = trained[name]
    stored = {(r.task, r.method, r.metric): r.value for r in artifacts.read_results(run.folder)}
    again = {(r.task, r.method, r.metric): r.value for r in experiment.evaluate(run)}
    assert again == pytest.approx(stored, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("model_id", DEMO.model_ids, ids=lambda m: m.name)
def test_questions_together_are_answered_as_they_are_one_by_one(trained, model_id):
    picture = ONE if model_id.task == "shapes" else SIX
    texts = list(KNOWN[model_id.task])[:7]
    together = infer.ask_many(picture, texts, model_id.task, model_id.preset)
    for text, answer in zip(texts, together, strict=True):
        alone = infer.ask(picture, text, model_id.task, model_id.preset)
        assert [word for word, _ in answer.answers] == [word for word, _ in alone.answers]
        np.testing.assert_allclose(answer.answers[0][1], alone.answers[0][1], atol=1e-5)
        np.testing.assert_allclose(answer.looked, alone.looked, atol=1e-4)
        assert {word for word, _ in answer.answers} <= set(ANSWERS[model_id.task])
        assert sum(share for _, share in answer.blind) == pytest.approx(1, abs=1e-3)
        assert answer.to_dict()["answer"] == answer.answers[0][0]
        if model_id.preset == "default":
            assert answer.looked.shape == (2, *answer.looked.shape[1:])
            assert answer.looked.min() >= 0 and answer.looked.max() == pytest.approx(1)
        else:
            assert answer.looked.shape == (0, 0, 0)


def test_pictures_of_any_size_are_asked(trained):
    large = np.repeat(np.repeat(ONE, 3, axis=0), 3, axis=1)
    wide = np.concatenate(
        [np.full_like(large[:, :30], 9), large, np.full_like(large[:, :30], 9)], 1
    )
    small, same, cut = (infer.ask(each, "what shape is it?") for each in (ONE, large, wide))
    assert small.answers[0][1] == pytest.approx(same.answers[0][1], abs=1e-5)
    assert small.answers[0][1] == pytest.approx(cut.answers[0][1], abs=1e-5)


def test_what_cannot_be_asked_is_refused(trained, tmp_path):
    with pytest.raises(UserError, match="three colours"):
        infer.ask(ONE[..., 0], "what shape is it?")
    with pytest.raises(UserError, match="8 bits"):
        infer.ask(ONE / 255, "what shape is it?")
    with pytest.raises(UserError, match="1 to 64"):
        infer.ask_many(ONE, [])
    with pytest.raises(UserError, match="1 to 64"):
        infer.ask_many(ONE, ["what shape is it?"] * 65)
    with pytest.raises(UserError, match="preset"):
        infer.ask(ONE, "what shape is it?", "shapes", "relation")
    with pytest.raises(UserError, match="Name one object"):
        infer.ask(SIX, "what shape is it?", "relations")
    file = tmp_path / "one.png"
    Image.fromarray(ONE).save(file)
    suggested = infer.predict([file])[str(file)]["answers"]
    assert len(suggested) == len(wording.suggestions("shapes"))
    said = infer.predict([file], "shapes/book", ("What colour is it?",))[str(file)]
    assert said["warning"] == "" and said["answers"][0]["question"] == "what color is the shape?"


@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_batches_ask_what_is_true(trained, task):
    how = dataclasses.replace(config.TINY.training, task=task, asked=9)
    if task == "relations":
        batches = learning.OfRelations(how, 0)
    else:
        batches = learning.OfEasy(data.easy("train"), how, 0)
    (pictures, asked), answers = batches[1]
    side = scenes.SIDES[task]
    assert pictures.shape == (4, side, side, 3) and pictures.min() >= 0 and pictures.max() <= 1
    assert asked.shape == (4, 9, LENGTH) and answers.shape == (4, 9)
    np.testing.assert_array_equal(batches[1][0][1], asked)
    assert (batches[0][0][0] != pictures).any()


def test_scenes_to_learn_from_have_the_answers_of_the_recipe():
    batches = learning.OfRelations(dataclasses.replace(config.TINY.training, task="relations"), 3)
    rng = batches.rng(0)
    _pictures, texts, answers = batches.asked(0, batches.rng(0))
    for row, asked in enumerate(texts):
        things = scenes.six(rng)
        for _ in range(2):  # which questions are asked is drawn from the same numbers
            rng.permutation(18)
        told = [truth(things, text, "relations") for text in asked]
        assert told == [ANSWERS["relations"][answer] for answer in answers[row]]
