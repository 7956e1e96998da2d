"""Compare, enrol and name sounds, as a visitor does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mmdemo.demos.siamese_audio import examples
from tests.browser.actions import (
    FIRST_ANSWER,
    ask,
    empty,
    field,
    overflow,
    press,
    toast,
    turn_to,
    upload,
)


@pytest.fixture(scope="module")
def sounds() -> dict[str, tuple[Path, Path]]:
    return {pair.label: (pair.first, pair.second) for pair in examples.pairs()}


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_compare_two_sounds(open_page, screenshot, sounds, viewport):
    page = open_page("siamese_audio", viewport)
    first, second = sounds["A clock and rain"]
    upload(page, "First sound", first)
    upload(page, "Second sound", second)
    ask(page, "Compare")
    verdict = page.locator(".mm-verdict:visible")
    expect(verdict.locator("h3")).to_have_text("Different kinds of sound", timeout=FIRST_ANSWER)
    pictures = page.locator(".mm-sound img:visible")
    assert pictures.count() == 2
    assert all(
        page.evaluate("e => e.naturalWidth", pictures.nth(i).element_handle()) > 100 for i in (0, 1)
    )
    assert page.locator(".mm-wave:visible").count() == 2
    assert overflow(page) <= 0
    screenshot(page, f"siamese_audio-{viewport}")


def test_silence_gets_a_clear_message(open_page, sounds, generated):
    page = open_page("siamese_audio")
    upload(page, "First sound", generated.wav(0 * generated.tone()))
    upload(page, "Second sound", sounds["A clock and rain"][0])
    press(page, "Compare")
    assert "silent" in toast(page)


def test_enrol_and_name(open_page, screenshot, sounds):
    page = open_page("siamese_audio")
    turn_to(page, "What is it?")
    clock, rain = sounds["A clock and rain"]
    for name, file in (("clock", clock), ("rain", rain)):
        upload(page, "Recording to enrol", file)
        page.get_by_label("Name", exact=True).locator("visible=true").fill(name)
        press(page, "Enrol")
        expect(page.locator(".mm-thumbs figcaption", has_text=name)).to_be_visible(
            timeout=FIRST_ANSWER
        )
    upload(page, "Recording to name", sounds["Two showers of rain"][1])
    press(page, "Name it")
    expect(page.locator(".mm-verdict:visible")).to_be_visible()
    expect(page.locator("table.mm-table tbody th").locator("visible=true").first).to_have_text(
        "rain"
    )
    screenshot(page, "siamese_audio-identify")


def test_the_microphone_gives_a_recording(open_page, sounds):
    page = open_page("siamese_audio")
    empty(page, "First sound")
    block = field(page, "First sound")
    block.get_by_label("Record audio").click()
    block.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(2000)
    block.get_by_role("button", name="Stop", exact=True).locator("visible=true").click()
    expect(block.get_by_role("button", name="Play", exact=True)).to_be_visible()
    upload(page, "Second sound", sounds["Two clocks"][0])
    ask(page, "Compare")
    expect(page.locator(".mm-verdict:visible")).to_be_visible(timeout=FIRST_ANSWER)
