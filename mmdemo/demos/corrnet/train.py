"""Training and measuring the correlational networks, one preset per task.

    python -m mmdemo train corrnet --preset digits           #  6 minutes on two cores
    python -m mmdemo train corrnet --preset halves           # 15 minutes
    python -m mmdemo train corrnet --preset names_russian    #  4 minutes, others 1 or 2
    python -m mmdemo train corrnet --preset book             #  2 minutes

Protocols:

- `halves` and `book`: MNIST's left and right half. 50,000 training pictures. Transfer: 5 folds
  within the 10,000 test pictures, a linear support vector machine fitted on the codes of one half
  and tested on those of the other half of other pictures. Expected: about 0.89 and 0.90, sum of
  the 50 correlations about 48 to 49.
- `digits`: pictures and speech of one digit, paired anew at random for every batch. Measured on
  the official test takes, and with each speaker left out in turn (five further networks), always
  against MNIST's test pictures. Expected transfer: about 0.97 and more, 0.9 for unseen speakers.
- `names_LANGUAGE`: each English name of the test list is looked up among all names of the list in
  the other script.

The baseline in every table is CCA (`measures.Cca`), its components chosen on held-out training
samples.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure.metrics import Calibration, bootstrap_ci, verification
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import Result

from . import DEMO, data, drawing, measures, names, outputs, speech
from .config import PAPER, PRESETS, Config
from .measures import Cca, Whitening
from .model import Trainer, build

logger = logging.getLogger(__name__)

HALVES = "MNIST test pictures, 5 folds: fitted on one half, tested on the other"
OFFICIAL = "official FSDD test takes and MNIST test pictures"
UNSEEN = "each FSDD speaker left out in turn, and MNIST test pictures"
PUBLISHED_HALVES = (
    ("corrnet_2016_authors_code", 0.7705, 0.7881, 42.57),
    ("deep_variant", 0.8879, 0.8964, 49.13),
)
IMAGE_POOL = 30_000
"""Training pictures that the spoken digits are paired with."""
CCA_COMPONENTS: dict[str, Any] = {
    "halves": (50, 100, 150, 200),
    "digits": 80,
    "names": (300, 600, 1000),
}
"""Principal components that CCA is fitted in; of several the best on held-out training data."""
SAMPLE = 10_000
"""Training names that give the mean code of a language."""
HALVES_CODE = 50
HELD_OUT = 10_000
"""Training pictures on which CCA's components are chosen."""


DIGITS_TASKS = {
    **dict.fromkeys(("speech", "picture"), "digits: transfer"),
    **dict.fromkeys(("r1", "r10", "map"), "digits: retrieval"),
    "recognised": "digits: generation",
}
"""Last word of a metric's name -> the table that it stands in."""


