"""The "Try it" part: a fresh or one's own story, a question, the answer and where it came from."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError
from mmdemo.core.nets.words import shade
from mmdemo.core.ui import page as ui

from . import DEMO, examples, infer, stories

API_EXAMPLE = """\
from gradio_client import Client

client = Client("http://127.0.0.1:7860")
answer = client.predict(
    story="Mary took the milk.\\nMary went to the garden.",
    question="Where is the milk?",
    api_name="/story_qa_answer",
)
print(answer["answer"], answer["probability"])
"""


def render() -> None:
    """Widgets and events."""
    first = examples.EXAMPLES[0]
    preset = ui.preset_choice(DEMO)
    with gr.Row(equal_height=True):
        task = gr.Dropdown(
            [(f"{name}: {title}", name) for name, title in stories.TITLES.items()],
            value="qa2",
            label="Kind of story",
            scale=3,
        )
        tell = gr.Button("Tell me a new story", scale=1, min_width=180)
    story = gr.Textbox(
        first.story,
        label="Story",
        info="One sentence a line, in the order of what happens. Write your own, or change one.",
        lines=7,
        max_lines=16,
    )
    question = gr.Textbox(first.question, label="Question")
    marked = gr.HTML(padding=False)
    offered = gr.Examples(
        [[e.story, e.question] for e in examples.EXAMPLES],
        [story, question],
        example_labels=[e.label for e in examples.EXAMPLES],
        label="Examples: our own sentences",
    )
    button = gr.Button("Answer", variant="primary", size="lg")
    result = gr.HTML(padding=False)
    known = gr.State(None)  # of a fresh story: its text, its question, its answer
    with gr.Accordion("All words that it knows", open=False):
        gr.HTML(_vocabulary(), padding=False)

    def answer(told: str, asked: str, chosen: str, right: list[str] | None) -> str:
        found = infer.answer(told, asked, chosen)
        expected = right[2] if right and right[:2] == [told, asked] else None
        return _result(found, chosen, expected)

    def new(name: str, chosen: str) -> tuple[str, str, list[str], str, str]:
        fresh = infer.fresh(name)
        told = "\n".join(fresh.story)
        right = [told, fresh.question, fresh.answer]
        return told, fresh.question, right, answer(told, fresh.question, chosen, right), ""

    def again(told: str, asked: str, chosen: str, right: list[str] | None, shown: str) -> str:
        """The other network's answer, once there is one."""
        return answer(told, asked, chosen, right) if shown else ""

    def mark(told: str, asked: str, chosen: str) -> str:
        texts = []
        for text in (told or "", asked or ""):
            spans, unknown = infer.marks(text, chosen)
            if unknown.any():
                texts.append(shade(text, spans, [0.0] * len(spans), unknown=unknown))
        if not texts:
            return ""
        return ui.notice("The network does not know the underlined words, and reads over them.") + (
            f'<div class="mm-written">{"".join(texts)}</div>'
        )

    inputs = [story, question, preset]
    ui.on(
        button.click,
        answer,
        [*inputs, known],
        [result],
        network=DEMO.slug,
        scroll_to_output=True,
    )
    ui.on(
        offered.load_input_event.success,
        answer,
        [*inputs, known],
        [result],
        network=DEMO.slug,
    )
    ui.on(question.submit, answer, [*inputs, known], [result], network=DEMO.slug)
    fresh_outputs = [story, question, known, result, marked]
    ui.on(tell.click, new, [task, preset], fresh_outputs, network=DEMO.slug)
    ui.on(task.input, new, [task, preset], fresh_outputs, network=DEMO.slug)
    ui.on(preset.change, again, [*inputs, known, result], [result], network=DEMO.slug)
    for field in (story, question):
        ui.on(
            field.change,
            mark,
            inputs,
            [marked],
            queue=False,
            show_progress="hidden",
            trigger_mode="always_last",
        )
    _endpoints()


# === Drawing ===


def _result(found: infer.Answer, preset: str, expected: str | None) -> str:
    said = escape(infer.spoken(found.answer))
    kind, check = "", ""
    if expected is not None:
        right = found.answer == expected
        kind = "mm-yes" if right else "mm-no"
        check = (
            "<p>This is right.</p>"
            if right
            else f"<p>This is wrong: the answer is <b>{escape(infer.spoken(expected))}</b>.</p>"
        )
    unknown = ""
    if found.unknown:
        words = ", ".join(found.unknown[:20]) + (" …" if len(found.unknown) > 20 else "")
        unknown = ui.notice(f"Not known, and read over: {words}.")
    return (
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{said}</h3>{check}'
        f"{_bars(found)}</section>{ui.notice(found.note) if found.note else ''}{unknown}"
        f"{_sentences(found, preset)}"
    )


