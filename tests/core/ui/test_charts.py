"""core.plots: every figure is well-formed, whatever it is given."""

import base64
import io
import itertools
import math
import re
import time
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.ui import charts, diagram, pictures
from mmdemo.core.ui.charts import Point, Series

HOSTILE = "</text><script>alert(1)</script> \"quoted\" & 'single' ]]> é陈"
SVG = {
    "line_chart": lambda text: charts.line_chart(
        text, [Series(text, [0, 1], [0, 1])], x_label=text, y_label=text, marker=(0.5, text)
    ),
    "scatter": lambda text: charts.scatter(
        text, [Point(text, 0, 0), Point("b", 1, 2), Point(text, 1, 1, emphasis=True)]
    ),
    "diagram": lambda text: diagram.diagram(text, [row(text, type=text, detail=text)]),
    "nothing recorded": lambda text: charts.line_chart(text, [], x_label="", y_label=""),
    "nothing to show": lambda text: charts.scatter(text, []),
}


def row(name, inputs=(), shape=(8,), type="Dense", detail="", parameters=10):
    return {
        "name": name,
        "type": type,
        "detail": detail,
        "shape": list(shape),
        "parameters": parameters,
        "inputs": list(inputs),
    }


def parse(markup):
    return ElementTree.fromstring(markup)


def numbers_of(markup):
    """Every coordinate of a figure."""
    found = []
    for element in parse(markup).iter():
        for key, value in element.attrib.items():
            if key in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height", "points"):
                found += [float(number) for number in value.replace(",", " ").split()]
    return found


@pytest.mark.parametrize("name", SVG)
def test_hostile_text_stays_text(name):
    tree = parse(SVG[name](HOSTILE))
    assert not list(tree.iter("script"))
    assert HOSTILE in " ".join([*tree.itertext(), *(e.get("aria-label", "") for e in tree.iter())])


@pytest.mark.parametrize(
    ("name", "role"), [("line_chart", "img"), ("scatter", "img"), ("diagram", "group")]
)
def test_figures_speak_to_screen_readers_and_follow_the_theme(name, role):
    markup = SVG[name]("Distances")
    drawing = parse(markup).find("svg")
    assert drawing.get("role") == role, "what can be pressed in a picture would not be found"
    assert drawing.get("aria-label") == "Distances"
    assert not re.search(r'fill="(black|#000|white|#fff)', markup)


# === Line charts ===


def chart(x, y, **options):
    return charts.line_chart("t", [Series("s", x, y)], x_label="x", y_label="y", **options)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([5], [3]),
        ([0], [0]),
        ([0, 1, 2], [4, 4, 4]),
        ([0, 1, 2], [0, 0, 0]),
        ([0, 1, 2], [-4, -4, -4]),
        ([1e12, 1e12], [1, 2]),
        ([1e-12, 2e-12], [1e-15, 2e-15]),
        ([1, 2, 3], [1e30, 2, 1e-30]),
        ([0, 1, 2, 3], [math.nan, 1, math.inf, -math.inf]),
        ([math.nan, 1], [1, 1]),
        (range(10_000), np.linspace(0, 1, 10_000)),
    ],
)
def test_odd_series_are_drawn_within_the_frame(x, y):
    markup = chart(x, y, marker=(float(list(x)[-1]), "here"))
    assert all(-1 <= number <= 521 for number in numbers_of(markup))
    assert "nan" not in markup
    assert "inf" not in markup
    labels = [text.text for text in parse(markup).iter("text")]
    assert len(labels) < 25
    ticks = [(t.get("x"), t.get("y")) for t in parse(markup).iter("text")]
    assert len(set(ticks)) == len(ticks)


def test_nothing_finite_is_said_so():
    for y in ([], [math.nan], [math.inf]):
        assert "nothing was recorded" in chart(range(len(y)), y)


def test_points_lie_where_the_axes_say():
    tree = parse(chart([0, 10], [0, 0.5], percent=True))
    (line,) = tree.iter("polyline")
    (x0, y0), (x1, y1) = (map(float, p.split(",")) for p in line.get("points").split())
    at = {t.text: (float(t.get("x") or 0), float(t.get("y") or 0)) for t in tree.iter("text")}
    assert at["0"][0] == pytest.approx(x0, abs=0.2)
    assert at["10"][0] == pytest.approx(x1, abs=0.2)
    assert at["0 %"][1] - 4 == pytest.approx(y0, abs=0.2)
    assert at["50 %"][1] - 4 == pytest.approx(y1, abs=0.2)


