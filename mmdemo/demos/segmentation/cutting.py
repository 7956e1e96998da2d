"""What all training has in common: crops of pictures, and what is said of whole ones.

Importing this module imports Keras.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import keras
import numpy as np

from mmdemo.core.data.outlined import Pictures, own_parts
from mmdemo.core.serve import pretrained
from mmdemo.core.serve.backend import JIT, compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.experiment import Experiment, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, losses
from .altered import Altered
from .config import CLASSIFIER, Config
from .frame import said
from .model import build

OWN_TEST = "a fifth of one's own pictures, held out"


class Cutting(Experiment[Config]):
    """A preset on a public set, or on one's own pictures (see `core.data.outlined.own`).

    A subclass says which set, and measures.
    """

    demo = DEMO
    by_kind: ClassVar[bool]
    """Whether one's own maps tell kinds apart, and not things."""

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            self.known, self.held_out, self.test = map(self.public, ("train", "val", "test"))
        else:
            self.known, self.held_out, self.test = own_parts(run.data, run.seed, self.by_kind)
            if self.by_kind:
                config = replace(config, kinds=len(self.known.names))
        self.known, self.held_out, self.test = (
            part.bounded(config.input) for part in (self.known, self.held_out, self.test)
        )
        super().__init__(run, config)

    @staticmethod
    @abstractmethod
    def public(part: str) -> Pictures:
        """A part of the public set."""

    def stands_on(self) -> Mapping[str, str] | None:
        """DeepLab's backbone is the classifier's."""
        return pretrained.record(CLASSIFIER) if self._has_backbone else None

    @property
    def _has_backbone(self) -> bool:
        return self.config.network.network == "deeplab"

    def network(self) -> Trained:
        """Train on crops."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        if self._has_backbone:
            pretrained.fill(network, CLASSIFIER)
            pretrained.take_stages(network)
        training = self.config.training
        rows = self._fit(
            network, self.run.preset, training.epochs, training.crop, training.learning_rate
        )
        if training.last_epochs:
            rows += self._fit(
                network,
                f"{self.run.preset}_large",
                training.last_epochs,
                training.last_crop,
                training.learning_rate / 2,
            )
        return Trained(network, rows)

    def _fit(
        self, network: keras.Model, name: str, epochs: int, crop: int, rate: float
    ) -> list[dict[str, float]]:
        config = replace(self.config, crop=crop, learning_rate=rate)
        batches = Altered(self.known, config, self.run.seed)
        steps = (self.run.epochs or epochs) * len(batches)
        compile_loss(network, config, self.loss(), steps)
        stands_on = self.stands_on()
        return self.fit(
            network,
            batches,
            name,
            epochs=epochs,
            starts_from=(stands_on["sha256"],) if stands_on else (),
            shuffle=False,  # the batches are
        )

    def loss(self) -> losses.Loss:
        """What is learnt."""
        return losses.of_maps(self.config.network.maps)

    def said(self, network: keras.Model, pictures: Pictures) -> list[np.ndarray]:
        """What a network says of each pixel of each picture, `(h, w, maps or kinds)` each."""
        call = compile_call(network)
        return [said(call, image, self.config.input) for image in pictures.images]


def compile_loss(network: keras.Model, config: Config, loss: losses.Loss, steps: int) -> None:
    """Compile for a training of so many steps."""
    training = config.training
    rate = warm_up_cosine(training.learning_rate, max(1, steps // 20), steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=training.weight_decay, clipnorm=5.0)
    network.compile(optimizer, loss=loss, jit_compile=JIT)
