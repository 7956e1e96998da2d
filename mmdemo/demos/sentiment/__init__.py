"""Is this text friendly? A one-dimensional convolutional network, word by word."""

from mmdemo.core.demo import Demo, Family, Texts

from . import words

DEMO = Demo(
    slug="sentiment",
    title="Friendly or not",
    family=Family.TEXT,
    summary=(
        "Paste a review: how positive it is, and which words made it so. Or have a whole table "
        "of texts scored."
    ),
    source=(
        "the advanced chapter on convolutional networks, “IMDB sentiment with a 1-D CNN”; "
        "Kim 2014; Wang and Manning 2012"
    ),
    datasets=("aclImdb", "rt_polarity"),
    headline=("sentiment", "accuracy", "{value} of 25,000 held-out film reviews read rightly"),
    explanation="""
Every word of a text becomes a **vector**. A **one-dimensional convolution** slides small windows of
two, three or four words along the text; each filter looks for one turn of phrase, “not worth the”,
say. **Global max pooling** keeps only the strongest answer of each filter, wherever in the text it
was found, and a last layer weighs these answers up.

DEFAULT has weights for every single word, pair and triple of words beside it, which are a
convolution over one-hot words. They remember what is rare, the convolutions understand what is
alike. There are two sets of such weights: one learnt from whole reviews, one from their sentences
as well. How far each is trusted depends on how long your text is.

The colours under a text are **not** a guess at what the network may have looked at: each word is
taken out in turn, the network reads the text again, and the change of its verdict is the colour.
""",
    predict_files="text files of a review each; or a .csv or .tsv, which is scored row by row",
    own_data=(
        "A table (`.csv`, `.tsv`) with the columns `text` and `label` (positive or negative, 1 or "
        "0), or a folder with `.txt` files in `pos` and `neg`; at least 40 texts of each."
    ),
    own_data_arguments="--data FILE.csv",
    limits=(
        "English only. It learnt from reviews that people wrote about films, on IMDB, up to "
        "2011; of other things it knows the words that such reviews have.",
        "A single sentence says less than a review: it is wrong more often there, and less sure.",
        "Irony, and praise of one thing by way of another, are taken at their word; a negation is "
        "understood about every second time.",
        "A neutral text has no place: it is called positive or negative all the same.",
    ),
    lesson=(
        "Read the review with negations, then take out each “not” in turn. When should the "
        "verdict turn, and when does it? Which words pushed?",
        "Write a review in which every word is friendly and the opinion is not. Can you "
        "deceive it? How do you tell irony, and what would a network need to tell it too?",
        "Write a text that has no opinion at all, such as a timetable. What does it answer, "
        "and why can it not answer “neither”? Where would that matter if somebody counted "
        "opinions with it?",
    ),
    icon=(
        '<path d="M4 5h16v11H11l-4 4v-4H4z"/><path d="M8.500 12c1.800 1.600 5.200 1.600 7 0"/>'
        '<path d="M9 8.500v.4M15 8.500v.4"/>'
    ),
    predict_texts=Texts("the review itself, in quotes"),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
