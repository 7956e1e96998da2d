"""Name a photo, see what decided, look inside, compare: as a visitor does it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from mmdemo.core.data import examples as shipped
from mmdemo.demos.image_classifier import infer
from tests.browser.actions import (
    FIRST_ANSWER,
    ask,
    choose,
    empty,
    field,
    overflow,
    press,
    toast,
    turn_to,
    upload,
)


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_name_a_photo(open_page, screenshot, viewport):
    page = open_page("image_classifier", viewport)
    upload(page, "Photo", shipped.scikit_image("coffee.png"))
    ask(page, "What is it?")
    first = page.locator(".mm-guesses:visible tbody tr").first
    expect(first).to_contain_text("espresso", timeout=FIRST_ANSWER)
    assert re.search(r"\d+\.\d %", first.inner_text())
    expect(page.locator(".mm-heat:visible img")).to_have_count(2)
    assert overflow(page) <= 0
    screenshot(page, f"image_classifier-{viewport}")


def test_another_answer_and_another_layer_change_the_heat(open_page):
    page = open_page("image_classifier")
    choose(page, "A cup of coffee")
    heat = page.locator(".mm-heat:visible img").first
    expect(heat).to_be_visible(timeout=FIRST_ANSWER)
    before = heat.get_attribute("src")
    field(page, "What speaks for").get_by_role("radio").nth(1).click()
    expect(heat).not_to_have_attribute("src", before)
    before = heat.get_attribute("src")
    page.get_by_label("Grad-CAM looks at the map of").click()
    page.get_by_role("option", name="stage 2").click()
    expect(heat).not_to_have_attribute("src", before)


def test_an_answer_goes_with_its_photo(open_page):
    page = open_page("image_classifier")
    choose(page, "A cup of coffee")
    expect(page.locator(".mm-heat:visible img")).to_have_count(2, timeout=FIRST_ANSWER)
    empty(page, "Photo")
    expect(page.locator(".mm-heat:visible img")).to_have_count(0)
    expect(page.locator(".mm-guesses:visible")).to_have_count(0)


def test_a_network_that_cannot_be_had_says_why_beside_our_answer(open_page):
    page = open_page("image_classifier")
    upload(page, "Photo", shipped.scikit_image("coffee.png"))
    turn_to(page, "Keras Applications")
    press(page, "Compare")
    ours, theirs = (page.locator(".mm-pair:visible section").nth(place) for place in (0, 1))
    expect(theirs.get_by_role("status")).to_contain_text(
        "The weights of MobileNetV2 are not here", timeout=FIRST_ANSWER
    )
    expect(theirs).to_contain_text("MobileNetV2")
    expect(ours.locator("tbody tr").first).to_contain_text("espresso")
    expect(ours).to_contain_text(re.compile(r"\d+ ms, \d+,\d{3},\d{3} parameters, sees"))


@pytest.mark.parametrize("name", ["letter.pdf", "clip.mp4"])
def test_a_file_that_is_no_photo(open_page, tmp_path, name):
    page = open_page("image_classifier")
    fake = tmp_path / "holiday.png"
    fake.write_bytes({"letter.pdf": b"%PDF-1.7\n", "clip.mp4": b"\0\0\0\x20ftypisom"}[name] * 9)
    upload(page, "Photo", fake)
    press(page, "What is it?")
    assert "not a picture" in toast(page)


def test_nothing_chosen_is_said_at_the_field(open_page):
    page = open_page("image_classifier")
    empty(page, "Photo")
    press(page, "What is it?")
    expect(page.get_by_text("Add a photo first.")).to_be_visible()


def test_the_kinds_can_be_searched(open_page):
    page = open_page("image_classifier", "phone")
    page.get_by_text("All 200 kinds that it knows").click()
    shown = page.locator(".mm-kinds li").locator("visible=true")
    expect(shown).to_have_count(len(infer.names()))
    page.get_by_role("searchbox", name="Search the kinds").fill("tower water")
    expect(shown).to_have_text(["water tower"])
    page.get_by_role("searchbox", name="Search the kinds").fill("person")
    expect(page.get_by_text("It knows no such kind")).to_be_visible()
