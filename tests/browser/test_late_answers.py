"""An answer stands beside its own photo, also where the photo changed while it was worked out."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from mmdemo.core.data import examples as shipped
from tests.browser.actions import field, press, upload

ANSWER = ".mm-guesses:visible"


@pytest.mark.parametrize(
    ("slug", "button"), [("image_classifier", "What is it?"), ("localizer", "Find it")]
)
def test_the_photo_changes_while_it_is_looked_at(open_page, tmp_path, slug, button):
    slow = tmp_path / "large.jpg"  # decoding it takes longer than the next click
    Image.open(shipped.scikit_image("chelsea.png")).resize((6000, 4000)).save(slow)
    warm = open_page(slug)  # the first answer waits for the network
    warm.get_by_role("button", name="A rocket").click()
    expect(field(warm, "Photo").locator("img")).to_be_visible()
    press(warm, button)
    expect(warm.locator(ANSWER)).to_have_count(1, timeout=120_000)

    page = open_page(slug)
    upload(page, "Photo", slow)
    expect(field(page, "Photo").locator("img")).to_be_visible()
    press(page, button)
    page.get_by_role("button", name="A cup of coffee").click()
    page.wait_for_timeout(4000)
    expect(page.locator(ANSWER)).to_have_count(0)
    press(page, button)
    expect(page.locator(ANSWER)).to_have_count(1)
