"""Classifiers that visitors name, from a Hub on loopback through the real client."""

from __future__ import annotations

import functools
import io
import json
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import huggingface_hub
import keras
import numpy as np
import pytest
from huggingface_hub import constants
from keras import layers

from mmdemo import app, cli
from mmdemo.core.errors import UserError
from mmdemo.core.serve import applications, hub_files, hub_models, public, runtime, trial
from tests.support import hub_server
from tests.support.hub_server import WRITER, Blob, Hub, Repository
from tests.support.trials import Checked, Process, Shared

Trial = trial.Trial
PHOTO = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub of this test's own; the client's cache is empty, and ada has logged in.

    A trial goes no further than the network's shapes, in this process.
    """
    with hub_server.running() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_TOKEN", WRITER)
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        monkeypatch.setattr(runtime, "cache", runtime.ModelCache(1 << 20))
        monkeypatch.setattr(applications, "PAUSE", 0.01)
        monkeypatch.setattr(trial, "Trial", Checked)
        monkeypatch.delenv("MMDEMO_HUB_MODELS", raising=False)
        monkeypatch.delenv("SPACE_ID", raising=False)
        yield running


@pytest.fixture(scope="module", autouse=True)
def process() -> Iterator[Process]:
    """It imports Keras while the first tests run."""
    running = Process()
    yield running
    running.stop()


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, server: Hub, process: Process) -> None:
    """Networks are tried out in another process."""
    monkeypatch.setattr(trial, "Trial", lambda: Shared(process))


def publish(server: Hub, name: str, files: dict[str, bytes], *, private: bool = False) -> str:
    """Put files into a repository; answers the commit."""
    repository = server.repositories.setdefault(f"model/{name}", Repository(private=private))
    return repository.commit(
        "main", {path: Blob(content, False) for path, content in files.items()}
    )


@functools.cache
def classifier(classes: int = 3, activation: str | None = "softmax", side: Any = 8) -> keras.Model:
    """A tiny network."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((side, side, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    return keras.Model(inputs, keras.layers.Dense(classes, activation=activation)(pooled))


def as_file(network: keras.Model, folder: Path) -> dict[str, bytes]:
    """What `network.save("model.keras")` leaves."""
    if network not in _saved:
        network.save(folder / "saved.keras")
        _saved[network] = (folder / "saved.keras").read_bytes()
    return {"model.keras": _saved[network], ".gitattributes": b""}


_saved: dict[keras.Model, bytes] = {}


def as_folder(network: keras.Model, folder: Path) -> dict[str, bytes]:
    """What `network.save("hf://...")` leaves."""
    with zipfile.ZipFile(io.BytesIO(as_file(network, folder)["model.keras"])) as archive:
        return {name: archive.read(name) for name in archive.namelist()} | {"README.md": b"# It"}


# === Asked ===


@pytest.mark.parametrize("layout", [as_file, as_folder])
@pytest.mark.parametrize(
    "address", ["hf://ada/tiny", "ada/tiny", "https://huggingface.co/ada/tiny"]
)
def test_a_saved_classifier_answers_as_the_one_that_was_saved(server, tmp_path, layout, address):
    network = classifier()
    publish(server, "ada/tiny", layout(network, tmp_path))
    answer = hub_models.classify(PHOTO, address)
    expected = keras.ops.convert_to_numpy(network(answer.seen[None].astype("float32")))[0]
    np.testing.assert_allclose(answer.probabilities, np.sort(expected)[::-1], rtol=1e-4)
    assert answer.labels[0] == f"class {expected.argmax()}"
    assert (answer.name, answer.parameters) == ("ada/tiny", network.count_params())
    assert answer.seen.shape == (8, 8, 3)
    assert json.dumps(answer.to_dict())


@pytest.mark.parametrize(
    ("scaling", "factor", "offset"), [("0 to 1", 255, 0), ("-1 to 1", 127.5, -1)]
)
def test_pixels_are_scaled_as_asked(server, tmp_path, scaling, factor, offset):
    network = classifier()
    publish(server, "ada/tiny", as_file(network, tmp_path))
    answer = hub_models.classify(PHOTO, "ada/tiny", scaling=scaling)
    scaled = answer.seen[None].astype("float32") / factor + offset
    expected = keras.ops.convert_to_numpy(network(scaled))[0]
    np.testing.assert_allclose(answer.probabilities, np.sort(expected)[::-1], rtol=1e-4)
    with pytest.raises(UserError, match="one of 0 to 255, 0 to 1, -1 to 1, not 'half'"):
        hub_models.classify(PHOTO, "ada/tiny", scaling="half")


