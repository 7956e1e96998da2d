"""Training the networks that say what a photo shows, and where.

    python -m mmdemo train localizer --preset default   # 35 minutes on two cores
    python -m mmdemo train localizer --preset book      # 10 minutes

Protocol: Tiny ImageNet's parts. Of the training photos ten of each kind are held out, the same that
the backbone's training held out: they calibrate the probabilities and show the effect of alpha. The
10,000 photos of the official validation part measure the final networks. Where the class is given,
DEFAULT is told it; `localization_accuracy` tells nobody, and `top1_localization_accuracy` asks for
class and box. Photos of COCO and of Oxford-IIIT Pet are measured too: every class of the kind is
right there.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from mmdemo.core.data import elsewhere, tiny_imagenet
from mmdemo.core.data.photos import Photos
from mmdemo.core.data.splits import hold_out
from mmdemo.core.errors import WeightsError
from mmdemo.core.measure.metrics import (
    expected_calibration_error,
    fit_temperature,
    log_softmax,
)
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.nets import boxes
from mmdemo.core.serve import pretrained, runtime
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import none_of_these
from mmdemo.core.train.batches import Shuffled, warm_up_cosine
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run, fit
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace

from . import DEMO, outputs
from .config import CLASSIFIER, Config
from .data import Altered, own
from .measure import baselines
from .model import build, build_heads

logger = logging.getLogger(__name__)

TASK = "localization"
TEST = "Tiny ImageNet official validation set, 10,000 photos"
OWN_BATCH, OWN_STEPS = 16, 400
"""Pictures of a batch, and steps at least, on one's own photos: they may be few."""
OWN_SHARE = 0.2
OWN_TEST = "a fifth of one's own photos, held out"


