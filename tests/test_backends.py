"""The same weights give the same outputs under each backend of Keras."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.backends import run_under
from tests.support.outputs import all_outputs


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    return all_outputs()


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_outputs_equal_those_of_tensorflow(backend, expected, tmp_path):
    file = tmp_path / "outputs.npz"
    run_under(backend, "tests.support.outputs", file)
    with np.load(file) as outputs:
        assert set(outputs) == set(expected)
        for name, wanted in expected.items():
            np.testing.assert_allclose(outputs[name], wanted, rtol=1e-4, atol=1e-4, err_msg=name)