def test_only_what_the_model_needs_is_fetched_and_only_once(server, tmp_path, monkeypatch):
    download, looked = huggingface_hub.hf_hub_download, threading.Event()

    def slow(repo: str, path: str, tqdm_class: type, **options: Any) -> str:
        for desc in ("from the network", "to the disk"):  # as large files have it
            tqdm_class(desc=desc, total=5, position=1).update(5)
        fetched = download(repo, path, tqdm_class=tqdm_class, **options)
        looked.wait(10 if path == "model.weights.h5" else 0.05)
        return fetched

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", slow)
    files = as_folder(classifier(), tmp_path) | {"big.bin": b"0" * 1000, "labels.txt": b"a\nb\nc\n"}
    publish(server, "ada/tiny", files)
    told = []

    def progress(done: int, expected: int) -> None:
        told.append(done)
        if done > expected / 2:
            looked.set()

    hub_models.classify(PHOTO, "ada/tiny", progress=progress)
    fetched = {r.path.rsplit("/", 1)[-1] for r in server.asked("GET", "/resolve/")}
    assert fetched == {"config.json", "metadata.json", "model.weights.h5", "labels.txt"}
    assert told == sorted(set(told))
    assert told[-1] == sum(len(files[name]) for name in fetched)
    server.requests.clear()
    hub_models.classify(PHOTO, "ada/tiny")
    assert server.asked("GET", "/resolve/") == []


def test_a_model_waits_until_another_network_is_loaded(server, tmp_path):
    publish(server, "ada/tiny", as_file(classifier(), tmp_path))
    with ThreadPoolExecutor(1) as pool:
        with applications._loading:
            waiting = pool.submit(hub_models.classify, PHOTO, "ada/tiny")
            assert not wait([waiting], 0.5).done
            assert server.asked("GET", "/resolve/") == []
        assert waiting.result(60).labels


def test_a_new_commit_is_a_new_network_and_an_old_one_stays_within_reach(server, tmp_path):
    first = publish(server, "ada/tiny", as_file(classifier(3), tmp_path))
    assert len(hub_models.classify(PHOTO, "ada/tiny").labels) == 3
    publish(server, "ada/tiny", as_file(classifier(4), tmp_path))
    assert len(hub_models.classify(PHOTO, "ada/tiny").labels) == 4
    assert len(hub_models.classify(PHOTO, f"hf://ada/tiny@{first}").labels) == 3


@pytest.mark.parametrize(
    "files",
    [
        {"labels.json": b'["cat", "dog", "eel"]'},
        {"labels.json": b'{"2": "eel", "0": "cat", "1": "dog"}'},
        {"labels.txt": b"cat\ndog\neel\n"},
        {"config.json": b'{"id2label": {"0": "cat", "1": "dog", "2": "eel"}}'},
    ],
)
def test_labels_of_the_repository_are_used(server, tmp_path, files):
    publish(server, "ada/tiny", as_file(classifier(), tmp_path) | files)
    assert set(hub_models.classify(PHOTO, "ada/tiny").labels) == {"cat", "dog", "eel"}


def test_labels_that_do_not_fit_give_way_to_numbers(server, tmp_path):
    publish(server, "ada/tiny", as_file(classifier(), tmp_path) | {"labels.txt": b"cat\ndog\n"})
    assert set(hub_models.classify(PHOTO, "ada/tiny").labels) == {"class 0", "class 1", "class 2"}


def test_a_thousand_outputs_are_imagenet_s(server, tmp_path, monkeypatch):
    names = [f"thing {number}" for number in range(1000)]
    monkeypatch.setattr(applications, "labels", lambda: names)
    publish(server, "ada/tiny", as_file(classifier(1000), tmp_path))
    assert set(hub_models.classify(PHOTO, "ada/tiny").labels) <= set(names)


def test_logits_become_probabilities(server, tmp_path):
    publish(server, "ada/tiny", as_file(classifier(activation=None), tmp_path))
    answer = hub_models.classify(PHOTO, "ada/tiny", scaling="0 to 1")
    assert sum(answer.probabilities) == pytest.approx(1, abs=1e-5)


