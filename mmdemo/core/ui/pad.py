"""A sheet to draw one digit on, or to lay a photo of one on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.media import handwriting
from mmdemo.core.media.image import open_image
from mmdemo.core.ui.events import on


def pad(label: str) -> gr.Sketchpad:
    """A white sheet with a broad pen, and a button that lays a photo on it."""
    sheet = gr.Sketchpad(
        np.full((280, 280), 255, np.uint8),  # with a sheet in it, the pen is in hand at once
        label=label,
        brush=gr.Brush(default_size=16, colors=["#000000"], color_mode="fixed"),
        eraser=gr.Eraser(default_size=30),
        canvas_size=(280, 280),
        layers=False,
        transforms=(),
        format="png",
        type="filepath",
        image_mode="RGB",
        height=400,
        buttons=[],
        elem_classes="mm-sheet",  # lower on a phone
    )
    photo = gr.UploadButton(_("Use a photo instead"), file_types=["image"], size="sm")
    on(photo.upload, lambda path: open_image(path, 560), [photo], [sheet])
    return sheet


def drawn(value: Any) -> np.ndarray:
    """The picture on a sheet, uint8 `(h, w, 3)`, decoded within the bounds of `core.media`.

    Args:
        value: as `on` hands over what a sheet holds, or an example's file.

    Raises:
        UserError: nothing was drawn.
        MediaError: the picture cannot be read.
    """
    if isinstance(value, Path):  # an example
        return open_image(value)
    value = value or {}
    composite = value.get("composite") or value.get("background")
    if isinstance(composite, bytes):  # as the browser sends it
        return open_image(composite)
    if not composite or not composite.get("path"):
        raise UserError(_(handwriting.BLANK))
    return open_image(Path(composite["path"]))
