"""Capsules: parts that vote for the whole that they are parts of, and a pose for each whole."""

from mmdemo.core.demo import Demo, Family, Task

from . import words

DEMO = Demo(
    slug="capsules",
    title="Parts and wholes",
    family=Family.IMAGES,
    summary=(
        "Draw a digit, and see how it was written: turn the numbers of its capsule, and it is "
        "drawn again, slanted, broader or with another loop. And pull apart two digits that lie "
        "over each other."
    ),
    source=(
        "the chapter on capsule networks: dynamic routing (Sabour, Frosst, Hinton 2017); our own: "
        "one round of attention (Efficient-CapsNet, Mazzia et al. 2021), and two digits at once"
    ),
    datasets=("mnist",),
    headline=("digits", "error", "{value} of 10,000 digits misread, with a pose for each"),
    explanation="""
A usual network says of a digit which one it is, and forgets how it was written. A **capsule** says
both: it is a short list of numbers, whose **length** says how sure it is that its digit is there,
and whose **direction**, the *pose*, how it looks: slanted, broad, with a long tail.

Capsules come in two layers. Small ones, the **parts**, see a piece of the picture each. Every part
makes a guess at the pose of every digit, by a matrix that was learnt for the two. Where the guesses
of many parts agree, that digit is there; where they are scattered, it is not. This is called
**routing by agreement**, and the networks do it in two ways:

- **BOOK**, the paper's, routes in three rounds. First each part speaks for all digits alike. Then
  it speaks more for the digits whose pose comes out as it guessed, and less for others, and so on.
- **DEFAULT** looks once: a part speaks the more for a digit, the more the guesses of the others are
  like its own. Decoders apart, it has a fortieth of the weights.

A **decoder** draws the digit from its capsule alone; all other capsules are zero. It is trained
along, so that a pose must keep what is needed to draw. Two digits over each other have two long
capsules, and each is drawn by itself.

Beside them stands a **CNN** with the same convolutions and as many numbers, but without capsules.
""",
    own_data=(
        "trained on its public set only, `--data` is refused: what a capsule learns depends on "
        "thousands of pictures of each kind that fill their frame."
    ),
    own_data_arguments="",
    predict_files="pictures of one digit, or for overlaid of two over each other",
    limits=(
        "It knows ten digits, on an even ground and one at a time. A letter or a face is taken for "
        "the digit that is most like it; then its longest capsule is often short, but not always.",
        "It learnt digits of Americans of the 1990s. A seven with a bar, a one with a long nose or "
        "a nine with a round tail may be taken for another digit.",
        "Two digits are pulled apart where they lie over each other as in training: of about one "
        "size, and moved by at most four pixels each way from the middle.",
        "What a number of a pose changes was not taught and has no name: one may slant and broaden "
        "at once, and after another training they would be others.",
        "A digit whose parts are displaced mostly has a capsule longer than a half all the same, "
        "be it that digit's or another's; shorter than a whole digit's it nearly always is.",
        "BOOK and the CNN have learnt from far fewer digits than DEFAULT until now: that they err "
        "more is not due to their kind alone.",
        "It reads worse than its nearest neighbours do where a black square hides a part: it was "
        "never shown such digits.",
    ),
    lesson=(
        "Move the numbers of a capsule one after another. Which of them would you give a name? Is "
        "there one that changes nothing?",
        "Take the drawing whose parts are displaced. What do capsules say to it, and what the CNN? "
        "Does either know that it is no digit?",
        "Watch three rounds of routing. Do the parts change their minds? Compare what the table "
        "says of one round and of three: what is routing good for?",
    ),
    icon=(
        '<rect x="3" y="4" width="6" height="12" rx="3"/><rect x="11" y="8" width="5" height="8" '
        'rx="2.500"/><rect x="18" y="11" width="3.500" height="5" rx="1.750"/><path d="M3 20h18"/>'
    ),
    tasks=(
        Task("digits", presets=("default", "book", "cnn")),
        Task("overlaid", "Two digits over each other", presets=("default",)),
    ),
    metrics=words.METRICS,
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
