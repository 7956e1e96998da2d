"""From one sense to the other, and from half a digit to the whole one: digits seen and heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.language import N_, _, sentences
from mmdemo.core.measure import unlike
from mmdemo.core.media import audio, handwriting
from mmdemo.core.media.audio import Clip
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import DEMO, drawing, outputs, speech

DIGITS = DEMO.model_id("digits/default")
HALVES = {"halves": DEMO.model_id("halves/default"), "book": DEMO.model_id("halves/book")}
"""Networks that make up the other half of a digit, by what answers call them."""
SIDES = ("left", "right")
UNSURE = {
    "picture": N_("This does not look much like a digit, so take the answer with a grain of salt."),
    "speech": N_(
        "This did not sound clearly like that digit, so take the answer with a grain of salt."
    ),
}
NO_DIGIT = N_(
    "That does not sound like a digit. Say one digit in English, from zero to nine, by itself and "
    "in a quiet room."
)


def load_sound(path: Path) -> Clip:
    """Decode a recording at the rate of the networks; at most 30 seconds of it.

    Raises:
        MediaError: it cannot be decoded.
    """
    return audio.load(path, speech.RATE, speech.MAX_SECONDS)


# === See what you hear, hear what you see ===


@dataclass(frozen=True)
class Digit:
    """One digit in both senses.

    Attributes:
        digit: what the joint code says, 0 to 9.
        probability: of that digit.
        probabilities: of all ten.
        picture: `(28, 28)` in [0, 1]: the given one in MNIST's form, or the generated one.
        mel: `(32, 40)` in [0, 1]: the given word as the network hears it, or the generated one.
        seconds: length of the word.
        place: where the input lands on the map of the joint space.
        note: a caution in plain words, or empty.
        strange: whether it was drawn and is unlike any digit: see `core.measure.unlike`.
    """

    digit: int
    probability: float
    probabilities: tuple[float, ...]
    picture: np.ndarray
    mel: np.ndarray
    seconds: float
    place: tuple[float, float]
    note: str
    strange: bool = False

    def sound(self) -> np.ndarray:
        """The word as float32 samples at 8 kHz, made from `mel`."""
        return speech.sound(self.mel, self.seconds)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "digit": self.digit,
            "probability": self.probability,
            "probabilities": list(self.probabilities),
            "seconds": self.seconds,
            "note": self.note,
            "strange": self.strange,
        }


def hear(image: np.ndarray) -> Digit:
    """Draw it, hear it: the spoken word for a drawn or photographed digit.

    Args:
        image: uint8, `(height, width, 3)` or `(height, width)`.

    Raises:
        UserError: nothing is drawn, or several things are.
    """
    picture = handwriting.digit(image)
    loaded = runtime.model(DIGITS)
    output = outputs.forward(loaded.call, loaded.config, left=picture[None])
    mel = np.clip(output.right[0], 0, 1)
    return _answer(loaded, output, picture, mel)


def see(clip: Clip) -> Digit:
    """Say it, see it: the picture for a spoken digit.

    Args:
        clip: at 8 kHz, from `load_sound`.

    Raises:
        UserError: silent, without one short word, or it does not sound like a digit.
    """
    word = speech.find_word(clip.samples)
    mel = speech.view(word.decibels)
    loaded = runtime.model(DIGITS)
    output = outputs.forward(loaded.call, loaded.config, right=mel[None])
    notes = []
    if clip.truncated:
        notes.append(
            _("Only the first {limit:.0f} seconds were used.").format(limit=speech.MAX_SECONDS)
        )
    if word.others:
        notes.append(_("Several words were heard; the loudest one was used."))
    picture = np.clip(output.left[0], 0, 1)
    return _answer(loaded, output, picture, mel, word.seconds, notes)


def joint_map() -> dict[str, Any]:
    """Held-out samples of both senses on the map: `pictures`, `picture_digits`, `words`,
    `word_digits`; without loading the network.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    return artifacts.read_json(artifacts.locate(DIGITS), "preprocess.json")["map"]


