"""What the page, the API and the command line call, on the shipped weights."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.sentence_similarity import config, examples, infer

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_preset = pytest.mark.parametrize("preset", config.PRESETS)


@every_preset
def test_golden_outputs(preset):
    found = [infer.compare(*pair, preset).score for pair in examples.PAIRS.values()]
    assert found == pytest.approx(GOLDEN[preset], abs=5e-3)


def test_likeness_falls_from_the_same_to_nothing_in_common():
    same, near, far = (
        infer.compare("A man is playing a guitar.", other).score
        for other in (
            "A man is playing the guitar.",
            "A woman is playing a flute.",
            "The senate passed a law on Tuesday.",
        )
    )
    assert same > 4 > near > far
    assert far < 1.5


def test_order_does_not_matter_to_default_and_does_to_book():
    for pair in examples.PAIRS.values():
        found = infer.compare(*pair)
        assert found.score == pytest.approx(found.reversed, abs=1e-4)
        assert infer.compare(*pair[::-1]).score == pytest.approx(found.score, abs=1e-4)
    apart = [
        abs(found.score - found.reversed)
        for found in (infer.compare(*pair, "book") for pair in examples.PAIRS.values())
    ]
    assert max(apart) > 0.02


def test_words_find_their_counterparts():
    found = infer.compare("A dog is running.", "Running is a cat.")
    best = {
        word: found.second[int(np.argmax(row))]
        for word, row in zip(found.first, found.alignment, strict=True)
    }
    assert best["running"] == "running"
    assert best["is"] == "is"
    assert found.alignment.shape == (5, 5)


def test_unknown_words_are_told_and_equal_themselves():
    found = infer.compare("The xqzzt is red.", "The xqzzt is red.")
    assert found.unknown == ("xqzzt",)
    assert found.score > 4


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("", "a", "Write the first sentence"),
        ("a", "  ", "Write the second sentence"),
        ("a" * 1001, "b", "too long"),
    ],
)
def test_bad_sentences(first, second, message):
    with pytest.raises(UserError, match=message):
        infer.compare(first, second)


@pytest.mark.parametrize("text", ["😀", "שלום עולם", "你好,世界", "<b>&amp;</b>", "[PAD]", "!!!"])
def test_whatever_is_written_gets_an_answer(text):
    assert 0 <= infer.compare(text, "A man is eating.").score <= 5
    assert infer.search(text, infer.collect(["A man is eating.", text]))[0].sentence == text


def test_unknown_preset():
    with pytest.raises(UserError, match="venus"):
        infer.compare("a", "b", "venus")


# === Search ===


def test_similar_questions_are_found():
    collection = infer.collect(examples.QUESTIONS)
    assert len(collection.sentences) == len(examples.QUESTIONS) == 60
    np.testing.assert_allclose(np.linalg.norm(collection.vectors, axis=1), 1, atol=1e-4)
    for place in (0, 17, 59):
        found = infer.search(examples.QUESTIONS[place], collection)
        assert found[0].row == place
        assert found[0].cosine == pytest.approx(1, abs=1e-4)
        assert len(found) == 10
    found = infer.search("How can I reset the password?", collection, top=3)
    assert found[0].sentence == "How do I reset my password?"
    found = infer.search("How do I cancel the subscription?", collection, top=1)
    assert found[0].sentence == "How do I cancel my subscription?"


@pytest.mark.parametrize("count", [1, 2, 3, 513])
def test_any_number_of_sentences(count):
    sentences = [f"sentence number {n}" for n in range(count)]
    done = []
    collection = infer.collect(sentences, lambda batches: done.extend(batches) or batches)
    assert collection.sentences == tuple(sentences)
    assert sum(map(len, done)) == count
    one = infer.collect([sentences[-1]]).vectors[0]
    np.testing.assert_allclose(collection.vectors[-1], one, atol=1e-4)


def test_blank_lines_and_repetitions_are_left_out():
    assert infer.collect(["", "a cat", " a cat ", "   ", "a dog"]).sentences == ("a cat", "a dog")
    with pytest.raises(UserError, match="no sentence"):
        infer.collect(["", " "])
    with pytest.raises(UserError, match="At most 10,000"):
        infer.collect(["a"] * 10_001)


def test_thousands_are_searched_within_a_second():
    rng = np.random.default_rng(0)
    words = np.array(" ".join(examples.QUESTIONS).split())
    collection = infer.collect([" ".join(rng.choice(words, 8)) for _ in range(5000)])
    infer.search("warm", collection)
    started = time.perf_counter()
    infer.search("Where is my parcel?", collection)
    assert time.perf_counter() - started < 1


# === Files ===


def test_sentences_of_files(tmp_path):
    lines = tmp_path / "a.txt"
    lines.write_text("One?\n\n Two? \n")
    assert infer.read_sentences(lines) == ["One?", "Two?"]
    table = tmp_path / "a.csv"
    table.write_text('id,Question\n1,"One, or two?"\n')
    assert infer.read_sentences(table) == ["One, or two?"]
    table.write_text("id,asked\n1,One\n")
    with pytest.raises(UserError, match="Which column"):
        infer.read_sentences(table)
    lines.write_bytes(b"\x00\x01")
    with pytest.raises(UserError, match="not a text"):
        infer.read_sentences(lines)


def test_command_line(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("sentence1,sentence2\nA cat.,A cat.\n")
    lines = tmp_path / "b.txt"
    lines.write_text("A cat.\tA tax law.\n")
    answers = infer.predict([table, lines])
    assert answers[str(table)][0]["score"] > 4 > answers[str(lines)][0]["score"]
    lines.write_text("no tab here\n")
    with pytest.raises(UserError, match=r"b\.txt: Line 1"):
        infer.predict([lines])


@every_preset
def test_only_what_is_not_english_is_strange(preset):
    assert not any(infer.compare(*pair, preset).strange for pair in examples.PAIRS.values())
    found = infer.compare("Un homme joue de la guitare.", "A man plays the guitar.", preset)
    assert found.strange == ("first",)


@pytest.mark.parametrize("score", [0.0, 0.449, 0.45, 1.46, 2.46, 3.449, 4.46, 5.0])
def test_the_words_fit_the_score_as_it_is_written(score):
    found = infer.Pair(score, score, (), (), None, ())
    least = next(least for least, words in infer.WORDS if words == found.words)
    assert float(f"{score:.1f}") >= least
    better = [other for other, _ in infer.WORDS if other > least]
    assert not better or float(f"{score:.1f}") < min(better)
