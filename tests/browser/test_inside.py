"""A box of the diagram opens by keyboard, and shows what its layer makes of one's own input."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import FIRST_ANSWER, press


def open_layer(page: Page, name: str) -> Locator:
    """Open a box by keyboard; the layer beside the diagram."""
    page.locator(f".mm-looking svg [data-layer='{name}']").first.press("Enter")
    inside = page.locator(".mm-inside")
    expect(inside.locator("h3 small")).to_have_text(name, timeout=FIRST_ANSWER)
    return inside


def number(inside: Locator, kind: str = "img[data-map]") -> Locator:
    """Ask by keyboard how a number of the layer comes about."""
    inside.locator(kind).first.press("Enter")
    expect(inside.locator(".mm-sum")).to_be_visible()
    return inside.locator(".mm-sum")


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_layers_and_their_arithmetic_by_keyboard(open_page, screenshot, viewport):
    page = open_page("sentiment?preset=book", viewport)
    text = page.get_by_label("A review, in English")
    text.fill("A gloomy harbour, quietly filmed.")
    press(page, "Read it")
    expect(page.locator(".mm-reading")).to_contain_text("harbour", timeout=FIRST_ANSWER)
    page.get_by_role("tab", name="How it works").click()
    inside = open_layer(page, "words")
    expect(inside).to_contain_text("your input")
    expect(inside).to_contain_text("gloomy")
    assert inside.bounding_box()["y"] < page.viewport_size["height"], "it lies where it is seen"
    inside.press("Escape")
    expect(inside).to_have_count(0)

    inside = open_layer(page, "convolutions_0/vectors")
    expect(number(inside)).to_contain_text("the row of the table")
    inside = open_layer(page, "convolutions_0/conv1d")
    expect(inside.get_by_role("heading", level=3)).to_be_focused()
    expect(number(inside)).to_contain_text("relu →")
    place = inside.locator(".mm-sum h4").inner_text()
    inside.get_by_role("button", name="next channel").press("Enter")
    expect(inside.locator(".mm-sum h4")).not_to_have_text(place)
    screenshot(page, "inside" if viewport == "phone" else "inside-desktop")


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_a_shared_recurrent_layer_and_an_attention(open_page, screenshot, viewport):
    page = open_page("sentence_similarity", viewport)
    page.get_by_role("tab", name="How it works").click()
    page.get_by_text("BOOK: the source's own network").locator("visible=true").click()
    inside = open_layer(page, "shared_lstm")
    expect(inside.locator(".mm-alignment")).to_contain_text("forget gate")
    words = inside.locator(".mm-alignment thead").inner_text()
    inside.get_by_role("button", name="2", exact=True).and_(
        inside.locator("[data-look*='call']")
    ).press("Enter")
    expect(inside.locator(".mm-alignment thead")).not_to_have_text(words, use_inner_text=True)
    expect(inside).to_contain_text("second")
    expect(number(inside, "g[data-place]")).to_contain_text("c = f × c′ + i × g")
    screenshot(page, f"gates_{viewport}")

    page = open_page("story_qa", viewport)
    page.get_by_role("tab", name="How it works").click()
    inside = open_layer(page, "hops")
    heads = inside.locator("[data-look*='part']")
    expect(inside.locator(".mm-alignment").first).to_contain_text("kitchen")
    cells = inside.locator(".mm-alignment").first.locator("tbody").inner_html()
    heads.and_(inside.locator("[aria-pressed=false]")).first.press("Enter")
    expect(heads.first).to_have_attribute("aria-pressed", "true")
    assert inside.locator(".mm-alignment").first.locator("tbody").inner_html() != cells
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    screenshot(page, f"heads_{viewport}")
