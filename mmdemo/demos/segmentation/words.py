"""What the words in its tables mean."""

from mmdemo.core.demo import Method, Metric
from mmdemo.core.measure import nuclei, things

PETS = ("pet", "background", "border")
"""Kinds of the maps of pets: a border is where people did not decide."""
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
    **{f"iou_{name}": Metric(f"IoU, {name}", meaning=_IOU) for name in (*STREET.values(), *PETS)},
    **things.METRICS,
}

METHODS = {
    **things.METHODS,
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
    "usual_at_its_place": Method(
        "What is usual there",
        "No network: at each place of a picture the kind that is the commonest there in training.",
    ),
    "grabcut": Method(
        "GrabCut",
        "No network: what differs in colour from the picture's edge (Rother et al. 2004, OpenCV).",
        "https://doi.org/10.1145/1015706.1015720",
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
}

QUESTIONS = {
    **nuclei.QUESTIONS,
    "street": "Which kind of thing is each pixel of a street?",
    "street_abroad": "Are cars and people found in everyday photos?",
    "pets": "Which pixels are the cat's or the dog's?",
    "pets_abroad": "Are cats and dogs found in everyday photos?",
}