def test_series_of_unequal_length_are_an_error():
    with pytest.raises(ValueError, match="zip"):
        chart([1, 2], [1])


def test_two_series_differ_in_more_than_colour():
    tree = parse(
        charts.line_chart(
            "t", [Series("a", [0, 1], [0, 1]), Series("b", [0, 1], [1, 0])], x_label="", y_label=""
        )
    )
    first, second = tree.iter("polyline")
    assert first.get("stroke-dasharray") != second.get("stroke-dasharray")
    assert {e.text or e[0].tail for e in tree.iter("span")} == {"a", "b"}


# === Maps ===


@pytest.mark.parametrize(
    "places",
    [[(0, 0)], [(3, 3)] * 4, [(0, 0), (1e-30, 0)], [(-1e9, 5), (1e9, 5)], [(0, -50), (0, 50)]],
)
def test_maps_stay_within_the_frame(places):
    markup = charts.scatter("t", [Point(f"p{i}", *place) for i, place in enumerate(places)])
    circles = list(parse(markup).iter("circle"))
    assert len(circles) == len(places)
    for circle in circles:
        assert 0 <= float(circle.get("cx")) <= charts._WIDTH
        assert 0 <= float(circle.get("cy")) <= charts._HEIGHT


def test_maps_keep_proportions():
    tree = parse(charts.scatter("t", [Point("a", 0, 0), Point("b", 4, 0), Point("c", 0, 4)]))
    (ax, ay), (bx, by), (cx, cy) = (
        (float(c.get("cx")), float(c.get("cy"))) for c in tree.iter("circle")
    )
    assert bx - ax == pytest.approx(ay - cy, rel=0.02)
    assert (by, cx) == (ay, ax)


def test_one_name_one_colour():
    tree = parse(charts.scatter("t", [Point("a", 0, 0), Point("b", 1, 0), Point("a", 2, 0)]))
    first, other, again = (c.get("fill") for c in tree.iter("circle"))
    assert first == again != other


# === Diagrams ===


def test_a_branching_diagram_has_a_bar_per_layer_and_an_edge_per_connection():
    rows = [
        row("in", shape=(28, 28, 1), type="InputLayer"),
        row("a", ["in"], (26, 26, 4), "Conv2D", "3×3, 4, relu"),
        row("a_norm", ["a"], (26, 26, 4), "BatchNormalization"),
        row("b", ["in"], (26, 26, 8), "Conv2D", "3×3, 8, relu"),
        row("join", ["a_norm", "b"], (26, 26, 12), "Concatenate"),
        row("drop", ["join"], (26, 26, 12), "Dropout", "0.1"),
        row("out", ["drop"], (None, 5), "Dense", "5"),
    ]
    tree = parse(diagram.diagram("t", rows))
    boxes = [box for box in tree.iter("rect") if box.get("stroke")]
    assert len(boxes) == 5  # the normalisation and the dropout are written on other bars
    assert len(list(tree.iter("path"))) == 5
    tips = [t.text for t in tree.iter("title")]
    assert "then Batch normalization" in tips[1]
    assert "output T×5" in tips[-1]
    spans = sorted(
        (float(b.get("y")), float(b.get("x")), float(b.get("x")) + float(b.get("width")))
        for b in boxes
    )
    for (y, _, end), (next_y, start, _) in itertools.pairwise(spans):
        assert y < next_y or end <= start  # bars do not overlap
    assert all(start >= 0 and end <= diagram._WIDTH for _, start, end in spans)


def test_a_diagram_of_a_minor_layer_at_the_input():
    rows = [row("in", type="InputLayer"), row("scale", ["in"], type="Rescaling")]
    assert len(list(parse(diagram.diagram("t", rows)).iter("g"))) == 2


def test_what_does_not_fit_on_a_bar_is_counted():
    rows = [row("in", shape=(8, 8, 1), type="InputLayer")]
    for name in "abcd":
        rows.append(row(name, ["in"], (None, None, 4), "Conv2D", "1×1, 4"))
        rows.append(row(f"{name}_norm", [name], (None, None, 4), "BatchNormalization"))
        rows.append(row(f"{name}_relu", [f"{name}_norm"], (None, None, 4), "Activation", "relu"))
    tree = parse(diagram.diagram("t", rows))
    texts = [text.text for text in tree.iter("text")]
    assert texts.count("H×W×4 + 2") == 4
    assert "then Batch normalization, relu" in [tip.text for tip in tree.iter("title")][-1]


