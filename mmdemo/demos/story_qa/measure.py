"""Measuring the story networks on bAbI, with baselines and published figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from mmdemo.core.measure.report import OURS, Result, abroad
from mmdemo.core.nets.words import Tokenizer, pad
from mmdemo.core.serve.backend import Call

from . import data, free, infer
from .config import Config
from .data import Examples, Task
from .wording import known_wording

OWN = "held-out questions of your own files"
ANSWERS = "answers_to_20_kinds_of_question"
UNSEEN = ("qa4", "qa17", "qa20")
FREE = "stories_in_free_words"
FREE_SPLIT = (
    "20 stories of ours with names, places and things that bAbI does not have, 4 of them with a "
    "question that the story does not answer; written before the rewording was made"
)
MOST_TOKENS = 16_384
NEAREST = 3

# Per task, in percent: Weston et al. 2016, table 3; the documentation of Keras' babi_rnn example.
WESTON_LSTM = (50, 20, 20, 61, 70, 48, 49, 45, 64, 44, 72, 74, 94, 27, 21, 23, 51, 52, 8, 91)
KERAS_BABI_RNN = (
    *(52.1, 37.0, 20.5, 62.9, 61.9, 50.7, 78.9, 77.2, 64.0, 47.7),
    *(74.9, 76.4, 94.4, 34.8, 32.4, 50.6, 49.1, 90.8, 9.0, 90.7),
)
PUBLISHED_TASKS = {"Weston_LSTM_1k": WESTON_LSTM, "Keras_babi_rnn_1k": KERAS_BABI_RNN}
PUBLISHED_MEANS = {"MemN2N_3_hops_1k": 79.7, "MemN2N_10k": 93.4, "DMN+_10k": 97.2}

Right = dict[str, dict[str, np.ndarray]]
"""Per method and task, which test questions were answered rightly."""


def answered(call: Call, examples: Examples, config: Config) -> np.ndarray:
    """Which questions are answered rightly, bool `(n,)`; stories are read whole."""
    right = np.zeros(len(examples), bool)
    order = np.argsort(examples.lengths, kind="stable")
    start = 0
    while start < len(order):
        most = max(1, int(examples.lengths[order[start]]))
        size = int(np.clip(MOST_TOKENS // most, 8, 256))
        chosen = order[start : start + size]
        outputs = call(*examples.batch(chosen, config))
        probabilities = outputs[0] if isinstance(outputs, tuple) else outputs
        right[chosen] = probabilities.argmax(axis=1) == examples.answers[chosen]
        start += size
    return right


def figures(
    kind: str, preset: str, answers: dict[str, np.ndarray], tasks: list[Task]
) -> list[Result]:
    """Figures of a network and of the baselines.

    Args:
        kind: of its training data: `1k`, `10k` or `own`.
        preset: of the network.
        answers: per task, which test questions it answers rightly.
        tasks: with the same questions.
    """
    right = {
        preset: answers,
        "most_frequent_answer": {task.name: most_frequent(task) for task in tasks},
        "logistic_regression_on_words": {task.name: bag_of_words(task) for task in tasks},
    }
    if kind == "own":
        return _own_figures(right)
    named = {_method(method, kind): hits for method, hits in right.items()}
    return [*_official_figures(named), *_unseen(kind, named, tasks)]


def in_free_words(
    call: Call, vocabulary: Tokenizer, answers: Sequence[str], config: Config, preset: str
) -> list[Result]:
    """Stories in names, places and things of one's own, with simple peers.

    Args:
        call: the network.
        vocabulary: its words.
        answers: by their numbers.
        config: of the network.
        preset: what it is called.
    """

    def said(told: Sequence[str], asked: str) -> str:
        rows = pad(vocabulary.ids([*told, asked]), config.input.sentence_words)
        outputs = call(*data.inputs([rows[:-1]], rows[-1:], config))
        probabilities = outputs[0] if isinstance(outputs, tuple) else outputs
        return answers[int(probabilities[0].argmax())]

    right: dict[str, list[bool]] = {preset: [], "the_same_without_rewording": [], "last_word": []}
    for each in free.REPORTED:
        told, _ = infer.sentences(each.story)
        asked = data.tidy(each.question)
        wording = known_wording(told, asked, vocabulary)
        answer = None
        if not wording.refusal:
            known = said(wording.told, wording.asked)
            answer = None if wording.says_nothing_of(known) else wording.own_words(known)
        right[preset].append(answer == each.answer)
        right["the_same_without_rewording"].append(said(told, asked) == each.answer)
        right["last_word"].append(told[-1].split()[-1] == each.answer)
    return abroad(
        Result(FREE, method, "accuracy", float(np.mean(hits)), FREE_SPLIT, len(hits))
        for method, hits in right.items()
    )


def _method(name: str, kind: str) -> str:
    """The served networks go by their preset's name; whatever else says what it was trained on."""
    if name in OURS:
        return name if kind == "10k" else f"{name.upper()}_{kind}"
    return f"{name}_{kind}"


