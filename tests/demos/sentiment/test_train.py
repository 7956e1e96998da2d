"""One's own texts: trained on, measured, served."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.serve import runtime
from mmdemo.core.train import experiment
from mmdemo.core.train.fit import Run
from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.sentiment import DEMO, config, data, infer, negation


def generated(count: int) -> data.Reviews:
    """Little texts of which the words good, bad and not decide."""
    rng = np.random.default_rng(0)
    filler = ("the", "film", "plot", "cast", "score", "camera")
    filler += ("story", "scene", "it", "was", "and")
    texts, labels = [], []
    for _ in range(count):
        label = int(rng.integers(2))
        negated = bool(rng.integers(2))
        verdict = ("not " if negated else "") + ("good" if bool(label) != negated else "bad")
        words = list(rng.choice(filler, rng.integers(2, 8)))
        words.insert(int(rng.integers(len(words) + 1)), verdict)
        texts.append(" ".join(words))
        labels.append(label)
    return data.Reviews(tuple(texts), np.array(labels, np.int32))


@pytest.fixture
def table(tmp_path) -> Path:
    path = tmp_path / "own.csv"
    reviews = generated(400)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(
            (text, ["neg", "positive"][label])
            for text, label in zip(reviews.texts, reviews.labels, strict=True)
        )
    return path


def test_own_texts_are_learnt_and_served(table, tmp_path, monkeypatch):
    """Good, bad and not: negation decides, so that single words are not enough."""
    small = replace(
        config.TINY,
        vector=8,
        counted=False,  # good and bad keep the same company here
        filters=8,
        epochs=25,
        word_dropout=0.0,
    )
    monkeypatch.setitem(config.PRESETS, "default", small)
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    model_id = DEMO.model_id("default")
    run = Run(model_id, tmp_path / "weights" / str(model_id), tmp_path / "w", data=table)
    experiment.train(run)
    results = {(r.method, r.metric): r.value for r in artifacts.read_results(run.folder)}
    assert results["default", "accuracy"] > 0.95
    assert {"convolutions_alone", "ngrams_alone", "phrases_alone", "nb_logistic_bigrams"} <= {
        m for m, _ in results
    }
    again = experiment.evaluate(run)
    assert {(r.method, r.metric): r.value for r in again} == pytest.approx(results, abs=1e-5)
    runtime.cache.clear()
    assert infer.score("the plot was not bad").positive
    assert not infer.score("the plot was not good").positive
    found = infer.explain("the film was good")
    assert max(found.words, key=lambda word: word.push).start == len("the film was ")
    runtime.cache.clear()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\n" + "good,1\nbad,0\n" * 39, "39 negative texts"),
        ("text,label\ngood,maybe\n", "Row 2: the label 'maybe'"),
        ("review,label\ngood,1\n", "no column 'text'"),
    ],
)
def test_bad_tables_are_named(tmp_path, content, message):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        data.own(tmp_path / "a.csv")


def test_folders_are_read_too(tmp_path):
    for name in ("pos", "neg"):
        (tmp_path / name).mkdir()
        for index in range(data.MIN_OWN):
            (tmp_path / name / f"{index}.txt").write_text(f"a {name} text<br />here")
    reviews = data.own(tmp_path)
    assert reviews.labels.tolist() == [0] * data.MIN_OWN + [1] * data.MIN_OWN
    assert reviews.texts[0] == "a neg text\nhere"


def test_a_long_text_keeps_its_last_words():
    row = np.arange(1, 31, dtype=np.int32)
    assert data.prepare([row], config.TINY).tolist() == [list(range(19, 31))]
    book = data.prepare([row], config.BOOK)
    assert book.shape == (1, 200)
    assert book[0, -1] == 30
    assert book[0, 0] == 0


def test_pieces_are_runs_of_sentences_with_the_review_s_label():
    sentences = [f"This is sentence number {index} of it." for index in range(50)]
    reviews = data.Reviews((" ".join(sentences), "Only one sentence here."), np.array([1, 0]))
    cut = data.pieces(reviews, 0)
    assert " ".join(cut.texts) == reviews.texts[0]
    assert set(cut.labels.tolist()) == {1}
    counts = [text.count(".") for text in cut.texts]
    assert set(counts) == {1, 2, 3, 4}
    assert data.pieces(reviews, 0).texts == cut.texts != data.pieces(reviews, 1).texts


def test_pieces_count_less_than_reviews():
    reviews = data.Reviews(("A fine film. A very fine cast.",), np.array([1], np.int32))
    both, weights = data.with_pieces(reviews, 0.5, 0)
    assert both.texts[0] == reviews.texts[0]
    assert weights.tolist() == [1.0, *[0.5] * (len(both.texts) - 1)]
    assert len(both.texts) > 1
    alone, weights = data.with_pieces(reviews, 0.0, 0)
    assert alone is reviews
    assert weights.tolist() == [1.0]


def test_the_halves_of_the_sentences_share_nothing(needs_data):
    needs_data("rt_polarity")
    development, test = data.sentences("development"), data.sentences("test")
    assert len(development.texts) == len(test.texts) == 5331
    assert 2600 < test.labels.sum() < 2750


def test_the_public_set_is_read_whole(needs_data):
    needs_data("aclImdb")
    test = data.imdb("test")
    assert len(test.texts) == 25_000
    assert test.labels.sum() == 12_500
    assert not any("<br" in text for text in test.texts)
    train_texts = data.imdb("train")
    assert 100 < data.seen_before(train_texts, test).sum() < 250


def test_made_sentences_are_negated_rightly_and_never_those_that_measure():
    made = negation.made()
    said = dict(zip(made.texts, made.labels.tolist(), strict=True))
    assert said["It was not bad at all."] == said["It was very good."] == 1
    assert said["It is not good."] == said["There is nothing funny about it."] == 0
    assert not set(made.texts) & set(negation.texts().texts)
    assert len(made.texts) == len(set(made.texts))
    assert made.labels.mean() == pytest.approx(0.5, abs=0.01)
