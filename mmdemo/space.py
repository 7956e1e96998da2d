"""The app as a Hugging Face Space: what is uploaded, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmdemo.core.errors import UserError
from mmdemo.core.weights import hub
from mmdemo.core.weights.pins import Pin

if TYPE_CHECKING:
    from huggingface_hub import SpaceCard

ROOT = Path(__file__).resolve().parents[1]
MAX_FILE = 10 * 1000**2
"""What a Space's repository takes without large-file storage, in bytes."""

FILES = ("app.py", "LICENSE", "packages.txt", "constraints.txt", "requirements.txt", "README.md")
FOLDERS = ("mmdemo", "weights")
ZERO = "zero-a10g"
HARDWARE = ("cpu-basic", "cpu-upgrade", "t4-small", "t4-medium", ZERO)
ZERO_PYTHON = "3.10.13"
"""The Python that ZeroGPU documents."""

_LEFTOVERS = ("__pycache__", ".DS_Store", ".ipynb_checkpoints")
_SECRET_NAME = re.compile(
    r"(^|/)(\.env(\..*)?|\.netrc|\.git-credentials|\.pypirc|id_(rsa|dsa|ecdsa|ed25519)|token"
    r"|secrets?\.(toml|json|ya?ml)|credentials(\.json)?|.*\.(pem|key|p12|pfx|keystore))$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    rb"\bhf_[A-Za-z0-9]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b"
    rb"|\bgh[pousr]_[A-Za-z0-9]{36}|\bsk-[A-Za-z0-9_-]{32,}"
)
_PICTURE = re.compile(r"^.*!\[[^\]]*\]\(docs/.*$\n?", re.MULTILINE)

_DOCUMENT = re.compile(r"\[([^\]]*)\]\(docs/[^)]*\)")
"""A link to what a Space does not get."""


@dataclass(frozen=True)
class Upload:
    """What a Space would get.

    Attributes:
        files: content, or the file that has it, by path in the Space.
        card: the Space's README.md with its settings.
    """

    files: dict[str, bytes | Path]
    card: SpaceCard

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes by path."""
        return {
            name: source.stat().st_size if isinstance(source, Path) else len(source)
            for name, source in self.files.items()
        }

    def write(self, folder: Path) -> None:
        """Lay the files out in a folder, as the Space will have them."""
        for name, source in self.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes() if isinstance(source, Path) else source)


def prepare(
    hardware: str = HARDWARE[0], pinned: Iterable[Pin] = (), root: Path | None = None
) -> Upload:
    """Collect what a Space needs, and nothing else.

    Args:
        hardware: one of `HARDWARE`; ZeroGPU gets PyTorch in TensorFlow's place.
        pinned: weights on the Hub, which the card names.
        root: a checkout; default: this one.

    Raises:
        UserError: a file is missing, too large for a Space, or looks like a secret.
    """
    root = root or ROOT
    if missing := [name for name in (*FILES, *FOLDERS) if not (root / name).exists()]:
        raise UserError(f"{missing[0]} is missing in {root}: deploy from a whole checkout.")
    files: dict[str, bytes | Path] = {name: root / name for name in FILES}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and not any(part in _LEFTOVERS for part in path.parts):
                files[name] = path
    _check(files)
    files["requirements.txt"] = requirements(root, hardware).encode()
    card = space_card(root / "README.md", hardware, pinned)
    files["README.md"] = str(card).encode()
    return Upload(dict(sorted(files.items())), card)


def _check(files: dict[str, bytes | Path]) -> None:
    for name, path in files.items():
        content = path.read_bytes() if isinstance(path, Path) else path
        if len(content) > MAX_FILE:
            raise UserError(
                f"{name} has {len(content) / 1000**2:.1f} MB; a Space takes {MAX_FILE // 1000**2} "
                "MB a file. Store it in half precision, or push it to the Hub and remove it here."
            )
        if _SECRET_NAME.search(name):
            raise UserError(f"{name} looks like a secret, and would be public. Move it away first.")
        if found := _SECRET_TEXT.search(content):
            line = content[: found.start()].count(b"\n") + 1
            raise UserError(
                f"{name}, line {line}, holds what looks like a secret key ({found[0][:6].decode()}"
                "...), and would be public. Remove it, and make a new one."
            )


def requirements(root: Path, hardware: str) -> str:
    """The Space's requirements.txt: ours, each at the version that the tests ran with."""
    name = "requirements-zerogpu.txt" if hardware == ZERO else "requirements.txt"
    pinned: dict[str, list[str]] = {}
    for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)==", line):
            pinned.setdefault(_plain(found[1]), []).append(line)
    lines = []
    for line in (root / name).read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)", line)
        lines += pinned.get(_plain(found[1]), [line]) if found else []
    if hardware.startswith("t4"):  # the plain wheel brings no CUDA, and a Space's image has none
        lines = [line.replace("tensorflow==", "tensorflow[and-cuda]==") for line in lines]
    return "\n".join([*lines, ""])


def space_card(readme: Path, hardware: str, pinned: Iterable[Pin] = ()) -> SpaceCard:
    """The Space's README.md: ours, with the settings that the hardware needs.

    It has no pictures and no links into `docs`, which a Space does not get.

    Raises:
        UserError: the front matter is not what a Space takes.
    """
    from huggingface_hub import SpaceCard

    try:
        text = _PICTURE.sub("", readme.read_text(encoding="utf-8"))
        card = SpaceCard(_DOCUMENT.sub(r"\1", text))
    except ValueError as error:
        raise UserError(f"The front matter of {readme} cannot be read: {error}") from error
    data = card.data
    data["suggested_hardware"] = hardware
    if hardware == ZERO:
        data["python_version"] = ZERO_PYTHON
    if models := sorted({pin.repo for pin in pinned if pin.repo is not None}):
        data["models"] = models
    wanted = ("title", "sdk", "sdk_version", "python_version", "app_file", "tags", "license")
    if lacking := [key for key in wanted if not data.get(key)]:
        raise UserError(f"The front matter of {readme} has no {lacking[0]}.")
    if len(data.get("short_description", "")) > 60:
        raise UserError(f"The short_description in {readme} is longer than 60 characters.")
    return card


def deploy(upload: Upload, space: str, hardware: str, *, private: bool = False) -> str:
    """Make or update the Space; answers its address.

    Raises:
        HubError: the Hub does not answer or refuses.
    """
    with hub.explained(space):
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete, SpaceHardware

        wanted = SpaceHardware(hardware)
        client = hub.api()
        address = client.create_repo(
            space,
            repo_type="space",
            space_sdk="gradio",
            space_hardware=wanted,
            private=private,
            exist_ok=True,
        )
        if client.get_space_runtime(space).requested_hardware != wanted:
            client.request_space_hardware(space, wanted)
        # `upload_folder` would split so many files into several commits (from 250 on), and a Space
        # builds at each: it must never run half of an app.
        there: Sequence[str] = client.list_repo_files(space, repo_type="space")
        client.create_commit(
            space,
            [
                *(
                    CommitOperationAdd(name, str(source) if isinstance(source, Path) else source)
                    for name, source in upload.files.items()
                ),
                *(
                    CommitOperationDelete(name)
                    for name in there
                    if name not in upload.files and name != ".gitattributes"
                ),
            ],
            commit_message="Update the app",
            repo_type="space",
        )
    return str(address)


def _plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
