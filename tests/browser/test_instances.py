"""Have every nucleus found, and see how: by a click, in the table, by the keyboard, by touch."""

from __future__ import annotations

import csv
import json

from playwright.sync_api import Locator, Page, expect

from tests.browser.actions import FIRST_ANSWER, choose, overflow, press

STEPS = ("anchor", "proposal", "box", "mask")


def way(page: Page, number: int) -> Locator:
    """Wait until the page says how that thing was found, in four pictures of the same place."""
    told = page.locator("[data-part=walked]:visible")
    expect(told).to_contain_text(f"Number {number}, nucleus", timeout=FIRST_ANSWER)
    pictures = page.locator(".mm-steps:visible svg")
    expect(pictures).to_have_count(len(STEPS))
    places = {picture.get_attribute("viewBox") for picture in pictures.all()}
    assert len(places) == 1 and None not in places
    return told


def middle(page: Page, number: int) -> tuple[float, float]:
    """Where on the screen the middle of a thing is, whose picture is 256 pixels wide and high."""
    answer = page.locator(".mm-cut:visible")
    *_others, x, y = json.loads(answer.get_attribute("data-regions"))[number - 1]
    picture = answer.locator(".mm-figure svg")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    return box["x"] + box["width"] * x / 256, box["y"] + box["height"] * y / 256


def test_the_way_to_each_thing_is_walked(open_page, screenshot):
    page = open_page("instances")
    choose(page, "A crowd that touches")
    way(page, 1)  # nobody has chosen one
    for step in STEPS:
        assert page.locator(f"[data-step={step}]:visible > *").count() > 1
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.mouse.click(*middle(page, 3))
    way(page, 3)
    rows = page.locator("[data-region]:visible")
    rows.nth(4).click()
    before = way(page, 5).inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert way(page, 6).inner_text() != before
    expect(page.locator("[data-part=kept]:visible")).to_have_text("Kept: 3, 5, 6.")

    layer = page.locator("[data-layer=proposals]:visible")
    layer.check()
    expect(page.locator("[data-part=proposals]:visible")).to_have_count(1)
    screenshot(page, "instances-desktop")
    layer.uncheck()
    expect(page.locator("[data-part=proposals]")).to_have_count(0)

    with page.expect_download() as download:
        press(page, "Download the table as CSV")
    with download.value.path().open(newline="") as file:
        assert len(list(csv.DictReader(file))) == rows.count()
    assert not [url for url in requests if "/gradio_api/" in url]  # nothing was asked again


def test_another_answer_begins_anew(open_page, screenshot):
    page = open_page("instances", "phone", dark=True)
    choose(page, "A crowd that touches")
    way(page, 1)
    page.touchscreen.tap(*middle(page, 2))
    way(page, 2)
    page.locator("[data-layer=proposals]:visible").check()
    before = page.locator("[data-step=mask]:visible").inner_html()
    choose(page, "Stained tissue")
    way(page, 1)
    expect(page.locator("[data-part=kept]:visible")).to_have_text("None is kept.")
    assert page.locator("[data-step=mask]:visible").inner_html() != before
    assert overflow(page) <= 0
    screenshot(page, "instances-phone")
