"""Capsules that read digits: a drawing in; how long each digit's capsule is, and its pose, out.

Every function that runs a network raises `UserError` where there is no such preset, and
`WeightsError` where its weights are missing or corrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import _
from mmdemo.core.media import handwriting
from mmdemo.core.media.handwriting import SIDE
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime

from . import DEMO, pictures
from .config import DECODER, DIGITS, PARTS, WHOLES, Config
from .pictures import LARGE, MARGIN

if TYPE_CHECKING:
    import keras

LIGHT = 127
"""Paper whose edge is lighter than this has dark ink."""
FAINT = 20
"""Grey values between the darkest and the brightest point of a sheet on which nothing is drawn."""


@dataclass(frozen=True)
class Reading:
    """What a network says of one digit.

    Attributes:
        seen: uint8 `(28, 28)`, the drawing as the network saw it, white on black.
        lengths: float32 `(10,)` of the digits' capsules, 0 to 1; of the network without capsules
            its probabilities.
        poses: float32 `(10, 16)`; `(0, 0)` of the network without capsules.
        redrawn: float32 `(28, 28)` from 0 to 1, what the decoder makes of the longest capsule;
            `(0, 0)` of the network without capsules.
    """

    seen: np.ndarray
    lengths: np.ndarray
    poses: np.ndarray
    redrawn: np.ndarray

    @property
    def digit(self) -> int:
        """That of the longest capsule."""
        return int(self.lengths.argmax())

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "digit": self.digit,
            "lengths": _rounded(self.lengths),
            "poses": [_rounded(pose) for pose in self.poses],
        }


@dataclass(frozen=True)
class Rounds:
    """Routing step by step: how much each part speaks for each digit.

    Attributes:
        weights: float32 `(rounds, parts, 10)`; parts in the order of places, row by row, and at
            each place in that of kinds.
        lengths: float32 `(rounds, 10)`, of the digits' capsules after each round.
        places: rows and columns of the map of parts.
        kinds: of parts at each place.
    """

    weights: np.ndarray
    lengths: np.ndarray
    places: tuple[int, int]
    kinds: int


@dataclass(frozen=True)
class Pulled:
    """Two digits that lie over each other, pulled apart.

    Attributes:
        seen: uint8 `(36, 36)`, white on black.
        lengths: float32 `(10,)` of the digits' capsules.
        digits: of the two longest ones, the longest first.
        apart: float32 `(36, 36)` each from 0 to 1, what the decoder makes of each.
    """

    seen: np.ndarray
    lengths: np.ndarray
    digits: tuple[int, int]
    apart: tuple[np.ndarray, np.ndarray]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "digits": list(self.digits),
            "lengths": _rounded(self.lengths),
        }


def seen(drawing: np.ndarray) -> np.ndarray:
    """A drawing as networks see it: uint8 `(28, 28)`, white on black, as MNIST's digits are.

    Args:
        drawing: uint8 `(h, w)` or `(h, w, 3)`, dark on light or light on dark.

    Raises:
        UserError: not such a picture; nothing is drawn, or several things are.
    """
    _check(drawing)
    return (handwriting.digit(drawing) * 255).round().astype(np.uint8)


def read(drawing: np.ndarray, preset: str = "default") -> Reading:
    """Read one digit.

    Args:
        drawing: as `seen` takes it.
        preset: `default`, `book` or `cnn`.

    Raises:
        UserError: as `seen` raises it.
    """
    loaded = runtime.model(DEMO.model_id(preset, "digits"))
    ink = seen(drawing)
    said = loaded.call(_scaled(ink))
    if not isinstance(said, tuple):
        nothing = np.zeros((0, 0), np.float32)
        return Reading(ink, said[0], nothing, nothing)
    lengths, poses, redrawn = said
    return Reading(ink, lengths[0], poses[0], redrawn[0, 0])


def redraw(poses: np.ndarray, digit: int, preset: str = "default") -> np.ndarray:
    """What a decoder makes of poses of one digit: float32 `(n, 28, 28)` from 0 to 1.

    Args:
        poses: `(n, 16)`.
        digit: whose they are, 0 to 9.
        preset: `default` or `book`.

    Raises:
        UserError: poses of another shape, no such digit, or a preset that cannot draw.
    """
    model_id = DEMO.model_id(preset, "digits")
    config: Config = runtime.model(model_id).config
    if not config.network.decoder:
        raise UserError(_("This network has no poses, and draws nothing."))
    if poses.ndim != 2 or poses.shape[1] != config.network.pose or not np.isfinite(poses).all():
        raise UserError(_("A pose has {count} finite numbers.").format(count=config.network.pose))
    if not 0 <= digit < DIGITS:
        raise UserError(_("A digit is a whole number from 0 to 9."))
    alone = np.zeros((1, len(poses), DIGITS, config.network.pose), np.float32)
    alone[0, :, digit] = poses
    return np.asarray(runtime.run(model_id, _drawn, alone.reshape(1, len(poses), -1)))[0]


def rounds(drawing: np.ndarray, preset: str = "book") -> Rounds:
    """How the parts of a digit come to speak for one whole.

    Args:
        drawing: as `seen` takes it.
        preset: `book`, which routes in rounds, or `default`, which does so once.

    Raises:
        UserError: as `seen` raises it, or a preset without capsules.
    """
    model_id = DEMO.model_id(preset, "digits")
    config: Config = runtime.model(model_id).config
    if not config.network.decoder:
        raise UserError(_("This network has no capsules."))
    weights, lengths, places = runtime.run(model_id, _routed, _scaled(seen(drawing)))
    return Rounds(weights, lengths, places, config.network.kinds)


def overlay(
    one: np.ndarray, other: np.ndarray, shift: tuple[int, int], other_shift: tuple[int, int]
) -> np.ndarray:
    """Lay two digits over each other, as the network for such pictures learnt it.

    Args:
        one, other: uint8 `(28, 28)`, white on black, as `seen` makes them.
        shift, other_shift: how far each is moved, to the right and down, by at most 4 pixels.

    Returns:
        uint8 `(36, 36)`.

    Raises:
        UserError: pictures of another form, or moved further.
    """
    for digit in (one, other):
        if digit.shape != (SIDE, SIDE) or digit.dtype != np.uint8:
            raise UserError(_("A digit of the form (28, 28), white on black in 8 bits, is needed."))
    if max(map(abs, (*shift, *other_shift))) > MARGIN:
        raise UserError(
            _("A digit is moved by at most {most} pixels each way.").format(most=MARGIN)
        )
    return pictures.overlaid(pictures.placed(one, shift), pictures.placed(other, other_shift))


def pull(drawing: np.ndarray) -> Pulled:
    """Read two digits that lie over each other, and draw each by itself.

    Args:
        drawing: uint8, square, of 36 pixels or more, `(n, n)` or `(n, n, 3)`; dark on light or
            light on dark. It is looked at as a whole: the digits are to fill about half of its
            height, in its middle.

    Raises:
        UserError: not such a picture, or nothing is drawn.
    """
    _check(drawing)
    if drawing.shape[0] != drawing.shape[1] or drawing.shape[0] < LARGE:
        raise UserError(
            _("A square picture of at least {side} pixels each way is needed.").format(side=LARGE)
        )
    grey = drawing if drawing.ndim == 2 else cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY)
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = 255 - grey if np.median(edge) > LIGHT else grey
    if int(ink.max()) - int(ink.min()) < FAINT:
        raise UserError(_("There is nothing drawn here. Draw two digits over each other."))
    small = cv2.resize(ink, (LARGE, LARGE), interpolation=cv2.INTER_AREA)
    loaded = runtime.model(DEMO.model_id("overlaid"))
    lengths, _poses, redrawn = loaded.call(_scaled(small))
    first, second = np.argsort(-lengths[0], kind="stable")[:2]
    return Pulled(small, lengths[0], (int(first), int(second)), (redrawn[0, 0], redrawn[0, 1]))


def warm() -> None:
    """Load the page's networks."""
    for model_id in DEMO.model_ids:
        runtime.model(model_id)


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """The command line's answer: the digit in each picture, by its path; for `overlaid` the two.

    An error names the file.
    """
    model_id = DEMO.model_id(preset)
    answers = {}
    for path in paths:
        with naming(path):
            picture = open_image(path)
            answer = (
                pull(picture) if model_id.task == "overlaid" else read(picture, model_id.preset)
            )
            answers[str(path)] = answer.to_dict()
    return answers


