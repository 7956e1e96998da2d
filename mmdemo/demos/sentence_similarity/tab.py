"""The "Try it" part: two sentences compared, and a list of questions searched."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _
from mmdemo.core.media.text import check_text, split_lines
from mmdemo.core.ui import arrival
from mmdemo.core.ui.both import Both, buttons
from mmdemo.core.ui.endpoints import endpoints
from mmdemo.core.ui.events import outdate, steps
from mmdemo.core.ui.page import preset_choice
from mmdemo.core.ui.widgets import NOT_ENGLISH, SCROLL, scale, unlike

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
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Compare two sentences")):
            _pair_panel()
        with gr.Tab(_("Find similar questions")):
            _search_panel()
    endpoints(DEMO, score, search)


def _pair_panel() -> None:
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            first = gr.Textbox(label=_("First sentence, in English"), lines=2, max_lines=5)
            second = gr.Textbox(label=_("Second sentence"), lines=2, max_lines=5)
            button, both = buttons(_("Compare"))
        with gr.Column(elem_classes="mm-examples"):
            rows = {_(name): pair for name, pair in examples.PAIRS.items()}
            offered = arrival.examples(rows, [first, second], _("Examples"))
        with gr.Column(elem_classes="mm-more"):
            preset = preset_choice(DEMO)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)

    def compare(one: str, two: str, chosen: str) -> str:
        return _pair(infer.compare(one, two, chosen), chosen)

    compared = arrival.ask(
        DEMO,
        button,
        compare,
        [first, second, preset],
        [result],
        offered=offered,
        also=[second.submit],
        both=Both(both, preset),
    )
    outdate(compared, [first.input, second.input, preset.change], lambda: "", [result])


def _pair(pair: infer.Pair, preset: str) -> str:
    if pair.strange:
        said = _("{sentence}.").format(sentence=_(pair.words))
        return unlike(_(NOT_ENGLISH), f"<p>{said}</p>")
    kind = "mm-yes" if round(pair.score, 1) >= 2.5 else "mm-no"
    value = f"{pair.score:.1f}"
    parts = [
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{_(pair.words)}</h3>'
        f"<p>{_('Score: {score} of 5').format(score=f'<b>{value}</b>')}</p>"
        f"{scale(_('{score} of 5').format(score=value), pair.score / 5)}</section>"
    ]
    apart = abs(pair.score - pair.reversed)
    if preset == "book":
        parts.append(
            '<p class="mm-note">'
            + _(
                "The other way round it says {score}: {apart:.1f} points apart, though the "
                "sentences are the same. This network's last layer need not treat them alike."
            ).format(score=f"<b>{pair.reversed:.1f}</b>", apart=apart)
            + "</p>"
        )
    if pair.unknown:
        words = ", ".join(escape(word) for word in pair.unknown)
        unknown = _("Words that it does not know: {words}.").format(
            words=f"<span translate='no'>{words}</span>"
        )
        parts.append(f'<p class="mm-note">{unknown}</p>')
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
        f"<h3>{_('Which word stands for which')}</h3>"
        f'{SCROLL}<table class="mm-alignment" translate="no"><thead><tr><td></td>'
        f"{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
        '<p class="mm-note">'
        + _(
            "A row is a word of the first sentence: the darker a square, the more that word of the "
            "second is its counterpart."
        )
        + "</p>"
    )


def _search_panel() -> None:
    gr.Markdown(
        _(
            "Put in questions that were asked before, one a line, or a file with up to {count:,}. "
            "Each is read once; then a new question finds those like it."
        ).format(count=infer.MAX_ROWS)
    )
    with gr.Row():
        with gr.Column():
            listed = gr.Textbox(
                "\n".join(examples.QUESTIONS),
                label=_("Questions, one a line"),
                lines=10,
                max_lines=10,
            )
            source = gr.File(
                label=_("Or a file: .txt, or .csv with a column question"),
                file_types=[".txt", ".csv", ".tsv"],
                type="filepath",
                height=160,
            )
        with gr.Column():
            query = gr.Textbox(
                label=_("A new question"),
                placeholder=_("Such as: {example}").format(example=examples.QUERIES[0]),
                lines=2,
            )
            button = gr.Button(_("Find those like it"), variant="primary", size="lg")
            rows = {_(one): [one] for one in examples.QUERIES}
            offered = arrival.examples(rows, [query], _("Examples"))
            result = gr.HTML(padding=False)
    state = gr.State(None)

    def find(
        wanted: str, lines: str, path: Path | None, kept: dict[str, Any] | None
    ) -> tuple[str, Any]:
        wanted = check_text(wanted, N_("a new question"), infer.MAX_SENTENCE)
        sentences = infer.read_sentences(path) if path else split_lines(lines or "")
        if kept is None or kept["given"] != sentences:
            collected = infer.collect(sentences, partial(steps, unit=_("sentences"), size=len))
            kept = {"given": sentences, **vars(collected)}
        collection = infer.Collection(kept["sentences"], kept["vectors"])
        return _ranking(infer.search(wanted, collection), len(collection.sentences)), kept

    inputs = [query, listed, source, state]
    outputs = [result, state]
    found = arrival.ask(DEMO, button, find, inputs, outputs, offered=offered, also=[query.submit])
    changes = [query.input, listed.input, source.upload, source.clear]
    outdate(found, changes, lambda: "", [result])


def _ranking(matches: list[infer.Match], count: int) -> str:
    rows = "".join(
        f"<tr><th scope='row' translate='no'>{escape(match.sentence)}</th>"
        f"<td>{scale('', match.score / 5)}</td>"
        f"<td class='mm-number'>{match.score:.1f}</td></tr>"
        for match in matches
    )
    return (
        f'<table class="mm-table mm-sentences"><thead><tr><th>{_("Question")}</th>'
        f"<th>{_('Alike')}</th><th class='mm-number'>{_('of 5')}</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
        f'<p class="mm-note">{_("The nearest of {count:,} questions.").format(count=count)}</p>'
    )


# === Endpoints ===


def score(first: str, second: str, preset: str = "default") -> dict[str, Any]:
    """How alike are two sentences?

    Answers score from 0 to 5, in_words, score_reversed (the same for DEFAULT), unknown words,
    and strange: which sentences, first or second, read unlike English.
    """
    return infer.compare(first, second, preset).to_dict()


def search(query: str, sentences: list[str]) -> list[dict[str, Any]]:
    """The ten sentences of a list that are most like a new one, the likest first."""
    if not isinstance(sentences, list) or not all(isinstance(s, str) for s in sentences):
        raise UserError(_("The sentences must be a list of texts."))
    return [match.to_dict() for match in infer.search(query, infer.collect(sentences))]
