"""Every network, trained on drawn things, measured, stored and served."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.weights import artifacts
from mmdemo.demos.detection import DEMO, config, infer, scene, speed, train
from tests.demos.detection.conftest import small

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)


@pytest.mark.parametrize("preset", config.PRESETS)
def test_own_pictures_are_learnt_measured_and_served(trained, preset):
    run = trained[preset]
    results = artifacts.read_results(run.folder)
    figures = {r.metric: r.value for r in results if r.task == train.TASK}
    assert set(figures) == {"map50", "map50_95", "count_error"}
    assert {r.n for r in results if r.task == train.TASK} == {4}
    stored = artifacts.read_json(run.folder, "preprocess.json")
    assert stored["names"] == ["disc", "square"]
    runtime.cache.clear()
    detection = infer.detect(PICTURE, preset)
    boxes = detection.candidates.boxes
    assert (boxes >= 0).all() and (boxes <= 1).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert (np.diff(detection.candidates.scores) <= 0).all()
    assert set(detection.counts(detection.shown())) == {"disc", "square"}
    assert 'data-slide="threshold"' in scene.answer(PICTURE, detection)


@pytest.mark.parametrize("preset", config.PRESETS)
def test_in_an_even_picture_nothing_is_found(trained, preset):
    detection = infer.detect(np.full((30, 40, 3), 128, np.uint8), preset)
    assert not len(detection.candidates.boxes)
    assert 'data-slide="threshold"' in scene.answer(np.zeros((30, 40, 3), np.uint8), detection)


@pytest.mark.parametrize("preset", ["default", "faster_rcnn"])
def test_a_network_is_measured_again_with_the_same_result(trained, preset):
    run = trained[preset]
    stored = {(r.task, r.metric): r.value for r in artifacts.read_results(run.folder)}
    again = {(r.task, r.metric): r.value for r in experiment.evaluate(run)}
    assert again == pytest.approx(stored, abs=1e-5)


def test_the_three_are_timed_on_the_same_places(trained):
    slow, fast, faster = speed.compare(PICTURE, 10)
    assert (slow.network, fast.network, faster.network) == speed.NETWORKS
    assert slow.proposals == fast.proposals <= 10
    assert slow.seconds[0] == fast.seconds[0] > 0  # one search for both
    assert all(seconds > 0 for seconds in faster.seconds)
    assert scene.bars([slow, fast, faster]).count("<rect") == 12


def test_the_anchors_of_own_pictures_are_as_high_as_their_things(trained):
    loaded = runtime.model(DEMO.model_id("faster_rcnn"))
    heights = loaded.config.network.anchors
    assert heights != small("faster_rcnn").network.anchors
    assert all(8 / 48 - 0.01 <= height <= 20 / 48 for height in heights)
