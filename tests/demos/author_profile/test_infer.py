"""What the page, the API and the command line call, on the shipped weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.author_profile import config, examples, infer

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
every_preset = pytest.mark.parametrize("preset", config.PRESETS)
reviews_only = pytest.mark.parametrize("preset", ["stars/default", "stars/book"])


def golden(preset: str) -> list[float]:
    """Every head's answer to two texts, as plain numbers."""
    made = []
    for text in list((examples.POSTS if preset == "posts/default" else examples.REVIEWS).values())[
        :2
    ]:
        first, second, third = infer.read(text, preset).answers
        assert first.value is not None
        classes, binary = list(second.probabilities.values()), list(third.probabilities.values())
        made += [first.value, *classes[-2:], binary[1]]
    return made


@every_preset
def test_golden_outputs(preset):
    assert golden(preset) == pytest.approx(GOLDEN[preset], abs=1e-3)


@reviews_only
def test_own_reviews_are_read_rightly(preset):
    rave, slating = (
        infer.read(examples.REVIEWS[name], preset).answers for name in ("A rave", "A slating")
    )
    assert rave[0].value > 7.5 > 4 > slating[0].value
    assert rave[1].best in ("9", "10")
    assert slating[1].best in ("1", "2")
    assert rave[2].best == "positive"
    assert slating[2].best == "negative"


@every_preset
def test_answers_are_complete(preset):
    profile = infer.read("Some words about a quiet day in the garden.", preset)
    said = profile.to_dict()
    assert list(said["answers"]) == [head.column for head in config.PRESETS[preset].heads]
    json.dumps(said)
    for answer in profile.answers:
        assert (answer.value is None) == bool(answer.probabilities)
        if answer.probabilities:
            assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-4)
            assert 0 < answer.error["majority"] < 1
        else:
            assert answer.error["within"] > 0
    assert bool(profile.caution) == (preset == "posts/default")


@every_preset
def test_pushes_are_what_is_lost_without_the_word(preset):
    text = "A lovely film, but too long."
    found = infer.explain(text, preset)
    assert [text[a:b] for a, b in found.words.spans] == [
        "A",
        "lovely",
        "film",
        ",",
        "but",
        "too",
        "long",
        ".",
    ]
    reader = infer._Reader(preset)
    words = reader.row(reader.encode(text))
    places = np.flatnonzero(words)
    without = words.copy()
    without[places[1]] = 0
    lost = reader.outputs(words[None])[0][0, 0] - reader.outputs(without[None])[0][0, 0]
    assert found.pushes[1] == pytest.approx(float(lost), abs=1e-4)


def test_a_kind_word_raises_the_stars():
    found = infer.explain("A wonderful film with a dull, boring, awful ending.")
    pushes = dict(
        zip([found.words.text[a:b] for a, b in found.words.spans], found.pushes, strict=True)
    )
    assert pushes["wonderful"] > 0 > pushes["awful"]


def test_each_answer_can_be_explained():
    text = examples.REVIEWS["Mixed"]
    for head in infer.heads("default"):
        found = infer.explain(text, "default", head.column)
        assert found.column == head.column
        assert np.isfinite(found.pushes).all(), head.kind
    with pytest.raises(UserError, match="There are: stars, star class, sentiment"):
        infer.explain(text, "default", "income")


@every_preset
@pytest.mark.parametrize(
    "text",
    ["Good.", "😀 great 🎉", "فيلم جميل جدا", "这部电影很好看", "שלום עולם", "<b>&lt;", "\ufeff‏a"],
)
def test_any_script_and_the_shortest_texts(preset, text):
    profile = infer.read(text, preset)
    assert profile.short
    assert all(answer.value is None or np.isfinite(answer.value) for answer in profile.answers)
    assert len(infer.explain(text, preset).words) == profile.words


@pytest.mark.parametrize("text", ["", "  \n ", None, "\x00"])
def test_nothing_to_read(text):
    with pytest.raises(UserError, match="Write a text first"):
        infer.read(text)


def test_too_long_a_text_is_refused_and_a_long_one_is_read_at_its_end():
    with pytest.raises(UserError, match="too long"):
        infer.read("word " * 400_000)
    start = "It was awful. " * 200
    long = infer.read(start + examples.REVIEWS["A rave"] * 12)
    limit = config.DEFAULT.input.length
    assert long.words == limit
    assert long.skipped > 0
    assert long.answers[2].best == "positive"


def test_unknown_presets_are_named():
    with pytest.raises(UserError):
        infer.read("Good.", "best")


def test_files(tmp_path):
    file = tmp_path / "review.txt"
    file.write_bytes("Très bien, a fine film’s end.".encode("utf-16"))
    (answers,) = infer.predict([file]).values()
    assert answers["words"] > 5
    file.write_bytes(b"\x89PNG\x00\x00")
    with pytest.raises(UserError, match=r"review\.txt: This is not a text file"):
        infer.predict([file])
    (request,) = examples.requests()
    assert infer.predict(list(request.files))
    assert request.endpoint == "author_profile_read"


def test_the_tab_draws_answers_and_weights():
    from mmdemo.demos.author_profile import tab

    drawn = tab._explanation(infer.explain("<script>Awful</script> film"))
    assert "<script>" not in drawn
    assert drawn.count("mm-verdict") == 3
    assert "says little" in drawn
    weights = tab.weighting()
    assert "all weights 1" in weights
    assert weights.count("<figure") == 3


@every_preset
def test_only_what_is_not_english_is_strange(preset):
    assert not any(
        infer.read(text, preset).strange
        for text in [*examples.REVIEWS.values(), *examples.POSTS.values()]
    )
    for text in ("Die Geschichte bleibt bis zum Ende spannend.", "这部电影很无聊,而且太长了。"):
        assert infer.read(text, preset).to_dict()["strange"]
