"""A demo of a few numbers, so that core is tested without a real one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mmdemo.core.demo import Demo, Family
from mmdemo.core.measure.report import Result
from mmdemo.core.weights import artifacts


@dataclass(frozen=True)
class ToyConfig:
    """Configuration of the toy network."""

    sides: tuple[int, int] = (6, 5)
    units: int = 3


TOY = Demo(
    slug="toy",
    title="Toy",
    family=Family.IMAGES,
    summary="A few numbers in, fewer out.",
    source="the tests",
    datasets=("orl_faces",),
    headline=("verification", "eer", "{value} errors"),
    explanation="",
    own_data="",
)
DEFAULT, BOOK = TOY.model_ids
RESULTS = [Result("verification", "default", "eer", 0.125, "held out", 8, (0.1, 0.15))]
PREPROCESS = {"threshold": 0.5, "dimensions": 3}
PROVENANCE = {
    "command": "python -m mmdemo train toy --preset default",
    "seed": 0,
    "wall_time_seconds": 1.0,
    "hardware": "none",
    "versions": {"python": "3"},
    "data": None,
}


def build_toy(config: ToyConfig) -> Any:
    """Two branches that meet, with fresh random weights."""
    import keras

    layers = keras.layers
    inputs = keras.Input((*config.sides, 1), name="picture")
    left = layers.Conv2D(2, 3, activation="relu", name="left")(inputs)
    right = layers.Conv2D(2, 3, padding="valid", name="right")(inputs)
    joined = layers.Concatenate(name="join")([left, right])
    flat = layers.Flatten(name="flat")(layers.BatchNormalization(name="norm")(joined))
    return keras.Model(inputs, layers.Dense(config.units, name="out")(flat))


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """`toy.write()` makes a weights folder that `core.runtime` serves as the demo `toy`."""
    config_module = SimpleNamespace(Config=ToyConfig)
    model_module = SimpleNamespace(build=build_toy)
    monkeypatch.setitem(sys.modules, "mmdemo.demos.toy.config", config_module)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "mmdemo.demos.toy.model", model_module)  # type: ignore[arg-type]
    monkeypatch.setenv("MMDEMO_WEIGHTS", str(tmp_path / "weights"))
    folder = tmp_path / "weights" / str(DEFAULT)

    def write(network: Any = None, **changed: Any) -> Any:
        network = network or build_toy(ToyConfig())
        artifacts.write(
            changed.pop("folder", folder),
            **{
                "demo": TOY,
                "model_id": DEFAULT,
                "model": network,
                "config": ToyConfig(),
                "preprocess": PREPROCESS,
                "results": RESULTS,
                "history": [{"loss": 2.0}, {"loss": 1.0, "late": 3.0}],
                "provenance": PROVENANCE,
            }
            | changed,
        )
        return network

    inputs = np.random.default_rng(0).normal(size=(4, 6, 5, 1)).astype("float32")
    made: dict[str, Callable[..., Any] | Any] = {"write": write, "folder": folder, "inputs": inputs}
    return SimpleNamespace(**made, config=ToyConfig, build=build_toy, demo=TOY, results=RESULTS)
