"""What every demo of the catalog owes the house."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
from collections import Counter

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from mmdemo.catalog import DEMOS, trained
from mmdemo.core import language
from mmdemo.core.data import datasets
from mmdemo.core.measure import report
from mmdemo.core.serve import runtime
from mmdemo.core.ui import arrival, inside
from mmdemo.core.weights import architecture, artifacts
from tests.support.server import ROOT

NETWORKS = [(demo, model_id) for demo in DEMOS for model_id in demo.model_ids]
every_network = pytest.mark.parametrize(
    ("demo", "model_id"),
    NETWORKS,
    ids=[str(model_id).replace("/", "-") for _, model_id in NETWORKS],
)
every_demo = pytest.mark.parametrize("demo", DEMOS, ids=[d.slug for d in DEMOS])
TRAINED = trained()
"""Those with networks of their own."""

MODULES = ("config", "infer", "tab", "examples")
OF_NETWORKS = ("model", "data", "train")
"""Modules that a demo has, and that one with networks of its own has, too."""
MAX_FILE = 10 * 1000**2
MAX_OTHERS = 90 * 1000**2
MAX_TOGETHER = {
    ("detection", "segmentation", "instances"): 35 * 1000**2,
    ("capsules",): 20 * 1000**2,
    ("visual_qa",): 8_500_000,
}
"""Bytes of all weights of the demos that are named, and of all others."""


@every_demo
def test_the_folder_is_complete(demo):
    folder = ROOT / "mmdemo" / "demos" / demo.slug
    for module in (*MODULES, *(OF_NETWORKS if demo.tasks else ())):
        assert (folder / f"{module}.py").is_file()
    assert (folder / "README.md").read_text().startswith("# ")
    assert all(name in datasets.REGISTRY for name in demo.datasets)
    assert len(demo.limits) >= 3


@every_network
def test_the_stored_weights_are_those_of_the_code(demo, model_id):
    """Verified, loadable, built from the preset as it stands in config.py, described as built."""
    network, stored = runtime.build(model_id)
    config = demo.module("config").PRESETS[model_id.name]
    assert config == stored.config
    as_json = json.loads(json.dumps(dataclasses.asdict(config)))
    assert as_json == artifacts.read_json(stored.folder, "config.json")
    assert architecture.describe(network) == artifacts.read_json(stored.folder, "architecture.json")
    assert network.count_params() == sum(
        row["parameters"] for row in artifacts.read_json(stored.folder, "architecture.json")
    )


@every_network
def test_the_compiled_call_equals_the_plain_model(demo, model_id):
    from mmdemo.core.serve import backend

    loaded = runtime.model(model_id)
    for batch in (1, 3):
        inputs = [backend.sample(tensor, batch) for tensor in loaded.network.inputs]
        plain = loaded.network(inputs if len(inputs) > 1 else inputs[0], training=False)
        ours = loaded.call(*inputs)
        plain = plain if isinstance(plain, list | tuple) else [plain]
        ours = ours if isinstance(ours, tuple) else [ours]
        for mine, wanted in zip(ours, plain, strict=True):
            np.testing.assert_allclose(mine, np.asarray(wanted), rtol=1e-4, atol=1e-5)


@every_network
def test_figures_are_complete_and_sane(demo, model_id):
    folder = artifacts.locate(model_id)
    results = artifacts.read_results(folder)
    methods = {result.method for result in results}
    assert model_id.preset in methods
    assert methods - set(report.OURS), "no baseline stands beside it"
    for result in results:
        labelled = {**report.METRICS, **demo.metrics}
        metric = labelled[result.metric]  # a KeyError names a metric without a label
        if metric.percent or result.metric == "auc":
            assert 0 <= result.value <= 1
        if result.ci95 is not None:
            low, high = result.ci95
            assert low <= result.value <= high
    provenance = artifacts.read_json(folder, "metrics.json")["provenance"]
    assert {"command", "seed", "wall_time_seconds", "hardware", "versions"} <= set(provenance)


@every_network
def test_the_card_is_generated_from_the_figures(demo, model_id):
    folder = artifacts.locate(model_id)
    stored = artifacts.read_json(folder, "metrics.json")
    rows = artifacts.read_json(folder, "architecture.json")
    card = report.card(
        demo,
        model_id,
        artifacts.read_results(folder),
        stored["provenance"],
        parameters=sum(row["parameters"] for row in rows),
    )
    assert (folder / "README.md").read_text(encoding="utf-8") == card


@pytest.mark.parametrize("demo", TRAINED, ids=lambda demo: demo.slug)
def test_tiny_builds_a_small_network_of_the_same_kind(demo):
    from mmdemo.core.serve import backend

    tiny = demo.module("config").TINY
    network = demo.module("model").build(tiny)
    assert network.count_params() < 50_000
    inputs = [backend.sample(tensor, batch=2) for tensor in network.inputs]
    outputs = network(inputs if len(inputs) > 1 else inputs[0])
    for output in outputs if isinstance(outputs, list | tuple) else [outputs]:
        assert np.asarray(output).shape[0] == 2


@every_demo
def test_a_page_arrives_with_what_its_networks_answer(demo):
    """`python -m mmdemo answer DEMO` wrote it; figures and pictures need not be the same bits."""
    assert (arrival.folder(demo) / arrival.CARD).is_file(), "see tests/browser/test_arrival.py"
    pairs = []
    for code in language.codes():
        with language.speaking(code):
            stored = arrival.stored(demo)
            assert stored is not None, f"of other networks: python -m mmdemo answer {demo.slug}"
            pairs += zip(stored, arrival.question(demo).answer(), strict=True)
    for ours, anew in pairs:
        if ours is None or anew is None:
            assert ours is anew
            continue
        text, numbers, shown = taken_apart(ours, demo)
        text_anew, numbers_anew, shown_anew = taken_apart(anew, demo)
        assert text == text_anew
        np.testing.assert_allclose(numbers, numbers_anew, rtol=0.02, atol=1.1)
        for one, other in zip(shown, shown_anew, strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).mean() < 8


@pytest.fixture(scope="module")
def asking():
    """What each demo's page can be asked."""
    found = {}
    for demo in DEMOS:
        with gr.Blocks(), arrival.page(demo) as drawn:
            demo.module("tab").render()
        found[demo.slug] = drawn.asking
    return found


