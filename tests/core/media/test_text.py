"""core.media.text: whatever is uploaded as a text or a table."""

from __future__ import annotations

import pytest

from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.text import (
    check_text,
    is_table,
    plain_breaks,
    read_table,
    read_text,
    split_lines,
    without_markup,
)


def file(tmp_path, content: bytes, name: str = "a.txt"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    assert (
        read_text(file(tmp_path, "Très naïve – “good”".encode(encoding))) == "Très naïve – “good”"
    )


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp932", "この映画はとても面白かった。また見たいです。"),
        ("gb18030", "这部电影非常好看,演员的表演令人难忘。"),
        ("big5", "這部電影非常好看,演員的表演令人難忘。"),
        ("euc_kr", "이 영화는 정말 재미있었습니다. 다시 보고 싶어요."),
        ("cp1251", "Этот фильм мне очень понравился, актёры играли прекрасно."),
        ("koi8_r", "Этот фильм мне очень понравился, актёры играли прекрасно."),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
        ("cp1252", "A café, “the best” of the year, très bien, señor."),
    ],
)
def test_encodings_from_before_unicode_are_told_apart(tmp_path, encoding, text):
    assert read_text(file(tmp_path, text.encode(encoding))) == text


def test_lines_end_at_ends_of_lines_alone():
    assert split_lines("one\u2028two\x0cthree\x85four\r\nfive\rsix\n") == [
        "one\u2028two\x0cthree\x85four",
        "five",
        "six",
    ]
    assert split_lines("") == []
    assert split_lines("a\n\nb") == ["a", "", "b"]


def test_a_table_may_name_its_separator_as_excel_does(tmp_path):
    table = read_table(file(tmp_path, b"sep=;\r\ntext;note\r\na,b;c\r\n", "a.csv"))
    assert (table.columns, table.rows) == (("text", "note"), (("a,b", "c"),))


@pytest.mark.parametrize("text", ["emoji 😀", "שלום עולם", "电影很好看"])
def test_scripts(tmp_path, text):
    assert read_text(file(tmp_path, text.encode())) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not a text"),
        (b"%PDF-1.7\x01\x02\x03", "not a text"),
        (b"\xff\xfea", "not a text"),
        (b"\x81\x8d\x8f", "not a text"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, message):
    with pytest.raises(MediaError, match=message):
        read_text(file(tmp_path, content))


def test_too_much_is_refused_unread(tmp_path):
    with pytest.raises(MediaError, match="2,000,001 bytes, where 2,000,000 fit"):
        read_text(file(tmp_path, b"a" * 2_000_001), max_bytes=2_000_000)


@pytest.mark.parametrize("text", ["", None, "  \n ", "\x00"])
def test_nothing_is_asked_for_by_name(text):
    with pytest.raises(UserError, match="Write a review first"):
        check_text(text, "a review")


def test_a_long_text_is_refused_and_a_fitting_one_kept():
    with pytest.raises(UserError, match="101 characters, where 100 fit"):
        check_text("a" * 101, max_characters=100)
    assert check_text("  good \n", max_characters=100) == "good"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,score\n"one, ""two""\nthree",1\n\nfour,2\n'),
        ("a.csv", 'text;score\r\n"one, ""two""\nthree";1\r\nfour;2\r\n'),
        ("a.tsv", 'text\tscore\n"one, ""two""\nthree"\t1\nfour\t2\n'),
        ("a.csv", '\ufefftext,score\n"one, ""two""\nthree",1\nfour,2'),
    ],
)
def test_tables_with_quotes_line_breaks_and_other_separators(tmp_path, name, content):
    table = read_table(file(tmp_path, content.encode(), name))
    assert table.columns == ("text", "score")
    assert table.rows == (('one, "two"\nthree', "1"), ("four", "2"))
    assert table.column("Score") == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2,3\n", "Line 2 has 3 cells, the first line 2"),
        ("a,a\n1,2\n", "same name"),
        ("a,b\n", "no rows"),
        ('a,b\n"1,2\n', "cannot be read"),
        ("a\n" + "1\n" * 11, "more than 10 rows"),
    ],
)
def test_bad_tables_are_named(tmp_path, content, message):
    with pytest.raises(MediaError, match=message):
        read_table(file(tmp_path, content.encode(), "a.csv"), max_rows=10)


def test_a_missing_column_lists_those_there_are(tmp_path):
    table = read_table(file(tmp_path, b"review,stars\ngood,9\n", "a.csv"))
    with pytest.raises(UserError, match=r"no column 'text'\. Its columns are: review, stars"):
        table.column("text")


def test_the_first_column_that_is_called_so_or_the_only_one(tmp_path):
    table = read_table(file(tmp_path, b"id,Review\n1,good\n", "a.csv"))
    assert table.first_column(["text", "review"], "text") == ["good"]
    only = read_table(file(tmp_path, b"anything\ngood\n", "b.csv"))
    assert only.first_column(["text"], "text") == ["good"]
    with pytest.raises(UserError, match=r"Which column holds the text\? .*'text'.*: id, Review"):
        table.first_column(["text"], "text")


def test_tables_are_told_by_their_names(tmp_path):
    assert [is_table(tmp_path / name) for name in ("a.CSV", "a.tsv", "a.txt", "a")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_line_breaks_of_web_pages():
    assert plain_breaks("Good.<br /><br>Bad.") == "Good.\n\nBad."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<b>not</b> bad", "not bad"),
        ("Good.<br /><br>Bad.", "Good.\n\nBad."),
        ('<P class="x">One</P>two &amp; th&eacute; 3&nbsp;&#39;s', "\nOne\ntwo & thé 3 's"),
        ("<script>alert('<b>')</script>Seen<!-- not -->", "Seen"),
        ("I <3 it & you > me", "I <3 it & you > me"),
        ("a <b and c> d, AT&T; &nothing;", "a <b and c> d, AT&T; &nothing;"),
    ],
)
def test_markup_is_taken_as_markup(written, shown):
    assert without_markup(written) == shown


@pytest.mark.parametrize("begun", ["<!--", "<script>", "<STYLE ", "</script ", "<a b=", '<a b="'])
def test_markup_that_is_begun_over_and_over_does_not_hold_up_the_app(begun):
    """Within the time of a test only if the time grows as the text does."""
    text = begun * 100_000
    assert without_markup(text) == text
    assert without_markup(f"<!--{text}-->") == ""


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(MediaError, match="not a text file"):
        read_text(tmp_path)
