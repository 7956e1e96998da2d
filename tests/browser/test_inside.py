"""A box of the diagram opens by keyboard, and shows what its layer makes of one's own input."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.actions import FIRST_ANSWER, press


def test_a_layer_and_its_arithmetic_by_keyboard(open_page, screenshot):
    page = open_page("sentiment?preset=book", "phone")
    text = page.get_by_label("A review, in English")
    text.fill("A gloomy harbour, quietly filmed.")
    press(page, "Read it")
    expect(page.locator(".mm-reading")).to_contain_text("harbour", timeout=FIRST_ANSWER)
    page.get_by_role("tab", name="How it works").click()
    page.locator(".mm-looking svg [data-layer='words']").press("Enter")
    inside = page.locator(".mm-inside")
    expect(inside).to_contain_text("your input", timeout=FIRST_ANSWER)
    expect(inside).to_contain_text("gloomy")
    assert inside.bounding_box()["y"] < 844, "it lies where it is seen"
    inside.press("Escape")
    expect(inside).to_have_count(0)
    page.locator(".mm-looking svg [data-layer*='conv1d']").first.press("Enter")
    expect(inside.get_by_role("heading", level=3)).to_be_focused()
    inside.locator("img[data-map]").first.press("Enter")
    expect(inside.locator(".mm-sum")).to_contain_text("relu →")
    place = inside.locator(".mm-sum h4").inner_text()
    inside.get_by_role("button", name="next channel").press("Enter")
    expect(inside.locator(".mm-sum h4")).not_to_have_text(place)
    screenshot(page, "inside")
