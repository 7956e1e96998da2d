"""What a visitor does on a page."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, TimeoutError, expect

FIRST_ANSWER = 120_000
"""Milliseconds until an answer, where its network has to be loaded first."""
PARTS = ("Try it", "How it works", "How good it is", "Use it")
"""Of a demo's page."""
SEVEN = ((0.28, 0.22), (0.72, 0.22), (0.55, 0.5), (0.45, 0.8))
"""Corners of a 7 as shares of the sheet."""
_SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 300);
})"""


def panel(page: Page) -> Locator:
    """The innermost tab that is shown."""
    return page.locator('[role="tabpanel"]:visible').last


def field(page: Page, label: str) -> Locator:
    """The visible block that carries a label."""
    label_of = page.locator("label, span[data-testid='block-info']").filter(has_text=label)
    return page.locator(".block:visible").filter(has=label_of).last


def upload(page: Page, label: str, file: Path) -> None:
    """Choose a file in the upload widget of that label, and wait until it has arrived."""
    block = field(page, label)
    waiting = block.locator("input[type=file]")
    expect(
        waiting.or_(block.get_by_role("button", name="Clear", exact=True)).first
    ).to_be_attached()
    if not waiting.count():  # an example's sound is there
        empty(page, label)
    with page.expect_response(lambda r: "/upload" in r.url and r.request.method == "POST"):
        block.locator("input[type=file]").first.set_input_files(file)
    _settle(page)


def empty(page: Page, label: str) -> None:
    """Take away the file that is in the field of that label."""
    taken = re.compile("^(Clear|Remove Image)$")
    field(page, label).get_by_role("button", name=taken).locator("visible=true").click()
    _settle(page)


def ask(page: Page, name: str) -> None:
    """Press a button, and wait until the answer is not the one that the page arrived with."""
    press(page, name)
    expect(page.locator(".mm-arrival:visible")).to_have_count(0, timeout=FIRST_ANSWER)


def choose(page: Page, example: str) -> None:
    """Press an example, and wait until the answer on arrival is gone."""
    page.get_by_role("button", name=example, exact=True).click()
    expect(page.locator(".mm-arrival:visible")).to_have_count(0, timeout=FIRST_ANSWER)


def press(page: Page, name: str) -> None:
    """Press a button by its exact name."""
    page.get_by_role("button", name=name, exact=True).locator("visible=true").click()


def unfold(page: Page, name: str) -> None:
    """Open (or close) the folded part of that name, as slowly as a visitor's hand does."""
    page.get_by_role("button", name=name).locator("visible=true").click()
    _settle(page)


def draw(page: Page) -> None:
    """Draw a 7 with the mouse on the sheet that is shown."""
    pad = page.locator(".mm-sheet:visible")
    sheet = pad.locator("canvas").first
    sheet.scroll_into_view_if_needed()
    undo = pad.get_by_role("button", name="Undo")
    for _ in range(20):  # the sheet takes no stroke before its own start has ended
        box = sheet.bounding_box()
        assert box is not None
        side = min(box["width"], box["height"])
        left = box["x"] + (box["width"] - side) / 2
        top = box["y"] + (box["height"] - side) / 2
        points = [(left + x * side, top + y * side) for x, y in SEVEN]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=12)
        page.mouse.up()
        page.wait_for_timeout(250)
        if undo.is_enabled():
            return
    raise AssertionError("the sheet takes no stroke")


def turn_to(page: Page, tab: str) -> None:
    """Choose a tab by its name, as slowly as a visitor's hand does."""
    page.get_by_role("tab", name=tab).click()
    _settle(page)


def _settle(page: Page) -> None:
    """Wait until the page has taken in what has just changed.

    Gradio builds what was hidden only when it is shown, and then sets its values once more: for
    some milliseconds after it is there, what is put in is overwritten.
    """
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 250)))")


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the screen."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def toast(page: Page) -> str:
    """Text of the message that pops up."""
    message = page.locator(".toast-wrap .toast-text, .toast-body").first
    message.wait_for()
    return message.inner_text()


def settled(page: Page) -> None:
    """Wait until a page has all its parts."""
    page.locator("gradio-app > .gradio-container > .main > .wrap.full").wait_for(state="detached")
    page.wait_for_timeout(500)


def layout_shift(page: Page) -> float:
    """How much of a page has moved since it came, by no doing of the visitor."""
    return page.evaluate(_SHIFTS)


def serious_findings(page: Page) -> dict[str, list[str]]:
    """What axe finds that keeps people out, with the elements."""
    failed = Axe().run(page, options={"resultTypes": ["violations"]})  # not all that is well
    return {
        violation["id"]: [node["html"][:200] for node in violation["nodes"]]
        for violation in failed.response["violations"]
        if violation["impact"] in ("serious", "critical")
    }


def box(page: Page, part: str) -> dict[str, float]:
    """Where a part of the page lies on the screen."""
    found = page.locator(f"{part}:visible").first.bounding_box()
    assert found is not None
    return found


def copy_link(page: Page) -> str:
    """Clicks again where an answer that arrived meanwhile moved the button away."""
    button = page.get_by_role("button", name="Copy link to these settings")
    link = page.locator("p.mm-note[role=status] a").locator("visible=true")
    for _ in range(5):
        button.locator("visible=true").click()
        with contextlib.suppress(TimeoutError):
            link.wait_for(timeout=5000)
            break
    return link.get_attribute("href")
