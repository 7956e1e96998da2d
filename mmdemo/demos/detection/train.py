"""Training and measuring the networks that find blood cells.

    python -m mmdemo train detection --preset default
    python -m mmdemo train detection --preset rcnn
    python -m mmdemo train detection --preset fast_rcnn
    python -m mmdemo train detection --preset faster_rcnn
    python -m mmdemo train detection --preset yolo
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mmdemo.core.data.splits import hold_out
from mmdemo.core.measure.detection import Found
from mmdemo.core.measure.report import Result, results_of
from mmdemo.core.serve import pretrained
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import HEADS
from mmdemo.core.weights.configuration import replace

from . import DEMO, losses, measure, outputs, proposals, rcnn, stages, targets
from .config import CLASSIFIER, Config
from .data import Altered, Pictures, blood, own
from .model import build

logger = logging.getLogger(__name__)

TASK = "blood_cells"
TEST = "BCCD official test part, 72 pictures"
OWN_TEST = "a fifth of one's own pictures, held out"
OWN_SHARE = 0.2
QUANTILES = (10, 50, 90)
"""Of the heights of things: what the anchors of one's own pictures are as high as."""


class Detection(Experiment[Config]):
    """A preset on the public set, or on one's own pictures (see `data.own`)."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            known, others, self.test = (blood(p, config.input) for p in ("train", "val", "test"))
            self.split = TEST
            rng = np.random.default_rng(0)
            order = rng.permutation(len(others))
            self.held_out = others.take(np.sort(order[: config.training.held_out]))
            known = joined(known, others.take(np.sort(order[config.training.held_out :])))
        else:
            pictures = own(run.data, config.input)
            one = np.zeros(len(pictures), int)  # no picture has a class of its own
            known, self.test = map(pictures.take, hold_out(one, OWN_SHARE, run.seed))
            rows = hold_out(np.zeros(len(known), int), OWN_SHARE, run.seed)
            known, self.held_out = map(known.take, rows)
            self.split = OWN_TEST
            config = replace(config, classes=len(pictures.names))
            if config.network.anchors:
                config = replace(config, anchors=anchor_heights(known))
        self.known = known
        super().__init__(run, config)
        if self.config.proposed:
            self.known, self.held_out, self.test = map(
                self._searched, (self.known, self.held_out, self.test)
            )

    def stands_on(self) -> Mapping[str, str] | None:
        """The classifier's backbone, which no preset changes."""
        return pretrained.record(CLASSIFIER)

    # === Training ===

    def network(self) -> Trained:
        """Train what stands on the backbone."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        pretrained.fill(network, CLASSIFIER)
        kind = self.config.network.network
        if kind == "rcnn":
            rcnn.learn(network, self.known, self.held_out, self.config)
            return Trained(network, [])
        if kind == "points":
            take_stage(network)
        rows: list[Mapping[str, float]] = []
        known = self.known
        if kind == "faster_rcnn":
            first = proposing(network)
            makes = targets.Proposing(self.config)
            epochs = self.config.training.first_epochs
            rows += self._fit(first, known, makes, "proposals", epochs)
            call = compile_call(stages.proposing(network))
            known = dataclasses.replace(known, proposals=self._proposed(call, known))
        epochs = self.run.epochs or self.config.training.epochs
        makes = targets.OF[kind](self.config)
        rows += self._fit(network, known, makes, self.run.preset, epochs)
        return Trained(network, rows)

    def _fit(
        self, network: keras.Model, pictures: Pictures, makes: Any, name: str, epochs: int
    ) -> list[Mapping[str, float]]:
        batches = Altered(pictures, self.config, makes, self.run.seed)
        compile_losses(network, self.config, (self.run.epochs or epochs) * len(batches))
        return list(
            self.fit(
                network,
                batches,
                name,
                epochs=epochs,
                starts_from=(self.stands_on()["sha256"],),
                shuffle=False,  # the batches are
            )
        )

    def _proposed(self, call: outputs.Call, pictures: Pictures) -> list[np.ndarray]:
        """What the region proposal network proposes in each picture."""
        found = []
        for image in pictures.images:
            _, objectness, changes = call(image[None].astype(np.float32))
            count = max(measure.COUNTS[:-1])
            found.append(outputs.proposed(objectness[0], changes[0], self.config, count))
        return found

    def _searched(self, pictures: Pictures) -> Pictures:
        """The same, with proposals of selective search, which are kept for the next call."""
        count = self.config.input.proposals
        digest = hashlib.sha256(pictures.images.tobytes())
        digest.update(Path(proposals.__file__).read_bytes())
        path = self.run.work / "proposals" / f"{digest.hexdigest()[:16]}-{count}.npz"
        if not path.is_file():
            logger.info("selective search in %d pictures", len(pictures))
            found = [proposals.selective_search(image, count) for image in pictures.images]
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part.npz")
            np.savez_compressed(part, *found)
            part.replace(path)
        with np.load(path) as stored:
            found = [stored[name] for name in stored.files]
        return dataclasses.replace(pictures, proposals=found)

    # === Measuring ===

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test pictures; the held-out ones choose suppression and threshold."""
        names = self.known.names
        held_out, _ = self._candidates(network, self.held_out)
        true = measure.truth(self.held_out)
        overlap = measure.chosen_overlap(held_out, true, len(names))
        kept = [outputs.suppress(each, overlap) for each in held_out]
        threshold, f1 = outputs.best_threshold(kept, true)
        logger.info("held out: suppression %s, threshold %.3f, F1 %.3f", overlap, threshold, f1)

        candidates, proposed = self._candidates(network, self.test)
        true = measure.truth(self.test)
        kept = [outputs.suppress(each, overlap) for each in candidates]
        shown = [outputs.suppress(each, overlap, threshold) for each in candidates]
        figures = {
            self.run.preset: measure.precision(kept, true, names)
            | measure.counting(shown, true, names)
        }
        if self.run.data is None:
            find = measure.circles(self.known, self.held_out)
            round_ones = [find(image) for image in self.test.images]
            figures["circles"] = measure.precision(round_ones, true, names) | measure.counting(
                round_ones, true, names
            )
        results = results_of(TASK, figures, self.split, len(self.test))
        if proposed is not None:
            searcher = "selective_search" if self.config.proposed else "rpn"
            recalls = {searcher: measure.recalls(proposed, self.test.boxes)}
            count = sum(map(len, self.test.boxes))
            results += results_of("proposals", recalls, f"{self.split}, {count} boxes", count)
        preprocess = {"names": list(names), "suppression": overlap, "threshold": threshold}
        return Measured(results, preprocess)

    def _candidates(
        self, network: keras.Model, pictures: Pictures
    ) -> tuple[list[Found], list[np.ndarray] | None]:
        """Of each picture; and where the network looked, if it was told or told itself."""
        call = compile_call(network)
        if self.config.network.network == "faster_rcnn":
            first, second = (
                compile_call(part(network)) for part in (stages.proposing, stages.looking)
            )
            found, looked = [], []
            for image in pictures.images:
                shared, objectness, changes = first(image[None].astype(np.float32))
                where = outputs.proposed(
                    objectness[0], changes[0], self.config, max(measure.COUNTS[:-1])
                )
                looked.append(where)
                where = where[: self.config.input.proposals]
                classes, boxes = second(shared, where[None])
                found.append(outputs.of_regions(classes[0], boxes[0], where))
            return found, looked
        where = pictures.proposals or [outputs.NONE] * len(pictures)
        found = [
            outputs.forward(call, self.config, image, regions)
            for image, regions in zip(pictures.images, where, strict=True)
        ]
        return found, pictures.proposals or None


