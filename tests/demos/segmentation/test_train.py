"""Every network, trained on drawn fields, measured, stored and served."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import drawn_nuclei as drawn
from mmdemo.core.measure import nuclei
from mmdemo.core.serve import pretrained, runtime
from mmdemo.core.train import experiment
from mmdemo.core.weights import artifacts
from mmdemo.demos.segmentation import DEMO, config, infer, kinds, scene

PRESETS = [f"nuclei/{preset}" for preset in DEMO.tasks[0].presets]
PICTURE = drawn.field("fluorescence", 20, 7, size=90)[0][:75]


@pytest.mark.parametrize("preset", PRESETS)
def test_own_pictures_are_learnt_measured_and_served(trained, preset):
    run = trained[preset]
    results = artifacts.read_results(run.folder)
    assert {(r.task, r.method) for r in results} == {
        (nuclei.TASK, run.preset),
        (nuclei.TASK, nuclei.BASELINE),
    }
    assert {r.n for r in results} == {2}  # a fifth of twelve
    runtime.cache.clear()
    answer = infer.segment(PICTURE, preset, size=(180, 150))
    assert answer.labels.shape == (75, 90)
    assert len(answer.regions) == answer.labels.max() == answer.counts()["thing"]
    for number, region in enumerate(answer.regions, start=1):
        mask = answer.labels == number
        assert region.area == pytest.approx(4 * mask.sum())
        assert region.share == pytest.approx(mask.mean())
        rows, columns = np.nonzero(mask)
        assert region.centre == pytest.approx(
            ((columns + 0.5).mean() / 90, (rows + 0.5).mean() / 75), abs=1e-4
        )
        assert 0 < region.score <= 1


@pytest.mark.parametrize("task", ["street", "pets"])
def test_own_kinds_are_learnt_measured_and_served(trained, task):
    run = trained[f"{task}/default"]
    results = artifacts.read_results(run.folder)
    assert {r.method for r in results} == {"default", kinds.PLACE, kinds.MOST}
    assert {r.metric for r in results} == {
        "mean_iou",
        "pixel_accuracy",
        "iou_ground",
        "iou_nucleus",
    }
    runtime.cache.clear()
    answer = infer.segment(PICTURE, task)
    assert answer.by_kind and answer.names == ("ground", "nucleus")
    assert answer.labels.shape == (75, 90)
    assert sum(region.share for region in answer.regions) == pytest.approx(
        (answer.labels > 0).mean()
    )
    assert len({region.name for region in answer.regions}) == len(answer.regions) > 0
    said = scene.answer(PICTURE, answer)
    assert ("One kind of thing:" in said) == (len(answer.regions) == 1)
    assert ("kinds of things" in said) == (len(answer.regions) > 1)


@pytest.mark.parametrize("preset", [*PRESETS, "street/default", "pets/default"])
def test_in_an_even_picture_nothing_is_found(trained, preset):
    answer = infer.segment(np.full((30, 40, 3), (120, 130, 140), np.uint8), preset)
    assert answer.regions == () and answer.labels.shape == (30, 40) and not answer.labels.any()


@pytest.mark.parametrize("preset", ["nuclei/default", "street/default"])
def test_a_network_is_measured_again_with_the_same_result(trained, preset):
    run = trained[preset]
    stored = {(r.task, r.method, r.metric): r.value for r in artifacts.read_results(run.folder)}
    again = {(r.task, r.method, r.metric): r.value for r in experiment.evaluate(run)}
    assert again == pytest.approx(stored, abs=1e-5)


def test_of_a_street_s_network_the_last_stage_is_trained_and_the_backbone_is_not(trained):
    network = runtime.model(DEMO.model_id("street")).network
    known = pretrained.load(config.CLASSIFIER)
    body = network.get_layer(artifacts.BACKBONE)
    for ours, theirs in zip(body.get_weights(), known.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    stage = [layer.name for layer in known.layers if layer.weights and "stage4" in layer.name]
    ours = network.get_layer(artifacts.HEADS).get_layer(stage[0]).get_weights()[0]
    theirs = known.get_layer(stage[0]).get_weights()[0]
    assert 0 < np.abs(ours - theirs).max() < 0.3  # it began as the backbone's


def test_all_ways_are_compared(trained):
    answers = dict(infer.compare(PICTURE))
    assert tuple(answers) == infer.METHODS
    assert all(answer.labels.shape == PICTURE.shape[:2] for answer in answers.values())
    assert answers["watershed"].regions  # without a network there is something to see here
