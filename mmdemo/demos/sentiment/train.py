"""Training and measuring the networks that read a review.

    python -m mmdemo train sentiment --preset default   # 15 minutes on two cores
    python -m mmdemo train sentiment --preset book      # 10 minutes

Protocol: IMDB's official parts. Of the 25,000 training reviews 2,500, in blocks that share few
films with the rest, are held out: they choose the epoch, weigh the network's parts and calibrate
it, for sentences together with half of the sentence polarity set. The other half and the 25,000
test reviews are measured once. Expected accuracy on reviews: DEFAULT 0.91, BOOK 0.88.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import numpy as np
from scipy.special import expit

from mmdemo.core.measure.calibration import calibrated
from mmdemo.core.measure.calibration import fit as fit_calibration
from mmdemo.core.measure.metrics import expected_calibration_error
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.nets import words as text
from mmdemo.core.nets.ngrams import NgramWeights, features
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import languages, naive_bayes
from mmdemo.core.train.batches import ByLength
from mmdemo.core.train.experiment import Experiment, History, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, data, negation
from .config import DEFAULT, Config, Ngrams
from .data import Reviews, Texts
from .model import build, convolutions, ngrams, phrases

logger = logging.getLogger(__name__)

HELD_OUT = 0.1
BLOCK = 125
"""Neighbours that are held out together: they are often about one film, as no test review is."""
TEST = "IMDB official test set, 25,000 reviews"
UNSEEN = "the same without the texts that also stand in its training set"
BATCH = 250
MADE = 4.0
"""What a made sentence with or without a negation counts beside a review's 1."""
DIGITS = {"WordVectors": 2, "NgramWeights": 3}
"""Decimals that are kept; the vectors' values are about 0.13 wide, the n-grams' weights 0.02."""
SENTENCES = (
    "critics' lines about films on Rotten Tomatoes: half of the sentence polarity set, by methods "
    "that learnt from IMDB; DEFAULT and BOOK are calibrated on the other half, too"
)
NEGATION = "20 pairs of our own that differ by a negation or by what is negated"
PUBLISHED = (
    Result("sentiment", "published:tutorial", "accuracy", 0.8821, "published", 25_000),
    Result("sentiment", "published:fasttext_bigrams", "accuracy", 0.9056, "published", 25_000),
    Result("sentiment", "published:nb_svm_bigrams", "accuracy", 0.9122, "published", 25_000),
)


@dataclass(frozen=True)
class Test:
    """Texts to measure on.

    Attributes:
        task: what is asked.
        split: which texts, in words.
        reviews: the texts.
        seen: which of them stand in the training set, too, bool `(texts,)`; none by default.
        foreign: whether they are of another source than the training's.
    """

    task: str
    split: str
    reviews: Reviews
    seen: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    foreign: bool = False


class Weighed(NamedTuple):
    """Texts as features, sparse `(texts, features)`, their labels and weights, `(texts,)`."""

    features: Any
    labels: np.ndarray
    weights: np.ndarray

    @classmethod
    def alike(cls, features: Any, labels: np.ndarray) -> Weighed:
        """Every text counts 1."""
        return cls(features, labels, np.ones(len(labels), np.float32))


