"""Streets that are drawn: the page's examples, as no photo of a data set may be shipped.

No Keras here.
"""

from __future__ import annotations

import cv2
import numpy as np

WIDTH, HEIGHT = 480, 360
HORIZON = 0.44
"""How far down the picture the road ends."""
Rng = np.random.Generator
Colour = tuple[float, float, float]


def street(cars: int, people: int, seed: int) -> np.ndarray:
    """Draw a street between houses, as a driver sees it.

    Args:
        cars: on the road and beside it.
        people: on the pavements.
        seed: of places, sizes and colours.

    Returns:
        uint8 `(360, 480, 3)`.
    """
    rng = np.random.default_rng(seed)
    sheet = _sky(rng)
    horizon, middle = int(HORIZON * HEIGHT), WIDTH * rng.uniform(0.45, 0.55)
    _ground(sheet, horizon, middle, rng)
    _houses(sheet, horizon, middle, rng)
    for _tree in range(int(rng.integers(2, 5))):
        _draw_tree(sheet, horizon, middle, rng)
    for _pole in range(3):
        _draw_pole(sheet, horizon, middle, rng)
    # What is far is drawn first, so that what is near covers it.
    for kind, near in sorted(
        [(_draw_car, near) for near in rng.uniform(0.12, 0.6, cars)]
        + [(_draw_person, near) for near in rng.uniform(0.15, 0.55, people)],
        key=lambda thing: thing[1],
    ):
        kind(sheet, horizon, middle, float(near), rng)
    soft = cv2.GaussianBlur(sheet, (0, 0), 0.9) + rng.normal(0, 4, sheet.shape)
    return np.clip(soft, 0, 255).astype(np.uint8)


def _sky(rng: Rng) -> np.ndarray:
    rows = np.linspace(0, 1, HEIGHT)[:, None, None]
    high, low = np.float32([170, 196, 226]), np.float32([232, 236, 240])
    clouds = cv2.resize(rng.normal(0, 6, (6, 9)).astype(np.float32), (WIDTH, HEIGHT))
    return (high + (low - high) * np.minimum(1, 2 * rows) + clouds[..., None]).astype(np.float32)


def _box(
    sheet: np.ndarray, left: float, top: float, right: float, bottom: float, colour: Colour
) -> None:
    cv2.rectangle(sheet, (round(left), round(top)), (round(right), round(bottom)), colour, -1)


def _shape(sheet: np.ndarray, points: list[tuple[float, float]], colour: Colour) -> None:
    cv2.fillPoly(sheet, [np.round(np.array(points)).astype(np.int32)], colour)


def _grey(value: float) -> Colour:
    return (value, value, value * 1.02)


def _houses(sheet: np.ndarray, horizon: int, middle: float, rng: Rng) -> None:
    """Two rows of houses that grow smaller towards the end of the street."""
    for side in (-1, 1):
        edge = 0.0 if side < 0 else float(WIDTH)
        inner = middle + side * 26
        at = edge
        while side * (at - inner) > 4:
            wide = max(10.0, abs(at - inner) * rng.uniform(0.3, 0.5))
            far = at - side * wide
            share = abs((at + far) / 2 - middle) / (WIDTH / 2)
            top = horizon - (30 + 170 * share) * rng.uniform(0.75, 1.0)
            base = horizon + 40 * share
            shade = rng.uniform(0.7, 1.0)
            brick = tuple(float(c * shade) for c in rng.uniform((130, 110, 95), (190, 165, 150)))
            left, right = sorted((at, far))
            _box(sheet, left, top, right, base, brick)
            _windows(sheet, left, top, right, base, rng)
            at = far


def _windows(
    sheet: np.ndarray, left: float, top: float, right: float, bottom: float, rng: Rng
) -> None:
    size = max(4.0, (right - left) / 7)
    for x in np.arange(left + size / 2, right - size, 1.8 * size):
        for y in np.arange(top + size, bottom - 1.6 * size, 2.2 * size):
            _box(sheet, x, y, x + size, y + 1.3 * size, _grey(rng.uniform(50, 105)))


def _ground(sheet: np.ndarray, horizon: int, middle: float, rng: Rng) -> None:
    """Pavements on both sides of a road that runs to a point, with lines."""
    grain = cv2.resize(rng.normal(0, 5, (40, 60)).astype(np.float32), (WIDTH, HEIGHT))
    _box(sheet, 0, horizon, WIDTH, HEIGHT, _grey(158))
    _shape(
        sheet,
        [(middle - 14, horizon), (middle + 14, horizon), (WIDTH + 20, HEIGHT), (-20, HEIGHT)],
        _grey(104),
    )
    sheet[horizon:] += grain[horizon:, :, None]
    for step in np.geomspace(0.06, 1, 7):
        y = horizon + step * (HEIGHT - horizon)
        half = 1 + 4 * step
        x = middle + (WIDTH / 2 - middle) * step
        _box(sheet, x - half, y - 9 * step, x + half, y + 9 * step, _grey(215))


