"""The benchmark runs and prints a figure for each way of calling a network."""

from __future__ import annotations

import re

from mmdemo import bench
from mmdemo.catalog import find

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
