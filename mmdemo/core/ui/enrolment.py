"""The page part in which a visitor enrols names with one example each and has new ones named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Generic, TypeVar

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _, sentences
from mmdemo.core.measure.decisions import Match
from mmdemo.core.serve.one_shot import OneShot
from mmdemo.core.ui import charts, downloads, live, pictures, widgets
from mmdemo.core.ui.events import on
from mmdemo.core.ui.gallery import Entry, Gallery, project
from mmdemo.core.ui.scripts import calling

SESSION_SECONDS = 3600

S = TypeVar("S")


@dataclass(frozen=True)
class Recogniser(Generic[S]):
    """What the panel must know of a demo.

    Attributes:
        networks: whose galleries these are.
        example: one example in words, such as `N_("photo")`.
        kind: what a name stands for, such as `N_("person")`.
        make_input: builds the components of one example under a label; the first is the upload.
        read: the values of those components and of `options` to a sample.
        picture: a sample for the table, uint8 `(h, w)` or `(h, w, 3)`.
        live: whether the camera's pictures are named live; `read` gets the bytes of each.
        unlike: what is to be said of a sample that is unlike all that the network was taught;
            mostly nothing.
    """

    networks: OneShot[S]
    example: str
    kind: str
    make_input: Callable[[str], list[Any]]
    read: Callable[..., S]
    picture: Callable[[S], np.ndarray]
    live: bool = False
    unlike: Callable[[S], str] = lambda sample: ""


def render(
    recogniser: Recogniser[Any], preset: gr.Radio, threshold: gr.Slider, options: Sequence[Any] = ()
) -> None:
    """Draw the panel.

    Args:
        recogniser: the demo's part.
        preset: the page's BOOK / DEFAULT switch.
        threshold: the page's distance threshold, over which nobody is recognised.
        options: further components whose values `read` gets.
    """
    networks = recogniser.networks
    slug = networks.demo.slug
    noun, kind = _(recogniser.example), _(recogniser.kind)
    gallery = gr.State(Gallery(slug), time_to_live=SESSION_SECONDS)
    camera: list[Any] = []  # frames, name and button, where there is a live panel
    with gr.Row():
        with gr.Column():
            gr.Markdown(
                "#### 1. "
                + _("Enrol: one {noun} per {kind} is enough").format(noun=noun, kind=kind)
            )
            example = recogniser.make_input(_("{noun} to enrol").format(noun=noun.capitalize()))
            name = gr.Textbox(
                label=_("Name"),
                max_lines=1,
                placeholder=_("Name of the {kind}").format(kind=kind),
            )
            enrol = gr.Button(_("Enrol"), variant="primary")
            doubt = gr.HTML(padding=False)
            table = gr.HTML(_table(Gallery(slug), recogniser.kind), padding=False)
            with gr.Row():
                chosen = gr.Dropdown(
                    [], label=_("Enrolled {kind}").format(kind=kind), visible=False
                )
                remove = gr.Button(_("Remove"), visible=False, size="sm")
            save = gr.Button(_("Save the gallery as a file"), visible=False, size="sm")
            content = gr.Textbox(visible=False)
            restore = gr.UploadButton(
                _("Restore a gallery file"), file_types=[".json"], size="sm", variant="secondary"
            )
        with gr.Column():
            gr.Markdown(
                "#### 2. "
                + _("Name: which {kind} is on a new {noun}?").format(kind=kind, noun=noun)
            )
            query = recogniser.make_input(_("{noun} to name").format(noun=noun.capitalize()))
            ask = gr.Button(_("Name it"), variant="primary")
            answer = gr.HTML(padding=False)
            if recogniser.live:
                live_inputs = [gallery, preset, threshold, *options]
                rest = [None] * (len(query) - 1)

                def name_live(jpeg: bytes, *values: Any) -> str:
                    current, chosen_preset, limit, *chosen_options = values
                    return do_ask(current, chosen_preset, limit, jpeg, *rest, *chosen_options)

                live.panel(
                    networks.demo,
                    name_live,
                    live_inputs,
                    facing="user",
                    more=lambda: camera.extend(_camera(kind)),
                )

    def shown(changed: Gallery) -> tuple[Any, ...]:
        names = changed.names
        some = bool(names)
        return (
            changed,
            _table(changed, recogniser.kind),
            gr.update(choices=names, value=names[-1] if some else None, visible=some),
            gr.update(visible=some),
            gr.update(visible=some),
        )

    views = [gallery, table, chosen, remove, save]

    def require_name(new_name: str | None) -> None:
        if not (new_name or "").strip():
            raise UserError(_("Give the {kind} a name first.").format(kind=_(recogniser.kind)))

    def do_enrol(current: Gallery, new_name: str, *values: Any) -> tuple[Any, ...]:
        require_name(new_name)
        _require(values[0], _("Add a {noun} to enrol first."), recogniser)
        sample = recogniser.read(*values)
        entry = Entry(new_name, networks.embed_all(sample), recogniser.picture(sample))
        why = recogniser.unlike(sample)
        return (*shown(current.add(entry)), "", None, widgets.notice(why) if why else "")

    on(
        enrol.click,
        do_enrol,
        [gallery, name, *example, *options],
        [*views, name, example[0], doubt],
        network=slug,
    )

    def enrol_live(frames: str, current: Gallery, new_name: str, *values: Any) -> tuple[Any, ...]:
        require_name(new_name)
        rest = [None] * (len(example) - 1)
        samples = [recogniser.read(jpeg, *rest, *values) for jpeg in live.several(frames)]
        middle = recogniser.picture(samples[len(samples) // 2])
        entry = Entry(new_name, networks.embed_mean(samples), middle)
        return (*shown(current.add(entry)), "")

    if camera:
        frames, camera_name, take = camera
        on(
            take.click,
            enrol_live,
            [frames, gallery, camera_name, *options],
            [*views, camera_name],
            network=slug,
            js=calling("live.js", "several(values)"),
        )

    def do_remove(current: Gallery, gone: str) -> tuple[Any, ...]:
        return shown(current.remove(gone))

    on(remove.click, do_remove, [gallery, chosen], views)

    on(save.click, Gallery.to_json, [gallery], [content]).then(
        None, [content], js=downloads.SAVE.replace("NAME", f"{slug}-gallery.json")
    )

    def do_restore(file: Path) -> tuple[Any, ...]:
        return shown(Gallery.read(file, slug, networks.dimensions()))

    on(restore.upload, do_restore, [restore], views)

    def do_ask(current: Gallery, chosen_preset: str, limit: float, *values: Any) -> str:
        if not current.entries:
            raise UserError(_("Enrol at least one {kind} first.").format(kind=_(recogniser.kind)))
        _require(values[0], _("Add a {noun} to name first."), recogniser)
        sample = recogniser.read(*values)
        vector = networks.embed(sample, chosen_preset)
        matches = _matches(networks, current, vector, chosen_preset)
        picture = recogniser.picture(sample)
        why = recogniser.unlike(sample)
        return _answer(current, vector, picture, matches, chosen_preset, limit, why)

    on(
        ask.click,
        do_ask,
        [gallery, preset, threshold, *query, *options],
        [answer],
        network=slug,
    )


def _camera(kind: str) -> list[Any]:
    """What enrols somebody from the camera: the frames' place, the name and the button."""
    frames = gr.Textbox(visible=False)
    name = gr.Textbox(
        label=_("Name"), max_lines=1, placeholder=_("Name of the {kind}").format(kind=kind)
    )
    take = gr.Button(_("Enrol from the camera"))
    gr.Markdown(
        _(
            "{count} pictures within a second, averaged; move a little. The middle one is shown in "
            "the gallery."
        ).format(count=live.SEVERAL),
        elem_classes="mm-note",
    )
    return [frames, name, take]


