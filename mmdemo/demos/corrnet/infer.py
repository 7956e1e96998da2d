"""From one sense to the other: typed functions that the page, the API and the tests share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure.metrics import Calibration
from mmdemo.core.media import audio
from mmdemo.core.media.audio import Clip
from mmdemo.core.media.image import SUFFIXES, open_image
from mmdemo.core.serve import runtime
from mmdemo.core.weights import artifacts

from . import config, drawing, measures, names, outputs, speech
from .config import Config

SLUG = "corrnet"
PRESETS = tuple(config.PRESETS)
HALVES_PRESETS = ("halves", "book")
SIDES = ("left", "right")
COLLECTIONS = (".zip", ".csv")
"""Of files that hold many samples; a folder does so too."""
MAX_CANDIDATES = 20_000
UNSURE_PICTURE = "This does not look much like a digit, so take the answer with a grain of salt."
UNSURE_WORD = "This did not sound much like a digit, so take the answer with a grain of salt."


def check_preset(preset: str) -> None:
    """Raises:
    UserError: no such preset.
    """
    if preset not in PRESETS:
        raise UserError(f"There is no network '{preset}' here. Choose from {', '.join(PRESETS)}.")


def warm() -> None:
    """Load and warm the networks, librosa and OpenCV.

    Raises:
        WeightsError: weights are missing or corrupted.
    """
    for preset in PRESETS:
        runtime.model(SLUG, preset)
    stroke = np.zeros((64, 64), np.uint8)
    stroke[12:52, 28:36] = 255
    hear(stroke)


def load_sound(path: Path) -> Clip:
    """Decode a recording at the rate of the networks; at most 30 seconds of it.

    Raises:
        MediaError: it cannot be decoded.
    """
    return audio.load(path, speech.RATE, speech.MAX_SECONDS)


# === Digits: see what you hear, hear what you see ===


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
    """

    digit: int
    probability: float
    probabilities: tuple[float, ...]
    picture: np.ndarray
    mel: np.ndarray
    seconds: float
    place: tuple[float, float]
    note: str

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
        }


def hear(image: np.ndarray) -> Digit:
    """Draw it, hear it: the spoken word for a drawn or photographed digit.

    Args:
        image: uint8, `(height, width, 3)` or `(height, width)`.

    Raises:
        UserError: nothing is drawn, or several things are.
    """
    picture = drawing.digit(image)
    loaded, stored = _network("digits")
    made = outputs.forward(loaded.call, stored, left=picture[None])
    digit, probabilities, unsure = _read(made.code[0], loaded.preprocess, "picture")
    return Digit(
        digit,
        probabilities[digit],
        probabilities,
        picture,
        np.clip(made.right[0], 0, 1),
        loaded.preprocess["seconds"][digit],
        _place(made.code[0], loaded.preprocess),
        UNSURE_PICTURE if unsure else "",
    )


def see(clip: Clip) -> Digit:
    """Say it, see it: the picture for a spoken digit.

    Args:
        clip: at 8 kHz, from `load_sound`.

    Raises:
        UserError: silent, or without one short word.
    """
    word = speech.find_word(clip.samples)
    mel = speech.view(word.decibels)
    loaded, stored = _network("digits")
    made = outputs.forward(loaded.call, stored, right=mel[None])
    digit, probabilities, unsure = _read(made.code[0], loaded.preprocess, "speech")
    notes = []
    if clip.truncated:
        notes.append(f"Only the first {speech.MAX_SECONDS:.0f} seconds were used.")
    if word.others:
        notes.append("Several words were heard; the loudest one was used.")
    if unsure:
        notes.append(UNSURE_WORD)
    return Digit(
        digit,
        probabilities[digit],
        probabilities,
        np.clip(made.left[0], 0, 1),
        mel,
        word.seconds,
        _place(made.code[0], loaded.preprocess),
        " ".join(notes),
    )


def joint_map() -> dict[str, Any]:
    """Held-out samples of both senses on the map: `pictures`, `picture_digits`, `words`,
    `word_digits`; without loading the network.

    Raises:
        WeightsError: the weights are missing or corrupted.
    """
    folder = artifacts.locate(SLUG, "digits")
    return artifacts.read_json(folder, "preprocess.json")["map"]


