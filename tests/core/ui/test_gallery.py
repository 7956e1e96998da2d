"""core.gallery: what is enrolled survives its file, and hostile files are refused with a word."""

import base64
import copy
import json

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.errors import UserError
from mmdemo.core.ui import gallery
from mmdemo.core.ui.gallery import Entry, Gallery

DIMENSIONS = {"default": 3, "book": 2}


def entry(name="Ada", seed=0, picture=None):
    rng = np.random.default_rng(seed)
    vectors = {preset: rng.normal(size=n).astype("float32") for preset, n in DIMENSIONS.items()}
    if picture is None:
        picture = rng.integers(0, 256, (12, 10, 3), dtype=np.uint8)
    return Entry(name, vectors, picture)


def read(generated, content, demo="faces"):
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    return Gallery.read(generated.file("gallery.json", text), demo, DIMENSIONS)


def stored(count=1):
    """What a gallery file of so many examples holds, as Python objects."""
    made = Gallery("faces")
    for index in range(count):
        made = made.add(entry(f"Name {index}", index))
    return json.loads(made.to_json())


# === Use ===


def test_a_gallery_is_immutable_and_deepcopies_into_a_session():
    empty = Gallery("faces")
    full = empty.add(entry("Ada")).add(entry("Grace", 1)).add(entry("Ada", 2))
    assert (len(empty.entries), len(full.entries)) == (0, 3)
    assert full.names == ["Ada", "Grace"]
    assert full.matrix("default").shape == (3, 3)
    assert full.matrix("book").shape == (3, 2)
    assert np.array_equal(full.matrix("book")[1], entry("Grace", 1).embeddings["book"])
    assert full.remove("Ada").names == ["Grace"]
    assert full.remove("nobody").names == full.names
    assert copy.deepcopy(full).to_json() == full.to_json()


def test_names_are_tidied():
    made = Gallery("faces").add(entry("  Ada \n\t Lovelace\x00\x1b\ud800 "))
    assert made.names == ["Ada Lovelace"]
    assert Gallery("faces").add(entry("Zoë 陈 👩‍🔬 علی‌رضا")).names == ["Zoë 陈 👩‍🔬 علی‌رضا"]


@pytest.mark.parametrize("name", ["", "  \n", "\x00\ud800", "x" * 61])
def test_bad_names_are_refused(name):
    with pytest.raises(UserError, match="name"):
        Gallery("faces").add(entry(name))


def test_a_full_gallery_takes_no_more():
    full = Gallery("faces", tuple(entry() for _ in range(gallery.MAX_ENTRIES)))
    with pytest.raises(UserError, match="at most 200"):
        full.add(entry())


# === File ===


def test_round_trip(generated):
    grey = np.arange(120, dtype=np.uint8).reshape(12, 10)
    made = Gallery("faces").add(entry("Zoë 陈", 1)).add(entry("b", 2, grey))
    again = read(generated, made.to_json())
    assert again.names == made.names
    for preset in DIMENSIONS:
        assert again.matrix(preset).dtype == np.float32
        assert again.matrix(preset) == pytest.approx(made.matrix(preset), abs=1e-7)
    assert np.array_equal(again.entries[0].picture, made.entries[0].picture)
    assert np.array_equal(again.entries[1].picture[..., 0], grey)
    assert read(generated, again.to_json()).to_json() == again.to_json()


def test_an_empty_gallery_round_trips(generated):
    assert read(generated, Gallery("faces").to_json()) == Gallery("faces")


def test_whatever_can_be_enrolled_can_be_restored(generated):
    """The worst case: a full gallery of pictures that do not compress, under the longest names."""
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    made = Gallery("faces").add(entry("陈" * gallery.MAX_NAME, 0, noise))
    size = len(made.to_json()) * gallery.MAX_ENTRIES
    assert size < gallery.MAX_FILE_BYTES
    assert max(made.entries[0].picture.shape) == gallery.MAX_PICTURE_SIDE
    assert read(generated, made.to_json()).names == made.names


def test_markup_in_a_name_stays_data(generated):
    name = '<script>alert("1")</script>'
    assert read(generated, Gallery("faces").add(entry(name)).to_json()).names == [name]


