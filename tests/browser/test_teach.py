"""A visitor teaches classes of their own, uses them, and takes them home."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mmdemo.core.media.image import open_image
from tests.browser.actions import FIRST_ANSWER, field, overflow, press, toast, unfold, upload
from tests.support import own_classes

EACH = 6


def add(page: Page, name: str, files: list[Path], kind: str = "pictures") -> None:
    """Name a class and add files to it."""
    page.get_by_label("Name of the class").fill(name)
    with page.expect_response(lambda r: "/upload" in r.url and r.request.method == "POST"):
        field(page, f"Files with {kind}").locator("input[type=file]").set_input_files(files)
    expect(field(page, f"Files with {kind}").locator(".file-preview tr")).to_have_count(len(files))
    press(page, "Add to this class")


def saved(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download(timeout=FIRST_ANSWER) as download:
        press(page, button)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.fixture
def shapes(tmp_path) -> dict[str, list[Path]]:
    rng = np.random.default_rng(3)
    made: dict[str, list[Path]] = {}
    for kind in own_classes.SHAPES:
        made[kind] = [tmp_path / f"{kind}{number}.png" for number in range(EACH + 1)]
        for file in made[kind]:
            Image.fromarray(own_classes.shape(kind, rng)).save(file)
    return made


@pytest.mark.parametrize("viewport", ["desktop", "phone"])
def test_classes_are_taught_used_saved_restored_and_exported(
    open_page, screenshot, shapes, tmp_path, viewport
):
    page = open_page("image_classifier#teach", viewport)
    press(page, "Train on my classes")
    assert "at least two classes" in toast(page)
    for kind, files in shapes.items():
        given = files[:EACH] if kind != "rings" else [*files[:EACH], files[0]]
        add(page, kind, given)
        row = page.locator(".mm-class", has_text=kind)
        expect(row).to_contain_text(str(EACH), timeout=FIRST_ANSWER)
        if kind == "rings":
            expect(page.get_by_text("1 left out: the same are")).to_be_visible()
    press(page, "Train on my classes")
    verdict = page.locator(".mm-teach .mm-verdict")
    expect(verdict).to_contain_text("Trained on 18 pictures of 3 classes", timeout=FIRST_ANSWER)
    expect(verdict).to_contain_text("Held out, ")
    asked = shapes["blocks"][EACH]
    upload(page, "A new picture", asked)
    press(page, "Which class is it?")
    answer = page.locator(".mm-teach .mm-guesses tbody tr")
    expect(answer).to_have_count(3)
    first = answer.first.inner_text()
    assert overflow(page) <= 0
    screenshot(page, f"teach-{viewport}")
    if viewport == "phone":
        return

    network = onnxruntime.InferenceSession(saved(page, "Download ONNX", tmp_path))
    pixels = open_image(asked)[None].astype(np.float32)
    best = network.run(None, {"picture": pixels})[0][0].max()
    assert f"{100 * best:.1f} %" in first, "what is taken home answers what the page answered"
    mine = saved(page, "Save my classes", tmp_path)

    page.reload()  # which forgets it
    expect(page.get_by_text("There are no classes yet.")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        press(page, "Restore classes")
    chooser.value.set_files(mine)
    expect(page.locator(".mm-teach .mm-verdict")).to_contain_text("Trained on 18 pictures")
    expect(page.locator(".mm-class")).to_have_count(3)
    upload(page, "A new picture", asked)
    press(page, "Which class is it?")
    expect(answer.first).to_have_text(" ".join(first.split()).replace("blocks ", "blocks"))

    page.get_by_label("Name of the class").fill("the camera's")
    unfold(page, "Take pictures with the camera")
    press(page, "Start the camera")
    taken = page.locator(".mm-class", has_text="the camera's")
    expect(taken.locator("img").nth(2)).to_be_visible(timeout=FIRST_ANSWER)
    press(page, "Stop the camera")
    expect(page.get_by_text("Your classes have changed.")).to_be_visible()
    expect(page.locator(".mm-teach .mm-guesses")).to_have_count(0)


def test_sounds_are_taught(open_page, generated, screenshot):
    rng = np.random.default_rng(4)
    page = open_page("siamese_audio#teach")
    for kind in own_classes.SOUNDS[:2]:
        made = [
            generated.wav(own_classes.sound(kind, rng), name=f"{kind}{i}.wav") for i in range(2)
        ]
        add(page, kind, made, "sounds")
        expect(page.locator(".mm-class", has_text=kind)).to_contain_text("2", timeout=FIRST_ANSWER)
    press(page, "Train on my classes")
    said = page.locator(".mm-teach .mm-verdict")
    expect(said).to_contain_text("fewer than 5 sounds: whistle, knocks")
    upload(page, "A new sound", generated.wav(own_classes.sound("knocks", rng), name="new.wav"))
    press(page, "Which class is it?")
    expect(page.locator(".mm-teach .mm-guesses tbody th").first).to_have_text("knocks")
    screenshot(page, "teach-sounds")
