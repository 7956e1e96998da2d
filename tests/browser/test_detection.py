"""Have cells found, move the limits, take the answer home, and see the three networks timed."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.browser.actions import FIRST_ANSWER, choose, overflow, press, turn_to, unfold


def count(page: Page) -> int:
    """How many red cells the table says."""
    return int(page.locator("[data-count='0']:visible").inner_text())


def move(page: Page, slider: str, percent: int) -> None:
    page.locator(f"[data-slide={slider}]:visible").fill(str(percent))


def test_cells_are_found_and_the_limits_move_boxes_at_once(open_page, screenshot, tmp_path):
    page = open_page("detection")
    choose(page, "A crowd")
    boxes = page.locator(".mm-boxes:visible > g")
    expect(boxes.first).to_be_attached(timeout=FIRST_ANSWER)
    screenshot(page, "detection-desktop")
    before = count(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    move(page, "threshold", 5)
    more = count(page)
    assert more > before and boxes.count() >= more
    move(page, "suppression", 90)
    assert count(page) > more
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the boxes as JSON").click()
    coco = json.loads(download.value.path().read_text())
    assert len(coco["annotations"]) == boxes.count()
    assert coco["images"] == [{"id": 1, "width": 640, "height": 480}]
    assert coco["categories"][0] == {"id": 1, "name": "red blood cell"}
    for found in coco["annotations"]:
        left, top, width, height = found["bbox"]
        assert 0 <= left < left + width <= 640.1 and 0 <= top < top + height <= 480.1
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the picture").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    move(page, "threshold", 95)
    assert count(page) < before
    assert not [url for url in requests if "/gradio_api/" in url]  # nothing was asked again


def test_what_a_network_looked_at_is_shown_on_a_phone(open_page, screenshot):
    page = open_page("detection", "phone", dark=True)
    for preset, layer in (("Faster R-CNN", "looked"), ("YOLO", "grid")):
        if layer == "looked":
            unfold(page, "Settings: network")
        page.get_by_role("radio", name=preset, exact=True).locator("visible=true").click()
        press(page, "Find the cells")
        shown = page.locator(f"[data-layer={layer}]:visible")
        expect(shown).to_be_visible(timeout=FIRST_ANSWER)
        drawn = page.locator(f".mm-layer-{layer}").locator("rect, path").first
        expect(drawn).to_be_hidden()
        shown.check()
        expect(drawn).to_be_visible()
        assert overflow(page) <= 0
    screenshot(page, "detection-phone")


def test_three_networks_are_timed(open_page):
    page = open_page("detection")
    turn_to(page, "How detection became fast")
    page.get_by_role("button", name="A few cells").locator("visible=true").click()
    page.get_by_label("Places that R-CNN and Fast R-CNN look at").locator("visible=true").last.fill(
        "100"
    )
    page.wait_for_timeout(1000)
    press(page, "Time them")
    expect(page.locator(".mm-answer:visible tbody tr")).to_have_count(3, timeout=FIRST_ANSWER)
    expect(page.locator(".mm-answer:visible")).to_contain_text("times as fast")


def test_regions_merge_in_the_page(open_page, screenshot):
    page = open_page("detection")
    turn_to(page, "Where R-CNN looks")
    choose(page, "A crowd")
    press(page, "Merge its regions")
    said = page.locator("[data-part=said]:visible")
    expect(said).to_contain_text("0 merges", timeout=FIRST_ANSWER)
    slider = page.locator("[data-slide=merges]:visible")
    last = int(slider.get_attribute("max") or 0)
    regions = page.locator(".mm-merging [data-part=regions]:visible")
    before = regions.get_attribute("href")
    slider.fill(str(last - 3))
    expect(said).to_contain_text(f"4 regions are left. {last - 3} merges")
    expect(page.locator(".mm-merging [data-part=boxes] rect")).to_have_count(16)
    assert regions.get_attribute("href") != before
    screenshot(page, "detection-merging")
    button = page.locator(".mm-merging [data-play]:visible")
    button.click()
    expect(said).to_contain_text(f"1 regions are left. {last} merges")
    expect(button).to_have_text("Play")
    assert not overflow(page)
