"""Training and measuring the networks with several answers.

    python -m mmdemo train author_profile --preset default   # 4 minutes on two busy cores
    python -m mmdemo train author_profile --preset book      # 20 minutes
    python -m mmdemo train author_profile --preset posts     # 2 minutes

Protocol of the reviews: IMDB's official parts. A tenth of the training reviews, in blocks of
neighbours, which are often about one film, is held out and chooses the epoch and the baselines'
strength. Of the posts: five folds by author, each fold's
authors measured by a network that never read them; intervals are a bootstrap over authors.
Expected: DEFAULT within 1.56 stars and 0.90 of the sentiments right, BOOK within 1.75 and 0.86.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure.metrics import bootstrap_ci
from mmdemo.core.nets import words as text
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import Result

from . import DEMO, data
from .config import BINARY, PRESETS, REGRESSION, SOFTMAX, Config
from .data import Samples
from .model import build, minimum_length

logger = logging.getLogger(__name__)

HELD_OUT = 0.1
BLOCK = 125
"""Neighbouring reviews that are held out together."""
TEST = "IMDB official test set, 25,000 reviews"
BY_AUTHOR = "five folds by author, 1,738 posts of 276 bloggers"
OWN = "a fifth of one's own rows, held out"
EQUAL = "book_equal_weights"
BATCH = 250
ALPHAS = (1.0, 3.0)
"""Strengths of the baselines' regularisation that are tried on the held-out texts."""


