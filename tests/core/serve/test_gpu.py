"""Where a network runs, with ZeroGPU's scheduler played by a module of ours."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmdemo.core.serve import gpu
from tests.support.server import ROOT

SPACES = '''
"""As the real scheduler: what is decorated runs in a forked process that alone has the GPU, and
arguments and answers are pickled on their way."""

import multiprocessing
import pickle
import sys

assert "torch" not in sys.modules, "spaces must come before torch"
context = multiprocessing.get_context("fork")
asked = []
inside = False


def GPU(duration):
    def decorate(function):
        def work(pipe):
            global inside
            inside = True
            while True:
                args = pickle.loads(pipe.recv_bytes())
                pipe.send_bytes(pickle.dumps(function(*args)))

        workers = []

        def call(*args):
            if inside:
                return function(*args)
            asked.append((function.__name__, duration(*args) if callable(duration) else duration))
            if not workers:
                here, there = context.Pipe()
                context.Process(target=work, args=(there,), daemon=True).start()
                workers.append(here)
            workers[0].send_bytes(pickle.dumps(args))
            return pickle.loads(workers[0].recv_bytes())

        return call

    return decorate
'''

PROGRAM = """
import os
import numpy as np
from mmdemo.core.serve import gpu
from mmdemo.core.serve import runtime
from mmdemo.catalog import DEMOS
import spaces

assert os.environ["KERAS_BACKEND"] == "torch"
demo = DEMOS[0]
loaded = runtime.model(demo.model_ids[0])
assert loaded.network is None, "the network is built where the GPU is"
sides = [side or 64 for side in loaded.input_shape]
x = np.random.default_rng(0).random((2, *sides), dtype=np.float32)
first = loaded.call(x)
assert spaces.asked == [("_call", 15)]
assert len(list(runtime._borrowed)) == 0, "it ran in this process"
again = loaded.call(x)
assert np.allclose(first, again, atol=1e-5)


@gpu.on_gpu(seconds=60)
def twice(x):
    return loaded.call(x) + loaded.call(x)


spaces.asked.clear()
assert np.allclose(twice(x), 2 * first, atol=1e-5)
assert spaces.asked == [("twice", 60)], "a network inside asks for no second GPU"
from mmdemo.demos.image_classifier import infer

view = np.arange(48 * 48 * 3, dtype=np.uint8).reshape(48, 48, 3)
spaces.asked.clear()
seen = infer.grad_cam(view, 3)
assert len(spaces.asked) == 1, "gradients are taken where the GPU is"
from mmdemo.core.nets import calls
from mmdemo.core.ui.inside import look
from mmdemo.demos.image_classifier import DEMO

one = (view[None].astype(np.float32),)
looked, worked = runtime.run(
    DEMO.model_id(), look, one, "backbone/stem_conv", 0, (3, 4, 5)
)
assert [name for name, _ in spaces.asked[1:]] == ["_run"], "a layer is looked at there, too"
assert calls.memory.nbytes == 0, "nothing of it is kept in this process"
assert abs(worked.found.result - worked.found.output) < 1e-5
import keras
assert keras.backend.backend() == "torch"
del os.environ["SPACES_ZERO_GPU"]
runtime.cache.clear()
assert np.allclose(runtime.model(demo.model_ids[0]).call(x), first, atol=1e-5)
assert np.allclose(infer.grad_cam(view, 3), seen, atol=1e-5)
print("done")
"""


def test_elsewhere_it_does_nothing(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)

    def function() -> int:
        return 1

    assert gpu.on_gpu(seconds=5)(function) is function


def test_on_zerogpu_networks_run_in_a_process_that_has_the_gpu(tmp_path: Path):
    if importlib.util.find_spec("torch") is None:
        if "torch" in os.environ.get("MMDEMO_REQUIRE_BACKENDS", ""):
            pytest.fail("torch is not installed, and this run must not skip it")
        pytest.skip("torch is not installed: pip install -r requirements-torch.txt")
    (tmp_path / "spaces.py").write_text(SPACES)
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment
        | {
            "SPACES_ZERO_GPU": "true",
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "done"


def test_tensorflow_takes_a_gpu_s_memory_as_it_needs_it(monkeypatch):
    """No machine of the tests has a GPU: the call that would set it up is watched."""
    import tensorflow as tf

    from mmdemo.core.serve import backend

    grown = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"{kind}:0"])
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda device, grow: grown.append(device)
    )
    backend._grow()
    assert grown == ["GPU:0"]
