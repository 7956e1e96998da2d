"""Slide a window over numbers, by hand, by key and by touch; and every kind on a photo."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
from playwright.sync_api import Page, expect

from mmdemo.demos.convolutions import reference
from mmdemo.demos.convolutions.config import KINDS, Options
from tests.browser.actions import FIRST_ANSWER, box, overflow, press, turn_to
from tests.demos.convolutions.cases import cases, drawn, layers_of, name

CALL = """([what, given]) => {
    const worked = document.querySelector(".mm-conv").worked;
    return JSON.stringify(given.map((values) => worked[what](...values)));
}"""


def call(page: Page, what: str, given: list[list]) -> list:
    """What one of the script's functions says to each list of arguments."""
    return json.loads(page.evaluate(CALL, [what, given]))


def set_to(page: Page, **options: object) -> None:
    for option, value in options.items():
        page.locator(f"[data-option={option}]").select_option(str(value))


def test_the_script_works_out_what_numpy_does(open_page):
    page = open_page("convolutions")
    page.locator("[data-out]").first.wait_for()
    chosen = list(cases())
    plain = [[dataclasses.asdict(options)] for options in chosen]
    given = []
    for options, (as_dict,) in zip(chosen, plain, strict=True):
        x, kernels = drawn(options)
        given.append([as_dict, x.tolist(), [kernel.tolist() for kernel in kernels]])
    for options, found in zip(chosen, call(page, "run", given), strict=True):
        wanted = reference.run(options, *drawn(options))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5, err_msg=name(options))
    assert call(page, "cost", plain) == [list(reference.cost(options)) for options in chosen]
    wrong = [
        Options(kind, 4, 4, 3, 2, kernel, stride, "valid", dilation, 2)
        for kind in KINDS
        for kernel, stride, dilation in ((2, 2, 2), (5, 1, 1), (3, 1, 2), (2, 1, 1))
    ]
    said = call(page, "conflict", [[dataclasses.asdict(options)] for options in wrong])
    assert [bool(one) for one in said] == [bool(reference.conflict(o)) for o in wrong]


def test_the_line_of_keras_makes_the_layer(open_page):
    import keras

    page = open_page("convolutions")
    page.locator("[data-out]").first.wait_for()
    chosen = list(cases())[::11]
    lines = call(page, "keras", [[dataclasses.asdict(options)] for options in chosen])
    volatile = ("name", "dtype", "trainable")
    for options, line in zip(chosen, lines, strict=True):
        made = [eval(one, {"keras": keras}) for one in line.splitlines()]
        wanted = [layer for layer, _weights in layers_of(options, drawn(options)[1])]
        for ours, theirs in zip(made, wanted, strict=True):
            one, other = ours.get_config(), theirs.get_config()
            for key in volatile:
                one.pop(key), other.pop(key)
            assert one == other, name(options)


def test_a_window_moves_at_once_on_a_phone(open_page, screenshot):
    page = open_page("convolutions", "phone")
    met = page.locator("[data-part=inputs] .mm-met")
    expect(met).to_have_count(9)
    before = met.first.get_attribute("data-at")
    outputs = box(page, "[data-part=outputs]")
    assert outputs["y"] + outputs["height"] <= 844, "the output is below the screen"
    page.wait_for_function(
        "at => document.querySelector('[data-part=inputs] .mm-met').dataset.at !== at", arg=before
    )
    page.get_by_role("button", name="Pause").tap()
    page.locator("[data-out='2,2,0']").tap()
    expect(met.first).to_have_attribute("data-at", "2,2,0")
    assert overflow(page) <= 0
    screenshot(page, "convolutions-phone")


def test_less_motion_is_respected(open_page):
    page = open_page("convolutions")
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    expect(page.locator("[data-part=play]")).to_contain_text("Play")
    page.wait_for_timeout(1200)
    expect(page.locator("[data-out='0,0,0']")).to_have_class("mm-met")


def test_numbers_are_changed_and_keys_move(open_page):
    page = open_page("convolutions")
    page.get_by_role("button", name="Pause").click()
    page.locator("[data-out='0,0,0']").click()
    page.get_by_label("Input, row 1, column 3").fill("-4.5")
    page.get_by_label("Kernel, row 1, column 3").fill("2")
    total = page.locator("[data-part=sum] b")
    numbers = page.locator("[data-part=inputs] input").evaluate_all("all => all.map(e => e.value)")
    x = np.array([float(n.replace("−", "-")) for n in numbers]).reshape(5, 5)
    kernel = np.array([[-1, 0, 2], [-1, 0, 1], [-1, 0, 1]])
    assert float(total.inner_text().replace("−", "-")) == (x[:3, :3] * kernel).sum()
    page.locator("[data-out='0,0,0']").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("[data-out='2,1,0']")).to_be_focused()
    assert float(total.inner_text().replace("−", "-")) == (x[2:5, 1:4] * kernel).sum()


def test_what_does_not_go_together_says_why_and_every_kind_works(open_page):
    page = open_page("convolutions")
    set_to(page, stride=2, dilation=2)
    problem = page.get_by_role("alert").filter(has_text="Stride and dilation")
    expect(problem).to_be_visible()
    expect(page.locator("[data-option=stride]")).to_have_attribute("aria-invalid", "true")
    set_to(page, stride=1, dilation=1, size=2)
    expect(page.get_by_role("alert").filter(has_text="reaches over 3 cells")).to_be_visible()
    for kind in KINDS:
        set_to(page, kind=kind)
        expect(page.locator("[data-part=problem]")).to_be_hidden()
        assert page.locator("[data-out]").count() > 1
        assert overflow(page) <= 0
    set_to(page, kind="grouped", groups=3)
    expect(page.get_by_role("alert").filter(has_text="do not divide")).to_be_visible()
    set_to(page, kind="strided")
    page.get_by_role("button", name="Copy", exact=True).click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "keras.layers.Conv2D(1, 3, strides=2, use_bias=False)"
    set_to(page, dilation=1, stride=1, kind="dilated")
    expect(page.locator("[data-part=dilated]")).to_contain_text("dilation_rate=2")


def test_a_photo_goes_through_every_kind_and_a_trained_network(open_page, screenshot):
    page = open_page("convolutions", "phone", dark=True)
    turn_to(page, "On my photo")
    pictures = page.locator(".mm-conv-photos:visible figure")
    expect(pictures).to_have_count(len(KINDS) + 1)
    press(page, "A trained network's own first filters")
    expect(page.locator(".mm-conv-first:visible")).to_have_count(12, timeout=FIRST_ANSWER)
    assert overflow(page) <= 0
    screenshot(page, "convolutions-photo")
