"""Archives that people upload or name, unpacked within bounds."""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from mmdemo.core.errors import MediaError
from mmdemo.core.language import _

CHUNK = 1 << 16
UNREADABLE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError),
    *(zlib.error, lzma.LZMAError, EOFError, ValueError, OverflowError),
    *(RuntimeError, MemoryError),  # encrypted; a header that asks for too much
    OSError,  # bzip2's; no room; a name that the file system refuses
)
"""What Python's readers raise of an archive."""


class TooLarge(MediaError):
    """It holds more files, or unpacks to more bytes, than it may."""


class Damaged(MediaError):
    """It cannot be read: no archive, cut off, changed, or encrypted."""


def unpack(
    archive: Path, folder: Path, *, max_bytes: int, max_files: int, tar: bool = False
) -> list[str]:
    """Unpack the plain files of an archive, and nothing but these.

    Args:
        archive: a zip archive.
        folder: to unpack into; where the call fails, what was unpacked before is left in it.
        max_bytes: of all files, counted while they are unpacked: the archive's headers may lie.
        max_files: of all files.
        tar: read tar archives too, compressed or not. Only where the archive comes from a source
            that is trusted: a header of a tar archive takes as much memory as it says.

    Returns:
        Names of the links and devices, which are left out.

    Raises:
        TooLarge: a bound was passed.
        Damaged: no archive, damaged, encrypted, or compressed otherwise than by deflation.
        MediaError: a file would leave the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    left_out = []
    left, files = max_bytes, 0
    try:
        for name, content in _members(archive, tar):
            if content is None:
                left_out.append(name)
                continue
            files += 1
            if files > max_files:
                raise TooLarge(
                    _("{name} is refused: it holds more than {limit:,} files.").format(
                        name=archive.name, limit=max_files
                    )
                )
            path = _inside(archive, folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                while chunk := content.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        most = _size(max_bytes)
                        raise TooLarge(
                            _("{name} is refused: it unpacks to more than {most}.").format(
                                name=archive.name, most=most
                            )
                        )
                    file.write(chunk)
    except UNREADABLE as error:
        raise Damaged(
            _("{name} cannot be unpacked: it is damaged, or has a password ({error}).").format(
                name=archive.name, error=error
            )
        ) from error
    return left_out


_Members = Iterator[tuple[str, IO[bytes] | None]]
"""Name and content of each file; None for what is no plain file."""


def _members(archive: Path, tar: bool) -> _Members:
    # A tar archive may end with a zip archive that it holds, so that it is looked for first.
    if tar and tarfile.is_tarfile(archive):
        return _tar_members(archive)
    if zipfile.is_zipfile(archive):
        return _zip_members(archive)
    kinds = _("neither a zip nor a tar archive") if tar else _("no zip archive")
    raise Damaged(
        _("{name} cannot be unpacked: it is {kinds}, or is cut off.").format(
            name=archive.name, kinds=kinds
        )
    )


def _tar_members(archive: Path) -> _Members:
    with tarfile.open(archive) as opened:
        for member in opened:
            if not member.isdir():
                yield member.name, opened.extractfile(member) if member.isfile() else None


def _zip_members(archive: Path) -> _Members:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.is_dir():
                continue
            kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where it was not written by Unix
            if kind not in (0, stat.S_IFREG):
                yield member.filename, None
                continue
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                # zipfile unpacks other kinds without a bound: 4 KB of bzip2 may give gigabytes
                raise Damaged(
                    _(
                        "{name} cannot be unpacked: it is compressed in an unusual way. Write it "
                        "again as an ordinary zip archive."
                    ).format(name=archive.name)
                )
            with opened.open(member) as content:
                yield member.filename, content


def _inside(archive: Path, folder: Path, name: str) -> Path:
    """Where a file of an archive belongs in the folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0]:
        raise MediaError(
            _("{name} is refused: '{file}' would leave the folder.").format(
                name=archive.name, file=name[:80]
            )
        )
    return folder.joinpath(*parts)


def _size(number: int) -> str:
    return f"{number / 2**30:.0f} GB" if number >= 2**30 else f"{number / 2**20:.0f} MB"
