"""Both presets, trained on drawn shapes; the losses; the effect of alpha."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.nets import boxes
from mmdemo.core.serve import pretrained, runtime
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import experiment
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts, half_precision
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.localizer import DEMO, config, data, measure, model, outputs, train
from mmdemo.demos.localizer.config import CLASSIFIER
from tests.demos.localizer import conftest
from tests.demos.localizer.conftest import SHAPES, arrays, generated
from tests.support.boxes import to_centre
from tests.support.classifier import write_classifier

OF_BOXES = {"mean_iou", "localization_accuracy_given_class"}
METRICS = {*OF_BOXES, "top1", "top1_localization_accuracy"}
BASELINES = {"centred_box", "centred_box_of_class", "whole_photo"}
every_preset = pytest.mark.parametrize("preset", config.PRESETS)


@every_preset
def test_own_photos_are_trained_on_measured_and_measured_again(trained, preset):
    run = trained[preset]
    results = artifacts.read_results(run.folder)
    measured = {method: set() for method in (preset, *BASELINES)}
    for result in results:
        measured[result.method].add(result.metric)
    alone = METRICS | {"localization_accuracy"}
    assert measured == {preset: alone} | dict.fromkeys(BASELINES, OF_BOXES)
    assert {(r.task, r.split, r.n) for r in results} == {(train.TASK, train.OWN_TEST, 12)}
    again = {(r.method, r.metric): r.value for r in experiment.evaluate(run)}
    assert again == pytest.approx({(r.method, r.metric): r.value for r in results}, abs=1e-5)
    stored = artifacts.read_json(run.folder, "preprocess.json")
    assert stored["names"] == sorted(SHAPES)
    assert 0.04 < stored["temperature"] < 21


def test_the_box_of_the_likeliest_class_is_measured_too(trained):
    """A network with one box for all classes is right as often, told the class or not."""
    figures = {r.metric: r.value for r in artifacts.read_results(trained["book"].folder)[:5]}
    assert figures["localization_accuracy"] == figures["localization_accuracy_given_class"]
    run = trained["default"]
    network, stored = runtime.build(run.model_id)
    test = train.experiment(run, config.TINY).test
    free = outputs.forward(
        compile_call(network),
        np.stack([outputs.squash(image, config.TINY.input.side) for image in test.images]),
        mirror=True,
        classes=len(stored.preprocess["names"]),
    )
    figures = {r.metric: r.value for r in artifacts.read_results(run.folder)[:5]}
    assert figures["localization_accuracy"] == pytest.approx(
        (boxes.iou(free.boxes, test.boxes) >= 0.5).mean(), abs=1e-5
    )


def test_the_frozen_backbone_is_unchanged(trained, nothing_is_trained):
    """In the network as training left it, of which the backbone is a part."""
    network, _ = train.experiment(trained["default"], config.TINY).network()
    body = network.get_layer(artifacts.BACKBONE)
    for mine, theirs in zip(
        body.get_weights(), pretrained.load(CLASSIFIER).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_the_backbone_is_not_stored_again(trained):
    network, stored = runtime.build(DEMO.model_id())
    sizes = []
    with h5py.File(stored.weights) as file:
        file.visititems(lambda name, item: sizes.append(getattr(item, "size", 0)))
    assert sum(sizes) == network.get_layer(artifacts.HEADS).count_params()


def test_the_heads_have_learnt(trained):
    history = artifacts.read_history(trained["default"].folder)
    assert len(history) == trained["default"].epochs
    assert {"loss", "class_loss", "box_loss"} <= set(history[0])
    assert history[-1]["loss"] < history[0]["loss"]


def test_the_effect_of_alpha_is_stored(trained):
    effect = json.loads((trained["default"].folder / outputs.ALPHA).read_text())
    assert [row.pop("alpha") for row in effect["rows"]] == list(config.TINY.effect.alphas)
    assert all(set(row) == METRICS for row in effect["rows"])
    assert effect["pictures"] == config.TINY.effect.alpha_pictures
    assert not (trained["book"].folder / outputs.ALPHA).exists()


# === Taken up ===


class Trained(Exception):
    """A training that was to begin."""


@pytest.fixture
def nothing_is_trained(monkeypatch):
    """Whatever calls `fit` stops there."""

    def stop(*arguments, **options):
        raise Trained

    monkeypatch.setattr(keras.Model, "fit", stop)


def test_what_was_trained_is_found_again(trained, nothing_is_trained):
    run = trained["default"]
    task = train.experiment(run, config.TINY)
    network, _ = task.network()
    half_precision.round_weights(network)
    first = {(r.method, r.metric): r.value for r in artifacts.read_results(run.folder)}
    second = {(r.method, r.metric): r.value for r in task.measure(network, {}).results}
    assert second == pytest.approx(first, abs=1e-6)
    assert task.effect_of_alpha() == json.loads((run.folder / outputs.ALPHA).read_text())


@every_preset
def test_what_was_interrupted_is_taken_up(trained, tmp_path, monkeypatch, preset):
    """It comes out as if it had not been; only dropout, whose state Keras does not keep, is off."""
    settings = replace(config.PRESETS[preset], dropout=0.0)
    whole, run = (
        dataclasses.replace(trained[preset], work=tmp_path / name, stages=[])
        for name in ("whole", "interrupted")
    )

    class Stop(training.Clock):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt
            super().on_epoch_begin(epoch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(training, "Clock", Stop)
        with pytest.raises(KeyboardInterrupt):
            train.experiment(run, settings).network()
    (stage,) = run.stages
    assert (stage / "backup").is_dir()
    network, history = train.experiment(run, settings).network()
    assert [row["epoch"] for row in history] == [0, 1]
    wanted, _ = train.experiment(whole, settings).network()
    for mine, theirs in zip(network.get_weights(), wanted.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


# === The backbone that it stands on ===


@pytest.fixture
def other_backbone(trained, tmp_path, monkeypatch):
    """Weights in which the classifier was trained again since; answers the ones before it."""
    before = Path(os.environ["MMDEMO_WEIGHTS"])
    shutil.copytree(before / "localizer", tmp_path / "localizer")
    write_classifier(tmp_path, conftest.CLASSIFIER, seed=1)
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(artifacts, "EMBEDDED", tmp_path / "none")
    return before


def test_heads_do_not_serve_on_another_backbone(other_backbone):
    with pytest.raises(WeightsError) as caught:
        runtime.build(DEMO.model_id())
    assert "image_classifier/default are others than the ones needed" in str(caught.value)
    assert "mmdemo train localizer --preset default" in str(caught.value)
    runtime.build(DEMO.model_id("book"))  # which stands on none


def test_the_embedded_backbone_serves_where_it_is_the_right_one(other_backbone, monkeypatch):
    own = pretrained.load(CLASSIFIER).get_weights()[0]
    monkeypatch.setattr(artifacts, "EMBEDDED", other_backbone)
    network, _ = runtime.build(DEMO.model_id())
    taken = network.get_layer(artifacts.BACKBONE).get_weights()[0]
    assert not np.array_equal(taken, own)
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(other_backbone))
    np.testing.assert_array_equal(taken, pretrained.load(CLASSIFIER).get_weights()[0])


def test_a_training_on_another_backbone_starts_anew(trained, other_backbone, nothing_is_trained):
    with pytest.raises(Trained):
        train.experiment(trained["default"], config.TINY).network()
    with pytest.raises(Trained):
        train.experiment(trained["default"], config.TINY).effect_of_alpha()
    train.experiment(trained["book"], config.PRESETS["book"]).network()  # it stands on none


def test_a_backbone_of_another_shape_is_refused(trained):
    other = model.build(replace(config.TINY, widths=(4, 12)))
    with pytest.raises(WeightsError, match=r"another backbone.*train image_classifier"):
        pretrained.fill(other, CLASSIFIER)


def test_the_class_head_starts_as_the_classifier(trained):
    network = model.build(config.TINY)
    pretrained.fill(network, CLASSIFIER)
    train.take_classifier(network.get_layer(artifacts.HEADS))
    pictures = generated(3, side=16).images.astype("float32")
    (wanted,) = arrays(runtime.build(CLASSIFIER)[0], pictures)
    np.testing.assert_allclose(arrays(network, pictures)[0], wanted, atol=1e-4)


# === Losses ===


def weights_that_move(alpha: float, preset: config.Config) -> set[str]:
    """Names of the layers that one step of training changes."""
    keras.utils.set_random_seed(0)
    settings = replace(preset, alpha=alpha, weight_decay=0.0, cosine=False, dropout=0.0)
    network = model.build(settings)
    train.compile_losses(network, settings, steps=1)
    part = network.get_layer(artifacts.HEADS) if settings.asks else network
    before = {layer.name: layer.get_weights() for layer in part.layers}
    shapes = generated(4, side=settings.input.side)
    truth = (outputs.one_hot(shapes.labels, settings.network.classes, len(shapes)), shapes.boxes)
    images = shapes.images.astype("float32")
    network.train_on_batch([images, truth[0]] if settings.asks else images, truth)
    return {
        layer.name
        for layer in part.layers
        if layer.trainable_weights
        and "norm" not in layer.name  # its averages follow the data, whatever the loss
        and any(
            not np.array_equal(a, b)
            for a, b in zip(before[layer.name], layer.get_weights(), strict=True)
        )
    }


PLACE = "place_and_size"
SMALL_BOOK = replace(config.BOOK, side=16, classes=3, filters=(4, 8))


@pytest.mark.parametrize(
    ("preset", "class_head", "box_head"),
    [
        (
            config.TINY,
            {"logits"},
            {
                *("fine_class", "coarse_class", "class_shift"),
                *("box_conv", "attention", "values", "box_hidden", "place_and_size"),
            },
        ),
        (SMALL_BOOK, {"class"}, {PLACE}),
    ],
    ids=["default", "book"],
)
def test_each_head_learns_from_its_own_loss_alone(preset, class_head, box_head):
    both = weights_that_move(0.5, preset)
    assert class_head | box_head < both
    assert weights_that_move(1.0, preset) == both - box_head
    assert weights_that_move(0.0, preset) == both - class_head


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_the_loss_is_the_weighted_sum(alpha):
    settings = replace(SMALL_BOOK, alpha=alpha)
    keras.utils.set_random_seed(0)
    network = model.build(settings)
    train.compile_losses(network, settings, steps=1)
    shapes = generated(6, side=16)
    logits, found = arrays(network, shapes.images.astype("float32"))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    class_loss = -np.log(chances[np.arange(6), shapes.labels]).mean()
    box_loss = ((to_centre(found) - to_centre(shapes.boxes)) ** 2).mean()
    truth = (outputs.one_hot(shapes.labels, 3, len(shapes)), shapes.boxes)
    loss = network.evaluate(shapes.images.astype("float32"), truth, verbose=0, return_dict=True)
    assert loss["loss"] == pytest.approx(alpha * class_loss + (1 - alpha) * box_loss, abs=1e-5)


def test_book_learns_a_handful_of_photos():
    keras.utils.set_random_seed(0)
    network = model.build(SMALL_BOOK)
    train.compile_losses(network, replace(SMALL_BOOK, learning_rate=1e-2), steps=1)
    shapes = generated(6, side=16)
    truth = (outputs.one_hot(shapes.labels, 3, len(shapes)), shapes.boxes)
    images = shapes.images.astype("float32")
    start = network.evaluate(images, truth, verbose=0, return_dict=True)["loss"]
    network.fit(images, truth, epochs=150, verbose=0)
    assert network.evaluate(images, truth, verbose=0, return_dict=True)["loss"] < 0.02 * start


def test_the_heads_learn_a_handful_of_photos():
    """On maps that are the photos themselves, scaled down."""
    settings = replace(
        config.TINY, dropout=0.0, weight_decay=0.0, label_smoothing=0.0, learning_rate=3e-2
    )
    shapes = generated(6, side=16, seed=1)
    assert set(shapes.labels) == {0, 1, 2}
    photos = shapes.images.astype("float32") / 255
    fine = photos.reshape(6, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    coarse = photos.reshape(6, 4, 4, 4, 4, 3).mean(axis=(2, 4))
    classes = outputs.one_hot(shapes.labels, 3, len(shapes))
    inputs, truth = [fine, coarse, classes], [classes, shapes.boxes]

    keras.utils.set_random_seed(0)
    heads = model.build_heads(settings.network, (3, 3))
    steps = 800
    train.compile_losses(heads, settings, steps)
    start = heads.evaluate(inputs, truth, verbose=0, return_dict=True)["loss"]
    heads.fit(  # one pass over as many copies, since a pass costs more than a step
        *([np.concatenate([part] * steps) for part in parts] for parts in (inputs, truth)),
        batch_size=len(shapes),
        shuffle=False,
        verbose=0,
    )
    assert heads.evaluate(inputs, truth, verbose=0, return_dict=True)["loss"] < 0.02 * start
    logits, found = compile_call(heads)(*inputs)
    assert (logits.argmax(axis=1) == shapes.labels).all()
    assert boxes.iou(found, shapes.boxes).min() > 0.8


# === Baseline ===


def test_the_centred_box_is_the_best_of_its_kind():
    known = boxes.to_corners(np.array([[0.5, 0.5, 0.5, 0.25]] * 6 + [[0.2, 0.2, 0.1, 0.1]] * 3))
    best = measure.centred_box(known)
    right = (boxes.iou(best, known) >= 0.5).mean()
    assert right == pytest.approx(6 / 9)
    np.testing.assert_allclose((best[:2] + best[2:]) / 2, 0.5)


# === One's own data ===


@pytest.mark.parametrize("count", [26, 27, 400, 6400, 50_000])
def test_few_photos_are_seen_in_small_batches_and_often_enough(count):
    own = train.for_own(config.DEFAULT, count)
    training, epochs = own.training, config.DEFAULT.training.epochs
    assert training.batch <= 16
    steps = training.epochs * math.ceil(count / training.batch)
    assert steps >= 400
    if training.epochs > epochs:  # no more passes than that takes
        assert (training.epochs - 1) * count < 400 * training.batch
    assert training.epochs >= epochs
    assert own.effect.alpha_epochs == training.epochs
    assert train.for_own(own, count) == own  # as `evaluate` does it again


def instead(row):
    """A row in place of that of the first picture, which is 0.png."""
    return lambda rows: [rows[0], *rows[2:], row]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:30], "names 29 pictures; at least 40"),
        (instead("0.png,disc,3,3,2,9"), "Row 61 of boxes.csv: the box 3, 3, 2, 9"),
        (instead("0.png,disc,3,3,25,9"), "24 pixels wide and 24 high"),
        (instead("0.png,disc,3,3,nan,9"), "does not lie in the picture"),
        (instead("0.png,disc,3,3,wide,9"), "are not four numbers"),
        (instead("none.png,disc,3,3,9,9"), "none.png: There is no file"),
        (instead("boxes.csv,disc,3,3,9,9"), "not a picture"),
        (instead("0.png, ,3,3,9,9"), "has no label"),
        (instead("0.png,cat,3,3,9,9"), "1 pictures of 'cat'; at least 5"),
        (instead("59.png,disc,3,3,9,9"), "Row 61 of boxes.csv has 59.png a second time"),
        (instead("./59.png,disc,3,3,9,9"), "a second time"),
        (instead(",disc,3,3,9,9"), "Row 61 of boxes.csv names no file"),
        (instead(" ,disc,3,3,9,9"), "names no file"),
        (lambda rows: ["file,label,left,top,right", "a,b,1,2,3"], "no column 'bottom'"),
        (
            lambda rows: [rows[0], *(f"{i}.png,disc,1,1,9,9" for i in range(50))],
            "All pictures are called 'disc'",
        ),
    ],
)
def test_bad_tables_are_named(trained, tmp_path, change, message):
    own = trained["book"].data
    folder = tmp_path / "own"
    folder.mkdir()
    for file in own.glob("*.png"):
        (folder / file.name).symlink_to(file)
    rows = (own / data.TABLE).read_text().splitlines()
    (folder / data.TABLE).write_text("\n".join(change(rows)))
    with pytest.raises(UserError, match=message):
        data.own(folder, 16)


def test_a_folder_without_a_table_and_no_folder(tmp_path):
    with pytest.raises(UserError, match=r"has no boxes\.csv"):
        data.own(tmp_path, 16)
    with pytest.raises(UserError, match="is not a folder"):
        data.own(tmp_path / "none", 16)
