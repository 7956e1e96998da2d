"""Ask about stories, fresh ones and one's own, as a visitor does it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import FIRST_ANSWER, ask, overflow, press, toast


def write(page: Page, label: str, text: str) -> None:
    page.get_by_role("textbox", name=label).locator("visible=true").fill(text)


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_ones_own_story(open_page, screenshot, viewport):
    page = open_page("story_qa", viewport)
    write(
        page,
        "Story",
        "Mary got the apple there.\nMary moved to the office.\nJohn went to the park.",
    )
    write(page, "Question", "Where is the apple?")
    ask(page, "Answer")
    verdict = page.locator(".mm-verdict:visible")
    expect(verdict.locator("h3")).to_have_text("office", timeout=FIRST_ANSWER)
    expect(page.locator(".mm-answers tbody tr")).to_have_count(5)
    expect(page.locator(".mm-story tbody tr")).to_have_count(3)
    assert overflow(page) <= 0
    screenshot(page, f"story_qa-{viewport}")


def test_a_fresh_story_and_the_other_network(open_page):
    page = open_page("story_qa")
    press(page, "Tell me a new story")
    verdict = page.locator(".mm-verdict:visible")
    expect(verdict).to_contain_text("This is", timeout=FIRST_ANSWER)
    story = page.get_by_role("textbox", name="Story").locator("visible=true")
    assert "." in story.input_value()
    assert page.locator(".mm-story thead th").count() == 7
    page.get_by_label("BOOK").locator("visible=true").check()
    expect(page.locator(".mm-story thead th")).to_have_count(2, timeout=FIRST_ANSWER)
    expect(verdict).to_contain_text("This is")


def test_unknown_words_are_marked_while_typing(open_page):
    page = open_page("story_qa")
    write(page, "Question", "Where is the submarine?")
    marked = page.locator("mark.mm-unknown:visible")
    expect(marked).to_have_text("submarine", timeout=FIRST_ANSWER)
    write(page, "Question", "Where is the milk?")
    expect(marked).to_have_count(0)


def test_an_empty_story_gets_a_clear_message(open_page):
    page = open_page("story_qa")
    write(page, "Story", "")
    press(page, "Answer")
    assert "Write a story first" in toast(page)
