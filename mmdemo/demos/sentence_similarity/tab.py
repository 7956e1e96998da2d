"""The "Try it" part: two sentences compared, and a list of questions searched."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError
from mmdemo.core.media.text import check_text, split_lines
from mmdemo.core.ui.endpoints import endpoints
from mmdemo.core.ui.events import on, steps
from mmdemo.core.ui.page import preset_choice

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client

client = Client("http://127.0.0.1:7860")
answer = client.predict(
    first="A man plays the guitar.",
    second="Someone is playing a guitar.",
    api_name="/sentence_similarity_score",
)
print(answer["score"], answer["in_words"])
"""


def render() -> None:
    """Widgets and events."""
    with gr.Tabs():
        with gr.Tab("Compare two sentences"):
            _pair_panel()
        with gr.Tab("Find similar questions"):
            _search_panel()
    endpoints(DEMO, score, search)


def _pair_panel() -> None:
    with gr.Row():
        with gr.Column():
            first = gr.Textbox(label="First sentence, in English", lines=2, max_lines=5)
            second = gr.Textbox(label="Second sentence", lines=2, max_lines=5)
            gr.Examples(
                [list(pair) for pair in examples.PAIRS.values()],
                [first, second],
                example_labels=list(examples.PAIRS),
                label="Examples",
            )
            preset = preset_choice(DEMO)
            button = gr.Button("Compare", variant="primary", size="lg")
        result = gr.HTML(padding=False)

    def compare(one: str, two: str, chosen: str) -> str:
        return _pair(infer.compare(one, two, chosen), chosen)

    for trigger in (button.click, second.submit):
        on(trigger, compare, [first, second, preset], [result], network=DEMO.slug)


def _pair(pair: infer.Pair, preset: str) -> str:
    kind = "mm-yes" if pair.score >= 2.5 else "mm-no"
    parts = [
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{pair.words}</h3>'
        f"<p>Score: <b>{pair.score:.1f}</b> of 5</p>"
        f'<div class="mm-scale" role="img" aria-label="{pair.score:.1f} of 5">'
        f'<i style="width:{20 * pair.score:.1f}%"></i></div></section>'
    ]
    apart = abs(pair.score - pair.reversed)
    if preset == "book":
        parts.append(
            f'<p class="mm-note">The other way round it says <b>{pair.reversed:.1f}</b>: '
            f"{apart:.1f} points apart, though the sentences are the same. This network's last "
            "layer need not treat them alike.</p>"
        )
    if pair.unknown:
        words = ", ".join(escape(word) for word in pair.unknown)
        parts.append(f'<p class="mm-note">Words that it does not know: {words}.</p>')
    if pair.alignment is not None:
        parts.append(_alignment(pair))
    return f"<div>{''.join(parts)}</div>"


def _alignment(pair: infer.Pair) -> str:
    """A row per word of the first sentence, a column per word of the second."""
    shares = pair.alignment
    if shares is None or not shares.size:
        return ""
    head = "".join(f"<th scope='col'><span>{escape(word)}</span></th>" for word in pair.second)
    body = []
    for word, row in zip(pair.first, shares, strict=True):
        cells = "".join(
            f'<td style="--strength:{round(100 * float(share))}%" title="{share:.0%}"></td>'
            for share in row
        )
        body.append(f"<tr><th scope='row'>{escape(word)}</th>{cells}</tr>")
    return (
        "<h3>Which word stands for which</h3>"
        '<div class="mm-scroll"><table class="mm-alignment"><thead><tr><td></td>'
        f"{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
        '<p class="mm-note">A row is a word of the first sentence: the darker a square, the more '
        "that word of the second is its counterpart.</p>"
    )


def _search_panel() -> None:
    gr.Markdown(
        "Put in questions that were asked before, one a line, or a file with up to "
        f"{infer.MAX_ROWS:,}. Each is read once; then a new question finds those like it."
    )
    with gr.Row():
        with gr.Column():
            listed = gr.Textbox(
                "\n".join(examples.QUESTIONS), label="Questions, one a line", lines=10, max_lines=10
            )
            source = gr.File(
                label="Or a file: .txt, or .csv with a column question",
                file_types=[".txt", ".csv", ".tsv"],
                type="filepath",
                height=160,
            )
        with gr.Column():
            query = gr.Textbox(label="A new question", placeholder=examples.QUERIES[0], lines=2)
            gr.Examples([[one] for one in examples.QUERIES], [query], label="Examples")
            button = gr.Button("Find those like it", variant="primary", size="lg")
            result = gr.HTML(padding=False)
    state = gr.State(None)

    def find(
        wanted: str, lines: str, path: Path | None, kept: dict[str, Any] | None
    ) -> tuple[str, Any]:
        wanted = check_text(wanted, "a new question", infer.MAX_SENTENCE)
        sentences = infer.read_sentences(path) if path else split_lines(lines or "")
        if kept is None or kept["given"] != sentences:
            collected = infer.collect(sentences, partial(steps, unit="sentences", size=len))
            kept = {"given": sentences, **vars(collected)}
        collection = infer.Collection(kept["sentences"], kept["vectors"])
        return _ranking(infer.search(wanted, collection), len(collection.sentences)), kept

    inputs = [query, listed, source, state]
    for trigger in (button.click, query.submit):
        on(trigger, find, inputs, [result, state], network=DEMO.slug)


def _ranking(matches: list[infer.Match], count: int) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(match.sentence)}</th>"
        f'<td><div class="mm-scale"><i style="width:{20 * match.score:.0f}%"></i></div></td>'
        f"<td class='mm-number'>{match.score:.1f}</td></tr>"
        for match in matches
    )
    return (
        '<table class="mm-table mm-sentences"><thead><tr><th>Question</th><th>Alike</th>'
        f"<th class='mm-number'>of 5</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="mm-note">The nearest of {count:,} questions.</p>'
    )


# === Endpoints ===


def score(first: str, second: str, preset: str = "default") -> dict[str, Any]:
    """How alike are two sentences?

    Answers score from 0 to 5, in_words, score_reversed (the same for DEFAULT) and unknown
    words.
    """
    return infer.compare(first, second, preset).to_dict()


def search(query: str, sentences: list[str]) -> list[dict[str, Any]]:
    """The ten sentences of a list that are most like a new one, the likest first."""
    if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
        raise UserError("The sentences must be a list of texts.")
    return [match.to_dict() for match in infer.search(query, infer.collect(sentences))]
