"""Small parts of answers as HTML: notices, verdicts, rankings, pictures, shaded words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np

from mmdemo.core.language import N_, _
from mmdemo.core.measure.decisions import Decision

SCROLL = '<div class="mm-scroll" tabindex="0">'
"""Opens the box around a table that may be wider than a phone; a keyboard can scroll it, too."""
SEARCH = """
const field = element.querySelector("input");
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\\s+/);
  let found = 0;
  for (const item of element.querySelectorAll(".mm-card, li")) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
    found += !item.hidden;
  }
  for (const section of element.querySelectorAll("section"))
    section.hidden = !section.querySelector(".mm-card:not([hidden])");
  element.querySelector("[role=status]").hidden = found > 0;
});
"""
"""For HTML with a field: hides the cards or items that lack a word of what is typed there, and
shows the line that says so where none is left."""
WEAK = 20
"""Percent of the full colour below which a screen reader does not say what a word does."""

UNDECIDED = "mm-unsure"
SCALE = N_("Distance {distance:.3f}, threshold {threshold:.3f}")
NOT_ENGLISH = N_(
    "This does not read like English, and English is the only language that it was taught. It has "
    "nothing to say about this text."
)


def notice(message: str) -> str:
    """A calm box with one plain sentence."""
    return f'<p class="mm-notice" role="status">{escape(message)}</p>'


def unlike(message: str, answer: str) -> str:
    """Says that an input is unlike what a network was taught, with its answer folded below.

    Args:
        message: what that means here, a whole sentence.
        answer: HTML.
    """
    return (
        '<section class="mm-verdict mm-no mm-unlike" aria-live="polite">'
        f"<h3>{_('Unlike anything it was taught')}</h3>"
        f"<p>{escape(message)}</p><details>"
        f"<summary>{_('What it would say all the same, not to be trusted')}</summary>{answer}"
        "</details></section>"
    )


def none_of_these(kinds: int, labels: Sequence[str]) -> str:
    """Says that a photo shows none of the things that a network knows, whatever it names.

    Args:
        kinds: of things that it knows.
        labels: its best guesses, the best first.
    """
    named = "".join(f"<li>{escape(label)}</li>" for label in labels)
    message = _(
        "This picture does not look like the photos of {kinds} kinds of things that it was taught. "
        "It may show people, a drawing, a pattern or a page, or a thing that it does not know."
    )
    return unlike(message.format(kinds=kinds), f"<ol>{named}</ol>")


def judged(same: bool, probability: float, yes: str, no: str) -> tuple[str, str, str]:
    """A decision at a threshold in words that do not contradict its probability.

    Args:
        same: what the threshold decides.
        probability: that it is so.
        yes, no: what the decisions are called.

    Returns:
        A heading, its CSS class, and a sentence that explains it, or nothing.
    """
    decided = yes if same else no
    if same == (round(100 * probability) >= 50):
        return decided, "mm-yes" if same else "mm-no", ""
    why = _("By the threshold the answer is: {decision}.").format(decision=decided)
    return _("Hard to say"), UNDECIDED, why


def verdict(decision: Decision, yes: str, no: str, curve: Mapping[str, Sequence[float]]) -> str:
    """The answer of a verification: verdict, probability, and the distance on a scale.

    It follows the page's threshold without being asked again: `play.js` finds in it what it says
    on either side of the threshold, and the curve.

    Args:
        decision: on two samples.
        yes, no: what it is called.
        curve: the stored one: `thresholds`, and `far` and `frr` at each.
    """
    meaning = _(
        "Distance {distance:.3f}; the line is the threshold, {threshold:.3f}. At this threshold, "
        "{far:.1f} % of held-out different pairs are taken for the same, and {frr:.1f} % of "
        "held-out same pairs are taken for different."
    )
    outcomes = {
        name: judged(same, decision.probability, yes, no)
        for name, same in (("same", True), ("different", False))
    }
    moving = {
        "distance": decision.distance,
        "outcomes": outcomes,
        "meaning": meaning,
        "scale": _(SCALE),
        "curve": {name: [float(f"{value:.6g}") for value in curve[name]] for name in curve},
    }
    return compared(
        outcomes["same" if decision.same else "different"],
        decision.probability,
        decision.distance,
        decision.threshold,
        meaning.format(
            distance=decision.distance,
            threshold=decision.threshold,
            far=100 * decision.far,
            frr=100 * decision.frr,
        ),
        f' data-outcomes="{escape(json.dumps(moving, ensure_ascii=False))}"',
    )


def compared(
    said: tuple[str, str, str],
    probability: float,
    distance: float,
    threshold: float,
    meaning: str,
    attributes: str = "",
) -> str:
    """Whether two samples are the same: a verdict, its probability, and the distance on a scale.

    Args:
        said: as `judged` gives it.
        probability: that they are the same.
        distance, threshold: of the two, and where it is decided.
        meaning: what both say, below the scale.
        attributes: of the section, as HTML.
    """
    heading, kind, why = said
    full = max(2 * threshold, distance * 1.1, 1e-9)
    said_so = _(SCALE).format(distance=distance, threshold=threshold)
    return (
        f'<section class="mm-verdict {kind}" aria-live="polite"{attributes}>'
        f"<h3>{escape(heading)}</h3>"
        f"<p>{_('Probability that they are the same:')} "
        f"<b>{100 * probability:.0f} %</b></p><p class='mm-why'>{escape(why)}</p>"
        f"{scale(said_so, distance / full, mark=threshold / full)}"
        f"<p class='mm-note'>{meaning}</p></section>"
    )


def scale(
    said: str, share: float, *, mark: float | None = None, band: tuple[float, float] | None = None
) -> str:
    """A bar from the left end of a scale, or a pale band on it, and a mark.

    Args:
        said: what it shows, for those who hear it; empty where that stands beside it.
        share: of the scale that the bar fills, from 0 to 1.
        mark: place of a line across the scale.
        band: where a band begins and ends, in place of the bar.
    """
    bar = f"width:{100 * share:.1f}%"
    if band is not None:
        left, right = band
        bar = f"left:{100 * left:.1f}%;width:{100 * (right - left):.1f}%;opacity:.35"
    line = "" if mark is None else f'<u style="left:{100 * mark:.1f}%"></u>'
    heard = f'role="img" aria-label="{escape(said)}"' if said else 'aria-hidden="true"'
    return f'<div class="mm-scale" {heard}><i style="{bar}"></i>{line}</div>'


def ranking(rows: Sequence[tuple[str, float, float]]) -> str:
    """Names from the most to the least likely: `(name, distance, probability)`."""
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td><div class='mm-bar'>"
        f"<i style='width:{100 * probability:.0f}%'></i></div></td>"
        f"<td class='mm-number'>{100 * probability:.0f} %</td>"
        f"<td class='mm-number'>{distance:.3f}</td></tr>"
        for name, distance, probability in rows
    )
    return (
        f'{SCROLL}<table class="mm-table"><thead><tr><th>{_("Name")}</th>'
        f"<th>{_('Probability of being the same')}</th><td></td>"
        f"<th class='mm-number'>{_('Distance')}</th></tr>"
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def guesses(
    labels: Sequence[str],
    probabilities: Sequence[float],
    head: str = "",
    kind: str = "mm-guesses",
    *,
    verbatim: bool = False,
) -> str:
    """A classifier's answers with bars, the best first.

    Args:
        labels, probabilities: of the answers.
        head: what stands over the labels, "It is" where empty.
        kind: the table's own CSS class.
        verbatim: the labels are the network's own words, and are not to be translated.
    """
    row = "<tr><th scope='row' translate='no'>" if verbatim else "<tr><th scope='row'>"
    body = "".join(
        f"{row}{escape(label)}</th><td><div class='mm-bar'>"
        f"<i style='width:{100 * probability:.1f}%'></i></div></td>"
        f"<td class='mm-number'>{100 * probability:.1f} %</td></tr>"
        for label, probability in zip(labels, probabilities, strict=True)
    )
    return (
        f'<table class="mm-table {kind}"><thead><tr><th>{escape(head or _("It is"))}</th>'
        f"<th>{_('Probability')}</th><td></td></tr></thead><tbody>{body}</tbody></table>"
    )


def thumbnails(items: Sequence[tuple[str, str]], label: str) -> str:
    """Small captioned pictures: `(data address, caption)`."""
    cards = "".join(
        f'<figure><img src="{address}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for address, caption in items
    )
    return f'<div class="mm-thumbs" aria-label="{escape(label)}">{cards}</div>'


def shade(
    text: str,
    spans: Sequence[tuple[int, int]],
    weights: Sequence[float] | np.ndarray,
    title: Callable[[int], str] | None = None,
    unknown: Sequence[bool] | np.ndarray | None = None,
) -> str:
    """A text whose words carry a colour: blue pushes up, orange down, pale is little.

    Args:
        text: as the visitor wrote it.
        spans: of its words, in order.
        weights: of each word, from -1 to 1.
        title: what a word's tooltip says, by the word's index.
        unknown: words to underline, since the network does not know them.
    """
    parts, end = [], 0
    for index, ((start, stop), weight) in enumerate(zip(spans, weights, strict=True)):
        parts.append(_plain(text[end:start]))
        strength = round(100 * min(abs(float(weight)), 1.0))
        kind = "mm-up" if weight >= 0 else "mm-down"
        if strength < WEAK:
            kind += " mm-weak"
        if unknown is not None and unknown[index]:
            kind += " mm-unknown"
        hint = "" if title is None else f' title="{escape(title(index))}"'
        word = escape(text[start:stop])
        parts.append(f'<mark class="{kind}" style="--strength:{strength}%"{hint}>{word}</mark>')
        end = stop
    parts.append(_plain(text[end:]))
    return f'<p class="mm-shaded" dir="auto" translate="no">{"".join(parts)}</p>'


def _plain(text: str) -> str:
    return escape(text).replace("\n", "<br>")
