"""Pictures that show none of the things that a classifier of photos knows: made ones, and people.

What teaches a network to say "none of these" and what measures it are other pictures: of other
people, other photos, another seed. What `MADE` draws, `everyday` alone has in colour.
"""

from __future__ import annotations

import gzip
import json
import string
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmdemo.core.data import datasets
from mmdemo.core.data.elsewhere import KINDS, LEAST

SIDE = 80
"""Of all these pictures, in pixels."""
SMALLEST = 50
"""Pixels of the shorter side of a person who is cut out of a photo."""
ZOOMS = 8
"""How often such a person is cut out, near and far, to learn from."""
PARTS = ("development", "test")
WORDS = (
    "the of and to in is was for that on with as it be by at from this have or are an they which "
    "one had not were all their there been would when will more no if out so said what up its about"
)

Rng = np.random.Generator


# === Made ===


def noise(rng: Rng) -> np.ndarray:
    """Of single pixels, of patches, grey or coloured; specks on a plain ground."""
    kind, whole = rng.integers(5), (SIDE, SIDE, 3)
    if kind == 0:
        return rng.integers(0, 256, whole).astype(np.uint8)
    if kind == 1:
        return _bytes(rng.normal(rng.uniform(60, 190), rng.uniform(10, 80), whole))
    if kind == 2:
        return np.repeat(rng.integers(0, 256, (SIDE, SIDE, 1)), 3, axis=2).astype(np.uint8)
    if kind == 3:
        patches = rng.integers(0, 256, (*(int(rng.integers(2, 24)),) * 2, 3)).astype(np.uint8)
        return _scaled(Image.fromarray(patches), Image.Resampling(int(rng.integers(0, 4))))
    ground = np.broadcast_to(rng.integers(0, 256, 3), whole).copy()
    specks = rng.random((SIDE, SIDE)) < rng.uniform(0.02, 0.5)
    ground[specks] = rng.choice([0, 255], (int(specks.sum()), 3))
    return _bytes(ground)


def plain(rng: Rng) -> np.ndarray:
    """One colour, with the little noise of a camera or without."""
    colour = rng.integers(0, 256, 3 if rng.random() < 0.7 else 1)
    return _bytes(rng.normal(np.broadcast_to(colour, (SIDE, SIDE, 3)), rng.choice([0, 1, 4])))


def gradient(rng: Rng) -> np.ndarray:
    """From one colour to another, along a line or around a point."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    angle = rng.uniform(0, 2 * np.pi)
    way = np.cos(angle) * x + np.sin(angle) * y
    if rng.random() < 0.4:
        way = np.hypot(x - rng.random(), y - rng.random())
    way = (way - way.min()) / np.ptp(way)
    start, end = rng.integers(0, 256, (2, 3))
    return _bytes(start + (end - start) * way[..., None])


def stripes(rng: Rng) -> np.ndarray:
    """Bars and squares, as on test cards."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    count, kind = int(rng.integers(3, 14)), rng.integers(4)
    pure = np.array([(r, g, b) for r in (0, 255) for g in (0, 255) for b in (0, 255)])
    colours = rng.permutation(pure)[np.arange(count) % 8]
    if rng.random() < 0.5:
        colours = rng.integers(0, 256, (count, 3))
    squares = ((x * count).astype(int) + (y * count).astype(int)) % count
    ways = [(x * count).astype(int), (y * count).astype(int), squares]
    ways.append(((x + y) / 2 * count).astype(int))
    return _bytes(colours[np.minimum(ways[kind], count - 1)])


def drawing(rng: Rng) -> np.ndarray:
    """Lines, circles and corners with a pen or a brush, on paper or on black."""
    side = 3 * SIDE
    paper = (int(rng.choice([255, 250, 0])),) * 3
    if rng.random() < 0.3:
        paper = _colour(rng, 200)
    ink = (0, 0, 0) if sum(paper) > 380 else (255, 255, 255)
    sheet = Image.new("RGB", (side, side), paper)
    pen = ImageDraw.Draw(sheet)
    for _ in range(int(rng.integers(1, 12))):
        colour = _colour(rng) if rng.random() < 0.4 else ink
        width = int(rng.integers(2, 30))
        points = [(int(x), int(y)) for x, y in rng.integers(0, side, (4, 2))]
        (left, right), (top, bottom) = np.sort(rng.integers(0, side, (2, 2))).tolist()
        box = (left, top, right + 1, bottom + 1)
        fill = colour if rng.random() < 0.2 else None
        kind = rng.integers(5)
        if kind == 0:
            pen.line(points, colour, width, "curve")
        elif kind == 1:
            pen.ellipse(box, outline=colour, width=width, fill=fill)
        elif kind == 2:
            pen.rectangle(box, outline=colour, width=width, fill=fill)
        elif kind == 3:
            pen.polygon(points[:3], outline=colour, width=width)
        else:
            pen.arc(box, 0, int(rng.integers(60, 360)), colour, width)
    return _scaled(sheet)