experiment = Detection


def joined(one: Pictures, other: Pictures) -> Pictures:
    """Both, one after the other."""
    return Pictures(
        np.concatenate([one.images, other.images]),
        one.boxes + other.boxes,
        one.labels + other.labels,
        one.names,
        one.files + other.files,
    )


def anchor_heights(known: Pictures) -> tuple[float, ...]:
    """How high anchors are, in parts of the frame: as things are that are small, usual and large."""
    edges = np.concatenate(known.boxes)
    heights = np.percentile(edges[:, 3] - edges[:, 1], QUANTILES)
    return tuple(round(float(height), 3) for height in heights)


def proposing(network: keras.Model) -> keras.Model:
    """Of Faster R-CNN, what proposes: to be trained alone."""
    part = stages.proposing(network)
    _, objectness, changes = part.outputs
    named = [
        keras.layers.Identity(name="objectness")(objectness),
        keras.layers.Identity(name="anchors")(changes),
    ]
    return keras.Model(part.inputs[0], named)


def take_stage(network: keras.Model) -> None:
    """Start the heads' own last stage as the backbone's."""
    backbone, heads = network.get_layer(artifacts.BACKBONE), network.get_layer(HEADS)
    trained = {layer.name: layer for layer in backbone.layers if layer.weights}
    for layer in heads.layers:
        if layer.name in trained:
            layer.set_weights(trained[layer.name].get_weights())


def compile_losses(network: keras.Model, config: Config, steps: int) -> None:
    """Compile with the loss of each output."""
    training = config.training
    rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=training.weight_decay, clipnorm=10.0)
    known = {
        ("classes", "boxes", "centre"): [losses.focal, losses.weighted_giou, losses.centre_ness],
        ("cells",): losses.yolo(config.network.boxes),
        ("classes", "boxes"): [losses.region_classes, losses.region_changes],
        ("objectness", "anchors"): [losses.objectness, losses.anchor_changes],
        ("classes", "boxes", "objectness", "anchors"): [
            losses.region_classes,
            losses.region_changes,
            losses.objectness,
            losses.anchor_changes,
        ],
    }
    network.compile(optimizer, loss=known[tuple(network.output_names)], jit_compile=JIT)


JIT = keras.backend.backend() == "jax"
"""XLA makes small steps on a processor slower, and is what JAX is."""
