"""Training and measuring the networks that say what a photo shows, and where.

    python -m mmdemo train localizer --preset default   # 35 minutes on two cores
    python -m mmdemo train localizer --preset book      # 10 minutes

Protocol: Tiny ImageNet's parts. Of the training photos ten of each kind are held out, the same that
the backbone's training held out: they calibrate the probabilities and show the effect of alpha. The
10,000 photos of the official validation part measure the final networks. Where the class is given,
DEFAULT is told it; `localization_accuracy` tells nobody, and `top1_localization_accuracy` asks for
class and box.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import keras
import numpy as np

from mmdemo.core.data import tiny_imagenet
from mmdemo.core.data.tiny_imagenet import Photos
from mmdemo.core.errors import WeightsError
from mmdemo.core.measure.metrics import fit_temperature
from mmdemo.core.nets import backbone, boxes
from mmdemo.core.serve import runtime
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import Result

from . import DEMO, data, outputs
from .config import PRESETS, Config
from .data import Batches
from .model import HEADS, build, build_heads

logger = logging.getLogger(__name__)

TASK = "localization"
TEST = "Tiny ImageNet official validation set, 10,000 photos"
OWN_BATCH, OWN_STEPS = 16, 400
"""Pictures of a batch, and steps at least, on one's own photos: they may be few."""
OWN_TEST = "a fifth of one's own photos, held out"
GRID = 32
"""Steps to a side in the search for the best fixed box."""


