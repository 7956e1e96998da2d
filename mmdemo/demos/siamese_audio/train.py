"""Training and measuring the siamese sound networks.

    python -m mmdemo train siamese_audio --preset default
    python -m mmdemo train siamese_audio --preset book

DEFAULT takes about half an hour on two cores (synthesis and generated sounds 5 minutes, then nine
networks of two minutes each, then the intervals), BOOK five minutes. To expect from DEFAULT: dog
or not EER about 0.23, 5-way one-shot about 0.78, ESC-10 about 0.90; the exact figures are in the
weights folder's `metrics.json`.

Three protocols, in each of which no recording is heard in training and in measuring:

- `verification`: dog and other dog (same) against dog and cat (different);
- `one_shot`: one example each of five kinds of sound that training never heard, and `same_kind`:
  verification of all pairs of these;
- `classification`: ESC-10's official folds by the nearest class prototype (mean of the training
  embeddings; Snell et al. 2017, "Prototypical networks for few-shot learning").

DEFAULT first learns generated kinds of sound (`synthesis`), once for all networks; then real and
generated kinds together by a softmax over cosines. BOOK learns pairs by the contrastive loss.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
from sklearn.preprocessing import normalize

from mmdemo.core.measure import decisions
from mmdemo.core.media.audio import MAX_SECONDS
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.embedding import EmbeddingExperiment
from mmdemo.core.train.experiment import History, Measured, Trained
from mmdemo.core.train.fit import Run

from . import DEMO, data, features, measure
from .augmentation import AugmentedWindows, class_weights
from .config import Config
from .data import Recording
from .measure import Embeddings
from .model import build, build_classifier

logger = logging.getLogger(__name__)


class SoundExperiment(EmbeddingExperiment[Config, Sequence[Recording]]):
    """A network for all recordings, and one per split."""

    demo = DEMO
    half = False

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        if run.data is not None:
            self.splits = [data.own(run.data, run.seed)]
        else:
            self.splits = [data.dog_or_not(), *data.unseen_kinds(), *data.official_folds()]
        recordings = (r for split in self.splits for part in split.parts for r in part)
        self.everything = list({recording.path: recording for recording in recordings}.values())
        self.parts = {split.name: split.train for split in self.splits}

    @cached_property
    def pictures(self) -> Mapping[Path, np.ndarray]:
        """Features of every recording."""
        return data.pictures(self.everything, self.config.input)

    def embed(self, network: keras.Model, recordings: Sequence[Recording]) -> np.ndarray:
        """Embeddings `(N, d)` of recordings, computed as the app does."""
        call, config = compile_call(network), self.config.input
        inputs = [features.batched(self.pictures[r.path], config) for r in recordings]
        ends = np.cumsum([len(windows) for windows in inputs])
        stacked = np.concatenate(inputs)
        outputs = [call(stacked[first : first + 64]) for first in range(0, len(stacked), 64)]
        parts = np.split(np.concatenate(outputs), ends[:-1])
        return np.stack([features.pooled(part, config) for part in parts])

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        embeddings = {
            split.name: Embeddings(*(self.embed(folds[split.name], part) for part in split.parts))
            for split in self.splits
        }
        statistics = data.pictures(self.everything, self.config.input, data.mfcc_statistics)
        own = self.run.data is not None
        results, pairs = measure.results(
            self.run.preset, self.splits, embeddings, statistics, own=own
        )
        preprocess = {
            "sample_rate": self.config.input.sample_rate,
            "max_seconds": MAX_SECONDS,
            "held_out": f"pairs of recordings of {measure.OWN if own else measure.UNSEEN}",
            **decisions.calibrate(pairs.distances, pairs.same),
        }
        return Measured(results, preprocess)


class Pairwise(SoundExperiment):
    """BOOK: pairs of recordings by the contrastive loss. The networks are large, and quick to train
    again."""

    def fit_to(self, recordings: Sequence[Recording], name: str) -> Trained:
        training = self.config.training
        anchor = None
        if name == "dogs":  # the source's own pairs: dog and other dog, dog and cat
            anchor = data.DOG
            recordings = [r for r in recordings if r.fold == 0]
        rng = np.random.default_rng(self.run.seed)
        pairs = data.pairs(recordings, training.pairs, rng, anchor)
        pictures = np.stack([self.pictures[r.path] for r in recordings])
        return self.fit_pairs(pictures, pairs, name, training, training.batch)


class Classwise(SoundExperiment):
    """DEFAULT: kinds of sound by a softmax over cosines, generated kinds first and alongside."""

    stores_folds = True

    @cached_property
    def generated(self) -> tuple[list[np.ndarray], np.ndarray]:
        """Pictures of generated sounds, and their kinds."""
        generated = self.config.generated
        logger.info("synthesising %d sounds", generated.generated_kinds * generated.variations)
        return data.generated(self.config, self.run.seed)

    @cached_property
    def pretrained(self) -> keras.Model:
        """The classifier of generated kinds alone."""
        generated = self.config.generated
        pictures, labels = self.generated
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        classifier = build_classifier(network, generated.generated_kinds, self.config.network)
        weights = class_weights(labels)
        batches = AugmentedWindows(pictures, labels, weights, self.config, self.run.seed)
        epochs, rate = generated.generated_epochs, generated.generated_learning_rate
        self._fit_classes("generated", classifier, batches, epochs, rate)
        return classifier

    def fit_to(self, recordings: Sequence[Recording], name: str) -> Trained:
        """Real kinds beside the generated ones, from what was learned of the latter alone."""
        config, training = self.config, self.config.training
        kinds, real = np.unique([r.kind for r in recordings], return_inverse=True)
        generated, generated_labels = self.generated
        pretrained = self.pretrained
        embedder = next(layer for layer in pretrained.layers if isinstance(layer, keras.Model))
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        network.set_weights(embedder.get_weights())
        classes = len(kinds) + config.generated.generated_kinds
        classifier = build_classifier(network, classes, config.network)
        kernel, bias = pretrained.get_layer("project").get_weights()
        classifier.get_layer("project").set_weights([kernel, bias])
        # A new kind starts where its recordings lie already.
        heard = normalize(self.embed(network, recordings) @ kernel + bias)
        means = np.stack([heard[real == kind].mean(axis=0) for kind in range(len(kinds))], axis=1)
        known = pretrained.get_layer("cosine_logits").get_weights()[0]  # (d, generated kinds)
        means *= np.linalg.norm(known, axis=0).mean() / np.linalg.norm(means, axis=0)
        directions = np.concatenate([means, known], axis=1)
        classifier.get_layer("cosine_logits").set_weights([directions])

        share = training.real_share
        weights = [share * class_weights(real), (1 - share) * class_weights(generated_labels)]
        batches = AugmentedWindows(
            [*(self.pictures[r.path] for r in recordings), *generated],
            np.concatenate([real, generated_labels + len(kinds)]),
            np.concatenate(weights),
            config,
            self.run.seed,
        )
        epochs, rate = training.epochs, training.learning_rate
        return Trained(network, self._fit_classes(name, classifier, batches, epochs, rate))

    def _fit_classes(
        self,
        name: str,
        classifier: keras.Model,
        batches: AugmentedWindows,
        epochs: int,
        learning_rate: float,
    ) -> History:
        training = self.config.training
        steps = (self.run.epochs or epochs) * training.steps
        warm_up = max(1, steps // 20)
        decay = max(1, steps - warm_up)
        schedule = warm_up_cosine(
            learning_rate, warm_up, decay, start=learning_rate / 20, floor=0.1
        )
        classifier.compile(
            keras.optimizers.AdamW(
                schedule,
                weight_decay=training.weight_decay,
                use_ema=True,
                ema_momentum=training.averaging,
            ),
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=False,
        )
        return self.fit(classifier, batches, name, epochs=epochs)


def experiment(run: Run, config: Config) -> SoundExperiment:
    """How a preset is trained and measured."""
    contrastive = config.training.objective == "contrastive"
    return (Pairwise if contrastive else Classwise)(run, config)
