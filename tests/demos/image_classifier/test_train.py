"""Training and evaluation end to end on drawn pictures."""

import dataclasses

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmdemo.core.data import tiny_imagenet
from mmdemo.core.data.photos import Photos
from mmdemo.core.data.splits import hold_out
from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.serve import pretrained
from mmdemo.core.train import experiment
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.image_classifier import DEMO, config, data, measure, train
from mmdemo.demos.image_classifier.config import BOOK, TINY
from tests.support.classifier import write_classifier

TINY_ID = ModelId(DEMO.slug, "", "tiny")
TINY_BOOK = replace(BOOK, side=16, widths=(4, 8), sides=(16,), epochs=2, batch=8, held_out=4)


@pytest.fixture
def drawn(tmp_path):
    """Discs, squares and lines of any colour, a folder each."""
    rng = np.random.default_rng(0)
    for name in ("disc", "line", "square"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(30):
            image = Image.new("RGB", (32, 32), tuple(rng.integers(0, 100, 3).tolist()))
            pen = ImageDraw.Draw(image)
            left, top = rng.integers(2, 12, 2).tolist()
            box, colour = (
                (left, top, left + 16, top + 16),
                tuple(rng.integers(150, 256, 3).tolist()),
            )
            if name == "disc":
                pen.ellipse(box, fill=colour)
            elif name == "square":
                pen.rectangle(box, fill=colour)
            else:
                pen.line(box, fill=colour, width=2)
            image.save(tmp_path / "own" / name / f"{number}.png")
    return tmp_path / "own"


def as_public_set(monkeypatch, pictures):
    """Some pictures in place of both parts of Tiny ImageNet."""
    for part in ("train", "validation"):
        monkeypatch.setattr(tiny_imagenet, part, lambda: pictures)


@pytest.mark.parametrize("tiny", [TINY, TINY_BOOK], ids=["default", "book"])
def test_train_then_evaluate_alike(tiny, drawn, tmp_path, monkeypatch):
    monkeypatch.setitem(config.PRESETS, "tiny", tiny)
    write_classifier(tmp_path / "weights", TINY)  # a small one to start from
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    run = training.Run(TINY_ID, tmp_path / "out", tmp_path / "work", drawn, epochs=2)
    experiment.train(run)
    artifacts.verify(run.folder)
    written = artifacts.read_results(run.folder)
    assert {r.method for r in written} == {"tiny", "linear_on_histograms"}
    assert {r.metric for r in written} == {"top1", "top5", "ece", "megaflops", "milliseconds"}
    assert all(r.n == 18 for r in written)
    stored = artifacts.read_json(run.folder, "preprocess.json")
    assert stored["names"] == ["disc", "line", "square"] and stored["temperature"] > 0

    def lasting(results):  # a time is never the same twice
        return [r.to_dict() for r in results if r.metric != "milliseconds"]

    assert lasting(experiment.evaluate(run)) == lasting(written)


def test_own_pictures_start_from_what_is_known(drawn, tmp_path, monkeypatch):
    """A few dozen drawings are soon told apart, since the backbone knows edges."""
    tiny = replace(TINY, side=32, sides=(32,))
    monkeypatch.setitem(config.PRESETS, "tiny", tiny)
    run = training.Run(TINY_ID, tmp_path / "out", tmp_path / "work", drawn, epochs=10)
    experiment.train(run)
    top1 = [r.value for r in artifacts.read_results(run.folder) if r.metric == "top1"]
    assert top1[0] >= 0.6

    monkeypatch.setattr(train, "fit", lambda *arguments, **options: [])
    network, _ = train.experiment(run, tiny).network()
    start = network.get_layer(artifacts.BACKBONE).get_weights()
    for ours, known in zip(start, pretrained.load(DEMO.model_id()).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, known)


@pytest.mark.parametrize("counts", [(20, 20), (30, 30), (45, 20, 60)])
def test_few_pictures_make_two_batches_at_least(counts):
    labels = np.repeat(np.arange(len(counts)), [count - count // 5 for count in counts])
    known = Photos(np.zeros((len(labels), 8, 8, 3), np.uint8), labels, ("a",) * len(counts))
    own = train.for_own(config.DEFAULT, known)
    fit, held_out = hold_out(labels, own.training.held_out, 0)
    assert len(data.Altered(known.take(fit), own, 0)) >= 2
    assert own.network.classes == len(counts)
    assert len(held_out) == own.training.held_out * len(counts)
    assert train.for_own(own, known) == own  # measured again as it was measured first


def test_own_weights_are_not_measured_on_the_public_set(drawn, tmp_path, monkeypatch):
    monkeypatch.setitem(config.PRESETS, "tiny", TINY_BOOK)
    run = training.Run(TINY_ID, tmp_path / "out", tmp_path / "w", drawn, epochs=1)
    experiment.train(run)
    public = data.own(drawn, 16).take(np.arange(60))
    public = dataclasses.replace(public, names=("one", "two"))
    as_public_set(monkeypatch, public)
    with pytest.raises(UserError, match="tells 3 classes apart, and the public set has 2"):
        experiment.evaluate(dataclasses.replace(run, data=None))


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(drawn, tmp_path, monkeypatch):
    """Batches, rate and averaged weights after a stop are those of a training without one."""
    as_public_set(monkeypatch, data.own(drawn, 16))

    class Stop(training.Clock):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt
            super().on_epoch_begin(epoch, logs)

    def run(name):
        return training.Run(TINY_ID, tmp_path / "out", tmp_path / name, seed=1)

    whole, _ = train.experiment(run("whole"), TINY).network()
    interrupted = run("parts")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training, "Clock", Stop)
        train.experiment(interrupted, TINY).network()
    resumed, history = train.experiment(interrupted, TINY).network()
    assert [row["epoch"] for row in history] == [0, 1, 2]
    for ours, theirs in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_histograms_know_colours_and_edges():
    plain = np.zeros((2, 16, 16, 3), np.uint8)
    plain[1, :, 8:] = 255
    rows = measure.histograms(Photos(plain, np.zeros(2), ("a",)))
    assert rows.shape == (2, 2 * 2 * 8 + 64)
    assert rows[0, :32].sum() == 0 and rows[0, 32] == 1
    assert rows[1, :32].sum() > 0 and rows[1, 32] == pytest.approx(np.sqrt(0.5))
