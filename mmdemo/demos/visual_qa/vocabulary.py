"""What visitors' words mean, in English and Chinese. No Keras here.

A meaning is a colour, a shape, or one of `MEANINGS`.
"""

from __future__ import annotations

from .questions import COLOUR, COUNT, FARTHEST, LEFT, NEAREST, SHAPE, TOP
from .scenes import COLOURS, SHAPES

WHAT, NOT, OR = "what", "not", "or"
ELSEWHERE = "elsewhere"
"""Right and bottom, of which networks learnt nothing."""

MEANINGS: dict[str, str] = {
    WHAT: "what which name identify",
    NOT: "not no none without lack lacks lacking missing absent never cannot isnt arent doesnt",
    OR: "or",
    SHAPE: "shape shapes shaped form forms figure figures kind type outline",
    COLOUR: "color colors colour colours colored coloured hue tint shade painted",
    NEAREST: "nearest closest near nearer close closer next neighbour neighbor beside adjacent",
    FARTHEST: "farthest farest furthest farther further remotest",
    COUNT: "many count number same alike like similar equal share shares match matches matching",
    LEFT: "left lefthand",
    TOP: "top upper above up high uppermost",
    ELSEWHERE: "right bottom lower below down under beneath underneath",
    "red": "red crimson scarlet",
    "green": "green lime",
    "blue": "blue navy",
    "yellow": "yellow golden lemon",
    "black": "black",
    "gray": "gray grey silver",
    "brown": "brown maroon chestnut",
    "teal": "teal turquoise cyan petrol",
    "orange": "orange amber tangerine",
    "circle": "circle circles circular round disc disk discs ball balls dot sphere ring",
    "triangle": "triangle triangles triangular pyramid",
    "rectangle": "rectangle rectangles rectangular oblong quadrilateral",
    "square": "square squares quadratic cube box boxes block blocks",
}
_PLAIN = (
    "a an the is are was were be been in on at of to from for with and it its this that these "
    "those there here any some do does did has have having contain contains containing hold holds "
    "include includes show shows shown present visible picture image scene photo drawing please "
    "can could would you i we me us see find tell say know let ask question how one ones thing "
    "things object objects item items something anything side half part place placed lie lies "
    "lying located position stand sit part of by as than most more other others all every whole "
    "look looks who whose where what's whats which's there's theres it's lets so just really also "
    "too far away distant if whether am seen appear appears occur exist exists my your give got "
    "get hand edge"
)
PLAIN = frozenset(_PLAIN.split())
"""Words that change nothing."""

CHINESE: dict[str, str] = {
    WHAT: "什么 哪个 哪种 哪一个 哪一种 哪样 何种 啥",
    NOT: "没有 没 不 无 非 缺少 缺",
    OR: "还是 或者 或",
    SHAPE: "形状 图形 形 样子",
    COLOUR: "颜色 色彩 色",
    NEAREST: "最近 最靠近 最接近 靠近 挨着 旁边 近",
    FARTHEST: "最远 最远离 远离 远",
    COUNT: "多少 几个 几 数量 一样 相同 同样 数一数",
    LEFT: "左边 左侧 左半 左",
    TOP: "上方 上面 上半 上部 顶部 顶端 顶 上",
    ELSEWHERE: "右边 右侧 右半 右 下方 下面 下半 下部 底部 下 底",
    "red": "红色 红",
    "green": "绿色 绿",
    "blue": "蓝色 蓝",
    "yellow": "黄色 黄",
    "black": "黑色 黑",
    "gray": "灰色 灰",
    "brown": "棕色 褐色 咖啡色 棕 褐",
    "teal": "青色 蓝绿色 蓝绿 水鸭色 青",
    "orange": "橙色 橘色 橘黄色 橙 橘",
    "circle": "圆形 圆圈 圆 圈 球",
    "triangle": "三角形 三角",
    "rectangle": "长方形 矩形 四边形",
    "square": "正方形 方形 方块 方",
}
_PLAIN_CHINESE = (
    "有没有 有无 是不是 是否有 是否 在不在 图片上 图片里 图片中 图中 图里 图上 画面上 画面中 "
    "画面里 图像中 图像里 "
    "图片 图像 画面 场景 物体 东西 物件 里面 这里 那里 一个 位于 看到 看见 存在 出现 包含 任何 "
    "请问 请 其他 其它 距离 中 有 是 在 的 了 吗 呢 嘛 么 个 和 与 跟 离 里 这 那 它 它们 一 都 "
    "也 吧 啊 到 最 边 半 侧 图 会 能 "
    "具有 拥有 所有 距 位 看"
)


def words(task: str) -> dict[str, str]:
    """Meanings by the English words of visitors; what a task does not have is left out."""
    meant: dict[str, str] = {}
    for meaning, said in MEANINGS.items():
        found = known_meaning(meaning, task)
        if found:
            meant |= dict.fromkeys(said.split(), found)
    return meant


def chinese(task: str) -> dict[str, str]:
    """Meanings by parts of Chinese sentences, the longest first; "" where one changes nothing."""
    meant = dict.fromkeys(_PLAIN_CHINESE.split(), "")
    for meaning, said in CHINESE.items():
        found = known_meaning(meaning, task)
        if found:
            meant |= dict.fromkeys(said.split(), found)
    return dict(sorted(meant.items(), key=lambda item: -len(item[0])))


def known_meaning(meaning: str, task: str) -> str:
    """The same in a task: a square is a rectangle where there are no squares; "" of nothing."""
    others = {"square": "rectangle", "rectangle": "square"}
    every = {*COLOURS["shapes"], *COLOURS["relations"], *SHAPES["shapes"], *SHAPES["relations"]}
    known = {*COLOURS[task], *SHAPES[task]}
    if meaning not in every or meaning in known:
        return meaning
    other = others.get(meaning, "")
    return other if other in known else ""
