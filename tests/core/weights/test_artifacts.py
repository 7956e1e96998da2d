"""core.artifacts: what is written is what is served, and damage is named."""

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers, ops

from mmdemo.core.errors import WeightsError
from mmdemo.core.serve import runtime
from mmdemo.core.ui import diagram
from mmdemo.core.weights import architecture, artifacts
from tests.support.toy import BOOK, DEFAULT


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# === Round trip ===


def test_written_then_loaded_gives_the_same_outputs(toy):
    network = toy.write()
    again, stored = runtime.build(DEFAULT)
    expected = network.predict_on_batch(toy.inputs)
    assert again.predict_on_batch(toy.inputs) == pytest.approx(expected, abs=1e-6)
    assert stored.config == toy.config((6, 5), 3)
    assert stored.preprocess == {"threshold": 0.5, "dimensions": 3}
    assert artifacts.read_results(toy.folder) == toy.results
    assert artifacts.read_history(toy.folder) == [{"loss": 2.0}, {"loss": 1.0, "late": 3.0}]
    assert "| DEFAULT | 12.5 % (10.0 % to 15.0 %) |" in (toy.folder / "README.md").read_text()


def test_another_network_s_outputs_differ(toy):
    """The round trip would pass if nothing were loaded and all networks started alike."""
    network = toy.write()
    other = toy.build(toy.config())
    difference = network.predict_on_batch(toy.inputs) - other.predict_on_batch(toy.inputs)
    assert np.abs(difference).max() > 0.01


def test_half_precision_takes_half_the_room_and_loads_as_usual(tmp_path):
    network = keras.Sequential([keras.Input((64,)), layers.Dense(256), layers.Dense(8)])
    whole, half = tmp_path / "whole.weights.h5", tmp_path / "folds" / "half.weights.h5"
    artifacts.save_weights(network, whole)
    artifacts.save_weights(network, half, half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    before = [np.array(w) for w in network.get_weights()]
    network.set_weights([np.zeros_like(w) for w in before])
    network.load_weights(half)
    for new, old in zip(network.get_weights(), before, strict=True):
        assert new.dtype == np.float32
        assert new == pytest.approx(old, rel=1e-3, abs=1e-4)
    assert [p.name for p in half.parent.iterdir()] == [half.name]


def layout_version(header: memoryview) -> int:
    """Of the message in a data set's object header that says where its values lie.

    Source: the HDF5 file format specification, IV.A.1.b and IV.A.2.i. HDF5 1.10 to 1.14 read
    versions 3 and 4.
    """
    if header[:4] != b"OHDR":  # of the first version of object headers, which all can read
        return 3
    flags = header[5]
    width = 1 << (flags & 3)
    start = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    end = start + width + int.from_bytes(header[start : start + width], "little")
    at = start + width
    while at < end:
        if header[at] == 8:
            return header[at + (6 if flags & 4 else 4)]
        at += (6 if flags & 4 else 4) + int.from_bytes(header[at + 1 : at + 3], "little")
    raise AssertionError("the object header has no layout message")


def layout_versions(path: Path) -> set[int]:
    content, places = memoryview(path.read_bytes()), []
    with h5py.File(path) as file:
        file.visititems(lambda _, v: places.append(v.id) if isinstance(v, h5py.Dataset) else None)
        return {layout_version(content[h5py.h5o.get_info(place).addr :]) for place in places}


def test_half_precision_is_written_for_earlier_hdf5_too(tmp_path):
    path = tmp_path / "half.weights.h5"
    network = keras.Sequential([keras.Input((64,)), layers.Dense(256), layers.Dense(8)])
    artifacts.save_weights(network, path, half=True)
    assert layout_versions(path) <= {3, 4}
    with h5py.File(path, "w", libver="latest") as file:  # what the bound keeps out, where known
        file.create_dataset("a", data=np.zeros((2000, 600), np.float16), compression="gzip")
    newest = 4 if h5py.version.hdf5_version_tuple < (2, 0, 0) else 5
    assert layout_versions(path) == {newest}


@pytest.mark.parametrize(
    "path",
    sorted(artifacts.EMBEDDED.glob("*/*/*.h5")),
    ids=lambda path: "/".join(path.parts[-3:-1]),
)
def test_shipped_weights_are_readable_by_earlier_hdf5_too(path):
    assert layout_versions(path) <= {3, 4}


def test_the_optimiser_is_not_stored_and_the_model_keeps_it(toy, tmp_path):
    network = toy.build(toy.config())
    artifacts.save_weights(network, tmp_path / "before.weights.h5")
    network.compile("adam", "mse", jit_compile=False)
    network.fit(toy.inputs, np.zeros((4, 3)), verbose=0)
    steps = int(network.optimizer.iterations)
    toy.write(network)
    sizes = [
        p.stat().st_size for p in (tmp_path / "before.weights.h5", toy.folder / artifacts.WEIGHTS)
    ]
    assert sizes[0] == sizes[1]
    network.fit(toy.inputs, np.zeros((4, 3)), verbose=0)
    assert int(network.optimizer.iterations) == steps + 1


def test_folds_are_stored_in_half_precision_and_verified(toy):
    toy.write(folds={"0": toy.build(toy.config()), "1": toy.build(toy.config())})
    fold = toy.folder / "folds" / "1.weights.h5"
    kinds = set()
    with h5py.File(fold) as file:
        file.visititems(lambda _, v: kinds.add(v.dtype) if isinstance(v, h5py.Dataset) else None)
    assert kinds == {np.dtype("float16")}
    artifacts.verify(toy.folder)
    fold.unlink()
    with pytest.raises(WeightsError, match=r"1\.weights\.h5 is missing"):
        artifacts.verify(toy.folder)


def test_no_history(toy):
    toy.write(history=[])
    assert artifacts.read_history(toy.folder) == []
    artifacts.verify(toy.folder)


# === Damage ===


@pytest.mark.parametrize("name", [*artifacts.REQUIRED, artifacts.MANIFEST])
def test_a_missing_file_is_named_with_what_to_do(toy, name):
    toy.write()
    (toy.folder / name).unlink()
    with pytest.raises(WeightsError, match=f"{name} is missing.*mmdemo train toy --preset default"):
        artifacts.load(DEFAULT)


def test_a_folder_that_is_not_there_is_named(toy):
    with pytest.raises(WeightsError, match=r"toy/book/model\.weights\.h5 is missing"):
        artifacts.load(BOOK)


@pytest.mark.parametrize("how", ["flip", "cut", "append", "empty"])
@pytest.mark.parametrize("name", [*artifacts.REQUIRED, "history.csv", "README.md"])
def test_a_corrupted_file_is_named_with_what_to_do(toy, name, how):
    toy.write()
    path = toy.folder / name
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "flip": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "cut": content[:-1],
            "append": content + b"\n",
            "empty": b"",
        }[how]
    )
    with pytest.raises(WeightsError, match=f"{name} is corrupted.*mmdemo train toy"):
        artifacts.load(DEFAULT)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"7", b"{}", b'{"a": {}}'])
