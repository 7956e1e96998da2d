"""Texts and tables that a visitor hands over, read within bounds."""

from __future__ import annotations

import codecs
import csv
import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.entities import html5
from pathlib import Path

from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.language import N_, _

MAX_CHARACTERS = 100_000
MAX_BYTES = 16 * 1024**2
MAX_ROWS = 20_000
MAX_CELL = 1_000_000
DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
"""Of tables, by their suffix."""

LEGACY = (
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
    *("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"),
)
"""Encodings from before Unicode that are told apart: of East Asia, Europe and the Near East."""
TELLING = 8
"""Bytes beyond ASCII from which on an encoding can be told."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_SEPARATOR = re.compile(r"sep=([;,\t|])\r?\n", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>")
_BLOCKS = (
    "address article aside blockquote body br dd div dl dt footer h1 h2 h3 h4 h5 h6 head header"
)
_BLOCKS += " hr html li main nav ol p pre section table tbody td tfoot th thead title tr ul"
_INLINE = "a abbr b big cite code del em font i img ins kbd mark q s small span strike strong sub"
_INLINE += " sup tt u"
_UNSEEN = tuple(
    (re.compile(f"{begin}.*?{end}", re.DOTALL | re.IGNORECASE), re.compile(end, re.IGNORECASE))
    for begin, end in (
        ("<!--", "-->"),
        (r"<script\b[^<>]*>", r"</script\s*>"),
        (r"<style\b[^<>]*>", r"</style\s*>"),
    )
)
"""Of HTML, what no page shows, and where that ends."""
_TAG = re.compile(
    rf"</?({_BLOCKS.replace(' ', '|')}|{_INLINE.replace(' ', '|')})"
    r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))*\s*/?>""",
    re.IGNORECASE,
)
"""Of HTML, with attributes that have values: "a <b and c> d" is no tag."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,31});", re.IGNORECASE)


def check_text(
    text: str | None, what: str = N_("a text"), max_characters: int = MAX_CHARACTERS
) -> str:
    """A text that holds something, without the blanks around it.

    Raises:
        UserError: it is empty or too long; names `what` was asked for.
    """
    stripped = (text or "").replace("\x00", "").strip()
    if not stripped:
        raise UserError(_("Write {what} first.").format(what=_(what)))
    if len(stripped) > max_characters:
        raise UserError(
            _(
                "This is too long: {count:,} characters, where {limit:,} fit. Take a part of it."
            ).format(count=len(stripped), limit=max_characters)
        )
    return stripped


def plain_breaks(text: str) -> str:
    """Line breaks of web pages as line breaks; nothing else is changed."""
    return _BREAK.sub("\n", text)


def without_markup(text: str) -> str:
    """A text that was copied from a web page, as the page would show it.

    Tags of HTML are taken out, those that begin a line become one, and entities become their signs.
    Anything else in angle brackets stays: "I <3 it".
    """

    def shown(tag: re.Match[str]) -> str:
        return "\n" if tag[1].lower() in _BLOCKS.split() else ""

    def sign(entity: re.Match[str]) -> str:
        named = entity[0][1:] in html5 or entity[0].startswith("&#")
        return html.unescape(entity[0]) if named else entity[0]

    for whole, end in _UNSEEN:
        # Beyond the last end each beginning would be searched for its own to the end of the text.
        last = max((found.end() for found in end.finditer(text)), default=0)
        text = whole.sub("", text[:last]) + text[last:]
    plain = _TAG.sub(shown, text)
    return _ENTITY.sub(sign, plain).replace("\xa0", " ")


def split_lines(text: str) -> list[str]:
    """The lines of a text: other than `str.splitlines`, at nothing but ends of lines."""
    found = _LINE_END.split(text)
    return found if found[-1] else found[:-1]


def is_table(path: Path) -> bool:
    """Whether a file is called as tables are."""
    return path.suffix.lower() in DELIMITERS


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """The content of a text file: UTF-8, UTF-16 with its mark, or else one of `LEGACY`.

    Raises:
        MediaError: it is empty, too large, no text, or in an encoding that cannot be told.
    """
    if path.is_dir():
        raise MediaError(_("This is not a text file."))
    size = path.stat().st_size
    if size > max_bytes:
        raise MediaError(
            _("This file is too large: {size:,} bytes, where {limit:,} fit.").format(
                size=size, limit=max_bytes
            )
        )
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _decode(content, "utf-16")
    elif b"\x00" in content:
        raise MediaError(_("This is not a text file."))
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _legacy(content)
    if any(ord(sign) < 32 and sign not in "\t\n\r\f\x0b\x1a\x1b" for sign in text[:100_000]):
        raise MediaError(_("This is not a text file."))
    if not text.strip():
        raise MediaError(_("This file is empty."))
    return text


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise MediaError(_("This is not a text file in UTF-8: save it as UTF-8.")) from error


def _legacy(content: bytes) -> str:
    from charset_normalizer import from_bytes

    foreign = sum(byte >= 128 for byte in content)
    if foreign < TELLING:  # a few accents among plain letters, or nothing that tells
        likely = ["cp1252"] if 2 * foreign < len(content) else []
    else:
        likely = [match.encoding for match in from_bytes(content, cp_isolation=list(LEGACY))]
    if not likely:
        raise MediaError(
            _(
                "This is not a text file in UTF-8 or another encoding that is known here: "
                "save it as UTF-8."
            )
        )
    # Both are of Latin letters, and the west's is the commoner by far.
    western = likely[0] == "cp1250" and "cp1252" in likely
    return _decode(content, "cp1252" if western else likely[0])


@dataclass(frozen=True)
class Table:
    """A table with named columns.

    Attributes:
        columns: names, in order.
        rows: a cell per column each.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        """The cells of a column, by its name in any case.

        Raises:
            UserError: there is no such column; the message lists those there are.
        """
        names = [column.casefold() for column in self.columns]
        if name.casefold() not in names:
            raise UserError(
                _("This table has no column '{name}'. Its columns are: {names}.").format(
                    name=name, names=", ".join(self.columns)
                )
            )
        index = names.index(name.casefold())
        return [row[index] for row in self.rows]

    def first_column(self, names: Sequence[str], what: str) -> list[str]:
        """The cells of the first column that is called one of some names, or of the only one.

        Raises:
            UserError: there are several columns, and none is called so; says `what` is sought.
        """
        known = {column.casefold() for column in self.columns}
        name = next((name for name in names if name in known), None)
        if name is None and len(self.columns) == 1:
            name = self.columns[0]
        if name is None:
            raise UserError(
                _("Which column holds the {what}? Call it '{name}'. There are: {names}.").format(
                    what=what, name=names[0], names=", ".join(self.columns)
                )
            )
        return self.column(name)


