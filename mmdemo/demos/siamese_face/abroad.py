"""What networks give on people and cameras that they know nothing of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmdemo.core.measure import decisions
from mmdemo.core.measure.metrics import (
    Calibration,
    Verification,
    expected_calibration_error,
)
from mmdemo.core.measure.pairs import Pairs, verification_results
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.nets.metric_learning import pairwise_distances

from . import data, measure
from .measure import Embed
from .wild import Wild


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

    def few_tested(self) -> np.ndarray:
        """Rows of `tested`: at most four photos of each person."""
        labels = self.tested[0].labels
        return np.flatnonzero(np.arange(len(labels)) - np.searchsorted(labels, labels) < 4)


def pairs_of(images: np.ndarray, labels: np.ndarray, embed: Embed) -> Pairs:
    """Every pair of some people's photos."""
    return measure.pairs_of((pairwise_distances(embed(images)), labels))


def tested_pairs(elsewhere: Elsewhere, embed: Embed) -> Pairs:
    """View 1's test."""
    people, first, second = elsewhere.tested
    vectors = embed(people.images)
    distances = np.linalg.norm(vectors[first] - vectors[second], axis=1)
    one, other = people.labels[first], people.labels[second]
    return Pairs(distances, one == other, one, other, len(people.names))


def held_out_curves(elsewhere: Elsewhere, methods: Mapping[str, Embed]) -> dict[str, Verification]:
    """Of the people held out, whose threshold each method is measured at everywhere else."""
    people = elsewhere.held_out
    return {
        name: pairs_of(people.images, people.labels, embed).verification()
        for name, embed in methods.items()
    }


def in_the_wild(
    elsewhere: Elsewhere,
    methods: Mapping[str, Embed],
    curves: Mapping[str, Verification],
    known: str,
) -> list[Result]:
    """Figures of view 1's test.

    Args:
        elsewhere: the people.
        methods: by name.
        curves: of `held_out_curves`, by the same names.
        known: whom the methods know, in words.
    """
    task, results = "verification_in_the_wild", []
    for name, embed in methods.items():
        pairs = tested_pairs(elsewhere, embed)
        genuine = int(pairs.same.sum())
        split = (
            f"Labeled Faces in the Wild, the test of view 1: {genuine} genuine and "
            f"{len(pairs.same) - genuine} impostor pairs; by methods that know {known}; the "
            "threshold is that of the equal error rate on other held-out people of that set"
        )
        results += verification_results(task, name, [pairs], split, measure.FIGURES, measure.DRAWS)
        right = (pairs.distances <= curves[name].threshold_at_eer) == pairs.same
        figures = {"accuracy": float(right.mean()), **_false_accepts(pairs, curves[name])}
        results += results_of(task, {name: figures}, split, len(right))
    return results


def in_the_studio(
    elsewhere: Elsewhere, methods: Mapping[str, Embed], curves: Mapping[str, Verification]
) -> list[Result]:
    """Figures of ORL's people, by methods that know none of them and not their studio."""
    orl = elsewhere.orl
    known = "; by methods that know people of Labeled Faces in the Wild alone"
    folds = [orl.rows(people) for _, people in data.folds(len(orl.names)).values()]
    results = []
    for name, embed in methods.items():
        distances = pairwise_distances(embed(orl.detected))
        held_out = [(distances[np.ix_(rows, rows)], orl.labels[rows]) for rows in folds]
        first, *others = measure.held_out_results(name, held_out, "detected", known)
        rates = _false_accepts(measure.pairs_of((distances, orl.labels)), curves[name])
        results += [first, *others, *results_of(first.task, {name: rates}, first.split, first.n)]
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
    people, few = elsewhere.tested[0], elsewhere.few_tested()
    photos = {
        "wild": (people.images[few], people.labels[few]),
        "studio": (elsewhere.orl.detected, elsewhere.orl.labels),
    }
    drawn = [pairs_of(*photos[source], embed).balanced(rng) for source in sources]
    distances = np.concatenate([part[0] for part in drawn])
    same = np.concatenate([part[1] for part in drawn])
    stored = decisions.calibrate(distances, same)
    calibration = Calibration.from_dict(stored["calibration"])
    errors = {
        source: expected_calibration_error(calibration.probability(part[0]), part[1])
        for source, part in zip(sources, drawn, strict=True)
    }
    return {**stored, "calibration_error": errors, "measured_on": list(sources)}


def _false_accepts(pairs: Pairs, held_out: Verification) -> dict[str, float]:
    far, _ = pairs.verification().rates_at(held_out.threshold_at_eer)
    return {"false_accepts": far, "false_accepts_said": held_out.eer}
