"""The trained networks as the page uses them, with golden outputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts
from mmdemo.demos.capsules import DEMO, drawn, infer

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_network = pytest.mark.parametrize("model_id", DEMO.model_ids, ids=lambda m: m.name)


@every_network
def test_weights_are_whole_and_small(model_id):
    folder = artifacts.locate(model_id)
    artifacts.verify(folder)
    assert all(path.stat().st_size < 10e6 for path in folder.rglob("*"))


@every_network
def test_golden_outputs(model_id):
    """What each digit's capsule says of one that a program drew, or of two."""
    three, five = drawn.digit(3, 1), drawn.digit(5, 1)
    if model_id.task == "overlaid":
        said = infer.pull(infer.overlay(three, five, (-2, 0), (3, 1))).lengths
    else:
        said = infer.read(three, model_id.preset).lengths
    assert said.tolist() == pytest.approx(GOLDEN[model_id.name], abs=1e-4)


@pytest.mark.parametrize("preset", ["default", "book", "cnn"])
def test_drawn_digits_are_read(preset):
    found = [infer.read(drawn.digit(value, 0), preset).digit for value in range(10)]
    assert sum(one == value for value, one in enumerate(found)) >= 9


def test_a_digit_is_drawn_as_it_was_seen():
    answer = infer.read(drawn.digit(3, 1))
    ink = answer.seen / 255
    assert np.corrcoef(answer.redrawn.ravel(), ink.ravel())[0, 1] > 0.8
    other = infer.redraw(answer.poses[[5]], 5)[0]
    assert np.corrcoef(other.ravel(), ink.ravel())[0, 1] < 0.8


def test_two_digits_are_pulled_apart():
    two, seven = drawn.digit(2, 0), drawn.digit(7, 3)
    answer = infer.pull(infer.overlay(two, seven, (-3, 0), (3, 1)))
    assert set(answer.digits) == {2, 7}
    found = dict(zip(answer.digits, answer.apart, strict=True))
    blank = np.zeros((28, 28), np.uint8)
    for value, ink, shift in ((2, two, (-3, 0)), (7, seven, (3, 1))):
        alone = infer.overlay(ink, blank, shift, (0, 0)).ravel()
        right, wrong = (
            np.corrcoef(found[each].ravel(), alone)[0, 1] for each in (value, 9 - value)
        )
        assert right > 0.5 and right > wrong + 0.1


def test_each_round_of_routing_makes_the_longest_capsule_longer():
    routed = infer.rounds(drawn.digit(3, 1))
    assert routed.places == (6, 6) and routed.kinds == 32
    assert (np.diff(routed.lengths.max(axis=1)) > 0).all()


def test_warm_loads_every_network():
    runtime.cache.clear()
    infer.warm()
    assert runtime.is_loaded("capsules")
