"""An answer is shared: as a link that asks its question again, and as a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.browser.actions import FIRST_ANSWER, ask, press, unfold

REVIEW = "Not bad at all & <b>fine</b>: 100 %, schön.\nWould see it again."


def test_a_link_asks_the_question_again_with_its_settings(open_page):
    page = open_page("sentiment")
    unfold(page, "Settings: network")
    page.get_by_role("radio", name="BOOK").check()
    page.get_by_label("A review, in English").fill(REVIEW)
    ask(page, "Read it")
    said = page.locator(".mm-verdict:visible").inner_text()
    press(page, "Copy a link to this question")
    expect(page.get_by_text("The link was copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    address, _, question = link.partition("#")
    assert "preset=book" in address
    assert "fine" in question, "what a browser keeps to itself"

    again = open_page(link.split("/", 3)[3])
    verdict = again.locator(".mm-verdict:visible")
    expect(verdict).to_have_text(said, use_inner_text=True, timeout=FIRST_ANSWER)
    expect(again.locator(".mm-arrival:visible")).to_have_count(0)
    expect(again.get_by_label("A review, in English")).to_have_value(REVIEW)
    again.get_by_label("A review, in English").fill("long " * 400)
    press(again, "Copy a link to this question")
    expect(again.get_by_text("This text is too long for a link.")).to_be_visible()


def test_an_answer_is_saved_as_a_picture(open_page, tmp_path):
    """The ground is the theme's, and the colours of the answer are there: photo, bars, words."""
    page = open_page("localizer", "phone", dark=True)
    page.wait_for_function("document.querySelector('.mm-answer image, .mm-answer img')")
    wide = page.locator(".mm-answer:visible").bounding_box()["width"]
    with page.expect_download() as download:
        press(page, "Save as a picture")
    assert download.value.suggested_filename == "localizer.png"
    file = tmp_path / "answer.png"
    download.value.save_as(file)
    with Image.open(file) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert abs(pixels.shape[1] - 2 * (wide + 40)) <= 2, "sharp on any screen"
    assert pixels.shape[0] > pixels.shape[1], "the whole answer, not what is in sight"
    assert pixels[0, 0].max() < 60
    assert (pixels.min(axis=2) > 220).mean() > 0.005, "words"
    red = (pixels[..., 0] > 120) & (pixels[..., 1:].max(axis=2) < 80)
    assert red.mean() > 0.02, "the saucer of the photo"