def _protocol() -> str:
    missing = " and ".join(data.substituted("10k"))
    but = f" ({missing}: 1,000, since the archive lacks its file of 10,000)" if missing else ""
    return (
        "bAbI v1.2, official test files, 1,000 questions per task. Trained without supporting "
        f"facts, DEFAULT and BOOK as one network each for all tasks, on 10,000 questions per "
        f"task{but}, or, where it says 1k, on 1,000"
    )


def _official_figures(right: Right) -> list[Result]:
    split = _protocol()
    results = []
    for method, tasks in right.items():
        means = {task: float(hits.mean()) for task, hits in tasks.items()}
        count = sum(len(hits) for hits in tasks.values())
        mean = float(np.mean(list(means.values())))
        results.append(Result(ANSWERS, method, "mean_accuracy", mean, split, count))
        results += [
            Result(ANSWERS, method, f"accuracy_{task}", value, split, len(tasks[task]))
            for task, value in means.items()
        ]
    return results


def published() -> list[Result]:
    """What others reached on the same test files."""
    split = _protocol()

    def result(who: str, metric: str, percent: float) -> Result:
        return Result(ANSWERS, f"published:{who}", metric, percent / 100, split, 0)

    results = []
    for who, values in PUBLISHED_TASKS.items():
        results.append(result(who, "mean_accuracy", float(np.mean(values))))
        results += [
            result(who, f"accuracy_qa{number}", value)
            for number, value in enumerate(values, start=1)
        ]
    return results + [result(who, "mean_accuracy", v) for who, v in PUBLISHED_MEANS.items()]


def _unseen(kind: str, right: Right, tasks: list[Task]) -> list[Result]:
    """The same without the test questions that stand in training with the same story."""
    new = {task.name: task.test_unseen for task in tasks if task.name in UNSEEN}
    left = ", ".join(f"{name} {int(which.sum())}" for name, which in new.items())
    split = (
        f"test questions of three tasks that do not stand in the training file of {kind} with the "
        f"same story; of 1,000 each, there are: {left}"
    )
    return [
        Result(
            "questions_not_in_training",
            method,
            f"accuracy_{name}",
            float(hits[name][which].mean()),
            split,
            int(which.sum()),
        )
        for method, hits in right.items()
        for name, which in new.items()
        if which.any()
    ]


def _own_figures(right: Right) -> list[Result]:
    results = []
    for method, tasks in right.items():
        mean = float(np.mean([hits.mean() for hits in tasks.values()]))
        count = sum(len(hits) for hits in tasks.values())
        results.append(Result("all_tasks", method, "mean_accuracy", mean, OWN, count))
        if len(tasks) > 1:
            results += [
                Result(task, method, "accuracy", float(hits.mean()), OWN, len(hits))
                for task, hits in tasks.items()
            ]
    return results


# === Baselines ===


def most_frequent(task: Task) -> np.ndarray:
    """Always the task's most frequent training answer."""
    answer = Counter(q.answer for q in task.known).most_common(1)[0][0]
    return np.array([q.answer == answer for q in task.test])


def bag_of_words(task: Task) -> np.ndarray:
    """Logistic regression on words: of the question, of each of the last sentences, of the story.

    Fitted to each task alone.
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    if len({q.answer for q in task.known}) < 2:
        return most_frequent(task)
    model = make_pipeline(DictVectorizer(), LogisticRegression(C=1.0, max_iter=2000))
    model.fit([_words(q) for q in task.known], [q.answer for q in task.known])
    return model.predict([_words(q) for q in task.test]) == np.array([q.answer for q in task.test])


def _words(question: data.Question) -> dict[str, float]:
    words: Counter[str] = Counter(f"question {w}" for w in question.question.lower().split())
    for back, sentence in enumerate(reversed(question.story)):
        for word in sentence.lower().split():
            words[f"story {word}"] += 1
            if back < NEAREST:
                words[f"{back} {word}"] = 1
    return dict(words)