def sign(rng: Rng) -> np.ndarray:
    """One letter or stroke by a thick pen, in the middle of white paper or in white on black."""
    side = int(rng.choice([1, 2, 3])) * SIDE
    sheet = Image.new("L", (side, side))
    pen = ImageDraw.Draw(sheet)
    width = max(1, int(side * rng.uniform(0.03, 0.12)))
    if rng.random() < 0.5:
        font = ImageFont.load_default(side * float(rng.uniform(0.5, 1)))
        letter = str(rng.choice(list(string.ascii_letters)))
        bold = width // 4
        pen.text((side / 2, side / 2), letter, 255, font, anchor="mm", stroke_width=bold)
    else:
        corners = rng.uniform(0.2, 0.8, (int(rng.integers(3, 7)), 2)) * side
        steps = np.linspace(0, len(corners) - 1, 60)
        path = [np.interp(steps, np.arange(len(corners)), axis) for axis in corners.T]
        bend = np.ones(9) / 9  # round, as a hand draws
        path = [np.convolve(np.pad(axis, 4, "edge"), bend, "valid") for axis in path]
        pen.line(list(zip(*path, strict=True)), 255, width, "curve")
    turned = sheet.rotate(rng.uniform(-20, 20))
    coarse = turned.resize((int(rng.integers(20, SIDE)),) * 2, Image.Resampling.BILINEAR)
    ink = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return np.repeat((ink if rng.random() < 0.3 else 255 - ink)[..., None], 3, axis=2)


def text(rng: Rng) -> np.ndarray:
    """A page of words, dark on light or light on dark."""
    side = int(rng.choice([2, 3, 5])) * SIDE
    dark = rng.random() < 0.2
    page = Image.new("RGB", (side, side), (20, 20, 30) if dark else _colour(rng, 235))
    pen = ImageDraw.Draw(page)
    size = float(rng.uniform(10, side / 6))
    font = ImageFont.load_default(size)
    top = rng.uniform(0, 20)
    while top < side:
        line = " ".join(rng.choice(WORDS.split(), int(side / size / 1.5) + 2))
        pen.text((rng.uniform(4, side / 10), top), line, (230,) * 3 if dark else (10,) * 3, font)
        top += size * rng.uniform(1.1, 1.9)
    return _scaled(page)


MADE: Mapping[str, Callable[[Rng], np.ndarray]] = {
    "noise": noise,
    "plain": plain,
    "gradient": gradient,
    "stripes": stripes,
    "drawing": drawing,
    "text": text,
    "sign": sign,
}


def made(kind: str, count: int, seed: int) -> np.ndarray:
    """Pictures of a kind, uint8 `(count, SIDE, SIDE, 3)`."""
    rng = np.random.default_rng([seed, list(MADE).index(kind)])
    return np.stack([MADE[kind](rng) for _ in range(count)])


def digits(count: int) -> np.ndarray:
    """Handwritten digits of MNIST's test part on white paper.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    packed = (datasets.path("mnist") / "t10k-images-idx3-ubyte.gz").read_bytes()
    pixels = np.frombuffer(gzip.decompress(packed), np.uint8, count * 784, offset=16)
    ink = pixels.reshape(count, 28, 28)
    return np.stack([_scaled(Image.fromarray(255 - each).convert("RGB")) for each in ink])


# === People ===


def portraits(part: str, count: int, seed: int = 0) -> np.ndarray:
    """Faces of press photos, one a person: Labeled Faces in the Wild, in grey.

    Those of the development part are altered: tinted, mirrored, nearer, or on a made ground. The
    people of the two parts of the set's official view 1 are others.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("lfw_faces")
    file = folder / ("peopleDevTrain.txt" if part == "development" else "peopleDevTest.txt")
    lines = file.read_text(encoding="utf-8").splitlines()[1:]
    faces = (sorted((folder / "faces" / line.split()[0]).glob("*_*.webp"))[:1] for line in lines)
    files = [path for found in faces for path in found]  # some people are not in the archive
    rng = np.random.default_rng(seed)
    chosen = [files[row] for row in rng.permutation(len(files))[:count]]
    photos = [_open(path) for path in chosen]
    if part == "test":
        return np.stack([_scaled(photo) for photo in photos])
    return np.stack([_portrait(photo, rng) for photo in photos])


