"""How well digits are named from their codes: people, voices and pens of other sources, too."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np

from mmdemo.core.data import datasets, handwritten
from mmdemo.core.errors import UserError
from mmdemo.core.measure.metrics import expected_calibration_error
from mmdemo.core.measure.report import Result, abroad
from mmdemo.core.media import audio

from . import data, measure, outputs, speech, synthesis
from .refusal import Ear

SAID, DRAWN = "digits: naming what is said", "digits: naming what is drawn"
EDGE = 0.02
"""Seconds around a word that belong to its cut."""


def talker() -> data.Spoken:
    """The digits that GRID's talker 1 says within sentences, cut out as the corpus aligns them.

    One in which the page finds no word is left as an empty one, which is named by chance.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("grid_s1")
    with (folder / "words.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["word"] in synthesis.DIGITS]
    words = []
    for row in rows:
        samples = audio.load(folder / "audio" / f"{row['name']}.ogg", speech.RATE).samples
        first, end = float(row["start"]) - EDGE, float(row["end"]) + EDGE
        cut = samples[max(0, round(first * speech.RATE)) : round(end * speech.RATE)]
        try:
            words.append(speech.find_word(cut).decibels)
        except UserError:
            words.append(np.full((speech.FRAMES, speech.BANDS), -speech.RANGE, np.float32))
    digits = np.array([synthesis.DIGITS.index(row["word"]) for row in rows])
    return data.Spoken(words, digits, np.full(len(rows), "s1"), np.arange(len(rows)))


def results(
    ears: Sequence[Ear],
    senses: Sequence[measure.Senses],
    splits: Sequence[measure.Split],
    judges: measure.Judges,
    synthetic: data.Spoken,
) -> list[Result]:
    """How well the digits of each source are named, beside support vector machines on the views.

    Args:
        ears: the served network, then those that left a speaker out.
        senses: the codes of each.
        splits: what each was fitted on and is tested on.
        judges: fitted on what the served network was.
        synthetic: digits by voices that no network heard.
    """
    served = ears[0]
    shares = [
        measure.shares(ear.reader, coded.words.codes)
        for ear, coded in zip(ears, senses, strict=True)
    ]
    said = [split.test_spoken for split in splits]
    heard = [judges.ear(said[0].views())]
    for split in splits[1:]:
        judge = measure.svm(split.spoken.views(), split.spoken.digits)
        heard.append(judge(split.test_spoken.views()))
    digits = [each.digits for each in said]
    figures = [
        *_named(SAID, measure.OFFICIAL_TAKES, shares[:1], heard[:1], digits[:1]),
        *abroad(_named(SAID, measure.UNSEEN_SPEAKERS, shares[1:], heard[1:], digits[1:])),
    ]
    for where, spoken in (
        ("digits by voices of espeak-ng that no training heard", synthetic),
        ("digits cut out of the sentences of GRID's talker 1", talker()),
    ):
        views = spoken.views()
        codes = outputs.codes(served.call, served.config, right=views)
        share = measure.shares(served.reader, codes)
        figures += abroad(_named(SAID, where, [share], [judges.ear(views)], [spoken.digits]))
    test, foreign = splits[0].test_images, handwritten.pens()
    share = measure.shares(served.reader, senses[0].pictures.codes)
    seen = judges.eye(test.pixels)
    figures += _named(DRAWN, "MNIST test pictures", [share], [seen], [test.digits])
    codes = outputs.codes(served.call, served.config, left=foreign.pixels)
    share, seen = measure.shares(served.reader, codes), judges.eye(foreign.pixels)
    where = "UCI optical digits, 8 x 8 pixels, enlarged as the page enlarges a picture"
    return figures + abroad(_named(DRAWN, where, [share], [seen], [foreign.digits]))


def _named(
    task: str,
    where: str,
    shares: Sequence[np.ndarray],
    judged: Sequence[np.ndarray],
    digits: Sequence[np.ndarray],
) -> list[Result]:
    """Accuracy and calibration of the reader and accuracy of the machines, averaged over networks.

    Args:
        task: `SAID` or `DRAWN`.
        where: the protocol.
        shares: probabilities `(n, 10)` of the reader, for each network.
        judged: what the machine beside it says, `(n,)`.
        digits: the true ones, `(n,)`.
    """
    count = sum(map(len, digits))

    def result(method: str, metric: str, values: Sequence[float]) -> Result:
        return Result(task, method, metric, float(np.mean(values)), where, count)

    def accuracy(answers: Sequence[np.ndarray]) -> list[float]:
        return [float((a == true).mean()) for a, true in zip(answers, digits, strict=True)]

    gaps = [expected_calibration_error(s, true) for s, true in zip(shares, digits, strict=True)]
    return [
        result("default", "accuracy", accuracy([share.argmax(axis=1) for share in shares])),
        result("default", "ece", gaps),
        result("svm", "accuracy", accuracy(judged)),
    ]