def _check(drawing: np.ndarray) -> None:
    flat = drawing.ndim == 2 or (drawing.ndim == 3 and drawing.shape[2] == 3)
    if not flat or drawing.dtype != np.uint8 or 0 in drawing.shape:
        raise UserError(_("A picture in 8 bits, grey or RGB, is needed."))


def _rounded(numbers: np.ndarray) -> list[float]:
    return [round(float(number), 4) for number in numbers]


def _scaled(ink: np.ndarray) -> np.ndarray:
    return ink[None].astype(np.float32) / 255


def _drawn(network: keras.Model, alone: np.ndarray) -> np.ndarray:
    """For `runtime.run`: pictures of capsules by themselves."""
    from keras import ops

    return np.asarray(ops.convert_to_numpy(network.get_layer(DECODER)(alone)))


def _routed(
    network: keras.Model, picture: np.ndarray
) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """For `runtime.run`: weights and lengths of each round, and the places of parts."""
    from keras import ops

    from mmdemo.core.serve.backend import compile_part, no_gradients

    from .layers import length

    maps = network.get_layer("windows").output
    with no_gradients():
        steps = network.get_layer(WHOLES).steps(compile_part(network, _parts)(picture))
        weights = [ops.convert_to_numpy(each)[0].T for each, _wholes in steps]
        lengths = [ops.convert_to_numpy(length(wholes))[0, :, 0] for _weights, wholes in steps]
    return np.stack(weights), np.stack(lengths), (maps.shape[1], maps.shape[2])


def _parts(network: keras.Model) -> keras.Model:
    """A picture to its parts."""
    import keras

    return keras.Model(network.inputs[0], network.get_layer(PARTS).output, name=PARTS)
