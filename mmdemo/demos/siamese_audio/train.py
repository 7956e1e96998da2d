"""Training and measuring the siamese sound networks.

    python -m mmdemo train siamese_audio --preset default
    python -m mmdemo train siamese_audio --preset book

DEFAULT takes about half an hour on two cores (synthesis and generated sounds 5 minutes, then nine
networks of two minutes each, then the intervals), BOOK five minutes. To expect from DEFAULT: dog
or not EER about 0.23, 5-way one-shot about 0.78, ESC-10 about 0.90; the exact figures are in the
weights folder's `metrics.json`.

Four protocols, in each of which no recording is heard in training and in measuring:

- `verification`: dog and other dog (same) against dog and cat (different);
- `one_shot`: one example each of five kinds of sound that training never heard, and `same_kind`:
  verification of all pairs of these;
- `one_shot` and `same_kind` of lions, cows, sheep and frogs of another source, by the network that
  is served; with notes of instruments they also give its threshold and probabilities;
- `classification`: ESC-10's official folds by the nearest class prototype (mean of the training
  embeddings; Snell et al. 2017, "Prototypical networks for few-shot learning").

DEFAULT first learns generated kinds of sound (`synthesis`), once for all networks; then real and
generated kinds together by a softmax over cosines; then its embedding is whitened in part. Three
such networks are served side by side, one of which heard everything and two half of the kinds each.
BOOK learns pairs by the contrastive loss.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.preprocessing import normalize

from mmdemo.core.measure import decisions, unlike
from mmdemo.core.measure.report import Result
from mmdemo.core.media.audio import MAX_SECONDS
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import warm_up_cosine
from mmdemo.core.train.embedding import EmbeddingExperiment
from mmdemo.core.train.experiment import History, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, data, features, foreign, measure, speech, whitening
from .augmentation import AugmentedWindows, class_weights
from .config import Config
from .data import Recording
from .measure import Embeddings
from .model import build, build_classifier

logger = logging.getLogger(__name__)

UNHEARD = ("theo", "lj")
"""Talkers that what tells speech from other sounds is measured on."""
MEMBERS = ("everything", "half_1", "half_2")
"""Which networks stand side by side in the one that is served."""


class SoundExperiment(EmbeddingExperiment[Config, Sequence[Recording]]):
    """A network for all recordings, and one per split."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config if run.data is None else replace(config, members=1))
        if run.data is not None:
            self.splits = [data.own(run.data, run.seed)]
        else:
            self.splits = [data.dog_or_not(), *data.unseen_kinds(), *data.official_folds()]
        recordings = (r for split in self.splits for part in split.parts for r in part)
        self.everything = list({recording.path: recording for recording in recordings}.values())
        self.parts = {split.name: split.train for split in self.splits}
        self.elsewhere = data.animals() if run.data is None else []
        self.notes = data.notes() if run.data is None else []

    @cached_property
    def pictures(self) -> Mapping[Path, np.ndarray]:
        """Features of every recording."""
        recordings = [*self.everything, *self.elsewhere, *self.notes]
        return data.pictures(recordings, self.config.input)

    def embed(self, network: keras.Model, recordings: Sequence[Recording]) -> np.ndarray:
        """Embeddings `(N, d)` of recordings, computed as the app does."""
        return self.embed_pictures(network, [self.pictures[r.path] for r in recordings])

    def embed_pictures(self, network: keras.Model, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings `(N, d)` of what `features.extract` gives."""
        windows = self.windows(network, pictures)
        return np.stack([features.pooled(part, self.config.input) for part in windows])

    def windows(self, network: keras.Model, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Embeddings of every picture's windows, `(windows, d)` each."""
        call, config = compile_call(network), self.config.input
        inputs = [features.batched(picture, config) for picture in pictures]
        ends = np.cumsum([len(windows) for windows in inputs])
        stacked = np.concatenate(inputs)
        outputs = [call(stacked[first : first + 64]) for first in range(0, len(stacked), 64)]
        return np.split(np.concatenate(outputs), ends[:-1])

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        embeddings = {
            split.name: Embeddings(*(self.embed(folds[split.name], part) for part in split.parts))
            for split in self.splits
        }
        recordings = [*self.everything, *self.elsewhere, *self.notes]
        statistics = data.pictures(recordings, self.config.input, data.mfcc_statistics)
        own = self.run.data is not None
        results, pairs = measure.results(
            self.run.preset, self.splits, embeddings, statistics, own=own
        )
        held_out = (measure.OWN, pairs.distances, pairs.same)
        if not own:
            asked = [*self.elsewhere, *self.notes]
            embedded = self.embed(network, asked)
            vectors = {r.path: vector for r, vector in zip(asked, embedded, strict=True)}
            foreign, drawn = measure.abroad(
                self.run.preset, self.elsewhere, self.notes, vectors, statistics
            )
            results += foreign
            held_out = (measure.SET_BY, *drawn)
        which, distances, same = held_out
        preprocess = {
            "sample_rate": self.config.input.sample_rate,
            "max_seconds": MAX_SECONDS,
            "held_out": f"pairs of recordings of {which}",
            **decisions.calibrate(distances, same),
        }
        return Measured(results, preprocess)


class Pairwise(SoundExperiment):
    """BOOK: pairs of recordings by the contrastive loss. The networks are large, and quick to train
    again."""

    half = False

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

    def network(self) -> Trained:
        """The networks of `MEMBERS` side by side, and the history of the first."""
        count = self.config.network.members
        parts = {"everything": self.everything, **self.parts}
        trained = [self.fit_to(parts[name], name) for name in MEMBERS[:count]]
        if count == 1:
            return trained[0]
        committee = build(self.config)
        for index, (member, _) in enumerate(trained):
            committee.get_layer(f"member_{index}").set_weights(member.get_weights())
        return Trained(committee, trained[0].history)

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        measured = super().measure(network, folds)
        if self.run.data is not None:
            return measured
        results, stored = self._speech(network)
        told, foreign_too = self._foreign(network)
        preprocess = {**measured.preprocess, "speech": stored, "unlike": foreign_too}
        return Measured([*measured.results, *results, *told], preprocess)

    def _speech(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        """What tells speech from other sounds, and how well, on talkers and kinds not heard before.

        Everything is learnt twice, as it is and as a telephone passes it on, so that a narrow band
        is no sign of speech.
        """
        talkers = data.speech()
        heard = [r for talker, said in talkers.items() if talker not in UNHEARD for r in said]
        learnt = [*self.everything, *heard]
        unheard = [r for talker in UNHEARD for r in talkers[talker]]
        wide = {**self.pictures, **data.pictures([*heard, *unheard], self.config.input)}
        narrow = data.pictures(learnt, self.config.input, data.narrow_band)
        vectors = self.embed_pictures(
            network, [pictures[r.path] for pictures in (wide, narrow) for r in learnt]
        )
        spoken = np.array([r.kind == "speech" for r in learnt])
        stored = speech.fit(vectors, np.tile(spoken, 2))
        said = self.embed_pictures(network, [wide[r.path] for r in unheard])
        others = self.embed(network, self.elsewhere)
        return measure.speech(self.run.preset, said, others, stored), stored

    def _foreign(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        """What tells sounds unlike all kinds that were learnt, and how well.

        Every second recording of the kinds from another source sets the limits, the others are
        measured against notes, tones and noises that taught nothing.
        """

        def recordings(found: Sequence[Recording]) -> np.ndarray:
            pictures = data.pictures(found, self.config.input)
            return self.embed_pictures(network, [pictures[r.path] for r in found])

        def made(kind: Callable[..., np.ndarray], count: int, seed: int) -> np.ndarray:
            sounds = foreign.made(kind, count, seed)
            pictures = [features.extract(sound, self.config.input) for sound in sounds]
            return self.embed_pictures(network, pictures)

        tones, noise = (made(kind, foreign.MADE, 0) for kind in foreign.STEADY.values())
        notes = recordings(foreign.notes("train"))
        lively = made(foreign.lively, foreign.MADE, 0)
        like = np.concatenate([self.embed(network, self.everything), lively])
        others = self.embed(network, self.elsewhere)
        groups = [(np.concatenate([tones, notes]), 0.015), (noise, 0.015)]
        stored = unlike.fit(like, others[::2], groups)
        tests = {name: made(kind, 100, 1) for name, kind in foreign.STEADY.items()}
        tests = {"notes": recordings(foreign.notes("test")), **tests}
        return measure.foreign(self.run.preset, others[1::2], tests, stored), stored

    def build_fold(self) -> keras.Model:
        return build(replace(self.config, members=1))

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
        network = self.build_fold()
        classifier = build_classifier(network, generated.generated_kinds, self.config.network)
        weights = class_weights(labels)
        batches = AugmentedWindows(pictures, labels, weights, self.config, self.run.seed)
        epochs, rate = generated.generated_epochs, generated.generated_learning_rate
        self._fit_classes("generated", classifier, batches, epochs, rate)
        return classifier

    def fit_to(self, recordings: Sequence[Recording], name: str) -> Trained:
        """Real kinds beside the generated ones, from what was learned of the latter alone; then
        the whitening."""
        config, training = self.config, self.config.training
        kinds, real = np.unique([r.kind for r in recordings], return_inverse=True)
        generated, generated_labels = self.generated
        pretrained = self.pretrained
        embedder = next(layer for layer in pretrained.layers if isinstance(layer, keras.Model))
        keras.utils.set_random_seed(self.run.seed)
        network = self.build_fold()
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
        history = self._fit_classes(name, classifier, batches, epochs, rate)
        pictures = [self.pictures[recording.path] for recording in recordings]
        means = [windows.mean(axis=0) for windows in self.windows(network, pictures)]
        fitted = whitening.fit(np.stack(means), real, config.network.whitening)
        network.get_layer("whiten").set_weights(fitted)
        return Trained(network, history)

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
