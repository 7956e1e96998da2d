"""Training and measuring the networks that read a review.

    python -m mmdemo train sentiment --preset default   # 15 minutes on two cores
    python -m mmdemo train sentiment --preset book      # 10 minutes

Protocol: IMDB's official parts. Of the 25,000 training reviews 2,500, in blocks that share few
films with the rest, are held out: they choose the epoch, weigh the network's parts and calibrate
it. The 25,000 test reviews are measured once. Expected accuracy: DEFAULT 0.92, BOOK 0.88.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import keras
import numpy as np
from scipy.special import expit

from mmdemo.core.measure.metrics import expected_calibration_error
from mmdemo.core.measure.report import Result
from mmdemo.core.nets import words as text
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import ByLength
from mmdemo.core.train.experiment import Experiment, History, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, data
from .config import DEFAULT, Config, Ngrams
from .data import Reviews
from .model import FACTOR, FOLD, NgramWeights, build, convolutions, ngrams

logger = logging.getLogger(__name__)

HELD_OUT = 0.1
BLOCK = 125
"""Neighbours that are held out together: they are often about one film, as no test review is."""
TEST = "IMDB official test set, 25,000 reviews"
UNSEEN = "the same without the texts that also stand in its training set"
BATCH = 250
DIGITS = {"WordVectors": 2, "NgramWeights": 3}
"""Decimals that are kept; the vectors' values are about 0.13 wide, the n-grams' weights 0.02."""
PUBLISHED = (
    Result("sentiment", "published:tutorial", "accuracy", 0.8821, "published", 25_000),
    Result("sentiment", "published:fasttext_bigrams", "accuracy", 0.9056, "published", 25_000),
    Result("sentiment", "published:nb_svm_bigrams", "accuracy", 0.9122, "published", 25_000),
)


class ReadReviews(Experiment[Config]):
    """IMDB's reviews, or one's own texts (see `data.own`), of which a fifth are the test part."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        if run.data is None:
            known, self.test = data.imdb("train"), data.imdb("test")
            self.seen = data.seen_before(known, self.test)
            self.split = TEST
        else:
            every = data.own(run.data)
            known, self.test = map(every.take, data.split(every.labels, 0.2, run.seed))
            self.seen = np.zeros(len(self.test.texts), bool)
            self.split = "a fifth of one's own texts, held out"
        block = BLOCK if run.data is None else 1
        rows = data.split(known.labels, HELD_OUT, run.seed, block)
        self.train, self.held_out = map(known.take, rows)
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
                member.get_layer("vectors").set_weights([self._counted])
            histories.append(self._fit(member, name, index))
            members.append(member)
        parts = [*members, self._ngrams()]
        for part in parts:
            network.get_layer(part.name).set_weights(part.get_weights())
        _drop_digits(network)
        self._combine(network, parts)
        return Trained(network, histories[0])

    @cached_property
    def _counted(self) -> np.ndarray:
        numbered = self.tokenizer.ids(self.train.texts)
        words, width = self.config.input.words, self.config.network.vector
        return text.word_vectors(numbered, words, width, self.run.seed)

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
            self._batches(self.train, training.batch, seed),
            name,
            epochs=training.epochs,
            seed=seed,
            validation_data=self._batches(self.held_out, BATCH),
            callbacks=[
                keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
            ],
        )

    def _ngrams(self) -> keras.Model:
        """A weight per sequence of words: logistic regression on naive Bayes features (NB-SVM)."""
        network = ngrams(self.config)
        tables = [layer for layer in network.layers if isinstance(layer, NgramWeights)]
        coefficients = nb_logistic(
            (self._sequences(self.train, tables), self.train.labels),
            (self._sequences(self.held_out, tables), self.held_out.labels),
            self.config.ngrams,
        )
        ends = np.cumsum([layer.buckets for layer in tables])[:-1]
        for layer, weights in zip(tables, np.split(coefficients, ends), strict=True):
            layer.set_weights([weights])
        return network

    def _sequences(self, reviews: Reviews, tables: list[NgramWeights]) -> Any:
        """Which buckets' sequences stand in each review, sparse `(texts, all buckets)`."""
        from scipy.sparse import csr_matrix

        starts = np.cumsum([0, *(layer.buckets for layer in tables)])
        columns, ends = [], [0]
        for row in self.tokenizer.ids(reviews.texts):
            kept = row[-self.config.input.length :]
            for start, layer in zip(starts, tables, strict=False):
                columns.append(start + np.unique(buckets_of(kept, layer.order, layer.buckets)))
            ends.append(ends[-1] + sum(map(len, columns[-len(tables) :])))
        ones = np.ones(ends[-1], np.float32)
        shape = (len(reviews.texts), int(starts[-1]))
        return csr_matrix((ones, np.concatenate(columns), ends), shape)

    def _combine(self, network: keras.Model, parts: list[keras.Model]) -> None:
        """Weigh the parts' verdicts by logistic regression on the held-out reviews."""
        verdicts = np.column_stack([self.logits(part, self.held_out) for part in parts])
        network.get_layer("combine").set_weights(_logistic(verdicts, self.held_out.labels, 100.0))

    def _batches(self, reviews: Reviews, size: int, seed: int | None = None) -> ByLength:
        rows = self.tokenizer.ids(reviews.texts)

        def take(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            words = data.prepare([rows[place] for place in chosen], self.config)
            return words, reviews.labels[chosen].astype("float32")

        lengths = [min(len(row), self.config.input.length) for row in rows]
        return ByLength(lengths, size, take, seed)

    # === Measuring ===

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test reviews, and what inference needs beside the network."""
        held_out = self.logits(network, self.held_out)
        (scale,), (shift,) = _logistic(held_out[:, None], self.held_out.labels, 1e6)
        scale, shift = float(scale[0]), float(shift)
        calibrated = scale * self.logits(network, self.test) + shift
        results = self._figures(self.run.preset, calibrated)
        if not self.config.input.fixed:
            one = self.config.network.members == 1
            for part in network.layers:
                if isinstance(part, keras.Model):
                    name = part.name.replace("_0", "") if one else part.name
                    results += self._figures(f"{name}_alone", self.logits(part, self.test))[:2]
        results += self._baseline()
        if self.run.data is None:
            results += PUBLISHED
        length = self.config.input.length
        return Measured(results, {"scale": scale, "shift": shift, "length": length})

    def logits(self, network: keras.Model, reviews: Reviews) -> np.ndarray:
        """What a network makes of each review, `(texts,)`."""
        call = compile_call(network)
        batches = self._batches(reviews, BATCH)
        logits = np.empty(len(reviews.texts))
        for index in range(len(batches)):
            logits[batches.rows(index)] = call(batches[index][0])[:, 0]
        return logits

    def _figures(self, method: str, logits: np.ndarray) -> list[Result]:
        from sklearn.metrics import roc_auc_score

        labels = self.test.labels
        right = (logits > 0) == labels
        figures = {
            "accuracy": right.mean(),
            "auc": roc_auc_score(labels, logits),
            "ece": expected_calibration_error(expit(logits), labels),
        }
        results = [
            Result("sentiment", method, metric, value, self.split, len(labels))
            for metric, value in figures.items()
        ]
        if self.seen.any():
            rest = right[~self.seen]
            results.append(Result("sentiment", method, "accuracy", rest.mean(), UNSEEN, len(rest)))
        return results

    def _baseline(self) -> list[Result]:
        """Logistic regression on naive Bayes features of words and pairs (Wang, Manning 2012)."""
        from sklearn.feature_extraction.text import CountVectorizer

        counts = CountVectorizer(
            tokenizer=self.tokenizer.split,
            token_pattern=None,
            lowercase=False,
            ngram_range=(1, 2),
            min_df=2,
            binary=True,
            dtype=np.float32,
        )
        weights = nb_logistic(
            (counts.fit_transform(self.train.texts), self.train.labels),
            (counts.transform(self.held_out.texts), self.held_out.labels),
            DEFAULT.ngrams,
        )
        return self._figures("nb_logistic_bigrams", counts.transform(self.test.texts) @ weights)


experiment = ReadReviews


def _logistic(features: np.ndarray, labels: np.ndarray, strength: float) -> list[np.ndarray]:
    """Weights `(features, 1)` and bias `(1,)` of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=strength).fit(features, labels)
    return [fitted.coef_.T, fitted.intercept_]


