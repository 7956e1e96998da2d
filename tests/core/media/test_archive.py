"""core.media.archive: whole files get out, and archives cannot do harm."""

import io
import stat
import tarfile
import zipfile

import pytest

from mmdemo.core.errors import MediaError
from mmdemo.core.media.archive import Damaged, TooLarge, unpack
from tests.support.archives import tar_file, zip_file

CONTENT = {"deep/in/a.txt": b"a", "b.txt": b"second", "c/empty": b""}
NOISE = bytes(range(256)) * 2000 + b"".join(bytes([i * i % 251]) for i in range(99_999))
MODES = ["w", "w:gz", "w:bz2", "w:xz"]


def get(archive, folder, max_bytes=1 << 20, max_files=10, tar=True):
    return unpack(archive, folder, max_bytes=max_bytes, max_files=max_files, tar=tar)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("mode", ["zip", *MODES])
def test_files_are_unpacked(tmp_path, mode):
    path = tmp_path / "archive"
    zip_file(path, CONTENT) if mode == "zip" else tar_file(path, CONTENT, mode)
    assert get(path, tmp_path / "new" / "folder") == []
    assert files(tmp_path / "new" / "folder") == CONTENT


def test_an_empty_archive_is_an_empty_folder(tmp_path):
    get(zip_file(tmp_path / "a.zip", {}), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_tar_archive_that_ends_with_a_zip_archive_is_a_tar_archive(tmp_path):
    inner = zip_file(tmp_path / "inner.zip", CONTENT).read_bytes()
    path = tar_file(tmp_path / "a.tar", {"inner.zip": inner}, "w")
    assert zipfile.is_zipfile(path)
    get(path, tmp_path / "out")
    assert list(files(tmp_path / "out")) == ["inner.zip"]


def test_a_tar_archive_is_read_only_where_it_is_allowed(tmp_path):
    path = tar_file(tmp_path / "a.tar", CONTENT)
    with pytest.raises(Damaged, match=r"^a\.tar cannot be unpacked: it is no zip archive"):
        get(path, tmp_path / "out", tar=False)
    assert files(tmp_path / "out") == {}


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(Damaged, match="neither a zip nor a tar archive, or is cut off"):
        get(path, tmp_path / "out")


@pytest.mark.parametrize("mode", ["zip", "w:gz", "w:xz", "w:bz2"])
def test_a_truncated_archive_is_refused(tmp_path, mode):
    path, content = tmp_path / "cut", {**CONTENT, "noise": NOISE}
    zip_file(path, content) if mode == "zip" else tar_file(path, content, mode)
    path.write_bytes(path.read_bytes()[:-1500])
    with pytest.raises(Damaged, match="cannot be unpacked"):
        get(path, tmp_path / "out")


def test_damaged_content_is_found_by_its_checksum(tmp_path):
    path = zip_file(tmp_path / "a.zip", CONTENT)
    content = bytearray(path.read_bytes())
    content[len("deep/in/a.txt") + 31] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"^a\.zip cannot be unpacked: it is damaged, or has a pass"):
        get(path, tmp_path / "out")


def test_every_damage_is_a_sentence(tmp_path):
    path = zip_file(tmp_path / "a.zip", CONTENT)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            get(path, tmp_path / "out", tar=False)
        except MediaError as error:
            assert "a.zip" in str(error)


def test_a_password_is_said_to_be_one(tmp_path):
    path = zip_file(tmp_path / "a.zip", {"a": b"a"})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # of the file's own header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # of the archive's table
    path.write_bytes(content)
    with pytest.raises(Damaged, match="password"):
        get(path, tmp_path / "out")


@pytest.mark.parametrize("name", ["../evil", "deep/../../../evil", "/tmp/evil-mmdemo", "C:evil"])
@pytest.mark.parametrize("make", [zip_file, tar_file])
def test_a_file_that_would_leave_the_folder_is_refused(tmp_path, make, name):
    path = make(tmp_path / "archive", {**CONTENT, name: b"harm"})
    with pytest.raises(MediaError, match=r"'.*evil.*' would leave the folder"):
        get(path, tmp_path / "out")
    assert not list(tmp_path.rglob("*evil*"))


def test_a_file_that_would_leave_the_folder_on_windows_is_refused(tmp_path):
    path = zip_file(tmp_path / "a.zip", {"..\\evil": b"harm"})
    with pytest.raises(MediaError, match="would leave the folder"):
        get(path, tmp_path / "out")


def test_links_and_devices_are_left_out_and_named(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = tmp_path / "a.tar"
    kinds = {"soft": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "device": tarfile.CHRTYPE}
    with tarfile.open(path, "w") as archive:
        for name, kind in kinds.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, str(secret)
            archive.addfile(member)
        archive.addfile(tarfile.TarInfo("file"), io.BytesIO(b""))
    assert get(path, tmp_path / "out") == list(kinds)
    assert list(files(tmp_path / "out")) == ["file"]


def test_a_link_in_a_zip_is_left_out_and_named(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
        archive.writestr("file", "a")
    assert get(tmp_path / "a.zip", tmp_path / "out") == ["link"]
    assert list(files(tmp_path / "out")) == ["file"]


@pytest.mark.parametrize("make", [zip_file, tar_file])
def test_a_bomb_is_refused_while_it_is_unpacked(tmp_path, make):
    path = make(tmp_path / "archive", {**CONTENT, "zeros": bytes(3 << 20)})
    assert path.stat().st_size < 10_000
    with pytest.raises(TooLarge, match="unpacks to more than 1 MB"):
        get(path, tmp_path / "out")
    assert sum(map(len, files(tmp_path / "out").values())) <= 1 << 20


def test_a_bomb_whose_header_lies_is_refused(tmp_path):
    path = zip_file(tmp_path / "a.zip", {"zeros": bytes(3 << 20)})
    content = bytearray(path.read_bytes())
    size = (3 << 20).to_bytes(4, "little")
    while size in content:
        place = content.index(size)
        content[place : place + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises((TooLarge, Damaged)):
        get(path, tmp_path / "out")
    assert sum(map(len, files(tmp_path / "out").values())) <= 1000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_cannot_be_bounded_is_refused(tmp_path, method):
    path = zip_file(tmp_path / "a.zip", {"zeros": bytes(3 << 20)}, method)
    with pytest.raises(Damaged, match="compressed in an unusual way"):
        get(path, tmp_path / "out")
    assert files(tmp_path / "out") == {}


@pytest.mark.parametrize("make", [zip_file, tar_file])
def test_too_many_files_are_refused(tmp_path, make):
    path = make(tmp_path / "archive", {str(number): b"" for number in range(11)})
    with pytest.raises(TooLarge, match="holds more than 10 files"):
        get(path, tmp_path / "out")


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path):
    path = zip_file(tmp_path / "a.zip", {"a": b"", "a/b": b""})
    with pytest.raises(Damaged, match="cannot be unpacked"):
        get(path, tmp_path / "out")
