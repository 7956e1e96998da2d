"""The "Try it" part: a text in, three answers out; why the losses are weighted."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import N_, _, sentences
from mmdemo.core.measure import report
from mmdemo.core.ui import charts
from mmdemo.core.ui.endpoints import endpoints
from mmdemo.core.ui.events import on
from mmdemo.core.ui.page import PRESET_HINTS
from mmdemo.core.ui.reader import reader, shaded_pushes, skipped_notice
from mmdemo.core.ui.widgets import NOT_ENGLISH, SCROLL, notice, scale, unlike
from mmdemo.core.weights import artifacts

from . import DEMO, examples, infer
from .config import BINARY, REGRESSION, Head

API_EXAMPLE = """\
from gradio_client import Client

client = Client("http://127.0.0.1:7860")
answer = client.predict(text="A lovely, quiet film.", api_name="/author_profile_read")
print(answer["answers"]["stars"]["value"], answer["answers"]["sentiment"]["class"])
"""

STATEMENT = N_("""
**What such guesses are worth: little.** This network has read 1,738 posts by 276 people who kept a
blog in 2004 and stated their age, gender and occupation there. It has learnt which words were more
frequent in which of these *groups*. It knows nothing about the person who wrote the text before
you: it is wrong for many individuals, more often for people unlike those bloggers, and it repeats
the habits and gaps of its data, which knows two genders and adults from 23 to 48 only. Under “How
good it is” you find each figure beside what always guessing the commonest answer gives; for some
answers there is hardly a difference.

**Do not use it to judge, sort or address anybody.** It is here to show what a network with several
outputs does, and how little a text alone reveals.
""")


def render() -> None:
    """Widgets and events."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab(_("Read a review")):
            _review_panel()
        with gr.Tab(_("Why losses are weighted")):
            gr.HTML(weighting(), padding=False)
        with gr.Tab(_("Guess a blogger")):
            _blogger_panel()
    endpoints(DEMO, read)


# === Reading a text ===


def _review_panel() -> None:
    with gr.Accordion(_("Settings: network"), open=False):
        preset = gr.Radio(
            [
                (_(PRESET_HINTS["DEFAULT"]), "stars/default"),
                (_(PRESET_HINTS["BOOK"]), "stars/book"),
            ],
            value="stars/default",
            label=_("Network"),
        )
    reader(
        DEMO,
        lambda written, chosen: _explanation(infer.explain(written, chosen)),
        label=_("A film review, in English"),
        placeholder=_("Write or paste it."),
        written=examples.REVIEWS,
        action=_("Read it"),
        preset=preset,
    )


def _blogger_panel() -> None:
    gr.Markdown(_(STATEMENT))
    agreed = gr.Checkbox(False, label=_("I have read this, and want to see the guesses"))
    with gr.Column(visible=False) as rest:
        reader(
            DEMO,
            lambda written: _explanation(infer.explain(written, "posts")),
            label=_("A post, in English"),
            placeholder=_("Write or paste it."),
            written=examples.POSTS,
            action=_("Guess"),
        )
    on(agreed.change, lambda yes: gr.update(visible=bool(yes)), [agreed], [rest], queue=False)


def _explanation(explanation: infer.Explanation) -> str:
    profile = explanation.profile
    parts = [notice(_(profile.caution))] if profile.caution else []
    if profile.short:
        said = _("Only {count} words: so short a text says little. A few sentences are better.")
        if profile.words == 1:
            said = _("Only 1 word: so short a text says little. A few sentences are better.")
        parts.append(notice(said.format(count=profile.words)))
    if profile.strange:
        guesses = "".join(f"<p>{_in_words(answer)}</p>" for answer in profile.answers)
        parts.append(unlike(_(NOT_ENGLISH), guesses))
        return f'<div class="mm-reading" aria-live="polite">{"".join(parts)}</div>'
    parts += [
        skipped_notice(profile.words, profile.skipped),
        *map(_answer, profile.answers),
        f"<h3>{_('Words that moved: {answer}').format(answer=_name(explanation.column))}</h3>",
        shaded_pushes(
            explanation.words.text,
            explanation.words.spans,
            explanation.pushes,
            explanation.words.unknown,
            least=1e-6,
            up=_("raise it"),
            down=_("lower it: so much does the answer change"),
            legend_unknown=True,
        ),
    ]
    return f'<div class="mm-reading" aria-live="polite">{"".join(parts)}</div>'


