"""Stored configurations become dataclasses again, nested ones and those of before."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import pytest

from mmdemo.core.weights import configuration


@dataclass(frozen=True)
class Network:
    network: str = "small"
    widths: tuple[tuple[int, ...], ...] = ((1, 2), (3,))


@dataclass(frozen=True)
class Training:
    epochs: int = 5


@dataclass(frozen=True)
class Config:
    """With a part that is called as one of its settings is."""

    network: Network = field(default_factory=Network)
    training: Training = field(default_factory=Training)
    classes: int = 2


CONFIG = Config(Network("large", ((4,),)), Training(7), classes=3)
FLAT = {"network": "large", "widths": [[4]], "epochs": 7, "classes": 3}


@pytest.mark.parametrize(
    "stored", [json.loads(json.dumps(asdict(CONFIG))), FLAT], ids=["nested", "flat"]
)
def test_what_was_stored_is_what_is_read(stored):
    assert configuration.from_dict(Config, stored) == CONFIG


def test_what_is_missing_has_its_default():
    assert configuration.from_dict(Config, {}) == Config()
    assert configuration.from_dict(Config, {"network": {}, "training": {"epochs": 5}}) == Config()


@pytest.mark.parametrize("stored", [{"depth": 3}, {"network": {"depth": 3}}])
def test_an_unknown_setting_is_refused(stored):
    with pytest.raises(TypeError, match="depth"):
        configuration.from_dict(Config, stored)