def _read(
    code: np.ndarray, preprocess: dict[str, Any], sense: str
) -> tuple[int, tuple[float, ...], bool]:
    """Digit, probabilities of all digits, and whether they are lower than usual."""
    reader = preprocess["reader"]
    logits = np.asarray(reader["weights"]) @ code + np.asarray(reader["bias"])
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    unsure = float(shares.max()) < preprocess["confidence"][sense]
    return int(shares.argmax()), tuple(float(share) for share in shares), unsure


def _place(code: np.ndarray, preprocess: dict[str, Any]) -> tuple[float, float]:
    stored = preprocess["map"]
    x, y = (code - np.asarray(stored["origin"])) @ np.asarray(stored["weights"])
    return float(x), float(y)


# === Half a digit ===


@dataclass(frozen=True)
class Completion:
    """A digit of which one half was hidden.

    Attributes:
        picture: `(28, 28)` in [0, 1], as given, in MNIST's form.
        hidden: `left` or `right`.
        completed: per preset, `(28, 28)`: the shown half as given, the other as the network
            thinks it.
    """

    picture: np.ndarray
    hidden: str
    completed: dict[str, np.ndarray]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: pixels from 0 to 255."""
        return {
            "hidden": self.hidden,
            "picture": _bytes(self.picture).tolist(),
            "completed": {name: _bytes(made).tolist() for name, made in self.completed.items()},
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
        raise UserError("The hidden half is either 'left' or 'right'.")
    picture = drawing.digit(image)
    left, right = drawing.halves(picture)
    shown = left if hidden == "right" else right
    if shown.sum() < 1.0:
        raise UserError("All of this digit lies in the hidden half. Hide the other one.")
    completed = {}
    for preset in HALVES_PRESETS:
        found_left, found_right = fill_halves(
            None if hidden == "left" else left[None],
            None if hidden == "right" else right[None],
            preset,
        )
        completed[preset] = np.concatenate([found_left[0], found_right[0]], axis=1)
    return Completion(picture, hidden, completed)


def fill_halves(
    left: np.ndarray | None, right: np.ndarray | None, preset: str = "halves"
) -> tuple[np.ndarray, np.ndarray]:
    """Both halves `(n, 28, 14)`, where one of them was missing.

    Args:
        left: `(n, 28, 14)` in [0, 1], or None.
        right: `(n, 28, 14)` in [0, 1], or None.
        preset: `halves` or `book`.
    """
    loaded, stored = _network(preset)
    made = outputs.forward(loaded.call, stored, left=left, right=right)
    return (
        np.clip(made.left, 0, 1) if left is None else left,
        np.clip(made.right, 0, 1) if right is None else right,
    )


# === Names in two scripts ===


@dataclass(frozen=True)
class NamePair:
    """Whether two names in two scripts are the same name.

    Attributes:
        same: whether the distance is within the threshold.
        probability: that they are the same.
        distance: 1 less the cosine of the codes, from 0 to 2.
        threshold: of the equal error rate on held-out pairs of this language.
        english, foreign: the names as the network reads them.
        language: of the foreign one.
    """

    same: bool
    probability: float
    distance: float
    threshold: float
    english: str
    foreign: str
    language: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def same_name(first: str, second: str) -> NamePair:
    """Are two names, one in English and one in another script, the same name?

    Raises:
        UserError: a name is empty, too long, of mixed or unknown script; or not exactly one of
            them is in English.
    """
    one, other = names.language(first), names.language(second)
    if (one == "english") == (other == "english"):
        raise UserError(
            "One of the two names must be in English and the other in Arabic, Chinese, Hebrew or "
            "Russian script."
        )
    english, foreign = (first, second) if one == "english" else (second, first)
    language = other if one == "english" else one
    left = _name_codes([english], "left", language)
    right = _name_codes([foreign], "right", language)
    stored = runtime.model(SLUG, f"names_{language}").preprocess
    distance = 1 - float(measures.cosines(left, right)[0, 0])
    return NamePair(
        same=distance <= stored["threshold"],
        probability=float(Calibration.from_dict(stored["calibration"]).probability(distance)),
        distance=distance,
        threshold=stored["threshold"],
        english=names.normalise(english),
        foreign=names.normalise(foreign),
        language=language,
    )


@dataclass(frozen=True)
class Candidate:
    """A name of the other script."""

    name: str
    distance: float
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"name": self.name, "distance": self.distance, "probability": self.probability}


def rank_names(name: str, candidates: Sequence[str], top: int = 10) -> list[Candidate]:
    """Candidates in the other script, the nearest first.

    Args:
        name: in English, or in one of the other scripts; then the candidates are English.
        candidates: those that are not of the other script are left out.
        top: at most so many are returned.

    Raises:
        UserError: the name is empty, too long, of mixed or unknown script; or no candidate fits.
    """
    if len(candidates) > MAX_CANDIDATES:
        raise UserError(f"At most {MAX_CANDIDATES:,} candidates, please.")
    language = names.language(name)
    fitting: dict[str, list[str]] = {}
    for candidate in dict.fromkeys(candidate.strip() for candidate in candidates):
        try:
            found = names.language(candidate)
        except UserError:  # a blank line, or a name that is not for this network
            continue
        fitting.setdefault(found, []).append(candidate)
    fitting.pop("english" if language == "english" else "", None)
    if language != "english":
        fitting = {language: fitting["english"]} if "english" in fitting else {}
    if not fitting:
        raise UserError("None of the candidates is a name in the other script.")
    ranked = []
    for other, found in fitting.items():
        side, across = ("left", "right") if language == "english" else ("right", "left")
        query = _name_codes([name], side, other)
        distances = 1 - measures.cosines(query, _name_codes(found, across, other))[0]
        stored = runtime.model(SLUG, f"names_{other}").preprocess
        likely = Calibration.from_dict(stored["calibration"]).probability(distances)
        ranked += [
            Candidate(candidate, float(distance), float(probability))
            for candidate, distance, probability in zip(found, distances, likely, strict=True)
        ]
    return sorted(ranked, key=lambda candidate: candidate.distance)[:top]


def _name_codes(found: Sequence[str], side: str, language: str) -> np.ndarray:
    """Codes of names, less the mean code of the language's training names: `(n, code)`."""
    loaded, stored = _network(f"names_{language}")
    size = (stored.left if side == "left" else stored.right)[0]
    normal = [names.normalise(name) for name in found]
    mean = np.asarray(loaded.preprocess[f"mean_{side}"])
    made = []
    for start in range(0, len(normal), outputs.BATCH):
        part = normal[start : start + outputs.BATCH]
        view = names.SCALE * names.dense(part, size, stored.grams)
        made.append(outputs.codes(loaded.call, stored, **{side: view}))
    return np.concatenate(made) - mean


