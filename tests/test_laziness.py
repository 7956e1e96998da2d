"""The first page is there before any heavy library: held in a fresh process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("tensorflow", "keras", "torch", "jax", "librosa", "sklearn", "numba")


def loaded_after(code):
    """Which heavy libraries a fresh interpreter has loaded after running some code."""
    report = f"import json, sys; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        cwd=ROOT,
        env=os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_test_sees_what_is_loaded():
    assert loaded_after("import sys; sys.modules['keras'] = sys") == ["keras"]


def test_building_the_app_loads_nothing_heavy():
    assert loaded_after("from mmdemo import app\nblocks = app.build()\nassert blocks.fns") == []


@pytest.mark.parametrize("command", ["list", "data"])
def test_light_commands_load_nothing_heavy(command):
    code = f"from mmdemo import cli\nassert cli.main([{command!r}]) == 0"
    assert loaded_after(code) == []


def test_the_command_line_s_help_does_not_even_load_gradio():
    code = "import sys\nfrom mmdemo import cli\ncli._parser()\nassert 'gradio' not in sys.modules"
    assert loaded_after(code) == []


def test_demos_are_known_and_their_inference_importable_without_a_network():
    code = "from mmdemo import catalog\nfor demo in catalog.DEMOS: demo.module('infer')"
    assert loaded_after(code) == []
