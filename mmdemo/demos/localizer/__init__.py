"""What is it, and where? One network with two heads: a class and a box."""

from mmdemo.core.demo import Demo, Family

from . import words

DEMO = Demo(
    slug="localizer",
    title="What is it, and where",
    family=Family.IMAGES,
    summary=(
        "A photo in: the thing that it shows is named, and a box is drawn around it, by one "
        "network with two heads."
    ),
    source=(
        "the chapter on classification with localisation: convolutions, a classification head and "
        "a regression head; box loss: Rezatofighi et al. 2019"
    ),
    datasets=("tiny_imagenet_250", "coco_sample", "pets_sample", "lfw_faces", "orl_faces", "mnist"),
    headline=(
        "localization",
        "localization_accuracy_given_class",
        "{value} of the boxes right (IoU of at least 0.5) on 10,000 photos it never saw, told what "
        "each shows",
    ),
    explanation="""
One network looks at the photo, and **two heads** read what it saw. The **classification head** says
*what*: one number per kind of thing, which a softmax turns into probabilities. The **regression
head** says *where*: four numbers, the box around the thing.

Each head has a loss of its own. For the class it is the cross-entropy. For the box it is, in the
source's network (BOOK), the mean squared error of centre, width and height. DEFAULT's looks at how
much of the two boxes overlaps, by which the result is judged: a smooth count of the boxes that are
wrong; and beside it how far the edges are off, and the **GIoU** loss, which pulls boxes together
that do not touch. Training minimises both losses at once, weighed by a number **alpha**:

`loss = alpha × class loss + (1 − alpha) × box loss`

With alpha at 1 the network learns no box, with alpha at 0 no class; between them the two tasks
share, and compete for, the same features.

DEFAULT's box head is told *whose* box is wanted: in a photo of a dog on a sofa, it can point at
either. Where nobody asks, it draws the box of the likeliest class. So its boxes are measured twice:
*class given*, asked for the box of what the photo really shows, and *class not given*, by the photo
alone.

DEFAULT stands on the backbone that **image classifier** trained: its weights are frozen, and only
the heads are learnt. A box counts as right when it shares at least half of the area that it and the
true box cover together: an *intersection over union* (IoU) of at least 0.5.
""",
    pipeline="object-detection",
    predict_files="photos, each of which is named and gets a box",
    own_data=(
        "A folder with pictures and a table `boxes.csv` with the columns `file`, `label`, `left`, "
        "`top`, `right`, `bottom` (in pixels): one row, one box a picture. At least 40 pictures of "
        "two kinds, five of each; a fifth of them is held out to measure the result."
    ),
    metrics=words.METRICS,
    limits=(
        "It names one thing and draws one box in each photo, whatever else is there, also "
        "where there is nothing that it knows.",
        "It knows the same 200 kinds of things as “What is it?”, from photos of 64 x 64 "
        "pixels that people had put on the web by about 2009. People are not among them.",
        "How sure it says it is was measured on such photos alone. It says so where a photo is "
        "unlike them, but overlooks some people and drawings, which get a name and a box as well.",
    ),
    lesson=(
        "Photograph two things side by side. Which of them gets the name and the box? "
        "Choose the other among its guesses, where it is there: does the box move?",
        "Take the cup, then “The cup, further down”, then photos of your own in which the "
        "thing is cut off at the edge. How far off are the boxes? How would you put into "
        "one number how good a box is? “How it works” says how it is done here.",
        "One network, two answers, two losses. What should happen to the box if training "
        "counted the name alone (alpha = 1), and to the name if it counted the box alone? "
        "Compare with the figure by alpha.",
    ),
    icon=(
        '<path d="M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5"/>'
        '<path d="M7 17c.6-3.200 2.400-4.800 5-4.800s4.400 1.600 5 4.800z"/>'
        '<circle cx="12" cy="9" r="2.600"/>'
    ),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
