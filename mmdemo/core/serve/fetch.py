"""Files that a program names by their address in place of an upload, fetched within bounds.

Assistants hand over files that way. Whatever strangers name must not let them reach, through the
app, what only its computer can reach.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import re
import shutil
import socket
import ssl
import uuid
from pathlib import Path
from urllib.parse import unquote

import httpx

from mmdemo.core.errors import NO_ROOM, MediaError, no_room
from mmdemo.core.language import _
from mmdemo.core.serve import scratch

MAX_BYTES = 64 * 1024**2
"""Of one file, as of an upload."""
MAX_SECONDS = 20.0
"""For one file, redirects included."""
MAX_FILES = 4
"""Addresses in one request."""
MAX_REDIRECTS = 5
AT_ONCE = 4
"""Files that are fetched at once, for all visitors together."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PORTS = {"http": 80, "https": 443}
OWN = "/gradio_api/file="


async def fetch(url: str) -> Path:
    """A file from a public address, stored among the uploads.

    Args:
        url: begins with `http://` or `https://`.

    Raises:
        MediaError: the address is not public, does not answer with a file in time, or the file is
            too large.
    """
    own = scratch.own()
    try:
        asked = httpx.URL(url)
        if (known := _uploaded(asked)) is not None:
            return known
        folder = own.uploads / uuid.uuid4().hex
        file = folder / _name(asked)
        folder.mkdir()
        try:
            await asyncio.wait_for(_fetch(asked, file, own), MAX_SECONDS)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except (TimeoutError, asyncio.TimeoutError) as error:
        raise MediaError(
            _(
                "The file at this address did not arrive within {limit:g} seconds. "
                "Upload it instead."
            ).format(limit=MAX_SECONDS)
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, ssl.SSLError) as error:
        raise MediaError(
            _("There is no file to be had at this address. Look at it, or upload the file instead.")
        ) from error
    except OSError as error:
        if not no_room(error):
            raise
        raise MediaError(_(NO_ROOM)) from error
    return file


def _uploaded(url: httpx.URL) -> Path | None:
    """The file of an address of the app itself, which needs no fetching."""
    _, is_own, name = url.path.partition(OWN)
    if not is_own:
        return None
    path = Path(unquote(name)).resolve()
    return path if scratch.own().uploads.resolve() in path.parents and path.is_file() else None


async def _fetch(url: httpx.URL, file: Path, own: scratch.Scratch) -> None:
    async with _turns(asyncio.get_running_loop()):
        for _ in range(MAX_REDIRECTS + 1):
            address = await public_address(url)
            # To the very address that was looked at: a name may stand for another a moment later.
            to = url.copy_with(host=address, userinfo=b"")
            headers = {"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"}
            async with (
                httpx.AsyncClient(trust_env=False, timeout=MAX_SECONDS) as client,
                client.stream(
                    "GET", to, headers=headers, extensions={"sni_hostname": url.raw_host.decode()}
                ) as answer,
            ):
                if answer.has_redirect_location:
                    url = url.join(answer.headers["location"])
                    continue
                if answer.status_code != 200 or "content-encoding" in answer.headers:
                    raise ValueError(f"status {answer.status_code}")
                await _store(answer, file, own)
                return
    raise ValueError("too many redirects")


async def _store(answer: httpx.Response, file: Path, own: scratch.Scratch) -> None:
    said = answer.headers.get("content-length", "0")
    if said.isdigit() and int(said) > MAX_BYTES:
        raise _too_large()
    if not await asyncio.to_thread(own.has_room, int(said) if said.isdigit() else 0):
        raise MediaError(_(NO_ROOM))
    size = 0
    with file.open("wb") as stored:
        async for part in answer.aiter_raw():
            size += len(part)
            if size > MAX_BYTES:
                raise _too_large()
            stored.write(part)


def _too_large() -> MediaError:
    return MediaError(
        _("The file at this address is too large: the limit is {limit} MB.").format(
            limit=MAX_BYTES // 1024**2
        )
    )


async def public_address(url: httpx.URL) -> str:
    """The address behind a name, where all that it stands for are public ones.

    Raises:
        MediaError: one is of this computer or of a private network, or it is another port than the
            web's.
    """
    refused = MediaError(
        _(
            "Files are fetched from public web addresses only (http and https, at "
            "their usual ports). Upload this one instead."
        )
    )
    if url.scheme not in PORTS or url.port not in (None, PORTS[url.scheme]) or not url.host:
        raise refused
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.raw_host.decode("ascii"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise MediaError(
            _("There is no address '{host}' on the network.").format(host=url.host[:80])
        ) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(map(_is_public, addresses)):
        raise refused
    return addresses[0]


def _is_public(address: str) -> bool:
    """Whether everybody may reach it; those of IPv6 that stand for one of IPv4 are not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # with a zone
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and (
        parsed.ipv4_mapped or parsed.sixtofour or parsed.teredo or parsed in NAT64
    ):
        return False
    return parsed.is_global and not parsed.is_multicast


@functools.lru_cache(maxsize=4)
def _turns(loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    return asyncio.Semaphore(AT_ONCE)


def _name(url: httpx.URL) -> str:
    """The last part of an address as a file's name."""
    name = re.sub(r"[^\w.-]", "_", url.path.rstrip("/").rpartition("/")[2])[-80:].lstrip(".")
    return name or "file"
