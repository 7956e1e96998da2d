"""The "Try it" part: compare two photos, enrol people and have photos named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.language import N_, _
from mmdemo.core.media.image import open_image
from mmdemo.core.ui import one_shot, page, pictures, widgets
from mmdemo.core.ui.comparison import Comparer
from mmdemo.core.ui.endpoints import Photo, endpoints
from mmdemo.core.ui.enrolment import Recogniser, identify_in
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
    whole = gr.Checkbox(
        label=_("My pictures are faces already, cropped tightly: use them whole"), render=False
    )
    recogniser = Recogniser(
        networks=infer.NETWORKS,
        example=N_("photo"),
        kind=N_("person"),
        make_input=lambda label: _photo_input(label, whole),
        read=_crop,
        picture=lambda crop: crop,
        live=True,
    )
    comparer = Comparer(
        noun=N_("photo"),
        yes=N_("The same person"),
        no=N_("Different people"),
        show=_show,
        pairs=examples.pairs(),
        source=page.FROM_SCIKIT,
    )
    settings = N_("Settings: network, threshold, cropping")
    one_shot.render(recogniser, comparer, N_("Who is it?"), settings, [whole])
    endpoints(DEMO, verify, embed, identify)


def _photo_input(label: str, whole: gr.Checkbox) -> list[Any]:
    """A photo, the faces found in it, and the choice among several."""
    photo = page.photo_input(label)
    face = gr.Radio([], label=_("Several faces: which one?"), visible=False)
    seen = gr.HTML(padding=False)

    def look(path: Path | None, use_whole: bool) -> tuple[Any, str]:
        hidden = gr.update(choices=[], value=None, visible=False)
        image = None if path is None else open_image(path)
        if image is None or use_whole:
            return hidden, ""
        crops = [pictures.picture(found.crop) for found in faces.find(image)]
        if len(crops) < 2:
            return hidden, "" if crops else widgets.notice(_(infer.NO_FACE))
        names = [_("Face {number}").format(number=place + 1) for place in range(len(crops))]
        shown = list(zip(crops, names, strict=True))
        choices = [(name, index) for index, name in enumerate(names)]
        return (
            gr.update(choices=choices, value=0, visible=True),
            widgets.thumbnails(shown, _("Faces found, from left to right")),
        )

    on(photo.change, look, [photo, whole], [face, seen], show_progress="hidden")
    return [photo, face]


def _crop(photo: Path | bytes, face: int | None, use_whole_image: bool) -> np.ndarray:
    return infer.crop(open_image(photo), face or 0, use_whole_image=use_whole_image)


def _show(crop_a: np.ndarray, crop_b: np.ndarray) -> tuple[str, str]:
    crops = [
        (pictures.picture(crop_a), _("first, as the network sees it")),
        (pictures.picture(crop_b), _("second, as the network sees it")),
    ]
    return widgets.thumbnails(crops, _("What the network saw")), ""


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
    frr) that unknown people before unknown cameras gave at that threshold.
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
    return identify_in(infer.NETWORKS, gallery, crop, preset)