# === Hostile files ===


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"\x89PNG\r\n\x1a\n",
        "not JSON",
        '{"format": ',
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000,
        "1" * 5000,
        "NaN",
        "null",
        "[]",
        '"mmdemo-gallery-1"',
        "{}",
        {"format": "mmdemo-gallery-1"},
        {"format": "mmdemo-gallery-99", "demo": "faces", "entries": []},
        {"format": ["mmdemo-gallery-1"], "demo": "faces", "entries": []},
        {"format": "mmdemo-gallery-1", "demo": ["faces"], "entries": []},
        {"format": "mmdemo-gallery-1", "demo": "faces"},
        {"format": "mmdemo-gallery-1", "demo": "faces", "entries": {"0": {}}},
        {"format": "mmdemo-gallery-1", "demo": "faces", "entries": [None]},
        {"format": "mmdemo-gallery-1", "demo": "faces", "entries": [[]]},
        {"format": "mmdemo-gallery-1", "demo": "faces", "entries": [{}] * 201},
    ],
)
def test_what_is_no_gallery_is_refused(generated, content):
    with pytest.raises(UserError):
        read(generated, content)


def test_another_demo_s_gallery_names_both(generated):
    with pytest.raises(UserError, match=r"'faces', not to 'sounds'"):
        read(generated, stored(), "sounds")


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e400", "1e7", "9" * 400, "true", "null", '"1"', "[1]", "{}"],
)
def test_only_small_finite_numbers_are_embeddings(generated, value):
    content = stored()
    content["entries"][0]["embeddings"]["default"][1] = "VALUE"
    text = json.dumps(content).replace('"VALUE"', value)
    with pytest.raises(UserError, match=r"Example 1 .* 3 numbers for DEFAULT"):
        read(generated, text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", 7),
        ("name", ""),
        ("name", "x" * 1000),
        ("embeddings", None),
        ("embeddings", [1, 2, 3]),
        ("embeddings", {}),
        ("embeddings", {"default": [1, 2, 3]}),
        ("embeddings", {"default": [1, 2], "book": [1, 2]}),
        ("embeddings", {"default": [1, 2, 3, 4], "book": [1, 2]}),
        ("embeddings", {"default": {"0": 1}, "book": [1, 2]}),
        ("picture", None),
        ("picture", 7),
        ("picture", []),
        ("picture", ""),
        ("picture", "not base64!"),
        ("picture", "é"),
        ("picture", base64.b64encode(b"not a picture").decode()),
    ],
)
def test_bad_fields_are_refused(generated, field, value):
    content = stored(2)
    content["entries"][1][field] = value
    with pytest.raises(UserError, match="name" if field == "name" else "Example 2"):
        read(generated, content)
    del content["entries"][1][field]
    with pytest.raises(UserError, match="Example 2"):
        read(generated, content)


def test_a_picture_bomb_is_refused_by_its_header(generated, monkeypatch):
    content = stored()
    bomb = generated.encode(Image.new("1", (7000, 7000)))  # what an upload may hold, not a gallery
    content["entries"][0]["picture"] = base64.b64encode(bomb).decode()
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(UserError, match=r"Example 1 .* picture"):
        read(generated, content)


def test_a_huge_file_is_refused_unread(generated, monkeypatch):
    path = generated.file("gallery.json", "{}")
    monkeypatch.setattr(gallery, "MAX_FILE_BYTES", 1)
    with pytest.raises(UserError, match="larger than"):
        Gallery.read(path, "faces", DIMENSIONS)


def test_unknown_fields_are_left_behind(generated):
    content = stored()
    content["extra"] = content["entries"][0]["extra"] = "x"
    content["entries"][0]["embeddings"]["other"] = [1]
    again = read(generated, content)
    assert set(again.entries[0].embeddings) == set(DIMENSIONS)
    assert "extra" not in again.to_json()


# === Map ===


def test_projection_keeps_distances_that_fit_in_two_dimensions():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(9, 2)) * (5, 1)
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    made = gallery.project(flat @ turn[:2] + 3)

    def distances(points):
        return np.linalg.norm(points[:, None] - points[None], axis=-1)

    assert distances(made) == pytest.approx(distances(flat), abs=1e-9)
    assert made.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert made[:, 0].std() > made[:, 1].std()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_projection_of_few_points(count):
    made = gallery.project(np.random.default_rng(1).normal(size=(count, 5)))
    assert made.shape == (count, 2)
    assert np.isfinite(made).all()
