"""A virtual environment that has what a requirements file asks for, and nothing else.

Made of links to the packages that are installed here, so that it needs no network and no minute.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def make(folder: Path, requirements: str, without: tuple[str, ...] = ()) -> Path:
    """Make the environment; answers its interpreter.

    Args:
        folder: where it goes.
        requirements: text of the file; each pinned version must be the installed one.
        without: packages to leave out, with what only they need.

    Raises:
        AssertionError: another version than a pinned one is installed.
        PackageNotFoundError: a package is not installed.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    wanted = [Requirement(line) for line in requirements.splitlines() if re.match(r"\w", line)]
    for requirement in wanted:
        if requirement.name not in without and _applies(requirement, ()):
            version = distribution(requirement.name).version.split("+")[0]
            assert requirement.specifier.contains(version), f"{requirement}: {version} is here"
    for found in _closure([r for r in wanted if r.name not in without]):
        for top in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
            source, target = Path(str(found.locate_file(top))), site / top
            if not target.exists() and source.exists() and top != "__pycache__":
                target.symlink_to(source)
    return folder / "bin" / "python"


def _closure(wanted: list[Requirement]) -> list[Distribution]:
    """What the requirements need, and what those need."""
    found: dict[tuple[str, tuple[str, ...]], Distribution] = {}
    queue = [(requirement, ()) for requirement in wanted]
    while queue:
        requirement, asked_with = queue.pop()
        if not _applies(requirement, asked_with):
            continue
        extras = tuple(sorted(requirement.extras))
        key = (canonicalize_name(requirement.name), extras)
        if key not in found:
            found[key] = distribution(requirement.name)
            queue += [(Requirement(line), extras) for line in found[key].requires or ()]
    return list(found.values())


def _applies(requirement: Requirement, extras: tuple[str, ...]) -> bool:
    """Whether its marker holds here."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
