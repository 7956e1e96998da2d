"""Measuring the correlational networks, beside CCA in the same run.

- `halves`: MNIST's left and right half. 50,000 training pictures. Transfer: 5 folds within the
  10,000 test pictures, a linear support vector machine fitted on the codes of one half and tested
  on those of the other half of other pictures. Expected: about 0.89 and 0.90, sum of the 50
  correlations about 48 to 49.
- `digits`: pictures and speech of one digit, paired anew at random for every batch. Measured on
  the official test takes, and with each speaker left out in turn (five further networks), always
  against MNIST's test pictures. Expected transfer: about 0.97 and more, 0.9 for unseen speakers.
- `names_LANGUAGE`: each English name of the test list is looked up among all names of the list in
  the other script.

CCA's components (`figures.Cca`) are chosen on held-out training samples.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np

from mmdemo.core.data.handwritten import Images
from mmdemo.core.errors import UserError
from mmdemo.core.measure.decisions import calibrate
from mmdemo.core.measure.metrics import bootstrap_ci, verification
from mmdemo.core.measure.report import Result
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.experiment import Measured

from . import data, drawing, figures, names, outputs, speech
from .config import Config
from .figures import Cca, Whitening

logger = logging.getLogger(__name__)

CCA_COMPONENTS: dict[str, Any] = {
    "halves": (50, 100, 150, 200),
    "digits": 80,
    "names": (300, 600, 1000),
}
"""Principal components that CCA is fitted in; of several the best on held-out training data."""

# === Halves of a picture ===

HALVES = "MNIST test pictures, 5 folds: fitted on one half, tested on the other"
HALVES_CODE = 50
HELD_OUT = 10_000
"""Training pictures on which CCA's components are chosen."""
PUBLISHED = [
    Result("halves", f"published:{who}", metric, value, "published", 0)
    for who, *values in (
        ("corrnet_2016_authors_code", 0.7705, 0.7881, 42.57),
        ("deep_variant", 0.8879, 0.8964, 49.13),
    )
    for metric, value in zip(
        ("transfer_left_to_right", "transfer_right_to_left", "sum_correlation"), values, strict=True
    )
]


def halves_results(
    method: str, network: keras.Model, config: Config, known: Images, test: Images
) -> list[Result]:
    """Transfer, correlations and reconstruction errors of one network."""
    call = compile_call(network)
    known_left, known_right = drawing.halves(known.pixels)
    left, right = drawing.halves(test.pixels)
    from_left = outputs.forward(call, config, left=left)
    from_right = outputs.forward(call, config, right=right)
    whitening = Whitening.fit(
        outputs.codes(call, config, left=known_left),
        outputs.codes(call, config, right=known_right),
    )

    def error(decoded: np.ndarray, view: np.ndarray) -> float:
        return float(np.square(decoded - view).sum(axis=(1, 2)).mean())

    values = _code_figures(from_left.code, from_right.code, test.digits, whitening) | {
        "error_left_from_left": error(from_left.left, left),
        "error_right_from_left": error(from_left.right, right),
        "error_right_from_right": error(from_right.right, right),
        "error_left_from_right": error(from_right.left, left),
    }
    return _results("halves", method, values, HALVES, len(test.digits))


def halves_baseline(known: Images, test: Images) -> list[Result]:
    """CCA on the pixels of both halves."""
    left, right = map(_flat, drawing.halves(known.pixels))
    test_left, test_right = map(_flat, drawing.halves(test.pixels))

    def score(cca: Cca) -> float:
        codes = cca.left(left[-HELD_OUT:]), cca.right(right[-HELD_OUT:])
        return figures.cross_validated_transfer(*codes, known.digits[-HELD_OUT:])

    fits = Cca.fits(left[:-HELD_OUT], right[:-HELD_OUT], CCA_COMPONENTS["halves"], HALVES_CODE)
    best = max(fits, key=score).components
    logger.info("CCA: %d components", best)
    cca = Cca.fit(left, right, best, HALVES_CODE)
    whitening = Whitening.fit(cca.left(left), cca.right(right))
    values = _code_figures(cca.left(test_left), cca.right(test_right), test.digits, whitening)
    return _results("halves", "cca", values, HALVES, len(test.digits))


def _code_figures(
    left: np.ndarray, right: np.ndarray, digits: np.ndarray, whitening: Whitening
) -> dict[str, float]:
    return {
        "transfer_left_to_right": figures.cross_validated_transfer(left, right, digits),
        "transfer_right_to_left": figures.cross_validated_transfer(right, left, digits),
        "sum_correlation": figures.sum_correlation(left, right),
        "canonical_correlation": figures.sum_correlation(
            whitening.left(left), whitening.right(right)
        ),
    }


