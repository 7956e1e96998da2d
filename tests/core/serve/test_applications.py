"""Keras Applications: listed, refused, fetched once and asked; no network is needed."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from mmdemo.core.data import examples
from mmdemo.core.errors import UserError
from mmdemo.core.serve import applications, runtime
from tests.support.server import ROOT

PHOTO = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)
BACKENDS = [name for name in ("tensorflow", "torch", "jax") if importlib.util.find_spec(name)]
ASK = """
import json, sys
from pathlib import Path
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import applications
assert applications.names() and "keras" not in sys.modules
answers = [applications.classify(open_image(Path(p)), "MobileNet", alpha=0.25).to_dict()
           for p in sys.argv[1:]]
import keras
assert applications.labels()[281] == "tabby"
print(json.dumps([keras.backend.backend(), answers]))
"""


# === The real ones ===


def test_the_names_are_those_that_keras_offers():
    offered = {name for name, what in vars(keras.applications).items() if callable(what)}
    assert set(applications.names()) == offered
    for name in offered:
        module = importlib.import_module(f"keras.applications.{applications._modules()[name]}")
        assert callable(module.preprocess_input)
        assert callable(module.decode_predictions)


def test_parameters_are_counted_without_making_them():
    plan = applications.outline(lambda: keras.applications.MobileNet(alpha=0.25, weights=None))
    built = keras.applications.MobileNet(alpha=0.25, weights=None)
    assert applications.parameters("MobileNet", 0.25) == plan.count_params() == built.count_params()


def test_a_plan_takes_no_memory():
    def huge() -> keras.Model:
        inputs = keras.Input((1_000_000,))
        return keras.Model(inputs, keras.layers.Dense(1_000_000)(inputs))

    assert applications.outline(huge).count_params() == 10**12 + 10**6


@pytest.mark.parametrize("backend", BACKENDS)
def test_genuine_weights_are_loaded_from_keras_folder_and_recognise_things(backend, keras_home):
    photos = [str(examples.scikit_image(name)) for name in ("chelsea.png", "coffee.png")]
    done = subprocess.run(
        [sys.executable, "-c", ASK, *photos],
        cwd=ROOT,
        env=os.environ | {"KERAS_HOME": str(keras_home), "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    used, (cat, coffee) = json.loads(done.stdout)  # nothing else is printed
    assert used == backend
    assert cat["labels"][:2] == ["tabby", "Egyptian cat"]
    assert cat["probabilities"][0] == pytest.approx(0.425, abs=0.005)
    assert "espresso" in coffee["labels"]
    assert (cat["name"], cat["parameters"]) == ("MobileNet 0.25", 475_544)
    assert cat["megabytes"] == pytest.approx(1.9, abs=0.01)
    assert 0 < cat["milliseconds"] < 60_000


# === A small one in their place ===


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """`MobileNet` and its like are networks of four classes, fetched slowly from this machine."""
    content = os.urandom(400_000)
    served: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            for start in range(0, len(content), 100_000):
                self.wfile.write(content[start : start + 100_000])
                self.wfile.flush()
                time.sleep(0.05)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made = SimpleNamespace(
        url=f"http://127.0.0.1:{server.server_address[1]}/weights.bin",
        side=8,
        served=served,
        built=[],
        restore=lambda path: None,
    )

    def construct(name: str, alpha: float | None, weights: str | None) -> keras.Model:
        made.built.append((name, weights))
        inputs = keras.Input((made.side, made.side, 3))
        maps = keras.layers.Conv2D(2, 3)(inputs)
        pooled = keras.layers.GlobalAveragePooling2D()(maps)
        network = keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(pooled))
        if weights is not None:
            path = keras.utils.get_file(
                origin=made.url, cache_dir=str(tmp_path), cache_subdir="models"
            )
            made.restore(path)
        return network

    def decode(output: np.ndarray, top: int) -> list[list[tuple[str, str, float]]]:
        order = np.argsort(-output, axis=1)[:, :top]
        return [
            [(f"n{i}", f"big_thing_{i}", row[i]) for i in best]
            for row, best in zip(output, order, strict=True)
        ]

    module = SimpleNamespace(preprocess_input=lambda x: x / 255, decode_predictions=decode)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(applications, "_construct", construct)
    monkeypatch.setattr(applications, "_module", lambda name: module)
    monkeypatch.setattr(applications, "PAUSE", 0.02)
    monkeypatch.setattr(runtime, "cache", runtime.ModelCache(1 << 20))
    applications._parameters.cache_clear()
    yield made
    applications._parameters.cache_clear()
    server.shutdown()
    server.server_close()


def test_an_answer_says_what_why_and_how_much(small, capsys):
    answer = applications.classify(PHOTO, "MobileNet", top=3)
    assert answer.labels[0].startswith("big thing ")
    assert len(answer.labels) == len(answer.probabilities) == 3
    assert sorted(answer.probabilities, reverse=True) == list(answer.probabilities)
    assert answer.parameters == 3 * 3 * 3 * 2 + 2 + 2 * 4 + 4
    assert answer.megabytes == answer.parameters * 4 / 1e6
    assert answer.milliseconds > 0
    assert answer.seen.shape == (8, 8, 3)
    assert answer.seen.dtype == np.uint8
    told = json.loads(json.dumps(answer.to_dict()))
    assert told["labels"] == list(answer.labels)
    assert "seen" not in told
    assert capsys.readouterr().out == ""  # Keras would show its own progress there


def test_the_preprocessing_is_the_network_s_own_and_the_picture_stays_whole(small):
    photo = PHOTO.copy()
    answer = applications.classify(photo, "MobileNet", top=4)
    loaded = next(iter(runtime.cache._entries.values()))
    expected = loaded.network(answer.seen[None].astype("float32") / 255, training=False)
    ordered = np.sort(keras.ops.convert_to_numpy(expected)[0])[::-1]
    np.testing.assert_allclose(answer.probabilities, ordered, rtol=1e-4)
    assert (photo == PHOTO).all()


def test_a_download_is_told_and_happens_once(small, monkeypatch):
    monkeypatch.setattr(applications, "FLOAT", 400_000 / 68)  # what a weight has in the file
    told: list[list[tuple[int, int]]] = [[], []]

    def ask(progress: list[tuple[int, int]]) -> applications.Answer:
        return applications.classify(
            PHOTO, "MobileNet", progress=lambda done, expected: progress.append((done, expected))
        )

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, told)
    assert first.labels == second.labels
    assert len(small.served) == 1
    assert small.built == [("MobileNet", None), ("MobileNet", "imagenet")]
    (heard,) = [steps for steps in told if steps]  # the other one only waited
    bytes_there = [done for done, _ in heard]
    assert bytes_there == sorted(bytes_there)
    assert len(bytes_there) > 2
    assert heard[-1] == (400_000, 400_000)
    told[0].clear()
    ask(told[0])
    assert told[0] == []


def test_one_network_at_a_time_is_checked_fetched_and_loaded(small, monkeypatch):
    under_way: list[str] = []
    most = []

    def check(name: str, number: int) -> None:
        under_way.append(name)
        most.append(len(under_way))

    def restore(path: str) -> None:
        time.sleep(0.1)
        most.append(len(under_way))

    def serve(network: keras.Model, title: str, folder: Path) -> runtime.Loaded:
        loaded = load(network, title, folder)
        under_way.remove(title)
        return loaded

    load = applications.serve
    monkeypatch.setattr(applications, "_check_memory", check)
    monkeypatch.setattr(applications, "serve", serve)
    small.restore = restore
    names = ["MobileNet", "MobileNetV2", "MobileNetV3Small"]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda name: applications.classify(PHOTO, name), names))
    assert [answer.name for answer in answers] == names
    assert most == [1] * 6


def test_what_is_in_memory_does_not_wait(small):
    applications.classify(PHOTO, "MobileNet")
    with applications._loading, ThreadPoolExecutor(1) as pool:
        assert pool.submit(applications.classify, PHOTO, "MobileNet").result(10).labels


def test_a_load_that_fails_lets_the_next_one_in(small):
    def fail() -> runtime.Loaded:
        raise UserError("not today")

    with pytest.raises(UserError, match="not today"):
        applications.load_alone(("hub", "ada/tiny"), fail)
    assert applications.classify(PHOTO, "MobileNet").labels


def test_the_calling_thread_is_the_one_that_is_told(small):
    threads = set()
    applications.classify(
        PHOTO, "MobileNet", progress=lambda *_: threads.add(threading.current_thread())
    )
    assert threads == {threading.current_thread()}


def test_without_a_network_connection_it_says_so_and_can_be_tried_again(small):
    there, small.url = small.url, "http://127.0.0.1:1/weights.bin"
    with pytest.raises(UserError, match="check the network connection"):
        applications.classify(PHOTO, "MobileNet")
    small.url = there
    assert applications.classify(PHOTO, "MobileNet").labels


def test_labels_that_cannot_be_fetched_are_a_missing_connection_too(small, monkeypatch):
    def decode(output: np.ndarray, top: int) -> None:
        keras.utils.get_file(origin="http://127.0.0.1:1/imagenet_class_index.json")

    monkeypatch.setattr(applications._module(""), "decode_predictions", decode)
    with pytest.raises(UserError, match="check the network connection"):
        applications.classify(PHOTO, "MobileNet")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError("Unable to synchronously open file (truncated file)"), "damaged"),
        (OSError(28, "No space left on device"), "No space left on device. Make room"),
        (ConnectionResetError(104, "Connection reset"), "check the network connection"),
        (ValueError("Incomplete or corrupted file detected"), "Keras says: Incomplete"),
    ],
)
def test_what_goes_wrong_is_said_plainly(small, error, message):
    def fail(path: str) -> None:
        raise error

    small.restore = fail
    with pytest.raises(UserError, match=message):
        applications.classify(PHOTO, "MobileNet")


def test_a_fault_of_ours_stays_a_fault(small):
    def fail(path: str) -> None:
        raise RuntimeError("a bug")

    small.restore = fail
    with pytest.raises(RuntimeError, match="a bug"):
        applications.classify(PHOTO, "MobileNet")


def test_a_network_of_any_size_gets_the_usual_one(small):
    small.side = None
    answer = applications.classify(PHOTO, "MobileNetV3Small")
    assert answer.seen.shape == (applications.SIDE, applications.SIDE, 3)


def test_each_width_is_a_network_of_its_own(small):
    wide = applications.classify(PHOTO, "MobileNetV2", alpha=1.0)
    assert applications.classify(PHOTO, "MobileNetV2").name == wide.name == "MobileNetV2"
    assert applications.classify(PHOTO, "MobileNetV2", alpha=0.5).name == "MobileNetV2 0.5"
    assert len(list(runtime.cache)) == 2


# === Refused ===


def test_an_unknown_name_is_answered_with_the_known_ones(small):
    with pytest.raises(UserError, match=r"no classifier 'ResNet7'.*ResNet50V2"):
        applications.classify(PHOTO, "ResNet7")
    assert small.built == []


def test_a_width_is_for_mobile_nets_only(small):
    with pytest.raises(UserError, match="MobileNet and MobileNetV2 come in several widths"):
        applications.classify(PHOTO, "Xception", alpha=0.5)


def test_too_little_memory_is_found_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(runtime, "cache", runtime.ModelCache(1 << 20))
    monkeypatch.setattr(applications, "free_memory", lambda: 120_000_000)
    monkeypatch.setattr(applications, "_fetch", None)
    with pytest.raises(UserError, match=r"needs about 1\.7 GB of memory.*smaller one: Mobile"):
        applications.classify(PHOTO, "VGG16")
    with pytest.raises(UserError, match="smaller one: EfficientNetB"):
        applications.classify(PHOTO, "EfficientNetB7")
    monkeypatch.setattr(applications, "free_memory", lambda: 1_000_000)
    with pytest.raises(UserError, match="None of the others fits now"):
        applications.classify(PHOTO, "MobileNet")


def test_free_memory_is_sensible_or_unknown(monkeypatch):
    free = applications.free_memory()
    assert free is None or 1e6 < free < 1e15
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(OSError))
    assert applications.free_memory() is None
    assert applications.fits(10**15)


def test_a_container_s_limit_counts(monkeypatch):
    files = {
        "/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n",
        "/sys/fs/cgroup/memory.max": "5000000\n",
        "/sys/fs/cgroup/memory.current": "1000000\n",
    }

    def read(path: Path, **_: Any) -> str:
        if path.as_posix() not in files:
            raise FileNotFoundError(path)
        return files[path.as_posix()]

    monkeypatch.setattr(Path, "read_text", read)
    assert applications.free_memory() == 4_000_000
    files["/sys/fs/cgroup/memory.stat"] = "anon 250000\ninactive_file 700000\nactive_file 50000\n"
    assert applications.free_memory() == 4_700_000
    files["/sys/fs/cgroup/memory.max"] = "max\n"
    assert applications.free_memory() == 8_192_000


@pytest.mark.parametrize(
    ("home", "writable", "expected"),
    [
        (None, {"/home/ada", "/home/ada/.keras"}, "/home/ada/.keras"),
        ("/data/keras", {"/data/keras"}, "/data/keras"),
        ("~/keras", {"/home/ada/keras"}, "/home/ada/keras"),
        ("/data/keras", set(), "/tmp/.keras"),
        ("", set(), "/tmp/.keras"),
        (None, {"/home/ada"}, "/tmp/.keras"),  # Keras could not make its folder there
        (None, set(), "/tmp/.keras"),
    ],
)
def test_the_folder_is_where_keras_puts_it(monkeypatch, home, writable, expected):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    monkeypatch.delenv("KERAS_HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("KERAS_HOME", home)
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) in writable)
    assert applications.models_folder() == Path(expected) / "models"


# === The picture ===


def test_the_middle_of_a_photo_is_seen():
    photo = np.zeros((20, 60, 3), np.uint8)
    photo[:, 20:40] = 255
    assert (applications.fit(photo, (10, 10)) > 200).all()
    assert (applications.fit(photo.transpose(1, 0, 2), (10, 10)) > 200).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (700, 2), (224, 224)])
def test_any_photo_fits(shape):
    photo = np.full((*shape, 3), 77, np.uint8)
    seen = applications.fit(photo, (32, 48))
    assert seen.shape == (32, 48, 3)
    assert (seen == 77).all()


def test_labels_are_there_once_keras_has_them(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert applications.labels() is None
    (tmp_path / "models").mkdir()
    index = {"1": ["n2", "tiger_cat"], "0": ["n1", "tench"]}
    path = tmp_path / "models" / "imagenet_class_index.json"
    path.write_text(json.dumps(index)[:20])
    assert applications.labels() is None  # on its way
    path.write_text(json.dumps(index))
    assert applications.labels() == ["tench", "tiger cat"]
