"""Drawn shapes as one's own data, and small networks that were trained on them."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from mmdemo.core.data.tiny_imagenet import Photos
from mmdemo.core.nets import backbone
from mmdemo.core.serve import runtime
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.demos.image_classifier import config as classifier_config
from mmdemo.demos.image_classifier import model as classifier_model
from mmdemo.demos.localizer import DEMO, config, data, train


@pytest.fixture(scope="package")
def photos() -> Photos:
    """Sixty drawings of 24 x 24 pixels."""
    return data.generated(60, side=24)


def arrays(
    network: keras.Model, images: np.ndarray, labels: np.ndarray | None = None
) -> list[np.ndarray]:
    """What a network makes of pictures, under any backend; of these classes, where it asks."""
    if len(network.inputs) == 2:
        wanted = np.zeros((len(images), network.inputs[1].shape[1]), np.float32)
        if labels is not None:
            wanted[np.arange(len(images)), labels] = 1
        made = network([images, wanted])
    else:
        made = network(images)
    parts = made if isinstance(made, list | tuple) else [made]
    return [keras.ops.convert_to_numpy(part) for part in parts]


def write_own(folder: Path, photos: Photos) -> Path:
    """A folder as `train --data` takes it."""
    folder.mkdir(parents=True)
    side = photos.images.shape[1]
    with (folder / data.TABLE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "label", *data.EDGES])
        for index, image in enumerate(photos.images):
            Image.fromarray(image).save(folder / f"{index}.png")
            box = (photos.boxes[index] * side).round().astype(int)
            writer.writerow([f"{index}.png", data.SHAPES[photos.labels[index]], *box])
    return folder


def write_classifier(weights: Path, seed: int) -> None:
    """A small untrained classifier among weights, where those of the backbone are looked for."""
    home = dataclasses.replace(
        classifier_config.TINY,
        stem=config.TINY.stem,
        widths=config.TINY.widths,
        depths=config.TINY.depths,
    )
    keras.utils.set_random_seed(seed)
    classifier = classifier_model.build(home)
    artifacts.round_to_half(classifier)
    artifacts.write(
        weights.joinpath(*backbone.HOME),
        demo=DEMO,
        preset="default",
        model=classifier,
        config=home,
        preprocess={},
        results=[],
        history=[],
        provenance={
            "command": "", "wall_time_seconds": 0, "hardware": "", "seed": 0, "versions": {},
            "data": None,
        },
        half=True,
    )  # fmt: skip


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory, photos: Photos):
    """Weights of a small classifier and of both presets on its backbone: their `Run`s by preset."""
    root = tmp_path_factory.mktemp("localizer")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_WEIGHTS", str(root / "weights"))
    write_classifier(root / "weights", seed=0)
    book = dataclasses.replace(
        config.BOOK, side=16, classes=3, filters=(4, 8), batch=16, held_out=2
    )
    patch.setattr(train, "PRESETS", {"default": config.TINY, "book": book})
    own = write_own(root / "own", photos)
    runs = {}
    for preset in ("default", "book"):
        folder = root / "weights" / DEMO.slug / preset
        runs[preset] = Run(DEMO.slug, preset, folder, root / "work" / preset, data=own, epochs=2)
        train.train(runs[preset])
    runtime.cache.clear()
    yield runs
    runtime.cache.clear()
    patch.undo()
