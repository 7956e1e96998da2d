"""core.ui.widgets: texts shaded, and verdicts."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

from mmdemo.core.measure.decisions import Decision
from mmdemo.core.nets.words import Tokenizer
from mmdemo.core.ui import widgets


@pytest.fixture
def tokenizer() -> Tokenizer:
    texts = ("The film isn't bad, the film is good!", "A good film: 10/10.", "naïve ﬁlm — the end")
    return Tokenizer.train(texts, size=50)


def test_shading_keeps_every_letter_and_escapes_it(tokenizer):
    written = 'A <b>good</b> film & "more"\nof it <script>alert(1)</script>'
    encoded = tokenizer.encode(written)
    weights = np.linspace(-1, 1, len(encoded.spans))
    html = widgets.shade(written, encoded.spans, weights, title=lambda i: f'"{i}"')
    assert "<script" not in html
    assert unescape(re.sub(r"<[^>]+>", "", html.replace("<br>", "\n"))) == written
    assert html.count("<mark") == len(encoded.spans)
    assert 'class="mm-down" style="--strength:100%" title="&quot;0&quot;"' in html


def test_unknown_words_are_marked(tokenizer):
    encoded = tokenizer.encode("a good horse")
    html = widgets.shade("a good horse", encoded.spans, [0, 0, 0], unknown=encoded.unknown)
    assert re.findall(r'mm-unknown"[^>]*>(\w+)<', html) == ["horse"]


@pytest.mark.parametrize(
    ("same", "probability", "heading"),
    [
        (True, 0.62, "Same"),
        (True, 0.496, "Same"),  # written as 50 %
        (True, 0.38, "Hard to say"),
        (False, 0.49, "Different"),
        (False, 0.71, "Hard to say"),
    ],
)
def test_a_verdict_never_contradicts_its_probability(same, probability, heading):
    decision = Decision(same, probability, 0.5, 0.6 if same else 0.4, 0.1, 0.1)
    curve = {"thresholds": [0.3, 0.5], "far": [0.0, 0.1], "frr": [0.2, 0.1]}
    html = widgets.verdict(decision, "Same", "Different", curve)
    assert f"<h3>{heading}</h3>" in html
    assert ('class="mm-verdict mm-yes"' in html) == (heading == "Same")
    by_threshold = f"By the threshold the answer is: {'Same' if same else 'Different'}."
    assert (f">{by_threshold}</p>" in html) == (heading == "Hard to say")


def test_what_is_unlike_the_training_is_said_before_the_answer_is_seen():
    html = widgets.unlike("It <never> saw such.", "<p>a torch</p>")
    assert html.index("It &lt;never&gt; saw such.") < html.index("<details>") < html.index("torch")
    assert "<details open" not in html
    assert "mm-yes" not in html
