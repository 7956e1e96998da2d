"""Whether names in two scripts are one name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.measure.decisions import Match
from mmdemo.core.measure.metrics import Calibration
from mmdemo.core.serve import runtime

from . import DEMO, figures, names, outputs

MAX_CANDIDATES = 20_000


@dataclass(frozen=True)
class NamePair:
    """Whether two names in two scripts are the same name.

    Attributes:
        same: whether the distance is within the threshold.
        probability: that they are the same.
        distance: 1 less the cosine of the codes, from 0 to 2.
        threshold: of the equal error rate on held-out pairs of this language.
        english, foreign: the names as the network reads them.
        language: of the foreign one.
    """

    same: bool
    probability: float
    distance: float
    threshold: float
    english: str
    foreign: str
    language: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def same_name(first: str, second: str) -> NamePair:
    """Are two names, one in English and one in another script, the same name?

    Raises:
        UserError: a name is empty, too long, of mixed or unknown script; or not exactly one of
            them is in English.
    """
    one, other = names.language(first), names.language(second)
    if (one == "english") == (other == "english"):
        raise UserError(
            _(
                "One of the two names must be in English and the other in Arabic, Chinese, Hebrew "
                "or Russian script."
            )
        )
    english, foreign = (first, second) if one == "english" else (second, first)
    language = other if one == "english" else one
    (distance,), (probability,) = _compare([english], [foreign], language)
    threshold = runtime.model(_network(language)).preprocess["threshold"]
    return NamePair(
        same=bool(distance <= threshold),
        probability=float(probability),
        distance=float(distance),
        threshold=threshold,
        english=names.normalise(english),
        foreign=names.normalise(foreign),
        language=language,
    )


def rank_names(name: str, candidates: Sequence[str], top: int = 10) -> list[Match]:
    """Candidates in the other script, the nearest first.

    Args:
        name: in English, or in one of the other scripts; then the candidates are English.
        candidates: those that are not of the other script are left out.
        top: at most so many are returned.

    Raises:
        UserError: the name is empty, too long, of mixed or unknown script; or no candidate fits.
    """
    if len(candidates) > MAX_CANDIDATES:
        raise UserError(_("At most {count:,} candidates, please.").format(count=MAX_CANDIDATES))
    language = names.language(name)
    fitting: dict[str, list[str]] = {}
    for candidate in dict.fromkeys(candidate.strip() for candidate in candidates):
        try:
            script = names.language(candidate)
        except UserError:  # a blank line, or a name that is not for this network
            continue
        fitting.setdefault(script, []).append(candidate)
    fitting.pop("english" if language == "english" else "", None)
    if language != "english":
        fitting = {language: fitting["english"]} if "english" in fitting else {}
    if not fitting:
        raise UserError(_("None of the candidates is a name in the other script."))
    ranked = []
    for other, spelled in fitting.items():
        if language == "english":
            compared = _compare([name], spelled, other)
        else:
            compared = _compare(spelled, [name], other)
        columns = zip(spelled, *compared, strict=True)
        ranked += [Match(each, float(distance), float(share)) for each, distance, share in columns]
    return sorted(ranked, key=lambda match: match.distance)[:top]


def _compare(
    english: Sequence[str], foreign: Sequence[str], language: str
) -> tuple[np.ndarray, np.ndarray]:
    """One name with one or several of the other script: distances, probabilities, `(several,)`."""
    loaded = runtime.model(_network(language))
    codes = []
    for side, spelled in (("left", english), ("right", foreign)):
        normal = [names.normalise(name) for name in spelled]
        mean = np.asarray(loaded.preprocess[f"mean_{side}"])
        codes.append(outputs.name_codes(loaded.call, loaded.config, normal, side) - mean)
    distances = 1 - figures.cosines(*codes).ravel()
    calibration = Calibration.from_dict(loaded.preprocess["calibration"])
    return distances, calibration.probability(distances)


def _network(language: str) -> ModelId:
    return DEMO.model_id("default", f"names_{language}")