def test_any_size_and_whole_numbers_are_taken(server, tmp_path):
    inputs = keras.Input((None, None, 3), dtype="uint8")
    scaled = keras.layers.Rescaling(1 / 255)(inputs)
    pooled = keras.layers.GlobalAveragePooling2D()(scaled)
    network = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(pooled))
    publish(server, "ada/any", as_file(network, tmp_path))
    assert hub_models.classify(PHOTO, "ada/any").seen.shape == (224, 224, 3)


def test_probabilities():
    given = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
    assert hub_models.probabilities(given) is given
    logits = np.array([[1000.0, 1000.0]], np.float32)
    np.testing.assert_allclose(hub_models.probabilities(logits), [[0.5, 0.5]])
    sigmoid = np.array([[0.2]], np.float32)
    np.testing.assert_allclose(hub_models.probabilities(sigmoid), [[0.8, 0.2]], rtol=1e-6)
    logit = np.array([[-2.0]], np.float32)
    np.testing.assert_allclose(hub_models.probabilities(logit).sum(), 1, rtol=1e-6)
    with pytest.raises(UserError, match="no numbers"):
        hub_models.probabilities(np.array([[np.nan, 1.0]]))


# === Tried out ===


@pytest.mark.parametrize("side", [8, None])
def test_a_trial_reports_what_a_network_takes_and_gives(process, tmp_path, side):
    network = classifier(side=side)
    network.save(tmp_path / "model.keras")
    with Shared(process) as running:
        report = running.of("ada/tiny", tmp_path / "model.keras")
    assert report.inputs == (network.input_shape,)
    assert report.outputs == (network.output_shape,)
    assert report.parameters == network.count_params()


def test_the_widest_layers_of_keras_applications_are_within_the_bounds(process, tmp_path):
    inputs = keras.Input((224, 224, 3))  # of VGG16
    maps = layers.Conv2D(64, 3, padding="same")(layers.Conv2D(64, 3, padding="same")(inputs))
    _ended(inputs, maps).save(tmp_path / "model.keras")
    with Shared(process) as running:
        running.of("ada/vgg", tmp_path / "model.keras")


def test_a_network_is_tried_out_in_a_process_of_its_own(server, tried, tmp_path):
    for layout in (as_file, as_folder):
        publish(server, "ada/tiny", layout(classifier(), tmp_path))
        assert len(hub_models.classify(PHOTO, "ada/tiny").labels) == 3


def test_a_trial_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "MAX_WAIT", 0.0)
    with (
        Trial() as running,
        pytest.raises(UserError, match="takes too long to load and to look at one picture"),
    ):
        running.of("eve/slow", tmp_path / "model.keras")
    assert running._process.returncode < 0


@pytest.mark.parametrize(
    ("code", "message"), [(-9, "takes more memory"), (1, "could not be tried out here")]
)
def test_a_trial_that_breaks_off_is_a_sentence(process, tmp_path, monkeypatch, code, message):
    monkeypatch.setattr(process, "ask", lambda request: (code, ""))
    with Shared(process) as running, pytest.raises(UserError, match=f"^eve/odd {message}"):
        running.of("eve/odd", tmp_path / "model.keras")


# === Addresses ===


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("hf://ada/tiny", ("ada/tiny", None)),
        (" ada/tiny/ ", ("ada/tiny", None)),
        ("ada/tiny-1.0@refs/pr/1", ("ada/tiny-1.0", "refs/pr/1")),
        ("https://huggingface.co/ada/tiny?library=keras#use", ("ada/tiny", None)),
        ("https://hf.co/ada/tiny/tree/trial", ("ada/tiny", "trial")),
        ("huggingface.co/ada", ("huggingface.co/ada", None)),
    ],
)
def test_addresses(address, expected):
    assert hub_models.parse(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "tiny",
        "hf://tiny",
        "https://example.org/ada/tiny",
        "../../etc",
        "hf://datasets/ada/tiny",
    ],
)
def test_what_is_no_address_is_refused(server, address):
    with pytest.raises(UserError, match=r"is not the address of a model|no model|cannot be"):
        hub_models.classify(PHOTO, address)


# === Refused ===