def _place(middle: float, horizon: int, near: float, aside: float) -> tuple[float, float]:
    """Where something stands: so near (1: at the lower edge), and so far aside (1: the kerb)."""
    return middle + aside * (14 + near * WIDTH / 2), horizon + near * (HEIGHT - horizon)


def _draw_tree(sheet: np.ndarray, horizon: int, middle: float, rng: Rng) -> None:
    near = float(rng.uniform(0.08, 0.3))
    x, y = _place(middle, horizon, near, float(rng.choice([-1, 1])) * rng.uniform(1.3, 1.7))
    tall = 60 + 260 * near
    _box(sheet, x - tall / 40, y - tall * 0.5, x + tall / 40, y, (82.0, 66.0, 52.0))
    for _leaf in range(60):
        a, b = rng.normal(0, tall / 7, 2)
        green = float(rng.uniform(50, 105))
        cv2.circle(
            sheet,
            (round(x + a), round(y - tall * 0.7 + b)),
            max(2, round(tall / 14)),
            (green * 0.75, green, green * 0.5),
            -1,
        )


def _draw_pole(sheet: np.ndarray, horizon: int, middle: float, rng: Rng) -> None:
    near = float(rng.uniform(0.1, 0.45))
    x, y = _place(middle, horizon, near, float(rng.choice([-1, 1])) * 1.1)
    tall = 50 + 330 * near
    _box(sheet, x - 1 - 3 * near, y - tall, x + 1 + 3 * near, y, _grey(72))
    if rng.random() < 0.5:
        half = 5 + 20 * near
        _box(sheet, x - half, y - tall, x + half, y - tall + 2 * half, (186.0, 40.0, 44.0))
        _box(
            sheet,
            x - half / 2,
            y - tall + half / 2,
            x + half / 2,
            y - tall + 1.5 * half,
            _grey(235),
        )


def _draw_car(sheet: np.ndarray, horizon: int, middle: float, near: float, rng: Rng) -> None:
    x, y = _place(middle, horizon, near, float(rng.choice([-0.75, -0.4, 0.4, 0.75])))
    half, tall = 8 + 85 * near, 10 + 105 * near
    paint = tuple(float(c) for c in rng.uniform(20, 200) * rng.uniform(0.5, 1.0, 3))
    _shape(
        sheet,
        [
            (x - 1.1 * half, y + 2),
            (x + 1.1 * half, y + 2),
            (x + half, y + 0.1 * tall),
            (x - half, y + 0.1 * tall),
        ],
        _grey(48),
    )
    for wheel in (-0.72, 0.72):
        _box(
            sheet,
            x + (wheel - 0.16) * half,
            y - 0.25 * tall,
            x + (wheel + 0.16) * half,
            y + 0.06 * tall,
            _grey(22),
        )
    _box(sheet, x - half, y - 0.55 * tall, x + half, y - 0.08 * tall, paint)
    _shape(
        sheet,
        [
            (x - 0.85 * half, y - 0.55 * tall),
            (x - 0.62 * half, y - tall),
            (x + 0.62 * half, y - tall),
            (x + 0.85 * half, y - 0.55 * tall),
        ],
        paint,
    )
    _shape(
        sheet,
        [
            (x - 0.7 * half, y - 0.58 * tall),
            (x - 0.53 * half, y - 0.92 * tall),
            (x + 0.53 * half, y - 0.92 * tall),
            (x + 0.7 * half, y - 0.58 * tall),
        ],
        _grey(52),
    )
    for lamp in (-0.8, 0.8):
        _box(
            sheet,
            x + (lamp - 0.13) * half,
            y - 0.48 * tall,
            x + (lamp + 0.13) * half,
            y - 0.34 * tall,
            (205.0, 30.0, 34.0),
        )
    _box(sheet, x - 0.25 * half, y - 0.34 * tall, x + 0.25 * half, y - 0.22 * tall, _grey(225))


def _draw_person(sheet: np.ndarray, horizon: int, middle: float, near: float, rng: Rng) -> None:
    x, y = _place(middle, horizon, near, float(rng.choice([-1, 1])) * rng.uniform(1.15, 1.4))
    tall = 18 + 170 * near
    cloth = tuple(float(c) for c in rng.uniform(20, 120, 3))
    for leg in (-1, 1):
        _box(
            sheet,
            x + leg * tall * 0.06 - tall * 0.035,
            y - tall * 0.48,
            x + leg * tall * 0.06 + tall * 0.035,
            y,
            _grey(38),
        )
    _box(sheet, x - tall * 0.12, y - tall * 0.85, x + tall * 0.12, y - tall * 0.42, cloth)
    cv2.circle(
        sheet,
        (round(x), round(y - tall * 0.92)),
        max(2, round(tall * 0.075)),
        (196.0, 158.0, 132.0),
        -1,
    )
