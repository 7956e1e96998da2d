"""Training the networks with several answers.

    python -m mmdemo train author_profile                   # 4 minutes on two busy cores
    python -m mmdemo train author_profile --preset book     # 20 minutes
    python -m mmdemo train author_profile/posts             # 2 minutes

Protocol of the reviews: IMDB's official parts. A tenth of the training reviews, in blocks of
neighbours, which are often about one film, is held out and chooses the epoch and the baselines'
strength. Of the posts: five folds by author, each fold's
authors measured by a network that never read them; intervals are a bootstrap over authors.
Expected: DEFAULT within 1.57 stars and 0.91 of the sentiments right, BOOK within 1.75 and 0.86.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure.report import Result, abroad
from mmdemo.core.nets import words
from mmdemo.core.nets.ngrams import features
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import languages
from mmdemo.core.train.batches import ByLength, Shuffled
from mmdemo.core.train.experiment import Experiment, History, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts, half_precision
from mmdemo.core.weights.configuration import replace

from . import DEMO, counting, data, measure
from .config import BINARY, REGRESSION, SOFTMAX, Config
from .counting import Shares
from .data import Samples
from .model import add_counted, build, counts, minimum_length, tables

logger = logging.getLogger(__name__)

HELD_OUT = 0.1
BLOCK = 125
"""Neighbouring reviews that are held out together."""
TEST = "IMDB official test set, 25,000 reviews"
BY_AUTHOR = "five folds by author, 1,738 posts of 276 bloggers"
ELSEWHERE = (
    "critics' lines about films on Rotten Tomatoes, half of the sentence polarity set: sentences, "
    "of which no star is known"
)
OWN = "a fifth of one's own rows, held out"
EQUAL = "book_equal_weights"
BATCH = 250

Units = list[tuple[float, float]]
"""Per head, the number that is learnt as 0, and how far from it the one is that is learnt as 1."""


class _Profile(Experiment[Config]):
    """What the experiments share: a vocabulary, and networks that read with it.

    Args:
        run: the call.
        config: its vocabulary is adapted to the texts.
        texts: that the vocabulary is counted in.
    """

    demo = DEMO

    def __init__(self, run: Run, config: Config, texts: Sequence[str]) -> None:
        self.tokenizer = words.Tokenizer.train(texts, config.input.words)
        self.shares: dict[str, Shares] = {}
        super().__init__(run, replace(config, words=len(self.tokenizer)))

    def files(self) -> Mapping[str, str]:
        return {words.FILE: self.tokenizer.to_json()}

    def units(self, fit: Samples) -> Units:
        """Those in which a network learns numbers, from what it is fitted on."""
        standardise = self.config.training.standardise
        return [
            (float(np.nanmean(value)), float(np.nanstd(value)))
            if standardise and head.kind == REGRESSION
            else (0.0, 1.0)
            for head, value in zip(self.config.heads, fit.values, strict=True)
        ]

    def learn(
        self,
        name: str,
        fit: Samples,
        held_out: Samples,
        *,
        config: Config | None = None,
        epochs: int | None = None,
        shares: Shares | None = None,
    ) -> Trained:
        """Train a network, and keep the epoch with the lowest held-out loss; count beside it.

        Args:
            name: of the stage.
            fit: texts to fit on.
            held_out: texts that choose.
            config: in place of the experiment's.
            epochs: in place of the configuration's.
            shares: of reading and counting; by default held-out texts weigh them.
        """
        config = config or self.config
        training = config.training
        keras.utils.set_random_seed(self.run.seed)
        network = build(config)
        losses = {
            REGRESSION: training.regression_loss,
            SOFTMAX: "sparse_categorical_crossentropy",
            BINARY: "binary_crossentropy",
        }
        units = self.units(fit)
        batches = self.batches(fit, units, self.run.seed)
        epochs = self.run.epochs or epochs or training.epochs
        rate = training.learning_rate
        if training.decay:
            rate = keras.optimizers.schedules.CosineDecay(rate, epochs * len(batches))
        optimizers = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}
        network.compile(
            optimizers[training.optimizer](rate),
            [losses[head.kind] for head in config.heads],
            loss_weights=[head.weight for head in config.heads],
            jit_compile=False,
        )
        rows = self.fit(
            network,
            batches,
            name,
            epochs=epochs,
            config=config,
            validation_data=self.batches(held_out, units),
            callbacks=[
                keras.callbacks.EarlyStopping(
                    "val_loss", patience=epochs if training.decay else 2, restore_best_weights=True
                )
            ],
        )
        if counts(config):
            self._count(network, name, fit, held_out, shares)
        return Trained(network, [self._named(row) for row in rows])

    def _count(
        self,
        network: keras.Model,
        name: str,
        fit: Samples,
        held_out: Samples,
        shares: Shares | None,
    ) -> None:
        """Add what words and pairs say for each class, from what the network is fitted on."""
        counted = counting.regress(self._features(network, fit), fit.values, self.config)
        self.shares[name] = shares or counting.weigh(
            self._features(network, held_out),
            held_out.values,
            self.predict(network, fit, held_out),
            counted,
            self.config.heads,
        )
        logger.info("reading and counting: %s", self.shares[name])
        add_counted(network, self.config, counted, self.shares[name])

    def _features(self, network: keras.Model, samples: Samples) -> Any:
        """Which words and pairs stand in what is read of each text."""
        length = self.config.input.length
        return features(
            [row[-length:] for row in self.tokenizer.ids(samples.texts)], tables(network)
        )

    def _named(self, row: dict[str, float]) -> dict[str, float]:
        """A row of the history with the columns' names in place of the heads' numbers."""
        named = {"epoch": row["epoch"]}
        for number, head in enumerate(self.config.heads):
            # Keras gives a single output's loss no name of its own.
            loss = f"head_{number}_loss" if len(self.config.heads) > 1 else "loss"
            named[f"held_out_loss_{head.key}"] = row[f"val_{loss}"]
            named[f"training_loss_{head.key}"] = row[loss]
        return named

    def batches(
        self, samples: Samples, units: Units, seed: int | None = None
    ) -> Shuffled | ByLength:
        """Texts of similar length, with their values as the losses take them; what is unknown
        weighs nothing. Without a seed the batches are larger, and in one order."""
        config = self.config
        numbers = self.tokenizer.ids(samples.texts)
        known = [(~np.isnan(value)).astype("float32") for value in samples.values]
        targets = [
            np.nan_to_num((value - centre) / scale).astype("float32")
            for value, (centre, scale) in zip(samples.values, units, strict=True)
        ]

        def take(rows: np.ndarray) -> tuple[np.ndarray, tuple[Any, ...], tuple[Any, ...]]:
            return (
                data.prepare([numbers[row] for row in rows], config),
                tuple(target[rows, None] for target in targets),
                tuple(weight[rows] for weight in known),
            )

        if config.network.stack and seed is not None:  # all of one length
            return Shuffled(len(samples), config.training.batch, take, seed)
        lengths = [min(len(row), config.input.length) for row in numbers]
        return ByLength(lengths, BATCH if seed is None else config.training.batch, take, seed)

    def predict(self, network: keras.Model, fit: Samples, samples: Samples) -> list[np.ndarray]:
        """What a network that was fitted on `fit` says of other texts.

        Returns:
            Per head the value `(texts,)`, the classes' probabilities `(texts, classes)`, or the
            second class's probability `(texts,)`.
        """
        call = compile_call(network)
        units = self.units(fit)
        batches = self.batches(samples, units)
        outputs = [call(batches[index][0]) for index in range(len(batches))]
        order = np.argsort(np.concatenate([batches.rows(index) for index in range(len(batches))]))
        several = len(self.config.heads) > 1
        guesses = []
        for number, (head, (centre, scale)) in enumerate(
            zip(self.config.heads, units, strict=True)
        ):
            parts = [output[number] if several else output for output in outputs]
            guess = np.concatenate(parts)[order]
            guess = guess if head.kind == SOFTMAX else guess[:, 0]
            guesses.append(guess * scale + centre if head.kind == REGRESSION else guess)
        return guesses


class TwoParts(_Profile):
    """A training and a test part: the reviews, or one's own table."""

    def __init__(
        self,
        run: Run,
        config: Config,
        known: Samples,
        test: Samples,
        where: str,
        block: int,
        critics: tuple[Samples, Samples] | None = None,
    ) -> None:
        self.test = test
        self.calibrating, self.foreign = critics or (None, None)
        self.where = where
        rows = data.split(len(known), HELD_OUT, run.seed, block)
        self.known, self.held_out = map(known.take, rows)
        super().__init__(run, config, self.known.texts)
        if where == OWN:
            longest = max(map(len, self.tokenizer.ids(self.known.texts)))
            length = max(min(longest, config.input.length), minimum_length(config))
            self.config = replace(self.config, length=length)
        self.history: History = []

    def network(self) -> Trained:
        trained = self.learn("given", self.known, self.held_out)
        self.history = trained.history
        return trained

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        found: dict[str, list[float]] = {}
        if self.calibrating is not None and not self.config.network.stack:  # the source has none
            parts = [self.held_out, self.calibrating]
            said = [self.predict(network, self.known, part) for part in parts]
            found = measure.calibrate(self.config, parts, said, list(map(self._lengths, parts)))
        guesses = self._calibrated(network, self.test, found)
        preprocess: dict[str, Any] = {"units": self.units(self.known), "calibration": found}
        results = self._figures(self.run.preset, guesses)
        if self.config.network.stack and self.run.data is None:
            if self.history:
                preprocess["weighting"], equal = self._equal_weights()
            else:  # this network is not stored: its figures are those of its training
                equal = [r for r in artifacts.read_results(self.run.folder) if r.method == EQUAL]
            results += equal
        preprocess["errors"] = measure.errors(self.config, self.test, guesses)
        linear, *abroad_too = self._linear()
        results += self._figures("tfidf_linear", linear)
        simple = measure.constant(self.config, self.known, self.test)
        results += self._figures("mean_or_majority", simple)
        if self.foreign is not None:
            there = self._calibrated(network, self.foreign, found)
            for method, said in ((self.run.preset, there), ("tfidf_linear", abroad_too[0])):
                figures = measure.figures(self.config, method, self.foreign, said, ELSEWHERE)
                results += abroad(figures)
        if self.run.data is None:
            preprocess["familiar"], told = languages.measured(self.run.preset, self.tokenizer)
            results += told
        return Measured(results, preprocess)

    def _calibrated(self, network: keras.Model, samples: Samples, found: Any) -> list[np.ndarray]:
        """What the network says of texts, as the page shows it."""
        said = self.predict(network, self.known, samples)
        return measure.calibrated(self.config, said, self._lengths(samples), found)

    def _lengths(self, samples: Samples) -> np.ndarray:
        """Words that are read of each text, `(texts,)`."""
        longest = self.config.input.length
        return np.array([min(len(row), longest) for row in self.tokenizer.ids(samples.texts)])

    def _figures(self, method: str, guesses: list[np.ndarray]) -> list[Result]:
        return measure.figures(self.config, method, self.test, guesses, self.where)

    def _equal_weights(self) -> tuple[dict[str, Any], list[Result]]:
        """The same network with all loss weights 1: losses of both per epoch, and its figures."""
        heads = tuple(head._replace(weight=1.0) for head in self.config.heads)
        config = dataclasses.replace(self.config, heads=heads)
        network, history = self.learn("equal", self.known, self.held_out, config=config)
        half_precision.round_weights(network)
        both = ("given", self.config, self.history), ("equal", config, history)
        weighting = {
            name: {"weights": [head.weight for head in kind.heads], "history": rows}
            for name, kind, rows in both
        }
        return weighting, self._figures(EQUAL, self.predict(network, self.known, self.test))

    def _linear(self) -> list[list[np.ndarray]]:
        """The baselines' predictions on the test and the foreign texts; on the reviews they are
        kept, since two presets need them."""
        tests = [self.test, *([self.foreign] if self.foreign is not None else [])]
        parts = self.known, self.held_out, tests
        if self.where != TEST:
            return measure.linear(self.config, self.tokenizer, *parts)
        heads = len(self.config.heads)
        kept = self.run.work / f"linear-{len(tests)}-{self.run.seed}.npz"
        if not kept.is_file():
            guesses = measure.linear(self.config, self.tokenizer, *parts)
            partial_file = kept.with_suffix(".part.npz")
            partial_file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(partial_file, *(guess for of_test in guesses for guess in of_test))
            partial_file.replace(kept)
        with np.load(kept) as stored:
            flat = [stored[name] for name in stored.files]
        return [flat[start : start + heads] for start in range(0, len(flat), heads)]