def test_a_corrupted_manifest(toy, content):
    toy.write()
    (toy.folder / artifacts.MANIFEST).write_bytes(content)
    with pytest.raises(WeightsError, match=r"manifest\.json is corrupted.*mmdemo train toy"):
        artifacts.load(DEFAULT)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"results": [{}]}', '{"results": 7}'])
def test_results_that_are_none(toy, content):
    toy.write()
    (toy.folder / "metrics.json").write_text(content)
    with pytest.raises(WeightsError, match=r"metrics\.json is corrupted"):
        artifacts.read_results(toy.folder)


def test_embedded_weights_are_restored_from_the_repository(monkeypatch, tmp_path):
    monkeypatch.delenv("MMDEMO_WEIGHTS", raising=False)
    monkeypatch.setattr(artifacts, "EMBEDDED", tmp_path / "weights")
    with pytest.raises(WeightsError, match="git checkout -- weights/toy/default"):
        artifacts.load(DEFAULT)


# === Writing ===


def test_an_interrupted_write_leaves_the_old_folder(toy, monkeypatch):
    toy.write()
    before = contents(toy.folder)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(artifacts, "_write_manifest", interrupt)
    with pytest.raises(KeyboardInterrupt):
        toy.write()
    assert contents(toy.folder) == before
    assert [p.name for p in toy.folder.parent.iterdir()] == ["default"]


def test_a_write_that_fails_first_leaves_nothing(toy):
    with pytest.raises(TypeError):
        toy.write(preprocess={"threshold": object()})
    assert list(toy.folder.parent.iterdir()) == []


def test_a_second_write_replaces_the_whole_folder(toy):
    toy.write(folds={"0": toy.build(toy.config())})
    toy.write()
    assert not (toy.folder / "folds").exists()
    artifacts.verify(toy.folder)
    assert [p.name for p in toy.folder.parent.iterdir()] == ["default"]


def test_rewritten_metrics_leave_a_valid_folder_with_the_same_weights(toy):
    toy.write()
    weights = (toy.folder / artifacts.WEIGHTS).read_bytes()
    provenance = artifacts.read_json(toy.folder, "metrics.json")["provenance"]
    results = [*toy.results, artifacts.Result("verification", "book", "eer", 0.5, "held out", 8)]
    artifacts.rewrite_metrics(toy.folder, toy.demo, DEFAULT, results, provenance)
    artifacts.verify(toy.folder)
    assert artifacts.read_results(toy.folder) == results
    assert (toy.folder / artifacts.WEIGHTS).read_bytes() == weights
    assert "| BOOK | 50.0 % |" in (toy.folder / "README.md").read_text()


