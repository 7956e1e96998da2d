"""The benchmark runs and prints a figure for each way of calling a network."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from mmdemo import bench, catalog
from mmdemo.catalog import find
from mmdemo.core.ui import upkeep

ROWS = (
    "bare compiled call",
    "ONNX Runtime",
    "model(x)",
    "model.predict",
    "infer verify",
    "HTTP siamese_audio_verify",
    "HTTP, 8 clients",
    "HTTP, 32 clients",
)


def test_every_way_is_timed(capsys):
    bench.run([find("siamese_audio")], requests=2)
    table = capsys.readouterr().out
    for row in ROWS:
        assert re.search(rf"{re.escape(row)}\s+\d+\.\d\d\s+\d+\.\d\d", table), row
    difference = re.search(r"largest difference (\S+)", table)
    assert difference is not None
    assert float(difference[1]) < 1e-4
    assert re.search(r"first page [\d,]+ ms, first result [\d,]+ ms later", table)


GIVEN = [demo for demo in catalog.DEMOS if hasattr(demo.module("examples"), "inputs")]


@pytest.mark.parametrize("demo", GIVEN, ids=lambda demo: demo.slug)
def test_networks_are_given_what_onnx_takes(demo):
    assert all(given.dtype == np.float32 for given in demo.module("examples").inputs())


class Described:
    """Stands for the components of all pages, and counts how often one is described."""

    def __init__(self) -> None:
        self.blocks = {1: SimpleNamespace(stateful=False), 2: SimpleNamespace(stateful=False)}
        self.fns: dict[int, object] = {}
        self.asked: list[int] = []

    def config_for_block(self, number: int, *_: object) -> dict[str, dict[str, str]]:
        self.asked.append(number)
        return {"props": {}}


def test_a_session_does_not_begin_with_every_component():
    """Its cost must not grow with the number of pages, nor with what is asked."""
    components = Described()
    session = upkeep.Session(SimpleNamespace(default_config=components, blocks=components.blocks))
    assert session[1] is components.blocks[1]
    session._update_value_in_config(2, "there" * 1000)
    assert session.config_values == {}
    changed = SimpleNamespace(stateful=False)
    session[2] = changed
    assert session[2] is changed
    assert components.blocks[2] is not changed, "others see what was there"
    assert session.blocks_config.blocks.maps[0] == {2: changed}
    assert session.config_values == {}