class ReadReviews(Experiment[Config]):
    """IMDB's reviews, or one's own texts (see `data.own`), of which a fifth are the test part."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            known, reviews = data.imdb("train"), data.imdb("test")
            seen = data.seen_before(known, reviews)
            self.tests = [
                Test("sentiment", TEST, reviews, seen),
                Test("sentences", SENTENCES, data.sentences("test"), foreign=True),
                Test("negation", NEGATION, negation.texts(), foreign=True),
            ]
        else:
            every = data.own(run.data)
            known, reviews = map(every.take, data.split(every.labels, 0.2, run.seed))
            self.tests = [Test("sentiment", "a fifth of one's own texts, held out", reviews)]
        block = BLOCK if run.data is None else 1
        rows = data.split(known.labels, HELD_OUT, run.seed, block)
        self.train, self.held_out = map(known.take, rows)
        # A network that reads reviews well weighs words otherwise than one that reads sentences.
        self.judges = [self.held_out]
        if run.data is None:
            self.judges.append(data.sentences("development"))
        weight = config.training.pieces
        self.learnt = data.with_pieces(self.train, weight, run.seed)
        self.choosing = data.with_pieces(self.held_out, weight, run.seed)
        self.tokenizer = text.Tokenizer.train(self.train.texts, config.input.words)
        if not config.input.fixed or run.data is not None:
            config = replace(config, words=len(self.tokenizer))
        super().__init__(run, config)

    def files(self) -> Mapping[str, str]:
        return {text.FILE: self.tokenizer.to_json()}

    # === Training ===

    def network(self) -> Trained:
        """The network that is served, and the history of its first convolutions."""
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        if self.config.input.fixed:
            return Trained(network, self._fit(network, "book", 0))
        members, histories = [], []
        for index in range(self.config.network.members):
            name = f"convolutions_{index}"
            keras.utils.set_random_seed(self.run.seed + index)
            member = convolutions(self.config, name)
            if self.config.training.counted:
                vectors = self._vectors(self.config.network.vector)
                member.get_layer("vectors").set_weights([vectors])
            histories.append(self._fit(member, name, index))
            members.append(member)
        ngram_sets = (data.with_pieces(part, 0.0, 0) for part in (self.train, self.held_out))
        parts = [
            *members,
            self._weigh(ngrams(self.config), *ngram_sets, self.config.ngrams.strengths),
            self._weigh(
                phrases(self.config),
                data.joined(self.learnt, negation.made(), MADE),
                self.choosing,
                self.config.phrases.phrase_strengths,
                self._vectors(self.config.phrases.alike),
            ),
        ]
        for part in parts:
            network.get_layer(part.name).set_weights(part.get_weights())
        _drop_digits(network)
        self._combine(network, parts)
        return Trained(network, histories[0])

    def _vectors(self, width: int) -> np.ndarray:
        numbered = self.tokenizer.ids(self.train.texts)
        return text.word_vectors(numbered, self.config.input.words, width, self.run.seed)

    def _fit(self, network: keras.Model, name: str, index: int) -> History:
        """Train one part, and keep its epoch with the lowest held-out loss."""
        training = self.config.training
        network.compile(
            keras.optimizers.Adam(training.learning_rate),
            keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
            jit_compile=False,
        )
        seed = self.run.seed + index
        return self.fit(
            network,
            self._batches(*self.learnt, training.batch, seed),
            name,
            epochs=training.epochs,
            seed=seed,
            validation_data=self._batches(*self.choosing, BATCH),
            callbacks=[
                keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
            ],
        )

    def _weigh(
        self,
        network: keras.Model,
        learnt: Texts,
        choosing: Texts,
        strengths: tuple[float, ...],
        vectors: np.ndarray | None = None,
    ) -> keras.Model:
        """A weight per sequence of words: logistic regression on naive Bayes features (NB-SVM)."""
        tables = [layer for layer in network.layers if isinstance(layer, NgramWeights)]
        fit, held_out = (
            Weighed(self._sequences(reviews, tables), reviews.labels, weights)
            for reviews, weights in (learnt, choosing)
        )
        coefficients = nb_logistic(fit, held_out, self.config.ngrams, strengths, vectors)
        ends = np.cumsum([layer.buckets for layer in tables])[:-1]
        for layer, weights in zip(tables, np.split(coefficients, ends), strict=True):
            layer.set_weights([weights[:, None]])
        return network

    def _sequences(self, reviews: Reviews, tables: list[NgramWeights]) -> Any:
        """Which buckets' sequences stand in what is read of each review."""
        length = self.config.input.length
        return features([row[-length:] for row in self.tokenizer.ids(reviews.texts)], tables)

    def _combine(self, network: keras.Model, parts: list[keras.Model]) -> None:
        """Weigh the parts' verdicts by logistic regression on texts that no part learnt from."""
        from sklearn.linear_model import LogisticRegression

        verdicts = np.column_stack([self._of_judges(part) for part in parts])
        words, labels = self._judges()
        length = np.log(np.maximum(words, 1))[:, None]
        columns = np.hstack([verdicts, verdicts * length, length])  # as `WithLength` gives them
        fitted = LogisticRegression(C=100.0, max_iter=2000).fit(columns, labels)
        network.get_layer("combine").set_weights([fitted.coef_.T, fitted.intercept_])

    def _judges(self) -> tuple[np.ndarray, np.ndarray]:
        """Words and labels of what weighs and calibrates, `(texts,)` each."""
        words = [self._lengths(self.tokenizer.ids(texts.texts)) for texts in self.judges]
        return np.concatenate(words), np.concatenate([texts.labels for texts in self.judges])

    def _of_judges(self, network: keras.Model) -> np.ndarray:
        """What a network makes of them, `(texts,)`."""
        return np.concatenate([self.logits(network, texts) for texts in self.judges])

    def _batches(
        self, reviews: Reviews, weights: np.ndarray, size: int, seed: int | None = None
    ) -> ByLength:
        rows = self.tokenizer.ids(reviews.texts)

        def take(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            words = data.prepare([rows[place] for place in chosen], self.config)
            return words, reviews.labels[chosen].astype("float32"), weights[chosen]

        return ByLength(self._lengths(rows), size, take, seed)

    def _lengths(self, rows: list[np.ndarray]) -> np.ndarray:
        return np.array([min(len(row), self.config.input.length) for row in rows])

    # === Measuring ===

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test texts, and what inference needs beside the network."""
        calibration = self._calibration(network)
        parts = [] if self.config.input.fixed else network.layers
        one = self.config.network.members == 1
        alone = {
            f"{part.name.replace('_0', '') if one else part.name}_alone": part
            for part in parts
            if isinstance(part, keras.Model)
        }
        results = []
        for test in self.tests:
            words = self._lengths(self.tokenizer.ids(test.reviews.texts))
            logits = calibrated(self.logits(network, test.reviews), words, calibration)
            results += _figures(self.run.preset, logits, test)
            for name, part in alone.items():
                results += _figures(name, self.logits(part, test.reviews), test, certain=False)
        results += self._baselines()
        preprocess: dict[str, Any] = {
            "calibration": calibration,
            "length": self.config.input.length,
        }
        if self.run.data is None:
            results += PUBLISHED
            preprocess["familiar"], told = languages.measured(self.run.preset, self.tokenizer)
            results += told
        return Measured(results, preprocess)

    def _calibration(self, network: keras.Model) -> list[float]:
        words, labels = self._judges()
        logits = self._of_judges(network)
        return fit_calibration(logits, words, labels, by_length=len(self.judges) > 1)

    def logits(self, network: keras.Model, reviews: Reviews) -> np.ndarray:
        """What a network makes of each text, `(texts,)`."""
        call = compile_call(network)
        batches = self._batches(reviews, np.ones(len(reviews.texts), np.float32), BATCH)
        logits = np.empty(len(reviews.texts))
        for index in range(len(batches)):
            logits[batches.rows(index)] = call(batches[index][0])[:, 0]
        return logits

    def _baselines(self) -> list[Result]:
        """Words and pairs by logistic regression, on whole reviews: TF-IDF, and naive Bayes."""
        from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
        from sklearn.linear_model import LogisticRegression

        counts = CountVectorizer(
            tokenizer=self.tokenizer.split,
            token_pattern=None,
            lowercase=False,
            ngram_range=(1, 2),
            min_df=2,
            dtype=np.float32,
        )
        known = counts.fit_transform(self.train.texts)
        held_out = counts.transform(self.held_out.texts)
        weights = nb_logistic(
            Weighed.alike(known.sign(), self.train.labels),
            Weighed.alike(held_out.sign(), self.held_out.labels),
            DEFAULT.ngrams,
            DEFAULT.ngrams.strengths,
        )
        tfidf = TfidfTransformer(sublinear_tf=True).fit(known)
        regressions = [
            LogisticRegression(C=strength, solver="liblinear").fit(
                tfidf.transform(known), self.train.labels
            )
            for strength in (1.0, 10.0)
        ]
        best = max(
            regressions, key=lambda r: r.score(tfidf.transform(held_out), self.held_out.labels)
        )
        results = []
        for test in self.tests:
            found = counts.transform(test.reviews.texts)
            tfidf_logits = best.decision_function(tfidf.transform(found))
            results += _figures("tfidf_logistic", tfidf_logits, test)
            results += _figures("nb_logistic_bigrams", found.sign() @ weights, test)
        return results


experiment = ReadReviews


def _figures(method: str, logits: np.ndarray, test: Test, certain: bool = True) -> list[Result]:
    """Figures of one test; without the calibration error where logits are not to be `certain`."""
    from sklearn.metrics import roc_auc_score

    labels = test.reviews.labels
    right = (logits > 0) == labels
    figures = {"accuracy": right.mean(), "auc": roc_auc_score(labels, logits)}
    if certain:
        figures["ece"] = expected_calibration_error(expit(logits), labels)
    results = results_of(test.task, {method: figures}, test.split, len(labels))
    if certain and test.seen.any():
        rest = right[~test.seen]
        results.append(Result(test.task, method, "accuracy", rest.mean(), UNSEEN, len(rest)))
    return abroad(results) if test.foreign else results


def nb_logistic(
    fit: Weighed,
    held_out: Weighed,
    config: Ngrams,
    strengths: tuple[float, ...],
    vectors: np.ndarray | None = None,
) -> np.ndarray:
    """The weights of `naive_bayes.fit` with the best accuracy on held-out texts, `(features,)`.

    Args:
        fit: what to fit on.
        held_out: what chooses.
        config: smoothing, rarest features.
        strengths: inverse regularisations.
        vectors: of the first features, as in `naive_bayes.fit`.
    """
    ratio = naive_bayes.ratios(*fit, config.smoothing, config.min_reviews)
    best, chosen = -1.0, ratio
    for strength in strengths:
        candidate, _ = naive_bayes.fit(*fit, ratio, strength, vectors=vectors)
        right = (held_out.features @ candidate > 0) == held_out.labels
        accuracy = float(np.average(right, weights=held_out.weights))
        logger.info("strength %s: %.4f held out", strength, accuracy)
        if accuracy > best:
            best, chosen = accuracy, candidate
    return chosen


def _drop_digits(network: keras.Model) -> None:
    """Round the large tables so far that nothing is lost but the size of their file, compressed."""
    for part in network.layers:
        for layer in part.layers if isinstance(part, keras.Model) else ():
            digits = DIGITS.get(type(layer).__name__)
            if digits is not None:
                layer.set_weights([np.round(table, digits) for table in layer.get_weights()])
