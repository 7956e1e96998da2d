"""Training and measuring the networks that say what a picture shows.

    python -m mmdemo train image_classifier --preset default   # two hours on two cores
    python -m mmdemo train image_classifier --preset book      # 12 minutes

Protocol: Tiny ImageNet, the first 250 training photos of each of its 200 classes, without three
that also stand in the validation part. Ten photos of each class are held out: they calibrate the
probabilities. The official validation part, 10,000 photos, is measured: the whole photo, one view
of it. Expected top-1 accuracy: DEFAULT 0.51, BOOK 0.18.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from mmdemo.core.data import tiny_imagenet
from mmdemo.core.errors import UserError
from mmdemo.core.measure.metrics import expected_calibration_error, fit_temperature, log_softmax
from mmdemo.core.nets import backbone
from mmdemo.core.serve.backend import compile_call, multiply_adds
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import Result

from . import DEMO, data
from .config import PRESETS, Config
from .data import Batches, Pictures
from .infer import views_of
from .model import build

TASK = "classification"
TEST = "Tiny ImageNet official validation set, 10,000 photos, one view of the whole photo"
OWN = "as many of one's own pictures of each class, held out: a fifth of the smallest one"
OWN_SHARE = 0.2
OWN_HELD_OUT = 5
OWN_BATCH = 32
OWN_EPOCHS, OWN_STEPS = 20, 400
"""Passes and steps, at least: one's own pictures may be few."""
OWN_RATE = 0.02
"""A network that knows much already is changed with care."""
LAST_CROP = 0.7
"""Part of a picture's area that crops of the last epochs keep, at least."""
LAST_SHARE = 0.2
"""Learning rate of the last epochs, in parts of the one before."""
BATCH = 250


