"""A visitor arrives at an answer, and an example answers at one press."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mmdemo.catalog import DEMOS
from tests.browser.actions import FIRST_ANSWER, choose, overflow

every_demo = pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.slug)
CARD = 480, 270
"""A card's picture, in pixels."""


def box(page: Page, part: str) -> dict[str, float]:
    """Where a part of the page lies on the screen."""
    found = page.locator(f"{part}:visible").first.bounding_box()
    assert found is not None
    return found


@every_demo
@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_a_page_arrives_with_its_answer_in_sight(open_page, app, demo, viewport):
    loaded = app.text().count("loaded ")
    page = open_page(demo.slug, viewport)
    expect(page.locator(".mm-arrival:visible")).to_contain_text("Example, answered beforehand: ")
    height = page.viewport_size["height"]
    button, answer = box(page, ".mm-question button.primary"), box(page, ".mm-arrival + *")
    assert button["y"] + button["height"] <= height
    assert answer["y"] + 40 <= height, "the answer begins below the screen"
    if viewport == "desktop":
        assert answer["x"] >= button["x"] + button["width"], "the answer stands beside"
    assert overflow(page) <= 0
    pictures = page.locator(".mm-answer:visible :is(img, image)")
    for index in range(pictures.count()):
        assert pictures.nth(index).evaluate(
            "async e => { const i = new Image(); i.src = e.href?.baseVal ?? e.src;"
            " await i.decode(); return i.naturalWidth }"
        )
    assert app.text().count("loaded ") == loaded, "no network is needed for it"


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


@every_demo
def test_the_gallery_has_a_picture_of_an_answer(open_page, request, demo):
    """Draws it anew, too: with `--screenshots DIR` it is stored there, as `SLUG-card.webp`."""
    page = open_page("")
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
