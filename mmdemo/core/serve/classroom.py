"""What serving a class takes: where tablets find this computer, a code to scan, a certificate."""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from mmdemo.core.errors import UsageError, UserError
from mmdemo.core.serve import surroundings

ALL = ("0.0.0.0", "::")
"""Hosts that stand for every address of this computer, of IPv4 and of IPv6."""
ELSEWHERE = {"0.0.0.0": ("192.0.2.1", 9), "::": ("2001:db8::1", 9)}
"""Addresses that belong to nobody (RFC 5737, RFC 3849): what is asked is the way there only."""
VALID = datetime.timedelta(days=90)
"""How long a certificate holds, which each start makes anew; Apple's devices take 825 days."""
SKEW = datetime.timedelta(days=1)
"""By how much a tablet's clock may be behind."""


@dataclass(frozen=True)
class Address:
    """One of this computer's addresses.

    Attributes:
        ip: of IPv4 or IPv6.
        interface: through which it is reached, as the system calls it; empty where it was given.
    """

    ip: str
    interface: str = ""


@dataclass(frozen=True)
class Classroom:
    """Where a class finds the app.

    Attributes:
        addresses: the likeliest first; at least one.
        port: that the app listens on.
        https: whether it speaks HTTPS, and that alone.
    """

    addresses: tuple[Address, ...]
    port: int
    https: bool

    @property
    def urls(self) -> tuple[str, ...]:
        """What tablets open, in the order of the addresses."""
        scheme = "https" if self.https else "http"
        hosts = [surroundings.as_host(address.ip) for address in self.addresses]
        return tuple(f"{scheme}://{host}:{self.port}" for host in hosts)


def addresses(host: str) -> tuple[Address, ...]:
    """Where others reach an app that listens on a host; nothing is sent to find out.

    Args:
        host: a name or an address; one of IPv6 may stand in brackets.

    Returns:
        That address; or where it stands for all, those of every network that is up, the one by
        which this computer reaches the world first. Addresses that a system gives itself where
        nobody gave it one (169.254.0.0/16, fe80::/10) are none that tablets reach.

    Raises:
        UsageError: nobody else reaches that host.
        UserError: this computer is in no network.
    """
    host = host.strip("[]")
    if host not in ALL:
        if _is_loopback(host):
            raise UsageError(
                f"--class serves tablets, and nobody but this computer reaches {host}: leave "
                "--host away."
            )
        return (Address(host),)
    import psutil  # the standard library knows interfaces by their names alone

    version, first = ipaddress.ip_address(host).version, _way_out(host)
    states = psutil.net_if_stats()
    found = []
    for interface, entries in psutil.net_if_addrs().items():
        if interface not in states or not states[interface].isup:
            continue
        for entry in entries:
            if entry.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            ip = ipaddress.ip_address(entry.address.split("%")[0])
            if ip.version == version and not (ip.is_loopback or ip.is_link_local):
                found.append(Address(str(ip), interface))
    if not found:
        raise UserError(
            "This computer is in no network, so no tablet can reach it: connect it to the one that "
            "the tablets are in, or make a hotspot of it, and start again."
        )
    return tuple(sorted(found, key=lambda address: address.ip != first))


def _is_loopback(host: str) -> bool:
    try:
        found = {str(entry[4][0]).split("%")[0] for entry in socket.getaddrinfo(host, None)}
    except (socket.gaierror, UnicodeError):  # what listens on it says so
        return False
    return all(ipaddress.ip_address(ip).is_loopback for ip in found)


def _way_out(host: str) -> str:
    """The own address from which the system would send to the world; empty where it has no way."""
    family = socket.AF_INET if host == "0.0.0.0" else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(ELSEWHERE[host])  # of UDP, which sends nothing for this
            return str(probe.getsockname()[0])
    except OSError:
        return ""


# === The code to scan ===


def code(address: str) -> Any:
    """The QR code of an address, as `segno` has it; 15 of 100 of it may be unreadable."""
    import segno

    return segno.make(address, error="m", micro=False)  # few readers know micro codes


def print_code(address: str, stream: TextIO) -> None:
    """Draw the code of an address where a person reads along who can see it, and nowhere else."""
    encoding = (stream.encoding or "").lower().replace("-", "")
    if stream.isatty() and encoding.startswith("utf"):
        code(address).terminal(out=stream, border=2, compact=True)


# === HTTPS ===


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as files.

    Attributes:
        file, key: in PEM.
        fingerprint: SHA-256 of the certificate, as browsers show it.
    """

    file: Path
    key: Path
    fingerprint: str


@contextmanager
def certified(folder: Path, ips: Collection[str]) -> Iterator[Certificate]:
    """Around the start of a server that speaks HTTPS: a certificate that signs itself.

    The server reads both files once, at its start; the key's is removed as soon as that is done, so
    that it lies nowhere but in this process.

    Args:
        folder: which nobody else may enter.
        ips: that the certificate is for, beside this computer itself and its name.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    made = _signed(key, ips)
    file, key_file = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(private)
    try:
        yield Certificate(file, key_file, made.fingerprint(hashes.SHA256()).hex(":").upper())
    finally:
        key_file.unlink()


def _signed(key: Any, ips: Collection[str]) -> Any:
    """A certificate for a server, no authority, in the form that current browsers ask for."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    name = socket.gethostname()
    here, *own = surroundings.LOOPBACK
    hosts = [here]
    ips = dict.fromkeys([*own, *ips])
    if re.fullmatch(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*", name) and len(name) < 200:
        hosts += [name, f"{name.split('.')[0]}.local"]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mmdemo, on this network")])
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + VALID)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    *(x509.DNSName(host) for host in dict.fromkeys(hosts)),
                    *(
                        x509.IPAddress(ipaddress.ip_address(ip))
                        for ip in dict.fromkeys([*own, *ips])
                    ),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