def test_code_in_a_layer_is_never_run(server, tried, tmp_path):
    network = classifier()
    coded = keras.layers.Lambda(lambda x: x * 2)(network.output)
    network = keras.Model(network.input, coded)
    for layout in (as_file, as_folder):
        publish(server, "eve/code", layout(network, tmp_path))
        with pytest.raises(UserError, match="carries code of its own, such as Lambda"):
            hub_models.classify(PHOTO, "eve/code")


def test_a_too_large_model_is_refused_before_any_download(server, tmp_path, monkeypatch):
    publish(server, "ada/large", as_file(classifier(), tmp_path))
    monkeypatch.setattr(hub_files, "MAX_BYTES", 10_000)
    with pytest.raises(UserError, match=r"MB are fetched here\. Choose a smaller one"):
        hub_models.classify(PHOTO, "ada/large")
    assert server.asked("GET", "/resolve/") == []


def test_a_file_that_unpacks_to_too_much_is_refused(server, monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}" + " " * 1_000_000)
    publish(server, "eve/bomb", {"model.keras": packed.getvalue()})
    monkeypatch.setattr(hub_files, "MAX_BYTES", 100_000)
    with pytest.raises(UserError, match="unpacks to more than"):
        hub_models.classify(PHOTO, "eve/bomb")


def test_a_compression_that_cannot_be_bounded_is_refused(server):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("config.json", "{}")
    publish(server, "eve/bomb", {"model.keras": packed.getvalue()})
    with pytest.raises(UserError, match="compressed in an unusual way"):
        hub_models.classify(PHOTO, "eve/bomb")


def test_a_small_file_that_asks_for_a_huge_network_is_refused(server, tmp_path):
    files = as_folder(classifier(), tmp_path)
    config = files["config.json"].replace(b'"units": 3', b'"units": 2000000000')
    assert config != files["config.json"]
    publish(server, "eve/huge", files | {"config.json": config})
    with pytest.raises(UserError, match="10,000,000,112 parameters: too many"):
        hub_models.classify(PHOTO, "eve/huge")


def test_too_little_memory(server, tmp_path, monkeypatch):
    publish(server, "ada/tiny", as_file(classifier(), tmp_path))
    monkeypatch.setattr(applications, "free_memory", lambda: 100)
    with pytest.raises(UserError, match="too many for the memory"):
        hub_models.classify(PHOTO, "ada/tiny")


# Networks of few weights that would take gigabytes, or hours, to look at one picture.


def _wide(side: int | None = 1024) -> keras.Model:
    inputs = keras.Input((side, side, 3))
    return _ended(inputs, layers.Conv2D(9000, 1)(inputs))


def _wide_at_any_size() -> keras.Model:
    return _wide(None)


def _enlarged() -> keras.Model:
    inputs = keras.Input((512, 512, 3))
    return _ended(inputs, layers.UpSampling2D(64)(inputs))


def _widely_strewn() -> keras.Model:
    inputs = keras.Input((64, 64, 3))
    return _ended(inputs, layers.Conv2DTranspose(1, 1, strides=300)(inputs))


def _nested() -> keras.Model:
    head = [keras.Input((None, None, 3)), layers.UpSampling2D(64), layers.GlobalMaxPooling2D()]
    inputs = keras.Input((512, 512, 3))
    return keras.Model(inputs, layers.Dense(3)(keras.Sequential(head)(inputs)))


def _in_each_row() -> keras.Model:
    row = keras.Sequential([layers.UpSampling1D(10**7), layers.GlobalMaxPooling1D()])
    inputs = keras.Input((8, 8, 3))
    return _ended(inputs, layers.TimeDistributed(row)(inputs))


def _attentive() -> keras.Model:
    inputs = keras.Input((256, 256, 3))
    pixels = layers.Reshape((-1, 3))(inputs)
    return _ended(inputs, layers.MultiHeadAttention(2, 2)(pixels, pixels))


def _attentive_to_each_feature() -> keras.Model:
    inputs = keras.Input((128, 128, 3))
    pixels = layers.Reshape((-1, 3))(inputs)
    return _ended(inputs, layers.AdditiveAttention()([pixels, pixels]))


def _separable() -> keras.Model:
    inputs = keras.Input((1024, 1024, 3))
    return _ended(inputs, layers.SeparableConv2D(2, 1, depth_multiplier=1000)(inputs))


