"""The "Try it" part: a fresh or one's own story, a question, the answer and where it came from."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.ui.endpoints import endpoints
from mmdemo.core.ui.events import on
from mmdemo.core.ui.page import preset_choice
from mmdemo.core.ui.widgets import guesses, notice, shade

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
    preset = preset_choice(DEMO)
    with gr.Row(equal_height=True):
        task = gr.Dropdown(
            [(f"{name}: {kind.title}", name) for name, kind in stories.TASKS.items()],
            value="qa2",
            label="Kind of story",
            scale=3,
        )
        tell_new = gr.Button("Tell me a new story", scale=1, min_width=180)
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

    def show(told: str, asked: str, chosen: str, right: list[str] | None) -> str:
        expected = right[2] if right and right[:2] == [told, asked] else None
        return _result(infer.answer(told, asked, chosen), expected)

    def new(name: str, chosen: str) -> tuple[str, str, list[str], str, str]:
        fresh = infer.fresh(name)
        told = "\n".join(fresh.story)
        right = [told, fresh.question, fresh.answer]
        return told, fresh.question, right, show(told, fresh.question, chosen, right), ""

    def again(told: str, asked: str, chosen: str, right: list[str] | None, shown: str) -> str:
        """The other network's answer, once there is one."""
        return show(told, asked, chosen, right) if shown else ""

    def mark(told: str, asked: str, chosen: str) -> str:
        texts = []
        for text in (told or "", asked or ""):
            spans, unknown = infer.marks(text, chosen)
            if unknown.any():
                texts.append(shade(text, spans, [0.0] * len(spans), unknown=unknown))
        if not texts:
            return ""
        said = "The network does not know the underlined words, and reads over them."
        if chosen != "book":
            said = (
                "The network never learnt the underlined words. Where they name a person, place or "
                "thing, it reads one that it did learn in their place; others it reads over."
            )
        return notice(said) + f'<div class="mm-written">{"".join(texts)}</div>'

    inputs = [story, question, preset]
    for trigger, options in (
        (button.click, {"scroll_to_output": True}),
        (offered.load_input_event.success, {}),
        (question.submit, {}),
    ):
        on(trigger, show, [*inputs, known], [result], network=DEMO.slug, **options)
    for trigger in (tell_new.click, task.input):
        outputs = [story, question, known, result, marked]
        on(trigger, new, [task, preset], outputs, network=DEMO.slug)
    on(preset.change, again, [*inputs, known, result], [result], network=DEMO.slug)
    for field in (story, question):
        on(
            field.change,
            mark,
            inputs,
            [marked],
            queue=False,
            show_progress="hidden",
            trigger_mode="always_last",
        )
    endpoints(DEMO, answer, tell)


# === Drawing ===


def _result(answered: infer.Answer, expected: str | None) -> str:
    said = escape(infer.spoken(answered.answer))
    kind, check = "", ""
    if expected is not None:
        right = answered.answer == expected
        kind = "mm-yes" if right else "mm-no"
        check = (
            "<p>This is right.</p>"
            if right
            else f"<p>This is wrong: the answer is <b>{escape(infer.spoken(expected))}</b>.</p>"
        )
    note = notice(answered.note) if answered.note else ""
    if answered.refused:
        return (
            f'<section class="mm-verdict" aria-live="polite"><h3>{said}</h3>{check}'
            f"<p>{escape(answered.refused)}</p></section>{note}"
        )
    told = ""
    if answered.own:
        read = ", ".join(f"{own} as {known}" for known, own in answered.own.items())
        told = notice(f"Words that the network never learnt are read as some that it did: {read}.")
    unknown = ""
    if answered.unknown:
        words = ", ".join(answered.unknown[:20]) + (" …" if len(answered.unknown) > 20 else "")
        unknown = notice(f"Not known, and read over: {words}.")
    return (
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{said}</h3>{check}'
        f"{_bars(answered)}</section>{note}{told}{unknown}{_sentences(answered)}"
    )


def _bars(answered: infer.Answer) -> str:
    said = [infer.spoken(candidate.answer) for candidate in answered.candidates]
    probabilities = [candidate.probability for candidate in answered.candidates]
    return f'<div class="mm-scroll">{guesses(said, probabilities, "Answer", "mm-answers")}</div>'


def _sentences(answered: infer.Answer) -> str:
    """The story with a column per hop, shaded by attention, and what each sentence did."""
    hops = len(answered.attention)
    head = "".join(f"<th class='mm-number'>Hop {hop}</th>" for hop in range(1, hops + 1))
    if answered.influence:
        head += "<th class='mm-number'>Without it</th>"
    body = []
    for index, sentence in enumerate(answered.sentences):
        weights = [row[index] for row in answered.attention]
        cells = "".join(
            f"<td class='mm-number' style='{_shade(weight)}'>{100 * weight:.0f}</td>"
            for weight in weights
        )
        if answered.influence:
            change = round(-100 * answered.influence[index])
            cells += f"<td class='mm-number'>{f'{change:+d}' if change else 0}</td>"
        strongest = max(
            weights, default=max(answered.influence[index], 0) if answered.influence else 0
        )
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
    if answered.influence:
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
        return notice(for_visitors(error))
    return f"<p>{escape(', '.join(words))}</p>"


# === Endpoints ===


def answer(story: str, question: str, preset: str = "default") -> dict[str, Any]:
    """Answer a question about a story of one sentence a line.

    Answers answer, probability, candidates (the five likeliest), sentences as they were read,
    attention per hop and sentence (DEFAULT), influence (how much the probability falls without
    a sentence), unknown words, and a note.
    """
    return infer.answer(story, question, preset).to_dict()


def tell(task: str = "qa1") -> dict[str, Any]:
    """A fresh story of a task (`qa1` to `qa20`): story, question and the right answer."""
    fresh = infer.fresh(task)
    return {"story": list(fresh.story), "question": fresh.question, "answer": fresh.answer}
