"""Training Mask R-CNN on crops of pictures, and measuring it on whole ones.

python -m mmdemo train instances/nuclei
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import keras
import numpy as np

from mmdemo.core.data import outlined
from mmdemo.core.data.outlined import Pictures, own_parts
from mmdemo.core.measure import nuclei, things
from mmdemo.core.measure.watershed import chosen_apart, classical
from mmdemo.core.nets import region_losses
from mmdemo.core.serve import pretrained
from mmdemo.core.serve.backend import JIT
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run

from . import DEMO, finding, losses
from .config import CLASSIFIER, Config
from .data import Altered
from .finding import Candidates, Choice
from .model import build

logger = logging.getLogger(__name__)

OWN_TEST = "a fifth of one's own pictures, held out"
NAME, OWN_NAME = "nucleus", "thing"
SCORES = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
OVERLAPS = (0.2, 0.3, 0.4, 0.5)
"""What is tried on held-out pictures."""


class Instances(Experiment[Config]):
    """A preset on the public set, or on one's own pictures (see `core.data.outlined.own`)."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            parts = tuple(map(outlined.nuclei, ("train", "val", "test")))
        else:
            parts = own_parts(run.data, run.seed)
        self.known, self.held_out, self.test = (part.bounded(config.input) for part in parts)
        super().__init__(run, config)

    def stands_on(self) -> Mapping[str, str] | None:
        """The classifier's backbone, which no preset changes."""
        return pretrained.record(CLASSIFIER)

    def network(self) -> Trained:
        """Train what stands on the backbone, all of it at once."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        pretrained.fill(network, CLASSIFIER)
        batches = Altered(self.known, self.config, self.run.seed)
        epochs = self.run.epochs or self.config.training.epochs
        compile_losses(network, self.config, epochs * len(batches))
        rows = self.fit(
            network,
            batches,
            self.run.preset,
            epochs=epochs,
            starts_from=(pretrained.record(CLASSIFIER)["sha256"],),
            shuffle=False,  # the batches are
        )
        return Trained(network, rows)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test pictures; the held-out ones choose what becomes of candidates."""
        how = chosen(self._candidates(network, self.held_out), self.held_out.labels)
        public = self.run.data is None
        apart = chosen_apart(nuclei.choosing(self.held_out) if public else [self.held_out])
        logger.info("held out chose %s, and %d pixels for the watershed", how, apart)

        def find(pictures: Pictures) -> dict[str, list[np.ndarray]]:
            candidates = self._candidates(network, pictures)
            return {
                self.run.preset: [finding.labels(each, how)[0] for each in candidates],
                nuclei.BASELINE: [classical(image, apart) for image in pictures.images],
            }

        if public:
            results, name = nuclei.of_public(self.test, find), NAME
        else:
            results = nuclei.results(nuclei.TASK, self.test, find(self.test), OWN_TEST)
            name = OWN_NAME
        return Measured(results, {"names": [name], "choice": asdict(how)})

    def _candidates(self, network: keras.Model, pictures: Pictures) -> list[Candidates]:
        return [
            finding.candidates(
                network, self.config, finding.prepared(image, self.config), image.shape[:2]
            )
            for image in pictures.images
        ]


experiment = Instances


def chosen(found: Sequence[Candidates], labels: Sequence[np.ndarray]) -> Choice:
    """What to make of candidates, by the mean AP on held-out pictures.

    Args:
        found: of each picture.
        labels: the true ones.
    """

    def figure(how: Choice) -> float:
        figures = things.figures(labels, [finding.labels(each, how)[0] for each in found])
        return figures["mean_ap_50_95"]

    return max(itertools.starmap(Choice, itertools.product(SCORES, OVERLAPS)), key=figure)


def compile_losses(network: keras.Model, config: Config, steps: int) -> None:
    """Compile with the loss of each output, in the order of `model.OUTPUTS`."""
    training = config.training
    rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=training.weight_decay, clipnorm=10.0)
    each = [
        region_losses.objectness,
        region_losses.anchor_changes,
        region_losses.region_classes,
        region_losses.region_changes,
        losses.masks,
    ]
    network.compile(optimizer, loss=each, jit_compile=JIT)
