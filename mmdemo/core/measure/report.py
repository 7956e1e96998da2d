"""Measured results as tables: the page, the model card and the command line draw on these."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo, Method, Metric, ModelId
from mmdemo.core.language import _


@dataclass(frozen=True)
class Result:
    """One measured (or published) figure.

    Attributes:
        task: what was asked, such as `verification`.
        method: `default`, `book`, the name of a baseline, or `published:WHO`.
        metric: snake_case name in the field's words; fractions are stored as fractions.
        value: the figure.
        split: which data and which protocol.
        n: number of items behind the figure (pairs, queries, clips); 0 where unknown.
        ci95: 95 % confidence interval, where the set is small.
        foreign: whether the data are of another source than any that trained the network: other
            people, another camera, another kind of text.
    """

    task: str
    method: str
    metric: str
    value: float
    split: str
    n: int
    ci95: tuple[float, float] | None = None
    foreign: bool = False

    @property
    def is_published(self) -> bool:
        """Whether somebody else measured it, on a protocol of their own."""
        return self.method.startswith("published:")

    def to_dict(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "method": self.method,
            "metric": self.metric,
            "value": round(float(self.value), 6),
            "ci95": None if self.ci95 is None else [round(float(v), 6) for v in self.ci95],
            "split": self.split,
            "n": int(self.n),
            **({"foreign": True} if self.foreign else {}),
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Result:
        interval = entry["ci95"]
        return cls(
            task=entry["task"],
            method=entry["method"],
            metric=entry["metric"],
            value=entry["value"],
            split=entry["split"],
            n=entry["n"],
            ci95=None if interval is None else (interval[0], interval[1]),
            foreign=entry.get("foreign", False),
        )


def results_of(
    task: str, figures: Mapping[str, Mapping[str, float]], split: str, n: int
) -> list[Result]:
    """Figures without intervals: a value by method and metric."""
    return [
        Result(task, method, metric, value, split, n)
        for method, values in figures.items()
        for metric, value in values.items()
    ]


def abroad(results: Iterable[Result]) -> list[Result]:
    """The same figures, as those of a foreign source."""
    return [dataclasses.replace(result, foreign=True) for result in results]


OURS = ("default", "book")

METRICS: dict[str, Metric] = {
    "eer": Metric(
        "Equal error rate",
        lower_is_better=True,
        meaning=(
            "At one threshold as many strangers are accepted as genuine ones are rejected: this "
            "share of each."
        ),
    ),
    "auc": Metric(
        "AUC",
        percent=False,
        meaning="How often the right one of two gets the higher score: 1 is always, 0.5 is a coin.",
    ),
    "tar_at_far_1pct": Metric(
        "True accepts at 1 % false accepts",
        meaning=(
            "The share of genuine ones that are accepted where only one stranger in a hundred is."
        ),
    ),
    "one_shot_10way": Metric(
        "10-way one-shot accuracy",
        meaning=(
            "One example of each of ten is known: how often a new one is given the right name. A "
            "guess is right in 10 %."
        ),
    ),
    "one_shot_5way": Metric(
        "5-way one-shot accuracy",
        meaning=(
            "One example of each of five is known: how often a new one is given the right name. "
            "A guess is right in 20 %."
        ),
    ),
    "accuracy": Metric("Accuracy", meaning="The share that is answered rightly."),
    "balanced_accuracy": Metric(
        "Balanced accuracy",
        meaning=(
            "The share that is answered rightly, worked out for each class and averaged, so that "
            "rare classes count as much as common ones."
        ),
    ),
    "mean_accuracy": Metric(
        "Mean accuracy",
        meaning="The share that is answered rightly, averaged over the kinds of question.",
    ),
    "top1": Metric("Top-1 accuracy", meaning="The share where the first guess is right."),
    "top5": Metric(
        "Top-5 accuracy",
        meaning="The share where the right answer is among the first five guesses.",
    ),
    "ece": Metric(
        "Calibration error",
        lower_is_better=True,
        meaning="How far the stated probability is from how often the answer is right, on average.",
    ),
    "mae": Metric(
        "Mean absolute error",
        percent=False,
        lower_is_better=True,
        meaning="How far the answer is off, on average, whichever way.",
    ),
    "pearson_r": Metric(
        "Pearson r",
        percent=False,
        meaning=(
            "How well the answers lie on a straight line with the true values: 1 is perfectly, 0 "
            "is not at all."
        ),
    ),
    "spearman_rho": Metric(
        "Spearman rho",
        percent=False,
        meaning=(
            "How well the answers put things into the true order: 1 is perfectly, 0 is not at all."
        ),
    ),
    "mean_iou": Metric(
        "Mean IoU",
        percent=False,
        meaning=(
            "The area that the answered and the true box share, divided by the area that they "
            "cover together: 1 is the same box."
        ),
    ),
    "accuracy_at_1": Metric(
        "Retrieval accuracy@1", meaning="How often the right one of all candidates comes first."
    ),
    "mrr": Metric(
        "MRR",
        percent=False,
        meaning=(
            "One divided by the place at which the right candidate comes, averaged: 1 is always "
            "first, 0.5 is second."
        ),
    ),
    "megaflops": Metric(
        "MFLOPs per picture",
        percent=False,
        lower_is_better=True,
        digits=0,
        meaning="Millions of multiplications and additions for one picture.",
    ),
    "unlike_auc": Metric(
        "AUROC, known against unlike",
        percent=False,
        meaning=(
            "How often something unlike all that was taught looks stranger to the network than "
            "something of a kind that it knows: 1 is always, 0.5 is a coin."
        ),
    ),
    "foreign_told": Metric(
        "Unlike ones told",
        meaning="The share of things unlike all that was taught that are said to be so.",
    ),
    "known_told": Metric(
        "Known ones told",
        lower_is_better=True,
        meaning="The share of things of known kinds that are wrongly said to be unlike them.",
    ),
    "foreign_sure_before": Metric(
        "Unlike ones named at 50 % or more, before",
        lower_is_better=True,
        meaning=(
            "The share of things unlike all that was taught which the network names with a "
            "probability of 50 % or more."
        ),
    ),
    "foreign_sure": Metric(
        "The same, less those told",
        lower_is_better=True,
        meaning="The share of them which a visitor is still given such a name for.",
    ),
    "milliseconds": Metric(
        "ms per picture",
        percent=False,
        lower_is_better=True,
        digits=1,
        meaning="Thousandths of a second for one picture, on the machine that measured it.",
    ),
}
"""How the metrics that any demo may have are written; a demo declares its own beside them."""


def metric(name: str, demo: Demo) -> Metric:
    """How to write a metric; one that nobody declares is written as a plain number."""
    known = demo.metrics.get(name) or METRICS.get(name)
    if known is None:
        return Metric(name.replace("_", " "), percent=False)
    return dataclasses.replace(known, label=_(known.label), meaning=_(known.meaning))


def method(name: str, demo: Demo) -> Method:
    """What a method is called and does; one that nobody describes goes by its plain name."""
    if name in OURS:
        return Method(name.upper(), "")
    known = demo.methods.get(name) or Method(_plain_method(name), "")
    return Method(_(known.label), _(known.meaning), known.link)


def method_label(name: str, demo: Demo) -> str:
    """What a method is called, where the table does not say elsewhere that others measured it."""
    label = method(name, demo).label
    return _("{who} (published)").format(who=label) if name.startswith("published:") else label


def question(task: str, demo: Demo) -> str:
    """What was asked, as a heading."""
    return _(demo.questions.get(task) or _asked(task))


def _plain_method(name: str) -> str:
    return name.removeprefix("published:").replace("_", " ")


def _asked(task: str) -> str:
    return task.replace("_", " ").capitalize()


def in_short(split: str) -> tuple[str, str]:
    """On what something was measured, in a few words, and the rest of it, which may be empty."""
    short, *rest = re.split(r"(?<=.{20})(?:[;:]|\.) ", split, maxsplit=1)
    return short, "".join(rest)


def words(results: Iterable[Result], demo: Demo) -> Iterator[str]:
    """The texts of some results that tables show, for the catalogues of other languages."""
    for result in results:
        if result.task not in demo.questions:
            yield _asked(result.task)
        if not result.is_published:
            yield from filter(None, in_short(result.split))
        if result.method not in OURS and result.method not in demo.methods:
            yield _plain_method(result.method)


@dataclass(frozen=True)
class Table:
    """Results of one task and one protocol: a row per method, a column per metric."""

    task: str
    split: str
    n: int
    metrics: tuple[Metric, ...]
    rows: tuple[tuple[str, tuple[Result | None, ...]], ...]
    foreign: bool = False

    def best(self, column: int) -> float | None:
        """The best measured value of a column; published figures do not compete."""
        values = [
            cells[column].value  # type: ignore[union-attr]
            for method, cells in self.rows
            if cells[column] is not None and not method.startswith("published:")
        ]
        if not values:
            return None
        return min(values) if self.metrics[column].lower_is_better else max(values)


def merge(runs: Iterable[Sequence[Result]]) -> list[Result]:
    """Results of several runs; what they measured alike, such as baselines, is listed once."""
    merged: dict[tuple[str, str, str, str], Result] = {}
    for result in itertools.chain.from_iterable(runs):
        merged.setdefault((result.task, result.split, result.method, result.metric), result)
    return list(merged.values())


def tables(results: Sequence[Result], demo: Demo) -> list[Table]:
    """Group results into one table per task and split; published figures join their task."""
    published = [r for r in results if r.is_published]
    protocols = dict.fromkeys((r.task, r.split) for r in results if not r.is_published)
    shown: set[str] = set()
    grouped = []
    for task, split in protocols:
        measured = [r for r in results if (r.task, r.split) == (task, split)]
        names = {r.metric for r in measured}
        # A task's first table shows all that was published on it, the others what they measure.
        beside = [
            r for r in published if r.task == task and (task not in shown or r.metric in names)
        ]
        shown.add(task)
        rows = list(dict.fromkeys([*measured, *beside]))
        columns = tuple(dict.fromkeys(r.metric for r in rows))
        cells = {(r.method, r.metric): r for r in rows}
        methods = sorted(dict.fromkeys(r.method for r in rows), key=_rank)
        grouped.append(
            Table(
                task,
                split,
                max(r.n for r in rows),
                tuple(metric(name, demo) for name in columns),
                tuple((m, tuple(cells.get((m, name)) for name in columns)) for m in methods),
                any(r.foreign for r in measured),
            )
        )
    return grouped


def _rank(method: str) -> int:
    """Ours first, then the baselines in the order of their run, then what others published."""
    if method in OURS:
        return OURS.index(method)
    return len(OURS) + method.startswith("published:")


def cell(result: Result | None, form: Metric) -> str:
    """One figure with its interval, as plain text."""
    if result is None:
        return ""
    text = form.format(result.value)
    if result.ci95 is not None:
        text += f" ({form.format(result.ci95[0])} to {form.format(result.ci95[1])})"
    return text


def markdown(results: Sequence[Result], demo: Demo) -> str:
    """All tables of some results of a demo in Markdown."""
    parts = []
    for table in tables(results, demo):
        labels = [column.label for column in table.metrics]
        asked = question(table.task, demo)
        end = "" if asked.endswith("?") else "."
        elsewhere = "Data from elsewhere: " if table.foreign else ""
        parts.append(f"**{asked}{end}** {elsewhere}{table.split}\n")
        parts.append(f"| method | {' | '.join(labels)} |")
        parts.append("|---" * (len(labels) + 1) + "|")
        for name, cells in table.rows:
            texts = map(cell, cells, table.metrics)
            parts.append(f"| {method_label(name, demo)} | {' | '.join(texts)} |")
        parts.append("")
    return "\n".join(parts)


def limits(demo: Demo) -> str:
    """What a demo cannot do, as a part of a card in Markdown; empty where it says nothing."""
    if not demo.limits:
        return ""
    return "## What it cannot do\n\n" + "".join(f"- {limit}\n" for limit in demo.limits) + "\n"


def card(
    demo: Demo,
    model_id: ModelId,
    results: Sequence[Result],
    provenance: Mapping[str, Any],
    *,
    parameters: int,
) -> str:
    """The model card of a weights folder."""
    # As metrics.json stores them, so that both round alike.
    results = [Result.from_dict(result.to_dict()) for result in results]
    own_data = provenance.get("data")
    own = f"- the trainer's own data ({own_data})"
    data = own if own_data else datasets.listed(demo.datasets)
    versions = ", ".join(f"{name} {version}" for name, version in provenance["versions"].items())
    return f"""# {demo.title}: {demo.label(model_id)}

{demo.summary}

- Source: {demo.source}
- Parameters: {parameters:,}
- Licence of these weights: Apache-2.0; the terms of the data below apply to their use.

## Results

Fractions with 95 % confidence intervals where the set is small. Baselines come from the same run
and the same protocol; published figures are named as such.

{markdown(results, demo)}
{limits(demo)}## Data

{data}

## Training

`{provenance["command"]}` took {provenance["wall_time_seconds"]:.0f} s on {provenance["hardware"]},
seed {provenance["seed"]}; {versions}.

## Use

```python
from mmdemo.catalog import find
from mmdemo.core.serve import runtime

network = runtime.model(find("{demo.slug}").model_id("{model_id.name}"))
outputs = network.call(inputs)  # float32, shape (batch, *network.input_shape)
```

The inputs must be prepared as `mmdemo/demos/{demo.slug}/infer.py` does it.
"""