def identify_in(networks: OneShot[S], file: Path, sample: S, preset: str) -> list[dict[str, Any]]:
    """The names of a gallery file, the nearest to a sample first: what an endpoint answers.

    Raises:
        UserError: the file is no gallery of the demo, or an empty one; there is no such preset.
        WeightsError: the weights are missing or corrupted.
    """
    gallery = Gallery.read(file, networks.demo.slug, networks.dimensions())
    if not gallery.entries:
        raise UserError(_("This gallery file holds no examples."))
    preset = networks.demo.model_id(preset).name
    matches = _matches(networks, gallery, networks.embed(sample, preset), preset)
    return [match.to_dict() for match in matches]


def _matches(
    networks: OneShot[Any], gallery: Gallery, vector: np.ndarray, preset: str
) -> list[Match]:
    names = [entry.name for entry in gallery.entries]
    return networks.identify(vector, gallery.matrix(preset), names, preset)


def _require(value: Any, message: str, recogniser: Recogniser[Any]) -> None:
    if value is None:
        raise UserError(message.format(noun=_(recogniser.example)))


def _table(gallery: Gallery, kind: str) -> str:
    """Everything enrolled."""
    if not gallery.entries:
        said = _(
            "Nothing is enrolled yet. Every {kind} stays in this browser session only; save the "
            "gallery as a file to use it again later."
        ).format(kind=_(kind))
        return f'<p class="mm-note">{escape(said)}</p>'
    examples = [(pictures.picture(entry.picture), entry.name) for entry in gallery.entries]
    return widgets.thumbnails(examples, _("Enrolled examples"))


def _answer(
    gallery: Gallery,
    vector: np.ndarray,
    picture: np.ndarray,
    matches: Sequence[Match],
    preset: str,
    threshold: float,
    why: str,
) -> str:
    """What a sample was named; why it should not have been, where it is unlike what was taught."""
    best = matches[0]
    known = best.distance <= threshold
    none = _("None of those enrolled")
    title, kind, _why = widgets.judged(known, best.probability, best.name, none)
    if not known:
        hint = _("The nearest is {name}, farther away than the threshold {threshold:.3f}.").format(
            name=best.name, threshold=threshold
        )
    else:
        hint = _("Nearest of {count}, at a distance below the threshold {threshold:.3f}.").format(
            count=len(matches), threshold=threshold
        )
    if kind == widgets.UNDECIDED:
        perhaps = _("Perhaps {name}, perhaps none of those enrolled.").format(name=best.name)
        hint = sentences(perhaps, hint)
    places = project(np.concatenate([gallery.matrix(preset), vector[None]]))
    points = [
        charts.Point(entry.name, x, y)
        for entry, (x, y) in zip(gallery.entries, places[:-1], strict=True)
    ]
    x, y = places[-1]
    points.append(charts.Point(_("this one"), x, y, emphasis=True))
    verdict = (
        f'<section class="mm-verdict {kind}" aria-live="polite"><h3>{escape(title)}</h3>'
        f"<p>{escape(hint)}</p></section>"
    )
    if why:
        verdict = widgets.unlike(why, f"<p>{escape(title)}</p><p>{escape(hint)}</p>")
    return (
        f'<div class="mm-result">{verdict}'
        + widgets.thumbnails([(pictures.picture(picture), _("as the network gets it"))], _("Input"))
        + "</div>"
        + widgets.ranking([(m.name, m.distance, m.probability) for m in matches[:10]])
        + charts.scatter(_("Map of the embeddings (two principal components)"), points)
    )