def _portrait(photo: Image.Image, rng: Rng) -> np.ndarray:
    if rng.random() < 0.67:
        tint = np.array([1, rng.uniform(0.7, 1), rng.uniform(0.55, 1)])
        light = (np.asarray(photo, float) / 255) ** rng.uniform(0.7, 1.3)
        photo = Image.fromarray(_bytes(255 * light * tint))
    if rng.random() < 0.5:
        photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.5:
        edge = int(rng.integers(0, 20))
        return _scaled(photo.crop((edge, edge, photo.width - edge, photo.height - edge)))
    ground = (gradient if rng.random() < 0.7 else noise)(rng).copy()
    side = int(rng.integers(SIDE // 2, SIDE))
    left, top = rng.integers(0, SIDE - side + 1, 2)
    ground[top : top + side, left : left + side] = _scaled(photo, side=side)
    return ground


def old_portraits() -> np.ndarray:
    """The ORL faces, every second photo: 40 people in grey before a dark ground.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    files = sorted(datasets.path("orl_faces").glob("s*/*.pgm"))[::2]
    return np.stack([_scaled(_open(file)) for file in files])


def everyday(part: str, seed: int = 0) -> np.ndarray:
    """People in everyday photos of COCO 2017: whole photos, and people cut out of them.

    Every second photo is of each part. A whole photo shows no large thing of `elsewhere.KINDS`;
    the photos of the development part show none at all, and their people are cut out `ZOOMS` times.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    rng = np.random.default_rng(seed)
    pictures: list[np.ndarray] = []
    for number, (photo, known, people) in enumerate(_people()):
        learnt = PARTS[number % 2] == "development"
        if PARTS[number % 2] != part or not people or (learnt and known):
            continue
        if not known:
            pictures.append(_scaled(photo))
        for box in people:
            if min(box[2:]) < SMALLEST:
                continue
            times = ZOOMS if learnt else 1
            pictures += [_cut_out(photo, box, rng if learnt else None) for _ in range(times)]
    return np.stack(pictures)


def _people() -> Iterator[tuple[Image.Image, bool, list[np.ndarray]]]:
    """Each photo, whether a large thing in it is known, and the boxes of large people in it.

    Boxes are left, top, width and height in pixels of the photo.
    """
    folder = datasets.path("coco_sample")
    stored = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    names = {entry["id"]: entry["name"] for entry in stored["categories"]}
    things: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for entry in stored["annotations"]:
        if not entry["iscrowd"]:
            things[entry["image_id"]].append(entry)
    for image in sorted(stored["images"], key=lambda entry: entry["id"]):
        least = LEAST * image["width"] * image["height"]
        large = [(names[t["category_id"]], t["bbox"]) for t in things[image["id"]]]
        large = [(name, box) for name, box in large if box[2] * box[3] > least]
        photo = _open(folder / "images" / image["file_name"])
        scale = photo.width / image["width"]
        people = [scale * np.array(box) for name, box in large if name == "person"]
        yield photo, any(name in KINDS for name, _ in large), people


def _cut_out(photo: Image.Image, box: np.ndarray, rng: Rng | None) -> np.ndarray:
    """The upper part of a person; with draws nearer or farther, mirrored or not."""
    left, top, width, height = box
    if rng is None:
        below = top + min(height, 1.2 * width)
        return _scaled(photo.crop((int(left), int(top), int(left + width), int(below))))
    side = width * rng.uniform(0.8, 1.5)
    middle = left + width / 2 + rng.normal(0, 0.05 * width)
    start = top - rng.uniform(0, 0.25) * side
    end = start + min(side * rng.uniform(0.8, 1.5), 1.3 * height)
    from_, to = max(middle - side / 2, 0), min(middle + side / 2, photo.width)
    edges = (int(from_), int(max(start, 0)), int(to), int(min(end, photo.height)))
    cut = _scaled(photo.crop(edges))
    return cut[:, ::-1] if rng.random() < 0.5 else cut


def _open(path: Any) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _scaled(
    picture: Image.Image,
    how: Image.Resampling = Image.Resampling.BILINEAR,
    side: int = SIDE,
) -> np.ndarray:
    return np.asarray(picture.resize((side, side), how))


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, 255).astype(np.uint8)


def _colour(rng: Rng, least: int = 0) -> tuple[int, int, int]:
    red, green, blue = rng.integers(least, 256, 3).tolist()
    return red, green, blue
