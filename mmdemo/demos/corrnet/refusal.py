"""Measuring what is refused as no digit, and what is named with a caution.

Two limits are set on speakers whom the network that heard them did not know: each of the networks
that left a speaker out hears that one. A speaker's own figures are measured at the limits that the
other speakers give, those of the official test takes at the limits of all speakers' training takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmdemo.core.measure.report import Result, abroad, results_of

from . import data, measure, nondigits, outputs, speech
from .config import Config
from .nondigits import NONE, Found

REFUSED, DOUBTED = 0.045, 0.1
"""Shares of an unknown speaker's digits that the limits are set to refuse, and to doubt."""
TASK, CAUTION = "digits: refusal", "digits: caution"
TEST_TIMES = 20
"""How often each digit is spoken by a voice of the test."""


@dataclass(frozen=True)
class Heard:
    """What a network makes of words.

    Attributes:
        named: `(n,)` the digit that is read from the code.
        shares: `(n,)` the reader's probability of it.
        none: `(n,)` the listener's probability that it is no digit.
        agreed: `(n,)` the listener's probability of the named digit.
    """

    named: np.ndarray
    shares: np.ndarray
    none: np.ndarray
    agreed: np.ndarray

    @classmethod
    def of(
        cls, call: outputs.Call, config: Config, reader: Mapping[str, list], views: np.ndarray
    ) -> Heard:
        """Views `(n, 32, 40)`, read as the page reads them."""
        output = outputs.forward(call, config, right=views)
        every = measure.shares(reader, output.code)
        named = every.argmax(axis=1)
        rows = np.arange(len(named))
        heard = output.heard
        return cls(named, every[rows, named], heard[:, NONE], heard[rows, named])

    def where(self, mask: np.ndarray) -> Heard:
        """Those that a mask `(n,)` of booleans names."""
        return Heard(self.named[mask], self.shares[mask], self.none[mask], self.agreed[mask])


@dataclass(frozen=True)
class Limits:
    """Of the listener, and of the reader alone, which is what it is compared with.

    Attributes:
        none: a higher probability of no digit is refused.
        agreed: a lower probability of the named digit is doubted.
        share: a lower probability of the reader is refused.
        share_doubted: a lower one is doubted.
    """

    none: float
    agreed: float
    share: float
    share_doubted: float

    @classmethod
    def of(cls, heard: Sequence[Heard]) -> Limits:
        """From digits of speakers whom the networks did not know."""
        none, agreed, shares = (
            np.concatenate([getattr(each, name) for each in heard])
            for name in ("none", "agreed", "shares")
        )
        return cls(
            float(np.quantile(none, 1 - REFUSED)),
            float(np.quantile(agreed, DOUBTED)),
            float(np.quantile(shares, REFUSED)),
            float(np.quantile(shares, DOUBTED)),
        )

    def refused(self, heard: Heard) -> dict[str, np.ndarray]:
        """By method, which are refused: `(n,)`."""
        return {"default": heard.none > self.none, "reader_alone": heard.shares < self.share}

    def doubted(self, heard: Heard) -> dict[str, np.ndarray]:
        """By method, which are refused or named with a caution: `(n,)`."""
        refused = self.refused(heard)
        return {
            "default": refused["default"] | (heard.agreed < self.agreed),
            "reader_alone": heard.shares < self.share_doubted,
        }


@dataclass(frozen=True)
class Strangers:
    """What nobody was trained on.

    Attributes:
        others: kinds of what is no digit, by their names.
        digits: spoken by voices of the synthesiser that no training heard.
    """

    others: Mapping[str, Found]
    digits: data.Spoken

    @classmethod
    def read(cls) -> Strangers:
        """From the synthesiser and the public sets.

        Raises:
            DataMissing: the synthesiser or a set is not there.
        """
        return cls(
            {
                "words": nondigits.spoken("test"),
                "music": nondigits.notes("test"),
                "noises": nondigits.noises(held_out=True),
                "animals": nondigits.animals(),
            },
            nondigits.digits("test", TEST_TIMES),
        )

    @property
    def described(self) -> str:
        """For the protocol's description."""
        return (
            f"{len(self.others['words'])} other words, names and phrases and "
            f"{len(self.digits.words)} digits by voices of espeak-ng that no training heard, "
            "held-out notes of the Philharmonia Orchestra, fold 5 of ESC-10, and Audio Cats and "
            "Dogs; refused are those without a short word, too"
        )