class ByAuthor(_Profile):
    """The posts: a network per fold, and one of all posts that is served.

    Each fold's vocabulary is that of all posts, in which no label stands; its epoch is chosen on a
    part of its own training authors. The served network is trained for the folds' median.
    """

    stores_folds = True

    def __init__(self, run: Run, config: Config, samples: Samples) -> None:
        super().__init__(run, config, samples.texts)
        self.samples = samples
        self.rows = data.by_group(samples.groups, config.training.folds, run.seed)
        self.parts = [self._parts(number, rows) for number, rows in enumerate(self.rows)]

    def _parts(self, number: int, test: np.ndarray) -> tuple[Samples, Samples, Samples]:
        """Posts to fit on, to choose the epoch, and to measure: no author in two of them."""
        rest = np.setdiff1d(np.arange(len(self.samples)), test)
        chosen = data.by_group(self.samples.groups[rest], round(1 / HELD_OUT), number)[0]
        fit, held_out, measured = map(
            self.samples.take, (np.delete(rest, chosen), rest[chosen], test)
        )
        return fit, held_out, measured

    def network(self) -> Trained:
        histories = [self._fold(number).history for number in range(len(self.rows))]
        count = int(np.median([self._best_epoch(history) for history in histories]))
        shares = [self.shares[f"fold_{number}"] for number in range(len(self.rows))]
        # Nothing is held out here: the losses are watched on the posts that it learns from.
        network, _ = self.learn(
            "all", self.samples, self.samples, epochs=count, shares=_mean(shares)
        )
        return Trained(network, histories[0])

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        def trained(number: int) -> keras.Model:
            return self._fold(number).network

        return {f"fold_{number}": partial(trained, number) for number in range(len(self.rows))}

    def _fold(self, number: int) -> Trained:
        fit, held_out, _ = self.parts[number]
        return self.learn(f"fold_{number}", fit, held_out)

    def _best_epoch(self, history: History) -> int:
        """Number of the epoch with the lowest weighted held-out loss, counted from 1."""
        heads = self.config.heads
        sums = [sum(h.weight * row[f"held_out_loss_{h.key}"] for h in heads) for row in history]
        return int(np.argmin(sums)) + 1

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        config = self.config
        parts = list(zip(folds.values(), self.parts, strict=True))
        guesses = self._joined([self.predict(each, fit, test) for each, (fit, _, test) in parts])
        linear = [
            measure.linear(config, self.tokenizer, fit, held_out, [test])[0]
            for fit, held_out, test in self.parts
        ]
        simple = [measure.constant(config, fit, test) for fit, _, test in self.parts]
        results = [
            *self._figures("default", guesses),
            *self._figures("tfidf_linear", self._joined(linear)),
            *self._figures("mean_or_majority", self._joined(simple)),
        ]
        errors = measure.errors(config, self.samples, guesses)
        stored, told = languages.measured("default", self.tokenizer)
        preprocess = {"units": self.units(self.samples), "errors": errors, "familiar": stored}
        return Measured(results + told, preprocess)

    def _joined(self, parts: list[list[np.ndarray]]) -> list[np.ndarray]:
        """The folds' predictions in the order of the posts."""
        order = np.argsort(np.concatenate(self.rows))
        return [np.concatenate(heads)[order] for heads in zip(*parts, strict=True)]

    def _figures(self, method: str, guesses: list[np.ndarray]) -> list[Result]:
        samples = self.samples
        return measure.figures(
            self.config, method, samples, guesses, BY_AUTHOR, groups=samples.groups
        )


