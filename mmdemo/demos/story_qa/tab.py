"""The "Try it" part: a fresh or one's own story, a question, the answer and where it came from."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import _, sentences
from mmdemo.core.ui import arrival
from mmdemo.core.ui.both import Both, buttons
from mmdemo.core.ui.endpoints import endpoints
from mmdemo.core.ui.events import on, outdate
from mmdemo.core.ui.page import preset_choice
from mmdemo.core.ui.widgets import SCROLL, guesses, notice, shade

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
    with gr.Row(elem_classes="mm-ask"):
        with gr.Column(elem_classes="mm-question"):
            story = gr.Textbox(
                label=_("Story"),
                info=_(
                    "One sentence a line, in the order of what happens. Write your own, or change "
                    "one."
                ),
                lines=6,
                max_lines=16,
            )
            question = gr.Textbox(label=_("Question"))
            marked = gr.HTML(padding=False)
            button, both = buttons(_("Answer"))
        with gr.Column(elem_classes="mm-examples"):
            offered = arrival.examples(
                {_(e.label): [e.story, e.question] for e in examples.EXAMPLES},
                [story, question],
                _("Examples: our own sentences"),
            )
        with gr.Column(elem_classes="mm-more"):
            with gr.Row(equal_height=True):
                task = gr.Dropdown(
                    [
                        (_("{task}: {kind}").format(task=name, kind=_(kind.title)), name)
                        for name, kind in stories.TASKS.items()
                    ],
                    value="qa2",
                    label=_("Kind of story"),
                    scale=3,
                )
                tell_new = gr.Button(_("Tell me a new story"), scale=1, min_width=180)
            preset = preset_choice(DEMO)
        with gr.Column(elem_classes="mm-answer"):
            result = gr.HTML(padding=False)
    known = gr.State(None)  # of a fresh story: its text, its question, its answer
    with gr.Accordion(_("All words that it knows"), open=False):
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
        said = _("The network does not know the underlined words, and reads over them.")
        if chosen != "book":
            said = _(
                "The network never learnt the underlined words. Where they name a person, place or "
                "thing, it reads one that it did learn in their place; others it reads over."
            )
        return notice(said) + f'<div class="mm-written">{"".join(texts)}</div>'

    inputs = [story, question, preset]
    asked = [*inputs, known]
    answered = arrival.ask(
        DEMO,
        button,
        show,
        asked,
        [result],
        offered=offered,
        also=[question.submit],
        both=Both(both, preset),
    )
    outputs = [story, question, known, result, marked]
    answered += [
        on(trigger, new, [task, preset], outputs, network=DEMO.slug)
        for trigger in (tell_new.click, task.input)
    ]
    answered.append(on(preset.change, again, [*inputs, known, result], [result], network=DEMO.slug))
    outdate(answered, [story.input, question.input], lambda: "", [result])
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
    said = f"<span translate='no'>{escape(infer.spoken(answered.answer))}</span>"
    kind, check = "", ""
    if expected is not None:
        right = answered.answer == expected
        kind = "mm-yes" if right else "mm-no"
        check = _("This is right.")
        if not right:
            correct = f"<b translate='no'>{escape(infer.spoken(expected))}</b>"
            check = _("This is wrong: the answer is {answer}.").format(answer=correct)
        check = f"<p>{check}</p>"
    note = notice(answered.note) if answered.note else ""
    if answered.refused:
        said = escape(_(infer.NOT_SAID))
        return (
            f'<section class="mm-verdict" aria-live="polite"><h3>{said}</h3>{check}'
            f"<p>{escape(answered.refused)}</p></section>{note}"
        )
    told = ""
    if answered.own:
        read = ", ".join(
            _("{own} as {known}").format(own=own, known=known)
            for known, own in answered.own.items()
        )
        told = notice(
            _("Words that the network never learnt are read as some that it did: {words}.").format(
                words=read
            )
        )
    unknown = ""
    if answered.unknown:
        words = ", ".join(answered.unknown[:20]) + (" …" if len(answered.unknown) > 20 else "")
        unknown = notice(_("Not known, and read over: {words}.").format(words=words))
    return (
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{said}</h3>{check}'
        f"{_bars(answered)}</section>{note}{told}{unknown}{_sentences(answered)}"
    )


def _bars(answered: infer.Answer) -> str:
    said = [infer.spoken(candidate.answer) for candidate in answered.candidates]
    probabilities = [candidate.probability for candidate in answered.candidates]
    bars = guesses(said, probabilities, _("Answer"), "mm-answers", verbatim=True)
    return f"{SCROLL}{bars}</div>"


def _sentences(answered: infer.Answer) -> str:
    """The story with a column per hop, shaded by attention, and what each sentence did."""
    hops = len(answered.attention)
    head = "".join(
        f"<th class='mm-number'>{_('Hop {number}').format(number=hop)}</th>"
        for hop in range(1, hops + 1)
    )
    if answered.influence:
        head += f"<th class='mm-number'>{_('Without it')}</th>"
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
            f"<tr><th scope='row' translate='no' style='{_shade(strongest)}'>{escape(sentence)}"
            f"</th>{cells}</tr>"
        )
    if hops:
        text = _(
            "A hop's column says, in percent, how much the question attended to each sentence; a "
            "sentence is shaded by its strongest hop. Sentences attend to each other as well, so "
            "that one of them can carry what another told it."
        )
    else:
        text = _(
            "An LSTM reads every word and keeps no record of where it looked; a sentence is shaded "
            "by what it did to the answer."
        )
    if answered.influence:
        measured = _(
            "“Without it” is measured: by how many percentage points the answer's probability "
            "changes when the story lacks that sentence."
        )
        text = sentences(text, measured)
    return (
        f'{SCROLL}<table class="mm-table mm-story"><caption>{_("What it looked at")}'
        f"</caption><thead><tr><th>{_('Sentence')}</th>{head}</tr></thead><tbody>{''.join(body)}"
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
    return f"<p translate='no'>{escape(', '.join(words))}</p>"


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
