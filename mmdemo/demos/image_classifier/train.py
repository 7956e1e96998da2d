"""Training the networks that say what a picture shows.

    python -m mmdemo train image_classifier --preset default   # two hours on two cores
    python -m mmdemo train image_classifier --preset book      # 12 minutes

Protocol: Tiny ImageNet, the first 250 training photos of each of its 200 classes, without three
that also stand in the validation part. Ten photos of each class are held out: they calibrate the
probabilities. The official validation part, 10,000 photos, is measured: the whole photo, one view
of it. So are photos of COCO and of Oxford-IIIT Pet, where every class of the kind is right.
Expected top-1 accuracy: DEFAULT 0.51, BOOK 0.18.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from mmdemo.core.data import elsewhere, tiny_imagenet
from mmdemo.core.data.photos import Photos
from mmdemo.core.data.splits import hold_out
from mmdemo.core.errors import UserError
from mmdemo.core.measure.metrics import fit_temperature
from mmdemo.core.measure.report import Result, results_of
from mmdemo.core.serve import pretrained
from mmdemo.core.serve.backend import compile_call, multiply_adds
from mmdemo.core.train import none_of_these
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, History, Measured, Trained
from mmdemo.core.train.fit import Run, fit
from mmdemo.core.weights.configuration import replace

from . import DEMO, data, measure
from .config import Config
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


class Classification(Experiment[Config]):
    """A preset on the public set, or on one's own pictures in a folder per class.

    On one's own, DEFAULT starts from what it learnt on Tiny ImageNet, and as many pictures of each
    class as are a fifth of the smallest one are the test part.
    """

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            known, self.test = tiny_imagenet.train(), tiny_imagenet.validation()
            self.split = TEST
        else:
            pictures = data.own(run.data, config.input.side)
            tested = int(OWN_SHARE * np.bincount(pictures.labels).min())
            known, self.test = map(pictures.take, hold_out(pictures.labels, tested, run.seed))
            self.split = OWN
            config = for_own(config, known)
        classes = config.network.classes
        if classes != len(self.test.names):
            raise UserError(
                f"The network in {run.folder} tells {classes} classes apart, and the public set "
                f"has {len(self.test.names)}: it cannot be measured there."
            )
        super().__init__(run, config)
        rows = hold_out(known.labels, config.training.held_out, run.seed)
        self.known, self.held_out = map(known.take, rows)

    def network(self) -> Trained:
        """Train on altered pictures, then a little on nearly whole ones as they are served.

        Crops make things look larger than they are in whole pictures; the last epochs take that
        back (Touvron et al. 2019, "Fixing the train-test resolution discrepancy").
        """
        config = self.config
        if self.run.epochs:
            config = replace(config, epochs=self.run.epochs)
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        start = []
        if self.run.data is not None and config.network.network == "inception_residual":
            pretrained.fill(network, DEMO.model_id())
            start = [pretrained.record(DEMO.model_id())["sha256"]]
        history = self._stage("classifier", network, config, *start)
        training = config.training
        if training.last_epochs:
            last = replace(
                config,
                sides=(config.input.side,),
                smallest_crop=LAST_CROP,
                epochs=min(training.last_epochs, training.epochs),
                learning_rate=LAST_SHARE * training.learning_rate,
            )
            history += [
                row | {"epoch": row["epoch"] + len(history)}
                for row in self._stage("last", network, last, *start, repr(config))
            ]
        return Trained(network, history)

    def _stage(self, name: str, network: keras.Model, config: Config, *start: str) -> History:
        """Train with a rate that rises for a short while, then falls."""
        training = config.training
        batches = data.Altered(self.known, config, self.run.seed)
        steps = training.epochs * len(batches)
        rate = warm_up_cosine(training.learning_rate, max(1, steps // 30), steps)
        network.compile(
            _optimizer(config, rate),
            keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=training.label_smoothing
            ),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            jit_compile=False,
        )
        return fit(
            network,
            batches,
            stage=self.run.stage(name, config, *start),
            epochs=training.epochs,
            seed=self.run.seed,
            shuffle=False,  # the batches are
        )

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test part."""
        call = compile_call(network)
        side = self.config.input.side
        held_out = measure.predict(call, self.held_out, side)
        temperature = fit_temperature(held_out, self.held_out.labels)
        known = measure.predict(call, self.test, side)
        logits = known / temperature
        one = measure.scaled(self.test.images[:1], side)
        cost = {
            "megaflops": 2 * multiply_adds(network, one) / 1e6,
            "milliseconds": measure.milliseconds(call, one),
        }
        # One's own classes are those of no other source.
        others = {} if self.run.data else {name: read() for name, read in elsewhere.SOURCES.items()}
        linear, *linear_elsewhere = measure.linear_on_histograms(
            self.known, self.held_out, [self.test, *others.values()], self.run.seed
        )
        figures = {
            self.run.preset: measure.figures(logits, self.test.labels) | cost,
            "linear_on_histograms": measure.figures(linear, self.test.labels),
        }
        results = results_of(TASK, figures, self.split, len(self.test))
        for (name, photos), baseline in zip(others.items(), linear_elsewhere, strict=True):
            logits = measure.predict(call, photos, side) / temperature
            methods = {self.run.preset: logits, "linear_on_histograms": baseline}
            results += measure.elsewhere(name, photos, self.test.names, methods)
        names = list(self.test.names)
        preprocess = {"temperature": temperature, "names": names, "side": side}
        if not self.run.data:  # one's own pictures are too few to say what is unlike them
            preprocess["unlike"], told = self._none_of_these(call, known, temperature)
            results += told
        return Measured(results, preprocess)

    def _none_of_these(
        self, call: Any, known: np.ndarray, temperature: float
    ) -> tuple[dict[str, Any], list[Result]]:
        """What tells pictures that show none of the classes; `known` are the test part's logits."""
        side = self.config.input.side

        def logits(pictures: np.ndarray) -> np.ndarray:
            return measure.in_batches(call, pictures, side)

        return none_of_these.measured(
            self.run.preset, logits, self.held_out.images, known, temperature
        )


experiment = Classification


def _optimizer(config: Config, rate: Any) -> keras.optimizers.Optimizer:
    """Adam for the source's network; for ours momentum, decay and averaged weights."""
    if not config.training.averaging:
        return keras.optimizers.Adam(rate)
    optimizer = keras.optimizers.SGD(
        rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=config.training.weight_decay,
        use_ema=True,
        ema_momentum=config.training.averaging,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def for_own(config: Config, known: Photos) -> Config:
    """For one's own, few pictures; DEFAULT in the measure of the trained backbone.

    Raises:
        WeightsError: the trained backbone's weights are missing or corrupted.
    """
    classes = len(known.names)
    count = len(known) - OWN_HELD_OUT * classes
    batch = min(OWN_BATCH, count // 2)  # Keras learns from two batches that the side varies
    config = replace(
        config,
        classes=classes,
        held_out=OWN_HELD_OUT,
        batch=batch,
        epochs=max(OWN_EPOCHS, math.ceil(OWN_STEPS / (count // batch))),
    )
    if config.network.network != "inception_residual":
        return config
    stored = pretrained.config(DEMO.model_id()).network
    return replace(
        config,
        stem=stored.stem,
        widths=stored.widths,
        depths=stored.depths,
        learning_rate=OWN_RATE,
        averaging=0.95,
    )
