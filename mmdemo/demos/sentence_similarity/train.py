"""Training and measuring the networks that compare two sentences.

    python -m mmdemo train sentence_similarity --preset default   # 20 minutes on two cores
    python -m mmdemo train sentence_similarity --preset book      #  5 minutes

Both are trained on the training parts of SICK and of the STS benchmark together; their development
parts choose the epoch. Word vectors are counted (positive pointwise mutual information, singular
value decomposition; Levy, Goldberg, Dagan 2015) from IMDB's training reviews and the training
sentences. Expected Pearson correlation on SICK's test part: DEFAULT 0.80, BOOK 0.5.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from mmdemo.core.measure.metrics import bootstrap_ci
from mmdemo.core.nets import words as text
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.train import fit as training
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.artifacts import Result

from . import DEMO, data
from .config import PRESETS, Config
from .data import Pairs
from .model import UnitLength, WordVectors, build, comparer

logger = logging.getLogger(__name__)

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


def train(run: training.Run) -> None:
    """Train a preset, measure it and write `run.folder`.

    Raises:
        DataMissing: a public set is not in the data folder.
        UserError: `run.data` cannot be used; says why.
    """
    task = _Task(run, PRESETS[run.preset])
    network, history = task.network()
    artifacts.round_to_half(network)
    artifacts.write(
        run.folder,
        demo=DEMO,
        preset=run.preset,
        model=network,
        config=task.config,
        preprocess={"published_scale": 5},
        results=task.measure(network),
        history=history,
        provenance=training.provenance(run),
        texts={text.FILE: task.tokenizer.to_json()},
        half=True,
    )


def evaluate(run: training.Run) -> list[Result]:
    """Measure the network in `run.folder` again.

    Raises:
        DataMissing: a public set is not in the data folder.
        WeightsError: the folder is missing or corrupted.
    """
    stored = artifacts.read_json(run.folder, "config.json")
    task = _Task(run, Config(**stored), text.Tokenizer.load(run.folder))
    network = build(task.config)
    artifacts.load_weights(network, run.folder / artifacts.WEIGHTS)
    return task.measure(network)


class _Task:
    """One preset on the public sets, or on one's own pairs."""

    def __init__(
        self, run: training.Run, config: Config, tokenizer: text.Tokenizer | None = None
    ) -> None:
        self.run = run
        if run.data is None:
            self.fit = data.sick("train") + data.sts("train")
            self.held_out = data.sick("dev") + data.sts("dev")
            self.tests = {"sick": data.sick("test"), "sts_benchmark": data.sts("test")}
        else:
            own = data.own(run.data)
            order = np.random.default_rng(run.seed).permutation(len(own))
            parts = np.split(order, [len(own) // 5, 3 * len(own) // 10])
            self.tests = {"own": own.take(parts[0])}
            self.held_out, self.fit = own.take(parts[1]), own.take(parts[2])
        self.sentences = [*self.fit.first, *self.fit.second]
        if tokenizer is None:
            self.texts = data.reviews() if run.data is None else []
            weighted = [*self.texts, *self.sentences * SENTENCE_WEIGHT]
            tokenizer = text.Tokenizer.train(weighted, config.words)
        self.tokenizer = tokenizer
        self.config = replace(config, words=len(tokenizer))

    # === Training ===

    def network(self) -> tuple[keras.Model, list[dict[str, float]]]:
        """The network that is served, and the history of its first member."""
        vectors = self._vectors()
        history: list[dict[str, float]] = []
        network = build(self.config)
        network.get_layer("vectors").set_weights([vectors])
        if not self.config.aligned:
            keras.utils.set_random_seed(self.run.seed)
            network = build(self.config)
            network.get_layer("vectors").set_weights([vectors])
            return network, self._fit(network, "book", 0)
        for index in range(self.config.members):
            keras.utils.set_random_seed(self.run.seed + index)
            name = f"comparer_{index}"
            member = comparer(self.config, name)
            found = self._fit(self._trainer(member, vectors), name, index)
            history = history or found
            network.get_layer(name).set_weights(member.get_weights())
        return network, history

    def _trainer(self, member: keras.Model, vectors: np.ndarray) -> keras.Model:
        """One member with its two outputs that have targets: score, and cosine of the codes."""
        first = keras.Input((None,), dtype="int32", name="first")
        second = keras.Input((None,), dtype="int32", name="second")
        shape = (self.config.words + self.config.spare, self.config.vector)
        lookup = WordVectors(*shape, name="vectors", trainable=False)
        score, code_a, code_b, _ = member([first, second, lookup(first), lookup(second)])
        cosine = keras.layers.Dot(axes=1, name="cosine")(
            [UnitLength()(code_a), UnitLength()(code_b)]
        )
        lookup.set_weights([vectors])
        return keras.Model([first, second], {"score": score, "cosine": cosine})

    def _fit(self, network: keras.Model, name: str, index: int) -> list[dict[str, float]]:
        two = isinstance(network.output, dict)
        network.compile(
            keras.optimizers.Adam(self.config.learning_rate, clipnorm=1.0),
            {"score": "mse", "cosine": "mse"} if two else "mse",
            loss_weights={"score": 1.0, "cosine": 0.5} if two else None,
            jit_compile=False,
        )

        def batches(pairs: Pairs, seed: int | None = None) -> training.ByLength:
            first, second = (
                data.numbers(self.tokenizer, side, self.config)
                for side in (pairs.first, pairs.second)
            )

            def take(rows: np.ndarray) -> Any:
                words = tuple(text.pad([side[row] for row in rows]) for side in (first, second))
                scores = pairs.scores[rows]
                return words, {"score": scores, "cosine": scores} if two else scores

            lengths = [max(len(a), len(b)) for a, b in zip(first, second, strict=True)]
            return training.ByLength(lengths, self.config.batch, take, seed)

        seed = self.run.seed + index
        return training.fit(
            network,
            batches(self.fit, seed),
            stage=self.run.stage(name, self.config),
            epochs=self.run.epochs or self.config.epochs,
            seed=seed,
            validation_data=batches(self.held_out),
            callbacks=[
                keras.callbacks.EarlyStopping(
                    "val_score_loss" if two else "val_loss",
                    mode="min",
                    patience=4,
                    restore_best_weights=True,
                )
            ],
        )

    def _vectors(self) -> np.ndarray:
        """Vectors of all words, those of spare places at random: `(words + spare, vector)`."""
        numbered = self.tokenizer.ids([*self.texts, *self.sentences * SENTENCE_WEIGHT])
        known = text.word_vectors(numbered, self.config.words, self.config.vector, self.run.seed)
        spare = np.random.default_rng(self.run.seed).normal(
            size=(self.config.spare, known.shape[1])
        )
        spare /= np.linalg.norm(spare, axis=1, keepdims=True)
        return np.concatenate([known, spare]).astype("float32")

    # === Measuring ===

    def measure(self, network: keras.Model) -> list[Result]:
        """Results on the test parts, with the baselines'."""
        results: list[Result] = []
        method = self.run.preset
        for task, pairs in self.tests.items():
            scores, cosines = self._scores(network, pairs)
            back, _ = self._scores(network, Pairs(pairs.second, pairs.first, pairs.scores))
            results += self._figures(task, method, scores, pairs)
            apart = 5 * np.abs(scores - back)
            split, count = SPLITS[task], len(pairs)
            results += [
                Result(task, method, "order_difference", float(apart.mean()), split, count),
                Result(
                    task,
                    method,
                    "order_difference_over_half",
                    float((apart > 0.5).mean()),
                    split,
                    count,
                ),
            ]
            if cosines is not None:
                results += self._figures(task, "default_sentence_vectors", cosines, pairs)
            results += self._baselines(task, pairs)
        if self.run.data is None:
            results += PUBLISHED
        return results

    def _scores(self, network: keras.Model, pairs: Pairs) -> tuple[np.ndarray, np.ndarray | None]:
        """The network's scores, and the cosines of its sentence vectors where it has any."""
        call = compile_call(network)
        first, second = data.arrays(self.tokenizer, pairs, self.config)
        scores, cosines = [], []
        for start in range(0, len(first), BATCH):
            made = call(first[start : start + BATCH], second[start : start + BATCH])
            scores.append((made[0] if isinstance(made, tuple) else made)[:, 0])
            if isinstance(made, tuple):
                cosines.append((made[1] * made[2]).sum(axis=1))
        return np.concatenate(scores), np.concatenate(cosines) if cosines else None

    def _figures(self, task: str, method: str, scores: np.ndarray, pairs: Pairs) -> list[Result]:
        from scipy.stats import pearsonr, spearmanr

        split, truth = SPLITS[task], pairs.scores
        rows = list(zip(scores.tolist(), truth.tolist(), strict=True))

        def correlation(drawn: Any) -> float:
            a, b = np.asarray(drawn).T
            return float(np.corrcoef(a, b)[0, 1])

        made = [
            Result(
                task,
                method,
                "pearson_r",
                float(pearsonr(scores, truth)[0]),
                split,
                len(truth),
                bootstrap_ci(correlation, rows),
            ),
            Result(
                task, method, "spearman_rho", float(spearmanr(scores, truth)[0]), split, len(truth)
            ),
        ]
        if task == "sick":
            for name, known in zip(
                ("pairs", "sentences"), data.shared(data.sick("train"), pairs), strict=True
            ):
                value = float(pearsonr(scores[~known], truth[~known])[0])
                where = f"the same without the {name} that also stand in SICK's training part"
                made.append(Result(task, method, "pearson_r", value, where, int((~known).sum())))
        return made

    def _baselines(self, task: str, pairs: Pairs) -> list[Result]:
        """Cosine of TF-IDF weighted words, and ridge regression on how far the words overlap."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import Ridge

        weigh = TfidfVectorizer(tokenizer=self.tokenizer.split, token_pattern=None, lowercase=False)
        weigh.fit(self.sentences)

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

        ridge = Ridge().fit(overlaps(self.fit), self.fit.scores)
        return self._figures(task, "tfidf_cosine", cosine(pairs), pairs) + self._figures(
            task, "ridge_on_overlap", ridge.predict(overlaps(pairs)), pairs
        )
