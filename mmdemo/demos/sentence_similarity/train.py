"""Training and measuring the networks that compare two sentences.

    python -m mmdemo train sentence_similarity --preset default   # 40 minutes on two cores
    python -m mmdemo train sentence_similarity --preset book      #  5 minutes

Both are trained on the training parts of SICK and of the STS benchmark together; their development
parts choose the epoch. Word vectors are counted (positive pointwise mutual information, singular
value decomposition; Levy, Goldberg, Dagan 2015) from IMDB's training reviews and the training
sentences. DEFAULT is trained a second time without what comes from newspapers, to be measured on
that. Expected Pearson correlation on SICK's test part: DEFAULT 0.83, BOOK 0.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np

from mmdemo.core.data import imdb
from mmdemo.core.measure.report import Result
from mmdemo.core.nets import words as text
from mmdemo.core.train import languages
from mmdemo.core.train.batches import ByLength, Shuffled
from mmdemo.core.train.experiment import Experiment, History, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, data, measure
from .config import Config
from .data import Pairs
from .model import UnitLength, build, comparer, word_vectors
from .overlap import Blend

SENTENCE_WEIGHT = 20
"""How often a training sentence counts in choosing the vocabulary, beside the long reviews."""
COUNTER_EPOCHS = 60
NEWS = "without_news"
"""The fold that learns nothing from newspapers."""


class ComparePairs(Experiment[Config]):
    """The public sets, or one's own pairs, of which a fifth are the test part."""

    demo = DEMO
    stores_folds = True

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        if run.data is None:
            self.train, self.held_out = self._public(news=None)
            self.tests = {"sick": data.sick("test"), "sts_benchmark": data.sts("test")}
        else:
            own = data.own(run.data)
            order = np.random.default_rng(run.seed).permutation(len(own))
            parts = np.split(order, [len(own) // 5, 3 * len(own) // 10])
            self.tests = {"own": own.take(parts[0])}
            self.held_out, self.train = own.take(parts[1]), own.take(parts[2])

    @staticmethod
    def _public(news: bool | None) -> tuple[Pairs, Pairs]:
        """Training and development pairs, of all kinds or without those from newspapers."""
        train, held_out = (data.sick(part) + data.sts(part, news) for part in ("train", "dev"))
        return train, held_out

    @cached_property
    def tokenizer(self) -> text.Tokenizer:
        """The stored vocabulary, to measure a network again; `network` counts a new one."""
        return text.Tokenizer.load(self.run.folder)

    @cached_property
    def reviews(self) -> tuple[str, ...]:
        """Further texts to count words in."""
        return imdb.reviews("train").texts if self.run.data is None else ()

    def files(self) -> Mapping[str, str]:
        return {text.FILE: self.tokenizer.to_json()}

    # === Training ===

    def network(self) -> Trained:
        """The network that is served, and the history of its first member."""
        texts = [*self.reviews, *self.train.sentences * SENTENCE_WEIGHT]
        self.tokenizer = text.Tokenizer.train(texts, self.config.input.words)
        self.config = replace(self.config, words=len(self.tokenizer))
        return self._trained(self.train, self.held_out, "")

    def folds(self) -> Mapping[str, Callable[[], keras.Model]]:
        """DEFAULT without newspapers, to be measured on them."""
        if self.run.data is not None or not self.config.network.aligned:
            return {}
        return {NEWS: lambda: self._trained(*self._public(news=False), f"{NEWS}_").network}

    def _trained(self, train: Pairs, held_out: Pairs, prefix: str) -> Trained:
        """A network that learns from some pairs; checkpoints' names begin with the prefix."""
        vectors = self._vectors([*self.reviews, *train.sentences * SENTENCE_WEIGHT])
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        network.get_layer("vectors").set_weights([vectors])
        if not self.config.network.aligned:
            batches = (self._batches(train, 0), self._batches(held_out))
            return Trained(network, self._fit(network, f"{prefix}book", *batches))
        facts = data.facts(self.tokenizer, train.sentences, self.reviews, self.config.input)
        network.get_layer("facts").set_weights([facts])
        counted = [self._counted(network, pairs) for pairs in (train, held_out)]
        self._fit_counter(network.get_layer("counter"), train, held_out, counted, prefix)
        blends = [
            (np.clip(network.get_layer("counter").predict(features, verbose=0), 0, 1), trust)
            for features, trust in counted
        ]
        histories = []
        for index in range(self.config.network.members):
            keras.utils.set_random_seed(self.run.seed + index)
            member = comparer(self.config, f"comparer_{index}")
            histories.append(
                self._fit(
                    self._trainer(member, vectors),
                    f"{prefix}{member.name}",
                    self._batches(train, self.run.seed + index, blends[0]),
                    self._batches(held_out, None, blends[1]),
                )
            )
            network.get_layer(member.name).set_weights(member.get_weights())
        return Trained(network, histories[0])

    def _vectors(self, texts: list[str]) -> np.ndarray:
        """Vectors of all words, those of spare places at random: `(words + spare, vector)`."""
        numbered = self.tokenizer.ids(texts)
        words, width = self.config.input.words, self.config.network.vector
        known = text.word_vectors(numbered, words, width, self.run.seed)
        rng = np.random.default_rng(self.run.seed)
        spare = rng.normal(size=(self.config.input.spare, width))
        spare /= np.linalg.norm(spare, axis=1, keepdims=True)
        return np.concatenate([known, spare]).astype("float32")

    def _counted(self, network: keras.Model, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
        """How far pairs overlap, `(pairs, FEATURES)`; how far reading is trusted, `(pairs, 1)`."""
        outputs = [network.get_layer(name).output for name in ("overlap", "trust")]
        counting = keras.Model(network.inputs, outputs)
        return measure.called(counting, self.tokenizer, pairs, self.config)

    def _fit_counter(
        self,
        counter: keras.Model,
        train: Pairs,
        held_out: Pairs,
        counted: list[tuple[np.ndarray, np.ndarray]],
        prefix: str,
    ) -> None:
        (features, _), (held_features, _) = counted
        counter.get_layer("standard").adapt(features)
        counter.compile(keras.optimizers.Adam(3e-3), "mse", jit_compile=False)
        self.fit(
            counter,
            Shuffled(
                len(train),
                self.config.training.batch,
                lambda rows: (features[rows], train.scores[rows]),
                self.run.seed,
            ),
            f"{prefix}counter",
            epochs=COUNTER_EPOCHS,
            validation_data=(held_features, held_out.scores),
            callbacks=[_best("val_loss", patience=8)],
        )

    def _trainer(self, member: keras.Model, vectors: np.ndarray) -> keras.Model:
        """One member with its two outputs that have targets: the score, blended with the counted
        one as it will be, and the cosine of the codes."""
        first = keras.Input((None,), dtype="int32", name="first")
        second = keras.Input((None,), dtype="int32", name="second")
        counted, trust = keras.Input((1,), name="counted"), keras.Input((1,), name="trust")
        lookup = word_vectors(self.config)
        score, code_a, code_b, _ = member([first, second, lookup(first), lookup(second)])
        score = Blend(name="score")([counted, score, trust])
        cosine = keras.layers.Dot(axes=1, name="cosine")(
            [UnitLength()(code_a), UnitLength()(code_b)]
        )
        lookup.set_weights([vectors])
        return keras.Model([first, second, counted, trust], {"score": score, "cosine": cosine})

    def _fit(
        self, network: keras.Model, name: str, batches: ByLength, held_out: ByLength
    ) -> History:
        two = isinstance(network.output, dict)
        network.compile(
            keras.optimizers.Adam(self.config.training.learning_rate, clipnorm=1.0),
            {"score": "mse", "cosine": "mse"} if two else "mse",
            loss_weights={"score": 1.0, "cosine": 0.5} if two else None,
            jit_compile=False,
        )
        return self.fit(
            network,
            batches,
            name,
            epochs=self.config.training.epochs,
            seed=batches.seed,
            validation_data=held_out,
            callbacks=[_best("val_score_loss" if two else "val_loss", patience=4)],
        )

    def _batches(
        self,
        pairs: Pairs,
        seed: int | None = None,
        blend: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> ByLength:
        """Pairs with their scores: for a network that aligns, with what it is blended with."""
        first, second = (
            data.numbers(self.tokenizer, side, self.config.input)
            for side in (pairs.first, pairs.second)
        )

        def take(rows: np.ndarray) -> Any:
            words = tuple(text.pad([side[row] for row in rows]) for side in (first, second))
            scores = pairs.scores[rows]
            if blend is None:
                return words, scores
            return (*words, *(part[rows] for part in blend)), {"score": scores, "cosine": scores}

        lengths = [max(len(a), len(b)) for a, b in zip(first, second, strict=True)]
        return ByLength(lengths, self.config.training.batch, take, seed)

    # === Measuring ===

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test parts, and of what knows no newspapers on these."""
        results: list[Result] = []
        peers = measure.peers(self.tokenizer, self.train)
        for task, pairs in self.tests.items():
            results += measure.results(
                task, self.run.preset, network, self.tokenizer, pairs, self.config
            )
            for name, peer in peers.items():
                results += measure.figures(task, name, peer(pairs), pairs)
        if folds:
            train, _ = self._public(news=False)
            scorers = {
                self.run.preset: partial(
                    measure.scores, folds[NEWS], self.tokenizer, config=self.config
                ),
                **measure.peers(self.tokenizer, train),
            }
            results += measure.elsewhere(scorers)
        preprocess: dict[str, Any] = {"published_scale": 5}
        if self.run.data is None:
            results += measure.PUBLISHED
            preprocess["familiar"], told = languages.measured(self.run.preset, self.tokenizer)
            results += told
        return Measured(results, preprocess)


def _best(watched: str, patience: int) -> keras.callbacks.EarlyStopping:
    return keras.callbacks.EarlyStopping(
        watched, mode="min", patience=patience, restore_best_weights=True
    )


experiment = ComparePairs
