"""Reviews typed into the page, and a table scored by it."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import (
    FIRST_ANSWER,
    ask,
    field,
    overflow,
    press,
    toast,
    turn_to,
    unfold,
    upload,
)


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_a_review_is_read_word_by_word(open_page, screenshot, viewport):
    page = open_page("sentiment", viewport)
    page.get_by_label("A review, in English").fill(
        "What a wonderful cast! I loved every minute of it, and the music is beautiful. "
        "Only the first scene is boring."
    )
    ask(page, "Read it")
    marks = page.locator(".mm-shaded mark")  # those of the answer on arrival lack this word
    expect(marks.filter(has_text="boring")).to_have_class("mm-down", timeout=FIRST_ANSWER)
    expect(marks.filter(has_text="wonderful")).to_have_class("mm-up")
    expect(page.locator(".mm-verdict:visible h3")).to_have_text(["Positive"])
    expect(page.locator(".mm-sentences tbody tr")).to_have_count(3)
    assert overflow(page) <= 0
    screenshot(page, f"sentiment-{viewport}")


def test_an_example_and_the_other_network(open_page):
    page = open_page("sentiment")
    page.get_by_role("button", name="Scathing").click()
    expect(page.get_by_label("A review, in English")).to_have_value(re.compile("^What a waste"))
    unfold(page, "Settings: network")
    page.get_by_role("radio", name="BOOK").locator("visible=true").click()
    ask(page, "Read it")
    expect(page.locator(".mm-verdict:visible h3")).to_have_text("Negative", timeout=FIRST_ANSWER)


def test_nothing_written_gets_a_clear_message(open_page):
    page = open_page("sentiment")
    page.get_by_label("A review, in English").fill("")
    press(page, "Read it")
    assert "Write a review first" in toast(page)


def test_a_table_is_scored(open_page, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("id,text\n1,A wonderful film!\n2,A boring waste of time.\n")
    page = open_page("sentiment")
    turn_to(page, "Score a file")
    upload(page, "Texts", table)
    press(page, "Score them")
    expect(page.get_by_text("2 texts were scored.")).to_be_visible(timeout=FIRST_ANSWER)
    with page.expect_download() as waiting:
        field(page, "Scored").locator("a[download]").first.click()
    with open(waiting.value.path(), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["1", "2"]
    assert float(rows[0]["positive"]) > 0.5 > float(rows[1]["positive"])
