"""Compare, enrol and name people, as a visitor does it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mmdemo.demos.siamese_face import examples
from tests.browser.actions import (
    FIRST_ANSWER,
    ask,
    choose,
    empty,
    field,
    overflow,
    press,
    toast,
    turn_to,
    unfold,
    upload,
)

CAMERA = """async address => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const draw = () => canvas.getContext("2d").drawImage(image, 0, 0);
  setInterval(draw, 50);
  navigator.mediaDevices.getUserMedia = async () => (window.taken = canvas.captureStream(20));
}"""
"""A camera that sees one photo."""


@pytest.fixture(scope="module")
def photos() -> tuple[Path, Path, Path]:
    """A person, the same person in an altered photo, and somebody else (a tight crop)."""
    same, other, _ = examples.pairs()
    return same.first, same.second, other.second


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_compare_two_photos(open_page, screenshot, photos, viewport):
    page = open_page("siamese_face", viewport)
    upload(page, "First photo", photos[0])
    upload(page, "Second photo", photos[1])
    ask(page, "Compare")
    verdict = page.locator(".mm-verdict:visible")
    expect(verdict.locator("h3")).to_have_text("The same person", timeout=FIRST_ANSWER)
    assert re.search(r"Distance \d\.\d{3}", verdict.inner_text())
    assert page.locator(".mm-thumbs img:visible").count() == 2
    assert overflow(page) <= 0
    screenshot(page, "siamese_face-desktop" if viewport == "desktop" else "siamese_face-phone")


def test_the_threshold_changes_the_verdict_and_its_error_rates(open_page, photos):
    page = open_page("siamese_face")
    upload(page, "First photo", photos[0])
    upload(page, "Second photo", photos[1])
    ask(page, "Compare")
    verdict = page.locator(".mm-verdict:visible")
    expect(verdict.locator("h3")).to_have_text("The same person", timeout=FIRST_ANSWER)
    unfold(page, "Settings: network, threshold")
    number = field(page, "Distance threshold").locator("input[type=number]")
    number.fill("0.001")
    number.press("Enter")
    number.blur()
    expect(verdict).to_contain_text("By the threshold the answer is: Different people.")
    assert "100.0 % of held-out same pairs are taken for different" in verdict.inner_text()


def test_an_example_fills_both_photos_and_is_answered(open_page):
    page = open_page("siamese_face")
    choose(page, "Two men, tight crops")
    expect(field(page, "First photo").locator("img")).to_be_visible()
    expect(field(page, "Second photo").locator("img")).to_be_visible()
    expect(page.locator(".mm-verdict:visible h3")).to_have_text("Different people")


def test_nothing_uploaded_is_said_at_the_field(open_page):
    page = open_page("siamese_face")
    empty(page, "First photo")
    press(page, "Compare")
    expect(page.get_by_text("Add the first photo first.")).to_be_visible()


def test_a_text_file_renamed_png_gets_a_clear_message(open_page, photos, tmp_path):
    page = open_page("siamese_face")
    fake = tmp_path / "holiday.png"
    fake.write_text("this is no picture")
    upload(page, "First photo", fake)
    upload(page, "Second photo", photos[0])
    assert "not a picture" in toast(page)
    page.reload()
    page.locator("h1").first.wait_for()
    upload(page, "First photo", photos[0])  # and the next request is served
    upload(page, "Second photo", photos[1])
    ask(page, "Compare")
    expect(page.locator(".mm-verdict:visible")).to_be_visible()


def test_a_photo_without_a_face_says_so(open_page, generated):
    page = open_page("siamese_face")
    stripes = generated.file("stripes.png", generated.encode(generated.pixels(240, 320)))
    upload(page, "First photo", stripes)
    expect(page.locator(".mm-notice:visible")).to_contain_text("No face")


def test_several_faces_are_offered_to_choose_from(open_page, photos, tmp_path):
    from PIL import Image

    portrait = Image.open(photos[0])
    group = Image.new("RGB", (portrait.width * 2, portrait.height), "grey")
    group.paste(portrait, (0, 0))
    group.paste(portrait, (portrait.width, 0))
    group.save(tmp_path / "group.png")
    page = open_page("siamese_face")
    upload(page, "First photo", tmp_path / "group.png")
    expect(page.get_by_role("radio", name="Face 2").locator("visible=true")).to_be_visible()
    assert page.locator(".mm-question .mm-thumbs img:visible").count() == 2


def enrol(page: Page, name: str, file: Path) -> None:
    upload(page, "Photo to enrol", file)
    page.get_by_label("Name", exact=True).locator("visible=true").fill(name)
    press(page, "Enrol")
    expect(page.locator(".mm-thumbs figcaption", has_text=name)).to_be_visible(timeout=FIRST_ANSWER)


def test_somebody_is_enrolled_from_the_camera(open_page, screenshot, photos):
    page = open_page("siamese_face", "phone")
    turn_to(page, "Who is it?")
    unfold(page, "Live, with the camera")
    photo = base64.b64encode(photos[0].read_bytes()).decode()
    page.evaluate(CAMERA, f"data:image/*;base64,{photo}")
    press(page, "Enrol from the camera")
    assert "a name first" in toast(page)
    page.get_by_label("Name", exact=True).locator("visible=true").last.fill("Eileen")
    press(page, "Enrol from the camera")
    enrolled = page.locator(".mm-thumbs:visible", has_text="Eileen")
    expect(enrolled).to_be_visible(timeout=FIRST_ANSWER)
    assert page.evaluate("window.taken.active") is False, "the camera is freed"
    assert overflow(page) <= 0
    screenshot(page, "siamese_face-camera")


def test_enrol_name_save_remove_and_restore(open_page, screenshot, photos, tmp_path):
    page = open_page("siamese_face")
    turn_to(page, "Who is it?")
    unfold(page, "Settings: network, threshold")
    enrol(page, "Eileen <b>", photos[0])
    page.get_by_label("cropped tightly").check()
    enrol(page, "Somebody else", photos[2])
    page.get_by_label("cropped tightly").uncheck()
    unfold(page, "Settings: network, threshold")

    upload(page, "Photo to name", photos[1])
    press(page, "Name it")
    verdict = page.locator(".mm-verdict:visible")
    expect(verdict.locator("h3")).to_have_text("Eileen <b>")
    expect(page.locator("figure.mm-figure", has_text="Map").locator("visible=true")).to_be_visible()
    screenshot(page, "siamese_face-identify")

    with page.expect_download() as download:
        press(page, "Save the gallery as a file")
    saved = tmp_path / "gallery.json"
    download.value.save_as(saved)
    content = json.loads(saved.read_text())
    assert [e["name"] for e in content["entries"]] == ["Eileen <b>", "Somebody else"]

    press(page, "Remove")
    expect(page.locator(".mm-thumbs figcaption", has_text="Somebody else")).to_have_count(0)
    page.locator("input[type=file][accept*='json']").locator("visible=true").or_(
        page.locator("input[type=file][accept*='json']")
    ).first.set_input_files(saved)
    expect(page.locator(".mm-thumbs figcaption", has_text="Somebody else")).to_be_visible()


def test_a_broken_gallery_file_is_refused(open_page, tmp_path):
    page = open_page("siamese_face")
    turn_to(page, "Who is it?")
    broken = tmp_path / "gallery.json"
    broken.write_text('{"format": "mmdemo-gallery-1", "demo": "siamese_face", "entries": [{}]}')
    page.locator("input[type=file][accept*='json']").first.set_input_files(broken)
    assert "has no name" in toast(page)


def test_the_webcam_gives_a_photo(open_page):
    page = open_page("siamese_face")
    empty(page, "First photo")
    block = field(page, "First photo")
    block.locator("button[aria-label='Capture from camera']").click()
    block.get_by_text("Click to Access Webcam").click()
    # A button that is pressed before the camera's first frame takes no picture.
    video = block.locator("video").element_handle()
    page.wait_for_function("video => video.readyState >= 2 && video.videoWidth > 0", arg=video)
    block.locator("button[aria-label='capture photo'], button[title='capture photo']").click()
    expect(page.locator(".mm-notice:visible")).to_contain_text("No face", timeout=30_000)


def test_a_photo_is_pasted(open_page, photos):
    page = open_page("siamese_face")
    encoded = base64.b64encode(photos[0].read_bytes()).decode()
    page.evaluate(
        """async data => {
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
            const blob = new Blob([bytes], {type: 'image/png'});
            await navigator.clipboard.write([new ClipboardItem({'image/png': blob})]);
        }""",
        encoded,
    )
    empty(page, "First photo")
    block = field(page, "First photo")
    block.locator("button[aria-label='Paste from clipboard']").click()
    expect(block.locator("img")).to_be_visible()
