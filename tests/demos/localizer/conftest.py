"""Drawn shapes as one's own data, and small networks that were trained on them."""

from __future__ import annotations

import csv
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmdemo.core.data.photos import Photos
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.image_classifier.config import TINY as TINY_CLASSIFIER
from mmdemo.demos.localizer import DEMO, config, data
from tests.support.classifier import write_classifier

SHAPES = ("disc", "square", "triangle")


def generated(count: int, side: int = 16, seed: int = 0) -> Photos:
    """Drawn shapes of three kinds and their boxes."""
    rng = np.random.default_rng(seed)
    images, labels, boxes = [], [], []
    for _ in range(count):
        label = int(rng.integers(len(SHAPES)))
        width, height = rng.integers(side // 3, side * 3 // 4 + 1, 2)
        left, top = rng.integers(0, side - width + 1), rng.integers(0, side - height + 1)
        picture = Image.new("RGB", (side, side), tuple(map(int, rng.integers(0, 90, 3))))
        pen = ImageDraw.Draw(picture)
        box = (int(left), int(top), int(left + width - 1), int(top + height - 1))
        colour = tuple(map(int, rng.integers(140, 256, 3)))
        if SHAPES[label] == "disc":
            pen.ellipse(box, colour)
        elif SHAPES[label] == "square":
            pen.rectangle(box, colour)
        else:
            pen.polygon([(box[0], box[3]), (box[2], box[3]), (left + width // 2, top)], colour)
        images.append(np.asarray(picture))
        labels.append(label)
        boxes.append([left, top, left + width, top + height])
    return Photos(np.stack(images), np.array(labels), SHAPES, np.array(boxes, np.float32) / side)


@pytest.fixture(scope="package")
def photos() -> Photos:
    """Sixty drawings of 24 x 24 pixels."""
    return generated(60, side=24)


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
            writer.writerow([f"{index}.png", SHAPES[photos.labels[index]], *box])
    return folder


NETWORK = config.TINY.network
CLASSIFIER = replace(
    TINY_CLASSIFIER, stem=NETWORK.stem, widths=NETWORK.widths, depths=NETWORK.depths
)
"""Whose backbone is that of the small networks."""


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory, photos: Photos):
    """Weights of a small classifier and of both presets on its backbone: their `Run`s by preset."""
    root = tmp_path_factory.mktemp("localizer")
    patch = pytest.MonkeyPatch()
    patch.setenv("MMDEMO_WEIGHTS", str(root / "weights"))
    write_classifier(root / "weights", CLASSIFIER)
    book = replace(config.BOOK, side=16, classes=3, filters=(4, 8), batch=16, held_out=2)
    patch.setattr(config, "PRESETS", {"default": config.TINY, "book": book})
    own = write_own(root / "own", photos)
    runs = {}
    for model_id in DEMO.model_ids:
        folder = root / "weights" / str(model_id)
        work = root / "work" / model_id.preset
        runs[model_id.preset] = run = Run(model_id, folder, work, data=own, epochs=2)
        experiment.train(run)
    runtime.cache.clear()
    yield runs
    runtime.cache.clear()
    patch.undo()
