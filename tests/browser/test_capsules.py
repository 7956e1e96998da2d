"""Move a pose by hand, drag two digits over each other, follow the routing, scramble parts."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.actions import FIRST_ANSWER, choose, draw, overflow, press, turn_to, unfold

VERDICT = ".mm-verdict:visible h3"


def sheet(page: Page) -> str:
    """All pictures that the sliders can lead to."""
    return page.locator(".mm-caps").evaluate("e => e.style.getPropertyValue('--sheet')")


def test_a_pose_is_moved_on_a_phone(open_page, screenshot):
    page = open_page("capsules", "phone", dark=True)
    choose(page, "Three")
    expect(page.locator(VERDICT)).to_contain_text("3", timeout=FIRST_ANSWER)
    sliders = page.locator(".mm-caps input[type=range]")
    expect(sliders).to_have_count(16)
    own, now = sheet(page), page.locator(".mm-caps [data-part=now]")
    before = now.get_attribute("src")
    sliders.nth(2).focus()
    page.keyboard.press("ArrowRight")
    expect(sliders.nth(2)).to_have_attribute("aria-valuetext", "+0.05")
    assert now.get_attribute("src") != before  # at once
    changed = "own => document.querySelector('.mm-caps').style.getPropertyValue('--sheet') !== own"
    page.wait_for_function(changed, arg=own)  # the others' pictures follow
    before = now.get_attribute("src")
    page.locator(".mm-caps-strip").nth(4).tap(position={"x": 3, "y": 3})
    expect(sliders.nth(4)).to_have_attribute("aria-valuetext", "−0.25")
    assert now.get_attribute("src") != before
    assert overflow(page) <= 0
    screenshot(page, "capsules-phone")
    press(page, "Back to its own pose")
    expect(sliders.nth(4)).to_have_js_property("value", "5")
    assert sheet(page) == own


def test_two_digits_are_dragged_over_each_other(open_page, screenshot):
    page = open_page("capsules")
    turn_to(page, "Pull apart")
    verdict, apart = page.locator(VERDICT), page.locator(".mm-caps-row-of:visible")
    expect(verdict).to_contain_text("and", timeout=FIRST_ANSWER)
    expect(apart.locator("figure")).to_have_count(4)
    place = page.locator("[data-part=place]")
    second = page.locator("select[data-which='1']")
    hand = page.get_by_role("button", name="First: move it with the arrow keys")

    def answered_anew() -> None:
        expect(apart.locator("img").first).not_to_have_attribute("src", before)

    before = apart.locator("img").first.get_attribute("src")
    hand.focus()
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("First: -2 across, -2 down.")
    answered_anew()
    for _ in range(9):  # not beyond the stage
        page.keyboard.press("ArrowUp")
    expect(place).to_have_text("First: -2 across, -4 down.")
    page.wait_for_timeout(1000)
    before = apart.locator("img").first.get_attribute("src")
    box = page.locator(".mm-stage canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 15, y + 20, steps=3)
    expect(page.locator(".mm-held")).to_have_count(1)
    page.mouse.up()
    answered_anew()
    second.select_option("3")
    expect(page.locator(".mm-verdict:visible")).to_contain_text("Both are a 3")
    second.select_option("6")
    expect(page.locator(".mm-verdict:visible")).not_to_contain_text("Both are a 3")
    screenshot(page, "capsules-pulled")
    unfold(page, "Draw one of them yourself")
    draw(page)
    press(page, "As the second")
    expect(second).to_have_value("drawn")


def test_routing_is_followed_and_parts_are_scrambled(open_page):
    page = open_page("capsules")
    turn_to(page, "Routing")
    page.get_by_role("button", name="Five").locator("visible=true").click()
    maps = page.locator(".mm-caps-maps svg")
    expect(maps).to_have_count(6, timeout=FIRST_ANSWER)
    expect(maps.first).to_have_attribute("aria-label", re.compile("Round 1.*10 %"))
    turn_to(page, "Scrambled")
    tables = page.locator(".mm-caps-parts")
    expect(tables).to_have_count(5)
    press(page, "Scramble them, and ask all three")
    expect(tables.first.locator("tbody tr")).to_have_count(4, timeout=FIRST_ANSWER)