class Localization(Experiment[Config]):
    """A preset on the public set, or on one's own photos (see `data.own`)."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            known, self.test = tiny_imagenet.train(), tiny_imagenet.validation()
            self.split = TEST
            rows = hold_out(known.labels, config.training.held_out, seed=0)
        else:
            photos = own(run.data, config.input.side)
            known, self.test = map(photos.take, hold_out(photos.labels, OWN_SHARE, run.seed))
            self.split = OWN_TEST
            rows = hold_out(known.labels, OWN_SHARE, run.seed)
        self.known, self.held_out = map(known.take, rows)
        config = replace(config, classes=len(known.names))
        super().__init__(run, config if run.data is None else for_own(config, len(self.known)))

    def network(self) -> Trained:
        """Train the network, or its heads on the frozen backbone."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        start: tuple[str, ...] = ()
        if self.config.asks:
            pretrained.fill(network, CLASSIFIER)
            start = (self.stands_on()["sha256"],)
            if self.run.data is None:
                take_classifier(network.get_layer(artifacts.HEADS))
        batches = Altered(self.known, self.config, self.run.seed)
        epochs = self.run.epochs or self.config.training.epochs
        compile_losses(network, self.config, epochs * len(batches))
        history = self.fit(
            network,
            batches,
            self.run.preset,
            epochs=epochs,
            starts_from=start,
            shuffle=False,  # the batches are
        )
        return Trained(network, history)

    def stands_on(self) -> Mapping[str, str] | None:
        """The classifier's backbone, for the network that asks whose box is wanted."""
        return pretrained.record(CLASSIFIER) if self.config.asks else None

    def files(self) -> Mapping[str, str]:
        """The effect of alpha, where it is measured."""
        effect = self.effect_of_alpha()
        return {} if effect is None else {outputs.ALPHA: json.dumps(effect, indent=1) + "\n"}

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test photos, and boxes of baselines that do not look at them."""
        call = compile_call(network)
        held_out = self._predict(call, self.held_out)
        figures = outputs.judge(held_out, self.held_out.labels, self.held_out.boxes)
        logger.info("%s: %s held out", self.run.preset, figures)
        temperature = fit_temperature(held_out.logits, self.held_out.labels)
        alone = self._predict(call, self.test, told=False)
        results = self._judged(call, self.test, alone, self.split)
        # One's own kinds are those of no other source.
        for name, read in ({} if self.run.data else elsewhere.SOURCES).items():
            results += self._elsewhere(call, name, read(), temperature)
        preprocess = {
            "side": self.config.input.side,
            "mirror": self.config.input.mirror,
            "asks": self.config.asks,
            "temperature": temperature,
            "names": list(self.test.names),
        }
        if not self.run.data:  # one's own photos are too few to say what is unlike them
            preprocess["unlike"], told = self._none_of_these(call, alone.logits, temperature)
            results += told
        return Measured(results, preprocess)

    def _none_of_these(
        self, call: Any, known: np.ndarray, temperature: float
    ) -> tuple[dict[str, Any], list[Result]]:
        """What tells pictures that show none of the classes; `known` are the test part's logits."""

        def logits(pictures: np.ndarray) -> np.ndarray:
            return self._predict(
                call, Photos(pictures, np.zeros(len(pictures), int), self.test.names), told=False
            ).logits

        return none_of_these.measured(
            self.run.preset, logits, self.held_out.images, known, temperature
        )

    def _elsewhere(
        self, call: Any, source: str, photos: Photos, temperature: float
    ) -> list[Result]:
        """Results on photos of another source, whose kinds may be several classes each.

        Where a class is given, it is the likeliest of those.
        """
        right = elsewhere.right_classes(photos, self.test.names)
        alone = self._predict(call, photos, told=False)
        photos = replace(photos, labels=elsewhere.best_right(alone.logits, right))
        split = (
            f"{source}: {len(photos)} photos, squashed to 64 x 64; every class of the kind is right"
        )
        results = self._judged(call, photos, alone, split)
        probabilities = np.exp(log_softmax(alone.logits / temperature))
        gap = {"ece": expected_calibration_error(probabilities, photos.labels)}
        results += results_of(TASK, {self.run.preset: gap}, split, len(photos))
        return abroad(results)

    def _judged(
        self, call: Any, photos: Photos, alone: outputs.Outputs, split: str
    ) -> list[Result]:
        """Results of the network, and of boxes that do not look at the photos.

        Args:
            call: the compiled network.
            photos: to measure on.
            alone: what it says of them, told nothing.
            split: the protocol's description.
        """
        figures = outputs.judge(self._predict(call, photos), photos.labels, photos.boxes)
        figures["localization_accuracy"] = outputs.right(alone.boxes, photos.boxes)
        measured = {self.run.preset: figures} | {
            name: outputs.judge_boxes(fixed, photos.boxes)
            for name, fixed in baselines(self.known, photos).items()
        }
        return results_of(TASK, measured, split, len(photos))

    def _predict(self, call: Any, photos: Photos, told: bool = True) -> outputs.Outputs:
        """Logits, and the boxes of the true classes; of the likeliest ones when it is not told."""
        return outputs.forward(
            call,
            self._squashed(photos),
            mirror=self.config.input.mirror,
            classes=self.config.network.classes if self.config.asks else None,
            labels=photos.labels if told else None,
        )

    def _squashed(self, photos: Photos) -> np.ndarray:
        """The photos at the side that the network is served with."""
        return np.stack([outputs.squash(image, self.config.input.side) for image in photos.images])

    # === The effect of alpha ===

    def effect_of_alpha(self) -> dict[str, Any] | None:
        """What both heads reach under several weights of their losses; None for no weights.

        For each, heads of their own are trained on the frozen backbone's maps of some unaltered
        training photos, from chance, and measured on the held-out training photos.
        """
        effect = self.config.effect
        if not effect.alphas:
            return None
        rng = np.random.default_rng(self.run.seed)
        count = min(effect.alpha_pictures, len(self.known))
        some = self.known.take(np.sort(rng.choice(len(self.known), count, replace=False)))
        known, labels = self._maps(some), self.held_out.labels
        asked = outputs.one_hot(labels, self.config.network.classes, len(labels))
        held_out = [*self._maps(self.held_out), asked]
        epochs = min(self.run.epochs or effect.alpha_epochs, effect.alpha_epochs)
        rows = []
        for alpha in effect.alphas:
            config = replace(self.config, alpha=alpha, epochs=epochs)
            predicted = _predict(self._heads(config, known, some), *held_out)
            figures = outputs.judge(predicted, labels, self.held_out.boxes)
            rows.append({"alpha": alpha} | {k: round(v, 6) for k, v in figures.items()})
            logger.info("alpha %s: %s held out", alpha, rows[-1])
        return {"pictures": count, "held_out": len(self.held_out), "epochs": epochs, "rows": rows}

    def _heads(self, config: Config, maps: Sequence[np.ndarray], photos: Photos) -> keras.Model:
        """Heads that are trained on maps of the backbone."""

        def take(rows: np.ndarray) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
            truth = outputs.one_hot(photos.labels[rows], config.network.classes, len(rows))
            inputs = (*(map_[rows].astype(np.float32) for map_ in maps), truth)
            return inputs, (truth, photos.boxes[rows])

        training = config.training
        keras.utils.set_random_seed(self.run.seed)
        heads = build_heads(config.network, [map_.shape[-1] for map_ in maps])
        batches = Shuffled(len(photos), training.batch, take, self.run.seed)
        compile_losses(heads, config, training.epochs * len(batches))
        start = self.stands_on()["sha256"]
        fit(
            heads,
            batches,
            stage=self.run.stage(f"alpha_{training.alpha:g}", config, start),
            epochs=training.epochs,
            seed=self.run.seed,
            shuffle=False,
        )
        return heads

    @cached_property
    def _backbone(self) -> Any:
        """The backbone's last two maps as a compiled call."""
        body = pretrained.load(CLASSIFIER)
        return compile_call(keras.Model(body.input, body.outputs[-2:]))

    def _maps(self, photos: Photos) -> list[np.ndarray]:
        """The backbone's last two maps of photos, half precision `(n, h, w, C)` each."""
        return outputs.in_batches(
            lambda images: [map_.astype(np.float16) for map_ in self._backbone(images)],
            self._squashed(photos),
        )