def _summed() -> keras.Model:
    inputs = keras.Input((1024, 1024, 3))
    return _ended(inputs, layers.Add()([layers.Conv2D(10, 1)(inputs) for _ in range(30)]))


def _repeated() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    network = keras.Model(inputs, layers.Conv2D(3, 1)(inputs))
    for _ in range(20):
        inputs = keras.Input((8, 8, 3))
        network = keras.Model(inputs, network(network(inputs)))
    return _ended(network.input, network.output)


def _pixel_after_pixel() -> keras.Model:
    inputs = keras.Input((256, 256, 3))
    pixels = layers.Reshape((-1, 3))(inputs)
    return _ended(inputs, layers.TimeDistributed(layers.Dense(2))(pixels))


def _unrolled(wrap: Any = lambda layer: layer) -> keras.Model:
    inputs = keras.Input((256, 256, 3))
    pixels = layers.Reshape((256 * 256, 3))(inputs)
    return keras.Model(inputs, wrap(layers.SimpleRNN(3, unroll=True))(pixels))


def _unrolled_both_ways() -> keras.Model:
    return _unrolled(layers.Bidirectional)


def _ended(inputs: keras.KerasTensor, features: keras.KerasTensor) -> keras.Model:
    pool = {3: layers.GlobalAveragePooling1D, 4: layers.GlobalAveragePooling2D}[features.ndim]
    return keras.Model(inputs, layers.Dense(3)(pool()(features)))


TOO_LARGE = "takes more memory to look at one picture than there is for it here"
TOO_LONG = "takes too long to load and to look at one picture: more than 0.3 s"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_wide, TOO_LARGE),
        (_wide_at_any_size, TOO_LARGE),
        (_enlarged, TOO_LARGE),
        (_widely_strewn, TOO_LARGE),
        (_nested, TOO_LARGE),
        (_in_each_row, TOO_LARGE),
        (_attentive, TOO_LARGE),
        (_attentive_to_each_feature, TOO_LARGE),
        (_separable, TOO_LARGE),
        (_summed, TOO_LARGE),
        (_repeated, TOO_LONG),
        (_pixel_after_pixel, TOO_LONG),
        (_unrolled, TOO_LONG),
        (_unrolled_both_ways, TOO_LONG),
    ],
)
def test_what_would_fill_the_memory_is_refused_before_it_is_loaded(
    server, tried, tmp_path, monkeypatch, make, message
):
    publish(server, "eve/huge", as_file(make(), tmp_path))
    monkeypatch.setattr(keras.saving, "load_model", None)
    if message == TOO_LONG:
        monkeypatch.setattr(trial, "MAX_SECONDS", 0.3)
    with pytest.raises(UserError, match=message):
        hub_models.classify(PHOTO, "eve/huge")


def test_a_network_may_take_what_is_free(monkeypatch):
    monkeypatch.setattr(applications, "free_memory", lambda: None)
    assert trial.memory(1000) == 800_000_000 + 3 * 4 * 1000
    monkeypatch.setattr(applications, "free_memory", lambda: 1_000_000)
    assert trial.memory(1000) == 1_000_000


@pytest.mark.parametrize("layout", [as_file, as_folder])
def test_weights_that_unpack_to_too_much_are_refused(server, tmp_path, monkeypatch, layout):
    weights = io.BytesIO(as_folder(classifier(), tmp_path)["model.weights.h5"])
    with h5py.File(weights, "a") as stored:  # nothing but its shape is written
        stored.create_dataset("zeros", (10, 10**8), "f4", chunks=(10, 1000), compression="gzip")
    files = as_folder(classifier(), tmp_path) | {"model.weights.h5": weights.getvalue()}
    if layout is as_file:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        files = {"model.keras": packed.getvalue()}
    assert sum(map(len, files.values())) < 100_000
    publish(server, "eve/zeros", files)
    monkeypatch.setattr(keras.saving, "load_model", None)
    with pytest.raises(UserError, match="weights in eve/zeros unpack to more than 500 MB"):
        hub_models.classify(PHOTO, "eve/zeros")


