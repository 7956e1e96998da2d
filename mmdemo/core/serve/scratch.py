"""The folder of one running app for all that passes: uploads, and what is made of them.

Each running app has one of its own below the system's folder for temporary files, which nobody else
may enter. It goes when the app ends. Where the app was killed, the next one of the same user clears
it: a lock that the system lets go with the process says which folders are still in use.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import logging
import os
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mmdemo.core.errors import UserError
from mmdemo.core.media import budget

logger = logging.getLogger(__name__)

PREFIX = "mmdemo-app-"
EVERY = 60.0
"""Seconds between two looks at what is too old."""
KEEP = 3600 - 2 * EVERY
"""Seconds that an upload stays: with the time until the next look it is gone within the hour."""
STALLED = 600.0
"""Seconds without a byte after which an upload was broken off."""
MAX_BYTES = 4 * 1024**3
"""Of all uploads together; further ones are told to come back."""
RESERVE = 16 * 1024**2
"""Bytes of the disk that uploads leave free, for what the app itself must write."""


@dataclass(frozen=True)
class Scratch:
    """A folder of one's own, locked.

    Attributes:
        folder: readable by this user alone.
        release: lets go of the lock; again does nothing.
    """

    folder: Path
    release: Callable[[], None]

    @property
    def uploads(self) -> Path:
        """What visitors send and take home, beside the examples that the pages show."""
        return self.folder / "uploads"

    @property
    def temporary(self) -> Path:
        """What the app makes for the length of an answer."""
        return self.folder / "temporary"

    def has_room(self, size: int) -> bool:
        """Whether an upload of so many bytes fits the disk and the bound on all uploads."""
        if shutil.disk_usage(self.folder).free < size + RESERVE:
            return False
        return sum(found.st_size for _, found in _files(self.uploads)) + size <= MAX_BYTES

    def close(self) -> None:
        """Remove the folder and let go of the lock."""
        for part in (self.uploads, self.temporary):
            shutil.rmtree(part, ignore_errors=True)
        self.release()
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def own() -> Scratch:
    """The folder of this process, made at first use; what earlier runs left is cleared.

    Raises:
        UserError: there is no place for temporary files, or no room in it.
    """
    try:
        parent = Path(tempfile.gettempdir())
        clear(parent)
        made = make(parent)
    except OSError as error:
        raise UserError(
            f"Temporary files cannot be stored: {error}. Make room, or name another folder: $TMPDIR"
        ) from error
    atexit.register(made.close)
    return made


def make(parent: Path) -> Scratch:
    """A new folder, locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        release = _lock(folder)
        if release is None:  # an app that starts as well took it for one that was left
            continue
        made = Scratch(folder, release)
        try:
            made.uploads.mkdir()
            made.temporary.mkdir()
        except FileNotFoundError:
            release()
            continue
        return made


def clear(parent: Path) -> None:
    """Remove the folders that this user's apps left because they were killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            if _is_own(folder) and (release := _lock(folder)) is not None:
                Scratch(folder, release).close()
        except OSError as error:
            logger.warning("%s of an earlier run cannot be removed: %s", folder, error)


def _lock(folder: Path) -> Callable[[], None] | None:
    """Lock a folder; answers what lets go of it, or None where somebody has it.

    The system does so when the process ends, however it ends. On Linux the lock also keeps
    systemd-tmpfiles away, which clears /tmp of what is ten days old.
    """
    if sys.platform == "win32":
        import msvcrt

        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    else:
        import fcntl

        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            return None
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    once = contextlib.ExitStack()
    once.callback(os.close, handle)
    return once.close


def _is_own(folder: Path) -> bool:
    """Whether it is a folder, not a link, and this user's."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.getuid())


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All files below a folder; some may go meanwhile."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            try:
                yield path, path.lstat()
            except FileNotFoundError:
                continue


def sweep(folder: Path, keep: frozenset[Path], now: float) -> None:
    """Remove what is too old, except what belongs to the app.

    Args:
        folder: of uploads. A file that lies in it directly has not arrived yet.
        keep: files that stay, whatever their age.
        now: seconds since 1970.
    """
    for path, found in _files(folder):
        stalled = path.parent == folder and now - found.st_mtime > STALLED
        if path not in keep and (stalled or now - found.st_ctime > KEEP):
            path.unlink(missing_ok=True)
    for place, folders, names in os.walk(folder, topdown=False):
        path = Path(place)
        if path != folder and not folders and not names and now - path.stat().st_mtime > KEEP:
            path.rmdir()


def watch(scratch: Scratch) -> None:
    """Sweep the uploads from now on, in a thread; files that are there now belong to the app."""
    keep = frozenset(path for path, _ in _files(scratch.uploads))

    def run() -> None:
        while scratch.folder.is_dir():
            try:
                sweep(scratch.uploads, keep, time.time())
            except OSError as error:  # such as a folder that got a file at that moment
                logger.warning("Old uploads cannot be removed yet: %s", error)
            budget.trim()  # what networks and decoders freed since
            time.sleep(EVERY)

    threading.Thread(target=run, name="sweep", daemon=True).start()
