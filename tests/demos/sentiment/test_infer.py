"""What the page, the API and the command line call, on the shipped weights."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.sentiment import config, examples, infer

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_preset = pytest.mark.parametrize("preset", config.PRESETS)


@every_preset
def test_golden_outputs(preset):
    found = [infer.score(review, preset).logit for review in examples.REVIEWS.values()]
    assert found == pytest.approx(GOLDEN[preset], abs=2e-3)


@every_preset
@pytest.mark.parametrize(
    ("review", "positive"),
    [
        ("I loved every minute of this wonderful film.", True),
        ("A brilliant cast and a moving story. One of the best films of the year!", True),
        ("Terrible acting, awful script, a complete waste of time.", False),
        ("I was bored to death; the worst thing I have seen.", False),
    ],
)
def test_plain_reviews_are_read_rightly(preset, review, positive):
    assert infer.score(review, preset).positive is positive


def test_not_bad_at_all_is_praise():
    assert infer.score("Not bad at all.").positive
    assert infer.score("This is not bad at all.").positive
    assert not infer.score("This is not good at all.").positive


@every_preset
def test_pushes_are_what_is_lost_without_the_word(preset):
    """Against one reading at a time, with the word made a gap by hand."""
    review = "A dull start, but what a wonderful end! I left the cinema happy."
    found = infer.explain(review, preset)
    reader = infer._Reader(preset)
    row = reader.row(reader.tokenizer.encode(review))
    places = np.flatnonzero(row)
    assert len(found.words) == len(places) == 16
    for word, place in zip(found.words, places, strict=True):
        gap = row.copy()
        gap[place] = 0
        lost = found.verdict.logit - float(reader.logits(gap[None], len(places))[0])
        assert word.push == pytest.approx(lost, abs=1e-4)
    assert [review[s.start : s.end] for s in found.sentences] == [
        "A dull start, but what a wonderful end!",
        "I left the cinema happy.",
    ]
    pushes = {review[w.start : w.end]: w.push for w in found.words}
    assert pushes["wonderful"] > 0 > pushes["dull"]


@every_preset
def test_one_at_a_time_and_many_at_once_agree(preset):
    reviews = [*examples.REVIEWS.values(), "Good."]
    many = infer.score_many(reviews, preset)
    one = [infer.score(review, preset).probability for review in reviews]
    np.testing.assert_allclose(many, one, atol=1e-5)


def test_only_the_last_words_of_a_long_text_are_read():
    length = config.DEFAULT.input.length
    review = "awful " * 300 + "wonderful " * length
    found = infer.explain(review)
    assert (found.verdict.words, found.verdict.skipped) == (length, 300)
    assert found.words[0].start == len("awful ") * 300
    assert found.verdict.probability == pytest.approx(
        infer.score("wonderful " * length).probability
    )


def test_unknown_words_are_told():
    found = infer.explain("A splendidious film by Xqzzt, splendidious!")
    assert found.verdict.unknown == ("splendidious", "Xqzzt")
    assert [w.unknown for w in found.words] == [0, 1, 0, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    "text",
    ["😀😀 great 😀", "סרט נהדר", "电影很好看", '<b>good</b> & "bad"', "[PAD] [UNK] good", "!!!"],
)
def test_whatever_is_written_gets_an_answer(text):
    found = infer.explain(text)
    assert 0 < found.verdict.probability < 1
    assert json.dumps(found.to_dict())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write a review"),
        (None, "Write a review"),
        ("  \n", "Write a review"),
        ("a " * 1_000_000, "too long"),
    ],
)
def test_nothing_and_too_much_are_refused(text, message):
    with pytest.raises(UserError, match=message):
        infer.explain(text)


def test_unknown_preset():
    with pytest.raises(UserError, match="venus"):
        infer.score("good", "venus")


# === Files ===


def scored(path: Path, tmp_path: Path, **options) -> tuple[tuple[int, int], list[list[str]]]:
    target = tmp_path / "out.csv"
    counts = infer.score_file(path, target, **options)
    with target.open(newline="", encoding="utf-8") as file:
        return counts, list(csv.reader(file))


def test_a_table_keeps_its_columns_and_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,Review\n7,"Wonderful, ""truly""\nwonderful!"\n8,\n9,Awful.\n')
    done = []
    counts, rows = scored(path, tmp_path, steps=lambda batches: done.extend(batches) or batches)
    assert counts == (2, 1)
    assert rows[0] == ["id", "Review", "positive"]
    assert [row[:2] for row in rows[1:]] == [
        ["7", 'Wonderful, "truly"\nwonderful!'], ["8", ""], ["9", "Awful."],
    ]  # fmt: skip
    assert float(rows[1][2]) > 0.5 > float(rows[3][2])
    assert rows[2][2] == ""
    assert sorted(np.concatenate(done)) == [0, 1, 2]


def test_lines_of_a_text_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Wonderful, just wonderful!\n\nAwful, a waste of time.\n")
    _, rows = scored(path, tmp_path)
    assert len(rows) == 3
    assert float(rows[1][1]) > 0.5 > float(rows[2][1])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"one,two\n1,2\n", "Which column holds the text"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00", "not a text"),
        ("a.txt", b"", "empty"),
        ("a.csv", b"text\n", "no rows"),
    ],
)
def test_bad_files(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        infer.score_file(path, tmp_path / "out.csv")


def test_command_line(tmp_path):
    review = tmp_path / "a.txt"
    review.write_text("Wonderful. But too long.")
    table = tmp_path / "b.csv"
    table.write_text("text\nWonderful!\n")
    answers = infer.predict([review, table])
    assert answers[str(review)]["sentence_pushes"][0]["text"] == "Wonderful."
    assert answers[str(table)] == {
        "output": str(tmp_path / "b-scored.csv"), "scored": 1, "empty": 0,
    }  # fmt: skip
    (tmp_path / "c.txt").write_bytes(b"\x00")
    with pytest.raises(UserError, match=r"c\.txt: This is not a text"):
        infer.predict([tmp_path / "c.txt"])


@every_preset
def test_only_what_is_not_english_is_strange(preset):
    assert not any(infer.score(text, preset).strange for text in examples.REVIEWS.values())
    for text in ("Die Geschichte bleibt bis zum Ende spannend.", "这部电影很无聊,而且太长了。"):
        assert infer.score(text, preset).to_dict()["strange"]


@every_preset
def test_markup_is_no_part_of_a_review(preset):
    marked, plain = (
        infer.score(text, preset) for text in ("<b>Not</b> bad &amp; fun", "Not bad & fun")
    )
    assert marked == plain
