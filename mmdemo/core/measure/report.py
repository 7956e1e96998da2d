"""Measured results as tables: the page, the model card and the command line draw on these."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmdemo.core.data import datasets
from mmdemo.core.demo import Demo


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
    """

    task: str
    method: str
    metric: str
    value: float
    split: str
    n: int
    ci95: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "method": self.method,
            "metric": self.metric,
            "value": round(float(self.value), 6),
            "ci95": None if self.ci95 is None else [round(float(v), 6) for v in self.ci95],
            "split": self.split,
            "n": int(self.n),
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
        )


@dataclass(frozen=True)
class Metric:
    """How a metric is written for people."""

    label: str
    percent: bool = True
    lower_is_better: bool = False
    digits: int = 3

    def format(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self.percent else f"{value:.{self.digits}f}"


OURS = ("default", "book")

METRICS: dict[str, Metric] = {
    "eer": Metric("Equal error rate", lower_is_better=True),
    "auc": Metric("AUC", percent=False),
    "tar_at_far_1pct": Metric("True accepts at 1 % false accepts"),
    "one_shot_10way": Metric("10-way one-shot accuracy"),
    "one_shot_5way": Metric("5-way one-shot accuracy"),
    "accuracy": Metric("Accuracy"),
    "mean_accuracy": Metric("Mean accuracy"),
    **{f"accuracy_qa{number}": Metric(f"qa{number}") for number in range(1, 21)},
    "mean_label_below_0.5": Metric("Mean label of pairs with distance < 0.5"),
    "transfer_left_to_right": Metric("Transfer, left to right half"),
    "transfer_right_to_left": Metric("Transfer, right to left half"),
    "sum_correlation": Metric("Sum of correlations (of 50)", percent=False),
    "canonical_correlation": Metric("The same after whitening", percent=False),
    "error_left_from_left": Metric(
        "Error of left half from left", percent=False, lower_is_better=True
    ),
    "error_right_from_left": Metric("of right from left", percent=False, lower_is_better=True),
    "error_right_from_right": Metric("of right from right", percent=False, lower_is_better=True),
    "error_left_from_right": Metric("of left from right", percent=False, lower_is_better=True),
    "transfer_picture_to_speech": Metric("Transfer, picture to speech"),
    "transfer_speech_to_picture": Metric("Transfer, speech to picture"),
    "picture_to_speech_r1": Metric("Picture finds speech, R@1"),
    "picture_to_speech_r10": Metric("Picture finds speech, R@10"),
    "picture_to_speech_map": Metric("Picture finds speech, mAP"),
    "speech_to_picture_r1": Metric("Speech finds picture, R@1"),
    "speech_to_picture_r10": Metric("Speech finds picture, R@10"),
    "speech_to_picture_map": Metric("Speech finds picture, mAP"),
    "generated_picture_recognised": Metric("Generated picture recognised"),
    "generated_sound_recognised": Metric("Generated sound recognised"),
    "pearson_r": Metric("Pearson r", percent=False),
    "spearman_rho": Metric("Spearman rho", percent=False),
    "order_difference": Metric("A-B against B-A, points of 5", percent=False, lower_is_better=True),
    "order_difference_over_half": Metric("of which over half a point", lower_is_better=True),
    "ece": Metric("Calibration error", lower_is_better=True),
    "mae": Metric("Mean absolute error", percent=False, lower_is_better=True),
    "balanced_accuracy": Metric("Balanced accuracy"),
    "top1": Metric("Top-1 accuracy"),
    "top5": Metric("Top-5 accuracy"),
    "megaflops": Metric("MFLOPs per picture", percent=False, lower_is_better=True, digits=0),
    "milliseconds": Metric("ms per picture", percent=False, lower_is_better=True, digits=1),
    "mean_iou": Metric("Mean IoU", percent=False),
    "localization_accuracy_given_class": Metric("Box right, class given"),
    "localization_accuracy": Metric("Box right, class not given"),
    "top1_localization_accuracy": Metric("Class and box right"),
    "accuracy_at_1": Metric("Retrieval accuracy@1"),
    "mrr": Metric("MRR", percent=False),
}


def metric(name: str) -> Metric:
    """How to write a metric; one that is not in `METRICS` is written as a plain number."""
    return METRICS.get(name, Metric(name.replace("_", " "), percent=False))


def method_label(name: str) -> str:
    """`default` -> `DEFAULT`, `published:people` -> `people (published)`, and so on."""
    if name in OURS:
        return name.upper()
    if name.startswith("published:"):
        return f"{name.removeprefix('published:').replace('_', ' ')} (published)"
    return name.replace("_", " ")


@dataclass(frozen=True)
class Table:
    """Results of one task and one protocol: a row per method, a column per metric."""

    task: str
    split: str
    n: int
    metrics: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Result | None, ...]], ...]

    def best(self, column: int) -> float | None:
        """The best measured value of a column; published figures do not compete."""
        values = [
            cells[column].value  # type: ignore[union-attr]
            for method, cells in self.rows
            if cells[column] is not None and not method.startswith("published:")
        ]
        if not values:
            return None
        return min(values) if metric(self.metrics[column]).lower_is_better else max(values)


