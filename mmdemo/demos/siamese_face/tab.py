"""The "Try it" part: compare two photos, enrol people and have photos named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.media.image import open_image
from mmdemo.core.ui import comparison, enrolment, page, pictures, widgets
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.events import on

from . import DEMO, examples, faces, infer

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
    recogniser = enrolment.Recogniser(
        networks=infer.NETWORKS,
        example="photo",
        kind="person",
        make_input=lambda label: _photo_input(label, whole),
        read=_crop,
        picture=lambda crop: crop,
    )
    comparer = comparison.Comparer(
        noun="photo",
        yes="The same person",
        no="Different people",
        show=_show,
        pairs=examples.pairs(),
        source="Examples, from pictures that come with scikit-image",
    )
    with gr.Tabs():
        with gr.Tab("Compare two photos"):
            comparison.render(comparer, recogniser, preset, threshold, [whole])
        with gr.Tab("Who is it?"):
            enrolment.render(recogniser, preset, threshold, [whole])
    endpoints(DEMO, verify, embed, identify)


def _photo_input(label: str, whole: gr.Checkbox) -> list[Any]:
    """A photo, the faces found in it, and the choice among several."""
    photo = gr.Image(type="filepath", label=label, sources=page.PHOTO_SOURCES, height=300)
    face = gr.Radio([], label="Several faces: which one?", visible=False)
    seen = gr.HTML(padding=False)

    def look(path: Path | None, use_whole: bool) -> tuple[Any, str]:
        hidden = gr.update(choices=[], value=None, visible=False)
        if path is None:
            return hidden, ""
        image = open_image(path)
        if use_whole:
            return hidden, ""
        found = faces.find(image)
        if not found:
            return hidden, widgets.notice(infer.NO_FACE)
        if len(found) == 1:
            return hidden, ""
        names = [f"Face {index + 1}" for index in range(len(found))]
        crops = [(pictures.picture(f.crop), name) for f, name in zip(found, names, strict=True)]
        return (
            gr.update(choices=[(name, i) for i, name in enumerate(names)], value=0, visible=True),
            widgets.thumbnails(crops, "Faces found, from left to right"),
        )

    on(photo.change, look, [photo, whole], [face, seen], show_progress="hidden")
    return [photo, face]


def _crop(path: Path, face: int | None, use_whole_image: bool) -> np.ndarray:
    return infer.crop(open_image(path), face or 0, use_whole_image=use_whole_image)


def _show(crop_a: np.ndarray, crop_b: np.ndarray) -> tuple[str, str]:
    crops = [
        (pictures.picture(crop_a), "first, as the network sees it"),
        (pictures.picture(crop_b), "second, as the network sees it"),
    ]
    return widgets.thumbnails(crops, "What the network saw"), ""


# === Endpoints ===


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
    return infer.verify(
        open_image(photo_a),
        open_image(photo_b),
        preset,
        face_a=face_a,
        face_b=face_b,
        threshold=threshold,
        use_whole_image=use_whole_image,
    ).to_dict()


def embed(photo: Photo, face: int = 0, use_whole_image: bool = False) -> dict[str, Any]:
    """The embedding of a photo under each preset, to compare photos in your own program."""
    vectors = infer.embed_all(_crop(photo, face, use_whole_image))
    return {preset: vector.tolist() for preset, vector in vectors.items()}


def identify(
    photo: Photo,
    gallery: Path,
    preset: str = "default",
    face: int = 0,
    use_whole_image: bool = False,
) -> list[dict[str, Any]]:
    """The people of a saved gallery file, the nearest to the photo first."""
    crop = _crop(photo, face, use_whole_image)
    return enrolment.identify(infer.NETWORKS, gallery, crop, preset)
