"""Tables, targets and splits."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.media.text import Table
from mmdemo.demos.author_profile import data
from mmdemo.demos.author_profile.config import BOOK, DEFAULT, STARS, TINY

from .conftest import generated, rows, write

THREE = ("age:regression", "job:softmax", "gender:binary")


def test_heads_come_from_the_columns(table):
    samples, heads = data.own(table, THREE, DEFAULT)
    assert heads == (
        ("age", "regression", (), 1.0),
        ("job", "softmax", ("cook", "gardener", "teacher"), 1.0),
        ("gender", "binary", ("female", "male"), 1.0),
    )
    assert len(samples) == 120
    assert samples.texts[0] == rows()[0][1]  # the longest column, since none is called text
    assert samples.values[0][0] == float(rows()[0][2])
    assert set(np.unique(samples.values[1])) == {0, 1, 2}


def test_the_source_weighs_by_kind(table):
    _, heads = data.own(table, THREE, BOOK)
    assert [head.weight for head in heads] == [0.25, 1.0, 10.0]


def test_column_names_in_any_case_and_with_colons(tmp_path):
    path = write(tmp_path / "t.csv", rows(), "id,Text,a:ge,job,gender")
    samples, heads = data.own(path, ("A:GE:regression",), DEFAULT)
    assert heads[0][:2] == ("A:GE", "regression")
    assert samples.texts[1] == rows()[1][1]


def test_empty_cells_are_unknown(tmp_path):
    lines = rows()
    for line in lines[:10]:
        line[2] = " "
    lines[11][1] = ""
    samples, _ = data.own(write(tmp_path / "t.csv", lines), THREE, DEFAULT)
    assert len(samples) == 119  # the row without a text is gone
    assert np.isnan(samples.values[0][:10]).all()
    assert not np.isnan(samples.values[1]).any()


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ((), "Say what to learn"),
        (("age",), "is no target"),
        (("age:number",), "is no target"),
        ((":regression",), "is no target"),
        (("salary:regression",), "no column 'salary'"),
        (("job:regression",), "which is no number"),
        (("job:binary",), "binary takes two"),
        (("age:regression", "AGE:softmax"), "named twice"),
        (("id:softmax",), "where 50 classes fit"),
    ],
)
def test_wrong_targets(table, targets, message):
    with pytest.raises(UserError, match=message):
        data.own(table, targets, DEFAULT)


def test_wrong_tables(tmp_path):
    with pytest.raises(UserError, match="folder"):
        data.own(tmp_path, THREE, DEFAULT)
    with pytest.raises(UserError, match="Only 30 rows"):
        data.own(write(tmp_path / "few.csv", rows(30)), THREE, DEFAULT)
    same = [[*line[:4], "female"] for line in rows()]
    with pytest.raises(UserError, match="in every row"):
        data.own(write(tmp_path / "same.csv", same), THREE, DEFAULT)
    flat = [[*line[:2], "30", *line[3:]] for line in rows()]
    with pytest.raises(UserError, match="same in every row"):
        data.own(write(tmp_path / "flat.csv", flat), THREE, DEFAULT)
    rare = rows()
    rare[0][3] = "pilot"
    with pytest.raises(UserError, match="'pilot' stands in only 1 rows"):
        data.own(write(tmp_path / "rare.csv", rare), THREE, DEFAULT)
    endless = rows()
    endless[4][2] = "inf"
    with pytest.raises(UserError, match="not finite"):
        data.own(write(tmp_path / "inf.csv", endless), THREE, DEFAULT)
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(UserError):
        data.own(tmp_path / "binary.csv", THREE, DEFAULT)
    only = write(tmp_path / "only.csv", [line[2:] for line in rows()], "age,job,gender")
    with pytest.raises(UserError, match="no column left for the texts"):
        data.own(only, THREE, DEFAULT)


def test_the_text_column_is_the_one_called_text():
    table = Table(("Text", "notes", "age"), (("a", "a long note", "3"),))
    assert data.text_column(table, ["age"]) == "Text"
    assert data.text_column(table, ["text"]) == "notes"


def test_numbers_stand_in_their_order_as_classes(tmp_path):
    lines = [[*line[:3], str(10 - number % 5 * 2), line[4]] for number, line in enumerate(rows())]
    _, heads = data.own(write(tmp_path / "t.csv", lines), ("job:softmax",), DEFAULT)
    assert heads[0][2] == ("2", "4", "6", "8", "10")


def test_splits_part_the_rows_and_keep_groups_together():
    fit, held_out = data.split(1000, 0.1, seed=3, block=25)
    assert sorted([*fit, *held_out]) == list(range(1000))
    assert len(held_out) == 100
    groups = np.repeat(np.arange(20), 7)
    folds = data.by_group(groups, 5, seed=0)
    assert sorted(np.concatenate(folds)) == list(range(140))
    for one, rows_of in enumerate(folds):
        for other in folds[one + 1 :]:
            assert not set(groups[rows_of]) & set(groups[other])


def test_prepare_keeps_the_last_words():
    long = [np.arange(1, 600, dtype=np.int32), np.array([5], np.int32)]
    fixed = data.prepare(long, BOOK)
    assert fixed.shape == (2, BOOK.input.length)
    assert fixed[0, -1] == 599
    assert fixed[1, -1] == 5
    assert not fixed[1, :-1].any()
    free = data.prepare([np.array([3, 4], np.int32), np.array([5], np.int32)], TINY)
    assert free.tolist() == [[3, 4], [5, 0]]


def test_generated_reviews_agree_with_themselves():
    samples = generated(50)
    stars, places, positive = samples.values
    assert all(float(STARS[int(place)]) == star for place, star in zip(places, stars, strict=True))
    assert ((stars > 5) == positive).all()


def test_public_sets(needs_data):
    needs_data("blogs_adult")
    posts = data.posts()
    assert len(posts) == 1738
    assert len(np.unique(posts.groups)) == 276
    age, job, female = posts.values
    assert (age.min(), age.max()) == (23, 48)
    assert 0 < np.isnan(job).sum() < len(posts)
    assert set(np.unique(female)) == {0, 1}
