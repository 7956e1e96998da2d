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
import io
import tempfile
import wave
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from mmdemo.core.demo import ModelId
from mmdemo.core.errors import UserError
from mmdemo.core.media import archive, audio, image

from . import digits, drawing, speech

MAX_FILES = 500
MAX_BYTES = 64 * 1024**2
"""Of an archive unpacked, and of a table."""
MAX_ROWS = 5000
PIXELS = drawing.SIDE**2


@dataclass(frozen=True)
class Report:
    """What was done.

    Attributes:
        output: the folder, archive or table that was written.
        complete: items that had both views.
        made: names of the views that were added.
        skipped: what could not be used, as `name: why`.
    """

    output: Path
    complete: int
    made: tuple[str, ...]
    skipped: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "output": str(self.output),
            "already_complete": self.complete,
            "made": list(self.made),
            "skipped": list(self.skipped),
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
    raise UserError("Only a folder, a .zip or a .csv can be completed.")


# === Archives and folders ===


def _complete_archive(source: Path, output: Path, model_id: ModelId) -> Report:
    with tempfile.TemporaryDirectory() as scratch:
        unpacked, missing = Path(scratch) / "unpacked", Path(scratch) / "missing"
        try:
            left_out = archive.unpack(source, unpacked, max_bytes=MAX_BYTES, max_files=MAX_FILES)
        except archive.TooLarge as error:
            raise UserError(f"{error} Split it.") from error
        if left_out:
            raise UserError(f"{source.name} is refused: it holds a link, '{left_out[0][:80]}'.")
        report = _complete_folder(unpacked, missing, model_id)
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as written:
            for name in report.made:
                written.write(missing / name, name)
    return Report(output, report.complete, report.made, report.skipped)


def _complete_folder(source: Path, output: Path, model_id: ModelId) -> Report:
    files = sorted(path for path in source.rglob("*") if path.is_file())
    # macOS puts a hidden file ._a.png beside a.png, in archives in a folder __MACOSX.
    files = [path for path in files if not path.name.startswith(".")]
    pictures = [path for path in files if path.suffix.lower() in image.SUFFIXES]
    sounds = [path for path in files if path.suffix.lower() in audio.SUFFIXES]
    if len(pictures) + len(sounds) > MAX_FILES:
        raise UserError(f"At most {MAX_FILES} files at a time, please.")
    halves = [path for path in pictures if path.stem.endswith(("-left", "-right"))]
    whole = [path for path in pictures if path not in halves]
    if not pictures and not sounds:
        raise UserError(
            "There is nothing to complete here: name a picture and a recording of one digit alike "
            "(a.png, a.wav), or two halves of a digit a-left.png and a-right.png."
        )
    output.mkdir(parents=True, exist_ok=True)
    made: list[str] = []
    skipped: list[str] = []
    done = 0
    heard = {path.relative_to(source).with_suffix("") for path in sounds}
    seen = {path.relative_to(source).with_suffix("") for path in whole}
    for path in [*whole, *sounds]:
        name = path.relative_to(source)
        stem = name.with_suffix("")
        if stem in heard and stem in seen:
            done += path in whole
            continue
        try:
            if path in whole:
                target = stem.with_name(f"{stem.name}.wav")
                content = _wav(digits.hear(image.open_image(path)).sound())
            else:
                target = stem.with_name(f"{stem.name}.png")
                content = _png(digits.see(digits.load_sound(path)).picture)
        except UserError as error:
            skipped.append(f"{name}: {error}")
            continue
        _write(output / target, content)
        made.append(target.as_posix())
    names = {path.relative_to(source).with_suffix("").as_posix() for path in halves}
    for path in halves:
        name = path.relative_to(source)
        base, _, side = name.with_suffix("").as_posix().rpartition("-")
        other = "right" if side == "left" else "left"
        if f"{base}-{other}" in names:
            done += side == "left"
            continue
        try:
            half = _half(image.open_image(path))
        except UserError as error:
            skipped.append(f"{name}: {error}")
            continue
        views = {side: half[None], other: None}
        left, right = digits.fill_halves(views["left"], views["right"], model_id)
        target = PurePosixPath(f"{base}-{other}.png")
        _write(output / target, _png((left if other == "left" else right)[0]))
        made.append(target.as_posix())
    if not made and skipped:
        raise UserError(f"None of these files could be used. The first: {skipped[0]}")
    return Report(output, done, tuple(made), tuple(skipped))


