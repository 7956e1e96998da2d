"""Where tablets find this computer, the code that they scan, and its certificate."""

from __future__ import annotations

import io
import os
import socket
import ssl
import stat
import threading
from types import SimpleNamespace

import cv2
import numpy as np
import psutil
import pytest

from mmdemo.core.errors import UsageError, UserError
from mmdemo.core.serve import classroom
from mmdemo.core.serve.classroom import Address, Classroom

# === Addresses ===


@pytest.fixture
def networks(monkeypatch):
    """Puts networks in place of this computer's: by interface, whether it is up, and addresses."""

    def put(way_out: str, **interfaces: tuple[bool, list[str]]) -> None:
        entries = {
            name: [SimpleNamespace(family=socket.AF_PACKET, address="00:00:00:00:00:00")]
            + [
                SimpleNamespace(
                    family=socket.AF_INET6 if ":" in address else socket.AF_INET, address=address
                )
                for address in addresses
            ]
            for name, (_, addresses) in interfaces.items()
        }
        states = {name: SimpleNamespace(isup=up) for name, (up, _) in interfaces.items()}
        monkeypatch.setattr(psutil, "net_if_addrs", lambda: entries)
        monkeypatch.setattr(psutil, "net_if_stats", lambda: states)
        monkeypatch.setattr(classroom, "_way_out", lambda host: way_out)

    return put


def test_every_network_is_named_and_the_way_out_comes_first(networks):
    networks(
        "192.168.1.17",
        lo=(True, ["127.0.0.1", "::1"]),
        docker0=(True, ["172.17.0.1"]),
        eth0=(False, ["10.0.0.5"]),
        eth1=(True, ["169.254.7.7"]),
        wlan0=(True, ["192.168.1.17", "fe80::1%wlan0", "fd00::17"]),
    )
    found = classroom.addresses("0.0.0.0")
    assert found == (Address("192.168.1.17", "wlan0"), Address("172.17.0.1", "docker0"))
    assert classroom.addresses("::") == (Address("fd00::17", "wlan0"),)


def test_a_computer_in_no_network_is_told_so(networks):
    networks("", lo=(True, ["127.0.0.1"]), eth0=(True, ["169.254.7.7"]))
    with pytest.raises(UserError, match="in no network"):
        classroom.addresses("0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_host_that_tablets_cannot_reach_is_refused(host):
    with pytest.raises(UsageError, match="nobody but this computer"):
        classroom.addresses(host)


def test_an_address_that_was_chosen_is_the_only_one():
    assert classroom.addresses("192.0.2.7") == (Address("192.0.2.7"),)


class Silent(socket.socket):
    """A socket that sends nothing."""

    def sendto(self, *given):
        raise AssertionError("the network was asked")

    send = sendall = sendmsg = sendto


def test_the_way_out_is_asked_of_the_system_alone(monkeypatch):
    monkeypatch.setattr(socket, "socket", Silent)
    own = {e.address for entries in psutil.net_if_addrs().values() for e in entries}
    assert {classroom._way_out(host).split("%")[0] for host in classroom.ALL} <= {"", *own}


def test_what_tablets_open():
    room = Classroom((Address("192.0.2.7", "wlan0"), Address("fd00::17")), 7860, https=True)
    assert room.urls == ("https://192.0.2.7:7860", "https://[fd00::17]:7860")


# === The code ===


class Terminal(io.StringIO):
    def __init__(self, encoding: str, seen: bool) -> None:
        super().__init__()
        self._encoding, self._seen = encoding, seen

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return self._seen


def test_the_code_in_a_terminal_is_read_as_the_address():
    terminal = Terminal("utf-8", seen=True)
    classroom.print_code("https://192.168.100.117:7860", terminal)
    halves = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    lines = terminal.getvalue().splitlines()
    width = max(map(len, lines))
    pixels = np.zeros((2 * len(lines), width), np.uint8)
    for row, line in enumerate(lines):
        for column, sign in enumerate(line):
            pixels[2 * row : 2 * row + 2, column] = halves[sign]
    enlarged = cv2.copyMakeBorder(
        np.kron(pixels, np.ones((8, 8), np.uint8)), 32, 32, 32, 32, cv2.BORDER_CONSTANT, value=255
    )
    text, *_ = cv2.QRCodeDetector().detectAndDecode(enlarged)
    assert text == "https://192.168.100.117:7860"


@pytest.mark.parametrize(("encoding", "seen"), [("utf-8", False), ("cp1252", True)])
def test_no_code_where_nobody_sees_it(encoding, seen):
    terminal = Terminal(encoding, seen)
    classroom.print_code("http://192.0.2.7:7860", terminal)
    assert terminal.getvalue() == ""


# === HTTPS ===


def greeted(certificate: classroom.Certificate) -> socket.socket:
    """A server that ends TLS once, on a port of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            plain, _ = listening.accept()
            try:
                context.wrap_socket(plain, server_side=True).close()
            except (ssl.SSLError, ConnectionError):  # a visitor who does not trust it
                plain.close()

    threading.Thread(target=serve, daemon=True).start()
    return listening


def test_a_certificate_is_good_for_its_addresses_and_its_key_goes(tmp_path):
    with classroom.certified(tmp_path, ["192.0.2.7", "fd00::17"]) as certificate:
        if os.name != "nt":
            assert stat.S_IMODE(certificate.key.stat().st_mode) == 0o600
        trusting = ssl.create_default_context(cafile=str(certificate.file))
        with greeted(certificate) as listening:
            for name, good in (("192.0.2.7", True), ("192.0.2.8", False)):
                with socket.create_connection(listening.getsockname(), timeout=20) as plain:
                    try:
                        with trusting.wrap_socket(plain, server_hostname=name) as secure:
                            seen = secure.getpeercert(binary_form=True)
                            assert good and seen is not None
                    except ssl.SSLCertVerificationError:
                        assert not good
    assert not certificate.key.exists()
    assert "PRIVATE" not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_the_key_goes_where_the_server_does_not_start(tmp_path):
    with pytest.raises(OSError, match="taken"), classroom.certified(tmp_path, []) as certificate:
        raise OSError("taken")
    assert not certificate.key.exists()
