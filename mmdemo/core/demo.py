"""What the catalog knows of a demo before anything heavy is imported."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import NamedTuple

from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _


class Family(Enum):
    """Groups of the gallery page, in its order."""

    IMAGES = N_("Images")
    SOUND = N_("Sound")
    TEXT = N_("Text")
    VIDEO = N_("Video")
    SENSES = N_("Several senses")


_PIPELINES = {
    Family.IMAGES: "image-classification",
    Family.SOUND: "audio-classification",
    Family.TEXT: "text-classification",
    Family.VIDEO: "video-classification",
    Family.SENSES: "any-to-any",
}


class ModelId(NamedTuple):
    """Which network: of what demo, for what task, from what preset.

    `str(model_id)` is its folder below `weights/`: `DEMO/PRESET`, or `DEMO/TASK/PRESET` where the
    demo has several tasks.
    """

    demo: str
    task: str
    preset: str

    @property
    def name(self) -> str:
        """Its name within the demo: `PRESET` or `TASK/PRESET`."""
        return f"{self.task}/{self.preset}" if self.task else self.preset

    @property
    def training_target(self) -> str:
        """What `python -m mmdemo train` is told: `DEMO[/TASK] --preset PRESET`."""
        task = f"/{self.task}" if self.task else ""
        return f"{self.demo}{task} --preset {self.preset}"

    def __str__(self) -> str:
        return f"{self.demo}/{self.name}"

    @classmethod
    def parse(cls, path: str) -> ModelId:
        """The inverse of `str`.

        Raises:
            ValueError: neither two nor three parts.
        """
        parts = path.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise ValueError(f"expected DEMO/PRESET or DEMO/TASK/PRESET, not {path!r}")
        return cls(parts[0], parts[1] if len(parts) == 3 else "", parts[-1])


@dataclass(frozen=True)
class Task:
    """Something that a demo's networks are trained for: a data set, a language, a question.

    Attributes:
        name: of its weights folder, and in commands; empty where the demo has one task.
        label: what the page calls its DEFAULT network, where "DEFAULT" does not say which.
        presets: ways to solve it, the page's own first. `default` is ours, `book` the source's.
    """

    name: str = ""
    label: str = ""
    presets: tuple[str, ...] = ("default", "book")


@dataclass(frozen=True)
class Metric:
    """How a metric is written for people.

    Attributes:
        label: a few words, as a table's head.
        percent: it is a fraction, written in percent.
        lower_is_better: it counts what should be rare.
        digits: after the point, of one that is no fraction.
        percent_digits: the same of one that is.
        meaning: what it says, in a sentence for somebody who does not know it.
    """

    label: str
    percent: bool = True
    lower_is_better: bool = False
    digits: int = 3
    meaning: str = ""
    percent_digits: int = 1

    def format(self, value: float) -> str:
        if self.percent:
            return f"{100 * value:.{self.percent_digits}f} %"
        return f"{value:.{self.digits}f}"


@dataclass(frozen=True)
class Method:
    """What a demo's networks are compared with, or a part of one that is measured alone.

    Attributes:
        label: its full name.
        meaning: what it does, in a sentence for somebody who does not know it.
        link: of a published one, where it is described.
    """

    label: str
    meaning: str
    link: str = ""


@dataclass(frozen=True)
class Option:
    """An option that one demo's `train` or `predict` takes beside the common ones.

    Attributes:
        flag: such as `--target`. Its value arrives under the name without the dashes.
        help: what it does, for `--help`.
        metavar: what its value is called; without one the option is a switch.
        repeats: may be given several times; the value is then a tuple.
    """

    flag: str
    help: str
    metavar: str | None = None
    repeats: bool = False

    @property
    def name(self) -> str:
        return self.flag.lstrip("-").replace("-", "_")


@dataclass(frozen=True)
class Texts:
    """What `predict` takes in place of a text file.

    Attributes:
        help: what a text is, in a few words.
        joint: what joins all texts to one question, as a file would have them; None where each is
            a question of its own.
    """

    help: str
    joint: str | None = None


@dataclass(frozen=True)
class Demo:
    """One demo: a folder `mmdemo/demos/<slug>` and its page at `/<slug>`.

    Its texts are in English; pages look them up in their own language.

    Attributes:
        slug: name of the folder, of the page's address and of the weights folder.
        title: a few words, as a visitor would say it.
        family: the gallery group.
        summary: one sentence for the gallery card and the head of the page.
        source: what the network is taken from (tutorial, chapter or paper).
        datasets: names in `core.data.datasets.REGISTRY` that the shipped weights were trained on.
        headline: the figure of `metrics.json` that the gallery card quotes, as
            `(task, metric, sentence)`, where the sentence formats `{value}`; of a demo without
            networks only the sentence counts, and is quoted as it is.
        explanation: how the network works, in Markdown.
        own_data: what `train --data` takes, in Markdown.
        limits: what it was trained on, what it was never shown and where it fails, a sentence or
            two each.
        lesson: what a class may try on its page and think about, a question or two each.
        icon: the inner part of a 24 x 24 SVG drawing in strokes.
        tasks: what its networks are for, the page's own first; empty where it has none of its own,
            and so nothing to train, to measure or to take home.
        metrics: how metrics that this demo alone has are written, by their names.
        methods: what the networks are compared with, by the names in `metrics.json`.
        questions: what is measured, as a heading, by the tasks in `metrics.json`.
        predict_files: what the files of `predict` are, in a few words.
        predict_texts: what it takes in place of a file, where it takes texts.
        train_options, predict_options: that its commands take beside the common ones.
        own_data_arguments: the arguments of `train` that hand over one's own data; empty where the
            demo takes none.
        pipeline: what the Hub calls such a task (its `pipeline_tag`); the family's where None.
    """

    slug: str
    title: str
    family: Family
    summary: str
    source: str
    datasets: tuple[str, ...]
    headline: tuple[str, str, str]
    explanation: str
    own_data: str
    icon: str = '<circle cx="12" cy="12" r="8"/>'
    tasks: tuple[Task, ...] = (Task(),)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    methods: Mapping[str, Method] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)
    train_options: tuple[Option, ...] = ()
    predict_options: tuple[Option, ...] = ()
    own_data_arguments: str = "--data FOLDER"
    pipeline: str | None = None
    limits: tuple[str, ...] = ()
    lesson: tuple[str, ...] = ()
    predict_files: str = ""
    predict_texts: Texts | None = None

    @property
    def pipeline_tag(self) -> str:
        """The Hub's name of the demo's kind of task."""
        return self.pipeline or _PIPELINES[self.family]

    @property
    def model_ids(self) -> tuple[ModelId, ...]:
        """Every network of the demo, the page's own first."""
        return tuple(
            ModelId(self.slug, task.name, preset) for task in self.tasks for preset in task.presets
        )

    def model_id(self, preset: str = "", task: str = "") -> ModelId:
        """One network of the demo, by what a visitor, a link or a program calls it.

        Args:
            preset: `PRESET`, `TASK` or `TASK/PRESET`; where a part is left out, the first that has
                the rest is meant.
            task: of the preset, whose name may have it, too.

        Raises:
            UserError: there is no such network; the message lists those there are.
        """
        if not self.tasks:
            raise UserError(
                _(
                    "{slug} has no network of its own: there is nothing to train or to fetch."
                ).format(slug=self.slug)
            )
        preset = preset.removeprefix(f"{task}/")
        wanted = f"{task}/{preset}" if task and preset else task or preset
        for known in self.model_ids:
            if wanted in ("", known.preset, known.task, known.name):
                return known
        names = ", ".join(known.name for known in self.model_ids)
        raise UserError(
            _("No preset is called '{wanted}'. Choose one of: {names}.").format(
                wanted=wanted, names=names
            )
        )

    def label(self, model_id: ModelId) -> str:
        """A network's name in a few words."""
        task = next(task for task in self.tasks if task.name == model_id.task)
        if model_id.preset == task.presets[0] and task.label:
            return _(task.label)
        alike = sum(model_id.preset in other.presets for other in self.tasks)
        described = self.methods.get(model_id.preset)
        name = _(described.label) if described else model_id.preset.upper()
        return f"{_(task.label)}, {name}" if task.label and alike > 1 else name

    def module(self, name: str) -> ModuleType:
        """Import one module of the demo's folder (`model`, `train`, `infer`, `tab`, ...)."""
        return importlib.import_module(f"mmdemo.demos.{self.slug}.{name}")
