"""core.datasets: sets get here whole or not at all, and archives cannot do harm."""

import http.server
import socket
import threading
from dataclasses import replace

import pytest

from mmdemo.core.data import datasets
from mmdemo.core.errors import DataMissing, UserError
from tests.support.archives import tar_file, zip_file

CONTENT = {"deep/in/s1/1.pgm": b"one", "deep/in/s40/10.pgm": b"P5 2 2 255\n....", "readme": b"r"}


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    monkeypatch.setenv("MMDEMO_DATA", str(folder))
    monkeypatch.setenv("no_proxy", "*")
    return folder


def left_over(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


# === Archives ===


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_a_local_archive_is_unpacked_wherever_the_set_lies_in_it(tmp_path, data_folder, mode):
    make = zip_file if mode == "zip" else lambda p, c: tar_file(p, c, mode)
    folder = datasets.get("orl_faces", make(tmp_path / "faces", CONTENT))
    assert folder == data_folder / "orl_faces" == datasets.path("orl_faces")
    assert (folder / "s40" / "10.pgm").read_bytes() == CONTENT["deep/in/s40/10.pgm"]
    assert (folder / "s1" / "1.pgm").read_bytes() == b"one"
    assert left_over(data_folder) == ["orl_faces"]


def test_what_is_here_is_not_fetched_again(tmp_path, data_folder):
    first = datasets.get("orl_faces", zip_file(tmp_path / "a.zip", CONTENT))
    (first / "mark").touch()
    assert datasets.get("orl_faces", tmp_path / "absent.zip") == first
    assert (first / "mark").exists()


def test_an_incomplete_set_is_replaced(tmp_path, data_folder):
    (data_folder / "orl_faces" / "s1").mkdir(parents=True)
    assert not datasets.is_present("orl_faces")
    datasets.get("orl_faces", zip_file(tmp_path / "a.zip", CONTENT))
    assert datasets.is_present("orl_faces")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: zip_file(p, {"other/file": b"x"}), "does not hold 'orl_faces'"),
        (lambda p: zip_file(p, {}), "does not hold 'orl_faces'"),
        (lambda p: p.write_bytes(b"just text"), "neither a zip nor a tar"),
        (lambda p: p.write_bytes(b""), "neither a zip nor a tar"),
        (lambda p: p.mkdir(), "no archive at"),
        (lambda p: None, "no archive at"),
    ],
)
def test_a_wrong_archive(tmp_path, data_folder, make, message):
    path = tmp_path / "archive.zip"
    make(path)
    with pytest.raises(UserError, match=message):
        datasets.get("orl_faces", path)
    assert left_over(data_folder) == []


def _damaged(path):
    content = bytearray(zip_file(path, CONTENT).read_bytes())
    content[45] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_damaged, r"cannot be unpacked.*Download it again"),
        (lambda p: zip_file(p, {**CONTENT, "../escaped": b"harm"}), "would leave the folder"),
        (lambda p: zip_file(p, {**CONTENT, "zeros": bytes(3 << 20)}), "unpacks to more than 1 MB"),
    ],
)
def test_a_refused_archive_leaves_nothing(tmp_path, data_folder, monkeypatch, make, message):
    monkeypatch.setattr(datasets, "MAX_BYTES", 1 << 20)
    path = tmp_path / "archive"
    make(path)
    with pytest.raises(UserError, match=message):
        datasets.get("orl_faces", path)
    assert left_over(data_folder) == []
    assert not list(tmp_path.rglob("*escaped*"))


def test_an_interrupted_get_leaves_nothing(tmp_path, data_folder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(datasets, "_find", interrupt)
    with pytest.raises(KeyboardInterrupt):
        datasets.get("orl_faces", zip_file(tmp_path / "a.zip", CONTENT))
    assert left_over(data_folder) == []


# === Download ===


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Serves bytes on the loopback as the set's archive."""
    servers = []

    def start(content, announced=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(announced or len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        point_to(monkeypatch, f"http://127.0.0.1:{server.server_port}/faces.zip")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def point_to(monkeypatch, url):
    faces = replace(datasets.REGISTRY["orl_faces"], url=url)
    monkeypatch.setitem(datasets.REGISTRY, "orl_faces", faces)


def test_download(tmp_path, serve):
    content = zip_file(tmp_path / "a.zip", CONTENT).read_bytes()
    serve(content)
    told = []
    folder = datasets.get("orl_faces", progress=lambda done, total: told.append((done, total)))
    assert (folder / "s40" / "10.pgm").is_file()
    assert told[-1] == (len(content), len(content))


def test_a_download_that_breaks_off(tmp_path, data_folder, serve):
    content = zip_file(tmp_path / "a.zip", CONTENT).read_bytes()
    serve(content[:100], announced=len(content))
    with pytest.raises(UserError, match=r"Could not download .*--archive FILE"):
        datasets.get("orl_faces")
    assert left_over(data_folder) == []


def test_an_address_that_does_not_answer(data_folder, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    point_to(monkeypatch, f"http://127.0.0.1:{port}/faces.zip")
    with pytest.raises(UserError, match=r"Could not download .*--archive FILE") as caught:
        datasets.get("orl_faces")
    assert "\n" not in str(caught.value)
    assert left_over(data_folder) == []


def test_a_set_behind_an_account_says_how_to_get_it():
    with pytest.raises(UserError, match=r"kaggle\.com.*--archive FILE"):
        datasets.get("cats_dogs_audio")


# === Names ===


def test_missing_data_says_what_to_do(data_folder):
    with pytest.raises(DataMissing, match="python -m mmdemo data get esc10"):
        datasets.path("esc10")


def test_an_unknown_name_lists_those_there_are():
    for call in (datasets.lookup, datasets.path, datasets.get, datasets.is_present):
        with pytest.raises(UserError, match="orl_faces"):
            call("no_such_set")


def test_the_registry_is_complete():
    for name, dataset in datasets.REGISTRY.items():
        assert dataset.name == name
        assert dataset.home.startswith(("https://", "http://"))
        assert dataset.licence
        assert dataset.citation


@pytest.mark.parametrize("name", datasets.REGISTRY)
def test_the_real_sets_match_their_markers(name, monkeypatch, needs_data):
    monkeypatch.undo()  # the real data folder
    assert needs_data(name).is_dir()
