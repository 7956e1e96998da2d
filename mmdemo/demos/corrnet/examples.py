"""Example inputs, generated: drawn and spoken digits, and first names in five scripts."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from mmdemo.core.data import datasets, examples
from mmdemo.core.language import N_, _

SIDE = 280
SPOKEN = Path(__file__).parent / "spoken"
"""English digits, made with `espeak-ng -v en -s 130` at 8 kHz."""
STROKES: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    "three": (((85, 70), (130, 50), (175, 75), (165, 115), (125, 135), (175, 155), (190, 200),
               (145, 232), (85, 215)),),
    "five": (((190, 55), (105, 55), (98, 125), (150, 120), (185, 150), (180, 205), (135, 230),
              (85, 212)),),
    "seven": (((80, 60), (195, 60), (150, 140), (122, 230)),),
    "two": (((85, 95), (105, 58), (155, 52), (185, 90), (165, 140), (85, 225), (195, 222)),),
}  # fmt: skip

NAMES = {
    "english": "Alexander Anna Barbara Boris Daniel David Diana Elena George Hanna Helen Ibrahim "
    "Isaac Jacob John Julia Laura Linda London Maria Martin Michael Monica Nina Olga Oscar Paul "
    "Peter Rachel Robert Rosa Samuel Sarah Simon Sofia Tamara Thomas Victor Vladimir William",
    "arabic": "ألكسندر آنا باربرا بوريس دانيال ديفيد ديانا إيلينا جورج حنا هيلين إبراهيم إسحاق "
    "يعقوب جون جوليا لورا ليندا لندن ماريا مارتن مايكل مونيكا نينا أولغا أوسكار بول بيتر راشيل "
    "روبرت روزا صموئيل سارة سيمون صوفيا تمارا توماس فيكتور فلاديمير ويليام",
    "chinese": "亚历山大 安娜 芭芭拉 鲍里斯 丹尼尔 大卫 戴安娜 叶莲娜 乔治 汉娜 海伦 易卜拉欣 "
    "艾萨克 雅各布 约翰 朱莉娅 劳拉 琳达 伦敦 玛丽亚 马丁 迈克尔 莫妮卡 尼娜 奥尔加 奥斯卡 保罗 "
    "彼得 雷切尔 罗伯特 罗莎 塞缪尔 萨拉 西蒙 索菲亚 塔玛拉 托马斯 维克托 弗拉基米尔 威廉",
    "hebrew": "אלכסנדר אנה ברברה בוריס דניאל דוד דיאנה ילנה גאורגי חנה הלן אברהים יצחק יעקב "
    "ג׳ון ג׳וליה לאורה לינדה לונדון מריה מרטין מיכאל מוניקה נינה אולגה אוסקר פול פיטר רחל רוברט "
    "רוזה סמואל שרה סימון סופיה תמרה תומאס ויקטור ולדימיר ויליאם",
    "russian": "Александр Анна Барбара Борис Даниэль Давид Диана Елена Георгий Ханна Хелен Ибрагим "
    "Исаак Якоб Джон Юлия Лаура Линда Лондон Мария Мартин Майкл Моника Нина Ольга Оскар Пауль "
    "Петер Рейчел Роберт Роза Самуэль Сара Саймон София Тамара Томас Виктор Владимир Уильям",
}
"""Common first names, a list per script, to be ranked where a visitor has no list."""
DRAWN = {"three": N_("Three"), "five": N_("Five"), "seven": N_("Seven"), "two": N_("Two")}
"""What the drawings of `STROKES` are called."""
PAIRS = (
    ("Vladimir", "Владимир"),
    ("Robert", "روبرت"),
    ("Monica", "莫妮卡"),
    ("Daniel", "דניאל"),
    ("Peter", "Тамара"),
)


def drawings() -> list[Path]:
    """Drawn digits, black on white."""
    folder = examples.folder("corrnet", _make)
    return [folder / f"{name}.png" for name in STROKES]


def recordings() -> dict[str, Path]:
    """Spoken digits by name: of a synthesiser, and held-out ones where the data folder has them."""
    found = {
        _("{word}, synthetic voice").format(word=path.stem): path
        for path in sorted(SPOKEN.glob("*.wav"))
    }
    if datasets.is_present("fsdd"):
        folder = datasets.path("fsdd") / "recordings"
        held_out = {"two": "2_nicolas_0.wav", "nine": "9_george_0.wav"}
        found |= {
            _("{word}, human voice").format(word=word): folder / name
            for word, name in held_out.items()
        }
    return found


def candidates(language: str) -> list[str]:
    """Names of a language to rank."""
    return NAMES[language].split()


def requests() -> tuple[examples.Request, ...]:
    """A picture to hear and a sound to see: what `bench` asks."""
    picture = drawings()[0]
    word = SPOKEN / "seven.wav"
    return (
        examples.Request("corrnet_hear", {"picture": picture}, (picture,)),
        examples.Request("corrnet_see", {"sound": word}, (word,)),
    )


def _make(folder: Path) -> None:
    for name, strokes in STROKES.items():
        image = Image.new("L", (SIDE, SIDE), 255)
        pen = ImageDraw.Draw(image)
        for stroke in strokes:
            pen.line(stroke, fill=0, width=20, joint="curve")
            for x, y in (stroke[0], stroke[-1]):
                pen.ellipse((x - 10, y - 10, x + 10, y + 10), fill=0)
        image.save(folder / f"{name}.png")