def nb_logistic(
    fit: tuple[Any, np.ndarray], held_out: tuple[Any, np.ndarray], config: Ngrams
) -> np.ndarray:
    """Weights of binary features: logistic regression on them scaled by naive Bayes' ratios.

    Wang and Manning 2012, with logistic regression in the support vector machine's place. Of
    `config.strengths` the one with the best accuracy on `held_out` is taken. Without an intercept.

    Args:
        fit: sparse features `(n, features)` and labels.
        held_out: the same of what chooses.
        config: smoothing, strengths, rarest features.
    """
    from scipy.sparse import diags
    from sklearn.linear_model import LogisticRegression

    features, labels = fit
    sums = np.array([np.asarray(features[labels == label].sum(axis=0))[0] for label in (0, 1)])
    smooth = sums + config.smoothing
    ratio = np.log(smooth[1] / smooth[1].sum()) - np.log(smooth[0] / smooth[0].sum())
    ratio[sums.sum(axis=0) < config.min_reviews] = 0
    scaled = features @ diags(ratio)
    best, weights = -1.0, ratio
    for strength in config.strengths:
        regression = LogisticRegression(C=strength, solver="liblinear", fit_intercept=False)
        candidate = ratio * regression.fit(scaled, labels).coef_[0]
        accuracy = float(((held_out[0] @ candidate > 0) == held_out[1]).mean())
        logger.info("strength %s: %.4f held out", strength, accuracy)
        if accuracy > best:
            best, weights = accuracy, candidate
    return weights


def _drop_digits(network: keras.Model) -> None:
    """Round the large tables so far that nothing is lost but the size of their file, compressed."""
    for part in network.layers:
        for layer in part.layers if isinstance(part, keras.Model) else ():
            digits = DIGITS.get(type(layer).__name__)
            if digits is not None:
                layer.set_weights([np.round(table, digits) for table in layer.get_weights()])


def buckets_of(row: np.ndarray, order: int, buckets: int) -> np.ndarray:
    """Buckets of the word sequences of one text, as `model.hashes` finds them."""
    numbers = row.astype(np.int64)[: max(len(row) - order + 1, 0)]
    for step in range(1, order):
        numbers = numbers % FOLD * FACTOR + row[step : len(row) - order + 1 + step]
    return numbers % buckets