def train(run: training.Run) -> None:
    """Train a preset, measure it and write `run.folder`.

    With `run.data`, one's own photos (see `data.own`): a fifth of them are the test part.

    Raises:
        DataMissing: the public set is not in the data folder.
        UserError: `run.data` cannot be used; says why.
        WeightsError: the backbone's weights are missing, or are those of another network.
    """
    task = _Task(run, PRESETS[run.preset])
    network, history = task.network()
    artifacts.round_to_half(network)
    results, preprocess = task.measure(network)
    effect = task.effect_of_alpha()
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
        texts={} if effect is None else {outputs.ALPHA: json.dumps(effect, indent=1) + "\n"},
        half=True,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Measure the network in `run.folder` again.

    Raises:
        DataMissing: the public set is not in the data folder.
        WeightsError: the folder or the backbone's weights are missing or corrupted.
    """
    stored = artifacts.read_json(run.folder, "config.json")
    config = Config(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})
    network = build(config)
    artifacts.restore(network, run.folder)
    return _Task(run, config).measure(network)[0]


class _Task:
    """One preset on one set of photos."""

    def __init__(self, run: training.Run, config: Config) -> None:
        self.run = run
        if run.data is None:
            known, self.test = tiny_imagenet.train(), tiny_imagenet.validation()
            self.names, self.split = tiny_imagenet.names(), TEST
            rows = tiny_imagenet.hold_out(known.labels, config.held_out, seed=0)
        else:
            every, self.names = data.own(run.data, config.side)
            known, self.test = map(every.take, data.split(every.labels, 0.2, run.seed))
            self.split = OWN_TEST
            rows = data.split(known.labels, 0.2, run.seed)
        self.fit, self.held_out = map(known.take, rows)
        self.config = replace(config, classes=len(self.names))
        if run.data is not None:
            self.config = _for_own(self.config, len(self.fit))

    # === Training ===

    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        """The network that is served, and its history."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        start = []
        if self.config.network == "backbone":
            take_backbone(network, self.config)
            start = [backbone.checksum()]
            if self.run.data is None:
                take_classifier(network.get_layer(HEADS))
        batches = Batches(self.fit, self.config, self.run.seed)
        epochs = self.run.epochs or self.config.epochs
        compile_losses(network, self.config, epochs * len(batches))
        history = training.fit(
            network,
            batches,
            stage=self.run.stage(self.run.preset, self.config, *start),
            epochs=epochs,
            seed=self.run.seed,
            callbacks=[training.Clock(batches)],
            shuffle=False,  # `Batches` does
        )
        return network, history

    def effect_of_alpha(self) -> dict[str, Any] | None:
        """What both heads reach under several weights of their losses; None for no weights.

        For each, heads of their own are trained on the frozen backbone's maps of some unaltered
        training photos, from chance, and measured on the held-out training photos.
        """
        if not self.config.alphas:
            return None
        rng = np.random.default_rng(self.run.seed)
        count = min(self.config.alpha_pictures, len(self.fit))
        some = self.fit.take(np.sort(rng.choice(len(self.fit), count, replace=False)))
        known, held_out = self._maps(some), self._maps(self.held_out)
        epochs = min(self.run.epochs or self.config.alpha_epochs, self.config.alpha_epochs)
        rows = []
        for alpha in self.config.alphas:
            config = replace(self.config, alpha=alpha, epochs=epochs)
            heads = self._heads(config, known, some)
            asked = outputs.one_hot(self.held_out.labels, config.classes, len(self.held_out))
            found = outputs.Outputs(*_predict(heads, [*held_out, asked]))
            figures = outputs.judge(found, self.held_out.labels, self.held_out.boxes)
            rows.append({"alpha": alpha} | {k: round(v, 6) for k, v in figures.items()})
            logger.info("alpha %s: %s held out", alpha, rows[-1])
        return {
            "pictures": count,
            "held_out": len(self.held_out),
            "epochs": epochs,
            "rows": rows,
        }

    def _heads(self, config: Config, maps: Sequence[np.ndarray], photos: Photos) -> keras.Model:
        """Heads that are trained on maps of the backbone."""
        keras.utils.set_random_seed(self.run.seed)
        heads = build_heads(config, [map_.shape[-1] for map_ in maps])
        batches = _Maps(maps, photos, config, self.run.seed)
        compile_losses(heads, config, config.epochs * len(batches))
        training.fit(
            heads,
            batches,
            stage=self.run.stage(f"alpha_{config.alpha:g}", config, backbone.checksum()),
            epochs=config.epochs,
            seed=self.run.seed,
            callbacks=[training.Clock(batches)],
            shuffle=False,
        )
        return heads

    @cached_property
    def _backbone(self) -> Any:
        """The backbone's last two maps as a compiled call."""
        network = build(self.config)
        take_backbone(network, self.config)
        body = network.get_layer(backbone.NAME)
        return compile_call(keras.Model(body.input, body.outputs[-2:]))

    def _maps(self, photos: Photos) -> list[np.ndarray]:
        """The backbone's last two maps of photos, half precision `(n, h, w, C)` each."""
        images = self._squashed(photos)
        parts = [
            [
                map_.astype(np.float16)
                for map_ in self._backbone(images[start : start + outputs.BATCH])
            ]
            for start in range(0, len(images), outputs.BATCH)
        ]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]

    # === Measuring ===

    def measure(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        """Results on the test photos, and what inference needs beside the network."""
        call = compile_call(network)
        held_out = self._forward(call, self.held_out)
        figures = outputs.judge(held_out, self.held_out.labels, self.held_out.boxes)
        logger.info("%s: %s held out", self.run.preset, figures)
        told, alone = self._forward(call, self.test), self._forward(call, self.test, told=False)
        figures = outputs.judge(told, self.test.labels, self.test.boxes)
        figures["localization_accuracy"] = outputs.right(alone.boxes, self.test.boxes)
        results = self._results(self.run.preset, figures)
        for name, fixed in self._baselines().items():
            results += self._results(name, outputs.judge_boxes(fixed, self.test.boxes))
        preprocess = {
            "side": self.config.side,
            "mirror": self.config.mirror,
            "asks": self.config.asks,
            "temperature": fit_temperature(held_out.logits, self.held_out.labels),
            "names": self.names,
        }
        return results, preprocess

    def _forward(self, call: Any, photos: Photos, told: bool = True) -> outputs.Outputs:
        """Logits, and the boxes of the true classes; of the likeliest ones when it is not told."""
        classes = self.config.classes if self.config.asks else None
        return outputs.forward(
            call,
            self._squashed(photos),
            mirror=self.config.mirror,
            classes=classes,
            labels=photos.labels if told else None,
        )

    def _squashed(self, photos: Photos) -> np.ndarray:
        """The photos at the side that the network is served with."""
        return np.stack([outputs.squash(image, self.config.side) for image in photos.images])

    def _baselines(self) -> dict[str, np.ndarray]:
        """Boxes of the test photos, `(n, 4)` each, that do not look at the photo."""
        of_class = [
            centred_box(self.fit.boxes[self.fit.labels == label])
            for label in range(len(self.names))
        ]
        shape = self.test.boxes.shape
        return {
            "centred_box": np.broadcast_to(centred_box(self.fit.boxes), shape),
            "centred_box_of_class": np.array(of_class)[self.test.labels],
            "whole_photo": np.broadcast_to(data.WHOLE, shape),
        }

    def _results(self, method: str, figures: dict[str, float]) -> list[Result]:
        count = len(self.test)
        return [
            Result(TASK, method, metric, value, self.split, count)
            for metric, value in figures.items()
        ]


def _for_own(config: Config, count: int) -> Config:
    """Smaller batches of some photos, and as many passes as make `OWN_STEPS`."""
    batch = min(config.batch, OWN_BATCH)
    epochs = max(config.epochs, math.ceil(OWN_STEPS * batch / count))
    return replace(config, batch=batch, epochs=epochs, alpha_epochs=epochs)


class _Maps(keras.utils.PyDataset):
    """Batches of the backbone's maps, in a new order each epoch."""

    def __init__(
        self, maps: Sequence[np.ndarray], photos: Photos, config: Config, seed: int
    ) -> None:
        super().__init__()
        self.maps, self.photos = maps, photos
        self.config = config
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return math.ceil(len(self.photos) / self.config.batch)

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.photos))
        rows = order[index * self.config.batch : (index + 1) * self.config.batch]
        truth = outputs.one_hot(self.photos.labels[rows], self.config.classes, len(rows))
        inputs = (*(map_[rows].astype(np.float32) for map_ in self.maps), truth)
        return inputs, (truth, self.photos.boxes[rows])


