"""Name a photo, see what decided, look inside, compare: as a visitor does it."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import expect

from mmdemo.core.data import examples as shipped
from tests.browser.actions import field, overflow, press, toast, turn_to, upload

FIRST = 120_000


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_name_a_photo(open_page, screenshot, viewport):
    page = open_page("image_classifier", viewport)
    upload(page, "Photo", shipped.scikit_image("coffee.png"))
    press(page, "What is it?")
    first = page.locator(".mm-guesses:visible tbody tr").first
    expect(first).to_contain_text("espresso", timeout=FIRST)
    assert re.search(r"\d+\.\d %", first.inner_text())
    expect(page.locator(".mm-heat:visible img")).to_have_count(2)
    assert overflow(page) <= 0
    screenshot(page, f"image_classifier-{viewport}")


def test_another_answer_and_another_layer_change_the_heat(open_page):
    page = open_page("image_classifier")
    page.get_by_role("button", name="A cup of coffee").click()
    expect(field(page, "Photo").locator("img")).to_be_visible()
    press(page, "What is it?")
    heat = page.locator(".mm-heat:visible img").first
    expect(heat).to_be_visible(timeout=FIRST)
    before = heat.get_attribute("src")
    field(page, "What speaks for").get_by_role("radio").nth(1).click()
    expect(heat).not_to_have_attribute("src", before)
    before = heat.get_attribute("src")
    page.get_by_label("Grad-CAM looks at the map of").click()
    page.get_by_role("option", name="stage 2").click()
    expect(heat).not_to_have_attribute("src", before)


def test_look_inside(open_page):
    page = open_page("image_classifier")
    upload(page, "Photo", shipped.scikit_image("chelsea.png"))
    turn_to(page, "Inside")
    press(page, "Look inside")
    maps = page.locator(".mm-maps:visible img")
    expect(maps.first).to_be_visible(timeout=FIRST)
    assert maps.count() == 24
    picture = base64.b64decode(maps.first.get_attribute("src").split(",")[1])
    assert picture.startswith(b"\x89PNG")


def test_a_link_to_the_other_network_lists_its_layers(open_page):
    page = open_page("image_classifier?preset=book")
    upload(page, "Photo", shipped.scikit_image("chelsea.png"))
    turn_to(page, "Inside")
    press(page, "Look inside")
    expect(page.locator(".mm-maps:visible img").first).to_be_visible(timeout=FIRST)


def test_an_answer_goes_with_its_photo(open_page):
    page = open_page("image_classifier")
    page.get_by_role("button", name="A cup of coffee").click()
    expect(field(page, "Photo").locator("img")).to_be_visible()
    press(page, "What is it?")
    expect(page.locator(".mm-heat:visible img")).to_have_count(2, timeout=FIRST)
    page.get_by_role("button", name="A rocket").click()
    expect(page.locator(".mm-heat:visible img")).to_have_count(0)
    expect(page.locator(".mm-guesses:visible")).to_have_count(0)


def test_a_network_that_cannot_be_had_says_why_beside_our_answer(open_page):
    page = open_page("image_classifier")
    upload(page, "Photo", shipped.scikit_image("coffee.png"))
    turn_to(page, "Keras Applications")
    press(page, "Compare")
    ours, theirs = (page.locator(".mm-pair:visible section").nth(place) for place in (0, 1))
    expect(theirs.get_by_role("status")).to_contain_text(
        "The weights of MobileNetV2 are not here", timeout=FIRST
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
    press(page, "What is it?")
    expect(page.get_by_text("Add a photo first.")).to_be_visible()
