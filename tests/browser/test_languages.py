"""The switch to another language, as a visitor on a phone uses it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.actions import FIRST_ANSWER, ask, overflow, press, toast, turn_to


def test_a_page_in_chinese_answers_in_chinese_and_stays_so(open_page, screenshot):
    page = open_page("sentiment?preset=book#good", "phone")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("好评还是差评")
    expect(page).to_have_url(re.compile(r"preset=book&lang=zh#good$"))
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    turn_to(page, "试一试")
    screenshot(page, "sentiment-chinese")
    page.get_by_label("一段英文评论").fill("I loved every minute of it. What a wonderful cast!")
    ask(page, "开始判断")
    expect(page.locator(".mm-verdict:visible h3")).to_have_text("正面", timeout=FIRST_ANSWER)
    assert overflow(page) <= 0
    page.get_by_label("一段英文评论").fill("")
    press(page, "开始判断")
    assert "请先写下一段评论" in toast(page)
    turn_to(page, "为文件打分")
    expect(page.get_by_text("将文件拖放到此处")).to_be_visible()  # Gradio's own words
    page.goto(page.url.split("?")[0])
    expect(page.locator("h1")).to_have_text("好评还是差评")  # the choice is remembered
    page.get_by_role("link", name="mmdemo").click()
    expect(page.locator("h1")).to_have_text("可以上手的神经网络")
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Networks to touch")