def _bars(found: infer.Answer) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(infer.spoken(c.answer))}</th><td><div class='mm-bar'>"
        f"<i style='width:{100 * c.probability:.1f}%'></i></div></td>"
        f"<td class='mm-number'>{100 * c.probability:.1f} %</td></tr>"
        for c in found.candidates
    )
    return (
        '<div class="mm-scroll"><table class="mm-table mm-answers"><thead><tr><th>Answer</th>'
        f"<th>Probability</th><th></th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _sentences(found: infer.Answer, preset: str) -> str:
    """The story with a column per hop, shaded by attention, and what each sentence did."""
    hops = len(found.attention)
    head = "".join(f"<th class='mm-number'>Hop {hop}</th>" for hop in range(1, hops + 1))
    if found.influence:
        head += "<th class='mm-number'>Without it</th>"
    body = []
    for index, sentence in enumerate(found.sentences):
        weights = [row[index] for row in found.attention]
        cells = "".join(
            f"<td class='mm-number' style='{_shade(weight)}'>{100 * weight:.0f}</td>"
            for weight in weights
        )
        if found.influence:
            change = round(-100 * found.influence[index])
            cells += f"<td class='mm-number'>{f'{change:+d}' if change else 0}</td>"
        strongest = max(weights, default=max(found.influence[index], 0) if found.influence else 0)
        body.append(
            f"<tr><th scope='row' style='{_shade(strongest)}'>{escape(sentence)}</th>{cells}</tr>"
        )
    if hops:
        text = (
            "A hop's column says, in percent, how much the question attended to each sentence; a "
            "sentence is shaded by its strongest hop. Sentences attend to each other as well, so "
            "that one of them can carry what another told it."
        )
    else:
        text = (
            "An LSTM reads every word and keeps no record of where it looked; a sentence is shaded "
            "by what it did to the answer."
        )
    if found.influence:
        text += (
            " “Without it” is measured: by how many percentage points the answer's probability "
            "changes when the story lacks that sentence."
        )
    return (
        '<div class="mm-scroll"><table class="mm-table mm-story"><caption>What it looked at'
        f"</caption><thead><tr><th>Sentence</th>{head}</tr></thead><tbody>{''.join(body)}"
        f"</tbody></table></div><p class='mm-note'>{text}</p>"
    )


def _shade(weight: float) -> str:
    """Background of the accent colour, the stronger the more weight."""
    percent = round(60 * min(max(weight, 0.0), 1.0))
    return f"background:color-mix(in srgb, var(--color-accent) {percent}%, transparent)"


def _vocabulary() -> str:
    """Those of DEFAULT; a page without weights still appears."""
    try:
        words = infer.known_words()
    except UserError as error:
        return ui.notice(str(error))
    return f"<p>{escape(', '.join(words))}</p>"


# === Endpoints ===


def _endpoints() -> None:
    story = gr.Textbox(visible=False, label="story")
    question = gr.Textbox(visible=False, label="question")
    task = gr.Textbox("qa1", visible=False, label="task")
    preset = gr.Textbox("default", visible=False, label="preset")

    def answer(story: str, question: str, preset: str = "default") -> dict[str, Any]:
        """Answer a question about a story of one sentence a line.

        Answers answer, probability, candidates (the five likeliest), sentences as they were read,
        attention per hop and sentence (DEFAULT), influence (how much the probability falls without
        a sentence), unknown words, and a note.
        """
        return infer.answer(story, question, preset).to_dict()

    def tell(task: str) -> dict[str, Any]:
        """A fresh story of a task (`qa1` to `qa20`): story, question and the right answer."""
        fresh = infer.fresh(task)
        return {
            "story": list(fresh.story),
            "question": fresh.question,
            "answer": fresh.answer,
        }

    ui.endpoint(answer, [story, question, preset], api_name="story_qa_answer", network=DEMO.slug)
    ui.endpoint(tell, [task], api_name="story_qa_tell", network=DEMO.slug)
