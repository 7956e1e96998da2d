"""A new demo from the template: a folder that works from the first minute, to be changed.

`mmdemo/template/demo` is a whole demo by the name `new_demo`, linted as all code is; a test writes
it out, trains it and puts it before the tests that every demo has to pass.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from mmdemo import catalog
from mmdemo.core.errors import UserError
from mmdemo.core.serve import doors

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).resolve().parent / "template"
NAME = "new_demo"
"""What the template calls itself."""
SHAPE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 24
_CATALOG = {"DEMO", "DEMOS"}
"""Names that mmdemo/catalog.py has beside those of its demos."""


def new(slug: str, root: Path = ROOT) -> list[Path]:
    """Write a demo, its tests and its entry in the catalog; answers what was written.

    Args:
        slug: of the demo.
        root: a checkout.

    Raises:
        UserError: the slug cannot be one or is taken, or the catalog does not look as it should;
            nothing was written then.
    """
    check(slug)
    folder, tests = root / "mmdemo" / "demos" / slug, root / "tests" / "demos" / slug
    for there in (folder, tests):
        if there.exists():
            raise UserError(f"There is something at {there} already. Choose another name.")
    listed = root / "mmdemo" / "catalog.py"
    text = _listed(listed.read_text(encoding="utf-8"), slug)
    written = fill(folder, slug)
    if tests.parent.is_dir():
        tests.mkdir()
        written += [_write(tests / "__init__.py", ""), _tests(tests, slug)]
    return [*written, _write(listed, text)]


def check(slug: str) -> None:
    """Refuse what cannot be the name of a demo.

    Raises:
        UserError: says why.
    """
    if not SHAPE.fullmatch(slug) or len(slug) > LONGEST:
        raise UserError(
            f"'{slug}' cannot be a demo's name: use small letters, digits and single underscores, "
            f"a letter first, {LONGEST} at most, such as hand_gestures."
        )
    python = keyword.iskeyword(slug) or keyword.issoftkeyword(slug)
    if python or slug in _addresses() or slug.upper() in _CATALOG:
        raise UserError(f"'{slug}' means something else already. Choose another name.")
    if any(demo.slug == slug for demo in catalog.DEMOS):
        raise UserError(f"There is a demo '{slug}' already. Choose another name.")


def fill(folder: Path, slug: str) -> list[Path]:
    """Write the files of a demo's folder; answers them."""
    folder.mkdir(parents=True)
    files = sorted(path for path in (TEMPLATE / "demo").iterdir() if path.is_file())
    return [_write(folder / path.name, _renamed(path, slug)) for path in files]


def next_steps(slug: str) -> str:
    """What is to be done with a new demo, as commands."""
    return f"""It works already:

python -m mmdemo train {slug} --preset default --out weights
python -m mmdemo train {slug} --preset book --out weights
python -m mmdemo answer {slug}
python app.py

Then change it into your own: docs/add-a-demo.md says what is in each file, and how it is tested.
"""


def _tests(folder: Path, slug: str) -> Path:
    source = TEMPLATE / f"test_{NAME}.py"
    return _write(folder / f"test_{slug}.py", _renamed(source, slug))


def _renamed(path: Path, slug: str) -> str:
    return path.read_text(encoding="utf-8").replace(NAME, slug)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _listed(text: str, slug: str) -> str:
    """The catalog with one demo more, the last of its gallery.

    Raises:
        UserError: it does not look as it should.
    """
    constant = slug.upper()
    line = f"from mmdemo.demos.{slug} import DEMO as {constant}"
    imports = re.findall(r"^from mmdemo\.demos\..*$", text, re.MULTILINE)
    entries = re.search(r"^DEMOS: tuple\[Demo, \.\.\.\] = \(\n(?:    \w+,\n)*", text, re.MULTILINE)
    block = "\n".join(imports)
    if not imports or block not in text or entries is None:
        raise UserError(
            "mmdemo/catalog.py does not look as it did. Nothing was written; undo what changed in "
            "it, or add the demo by hand as docs/add-a-demo.md says."
        )
    whole = text[: entries.end()] + f"    {constant},\n" + text[entries.end() :]
    return whole.replace(block, "\n".join(sorted([*imports, line])), 1)


def _addresses() -> set[str]:
    """First parts of addresses that the app has beside its pages."""
    routes = doors.PUBLIC | doors.MEMBERS | doors.CLOSED | doors.OWN | doors.OWN_FILES
    paths = (route.split(" ", 1)[1] for route in routes)
    return {path.strip("/").split("/")[0].split("{")[0] for path in paths} | {
        "card",
        "lesson",
        NAME,
    }