def compile_losses(network: keras.Model, config: Config, steps: int) -> None:
    """Compile with `alpha` times the class loss and `1 - alpha` times the box loss."""
    rate: Any = config.learning_rate
    if config.cosine:
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, steps, warmup_target=config.learning_rate, warmup_steps=max(1, steps // 20)
        )
    optimizer = (
        keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
        if config.weight_decay
        else keras.optimizers.Adam(rate)
    )
    network.compile(
        optimizer,
        loss=[
            keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=config.label_smoothing
            ),
            boxes.LOSSES[config.box_loss],
        ],
        loss_weights=[config.alpha, 1 - config.alpha],
        jit_compile=False,
    )


def take_backbone(network: keras.Model, config: Config) -> None:
    """Give a network the trained backbone's weights.

    Raises:
        WeightsError: they are missing or corrupted, or are those of another network.
    """
    found = {k: tuple(v) if isinstance(v, list) else v for k, v in backbone.settings().items()}
    if found != {key: getattr(config, key) for key in found}:
        home = "/".join(backbone.HOME)
        raise WeightsError(
            f"The weights of {home} are those of another backbone than this preset's. Train it "
            f"again: python -m mmdemo train {backbone.HOME[0]} --preset {backbone.HOME[1]}"
        )
    backbone.fill(network)


def take_classifier(heads: keras.Model) -> None:
    """Start the class head as the classifier's: what the heads add to it starts at nothing.

    The evidence for a class in the last map starts as what the classifier sums up there.

    Raises:
        WeightsError: the classifier's weights are missing or corrupted, or of other classes.
    """
    kernel, bias = runtime.build(*backbone.HOME)[0].get_layer("logits").get_weights()
    own, own_bias = heads.get_layer("logits").get_weights()
    if bias.shape != own_bias.shape:
        raise WeightsError(
            f"The weights of {'/'.join(backbone.HOME)} tell {len(bias)} classes apart, and "
            f"{len(own_bias)} are to be learnt."
        )
    heads.get_layer("logits").set_weights(
        [np.concatenate([kernel, np.zeros_like(own[len(kernel) :])]), bias]
    )
    heads.get_layer("coarse_class").set_weights([kernel.T])


def centred_box(known: np.ndarray) -> np.ndarray:
    """The centred box, `(4,)`, that is right for most of the known ones `(n, 4)`."""
    sides = np.arange(1, GRID + 1) / GRID
    sizes = np.stack(np.meshgrid(sides, sides), axis=-1).reshape(-1, 2)
    candidates = boxes.to_corners(np.concatenate([np.full_like(sizes, 0.5), sizes], axis=1))
    right = [(boxes.iou(box, known) >= outputs.RIGHT).mean() for box in candidates]
    return candidates[int(np.argmax(right))]


def _predict(heads: keras.Model, maps: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What heads make of maps: logits and boxes."""
    call = compile_call(heads)
    parts = [
        call(*(map_[start : start + outputs.BATCH].astype(np.float32) for map_ in maps))
        for start in range(0, len(maps[0]), outputs.BATCH)
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]