def _results(
    task: str, method: str, values: Mapping[str, float], split: str, count: int
) -> list[Result]:
    return [Result(task, method, metric, value, split, count) for metric, value in values.items()]


def _flat(views: np.ndarray) -> np.ndarray:
    """`(n, ...)` -> `(n, values)`."""
    return views.reshape(len(views), -1)


# === Digits: pictures and speech ===

OFFICIAL_TAKES = "official FSDD test takes"
UNSEEN_SPEAKERS = "each FSDD speaker left out in turn"
OFFICIAL = f"{OFFICIAL_TAKES} and MNIST test pictures"
UNSEEN = f"{UNSEEN_SPEAKERS}, and MNIST test pictures"
DIGITS_TASKS = {
    **dict.fromkeys(("speech", "picture"), "digits: transfer"),
    **dict.fromkeys(("r1", "r10", "map"), "digits: retrieval"),
    "recognised": "digits: generation",
}
"""Last word of a metric's name -> the table that it stands in."""
SOME = 10_000
"""Training pictures that what reads the codes is fitted on."""
QUERIES = 2000
"""Test pictures that look for words, and are looked for."""

Hits = dict[str, np.ndarray]
"""By metric, of each measured sample: whether it was right, or how far."""


class Split(NamedTuple):
    """What a network of digits was fitted on, and what it is measured on."""

    images: Images
    spoken: data.Spoken
    test_images: Images
    test_spoken: data.Spoken


class Labelled(NamedTuple):
    """Codes `(n, code)` of one sense with their digits `(n,)`."""

    codes: np.ndarray
    digits: np.ndarray


@dataclass(frozen=True)
class Senses:
    """Codes of both senses, of samples to fit on and of test samples."""

    known_pictures: Labelled
    known_words: Labelled
    pictures: Labelled
    words: Labelled

    @classmethod
    def of(
        cls,
        split: Split,
        left: Callable[[np.ndarray], np.ndarray],
        right: Callable[[np.ndarray], np.ndarray],
    ) -> Senses:
        """The codes that two encoders give pictures `(n, 28, 28)` and words `(n, 32, 40)`."""
        images, spoken, test_images, test_spoken = split
        return cls(
            Labelled(left(images.pixels[:SOME]), images.digits[:SOME]),
            Labelled(right(spoken.views()), spoken.digits),
            Labelled(left(test_images.pixels), test_images.digits),
            Labelled(right(test_spoken.views()), test_spoken.digits),
        )

    @classmethod
    def of_network(cls, call: outputs.Call, config: Config, split: Split) -> Senses:
        """The codes of a compiled network."""
        return cls.of(
            split,
            lambda pixels: outputs.codes(call, config, left=pixels),
            lambda views: outputs.codes(call, config, right=views),
        )

    def hits(self) -> Hits:
        """Transfer and retrieval, both ways."""
        hits = {
            "transfer_picture_to_speech": figures.transfer(*self.known_pictures, *self.words),
            "transfer_speech_to_picture": figures.transfer(*self.known_words, *self.pictures),
        }
        # Each sense is centred on its own known samples, as CCA's variates are.
        words = self.words.codes - self.known_words.codes.mean(axis=0)
        pictures = self.pictures.codes - self.known_pictures.codes.mean(axis=0)
        scores = figures.cosines(pictures[:QUERIES], words)
        same = self.pictures.digits[:QUERIES, None] == self.words.digits[None]
        for name, values in (
            ("picture_to_speech", figures.retrieval(scores, same)),
            ("speech_to_picture", figures.retrieval(scores.T, same.T)),
        ):
            hits[f"{name}_r1"] = values["r1"]
            hits[f"{name}_r10"] = values["r10"]
            hits[f"{name}_map"] = values["ap"]
        return hits


