"""The same weights give the same outputs under each backend of Keras."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.support.outputs import all_outputs
from tests.support.server import ROOT


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    return all_outputs()


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_outputs_equal_those_of_tensorflow(backend, expected, tmp_path):
    if importlib.util.find_spec(backend) is None:
        if backend in os.environ.get("MMDEMO_REQUIRE_BACKENDS", "").split(","):
            pytest.fail(f"{backend} is not installed, and this run must not skip it")
        pytest.skip(f"{backend} is not installed: pip install {backend}")
    file = tmp_path / "outputs.npz"
    # What is compared is the networks, each run once: not what a compiler makes of them in minutes.
    quick = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    subprocess.run(
        [sys.executable, "-m", "tests.support.outputs", str(file)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONWARNINGS": "ignore", "XLA_FLAGS": quick},
        check=True,
    )
    with np.load(file) as outputs:
        assert set(outputs) == set(expected)
        for name, wanted in expected.items():
            np.testing.assert_allclose(outputs[name], wanted, rtol=1e-4, atol=1e-4, err_msg=name)
