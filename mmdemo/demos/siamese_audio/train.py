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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mmdemo.core.measure.metrics import Calibration, bootstrap_ci, one_shot_hits, verification
from mmdemo.core.media.audio import MAX_SECONDS
from mmdemo.core.nets.metric_learning import ContrastiveLoss, pairwise_distances
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import Result

from . import DEMO, data, features
from .config import PRESETS, Config
from .data import Recording, Split
from .model import build, build_classifier, build_siamese

logger = logging.getLogger(__name__)

DRAWS = 500
MIN_RESAMPLED = 8
PUBLISHED = (("random_forest", 0.727), ("piczak_cnn", 0.80), ("people", 0.957))

DOGS = "test recordings of Audio Cats and Dogs: dog and other dog against dog and cat"
UNSEEN = "classes of ESC-10 that training never heard: every second class, then the others"
FOLDS = "ESC-10, official 5 folds, nearest class prototype"
OWN = "held-out fifth of your own recordings"

Space = tuple[np.ndarray, np.ndarray]
"""Embeddings of a split's training and test recordings."""


def train(run: training.Run) -> None:
    """Train the networks of every split and the final one, measure, and write `run.folder`.

    `run.data`: a folder with a sub-folder of five or more recordings per kind of sound.

    Raises:
        DataMissing: a public set is not in the data folder.
        UserError: `run.data` is not laid out so, or a recording cannot be used.
    """
    session = Session(run)
    splits = session.splits
    networks = {split.name: session.network(split.name, split.train)[0] for split in splits}
    everything = {r.path: r for split in splits for r in (*split.train, *split.test)}
    network, history = session.network("final", list(everything.values()))
    if session.config.features == "log_mel":
        # Measured as they are stored: in half precision.
        networks = {name: session.halved(name, fold) for name, fold in networks.items()}
        shipped = networks
    else:  # large, and quick to train again
        shipped = {}
    results, preprocess = measure(session, networks)
    artifacts.write(
        run.folder,
        demo=DEMO,
        preset=run.preset,
        model=network,
        config=session.config,
        preprocess=preprocess,
        results=results,
        history=history,
        provenance=training.provenance(run),
        folds=shipped,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Measure again: with the networks in `run.folder / "folds"`, or such as are trained again.

    Raises:
        DataMissing: a public set is not in the data folder.
    """
    session = Session(run)
    networks = {}
    for split in session.splits:
        stored = run.folder / "folds" / f"{split.name}.weights.h5"
        if stored.is_file():
            networks[split.name] = build(session.config)
            networks[split.name].load_weights(stored)
        else:
            networks[split.name] = session.network(split.name, split.train)[0]
    return measure(session, networks)[0]


# === Training ===


class Session:
    """What the networks of one run share: recordings, their features, the generated sounds."""

    def __init__(self, run: training.Run) -> None:
        self.run = run
        self.config: Config = PRESETS[run.preset]
        self._pictures: dict[Path, np.ndarray] = {}

    @cached_property
    def splits(self) -> list[Split]:
        if self.run.data is not None:
            return [data.own(self.run.data, self.run.seed)]
        return [data.dog_or_not(), *data.unseen_kinds(), *data.official_folds()]

    def pictures(self, recordings: Sequence[Recording]) -> list[np.ndarray]:
        """Features of recordings, each computed once a session."""
        new = [r for r in recordings if r.path not in self._pictures]
        self._pictures.update(data.pictures(new, self.config))
        return [self._pictures[r.path] for r in recordings]

    def stage(self, name: str) -> Path:
        return self.run.stage(name, self.config)

    def network(
        self, name: str, recordings: Sequence[Recording]
    ) -> tuple[keras.Model, list[dict[str, float]]]:
        """A trained embedding network, or the finished one of an earlier call, and its history."""
        if self.config.objective == "contrastive":
            return self._learn_pairs(name, recordings)
        return self._learn_classes(name, recordings)

    def halved(self, name: str, network: keras.Model) -> keras.Model:
        """The network with its weights rounded as they will be stored."""
        path = self.stage("half") / f"{name}.weights.h5"
        artifacts.save_weights(network, path, half=True)
        rounded = build(self.config)
        rounded.load_weights(path)
        return rounded

    def embed(self, network: keras.Model, recordings: Sequence[Recording]) -> np.ndarray:
        """Embeddings `(N, d)` of recordings, computed as the app does."""
        call = compile_call(network)
        inputs = [self._network_input(picture) for picture in self.pictures(recordings)]
        ends = np.cumsum([len(windows) for windows in inputs])
        stacked = np.concatenate(inputs)
        outputs = [call(stacked[first : first + 64]) for first in range(0, len(stacked), 64)]
        parts = np.split(np.concatenate(outputs), ends[:-1])
        return np.stack([features.pooled(part, self.config) for part in parts])

    def _network_input(self, picture: np.ndarray) -> np.ndarray:
        if self.config.features == "mfcc":
            return picture[None]
        return features.windows(picture, self.config)

    # --- pairs ---

    def _learn_pairs(
        self, name: str, recordings: Sequence[Recording]
    ) -> tuple[keras.Model, list[dict[str, float]]]:
        config = self.config
        anchor = None
        if name == "dogs":  # the source's own pairs: dog and other dog, dog and cat
            anchor = data.DOG
            recordings = [r for r in recordings if r.fold == 0]
        rng = np.random.default_rng(self.run.seed)
        left, right, same = data.pairs(recordings, config.pairs, rng, anchor)
        values = np.stack(self.pictures(recordings))
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        siamese = build_siamese(network)
        siamese.compile(
            keras.optimizers.RMSprop(config.learning_rate),
            loss=ContrastiveLoss(config.margin),
            jit_compile=False,
        )
        history = training.fit(
            siamese,
            [values[left], values[right]],
            y=same[:, None],
            batch_size=config.batch,
            stage=self.stage(name),
            epochs=self.run.epochs or config.epochs,
            seed=self.run.seed,
        )
        return network, history

    # --- classes ---

    @cached_property
    def _generated(self) -> tuple[list[np.ndarray], np.ndarray]:
        logger.info("synthesising %d sounds", self.config.generated_kinds * self.config.variations)
        return data.generated(self.config, self.run.seed)

    @cached_property
    def _pretrained(self) -> keras.Model:
        """The classifier of generated kinds alone."""
        config = self.config
        pictures, labels = self._generated
        keras.utils.set_random_seed(self.run.seed)
        classifier = build_classifier(build(config), config.generated_kinds, config)
        weights = data.class_weights(labels)
        epochs = self.run.epochs or config.generated_epochs
        self._fit_classes(
            "generated",
            classifier,
            pictures,
            labels,
            weights,
            epochs,
            config.generated_learning_rate,
        )
        return classifier

    def _learn_classes(
        self, name: str, recordings: Sequence[Recording]
    ) -> tuple[keras.Model, list[dict[str, float]]]:
        """Real kinds beside the generated ones, from what was learned of the latter alone."""
        config = self.config
        kinds, real = np.unique([r.kind for r in recordings], return_inverse=True)
        generated, generated_labels = self._generated
        pretrained = self._pretrained
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        network.set_weights(_embedder(pretrained).get_weights())
        classifier = build_classifier(network, len(kinds) + config.generated_kinds, config)
        kernel, bias = pretrained.get_layer("project").get_weights()
        classifier.get_layer("project").set_weights([kernel, bias])
        # A new kind starts where its recordings lie already.
        found = _unit(self.embed(network, recordings) @ kernel + bias)
        means = np.stack([found[real == kind].mean(axis=0) for kind in range(len(kinds))], axis=1)
        known = pretrained.get_layer("cosine_logits").get_weights()[0]  # (d, generated kinds)
        means *= np.linalg.norm(known, axis=0).mean() / np.linalg.norm(means, axis=0)
        directions = np.concatenate([means, known], axis=1)
        classifier.get_layer("cosine_logits").set_weights([directions])

        weights = np.concatenate(
            [
                config.real_share * data.class_weights(real),
                (1 - config.real_share) * data.class_weights(generated_labels),
            ]
        )
        history = self._fit_classes(
            name,
            classifier,
            [*self.pictures(recordings), *generated],
            np.concatenate([real, generated_labels + len(kinds)]),
            weights,
            self.run.epochs or config.epochs,
            config.learning_rate,
        )
        return network, history

    def _fit_classes(
        self,
        name: str,
        classifier: keras.Model,
        pictures: Sequence[np.ndarray],
        labels: np.ndarray,
        weights: np.ndarray,
        epochs: int,
        learning_rate: float,
    ) -> list[dict[str, float]]:
        config = self.config
        steps = epochs * config.steps
        warm_up = max(1, steps // 20)
        schedule = keras.optimizers.schedules.CosineDecay(
            learning_rate / 20,
            max(1, steps - warm_up),
            alpha=0.1,
            warmup_target=learning_rate,
            warmup_steps=warm_up,
        )
        classifier.compile(
            keras.optimizers.AdamW(
                schedule,
                weight_decay=config.weight_decay,
                use_ema=True,
                ema_momentum=config.averaging,
            ),
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=False,
        )
        rng = np.random.default_rng(self.run.seed)
        classes = classifier.output_shape[-1]
        return training.fit(
            classifier,
            data.batches(pictures, labels, weights, classes, config, rng),
            stage=self.stage(name),
            epochs=epochs,
            seed=self.run.seed,
            steps_per_epoch=config.steps,
            shuffle=False,
        )


def _embedder(classifier: keras.Model) -> keras.Model:
    return next(layer for layer in classifier.layers if isinstance(layer, keras.Model))


# === Measuring ===


@dataclass(frozen=True)
class Pairs:
    """Test recordings of one split, the distances between them, and which pairs count."""

    distances: np.ndarray
    kinds: np.ndarray
    sources: np.ndarray

    @classmethod
    def of(cls, split: Split, embeddings: np.ndarray) -> Pairs:
        return cls(
            pairwise_distances(embeddings),
            np.array([r.kind for r in split.test]),
            np.array([r.source for r in split.test]),
        )

    def at(self, chosen: np.ndarray) -> Pairs:
        return Pairs(
            self.distances[np.ix_(chosen, chosen)], self.kinds[chosen], self.sources[chosen]
        )

    def compared(self, anchor: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Distances and labels of all pairs of different sources.

        Args:
            anchor: count only pairs of which one side is of this kind.
        """
        counted = np.triu(self.sources[:, None] != self.sources[None], 1)
        if anchor is not None:
            is_anchor = self.kinds == anchor
            counted &= is_anchor[:, None] | is_anchor[None]
        same = self.kinds[:, None] == self.kinds[None]
        return self.distances[counted], same[counted]


def measure(
    session: Session, networks: dict[str, keras.Model]
) -> tuple[list[Result], dict[str, Any]]:
    """Results of the preset and of the baselines, and what `preprocess.json` holds."""
    method = session.run.preset
    splits = session.splits
    spaces: dict[str, dict[str, Space]] = {method: {}}
    for split in splits:
        spaces[method][split.name] = (
            session.embed(networks[split.name], split.train),
            session.embed(networks[split.name], split.test),
        )
    spaces |= _baselines(session)

    results: list[Result] = []
    own = session.run.data is not None
    for name, space in spaces.items():
        unit = name != "book"
        if own:
            pairs = [Pairs.of(splits[0], space[splits[0].name][1])]
            results += _same_kind(name, pairs, OWN)
            results += _classification(name, splits, space, OWN, unit)
        else:
            results += _verification(name, splits[0], space["dogs"][1])
            pairs = [Pairs.of(split, space[split.name][1]) for split in splits[1:3]]
            results += _one_shot(name, pairs)
            results += _same_kind(name, pairs, UNSEEN)
            results += _classification(name, splits[3:], space, FOLDS, unit)
        if name == method:
            held_out = [
                np.concatenate(part) for part in zip(*(p.compared() for p in pairs), strict=True)
            ]
    results.append(_support_vectors(session, splits if own else splits[3:], OWN if own else FOLDS))
    if not own:
        clips = sum(len(split.test) for split in splits[3:])
        results += [
            Result("classification", f"published:{who}", "accuracy", value, FOLDS, clips)
            for who, value in PUBLISHED
        ]
    return results, _preprocess(session, *held_out, OWN if own else UNSEEN)


def _preprocess(
    session: Session, distances: np.ndarray, same: np.ndarray, held_out: str
) -> dict[str, Any]:
    curve = verification(distances, same)
    config = session.config
    return {
        "sample_rate": config.sample_rate,
        "max_seconds": MAX_SECONDS,
        "threshold": curve.threshold_at_eer,
        "calibration": Calibration.fit(distances, same).to_dict(),
        "curve": curve.thinned(),
        "held_out": f"pairs of recordings of {held_out}",
    }


def _verification(method: str, split: Split, embeddings: np.ndarray) -> list[Result]:
    pairs = Pairs.of(split, embeddings)
    return _rates("verification", method, [pairs], DOGS, data.DOG)


def _same_kind(method: str, pairs: list[Pairs], split: str) -> list[Result]:
    return _rates("same_kind", method, pairs, split, None)


def _rates(
    task: str, method: str, parts: list[Pairs], split: str, anchor: str | None
) -> list[Result]:
    """EER and AUC of all pairs of the parts, with intervals over recordings."""

    def curve(chosen: list[Pairs]) -> Any:
        compared = [part.compared(anchor) for part in chosen]
        return verification(*(np.concatenate(values) for values in zip(*compared, strict=True)))

    whole = curve(parts)
    count = sum(len(part.compared(anchor)[0]) for part in parts)
    return [
        Result(
            task,
            method,
            metric,
            getattr(whole, metric),
            split,
            count,
            _interval(parts, lambda drawn, metric=metric: getattr(curve(drawn), metric)),
        )
        for metric in ("eer", "auc")
    ]


def _one_shot(method: str, parts: list[Pairs]) -> list[Result]:
    def hits(chosen: list[Pairs]) -> np.ndarray:
        return np.concatenate([one_shot_hits(p.distances, p.kinds, p.sources) for p in chosen])

    def result(chosen: list[Pairs], split: str) -> Result:
        found = hits(chosen)
        interval = _interval(chosen, lambda drawn: float(hits(drawn).mean()))
        return Result(
            "one_shot", method, "one_shot_5way", float(found.mean()), split, len(found), interval
        )

    halves = [
        result([part], f"never heard: {', '.join(dict.fromkeys(part.kinds.tolist()))}")
        for part in parts
    ]
    return [result(parts, UNSEEN), *halves]


def _classification(
    method: str, splits: Sequence[Split], space: dict[str, Space], name: str, unit: bool
) -> list[Result]:
    hits, sources = [], []
    for split in splits:
        known, query = space[split.name]
        labels = np.array([r.kind for r in split.train])
        kinds = np.unique(labels)
        prototypes = np.stack([known[labels == kind].mean(axis=0) for kind in kinds])
        if unit:
            prototypes /= np.linalg.norm(prototypes, axis=1, keepdims=True)
        nearest = kinds[pairwise_distances(query, prototypes).argmin(axis=1)]
        hits.append(nearest == np.array([r.kind for r in split.test]))
        sources += [r.source for r in split.test]
    return [_accuracy(method, np.concatenate(hits), np.array(sources), name)]


def _accuracy(method: str, hits: np.ndarray, sources: np.ndarray, split: str) -> Result:
    groups = [hits[sources == source] for source in np.unique(sources)]
    interval = bootstrap_ci(lambda drawn: float(np.concatenate(drawn).mean()), groups)
    return Result(
        "classification", method, "accuracy", float(hits.mean()), split, len(hits), interval
    )


def _interval(
    parts: list[Pairs], statistic: Callable[[list[Pairs]], float]
) -> tuple[float, float] | None:
    """Bootstrap over recordings; copies of one recording are never compared with each other.

    None where a kind has too few recordings: a draw could be without a pair of it.
    """
    for part in parts:
        for kind in np.unique(part.kinds):
            if len(np.unique(part.sources[part.kinds == kind])) < MIN_RESAMPLED:
                return None
    groups = [
        (number, np.flatnonzero(part.sources == source))
        for number, part in enumerate(parts)
        for source in np.unique(part.sources)
    ]

    def drawn(chosen: list[tuple[int, np.ndarray]]) -> float:
        picked = [
            np.concatenate([clips for which, clips in chosen if which == number])
            for number in range(len(parts))
        ]
        return statistic([part.at(clips) for part, clips in zip(parts, picked, strict=True)])

    return bootstrap_ci(drawn, groups, n=DRAWS)


# === Baselines ===


def _baselines(session: Session) -> dict[str, dict[str, Space]]:
    """Cosine on means and deviations of MFCC, as they are and standardised on the training set."""
    statistics = _statistics(session)
    plain: dict[str, Space] = {}
    standardised: dict[str, Space] = {}
    for split in session.splits:
        known = np.stack([statistics[r.path] for r in split.train])
        query = np.stack([statistics[r.path] for r in split.test])
        mean, deviation = known.mean(axis=0), known.std(axis=0)
        plain[split.name] = (_unit(known), _unit(query))
        standardised[split.name] = (
            _unit((known - mean) / deviation),
            _unit((query - mean) / deviation),
        )
    return {"mfcc_cosine": plain, "mfcc_cosine_standardised": standardised}


def _support_vectors(session: Session, splits: Sequence[Split], name: str) -> Result:
    """Support vector machine on the standardised means and deviations of MFCC."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    statistics = _statistics(session)
    hits, sources = [], []
    for split in splits:
        machine = make_pipeline(StandardScaler(), SVC(C=10.0, gamma="scale"))
        machine.fit([statistics[r.path] for r in split.train], [r.kind for r in split.train])
        predicted = machine.predict([statistics[r.path] for r in split.test])
        hits.append(predicted == np.array([r.kind for r in split.test]))
        sources += [r.source for r in split.test]
    return _accuracy("mfcc_svm", np.concatenate(hits), np.array(sources), name)


def _statistics(session: Session) -> dict[Path, np.ndarray]:
    everything = [r for split in session.splits for r in (*split.train, *split.test)]
    return data.pictures(everything, session.config, data.mfcc_statistics)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
