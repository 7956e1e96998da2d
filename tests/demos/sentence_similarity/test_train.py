"""One's own pairs: trained on, measured, served; and the vectors of words."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.nets.words import Tokenizer
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.sentence_similarity import DEMO, config, data, infer


def generated(count: int) -> data.Pairs:
    """Pairs of little sentences, alike as far as their words are."""
    rng = np.random.default_rng(0)
    vocabulary = "a man woman dog cat plays runs eats guitar apple park house fast slowly"
    words = vocabulary.split()
    first, second, scores = [], [], []
    for _ in range(count):
        one = list(rng.choice(words, 5, replace=False))
        kept = int(rng.integers(6))
        rest = [word for word in words if word not in one]
        two = one[:kept] + list(rng.choice(rest, 5 - kept, replace=False))
        rng.shuffle(two)
        first.append(" ".join(one))
        second.append(" ".join(two))
        scores.append(kept / 5)
    return data.Pairs(tuple(first), tuple(second), np.array(scores, np.float32))


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "own.csv"
    pairs = generated(600)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["sentence1", "sentence2", "score"])
        writer.writerows(zip(pairs.first, pairs.second, 5 * pairs.scores, strict=True))
    return path


def test_own_pairs_are_learnt_and_served(table, tmp_path, monkeypatch):
    small = replace(config.TINY, batch=32, epochs=12, learning_rate=3e-2)
    monkeypatch.setitem(config.PRESETS, "default", small)
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    model_id = DEMO.model_id("default")
    folder = tmp_path / "weights" / str(model_id)
    run = Run(model_id, folder, tmp_path / "work", data=table)
    experiment.train(run)
    results = {(r.method, r.metric): r.value for r in artifacts.read_results(folder)}
    assert results["default", "pearson_r"] > 0.9
    assert results["default", "order_difference"] < 1e-4
    assert {"tfidf_cosine", "ridge_on_overlap"} <= {method for method, _ in results}
    again = {(r.method, r.metric): r.value for r in experiment.evaluate(run)}
    assert again == pytest.approx(results, abs=1e-4)
    runtime.cache.clear()
    alike = infer.compare("a man plays guitar fast", "guitar a man plays fast").score
    assert alike > infer.compare("a man plays guitar fast", "dog cat apple park house").score + 2
    runtime.cache.clear()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sentence1,sentence2,score\na,b,high\n", "Row 2: the score 'high' is not a number"),
        ("sentence1,sentence2,score\na,b,6\n", "Row 2: the score 6 is not from 0 to 5"),
        ("sentence1,sentence2,score\na,b,3\n", "There are 1 pairs"),
        ("one,two,score\na,b,3\n", "no column 'sentence1'"),
    ],
)
def test_bad_tables_are_named(tmp_path, content, message):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        data.own(tmp_path / "a.csv")
    with pytest.raises(UserError, match="not a table"):
        data.own(tmp_path)


def test_a_word_outside_the_vocabulary_equals_itself():
    tokenizer = Tokenizer.train(["a cat"], 10)
    tiny = replace(config.TINY, words=len(tokenizer)).input
    one, two = data.numbers(tokenizer, ["a quokka", "quokka cat wombat"], tiny)
    assert one[1] == two[0] >= len(tokenizer)
    assert two[2] >= len(tokenizer)
    assert max(two) < len(tokenizer) + tiny.spare


def test_shared_pairs_count_in_either_order():
    known = data.Pairs(("a", "b"), ("c", "d"), np.zeros(2, "f4"))
    test = data.Pairs(("c", "a", "x"), ("a", "x", "y"), np.zeros(3, "f4"))
    pairs, sentences = data.shared(known, test)
    assert pairs.tolist() == [True, False, False]
    assert sentences.tolist() == [True, True, False]


def test_newspapers_are_told_apart(needs_data):
    needs_data("stsbenchmark")
    needs_data("mrpc")
    news = data.sts_news()
    assert {name: len(pairs) for name, pairs in news.items()} == {
        "MSRpar": 1500, "deft-news": 300, "headlines": 2499
    }  # fmt: skip
    for part in ("train", "dev", "test"):
        assert len(data.sts(part, news=True)) + len(data.sts(part, news=False)) == len(
            data.sts(part)
        )
    first = {sentence for pairs in news.values() for sentence in pairs.first}
    assert not first & set(data.sts("train", news=False).first)
    pairs = data.mrpc()
    assert len(pairs) == 4076
    assert set(pairs.scores.tolist()) == {0, 1}
    assert not any("\r" in sentence for sentence in pairs.sentences)


def test_public_parts(needs_data):
    needs_data("sick")
    needs_data("stsbenchmark")
    assert [len(data.sick(part)) for part in ("train", "dev", "test")] == [4500, 500, 4927]
    assert [len(data.sts(part)) for part in ("train", "dev", "test")] == [5749, 1500, 1379]
    pairs, _ = data.shared(data.sick("train"), data.sick("test"))
    assert pairs.sum() == 81  # 49 of them in the same order
    for part in (data.sick("test"), data.sts("test")):
        assert part.scores.min() >= 0
        assert part.scores.max() <= 1
        assert not any("\r" in sentence for sentence in part.second)
