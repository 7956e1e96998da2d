"""Both networks, trained on drawn fields, measured, stored and served."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.data import drawn_nuclei
from mmdemo.core.errors import UserError
from mmdemo.core.measure import nuclei, things
from mmdemo.core.serve import pretrained, runtime
from mmdemo.core.serve.backend import compile_part
from mmdemo.core.train import experiment
from mmdemo.core.weights import artifacts
from mmdemo.demos.instances import DEMO, config, data, finding, infer, model, stages, train

PICTURE = drawn_nuclei.field("fluorescence", 20, 7, size=90)[0][:75]


@pytest.mark.parametrize("preset", DEMO.tasks[0].presets)
def test_own_pictures_are_learnt_measured_and_served(trained, preset):
    run = trained[f"nuclei/{preset}"]
    results = artifacts.read_results(run.folder)
    assert {(r.task, r.method) for r in results} == {
        (nuclei.TASK, preset),
        (nuclei.TASK, nuclei.BASELINE),
    }
    assert {r.n for r in results} == {2}  # a fifth of twelve
    runtime.cache.clear()
    answer = infer.find(PICTURE, preset, size=(180, 150))
    assert answer.labels.shape == (75, 90)
    assert len(answer.regions) == len(answer.walks) == answer.labels.max()
    assert len(answer.proposals) >= len(answer.regions)
    assert answer.anchors == len(finding.anchors(config.PRESETS[f"nuclei/{preset}"], (80, 96)))
    said = answer.to_dict()
    assert said["counts"]["thing"] == len(said["regions"])


def test_a_network_is_measured_again_with_the_same_result(trained):
    run = trained["nuclei/default"]
    stored = {(r.method, r.metric): r.value for r in artifacts.read_results(run.folder)}
    again = {(r.method, r.metric): r.value for r in experiment.evaluate(run)}
    assert again == pytest.approx(stored, abs=1e-5)


def test_the_backbone_stays_the_classifier_s(trained):
    network = runtime.model(DEMO.model_id("default")).network
    known = pretrained.load(config.CLASSIFIER).get_weights()
    for ours, theirs in zip(
        network.get_layer(artifacts.BACKBONE).get_weights(), known, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_the_parts_are_the_whole(trained):
    """What proposes, looks and outlines says what the network says at once."""
    network = runtime.model(DEMO.model_id("default")).network
    rng = np.random.default_rng(0)
    pixels = rng.uniform(0, 255, (1, 32, 48, 3)).astype(np.float32)
    low = rng.uniform(0, 0.5, (1, 5, 2))
    regions = np.concatenate([low, low + 0.4], axis=2).astype(np.float32)
    whole = network([pixels, regions, regions[:, :2]], training=False)
    fine, coarse, objectness, changes = compile_part(network, stages.proposing)(pixels)
    classes, boxes = compile_part(network, stages.looking)(fine, coarse, regions)
    masks = compile_part(network, stages.outlining)(fine, coarse, regions[:, :2])
    parts = (objectness, changes, classes, boxes, masks)
    for name, ours, theirs in zip(model.OUTPUTS, parts, whole, strict=True):
        np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-4, err_msg=name)


def test_the_true_map_scores_best(trained):
    """What a perfect network would say becomes the map that people drew."""
    _, labels = drawn_nuclei.field("stained", 20, 3, size=96)
    numbers, boxes = data.things(labels)
    masks = np.stack(
        [data.mask_in(labels == n, box) for n, box in zip(numbers, boxes, strict=True)]
    )
    found = finding.Candidates(
        boxes,
        np.ones(len(boxes)),
        8 * masks - 4,
        boxes,
        np.ones(len(boxes)),
        boxes,
        np.full(len(boxes), 4),
        boxes,
        0,
        labels.shape,
    )
    how = train.chosen([found], [labels])
    figures = things.figures([labels], [finding.labels(found, how)[0]])
    assert figures["ap_at_50"] == 1 and figures["mean_ap_50_95"] > 0.8


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (200, 3, 3)])
def test_a_strip_is_looked_at(trained, shape):
    answer = infer.find(np.full(shape, 120, np.uint8))
    assert answer.labels.shape == shape[:2]


def test_what_is_no_picture_is_refused(trained):
    with pytest.raises(UserError, match="RGB in 8 bits"):
        infer.find(np.zeros((9, 9), np.uint8))
    with pytest.raises(UserError):
        infer.find(PICTURE, "nothing")
