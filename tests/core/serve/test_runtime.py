"""core.runtime and core.backend: loaded once, under any number of first requests."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from mmdemo.core.errors import WeightsError
from mmdemo.core.serve import backend, pretrained, runtime
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.serve.runtime import Loaded, ModelCache
from mmdemo.core.weights import artifacts
from tests.support.toy import BOOK, DEFAULT

MANY = 16


def entry(nbytes=1):
    return Loaded(
        call=lambda x: x,
        config={},
        preprocess={},
        folder=Path(),
        input_shape=(1,),
        nbytes=nbytes,
        network=SimpleNamespace(),
    )


def at_once(count, call):
    """Results of `call(index)` from threads that start together."""
    barrier = threading.Barrier(count)

    def run(index):
        barrier.wait(timeout=10)
        return call(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


# === Cache ===


def test_concurrent_first_requests_load_once():
    cache, loads = ModelCache(100), []

    def load():
        time.sleep(0.05)
        loads.append(1)
        return entry()

    got = at_once(MANY, lambda _: cache.get(("demo", "default"), load))
    assert len(loads) == 1
    assert len({id(loaded) for loaded in got}) == 1


def test_different_networks_load_side_by_side():
    cache = ModelCache(100)
    both_are_loading = threading.Barrier(2)

    def load():
        both_are_loading.wait(timeout=10)  # breaks if one waits for the other
        return entry()

    assert len(at_once(2, lambda index: cache.get(("demo", str(index)), load))) == 2


def test_a_loaded_network_is_served_while_another_loads():
    cache, release = ModelCache(100), threading.Event()
    ready = cache.get(("ready", ""), entry)

    def slow():
        release.wait(timeout=10)
        return entry()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cache.get, ("slow", ""), slow)
        assert cache.get(("ready", ""), lambda: pytest.fail("loaded again")) is ready
        release.set()
        waiting.result(timeout=10)


def test_a_failure_is_raised_and_not_remembered():
    cache = ModelCache(100)

    def fail():
        raise WeightsError("missing")

    for _ in range(2):
        with pytest.raises(WeightsError):
            cache.get(("demo", ""), fail)
    assert ("demo", "") not in cache
    assert cache.get(("demo", ""), entry).nbytes == 1


def test_those_who_wait_for_a_failing_load_are_not_stuck():
    cache, tries = ModelCache(100), []

    def fail_once():
        tries.append(1)
        time.sleep(0.02)
        if len(tries) == 1:
            raise WeightsError("missing")
        return entry()

    def get(_):
        try:
            return cache.get(("demo", ""), fail_once)
        except WeightsError:
            return None

    got = at_once(MANY, get)
    assert got.count(None) == 1
    assert len(tries) == 2


def test_the_least_recently_used_go_when_bytes_run_out():
    cache = ModelCache(100)
    for name in "abc":
        cache.get((name, ""), lambda: entry(30))
    cache.get(("a", ""), lambda: pytest.fail("loaded again"))  # now b is the oldest
    cache.get(("d", ""), lambda: entry(30))
    assert [(name, "") in cache for name in "abcd"] == [True, False, True, True]
    assert cache.nbytes == 90
    cache.get(("e", ""), lambda: entry(60))
    assert [(name, "") in cache for name in "acde"] == [False, False, True, True]
    assert cache.nbytes == 90


def test_one_that_is_too_big_is_still_served():
    cache = ModelCache(100)
    cache.get(("small", ""), entry)
    assert cache.get(("big", ""), lambda: entry(1000)).nbytes == 1000
    assert ("big", "") in cache
    assert ("small", "") not in cache
    cache.get(("small", ""), entry)
    assert ("big", "") not in cache


def test_clear():
    cache = ModelCache(100)
    cache.get(("a", ""), entry)
    cache.clear()
    assert cache.nbytes == 0
    assert ("a", "") not in cache


# === Networks ===


@pytest.fixture(autouse=True)
def empty_cache():
    runtime.cache.clear()
    yield
    runtime.cache.clear()


def test_a_served_network_is_the_stored_one(toy):
    network = toy.write()
    assert not runtime.is_loaded("toy")
    loaded = runtime.model(DEFAULT)
    assert runtime.is_loaded("toy")
    assert not runtime.is_loaded("to")
    assert runtime.model(DEFAULT) is loaded
    assert loaded.input_shape == (6, 5, 1)
    assert loaded.nbytes == 4 * network.count_params()
    assert loaded.folder == toy.folder
    out = loaded.call(toy.inputs)
    assert out.dtype == np.float32
    assert out == pytest.approx(network.predict_on_batch(toy.inputs), abs=1e-5)


def test_concurrent_first_requests_of_a_real_network(toy, monkeypatch):
    toy.write()
    builds = []
    build = runtime.build
    monkeypatch.setattr(runtime, "build", lambda *key: builds.append(key) or build(*key))
    got = at_once(8, lambda i: runtime.model(DEFAULT).call(toy.inputs[i % 4 :][:1]))
    assert builds == [(DEFAULT,)]
    together = runtime.model(DEFAULT).call(toy.inputs)
    for index, out in enumerate(got):
        assert out[0] == pytest.approx(together[index % 4], abs=1e-5)


def test_missing_weights_are_said_and_tried_again(toy):
    with pytest.raises(WeightsError, match="is missing"):
        runtime.model(DEFAULT)
    toy.write()
    assert runtime.model(DEFAULT).call(toy.inputs).shape == (4, 3)


@pytest.mark.filterwarnings("ignore:Skipping nested container")  # Keras says so before it raises
@pytest.mark.parametrize("kind", ["other layers", "other sizes", "one layer more"])
def test_weights_of_another_architecture(toy, kind):
    if kind == "other layers":
        network = keras.Sequential([keras.Input((6, 5, 1)), layers.Flatten(), layers.Dense(3)])
    elif kind == "other sizes":
        network = toy.build(toy.config(units=4))
    else:
        network = toy.build(toy.config())
        outputs = layers.BatchNormalization(name="more")(network.outputs[0])
        network = keras.Model(network.inputs, outputs)
    toy.write(network)
    with pytest.raises(WeightsError, match="do not fit the network of toy/default"):
        runtime.model(DEFAULT)


def test_weights_of_another_version_of_the_code(toy, monkeypatch):
    toy.write()
    (toy.folder / "config.json").write_text('{"sides": [6, 5], "no_longer_known": 1}')
    monkeypatch.setattr(artifacts, "verify", lambda folder: None)
    with pytest.raises(WeightsError, match="do not fit"):
        runtime.model(DEFAULT)


# === The compiled call ===


def test_batch_of_one_and_of_many_agree(toy):
    call = compile_call(toy.build(toy.config()))
    together = call(toy.inputs)
    for index in range(4):
        assert call(toy.inputs[index : index + 1])[0] == pytest.approx(together[index], abs=1e-6)


def test_inference_mode(toy):
    """Dropout is off, and the statistics of a batch do not leak into each other."""
    inputs = keras.Input((5,))
    call = compile_call(keras.Model(inputs, layers.Dropout(0.5)(inputs)))
    x = np.ones((2, 5), "float32")
    assert np.array_equal(call(x), x)


def test_two_inputs_and_a_free_length():
    left, right = keras.Input((None, 2)), keras.Input((3,))
    pooled = layers.GlobalAveragePooling1D()(left)
    call = compile_call(keras.Model([left, right], layers.Concatenate()([pooled, right])))
    for length in (1, 7):
        out = call(np.ones((2, length, 2)), np.zeros((2, 3)))  # float64 is taken too
        assert out == pytest.approx(np.array([[1, 1, 0, 0, 0]] * 2))


def test_a_wrong_shape_is_an_error_not_a_guess(toy):
    call = compile_call(toy.build(toy.config()))
    with pytest.raises(Exception, match=r"(?i)shape|incompatible|expected"):
        call(np.zeros((1, 7, 7, 1), "float32"))


def weight_sum(network, factor):
    """Of a module, as a function for `runtime.run` must be."""
    return factor * sum(float(np.asarray(weight).sum()) for weight in network.weights)


def test_a_function_runs_where_the_network_is(toy):
    network = toy.write()
    assert runtime.run(DEFAULT, weight_sum, 2.0) == pytest.approx(
        weight_sum(network, 2.0), rel=1e-5
    )


def test_a_backbone_comes_from_the_weights_that_the_folder_names(toy, monkeypatch):
    """Whoever's they are; and not from others."""

    def build(config):
        body_input = keras.Input((6, 5, 1))
        body = keras.Model(
            body_input, layers.Conv2D(2, 3, name="maps")(body_input), name="backbone"
        )
        maps = keras.Input((4, 3, 2))
        flat = layers.Flatten()(maps)
        heads = keras.Model(maps, layers.Dense(config.units, name="out")(flat), name="heads")
        picture = keras.Input((6, 5, 1))
        return keras.Model(picture, heads(body(picture)))

    class Base:
        """The other network, which has the trained backbone and is stored whole."""

        @staticmethod
        def build(config):
            picture = keras.Input((6, 5, 1))
            return keras.Model(picture, build(config).get_layer("backbone")(picture))

    monkeypatch.setattr(
        sys.modules["mmdemo.demos.toy.model"],
        "build",
        lambda config: Base.build(config) if config.units == 1 else build(config),
    )
    trained = Base.build(toy.config(units=1))
    toy.write(trained, folder=toy.folder.parent / "book", model_id=BOOK, config=toy.config(units=1))
    network = build(toy.config())
    pretrained.fill(network, BOOK)
    toy.write(network, stands_on=pretrained.record(BOOK))
    stored = (toy.folder / artifacts.WEIGHTS).stat().st_size
    assert stored < (toy.folder.parent / "book" / artifacts.WEIGHTS).stat().st_size + 4096
    again, _ = runtime.build(DEFAULT)
    expected = network.predict_on_batch(toy.inputs)
    assert again.predict_on_batch(toy.inputs) == pytest.approx(expected, abs=1e-6)
    other = Base.build(toy.config(units=1))
    toy.write(other, folder=toy.folder.parent / "book", model_id=BOOK, config=toy.config(units=1))
    with pytest.raises(WeightsError, match=r"toy/book are others than the ones needed.*stands on"):
        runtime.build(DEFAULT)
    with pytest.raises(ValueError, match="stands on no weights"):
        toy.write(network)


def test_a_backbone_of_another_shape_is_refused(toy):
    toy.write()  # it has no backbone at all
    with pytest.raises(ValueError, match="backbone"):
        pretrained.load(DEFAULT)


# === Gradients ===


def test_a_compiled_gradient_is_the_plain_one_at_every_step():
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")

    def energy(point, scale):
        return keras.ops.sum(scale * keras.ops.square(point))

    steps = backend.compile_gradient(energy)
    for scale in (1.0, 3.0):
        factor = np.full((1,), scale, "float32")
        value, slope = steps(x, factor)
        plain_value, plain = backend.gradient(lambda p, f=factor: energy(p, f), x)
        assert slope == pytest.approx(2 * scale * x, rel=1e-5)
        assert slope == pytest.approx(plain, rel=1e-5)
        assert value == pytest.approx(plain_value, rel=1e-5)
        assert value == pytest.approx(scale * float(np.square(x).sum()), rel=1e-5)
        x = x - 0.1 * slope  # as an ascent does; not compiled again
