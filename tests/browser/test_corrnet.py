"""The page that turns one sense into the other, drawn on and listened to in a real browser."""

from __future__ import annotations

import base64
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mmdemo.demos.corrnet import examples, infer
from tests.browser.actions import (
    FIRST_ANSWER,
    ask,
    draw,
    field,
    overflow,
    panel,
    press,
    toast,
    turn_to,
    upload,
)


def heard(page: Page, folder: Path) -> Path:
    """The sound that the page plays, as a file."""
    player = page.locator("audio").last
    expect(player).to_have_attribute("src", re.compile("blob:|http"))
    content = page.evaluate(
        """async address => {
            const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
            return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
        }""",
        player.get_attribute("src"),
    )
    file = folder / "heard.wav"
    file.write_bytes(base64.b64decode(content))
    return file


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_draw_it_hear_it_and_see_what_was_heard(open_page, viewport, screenshot, tmp_path):
    page = open_page("corrnet", viewport)
    draw(page)
    ask(page, "Hear it")
    verdict = page.locator(".mm-verdict:visible h3")
    expect(verdict).to_have_text("7", timeout=FIRST_ANSWER)
    assert infer.see(infer.load_sound(heard(page, tmp_path))).digit == 7
    assert overflow(page) <= 0
    press(page, "And what does it see in that sound?")
    expect(verdict).to_have_text(["7", "7"])
    screenshot(page, f"corrnet-{viewport}")


def test_say_it_see_it(open_page, screenshot):
    page = open_page("corrnet")
    turn_to(page, "Say it, see it")
    field(page, "Say one digit in English").get_by_label("Upload file").click()
    upload(page, "Say one digit in English", examples.SPOKEN / "four.wav")
    press(page, "See it")
    expect(page.locator(".mm-verdict:visible h3")).to_have_text("4", timeout=FIRST_ANSWER)
    screenshot(page, "corrnet-see")


def test_a_blank_sheet_gets_a_clear_message(open_page):
    page = open_page("corrnet")
    panel(page).locator("canvas").first.wait_for()
    press(page, "Hear it")
    assert "nothing drawn" in toast(page)


def test_half_a_digit(open_page, screenshot):
    page = open_page("corrnet")
    turn_to(page, "Half a digit")
    draw(page)
    press(page, "Complete it")
    expect(page.get_by_text("BOOK, the tutorial's own")).to_be_visible(timeout=FIRST_ANSWER)
    screenshot(page, "corrnet-half")


def test_same_name_and_the_nearest_names(open_page, screenshot):
    page = open_page("corrnet")
    turn_to(page, "Same name?")
    page.get_by_label("A name in English").fill("Vladimir")
    page.get_by_label("A name in another script").fill("Владимир")
    press(page, "The same name?")
    expect(page.locator(".mm-verdict:visible h3")).to_have_text(
        "The same name", timeout=FIRST_ANSWER
    )
    page.get_by_label("Find this name").fill("Monica")
    press(page, "Find it")
    first = page.locator("table.mm-table tbody th").locator("visible=true").first
    expect(first).to_have_text("Моника")
    screenshot(page, "corrnet-names")


def test_an_archive_is_completed(open_page, tmp_path):
    archive = tmp_path / "mine.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(examples.drawings()[2], "seven.png")
    page = open_page("corrnet")
    turn_to(page, "Complete your data")
    upload(page, "Archive or table", archive)
    press(page, "Complete it")
    expect(page.get_by_text("1 missing views were made")).to_be_visible(timeout=FIRST_ANSWER)
    with page.expect_download() as waiting:
        field(page, "The missing views").locator("a[download]").first.click()
    with zipfile.ZipFile(waiting.value.path()) as result:
        assert result.namelist() == ["seven.wav"]
