"""How good a demo's networks are: a sentence, tables that unfold, and what their words mean.

Everything is read from the weights folders; tables of the same question stand below one heading.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from html import escape

from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo, Method
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import N_, _, sentences
from mmdemo.core.measure import report
from mmdemo.core.measure.report import Result, Table
from mmdemo.core.ui.widgets import SCROLL, notice
from mmdemo.core.weights import artifacts

PUBLISHED = "published:"
OURS = {
    "default": N_("The best network that we trained."),
    "book": N_("The source's own network, layer by layer."),
}
SIGNS = (
    (
        N_("Small figures below a value"),
        N_(
            "Its 95 % confidence interval: with other items of the same kind the value would most "
            "likely lie between the two."
        ),
    ),
    (N_("Bold"), N_("The best value of its column that was measured here.")),
    (
        N_("Published"),
        N_(
            "What the method's authors give, measured by themselves and not always in the same way."
        ),
    ),
    (
        N_("Data from elsewhere"),
        N_(
            "From another source than anything that the method was trained on: other people, "
            "another camera, another kind of text."
        ),
    ),
)


def results(demo: Demo) -> str:
    """The measured figures of all networks beside baselines and published ones, as HTML."""
    notices, runs = [], []
    for model_id in demo.model_ids:
        try:
            runs.append(artifacts.read_results(artifacts.locate(model_id)))
        except UserError as error:
            notices.append(notice(for_visitors(error)))
    tables = report.tables(report.merge(runs), demo)
    if not tables:
        return "".join(notices)
    first = next((table for table in tables if table.task == demo.headline[0]), tables[0])
    parts = [*notices, _lead(demo, first, tables)]
    for task in dict.fromkeys(table.task for table in (first, *tables)):
        parts.append(f"<h2>{escape(report.question(task, demo))}</h2>")
        alike = [table for table in tables if table.task == task]
        parts += [_folded(table, demo, is_open=table is first) for table in alike]
    return "".join([*parts, _words(tables, demo), _data(demo)])


def method(name: str, demo: Demo) -> Method:
    """What a method is called and does."""
    found = report.method(name, demo)
    return dataclasses.replace(found, meaning=_(OURS[name])) if name in OURS else found


def _lead(demo: Demo, table: Table, tables: Sequence[Table]) -> str:
    """The figure that matters, on whose data, beside the others' and on data from elsewhere."""
    headline = artifacts.headline(demo)
    said = [
        f"<p class='mm-lead'>{escape(_('{sentence}.').format(sentence=headline))}</p>",
    ]
    data = [_("Measured on: {data}.").format(data=_in_short(table)[0])]
    metric = demo.headline[1]
    ours = _figure(table, "default", metric)
    others = [
        result
        for result in _column(table, metric)
        if not result.is_published and not result.method.lower().startswith(report.OURS)
    ]
    beside = [result for result in [_figure(table, "book", metric)] if result is not None]
    if others and ours is not None:
        lower = report.metric(metric, demo).lower_is_better
        beside.append((min if lower else max)(others, key=lambda result: result.value))
    if beside:
        texts = [f"{method(r.method, demo).label} {_value(r, demo)}" for r in beside]
        data.append(_("For comparison: {methods}.").format(methods=_("; ").join(texts)))
    abroad = [
        (figure, other)
        for other in tables
        if other.foreign and (figure := _figure(other, "default", metric)) is not None
    ]
    if abroad:
        texts = [
            _("{value} ({data})").format(value=_value(f, demo), data=_in_short(other)[0])
            for f, other in abroad
        ]
        data.append(_("On data from elsewhere: {figures}.").format(figures=_("; ").join(texts)))
    promise = _(
        "Every figure was measured by the training run, on data that the measured network never "
        "saw unless the table says otherwise, and so were the baselines."
    )
    said.append(f"<p>{escape(sentences(*data))}</p><p class='mm-note'>{promise}</p>")
    return "".join(said)


def _column(table: Table, metric: str) -> list[Result]:
    cells = itertools.chain.from_iterable(row for _name, row in table.rows)
    return [result for result in cells if result is not None and result.metric == metric]


def _figure(table: Table, name: str, metric: str) -> Result | None:
    return next((result for result in _column(table, metric) if result.method == name), None)


def _value(result: Result, demo: Demo) -> str:
    return report.metric(result.metric, demo).format(result.value)


