"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

_PRECISION = (
    "Boxes of a class are taken in the order of their scores; the precision that is reached is "
    "averaged over all recalls. A box is right where it shares at least half of the area that it "
    "and a true box cover together."
)
_COUNT = "By how many the count of a picture is off, on average, from what people counted."

METRICS = {
    "map50": Metric("mAP50", meaning=f"{_PRECISION} The mean over the classes."),
    "map50_95": Metric(
        "mAP50-95",
        meaning=(
            "The same, averaged over ten limits of overlap from 0.5 to 0.95: boxes must fit "
            "tightly."
        ),
    ),
    "ap50_rbc": Metric("AP50, red cells", meaning=_PRECISION),
    "ap50_wbc": Metric("AP50, white cells", meaning=_PRECISION),
    "ap50_platelets": Metric("AP50, platelets", meaning=_PRECISION),
    "count_error": Metric(
        "Count error",
        percent=False,
        lower_is_better=True,
        digits=2,
        meaning=f"{_COUNT} The mean over the classes.",
    ),
    "count_error_rbc": Metric(
        "Count error, red cells", percent=False, lower_is_better=True, digits=2, meaning=_COUNT
    ),
    "count_error_wbc": Metric(
        "Count error, white cells", percent=False, lower_is_better=True, digits=2, meaning=_COUNT
    ),
    "count_error_platelets": Metric(
        "Count error, platelets", percent=False, lower_is_better=True, digits=2, meaning=_COUNT
    ),
    **{
        f"recall_at_{count}": Metric(
            f"Recall, {count} proposals",
            meaning=(
                "The share of the true boxes that one of so many proposals overlaps by half: no "
                "network that looks at these alone can find more."
            ),
        )
        for count in (10, 30, 100, 300, 1000)
    },
}

METHODS = {
    "rcnn": Method(
        "R-CNN",
        "Selective search proposes places; each is cut out and goes through the convolutions; "
        "linear SVMs name it and a ridge regression moves its box.",
    ),
    "fast_rcnn": Method(
        "Fast R-CNN",
        "The convolutions run once; the same places are pooled from their map, and two heads read "
        "them.",
    ),
    "faster_rcnn": Method(
        "Faster R-CNN",
        "A small network on the same map proposes the places.",
    ),
    "yolo": Method(
        "YOLO",
        "No proposals: a grid of 7 x 7 cells, each of which says two boxes and one class.",
    ),
    "circles": Method(
        "Circles (Hough transform)",
        "Circles of the size of red cells; it knows of no other cells.",
    ),
    "selective_search": Method(
        "Selective search",
        "Merges neighbouring regions that look alike; each region on the way is a proposal.",
    ),
    "rpn": Method(
        "Region proposal network",
        "Says of nine anchors at each place of a map whether they hold a thing, and moves them.",
    ),
    "published:yolov5s": Method(
        "YOLOv5s, 640 pixels",
        "On a split of its own, after its author's card.",
        "https://huggingface.co/keremberke/yolov5s-blood-cell",
    ),
    "published:yolov8n": Method(
        "YOLOv8n",
        "On a split of its own, in a paper on a network that improves on it.",
        "https://doi.org/10.1049/cvi2.12341",
    ),
}

QUESTIONS = {
    "blood_cells": "Which cells are in a picture, and where?",
    "drawn_cells": "Are the cells of a drawn picture found, too?",
    "proposals": "Is every cell among the places that are looked at?",
}
