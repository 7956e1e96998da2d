"""Runs a module under another backend of Keras."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.support.server import ROOT


def run_under(backend: str, module: str, *arguments: object) -> None:
    """Run a module of the tests in a process of its own, under a backend.

    Skips the test where the backend is not installed, unless `$MMDEMO_REQUIRE_BACKENDS` names it.
    """
    if importlib.util.find_spec(backend) is None:
        if backend in os.environ.get("MMDEMO_REQUIRE_BACKENDS", "").split(","):
            pytest.fail(f"{backend} is not installed, and this run must not skip it")
        pytest.skip(f"{backend} is not installed: pip install {backend}")
    # What is compared is numbers, each once: not what a compiler makes of them in minutes.
    quick = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONWARNINGS": "ignore", "XLA_FLAGS": quick},
        check=True,
    )
