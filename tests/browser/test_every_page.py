"""What holds on every demo's page. One visit on each kind of screen, looked at from all sides."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from mmdemo.catalog import DEMOS
from mmdemo.core.demo import Demo
from mmdemo.core.weights import artifacts
from tests.browser.actions import (
    PARTS,
    box,
    copy_link,
    layout_shift,
    overflow,
    panel,
    serious_findings,
    settled,
    turn_to,
)
from tests.browser.conftest import visitor
from tests.support.server import Server

SMALLEST = """() => Math.min(99, ...[...document.querySelectorAll("svg text")]
    .filter((text) => text.getBoundingClientRect().width > 0)
    .map((text) => {
      const { a, b } = text.getScreenCTM();
      return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
    }))"""
"""Height of the smallest letters of all figures that are shown, in pixels."""

UNNAMED = """() => [...document.querySelectorAll('button, input, textarea, select, img')]
    .filter(e => e.offsetParent !== null && e.type !== 'file' && e.type !== 'hidden')
    .filter(e => !(e.getAttribute('aria-label') || e.title || e.innerText?.trim()
        || e.hasAttribute('alt') || e.getAttribute('aria-hidden') || e.placeholder
        || (e.labels && e.labels.length)))
    .map(e => e.outerHTML.slice(0, 200))"""
"""Controls in sight that say nothing to a screen reader. A picture in a field may have an empty
text: the field's label names it."""


class Visit(NamedTuple):
    """A page that stays open for all tests of this file that look at it.

    Attributes:
        page: on its first part.
        loaded: how many networks the app had loaded when it came.
    """

    page: Page
    demo: Demo
    viewport: str
    loaded: int


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, browser: Browser, app: Server) -> Iterator[Visit]:
    demo, viewport, theme = request.param
    loaded = app.text().count("loaded ")
    with visitor(browser, app) as open_page:
        yield Visit(open_page(demo.slug, viewport, theme == "dark"), demo, viewport, loaded)


@pytest.fixture
def visit(opened: Visit) -> Visit:
    if opened.page.get_by_role("tab", name=PARTS[0]).get_attribute("aria-selected") != "true":
        turn_to(opened.page, PARTS[0])
    return opened


def on(*screens: str, networks: int = 0) -> Callable[..., None]:
    """Look at every demo's page on these screens, such as `phone dark`: of those alone that have
    so many networks of their own."""
    demos = [demo for demo in DEMOS if sum(len(task.presets) for task in demo.tasks) >= networks]
    values = [(demo, *screen.split()) for demo in demos for screen in screens]
    ids = [f"{demo.slug}-{viewport}-{theme}" for demo, viewport, theme in values]
    return pytest.mark.parametrize("opened", values, indirect=True, ids=ids, scope="module")


def other_network(demo: Demo) -> str:
    """How a page calls a network of the source's, beside DEFAULT."""
    presets = {model_id.preset for model_id in demo.model_ids}
    return "BOOK" if "book" in presets else demo.label(demo.model_ids[-1])


# === As it comes ===


@on("desktop light", "phone light", "phone dark")
def test_nothing_moves_while_a_page_comes(visit):
    settled(visit.page)
    assert layout_shift(visit.page) < 0.05


@on("desktop light", "phone light", networks=1)
def test_a_page_arrives_with_its_answer_in_sight(visit, app):
    page = visit.page
    expect(page.locator(".mm-arrival:visible")).to_contain_text("Example, answered beforehand: ")
    height = page.viewport_size["height"]
    button, answer = box(page, ".mm-question button.primary"), box(page, ".mm-arrival + *")
    assert button["y"] + button["height"] <= height
    assert answer["y"] + 40 <= height, "the answer begins below the screen"
    if visit.viewport == "desktop":
        assert answer["x"] >= button["x"] + button["width"], "the answer stands beside"
    assert overflow(page) <= 0
    pictures = page.locator(".mm-answer:visible :is(img, image)")
    for index in range(pictures.count()):
        assert pictures.nth(index).evaluate(
            "async e => { const i = new Image(); i.src = e.href?.baseVal ?? e.src;"
            " await i.decode(); return i.naturalWidth }"
        )
    assert app.text().count("loaded ") == visit.loaded, "no network is needed for it"


