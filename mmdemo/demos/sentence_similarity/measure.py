"""How near scores of pairs are to people's, on the networks' own kinds of text and on others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from mmdemo.core.measure.metrics import bootstrap_ci
from mmdemo.core.measure.report import Result, abroad, results_of
from mmdemo.core.nets.words import Tokenizer
from mmdemo.core.serve.backend import compile_call

from . import data
from .config import Config
from .data import Pairs

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
SOURCES = {
    "headlines": "r_headlines",
    "MSRpar": "r_press_paraphrases",
    "deft-news": "r_news_forums",
}
"""The STS benchmark's pairs from newspapers, and what the correlation with people's scores on them
is called."""

Scorer = Callable[[Pairs], np.ndarray]


def called(
    network: keras.Model, tokenizer: Tokenizer, pairs: Pairs, config: Config
) -> tuple[np.ndarray, ...]:
    """All outputs that have a row for each pair, pairs of like length together."""
    call = compile_call(network)
    lengths = [len(a) + len(b) for a, b in zip(pairs.first, pairs.second, strict=True)]
    order = np.argsort(lengths, kind="stable")
    parts = []
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        chosen = pairs.take(rows)
        outputs = call(*data.arrays(tokenizer, chosen.first, chosen.second, config))
        parts.append(outputs if isinstance(outputs, tuple) else (outputs,))
    columns = []
    for column in zip(*parts, strict=True):
        if column[0].ndim == 2:  # an alignment is as wide as its batch
            found = np.concatenate(column)
            columns.append(np.empty_like(found))
            columns[-1][order] = found
    return tuple(columns)


def scores(network: keras.Model, tokenizer: Tokenizer, pairs: Pairs, config: Config) -> np.ndarray:
    """A network's scores of pairs, `(pairs,)`."""
    return called(network, tokenizer, pairs, config)[0][:, 0]


def results(
    task: str,
    method: str,
    network: keras.Model,
    tokenizer: Tokenizer,
    pairs: Pairs,
    config: Config,
) -> list[Result]:
    """A network on a test part: its scores, its sentence vectors, how much the order matters."""
    score, *codes = called(network, tokenizer, pairs, config)
    swapped = Pairs(pairs.second, pairs.first, pairs.scores)
    apart = 5 * np.abs(score[:, 0] - scores(network, tokenizer, swapped, config))
    found = figures(task, method, score[:, 0], pairs)
    found += [
        Result(task, method, metric, float(value.mean()), SPLITS[task], len(pairs))
        for metric, value in (
            ("order_difference", apart),
            ("order_difference_over_half", apart > 0.5),
        )
    ]
    if codes:
        cosines = (codes[0] * codes[1]).sum(axis=1)
        found += figures(task, "default_sentence_vectors", cosines, pairs)
    return found


def figures(task: str, method: str, scored: np.ndarray, pairs: Pairs) -> list[Result]:
    """Correlations with people's scores, and on SICK without what stands in its training part."""
    from scipy.stats import pearsonr, spearmanr

    split, truth, count = SPLITS[task], pairs.scores, len(pairs)
    rows = list(zip(scored.tolist(), truth.tolist(), strict=True))

    def correlation(drawn: Any) -> float:
        a, b = np.asarray(drawn).T
        return float(np.corrcoef(a, b)[0, 1])

    pearson, spearman = float(pearsonr(scored, truth)[0]), float(spearmanr(scored, truth)[0])
    interval = bootstrap_ci(correlation, rows)
    found = [
        Result(task, method, "pearson_r", pearson, split, count, interval),
        Result(task, method, "spearman_rho", spearman, split, count),
    ]
    if task == "sick":
        known = data.shared(data.sick("train"), pairs)
        for name, stands in zip(("pairs", "sentences"), known, strict=True):
            value = float(pearsonr(scored[~stands], truth[~stands])[0])
            where = f"the same without the {name} that also stand in SICK's training part"
            found.append(Result(task, method, "pearson_r", value, where, int((~stands).sum())))
    return found


def elsewhere(scorers: Mapping[str, Scorer]) -> list[Result]:
    """Figures on newspapers, of methods by name that know none."""
    from sklearn.metrics import roc_auc_score

    news, paraphrases = data.sts_news(), data.mrpc()
    count = sum(map(len, news.values())) + len(paraphrases)
    split = (
        "newspapers, by methods that learnt from none: the STS benchmark's pairs from them, of all "
        f"its parts, and the Microsoft Research Paraphrase Corpus without its test; {count:,} pairs"
    )
    found = {}
    for method, scorer in scorers.items():
        values = {
            SOURCES[name]: float(np.corrcoef(scorer(pairs), pairs.scores)[0, 1])
            for name, pairs in news.items()
        }
        values = {metric: values[metric] for metric in SOURCES.values()}
        values["paraphrase_auc"] = float(roc_auc_score(paraphrases.scores, scorer(paraphrases)))
        found[method] = values
    return abroad(results_of("newspapers", found, split, count))


def peers(tokenizer: Tokenizer, train: Pairs) -> dict[str, Scorer]:
    """Cosine of TF-IDF weighted words, and ridge regression on how far the words overlap.

    A word that training lacks counts as the rarest: left out, names and numbers would not.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    holding = TfidfVectorizer(tokenizer=tokenizer.split, token_pattern=None, lowercase=False)
    holding.fit(train.sentences)
    idf = dict(zip(holding.get_feature_names_out(), holding.idf_, strict=True))
    rarest = float(np.log(1 + len(train.sentences)) + 1)  # of a word that no sentence holds

    def weights(sentence: str) -> dict[str, float]:
        counts = Counter(tokenizer.split(sentence))
        weighed = {word: count * idf.get(word, rarest) for word, count in counts.items()}
        length = np.linalg.norm([*weighed.values()]) if weighed else 1.0
        return {word: weight / length for word, weight in weighed.items()}

    def cosine(pairs: Pairs) -> np.ndarray:
        sides = ((weights(a), weights(b)) for a, b in zip(pairs.first, pairs.second, strict=True))
        return np.array([sum(w * b.get(word, 0.0) for word, w in a.items()) for a, b in sides])

    def overlaps(pairs: Pairs) -> np.ndarray:
        rows = []
        for one, two in zip(pairs.first, pairs.second, strict=True):
            a, b = set(tokenizer.split(one)), set(tokenizer.split(two))
            common = len(a & b)
            rows.append(
                (
                    common / max(len(a | b), 1),
                    common / max(min(len(a), len(b)), 1),
                    abs(len(a) - len(b)) / max(len(a), len(b), 1),
                    ("not" in a or "no" in a) != ("not" in b or "no" in b),
                )
            )
        return np.column_stack([np.array(rows, float), cosine(pairs)])

    ridge = Ridge().fit(overlaps(train), train.scores)
    return {
        "tfidf_cosine": cosine,
        "ridge_on_overlap": lambda pairs: ridge.predict(overlaps(pairs)),
    }
