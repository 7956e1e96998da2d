"""What the catalog knows of a demo before anything heavy is imported."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType


class Family(Enum):
    """Groups of the gallery page, in its order."""

    IMAGES = "Images"
    SOUND = "Sound"
    TEXT = "Text"
    VIDEO = "Video"
    SENSES = "Several senses"


_TASKS = {
    Family.IMAGES: "image-classification",
    Family.SOUND: "audio-classification",
    Family.TEXT: "text-classification",
    Family.VIDEO: "video-classification",
    Family.SENSES: "any-to-any",
}


@dataclass(frozen=True)
class Demo:
    """One demo: a folder `mmdemo/demos/<slug>` and its page at `/<slug>`.

    Attributes:
        slug: name of the folder, of the page's address and of the weights folder.
        title: a few words, as a visitor would say it.
        family: the gallery group.
        summary: one sentence for the gallery card and the head of the page.
        source: what the network is taken from (tutorial, chapter or paper).
        datasets: names in `core.datasets.REGISTRY` that the shipped weights were trained on.
        headline: the figure of `metrics.json` that the gallery card quotes, as
            `(task, metric, sentence)`, where the sentence formats `{value}`.
        explanation: how the network works, in Markdown.
        own_data: what `train --data` takes, in Markdown.
        icon: the inner part of a 24 x 24 SVG drawing in strokes.
        presets: the networks, the page's own first. Where a preset is a task, its measured method
            is called `default`, as ours.
        labels: what the page calls a preset that is neither `default` nor `book`.
        own_data_arguments: the arguments of `train` that hand over one's own data; empty where the
            demo takes none.
        task: what the Hub calls such a task (its `pipeline_tag`); the family's own where None.
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
    presets: tuple[str, ...] = ("default", "book")
    labels: Mapping[str, str] = field(default_factory=dict)
    own_data_arguments: str = "--data FOLDER"
    task: str | None = None

    @property
    def pipeline_tag(self) -> str:
        """The Hub's name of the demo's task."""
        return self.task or _TASKS[self.family]

    def label(self, preset: str) -> str:
        """A preset's name in a few words."""
        return self.labels.get(preset, preset.upper())

    def module(self, name: str) -> ModuleType:
        """Import one module of the demo's folder (`model`, `train`, `infer`, `tab`, ...)."""
        return importlib.import_module(f"mmdemo.demos.{self.slug}.{name}")