def train(run: training.Run) -> None:
    """Train a preset, measure it and write `run.folder`.

    With `run.data`, a table with texts, and `run.targets`, what to learn from it (see `data.own`):
    a fifth of its rows are the test part.

    Raises:
        DataMissing: the public set is not in the data folder.
        UserError: `run.data` or a target cannot be used; says why.
    """
    work = _work(run, PRESETS[run.preset])
    network, history, preprocess, folds = work.fit()
    artifacts.write(
        run.folder,
        demo=DEMO,
        preset=run.preset,
        model=network,
        config=work.config,
        preprocess=preprocess,
        results=work.results(network, folds),
        history=history,
        provenance=training.provenance(run),
        folds=folds or None,
        texts={text.FILE: work.tokenizer.to_json()},
        half=True,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Measure the networks in `run.folder` again.

    The network with equal loss weights is not stored: its figures are those of its training.

    Raises:
        DataMissing: the public set is not in the data folder.
        WeightsError: the folder is missing or corrupted.
    """
    config = stored_config(run.folder)
    work = _work(run, config)
    network = build(work.config)
    artifacts.load_weights(network, run.folder / artifacts.WEIGHTS)
    folds = {}
    for path in sorted((run.folder / "folds").glob("*.weights.h5")):
        fold = folds[path.name.removesuffix(".weights.h5")] = build(work.config)
        artifacts.load_weights(fold, path)
    work.carried = [r for r in artifacts.read_results(run.folder) if r.method == EQUAL]
    return work.results(network, folds)


def stored_config(folder: Path) -> Config:
    """The configuration of a weights folder.

    Raises:
        WeightsError: it is missing or corrupted.
    """
    stored = artifacts.read_json(folder, "config.json")

    def tuples(value: Any) -> Any:
        return tuple(map(tuples, value)) if isinstance(value, list) else value

    return Config(**{key: tuples(value) for key, value in stored.items()})


def _work(run: training.Run, config: Config) -> _Single | _ByAuthor:
    if run.data is not None:
        samples, heads = data.own(run.data, run.targets, config)
        rows = data.split(len(samples), 0.2, run.seed)
        known, test = map(samples.take, rows)
        for column, value in zip([h[0] for h in heads], known.values, strict=True):
            if len(np.unique(value[~np.isnan(value)])) < 2:
                raise UserError(f"'{column}' has too few rows of one class to hold some out.")
        config = replace(config, table="own", heads=heads, folds=0)
        return _Single(run, config, known, test, OWN, block=1)
    if run.targets:
        raise UserError("--target goes with a table: --data FILE.csv.")
    if config.table == "posts":
        return _ByAuthor(run, config, data.posts())
    return _Single(run, config, data.reviews("train"), data.reviews("test"), TEST, block=BLOCK)


# === One network ===


class _Learner:
    """One network, its vocabulary, and the units of its regressions."""

    def __init__(self, config: Config, fit: Samples, tokenizer: text.Tokenizer) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.units = [(0.0, 1.0)] * len(config.heads)
        if config.standardise:
            for number, (_, kind, _, _) in enumerate(config.heads):
                if kind == REGRESSION:
                    value = fit.values[number]
                    self.units[number] = (float(np.nanmean(value)), float(np.nanstd(value)))

    def learn(
        self,
        run: training.Run,
        name: str,
        fit: Samples,
        held_out: Samples,
        epochs: int | None = None,
    ) -> tuple[keras.Model, list[dict[str, float]]]:
        """Train, keep the epoch with the lowest held-out loss, and round as it is stored."""
        config = self.config
        keras.utils.set_random_seed(run.seed)
        network = build(config)
        make = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}
        losses = {
            REGRESSION: config.regression_loss,
            SOFTMAX: "sparse_categorical_crossentropy",
            BINARY: "binary_crossentropy",
        }
        batches = _Batches(self, fit, run.seed)
        epochs = run.epochs or epochs or config.epochs
        rate = config.learning_rate
        if config.decay:
            rate = keras.optimizers.schedules.CosineDecay(rate, epochs * len(batches))
        network.compile(
            make[config.optimizer](rate),
            [losses[kind] for _, kind, _, _ in config.heads],
            loss_weights=[weight for *_, weight in config.heads],
            jit_compile=False,
        )
        rows = training.fit(
            network,
            batches,
            stage=run.stage(name, config),
            epochs=epochs,
            seed=run.seed,
            validation_data=_Batches(self, held_out, None),
            callbacks=[
                keras.callbacks.EarlyStopping(
                    "val_loss", patience=epochs if config.decay else 2, restore_best_weights=True
                )
            ],
        )
        artifacts.round_to_half(network)
        return network, [self._named(row) for row in rows]

    def _named(self, row: dict[str, float]) -> dict[str, float]:
        """A row of the history with the columns' names in place of the heads' numbers."""
        made = {"epoch": row["epoch"]}
        for number, (column, *_) in enumerate(self.config.heads):
            for part, prefix in (("val_", "held_out"), ("", "training")):
                # Keras gives a single output's loss no name of its own.
                name = f"head_{number}_loss" if len(self.config.heads) > 1 else "loss"
                made[f"{prefix}_loss_{column.replace(' ', '_')}"] = row[f"{part}{name}"]
        return made

    def best_epoch(self, history: list[dict[str, float]]) -> int:
        """Number of the epoch with the lowest weighted held-out loss, counted from 1."""
        sums = [
            sum(
                weight * row[f"held_out_loss_{column.replace(' ', '_')}"]
                for column, _, _, weight in self.config.heads
            )
            for row in history
        ]
        return int(np.argmin(sums)) + 1

    def targets(self, samples: Samples) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Values as the losses take them, and their sample weights: 0 where unknown."""
        pairs = zip(samples.values, self.units, strict=True)
        scaled = [(value - centre) / scale for value, (centre, scale) in pairs]
        known = [(~np.isnan(value)).astype("float32") for value in samples.values]
        return [np.nan_to_num(value).astype("float32") for value in scaled], known

    def predict(self, network: keras.Model, samples: Samples) -> list[np.ndarray]:
        """Per head: the value `(texts,)`, the classes' probabilities `(texts, classes)`, or the
        second class's probability `(texts,)`."""
        call = compile_call(network)
        batches = _Batches(self, samples, None)
        made: list[np.ndarray] = [np.empty(0)] * len(self.config.heads)
        for index in range(len(batches)):
            outputs = call(batches.words(index))
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            for number, output in enumerate(outputs):
                if not made[number].size:
                    made[number] = np.empty((len(samples), output.shape[1]), np.float32)
                made[number][batches.rows(index)] = output
        for number, (_, kind, _, _) in enumerate(self.config.heads):
            if kind != SOFTMAX:
                made[number] = made[number][:, 0]
            if kind == REGRESSION:
                centre, scale = self.units[number]
                made[number] = made[number] * scale + centre
        return made


class _Batches(keras.utils.PyDataset):
    """Batches of texts of similar length, drawn anew each epoch; in one order without a seed."""

    def __init__(self, learner: _Learner, samples: Samples, seed: int | None) -> None:
        super().__init__()
        self.config = learner.config
        self.numbers = learner.tokenizer.ids(samples.texts)
        self.targets, self.known = learner.targets(samples)
        self.seed = seed
        self.size = BATCH if seed is None else self.config.batch
        self.epoch = 0
        self._arrange()

    def __len__(self) -> int:
        return math.ceil(len(self.numbers) / self.size)

    def rows(self, index: int) -> np.ndarray:
        """Which texts stand in a batch."""
        return self.batches[index]

    def words(self, index: int) -> np.ndarray:
        """Numbers of the words of a batch."""
        return data.prepare([self.numbers[row] for row in self.batches[index]], self.config)

    def __getitem__(self, index: int) -> tuple[np.ndarray, tuple[Any, ...], tuple[Any, ...]]:
        rows = self.batches[index]
        return (
            self.words(index),
            tuple(value[rows, None] for value in self.targets),
            tuple(known[rows] for known in self.known),
        )

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._arrange()

    def _arrange(self) -> None:
        count = len(self.numbers)
        lengths = np.array([min(len(row), self.config.length) for row in self.numbers])
        rng = np.random.default_rng([self.seed or 0, self.epoch])
        if self.config.stack and self.seed is not None:  # all of one length
            self.batches = np.array_split(rng.permutation(count), len(self))
            return
        noise = 1.0 if self.seed is None else rng.uniform(0.8, 1.25, count)
        batches = np.array_split(np.argsort(-lengths * noise, kind="stable"), len(self))
        if self.seed is not None:
            rng.shuffle(batches)
        # Keras takes the input's shape from the first two: they must differ in length if any do.
        longest = [int(lengths[batch].max()) for batch in batches]
        ends = dict.fromkeys((int(np.argmax(longest)), int(np.argmin(longest))))
        middle = [batch for number, batch in enumerate(batches) if number not in ends]
        self.batches = [*(batches[number] for number in ends), *middle]


# === Reviews, and one's own table ===


class _Single:
    """A preset with one training and one test part."""

    def __init__(
        self,
        run: training.Run,
        config: Config,
        known: Samples,
        test: Samples,
        where: str,
        block: int,
    ) -> None:
        self.run = run
        self.test = test
        self.where = where
        rows = data.split(len(known), HELD_OUT, run.seed, block)
        self.known, self.held_out = map(known.take, rows)
        self.tokenizer = text.Tokenizer.train(self.known.texts, config.words)
        length = config.length
        if where == OWN:
            longest = max(map(len, self.tokenizer.ids(self.known.texts)))
            length = max(min(longest, length), minimum_length(config))
        self.config = replace(config, words=len(self.tokenizer), length=length)
        self.learner = _Learner(self.config, self.known, self.tokenizer)
        self.carried: list[Result] = []

    def fit(self) -> tuple[keras.Model, list[dict[str, float]], dict[str, Any], dict[str, Any]]:
        """The network, its history, what inference needs, and no folds."""
        network, history = self.learner.learn(self.run, "given", self.known, self.held_out)
        preprocess: dict[str, Any] = {"units": self.learner.units}
        if self.config.stack and self.run.data is None:
            preprocess["weighting"] = self._equal_weights(history)
        preprocess["errors"] = _errors(
            self.config, self.test, self.learner.predict(network, self.test)
        )
        return network, history, preprocess, {}

    def _equal_weights(self, history: list[dict[str, float]]) -> dict[str, Any]:
        """The same network with all loss weights 1, measured alike: losses of both per epoch."""
        equal = tuple((*head[:3], 1.0) for head in self.config.heads)
        learner = _Learner(replace(self.config, heads=equal), self.known, self.tokenizer)
        network, other = learner.learn(self.run, "equal", self.known, self.held_out)
        found = learner.predict(network, self.test)
        self.carried = figures(self.config, EQUAL, self.test, found, self.where)
        return {
            "given": {"weights": [head[3] for head in self.config.heads], "history": history},
            "equal": {"weights": [1.0] * len(equal), "history": other},
        }

    def results(self, network: keras.Model, folds: dict[str, keras.Model]) -> list[Result]:
        """The network's figures, beside those of the baselines."""
        found = self.learner.predict(network, self.test)
        made = figures(self.config, self.run.preset, self.test, found, self.where)
        made += self.carried
        made += figures(self.config, "tfidf_linear", self.test, self._linear(), self.where)
        simple = constant(self.config, self.known, self.test)
        return made + figures(self.config, "mean_or_majority", self.test, simple, self.where)

    def _linear(self) -> list[np.ndarray]:
        """The baselines' predictions; on the reviews they are kept, since two presets need them."""
        parts = self.known, self.held_out, self.test
        if self.where != TEST:
            return linear(self.config, self.tokenizer, *parts)
        kept = self.run.work / f"linear-{self.run.seed}.npz"
        if not kept.is_file():
            made = linear(self.config, self.tokenizer, *parts)
            partial = kept.with_suffix(".part.npz")
            partial.parent.mkdir(parents=True, exist_ok=True)
            np.savez(partial, *made)
            partial.replace(kept)
        with np.load(kept) as stored:
            return [stored[name] for name in stored.files]


# === Posts ===


class _ByAuthor:
    """The posts: a network per fold, and one of all posts that is served."""

    def __init__(self, run: training.Run, config: Config, samples: Samples) -> None:
        self.run = run
        self.samples = samples
        self.tokenizer = text.Tokenizer.train(samples.texts, config.words)
        self.config = replace(config, words=len(self.tokenizer))
        self.folds = data.by_group(samples.groups, config.folds, run.seed)

    def fit(self) -> tuple[keras.Model, list[dict[str, float]], dict[str, Any], dict[str, Any]]:
        """The served network, the first fold's history, its errors, and the folds' networks.

        Each fold's vocabulary is that of all posts, in which no label stands; its epoch is chosen
        on a part of its own training authors. The served network is trained for the folds' median.
        """
        folds, epochs = {}, []
        history: list[dict[str, float]] = []
        for number in range(len(self.folds)):
            fit, held_out, _ = self._parts(number)
            learner = _Learner(self.config, fit, self.tokenizer)
            network, rows = learner.learn(self.run, f"fold_{number}", fit, held_out)
            folds[f"fold_{number}"] = network
            epochs.append(learner.best_epoch(rows))
            history = history or rows
        learner = _Learner(self.config, self.samples, self.tokenizer)
        count = int(np.median(epochs))
        # Nothing is held out here: the losses are watched on the posts that it learns from.
        network, _ = learner.learn(self.run, "all", self.samples, self.samples, count)
        found = self._predictions(folds)
        errors = _errors(self.config, self.samples, found)
        return network, history, {"units": learner.units, "errors": errors}, folds

    def results(self, network: keras.Model, folds: dict[str, keras.Model]) -> list[Result]:
        """Figures of the folds' networks on authors that they never read, beside the baselines."""
        made = self._figures("default", self._predictions(folds))
        parts = [self._parts(number) for number in range(len(self.folds))]
        fitted = [linear(self.config, self.tokenizer, *part) for part in parts]
        made += self._figures("tfidf_linear", self._joined(fitted))
        simple = [constant(self.config, known, test) for known, _, test in parts]
        return made + self._figures("mean_or_majority", self._joined(simple))

    def _parts(self, number: int) -> tuple[Samples, Samples, Samples]:
        """Posts to fit on, to choose the epoch, and to measure: no author in two of them."""
        rest = np.setdiff1d(np.arange(len(self.samples)), self.folds[number])
        chosen = data.by_group(self.samples.groups[rest], round(1 / HELD_OUT), number)[0]
        parts = np.delete(rest, chosen), rest[chosen], self.folds[number]
        fit, held_out, test = map(self.samples.take, parts)
        return fit, held_out, test

    def _predictions(self, folds: dict[str, keras.Model]) -> list[np.ndarray]:
        made = []
        for number, network in enumerate(folds.values()):
            fit, _, test = self._parts(number)
            made.append(_Learner(self.config, fit, self.tokenizer).predict(network, test))
        return self._joined(made)

    def _joined(self, parts: list[list[np.ndarray]]) -> list[np.ndarray]:
        """The folds' predictions in the order of the posts."""
        order = np.argsort(np.concatenate(self.folds))
        return [np.concatenate(heads)[order] for heads in zip(*parts, strict=True)]

    def _figures(self, method: str, found: list[np.ndarray]) -> list[Result]:
        return figures(
            self.config, method, self.samples, found, BY_AUTHOR, groups=self.samples.groups
        )


# === Measures and baselines ===


def figures(
    config: Config,
    method: str,
    samples: Samples,
    found: list[np.ndarray],
    where: str,
    groups: np.ndarray | None = None,
) -> list[Result]:
    """What a method reaches in each head; a task per head, called as its column.

    Args:
        config: names the heads.
        method: as in `Result`.
        samples: with the true values.
        found: per head, as `_Learner.predict` gives it.
        where: the protocol.
        groups: of a bootstrap over whole groups; without them no interval is given.
    """
    made = []
    for (column, kind, classes, _), truth, guess in zip(
        config.heads, samples.values, found, strict=True
    ):
        known = np.flatnonzero(~np.isnan(truth))
        if not len(known):
            continue
        measures = _measures(kind, len(classes))
        for metric, measure in measures.items():
            value = measure(truth[known], guess[known])
            if math.isnan(value):
                continue
            interval = None
            if groups is not None:
                rows = [known[groups[known] == group] for group in np.unique(groups[known])]
                interval = bootstrap_ci(
                    lambda drawn, m=measure, t=truth, g=guess: m(
                        t[np.concatenate(drawn)], g[np.concatenate(drawn)]
                    ),
                    rows,
                )
            made.append(Result(column, method, metric, value, where, len(known), interval))
    return made


def _measures(kind: str, classes: int) -> dict[str, Any]:
    if kind == REGRESSION:
        return {"mae": _mae, "pearson_r": _pearson}
    if kind == SOFTMAX:
        return {"accuracy": _right, "balanced_accuracy": _balanced}
    return {
        "accuracy": lambda truth, guess: float(np.mean((guess > 0.5) == truth)),
        "auc": _auc,
    }


def _mae(truth: np.ndarray, guess: np.ndarray) -> float:
    return float(np.abs(truth - guess).mean())


def _pearson(truth: np.ndarray, guess: np.ndarray) -> float:
    if np.ptp(guess) < 1e-6 or np.ptp(truth) == 0:
        return math.nan
    return float(np.corrcoef(truth, guess)[0, 1])


def _right(truth: np.ndarray, guess: np.ndarray) -> float:
    return float(np.mean(guess.argmax(axis=1) == truth))


def _balanced(truth: np.ndarray, guess: np.ndarray) -> float:
    right = guess.argmax(axis=1) == truth
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))


