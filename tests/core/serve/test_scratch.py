"""A folder of one's own: locked, private, swept, and cleared after an app that was killed."""

import os
import signal
import subprocess
import sys
import time

import pytest

from mmdemo.core.serve import scratch
from tests.support.server import ROOT

HOLDER = """
import sys, time
from pathlib import Path
from mmdemo.core.serve import scratch
print(scratch.make(Path(sys.argv[1])).folder, flush=True)
time.sleep(60)
"""


@pytest.fixture
def made(tmp_path):
    own = scratch.make(tmp_path)
    yield own
    own.close()


@pytest.fixture
def holder(tmp_path):
    """Another process of this user with a folder of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    process.folder = tmp_path / os.path.basename(process.stdout.readline().strip())
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def aged(path, seconds):
    """The time at which a file will be so old; the time of its last change cannot be set."""
    os.utime(path, (0, path.lstat().st_ctime))
    return path.lstat().st_ctime + seconds


def test_a_folder_is_private(made):
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert made.uploads.is_dir() and made.temporary.is_dir()


def test_closing_removes_it_and_may_be_done_twice(made, tmp_path):
    (made.uploads / "x").mkdir()
    (made.uploads / "x" / "photo.jpg").write_bytes(b"private")
    made.close()
    other = scratch.make(tmp_path)  # takes the number of the handle that was closed
    made.close()
    assert list(tmp_path.iterdir()) == [other.folder]
    scratch.clear(tmp_path)
    assert other.folder.is_dir()
    other.close()


def test_a_folder_in_use_stays(holder, tmp_path):
    scratch.clear(tmp_path)
    assert (holder.folder / "uploads").is_dir()


def test_what_a_killed_app_left_is_cleared_by_the_next(holder, tmp_path):
    (holder.folder / "uploads" / "photo.jpg").write_bytes(b"private")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert holder.folder.is_dir()
    scratch.clear(tmp_path)
    assert not holder.folder.exists()


def test_what_looks_alike_but_is_none_stays(tmp_path):
    target = tmp_path / "somewhere"
    target.mkdir()
    (target / "file").touch()
    (tmp_path / f"{scratch.PREFIX}link").symlink_to(target)
    (tmp_path / f"{scratch.PREFIX}file").touch()
    (tmp_path / "gradio").mkdir()
    scratch.clear(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    assert (target / "file").exists()


def test_another_user_s_folder_stays(tmp_path, monkeypatch):
    folder = tmp_path / f"{scratch.PREFIX}other"
    folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    scratch.clear(tmp_path)
    assert folder.is_dir()
    monkeypatch.undo()
    scratch.clear(tmp_path)
    assert not folder.exists()


def test_an_upload_goes_within_the_hour_and_an_example_stays(made):
    upload, example = made.uploads / "a" / "photo.jpg", made.uploads / "b" / "clock.wav"
    for path in (upload, example):
        path.parent.mkdir()
        path.write_bytes(b"x")
    scratch.sweep(made.uploads, frozenset({example}), aged(upload, scratch.KEEP - 1))
    assert upload.exists()
    scratch.sweep(made.uploads, frozenset({example}), aged(upload, scratch.KEEP + 1))
    assert not upload.exists()
    assert example.exists()
    assert scratch.KEEP + scratch.EVERY < 3600
    scratch.sweep(made.uploads, frozenset({example}), time.time() + 2 * scratch.KEEP)
    assert [path.name for path in made.uploads.iterdir()] == ["b"]


def test_an_upload_that_broke_off_goes_soon(made):
    part, whole = made.uploads / "tmpabc", made.uploads / "a" / "photo.jpg"
    whole.parent.mkdir()
    for path in (part, whole):
        path.write_bytes(b"x")
    scratch.sweep(made.uploads, frozenset(), time.time() + scratch.STALLED - 5)
    assert part.exists()
    scratch.sweep(made.uploads, frozenset(), time.time() + scratch.STALLED + 5)
    assert whole.exists()
    assert not part.exists()


def test_uploads_have_a_bound_and_leave_room(made, monkeypatch):
    (made.uploads / "photo.jpg").write_bytes(b"x" * 100)
    assert made.has_room(1000)
    monkeypatch.setattr(scratch, "MAX_BYTES", 1099)
    assert not made.has_room(1000)
    assert made.has_room(999)
    monkeypatch.setattr(scratch, "RESERVE", 1 << 60)
    assert not made.has_room(0)
