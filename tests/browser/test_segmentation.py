"""Have nuclei cut out, light and keep some, take them home, and see five ways side by side."""

from __future__ import annotations

import csv
import json

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.actions import FIRST_ANSWER, choose, overflow, press, turn_to

FIRST = "[data-region='1']:visible"
WAYS = 5


def place(page: Page, number: int) -> tuple[float, float]:
    """Where on the screen the middle of a region is, whose picture is 256 pixels wide and high."""
    _kind, _area, _share, _score, x, y = json.loads(
        page.locator(".mm-cut:visible").get_attribute("data-regions")
    )[number - 1]
    page.locator(".mm-cut:visible svg").scroll_into_view_if_needed()
    box = page.locator(".mm-cut:visible svg").bounding_box()
    return box["x"] + box["width"] * x / 256, box["y"] + box["height"] * y / 256


def save(page: Page, button: str):
    """The file that a button gives."""
    with page.expect_download() as download:
        press(page, button)
    return download.value.path()


def test_nuclei_are_cut_out_lit_and_kept(open_page, screenshot):
    page = open_page("segmentation")
    choose(page, "A crowd that touches")
    rows = page.locator("[data-region]:visible")
    expect(rows.first).to_be_visible(timeout=FIRST_ANSWER)
    expect(page.locator(".mm-cut-count:visible")).to_contain_text(f"{rows.count()} nuclei")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.mouse.move(*place(page, 1))
    expect(page.locator("tr.mm-lit:visible")).to_have_attribute("data-region", "1")
    expect(page.locator("[data-part=lit]:visible")).to_contain_text("Number 1, nucleus")
    page.mouse.click(*place(page, 1))
    expect(page.locator(FIRST)).to_have_attribute("aria-selected", "true")
    rows.nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=kept]:visible")).to_have_text("Kept: 1, 3.")
    screenshot(page, "segmentation-desktop")
    page.locator("[data-slide=opacity]:visible").fill("10")
    expect(page.locator("[data-part=fills]")).to_have_attribute("opacity", "0.1")

    with save(page, "Download the table as CSV").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == rows.count()
    areas = [float(row["area"]) for row in table]
    assert areas == sorted(areas, reverse=True) and table[0]["kind"] == "nucleus"
    with Image.open(save(page, "Download cut-outs")) as pieces:
        covered = sum(pieces.getchannel("A").histogram()[128:])
    assert abs(covered - areas[0] - areas[2]) < 0.1 * covered  # two are kept
    with Image.open(save(page, "Download the picture")) as picture:
        assert picture.size == (256, 256)
    page.mouse.click(*place(page, 1))
    expect(page.locator("[data-part=kept]:visible")).to_have_text("Kept: 3.")
    assert not [url for url in requests if "/gradio_api/" in url]  # nothing was asked again


def test_another_answer_keeps_nothing_of_the_last_one(open_page, screenshot):
    page = open_page("segmentation", "phone", dark=True)
    told, kept = page.locator(".mm-cut:visible"), page.locator("[data-part=kept]:visible")
    choose(page, "A crowd that touches")
    expect(page.locator(FIRST)).to_be_visible(timeout=FIRST_ANSWER)
    page.touchscreen.tap(*place(page, 1))
    expect(kept).to_have_text("Kept: 1.")
    before = told.get_attribute("data-labels")
    choose(page, "Stained tissue")
    expect(told).not_to_have_attribute("data-labels", before, timeout=FIRST_ANSWER)
    expect(kept).to_have_text("None is kept.")
    page.touchscreen.tap(*place(page, 2))
    expect(kept).to_have_text("Kept: 2.")
    assert overflow(page) <= 0
    screenshot(page, "segmentation-phone")


def test_five_ways_stand_side_by_side(open_page):
    page = open_page("segmentation")
    turn_to(page, "Five ways")
    page.get_by_role("button", name="A crowd that touches").locator("visible=true").click()
    page.wait_for_timeout(1000)
    press(page, "Try all five")
    expect(page.locator(".mm-votes:visible")).to_be_visible(timeout=FIRST_ANSWER)
    expect(page.locator(".mm-ways:visible figure")).to_have_count(WAYS)
    expect(page.locator(".mm-answer:visible")).to_contain_text("agree in")


def test_a_pet_stands_in_front_of_something_else(open_page, screenshot):
    page = open_page("segmentation", "phone")
    turn_to(page, "A pet")
    choose(page, "A cat")
    part = page.locator("[data-part=behind]:visible")
    expect(part).to_have_attribute("data-shown", "blurred", timeout=FIRST_ANSWER)
    screenshot(page, "segmentation-pet-phone")
    assert overflow(page) <= 0
    shares = {}
    for name in ("White", "Nothing", "Grey"):
        part.get_by_role("radio", name=name).check()
        shown = {"White": "white", "Nothing": "clear", "Grey": "grey"}[name]
        expect(part).to_have_attribute("data-shown", shown)
        shares[shown] = part.locator("canvas").evaluate(PIXELS)
    white, clear, _grey = (shares[name] for name in ("white", "clear", "grey"))
    # Where nothing is, white is seen instead; the rest is the cat.
    assert 0.05 < clear["clear"] < 0.95 and white["clear"] == 0
    assert white["white"] > clear["clear"] - 0.02
    assert shares["grey"]["grey"] >= clear["clear"] - 0.02 and shares["grey"]["grey"] < 1
    with page.expect_download() as download:
        part.get_by_role("button", name="Download this picture").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


PIXELS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const shares = { clear: 0, white: 0, grey: 0 };
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, alpha] = data.subarray(at, at + 4);
    shares.clear += alpha < 8;
    shares.white += red + green + blue === 765 && alpha === 255;
    shares.grey += red === green && green === blue && alpha === 255;
  }
  for (const name in shares) shares[name] *= 4 / data.length;
  return shares;
}"""
"""Shares of a canvas that are clear, white and grey."""