experiment = Localization


def for_own(config: Config, count: int) -> Config:
    """Smaller batches of some photos, and as many passes as make `OWN_STEPS`."""
    batch = min(config.training.batch, OWN_BATCH)
    epochs = max(config.training.epochs, math.ceil(OWN_STEPS * batch / count))
    return replace(config, batch=batch, epochs=epochs, alpha_epochs=epochs)


def compile_losses(network: keras.Model, config: Config, steps: int) -> None:
    """Compile with `alpha` times the class loss and `1 - alpha` times the box loss."""
    training = config.training
    rate: Any = training.learning_rate
    if training.cosine:
        rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps)
    optimizer = (
        keras.optimizers.AdamW(rate, weight_decay=training.weight_decay)
        if training.weight_decay
        else keras.optimizers.Adam(rate)
    )
    network.compile(
        optimizer,
        loss=[
            keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=training.label_smoothing
            ),
            boxes.LOSSES[training.box_loss],
        ],
        loss_weights=[training.alpha, 1 - training.alpha],
        jit_compile=False,
    )


def take_classifier(heads: keras.Model) -> None:
    """Start the class head as the classifier's: what the heads add to it starts at nothing.

    The evidence for a class in the last map starts as what the classifier sums up there.

    Raises:
        WeightsError: the classifier's weights are missing or corrupted, or of other classes.
    """
    kernel, bias = runtime.build(CLASSIFIER)[0].get_layer("logits").get_weights()
    own_kernel, own_bias = heads.get_layer("logits").get_weights()
    if bias.shape != own_bias.shape:
        raise WeightsError(
            f"The weights of {CLASSIFIER} tell {len(bias)} classes apart, and {len(own_bias)} are "
            "to be learnt."
        )
    new = np.zeros_like(own_kernel[len(kernel) :])
    heads.get_layer("logits").set_weights([np.concatenate([kernel, new]), bias])
    heads.get_layer("coarse_class").set_weights([kernel.T])


def _predict(heads: keras.Model, *inputs: np.ndarray) -> outputs.Outputs:
    """What heads make of maps in half precision."""
    call = compile_call(heads)
    answers = outputs.in_batches(lambda *parts: call(*map(np.float32, parts)), *inputs)
    return outputs.Outputs(*answers)
