"""Training and measuring the networks that name a shape.

    python -m mmdemo train new_demo --preset default   # half a minute on two cores
    python -m mmdemo train new_demo --preset book      # a quarter of one

Protocol: drawings from one generator with other random numbers each for training, of which a tenth
is held out and calibrates the probabilities, and for the test part. Expected accuracy: DEFAULT
0.99, BOOK 0.59.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from mmdemo.core.data.splits import hold_out
from mmdemo.core.measure.metrics import expected_calibration_error, fit_temperature, log_softmax
from mmdemo.core.measure.report import Result
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import Shuffled
from mmdemo.core.train.experiment import Experiment, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, data
from .config import Config
from .model import build

TASK = "classification"
TEST, TEST_SEED = 600, 10_000
"""Drawings of the test part, and where its random numbers start: far from those of a training."""


class NamedShapes(Experiment[Config]):
    """Generated drawings, or one's own (see `data.own`), of which a fifth are the test part."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        side, kinds = config.input.side, config.input.kinds
        if run.data is None:
            known = data.generated(config.training.drawings, kinds, side, run.seed)
            self.test = data.generated(TEST, kinds, side, TEST_SEED)
            self.split = f"{TEST} generated drawings"
        else:
            own = data.own(run.data, side)
            known, self.test = map(own.take, hold_out(own.labels, 0.2, run.seed))
            self.split = "a fifth of one's own drawings, held out"
            config = replace(config, kinds=own.kinds)
        super().__init__(run, config)
        self.known, self.held_out = map(known.take, hold_out(known.labels, 0.1, run.seed))

    def network(self) -> Trained:
        training, known = self.config.training, self.known
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        network.compile(
            keras.optimizers.Adam(training.learning_rate),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        batches = Shuffled(
            len(known),
            training.batch,
            lambda rows: (known.images[rows], known.labels[rows]),
            self.run.seed,
        )
        history = self.fit(network, batches, self.run.preset, epochs=training.epochs)
        return Trained(network, history)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        call = compile_call(network)
        temperature = fit_temperature(call(self.held_out.images), self.held_out.labels)
        logits = call(self.test.images) / temperature
        results = self._figures(self.run.preset, logits)
        results += self._figures("nearest_mean_drawing", self._nearest_means())
        names = list(self.test.kinds)  # which catalogues of other languages list
        return Measured(results, {"temperature": temperature, "names": names})

    def _figures(self, method: str, logits: np.ndarray) -> list[Result]:
        labels = self.test.labels
        figures = {
            "accuracy": float((logits.argmax(axis=1) == labels).mean()),
            "ece": expected_calibration_error(np.exp(log_softmax(logits)), labels),
        }
        return [
            Result(TASK, method, metric, value, self.split, len(labels))
            for metric, value in figures.items()
        ]

    def _nearest_means(self) -> np.ndarray:
        """The baseline: minus the squared distance to the mean drawing of each kind, calibrated."""
        kinds = range(len(self.known.kinds))
        means = [self.known.images[self.known.labels == kind].mean(axis=0) for kind in kinds]

        def logits(drawings: data.Drawings) -> np.ndarray:
            gaps = [((drawings.images - mean) ** 2).sum(axis=(1, 2, 3)) for mean in means]
            return -np.stack(gaps, axis=1)

        return logits(self.test) / fit_temperature(logits(self.held_out), self.held_out.labels)


experiment = NamedShapes
