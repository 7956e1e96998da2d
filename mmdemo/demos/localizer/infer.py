"""What a photo shows, and where: typed functions that the page, the API and the tests share.

Every function that takes a preset raises a `UserError` where there is none such, and a
`WeightsError` where its weights are missing or corrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import _
from mmdemo.core.measure import unlike
from mmdemo.core.measure.metrics import log_softmax
from mmdemo.core.media.image import check_rgb, open_image, upright_size
from mmdemo.core.nets import boxes
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import DEMO, outputs

TOP = 5


@dataclass(frozen=True)
class Location:
    """What a photo shows, and where.

    Attributes:
        labels: the likeliest kinds of things, the likeliest first; five at most.
        probabilities: of each, calibrated on held-out photos.
        label: whose box it is.
        probability: of this label.
        box: left, top, right and bottom in pixels of the photo, upright and in its own size.
        width, height: of this photo, in pixels.
        seen: uint8 `(side, side, 3)`, the photo as the network saw it.
        strange: whether the photo is unlike all that it was taught: see `core.measure.unlike`.
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    label: str
    probability: float
    box: tuple[int, int, int, int]
    width: int
    height: int
    seen: np.ndarray
    strange: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The JSON-able part: all but the picture."""
        return {
            "label": self.label,
            "probability": self.probability,
            "box": dict(zip(("left", "top", "right", "bottom"), self.box, strict=True)),
            "width": self.width,
            "height": self.height,
            "strange": self.strange,
            "candidates": [
                {"label": label, "probability": probability}
                for label, probability in zip(self.labels, self.probabilities, strict=True)
            ],
        }


def locate(
    image: np.ndarray,
    preset: str = "default",
    label: str | None = None,
    size: tuple[int, int] | None = None,
) -> Location:
    """Name the thing in a photo, and put a box around it.

    The network looks at the whole photo, squashed to the square that it was trained on: nothing is
    cut off, and the box stretches back with the photo.

    Args:
        image: uint8 `(h, w, 3)` RGB, of any size.
        preset: `default` or `book`.
        label: whose box is wanted; the likeliest one's where it is not said. The source's network
            has one box whatever is asked.
        size: width and height of the photo in whose pixels the box is wanted, where `image` is a
            scaled copy of it, as `open_image` makes one of a large file.

    Raises:
        UserError: also for no such label, or a picture of another form.
    """
    model_id = DEMO.model_id(preset)
    check_rgb(image)
    loaded = runtime.model(model_id)
    stored = loaded.preprocess
    seen = outputs.squash(image, stored["side"])
    known = stored["names"]
    if label is not None and label not in known:
        raise UserError(
            _("No kind of thing is called '{label}'. There are: {names}.").format(
                label=label, names=", ".join(known)
            )
        )
    prediction = outputs.forward(
        loaded.call,
        seen[None],
        mirror=stored["mirror"],
        classes=len(known) if stored["asks"] else None,
        labels=None if label is None else np.array([known.index(label)]),
    )
    probabilities = np.exp(log_softmax(prediction.logits[0] / stored["temperature"]))
    best = np.argsort(-probabilities, kind="stable")[:TOP]
    about = best[0] if label is None else known.index(label)
    width, height = size or (image.shape[1], image.shape[0])
    return Location(
        labels=tuple(known[index] for index in best),
        probabilities=tuple(float(probabilities[index]) for index in best),
        label=known[about],
        probability=float(probabilities[about]),
        box=boxes.to_pixels(prediction.boxes[0], width, height),
        width=width,
        height=height,
        seen=seen,
        strange=unlike.is_strange(prediction.logits[0], stored),
    )


def effect_of_alpha() -> dict[str, Any] | None:
    """What both heads reached under several weights of their losses, on held-out photos.

    Returns:
        `pictures` and `epochs` of each training, `held_out` pictures, and `rows` with alpha and the
        figures; None where the weights folder has no such measurement.
    """
    folder = artifacts.locate(DEMO.model_id())
    measured = (folder / outputs.ALPHA).is_file()
    return artifacts.read_json(folder, outputs.ALPHA) if measured else None


def names(preset: str = "default") -> list[str]:
    """The kinds of things that a network knows."""
    return list(_preprocess(preset)["names"])


def asks(preset: str = "default") -> bool:
    """Whether a network has a box for each label that it is asked for, or one for all."""
    return bool(_preprocess(preset)["asks"])


def _preprocess(preset: str) -> dict[str, Any]:
    return artifacts.read_json(artifacts.locate(DEMO.model_id(preset)), "preprocess.json")


def warm() -> None:
    """Load the page's network."""
    locate(np.full((64, 64, 3), 128, np.uint8))


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer: what each photo shows, and where, by its path.

    Boxes are in pixels of the photos as they are shown. An error names the file.
    """
    preset = DEMO.model_id(preset).name
    answers = {}
    for path in paths:
        with naming(path):
            location = locate(open_image(path), preset, size=upright_size(path))
            answers[str(path)] = location.to_dict()
    return answers
