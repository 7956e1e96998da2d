"""The gallery."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from mmdemo.catalog import DEMOS
from tests.browser.actions import layout_shift, overflow, serious_findings, settled


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_gallery_links_to_every_demo(open_page, screenshot, viewport):
    page = open_page("", viewport)
    cards = page.locator("a.mm-card")
    expect(cards).to_have_count(len(DEMOS))
    assert overflow(page) <= 0
    screenshot(page, f"gallery-{viewport}")
    first = cards.first
    title = first.locator("b").inner_text()
    first.click()
    expect(page.locator("h1")).to_have_text(title)
    page.locator("a.mm-home").click()
    expect(page.locator("h1")).to_have_text("Networks to touch")


@pytest.mark.parametrize(("viewport", "dark"), [("desktop", False), ("phone", True)])
def test_the_gallery_keeps_still_and_can_be_read(open_page, viewport, dark):
    page = open_page("", viewport, dark)
    settled(page)
    assert layout_shift(page) < 0.05
    assert serious_findings(page) == {}
