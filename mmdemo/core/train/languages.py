"""Which language a network reads: measured on lines of reviews and on other languages."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmdemo.core.data import polarity
from mmdemo.core.measure import unlike
from mmdemo.core.measure.report import Result, results_of
from mmdemo.core.nets import familiar
from mmdemo.core.nets.words import Tokenizer

TASK = "other languages"
SENTENCES: dict[str, tuple[str, ...]] = {
    "German": (
        "Der Film war leider sehr langweilig.",
        "Die Schauspieler sind großartig, und die Geschichte bleibt bis zum Ende spannend.",
        "Ich habe noch nie etwas so Schönes gesehen.",
    ),
    "French": (
        "Ce film est une vraie réussite.",
        "Les acteurs jouent mal et l’histoire n’a aucun sens.",
        "Je me suis ennuyé du début à la fin.",
    ),
    "Spanish": (
        "La película es muy buena, pero demasiado larga.",
        "No me gustó nada el final.",
        "Los actores están estupendos en esta comedia.",
    ),
    "Italian": (
        "Un film bellissimo, da vedere assolutamente.",
        "La storia non mi ha convinto per niente.",
        "Gli attori sono bravi ma il finale delude.",
    ),
    "Portuguese": (
        "O filme é chato e não tem graça nenhuma.",
        "Gostei muito dos atores e da música.",
        "Uma história linda que fica na memória.",
    ),
    "Dutch": (
        "De film was saai en veel te lang.",
        "Een prachtig verhaal met goede acteurs.",
        "Ik heb er geen seconde van genoten.",
    ),
    "Swedish": (
        "Filmen var tråkig och alldeles för lång.",
        "En underbar historia med fina skådespelare.",
        "Jag har aldrig sett något så dåligt.",
    ),
    "Polish": (
        "Film był nudny i o wiele za długi.",
        "Piękna historia i świetni aktorzy.",
        "Nigdy nie widziałem czegoś tak złego.",
    ),
    "Finnish": (
        "Elokuva oli tylsä ja aivan liian pitkä.",
        "Kaunis tarina ja hyvät näyttelijät.",
        "En ole koskaan nähnyt mitään näin huonoa.",
    ),
    "Turkish": (
        "Film çok sıkıcı ve fazla uzundu.",
        "Harika bir hikâye, oyuncular çok iyi.",
        "Hayatımda bu kadar kötü bir şey görmedim.",
    ),
    "Indonesian": (
        "Filmnya sangat membosankan dan terlalu panjang.",
        "Ceritanya indah dan para aktornya hebat.",
        "Saya belum pernah melihat yang seburuk ini.",
    ),
    "Vietnamese": (
        "Bộ phim rất chán và quá dài.",
        "Một câu chuyện đẹp với các diễn viên giỏi.",
        "Tôi chưa bao giờ xem phim nào tệ như vậy.",
    ),
    "Russian": (
        "Фильм был скучным и слишком длинным.",
        "Прекрасная история и отличные актёры.",
        "Никогда не видел ничего хуже.",
    ),
    "Chinese": (
        "这部电影很无聊,而且太长了。",
        "故事很美,演员也很出色。",
        "我从来没看过这么差的片子。",
    ),
    "Japanese": (
        "この映画はとても退屈で長すぎる。",
        "素晴らしい物語と俳優たち。",
        "こんなにひどい映画は見たことがない。",
    ),
    "Arabic": (
        "كان الفيلم مملا وطويلا جدا.",
        "قصة جميلة وممثلون رائعون.",
        "لم أشاهد شيئا بهذا السوء من قبل.",
    ),
}
"""On films, written for this measurement; nothing is chosen on them."""


def measured(method: str, tokenizer: Tokenizer) -> tuple[dict[str, float], list[Result]]:
    """What `familiar.is_strange` reads of `preprocess.json`, and how well it tells.

    One half of the critics' lines sets the limit, the other half is measured.

    Args:
        method: what the network is called.
        tokenizer: its vocabulary.

    Raises:
        DataMissing: the sentence polarity set is not in the data folder.
    """
    (development, _), (test, _) = map(polarity.lines, polarity.PARTS)
    stored = familiar.fit(tokenizer, development)
    others = [sentence for group in SENTENCES.values() for sentence in group]
    known, foreign = (
        np.array([familiar.strangeness(tokenizer, text, stored) for text in texts])
        for texts in (test, others)
    )
    split = (
        f"{len(others)} short sentences in {len(SENTENCES)} other languages, and {len(test):,} "
        "lines of critics' film reviews; the other half of the lines set the limit"
    )
    figures: dict[str, Any] = unlike.figures(known, foreign, stored["limit"])
    return stored, results_of(TASK, {method: figures}, split, len(known) + len(foreign))
