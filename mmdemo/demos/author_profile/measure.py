"""Figures of the networks with several answers, and the baselines beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn import metrics as sklearn_metrics

from mmdemo.core.measure import calibration
from mmdemo.core.measure.metrics import bootstrap_ci
from mmdemo.core.measure.report import Result
from mmdemo.core.nets.words import Tokenizer

from .config import BINARY, REGRESSION, SOFTMAX, Config, Head
from .data import Samples

ALPHAS = (1.0, 3.0)
"""Strengths of the baselines' regularisation that are tried on the held-out texts."""

Metric = Callable[[np.ndarray, np.ndarray], float]
"""The true values `(texts,)` and what is said of them to a figure; NaN where it is not defined."""


def figures(
    config: Config,
    method: str,
    samples: Samples,
    guesses: list[np.ndarray],
    where: str,
    groups: np.ndarray | None = None,
) -> list[Result]:
    """What a method reaches in each head; a task per head, called as its column.

    Args:
        config: names the heads.
        method: as in `Result`.
        samples: with the true values.
        guesses: per head, as a network's `predict` gives them.
        where: the protocol.
        groups: of a bootstrap over whole groups; without them no interval is given.
    """
    results = []
    for head, truth, guess in zip(config.heads, samples.values, guesses, strict=True):
        known = np.flatnonzero(~np.isnan(truth))
        if not len(known):
            continue
        for name, metric in metrics(head).items():
            value = metric(truth[known], guess[known])
            if math.isnan(value):
                continue
            interval = None
            if groups is not None:

                def of_drawn(
                    drawn: list[np.ndarray],
                    metric: Metric = metric,
                    truth: np.ndarray = truth,
                    guess: np.ndarray = guess,
                ) -> float:
                    rows = np.concatenate(drawn)
                    return metric(truth[rows], guess[rows])

                rows = [known[groups[known] == group] for group in np.unique(groups[known])]
                interval = bootstrap_ci(of_drawn, rows)
            results.append(Result(head.column, method, name, value, where, len(known), interval))
    return results


def metrics(head: Head) -> dict[str, Metric]:
    """What an answer is measured by, the chief one first."""
    if head.kind == REGRESSION:
        return {"mae": sklearn_metrics.mean_absolute_error, "pearson_r": _pearson}

    def accuracy(truth: np.ndarray, guess: np.ndarray) -> float:
        return float(sklearn_metrics.accuracy_score(truth, _likeliest(guess)))

    if head.kind == SOFTMAX:
        return {"accuracy": accuracy, "balanced_accuracy": _balanced_accuracy}
    return {"accuracy": accuracy, "auc": _auc}


def _likeliest(guess: np.ndarray) -> np.ndarray:
    """Places of the classes: of their probabilities `(texts, classes)`, or of the second's."""
    return guess.argmax(axis=1) if guess.ndim == 2 else (guess > 0.5).astype(int)


def _balanced_accuracy(truth: np.ndarray, guess: np.ndarray) -> float:
    occurring = np.unique(truth)
    return float(
        sklearn_metrics.recall_score(truth, _likeliest(guess), labels=occurring, average="macro")
    )


def _pearson(truth: np.ndarray, guess: np.ndarray) -> float:
    if np.ptp(guess) < 1e-6 or np.ptp(truth) == 0:
        return math.nan
    return float(np.corrcoef(truth, guess)[0, 1])


def _auc(truth: np.ndarray, guess: np.ndarray) -> float:
    if len(np.unique(truth)) < 2 or np.ptp(guess) == 0:
        return math.nan
    return float(sklearn_metrics.roc_auc_score(truth, guess))


def errors(config: Config, samples: Samples, guesses: list[np.ndarray]) -> list[dict[str, float]]:
    """Per head what the page says of a guess: how far off, or how often right, beside no skill.

    Of a regression: `within`, the distance from the guess that holds 8 of 10 held-out texts.
    """
    entries = []
    for head, truth, guess in zip(config.heads, samples.values, guesses, strict=True):
        known = ~np.isnan(truth)
        truth, guess = truth[known], guess[known]
        name, metric = next(iter(metrics(head).items()))
        entry: dict[str, Any] = {name: metric(truth, guess)}
        if head.kind == REGRESSION:
            entry["within"] = np.quantile(np.abs(truth - guess), 0.8)
            entry["lowest"], entry["highest"] = truth.min(), truth.max()
        else:
            entry["majority"] = np.bincount(truth.astype(int)).max() / len(truth)
        entries.append({key: round(float(value), 4) for key, value in entry.items()})
    return entries


