"""The page part in which a visitor teaches a network classes of their own, and takes it home."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError, for_visitors
from mmdemo.core.language import _, sentences
from mmdemo.core.train import head
from mmdemo.core.ui import class_views, downloads, live, pictures, widgets
from mmdemo.core.ui.events import on, session, steps
from mmdemo.core.ui.own_classes import MAX_CLASSES, MAX_EXAMPLES, Example, OwnClasses, kept

AT_ONCE = 100
"""Files that are added at once."""
SHOWN = 5
"""Classes that an answer names."""
EVERY = 10
"""Passes from one look at the training to the next."""
PAUSE = 0.4
"""Seconds between two pictures of the camera, at least."""
ONE_GO = 4.0
"""Seconds without a picture of the camera after which the next one is of another go."""


@dataclass(frozen=True)
class Teacher:
    """What the part must know of a demo; its `model.py` has `features` (see `core.nets.taught`).

    Attributes:
        demo: whose first network is taught.
        example: one example in words, such as `N_("picture")`.
        examples: several.
        read: a file, or the bytes of one, to examples as the network takes them, the best first.
        picture: an example as a small picture, uint8.
        make_input: builds the field for one example under a label.
        files: kinds of files, such as `["image"]`.
        usage: code that asks the files that are taken home; `CLASSES` stands for the names.
        several: says how a file gives more than one example; nothing where it does not.
        camera: whether examples come from the camera, too, and are answered live.
    """

    demo: Demo
    example: str
    examples: str
    read: Callable[[Any], list[np.ndarray]]
    picture: Callable[[np.ndarray], np.ndarray]
    make_input: Callable[[str], Any]
    files: list[str]
    usage: str
    several: str = ""
    camera: bool = False

    @property
    def model_id(self) -> Any:
        return self.demo.model_ids[0]

    def embed(self, examples: Sequence[np.ndarray]) -> np.ndarray:
        """Features `(n, d)`."""
        from mmdemo.core.nets import taught  # imports Keras

        return taught.embed(self.model_id, examples)

    def length(self) -> int:
        """Of the features."""
        from mmdemo.core.nets import taught  # imports Keras

        return taught.length(self.model_id)

    def get(self) -> OwnClasses:
        return kept.get(session(), self.demo.slug)

    def change(self, change: Callable[[OwnClasses], OwnClasses]) -> OwnClasses:
        return kept.change(session(), self.demo.slug, change)

    def of(self, read: Sequence[np.ndarray], source: int) -> list[Example]:
        """Examples of what one file gave."""
        features = self.embed(read)
        return [
            Example.of(array, vector, self.picture(array), source)
            for array, vector in zip(read, features, strict=True)
        ]


def render(teacher: Teacher) -> None:
    """Draw the part."""
    slug, examples = teacher.demo.slug, _(teacher.examples)
    gr.Markdown(_intro(teacher))
    with gr.Row(elem_classes="mm-teach"):
        with gr.Column():
            gr.Markdown("#### 1. " + _("Show it your classes"))
            name = gr.Textbox(
                label=_("Name of the class"), max_lines=1, placeholder=_("such as: my cup")
            )
            files = gr.File(
                label=_("Files with {examples}, up to {count} at once").format(
                    examples=examples, count=AT_ONCE
                ),
                file_count="multiple",
                file_types=teacher.files,
                height=140,
            )
            # A phone's camera is behind the field for files; its microphone is not.
            own = [] if teacher.camera else [teacher.make_input(_("or record one"))]
            add = gr.Button(_("Add to this class"), variant="primary")
            captured = None
            if teacher.camera:
                captured = live.panel(
                    teacher.demo,
                    lambda jpeg, called: _capture(teacher, jpeg, called),
                    [name],
                    title=_("Take {examples} with the camera").format(examples=examples),
                    idle=_(
                        "The camera starts at your press and adds two pictures a second to the "
                        "class that is named above, until you stop it or {count} seconds are over. "
                        "Move the thing, or the camera."
                    ),
                )
            said = gr.HTML(padding=False)
            table = gr.HTML(class_views.table(OwnClasses(), examples), padding=False)
            with gr.Row():
                chosen = gr.Dropdown([], label=_("Class"), visible=False)
                remove = gr.Button(_("Remove this class"), visible=False, size="sm")
        with gr.Column():
            gr.Markdown("#### 2. " + _("Train"))
            with gr.Row():
                train = gr.Button(_("Train on my classes"), variant="primary")
                stop = gr.Button(_("Stop"), scale=0, min_width=100)
            report = gr.HTML(padding=False)
            gr.Markdown("#### 3. " + _("Use it"))
            query = teacher.make_input(_("A new {example}").format(example=_(teacher.example)))
            ask = gr.Button(_("Which class is it?"), variant="primary")
            answer = gr.HTML(padding=False)
            if teacher.camera:
                live.panel(teacher.demo, lambda jpeg: _named(teacher, jpeg), [])
            gr.Markdown("#### 4. " + _("Take it home"))
            with gr.Row():
                save = gr.Button(_("Save my classes"), size="sm")
                restore = gr.UploadButton(
                    _("Restore classes"), file_types=[".json"], size="sm", variant="secondary"
                )
            with gr.Row():
                exports = {
                    kind: gr.Button(_("Download {kind}").format(kind=label), size="sm")
                    for kind, label in ((".keras", "Keras"), (".onnx", "ONNX"))
                }
            content, address = gr.Textbox(visible=False), gr.Textbox(visible=False)
            with gr.Accordion(_("How to ask these files"), open=False):
                gr.Code(
                    teacher.usage,
                    language="python",
                    label=_("Keras or ONNX Runtime, and nothing of this app"),
                    interactive=False,
                    wrap_lines=True,
                )

    views = [table, chosen, remove, report, answer]

    def shown(mine: OwnClasses, report: str = "") -> tuple[Any, ...]:
        """What stands where the classes changed: an older answer goes."""
        names = mine.names
        some = bool(names)
        if some and not report:
            report = class_views.note(_("Your classes have changed. Train on them."))
        return (
            class_views.table(mine, examples),
            gr.update(choices=names, value=names[-1] if some else None, visible=some),
            gr.update(visible=some),
            report,
            "",
        )

    def do_add(called: str, chosen_files: list[Path] | None, *own: Path | None) -> tuple[Any, ...]:
        given = [*(chosen_files or []), *(file for file in own if file is not None)]
        mine, told = _add(teacher, called, given)
        return (*shown(mine), told, None, *(None for _file in own))

    on(
        add.click,
        do_add,
        [name, files, *own],
        [*views, said, files, *own],
        network=slug,
        lane="fetch",
    )
    if captured is not None:
        on(
            captured.success,
            lambda: shown(teacher.get()),
            [],
            views,
            queue=False,
            show_progress="hidden",
        )

    def do_remove(gone: str) -> tuple[Any, ...]:
        return shown(teacher.change(lambda mine: mine.remove(gone)))

    on(remove.click, do_remove, [chosen], views, queue=False)

    def do_train() -> Iterator[Any]:
        mine = teacher.get()
        for report in _training(teacher, mine):
            yield report, ""

    training = on(train.click, do_train, [], [report, answer], show_progress="hidden")
    on(
        stop.click,
        lambda: class_views.note(
            _("Stopped. It was not trained.")
            if teacher.get().head is None
            else _("Stopped. What was trained before is kept.")
        ),
        [],
        [report],
        queue=False,
        cancels=[training],
    )

    def do_ask(file: Path | None) -> str:
        if file is None:
            raise UserError(_("Add a {noun} to name first.").format(noun=_(teacher.example)))
        return _named(teacher, file)

    on(ask.click, do_ask, [query], [answer], network=slug)

    def do_save() -> str:
        mine = teacher.get()
        mine.arrays()
        return mine.to_json(teacher.model_id)

    on(save.click, do_save, [], [content]).then(
        None, [content], js=downloads.SAVE.replace("NAME", f"{slug}-classes.json")
    )

    def do_restore(file: Path) -> Iterator[Any]:
        mine = OwnClasses.read(file, teacher.model_id, teacher.length)
        mine.arrays()
        mine = teacher.change(lambda _old: mine)
        for report in _training(teacher, mine):
            yield shown(mine, report)

    on(restore.upload, do_restore, [restore], views, network=slug)

    def exporting(kind: str) -> Callable[[], str]:
        def do_export() -> str:
            return _export(teacher, kind)

        return do_export

    for kind, button in exports.items():
        on(
            button.click,
            exporting(kind),
            [],
            [address],
            network=slug,
            lane="fetch",
        ).then(None, [address], js=downloads.FETCH)


def forget(request: gr.Request) -> None:
    """At the end of a visit: classes are not kept beyond it."""
    if request.session_hash is not None:
        kept.forget(request.session_hash)


def _intro(teacher: Teacher) -> str:
    nouns = _(teacher.examples)
    what = _(
        "The network stays as it is. What it makes of your {examples} goes to a new last layer, a "
        "multinomial logistic regression, which is trained on them here, in seconds. Two classes "
        "are enough, three or more are better, with about twenty {examples} each."
    ).format(examples=nouns)
    limits = _(
        "At most {classes} classes and {count} {examples} in all. They stay in this visit only: "
        "closing or reloading the page forgets them, unless you save them as a file. The "
        "{examples} themselves are not kept, only what the network makes of them and a small "
        "picture."
    ).format(classes=MAX_CLASSES, count=MAX_EXAMPLES, examples=nouns)
    return f"{sentences(what, _(teacher.several) if teacher.several else '')}\n\n{limits}"


# === Examples ===


def _add(teacher: Teacher, called: str, files: list[Path]) -> tuple[OwnClasses, str]:
    """Add files to a class: the classes then, and what is to be said of it."""
    before = teacher.get()
    called = before.called(called)
    if not files:
        raise UserError(_("Choose {examples} first.").format(examples=_(teacher.examples)))
    if len(files) > AT_ONCE:
        raise UserError(
            _("Choose at most {count} files at once: these are {given}.").format(
                count=AT_ONCE, given=len(files)
            )
        )
    before.room(len(files) if not teacher.several else 1)
    found: list[Example] = []
    refused: list[str] = []
    for number, file in enumerate(steps(files, unit=_("files"))):
        try:
            read = teacher.read(file)
        except UserError as error:  # the other files are read all the same
            refused.append(f"{file.name}: {for_visitors(error)}")
        else:
            found += teacher.of(read, number)
    if not found:
        raise UserError(refused[0])
    known = 0

    def change(mine: OwnClasses) -> OwnClasses:
        nonlocal known
        changed, known = mine.add(called, found)
        return changed

    mine = teacher.change(change)
    return mine, class_views.added(called, len(found) - known, known, refused)


def _capture(teacher: Teacher, jpeg: bytes, called: str) -> str:
    """Add a picture of the camera to a class, if it is time for one."""
    mine = teacher.get()
    called = mine.called(called)
    now = time.monotonic()
    if now - mine.captured < PAUSE:
        return class_views.count(mine, called)
    mine.room(1)
    another = now - mine.captured > ONE_GO
    examples = teacher.of(teacher.read(jpeg)[:1], 0 if another else -1)

    def change(current: OwnClasses) -> OwnClasses:
        changed, _known = current.add(called, examples)
        return replace(changed, captured=now)

    return class_views.count(teacher.change(change), called)


# === Training ===


def _training(teacher: Teacher, mine: OwnClasses) -> Iterator[str]:
    """Train on classes and keep the head: what is to be seen meanwhile, and at the end."""
    features, labels, sources = mine.arrays()
    classes = len(mine.names)
    losses: list[float] = []
    for epoch in head.train(features, labels, classes):
        losses.append(epoch.loss)
        trained = epoch.head
        if epoch.number % EVERY == 0:
            yield class_views.progress(epoch.number, head.EPOCHS, epoch.loss)
    parts = head.folds(labels, sources)
    said = None
    if parts is not None:
        for said in head.held_out(features, labels, classes, parts):
            yield class_views.progress(int(parts[said >= 0].max()) + 1, head.FOLDS, None)

    def keep(current: OwnClasses) -> OwnClasses:
        if current.classes is not mine.classes:
            raise UserError(_("Your classes changed while it was trained. Train it again."))
        return replace(current, head=trained)

    mine = teacher.change(keep)
    yield class_views.report(mine, losses, labels, said, _(teacher.examples))


# === Use ===


def _named(teacher: Teacher, source: Any) -> str:
    """Which of the classes a file, or the bytes of one, shows."""
    mine, trained = _trained(teacher)
    array = teacher.read(source)[0]
    probabilities = trained.probabilities(teacher.embed([array]))[0]
    best = np.argsort(-probabilities, kind="stable")[:SHOWN]
    names = mine.names
    bars = widgets.guesses(
        [names[i] for i in best], [float(probabilities[i]) for i in best], verbatim=True
    )
    seen = widgets.thumbnails(
        [(pictures.picture(teacher.picture(array)), _("as the network gets it"))], _("Input")
    )
    hint = _("It must answer with one of your classes, whatever it is given.")
    return (
        f'<section aria-live="polite">{bars}<p class="mm-note">{escape(hint)}</p>{seen}</section>'
    )


def _trained(teacher: Teacher) -> tuple[OwnClasses, head.Head]:
    mine = teacher.get()
    if mine.head is None:
        mine.arrays()
        raise UserError(_("Train on your classes first."))
    return mine, mine.head


def _export(teacher: Teacher, kind: str) -> str:
    """Where the visitor's browser finds the file for some minutes."""
    from mmdemo.core.nets import taught  # imports Keras

    mine, trained = _trained(teacher)
    content = taught.export(teacher.model_id, trained, mine.names, kind)
    return downloads.parcels.offer(f"{teacher.demo.slug}-taught{kind}", content)
