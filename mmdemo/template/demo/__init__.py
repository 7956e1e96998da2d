"""Circle, square or triangle: a network that is trained in seconds."""

from mmdemo.core.demo import Demo, Family, Method

DEMO = Demo(
    slug="new_demo",
    title="Which shape is it?",
    family=Family.IMAGES,
    summary="Draw a circle, a square or a triangle: the network says which one it is.",
    source="the guide “Add a demo” of this project",
    datasets=(),
    headline=("classification", "accuracy", "{value} of 600 drawings that it never saw named"),
    explanation="""
BOOK weighs every pixel of the drawing and adds the weights up, so that it must have seen a shape at
each place and in each size. DEFAULT looks for strokes and corners first, with **convolutions** that
slide over the whole drawing.
""",
    predict_files="pictures, each of which is named",
    own_data="A folder with a folder of pictures for each kind of shape, at least 20 of each.",
    limits=(
        "It knows circles, squares and triangles that a program drew in black on white, one a "
        "drawing.",
        "Anything else, a photo say, is called one of the three all the same.",
        "Shapes that are cut off, filled or drawn over each other were never shown to it.",
    ),
    lesson=(
        "Draw a circle, and flatten it bit by bit until it has corners. When does each network"
        " call it a square, and which of them changes its mind first?",
        "Draw a very small triangle in a corner. Which network still finds it, and why?",
    ),
    methods={
        "nearest_mean_drawing": Method(
            "Nearest mean drawing",
            "The kind whose drawings in training look, on average, most like this one.",
        ),
    },
    questions={"classification": "Which shape does a drawing show?"},
    icon='<circle cx="8" cy="8" r="5"/><path d="M12 12h8v8h-8z"/>',
)