# === Probabilities that fit at every length ===


def calibrate(
    config: Config,
    parts: Sequence[Samples],
    said: Sequence[list[np.ndarray]],
    lengths: Sequence[np.ndarray],
) -> dict[str, list[float]]:
    """Per column with two classes, what makes its probability fit.

    Args:
        config: names the heads.
        parts: texts that the network was not trained on, in which every such value is known.
        said: of each part, as a network's `predict` gives it.
        lengths: of each part the words that were read, `(texts,)`.
    """
    found = {}
    for number, head in enumerate(config.heads):
        if head.kind == BINARY:
            logits = calibration.logit(np.concatenate([guesses[number] for guesses in said]))
            labels = np.concatenate([part.values[number] for part in parts])
            words = np.concatenate(lengths)
            found[head.column] = calibration.fit(logits, words, labels, by_length=True)
    return found


def calibrated(
    config: Config,
    guesses: Sequence[np.ndarray],
    words: np.ndarray,
    found: Mapping[str, list[float]],
) -> list[np.ndarray]:
    """What a network says, per head, with the probabilities that were calibrated.

    Args:
        config: names the heads.
        guesses: per head.
        words: that were read of each text, in a shape that goes with the guesses.
        found: from `calibrate`; other columns stay as they are.
    """
    return [
        calibration.probability(guess, words, found[head.column]) if head.column in found else guess
        for head, guess in zip(config.heads, guesses, strict=True)
    ]


# === Baselines ===


def linear(
    config: Config, tokenizer: Tokenizer, fit: Samples, held_out: Samples, tests: Sequence[Samples]
) -> list[list[np.ndarray]]:
    """Ridge and logistic regression on TF-IDF of words and pairs; predictions per test and head.

    The strength of the regularisation is the better of two on `held_out`.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, Ridge

    weigh = TfidfVectorizer(
        tokenizer=tokenizer.split,
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, 2),
        min_df=min(5, max(len(fit) // 100, 1)),
        sublinear_tf=True,
        dtype=np.float32,
    )
    features = weigh.fit_transform(fit.texts)
    others = [weigh.transform(part.texts) for part in (held_out, *tests)]
    chosen = []
    for head, truth, checks in zip(config.heads, fit.values, held_out.values, strict=True):
        known, checked = ~np.isnan(truth), ~np.isnan(checks)
        metric = next(iter(metrics(head).values()))
        best, predicted = math.inf, [np.empty(0)] * len(tests)
        for alpha in ALPHAS:
            if head.kind == REGRESSION:
                machine = Ridge(alpha, solver="sparse_cg").fit(features[known], truth[known])
                guesses = [machine.predict(part) for part in others]
            else:
                machine = LogisticRegression(C=10 / alpha, tol=1e-3, max_iter=200)
                machine.fit(features[known], truth[known])
                guesses = [
                    _spread(machine.predict_proba(part), machine.classes_, len(head.classes))
                    for part in others
                ]
                if head.kind == BINARY:
                    guesses = [guess[:, 1] for guess in guesses]
            score = metric(checks[checked], guesses[0][checked]) if checked.any() else 0.0
            loss = score if head.kind == REGRESSION else -score
            if loss < best:
                best, predicted = loss, guesses[1:]
        chosen.append(predicted)
    return [[of_head[number] for of_head in chosen] for number in range(len(tests))]


def _spread(shares: np.ndarray, places: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities of all classes where some were not in training."""
    spread = np.zeros((len(shares), classes), np.float32)
    spread[:, places.astype(int)] = shares
    return spread


def constant(config: Config, fit: Samples, test: Samples) -> list[np.ndarray]:
    """No skill: the median of a number (which has the lowest mean error), the classes' shares."""
    guesses = []
    for head, truth in zip(config.heads, fit.values, strict=True):
        truth = truth[~np.isnan(truth)]
        if head.kind == REGRESSION:
            guesses.append(np.full(len(test), np.median(truth)))
            continue
        shares = np.bincount(truth.astype(int), minlength=len(head.classes)) / len(truth)
        shares = np.tile(shares, (len(test), 1))
        guesses.append(shares if head.kind == SOFTMAX else shares[:, 1])
    return guesses
