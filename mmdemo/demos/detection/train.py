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
from mmdemo.core.measure.report import abroad, results_of
from mmdemo.core.nets import region_losses
from mmdemo.core.nets.regions import suppress
from mmdemo.core.serve import pretrained
from mmdemo.core.serve.backend import JIT, compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace

from . import DEMO, drawn, losses, measure, outputs, proposals, rcnn, stages, targets
from .altered import Altered
from .config import CLASSIFIER, Config
from .data import Pictures, blood, own
from .model import build

logger = logging.getLogger(__name__)

TASK, DRAWN_TASK = "blood_cells", "drawn_cells"
TEST = "BCCD official test part, 72 pictures"
DRAWN = 30
ABROAD = f"{DRAWN} blood smears that a program drew"
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
            self._learn_machines(network)
            return Trained(network, [])
        if kind == "points":
            pretrained.take_stages(network)
        rows: list[Mapping[str, float]] = []
        known = self.known
        if kind == "faster_rcnn":
            first, makes = stages.proposing(network), targets.proposing(self.config)
            epochs = self.config.training.first_epochs
            rows += self._fit(first, known, makes, "proposals", epochs)
            known = dataclasses.replace(known, proposals=self._proposed(network, known))
        epochs = self.run.epochs or self.config.training.epochs
        makes = targets.OF[kind](self.config)
        rows += self._fit(network, known, makes, self.run.preset, epochs)
        return Trained(network, rows)

    def _learn_machines(self, network: keras.Model) -> None:
        """R-CNN's SVMs and regressions, or what an earlier call learnt."""
        stage = self.run.stage(self.run.preset, self.config, *self._start())
        finished = stage / "finished.weights.h5"
        if not finished.is_file():
            rcnn.learn(network, self.known, self.held_out, self.config)
            artifacts.save_weights(network, stage / "partial.weights.h5")
            (stage / "partial.weights.h5").replace(finished)
        artifacts.load_weights(network, finished)

    def _start(self) -> tuple[str, ...]:
        """What decides the weights beside the configuration: the backbone's."""
        return (pretrained.record(CLASSIFIER)["sha256"],)

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
                starts_from=self._start(),
                shuffle=False,  # the batches are
            )
        )

    def _proposed(self, network: keras.Model, pictures: Pictures) -> list[np.ndarray]:
        """What the region proposal network proposes in each picture."""
        most = max(measure.COUNTS[:-1])
        return [
            stages.proposed(network, self.config, image[None].astype(np.float32), most)
            for image in pictures.images
        ]

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
        kept = [suppress(each, overlap) for each in held_out]
        threshold, f1 = outputs.best_threshold(kept, true)
        logger.info("held out: suppression %s, threshold %.3f, F1 %.3f", overlap, threshold, f1)

        figures, proposed = self._judged(network, self.test, overlap, threshold)
        results = results_of(TASK, figures, self.split, len(self.test))
        if self.run.data is None:
            results += results_of(TASK, measure.PUBLISHED, "published", 0)
            pictures = drawn.pictures(DRAWN, self.config.input)
            if self.config.proposed:
                pictures = self._searched(pictures)
            figures, _ = self._judged(network, pictures, overlap, threshold)
            results += abroad(results_of(DRAWN_TASK, figures, ABROAD, DRAWN))
        if proposed is not None:
            searcher = "selective_search" if self.config.proposed else "rpn"
            recalls = {searcher: measure.recalls(proposed, self.test.boxes)}
            count = sum(map(len, self.test.boxes))
            results += results_of("proposals", recalls, f"{self.split}, {count} boxes", count)
        preprocess = {"names": list(names), "suppression": overlap, "threshold": threshold}
        return Measured(results, preprocess)

    def _judged(
        self, network: keras.Model, pictures: Pictures, overlap: float, threshold: float
    ) -> tuple[dict[str, dict[str, float]], list[np.ndarray] | None]:
        """Figures by method, and where the network looked."""
        names, true = self.known.names, measure.truth(pictures)
        candidates, proposed = self._candidates(network, pictures)
        kept = [suppress(each, overlap) for each in candidates]
        shown = [suppress(each, overlap, threshold) for each in candidates]
        figures = {
            self.run.preset: measure.precision(kept, true, names)
            | measure.counting(shown, true, names)
        }
        if self.run.data is None:  # one's own things need not be round
            find = measure.circles(self.known, self.held_out)
            seen = [find(image) for image in pictures.images]
            figures["circles"] = measure.precision(seen, true, names) | measure.counting(
                seen, true, names
            )
        return figures, proposed

    def _candidates(
        self, network: keras.Model, pictures: Pictures
    ) -> tuple[list[Found], list[np.ndarray] | None]:
        """Of each picture; and where the network looked, if it was told or told itself."""
        if self.config.network.network == "faster_rcnn":
            answers = [
                stages.in_two(network, self.config, image[None].astype(np.float32))
                for image in pictures.images
            ]
            found = [outputs.of_regions(classes, boxes, w) for w, classes, boxes in answers]
            return found, self._proposed(network, pictures)
        call = compile_call(network)
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
    """How high anchors are, in parts of the frame: as small, usual and large things are."""
    edges = np.concatenate(known.boxes)
    heights = np.percentile(edges[:, 3] - edges[:, 1], QUANTILES)
    return tuple(round(float(height), 3) for height in heights)


def compile_losses(network: keras.Model, config: Config, steps: int) -> None:
    """Compile with the loss of each output."""
    training = config.training
    rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=training.weight_decay, clipnorm=10.0)
    known = {
        ("classes", "boxes", "centre"): [losses.focal, losses.weighted_giou, losses.centre_ness],
        ("cells",): losses.yolo(config.network.boxes),
        ("classes", "boxes"): [region_losses.region_classes, region_losses.region_changes],
        ("objectness", "anchors"): [region_losses.objectness, region_losses.anchor_changes],
        ("classes", "boxes", "objectness", "anchors"): [
            region_losses.region_classes,
            region_losses.region_changes,
            region_losses.objectness,
            region_losses.anchor_changes,
        ],
    }
    network.compile(optimizer, loss=known[tuple(network.output_names)], jit_compile=JIT)
