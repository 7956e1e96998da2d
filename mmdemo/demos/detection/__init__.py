"""Where every cell is: four detectors as they were invented, and one of our own."""

from mmdemo.core.demo import Demo, Family, Task

from . import words

DEMO = Demo(
    slug="detection",
    title="Find and count",
    family=Family.IMAGES,
    summary=(
        "A picture of blood under the microscope in: every cell gets a box and is counted, and you "
        "see how four famous detectors became faster, one after the other."
    ),
    source=(
        "the chapter on object detection: R-CNN, Fast R-CNN, Faster R-CNN and YOLO; our own: after "
        "Tian et al. 2019, “FCOS”"
    ),
    datasets=("bccd",),
    headline=(
        "blood_cells",
        "map50",
        "{value} mean average precision (boxes that overlap by half) on 72 pictures it never saw",
    ),
    explanation="""
To **detect** is to say of every thing in a picture *what* it is and *where*: a class and a box
each, and nobody says how many there are. Five networks do it here, all on the backbone that **image
classifier** trained, the first four as their papers tell it:

- **R-CNN** lets *selective search* propose a thousand boxes: regions of like colour and texture are
  merged, step by step, and each region on the way is a proposal. Every one is cut out, warped to a
  square and goes through the convolutions. A linear **SVM** per class names it, a ridge regression
  moves its box.
- **Fast R-CNN** runs the convolutions once. **ROI max pooling** takes 7 x 7 values out of the map
  for each proposal, whatever its size, and two heads read them. It is trained in one piece.
- **Faster R-CNN** needs no selective search: a **region proposal network** reads the same map, and
  says at each place of nine **anchors**, boxes of three sizes and three shapes, whether they hold a
  thing and how they are to move.
- **YOLO** asks for no proposals at all. Of 7 x 7 cells, each says two boxes with a confidence and
  one class: a vector of 2 x 5 + 3 numbers. Its loss is a sum of squares.
- **DEFAULT** has neither anchors nor a coarse grid: each of 40 x 30 places says how far the four
  edges of a box around it are, and its **centre-ness**, since places at a thing's edge see little
  of the rest. The **focal loss** keeps the many places with nothing from outweighing the few with
  something, the **GIoU** loss judges boxes by their overlap. Its last stage is trained, too.

All of them find one thing several times. **Non-maximum suppression** keeps, of boxes of a class
that overlap more than a limit, the likeliest. Both sliders below a picture set such limits.
""",
    limits=(
        "It knows red and white blood cells and platelets in stained smears under a light "
        "microscope, from 226 pictures of one source, of 640 x 480 pixels. It is no medical "
        "device, and says nothing about health.",
        "It looks at the whole picture at 320 x 240 pixels: cells that are much smaller or larger "
        "in it than in such a picture, a fifth of its height, are overlooked.",
        "Whatever else a picture shows, a coin or a face, may be boxed as a cell: nothing else "
        "was ever shown to it.",
        "People left cells out where they overlap or are cut off, so that what counts as wrong "
        "here may be a cell.",
    ),
    lesson=(
        "Time R-CNN, Fast R-CNN and Faster R-CNN with 100 places and with 1,000. Which bar grows, "
        "and for whom? How does that compare with what the papers say?",
        "Move the limit of suppression to its highest and to its lowest value. What happens to one "
        "cell alone, and what to two that overlap?",
        "Look at YOLO's grid in the crowd. What becomes of two cells whose middles share a square "
        "of it? Where do the proposals of Faster R-CNN lie there?",
    ),
    icon=(
        '<circle cx="8" cy="9" r="4"/><circle cx="16.500" cy="15.500" r="3"/>'
        '<path d="M2.500 3.500h11v11h-11zM12 11h9v9h-9z"/>'
    ),
    pipeline="object-detection",
    predict_files="pictures, in each of which cells are found",
    own_data=(
        "A folder in the layout of PASCAL VOC: `JPEGImages` with the pictures, `Annotations` with "
        "an XML file for each, whose `object` has a `name` and a `bndbox` with `xmin`, `ymin`, "
        "`xmax`, `ymax` in pixels. At least 20 pictures and 10 boxes of each kind; a fifth of the "
        "pictures is held out to measure the result."
    ),
    tasks=(Task(presets=("default", "rcnn", "fast_rcnn", "faster_rcnn", "yolo")),),
    metrics=words.METRICS,
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
