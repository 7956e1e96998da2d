"""Drawn things in the layout of PASCAL VOC, and small networks that learnt them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.detection import DEMO, config, train
from mmdemo.demos.image_classifier.config import TINY as TINY_CLASSIFIER
from tests.support.classifier import write_classifier

THING = """<object><name>{name}</name><bndbox><xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax>\
<ymax>{3}</ymax></bndbox></object>"""
CLASSIFIER = replace(
    TINY_CLASSIFIER,
    stem=config.TINY.network.stem,
    widths=config.TINY.network.widths,
    depths=config.TINY.network.depths,
)
"""Whose backbone is that of the small networks."""


def small(preset: str) -> config.Config:
    """A preset with few weights, on the tiny network's pictures and backbone."""
    whole, tiny = config.PRESETS[preset], config.TINY
    network = dataclasses.replace(
        whole.network,
        **{name: getattr(tiny.network, name) for name in ("stem", "widths", "depths", "hidden")},
        units=8 if whole.network.units else 0,
        pooled=3 if whole.network.pooled else 0,
        grid=3 if whole.network.grid else 0,
        depth=1 if whole.network.depth else 0,
    )
    side = {"height": 48, "width": 48} if preset == "yolo" else {"height": 48, "width": 64}
    how = dataclasses.replace(
        whole.input,
        **side,
        crop=16 if whole.input.crop else 0,
        proposals=20 if whole.input.proposals else 0,
    )
    training = dataclasses.replace(
        whole.training,
        epochs=1,
        first_epochs=min(whole.training.first_epochs, 1),
        steps=2,
        batch=2,
        regions=8 if whole.training.regions else 0,
        held_out=2,
    )
    return config.Config(network, how, training)


def write_own(folder: Path, count: int = 20) -> Path:
    """A folder as `train --data` takes it: discs and squares, two of each in a picture."""
    rng = np.random.default_rng(0)
    (folder / "JPEGImages").mkdir(parents=True)
    (folder / "Annotations").mkdir()
    for number in range(count):
        picture = Image.new("RGB", (64, 48), (210, 205, 200))
        pen = ImageDraw.Draw(picture)
        things = []
        for name in ("disc", "square") * 2:
            side = int(rng.integers(8, 20))
            left, top = int(rng.integers(0, 64 - side)), int(rng.integers(0, 48 - side))
            box = (left, top, left + side, top + side)
            draw = pen.ellipse if name == "disc" else pen.rectangle
            draw(box, (150, 60, 90) if name == "disc" else (60, 90, 150))
            things.append(THING.format(*box, name=name))
        picture.save(folder / "JPEGImages" / f"{number}.png")
        text = (
            f"<annotation><filename>{number}.png</filename><size><width>64</width>"
            f"<height>48</height></size>{''.join(things)}</annotation>"
        )
        (folder / "Annotations" / f"{number}.xml").write_text(text)
    return folder


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory):
    """Weights of a small classifier and of every preset on its backbone: their `Run`s."""
    root = tmp_path_factory.mktemp("detection")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_WEIGHTS", str(root / "weights"))
    write_classifier(root / "weights", CLASSIFIER)
    patch.setattr(config, "PRESETS", {name: small(name) for name in config.PRESETS})
    compile_losses = train.compile_losses

    def eagerly(network, *others):  # a graph for two steps would take seconds
        compile_losses(network, *others)
        network.run_eagerly = True

    patch.setattr(train, "compile_losses", eagerly)
    own = write_own(root / "own")
    runs = {}
    for model_id in DEMO.model_ids:
        folder = root / "weights" / str(model_id)
        runs[model_id.preset] = run = Run(model_id, folder, root / "work", data=own)
        experiment.train(run)
    runtime.cache.clear()
    yield runs
    runtime.cache.clear()
    patch.undo()