def _answer(
    loaded: runtime.Loaded,
    output: outputs.Output,
    picture: np.ndarray,
    mel: np.ndarray,
    seconds: float | None = None,
    notes: Sequence[str] = (),
) -> Digit:
    """What the code of one sense says; without its own, a word has the digit's usual length.

    Raises:
        UserError: a word that does not sound like a digit.
    """
    code, space = output.code[0], loaded.preprocess["map"]
    shares = _shares(loaded, output.code)[0]
    digit = int(shares.argmax())
    strange = False
    if seconds is None:  # drawn, not said
        strange = bool(_unlike_digits(loaded, picture[None], shares[None])[0])
        if shares[digit] < loaded.preprocess["confidence"]["picture"]:
            notes = [*notes, _(UNSURE["picture"])]
    else:
        heard, limits = output.heard[0], loaded.preprocess["listener"]
        if heard[-1] > limits["none"]:
            raise UserError(_(NO_DIGIT))
        if heard[digit] < limits["agreed"]:
            notes = [*notes, _(UNSURE["speech"])]
    x, y = (code - np.asarray(space["origin"])) @ np.asarray(space["weights"])
    return Digit(
        digit,
        float(shares[digit]),
        tuple(map(float, shares)),
        picture,
        mel,
        loaded.preprocess["seconds"][digit] if seconds is None else seconds,
        (float(x), float(y)),
        sentences(*notes),
        strange,
    )


def strange(pictures: np.ndarray) -> np.ndarray:
    """Which pictures `(n, 28, 28)` are unlike any digit, bool `(n,)`; see `core.measure.unlike`."""
    loaded = runtime.model(DIGITS)
    output = outputs.forward(loaded.call, loaded.config, left=pictures)
    return _unlike_digits(loaded, pictures, _shares(loaded, output.code))


def _unlike_digits(loaded: runtime.Loaded, pictures: np.ndarray, shares: np.ndarray) -> np.ndarray:
    signs = drawing.signs(pictures, shares)
    return np.array([unlike.is_strange(each, loaded.preprocess) for each in signs])


def _shares(loaded: runtime.Loaded, codes: np.ndarray) -> np.ndarray:
    """Probabilities of the ten digits, `(n, 10)`, read from joint codes `(n, width)`."""
    from scipy.special import softmax

    reader = loaded.preprocess["reader"]
    logits = codes @ np.asarray(reader["weights"]).T + np.asarray(reader["bias"])
    return np.asarray(softmax(logits, axis=1))


# === Half a digit ===


@dataclass(frozen=True)
class Completion:
    """A digit of which one half was hidden.

    Attributes:
        picture: `(28, 28)` in [0, 1], as given, in MNIST's form.
        hidden: `left` or `right`.
        completed: of each of `HALVES`, `(28, 28)`: the shown half as given, the other as the
            network thinks it.
        strange: whether the picture is unlike any digit, so that its other half means nothing.
    """

    picture: np.ndarray
    hidden: str
    completed: dict[str, np.ndarray]
    strange: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: pixels from 0 to 255."""
        return {
            "hidden": self.hidden,
            "picture": _bytes(self.picture).tolist(),
            "completed": {name: _bytes(whole).tolist() for name, whole in self.completed.items()},
            "strange": self.strange,
        }


def complete_half(image: np.ndarray, hidden: str) -> Completion:
    """Hide one half of a digit and have each network complete it.

    Args:
        image: uint8, `(height, width, 3)` or `(height, width)`.
        hidden: `left` or `right`.

    Raises:
        UserError: no such side; nothing is drawn, or several things are; nothing is left to see.
    """
    if hidden not in SIDES:
        raise UserError(_("The hidden half is either 'left' or 'right'."))
    picture = handwriting.digit(image)
    left, right = drawing.halves(picture)
    shown = left if hidden == "right" else right
    if shown.sum() < 1.0:
        raise UserError(_("All of this digit lies in the hidden half. Hide the other one."))
    views = (None, right[None]) if hidden == "left" else (left[None], None)
    completed = {
        name: np.concatenate(fill_halves(views, model_id), axis=2)[0]
        for name, model_id in HALVES.items()
    }
    return Completion(picture, hidden, completed, bool(strange(picture[None])[0]))


def fill_halves(
    views: tuple[np.ndarray | None, np.ndarray | None], model_id: ModelId = HALVES["halves"]
) -> tuple[np.ndarray, np.ndarray]:
    """Both halves of pictures, where one of them was missing.

    Args:
        views: left and right, `(n, 28, 14)` in [0, 1]; None for the one that is missing.
        model_id: one of `HALVES`.
    """
    loaded = runtime.model(model_id)
    left, right = views
    output = outputs.forward(loaded.call, loaded.config, left, right)
    return (
        np.clip(output.left, 0, 1) if left is None else left,
        np.clip(output.right, 0, 1) if right is None else right,
    )


def _bytes(picture: np.ndarray) -> np.ndarray:
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
