"""Training and evaluation end to end on drawn people, and the evaluation against plain counting."""

import dataclasses
import json

import numpy as np
import pytest

from mmdemo.core.demo import ModelId
from mmdemo.core.measure import metrics
from mmdemo.core.nets.metric_learning import pairwise_distances
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.siamese_face import config, data, measure, train
from mmdemo.demos.siamese_face.config import BOOK, DEFAULT, TINY

TINY_BOOK = replace(BOOK, height=28, width=23, filters=(4, 4), dense=(16, 8), epochs=2, pairs=60)
TINY_ID = ModelId("siamese_face", "", "tiny")


def test_batches_are_balanced_altered_and_bounded(people):
    batches = train.AlteredPhotos(people, replace(TINY, people=5, photos=3), seed=0)
    altered, targets = batches[0]
    assert altered.shape == (15, TINY.input.height, TINY.input.width, 1)
    assert altered.dtype == np.float32
    assert [np.bincount(labels).tolist() for labels in targets] == [[3] * 5] * 2
    assert np.isfinite(altered).all()
    assert len({image.tobytes() for image in altered}) == 15


@pytest.mark.parametrize("tiny", [TINY, TINY_BOOK], ids=["committee", "book"])
def test_train_then_evaluate_alike(tiny, own_data, tmp_path, monkeypatch):
    monkeypatch.setitem(config.PRESETS, "tiny", tiny)
    monkeypatch.setattr(measure, "DRAWS", 20)
    run = Run(TINY_ID, tmp_path / "out", tmp_path / "work", own_data)
    experiment.train(run)
    artifacts.verify(run.folder)
    written = artifacts.read_results(run.folder)
    assert {r.method for r in written} >= {"tiny", "raw_pixels", "eigenfaces", "fisherfaces"}
    assert {r.metric for r in written} >= {"eer", "auc", "tar_at_far_1pct", "one_shot_3way"}
    assert all(r.ci95 is not None for r in written if r.task != "book_protocol")
    stored = json.loads((run.folder / "preprocess.json").read_text())
    curve = stored["curve"]
    assert curve["thresholds"] == sorted(curve["thresholds"])
    assert len(curve["thresholds"]) <= 200
    assert 0 < stored["threshold"] <= curve["thresholds"][-1]
    again = [r.to_dict() for r in experiment.evaluate(run)]
    assert again == [r.to_dict() for r in written]


def test_book_figure_stands_under_its_own_name(own_data, tmp_path, monkeypatch):
    monkeypatch.setitem(config.PRESETS, "tiny", TINY_BOOK)
    run = Run(TINY_ID, tmp_path / "out", tmp_path / "work", own_data)
    book = train.Book(run, TINY_BOOK)
    network, _ = book.network()
    book.run = dataclasses.replace(run, data=None)
    results = book.book_results(network)
    assert [(r.task, r.method, r.metric) for r in results] == [
        ("book_protocol", "tiny", "mean_label_below_0.5"),
        ("book_protocol", "published:book", "mean_label_below_0.5"),
    ]
    assert results[1].value == 0.9779
    assert "same people" in results[0].split


def test_discriminants_equal_the_two_steps(people):
    images = data.inputs(people.images, TINY.input)
    kernel, bias = train.discriminants(images, people.labels, TINY.network)
    assert kernel.shape == (28 * 23, TINY.network.linear_units)
    pixels = images.reshape(len(images), -1).astype(float)
    pixels = (pixels - pixels.mean(1, keepdims=True)) / (pixels.std(1, keepdims=True) + 1e-3)
    vectors = pixels @ kernel + bias
    # Whitened within people: they differ less from themselves than from each other.
    within = np.mean([vectors[people.labels == p].std(axis=0) for p in range(12)])
    assert within < 0.7 * vectors.std(axis=0).mean()
    few = people.of([0, 1])
    images = data.inputs(few.images, TINY.input)
    kernel, _ = train.discriminants(images, few.labels, TINY.network)
    assert np.isfinite(kernel).all()
    assert (kernel[:, -1] == 0).all()  # two people and their mirror images span three directions


def test_results_equal_plain_counting(monkeypatch):
    monkeypatch.setattr(measure, "DRAWS", 20)
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 3)
    folds = []
    for _ in range(2):
        points = rng.normal(size=(12, 3)) + 1.5 * rng.normal(size=(4, 3))[labels]
        folds.append((pairwise_distances(points), labels))
    found = {r.metric: r for r in measure.held_out_results("it", folds, "images")}
    curves = []
    for distances, _ in folds:
        first, second = np.triu_indices(len(labels), 1)
        same = labels[first] == labels[second]
        curves.append(metrics.verification(distances[first, second], same))
    assert found["eer"].value == pytest.approx(np.mean([c.eer for c in curves]))
    assert found["auc"].value == pytest.approx(np.mean([c.auc for c in curves]))
    assert found["one_shot_4way"].value == pytest.approx(
        np.mean([metrics.one_shot_hits(d, labels).mean() for d, _ in folds])
    )
    assert found["eer"].n == 2 * 66
    assert "24 genuine and 108 impostor" in found["eer"].split


def test_baselines_of_the_protocol(needs_data, monkeypatch):
    """The classical methods give what they are known to give on ORL."""
    monkeypatch.setattr(measure, "DRAWS", 20)
    needs_data("orl_faces")
    people = data.load(None)
    held_out = []
    for kept, held in data.folds(40).values():
        embed = measure.baselines(people.of(kept), DEFAULT.input)["fisherfaces"]
        part = people.of(held)
        held_out.append((pairwise_distances(embed(part.images)), part.labels))
    found = {r.metric: r.value for r in measure.held_out_results("it", held_out, "images")}
    assert found["eer"] == pytest.approx(0.0715, abs=0.003)
    assert found["one_shot_10way"] == pytest.approx(0.9075, abs=0.003)
