"""What a start finds around it: variables, proxies, addresses; and what visitors are told."""

import errno
import os
import socket
import tempfile

import httpx
import pytest

from mmdemo.core.errors import UserError, WeightsError, for_visitors, no_room
from mmdemo.core.serve import scratch, surroundings
from mmdemo.core.serve.surroundings import VARIABLES, Decision


@pytest.fixture
def own(tmp_path):
    made = scratch.make(tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in (*surroundings.PROXIES, "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


# === Variables ===


@pytest.mark.parametrize("name", [*VARIABLES, "GRADIO_OF_A_LATER_VERSION"])
def test_each_variable_becomes_what_was_decided(name, own, monkeypatch):
    monkeypatch.setenv(name, "as set")
    decision = VARIABLES.get(name, Decision.CLEARED)
    with surroundings.settled(own, "127.0.0.1"):
        found = os.environ.get(name)
    if decision is Decision.HONOURED:
        assert found == "as set"
    elif decision is Decision.PINNED:
        assert found not in (None, "as set")
    else:
        assert found is None
    assert os.environ[name] == "as set", "as it was, when the app has ended"


def test_files_of_the_moment_are_made_in_the_app_s_own_folder(own, monkeypatch):
    before = tempfile.gettempdir()
    with surroundings.settled(own, "127.0.0.1"):
        assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(own.temporary)
        assert os.environ["GRADIO_TEMP_DIR"] == str(own.uploads)
    assert tempfile.gettempdir() == before


# === Proxies ===


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "192.0.2.7", "school"])
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_the_app_itself_is_reached_past_a_proxy(name, host, own, monkeypatch):
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with surroundings.settled(own, host), httpx.Client() as client:
        url = httpx.URL(f"http://{surroundings.as_host(host)}:7860/")
        assert client._transport_for_url(url) is client._transport
        elsewhere = client._transport_for_url(httpx.URL("http://example.org/"))
        assert elsewhere is not client._transport


def test_what_the_user_excepts_stays_excepted(own, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "intern.example, 10.0.0.1")
    with surroundings.settled(own, "0.0.0.0"):
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"]
        assert os.environ["no_proxy"].startswith("intern.example,10.0.0.1,localhost,")


@pytest.mark.parametrize("proxy", ["gopher://here:1", "http://[:::1", "http://here:port"])
def test_a_proxy_that_cannot_be_one_is_passed_over(proxy, own, monkeypatch, caplog):
    monkeypatch.setenv("all_proxy", proxy)
    with surroundings.settled(own, "127.0.0.1"):
        assert "all_proxy" not in os.environ
        httpx.Client().close()
    (record,) = caplog.records
    assert "$all_proxy" in record.getMessage()


# === Addresses ===


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1", "[::1]", "::"])
def test_any_free_port(host):
    if ":" in host and not socket.has_ipv6:
        pytest.skip("there is no IPv6 here")
    assert 1024 <= surroundings.free_port(host, 0) <= 65535


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("192.0.2.7", "not an address of this computer"),
        ("2001:db8::7", "not an address of this computer"),
        ("no such name", "is no address"),
        ("a" * 70, "is no address"),
        ("", "is no address"),
    ],
)
def test_an_address_of_another_machine(host, message):
    with pytest.raises(UserError, match=message):
        surroundings.free_port(host, 0)


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} of 127.0.0.1 is taken"):
            surroundings.free_port("127.0.0.1", port)


def test_an_address_of_ipv6_stands_in_brackets():
    assert surroundings.as_host("::1") == "[::1]"
    for host in ("[::1]", "127.0.0.1", "localhost"):
        assert surroundings.as_host(host) == host


# === What visitors are told ===


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The file /srv/ada/weights/a/default/model.weights.h5 is missing.",
         "The file model.weights.h5 is missing."),
        ("Remove /srv/x/y, and fetch it again: python -m mmdemo pull",
         "Remove y, and fetch it again: python -m mmdemo pull"),
        (r"C:\Users\Ada\weights\a.h5 is damaged", "a.h5 is damaged"),
        ("There is no file at PosixPath('/tmp/gradio/1f/a.png').", "There is no file at 'a.png'."),
        ("got <class 'numpy.ndarray'> here", "got numpy.ndarray here"),
        ("Look at https://huggingface.co/ada/tiny/tree/main or and/or ask 3/4 of them.",
         "Look at https://huggingface.co/ada/tiny/tree/main or and/or ask 3/4 of them."),
        ("python -m mmdemo train corrnet/halves --preset book",
         "python -m mmdemo train corrnet/halves --preset book"),
    ],
)  # fmt: skip
def test_visitors_are_told_no_folder_of_the_server(said, told):
    assert for_visitors(WeightsError(said)) == told


def test_folders_with_blanks_in_their_names_are_not_told(tmp_path, monkeypatch):
    folder = tmp_path / "ada lovelace" / "tmp"
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert for_visitors(UserError(f"There is no file at {folder}/a.png.")) == (
        "There is no file at a.png."
    )


def test_a_full_disk_is_known():
    assert no_room(OSError(errno.ENOSPC, "No space left on device"))
    assert not no_room(OSError(errno.EACCES, "Permission denied"))
    assert not no_room(ValueError())
