"""The demos, in the order of the gallery. Adding one is one line here."""

from __future__ import annotations

from mmdemo.core.demo import Demo
from mmdemo.core.errors import UserError
from mmdemo.demos.author_profile import DEMO as AUTHOR_PROFILE
from mmdemo.demos.capsules import DEMO as CAPSULES
from mmdemo.demos.convolutions import DEMO as CONVOLUTIONS
from mmdemo.demos.corrnet import DEMO as CORRNET
from mmdemo.demos.detection import DEMO as DETECTION
from mmdemo.demos.image_classifier import DEMO as IMAGE_CLASSIFIER
from mmdemo.demos.instances import DEMO as INSTANCES
from mmdemo.demos.localizer import DEMO as LOCALIZER
from mmdemo.demos.segmentation import DEMO as SEGMENTATION
from mmdemo.demos.sentence_similarity import DEMO as SENTENCE_SIMILARITY
from mmdemo.demos.sentiment import DEMO as SENTIMENT
from mmdemo.demos.siamese_audio import DEMO as SIAMESE_AUDIO
from mmdemo.demos.siamese_face import DEMO as SIAMESE_FACE
from mmdemo.demos.story_qa import DEMO as STORY_QA
from mmdemo.demos.visual_qa import DEMO as VISUAL_QA

DEMOS: tuple[Demo, ...] = (
    IMAGE_CLASSIFIER,
    LOCALIZER,
    SIAMESE_FACE,
    SIAMESE_AUDIO,
    SENTIMENT,
    STORY_QA,
    AUTHOR_PROFILE,
    SENTENCE_SIMILARITY,
    CORRNET,
    DETECTION,
    SEGMENTATION,
    INSTANCES,
    CAPSULES,
    VISUAL_QA,
    CONVOLUTIONS,
)


def trained() -> tuple[Demo, ...]:
    """Those with networks of their own."""
    return tuple(demo for demo in DEMOS if demo.tasks)


def find(slug: str) -> Demo:
    """The demo of that name.

    Raises:
        UserError: there is none; the message lists those there are.
    """
    for demo in DEMOS:
        if demo.slug == slug:
            return demo
    raise UserError(f"No demo is called '{slug}'. Known: {', '.join(d.slug for d in DEMOS)}.")
