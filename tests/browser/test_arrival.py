"""A visitor arrives at an answer, and an example answers at one press."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mmdemo.catalog import DEMOS
from tests.browser.actions import FIRST_ANSWER, box, choose

CARD = 480, 270
"""A card's picture, in pixels."""


@pytest.mark.parametrize(
    ("slug", "example", "says"),
    [
        ("sentiment", "Scathing", "Negative"),
        ("image_classifier", "A rocket", "The network saw"),
        ("siamese_audio", "A siren and rain", "Different kinds of sound"),
        ("corrnet", "Seven", "7Probability"),
    ],
)
def test_an_example_answers_at_one_press(open_page, slug, example, says):
    page = open_page(slug)
    choose(page, example)
    expect(page.locator(".mm-answer:visible")).to_contain_text(says, timeout=FIRST_ANSWER)


def test_the_gallery_has_a_picture_of_every_demos_answer(open_page, request):
    """Draws them anew, too: with `--screenshots DIR` they are stored there, as `SLUG-card.webp`."""
    page = open_page("")
    for demo in DEMOS:
        card = page.locator(f"a.mm-card[href='./{demo.slug}'] img")
        card.scroll_into_view_if_needed()
        page.wait_for_function(
            "image => image.complete && image.naturalWidth", arg=card.element_handle()
        )
        size = card.evaluate("async e => (await (await fetch(e.src)).blob()).size")
        assert size < 15_000
        folder = request.config.getoption("--screenshots")
        if folder:
            draw_card(open_page(demo.slug), folder, demo.slug)


def draw_card(page: Page, folder: Path, slug: str) -> None:
    """The top of a page's first answer."""
    page.set_viewport_size({"width": 1040, "height": 1200})
    for part in page.get_by_role("tabpanel").get_by_role("tab").all():
        if page.locator(".mm-arrival:visible").count():
            break
        part.click()  # it stands in a later part of the page
        page.wait_for_timeout(500)
    page.locator(".mm-arrival").evaluate("e => e.hidden = true")
    page.wait_for_timeout(1500)
    answer = box(page, ".mm-arrival + *")
    width = box(page, ".mm-answer")["width"]
    clip = {"x": answer["x"], "y": answer["y"], "width": width, "height": width * 9 / 16}
    folder.mkdir(parents=True, exist_ok=True)
    png = folder / f"{slug}-card.png"
    page.screenshot(path=png, clip=clip)
    with Image.open(png) as drawn:
        drawn.convert("RGB").resize(CARD).save(folder / f"{slug}-card.webp", quality=75)
    png.unlink()


def test_the_gallery_is_searched(open_page):
    page = open_page("", "phone")
    field = page.get_by_role("searchbox", name="Search the demos")
    field.fill("photo box")
    cards = page.locator("a.mm-card:visible")
    expect(cards).to_have_count(1)
    expect(cards.locator("b")).to_have_text("What is it, and where")
    expect(page.locator("h2.mm-family:visible")).to_have_text(["Images"])
    field.fill("zebra crossing")
    expect(page.get_by_text("No demo is about that.")).to_be_visible()
    field.fill("")
    expect(cards).to_have_count(len(DEMOS))
