"""Training and evaluation end to end on drawn people, and the evaluation against plain counting."""

import dataclasses
import json

import numpy as np
import pytest

from mmdemo.core.measure import metrics
from mmdemo.core.nets.metric_learning import pairwise_distances
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.demos.siamese_face import config, data, train
from mmdemo.demos.siamese_face.config import BOOK, DEFAULT, TINY

TINY_BOOK = dataclasses.replace(
    BOOK, height=28, width=23, filters=(4, 4), dense=(16, 8), epochs=2, pairs=60
)


@pytest.mark.parametrize("tiny", [TINY, TINY_BOOK], ids=["committee", "book"])
def test_train_then_evaluate_alike(tiny, own_data, tmp_path, monkeypatch):
    monkeypatch.setitem(config.PRESETS, "tiny", tiny)
    monkeypatch.setattr(train, "DRAWS", 20)
    run = training.Run("siamese_face", "tiny", tmp_path / "out", tmp_path / "work", own_data)
    train.train(run)
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
    again = [r.to_dict() for r in train.evaluate(run)]
    assert again == [r.to_dict() for r in written]


def test_book_figure_stands_under_its_own_name(own_data, tmp_path, monkeypatch):
    monkeypatch.setitem(config.PRESETS, "tiny", TINY_BOOK)
    run = training.Run("siamese_face", "tiny", tmp_path / "out", tmp_path / "work", own_data)
    people = data.load(own_data)
    network, _ = train.fit_book(run, TINY_BOOK, people, "everybody")
    public = dataclasses.replace(run, data=None)
    results = train._book_results(public, TINY_BOOK, people, network)
    assert [(r.task, r.method, r.metric) for r in results] == [
        ("book_protocol", "tiny", "mean_label_below_0.5"),
        ("book_protocol", "published:book", "mean_label_below_0.5"),
    ]
    assert results[1].value == 0.9779
    assert "same people" in results[0].split


def test_discriminants_equal_the_two_steps(people):
    images = data.inputs(people.images, TINY.height, TINY.width)
    kernel, bias = train.discriminants(images, people.labels, TINY)
    assert kernel.shape == (TINY.height * TINY.width, TINY.linear_units)
    pixels = images.reshape(len(images), -1).astype(float)
    pixels = (pixels - pixels.mean(1, keepdims=True)) / (pixels.std(1, keepdims=True) + 1e-3)
    vectors = pixels @ kernel + bias
    # Whitened within people: they differ less from themselves than from each other.
    within = np.mean([vectors[people.labels == p].std(axis=0) for p in range(12)])
    assert within < 0.7 * vectors.std(axis=0).mean()
    few = people.of([0, 1])
    kernel, _ = train.discriminants(
        data.inputs(few.images, TINY.height, TINY.width), few.labels, TINY
    )
    assert np.isfinite(kernel).all()
    assert (kernel[:, -1] == 0).all()  # two people and their mirror images span three directions


def test_results_equal_plain_counting():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 3)
    folds = []
    for _ in range(2):
        points = rng.normal(size=(12, 3)) + 1.5 * rng.normal(size=(4, 3))[labels]
        folds.append((pairwise_distances(points), labels))
    found = {r.metric: r for r in train.held_out_results("it", folds, "images")}
    curves = []
    for distances, _ in folds:
        first, second, same = data.pairs_within(labels)
        curves.append(metrics.verification(distances[first, second], same))
    assert found["eer"].value == pytest.approx(np.mean([c.eer for c in curves]))
    assert found["auc"].value == pytest.approx(np.mean([c.auc for c in curves]))
    assert found["one_shot_4way"].value == pytest.approx(
        np.mean([metrics.one_shot_hits(d, labels).mean() for d, _ in folds])
    )
    assert found["eer"].n == 2 * 66
    assert "24 genuine and 108 impostor" in found["eer"].split


def test_baselines_of_the_protocol(needs_data):
    """The classical methods give what they are known to give on ORL."""
    needs_data("orl_faces")
    people = data.load(None, find=False)
    held_out = []
    for kept, held in data.folds(40):
        embed = train.baselines(people.of(kept), DEFAULT)["fisherfaces"]
        part = people.of(held)
        held_out.append((pairwise_distances(embed(part.images)), part.labels))
    found = {r.metric: r.value for r in train.held_out_results("it", held_out, "images")}
    assert found["eer"] == pytest.approx(0.0715, abs=0.003)
    assert found["one_shot_10way"] == pytest.approx(0.9075, abs=0.003)
