"""The "Try it" part: a review in, a verdict out with its words shaded; a table in, scores out."""

from __future__ import annotations

import tempfile
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.language import N_, _, sentences
from mmdemo.core.ui.endpoints import endpoints
from mmdemo.core.ui.events import offer, on, require_file, steps
from mmdemo.core.ui.moving import strikes, striking
from mmdemo.core.ui.page import preset_choice
from mmdemo.core.ui.reader import reader, shaded_pushes, skipped_notice
from mmdemo.core.ui.widgets import NOT_ENGLISH, notice, scale, unlike

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client

client = Client("http://127.0.0.1:7860")
answer = client.predict(text="Not bad at all!", api_name="/sentiment_score")
print(answer["positive"], answer["probability"])
"""
UNDECIDED = 55
"""Per cent below which a verdict says so."""
SHORT = 4
"""Below this many words, a text says little."""


def render() -> None:
    """Widgets and events."""
    with gr.Accordion(_("Settings: network"), open=False):
        preset = preset_choice(DEMO)
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Read a review")):
            reader(
                DEMO,
                lambda written, chosen: _explanation(infer.explain(written, chosen), chosen),
                label=_("A review, in English"),
                placeholder=_("Write or paste what somebody thinks of something."),
                written=examples.REVIEWS,
                action=_("Read it"),
                preset=preset,
            )
            strikes(
                DEMO,
                lambda written, chosen, struck: _verdict(infer.without(written, struck, chosen)),
            )
        with gr.Tab(_("Score a file")):
            _file_panel(preset)
    endpoints(DEMO, score, explain)


def _explanation(explanation: infer.Explanation, preset: str) -> str:
    verdict = explanation.verdict
    if verdict.strange:
        return f'<div class="mm-reading">{_verdict(verdict)}</div>'
    parts = [_verdict(verdict), skipped_notice(verdict.words, verdict.skipped)]
    if verdict.words < SHORT:
        parts.append(notice(_("So short a text says little: a sentence or two is better.")))
    words = striking(_words(explanation), explanation.text, preset)
    parts += [f"<h3>{_('What pushed')}</h3>", words]
    if len(explanation.sentences) > 1:
        parts += [f"<h3>{_('Sentence by sentence')}</h3>", _sentences(explanation)]
    return f'<div class="mm-reading">{"".join(parts)}</div>'


def _verdict(verdict: infer.Verdict) -> str:
    share = 100 * verdict.probability
    sure = share if verdict.positive else 100 - share
    if verdict.positive:
        word, kind = _("Positive"), "mm-yes"
        undecided = _("Undecided, hardly more positive")
    else:
        word, kind = _("Negative"), "mm-no"
        undecided = _("Undecided, hardly more negative")
    if sure < UNDECIDED:
        word = undecided
    if verdict.strange:
        return unlike(_(NOT_ENGLISH), f"<p>{word}</p>")
    meaning = _("{share:.0f} % positive").format(share=share)
    return (
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{word}</h3>'
        f"<p>{_('Probability:')} <b>{sure:.0f} %</b></p>"
        f"{scale(meaning, share / 100, mark=0.5)}"
        f'<p class="mm-note">{_("negative on the left, positive on the right")}</p></section>'
    )


def _words(explanation: infer.Explanation) -> str:
    words = explanation.words
    return shaded_pushes(
        explanation.text,
        [(word.start, word.end) for word in words],
        np.array([word.push for word in words]),
        np.array([word.unknown for word in words]),
        least=0.5,  # else an indifferent text is all colour
        up=_("push towards positive"),
        down=_("towards negative: so much does the verdict move"),
        legend_unknown=bool(explanation.verdict.unknown),
    )


def _sentences(explanation: infer.Explanation) -> str:
    strongest = max(abs(sentence.push) for sentence in explanation.sentences) or 1.0
    rows = []
    for sentence in explanation.sentences:
        side = "mm-up" if sentence.push >= 0 else "mm-down"
        width = 50 * abs(sentence.push) / strongest
        left = 50 if sentence.push >= 0 else 50 - width
        text = explanation.text[sentence.start : sentence.end].strip()
        rows.append(
            f"<tr><th scope='row' translate='no'>{escape(text)}</th>"
            f'<td class="mm-push"><i class="{side}" '
            f'style="left:{left:.1f}%;width:{width:.1f}%"></i></td>'
            f"<td class='mm-number'>{sentence.push:+.2f}</td></tr>"
        )
    return (
        '<table class="mm-table mm-sentences"><thead><tr>'
        f"<th>{_('Sentence')}</th><th>{_('Push')}</th>"
        f"<th class='mm-number'>{_('in log odds')}</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table>"
    )


def _file_panel(preset: gr.Radio) -> None:
    gr.Markdown(
        _(
            "A table (`.csv`, `.tsv`) with a column `text`, or a text file with one text a line. "
            "Back comes a `.csv` with the probability of each being positive. At most {count:,} "
            "texts."
        ).format(count=infer.MAX_ROWS)
    )
    source = gr.File(label=_("Texts"), file_types=[".csv", ".tsv", ".tab", ".txt"], type="filepath")
    button = gr.Button(_("Score them"), variant="primary")
    report = gr.HTML(padding=False)
    scored = gr.File(label=_("Scored"), interactive=False, visible=False)

    def score_file(path: Path, chosen: str) -> tuple[str, Any]:
        with tempfile.TemporaryDirectory() as scratch:
            target = Path(scratch) / f"{path.stem[:80]}-scored.csv"
            watched = partial(steps, unit=_("texts"), size=len)
            count, empty = infer.score_file(path, target, chosen, watched)
            offered = offer(scored, target)
        message = _("{count:,} texts were scored.").format(count=count)
        if empty:
            lacking = _("{count:,} have no words, and no score.").format(count=empty)
            message = sentences(message, lacking)
        box = f'<section class="mm-verdict mm-yes" aria-live="polite"><p>{message}</p></section>'
        return box, offered

    on(
        button.click,
        score_file,
        [source, preset],
        [report, scored],
        network=DEMO.slug,
        lane="long",
        validator=require_file(N_("a file"), ""),
    )


# === Endpoints ===


def score(text: str, preset: str = "default") -> dict[str, Any]:
    """How positive is a text?

    Answers positive, probability (calibrated), words (how many were read), unknown (words that
    the network does not know), skipped (words before the part that was read) and strange (whether
    the text reads unlike English, the only language that the network was taught).
    """
    return infer.score(text, preset).to_dict()


def explain(text: str, preset: str = "default") -> dict[str, Any]:
    """The same, with word_pushes and sentence_pushes: what each adds to the log odds."""
    return infer.explain(text, preset).to_dict()
