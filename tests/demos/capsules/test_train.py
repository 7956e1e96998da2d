"""Every network, trained on drawn digits, measured, stored and served."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.weights import artifacts, eight_bits
from mmdemo.demos.capsules import DEMO, config, drawn, infer

TINY_POSE = config.TINY.network.pose
DIGIT = drawn.digit(5, 1)
PAIR = infer.overlay(DIGIT, drawn.digit(3, 2), (-3, 0), (4, -2))


def test_all_are_measured_with_a_baseline_and_at_home_and_abroad(trained):
    for name, run in trained.items():
        results = artifacts.read_results(run.folder)
        methods = {result.method for result in results}
        baseline = "linear" if name.startswith("overlaid") else "nearest"
        assert {run.preset, baseline} <= methods
        assert {result.foreign for result in results} == {False, True}
        assert all(result.metric in DEMO.metrics for result in results)
        assert all(result.task in DEMO.questions for result in results)
        assert methods - {"default", "book"} <= set(DEMO.methods)
    book = {r.method for r in artifacts.read_results(trained["digits/book"].folder)}
    assert {"narrow_1", "narrow_3", "rounds_1", "rounds_3"} <= book
    cnn = {r.method for r in artifacts.read_results(trained["digits/cnn"].folder)}
    assert "cnn_decoder" in cnn


@pytest.mark.parametrize("name", ["digits/book", "overlaid/default"])
def test_a_network_is_measured_again_with_the_same_result(trained, name):
    run = trained[name]
    stored = {(r.task, r.method, r.metric): r.value for r in artifacts.read_results(run.folder)}
    again = {(r.task, r.method, r.metric): r.value for r in experiment.evaluate(run)}
    assert again == pytest.approx(stored, abs=1e-5)


def test_the_paper_s_network_alone_is_stored_in_eight_bits(trained):
    for name, run in trained.items():
        assert eight_bits.is_packed(run.folder / artifacts.WEIGHTS) == (name == "digits/book")


@pytest.mark.parametrize("preset", ["default", "book"])
def test_a_digit_is_read_and_drawn_from_its_capsule(trained, preset):
    answer = infer.read(DIGIT, preset)
    assert answer.seen.shape == (28, 28) and answer.seen.dtype == np.uint8
    assert answer.lengths.shape == (10,) and answer.poses.shape == (10, TINY_POSE)
    np.testing.assert_allclose(answer.lengths, np.linalg.norm(answer.poses, axis=1), atol=1e-3)
    assert answer.digit == answer.lengths.argmax() == answer.to_dict()["digit"]
    assert answer.redrawn.shape == (28, 28) and 0 <= answer.redrawn.min() <= 1
    poses = np.stack([answer.poses[answer.digit], np.zeros(TINY_POSE, np.float32)])
    drawn_again = infer.redraw(poses, answer.digit, preset)
    assert drawn_again.shape == (2, 28, 28)
    np.testing.assert_allclose(drawn_again[0], answer.redrawn, atol=1e-5)
    assert np.abs(drawn_again[1] - drawn_again[0]).max() > 1e-5


def test_without_capsules_there_are_probabilities_alone(trained):
    answer = infer.read(DIGIT, "cnn")
    assert answer.lengths.sum() == pytest.approx(1, abs=1e-5)
    assert answer.poses.shape == answer.redrawn.shape == (0, 0)
    with pytest.raises(UserError, match="no poses"):
        infer.redraw(np.zeros((1, TINY_POSE)), 3, "cnn")
    with pytest.raises(UserError, match="no capsules"):
        infer.rounds(DIGIT, "cnn")


@pytest.mark.parametrize(("preset", "rounds"), [("book", 3), ("default", 1)])
def test_rounds_end_with_what_is_read(trained, preset, rounds):
    routed = infer.rounds(DIGIT, preset)
    parts = routed.places[0] * routed.places[1] * routed.kinds
    assert routed.weights.shape == (rounds, parts, 10) and routed.lengths.shape == (rounds, 10)
    np.testing.assert_allclose(routed.lengths[-1], infer.read(DIGIT, preset).lengths, atol=1e-4)
    np.testing.assert_allclose(routed.weights.sum(axis=2), 1, atol=0.1)
    if preset == "book":
        np.testing.assert_allclose(routed.weights[0], 0.1, atol=1e-6)


def test_two_digits_are_pulled_apart(trained):
    answer = infer.pull(PAIR)
    np.testing.assert_array_equal(answer.seen, PAIR)
    assert set(answer.digits) == set(np.argsort(-answer.lengths)[:2])
    assert answer.lengths[answer.digits[0]] >= answer.lengths[answer.digits[1]]
    assert [each.shape for each in answer.apart] == [(36, 36)] * 2
    large = 255 - np.repeat(np.repeat(PAIR, 5, axis=0), 5, axis=1)
    coloured = infer.pull(np.stack([large] * 3, axis=2))
    np.testing.assert_array_equal(coloured.seen, PAIR)
    assert coloured.to_dict()["digits"] == list(answer.digits)


def test_bad_pictures_are_refused(trained):
    with pytest.raises(UserError, match="8 bits"):
        infer.read(DIGIT.astype(float))
    with pytest.raises(UserError, match="8 bits"):
        infer.read(np.zeros((28, 28, 4), np.uint8))
    with pytest.raises(UserError, match="nothing drawn"):
        infer.read(np.zeros((90, 90), np.uint8))
    with pytest.raises(UserError, match="nothing drawn"):
        infer.pull(np.full((90, 90, 3), 255, np.uint8))
    with pytest.raises(UserError, match="square"):
        infer.pull(np.zeros((40, 41), np.uint8))
    with pytest.raises(UserError, match="at least 36"):
        infer.pull(DIGIT)
    with pytest.raises(UserError, match="at most 4"):
        infer.overlay(DIGIT, DIGIT, (0, 0), (0, -5))
    with pytest.raises(UserError, match="form"):
        infer.overlay(DIGIT, PAIR, (0, 0), (0, 0))
    with pytest.raises(UserError, match="finite"):
        infer.redraw(np.full((1, TINY_POSE), np.nan), 3)
    with pytest.raises(UserError, match="finite"):
        infer.redraw(np.zeros((1, 3)), 3)
    with pytest.raises(UserError, match="0 to 9"):
        infer.redraw(np.zeros((1, TINY_POSE)), 10)
    with pytest.raises(UserError, match="preset"):
        infer.read(DIGIT, "best")


def test_dark_on_light_is_read_as_light_on_dark(trained):
    large = np.repeat(np.repeat(DIGIT, 8, axis=0), 8, axis=1)
    one, other = infer.seen(large), infer.seen(np.stack([255 - large] * 3, axis=2))
    assert np.abs(one.astype(int) - other).mean() < 2


def test_damaged_weights_are_named(trained, tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path))
    folder = tmp_path / "capsules" / "digits" / "default"
    folder.mkdir(parents=True)
    runtime.cache.clear()
    with pytest.raises(WeightsError, match="missing"):
        infer.read(DIGIT)
    runtime.cache.clear()
