"""What a picture shows, and where the network looked. No Keras at module level.

Every function that takes a preset, a view, a layer or a class raises a `UserError` where there is
none such, and a `WeightsError` where the weights are missing or corrupted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import N_, _
from mmdemo.core.measure import unlike
from mmdemo.core.measure.metrics import log_softmax
from mmdemo.core.media.image import open_image
from mmdemo.core.nets import saliency
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import DEMO

TOP = 5
COVERS = (1 / 8, 1 / 4, 1 / 2)
"""Sides of the grey cover that is dragged over a photo, as shares of the photo's."""
LONGEST = 4
"""A picture longer than so many times its other side is squeezed to it."""
TAUGHT_SIDE = 1024
"""Pixels of the longer side of a picture that is taught or asked: more take time and change nothing
that could be seen in 80."""
SCALING = Image.Resampling.BILINEAR
"""As the pictures of the training are scaled."""
VIEWS = {
    "whole": N_("the whole picture"),
    "middle": N_("its middle square"),
    "five": N_("five squares, their answers averaged"),
}


@dataclass(frozen=True)
class Answer:
    """What a network takes a picture for.

    Attributes:
        labels: its best guesses, the best first.
        probabilities: of each, calibrated on held-out photos.
        classes: their numbers.
        milliseconds: that the network took.
        views: uint8 `(height, width, 3)`, the pictures that it was given.
        strange: whether the picture is unlike all that it was taught: see `core.measure.unlike`.
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    classes: tuple[int, ...]
    milliseconds: float
    views: tuple[np.ndarray, ...]
    strange: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The JSON-able part: all but the pictures."""
        return {
            "labels": list(self.labels),
            "probabilities": list(self.probabilities),
            "milliseconds": self.milliseconds,
            "strange": self.strange,
        }


def warm() -> None:
    """Load the page's network."""
    classify(np.zeros((64, 64, 3), np.uint8))


def classify(image: np.ndarray, preset: str = "default", view: str = "whole") -> Answer:
    """The five best guesses.

    Args:
        image: uint8 `(height, width, 3)` of any size.
        preset: `default` or `book`.
        view: of the picture that the network is given, one of `VIEWS`.
    """
    loaded = runtime.model(DEMO.model_id(preset))
    stored = loaded.preprocess
    views = views_of(image, stored["side"], view)
    batch = np.stack(views).astype(np.float32)
    started = time.perf_counter()
    logits = loaded.call(batch)
    milliseconds = 1000 * (time.perf_counter() - started)
    probabilities = np.exp(log_softmax(logits / stored["temperature"])).mean(axis=0)
    best = np.argsort(-probabilities, kind="stable")[:TOP]
    return Answer(
        labels=tuple(stored["names"][label] for label in best),
        probabilities=tuple(float(probabilities[label]) for label in best),
        classes=tuple(int(label) for label in best),
        milliseconds=milliseconds,
        views=views,
        strange=unlike.is_strange(logits.mean(axis=0), stored),
    )


def teachable(source: Path | bytes) -> list[np.ndarray]:
    """A picture as classes of one's own are taught and asked: uint8 `(height, width, 3)`.

    Raises:
        MediaError: it is not a picture, or a damaged one.
    """
    return [open_image(source, TAUGHT_SIDE)]


def middle(image: np.ndarray) -> np.ndarray:
    """What of a picture counts there: its middle square, small."""
    return views_of(image, 80, "middle")[0]


def names(preset: str = "default") -> list[str]:
    """The classes, in their order."""
    return list(_stored("preprocess.json", preset)["names"])


def grad_cam(
    view: np.ndarray, label: int, preset: str = "default", layer: str | None = None
) -> np.ndarray:
    """What speaks for a class at each place of a layer's map; see `saliency.grad_cam`.

    Args:
        view: uint8 `(height, width, 3)` that the network was given: one of `Answer.views`.
        label: number of the class.
        preset: `default` or `book`.
        layer: one of `map_layers`; the last but one where it is not said.
    """
    known = map_layers(preset)
    _check_class(label, preset)
    layer = known[-2] if layer is None else layer
    return _inside(preset, layer, known, saliency.grad_cam, view, label)


