"""The "Try it" part: a review in, a verdict out with its words shaded; a table in, scores out."""

from __future__ import annotations

import tempfile
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.nets import words as texts
from mmdemo.core.ui import page as ui

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client

client = Client("http://127.0.0.1:7860")
answer = client.predict(text="Not bad at all!", api_name="/sentiment_score")
print(answer["positive"], answer["probability"])
"""
UNDECIDED = 55
"""Per cent below which a verdict says so."""


def render() -> None:
    """Widgets and events."""
    with gr.Accordion("Settings: network", open=False):
        preset = ui.preset_choice(DEMO)
    with gr.Tabs():
        with gr.Tab("Read a review"):
            _review_panel(preset)
        with gr.Tab("Score a file"):
            _file_panel(preset)
    _endpoints()


def _review_panel(preset: gr.Radio) -> None:
    with gr.Row():
        with gr.Column():
            review = gr.Textbox(
                label="A review, in English",
                placeholder="Write or paste what somebody thinks of something.",
                lines=8,
                max_lines=16,
            )
            gr.Examples(
                [[written] for written in examples.REVIEWS.values()],
                [review],
                example_labels=list(examples.REVIEWS),
                label="Examples",
            )
            button = gr.Button("Read it", variant="primary", size="lg")
        result = gr.HTML(padding=False)

    def read(written: str, chosen: str) -> str:
        return _explanation(infer.explain(written, chosen))

    ui.on(
        button.click,
        read,
        [review, preset],
        [result],
        network=DEMO.slug,
        scroll_to_output=True,
    )


def _explanation(found: infer.Explanation) -> str:
    verdict = found.verdict
    share = 100 * verdict.probability
    word, kind = ("Positive", "mm-yes") if verdict.positive else ("Negative", "mm-no")
    sure = share if verdict.positive else 100 - share
    if sure < UNDECIDED:
        word = f"Undecided, hardly more {word.lower()}"
    parts = [
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{word}</h3>'
        f"<p>Probability: <b>{sure:.0f} %</b></p>"
        f'<div class="mm-scale" role="img" aria-label="{share:.0f} % positive">'
        f'<i style="width:{share:.1f}%"></i><u style="left:50%"></u></div>'
        '<p class="mm-note">negative on the left, positive on the right</p></section>'
    ]
    if verdict.skipped:
        parts.append(
            ui.notice(
                f"Only the last {verdict.words} words were read: the first {verdict.skipped} do "
                "not count."
            )
        )
    if verdict.words < 4:
        parts.append(ui.notice("So short a text says little: a sentence or two is better."))
    parts.append(f"<h3>What pushed</h3>{_shaded(found)}")
    parts.append(
        '<p class="mm-note mm-shaded"><mark class="mm-up" style="--strength:70%">blue</mark> words '
        'push towards positive, <mark class="mm-down" style="--strength:70%">orange</mark> ones '
        "towards negative: so much does the verdict move when the word is taken out. "
        + (
            '<mark class="mm-unknown">Underlined</mark> words are unknown to the network. '
            if verdict.unknown
            else ""
        )
        + "</p>"
    )
    if len(found.sentences) > 1:
        parts.append(f"<h3>Sentence by sentence</h3>{_sentences(found)}")
    return f'<div class="mm-reading">{"".join(parts)}</div>'


def _shaded(found: infer.Explanation) -> str:
    pushes = np.array([word.push for word in found.words])
    strongest = max(float(np.abs(pushes).max()), 0.5)  # else an indifferent text is all colour
    return texts.shade(
        found.text,
        [(word.start, word.end) for word in found.words],
        pushes / strongest,
        title=lambda index: f"{pushes[index]:+.2f}",
        unknown=[word.unknown for word in found.words],
    )


def _sentences(found: infer.Explanation) -> str:
    strongest = max(abs(sentence.push) for sentence in found.sentences) or 1.0
    rows = []
    for sentence in found.sentences:
        side = "mm-up" if sentence.push >= 0 else "mm-down"
        width = 50 * abs(sentence.push) / strongest
        left = 50 if sentence.push >= 0 else 50 - width
        rows.append(
            f"<tr><th scope='row'>{escape(found.text[sentence.start : sentence.end].strip())}</th>"
            f'<td class="mm-push"><i class="{side}" '
            f'style="left:{left:.1f}%;width:{width:.1f}%"></i></td>'
            f"<td class='mm-number'>{sentence.push:+.2f}</td></tr>"
        )
    return (
        '<table class="mm-table mm-sentences"><thead><tr><th>Sentence</th><th>Push</th><th '
        "class='mm-number'>in log odds</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table>"
    )


def _file_panel(preset: gr.Radio) -> None:
    gr.Markdown(
        "A table (`.csv`, `.tsv`) with a column `text`, or a text file with one text a line. Back "
        f"comes a `.csv` with the probability of each being positive. At most {infer.MAX_ROWS:,} "
        "texts."
    )
    source = gr.File(label="Texts", file_types=[".csv", ".tsv", ".tab", ".txt"], type="filepath")
    button = gr.Button("Score them", variant="primary")
    report = gr.HTML(padding=False)
    made = gr.File(label="Scored", interactive=False, visible=False)

    def score(path: Path, chosen: str) -> tuple[str, Any]:
        bar = gr.Progress()
        with tempfile.TemporaryDirectory() as scratch:
            target = Path(scratch) / f"{path.stem[:80]}-scored.csv"
            scored, empty = infer.score_file(
                path, target, chosen, lambda done, count: bar((done, count), unit="texts")
            )
            offered = ui.offer(made, target)
        message = f"{scored:,} texts were scored."
        if empty:
            message += f" {empty:,} have no words, and no score."
        box = f'<section class="mm-verdict mm-yes" aria-live="polite"><p>{message}</p></section>'
        return box, offered

    ui.on(
        button.click,
        score,
        [source, preset],
        [report, made],
        network=DEMO.slug,
        validator=ui.require_file("a file", ""),
    )


def _endpoints() -> None:
    text = gr.Textbox(visible=False, label="text")
    preset = gr.Textbox("default", visible=False, label="preset")

    def score(text: str, preset: str = "default") -> dict[str, Any]:
        """How positive is a text?

        Answers positive, probability (calibrated), words (how many were read), unknown (words that
        the network does not know) and skipped (words before the part that was read).
        """
        return infer.score(text, preset).to_dict()

    def explain(text: str, preset: str = "default") -> dict[str, Any]:
        """The same, with word_pushes and sentence_pushes: what each adds to the log odds."""
        return infer.explain(text, preset).to_dict()

    for fn in (score, explain):
        ui.endpoint(fn, [text, preset], api_name=f"{DEMO.slug}_{fn.__name__}", network=DEMO.slug)
