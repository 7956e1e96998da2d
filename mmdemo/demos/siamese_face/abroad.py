"""What networks give on people and cameras that they know nothing of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdemo.core.measure import decisions
from mmdemo.core.measure.metrics import Calibration, expected_calibration_error
from mmdemo.core.measure.pairs import Pairs, verification_results
from mmdemo.core.measure.report import Result, abroad
from mmdemo.core.nets.metric_learning import pairwise_distances

from . import data, measure
from .measure import Embed
from .wild import Wild

FIGURES = ("eer", "auc", "tar_at_far_1pct")


@dataclass(frozen=True)
class Elsewhere:
    """The people to measure on.

    Attributes:
        held_out: of Labeled Faces in the Wild; they give the threshold.
        tested: of its view 1's test, and the rows of its pairs.
        orl: everybody of ORL.
    """

    held_out: data.People
    tested: tuple[data.People, np.ndarray, np.ndarray]
    orl: data.People

    @classmethod
    def of(cls, wild: Wild, orl: data.People) -> Elsewhere:
        return cls(wild.held_out(), wild.tested(), orl)


def pairs_of(people: data.People, images: np.ndarray, embed: Embed) -> Pairs:
    """Every pair of some people's photos."""
    distances = pairwise_distances(embed(images))
    return Pairs.within(distances, people.labels, groups=people.labels)


def tested_pairs(elsewhere: Elsewhere, embed: Embed) -> Pairs:
    """View 1's test."""
    people, first, second = elsewhere.tested
    vectors = embed(people.images)
    distances = np.linalg.norm(vectors[first] - vectors[second], axis=1)
    one, other = people.labels[first], people.labels[second]
    return Pairs(distances, one == other, one, other, len(people.names))


def in_the_wild(elsewhere: Elsewhere, methods: Mapping[str, Embed], known: str) -> list[Result]:
    """Figures of view 1's test.

    Args:
        elsewhere: the people.
        methods: by name.
        known: whom the methods know, in words.
    """
    results = []
    for name, embed in methods.items():
        held_out = pairs_of(elsewhere.held_out, elsewhere.held_out.images, embed).verification()
        pairs = tested_pairs(elsewhere, embed)
        genuine = int(pairs.same.sum())
        split = (
            f"Labeled Faces in the Wild, the test of view 1: {genuine} genuine and "
            f"{len(pairs.same) - genuine} impostor pairs; by methods that know {known}; the "
            "threshold is that of the equal error rate on other held-out people of that set"
        )
        task = "verification_in_the_wild"
        results += verification_results(task, name, [pairs], split, FIGURES, measure.DRAWS)
        right = (pairs.distances <= held_out.threshold_at_eer) == pairs.same
        figures = {"accuracy": float(right.mean())}
        figures |= _false_accepts(pairs, held_out.threshold_at_eer, held_out.eer)
        results += [Result(task, name, m, v, split, len(right)) for m, v in figures.items()]
    return results


def in_the_studio(elsewhere: Elsewhere, methods: Mapping[str, Embed]) -> list[Result]:
    """Figures of ORL's people, by methods that know none of them and not their studio."""
    orl = elsewhere.orl
    results = []
    for name, embed in methods.items():
        held_out = pairs_of(elsewhere.held_out, elsewhere.held_out.images, embed).verification()
        distances = pairwise_distances(embed(orl.detected))
        folds = [
            (distances[np.ix_(rows, rows)], orl.labels[rows])
            for _, people in data.folds(len(orl.names)).values()
            for rows in [np.flatnonzero(np.isin(orl.labels, people))]
        ]
        known = "; by methods that know people of Labeled Faces in the Wild alone"
        figures = measure.held_out_results(name, folds, "detected", known)
        pairs = Pairs.within(distances, orl.labels, groups=orl.labels)
        rates = _false_accepts(pairs, held_out.threshold_at_eer, held_out.eer)
        first = figures[0]
        figures += [Result(first.task, name, m, v, first.split, first.n) for m, v in rates.items()]
        results += figures
    return abroad(results)


def calibrate(elsewhere: Elsewhere, embed: Embed, sources: tuple[str, ...]) -> dict[str, Any]:
    """What `decide` reads: threshold, error curve and probability of unknown people.

    Each source counts alike, and so do genuine and impostor pairs.

    Args:
        elsewhere: the people.
        embed: a network that knows none of them.
        sources: `wild` and `studio`, or one of them.
    """
    rng = np.random.default_rng(0)
    of_source = {
        "wild": lambda: _drawn(pairs_of(*_wild(elsewhere), embed), rng),
        "studio": lambda: _drawn(pairs_of(elsewhere.orl, elsewhere.orl.detected, embed), rng),
    }
    drawn = [of_source[source]() for source in sources]
    distances = np.concatenate([part[0] for part in drawn])
    same = np.concatenate([part[1] for part in drawn])
    stored = decisions.calibrate(distances, same)
    calibration = Calibration.from_dict(stored["calibration"])
    errors = {
        source: expected_calibration_error(calibration.probability(part[0]), part[1])
        for source, part in zip(sources, drawn, strict=True)
    }
    return {**stored, "calibration_error": errors, "measured_on": list(sources)}


def _wild(elsewhere: Elsewhere) -> tuple[data.People, np.ndarray]:
    """The people of view 1's test, at most four photos of each."""
    people = elsewhere.tested[0]
    place = np.arange(len(people.labels)) - np.searchsorted(people.labels, people.labels)
    few = place < 4
    return data.People(people.images[few], people.labels[few], people.names), people.images[few]


def _drawn(
    pairs: Pairs, rng: np.random.Generator, count: int = 1500
) -> tuple[np.ndarray, np.ndarray]:
    """Distances of `count` genuine and as many impostor pairs, drawn with replacement."""
    rows = [rng.choice(np.flatnonzero(pairs.same == same), count) for same in (True, False)]
    return pairs.distances[np.concatenate(rows)], np.repeat([True, False], count)


def _false_accepts(pairs: Pairs, threshold: float, said: float) -> dict[str, float]:
    far, _ = pairs.verification().rates_at(threshold)
    return {"false_accepts": far, "false_accepts_said": said}