def test_wider_layers_have_wider_bars():
    rows = [row("a", shape=(1000,)), row("b", ["a"], (10,)), row("c", ["b"], (1,))]
    boxes = parse(diagram.diagram("t", rows)).iter("rect")
    widths = [float(box.get("width")) for box in boxes if box.get("stroke")]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("GlobalAveragePooling2D", "Global average pooling 2D"),
        ("Conv2D", "Conv 2D"),
        ("InputLayer", "Input layer"),
        ("Dense", "Dense"),
        ("LSTM", "LSTM"),
        ("ReLU", "ReLU"),
        ("LeakyReLU", "Leaky ReLU"),
        ("PReLU", "PReLU"),
        ("RMSNormalization", "RMS normalization"),
        ("BatchNormalization", "Batch normalization"),
        ("", ""),
    ],
)
def test_spaced(name, words):
    assert diagram.spaced(name) == words


# === Pictures ===


def decode(address):
    head, content = address.split(",", 1)
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_picture_is_lossless(generated):
    assert np.array_equal(decode(pictures.picture(generated.pixels())), generated.pixels())
    grey = generated.pixels()[..., 0]
    assert np.array_equal(decode(pictures.picture(grey)), grey)


def test_spectrogram_has_low_pitches_at_the_bottom():
    decibels = np.full((40, 60), -80.0)
    decibels[:10] = 0.0  # the lowest quarter is loud
    drawn = decode(pictures.spectrogram(decibels)).astype(int).sum(axis=2)
    assert drawn.shape == (160, 480)
    assert (drawn[-40:] > drawn[:120].max()).all()


def test_a_spectrogram_of_silence():
    assert decode(pictures.spectrogram(np.full((8, 8), -80.0))).std() >= 0


@pytest.mark.parametrize("count", [0, 1, 100, 48_000])
def test_waveform(generated, count):
    bars = list(parse(pictures.waveform(generated.tone(3.0)[:count])).iter("rect"))
    assert len(bars) == 240
    assert all(0 < float(b.get("height")) <= 56.1 for b in bars)


def test_waveform_shows_where_the_sound_is(generated):
    samples = np.concatenate([np.zeros(8000, np.float32), generated.tone(0.5)])
    heights = [float(b.get("height")) for b in parse(pictures.waveform(samples)).iter("rect")]
    assert max(heights[:119]) < 1 < min(heights[121:])


def test_a_request_can_afford_a_chart():
    x = np.linspace(0, 2, 200)
    best = math.inf
    for _ in range(5):
        started = time.process_time()
        chart(x, np.cos(x))
        best = min(best, time.process_time() - started)
    assert best < 0.02


def decoded(address):
    png = io.BytesIO(base64.b64decode(address.split(",")[1]))
    return np.asarray(Image.open(png).convert("RGB"))


def test_heat_is_bright_where_the_values_are_and_grey_where_there_are_none():
    picture = np.full((40, 80, 3), (10, 200, 30), np.uint8)
    values = np.zeros((4, 8))
    values[3, 7], values[0, 0] = 2.0, -5.0
    made = decoded(pictures.heat(picture, values, longer=160)).astype(int)
    assert made.shape == (80, 160, 3)
    assert made[75, 155].sum() > made[40, 60].sum() + 200
    for row, column in ((5, 5), (40, 60)):  # what speaks against stays grey, too
        assert np.ptp(made[row, column]) < 12


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 2)])
def test_heat_of_nothing_is_the_grey_picture(shape):
    made = decoded(pictures.heat(np.full((5, 3, 3), 120, np.uint8), np.zeros(shape), longer=50))
    assert np.abs(made.astype(int) - 120).max() < 40


def test_the_strongest_channels_come_first():
    maps = np.zeros((2, 3, 5))
    maps[0, 1, 3], maps[1, 2, 1] = 9.0, -4.0
    first, second = pictures.channels(maps, count=2)
    assert (first[1], second[1]) == (3, 1)
    made = decoded(first[0]).astype(int)
    assert made.shape[0] / made.shape[1] == 2 / 3
    assert made[5, made.shape[1] // 2].sum() > made[-5, 5].sum() + 300
