"""A link that restores the settings of a page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import copy_link, unfold


def settings(page: Page) -> None:
    unfold(page, "Settings: network, threshold")


def threshold(page: Page):
    return page.locator("input[type=number][aria-label*='Distance threshold']").locator(
        "visible=true"
    )


def choose_book(page: Page) -> str:
    """Choose the other preset; returns its threshold, once it has arrived."""
    default = threshold(page).input_value()
    page.get_by_role("radio", name="BOOK").locator("visible=true").click()
    expect(threshold(page)).not_to_have_value(default)
    return threshold(page).input_value()


def test_a_link_carries_preset_and_threshold(open_page):
    page = open_page("siamese_audio")
    settings(page)
    choose_book(page)
    threshold(page).fill("0.3")
    threshold(page).press("Enter")
    link = copy_link(page)
    assert link.endswith("/siamese_audio?preset=book&threshold=0.3")
    assert page.evaluate("navigator.clipboard.readText()") == link

    again = open_page(link.split("/", 3)[3])
    settings(again)
    expect(again.get_by_role("radio", name="BOOK").locator("visible=true")).to_be_checked()
    expect(threshold(again)).to_have_value("0.3")


def test_a_preset_alone_brings_its_own_threshold(open_page):
    page = open_page("siamese_audio")
    settings(page)
    first = choose_book(page)
    again = open_page("siamese_audio?preset=book")
    settings(again)
    expect(again.get_by_role("radio", name="BOOK").locator("visible=true")).to_be_checked()
    expect(threshold(again)).to_have_value(first)


@pytest.mark.parametrize(
    "query",
    ["preset=venus&threshold=abc", "threshold=nan", "preset=%3Cb%3E&threshold=1e999", "x=1"],
)
def test_what_makes_no_sense_is_passed_over(open_page, query):
    page = open_page(f"siamese_audio?{query}")
    settings(page)
    expect(page.get_by_role("radio", name="DEFAULT").locator("visible=true")).to_be_checked()
    expect(threshold(page)).not_to_have_value("")
