"""Data completion. The network is a stand-in."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.errors import UserError
from mmdemo.demos.corrnet import completion, digits, infer, speech
from tests.support.archives import zip_file

from .conftest import word, write_png, write_wav


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch):
    """Networks that paint grey and say a vowel."""

    def digit() -> digits.Digit:
        mel = speech.view(speech.find_word(word()).decibels)
        return digits.Digit(3, 0.9, (0.1,) * 10, np.full((28, 28), 0.5), mel, 0.4, (0, 0), "")

    def fill(views, model_id):
        left, right = views
        grey = np.full_like(left if right is None else right, 0.5)
        return (grey if left is None else left), (grey if right is None else right)

    monkeypatch.setattr(digits, "hear", lambda image: digit())
    monkeypatch.setattr(digits, "see", lambda clip: digit())
    monkeypatch.setattr(digits, "fill_halves", fill)
    monkeypatch.setattr(digits, "strange", lambda pictures: pictures.mean(axis=(1, 2)) < 0.3)


@pytest.fixture
def items(tmp_path: Path, drawn) -> Path:
    """A pair, a lone picture, a lone recording, half a digit, and something unreadable."""
    folder = tmp_path / "items"
    (folder / "deep").mkdir(parents=True)
    write_png(folder / "pair.png", drawn["three"])
    write_wav(folder / "pair.wav", word())
    write_png(folder / "deep" / "eye.png", drawn["five"])
    write_wav(folder / "ear.wav", word())
    write_png(folder / "half-left.png", np.zeros((28, 14), np.uint8))
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not a view")
    return folder


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in folder.rglob("*"):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return target


MADE = {"deep/eye.wav", "ear.png", "half-right.png"}


def test_folder_gets_its_missing_views(items):
    report = completion.complete(items)
    assert report.output == items.with_name("items-completed")
    assert set(report.made) == MADE
    assert report.complete == 1
    assert [line.split(":")[0] for line in report.skipped] == ["broken.png"]
    assert report.strange == ("half-right.png",)  # the stand-in's grey and no ink
    for name, size in (("ear.png", (28, 28)), ("half-right.png", (14, 28))):
        with Image.open(report.output / name) as picture:
            assert picture.size == size
    assert not speech.find_word(infer.load_sound(report.output / "deep/eye.wav").samples).others


def test_archive_gets_its_missing_views(items, tmp_path):
    report = completion.complete(zipped(items, tmp_path / "a.zip"), tmp_path / "out.zip")
    with zipfile.ZipFile(report.output) as archive:
        assert set(archive.namelist()) == MADE


def test_table_gets_its_missing_half(tmp_path):
    rows = np.full((3, 28, 28), 10.0)
    rows[1, :, 14:] = np.nan
    rows[2, 3, 3] = np.nan
    source = tmp_path / "digits.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", *(f"p{i}" for i in range(784))])
        for label, row in enumerate(rows.reshape(3, -1)):
            writer.writerow([label, *("" if np.isnan(v) else int(v) for v in row)])
    report = completion.complete(source)
    assert (report.complete, report.made, report.strange) == (1, ("row 3",), ("row 3",))
    assert report.skipped[0].startswith("row 4")
    with report.output.open(newline="") as file:
        written = list(csv.reader(file))
    assert written[0][0] == "label"
    filled = np.array([float(v) for v in written[2][1:]]).reshape(28, 28)
    assert (filled[:, :14] == 10).all()
    assert np.abs(filled[:, 14:] - 127.5).max() <= 0.5


@pytest.mark.parametrize(
    ("rows", "message"),
    [("", "no row"), ("1,2,3\n", "columns"), (",".join(["300"] * 784), "0 to 255")],
)
def test_bad_table_is_refused(tmp_path, rows, message):
    source = tmp_path / "bad.csv"
    source.write_text(rows)
    with pytest.raises(UserError, match=message):
        completion.complete(source)


def test_what_macos_adds_to_an_archive_is_left_out(items, tmp_path):
    source = zipped(items, tmp_path / "a.zip")
    with zipfile.ZipFile(source, "a") as archive:
        archive.writestr("__MACOSX/._ear.png", b"no picture")
        archive.writestr(".DS_Store", b"")
    report = completion.complete(source)
    assert set(report.made) == MADE
    assert [line.split(":")[0] for line in report.skipped] == ["broken.png"]


def test_file_outside_the_archive_is_refused(tmp_path):
    source = zip_file(tmp_path / "evil.zip", {"../evil.png": b"x"})
    with pytest.raises(UserError, match="would leave"):
        completion.complete(source, tmp_path / "inside" / "out.zip")
    assert not list(tmp_path.rglob("evil.png"))


def test_link_is_refused(tmp_path):
    source = tmp_path / "link.zip"
    entry = zipfile.ZipInfo("a.png")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(UserError, match="link"):
        completion.complete(source)


def test_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(completion, "MAX_BYTES", 1 << 20)
    source = zip_file(tmp_path / "bomb.zip", {"a.png": bytes(2 << 20)})
    assert source.stat().st_size < 10_000
    with pytest.raises(UserError, match=r"unpacks to more than 1 MB\. Split it\."):
        completion.complete(source)


def test_too_many_files_are_refused(tmp_path):
    names = range(completion.MAX_FILES + 1)
    source = zip_file(tmp_path / "many.zip", {f"{name}.png": b"" for name in names})
    with pytest.raises(UserError, match="more than"):
        completion.complete(source)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_damaged_archive_is_refused(tmp_path, content):
    source = tmp_path / "bad.zip"
    source.write_bytes(content)
    with pytest.raises(UserError, match="cannot be unpacked"):
        completion.complete(source)


def test_archive_without_views_is_refused(tmp_path):
    source = zip_file(tmp_path / "empty.zip", {})
    with pytest.raises(UserError, match="nothing to complete"):
        completion.complete(source)
