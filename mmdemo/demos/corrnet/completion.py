"""Data completion: pairs of which some lack one view go in, the missing views come out.

Three forms are understood, for `python -m mmdemo predict corrnet` and for the page:

- a folder or `.zip` with pictures and recordings of digits: `a.png` belongs to `a.wav`; what
  stands alone gets its partner;
- a folder or `.zip` with half digits: `a-left.png` belongs to `a-right.png`;
- a `.csv` with one digit a row, 784 pixels from 0 to 255, in which the cells of one half are empty;
  a first line of column names and a label column before the pixels are kept.
"""

from __future__ import annotations

import csv
import tempfile
import wave
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.core.media import archive, audio, handwriting, image

from . import digits, drawing, speech

MAX_FILES = 500
MAX_BYTES = 64 * 1024**2
"""Of an archive unpacked, and of a table."""
MAX_ROWS = 5000
PIXELS = handwriting.SIDE**2
PICTURE, SOUND, HALF = 1, 2, 3
"""What a file may hold of a digit, in the order in which files are worked through."""
OTHER = {PICTURE: SOUND, SOUND: PICTURE, HALF: HALF}


@dataclass(frozen=True)
class Report:
    """What was done.

    Attributes:
        output: the folder, archive or table that was written.
        complete: items that had both views.
        made: names of the views that were added.
        skipped: what could not be used, as `name: why`.
        strange: names of those added to what is unlike any digit, so that they mean nothing. Of
            half a digit this is said by the whole that was made of it.
    """

    output: Path
    complete: int
    made: tuple[str, ...]
    skipped: tuple[str, ...]
    strange: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "output": str(self.output),
            "already_complete": self.complete,
            "made": list(self.made),
            "skipped": list(self.skipped),
            "strange": list(self.strange),
        }


def complete(
    source: Path, output: Path | None = None, model_id: ModelId = digits.HALVES["halves"]
) -> Report:
    """Write the missing views of a folder, archive or table.

    Args:
        source: a folder, `.zip` or `.csv`.
        output: folder, `.zip` or `.csv` to write, like the source; by default beside it, with
            `-completed` in its name. The source is left as it is, and its own files are not copied.
        model_id: network for half digits, DEFAULT's where it is another; pictures and recordings
            always go through `digits`.

    Raises:
        UserError: not such a source; empty, too large, or an archive that is damaged or unsafe.
    """
    output = output or source.with_name(f"{source.stem}-completed{source.suffix}")
    if model_id not in digits.HALVES.values():
        model_id = digits.HALVES["halves"]
    if source.is_dir():
        return _complete_folder(source, output, model_id)
    if source.suffix.lower() == ".csv":
        return _complete_table(source, output, model_id)
    if source.suffix.lower() == ".zip":
        return _complete_archive(source, output, model_id)
    raise UserError(_("Only a folder, a .zip or a .csv can be completed."))


# === Archives and folders ===


def _complete_archive(source: Path, output: Path, model_id: ModelId) -> Report:
    with tempfile.TemporaryDirectory() as scratch:
        unpacked, missing = Path(scratch) / "unpacked", Path(scratch) / "missing"
        try:
            left_out = archive.unpack(source, unpacked, max_bytes=MAX_BYTES, max_files=MAX_FILES)
        except archive.TooLarge as error:
            raise UserError(_("{problem} Split it.").format(problem=error)) from error
        if left_out:
            raise UserError(
                _("{name} is refused: it holds a link, '{link}'.").format(
                    name=source.name, link=left_out[0][:80]
                )
            )
        report = _complete_folder(unpacked, missing, model_id)
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as written:
            for name in report.made:
                written.write(missing / name, name)
    return replace(report, output=output)