@dataclass(frozen=True)
class Ear:
    """A network as the page uses it for what it hears.

    Attributes:
        call: compiled.
        config: of the network.
        reader: of its codes.
    """

    call: outputs.Call
    config: Config
    reader: Mapping[str, list]

    def hear(self, views: np.ndarray) -> Heard:
        """Views `(n, 32, 40)`."""
        return Heard.of(self.call, self.config, self.reader, views)


def measured(
    served: Ear,
    test: data.Spoken,
    without: Sequence[Ear],
    spoken: data.Spoken,
    strangers: Strangers,
) -> tuple[list[Result], dict[str, float]]:
    """The results, and the limits of the served network by name.

    Args:
        served: the network that is served.
        test: the official test takes.
        without: the networks that left a speaker out, in the order of `data.unseen_speakers`.
        spoken: all takes.
        strangers: what nobody was trained on.
    """
    left_out = [alone for _, _, alone in data.unseen_speakers(spoken)]
    heard = [ear.hear(alone.views()) for ear, alone in zip(without, left_out, strict=True)]
    others = [
        Limits.of([each for index, each in enumerate(heard) if index != own])
        for own in range(len(heard))
    ]
    known = [~np.isin(alone.takes, data.TEST_TAKES) for alone in left_out]
    limits = Limits.of([each.where(mask) for each, mask in zip(heard, known, strict=True)])
    figures = [
        *results(measure.OFFICIAL_TAKES, [served], [test], [limits], strangers),
        *abroad(results(measure.UNSEEN_SPEAKERS, without, left_out, others, strangers)),
        *abroad(cautions(measure.UNSEEN_SPEAKERS, heard, left_out, others)),
    ]
    return figures, {"none": limits.none, "agreed": limits.agreed}


def results(
    where: str,
    ears: Sequence[Ear],
    spoken: Sequence[data.Spoken],
    limits: Sequence[Limits],
    strangers: Strangers,
) -> list[Result]:
    """What is refused, averaged over networks.

    Args:
        where: the protocol of the digits that people say.
        ears: the networks.
        spoken: what is tested of each.
        limits: of each.
        strangers: what all are tested on.
    """
    refused: dict[tuple[str, str], list[float]] = defaultdict(list)
    counts: dict[str, int] = {}

    def add(metric: str, ear: Ear, limit: Limits, words: Sequence[np.ndarray | None]) -> None:
        views = [speech.view(word) for word in words if word is not None]
        missing = len(words) - len(views)
        counts[metric] = len(words) if metric != "digits_refused" else sum(map(_count, spoken))
        for method, mask in limit.refused(ear.hear(np.stack(views))).items():
            refused[metric, method].append((missing + int(mask.sum())) / len(words))

    for ear, tested, limit in zip(ears, spoken, limits, strict=True):
        add("digits_refused", ear, limit, tested.words)
        add("synthetic_digits_refused", ear, limit, strangers.digits.words)
        for kind, words in strangers.others.items():
            add(f"{kind}_refused", ear, limit, words)
    split = f"{where}; {strangers.described}"
    return [
        Result(TASK, method, metric, float(np.mean(shares)), split, counts[metric])
        for (metric, method), shares in refused.items()
    ]


def cautions(
    where: str, heard: Sequence[Heard], spoken: Sequence[data.Spoken], limits: Sequence[Limits]
) -> list[Result]:
    """How many digits are named wrongly, and with a caution; refused ones count as warned of.

    Args:
        where: the protocol.
        heard: what each network makes of the tested digits.
        spoken: these.
        limits: of each network.
    """
    right = np.concatenate(
        [each.named == said.digits for each, said in zip(heard, spoken, strict=True)]
    )
    warned = [limit.doubted(each) for each, limit in zip(heard, limits, strict=True)]
    figures = {}
    for method in warned[0]:
        doubted = np.concatenate([each[method] for each in warned])
        figures[method] = {
            "named_wrongly": float((~right).mean()),
            "wrong_warned": float(doubted[~right].mean()) if not right.all() else 1.0,
            "right_warned": float(doubted[right].mean()),
        }
    return results_of(CAUTION, figures, where, len(right))


def _count(spoken: data.Spoken) -> int:
    return len(spoken.words)
