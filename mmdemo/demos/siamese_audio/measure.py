"""How the networks and the baselines are measured, by the protocols that `train` describes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.svm import SVC

from mmdemo.core.measure import report, unlike
from mmdemo.core.measure.metrics import (
    Calibration,
    bootstrap_ci,
    expected_calibration_error,
    one_shot_hits,
    verification,
)
from mmdemo.core.measure.pairs import Pairs, verification_results
from mmdemo.core.measure.report import Result
from mmdemo.core.nets.metric_learning import pairwise_distances

from . import data
from .data import Recording, Split
from .speech import LIMIT, probability

logger = logging.getLogger(__name__)

DRAWS = 500
DRAWN = 20_000
"""Pairs of either sort that set threshold and probabilities."""
NOTES_SHARE = 0.15
"""Of these. Four kinds of animals alone are too few to know how alike further kinds sound."""
MIN_RESAMPLED = 8
PUBLISHED = {
    "published:random_forest": {"accuracy": 0.727},
    "published:piczak_cnn": {"accuracy": 0.80},
    "published:people": {"accuracy": 0.957},
}

DOGS = "test recordings of Audio Cats and Dogs: dog and other dog against dog and cat"
UNSEEN = "classes of ESC-10 that training never heard: every second class, then the others"
FOLDS = "ESC-10, official 5 folds, nearest class prototype"
ELSEWHERE = "lions, cows, sheep and frogs of another source, which no network heard in training"
FOREIGN = {
    "notes": "held-out notes of the Philharmonia Orchestra",
    "tones": "steady tones and chords, made",
    "noise": "steady noise, made",
}
"""Sounds unlike all kinds that were learnt."""
SET_BY = f"{ELSEWHERE}, and, one in seven, of notes of fourteen instruments"
OWN = "held-out fifth of your own recordings"

Features = Mapping[Path, np.ndarray]
"""Of every recording, by its file."""


class Embeddings(NamedTuple):
    """Embeddings `(N, d)` of a split's training and test recordings."""

    train: np.ndarray
    test: np.ndarray


class Tested(NamedTuple):
    """Test recordings of a split: the distances `(N, N)` between them, kinds and sources `(N,)`."""

    distances: np.ndarray
    kinds: np.ndarray
    sources: np.ndarray

    @classmethod
    def of(cls, split: Split, embeddings: np.ndarray) -> Tested:
        kinds, sources = zip(*((r.kind, r.source) for r in split.test), strict=True)
        return cls(pairwise_distances(embeddings), np.array(kinds), np.array(sources))

    def at(self, rows: np.ndarray) -> Tested:
        return Tested(self.distances[np.ix_(rows, rows)], self.kinds[rows], self.sources[rows])

    def pairs(self, anchor: str | None = None) -> Pairs:
        """All pairs of different sources.

        Args:
            anchor: count only pairs of which one side is of this kind.
        """
        counted = self.sources[:, None] != self.sources
        if anchor is not None:
            counted &= (self.kinds[:, None] == anchor) | (self.kinds == anchor)
        return Pairs.within(self.distances, self.kinds, self.sources, counted)


def results(
    method: str,
    splits: Sequence[Split],
    embeddings: Mapping[str, Embeddings],
    statistics: Features,
    *,
    own: bool,
) -> tuple[list[Result], Pairs]:
    """Figures of a network and of the baselines.

    Args:
        method: what the network is called.
        splits: of `data`: dogs, both halves of the kinds, the folds; or the one of own recordings.
        embeddings: by the network of each split.
        statistics: `data.mfcc_statistics`.
        own: of the user's own recordings.

    Returns:
        The results, and the network's own pairs of held-out recordings.
    """
    dogs, unheard, folds = splits[0], splits[1:3], splits[3:]
    kinds, classes = UNSEEN, FOLDS
    if own:
        unheard, folds, kinds, classes = splits, splits, OWN, OWN
    measured = []
    for name, by_split in ({method: embeddings} | _baselines(splits, statistics)).items():
        tested = [Tested.of(split, by_split[split.name].test) for split in unheard]
        if not own:
            barks = Tested.of(dogs, by_split["dogs"].test)
            measured += _rates("verification", name, [barks], DOGS, data.DOG)
            measured.append(_one_shot(name, tested, UNSEEN))
            for half in tested:
                heard = ", ".join(dict.fromkeys(half.kinds.tolist()))
                measured.append(_one_shot(name, [half], f"never heard: {heard}"))
        measured += _rates("same_kind", name, tested, kinds)
        nearest = [
            _nearest(split, by_split[split.name], of_length_1=name != "book") for split in folds
        ]
        measured.append(_accuracy(name, nearest, folds, classes))
    machines = [_support_vectors(split, statistics) for split in folds]
    measured.append(_accuracy("mfcc_svm", machines, folds, classes))
    if not own:
        clips = sum(len(split.test) for split in folds)
        measured += report.results_of("classification", PUBLISHED, FOLDS, clips)
    own_pairs = [Tested.of(split, embeddings[split.name].test).pairs() for split in unheard]
    return measured, reduce(Pairs.joined, own_pairs)