def _mean(shares: Sequence[Shares]) -> Shares:
    return [(float(a), float(b)) for a, b in np.mean(shares, axis=0)]


def experiment(run: Run, config: Config) -> Experiment[Config]:
    """The experiment of a task, or with `run.data` that of one's own table (see `data.own`): a
    fifth of its rows are the test part.

    Raises:
        DataMissing: the public set is not in the data folder.
        UserError: `run.data` or a target cannot be used; says why.
    """
    targets = run.options.get("target", ())
    if run.data is not None:
        samples, heads = data.own(run.data, targets, config)
        known, test = map(samples.take, data.split(len(samples), 0.2, run.seed))
        for head, value in zip(heads, known.values, strict=True):
            if len(np.unique(value[~np.isnan(value)])) < 2:
                raise UserError(f"'{head.column}' has too few rows of one class to hold some out.")
        config = replace(config, table="own", heads=heads, folds=0)
        return TwoParts(run, config, known, test, OWN, block=1)
    if targets:
        raise UserError("--target goes with a table: --data FILE.csv.")
    if config.table == "posts":
        return ByAuthor(run, config, data.posts())
    known, test = data.reviews("train"), data.reviews("test")
    critics = data.critics("development"), data.critics("test")
    return TwoParts(run, config, known, test, TEST, block=BLOCK, critics=critics)
