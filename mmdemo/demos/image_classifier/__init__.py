"""What does a picture show? A network that branches, and Keras' own for comparison."""

from mmdemo.core.demo import Demo, Family

from . import words

DEMO = Demo(
    slug="image_classifier",
    title="What is it?",
    family=Family.IMAGES,
    summary=(
        "Give it a photo: its five best guesses, where it looked, and what its layers see. Beside "
        "it, all the networks of Keras Applications on the same photo."
    ),
    source=(
        "the functional-API tutorial, “directed acyclic graphs of layers”; Szegedy et al. 2015, "
        "2016; Selvaraju et al. 2017"
    ),
    datasets=("tiny_imagenet_250", "coco_sample", "pets_sample", "lfw_faces", "orl_faces", "mnist"),
    headline=("classification", "top1", "{value} of photos of 200 kinds of things named rightly"),
    explanation="""
An **inception block** looks at the same map in several ways at once: one branch point by point, one
through a 3 × 3 window, one through two of them, which is 5 × 5 wide, one at a blurred copy. The
answers are laid side by side, and the next block chooses among them. BOOK stacks four such blocks
as the tutorial draws them.

DEFAULT keeps the block to halve the picture. Between such steps it has **residual blocks**: what
their branches find is *added* to the map, so that a block need only learn what is still missing,
and each starts by changing nothing. Batch normalisation keeps all values in a sensible range. At
the end every channel is averaged over the whole picture, which is why a picture may have any size.

It learns from crops, mirror images and blends of photos, small ones first, larger ones later, and
what is served is the average of its weights over the last epochs.

Where it looked is shown in two ways. **Grad-CAM** asks which channels of a late map raise the
answer, and where these are bright. **Occlusion** trusts nothing inside: it covers a part of the
picture in grey, asks again, and colours what was lost.

This network is also the **backbone** of other pages: they take its maps and learn something new
from them.
""",
    predict_files="photos, each of which is named",
    own_data=(
        "A folder with a folder of pictures for each class, at least 20 pictures of each. DEFAULT "
        "starts from what it has learnt already, so that a few dozen pictures go far."
    ),
    limits=(
        "It knows 200 kinds of things, and calls every photo one of them. People are not "
        "among the kinds, nor are most plants, buildings and dishes: a photo of two friends "
        "gets the name of something that it does not show.",
        "It learnt from Tiny ImageNet: photos that people had put on the web by about 2009, "
        "most of them from North America and Europe, scaled down to 64 x 64 pixels. Small "
        "things are lost on it, and so are drawings, screenshots and noise.",
        "How sure it says it is was measured on such photos alone. It says so where a picture is "
        "unlike them, but overlooks half of the people in everyday photos, and some drawings.",
        "The other networks beside it know ImageNet's 1,000 kinds, and no people either.",
    ),
    lesson=(
        "Give it a photo of yourself. People are not among its 200 kinds: what does it "
        "answer, and how sure is it? What would have to change, in the network or in its "
        "training, for it to know you?",
        "Ask about the cat and look at what decided. Then choose another of its guesses. "
        "Which parts of the photo speak for each, and would you have looked at the same?",
        "Give it something from your bag three times: large in the picture, small in it, "
        "and before a restless background. When does the answer change? Mind the size of "
        "the picture that the network saw.",
        "After an answer, open a box near the beginning of the diagram in “How it works”, "
        "and one near its end. What do the first maps have of your photo that the last ones "
        "have not, and the other way round?",
    ),
    icon=(
        '<rect x="3" y="5" width="18" height="14" rx="2"/><circle cx="9" cy="10" r="1.600"/>'
        '<path d="M4 17l5-4 3 2.500 4-4.500 4 4"/>'
    ),
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
