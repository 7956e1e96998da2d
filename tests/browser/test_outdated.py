"""An answer goes as its question is changed by hand; an example's press answers at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import FIRST_ANSWER, empty

GONE = "The question or a setting has changed."
ARRIVED = ".mm-answer .mm-arrival:visible"


def type_into(label: str):
    """Change what is written in a field."""

    def change(page: Page) -> None:
        page.get_by_label(label).locator("visible=true").press_sequentially(" so")

    return change


# A page per way to ask: the reader, fields of its own, the panel that compares two samples.
PAGES = {
    "sentiment": type_into("A review, in English"),
    "sentence_similarity": type_into("Second sentence"),
    "story_qa": type_into("Question"),
    "siamese_audio": lambda page: empty(page, "Second sound"),
}


@pytest.mark.parametrize("slug", list(PAGES))
def test_a_changed_question_has_no_answer_and_an_example_has_one(open_page, slug):
    page = open_page(slug)
    expect(page.locator(ARRIVED)).to_be_visible()
    PAGES[slug](page)
    answer = page.locator(".mm-answer:visible").first
    expect(answer.get_by_text(GONE)).to_be_visible()
    expect(page.locator(ARRIVED)).to_have_count(0)
    page.locator(".mm-offered:visible button").nth(1).click()
    verdict = answer.locator(".mm-verdict, .mm-reading").first
    expect(verdict).to_be_visible(timeout=FIRST_ANSWER)
    page.wait_for_timeout(1000)  # nothing comes after it and takes it away
    expect(verdict).to_be_visible()
    expect(answer.get_by_text(GONE)).to_have_count(0)
