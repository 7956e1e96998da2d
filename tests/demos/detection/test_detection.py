"""Shapes are named, also those of one's own kinds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.errors import UserError
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.demos.detection import DEMO, config, data, examples, infer
from mmdemo.demos.detection.model import build


@pytest.fixture
def own(tmp_path) -> Path:
    """Thirty drawings of each of two kinds."""
    rng = np.random.default_rng(1)
    for kind, shape in (("ring", "circle"), ("box", "square")):
        (tmp_path / "own" / kind).mkdir(parents=True)
        for number in range(30):
            picture = Image.fromarray(data.draw(shape, rng))
            picture.save(tmp_path / "own" / kind / f"{number}.png")
    return tmp_path / "own"


def test_book_weighs_the_pixels_alone():
    network = build(config.BOOK)
    assert network.count_params() == 24 * 24 * 3 + 3
    assert network.output_shape == (None, 3)


def test_default_names_the_examples():
    for label, file in examples.drawings().items():
        first, *_ = infer.name(open_image(file))
        assert label == f"A {first.kind}"


def test_own_drawings_are_learnt_and_served(own, tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr(runtime, "cache", runtime.ModelCache(1 << 30))
    model_id = DEMO.model_id()
    folder = tmp_path / "weights" / str(model_id)
    run = Run(model_id, folder=folder, work=tmp_path / "work", data=own, epochs=2)
    experiment.train(run)
    guesses = infer.name(open_image(next((own / "ring").iterdir())))
    assert {guess.kind for guess in guesses} == {"ring", "box"}
    assert experiment.evaluate(run)


def test_too_few_drawings_are_refused(own):
    for file in list((own / "box").iterdir())[10:]:
        file.unlink()
    with pytest.raises(UserError, match="box holds 10 pictures"):
        data.own(own, 24)
