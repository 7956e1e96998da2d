"""core.ui.widgets: texts shaded."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

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