@every_network
def test_its_layers_can_be_looked_into(demo, model_id, asking):
    """The first and the last of each kind of layer, with an example of the page."""
    rows = artifacts.read_json(artifacts.locate(model_id), "architecture.json")
    first = {row["type"]: row for row in reversed(rows)}
    last = {row["type"]: row for row in rows}
    for row in [*first.values(), *last.values()]:
        html = inside.show(demo, model_id, inside.Wish(row["name"]), asking[demo.slug])
        assert "the example" in html
        assert f"{row['parameters']:,}" in html
        assert len(html) < 600_000


def taken_apart(html, demo):
    """An answer's text without its numbers, these, and its pictures; not how long it took."""
    found = []

    def picture(match):
        data = base64.b64decode(match[2]) if match[2] else None
        source = io.BytesIO(data or (arrival.folder(demo) / match[1]).read_bytes())
        found.append(np.asarray(Image.open(source).convert("RGB"), np.float32))
        return "PICTURE"

    html = re.sub(
        r"\./answered/\w+/(\d+\.webp)|data:image/\w+;(?:exact=1;)?base64,([\w+/=]+)", picture, html
    )
    html = re.sub(r"\d+ (?:ms|毫秒)", "MS", html)
    # What hardly pushes may push the other way on another processor.
    html = re.sub(r"mm-(?:up|down) mm-weak", "WEAK", html)
    number = r"[-+]?\d+(?:\.\d+)?"
    return re.sub(number, "N", html), [float(n) for n in re.findall(number, html)], found


def test_weights_fit_a_space():
    files = [path for path in artifacts.EMBEDDED.rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_size < MAX_FILE for path in files)
    sizes = Counter()
    for path in files:
        sizes[path.relative_to(artifacts.EMBEDDED).parts[0]] += path.stat().st_size
    for slugs, most in MAX_TOGETHER.items():
        assert sum(sizes.pop(slug, 0) for slug in slugs) < most, slugs
    assert sizes.total() < MAX_OTHERS


@pytest.mark.parametrize("slug", ["", *(demo.slug for demo in TRAINED)])
def test_readmes_quote_the_measured_figures(capsys, slug):
    """`python -m mmdemo list --markdown` wrote the block of the README, and `list DEMO --markdown`
    that of the demo's."""
    from mmdemo.cli import main

    assert main(["list", *([slug] if slug else []), "--markdown"]) == 0
    generated = capsys.readouterr().out.strip()
    folder = ROOT / "mmdemo" / "demos" / slug if slug else ROOT
    readme = (folder / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- figures.*?-->\n(.*?)\n<!-- /figures -->", readme, re.DOTALL)
    assert block is not None
    assert block[1].strip() == generated
