"""Configurations come back from JSON as they were, nested or as they were stored before."""

import dataclasses
import json
from dataclasses import dataclass

import pytest

from mmdemo.catalog import trained
from mmdemo.core.weights.configuration import from_dict, replace


@dataclass(frozen=True)
class Network:
    sizes: tuple[tuple[int, int], ...]
    name: str = "plain"


@dataclass(frozen=True)
class Training:
    epochs: int = 3


@dataclass(frozen=True)
class Config:
    network: Network
    training: Training = Training()
    seed: int = 0


CONFIG = Config(Network(((1, 2), (3, 4))), Training(5), seed=7)


def test_round_trip_through_json():
    assert from_dict(Config, json.loads(json.dumps(dataclasses.asdict(CONFIG)))) == CONFIG


def test_settings_that_were_stored_flat_find_their_place():
    assert from_dict(Config, {"sizes": [[1, 2], [3, 4]], "epochs": 5, "seed": 7}) == CONFIG


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"network": {"sizes": []}, "colour": 1}, "Config has no colour"),
        ({"network": {"sizes": [], "colour": 1}}, "Network has no colour"),
        ({"seed": 1}, "sizes"),
    ],
)
def test_what_is_unknown_or_missing_is_named(stored, message):
    with pytest.raises(TypeError, match=message):
        from_dict(Config, stored)


@pytest.mark.parametrize("demo", trained(), ids=lambda demo: demo.slug)
def test_every_preset_comes_back(demo):
    config = demo.module("config")
    assert set(config.PRESETS) == {model_id.name for model_id in demo.model_ids}
    for preset in (*config.PRESETS.values(), config.TINY):
        assert (
            from_dict(config.Config, json.loads(json.dumps(dataclasses.asdict(preset)))) == preset
        )


def test_settings_are_changed_in_whichever_part_they_stand():
    changed = replace(CONFIG, name="deep", epochs=1, seed=9)
    assert changed == Config(Network(((1, 2), (3, 4)), "deep"), Training(1), seed=9)
    assert CONFIG.training.epochs == 5
    with pytest.raises(TypeError, match="depth"):
        replace(CONFIG, depth=3)


@dataclass(frozen=True)
class Kind:
    network: str = "small"
    layers: int = 2


@dataclass(frozen=True)
class Named:
    """With a part that is called as one of its settings is."""

    network: Kind = Kind()


@pytest.mark.parametrize(
    "stored",
    [{"network": {"network": "large", "layers": 3}}, {"network": "large", "layers": 3}],
    ids=["nested", "flat"],
)
def test_a_part_may_be_called_as_one_of_its_settings(stored):
    assert from_dict(Named, stored) == Named(Kind("large", 3))
    assert from_dict(Named, {}) == Named()
    assert replace(Named(), network="large", layers=3) == Named(Kind("large", 3))
