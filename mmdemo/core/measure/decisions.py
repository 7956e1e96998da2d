"""Decisions on distances between embeddings, for the demos that verify and name by one example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.measure.metrics import Calibration, rates_at, verification


@dataclass(frozen=True)
class Decision:
    """Are two samples of one person or kind?

    Attributes:
        same: whether `distance <= threshold`.
        probability: calibrated, for pairs that are the same as often as not.
        distance: between the embeddings; small means alike.
        threshold: the one asked for, else the stored one at the equal error rate.
        far, frr: false accept and false reject rate on held-out pairs at the threshold.
    """

    same: bool
    probability: float
    distance: float
    threshold: float
    far: float
    frr: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Match:
    """How near the nearest example of a name is."""

    name: str
    distance: float
    probability: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def calibrate(distances: np.ndarray, same: np.ndarray) -> dict[str, Any]:
    """What `decide` and `rank` read of `preprocess.json`, from held-out pairs.

    Args:
        distances: `(N,)`, between the embeddings of each pair.
        same: `(N,)` whether the pair is genuine.
    """
    curve = verification(distances, same)
    return {
        "threshold": curve.threshold_at_eer,
        "calibration": Calibration.fit(distances, same).to_dict(),
        "curve": curve.thinned(),
    }


def decide(
    vector_a: np.ndarray,
    vector_b: np.ndarray,
    stored: Mapping[str, Any],
    threshold: float | None = None,
) -> Decision:
    """Compare two embeddings.

    Args:
        vector_a, vector_b: shape (dimensions,).
        stored: `preprocess.json`, with what `calibrate` gives.
        threshold: in place of the stored one.
    """
    distance = float(np.linalg.norm(vector_a - vector_b))
    limit = float(stored["threshold"]) if threshold is None else float(threshold)
    curve = stored["curve"]
    far, frr = rates_at(curve["thresholds"], curve["far"], curve["frr"], limit)
    probability = Calibration.from_dict(stored["calibration"]).probability(distance)
    return Decision(distance <= limit, float(probability), distance, limit, far, frr)


def rank(
    vector: np.ndarray, matrix: np.ndarray, names: Sequence[str], stored: Mapping[str, Any]
) -> list[Match]:
    """Enrolled names, the nearest first; a name counts by its nearest example.

    Args:
        vector: embedding that is asked about, shape (dimensions,).
        matrix: enrolled embeddings, shape (n, dimensions).
        names: of the n rows; a name may stand several times.
        stored: `preprocess.json`, with what `calibrate` gives.

    Raises:
        UserError: nothing is enrolled, or the examples were enrolled with another network.
    """
    if len(names) == 0:
        raise UserError(_("Nothing is enrolled yet. Add an example with a name first."))
    if matrix.shape != (len(names), len(vector)):
        raise UserError(_("These examples were enrolled with another network. Enrol them again."))
    calibration = Calibration.from_dict(stored["calibration"])
    nearest: dict[str, float] = {}
    for name, distance in zip(names, np.linalg.norm(matrix - vector, axis=1), strict=True):
        nearest[name] = min(float(distance), nearest.get(name, np.inf))
    ordered = sorted(nearest.items(), key=lambda item: item[1])
    return [Match(name, d, float(calibration.probability(d))) for name, d in ordered]
