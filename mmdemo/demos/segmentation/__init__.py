"""Which pixels belong to which thing: networks that cut out, and what they were before."""

from mmdemo.core.demo import Demo, Family, Task

from . import words

DEMO = Demo(
    slug="segmentation",
    title="Cut out every thing",
    family=Family.IMAGES,
    summary=(
        "A picture from a microscope in: every nucleus is cut out, counted and measured. A street "
        "in: every pixel is named. A pet in: what is behind it blurs. And you see what skips, "
        "windows with holes and a watershed do."
    ),
    source=(
        "the chapter on image segmentation: encoder and decoder, U-Net (Ronneberger et al. 2015), "
        "DeepLab v3+ (Chen et al. 2018); our own: a U-Net that says distances, and a watershed"
    ),
    datasets=("dsb2018", "camvid", "pets_sample"),
    headline=(
        "nuclei",
        "ap_at_50",
        "{value} of nuclei right on 49 pictures it never saw (false ones count against it)",
    ),
    explanation="""
To **segment** is to say of every pixel what it belongs to: no box, but the thing's own outline.
Four networks do it here, and a classical method beside them:

- The **encoder and decoder** halves the picture four times, so that a pixel of the smallest map
  has seen much around it, and brings it back by **transposed convolutions**. Fine edges are lost
  on the way: they had to fit through the narrowest map.
- The **U-Net** is the same with **skips**: at each size the map of the way down is put beside that
  of the way up. What is there comes from below, where exactly from the side.
- **DeepLab** looks at the smallest map of a trained backbone (that of the *image classifier*)
  through windows with **holes** (dilated convolutions) of several sizes side by side, and as a
  whole. One finer map sharpens what they say; the rest of the way is mere enlargement.
- **Otsu and watershed** has learnt nothing. A threshold parts bright from dark; then water rises
  from the middle of each blob, and where two waters meet is a border.

The three networks say *nucleus or not*. Two nuclei that touch are then one thing. Our own network,
**DEFAULT**, is a U-Net of the same width that says three things of each pixel: whether it is
**inside** a nucleus, whether it is on a **border** between two, and how far it is from its
nucleus's edge, its **distance**. The distance makes a hill in the middle of each nucleus, and a
watershed on these hills parts them.

A **street** has no things to count, but kinds of them: road, sky, cars, people. There the same
DeepLab, with the backbone's last stage trained along, says of each pixel which of eleven kinds it
is. Rare kinds count more in its loss: of a thousand pixels, three are a bicyclist's.

A **pet** is the simplest case: the animal, what is around it, and the border between, where people
did not decide. A smaller DeepLab on the same backbone says which is which.
""",
    limits=(
        "It was trained on 329 pictures of nuclei from many laboratories: glowing on black, 36 of "
        "stained tissue and 10 in bright field. Of the last two kinds it has seen little, and is "
        "worse there.",
        "It knows nuclei, and no other thing: coins, cells without a nucleus or letters may be cut "
        "out as well, or not.",
        "In training most nuclei were 7 to 31 pixels across. Much smaller ones are missed, much "
        "larger ones may fall into pieces: scale such a picture first. One of more than a million "
        "pixels is scaled down.",
        "Streets were 330 pictures from a few drives through Cambridge, out of one car: thin and "
        "rare things (poles, signs, bicyclists) are often missed, and a photo from elsewhere, by "
        "night or not taken from a road, is not what it knows.",
        "Pets were 346 photos of three breeds, each with one animal that fills much of it: several "
        "animals, small ones and other kinds come out ragged, and of a photo without one it may "
        "cut out whatever stands in the middle.",
        "It is no medical device, and nothing to drive by. People who drew the true outlines do "
        "not agree on all of them.",
    ),
    lesson=(
        "Try the crowd that touches in all five ways. Which of them take two nuclei for one? Why "
        "can a network that is right about nearly every pixel be wrong about the count?",
        "Look at where the five disagree: at the edges, or in whole nuclei? What does that say "
        "about AP at an overlap of 0.5 and of 0.75?",
        "Photograph coins or sweets on a table. What does the network take for a nucleus, and what "
        "does the watershed, which never learnt what a nucleus is?",
    ),
    icon=(
        '<path d="M8 4c3-1.500 6 1 5 4s-4 4-6.500 2.500S5 5.500 8 4z"/>'
        '<path d="M15 12c3-1 6 1 5.500 4s-4 4.500-7 3-2-6 1.500-7z"/>'
        '<path d="M4 16l3 3M7 16l-3 3"/>'
    ),
    pipeline="image-segmentation",
    predict_files="pictures, in each of which nuclei, or the kinds of a street, are cut out",
    own_data=(
        "A folder with `images` (pictures) and `labels`: for each picture a PNG of the same name "
        "and size with one channel of 8 or 16 bits, in which 0 is nothing and the pixels of each "
        "thing have a number of their own. For `segmentation/street`: the numbers are those of the "
        "lines of `classes.txt`, which names the kinds, from 0; 255 is unknown. At least 10 "
        "pictures; a fifth of them is held out to measure the result."
    ),
    tasks=(
        Task("nuclei", presets=("default", "unet", "encoder_decoder", "deeplab")),
        Task("street", "A street: eleven kinds of things", ("default",)),
        Task("pets", "A cat or a dog, cut from what is around it", ("default",)),
    ),
    metrics=words.METRICS,
    methods=words.METHODS,
    questions=words.QUESTIONS,
)
