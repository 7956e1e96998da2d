"""Each thing by itself: Mask R-CNN, from anchors to proposals to masks."""

from mmdemo.core.demo import Demo, Family, Task

from . import words

DEMO = Demo(
    slug="instances",
    title="Each thing by itself",
    family=Family.IMAGES,
    summary=(
        "A picture from a microscope in: each nucleus is found by itself, with a box and a mask of "
        "its own. Touch one, and walk the way from an anchor to a proposal to its outline."
    ),
    source=(
        "the chapter on object detection: Mask R-CNN (He et al. 2017), with the two maps of a "
        "feature pyramid (Lin et al. 2017)"
    ),
    datasets=("dsb2018",),
    headline=(
        "nuclei",
        "ap_at_50",
        "{value} of nuclei right on 49 pictures it never saw (false ones count against it)",
    ),
    explanation="""
A network that *segments* says of every pixel what it belongs to, and what touches is one. **Mask
R-CNN** goes the other way round: first it finds each thing, then it cuts that one out. Where two
nuclei overlap, it has two boxes, and two masks.

- **Anchors.** At each place of two maps (every 4th and every 8th pixel) stand three squares of
  fixed sizes. There are thousands, whatever the picture shows.
- **Proposals.** The *region proposal network* says of each anchor whether something is there, and
  how to move and to scale the anchor so that it fits. Of those that overlap, the likeliest stays.
- **Regions.** **ROIAlign** reads each proposal off the map as 7 x 7 points, between the map's
  places, without rounding: Fast R-CNN's pooling rounded, which moves a small thing's outline by
  half of its width. Two dense layers say whether it is a nucleus, and correct the box once more.
- **Masks.** Each box that is left is read as 14 x 14 points, and a few convolutions and a
  transposed one say of 28 x 28 points whether they belong to the thing. The mask is fitted to the
  box, and ends at its half.

The backbone is that of the *image classifier*, and stays as it is. It was trained on photos, and
what is twelve pixels wide it has hardly ever had to see: six small convolutions beside it look at
the picture itself, and learn what nuclei need.
""",
    limits=(
        "It was trained on 329 pictures of nuclei from many laboratories: glowing on black, 36 of "
        "stained tissue and 10 in bright field. Of the last two kinds it has seen little, and is "
        "worse there.",
        "It knows nuclei, and no other thing: coins, cells without a nucleus or letters may be "
        "found as well, or not.",
        "Half of the nuclei in training were 9 to 16 pixels wide. What is wider than a hundred "
        "fits no anchor: scale such a picture first. One of more than a million pixels is scaled "
        "down.",
        "A mask has 28 x 28 points: fine branches of a large thing are smoothed away.",
        "It is no medical device. People who drew the true outlines do not agree on all of them.",
    ),
    lesson=(
        "Touch a nucleus in the crowd. Which anchor did it come from, and how far did the proposal "
        "move it? Show all proposals: how many are there for one nucleus?",
        "Try the same picture in *Cut out every thing*. Where does a watershed part what Mask "
        "R-CNN takes for one, and where is it the other way round?",
        "Scale a picture to half and to double its size. Which nuclei are lost first? What do the "
        "sizes of the anchors have to do with it?",
    ),
    icon=(
        '<path d="M4 4h7v7H4z" stroke-dasharray="2 1.500"/>'
        '<path d="M7.500 6c2 0 2 1 1.500 2.500s-2 1-3 .500-.500-3 1.500-3z"/>'
        '<path d="M12 12h8v8h-8z" stroke-dasharray="2 1.500"/>'
        '<path d="M16 13.500c2.500 0 3 2 2.500 3.500s-3 2-4.500.500-.500-4 2-4z"/>'
    ),
    pipeline="image-segmentation",
    predict_files="pictures, in each of which every nucleus is found by itself",
    own_data=(
        "A folder with `images` (pictures) and `labels`: for each picture a PNG of the same name "
        "and size with one channel of 8 or 16 bits, in which 0 is nothing and the pixels of each "
        "thing have a number of their own. At least 10 pictures; a fifth of them is held out to "
        "measure the result."
    ),
    tasks=(Task("nuclei", presets=("default",)),),
    metrics=words.METRICS,
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