def _in_short(table: Table) -> tuple[str, str]:
    """On what a table was measured, in a few words, and the rest of it."""
    short, rest = report.in_short(table.split)
    return _sentence(_(short)), _sentence(_(rest))


def _sentence(text: str) -> str:
    """With a capital where its first word has none: `bAbI` stays."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.islower() else text


def _folded(table: Table, demo: Demo, *, is_open: bool) -> str:
    """A table, below a line that says on what data, and our first figure on it."""
    short, rest = _in_short(table)
    rows = dict(table.rows)
    first = next((name for name in report.OURS if name in rows), table.rows[0][0])
    figure = next(result for result in rows[first] if result is not None)
    label = report.metric(figure.metric, demo).label
    elsewhere = f"<span class='mm-tag'>{_('data from elsewhere')}</span>" if table.foreign else ""
    count = _("{count:,} measured items.").format(count=table.n) if table.n else ""
    note = sentences(rest and _("{sentence}.").format(sentence=rest), count)
    said = _("{method}: {metric}").format(method=method(first, demo).label, metric=label)
    return (
        f"<details class='mm-figures'{' open' if is_open else ''}><summary>{escape(short)} "
        f"{elsewhere}<small>{escape(said)} "
        f"<b>{_value(figure, demo)}</b></small></summary>"
        f"<p class='mm-note'>{escape(note)}</p>{_table(table, demo)}</details>"
    )


def _table(table: Table, demo: Demo) -> str:
    best = [table.best(column) for column in range(len(table.metrics))]
    head = "".join(
        f"<th class='mm-number'>{escape(metric.label)}"
        f"<small>{_('lower is better') if metric.lower_is_better else ''}</small></th>"
        for metric in table.metrics
    )
    body = []
    for name, cells in table.rows:
        columns = []
        for result, metric, top in zip(cells, table.metrics, best, strict=True):
            if result is None:
                columns.append("<td class='mm-number'>–</td>")
                continue
            value = metric.format(result.value)
            if result.value == top and not result.is_published:
                value = f"<b>{value}</b>"
            if result.ci95 is not None:
                low, high = map(metric.format, result.ci95)
                value += f"<small>{_('{low} to {high}').format(low=low, high=high)}</small>"
            columns.append(f"<td class='mm-number'>{value}</td>")
        kind = "mm-ours" if name in report.OURS else ""
        published = f"<small>{_('published')}</small>" if name.startswith(PUBLISHED) else ""
        label = f"{escape(method(name, demo).label)}{published}"
        body.append(f"<tr class='{kind}'><th scope='row'>{label}</th>{''.join(columns)}</tr>")
    return (
        f"{SCROLL}<table class='mm-table'><thead><tr><th>{_('Method')}</th>{head}</tr>"
        f"</thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _words(tables: Sequence[Table], demo: Demo) -> str:
    """Every metric and method of the tables, explained once."""
    metrics = dict.fromkeys(metric for table in tables for metric in table.metrics)
    names = dict.fromkeys(name for table in tables for name, _cells in table.rows)
    methods = (method(name, demo) for name in names)
    return _fold(
        _("What the words mean"),
        f"<dl>{_terms((metric.label, metric.meaning, '') for metric in metrics)}"
        f"{_terms((m.label, m.meaning, m.link) for m in methods)}"
        f"{_terms((_(sign), _(meaning), '') for sign, meaning in SIGNS)}</dl>",
    )


def _terms(terms: Iterable[tuple[str, str, str]]) -> str:
    described = _("Described here.")
    return "".join(
        f"<dt>{escape(term)}</dt><dd>{escape(meaning)}"
        f"{f' <a href={chr(34)}{escape(link)}{chr(34)}>{described}</a>' if link else ''}</dd>"
        for term, meaning, link in terms
        if meaning
    )


def _data(demo: Demo) -> str:
    """The data sets by their full names, with links."""
    sets = [datasets.lookup(name) for name in demo.datasets]
    if not sets:
        return ""
    items = "".join(
        f"<li translate='no'><a href='{escape(s.home)}'>{escape(s.title)}</a>. "
        f"{escape(s.citation)} Licence: {escape(s.licence)}.</li>"
        for s in sets
    )
    return _fold(_("The data, and where they are from"), f"<ul>{items}</ul>")


def _fold(title: str, body: str) -> str:
    return f"<details class='mm-figures'><summary>{title}</summary>{body}</details>"
