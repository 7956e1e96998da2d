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


def test_batches_hold_everybody_and_of_nobody_too_many(people):
    config_ = replace(TINY, photos=3, batch_size=12)
    batches = train.AlteredPhotos(people, config_, seed=0)
    assert len(batches) == 3  # 12 people, 3 of 5 photos each
    seen = np.concatenate([batches[index][1] for index in range(3)])
    assert np.bincount(seen).tolist() == [3] * 12
    altered, _ = batches[0]
    assert altered.shape == (12, TINY.input.height, TINY.input.width, 1)
    assert altered.dtype == np.float32
    assert altered.min() >= 0
    assert altered.max() <= 1
    assert len({image.tobytes() for image in altered}) == 12
    again, other = train.AlteredPhotos(people, config_, seed=0), batches.rows().tolist()
    assert np.array_equal(again[0][0], altered)
    batches.epoch = 1
    assert batches.rows().tolist() != other


@pytest.mark.parametrize("tiny", [TINY, TINY_BOOK], ids=["residual", "book"])
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