def occlusion(view: np.ndarray, label: int, preset: str = "default") -> np.ndarray:
    """What is lost of a class' probability as parts are covered; see `saliency.occlusion`.

    Args:
        view: uint8 `(height, width, 3)`: one of `Answer.views`.
        label: number of the class.
        preset: `default` or `book`.
    """
    _check_class(label, preset)
    return saliency.occlusion(_probabilities(preset), view, label)


def covered(
    view: np.ndarray, classes: Sequence[int], preset: str = "default"
) -> dict[float, np.ndarray]:
    """Probabilities of classes with a grey cover over a picture, at each place of it.

    Args:
        view: uint8 `(height, width, 3)`: one of `Answer.views`.
        classes: their numbers.
        preset: `default` or `book`.

    Returns:
        `(8, 8, classes)` by each of `COVERS`.
    """
    for label in classes:
        _check_class(label, preset)
    call = _probabilities(preset)
    return {share: saliency.covered(call, view, share)[..., list(classes)] for share in COVERS}


def _probabilities(preset: str) -> Callable[[np.ndarray], np.ndarray]:
    """Pictures to the calibrated probabilities of all classes."""
    loaded = runtime.model(DEMO.model_id(preset))

    def probabilities(pictures: np.ndarray) -> np.ndarray:
        return np.exp(log_softmax(loaded.call(pictures) / loaded.preprocess["temperature"]))

    return probabilities


def layers(preset: str = "default") -> list[str]:
    """Names of the layers whose maps can be looked at, from the first to the last."""
    rows = _stored("architecture.json", preset)
    return [row["name"] for row in rows[1:] if len(row["shape"]) == 3]


def map_layers(preset: str = "default") -> list[str]:
    """Names of the layers at which a block ends, from the first to the last: for Grad-CAM."""
    return [name for name in layers(preset) if re.fullmatch(r"(backbone/stage\d_)?block\d", name)]


def views_of(image: np.ndarray, side: int, view: str) -> tuple[np.ndarray, ...]:
    """The pictures that a network is given, uint8 `(height, width, 3)`, shorter side `side`."""
    if view not in VIEWS:
        raise UserError(
            _("No view is called '{view}'. Choose one of {names}.").format(
                view=view, names=", ".join(VIEWS)
            )
        )
    height, width = image.shape[:2]
    scale = side / min(height, width)
    longest = LONGEST * side
    size = tuple(min(max(round(length * scale), side), longest) for length in (width, height))
    picture = Image.fromarray(image)
    # First to a multiple of the size by plain averages: a phone's photo takes half the time so.
    whole = picture.resize(size, SCALING, reducing_gap=3.0)
    if view == "whole":
        return (np.asarray(whole),)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    corners = [(left, top)]
    if view == "five":
        larger = side * 5 // 4
        scale = larger / min(size)
        wide, high = round(size[0] * scale), round(size[1] * scale)
        whole = picture.resize((wide, high), SCALING, reducing_gap=3.0)
        right, bottom = wide - side, high - side
        corners = [(right // 2, bottom // 2), (0, 0), (right, 0), (0, bottom), (right, bottom)]
    squares = (whole.crop((x, y, x + side, y + side)) for x, y in corners)
    return tuple(np.asarray(square) for square in squares)


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """For the command line: each picture with its five best guesses."""
    preset = DEMO.model_id(preset).name
    answers: dict[str, Any] = {}
    for path in paths:
        with naming(path):
            answers[str(path)] = classify(open_image(path), preset).to_dict()
    return answers


def _stored(file: str, preset: str) -> Any:
    return artifacts.read_json(artifacts.locate(DEMO.model_id(preset)), file)


def _inside(
    preset: str, layer: str, known: list[str], look: Callable[..., np.ndarray], *arguments: Any
) -> np.ndarray:
    """Look at a layer of a network, or of the backbone in it, where it is one of those known."""
    if layer not in known:
        raise UserError(
            _("No layer is called '{layer}'. There are: {names}.").format(
                layer=layer, names=", ".join(known)
            )
        )
    nested, _slash, name = layer.rpartition("/")
    return runtime.run(DEMO.model_id(preset), look, *arguments, name, nested or None)


def _check_class(label: int | None, preset: str) -> None:
    count = len(names(preset))
    if label is None:
        raise UserError(_("Choose a class first."))
    if not 0 <= label < count:
        raise UserError(
            _("There is no class {label}: they are numbered 0 to {last}.").format(
                label=label, last=count - 1
            )
        )
