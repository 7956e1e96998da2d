"""What every public layer and loss owes the house; a new one is covered by its docstring alone."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.support import layers
from tests.support.backends import run_under

KINDS = layers.public()
every_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("layers")


@pytest.fixture(scope="module")
def expected(folder) -> dict[str, np.ndarray]:
    """Outputs under TensorFlow of all layers, which lie stored in the folder."""
    return {
        f"{kind.__name__}/{index}": output
        for kind in KINDS
        for index, output in enumerate(layers.store(kind, folder))
    }


def test_they_are_found():
    names = {kind.__name__ for kind in KINDS}
    assert {"WordVectors", "EuclideanDistance", "ContrastiveLoss", "Hops", "TextMean"} <= names
    assert "Trainer" not in names


@every_kind
def test_its_registered_name_is_its_own(kind):
    """Keras says nothing where two classes take one name, and gives the later."""
    name = keras.saving.get_registered_name(kind)
    assert name == f"mmdemo>{kind.__name__}"
    assert keras.saving.get_registered_object(name) is kind


@every_kind
def test_its_docstring_says_what_goes_in_and_what_comes_out(kind):
    for section in ("Input", "Output"):
        assert re.search(rf"(?m)^ *{section} shapes?: ", kind.__doc__), f"no {section} shape"


@every_kind
def test_its_example_runs(kind):
    assert isinstance(layers.run_example(kind)["inputs"], list | tuple | np.ndarray)


def test_they_survive_saving_and_loading(folder, expected):
    compare(layers.outputs(folder), expected, 1e-6)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_outputs_equal_those_of_tensorflow(backend, folder, expected, tmp_path):
    file = tmp_path / "outputs.npz"
    run_under(backend, "tests.support.layers", folder, file)
    with np.load(file) as outputs:
        compare(dict(outputs), expected, 1e-4)


def compare(outputs: dict[str, np.ndarray], expected: dict[str, np.ndarray], tolerance: float):
    assert set(outputs) == set(expected)
    for name, wanted in expected.items():
        np.testing.assert_allclose(
            outputs[name], wanted, rtol=tolerance, atol=tolerance, err_msg=name
        )
