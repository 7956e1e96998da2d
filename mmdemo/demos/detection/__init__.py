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
    datasets=("bccd", "tiny_imagenet_250"),
    headline=(
        "blood_cells",
        "map50",
        "{value} mean average precision (boxes that overlap by half) on 72 pictures it never saw",
    ),
    explanation="",
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
