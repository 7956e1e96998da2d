"""Training Mask R-CNN on crops of pictures, and measuring it on whole ones.

python -m mmdemo train instances/nuclei --preset default
python -m mmdemo train instances/nuclei --preset book
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import keras
import numpy as np

from mmdemo.core.data import drawn_nuclei
from mmdemo.core.data.outlined import STAINS, Pictures, nuclei, own_parts
from mmdemo.core.measure import things
from mmdemo.core.measure.report import Result, abroad, results_of
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

TASK, STAIN_TASK, DRAWN_TASK = "nuclei", "nuclei_by_microscope", "drawn_nuclei"
TEST = "Data Science Bowl 2018, 49 pictures of fields that training never saw (mosaic-group v1)"
OWN_TEST = "a fifth of one's own pictures, held out"
DRAWN = 30
DRAWN_TO_CHOOSE, FURTHER = 20, 5000
"""Further fields, and the seed of the first."""
ABROAD = f"{DRAWN} fields of nuclei that a program drew"
NAME, OWN_NAME = "nucleus", "thing"
BASELINE = "otsu_watershed"
SCORES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
OVERLAPS = (0.3, 0.4, 0.5, 0.6)
"""What is tried on held-out pictures."""


class Instances(Experiment[Config]):
    """A preset on the public set, or on one's own pictures (see `core.data.outlined.own`)."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            parts = tuple(map(nuclei, ("train", "val", "test")))
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
        choosing = [self.held_out]
        if self.run.data is None:  # what holds for one source alone is of little use
            choosing.append(drawn_nuclei.pictures(DRAWN_TO_CHOOSE, seed=FURTHER))
        how = chosen([(self._candidates(network, part), part.labels) for part in choosing])
        apart = chosen_apart(choosing)
        logger.info("held out chose %s, and %d pixels for the watershed", how, apart)

        found = self._found(network, self.test, how, apart)
        split = TEST if self.run.data is None else OWN_TEST
        results = self._results(TASK, self.test, found, split)
        if self.run.data is None:
            by_microscope = {
                method: things.by_microscope(self.test.labels, labels, self.test.stains)
                for method, labels in found.items()
            }
            counts = ", ".join(f"{self.test.stains.count(stain)} {stain}" for stain in STAINS)
            split = f"the same pictures: {counts}"
            results += results_of(STAIN_TASK, by_microscope, split, len(self.test))
            results += results_of(TASK, things.PUBLISHED, "published", 0)
            fields = drawn_nuclei.pictures(DRAWN)
            found = self._found(network, fields, how, apart)
            results += abroad(self._results(DRAWN_TASK, fields, found, ABROAD))
        name = NAME if self.run.data is None else OWN_NAME
        return Measured(results, {"names": [name], "choice": asdict(how)})

    def _candidates(self, network: keras.Model, pictures: Pictures) -> list[Candidates]:
        return [finding.candidates(network, self.config, image) for image in pictures.images]

    def _found(
        self, network: keras.Model, pictures: Pictures, how: Choice, apart: int
    ) -> dict[str, list[np.ndarray]]:
        """What is found in each picture, by method."""
        return {
            self.run.preset: [
                finding.labels(each, how)[0] for each in self._candidates(network, pictures)
            ],
            BASELINE: [classical(image, apart) for image in pictures.images],
        }

    def _results(
        self, task: str, pictures: Pictures, found: Mapping[str, list[np.ndarray]], split: str
    ) -> list[Result]:
        figures = {
            method: things.figures(pictures.labels, labels) for method, labels in found.items()
        }
        return results_of(task, figures, split, len(pictures))


experiment = Instances


def chosen(parts: Sequence[tuple[Sequence[Candidates], Sequence[np.ndarray]]]) -> Choice:
    """What to make of candidates, by the mean AP on held-out pictures, averaged over sources.

    Args:
        parts: of each source, the candidates of its pictures and their true labels.
    """

    def figure(how: Choice) -> float:
        figures = [
            things.figures(labels, [finding.labels(each, how)[0] for each in found])
            for found, labels in parts
        ]
        return float(np.mean([each["mean_ap_50_95"] for each in figures]))

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
