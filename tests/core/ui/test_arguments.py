"""What a component may hold, and what a caller is told of anything else."""

import math

import gradio as gr
import pytest

from mmdemo.core.ui.arguments import json_value, wrong

FILE = {"path": "a.png", "meta": {"_type": "gradio.FileData"}}
OPEN = gr.Dropdown(["a", "b"], allow_custom_value=True)
SEVERAL = gr.Dropdown(["a", "b"], multiselect=True)


@pytest.mark.parametrize(
    ("component", "right", "others"),
    [
        (gr.Textbox(), ["", "one"], [1, ["one"], {}, True]),
        (gr.Checkbox(), [True, False], ["true", 1, []]),
        (gr.Number(), [1, 2.5], ["1", True, math.nan, math.inf, [1]]),
        (gr.Number(precision=0), [3, 3.0], [3.5, "x"]),
        (gr.Slider(0, 1), [0.5], ["0.5", None.__class__, -math.inf]),
        (gr.Radio([("A", "a"), ("B", "b")]), ["a", "b"], ["A", "../a", [], {}]),
        (OPEN, ["a", "anything"], [["a"], {}]),
        (SEVERAL, [["a"], [], ["a", "b"]], ["a", ["c"], [[]]]),
        (gr.Image(), [FILE], ["/etc/passwd", {"path": 1}, [FILE], 5]),
        (gr.Audio(), [FILE], ["a.wav", {"url": "http://a"}]),
        (gr.File(file_count="multiple"), [FILE, [FILE, FILE]], [["a"], "a"]),
        (json_value(list[str], None), [["a"], []], ["a", [1], {"a": 1}]),
    ],
)
def test_what_a_component_may_hold(component, right, others):
    assert wrong(component, None) is None, "an empty component is the handler's to judge"
    assert [wrong(component, value) for value in right] == [None] * len(right)
    assert all(wrong(component, value) for value in others)


def test_a_json_value_tells_its_schema():
    assert json_value(list[str], None).api_info() == {"items": {"type": "string"}, "type": "array"}
    assert "[1]" in wrong(json_value(list[str], None), ["a", 5])
