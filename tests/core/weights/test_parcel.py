"""A network that was taken home is served from where it was unpacked, and answers the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmdemo import cli
from mmdemo.catalog import DEMOS, find
from mmdemo.core.media.archive import unpack
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts, parcel

ALL = [(demo, model_id) for demo in DEMOS for model_id in demo.model_ids]


def unpacked(demo, model_id, folder: Path) -> Path:
    """The archive of a network, unpacked."""
    archive = folder / f"{parcel.name(model_id)}.zip"
    archive.write_bytes(b"".join(parcel.pack(demo, model_id)))
    unpack(archive, folder, max_bytes=1 << 28, max_files=100)
    return folder / parcel.name(model_id)


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


@pytest.mark.parametrize(
    "name", ["corrnet/halves/book", "localizer/default", "siamese_face/book", "sentiment/book"]
)
def test_an_archive_is_a_folder_for_weights_as_it_is(name, tmp_path, monkeypatch):
    demo, model_id = next(each for each in ALL if str(each[1]) == name)
    original = artifacts.locate(model_id)
    folder = unpacked(demo, model_id, tmp_path)
    assert content(folder / name) == content(original)
    assert parcel.serving(model_id) in (folder / parcel.GUIDE).read_text()
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(folder))
    for place in folder.rglob(artifacts.WEIGHTS):  # with what it stands on
        artifacts.verify(place.parent)
    assert artifacts.locate(model_id).is_relative_to(folder)
    if (original / artifacts.STANDS_ON).is_file():
        assert (folder / "image_classifier" / "default" / artifacts.WEIGHTS).is_file()


def test_names_are_told_apart():
    assert parcel.name(find("corrnet").model_id("halves/book")) == "mmdemo-corrnet-halves-book"
    assert len({parcel.name(model_id) for _, model_id in ALL}) == len(ALL)


def test_an_archive_is_packed_piece_by_piece():
    demo = find("author_profile")
    pieces = list(parcel.pack(demo, demo.model_ids[0]))
    assert sum(map(len, pieces)) > 1 << 22
    assert max(map(len, pieces)) < 1 << 20


def test_what_was_unpacked_answers_the_same(tmp_path, monkeypatch, capsys):
    demo = find("sentence_similarity")
    model_id = demo.model_id("book")
    question = ["predict", demo.slug, "A man sings.", "Somebody sings.", "--preset", "book"]
    monkeypatch.setattr(runtime, "cache", runtime.ModelCache(1 << 30))
    assert cli.main(question) == 0
    expected = json.loads(capsys.readouterr().out)
    folder = unpacked(demo, model_id, tmp_path)
    monkeypatch.setenv("MMDEMO_WEIGHTS", "")  # is put back after the test
    monkeypatch.setattr(runtime, "cache", runtime.ModelCache(1 << 30))
    assert cli.main([*question, "--weights", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out) == expected
    assert artifacts.locate(model_id).is_relative_to(folder)
    (folder / str(model_id) / artifacts.WEIGHTS).write_bytes(b"changed")
    monkeypatch.setattr(runtime, "cache", runtime.ModelCache(1 << 30))
    assert cli.main([*question, "--weights", str(folder)]) == 1, "these are what is loaded"


def test_the_loader_s_lines_load_a_keras_model(tmp_path, monkeypatch, capsys):
    demo = find("corrnet")
    model_id = demo.model_id("halves/book")
    unpacked(demo, model_id, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMDEMO_WEIGHTS", "")  # is put back after the test
    names: dict = {}
    exec(compile(parcel.loading(model_id), "loading", "exec"), names)
    assert "Total params" in capsys.readouterr().out
    assert names["stored"].folder.resolve().is_relative_to(tmp_path.resolve())
    rows = artifacts.read_json(names["stored"].folder, "architecture.json")
    assert names["network"].count_params() == sum(row["parameters"] for row in rows)
