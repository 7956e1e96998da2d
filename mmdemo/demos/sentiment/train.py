"""Training and measuring the networks that read a review.

    python -m mmdemo train sentiment --preset default   # 15 minutes on two cores
    python -m mmdemo train sentiment --preset book      # 10 minutes

Protocol: IMDB's official parts. Of the 25,000 training reviews 2,500, in blocks that share few
films with the rest, are held out: they choose the epoch, weigh the network's parts and calibrate
it. The 25,000 test reviews are measured once. Expected accuracy: DEFAULT 0.92, BOOK 0.88.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cached_property
from typing import Any

import keras
import numpy as np

from mmdemo.core.measure.metrics import expected_calibration_error
from mmdemo.core.nets import words as text
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import Result

from . import DEMO, data
from .config import DEFAULT, PRESETS, Config
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


def train(run: training.Run) -> None:
    """Train a preset, measure it and write `run.folder`.

    With `run.data`, one's own texts (see `data.own`): a fifth of them are the test part.

    Raises:
        DataMissing: the public set is not in the data folder.
        UserError: `run.data` cannot be used; says why.
    """
    task = _Task(run, PRESETS[run.preset])
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
        texts={text.FILE: task.tokenizer.to_json()},
        half=True,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Measure the network in `run.folder` again.

    Raises:
        DataMissing: the public set is not in the data folder.
        WeightsError: the folder is missing or corrupted.
    """
    stored = artifacts.read_json(run.folder, "config.json")
    config = Config(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()})
    network = build(config)
    artifacts.load_weights(network, run.folder / artifacts.WEIGHTS)
    return _Task(run, config).measure(network)[0]


