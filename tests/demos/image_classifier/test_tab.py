"""What the page sees to that only the server can."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.ui.events import LANES
from mmdemo.core.weights import artifacts
from mmdemo.demos.image_classifier import infer, tab
from tests.support.server import ROOT

EVENTS = """
import json
from mmdemo import app, catalog
events = app.build([catalog.find("image_classifier")]).fns.values()
print(json.dumps([[e.name, e.concurrency_id, e.concurrency_limit] for e in events]))
"""


def test_what_may_download_takes_no_place_from_what_only_computes():
    done = subprocess.run(
        [sys.executable, "-c", EVENTS], cwd=ROOT, capture_output=True, timeout=200, check=True
    )
    events = json.loads(done.stdout.splitlines()[-1])
    limits = {queue: limit for _, queue, limit in events if queue in ("inference", "fetch")}
    assert limits == {lane: LANES[lane] for lane in ("inference", "fetch")}
    fetching = {name for name, queue, _ in events if queue == "fetch"}
    many = {"do_add", "do_export"}  # examples at once, and files that are written
    assert fetching == {"compare", "ask", "image_classifier_compare"} | many


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ([], "at least one"),
        (["Xception"] * 2, "once only"),
        (["VGG16", "VGG19", "Xception", "MobileNet", "MobileNetV2"], "at most 4"),
    ],
)
def test_a_question_has_few_networks_and_each_once(networks, message):
    with pytest.raises(UserError, match=message):
        tab._check_compared(networks)


def test_a_network_without_an_answer_says_why():
    def fail() -> str:
        raise UserError("There is <no> room.")

    assert "There is &lt;no&gt; room." in tab._or_reason(fail)
    assert tab._or_reason(lambda: "<p>It is a cat.</p>") == "<p>It is a cat.</p>"


def test_our_own_parameters_are_shown(monkeypatch):
    monkeypatch.setattr(artifacts, "locate", lambda model_id: None)
    rows = [{"parameters": 1_000}, {"parameters": 234}]
    monkeypatch.setattr(artifacts, "read_json", lambda folder, name: rows)
    monkeypatch.setattr(infer, "names", lambda preset: ["cat"])
    picture = np.zeros((80, 120, 3), "uint8")
    answer = infer.Answer(("cat",), (1.0,), (0,), 12.4, (picture,))
    assert ">12 ms, 1,234 parameters, sees 120 × 80 pixels<" in tab._ours(answer, "default")


def test_what_is_unlike_the_training_gets_no_bar_and_no_percentage():
    picture = np.zeros((8, 8, 3), np.uint8)
    answer = infer.Answer(("torch", "nail"), (0.8, 0.1), (1, 2), 3.0, (picture,), strange=True)
    html = tab._guesses(answer, 200)
    assert html.index("200 kinds of things") < html.index("<details>") < html.index("torch")
    assert "%" not in html.split("<img")[0]
    assert "mm-bar" not in html
    sure = tab._guesses(dataclasses.replace(answer, strange=False), 200)
    assert "80.0 %" in sure
    assert "Unlike" not in sure
