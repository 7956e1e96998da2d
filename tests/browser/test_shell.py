"""The gallery and what all pages have in common."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from mmdemo.catalog import DEMOS
from tests.browser.actions import overflow, panel, turn_to

SMALLEST = """() => Math.min(99, ...[...document.querySelectorAll("svg text")]
    .filter((text) => text.getBoundingClientRect().width > 0)
    .map((text) => {
      const { a, b } = text.getScreenCTM();
      return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
    }))"""
"""Height of the smallest letters of all figures that are shown, in pixels."""
PARTS = ("Try it", "How it works", "How good it is", "Use it")


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


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.slug)
@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_a_demo_page_has_its_four_parts(open_page, screenshot, demo, viewport):
    page = open_page(demo.slug, viewport)
    expect(page.locator("h1")).to_have_text(demo.title)
    for part in PARTS:
        turn_to(page, part)
        assert overflow(page) <= 0, f"{part} is wider than the screen"
        assert panel(page).locator(".mm-notice", has_text="missing").count() == 0
        assert page.evaluate("document.documentElement.scrollHeight") <= 4000, f"{part} is long"
        assert page.get_by_label("More tabs").locator("visible=true").count() == 0
        assert page.evaluate(SMALLEST) >= 11, f"{part} has letters that are too small to read"
        screenshot(page, f"{demo.slug}-{part.lower().replace(' ', '-')}-{viewport}")
    limits = page.locator("details.mm-limits")
    limits.locator("summary").click()
    for limit in demo.limits:
        assert limits.get_by_text(limit, exact=True).is_visible()


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.slug)
def test_the_preset_switch_shows_the_other_network(open_page, demo):
    page = open_page(demo.slug)
    turn_to(page, "How it works")
    caption = page.locator(".mm-layers summary").locator("visible=true")
    before = caption.inner_text()
    page.get_by_role("radio", name="BOOK").locator("visible=true").click()
    expect(caption).not_to_have_text(before)
    assert "parameters in" in caption.inner_text()


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.slug)
def test_measured_figures_stand_beside_baselines(open_page, demo):
    page = open_page(demo.slug)
    turn_to(page, "How good it is")
    text = panel(page).inner_text()
    assert "DEFAULT" in text
    assert "BOOK" in text
    for model_id in demo.model_ids:
        panel(page).get_by_text(f"Curves: {demo.label(model_id)}", exact=True).click()
    figures = page.locator("figure.mm-figure svg").locator("visible=true")
    assert figures.count() >= len(demo.model_ids)


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.slug)
def test_dark_theme_and_keyboard(open_page, screenshot, demo):
    page = open_page(demo.slug, dark=True)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    channels = [int(c) for c in light[light.index("(") + 1 : -1].split(",")[:3]]
    assert max(channels) < 60, "the page is not dark"
    page.get_by_role("tab", name="How it works").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="How it works")).to_have_attribute("aria-selected", "true")
    screenshot(page, f"{demo.slug}-dark")


@pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.slug)
def test_every_control_has_a_name_for_screen_readers(open_page, demo):
    page = open_page(demo.slug)
    page.wait_for_timeout(1000)
    # A picture in a field may have an empty text: the field's label names it.
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, textarea, select, img')]
            .filter(e => e.offsetParent !== null && e.type !== 'file' && e.type !== 'hidden')
            .filter(e => !(e.getAttribute('aria-label') || e.title || e.innerText?.trim()
                || e.hasAttribute('alt') || e.getAttribute('aria-hidden') || e.placeholder
                || (e.labels && e.labels.length)))
            .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert unnamed == []
