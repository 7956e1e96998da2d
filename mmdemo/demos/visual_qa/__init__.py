"""Ask a picture: a question in words about a scene of shapes, answered by looking, or blind."""

from mmdemo.core.demo import Demo, Family, Option, Task

from . import words

DEMO = Demo(
    slug="visual_qa",
    title="Ask a picture",
    family=Family.IMAGES,
    summary=(
        "Draw a scene of shapes and ask about it in your own words: the answer, where the network "
        "looked for it, and what it would have said without looking."
    ),
    source=(
        "the chapter on visual question answering; our own: FiLM (Perez et al. 2018), and the "
        "relation network of Santoro et al. 2017"
    ),
    datasets=("easy_vqa",),
    headline=("shapes", "accuracy", "{value} of 9,673 questions about shapes answered rightly"),
    explanation="""
A question and a picture go in, one of some answers comes out. How do the two meet?

- **BOOK**, the chapter's, reads the picture with convolutions, the question with an LSTM, and puts
  what both say **side by side** before one last layer. That layer can only **add**: so much for
  "yes" because of the question, so much because of the picture. It tells shapes and colours well.
  But whether there is a red shape, it cannot say better than blind: for that the picture must
  count the other way when the question is another.
- **DEFAULT** lets the question change **how** the picture is seen. In each of four blocks the
  question says by how much each map of features is multiplied, and what is added to it
  (*feature-wise linear modulation*, **FiLM**): asked for red, it turns up what is red.
- A **relation network** compares each place of the picture with each other one, under the question,
  and adds up what all pairs say.

A picture is looked at once, however many questions are asked about it.

**Look at the blind answer, too.** Of easy-VQA's questions, two thirds are answered rightly by one
who never sees a picture: "Is there a teal shape?" is mostly a no. A network that looks good may
hardly look at all; therefore what could be said blind stands beside each answer here, and pictures
shuffled among the questions beside each figure.
""",
    own_data=(
        "trained on its public set and on scenes that the program draws, `--data` is refused: "
        "words, answers and what is true of a scene belong together."
    ),
    own_data_arguments="",
    predict_files="pictures of one shape, or for relations of six objects",
    predict_options=(
        Option(
            "--question",
            "what to ask of each picture, if not what the page suggests; several times",
            "TEXT",
            True,
        ),
    ),
    limits=(
        "It knows scenes of flat shapes: one of three shapes in eight colours, or up to six "
        "circles and squares, each in a colour of its own. A photo is said to be none, and its "
        "answer means little.",
        "It answers with one word out of thirteen, or out of ten. It does not say that it does not "
        "know: asked for the shape of a colour that is not there, it names one all the same.",
        "Free wording is read by a list of words, not by a network. A sentence is taken for the "
        "words in it, whatever their order; who asks for two things at once is asked for one.",
        "Of six objects it learnt left and top, but not right and bottom, and no relations of "
        "colours.",
        "BOOK answers whether something is there no better than blind; that is the way it is "
        "built, not how long it was trained.",
        "Where two objects are about equally near or far, the answer is often wrong; and with "
        "fewer than six objects it miscounts, since it was only ever shown six.",
        "The relation network and BOOK have learnt for minutes until now: that they err more is "
        "not due to their kind alone.",
    ),
    lesson=(
        "Ask the same question of several pictures, and look at the blind answer beside. With "
        "which questions would you have to look, and with which would you not?",
        "Drag an object slowly away from the one that is asked about. When does the answer change, "
        "and is that where you would draw the line?",
        "Ask BOOK whether there is a red shape, and make the shape red. What does it say, and what "
        "would its last layer have to do with question and picture, other than add them?",
    ),
    icon=(
        '<rect x="3" y="3" width="18" height="12" rx="1.500"/><circle cx="8" cy="9" r="2.500"/>'
        '<path d="M13 11.500l3-5 3 5zM9 21l3-3 3 3"/>'
    ),
    tasks=(
        Task("shapes", presets=("default", "book")),
        Task("relations", "Six objects and how they lie", presets=("default", "relation")),
    ),
    metrics=words.METRICS,
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
