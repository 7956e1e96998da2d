"""core.ui.languages: whose language is spoken, and what a page is made of in each."""

from __future__ import annotations

import asyncio

import gradio as gr
import pytest

from mmdemo.core import language
from mmdemo.core.language import _
from mmdemo.core.ui import languages
from mmdemo.core.ui.languages import SpokenBlocks


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("*", "en"),
        ("zh", "zh"),
        ("ZH-tw", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("zh;q=0.2, en;q=0.7", "en"),
        ("de-DE,de;q=0.9,zh;q=0.3", "zh"),
        ("zh;q=0,en;q=0.1", "en"),
        ("zh;q=much,,;;=", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_a_browser_prefers(header, code):
    assert languages.preferred(header) == code


def test_the_address_comes_first_then_the_page_then_the_choice_then_the_browser():
    page = {"referer": "http://a.org/sentiment?lang=zh&preset=book", "accept-language": "en"}
    assert languages.asked({"lang": "en"}, page, {languages.COOKIE: "zh"}) == "en"
    assert languages.asked({}, page, {languages.COOKIE: "en"}) == "zh"
    assert languages.asked({}, {"accept-language": "en"}, {languages.COOKIE: "zh"}) == "zh"
    assert languages.asked({}, {"accept-language": "zh"}, {}) == "zh"
    assert languages.asked({}, {}, {}) == "en"
    nonsense = {"lang": "../zh"}, {"referer": "http://[?lang=xx"}, {languages.COOKIE: "xx"}
    assert languages.asked(*nonsense) == "en"


def test_links_keep_the_language():
    assert languages.link("./sentiment#good") == "./sentiment#good"
    with language.speaking("zh"):
        assert languages.link("./#text") == "./?lang=zh#text"
        assert languages.link("./sentiment") == "./sentiment?lang=zh"
    assert languages.switch("./sentiment").count("<a") == len(language.codes()) - 1
    assert 'href="./sentiment?lang=zh" hreflang="zh" lang="zh-CN">中文</a>' in languages.switch(
        "./sentiment"
    )


def page(parts: int = 1) -> SpokenBlocks:
    with SpokenBlocks(analytics_enabled=False) as blocks:
        for _part in range(parts):
            box = gr.Radio([(_("Photo"), "photo")], label=_("Network"))
            gr.Button(_("Compare")).click(lambda value: _("Photo"), [box], [gr.HTML()])
    return blocks


def test_a_page_is_there_in_each_language_with_the_same_parts_and_values():
    blocks = languages.in_all(page)
    blocks.config = blocks.get_config_file()
    english = blocks.config
    with language.speaking("zh"):
        chinese = blocks.config
    assert languages._skeleton(chinese) == languages._skeleton(english)
    labels = [part["props"].get("label") for part in chinese["components"]]
    assert "网络" in labels and "Network" not in labels
    choices = [part["props"].get("choices") for part in chinese["components"]]
    assert [("照片", "photo")] in choices
    known = [part["props"].get("label") for part in english["components"]]
    assert "Network" in known and "网络" not in known


def test_pages_of_other_parts_are_refused():
    def build() -> SpokenBlocks:
        return page(1 if language.current() == "en" else 2)

    with pytest.raises(RuntimeError, match="other parts"):
        languages.in_all(build)


def answered(query: str = "", kind: str = "text/html", **headers: str) -> dict[str, str]:
    """Headers of an answer behind `Spoken`."""
    sent: list[dict] = []

    async def app(scope, receive, send) -> None:
        named = [(b"content-type", kind.encode()), (b"x-spoken", language.current().encode())]
        await send({"type": "http.response.start", "status": 200, "headers": named})

    async def send(message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "scheme": headers.pop("scheme", "http"),
        "path": "/",
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()],
    }
    asyncio.run(languages.Spoken(app)(scope, None, send))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_a_choice_is_remembered_and_nothing_else():
    chosen = answered("lang=zh")
    assert chosen["x-spoken"] == "zh"
    assert chosen["content-language"] == "zh-CN"
    assert chosen["set-cookie"].startswith("mmdemo-language=zh; ")
    assert "SameSite=Lax" in chosen["set-cookie"]
    within = answered("lang=zh", scheme="https", host="a.org")["set-cookie"]
    assert "SameSite=None; Secure; Partitioned" in within, "kept in another page's frame"
    visited = answered(accept_language="zh")
    assert visited["x-spoken"] == "zh"
    assert "set-cookie" not in visited
    assert visited["vary"] == "Accept-Language, Cookie"
    assert "set-cookie" not in answered("lang=xx")
    assert set(answered("lang=zh", kind="application/json")) == {"content-type", "x-spoken"}
    assert answered(cookie="mmdemo-language=zh")["x-spoken"] == "zh"
    assert language.current() == "en"


def test_no_blank_follows_a_full_width_stop():
    assert language.sentences("One.", "", "Two.") == "One. Two."
    assert language.sentences("", "甲。", "乙！", "C.") == "甲。乙！C."