# === Find ===


def test_the_override_wins_where_it_holds_the_preset(toy, monkeypatch, tmp_path):
    toy.write()
    assert artifacts.locate(DEFAULT) == toy.folder
    assert artifacts.locate(BOOK) == artifacts.EMBEDDED / "toy" / "book"
    monkeypatch.delenv("MMDEMO_WEIGHTS")
    assert artifacts.locate(DEFAULT) == artifacts.EMBEDDED / "toy" / "default"


# === Description ===


def test_description_of_a_branching_network(toy):
    network = toy.write()
    rows = {row["name"]: row for row in artifacts.read_json(toy.folder, "architecture.json")}
    assert next(iter(rows)) == "picture"
    assert rows["join"]["inputs"] == ["left", "right"]
    assert rows["left"]["inputs"] == rows["right"]["inputs"] == ["picture"]
    assert (rows["left"]["detail"], rows["right"]["detail"]) == ("3×3, 2, relu", "3×3, 2")
    assert rows["join"]["shape"] == [4, 3, 4]
    assert sum(row["parameters"] for row in rows.values()) == network.count_params()


def test_description_of_nested_networks_and_plain_operations():
    stem = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a"), layers.ReLU(name="b")])
    stem.name = "stem"
    one, two = keras.Input((4,)), keras.Input((3,))
    pair = keras.Model([one, two], layers.Concatenate(name="cat")([one, two]), name="pair")
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    outputs = layers.Dense(2, name="out")(ops.add(pair([left, stem(right)]), 1.0))
    network = keras.Model([left, right], outputs)
    rows = {row["name"]: row for row in architecture.describe(network)}
    assert rows["stem/a"]["inputs"] == ["right"]
    assert rows["stem/b"]["inputs"] == ["stem/a"]
    assert rows["pair/cat"]["inputs"] == ["left", "stem/b"]
    (addition,) = (name for name, row in rows.items() if row["type"] == "Add")
    assert rows[addition]["inputs"] == ["pair/cat"]
    assert rows["out"]["inputs"] == [addition]
    assert sum(row["parameters"] for row in rows.values()) == network.count_params()


def test_a_network_used_in_another_one_is_described_as_before():
    """The siamese case: the embedding network is called twice in the network that is trained."""
    inputs = keras.Input((4,), name="in")
    dense = layers.Dense(2, name="dense")
    embedding = keras.Model(inputs, dense(inputs))
    before = architecture.describe(embedding)
    left, right = keras.Input((4,)), keras.Input((4,))
    siamese = keras.Model([left, right], layers.Subtract()([embedding(left), embedding(right)]))
    dense(left)  # and a layer of it in a third one
    assert architecture.describe(embedding) == before
    assert sum(row["parameters"] for row in architecture.describe(siamese)) == 10


def test_every_description_can_be_drawn(toy):
    sequential = keras.Sequential([keras.Input((8, 1)), layers.LSTM(3), layers.Dense(2)])
    for network in (toy.build(toy.config()), sequential):
        rows = json.loads(json.dumps(architecture.describe(network)))
        assert rows[0]["type"] == "InputLayer"
        assert diagram.diagram("t", rows).count("<rect") >= len(network.layers) - 1


def test_description_of_a_nested_network_with_several_outputs():
    """What reads the second map of a backbone is fed by the layer that made the second map."""
    inner = keras.Input((8, 8, 3))
    early = layers.Conv2D(4, 3, name="early")(inner)
    late = layers.Conv2D(5, 3, name="late")(early)
    body = keras.Model(inner, [early, late], name="backbone")
    picture = keras.Input((8, 8, 3), name="picture")
    maps = body(picture)
    outputs = [
        layers.GlobalAveragePooling2D(name="first")(maps[0]),
        layers.GlobalAveragePooling2D(name="second")(maps[1]),
    ]
    rows = {row["name"]: row for row in architecture.describe(keras.Model(picture, outputs))}
    assert rows["first"]["inputs"] == ["backbone/early"]
    assert rows["second"]["inputs"] == ["backbone/late"]


def test_only_the_heads_of_a_borrowed_backbone_are_stored():
    picture = keras.Input((4,))
    body = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="backbone")
    heads = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="heads")
    whole = keras.Model(picture, heads(body(picture)))
    assert artifacts.own_part(whole) is heads
    assert artifacts.own_part(heads) is heads
    assert artifacts.own_part(body) is body
