"""Words as numbers, with a stored vocabulary, and what each adds to a network's answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import Regex, models, normalizers, pre_tokenizers

from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.language import _
from mmdemo.core.media.text import check_text

FILE = "tokenizer.json"
"""Its name beside the weights."""
PAD, UNKNOWN = 0, 1
WORDS = r"\w+(?:'\w+)*|[^\w\s]"
"""A word with its inner apostrophes, or one other sign."""


WINDOW = 5
"""Words to either side that a word is counted with, for its vector."""


@dataclass(frozen=True)
class Encoded:
    """A text as a network reads it.

    Attributes:
        text: itself.
        ids: numbers of its words, int32, shape `(words,)`.
        spans: where each word stands in the text, `(start, end)`.
    """

    text: str
    ids: np.ndarray
    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def unknown(self) -> np.ndarray:
        """Which words are not in the vocabulary, shape `(words,)`."""
        return self.ids == UNKNOWN

    @property
    def unknown_words(self) -> tuple[str, ...]:
        """The words that are not in the vocabulary, as they are written, each once."""
        spans = zip(self.spans, self.unknown, strict=True)
        return tuple(dict.fromkeys(self.text[a:b] for (a, b), unknown in spans if unknown))

    def last(self, count: int) -> Encoded:
        """The last words, for a network that reads so many at most."""
        return Encoded(self.text, self.ids[-count:], self.spans[-count:])


class Tokenizer:
    """A word-level tokeniser with a vocabulary: lower case, one form of each letter, signs alone.

    Number 0 pads and 1 stands for every unknown word; words follow by falling frequency.
    """

    def __init__(self, inner: tokenizers.Tokenizer) -> None:
        self._inner = inner
        self._words = {number: word for word, number in inner.get_vocab().items()}

    @classmethod
    def from_words(cls, words: Iterable[str]) -> Tokenizer:
        """A tokeniser whose known words are these, in their order."""
        vocabulary = {"[PAD]": PAD, "[UNK]": UNKNOWN}
        for word in words:
            vocabulary.setdefault(word, len(vocabulary))
        return cls(_configured(tokenizers.Tokenizer(models.WordLevel(vocabulary, "[UNK]"))))

    @classmethod
    def train(cls, texts: Iterable[str], size: int, min_count: int = 1) -> Tokenizer:
        """The most frequent words of some texts.

        Args:
            texts: what to count.
            size: most entries, the two special ones included.
            min_count: rarer words are left out.
        """
        split = cls.from_words(()).split
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(split(text))
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls.from_words([w for w, count in ordered if count >= min_count][: size - 2])

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """What `to_json` gave."""
        return cls(tokenizers.Tokenizer.from_str(text))

    @classmethod
    def load(cls, folder: Path) -> Tokenizer:
        """The tokeniser of a weights folder, read once per version of its file.

        Raises:
            WeightsError: there is none, or it is damaged.
        """
        path = folder / FILE
        try:
            return _load(path, path.stat().st_mtime_ns)
        except OSError as error:
            raise WeightsError(_("The vocabulary {path} is missing.").format(path=path)) from error

    def to_json(self) -> str:
        """Readable JSON, to be stored as `FILE` beside the weights."""
        return json.dumps(json.loads(self._inner.to_str()), indent=0, ensure_ascii=False) + "\n"

    def __len__(self) -> int:
        return self._inner.get_vocab_size()

    def __contains__(self, word: object) -> bool:
        """Whether a word stands in the vocabulary as it is spelt."""
        return isinstance(word, str) and self.number(word) != UNKNOWN

    def word(self, number: int) -> str:
        """The word of a number."""
        return self._words[int(number)]

    def number(self, word: str) -> int:
        """The number of a word as it stands in the vocabulary; `UNKNOWN` for any other."""
        number = self._inner.token_to_id(word)
        return UNKNOWN if number is None else number

    def split(self, text: str) -> list[str]:
        """The words of a text, known or not, in the vocabulary's spelling."""
        normal = self._inner.normalizer.normalize_str(text)
        return [word for word, _ in self._inner.pre_tokenizer.pre_tokenize_str(normal)]

    def encode(self, text: str) -> Encoded:
        """A text as numbers, with the place of each word."""
        encoding = self._inner.encode(text)
        return Encoded(text, np.array(encoding.ids, np.int32), tuple(encoding.offsets))

    def read(self, text: str | None, what: str) -> Encoded:
        """What somebody wrote as numbers, without the blanks around it.

        Raises:
            UserError: it holds no word or is too long; names `what` was asked for.
        """
        encoded = self.encode(check_text(text, what))
        if not len(encoded):
            raise UserError(_("There is no word in this text."))
        return encoded

    def ids(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Numbers of many texts at once, an int32 array each."""
        batch = self._inner.encode_batch_fast(list(texts))
        return [np.array(encoding.ids, np.int32) for encoding in batch]


def pad(
    rows: Sequence[np.ndarray],
    length: int | None = None,
    *,
    keep: str = "first",
    before: bool = False,
) -> np.ndarray:
    """Rows of numbers as one int32 array, `(rows, length)`, filled up with zeros.

    Args:
        rows: numbers of words.
        length: of each row; by default that of the longest, and at least 1.
        keep: which words of a longer row stay: the `first` or the `last`.
        before: put the zeros before the words, not after them.
    """
    if length is None:
        length = max([1, *(len(row) for row in rows)])
    padded = np.full((len(rows), length), PAD, np.int32)
    for target, row in zip(padded, rows, strict=True):
        kept = row[:length] if keep == "first" else row[-length:]
        if len(kept):
            target[slice(-len(kept), None) if before else slice(len(kept))] = kept
    return padded


def without_each(
    row: np.ndarray,
    groups: Sequence[Sequence[int]] | np.ndarray,
    call: Callable[[np.ndarray], np.ndarray],
    batch: int = 64,
) -> np.ndarray:
    """What a network says of a text with each group of its words in turn made a gap.

    What is lost is what the group adds to the answer on the whole text.

    Args:
        row: numbers of the words as the network is given them, `(words,)`.
        groups: places in `row`, `(groups, places)`, or of differing lengths.
        call: rows, `(n, words)`, to an answer each, `(n,)`.
        batch: rows of a call, at most.

    Returns:
        An answer per group, `(groups,)`.
    """
    answers = []
    for start in range(0, len(groups), batch):
        part = groups[start : start + batch]
        rows = np.repeat(row[None], len(part), axis=0)
        for gapped, places in zip(rows, part, strict=True):
            gapped[places] = PAD
        answers.append(call(rows))
    return np.concatenate(answers)


def word_vectors(numbered: Sequence[np.ndarray], words: int, width: int, seed: int) -> np.ndarray:
    """Vectors of length 1 from what words stand near each other, float32 `(words, width)`.

    Positive pointwise mutual information and a truncated singular value decomposition (Levy,
    Goldberg, Dagan 2015).

    Args:
        numbered: texts as numbers of words.
        words: entries of the vocabulary; 0 pads and gets the zero vector.
        width: of the vectors.
        seed: of the decomposition.
    """
    from scipy.sparse import csr_matrix
    from sklearn.utils.extmath import randomized_svd

    row = np.concatenate([np.append(numbers, np.zeros(WINDOW, np.int32)) for numbers in numbered])
    counts = csr_matrix((words, words), dtype=np.float32)
    for step in range(1, WINDOW + 1):
        a, b = row[:-step], row[step:]
        both = (a > 0) & (b > 0)
        near = np.full(int(both.sum()), 1.0 / step, np.float32)
        counts = counts + csr_matrix((near, (a[both], b[both])), (words, words))
    counts = (counts + counts.T).tocoo()
    sums = np.bincount(counts.row, counts.data, minlength=words)
    context = sums**0.75  # smoothed, or rare contexts dominate
    expected = sums[counts.row] * context[counts.col] / context.sum()
    ppmi = np.maximum(np.log(counts.data / np.maximum(expected, 1e-12)), 0)
    matrix = csr_matrix((ppmi, (counts.row, counts.col)), (words, words))
    rank = min(width, words - 1)
    left, strengths, _ = randomized_svd(matrix, rank, random_state=seed)
    vectors = np.zeros((words, width), np.float32)
    vectors[:, :rank] = left * np.sqrt(strengths)
    vectors[0] = 0
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@lru_cache(maxsize=32)
def _load(path: Path, version: int) -> Tokenizer:
    try:
        return Tokenizer.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not UTF-8
        raise WeightsError(_("The vocabulary {path} is damaged.").format(path=path)) from error
    except Exception as error:  # tokenizers raises nothing narrower
        raise WeightsError(
            _("The vocabulary {path} is damaged: {error}").format(path=path, error=error)
        ) from error


def _configured(inner: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    inner.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace("’", "'"), normalizers.Lowercase()]
    )
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True)
    return inner
