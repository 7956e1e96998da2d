"""Siamese faces: are two photos of one person? One photo is enough to enrol."""

from mmdemo.core.demo import Demo, Family

from . import words

DEMO = Demo(
    slug="siamese_face",
    title="One-shot faces",
    family=Family.IMAGES,
    summary=(
        "Two photos in: the same person or not? Enrol people with one photo each, "
        "and have new photos named."
    ),
    source=(
        "the one-shot learning chapter “Face and audio recognition with siamese networks”; "
        "contrastive loss: Hadsell, Chopra, LeCun 2006"
    ),
    datasets=("orl_faces", "lfw_faces"),
    headline=(
        "verification_in_the_wild",
        "eer",
        "{value} equal error rate on press photos of people it never saw",
    ),
    explanation="""
A **siamese network** is one network used twice. Each photo goes through the same layers, with the
same weights, and comes out as a short list of numbers: its *embedding*. The network never learns
who anybody is. It learns to put two photos of one person close together and photos of different
people far apart, so the **distance** between two embeddings answers the question *the same or not?*
for people it has never seen.

That is what makes **one-shot** recognition possible: enrolling a person means keeping the embedding
of a single photo, and naming a new photo means finding the nearest one that was kept. Nothing is
trained again.
""",
    pipeline="image-feature-extraction",
    predict_files=(
        "two photos to compare; or a folder of people with a photo each, then photos to name"
    ),
    own_data=(
        "A folder with one sub-folder per person, named as you like, each with two or more photos "
        "of that one face. Eight people with ten photos each are a sensible least; a part of the "
        "people is held out to measure the result."
    ),
    metrics=words.METRICS,
    limits=(
        "It is no lock: a photo of a photo, or of a screen, passes for the person.",
        "It learnt from press photos of the 2000s, which show mostly men, few children and "
        "old people, and many peoples of the world hardly or not at all, and from 40 people "
        "in a studio in Cambridge in the 1990s. Faces of others are told apart worse.",
        "Strangers who look somewhat alike are called the same person quite often; the rates "
        "beside an answer are those of unknown people before unknown cameras.",
        "A face from the side, in deep shade or half covered is often not found, and now and "
        "then something is found that is no face.",
    ),
    lesson=(
        "Compare two photos and move the threshold in the settings up and down. Which of "
        "the two errors grows each way? Where would you put it for a door, and where for "
        "sorting holiday photos?",
        "Ask first whom you may photograph. Then enrol each of you with one photo, and have "
        "new ones named: with glasses, from the side, in the shade. What misleads it most?",
        "Read what it cannot do, and on which faces it was trained. For whom will it be "
        "wrong more often? Who should decide where such a network may be used?",
    ),
    icon=(
        '<circle cx="8.5" cy="10" r="4.5"/><circle cx="15.5" cy="10" r="4.5"/>'
        '<path d="M2 21c.6-3.4 3-5.2 6.5-5.2M22 21c-.6-3.4-3-5.2-6.5-5.2"/>'
    ),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
