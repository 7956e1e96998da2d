"""An answer stands beside its own photo, also where the photo changed while it was worked out."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from mmdemo.core.data import examples as shipped
from tests.browser.actions import FIRST_ANSWER, choose, field, press, upload

ANSWER = ".mm-guesses:visible"


@pytest.mark.parametrize(
    ("slug", "button"), [("image_classifier", "What is it?"), ("localizer", "Find it")]
)
def test_the_photo_changes_while_it_is_looked_at(open_page, tmp_path, slug, button):
    slow = tmp_path / "large.jpg"  # decoding it takes longer than the next click
    Image.open(shipped.scikit_image("chelsea.png")).resize((6000, 4000)).save(slow)
    warm = open_page(slug)  # the first answer waits for the network
    choose(warm, "A rocket")
    expect(warm.locator(ANSWER)).to_have_count(1, timeout=FIRST_ANSWER)
    right = warm.locator(ANSWER).inner_text()

    page = open_page(slug)
    upload(page, "Photo", slow)
    expect(field(page, "Photo").locator("img")).to_be_visible()
    press(page, button)
    choose(page, "A rocket")
    expect(page.locator(ANSWER)).to_have_count(1)
    page.wait_for_timeout(4000)
    assert page.locator(ANSWER).inner_text() == right
