"""Small parts of answers as HTML: notices, verdicts, rankings, pictures, shaded words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from mmdemo.core.measure.decisions import Decision


def notice(message: str) -> str:
    """A calm box with one plain sentence."""
    return f'<p class="mm-notice" role="status">{escape(message)}</p>'


def verdict(decision: Decision, yes: str, no: str) -> str:
    """The answer of a verification: verdict, probability, and the distance on a scale.

    Args:
        decision: on two samples.
        yes, no: what it is called.
    """
    distance, threshold = decision.distance, decision.threshold
    full = max(2 * threshold, distance * 1.1, 1e-9)
    return (
        f'<section class="mm-verdict {"mm-yes" if decision.same else "mm-no"}" aria-live="polite">'
        f"<h3>{escape(yes if decision.same else no)}</h3>"
        f"<p>Probability that they are the same: <b>{100 * decision.probability:.0f} %</b></p>"
        f'<div class="mm-scale" role="img" aria-label="Distance {distance:.3f}, threshold '
        f'{threshold:.3f}"><i style="width:{100 * distance / full:.1f}%"></i>'
        f'<u style="left:{100 * threshold / full:.1f}%"></u></div>'
        f"<p class='mm-note'>Distance {distance:.3f}; the line is the threshold, {threshold:.3f}. "
        f"At this threshold, {100 * decision.far:.1f} % of held-out different pairs are taken for "
        f"the same, and {100 * decision.frr:.1f} % of held-out same pairs are taken for different."
        "</p></section>"
    )


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
        '<div class="mm-scroll"><table class="mm-table"><thead><tr><th>Name</th>'
        "<th>Probability of being the same</th><th></th><th class='mm-number'>Distance</th></tr>"
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def guesses(
    labels: Sequence[str],
    probabilities: Sequence[float],
    head: str = "It is",
    kind: str = "mm-guesses",
) -> str:
    """A classifier's answers with bars, the best first.

    Args:
        labels, probabilities: of the answers.
        head: what stands over the labels.
        kind: the table's own CSS class.
    """
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th><td><div class='mm-bar'>"
        f"<i style='width:{100 * probability:.1f}%'></i></div></td>"
        f"<td class='mm-number'>{100 * probability:.1f} %</td></tr>"
        for label, probability in zip(labels, probabilities, strict=True)
    )
    return (
        f'<table class="mm-table {kind}"><thead><tr><th>{escape(head)}</th><th>Probability</th>'
        f"<th></th></tr></thead><tbody>{body}</tbody></table>"
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
        if unknown is not None and unknown[index]:
            kind += " mm-unknown"
        hint = "" if title is None else f' title="{escape(title(index))}"'
        word = escape(text[start:stop])
        parts.append(f'<mark class="{kind}" style="--strength:{strength}%"{hint}>{word}</mark>')
        end = stop
    parts.append(_plain(text[end:]))
    return f'<p class="mm-shaded" dir="auto">{"".join(parts)}</p>'


def _plain(text: str) -> str:
    return escape(text).replace("\n", "<br>")