class _Task:
    """One preset on one set of reviews."""

    def __init__(self, run: training.Run, config: Config) -> None:
        self.run = run
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
        self.fit, self.held_out = map(known.take, rows)
        self.tokenizer = text.Tokenizer.train(self.fit.texts, config.words)
        self.config = replace(config, words=len(self.tokenizer))
        if config.fixed and run.data is None:
            self.config = config

    # === Training ===

    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        """The network that is served, and the history of its convolutions."""
        keras.utils.set_random_seed(self.run.seed)
        if self.config.fixed:
            network = build(self.config)
            return network, self._fit(network, "book", 0)
        members, history = [], []
        for index in range(self.config.members):
            name = f"convolutions_{index}"
            keras.utils.set_random_seed(self.run.seed + index)
            member = convolutions(self.config, name)
            if self.config.counted:
                member.get_layer("vectors").set_weights([self._counted])
            found = self._fit(member, name, index)
            history = history or found
            members.append(member)
        network = build(self.config)
        parts = [*members, self._ngrams()]
        for part in parts:
            network.get_layer(part.name).set_weights(part.get_weights())
        _drop_digits(network)
        self._combine(network, parts)
        return network, history

    @cached_property
    def _counted(self) -> np.ndarray:
        numbered = self.tokenizer.ids(self.fit.texts)
        return text.word_vectors(numbered, self.config.words, self.config.vector, self.run.seed)

    def _fit(self, network: keras.Model, name: str, index: int) -> list[dict[str, float]]:
        """Train one part, and keep its epoch with the lowest held-out loss."""
        network.compile(
            keras.optimizers.Adam(self.config.learning_rate),
            keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
            jit_compile=False,
        )
        seed = self.run.seed + index
        return training.fit(
            network,
            self._batches(self.fit, self.config.batch, seed),
            stage=self.run.stage(name, self.config),
            epochs=self.run.epochs or self.config.epochs,
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
        counted = [self._sequences(self.fit, tables), self._sequences(self.held_out, tables)]
        coefficients = nb_logistic(
            (counted[0], self.fit.labels), (counted[1], self.held_out.labels), self.config
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
            kept = row[-self.config.length :]
            found = [
                start + np.unique(buckets_of(kept, layer.order, layer.buckets))
                for start, layer in zip(starts, tables, strict=False)
            ]
            columns.append(np.concatenate(found))
            ends.append(ends[-1] + len(columns[-1]))
        ones = np.ones(ends[-1], np.float32)
        shape = (len(reviews.texts), int(starts[-1]))
        return csr_matrix((ones, np.concatenate(columns), ends), shape)

    def _combine(self, network: keras.Model, parts: list[keras.Model]) -> None:
        """Weigh the parts' verdicts by logistic regression on the held-out reviews."""
        from sklearn.linear_model import LogisticRegression

        verdicts = np.column_stack([self.logits(part, self.held_out) for part in parts])
        found = LogisticRegression(C=100.0).fit(verdicts, self.held_out.labels)
        network.get_layer("combine").set_weights([found.coef_.T, found.intercept_])

    def _batches(self, reviews: Reviews, size: int, seed: int | None = None) -> training.ByLength:
        rows = self.tokenizer.ids(reviews.texts)

        def take(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            words = data.prepare([rows[place] for place in chosen], self.config)
            return words, reviews.labels[chosen].astype("float32")

        lengths = [min(len(row), self.config.length) for row in rows]
        return training.ByLength(lengths, size, take, seed)

    # === Measuring ===

    def measure(self, network: keras.Model) -> tuple[list[Result], dict[str, Any]]:
        """Results on the test reviews, and what inference needs beside the network."""
        from sklearn.linear_model import LogisticRegression

        held_out = self.logits(network, self.held_out)
        found = LogisticRegression(C=1e6).fit(held_out[:, None], self.held_out.labels)
        scale, shift = float(found.coef_[0, 0]), float(found.intercept_[0])
        calibrated = scale * self.logits(network, self.test) + shift
        results = self._figures(self.run.preset, calibrated)
        if not self.config.fixed:
            for part in network.layers:
                if isinstance(part, keras.Model):
                    name = part.name.replace("_0", "") if self.config.members == 1 else part.name
                    results += self._figures(f"{name}_alone", self.logits(part, self.test))[:2]
        results += self._baseline()
        if self.run.data is None:
            results += PUBLISHED
        return results, {"scale": scale, "shift": shift, "length": self.config.length}

    def logits(self, network: keras.Model, reviews: Reviews) -> np.ndarray:
        """What a network makes of each review, `(texts,)`."""
        call = compile_call(network)
        batches = self._batches(reviews, BATCH)
        made = np.empty(len(reviews.texts))
        for index in range(len(batches)):
            rows = batches.rows(index)
            made[rows] = call(batches[index][0])[:, 0]
        return made

    def _figures(self, method: str, logits: np.ndarray) -> list[Result]:
        from sklearn.metrics import roc_auc_score

        labels = self.test.labels
        right = (logits > 0) == labels
        error = expected_calibration_error(1 / (1 + np.exp(-logits)), labels)
        made = [
            Result("sentiment", method, "accuracy", right.mean(), self.split, len(labels)),
            Result(
                "sentiment", method, "auc", roc_auc_score(labels, logits), self.split, len(labels)
            ),
            Result("sentiment", method, "ece", error, self.split, len(labels)),
        ]
        if self.seen.any():
            rest = right[~self.seen]
            made.append(Result("sentiment", method, "accuracy", rest.mean(), UNSEEN, len(rest)))
        return made

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
        fit, held_out, test = (
            counts.fit_transform(self.fit.texts),
            counts.transform(self.held_out.texts),
            counts.transform(self.test.texts),
        )
        weights = nb_logistic((fit, self.fit.labels), (held_out, self.held_out.labels), DEFAULT)
        return self._figures("nb_logistic_bigrams", test @ weights)


def nb_logistic(
    fit: tuple[Any, np.ndarray], held_out: tuple[Any, np.ndarray], config: Config
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
        found = LogisticRegression(C=strength, solver="liblinear", fit_intercept=False)
        candidate = ratio * found.fit(scaled, labels).coef_[0]
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
    found = row.astype(np.int64)[: max(len(row) - order + 1, 0)]
    for step in range(1, order):
        found = found % FOLD * FACTOR + row[step : len(row) - order + 1 + step]
    return found % buckets
