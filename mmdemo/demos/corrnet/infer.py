"""From one sense to the other: typed functions that the page, the API and the tests share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import _
from mmdemo.core.media.image import SUFFIXES, open_image
from mmdemo.core.media.text import split_lines
from mmdemo.core.serve import runtime

from . import DEMO, completion
from .digits import SIDES, complete_half, hear, joint_map, load_sound, see
from .matching import rank_names, same_name

__all__ = [
    "SIDES",
    "complete_half",
    "hear",
    "joint_map",
    "load_sound",
    "predict",
    "rank_names",
    "read_pairs",
    "same_name",
    "see",
    "warm",
]
COLLECTIONS = (".zip", ".csv")
"""Of files that hold many samples; a folder does so too."""


def warm() -> None:
    """Load and warm the networks, librosa and OpenCV.

    Raises:
        WeightsError: weights are missing or corrupted.
    """
    for model_id in DEMO.model_ids:
        runtime.model(model_id)
    stroke = np.zeros((64, 64), np.uint8)
    stroke[12:52, 28:36] = 255
    hear(stroke)


# === Command line ===


def predict(paths: list[Path], preset: str = "digits", complete: bool = False) -> dict[str, Any]:
    """Answer for the command line.

    `digits`: pictures and recordings, each named. `halves`: pictures; both halves are hidden in
    turn. `names_...`: text files with two tab-separated names a line.

    Args:
        paths: the files.
        preset: names the network.
        complete: each path is a folder, archive or table of which some items lack one sense:
            write what they lack beside it.

    Raises:
        UserError: no such preset, or a file cannot be used; names it.
    """
    model_id = DEMO.model_id(preset)
    if complete:
        return {str(path): completion.complete(path, model_id=model_id).to_dict() for path in paths}
    for path in paths:
        if path.is_dir() or path.suffix.lower() in COLLECTIONS:
            raise UserError(
                _("{path} is a collection: add --complete to have it completed.").format(path=path)
            )
    answers = {}
    for path in paths:
        with naming(path):
            answers[str(path)] = _answer(path, model_id)
    return answers


def _answer(path: Path, model_id: ModelId) -> Any:
    if model_id.task == "digits":
        if path.suffix.lower() in SUFFIXES:
            return hear(open_image(path)).to_dict()
        return see(load_sound(path)).to_dict()
    if model_id.task == "halves":
        image = open_image(path)
        return {f"hidden_{side}": complete_half(image, side).to_dict() for side in SIDES}
    return [same_name(*pair).to_dict() for pair in read_pairs(path)]


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Two names a line, tab-separated, from a text file in UTF-8.

    Raises:
        UserError: not such a file.
    """
    if path.stat().st_size > 1 << 20:
        raise UserError(_("A list of names has at most one megabyte."))
    try:
        lines = split_lines(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UserError(_("This is not a text file in UTF-8.")) from error
    pairs = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        columns = line.split("\t")
        if len(columns) < 2:
            raise UserError(
                _("Line {number} does not hold two names with a tab between them.").format(
                    number=number
                )
            )
        pairs.append((columns[0], columns[1]))
    return pairs