def _half(picture: np.ndarray) -> np.ndarray:
    """A picture of half a digit as `(28, 14)` in [0, 1], bright on dark.

    Raises:
        UserError: it is not twice as high as it is wide.
    """
    import cv2

    height, width = picture.shape[:2]
    if not 1.8 < height / width < 2.2:
        raise UserError("half a digit is twice as high as it is wide, such as 14 by 28 pixels.")
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    size = (drawing.SIDE // 2, drawing.SIDE)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return 1 - small if np.median(small) > 0.5 else small


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray((picture * 255).round().astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def _wav(samples: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(speech.RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


# === Tables ===


def _complete_table(source: Path, output: Path, model_id: ModelId) -> Report:
    head, labels, pixels = _read_table(source)
    missing = np.isnan(pixels).reshape(-1, drawing.SIDE, drawing.SIDE)
    lacks_left, lacks_right = (half.all(axis=(1, 2)) for half in drawing.halves(missing))
    some = missing.any(axis=(1, 2))
    odd = some & ~(missing.sum(axis=(1, 2)) == PIXELS // 2) | (lacks_left & lacks_right)
    odd |= some & ~lacks_left & ~lacks_right
    pictures = pixels.reshape(missing.shape) / 255
    for lacks, side in ((lacks_left & ~odd, "left"), (lacks_right & ~odd, "right")):
        if not lacks.any():
            continue
        left, right = drawing.halves(pictures[lacks])
        left, right = digits.fill_halves(
            None if side == "left" else left, None if side == "right" else right, model_id
        )
        pictures[lacks] = np.concatenate([left, right], axis=2)
    first = 2 if head else 1
    numbers = np.arange(len(pictures)) + first
    made = tuple(f"row {n}" for n in numbers[some & ~odd])
    skipped = tuple(f"row {n}: not exactly one half is missing" for n in numbers[odd])
    with output.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if head:
            writer.writerow(head)
        for label, picture in zip(labels, pictures.reshape(-1, PIXELS) * 255, strict=True):
            writer.writerow([*label, *("" if np.isnan(v) else round(float(v)) for v in picture)])
    return Report(output, int((~some).sum()), made, skipped)


def _read_table(source: Path) -> tuple[list[str], list[list[str]], np.ndarray]:
    """Column names, what stands before the pixels, and the pixels `(n, 784)`, NaN where empty.

    Raises:
        UserError: not such a table.
    """
    if source.stat().st_size > MAX_BYTES:
        raise UserError(f"This table is larger than {MAX_BYTES >> 20} MB. Split it.")
    head: list[str] = []
    labels, rows = [], []
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if not row:
                    continue
                if len(row) not in (PIXELS, PIXELS + 1):
                    raise UserError(
                        f"Row {number} has {len(row)} columns: {PIXELS} pixels are wanted, after "
                        "a label at most."
                    )
                try:
                    values = [float(cell) if cell.strip() else np.nan for cell in row[-PIXELS:]]
                except ValueError as error:
                    if number == 1:
                        head = row
                        continue
                    raise UserError(f"Row {number} holds something that is no number.") from error
                labels.append(row[:-PIXELS])
                rows.append(values)
                if len(rows) > MAX_ROWS:
                    raise UserError(f"At most {MAX_ROWS:,} rows at a time, please.")
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError("This is not a table of comma-separated values in UTF-8.") from error
    if not rows:
        raise UserError("This table holds no row of pixels.")
    pixels = np.array(rows, np.float32)
    if np.nanmax(pixels, initial=0) > 255 or np.nanmin(pixels, initial=0) < 0:
        raise UserError("Pixels are numbers from 0 to 255.")
    return head, labels, pixels
