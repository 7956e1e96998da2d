"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric

_AP = (
    "Things that are found, divided by all that are found, missed and made up. A thing is found "
    "where its mask and the true one share {share} of the area that they cover together."
)

STREET = {
    "Sky": "sky",
    "Building": "building",
    "Pole": "pole",
    "Road": "road",
    "Pavement": "pavement",
    "Tree": "tree",
    "SignSymbol": "sign",
    "Fence": "fence",
    "Car": "car",
    "Pedestrian": "pedestrian",
    "Bicyclist": "bicyclist",
}
"""Kinds of a street scene, by what the public set calls them."""
_IOU = (
    "The pixels that are rightly called so, divided by all that are called so or are so, over all "
    "pictures together."
)

METRICS = {
    "mean_iou": Metric("Mean IoU", meaning=f"{_IOU} The mean over the kinds."),
    "pixel_accuracy": Metric(
        "Right pixels", meaning="The share of all pixels whose kind is said rightly."
    ),
    **{f"iou_{name}": Metric(f"IoU, {name}", meaning=_IOU) for name in STREET.values()},
    "ap_at_50": Metric("AP at IoU 0.5", meaning=_AP.format(share="more than half")),
    "ap_at_75": Metric("AP at IoU 0.75", meaning=_AP.format(share="more than three quarters")),
    "mean_ap_50_95": Metric(
        "Mean AP, 0.5 to 0.95",
        meaning=(
            "The same, averaged over ten limits of overlap: the score of the Data Science Bowl. "
            "It is not the average precision of COCO, in which scores are ranked."
        ),
    ),
    "dice": Metric(
        "Dice",
        percent=False,
        meaning=(
            "Twice the area that all found and all true things share, divided by the sum of both "
            "areas: 1 is the same. It does not ask which pixels belong to which thing."
        ),
    ),
    "count_error": Metric(
        "Count error",
        percent=False,
        lower_is_better=True,
        digits=2,
        meaning="By how many the count of a picture is off, on average, from what people drew.",
    ),
    "ap_at_50_fluorescence": Metric(
        "AP at IoU 0.5, glowing", meaning=_AP.format(share="more than half")
    ),
    "ap_at_50_histology": Metric(
        "AP at IoU 0.5, stained tissue", meaning=_AP.format(share="more than half")
    ),
    "ap_at_50_brightfield": Metric(
        "AP at IoU 0.5, bright field", meaning=_AP.format(share="more than half")
    ),
}

METHODS = {
    "unet": Method(
        "U-Net",
        "Halves the picture four times and brings it back; skips hand over what each level saw.",
    ),
    "encoder_decoder": Method(
        "Encoder and decoder",
        "The same without skips: fine edges must come through the narrowest map.",
    ),
    "deeplab": Method(
        "DeepLab v3+",
        "Windows with holes of several sizes on the map of a trained backbone, sharpened by a "
        "finer one.",
    ),
    "otsu_watershed": Method(
        "Otsu and watershed",
        "No network: a threshold between bright and dark, then water that rises from the middle "
        "of each blob.",
    ),
    "usual_at_its_place": Method(
        "What is usual there",
        "No network: at each place of a picture the kind that is the commonest there in training.",
    ),
    "the_commonest": Method(
        "Always the commonest",
        "One answer for every pixel: the kind that is the commonest in training.",
    ),
    "published:segnet": Method(
        "SegNet", "As the paper on FC-DenseNet quotes it.", "https://arxiv.org/abs/1611.09326"
    ),
    "published:enet": Method(
        "ENet", "In its authors' protocol.", "https://arxiv.org/abs/1606.02147"
    ),
    "published:fc_densenet56": Method(
        "FC-DenseNet56", "In its authors' protocol.", "https://arxiv.org/abs/1611.09326"
    ),
    "published:bisenet": Method(
        "BiSeNet",
        "In its authors' protocol, at twice the size.",
        "https://arxiv.org/abs/1808.00897",
    ),
    "published:fc_densenet103": Method(
        "FC-DenseNet103", "In its authors' protocol.", "https://arxiv.org/abs/1611.09326"
    ),
    "published:stardist": Method(
        "StarDist",
        "On another subset, of glowing nuclei alone.",
        "https://arxiv.org/abs/1806.03535",
    ),
    "published:mask_rcnn": Method(
        "Mask R-CNN",
        "On that subset, in the same paper.",
        "https://arxiv.org/abs/1806.03535",
    ),
}

QUESTIONS = {
    "nuclei": "Which pixels belong to which nucleus?",
    "nuclei_by_microscope": "Which kinds of pictures are easy, and which hard?",
    "drawn_nuclei": "Are nuclei found that a program drew?",
    "street": "Which kind of thing is each pixel of a street?",
    "street_abroad": "Are cars and people found in everyday photos?",
}
