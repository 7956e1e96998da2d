"""One press asks both networks."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.actions import FIRST_ANSWER, ask, overflow, press

BELOW = """() => {
  const [first, second] = [...document.querySelectorAll(".mm-both > section")]
    .filter((answer) => answer.offsetParent)
    .map((answer) => answer.getBoundingClientRect());
  return first.bottom <= second.top;
}"""
"""Both are measured in one step: the page may still be moving into its new width."""


def test_both_networks_answer_side_by_side(open_page):
    page = open_page("siamese_audio")
    ask(page, "Ask both networks")
    answers = page.locator(".mm-both:visible > section")
    expect(answers).to_have_count(2, timeout=FIRST_ANSWER)
    names = answers.locator("> h3")
    expect(names).to_contain_text(["DEFAULT", "BOOK"])
    thresholds = {
        answers.nth(place).locator(".mm-scale").get_attribute("aria-label") for place in (0, 1)
    }
    assert len(thresholds) == 2, "each decides at its own"
    first, second = (answers.nth(place).bounding_box() for place in (0, 1))
    question = page.locator(".mm-question:visible").bounding_box()
    assert question["x"] + question["width"] <= first["x"]
    assert first["x"] + first["width"] <= second["x"]
    assert abs(first["y"] - second["y"]) < 2
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(BELOW)
    assert overflow(page) <= 0
    press(page, "Compare")
    expect(answers).to_have_count(0, timeout=FIRST_ANSWER)
    expect(page.locator(".mm-verdict:visible")).to_have_count(1)