def abroad(
    method: str,
    animals: Sequence[Recording],
    notes: Sequence[Recording],
    vectors: Features,
    statistics: Features,
) -> tuple[list[Result], tuple[np.ndarray, np.ndarray]]:
    """Figures of kinds from another source, and what sets threshold and probabilities.

    How far these carry over to kinds that did not set them is measured by leaving each kind of
    animal out in turn.

    Args:
        method: what the network is called.
        animals: of kinds that it never heard.
        notes: of further kinds, which it never heard either.
        vectors: embeddings `(d,)` of both.
        statistics: `data.mfcc_statistics` of both.

    Returns:
        The results; the network's distances of drawn pairs of both, `(P,)`, and whether a pair is
        of one kind.
    """
    plain = {r.path: normalize(statistics[r.path][None])[0] for r in (*animals, *notes)}
    found: list[Result] = []
    for name, embedded in ((method, vectors), ("mfcc_cosine", plain)):
        tested, further = (_tested(part, embedded) for part in (animals, notes))
        found.append(_one_shot(name, [tested], ELSEWHERE, "one_shot_4way"))
        found += _rates("same_kind", name, [tested], ELSEWHERE)
        figures = {name: _left_out(tested, further)}
        found += report.results_of("same_kind", figures, ELSEWHERE, len(animals))
    pairs = (_tested(part, vectors).pairs() for part in (animals, notes))
    return report.abroad(found), _drawn(*pairs)


def _tested(recordings: Sequence[Recording], vectors: Features) -> Tested:
    split = Split("elsewhere", (), tuple(recordings))
    return Tested.of(split, np.stack([vectors[r.path] for r in recordings]))


