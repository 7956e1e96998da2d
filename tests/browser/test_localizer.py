"""Have a photo looked at and take the answer home, as a visitor does it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mmdemo.core.media.image import open_image
from mmdemo.demos.localizer import examples
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
    unfold,
    upload,
)

BOXED = "svg[aria-label*='in a box from']"
ELSEWHERE = "Or where would this be?"


def download(page: Page, name: str, path: Path) -> Path:
    """Press the download button of that name and keep the file."""
    buttons = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))
    with page.expect_download() as download:
        buttons.locator("visible=true").first.click()
    download.value.save_as(path)
    return path


@pytest.mark.parametrize(
    ("viewport", "dark"), [("desktop", False), ("desktop", True), ("phone", False)]
)
def test_a_photo_is_named_and_boxed(open_page, screenshot, viewport, dark):
    page = open_page("localizer", viewport, dark)
    upload(page, "Photo", examples.photos()["A cup of coffee"])
    ask(page, "Find it")
    drawing = page.locator(f"{BOXED}:visible")
    expect(drawing).to_be_visible(timeout=FIRST_ANSWER)
    label = page.locator(".mm-verdict:visible h3").inner_text().removeprefix("Perhaps: ")
    assert label in drawing.get_attribute("aria-label")
    expect(page.locator(".mm-table:visible tbody tr")).to_have_count(5)
    expect(page.locator(".mm-thumbs:visible img")).to_have_count(1)
    assert overflow(page) <= 0
    screenshot(page, f"localizer-{viewport}{'-dark' if dark else ''}")


def test_the_answer_is_downloaded_as_picture_and_json(open_page, tmp_path):
    """Of a photo that is larger than the copy that is looked at."""
    photo = tmp_path / "large.jpg"
    Image.open(examples.photos()["A rocket"]).resize((4000, 3000)).save(photo)
    page = open_page("localizer")
    upload(page, "Photo", photo)
    ask(page, "Find it")
    expect(page.locator(f"{BOXED}:visible")).to_be_visible(timeout=FIRST_ANSWER)
    expect(page.locator(".mm-verdict:visible")).to_contain_text("4000 × 3000 pixels")
    answer = json.loads(download(page, "Download as JSON", tmp_path / "a.json").read_text())
    assert (answer["width"], answer["height"]) == (4000, 3000)
    assert 0 <= answer["box"]["left"] < answer["box"]["right"] <= 4000
    drawn = download(page, "Download the picture", tmp_path / "a.jpg")
    assert open_image(drawn).shape == (1536, 2048, 3)


def test_the_box_of_another_label_is_drawn(open_page, tmp_path):
    page = open_page("localizer")
    upload(page, "Photo", examples.photos()["A cup of coffee"])
    ask(page, "Find it")
    drawing = page.locator(f"{BOXED}:visible")
    expect(drawing).to_be_visible(timeout=FIRST_ANSWER)
    choices = field(page, ELSEWHERE).get_by_role("radio")
    expect(choices).to_have_count(5)
    expect(choices.first).to_be_checked()
    second = page.locator(".mm-guesses:visible tbody th").nth(1).inner_text()
    choices.nth(1).click()
    expect(drawing).to_have_attribute("aria-label", re.compile(f"^{re.escape(second)} "))
    expect(page.locator(".mm-verdict:visible h3")).to_contain_text(second)
    expect(choices.nth(1)).to_be_checked()
    answer = json.loads(download(page, "Download as JSON", tmp_path / "a.json").read_text())
    assert answer["label"] == second == answer["candidates"][1]["label"]


def test_an_answer_goes_with_its_photo_and_its_network(open_page):
    page = open_page("localizer")
    drawing = page.locator(f"{BOXED}:visible")
    shown = page.get_by_text(ELSEWHERE).locator("visible=true")
    downloads = page.get_by_role("button", name=re.compile("^Download (the picture|as JSON)$"))

    def hidden():
        expect(drawing).to_have_count(0)
        expect(shown).to_have_count(0)
        expect(downloads.locator("visible=true")).to_have_count(0)

    choose(page, "A cup of coffee")
    expect(drawing).to_be_visible(timeout=FIRST_ANSWER)
    expect(shown).to_have_count(1)
    expect(downloads.locator("visible=true")).to_have_count(2)
    empty(page, "Photo")
    hidden()
    page.get_by_role("button", name="A rocket").click()
    expect(drawing).to_be_visible()
    unfold(page, "Settings: network")
    page.get_by_role("radio", name="BOOK").locator("visible=true").click()
    hidden()
    press(page, "Find it")  # BOOK has one box, whatever is asked
    expect(drawing).to_be_visible(timeout=FIRST_ANSWER)
    expect(downloads.locator("visible=true")).to_have_count(2)
    expect(shown).to_have_count(0)


def test_an_example_fills_the_photo_and_book_answers_too(open_page):
    page = open_page("localizer?preset=book")
    expect(page.locator(".mm-arrival:visible")).to_have_count(0)  # it is DEFAULT's, so it goes
    choose(page, "A cup of coffee")
    expect(page.locator(f"{BOXED}:visible")).to_be_visible(timeout=FIRST_ANSWER)


def test_nothing_uploaded_is_said_at_the_field(open_page):
    page = open_page("localizer")
    empty(page, "Photo")
    press(page, "Find it")
    expect(page.get_by_text("Add a photo first.")).to_be_visible()


def test_what_is_no_picture_gets_a_clear_message(open_page, tmp_path):
    page = open_page("localizer")
    fake = tmp_path / "holiday.png"
    fake.write_bytes(b"%PDF-1.7\nnot a picture")
    upload(page, "Photo", fake)
    press(page, "Find it")
    assert "not a picture" in toast(page)


def test_the_effect_of_alpha_is_drawn(open_page, screenshot):
    page = open_page("localizer", "phone")
    turn_to(page, "Two losses, one alpha")
    figure = page.locator("figure.mm-figure:visible")
    expect(figure).to_contain_text("What each head reaches, by alpha")
    expect(figure.locator("polyline")).to_have_count(3)
    assert overflow(page) <= 0
    screenshot(page, "localizer-alpha")