def _auc(truth: np.ndarray, guess: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    if len(np.unique(truth)) < 2 or np.ptp(guess) == 0:
        return math.nan
    return float(roc_auc_score(truth, guess))


def _errors(config: Config, samples: Samples, found: list[np.ndarray]) -> list[dict[str, float]]:
    """Per head what the page says of a guess: how far off, or how often right, beside no skill.

    Of a regression: `within`, the distance from the guess that holds 8 of 10 held-out texts.
    """
    made = []
    for (_, kind, _, _), truth, guess in zip(config.heads, samples.values, found, strict=True):
        known = ~np.isnan(truth)
        truth, guess = truth[known], guess[known]
        if kind == REGRESSION:
            low, high = np.quantile(truth, [0.0, 1.0])
            within = np.quantile(np.abs(truth - guess), 0.8)
            entry = {"mae": _mae(truth, guess), "within": within, "lowest": low, "highest": high}
        else:
            right = _right(truth, guess) if kind == SOFTMAX else np.mean((guess > 0.5) == truth)
            entry = {
                "accuracy": right,
                "majority": np.bincount(truth.astype(int)).max() / len(truth),
            }
        made.append({key: round(float(value), 4) for key, value in entry.items()})
    return made


def linear(
    config: Config, tokenizer: text.Tokenizer, fit: Samples, held_out: Samples, test: Samples
) -> list[np.ndarray]:
    """Ridge and logistic regression on TF-IDF of words and pairs; predictions on `test` per head.

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
    others = weigh.transform(held_out.texts), weigh.transform(test.texts)
    made = []
    for number, (_, kind, classes, _) in enumerate(config.heads):
        truth, checks = fit.values[number], held_out.values[number]
        known, checked = ~np.isnan(truth), ~np.isnan(checks)
        best, chosen = math.inf, np.empty(0)
        for alpha in ALPHAS:
            if kind == REGRESSION:
                machine = Ridge(alpha, solver="sparse_cg").fit(features[known], truth[known])
                guesses = [machine.predict(part) for part in others]
            else:
                machine = LogisticRegression(C=10 / alpha, tol=1e-3, max_iter=200)
                machine.fit(features[known], truth[known])
                guesses = [
                    _spread(machine.predict_proba(part), machine.classes_, len(classes))
                    for part in others
                ]
                if kind == BINARY:
                    guesses = [guess[:, 1] for guess in guesses]
            measure = next(iter(_measures(kind, len(classes)).values()))
            score = measure(checks[checked], guesses[0][checked]) if checked.any() else 0.0
            loss = score if kind == REGRESSION else -score
            if loss < best:
                best, chosen = loss, guesses[1]
        made.append(chosen)
    return made


def _spread(shares: np.ndarray, found: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities of all classes where some were not in training."""
    made = np.zeros((len(shares), classes), np.float32)
    made[:, found.astype(int)] = shares
    return made


def constant(config: Config, fit: Samples, test: Samples) -> list[np.ndarray]:
    """No skill: the median of a number (which has the lowest mean error), the classes' shares."""
    made = []
    for (_, kind, classes, _), truth in zip(config.heads, fit.values, strict=True):
        truth = truth[~np.isnan(truth)]
        if kind == REGRESSION:
            made.append(np.full(len(test), np.median(truth)))
            continue
        shares = np.bincount(truth.astype(int), minlength=len(classes)) / len(truth)
        shares = np.tile(shares, (len(test), 1))
        made.append(shares if kind == SOFTMAX else shares[:, 1])
    return made