@pytest.mark.parametrize("name", ["config.json", "labels.json", "labels.txt"])
def test_long_text_is_not_read(server, tmp_path, monkeypatch, name):
    files = as_folder(classifier(), tmp_path)
    files[name] = files.get(name, b"") + b" " * 10_001
    publish(server, "eve/long", files)
    monkeypatch.setattr(hub_files, "MAX_TEXT", 10_000)
    with pytest.raises(UserError, match=f"The file {name} of this model has 0.0 MB; at most 0.0"):
        hub_models.classify(PHOTO, "eve/long")


def test_a_long_description_in_a_file_is_not_read(server, tmp_path, monkeypatch):
    publish(server, "eve/long", as_file(classifier(), tmp_path))
    monkeypatch.setattr(hub_files, "MAX_TEXT", 1000)
    with pytest.raises(UserError, match=r"The file config\.json of this model has"):
        hub_models.classify(PHOTO, "eve/long")


def test_too_many_labels_and_classes_are_refused(server, tmp_path, monkeypatch):
    monkeypatch.setattr(hub_files, "MAX_CLASSES", 2)
    publish(server, "eve/labels", as_file(classifier(2), tmp_path) | {"labels.txt": b"a\nb\nc\n"})
    with pytest.raises(UserError, match=r"labels\.txt of this model has 3 labels; at most 2 are"):
        hub_models.classify(PHOTO, "eve/labels")
    publish(server, "eve/classes", as_file(classifier(3), tmp_path))
    with pytest.raises(UserError, match="tells 3 classes apart; at most 2 are possible"):
        hub_models.classify(PHOTO, "eve/classes")


def _named_answer() -> keras.Model:
    network = classifier()
    return keras.Model(network.input, {"kind": network.output})


def _named_answer_inside() -> keras.Model:
    return keras.Sequential([keras.Input((8, 8, 3)), _named_answer()])


def _named_picture() -> keras.Model:
    picture = keras.Input((8, 8, 3), name="picture")
    return keras.Model({"picture": picture}, layers.Dense(3)(layers.Flatten()(picture)))


@pytest.mark.parametrize("make", [_named_answer, _named_answer_inside, _named_picture])
def test_what_has_a_name_in_a_dictionary_is_refused(server, tried, tmp_path, make):
    publish(server, "ada/named", as_file(make(), tmp_path))
    with pytest.raises(UserError, match=r"under a name, in a dictionary\. Choose a model that"):
        hub_models.classify(PHOTO, "ada/named")


def test_a_list_of_one_is_taken(server, tmp_path):
    network = classifier()
    listed = keras.Model(network.input, [network.output])
    publish(server, "ada/listed", as_file(listed, tmp_path))
    assert len(hub_models.classify(PHOTO, "ada/listed").labels) == 3


def _grey() -> keras.Model:
    inputs = keras.Input((8, 8, 1))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(inputs)))


def _painter() -> keras.Model:
    inputs = keras.Input((None, None, 3))
    return keras.Model(inputs, keras.layers.Conv2D(2, 1)(inputs))


def _two_heads() -> keras.Model:
    network = classifier()
    return keras.Model(network.input, [network.output, keras.layers.Dense(4)(network.output)])


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (_grey, "takes (any, 8, 8, 1) and gives (any, 2)"),
        (_painter, "takes (any, any, any, 3) and gives (any, any, any, 2)"),
        (_two_heads, "gives (any, 3) and (any, 4)"),
    ],
)
def test_what_is_no_classifier_is_refused_with_what_it_is(server, tmp_path, make, found):
    publish(server, "ada/other", as_file(make(), tmp_path))
    with pytest.raises(UserError, match="is not a classifier of pictures") as caught:
        hub_models.classify(PHOTO, "ada/other")
    assert found in str(caught.value)