def _name(said: str) -> str:
    """A column or class as a visitor reads it; one of somebody's own table stays as it is."""
    return escape(_(said))


def _in_words(answer: infer.Answer) -> str:
    """What a head says, without how sure it is."""
    said = _(str(answer.best)) if answer.value is None else f"{answer.value:,.1f}"
    return escape(_("{answer}: {said}").format(answer=_(answer.column).capitalize(), said=said))


def _answer(answer: infer.Answer) -> str:
    draw = {REGRESSION: _number, BINARY: _either}.get(answer.kind, _classes)
    return (
        f'<section class="mm-verdict" style="margin-bottom:.7rem">{draw(answer)}'
        f'<p class="mm-note">{_worth(answer)}</p></section>'
    )


def _number(answer: infer.Answer) -> str:
    """A number line with the guess, and a band that held 8 of 10 held-out texts."""
    value, error = float(answer.value or 0.0), answer.error
    low, high = error["lowest"], error["highest"]

    def place(number: float) -> float:
        return min(max((number - low) / (high - low), 0.0), 1.0)

    band = place(value - error["within"]), place(value + error["within"])
    ticks = _ticks(low, high)
    where = _("{value:.1f} on a line from {low:g} to {high:g}").format(
        value=value, low=low, high=high
    )
    marks = "".join(
        f'<span style="position:absolute;left:{100 * place(tick):.1f}%;transform:translateX(-50%)">'
        f"{tick:g}</span>"
        for tick in ticks
    )
    return (
        f"<h3>{_in_words(answer)}</h3>"
        f'<div style="margin:0 .6rem">{scale(where, 1, mark=place(value), band=band)}'
        f'<div class="mm-note" style="position:relative;height:1.3rem">{marks}</div></div>'
    )


def _ticks(low: float, high: float) -> list[float]:
    if float(low).is_integer() and float(high).is_integer() and high - low <= 10:
        return list(np.arange(low, high + 1))
    return [float(f"{tick:.3g}") for tick in np.linspace(low, high, 5)]


def _classes(answer: infer.Answer) -> str:
    """A bar per class, in their order."""
    rows = "".join(
        f"<tr><th scope='row' style='word-break:keep-all'>"
        f"{'<b>' if name == answer.best else ''}{_name(name)}"
        f"{'</b>' if name == answer.best else ''}</th><td style='width:70%'><div class='mm-bar'>"
        f"<i style='width:{100 * share:.1f}%'></i></div></td>"
        f"<td class='mm-number'>{100 * share:.0f} %</td></tr>"
        for name, share in answer.probabilities.items()
    )
    return f'<h3>{_in_words(answer)}</h3><table class="mm-table"><tbody>{rows}</tbody></table>'


def _either(answer: infer.Answer) -> str:
    """Where a probability lies between two classes."""
    first, second = answer.probabilities
    share = 100 * answer.probabilities[second]
    sure = max(share, 100 - share)
    written = _("over 99 %") if sure > 99.5 else f"{sure:.0f} %"
    return (
        f"<h3>{_in_words(answer)}</h3>"
        f"<p>{_('Probability:')} <b>{written}</b></p>"
        f"{scale(f'{share:.0f} % {_(second)}', share / 100, mark=0.5)}"
        '<p class="mm-note" style="display:flex;justify-content:space-between">'
        f"<span>{_name(first)}</span><span>{_name(second)}</span></p>"
    )


def _worth(answer: infer.Answer) -> str:
    error = answer.error
    if answer.kind == REGRESSION:
        outside = not error["lowest"] <= float(answer.value or 0.0) <= error["highest"]
        said = _(
            "On texts that it never read it is off by {mae:,.1f} on average; 8 of 10 lie within "
            "{within:,.1f} of the guess, the pale band."
        ).format(mae=error["mae"], within=error["within"])
        return sentences(_("This number lies beyond those that occur.") if outside else "", said)
    return _(
        "On texts that it never read it is right in {right:.0f} %; always answering the commonest "
        "would be in {commonest:.0f} %."
    ).format(right=100 * error["accuracy"], commonest=100 * error["majority"])


# === Loss weights ===