def merge(runs: Iterable[Sequence[Result]]) -> list[Result]:
    """Results of several runs; what they measured alike, such as baselines, is listed once."""
    found: dict[tuple[str, str, str, str], Result] = {}
    for result in itertools.chain.from_iterable(runs):
        found.setdefault((result.task, result.split, result.method, result.metric), result)
    return list(found.values())


def tables(results: Sequence[Result]) -> list[Table]:
    """Group results into one table per task and split; published figures join their task."""
    keys = list(
        dict.fromkeys((r.task, r.split) for r in results if not r.method.startswith("published:"))
    )
    made = []
    for task, split in keys:
        own = [r for r in results if (r.task, r.split) == (task, split)]
        names = {r.metric for r in own}
        first = next(key for key in keys if key[0] == task)
        if first == (task, split):
            own += [r for r in results if r.task == task and r.method.startswith("published:")]
        else:
            own += [
                r
                for r in results
                if r.task == task and r.method.startswith("published:") and r.metric in names
            ]
        own = list(dict.fromkeys(own))
        metrics = tuple(dict.fromkeys(r.metric for r in own))
        rows = []
        for method in sorted(dict.fromkeys(r.method for r in own), key=_rank):
            found = {r.metric: r for r in own if r.method == method}
            rows.append((method, tuple(found.get(name) for name in metrics)))
        made.append(Table(task, split, max(r.n for r in own), metrics, tuple(rows)))
    return made


def _rank(method: str) -> int:
    """Ours first, then the baselines in the order of their run, then what others published."""
    if method in OURS:
        return OURS.index(method)
    return len(OURS) + method.startswith("published:")


def cell(result: Result | None) -> str:
    """One figure with its interval, as plain text."""
    if result is None:
        return ""
    form = metric(result.metric).format
    text = form(result.value)
    if result.ci95 is not None:
        text += f" ({form(result.ci95[0])} to {form(result.ci95[1])})"
    return text


def markdown(results: Sequence[Result]) -> str:
    """All tables of a weights folder in Markdown."""
    parts = []
    for table in tables(results):
        labels = [metric(name).label for name in table.metrics]
        parts.append(f"**{table.task.replace('_', ' ').capitalize()}.** {table.split}\n")
        parts.append(f"| method | {' | '.join(labels)} |")
        parts.append("|---" * (len(labels) + 1) + "|")
        for method, cells in table.rows:
            parts.append(f"| {method_label(method)} | {' | '.join(cell(c) for c in cells)} |")
        parts.append("")
    return "\n".join(parts)


def card(
    demo: Demo,
    preset: str,
    results: Sequence[Result],
    provenance: Mapping[str, Any],
    *,
    parameters: int,
) -> str:
    """The model card of a weights folder."""
    # As metrics.json stores them, so that both round alike.
    results = [Result.from_dict(result.to_dict()) for result in results]
    own_data = provenance.get("data")
    if own_data:
        data = f"- the trainer's own data ({own_data})"
    else:
        sets = [datasets.lookup(name) for name in demo.datasets]
        data = "\n".join(
            f"- [{s.title}]({s.home}); licence: {s.licence}. {s.citation}" for s in sets
        )
    versions = ", ".join(f"{name} {version}" for name, version in provenance["versions"].items())
    return f"""# {demo.title}: {demo.label(preset)}

{demo.summary}

- Source: {demo.source}
- Parameters: {parameters:,}
- Licence of these weights: Apache-2.0; the terms of the data below apply to their use.

## Results

Fractions with 95 % confidence intervals where the set is small. Baselines come from the same run
and the same protocol; published figures are named as such.

{markdown(results)}
## Data

{data}

## Training

`{provenance["command"]}` took {provenance["wall_time_seconds"]:.0f} s on {provenance["hardware"]},
seed {provenance["seed"]}; {versions}.

## Use

```python
from mmdemo.core.serve import runtime

network = runtime.model("{demo.slug}", "{preset}")
outputs = network.call(inputs)  # float32, shape (batch, *network.input_shape)
```

The inputs must be prepared as `mmdemo/demos/{demo.slug}/infer.py` does it.
"""
