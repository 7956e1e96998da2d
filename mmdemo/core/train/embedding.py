"""What trainings of networks that embed samples have alike: a network per split, pairs to learn.

Importing this module imports Keras.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import keras
import numpy as np

from mmdemo.core.nets.metric_learning import ContrastiveLoss, build_siamese
from mmdemo.core.train.batches import Shuffled
from mmdemo.core.train.experiment import Experiment, Trained

C = TypeVar("C")
P = TypeVar("P")


class PairTraining(Protocol):
    """What the part `training` of a configuration says of pairs.

    Attributes:
        epochs: passes over the pairs.
        learning_rate: of RMSprop.
        margin: of the contrastive loss.
    """

    @property
    def epochs(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def margin(self) -> float: ...


class EmbeddingExperiment(Experiment[C], Generic[C, P]):
    """A network that learns all samples, and one per split, which is measured on the rest.

    Attributes:
        everything: what the served network learns; the constructor sets it.
        parts: what each measured network learns, by the name of its split; as well.
    """

    everything: P
    parts: Mapping[str, P]

    @abstractmethod
    def fit_to(self, part: P, name: str) -> Trained:
        """Train a network on some samples, as the stage `name`."""

    def network(self) -> Trained:
        return self.fit_to(self.everything, "everything")

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        return {name: partial(self.fold, part, name) for name, part in self.parts.items()}

    def fold(self, part: P, name: str) -> keras.Model:
        """Train the network of a split."""
        return self.fit_to(part, name).network

    def fit_pairs(
        self,
        samples: np.ndarray,
        pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
        name: str,
        training: PairTraining,
        batch: int,
    ) -> Trained:
        """Train a network on pairs by the contrastive loss and RMSprop, as one stage of the run.

        Args:
            samples: `(N, ...)` its inputs.
            pairs: `(P,)` rows of their first and second sample, and whether each is genuine.
            name: of the stage.
            training: how long and how fast.
            batch: pairs of a batch.
        """
        keras.utils.set_random_seed(self.run.seed)
        network = self.demo.module("model").build(self.config)
        siamese = build_siamese(network)
        optimizer = keras.optimizers.RMSprop(training.learning_rate)
        siamese.compile(optimizer, ContrastiveLoss(training.margin), jit_compile=False)
        first, second, same = pairs

        def take(rows: np.ndarray) -> tuple[Any, np.ndarray]:
            sides = samples[first[rows]], samples[second[rows]]
            return sides, same[rows, None].astype("float32")

        batches = Shuffled(len(same), batch, take, self.run.seed)
        return Trained(network, self.fit(siamese, batches, name, epochs=training.epochs))