@on("desktop light")
def test_a_page_has_a_title_and_a_picture_of_its_own(visit):
    page, demo = visit.page, visit.demo
    expect(page).to_have_title(f"{demo.title} · mmdemo")
    named = page.locator("meta[property='og:title']")
    assert [tag.get_attribute("content") for tag in named.all()] == [demo.title]
    picture = page.locator("meta[property='og:image']").get_attribute("content")
    with urllib.request.urlopen(picture) as answer:
        assert answer.headers["content-type"] == "image/png"


@on("phone light")
def test_all_parts_are_in_sight_on_a_phone(visit):
    for part in parts(visit.page):
        expect(visit.page.get_by_role("tab", name=part, exact=True)).to_be_visible()
    assert visit.demo.tasks or "How good it is" not in parts(visit.page)


@on("desktop light")
def test_every_control_has_a_name_for_screen_readers(visit):
    # What Gradio puts into a button (the picture of an example) may come after the page.
    deadline = time.monotonic() + 10
    while (unnamed := visit.page.evaluate(UNNAMED)) and time.monotonic() < deadline:
        visit.page.wait_for_timeout(100)
    assert unnamed == []


@on("phone dark")
def test_dark_theme_and_keyboard(visit, screenshot):
    page = visit.page
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    channels = [int(c) for c in dark[dark.index("(") + 1 : -1].split(",")[:3]]
    assert max(channels) < 60, "the page is not dark"
    page.get_by_role("tab", name="How it works").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="How it works")).to_have_attribute("aria-selected", "true")
    screenshot(page, f"{visit.demo.slug}-dark")


# === Its parts ===


def parts(page):
    """Those that the page has of every demo's, and where classes can be taught, that one."""
    found = [part for part in PARTS if page.get_by_role("tab", name=part, exact=True).count()]
    return [*found, *["Teach it"] * page.get_by_role("tab", name="Teach it").count()]


@on("desktop light", "phone light")
def test_a_demo_page_has_its_parts(visit, screenshot):
    page, demo = visit.page, visit.demo
    expect(page.locator("h1")).to_have_text(demo.title)
    for part in parts(page):
        turn_to(page, part)
        assert overflow(page) <= 0, f"{part} is wider than the screen"
        assert panel(page).locator(".mm-notice", has_text="missing").count() == 0
        assert page.evaluate("document.documentElement.scrollHeight") <= 4000, f"{part} is long"
        assert page.get_by_label("More tabs").locator("visible=true").count() == 0
        assert page.evaluate(SMALLEST) >= 11, f"{part} has letters that are too small to read"
        screenshot(page, f"{demo.slug}-{part.lower().replace(' ', '-')}-{visit.viewport}")
    limits = page.locator("details.mm-limits").first
    limits.locator("summary").click()
    for limit in demo.limits:
        assert limits.get_by_text(limit, exact=True).is_visible()
    limits.locator("summary").click()


@on("desktop light", "phone dark")
def test_axe_finds_nothing_serious(visit):
    for part in parts(visit.page):
        turn_to(visit.page, part)
        assert serious_findings(visit.page) == {}, part


@on("desktop light", networks=1)
def test_measured_figures_stand_beside_baselines(visit):
    page, demo = visit.page, visit.demo
    turn_to(page, "How good it is")
    text = panel(page).inner_text()
    assert "DEFAULT" in text
    assert other_network(demo) in text
    trained = [each for each in demo.model_ids if artifacts.read_history(artifacts.locate(each))]
    assert demo.model_ids[0] in trained
    for model_id in trained:
        panel(page).get_by_text(f"Curves: {demo.label(model_id)}", exact=True).click()
    figures = page.locator("figure.mm-figure svg").locator("visible=true")
    assert figures.count() >= len(trained)


@on("desktop light")
def test_every_page_has_a_link_that_opens_it(visit, open_page):
    link = copy_link(visit.page)
    assert f"/{visit.demo.slug}" in link
    again = open_page(link.split("/", 3)[3])
    expect(again.locator("h1")).to_have_text(visit.demo.title)


@on("desktop light", networks=2)
def test_the_preset_switch_shows_the_other_network(visit):
    page = visit.page
    turn_to(page, "How it works")
    caption = page.locator(".mm-layers summary").locator("visible=true")
    before = caption.inner_text()
    page.get_by_role("radio", name=other_network(visit.demo)).locator("visible=true").click()
    expect(caption).not_to_have_text(before)
    assert "parameters in" in caption.inner_text()
