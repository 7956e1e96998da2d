"""A review typed into the page; the loss weights; bloggers behind their statement."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.actions import FIRST_ANSWER, ask, overflow, press, toast, turn_to, unfold


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_a_review_gets_three_answers(open_page, screenshot, viewport):
    page = open_page("author_profile", viewport)
    page.get_by_label("A film review, in English").locator("visible=true").fill(
        "Wonderful from the first scene to the last. The cast is superb, the story moved me to "
        "tears, and I have already seen it three times. One of the best films ever made."
    )
    ask(page, "Read it")
    heads = page.locator(".mm-verdict:visible h3")
    expect(heads).to_have_count(3, timeout=FIRST_ANSWER)
    expect(heads.nth(0)).to_contain_text("Stars: ")
    expect(heads.nth(1)).to_contain_text("Star class: ")
    expect(heads.nth(2)).to_have_text("Sentiment: positive")
    expect(page.locator(".mm-verdict:visible .mm-bar")).to_have_count(8)
    expect(page.locator(".mm-shaded mark").filter(has_text="superb")).to_have_class("mm-up")
    assert overflow(page) <= 0
    screenshot(page, f"author_profile-{viewport}")


def test_an_example_under_the_sources_network(open_page):
    page = open_page("author_profile")
    page.get_by_role("button", name="A slating").click()
    unfold(page, "Settings: network")
    page.get_by_role("radio", name="BOOK").locator("visible=true").click()
    ask(page, "Read it")
    heads = page.locator(".mm-verdict:visible h3")
    expect(heads.nth(2)).to_have_text("Sentiment: negative", timeout=FIRST_ANSWER)


def test_the_loss_weights_are_shown(open_page, screenshot):
    page = open_page("author_profile")
    turn_to(page, "Why losses are weighted")
    expect(page.get_by_text("Who is heard?")).to_be_visible()
    expect(page.locator(".mm-reading:visible figure")).to_have_count(3)
    screenshot(page, "author_profile-weights")


def test_bloggers_stand_behind_a_statement(open_page):
    page = open_page("author_profile")
    turn_to(page, "Guess a blogger")
    expect(page.get_by_text("What such guesses are worth: little.")).to_be_visible()
    expect(page.get_by_role("button", name="Guess", exact=True)).to_be_hidden()
    page.get_by_label("I have read this").check()
    page.get_by_role("button", name="Exam week").click()
    press(page, "Guess")
    heads = page.locator(".mm-verdict:visible h3")
    expect(heads.nth(0)).to_contain_text("Age: ", timeout=FIRST_ANSWER)
    expect(page.get_by_text("Not to be used to judge anybody")).to_be_visible()


def test_nothing_written_gets_a_clear_message(open_page):
    page = open_page("author_profile")
    page.get_by_label("A film review, in English").locator("visible=true").fill("")
    press(page, "Read it")
    assert "Write a text first" in toast(page)