def weighting() -> str:
    """Losses per epoch and figures of the source's network, with its loss weights and without."""
    folder = artifacts.locate(DEMO.model_id("book"))
    try:
        stored = artifacts.read_json(folder, "preprocess.json").get("weighting")
        results = artifacts.read_results(folder)
        heads = infer.heads("book")
    except UserError as error:
        return notice(for_visitors(error))
    if stored is None:
        return notice(_("The network here was trained on other data, with one set of weights."))
    given, equal = stored["given"], stored["equal"]
    parts = [
        f"<h3>{_('Who is heard?')}</h3><p>",
        _(
            "Training lowers one sum: each loss times its weight. A squared error in stars is a "
            "large number, a logistic loss a small one. The table shows what share of the sum each "
            "answer had in the first epoch, and what came of it, for the same network trained "
            "twice."
        ),
        "</p>",
        _shares(heads, given, equal),
        _outcome(heads, results),
    ]
    for head in heads:
        key = f"held_out_loss_{head.key}"
        parts.append(
            charts.line_chart(
                _("Held-out loss: {answer} ({kind})").format(
                    answer=_(head.column), kind=_(head.kind)
                ),
                [
                    _series(_("with the weights"), given, key),
                    _series(_("all weights 1"), equal, key),
                ],
                x_label=_("epoch"),
                y_label=_("loss"),
            )
        )
    return f'<div class="mm-reading">{"".join(parts)}</div>'


def _series(name: str, run: dict[str, Any], key: str) -> charts.Series:
    values = [row[key] for row in run["history"]]
    return charts.Series(name, range(1, len(values) + 1), values)


def _shares(heads: Sequence[Head], given: dict[str, Any], equal: dict[str, Any]) -> str:
    columns = []
    for run in (given, equal):
        first = run["history"][0]
        terms = [
            weight * first[f"training_loss_{head.key}"]
            for head, weight in zip(heads, run["weights"], strict=True)
        ]
        columns.append(
            [(w, term / sum(terms)) for w, term in zip(run["weights"], terms, strict=True)]
        )
    body = "".join(
        f"<tr><th scope='row'>{_name(head.column)}</th>"
        f"<td class='mm-number'>{a[0]:g}</td><td class='mm-number'>{100 * a[1]:.0f} %</td>"
        f"<td class='mm-number'>{b[0]:g}</td><td class='mm-number'>{100 * b[1]:.0f} %</td></tr>"
        for head, a, b in zip(heads, *columns, strict=True)
    )
    return (
        f'{SCROLL}<table class="mm-table"><thead><tr><th>{_("Answer")}</th>'
        f"<th class='mm-number'>{_('weight')}</th>"
        f"<th class='mm-number'>{_('share of the sum')}</th>"
        f"<th class='mm-number'>{_('equal weight')}</th>"
        f"<th class='mm-number'>{_('share of the sum')}</th></tr>"
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def _outcome(heads: Sequence[Head], results: Sequence[report.Result]) -> str:
    rows = []
    for column in (head.column for head in heads):
        measured = [r for r in results if r.task == column]
        for metric in dict.fromkeys(r.metric for r in measured if r.method == "book"):
            form = report.metric(metric, DEMO)
            cells = []
            for method in ("book", "book_equal_weights"):
                value = next(
                    (r for r in measured if (r.method, r.metric) == (method, metric)), None
                )
                cells.append(f"<td class='mm-number'>{escape(report.cell(value, form))}</td>")
            label = escape(_("{answer}: {said}").format(answer=_(column), said=form.label))
            rows.append(f"<tr><th scope='row'>{label}</th>{''.join(cells)}</tr>")
    return (
        f'{SCROLL}<table class="mm-table"><caption>{_("On the test reviews")}</caption>'
        f"<thead><tr><th>{_('Measure')}</th><th class='mm-number'>{_('with the weights')}</th>"
        f"<th class='mm-number'>{_('all weights 1')}</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody>"
        "</table></div>"
    )


# === Endpoint ===


def read(text: str, preset: str = "default") -> dict[str, Any]:
    """What a network with several outputs says about a text.

    Answers answers: by column, the kind, the value or the class with the probabilities of all
    classes, and held_out: how good such answers were on texts that were not in training.
    Further words, unknown, skipped and short. The preset posts guesses about bloggers of 2004,
    is wrong for many individuals, says so in caution, and is not to be used to judge anybody.
    """
    return infer.read(text, preset).to_dict()
