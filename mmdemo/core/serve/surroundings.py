"""What a start finds around it: variables that Gradio would follow, proxies, addresses, locales."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from mmdemo.core.errors import UserError
from mmdemo.core.serve.scratch import Scratch

logger = logging.getLogger(__name__)


class Decision(Enum):
    """What becomes of an environment variable that Gradio reads."""

    CLEARED = "as if it were not set"
    PINNED = "set by the app"
    DEFAULT = "the default of one of the app's own options, then cleared"
    HONOURED = "as the user has set it"


_CLEARED, _PINNED = Decision.CLEARED, Decision.PINNED
_DEFAULT, _HONOURED = Decision.DEFAULT, Decision.HONOURED
VARIABLES: dict[str, Decision] = {
    # what files are served, and from where
    "GRADIO_ALLOWED_PATHS": _CLEARED,
    "GRADIO_BLOCKED_PATHS": _CLEARED,
    "GRADIO_TEMP_DIR": _PINNED,
    "GRADIO_EXAMPLES_CACHE": _PINNED,
    "GRADIO_CACHE_EXAMPLES": _CLEARED,
    "GRADIO_CACHE_MODE": _CLEARED,
    "GRADIO_RESET_EXAMPLES_CACHE": _CLEARED,
    # where it listens
    "GRADIO_SERVER_NAME": _DEFAULT,
    "GRADIO_SERVER_PORT": _DEFAULT,
    "GRADIO_ROOT_PATH": _DEFAULT,
    "GRADIO_NUM_PORTS": _CLEARED,
    # further servers, past the app's own doors
    "GRADIO_NUM_WORKERS": _CLEARED,
    "GRADIO_SSR_MODE": _CLEARED,
    "GRADIO_NODE_PATH": _CLEARED,
    "GRADIO_NODE_SERVER_NAME": _CLEARED,
    "GRADIO_NODE_SERVER_PORT": _CLEARED,
    "GRADIO_NODE_NUM_PORTS": _CLEARED,
    "GRADIO_SERVER_MODE_ENABLED": _CLEARED,
    "WEB_CONCURRENCY": _CLEARED,  # read by Uvicorn
    # who may come, and what they are offered: the app has options of its own
    "GRADIO_SHARE": _CLEARED,
    "GRADIO_SHARE_SERVER_ADDRESS": _HONOURED,  # of a tunnel of one's own, for --share
    "GRADIO_MCP_SERVER": _CLEARED,
    "GRADIO_RUN_HISTORY": _CLEARED,
    "GRADIO_HISTORY_BUCKET": _CLEARED,
    "GRADIO_FLAGGING_MODE": _CLEARED,
    "GRADIO_CHAT_FLAGGING_MODE": _CLEARED,
    "GRADIO_WORKFLOW_INBROWSER": _CLEARED,
    "GRADIO_DEFAULT_CONCURRENCY_LIMIT": _CLEARED,
    "GRADIO_HEARTBEAT_INTERVAL": _HONOURED,  # how soon a visitor who left is noticed
    # what a developer of Gradio wants; some of it tells or changes the code
    "GRADIO_DEBUG": _CLEARED,
    "GRADIO_VIBE_MODE": _CLEARED,
    "GRADIO_HOT_RELOAD": _CLEARED,
    "GRADIO_WATCH_DIRS": _CLEARED,
    "GRADIO_WATCH_MODULE_NAME": _CLEARED,
    "GRADIO_WATCH_DEMO_NAME": _CLEARED,
    "GRADIO_WATCH_DEMO_PATH": _CLEARED,
    "GRADIO_WATCH_ENCODING": _CLEARED,
    "GRADIO_LOCAL_DEV_MODE": _CLEARED,
    "GRADIO_IS_E2E_TEST": _CLEARED,
    "GRADIO_PROFILING": _CLEARED,
    # what is told to Gradio's makers
    "GRADIO_ANALYTICS_ENABLED": _PINNED,
    "GRADIO_ANALYTICS_MAX_EVENTS": _CLEARED,
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": _CLEARED,
    # the platform's and the Hub's
    "SYSTEM": _HONOURED,
    "SPACE_ID": _HONOURED,
    "SPACE_HOST": _HONOURED,
    "SPACE_AUTHOR_NAME": _HONOURED,
    "SPACES_ZERO_GPU": _HONOURED,
    "KAGGLE_KERNEL_RUN_TYPE": _HONOURED,  # read only where `share` is left open
    "HF_TOKEN": _HONOURED,
    # of Gradio's login with Hugging Face and of its own programs, which this app has not
    **dict.fromkeys(
        ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL"), _HONOURED
    ),
    **dict.fromkeys(
        ("PATH", "CI", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY"),
        _HONOURED,
    ),
    "PYTEST_CURRENT_TEST": _HONOURED,
}
"""Every environment variable that Gradio reads. One of a later version whose name begins with
`GRADIO_` is cleared until it is decided upon here, which a test asks for."""

PROXIES = ("http_proxy", "https_proxy", "all_proxy")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@contextmanager
def settled(scratch: Scratch, host: str) -> Iterator[None]:
    """Around a running app: its variables decided upon, its temporary files in its own folder.

    To be entered before Gradio is imported, which reads some variables at that moment.

    Args:
        scratch: where temporary files go, those of programs that the app starts too.
        host: the address that the app listens on, and asks itself at.
    """
    before = dict(os.environ)
    folder = tempfile.tempdir
    for name in before:
        decision = VARIABLES.get(name)
        if decision in (_CLEARED, _DEFAULT) or (decision is None and name.startswith("GRADIO_")):
            del os.environ[name]
    temporary = str(scratch.temporary)
    os.environ |= {
        "GRADIO_TEMP_DIR": str(scratch.uploads),
        "GRADIO_EXAMPLES_CACHE": str(scratch.temporary / "cached_examples"),
        "GRADIO_ANALYTICS_ENABLED": "False",
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary),
    }
    tempfile.tempdir = temporary
    _without_proxy(host)
    try:
        yield
    finally:
        tempfile.tempdir = folder
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _without_proxy(host: str) -> None:
    """Reach this computer itself directly; a proxy that cannot be used at all is passed over."""
    import httpx  # which is what Gradio and the Hub's client ask with

    named = [name for name in (*PROXIES, *map(str.upper, PROXIES)) if os.environ.get(name)]
    if not named:
        return
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    known = [part.strip() for part in direct.split(",") if part.strip()]
    known += [name for name in (*LOOPBACK, host.strip("[]")) if name not in known]
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(known)
    try:
        httpx.Client().close()
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        logger.warning(
            "The proxy that $%s names cannot be used, so the app goes on without: %s",
            ", $".join(named),
            error,
        )
        for name in named:
            del os.environ[name]


def free_port(host: str, port: int) -> int:
    """The port, where the app can listen there; any free one where it is 0.

    Args:
        host: a name or an address; one of IPv6 may stand in brackets.
        port: from 0 to 65535.

    Raises:
        UserError: the address is not this computer's, or the port is taken or not allowed.
    """
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":  # there it would share a port that is taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except (socket.gaierror, UnicodeError) as error:
        raise UserError(f"'{host}' is no address. --host wants one of this computer.") from error
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise UserError(
                f"{host} is not an address of this computer. --host 0.0.0.0 listens on all of them."
            ) from error
        raise taken(host, port) from error


def taken(host: str, port: int) -> UserError:
    """What is said where the app cannot listen."""
    return UserError(
        f"Port {port} of {host} is taken or not allowed. "
        f"Choose another: --port {min(port + 1, 65535)}"
    )


def as_host(host: str) -> str:
    """A host as it stands in an address: one of IPv6 in brackets."""
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:  # a name, or in brackets already
        return host


def speak_utf8() -> None:
    """Start this process again with UTF-8 for names and texts, where the locale has another.

    Under the locale `C` a file with an accent in its name could not be stored.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
