"""Sentences typed into the page, and a list searched by it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.actions import FIRST_ANSWER, ask, overflow, press, toast, turn_to, upload


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_two_sentences_are_compared(open_page, screenshot, viewport):
    page = open_page("sentence_similarity", viewport)
    page.get_by_label("First sentence, in English").fill("A man is playing a guitar.")
    page.get_by_label("Second sentence").fill("A man is playing the guitar.")
    ask(page, "Compare")
    expect(page.locator(".mm-verdict:visible h3")).to_contain_text("the same", timeout=FIRST_ANSWER)
    expect(page.locator(".mm-alignment tbody tr")).to_have_count(7)
    assert overflow(page) <= 0
    screenshot(page, f"sentence_similarity-{viewport}")


def test_book_s_score_depends_on_the_order(open_page):
    page = open_page("sentence_similarity")
    page.get_by_role("button", name="Who bites whom").click()
    expect(page.get_by_label("Second sentence")).to_have_value("The man is biting the dog.")
    page.get_by_role("radio", name="BOOK").locator("visible=true").click()
    press(page, "Compare")
    expect(page.get_by_text("The other way round it says")).to_be_visible(timeout=FIRST_ANSWER)


def test_a_missing_sentence_gets_a_clear_message(open_page):
    page = open_page("sentence_similarity")
    page.get_by_label("First sentence, in English").fill("Alone.")
    page.get_by_label("Second sentence").fill("")
    press(page, "Compare")
    assert "Write the second sentence" in toast(page)


def test_similar_questions_are_found(open_page, screenshot, tmp_path):
    page = open_page("sentence_similarity")
    turn_to(page, "Find similar questions")
    page.get_by_label("A new question").fill("How can I reset the password?")
    press(page, "Find those like it")
    first = page.locator("table.mm-table tbody th").locator("visible=true").first
    expect(first).to_have_text("How do I reset my password?", timeout=FIRST_ANSWER)
    screenshot(page, "sentence_similarity-search")
    own = tmp_path / "own.txt"
    own.write_text("What does a ticket cost?\nWhen does the train leave?\n")
    upload(page, "Or a file", own)
    page.get_by_label("A new question").fill("When does the next train leave?")
    press(page, "Find those like it")
    expect(first).to_have_text("When does the train leave?")