def train(run: training.Run) -> None:
    """Train the networks of a preset, measure them and write `run.folder`.

    Raises:
        DataMissing: a public set is not in the data folder.
        UserError: `run.data` is given; see the message.
    """
    task = _task(run, PRESETS[run.preset])
    network, history = task.network()
    artifacts.round_to_half(network)
    results, preprocess = task.measure(network)
    artifacts.write(
        run.folder,
        demo=DEMO,
        preset=run.preset,
        model=network,
        config=task.config,
        preprocess=preprocess,
        results=results,
        history=history,
        provenance=training.provenance(run),
        half=True,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Measure the network in `run.folder` again; those that are not stored are trained again.

    Raises:
        DataMissing: a public set is not in the data folder.
        WeightsError: the folder is missing or corrupted.
    """
    stored = artifacts.read_json(run.folder, "config.json")
    config = Config(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})
    network = build(config)
    artifacts.load_weights(network, run.folder / artifacts.WEIGHTS)
    return _task(run, config).measure(network)[0]


def _task(run: training.Run, config: Config) -> _Task:
    if run.data is not None:
        raise UserError(
            "This demo is trained on its public sets only: --data is not for it. "
            "Its README says how to change the sets in data.py."
        )
    kind = {"halves": _Halves, "digits": _Digits, "names": _Names}[config.task.split("_")[0]]
    return kind(run, config)


class _Task(ABC):
    """What the three tasks share: a network fitted on endless batches."""

    def __init__(self, run: training.Run, config: Config) -> None:
        self.run = run
        self.config = config

    @abstractmethod
    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        """The network that is served, trained, with its history."""

    @abstractmethod
    def measure(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        """Results, and what inference needs beside the network."""

    def fit(
        self, name: str, config: Config, batches: Any, steps: int
    ) -> tuple[keras.Model, list[dict[str, float]]]:
        """A new network trained on `steps` batches an epoch, or the finished one of this stage."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        trainer = Trainer(network, config)
        trainer([np.zeros((2, *shape), np.float32) for shape in (config.left, config.right)])
        epochs = self.run.epochs or config.epochs
        warm_up = min(100, max(1, epochs * steps // 10))
        schedule = keras.optimizers.schedules.CosineDecay(
            config.learning_rate / 10,
            max(1, epochs * steps - warm_up),
            alpha=0.01,
            warmup_target=config.learning_rate,
            warmup_steps=warm_up,
        )
        trainer.compile(keras.optimizers.Adam(schedule), jit_compile=False)
        history = training.fit(
            trainer,
            batches,
            stage=self.run.stage(name, config),
            epochs=epochs,
            seed=self.run.seed,
            steps_per_epoch=steps,
            shuffle=False,
        )
        return network, history


# === Halves of a picture ===


class _Halves(_Task):
    @cached_property
    def images(self) -> np.ndarray:
        return data.mnist("train").pixels[: data.TRAINING_IMAGES]

    @cached_property
    def test(self) -> data.Images:
        return data.mnist("test")

    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        return self._fit("halves", self.config)

    def _fit(self, name: str, config: Config) -> tuple[keras.Model, list[dict[str, float]]]:
        rng = np.random.default_rng(self.run.seed)
        batches = data.batches(
            len(self.images), lambda i: drawing.halves(self.images[i]), config.batch, rng
        )
        return self.fit(name, config, batches, len(self.images) // config.batch)

    def measure(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        results = self._network_results(self.run.preset, network, self.config)
        if self.run.preset != "book":
            paper, _ = self._fit("paper", PAPER)
            results += self._network_results("corrnet_paper_form", paper, PAPER)
            results += self._cca()
        for who, there, back, total in PUBLISHED_HALVES:
            for metric, value in (
                ("transfer_left_to_right", there),
                ("transfer_right_to_left", back),
                ("sum_correlation", total),
            ):
                results.append(Result("halves", f"published:{who}", metric, value, "published", 0))
        return results, {"task": "halves"}

    def _network_results(self, method: str, network: keras.Model, config: Config) -> list[Result]:
        """Transfer, correlations and reconstruction errors of one network."""
        call = compile_call(network)
        known_left, known_right = drawing.halves(self.images)
        left, right = drawing.halves(self.test.pixels)
        from_left = outputs.forward(call, config, left=left)
        from_right = outputs.forward(call, config, right=right)
        whitening = Whitening.fit(
            outputs.codes(call, config, left=known_left),
            outputs.codes(call, config, right=known_right),
        )
        figures = self._code_figures(from_left.code, from_right.code, whitening)

        def error(made: np.ndarray, view: np.ndarray) -> float:
            return float(np.square(made - view).sum(axis=(1, 2)).mean())

        figures |= {
            "error_left_from_left": error(from_left.left, left),
            "error_right_from_left": error(from_left.right, right),
            "error_right_from_right": error(from_right.right, right),
            "error_left_from_right": error(from_right.left, left),
        }
        # One row per method in the house: our own deep network is `default` whatever its preset.
        return self._results("default" if method == "halves" else method, figures)

    def _code_figures(
        self, left: np.ndarray, right: np.ndarray, whitening: Whitening
    ) -> dict[str, float]:
        digits = self.test.digits
        return {
            "transfer_left_to_right": measures.cross_validated_transfer(left, right, digits),
            "transfer_right_to_left": measures.cross_validated_transfer(right, left, digits),
            "sum_correlation": measures.sum_correlation(left, right),
            "canonical_correlation": measures.sum_correlation(
                whitening.left(left), whitening.right(right)
            ),
        }

    def _cca(self) -> list[Result]:
        views = [half.reshape(len(half), -1) for half in drawing.halves(self.images)]
        test = [half.reshape(len(half), -1) for half in drawing.halves(self.test.pixels)]
        labels = data.mnist("train").digits[: data.TRAINING_IMAGES]

        def score(cca: Cca) -> float:
            left, right = cca.left(views[0][-HELD_OUT:]), cca.right(views[1][-HELD_OUT:])
            return measures.cross_validated_transfer(left, right, labels[-HELD_OUT:])

        fits = Cca.fits(
            views[0][:-HELD_OUT], views[1][:-HELD_OUT], CCA_COMPONENTS["halves"], HALVES_CODE
        )
        best = max(fits, key=score).components
        logger.info("CCA: %d components", best)
        cca = Cca.fit(*views, best, HALVES_CODE)
        left, right = cca.left(test[0]), cca.right(test[1])
        whitening = Whitening.fit(cca.left(views[0]), cca.right(views[1]))
        return self._results("cca", self._code_figures(left, right, whitening))

    def _results(self, method: str, figures: dict[str, float]) -> list[Result]:
        count = len(self.test.digits)
        return [Result("halves", method, m, v, HALVES, count) for m, v in figures.items()]


# === Digits: pictures and speech ===


class _Digits(_Task):
    @cached_property
    def images(self) -> data.Images:
        return data.mnist("train", IMAGE_POOL)

    @cached_property
    def test_images(self) -> data.Images:
        return data.mnist("test")

    @cached_property
    def spoken(self) -> data.Spoken:
        return data.fsdd()

    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        return self._fit("official", data.official(self.spoken)[0])

    def _fit(self, name: str, spoken: data.Spoken) -> tuple[keras.Model, list[dict[str, float]]]:
        rng = np.random.default_rng(self.run.seed)
        batches = data.digit_pairs(self.images, spoken, self.config, rng)
        return self.fit(name, self.config, batches, self.config.steps)

    def measure(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        known, test = data.official(self.spoken)
        judges = _Judges(self.images, known)
        call = compile_call(network)
        senses = _Senses.of(call, self.config, self.images, known, self.test_images, test)
        results = _digit_results("default", OFFICIAL, [senses], [judges], [call], self.config)
        results += _digit_results("cca", OFFICIAL, [self._cca(known, test)])

        folds, ccas, calls, all_judges = [], [], [], []
        for speaker, others, left_out in data.unseen_speakers(self.spoken):
            fold, _ = self._fit(f"without-{speaker}", others)
            calls.append(compile_call(fold))
            folds.append(
                _Senses.of(calls[-1], self.config, self.images, others, self.test_images, left_out)
            )
            all_judges.append(judges)
            ccas.append(self._cca(others, left_out))
        results += _digit_results("default", UNSEEN, folds, all_judges, calls, self.config)
        results += _digit_results("cca", UNSEEN, ccas)
        return results, self._preprocess(senses, known)

    def _cca(self, known: data.Spoken, test: data.Spoken) -> _Senses:
        """The same codes from CCA, on views paired by class at random."""
        rng = np.random.default_rng(self.run.seed)
        views = known.views().reshape(len(known.words), -1)
        of_digit = [np.flatnonzero(self.images.digits == digit) for digit in range(10)]
        rows = np.tile(np.arange(len(views)), 4)
        pictures = np.array([rng.choice(of_digit[known.digits[row]]) for row in rows])
        pixels = self.images.pixels.reshape(len(self.images.pixels), -1)
        cca = Cca.fit(pixels[pictures], views[rows], CCA_COMPONENTS["digits"], 9)  # of ten classes
        some = slice(0, 10_000)
        return _Senses(
            cca.left(pixels[some]),
            self.images.digits[some],
            cca.right(views),
            known.digits,
            cca.left(self.test_images.pixels.reshape(len(self.test_images.pixels), -1)),
            self.test_images.digits,
            cca.right(test.views().reshape(len(test.words), -1)),
            test.digits,
            test,
        )

    def _preprocess(self, senses: _Senses, known: data.Spoken) -> dict[str, Any]:
        """Reading a digit from a code, the map, and how long each digit is said."""
        from sklearn.linear_model import LogisticRegression

        rng = np.random.default_rng(self.run.seed)
        pictures = rng.choice(len(senses.known_pictures), len(senses.known_words), replace=False)
        both = np.concatenate([senses.known_pictures[pictures], senses.known_words])
        digits = np.concatenate([senses.known_picture_digits[pictures], senses.known_word_digits])
        reader = LogisticRegression(max_iter=1000, C=0.1).fit(both, digits)
        # Of all planes through the joint space, one in which the ten digits lie on a circle: they
        # span nine dimensions, so that a linear map can put each of them where it is wanted.
        origin = both.mean(axis=0)
        angles = 2 * np.pi * np.arange(10) / 10
        circle = 10 * np.stack([np.sin(angles), np.cos(angles)], axis=1)
        weights = np.linalg.lstsq(both - origin, circle[digits], rcond=None)[0]

        def places(codes: np.ndarray) -> list[list[float]]:
            return np.round((codes - origin) @ weights, 2).tolist()

        shown_pictures = np.concatenate(
            [np.flatnonzero(senses.test_picture_digits == d)[:12] for d in range(10)]
        )
        shown_words = np.concatenate(
            [np.flatnonzero(senses.test_word_digits == d)[:12] for d in range(10)]
        )
        confidence = {
            "picture": _confidence(reader, senses.test_pictures),
            "speech": _confidence(reader, senses.test_words),
        }
        seconds = known.seconds()
        return {
            "task": "digits",
            "seconds": [float(seconds[known.digits == d].mean()) for d in range(10)],
            "reader": {"weights": reader.coef_.tolist(), "bias": reader.intercept_.tolist()},
            "confidence": confidence,
            "map": {
                "origin": origin.tolist(),
                "weights": weights.tolist(),
                "pictures": places(senses.test_pictures[shown_pictures]),
                "picture_digits": senses.test_picture_digits[shown_pictures].tolist(),
                "words": places(senses.test_words[shown_words]),
                "word_digits": senses.test_word_digits[shown_words].tolist(),
            },
        }


def _confidence(reader: Any, codes: np.ndarray) -> float:
    """What 98 of 100 held-out digits reach: less than this is called unsure."""
    return float(np.percentile(reader.predict_proba(codes).max(axis=1), 2))


class _Senses:
    """Codes of both senses, of known and of test samples, with their digits."""

    def __init__(
        self,
        known_pictures: np.ndarray,
        known_picture_digits: np.ndarray,
        known_words: np.ndarray,
        known_word_digits: np.ndarray,
        test_pictures: np.ndarray,
        test_picture_digits: np.ndarray,
        test_words: np.ndarray,
        test_word_digits: np.ndarray,
        spoken: data.Spoken,
        images: data.Images | None = None,
    ) -> None:
        self.known_pictures = known_pictures
        self.known_picture_digits = known_picture_digits
        self.known_words = known_words
        self.known_word_digits = known_word_digits
        self.test_pictures = test_pictures
        self.test_picture_digits = test_picture_digits
        self.test_words = test_words
        self.test_word_digits = test_word_digits
        self.spoken = spoken
        self.images = images

    @classmethod
    def of(
        cls,
        call: outputs.Call,
        config: Config,
        images: data.Images,
        known: data.Spoken,
        test_images: data.Images,
        test: data.Spoken,
    ) -> _Senses:
        some = slice(0, 10_000)
        return cls(
            outputs.codes(call, config, left=images.pixels[some]),
            images.digits[some],
            outputs.codes(call, config, right=known.views()),
            known.digits,
            outputs.codes(call, config, left=test_images.pixels),
            test_images.digits,
            outputs.codes(call, config, right=test.views()),
            test.digits,
            test,
            test_images,
        )


class _Judges:
    """Classifiers of pixels and of spectra that know nothing of the network."""

    def __init__(self, images: data.Images, spoken: data.Spoken) -> None:
        from sklearn.svm import SVC

        self._eye = SVC(C=10).fit(images.pixels[:10_000].reshape(-1, 784), images.digits[:10_000])
        self._ear = SVC(C=10).fit(spoken.views().reshape(len(spoken.words), -1), spoken.digits)

    def see(self, pictures: np.ndarray, digits: np.ndarray) -> np.ndarray:
        """Which generated pictures show the digit: `(n,)`."""
        return self._eye.predict(np.clip(pictures, 0, 1).reshape(-1, 784)) == digits

    def hear(self, views: np.ndarray, digits: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Which generated sounds say the digit, once played and heard again: `(n,)`."""
        heard = np.zeros((len(views), views[0].size), np.float32)
        for row, picture, length in zip(heard, views, seconds, strict=True):
            try:
                word = speech.find_word(speech.sound(picture, float(length)))
            except UserError:  # no word: the empty view is left, which is no digit's
                continue
            row[:] = speech.view(word.decibels).ravel()
        return (self._ear.predict(heard) == digits) & heard.any(axis=1)


def _digit_results(
    method: str,
    split: str,
    folds: Sequence[_Senses],
    judges: Sequence[_Judges] = (),
    calls: Sequence[outputs.Call] = (),
    config: Config | None = None,
) -> list[Result]:
    """Transfer both ways, retrieval both ways and generation, over all folds."""
    hits: dict[str, list[np.ndarray]] = {}

    def add(metric: str, values: np.ndarray) -> None:
        hits.setdefault(metric, []).append(np.asarray(values, float))

    for index, fold in enumerate(folds):
        add(
            "transfer_picture_to_speech",
            measures.transfer(
                fold.known_pictures,
                fold.known_picture_digits,
                fold.test_words,
                fold.test_word_digits,
            ),
        )
        add(
            "transfer_speech_to_picture",
            measures.transfer(
                fold.known_words, fold.known_word_digits,
                fold.test_pictures, fold.test_picture_digits,
            ),
        )  # fmt: skip
        # Each sense is centred on its own known samples, as CCA's variates are.
        words = fold.test_words - fold.known_words.mean(axis=0)
        pictures = fold.test_pictures - fold.known_pictures.mean(axis=0)
        scores = measures.cosines(pictures[:2000], words)
        same = fold.test_picture_digits[:2000, None] == fold.test_word_digits[None]
        for name, found in (
            ("picture_to_speech", measures.retrieval(scores, same)),
            ("speech_to_picture", measures.retrieval(scores.T, same.T)),
        ):
            add(f"{name}_r1", found["r1"])
            add(f"{name}_r10", found["r10"])
            add(f"{name}_map", found["ap"])
        if calls and config is not None and fold.images is not None:
            call, judge, spoken, images = calls[index], judges[index], fold.spoken, fold.images
            seen = outputs.forward(call, config, right=spoken.views()).left
            add("generated_picture_recognised", judge.see(seen, spoken.digits))
            count = len(spoken.words)
            heard = outputs.forward(call, config, left=images.pixels[:count]).right
            typical = [float(spoken.seconds()[spoken.digits == d].mean()) for d in range(10)]
            lengths = np.array(typical)[images.digits[:count]]
            add("generated_sound_recognised", judge.hear(heard, images.digits[:count], lengths))
    results = []
    for metric, parts in hits.items():
        mean = float(np.mean([part.mean() for part in parts]))
        task = DIGITS_TASKS[metric.rpartition("_")[2]]
        results.append(
            Result(task, method, metric, mean, split, sum(map(len, parts)), _interval(parts))
        )
    return results


def _interval(parts: Sequence[np.ndarray]) -> tuple[float, float]:
    """Over speakers where there are several, else over samples."""
    if len(parts) > 1:
        means = [float(part.mean()) for part in parts]
        return bootstrap_ci(lambda chosen: float(np.mean(chosen)), means)
    return bootstrap_ci(lambda chosen: float(np.mean(chosen)), parts[0].tolist(), n=300)


# === Names in two scripts ===


class _Names(_Task):
    @cached_property
    def language(self) -> str:
        return self.config.task.removeprefix("names_")

    @cached_property
    def known(self) -> data.Names:
        return data.xlit(self.language, "train")

    def _grams(self, found: Sequence[str], side: str) -> Any:
        """Sparse views of names; the network gets them dense, a batch at a time."""
        size = (self.config.left if side == "left" else self.config.right)[0]
        return names.grams(found, size, self.config.grams) * names.SCALE

    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        left, right = (
            self._grams(self.known.english, "left"),
            self._grams(self.known.foreign, "right"),
        )
        rng = np.random.default_rng(self.run.seed)
        batches = data.batches(
            left.shape[0], lambda i: (left[i].toarray(), right[i].toarray()), self.config.batch, rng
        )
        return self.fit("names", self.config, batches, left.shape[0] // self.config.batch)

    def measure(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        code = network.get_layer("code_left_right").input[0]
        call = compile_call(keras.Model(network.inputs, code))  # nothing is to be decoded
        mean_left = self._codes(call, self.known.english[:SAMPLE], "left").mean(axis=0)
        mean_right = self._codes(call, self.known.foreign[:SAMPLE], "right").mean(axis=0)

        def centred(found: data.Names) -> tuple[np.ndarray, np.ndarray]:
            return (
                self._codes(call, found.english, "left") - mean_left,
                self._codes(call, found.foreign, "right") - mean_right,
            )

        dev, test = data.xlit(self.language, "dev"), data.xlit(self.language, "test")
        distances, same = _pairs(*centred(dev), self.run.seed)
        curve = verification(distances, same)
        preprocess = {
            "task": self.config.task,
            "threshold": curve.threshold_at_eer,
            "curve": curve.thinned(),
            "calibration": Calibration.fit(distances, same).to_dict(),
            "mean_left": [round(float(value), 5) for value in mean_left],
            "mean_right": [round(float(value), 5) for value in mean_right],
        }
        results = _name_results("default", test, *centred(test), self.run.seed)
        return results + self._cca(dev, test), preprocess

    def _codes(self, call: outputs.Call, found: Sequence[str], side: str) -> np.ndarray:
        made = []
        for start in range(0, len(found), outputs.BATCH):
            view = self._grams(found[start : start + outputs.BATCH], side).toarray()
            made.append(outputs.codes(call, self.config, **{side: view}))
        return np.concatenate(made)

    def _cca(self, dev: data.Names, test: data.Names) -> list[Result]:
        """CCA on the same n-grams, each variate weighted by its correlation."""

        def results(cca: Cca, found: data.Names) -> list[Result]:
            left = cca.left(self._grams(found.english, "left")) * cca.correlations
            right = cca.right(self._grams(found.foreign, "right")) * cca.correlations
            return _name_results("cca", found, left, right, self.run.seed)

        fits = Cca.fits(
            self._grams(self.known.english, "left"),
            self._grams(self.known.foreign, "right"),
            CCA_COMPONENTS["names"],
            min(self.config.code, *CCA_COMPONENTS["names"]),
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
    ranks = measures.ranks(left, right[first], answers)
    split = f"test list, {len(distinct):,} candidates; equal-error rate on shuffled pairs"
    figures = {
        "accuracy_at_1": float((ranks == 1).mean()),
        "mrr": float((1 / ranks).mean()),
        "eer": verification(*_pairs(left, right, seed)).eer,
    }
    task = f"names_{test.language}"
    return [Result(task, method, m, v, split, len(ranks)) for m, v in figures.items()]