def _complete_folder(source: Path, output: Path, model_id: ModelId) -> Report:
    # macOS puts a hidden file ._a.png beside a.png, in archives in a folder __MACOSX.
    files = [
        path.relative_to(source)
        for path in sorted(source.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
    views = sorted((path for path in files if _view(path)), key=_view)
    if len(views) > MAX_FILES:
        raise UserError(_("At most {count} files at a time, please.").format(count=MAX_FILES))
    if not views:
        raise UserError(
            _(
                "There is nothing to complete here: name a picture and a recording of one digit "
                "alike (a.png, a.wav), or two halves of a digit a-left.png and a-right.png."
            )
        )
    output.mkdir(parents=True, exist_ok=True)
    there = {(_view(path), path.with_suffix("")) for path in views}
    made: list[str] = []
    skipped: list[str] = []
    strange: list[str] = []
    complete = 0
    for path in views:
        view, partner = _view(path), _partner(path)
        if (OTHER[view], partner.with_suffix("")) in there:
            complete += view == PICTURE or (view == HALF and path.stem.endswith("-left"))
            continue
        try:
            content, is_strange = _make(source / path, model_id)
        except UserError as error:
            skipped.append(f"{path}: {error}")
            continue
        _write(output / partner, content)
        made.append(partner.as_posix())
        strange += made[-1:] if is_strange else []
    if not made and skipped:
        raise UserError(
            _("None of these files could be used. The first: {problem}").format(problem=skipped[0])
        )
    return Report(output, complete, tuple(made), tuple(skipped), tuple(strange))


def _view(path: Path) -> int:
    """What a file holds of a digit, by its name; 0 for nothing."""
    suffix = path.suffix.lower()
    if suffix in image.SUFFIXES:
        return HALF if path.stem.endswith(("-left", "-right")) else PICTURE
    return SOUND if suffix in audio.SUFFIXES else 0


def _partner(path: Path) -> Path:
    """What a file with the other view is called."""
    if _view(path) == HALF:
        base, _dash, side = path.stem.rpartition("-")
        return path.with_name(f"{base}-{'right' if side == 'left' else 'left'}.png")
    return path.with_suffix(".wav" if _view(path) == PICTURE else ".png")


def _make(path: Path, model_id: ModelId) -> tuple[np.ndarray, bool]:
    """The other view, a picture in [0, 1] or samples, and whether the given one is unlike a digit.

    Raises:
        UserError: the file cannot be used.
    """
    if _view(path) == PICTURE:
        heard = digits.hear(image.open_image(path))
        return heard.sound(), heard.strange
    if _view(path) == SOUND:  # what is no digit was refused
        return digits.see(digits.load_sound(path)).picture, False
    half = _half(image.open_image(path))[None]
    is_left = path.stem.endswith("-left")
    both = digits.fill_halves((half, None) if is_left else (None, half), model_id)
    return both[1 if is_left else 0][0], bool(digits.strange(np.concatenate(both, axis=2))[0])


def _half(picture: np.ndarray) -> np.ndarray:
    """A picture of half a digit as `(28, 14)` in [0, 1], bright on dark.

    Raises:
        UserError: it is not twice as high as it is wide.
    """
    import cv2

    height, width = picture.shape[:2]
    if not 1.8 < height / width < 2.2:
        raise UserError(_("half a digit is twice as high as it is wide, such as 14 by 28 pixels."))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (handwriting.SIDE // 2, handwriting.SIDE)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return 1 - small if np.median(small) > 0.5 else small


def _write(path: Path, content: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        Image.fromarray((content * 255).round().astype(np.uint8)).save(path)
        return
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(speech.RATE)
        file.writeframes((content * 32767).astype("<i2").tobytes())


# === Tables ===


def _complete_table(source: Path, output: Path, model_id: ModelId) -> Report:
    head, labels, pixels = _read_table(source)
    missing = np.isnan(pixels).reshape(-1, handwriting.SIDE, handwriting.SIDE)
    lacks_left, lacks_right = (half.all(axis=(1, 2)) for half in drawing.halves(missing))
    some = missing.any(axis=(1, 2))
    odd = some & ~(missing.sum(axis=(1, 2)) == PIXELS // 2) | (lacks_left & lacks_right)
    odd |= some & ~lacks_left & ~lacks_right
    pictures = pixels.reshape(missing.shape) / 255
    strange = np.zeros(len(pictures), bool)
    for lacks, side in ((lacks_left & ~odd, "left"), (lacks_right & ~odd, "right")):
        if not lacks.any():
            continue
        left, right = drawing.halves(pictures[lacks])
        views = (None, right) if side == "left" else (left, None)
        pictures[lacks] = np.concatenate(digits.fill_halves(views, model_id), axis=2)
        strange[lacks] = digits.strange(pictures[lacks])
    first = 2 if head else 1
    numbers = np.arange(len(pictures)) + first
    made, unlike = (tuple(f"row {n}" for n in numbers[rows]) for rows in (some & ~odd, strange))
    skipped = tuple(
        _("row {number}: not exactly one half is missing").format(number=n) for n in numbers[odd]
    )
    with output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if head:
            writer.writerow(head)
        for label, picture in zip(labels, pictures.reshape(-1, PIXELS) * 255, strict=True):
            writer.writerow([*label, *("" if np.isnan(v) else round(float(v)) for v in picture)])
    return Report(output, int((~some).sum()), made, skipped, unlike)


def _read_table(source: Path) -> tuple[list[str], list[list[str]], np.ndarray]:
    """Column names, what stands before the pixels, and the pixels `(n, 784)`, NaN where empty.

    Raises:
        UserError: not such a table.
    """
    if source.stat().st_size > MAX_BYTES:
        raise UserError(
            _("This table is larger than {size} MB. Split it.").format(size=MAX_BYTES >> 20)
        )
    head: list[str] = []
    labels, rows = [], []
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if not row:
                    continue
                if len(row) not in (PIXELS, PIXELS + 1):
                    raise UserError(
                        _(
                            "Row {number} has {count} columns: {pixels} pixels are wanted, after a "
                            "label at most."
                        ).format(number=number, count=len(row), pixels=PIXELS)
                    )
                try:
                    values = [float(cell) if cell.strip() else np.nan for cell in row[-PIXELS:]]
                except ValueError as error:
                    if number == 1:
                        head = row
                        continue
                    raise UserError(
                        _("Row {number} holds something that is no number.").format(number=number)
                    ) from error
                labels.append(row[:-PIXELS])
                rows.append(values)
                if len(rows) > MAX_ROWS:
                    raise UserError(
                        _("At most {count:,} rows at a time, please.").format(count=MAX_ROWS)
                    )
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(_("This is not a table of comma-separated values in UTF-8.")) from error
    if not rows:
        raise UserError(_("This table holds no row of pixels."))
    pixels = np.array(rows, np.float32)
    if np.nanmax(pixels, initial=0) > 255 or np.nanmin(pixels, initial=0) < 0:
        raise UserError(_("Pixels are numbers from 0 to 255."))
    return head, labels, pixels
