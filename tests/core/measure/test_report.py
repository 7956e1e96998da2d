"""core.measure.report: the tables hold every figure of the results, and no other."""

import re
from dataclasses import replace

import pytest

from mmdemo.core.demo import Demo, Family, Method, Metric
from mmdemo.core.measure import report
from mmdemo.core.measure.report import Result

SPLIT, OTHER = "4 folds of people", "5 folds of clips"
RESULTS = [
    Result("verification", "default", "eer", 0.0312, SPLIT, 4950, (0.021, 0.0418)),
    Result("verification", "default", "auc", 0.99512, SPLIT, 4950),
    Result("verification", "book", "eer", 0.087, SPLIT, 4950),
    Result("verification", "raw_pixels", "eer", 0.13, SPLIT, 4950),
    Result("verification", "raw_pixels", "auc", 0.941, SPLIT, 4950),
    Result("verification", "published:Smith_2001", "eer", 0.015, "their own protocol", 0),
    Result("classification", "default", "accuracy", 0.8125, OTHER, 400, (0.77, 0.85)),
    Result("classification", "published:people", "accuracy", 0.957, "listening test", 0),
]
DEMO = Demo(
    slug="siamese_face",
    title="Faces",
    family=Family.IMAGES,
    summary="Two photos in.",
    source="a tutorial",
    datasets=("orl_faces",),
    headline=("verification", "eer", "{value}"),
    explanation="",
    own_data="",
)
PROVENANCE = {
    "command": "python -m mmdemo train siamese_face --preset default",
    "seed": 3,
    "wall_time_seconds": 61.4,
    "hardware": "2 cores of X",
    "versions": {"python": "3.11.7", "keras": "3.15.0"},
    "git_revision": None,
    "data": None,
}


def test_a_result_survives_json():
    for result in RESULTS:
        assert Result.from_dict(result.to_dict()) == result


def test_a_table_per_task_and_split_with_published_rows_joined():
    first, second = report.tables(RESULTS, DEMO)
    assert (first.task, first.split, first.n) == ("verification", SPLIT, 4950)
    assert (second.task, second.split, second.n) == ("classification", OTHER, 400)
    assert first.metrics == (report.METRICS["eer"], report.METRICS["auc"])
    assert [name for name, _ in first.rows] == [
        *("default", "book", "raw_pixels", "published:Smith_2001")
    ]
    assert dict(first.rows)["book"][1] is None  # never measured
    assert [name for name, _ in second.rows] == ["default", "published:people"]


def test_published_rows_join_a_second_table_only_under_its_own_metrics():
    more = [*RESULTS, Result("verification", "default", "auc", 0.9, "photos of one's own", 10)]
    tables = {table.split: table for table in report.tables(more, DEMO)}
    assert [name for name, _ in tables["photos of one's own"].rows] == ["default"]
    assert tables[SPLIT] == report.tables(RESULTS, DEMO)[0]


def test_every_result_is_in_a_table_once_and_nothing_else_is():
    cells = [
        cell
        for table in report.tables(RESULTS, DEMO)
        for _, row in table.rows
        for cell in row
        if cell is not None
    ]
    assert sorted(cells, key=repr) == sorted(RESULTS, key=repr)


def test_no_results_no_tables():
    assert report.tables([], DEMO) == []
    assert report.markdown([], DEMO) == ""


def test_best_looks_the_right_way_and_leaves_published_figures_out():
    first, second = report.tables(RESULTS, DEMO)
    assert first.best(0) == 0.0312  # the published 0.015 does not compete
    assert first.best(1) == 0.99512
    assert second.best(0) == 0.8125
    only = [Result("t", "default", "eer", 0.1, "s", 1), Result("t", "published:A", "auc", 1, "", 0)]
    assert report.tables(only, DEMO)[0].best(1) is None


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (RESULTS[0], "3.1 % (2.1 % to 4.2 %)"),
        (RESULTS[1], "0.995"),
        (Result("t", "m", "no_such_metric", 1.23456, "s", 0), "1.235"),
        (Result("t", "m", "accuracy", 1.0, "s", 0, (1.0, 1.0)), "100.0 % (100.0 % to 100.0 %)"),
        (None, ""),
    ],
)
def test_cells(result, text):
    form = report.metric(result.metric if result else "eer", DEMO)
    assert report.cell(result, form) == text


def test_labels():
    assert report.method_label("default", DEMO) == "DEFAULT"
    assert report.method_label("published:Smith_2001", DEMO) == "Smith 2001 (published)"
    assert report.method_label("raw_pixels", DEMO) == "raw pixels"
    known = replace(
        DEMO,
        methods={"raw_pixels": Method("Raw pixels, nearest", "Nothing is learnt.")},
        questions={"verification": "Is it one person?"},
    )
    assert report.method_label("raw_pixels", known) == "Raw pixels, nearest"
    assert report.question("verification", DEMO) == "Verification"
    assert "**Is it one person?** held-out" in report.markdown(
        [Result("verification", "raw_pixels", "eer", 0.1, "held-out people", 9)], known
    )
    assert report.metric("pearson_r", DEMO).label == "Pearson r"
    own = replace(DEMO, metrics={"oddity": Metric("Oddity of it", percent=True)})
    assert report.metric("oddity", own).format(0.5) == "50.0 %"
    assert report.metric("oddity", DEMO).label == "oddity"  # no other demo knows it


def test_the_card_s_tables_are_well_formed():
    lines = [line for line in report.markdown(RESULTS, DEMO).splitlines() if line.startswith("|")]
    columns = {line.count("|") for line in lines[:6]}
    assert columns == {4}  # method, two metrics
    assert {line.count("|") for line in lines[6:]} == {3}


def test_the_card_holds_every_figure_and_no_other():
    card = report.card(DEMO, DEMO.model_id("default"), RESULTS, PROVENANCE, parameters=12345)
    figures = card.split("## Results")[1].split("## Data")[0]
    written = sorted(re.findall(r"\d+\.\d+(?: %)?", figures))
    expected = []
    for result in RESULTS:
        form = report.metric(result.metric, DEMO).format
        expected += [form(v) for v in (result.value, *(result.ci95 or ()))]
    assert written == sorted(expected)


def test_the_card_says_where_it_comes_from():
    card = report.card(DEMO, DEMO.model_id("default"), RESULTS, PROVENANCE, parameters=12345)
    for fact in (
        *("# Faces: DEFAULT", "12,345", "a tutorial", "seed 3", "61 s", "2 cores of X"),
        *("keras 3.15.0", PROVENANCE["command"], "AT&T / ORL Database of Faces", "Samaria"),
    ):
        assert fact in card


def test_the_card_of_own_data_names_no_public_set():
    card = report.card(
        DEMO, DEMO.model_id("default"), RESULTS, PROVENANCE | {"data": "family"}, parameters=1
    )
    assert "the trainer's own data (family)" in card
    assert "ORL" not in card


def test_foreign_figures_are_stored_and_named_as_such() -> None:
    own = Result("verification", "default", "eer", 0.04, "held-out people", 10)
    (foreign,) = report.abroad([replace(own, value=0.08, split="another camera")])
    assert "foreign" not in own.to_dict()
    assert Result.from_dict(foreign.to_dict()) == foreign
    text = report.markdown([own, foreign], DEMO)
    assert "**Verification.** held-out people" in text
    assert "**Verification.** Data from elsewhere: another camera" in text