def read_table(path: Path, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> Table:
    """A CSV or TSV file with a line of column names.

    Cells may be quoted, and quoted cells may hold line breaks. Empty lines are left out.

    Raises:
        MediaError: it is no such file, too large, or a line has other columns than the first.
    """
    text = read_text(path, max_bytes)
    delimiter = DELIMITERS.get(path.suffix.lower(), ",")
    if named := _SEPARATOR.match(text):  # as Excel writes and reads it
        delimiter, text = named[1], text[named.end() :]
    first = text.split("\n", 1)[0]
    for other in ("\t", ";", ","):  # spreadsheets of half of Europe write ; into a .csv
        if delimiter not in first and other in first:
            delimiter = other
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[str, ...]] = []
    columns: tuple[str, ...] = ()
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not columns:
                columns = tuple(cell.strip() for cell in row)
                continue
            if len(row) != len(columns):
                raise MediaError(
                    _(
                        "Line {line} has {count} cells, the first line {expected}. Put quotes "
                        "around cells that hold the separator."
                    ).format(line=reader.line_num, count=len(row), expected=len(columns))
                )
            rows.append(tuple(row))
            if len(rows) > max_rows:
                raise MediaError(
                    _("This table has more than {limit:,} rows. Split it.").format(limit=max_rows)
                )
    except csv.Error as error:
        raise MediaError(
            _("Line {line} of this table cannot be read: {error}.").format(
                line=reader.line_num, error=error
            )
        ) from error
    if len(set(columns)) != len(columns):
        raise MediaError(_("Two columns of this table have the same name."))
    if not rows:
        raise MediaError(_("This table has no rows under its line of column names."))
    return Table(columns, tuple(rows))
