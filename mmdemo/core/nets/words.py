"""Words as numbers, with a stored vocabulary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import Regex, models, normalizers, pre_tokenizers

from mmdemo.core.errors import WeightsError

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
        ids: numbers of its words, int32, shape `(words,)`.
        spans: where each word stands in the text, `(start, end)`.
    """

    ids: np.ndarray
    spans: tuple[tuple[int, int], ...]

    @property
    def unknown(self) -> np.ndarray:
        """Which words are not in the vocabulary, shape `(words,)`."""
        return self.ids == UNKNOWN


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
            raise WeightsError(f"The vocabulary {path} is missing.") from error

    def to_json(self) -> str:
        """Readable JSON, to be stored as `FILE` beside the weights."""
        return json.dumps(json.loads(self._inner.to_str()), indent=0, ensure_ascii=False) + "\n"

    def __len__(self) -> int:
        return self._inner.get_vocab_size()

    def word(self, number: int) -> str:
        """The word of a number."""
        return self._words[int(number)]

    def number(self, word: str) -> int:
        """The number of a word as it stands in the vocabulary; `UNKNOWN` for any other."""
        found = self._inner.token_to_id(word)
        return UNKNOWN if found is None else found

    def split(self, text: str) -> list[str]:
        """The words of a text, known or not, in the vocabulary's spelling."""
        normal = self._inner.normalizer.normalize_str(text)
        return [word for word, _ in self._inner.pre_tokenizer.pre_tokenize_str(normal)]

    def encode(self, text: str) -> Encoded:
        """A text as numbers, with the place of each word."""
        found = self._inner.encode(text)
        return Encoded(np.array(found.ids, np.int32), tuple(found.offsets))

    def ids(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Numbers of many texts at once, an int32 array each."""
        batch = self._inner.encode_batch_fast(list(texts))
        return [np.array(found.ids, np.int32) for found in batch]


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
    width_found = min(width, words - 1)
    left, strengths, _ = randomized_svd(matrix, width_found, random_state=seed)
    made = np.zeros((words, width), np.float32)
    made[:, :width_found] = left * np.sqrt(strengths)
    made[0] = 0
    return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)


@lru_cache(maxsize=32)
def _load(path: Path, version: int) -> Tokenizer:
    try:
        return Tokenizer.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not UTF-8
        raise WeightsError(f"The vocabulary {path} is damaged.") from error
    except Exception as error:  # tokenizers raises nothing narrower
        raise WeightsError(f"The vocabulary {path} is damaged: {error}") from error


def _configured(inner: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    inner.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace("’", "'"), normalizers.Lowercase()]
    )
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True)
    return inner
