"""The "Try it" part: compare two photos, enrol people and have photos named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.media.image import open_image
from mmdemo.core.ui import enrolment, page, pictures, widgets
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on, require_file
from mmdemo.core.ui.gallery import Gallery

from . import DEMO, examples, infer

API_EXAMPLE = """\
from gradio_client import Client, handle_file

client = Client("http://127.0.0.1:7860")
answer = client.predict(
    photo_a=handle_file("a.jpg"),
    photo_b=handle_file("b.jpg"),
    api_name="/siamese_face_verify",
)
print(answer["same"], answer["probability"], answer["distance"])
"""


def render() -> None:
    """Widgets and events."""
    with gr.Accordion("Settings: network, threshold, cropping", open=False):
        preset = page.preset_choice(DEMO)
        threshold = page.threshold_slider(DEMO, preset)
        whole = gr.Checkbox(
            label="My pictures are faces already, cropped tightly: use them whole",
            value=False,
        )
    with gr.Tabs():
        with gr.Tab("Compare two photos"):
            _compare_panel(preset, threshold, whole)
        with gr.Tab("Who is it?"):
            enrolment.render(
                enrolment.Recogniser(
                    demo=DEMO,
                    example="photo",
                    kind="person",
                    make_input=lambda label: _photo_input(label, whole),
                    describe=_describe,
                    identify=infer.identify,
                    dimensions=infer.dimensions,
                ),
                preset,
                threshold,
                [whole],
            )
    _endpoints()


def _photo_input(label: str, whole: gr.Checkbox) -> list[Any]:
    """A photo, the faces found in it, and the choice among several."""
    photo = gr.Image(type="filepath", label=label, sources=page.PHOTO_SOURCES, height=300)
    face = gr.Radio([], label="Several faces: which one?", visible=False)
    found = gr.HTML(padding=False)

    def look(path: Path | None, use_whole: bool) -> tuple[Any, str]:
        hidden = gr.update(choices=[], value=None, visible=False)
        if path is None:
            return hidden, ""
        image = open_image(path)
        if use_whole:
            return hidden, ""
        faces = infer.find_faces(image)
        if not faces:
            return hidden, widgets.notice(infer.NO_FACE)
        if len(faces) == 1:
            return hidden, ""
        choices = [(f"Face {i + 1}", i) for i in range(len(faces))]
        crops = [(pictures.picture(f.crop), f"Face {i + 1}") for i, f in enumerate(faces)]
        return (
            gr.update(choices=choices, value=0, visible=True),
            widgets.thumbnails(crops, "Faces found, from left to right"),
        )

    on(photo.change, look, [photo, whole], [face, found], show_progress="hidden")
    return [photo, face]


def _compare_panel(preset: gr.Radio, threshold: gr.Slider, whole: gr.Checkbox) -> None:
    with gr.Row():
        with gr.Column():
            photo_a, face_a = _photo_input("First photo", whole)
        with gr.Column():
            photo_b, face_b = _photo_input("Second photo", whole)
    pairs = examples.pairs()
    gr.Examples(
        [[str(pair.first), str(pair.second), pair.use_whole_image] for pair in pairs],
        [photo_a, photo_b, whole],
        example_labels=[pair.label for pair in pairs],
        label="Examples, from pictures that come with scikit-image",
    )
    button = gr.Button("Compare", variant="primary", size="lg")
    result = gr.HTML(padding=False)
    inputs = [photo_a, photo_b, face_a, face_b, preset, threshold, whole]

    def compare(
        path_a: Path | None,
        path_b: Path | None,
        which_a: int | None,
        which_b: int | None,
        chosen: str,
        limit: float,
        use_whole: bool,
    ) -> str:
        if path_a is None or path_b is None:  # the threshold was moved before there are photos
            return ""
        found = infer.verify(
            open_image(path_a),
            open_image(path_b),
            chosen,
            face_a=which_a or 0,
            face_b=which_b or 0,
            threshold=limit,
            use_whole_image=use_whole,
        )
        return (
            '<div class="mm-result">'
            + widgets.verdict(
                same=found.same,
                yes="The same person",
                no="Different people",
                probability=found.probability,
                distance=found.distance,
                threshold=found.threshold,
                far=found.far,
                frr=found.frr,
            )
            + widgets.thumbnails(
                [
                    (pictures.picture(found.crop_a), "first, as the network sees it"),
                    (pictures.picture(found.crop_b), "second, as the network sees it"),
                ],
                "What the network saw",
            )
            + "</div>"
            + page.held_out_curve(DEMO, chosen, found.threshold)
        )

    required = require_file("the first photo", "the second photo", *[""] * 5)
    on(
        button.click,
        compare,
        inputs,
        [result],
        network=DEMO.slug,
        validator=required,
        scroll_to_output=True,
    )
    on(
        threshold.release,
        compare,
        inputs,
        [result],
        network=DEMO.slug,
        trigger_mode="always_last",  # else a second move during the first answer is lost
    )


def _describe(
    path: Path, which: int | None, use_whole: bool
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    crop = infer.crop(open_image(path), which or 0, use_whole_image=use_whole)
    return infer.embed_all(crop), crop


def _endpoints() -> None:
    def verify(
        photo_a: Photo,
        photo_b: Photo,
        preset: str = "default",
        threshold: float | None = None,
        face_a: int = 0,
        face_b: int = 0,
        use_whole_image: bool = False,
    ) -> dict[str, Any]:
        """Do two photos show the same person? Without a threshold the stored one decides.

        Answers same, probability, distance, threshold, and the false accept and reject rates (far,
        frr) that held-out people gave at that threshold.
        """
        found = infer.verify(
            open_image(photo_a),
            open_image(photo_b),
            preset,
            face_a=face_a,
            face_b=face_b,
            threshold=threshold,
            use_whole_image=use_whole_image,
        )
        return found.to_dict()

    def embed(photo: Photo, face: int = 0, use_whole_image: bool = False) -> dict[str, Any]:
        """The embedding of a photo under each preset, to compare photos in your own program."""
        crop = infer.crop(open_image(photo), face, use_whole_image=use_whole_image)
        return {preset: vector.tolist() for preset, vector in infer.embed_all(crop).items()}

    def identify(
        photo: Photo,
        gallery: Path,
        preset: str = "default",
        face: int = 0,
        use_whole_image: bool = False,
    ) -> list[dict[str, Any]]:
        """The people of a saved gallery file, the nearest to the photo first."""
        enrolled = Gallery.read(gallery, DEMO.slug, infer.dimensions())
        if not enrolled.entries:
            raise UserError("This gallery file holds nobody.")
        preset = DEMO.model_id(preset).name
        crop = infer.crop(open_image(photo), face, use_whole_image=use_whole_image)
        names = [entry.name for entry in enrolled.entries]
        vector = infer.embed_all(crop)[preset]
        matches = infer.identify(vector, enrolled.matrix(preset), names, preset)
        return [match.to_dict() for match in matches]

    endpoints(DEMO, verify, embed, identify)