def train(run: training.Run) -> None:
    """Train a preset, measure it and write `run.folder`.

    With `run.data`, one's own pictures in a folder per class: DEFAULT starts from what it learnt on
    Tiny ImageNet, and as many pictures of each class as are a fifth of the smallest one are the
    test part.

    Raises:
        DataMissing: the public set is not in the data folder.
        UserError: `run.data` cannot be used; says why.
        WeightsError: there is no trained network to start from.
    """
    task = _Task(run, PRESETS[run.preset])
    network, history = task.network()
    artifacts.round_to_half(network)
    results, preprocess = task.measure(network)
    artifacts.write(
        run.folder,
        demo=DEMO,
        preset=run.preset,
        model=network,
        config=task.config,
        preprocess=preprocess,
        results=results,
        history=history,
        provenance=training.provenance(run),
        half=True,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Measure the network in `run.folder` again.

    Raises:
        DataMissing: the public set is not in the data folder.
        UserError: the network was trained on one's own pictures, of other classes.
        WeightsError: the folder is missing or corrupted.
    """
    stored = artifacts.read_json(run.folder, "config.json")
    config = Config(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})
    network = build(config)
    artifacts.restore(network, run.folder)
    task = _Task(run, config)
    if task.config.classes != len(task.test.names):
        raise UserError(
            f"The network in {run.folder} tells {config.classes} classes apart, and the public set "
            f"has {len(task.test.names)}: it cannot be measured there."
        )
    return task.measure(network)[0]


class _Task:
    """One preset on one set of pictures."""

    def __init__(self, run: training.Run, config: Config) -> None:
        self.run = run
        if run.data is None:
            known, self.test = data.public()
            self.split = TEST
            self.config = config
        else:
            every = data.own(run.data, config.side)
            tested = int(OWN_SHARE * np.bincount(every.labels).min())
            rows, held = tiny_imagenet.hold_out(every.labels, tested, run.seed)
            known, self.test = every.take(rows), every.take(held)
            self.split = OWN
            self.config = _for_own(config, known)
        fit, held_out = tiny_imagenet.hold_out(known.labels, self.config.held_out, run.seed)
        self.fit, self.held_out = known.take(fit), known.take(held_out)

    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        """A trained network and its history."""
        return fit(self.run, self.config, self.fit)

    def measure(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        """Results on the test part, and what inference needs beside the network."""
        call = compile_call(network)
        side = self.config.side
        temperature = fit_temperature(_logits(call, self.held_out, side), self.held_out.labels)
        logits = _logits(call, self.test, side) / temperature
        results = self._figures(self.run.preset, logits)
        one = _scaled(self.test.images[:1], side)
        operations = 2 * multiply_adds(network, one) / 1e6
        for metric, value in (
            ("megaflops", operations),
            ("milliseconds", _milliseconds(call, one)),
        ):
            results.append(Result(TASK, self.run.preset, metric, value, self.split, len(self.test)))
        results += self._figures("linear_on_histograms", self._histograms())
        preprocess = {
            "temperature": temperature,
            "names": list(self.test.names),
            "side": side,
        }
        return results, preprocess

    def _figures(self, method: str, logits: np.ndarray) -> list[Result]:
        labels = self.test.labels
        ranks = (logits > logits[np.arange(len(labels)), labels][:, None]).sum(axis=1)
        error = expected_calibration_error(np.exp(log_softmax(logits)), labels)
        figures = {"top1": (ranks < 1).mean(), "top5": (ranks < 5).mean(), "ece": error}
        return [
            Result(TASK, method, metric, float(value), self.split, len(labels))
            for metric, value in figures.items()
        ]

    def _histograms(self) -> np.ndarray:
        """Calibrated logits of a linear classifier on histograms of colours and gradients."""
        fit, held_out, test = map(histograms, (self.fit, self.held_out, self.test))
        mean, spread = fit.mean(axis=0), fit.std(axis=0) + 1e-6
        keras.utils.set_random_seed(self.run.seed)
        linear = keras.Sequential(
            [
                keras.Input(fit.shape[1:]),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(self.config.classes),
            ]
        )
        linear.compile(
            keras.optimizers.AdamW(1e-3, weight_decay=1e-2),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        linear.fit(
            (fit - mean) / spread,
            self.fit.labels,
            batch_size=256,
            epochs=15,
            shuffle=True,
            verbose=0,
        )
        held, answers = (
            linear.predict((part - mean) / spread, batch_size=BATCH, verbose=0)
            for part in (held_out, test)
        )
        return answers / fit_temperature(held, self.held_out.labels)


def fit(
    run: training.Run, config: Config, known: Pictures
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Train a network on altered pictures, then a little on nearly whole ones as they are served.

    Crops make things look larger than they are in whole pictures; the last epochs take that back
    (Touvron et al. 2019, "Fixing the train-test resolution discrepancy").
    """
    config = replace(config, epochs=run.epochs or config.epochs)
    keras.utils.set_random_seed(run.seed)
    network = build(config)
    start = []
    if run.data is not None and config.network == "inception_residual":
        backbone.fill(network)
        start = [backbone.checksum()]
    history = _fit(network, run, config, known, "classifier", *start)
    if config.last_epochs:
        last = replace(
            config,
            sides=(config.side,),
            smallest_crop=LAST_CROP,
            epochs=min(config.last_epochs, config.epochs),
            learning_rate=LAST_SHARE * config.learning_rate,
        )
        history += [
            row | {"epoch": row["epoch"] + len(history)}
            for row in _fit(network, run, last, known, "last", *start, repr(config))
        ]
    return network, history


def _fit(
    network: keras.Model,
    run: training.Run,
    config: Config,
    known: Pictures,
    name: str,
    *start: str,
) -> list[dict[str, float]]:
    """Train with a rate that rises for a short while, then falls."""
    batches = Batches(known.images, known.labels, config, run.seed)
    steps = config.epochs * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=config.learning_rate, warmup_steps=max(1, steps // 30)
    )
    network.compile(
        _optimizer(config, rate),
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=config.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    return training.fit(
        network,
        batches,
        stage=run.stage(name, config, *start),
        epochs=config.epochs,
        seed=run.seed,
        callbacks=[training.Clock(batches)],
        shuffle=False,  # `Batches` does
    )


def _optimizer(config: Config, rate: Any) -> keras.optimizers.Optimizer:
    """Adam for the source's network; for ours momentum, decay and averaged weights."""
    if not config.averaging:
        return keras.optimizers.Adam(rate)
    optimizer = keras.optimizers.SGD(
        rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=config.weight_decay,
        use_ema=True,
        ema_momentum=config.averaging,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def histograms(pictures: Pictures) -> np.ndarray:
    """Oriented gradients in cells of 8 x 8 pixels (Dalal and Triggs 2005), and 64 colours."""
    from skimage.feature import hog

    rows = []
    for image in pictures.images:
        gradients = hog(image, 8, (8, 8), (1, 1), feature_vector=True, channel_axis=-1)
        shades = image.reshape(-1, 3) // 64
        colours = np.bincount(shades @ np.array([16, 4, 1], np.uint8), minlength=64)
        rows.append(np.concatenate([gradients, np.sqrt(colours / len(shades))]))
    return np.array(rows, np.float32)


def _for_own(config: Config, known: Pictures) -> Config:
    """For one's own, few pictures; DEFAULT in the measure of the trained backbone."""
    classes = len(known.names)
    fit = len(known) - OWN_HELD_OUT * classes
    batch = min(OWN_BATCH, fit // 2)  # Keras learns from two batches that the side varies
    config = replace(
        config,
        classes=classes,
        held_out=OWN_HELD_OUT,
        batch=batch,
        epochs=max(OWN_EPOCHS, math.ceil(OWN_STEPS / (fit // batch))),
    )
    if config.network != "inception_residual":
        return config
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in backbone.settings().items()}
    return replace(config, **settings, learning_rate=OWN_RATE, averaging=0.95)


def _logits(call: Any, pictures: Pictures, side: int) -> np.ndarray:
    """Of whole pictures, scaled to a side, `(n, classes)`."""
    parts = [
        call(_scaled(pictures.images[start : start + BATCH], side))
        for start in range(0, len(pictures), BATCH)
    ]
    return np.concatenate(parts)


def _scaled(images: np.ndarray, side: int) -> np.ndarray:
    """float32 `(n, side, side, 3)`."""
    if images.shape[1] != side:
        images = np.concatenate([views_of(image, side, "whole") for image in images])
    return images.astype(np.float32)


def _milliseconds(call: Any, one: np.ndarray, count: int = 50) -> float:
    """Median time of the compiled call on one picture."""
    times = []
    for _ in range(count):
        started = time.perf_counter()
        call(one)
        times.append(time.perf_counter() - started)
    return 1000 * float(np.median(times))