def _drawn(animals: Pairs, notes: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """As many genuine as impostor pairs of both: distances, same."""
    rng = np.random.default_rng(0)
    count = round(NOTES_SHARE * DRAWN)
    drawn = animals.balanced(rng, DRAWN - count), notes.balanced(rng, count)
    distances, same = map(np.concatenate, zip(*drawn, strict=True))
    return distances, same


def speech(
    method: str, spoken: np.ndarray, others: np.ndarray, stored: Mapping[str, Any]
) -> list[Result]:
    """How often talkers and other sounds, neither heard before, are called speech.

    Args:
        method: what the network is called.
        spoken: embeddings of speech, `(N, d)`.
        others: embeddings of other sounds, `(M, d)`.
        stored: from `speech.fit`.
    """
    called = [probability(vectors, stored) >= LIMIT for vectors in (spoken, others)]
    figures = dict(zip(("speech_heard", "speech_misheard"), map(np.mean, called), strict=True))
    split = f"{len(spoken)} clips of two talkers not heard before; {len(others)} animals"
    return report.abroad(
        report.results_of("speech", {method: figures}, split, len(spoken) + len(others))
    )


def _left_out(tested: Tested, notes: Tested) -> dict[str, float]:
    """Each kind is judged by what the others would have set and said: means, and the worst kind."""
    rng, found = np.random.default_rng(0), []
    for kind in np.unique(tested.kinds):
        others = _drawn(tested.at(tested.kinds != kind).pairs(), notes.pairs())
        curve, concerned = verification(*others), tested.pairs(kind)
        far, frr = concerned.verification().rates_at(curve.threshold_at_eer)
        distances, same = concerned.balanced(rng)
        probabilities = Calibration.fit(*others).probability(distances)
        ece = expected_calibration_error(probabilities, same)
        logger.info("%s: %.3f accepted where %.3f are said, %.3f missed", kind, far, curve.eer, frr)
        found.append((far, curve.eer, ece, far / curve.eer))
    names = ("false_accepts", "false_accepts_said", "ece")
    means = dict(zip(names, np.mean(found, axis=0).tolist(), strict=False))
    return {**means, "false_accepts_times": float(np.max(found, axis=0)[-1])}


def _rates(
    task: str, method: str, parts: Sequence[Tested], split: str, anchor: str | None = None
) -> list[Result]:
    """EER and AUC of all pairs of the parts, with intervals over recordings."""
    pairs = reduce(Pairs.joined, [part.pairs(anchor) for part in parts])
    return verification_results(task, method, [pairs], split, draws=_draws(parts))


def _one_shot(
    method: str, parts: Sequence[Tested], split: str, metric: str = "one_shot_5way"
) -> Result:
    """Accuracy over all choices of one example per kind, with an interval over recordings."""
    groups = [
        (number, np.flatnonzero(part.sources == source))
        for number, part in enumerate(parts)
        for source in np.unique(part.sources)
    ]

    def accuracy(drawn: Sequence[tuple[int, np.ndarray]]) -> float:
        hits = []
        for number, part in enumerate(parts):
            rows = np.concatenate([rows for own, rows in drawn if own == number])
            hits.append(one_shot_hits(*part.at(rows)))
        return float(np.concatenate(hits).mean())

    draws = _draws(parts)
    interval = None if draws is None else bootstrap_ci(accuracy, groups, n=draws)
    count = sum(len(part.kinds) for part in parts)
    return Result("one_shot", method, metric, accuracy(groups), split, count, interval)


def _draws(parts: Sequence[Tested]) -> int | None:
    """None where a kind has too few recordings: a draw could be without a pair of it."""
    recordings = [
        len(np.unique(part.sources[part.kinds == kind]))
        for part in parts
        for kind in np.unique(part.kinds)
    ]
    return DRAWS if min(recordings) >= MIN_RESAMPLED else None


def _nearest(split: Split, embedded: Embeddings, *, of_length_1: bool) -> np.ndarray:
    """Kind of each test recording, by the nearest class prototype."""
    labels = np.array([r.kind for r in split.train])
    kinds = np.unique(labels)
    prototypes = np.stack([embedded.train[labels == kind].mean(axis=0) for kind in kinds])
    if of_length_1:
        prototypes = normalize(prototypes)
    return kinds[pairwise_distances(embedded.test, prototypes).argmin(axis=1)]


def _support_vectors(split: Split, statistics: Features) -> np.ndarray:
    """Kind of each test recording, by a support vector machine on standardised statistics."""
    machine = make_pipeline(StandardScaler(), SVC(C=10.0, gamma="scale"))
    machine.fit([statistics[r.path] for r in split.train], [r.kind for r in split.train])
    return machine.predict([statistics[r.path] for r in split.test])


def _accuracy(
    method: str, predicted: Sequence[np.ndarray], splits: Sequence[Split], protocol: str
) -> Result:
    """Accuracy over all splits, with an interval over recordings."""
    tested = [recording for split in splits for recording in split.test]
    hits = np.concatenate(predicted) == np.array([r.kind for r in tested])
    sources = np.array([r.source for r in tested])
    groups = [hits[sources == source] for source in np.unique(sources)]
    interval = bootstrap_ci(lambda drawn: float(np.concatenate(drawn).mean()), groups)
    value = hits.mean()
    return Result("classification", method, "accuracy", value, protocol, len(hits), interval)


def _baselines(splits: Sequence[Split], statistics: Features) -> dict[str, dict[str, Embeddings]]:
    """Cosine on means and deviations of MFCC, as they are and standardised on the training set."""
    plain, standardised = {}, {}
    for split in splits:
        known, query = (np.stack([statistics[r.path] for r in part]) for part in split.parts)
        scale = StandardScaler().fit(known).transform
        plain[split.name] = Embeddings(normalize(known), normalize(query))
        standardised[split.name] = Embeddings(normalize(scale(known)), normalize(scale(query)))
    return {"mfcc_cosine": plain, "mfcc_cosine_standardised": standardised}


def foreign(
    method: str, known: np.ndarray, tests: Mapping[str, np.ndarray], stored: Mapping[str, Any]
) -> list[Result]:
    """How well sounds unlike all that was learnt are told; no probability of theirs names a kind.

    Args:
        method: what the network is called.
        known: embeddings of recordings like those learnt, which set no limit, `(N, d)`.
        tests: of foreign ones by kind, `(M, d)` each.
        stored: what `unlike.score` reads.
    """
    scores = unlike.score(known, stored)
    results = []
    for name, vectors in tests.items():
        figures = unlike.figures(scores, unlike.score(vectors, stored))
        split = f"{FOREIGN[name]}: {len(vectors)}; against {len(known)} {ELSEWHERE}"
        results += report.results_of("unlike_sounds", {method: figures}, split, len(vectors))
    return results