# === Command line ===


def predict(paths: list[Path], preset: str = "digits") -> dict[str, Any]:
    """Answer for the command line.

    `digits`: pictures and recordings, each named. `halves`, `book`: pictures; both halves are
    hidden in turn. `names_...`: text files with two tab-separated names a line.

    Raises:
        UserError: a file cannot be used; names it.
    """
    check_preset(preset)
    for path in paths:
        if path.is_dir() or path.suffix.lower() in COLLECTIONS:
            raise UserError(f"{path} is a collection: add --complete to have it completed.")
    answers = {}
    for path in paths:
        try:
            answers[str(path)] = _predict_file(path, preset)
        except UserError as error:
            raise type(error)(f"{path}: {error}") from error
    return answers


def _predict_file(path: Path, preset: str) -> Any:
    if preset.startswith("names_"):
        return [same_name(*pair).to_dict() for pair in read_pairs(path)]
    if preset in HALVES_PRESETS:
        image = open_image(path)
        return {f"hidden_{side}": complete_half(image, side).to_dict() for side in SIDES}
    if path.suffix.lower() in SUFFIXES:
        return hear(open_image(path)).to_dict()
    return see(load_sound(path)).to_dict()


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Two names a line, tab-separated, from a text file in UTF-8.

    Raises:
        UserError: not such a file.
    """
    if path.stat().st_size > 1 << 20:
        raise UserError("A list of names has at most one megabyte.")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError("This is not a text file in UTF-8.") from error
    pairs = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        columns = line.split("\t")
        if len(columns) < 2:
            raise UserError(f"Line {number} does not hold two names with a tab between them.")
        pairs.append((columns[0], columns[1]))
    return pairs


def _network(preset: str) -> tuple[runtime.Loaded, Config]:
    loaded = runtime.model(SLUG, preset)
    stored = {k: tuple(v) if isinstance(v, list) else v for k, v in loaded.config.items()}
    return loaded, Config(**stored)


def _bytes(picture: np.ndarray) -> np.ndarray:
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
