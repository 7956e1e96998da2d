"""Training and measuring the networks that compare two sentences.

    python -m mmdemo train sentence_similarity --preset default   # 20 minutes on two cores
    python -m mmdemo train sentence_similarity --preset book      #  5 minutes

Both are trained on the training parts of SICK and of the STS benchmark together; their development
parts choose the epoch. Word vectors are counted (positive pointwise mutual information, singular
value decomposition; Levy, Goldberg, Dagan 2015) from IMDB's training reviews and the training
sentences. Expected Pearson correlation on SICK's test part: DEFAULT 0.80, BOOK 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import keras
import numpy as np

from mmdemo.core.data import imdb
from mmdemo.core.measure.metrics import bootstrap_ci
from mmdemo.core.measure.report import Result
from mmdemo.core.nets import words as text
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train.batches import ByLength
from mmdemo.core.train.experiment import Experiment, History, Measured, Trained
from mmdemo.core.train.fit import Run
from mmdemo.core.weights.configuration import replace

from . import DEMO, data
from .config import Config
from .data import Pairs
from .model import UnitLength, build, comparer, word_vectors

SENTENCE_WEIGHT = 20
"""How often a training sentence counts in choosing the vocabulary, beside the long reviews."""
BATCH = 256
SPLITS = {
    "sick": "SICK official test part",
    "sts_benchmark": "STS benchmark official test part",
    "own": "a fifth of one's own pairs, held out",
}
PUBLISHED = tuple(
    Result("sick", f"published:{name}", "pearson_r", value, "published", 4_927)
    for name, value in (("malstm_word2vec", 0.882), ("kerasts_cnn", 0.762), ("kerasts_rnn", 0.664))
)


class ComparePairs(Experiment[Config]):
    """The public sets, or one's own pairs, of which a fifth are the test part."""

    demo = DEMO

    def __init__(self, run: Run, config: Config) -> None:
        super().__init__(run, config)
        if run.data is None:
            self.train = data.sick("train") + data.sts("train")
            self.held_out = data.sick("dev") + data.sts("dev")
            self.tests = {"sick": data.sick("test"), "sts_benchmark": data.sts("test")}
        else:
            own = data.own(run.data)
            order = np.random.default_rng(run.seed).permutation(len(own))
            parts = np.split(order, [len(own) // 5, 3 * len(own) // 10])
            self.tests = {"own": own.take(parts[0])}
            self.held_out, self.train = own.take(parts[1]), own.take(parts[2])

    @cached_property
    def tokenizer(self) -> text.Tokenizer:
        """The stored vocabulary, to measure a network again; `network` counts a new one."""
        return text.Tokenizer.load(self.run.folder)

    def files(self) -> Mapping[str, str]:
        return {text.FILE: self.tokenizer.to_json()}

    # === Training ===

    def network(self) -> Trained:
        """The network that is served, and the history of its first member."""
        reviews = imdb.reviews("train").texts if self.run.data is None else ()
        texts = [*reviews, *(self.train.first + self.train.second) * SENTENCE_WEIGHT]
        self.tokenizer = text.Tokenizer.train(texts, self.config.input.words)
        self.config = replace(self.config, words=len(self.tokenizer))
        vectors = self._vectors(texts)
        keras.utils.set_random_seed(self.run.seed)
        network = build(self.config)
        network.get_layer("vectors").set_weights([vectors])
        if not self.config.network.aligned:
            return Trained(network, self._fit(network, "book", 0))
        histories = []
        for index in range(self.config.network.members):
            keras.utils.set_random_seed(self.run.seed + index)
            member = comparer(self.config, f"comparer_{index}")
            histories.append(self._fit(self._trainer(member, vectors), member.name, index))
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

    def _trainer(self, member: keras.Model, vectors: np.ndarray) -> keras.Model:
        """One member with its two outputs that have targets: score, and cosine of the codes."""
        first = keras.Input((None,), dtype="int32", name="first")
        second = keras.Input((None,), dtype="int32", name="second")
        lookup = word_vectors(self.config)
        score, code_a, code_b, _ = member([first, second, lookup(first), lookup(second)])
        cosine = keras.layers.Dot(axes=1, name="cosine")(
            [UnitLength()(code_a), UnitLength()(code_b)]
        )
        lookup.set_weights([vectors])
        return keras.Model([first, second], {"score": score, "cosine": cosine})

    def _fit(self, network: keras.Model, name: str, index: int) -> History:
        two = isinstance(network.output, dict)
        network.compile(
            keras.optimizers.Adam(self.config.training.learning_rate, clipnorm=1.0),
            {"score": "mse", "cosine": "mse"} if two else "mse",
            loss_weights={"score": 1.0, "cosine": 0.5} if two else None,
            jit_compile=False,
        )
        watched = "val_score_loss" if two else "val_loss"
        seed = self.run.seed + index
        return self.fit(
            network,
            self._batches(self.train, two, seed),
            name,
            epochs=self.config.training.epochs,
            seed=seed,
            validation_data=self._batches(self.held_out, two),
            callbacks=[
                keras.callbacks.EarlyStopping(
                    watched, mode="min", patience=4, restore_best_weights=True
                )
            ],
        )

    def _batches(self, pairs: Pairs, two: bool, seed: int | None = None) -> ByLength:
        """Pairs with their scores, for two outputs or for one."""
        first, second = (
            data.numbers(self.tokenizer, side, self.config.input)
            for side in (pairs.first, pairs.second)
        )

        def take(rows: np.ndarray) -> Any:
            words = tuple(text.pad([side[row] for row in rows]) for side in (first, second))
            scores = pairs.scores[rows]
            return words, {"score": scores, "cosine": scores} if two else scores

        lengths = [max(len(a), len(b)) for a, b in zip(first, second, strict=True)]
        return ByLength(lengths, self.config.training.batch, take, seed)

    # === Measuring ===

    def measure(self, network: keras.Model, folds: Mapping[str, keras.Model]) -> Measured:
        """Results on the test parts, with the baselines'."""
        results: list[Result] = []
        method = self.run.preset
        for task, pairs in self.tests.items():
            scores, cosines = self._scores(network, pairs)
            back, _ = self._scores(network, Pairs(pairs.second, pairs.first, pairs.scores))
            apart = 5 * np.abs(scores - back)
            results += self._figures(task, method, scores, pairs)
            results += [
                Result(task, method, metric, float(value.mean()), SPLITS[task], len(pairs))
                for metric, value in (
                    ("order_difference", apart),
                    ("order_difference_over_half", apart > 0.5),
                )
            ]
            if cosines is not None:
                results += self._figures(task, "default_sentence_vectors", cosines, pairs)
            results += self._baselines(task, pairs)
        if self.run.data is None:
            results += PUBLISHED
        return Measured(results, {"published_scale": 5})

    def _scores(self, network: keras.Model, pairs: Pairs) -> tuple[np.ndarray, np.ndarray | None]:
        """The network's scores, and the cosines of its sentence vectors where it has any."""
        call = compile_call(network)
        first, second = data.arrays(self.tokenizer, pairs, self.config.input)
        scores, cosines = [], []
        for start in range(0, len(first), BATCH):
            outputs = call(first[start : start + BATCH], second[start : start + BATCH])
            if isinstance(outputs, tuple):
                outputs, code_a, code_b, _ = outputs
                cosines.append((code_a * code_b).sum(axis=1))
            scores.append(outputs[:, 0])
        return np.concatenate(scores), np.concatenate(cosines) if cosines else None

    def _figures(self, task: str, method: str, scores: np.ndarray, pairs: Pairs) -> list[Result]:
        from scipy.stats import pearsonr, spearmanr

        split, truth, count = SPLITS[task], pairs.scores, len(pairs)
        rows = list(zip(scores.tolist(), truth.tolist(), strict=True))

        def correlation(drawn: Any) -> float:
            a, b = np.asarray(drawn).T
            return float(np.corrcoef(a, b)[0, 1])

        pearson, spearman = float(pearsonr(scores, truth)[0]), float(spearmanr(scores, truth)[0])
        interval = bootstrap_ci(correlation, rows)
        results = [
            Result(task, method, "pearson_r", pearson, split, count, interval),
            Result(task, method, "spearman_rho", spearman, split, count),
        ]
        if task == "sick":
            known = data.shared(data.sick("train"), pairs)
            for name, stands in zip(("pairs", "sentences"), known, strict=True):
                value = float(pearsonr(scores[~stands], truth[~stands])[0])
                where = f"the same without the {name} that also stand in SICK's training part"
                results.append(
                    Result(task, method, "pearson_r", value, where, int((~stands).sum()))
                )
        return results

    def _baselines(self, task: str, pairs: Pairs) -> list[Result]:
        """Cosine of TF-IDF weighted words, and ridge regression on how far the words overlap."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import Ridge

        weigh = TfidfVectorizer(tokenizer=self.tokenizer.split, token_pattern=None, lowercase=False)
        weigh.fit(self.train.first + self.train.second)

        def cosine(chosen: Pairs) -> np.ndarray:
            a, b = weigh.transform(chosen.first), weigh.transform(chosen.second)
            return np.asarray(a.multiply(b).sum(axis=1))[:, 0]

        def overlaps(chosen: Pairs) -> np.ndarray:
            rows = []
            for one, two in zip(chosen.first, chosen.second, strict=True):
                a, b = set(self.tokenizer.split(one)), set(self.tokenizer.split(two))
                common = len(a & b)
                rows.append(
                    (
                        common / max(len(a | b), 1),
                        common / max(min(len(a), len(b)), 1),
                        abs(len(a) - len(b)) / max(len(a), len(b), 1),
                        ("not" in a or "no" in a) != ("not" in b or "no" in b),
                    )
                )
            return np.column_stack([np.array(rows, float), cosine(chosen)])

        ridge = Ridge().fit(overlaps(self.train), self.train.scores)
        return self._figures(task, "tfidf_cosine", cosine(pairs), pairs) + self._figures(
            task, "ridge_on_overlap", ridge.predict(overlaps(pairs)), pairs
        )


experiment = ComparePairs