def svm(views: np.ndarray, digits: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A support vector machine on views `(n, ...)`, as a function from views to digits."""
    from sklearn.svm import SVC

    machine = SVC(C=10).fit(_flat(views), digits)
    return lambda asked: machine.predict(_flat(asked))


class Judges:
    """Classifiers of pixels and of spectra that know nothing of the network."""

    def __init__(self, images: Images, spoken: data.Spoken) -> None:
        self.eye = svm(images.pixels[:SOME], images.digits[:SOME])
        self.ear = svm(spoken.views(), spoken.digits)

    def see(self, pictures: np.ndarray, digits: np.ndarray) -> np.ndarray:
        """Which generated pictures show the digit: `(n,)`."""
        return self.eye(np.clip(pictures, 0, 1)) == digits

    def hear(self, views: np.ndarray, digits: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Which generated sounds say the digit, once played and heard again: `(n,)`."""
        heard = np.zeros(views.shape, np.float32)
        for row, picture, length in zip(heard, views, seconds, strict=True):
            try:
                word = speech.find_word(speech.sound(picture, float(length)))
            except UserError:  # no word: the empty view is left, which is no digit's
                continue
            row[:] = speech.view(word.decibels)
        return (self.ear(heard) == digits) & heard.any(axis=(1, 2))


def network_hits(
    call: outputs.Call, config: Config, split: Split, senses: Senses, judges: Judges
) -> Hits:
    """Transfer, retrieval and generation of a compiled network."""
    images, spoken = split.test_images, split.test_spoken
    count = len(spoken.words)
    seen = outputs.forward(call, config, right=spoken.views()).left
    heard = outputs.forward(call, config, left=images.pixels[:count]).right
    digits = images.digits[:count]
    seconds = np.array(spoken.typical_seconds())[digits]
    return senses.hits() | {
        "generated_picture_recognised": judges.see(seen, spoken.digits),
        "generated_sound_recognised": judges.hear(heard, digits, seconds),
    }


def baseline_hits(split: Split, seed: int) -> Hits:
    """Transfer and retrieval of CCA, fitted on views paired by class at random."""
    rng = np.random.default_rng(seed)
    images, spoken = split.images, split.spoken
    views, pixels = _flat(spoken.views()), _flat(images.pixels)
    of_digit = [np.flatnonzero(images.digits == digit) for digit in range(10)]
    rows = np.tile(np.arange(len(views)), 4)
    pictures = np.array([rng.choice(of_digit[spoken.digits[row]]) for row in rows])
    cca = Cca.fit(pixels[pictures], views[rows], CCA_COMPONENTS["digits"], 9)  # of ten classes
    senses = Senses.of(
        split, lambda pixels: cca.left(_flat(pixels)), lambda views: cca.right(_flat(views))
    )
    return senses.hits()


def digit_results(method: str, where: str, folds: Sequence[Hits]) -> list[Result]:
    """Each metric's mean over the folds; intervals are over these where there are several, which
    are speakers, else over samples."""
    results = []
    for metric in folds[0]:
        parts = [np.asarray(hits[metric], float) for hits in folds]
        means = [float(part.mean()) for part in parts]
        groups, draws = (means, 1000) if len(parts) > 1 else (parts[0].tolist(), 300)
        interval = bootstrap_ci(lambda chosen: float(np.mean(chosen)), groups, n=draws)
        task = DIGITS_TASKS[metric.rpartition("_")[2]]
        count = sum(map(len, parts))
        results.append(Result(task, method, metric, float(np.mean(means)), where, count, interval))
    return results


def known_codes(senses: Senses, seed: int) -> Labelled:
    """As many known pictures as words."""
    rng = np.random.default_rng(seed)
    pictures, words = senses.known_pictures, senses.known_words
    some = rng.choice(len(pictures.codes), len(words.codes), replace=False)
    return Labelled(
        np.concatenate([pictures.codes[some], words.codes]),
        np.concatenate([pictures.digits[some], words.digits]),
    )


def reader(senses: Senses, seed: int) -> dict[str, list]:
    """What reads a digit from a code of either sense: `weights` `(10, code)` and `bias`."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(max_iter=1000, C=0.1).fit(*known_codes(senses, seed))
    return {"weights": fitted.coef_.tolist(), "bias": fitted.intercept_.tolist()}


def reading(senses: Senses, held_out: np.ndarray, spoken: data.Spoken, seed: int) -> dict[str, Any]:
    """What the page needs: to read a digit from a code, the map, how long each digit is said.

    Args:
        senses: what the network was fitted on, and test samples to draw on the map.
        held_out: codes `(n, code)` of pictures that are neither.
        spoken: the recordings that the network was fitted on.
        seed: of what is drawn.
    """
    both, digits = known_codes(senses, seed)
    read = reader(senses, seed)
    # Of all planes through the joint space, one in which the ten digits lie on a circle: they
    # span nine dimensions, so that a linear map can put each of them where it is wanted.
    origin = both.mean(axis=0)
    angles = 2 * np.pi * np.arange(10) / 10
    circle = 10 * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    weights = np.linalg.lstsq(both - origin, circle[digits], rcond=None)[0]

    drawn: dict[str, Any] = {"origin": origin.tolist(), "weights": weights.tolist()}
    for name, sense in (("picture", senses.pictures), ("word", senses.words)):
        shown = np.concatenate([np.flatnonzero(sense.digits == d)[:12] for d in range(10)])
        drawn[f"{name}s"] = np.round((sense.codes[shown] - origin) @ weights, 2).tolist()
        drawn[f"{name}_digits"] = sense.digits[shown].tolist()
    return {
        "task": "digits",
        "seconds": spoken.typical_seconds(),
        "reader": read,
        # What 98 of 100 held-out pictures reach: less than this is called unsure.
        "confidence": {"picture": float(np.quantile(shares(read, held_out).max(axis=1), 0.02))},
        "map": drawn,
    }


def shares(reader: Mapping[str, list], codes: np.ndarray) -> np.ndarray:
    """Probabilities `(n, 10)` that a reader gives codes `(n, code)`."""
    from scipy.special import softmax

    return softmax(codes @ np.asarray(reader["weights"]).T + np.asarray(reader["bias"]), axis=1)


# === Names in two scripts ===

SAMPLE = 10_000
"""Training names that give the mean code of a language."""


def names_measured(
    network: keras.Model,
    config: Config,
    known: data.Names,
    dev: data.Names,
    test: data.Names,
    seed: int,
) -> Measured:
    """Retrieval and verification of names; the threshold and the calibration are those of `dev`."""
    code = network.get_layer("code_left_right").input[0]
    call = compile_call(keras.Model(network.inputs, code))  # nothing is to be decoded

    def codes(spelled: Sequence[str], side: str) -> np.ndarray:
        return outputs.name_codes(call, config, spelled, side)

    mean_left = codes(known.english[:SAMPLE], "left").mean(axis=0)
    mean_right = codes(known.foreign[:SAMPLE], "right").mean(axis=0)

    def centred(pairs: data.Names) -> tuple[np.ndarray, np.ndarray]:
        return codes(pairs.english, "left") - mean_left, codes(pairs.foreign, "right") - mean_right

    preprocess = {
        "task": config.task,
        **calibrate(*_pairs(*centred(dev), seed)),
        "mean_left": [round(float(value), 5) for value in mean_left],
        "mean_right": [round(float(value), 5) for value in mean_right],
    }
    results = _name_results("default", test, *centred(test), seed)
    return Measured(results + _names_baseline(config, known, dev, test, seed), preprocess)


def _names_baseline(
    config: Config, known: data.Names, dev: data.Names, test: data.Names, seed: int
) -> list[Result]:
    """CCA on the same n-grams, each variate weighted by its correlation."""

    def results(cca: Cca, pairs: data.Names) -> list[Result]:
        left = cca.left(names.views(pairs.english, "left", config)) * cca.correlations
        right = cca.right(names.views(pairs.foreign, "right", config)) * cca.correlations
        return _name_results("cca", pairs, left, right, seed)

    fits = Cca.fits(
        names.views(known.english, "left", config),
        names.views(known.foreign, "right", config),
        CCA_COMPONENTS["names"],
        min(config.network.code, *CCA_COMPONENTS["names"]),
    )
    best = max(fits, key=lambda cca: results(cca, dev)[0].value)  # by accuracy@1
    logger.info("CCA: %d components", best.components)
    return results(best, test)


def _pairs(left: np.ndarray, right: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosine distances of true pairs and of shuffled pairs, and which are true."""
    shuffled = np.random.default_rng(seed).permutation(len(left))

    def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        return 1 - (a * b).sum(axis=1) / np.maximum(norms, 1e-12)

    both = np.concatenate([distances(left, right), distances(left, right[shuffled])])
    return both, np.arange(len(both)) < len(left)


def _name_results(
    method: str, test: data.Names, left: np.ndarray, right: np.ndarray, seed: int
) -> list[Result]:
    """Look each English name up among all distinct names of the other script's test list."""
    distinct, answers = np.unique(test.foreign, return_inverse=True)
    first = np.zeros(len(distinct), int)
    first[answers] = np.arange(len(answers))
    ranks = figures.ranks(left, right[first], answers)
    split = f"test list, {len(distinct):,} candidates; equal-error rate on shuffled pairs"
    values = {
        "accuracy_at_1": float((ranks == 1).mean()),
        "mrr": float((1 / ranks).mean()),
        "eer": verification(*_pairs(left, right, seed)).eer,
    }
    return _results(f"names_{test.language}", method, values, split, len(ranks))