def test_huge_pictures_are_refused(server, tmp_path):
    publish(server, "eve/wide", as_file(classifier(side=5000), tmp_path))
    with pytest.raises(UserError, match="pictures of 5000 x 5000 pixels"):
        hub_models.classify(PHOTO, "eve/wide")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"pytorch_model.bin": b"0", "config.json": b"{}"}, "holds no Keras 3 model"),
        ({"a.keras": b"0", "b.keras": b"0"}, "several models: a.keras, b.keras"),
        ({"model.keras": b"not a zip"}, "cannot be loaded as a model of Keras' own layers"),
        (
            {"config.json": b"[", "metadata.json": b"{}", "model.weights.h5": b""},
            "The file config.json of this model cannot be read",
        ),
        (
            {"config.json": b"[]", "metadata.json": b"{}", "model.weights.h5": b""},
            "cannot be loaded as a model of Keras' own layers",
        ),
        (
            {
                "config.json": b'{"module": "os", "class_name": "system", "config": {}}',
                "metadata.json": b"{}",
                "model.weights.h5": b"",
            },
            "cannot be loaded as a model of Keras' own layers",
        ),
        (
            {
                "config.json": b'{"module": "keras.layers", "class_name": "Dense",'
                b' "config": {"units": 2}}',
                "metadata.json": b"{}",
                "model.weights.h5": b"",
            },
            "holds no Keras model that is ready to use",
        ),
    ],
)
def test_what_is_no_model_is_refused(server, files, message):
    publish(server, "eve/none", files)
    with pytest.raises(UserError, match=message):
        hub_models.classify(PHOTO, "eve/none")
    assert list(runtime.cache) == []


def test_unreadable_labels_are_refused(server, tmp_path):
    publish(server, "eve/labels", as_file(classifier(), tmp_path) | {"labels.json": b"{"})
    with pytest.raises(UserError, match=r"The file labels.json of this model cannot be read"):
        hub_models.classify(PHOTO, "eve/labels")


def test_an_unknown_repository_and_revision(server, tmp_path):
    with pytest.raises(UserError, match="There is no model ada/nothing on the Hub"):
        hub_models.classify(PHOTO, "ada/nothing")
    publish(server, "ada/tiny", as_file(classifier(), tmp_path))
    with pytest.raises(UserError, match="ada/tiny has no revision 'old'"):
        hub_models.classify(PHOTO, "ada/tiny@old")


def test_the_token_of_whoever_runs_the_app_opens_nothing(server, tmp_path):
    publish(server, "ada/secret", as_file(classifier(), tmp_path), private=True)
    with pytest.raises(UserError, match="or it is private"):
        hub_models.classify(PHOTO, "ada/secret")


def test_a_hub_that_does_not_answer(server, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(UserError, match="does not answer"):
        hub_models.classify(PHOTO, "ada/tiny")


# === Where strangers are ===


def test_off_on_a_public_link_and_on_a_space_unless_the_owner_says_so(server, monkeypatch):
    assert hub_models.allowed()
    monkeypatch.setattr(public, "shared", True)
    assert not hub_models.allowed()
    with pytest.raises(UserError, match=r"switched off on public pages.*--hub-models"):
        hub_models.classify(PHOTO, "ada/tiny")
    assert server.requests == []
    monkeypatch.setattr(public, "shared", False)
    monkeypatch.setenv("SPACE_ID", "ada/space")
    assert not hub_models.allowed()
    monkeypatch.setenv("MMDEMO_HUB_MODELS", "1")
    assert hub_models.allowed()


@pytest.mark.parametrize(
    ("arguments", "variable", "expected"),
    [([], "0", False), (["--hub-models"], "0", True), ([], "yes", True)],
)
def test_the_flag_of_the_command_line(monkeypatch, arguments, variable, expected):
    monkeypatch.setitem(sys.modules, "mmdemo.app", SimpleNamespace(launch=lambda **_: None))
    monkeypatch.setattr(public, "shared", True)
    monkeypatch.setenv("MMDEMO_HUB_MODELS", variable)
    assert cli.serve(arguments) == 0
    assert hub_models.allowed() is expected


@pytest.mark.parametrize("share", [True, False])
def test_launch_says_whether_there_is_a_public_link(monkeypatch, share):
    monkeypatch.delenv("MMDEMO_HUB_MODELS", raising=False)
    monkeypatch.setattr(public, "shared", not share)
    address = "https://there" if share else None
    blocks = SimpleNamespace(
        queue=lambda **_: None, fns={}, share_url=address, local_url="http://here"
    )
    monkeypatch.setattr(app, "build", lambda **_: blocks)
    monkeypatch.setattr(app, "_serve", lambda *_: None)
    monkeypatch.setattr(app.hub, "fetch_missing", lambda demos: None)
    monkeypatch.setattr(app.upkeep, "install", lambda: None)
    monkeypatch.setattr(app.queueing, "Queue", app.queueing.Queue)
    app.launch(share=share, preload="none", block=False)
    assert public.is_public() is share
    assert hub_models.allowed() is not share
