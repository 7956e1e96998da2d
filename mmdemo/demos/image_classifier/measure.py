"""How good a classifier of pictures is, and the linear one that it is compared with."""

from __future__ import annotations

import timeit
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from mmdemo.core.data.elsewhere import best_right, right_classes
from mmdemo.core.data.photos import Photos
from mmdemo.core.measure.metrics import expected_calibration_error, fit_temperature, log_softmax
from mmdemo.core.measure.report import Result, abroad, results_of

from .infer import views_of

BATCH = 250


def figures(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracy and calibration.

    Args:
        logits: calibrated, `(n, classes)`.
        labels: the true classes, `(n,)`.
    """
    ranks = (logits > logits[np.arange(len(labels)), labels][:, None]).sum(axis=1)
    return {
        "top1": float((ranks < 1).mean()),
        "top5": float((ranks < 5).mean()),
        "ece": float(expected_calibration_error(np.exp(log_softmax(logits)), labels)),
    }


def elsewhere(
    source: str, photos: Photos, names: tuple[str, ...], methods: Mapping[str, np.ndarray]
) -> list[Result]:
    """Figures on photos of another source, whose kinds may be several classes each.

    Args:
        source: in words.
        photos: from `core.data.elsewhere`.
        names: of the classes.
        methods: calibrated logits `(n, classes)` by method.
    """
    right = right_classes(photos, names)
    measured = {
        method: figures(logits, best_right(logits, right)) for method, logits in methods.items()
    }
    split = f"{source}: {len(photos)} photos, squashed to 64 x 64; every class of the kind is right"
    return abroad(results_of("classification", measured, split, len(photos)))


def predict(call: Any, pictures: Photos, side: int) -> np.ndarray:
    """Logits of whole pictures, scaled to a side, `(n, classes)`."""
    return in_batches(call, pictures.images, side)


def in_batches(call: Any, images: np.ndarray, side: int) -> np.ndarray:
    """Logits of uint8 squares of any size, scaled to a side, `(n, classes)`."""
    batches = (images[i : i + BATCH] for i in range(0, len(images), BATCH))
    return np.concatenate([call(scaled(part, side)) for part in batches])


def scaled(images: np.ndarray, side: int) -> np.ndarray:
    """Square pictures as they are served: float32 `(n, side, side, 3)`."""
    if images.shape[1] != side:
        images = np.concatenate([views_of(image, side, "whole") for image in images])
    return images.astype(np.float32)


def milliseconds(call: Any, picture: np.ndarray, count: int = 50) -> float:
    """Median time of the compiled call on one picture."""
    return 1000 * float(np.median(timeit.repeat(lambda: call(picture), number=1, repeat=count)))


# === Baseline ===


def linear_on_histograms(
    known: Photos, held_out: Photos, tests: Sequence[Photos], seed: int
) -> list[np.ndarray]:
    """Calibrated logits of a linear classifier on histograms of colours and gradients.

    Args:
        known: to train on.
        held_out: to calibrate on.
        tests: whose logits are wanted.
        seed: of the training.
    """
    fit, *asked = map(histograms, (known, held_out, *tests))
    mean, spread = fit.mean(axis=0), fit.std(axis=0) + 1e-6
    keras.utils.set_random_seed(seed)
    linear = keras.Sequential(
        [
            keras.Input(fit.shape[1:]),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(len(known.names)),
        ]
    )
    linear.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    linear.fit((fit - mean) / spread, known.labels, batch_size=256, epochs=15, verbose=0)
    calibrating, *logits = (
        linear.predict((part - mean) / spread, batch_size=BATCH, verbose=0) for part in asked
    )
    temperature = fit_temperature(calibrating, held_out.labels)
    return [part / temperature for part in logits]


def histograms(pictures: Photos) -> np.ndarray:
    """Oriented gradients in cells of 8 x 8 pixels (Dalal and Triggs 2005), and 64 colours."""
    from skimage.feature import hog

    rows = []
    for image in pictures.images:
        gradients = hog(image, 8, (8, 8), (1, 1), feature_vector=True, channel_axis=-1)
        shades = image.reshape(-1, 3) // 64
        colours = np.bincount(shades @ np.array([16, 4, 1], np.uint8), minlength=64)
        rows.append(np.concatenate([gradients, np.sqrt(colours / len(shades))]))
    return np.array(rows, np.float32)
