"""core.runtime and core.backend: loaded once, under any number of first requests."""

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
from mmdemo.core.serve import runtime
from mmdemo.core.serve.backend import compile_call
from mmdemo.core.serve.runtime import Loaded, ModelCache
from mmdemo.core.weights import artifacts

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
    loaded = runtime.model("toy", "default")
    assert runtime.is_loaded("toy")
    assert not runtime.is_loaded("to")
    assert runtime.model("toy", "default") is loaded
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
    got = at_once(8, lambda i: runtime.model("toy", "default").call(toy.inputs[i % 4 :][:1]))
    assert builds == [("toy", "default")]
    together = runtime.model("toy", "default").call(toy.inputs)
    for index, out in enumerate(got):
        assert out[0] == pytest.approx(together[index % 4], abs=1e-5)


def test_missing_weights_are_said_and_tried_again(toy):
    with pytest.raises(WeightsError, match="is missing"):
        runtime.model("toy", "default")
    toy.write()
    assert runtime.model("toy", "default").call(toy.inputs).shape == (4, 3)


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
        runtime.model("toy", "default")


def test_weights_of_another_version_of_the_code(toy, monkeypatch):
    toy.write()
    (toy.folder / "config.json").write_text('{"sides": [6, 5], "no_longer_known": 1}')
    monkeypatch.setattr(artifacts, "verify", lambda folder: None)
    with pytest.raises(WeightsError, match="do not fit"):
        runtime.model("toy", "default")


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
    assert runtime.run("toy", "default", weight_sum, 2.0) == pytest.approx(
        weight_sum(network, 2.0), rel=1e-5
    )
