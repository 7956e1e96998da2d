"""Move shapes, ask about them in words, and ask blind."""

from __future__ import annotations

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from mmdemo.demos.visual_qa import wording
from tests.browser.actions import (
    FIRST_ANSWER,
    box,
    overflow,
    panel,
    press,
    settled,
    turn_to,
    unfold,
    upload,
)

SAW = ".mm-vqa-maps:visible img"
"""The picture that the network saw, and where it looked."""


def asked_anew(page: Page, before: str) -> None:
    """Wait for an answer about a scene that has changed."""
    expect(page.locator(SAW).first).not_to_have_attribute("src", before, timeout=FIRST_ANSWER)


def saw(page: Page) -> str:
    return page.locator(SAW).first.get_attribute("src")


def test_a_shape_is_moved_by_a_finger_and_the_answer_is_in_sight(open_page, screenshot):
    page = open_page("visual_qa", "phone", dark=True)
    settled(page)
    for part in (".mm-vqa [data-part=stage]", ".mm-offered button", ".mm-verdict h3"):
        shown = box(page, part)
        assert shown["y"] + shown["height"] <= page.viewport_size["height"], part
    before = saw(page)
    shape = page.locator(".mm-vqa g").bounding_box()
    x, y = shape["x"] + shape["width"] / 2, shape["y"] + shape["height"] / 2
    finger = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [(x, y)]),
        ("touchMove", [(x - 15, y + 10)]),
        ("touchMove", [(x - 30, y + 20)]),
        ("touchEnd", []),
    ):
        places = [{"x": right, "y": down} for right, down in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
    asked_anew(page, before)
    expect(page.locator(".mm-verdict:visible")).to_contain_text("Blind, from the question alone")
    press(page, wording.suggestions("shapes")[1])
    field = page.get_by_role("textbox", name="Question").locator("visible=true")
    expect(field).to_have_value(wording.suggestions("shapes")[1])
    before = saw(page)
    page.get_by_role("button", name="blue", exact=True).tap()
    asked_anew(page, before)
    expect(page.locator(".mm-verdict:visible h3")).to_contain_text("blue")
    assert page.evaluate("scrollY") == 0
    assert overflow(page) <= 0
    screenshot(page, "visual_qa-phone")


def test_objects_are_moved_by_key_and_mouse(open_page, screenshot):
    page = open_page("visual_qa")
    turn_to(page, "Six objects")
    expect(page.locator(SAW)).to_have_count(5, timeout=FIRST_ANSWER)
    objects = page.locator(".mm-vqa[data-task=relations] g")
    expect(objects).to_have_count(6)
    place = page.locator(".mm-vqa[data-task=relations] [data-part=place]")
    verdict = page.locator(".mm-verdict:visible h3")
    expect(verdict).to_contain_text("square")  # the blue one is nearest to the red one
    objects.nth(2).focus()
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    expect(place).to_have_text("blue square: 83 % from the left, 11 % from the top.")
    expect(verdict).to_contain_text("circle")  # now the yellow one is
    before = saw(page)
    start, end = objects.nth(1).bounding_box(), objects.nth(4).bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    page.mouse.up()
    asked_anew(page, before)  # beside the other, not over it
    expect(page.locator(".mm-verdict:visible")).to_contain_text("This is")
    before = saw(page)
    press(page, "Another scene")
    asked_anew(page, before)
    screenshot(page, "visual_qa-desktop")


def test_a_photo_is_no_scene(open_page, tmp_path):
    page = open_page("visual_qa")
    photo = tmp_path / "photo.png"
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    Image.fromarray(noise).save(photo)
    unfold(page, "Or a picture of your own")
    before = saw(page)
    upload(page, "Picture", photo)
    asked_anew(page, before)
    expect(page.locator(".mm-answer:visible .mm-notice")).to_have_count(1)
    before = saw(page)
    page.get_by_role("button", name="Larger").click()  # a shape again, and not the photo
    asked_anew(page, before)
    expect(page.locator(".mm-answer:visible .mm-notice")).to_have_count(0)


def test_questions_are_asked_blind_too(open_page):
    page = open_page("visual_qa")
    turn_to(page, "Blind")
    sums = panel(page).locator(".mm-vqa-sums dd")
    expect(sums).to_have_count(3, timeout=FIRST_ANSWER)
    panel(page).get_by_role("combobox", name="Network").click()
    page.get_by_role("option", name="Six objects and how they lie", exact=True).click()
    questions = len(wording.suggestions("relations"))
    expect(panel(page).locator("tbody tr")).to_have_count(questions)
    expect(sums.first).to_contain_text(f"/ {questions}")
    press(page, "Another scene")
    expect(sums.first).to_contain_text(f"/ {2 * questions}")
