"""core.media.image: every picture that people upload, and those that must be refused."""

import io
import random
import struct
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
from PIL import Image
from pillow_heif.as_plugin import HeifImageFile

from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media import image as media
from mmdemo.core.media.image import is_even, open_image, upright_size
from mmdemo.core.media.notes import collected


def as_floats(picture):
    return picture.astype(np.float64)


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("PPM", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 6),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}, 6),
        ("HEIF", {"quality": 95, "chroma": 444}, 6),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 6),
    ],
)
def test_every_format_gives_the_pixels_back(generated, kind, options, tolerance):
    original = generated.pixels()
    decoded = open_image(generated.encode(original, kind, **options))
    assert decoded.dtype == np.uint8
    assert decoded.shape == original.shape
    assert np.abs(as_floats(decoded) - original).mean() <= tolerance


def test_a_file_and_its_content_are_the_same(generated):
    content = generated.encode(generated.pixels())
    path = generated.file("photo.png", content)
    assert np.array_equal(open_image(path), open_image(content))


# === Modes ===


def test_greyscale_is_grey_in_all_channels(generated):
    grey = generated.pixels()[..., 0]
    decoded = open_image(generated.encode(grey))
    assert np.array_equal(decoded, np.repeat(grey[..., None], 3, axis=2))


def test_one_bit(generated):
    grey = generated.pixels()[..., 0]
    decoded = open_image(generated.encode(Image.fromarray(grey > 127)))
    assert np.array_equal(decoded[..., 0], np.where(grey > 127, 255, 0))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_keeps_its_gradation(generated, kind):
    grey = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    decoded = open_image(generated.encode(grey, kind))
    assert np.abs(as_floats(decoded[..., 0]) - grey / 257).max() <= 0.5 + 1e-6
    assert decoded.min() == 0
    assert decoded.max() == 255


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_white_is_that_of_a_microscope_s_camera(generated, bits):
    grey = np.linspace(0, 2**bits - 1, 64 * 48).reshape(48, 64).astype(np.uint16)
    decoded = open_image(generated.encode(grey, "TIFF"))
    assert np.abs(as_floats(decoded[..., 0]) - 255.0 * grey / (2**bits - 1.0)).max() < 0.51
    assert open_image(generated.encode(grey, "PNG")).max() == round(grey.max() / 257)


def test_32_bit_and_floating_grey(generated):
    grey = generated.pixels()[..., 0]
    wide = open_image(generated.encode(grey.astype(np.int32) * 257, "TIFF"))
    floating = grey.astype(np.float32) / 255
    unit = open_image(generated.encode(floating, "TIFF"))
    assert np.array_equal(wide[..., 0], grey)
    assert np.array_equal(unit[..., 0], grey)
    floating[0] = np.nan, *[np.inf, -np.inf] * 31, np.nan
    odd = open_image(generated.encode(floating, "TIFF"))
    assert np.array_equal(odd[1:, :, 0], grey[1:])
    assert not odd[0].any()


def test_cmyk_jpeg_keeps_its_colours(generated):
    cmyk = Image.fromarray(generated.pixels()).convert("CMYK")
    decoded = open_image(generated.encode(cmyk, "JPEG", quality=95))
    assert decoded.shape == (48, 64, 3)
    assert np.abs(as_floats(decoded) - generated.pixels()).mean() < 8


def test_transparency_is_laid_on_white(generated):
    colour = np.dstack([generated.pixels(), np.full((48, 64), 255, np.uint8)])
    colour[:, :10, 3] = 0
    colour[:, 10:20, 3] = 128
    decoded = as_floats(open_image(generated.encode(colour)))
    assert (decoded[:, :10] == 255).all()
    half = 0.5 * generated.pixels()[:, 10:20] + 0.5 * 255
    assert np.abs(decoded[:, 10:20] - half).max() <= 1.5
    assert np.array_equal(decoded[:, 20:], generated.pixels()[:, 20:])


def test_grey_with_transparency(generated):
    grey = np.dstack([np.zeros((4, 4), np.uint8), np.array([[0, 255] * 2] * 4, np.uint8)])
    decoded = open_image(generated.encode(Image.fromarray(grey, "LA")))
    assert decoded[0, :, 0].tolist() == [255, 0, 255, 0]


@pytest.mark.parametrize("side", [2048, 5])
def test_palette_with_transparency(generated, side):
    image = Image.new("P", (10, 10), 1)
    image.putpalette([255, 0, 0, 0, 0, 255] + [0] * 762)
    image.paste(0, (0, 0, 10, 4))
    decoded = open_image(generated.encode(image, transparency=0), max_side=side)
    assert (decoded[0] == 255).all()
    assert (decoded[-1] == (0, 0, 255)).all()


def test_of_an_animation_the_first_frame(generated):
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = generated.encode(
            frames[0], kind, save_all=True, append_images=frames[1:], **options
        )
        decoded = open_image(content)
        assert decoded.shape == (10, 20, 3)
        assert (decoded == (255, 0, 0)).all(), kind


def test_a_phone_camera_s_multi_picture_jpeg(generated):
    frames = [Image.new("RGB", (32, 16), colour) for colour in ("red", "blue")]
    content = generated.encode(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert np.abs(as_floats(open_image(content)) - (255, 0, 0)).max() < 5


# === EXIF ===


def stored_as(upright, orientation):
    """The pixels that a camera stores when this orientation is needed to turn them upright."""
    flip, transpose = np.fliplr, lambda a: a.transpose(1, 0, 2)
    return {
        1: lambda a: a,
        2: flip,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: transpose,
        6: lambda a: np.rot90(a, 1),  # shown after a quarter turn clockwise
        7: lambda a: transpose(np.rot90(a, 2)),
        8: lambda a: np.rot90(a, -1),
    }[orientation](upright)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF", "AVIF"])
def test_exif_orientations_come_out_upright(generated, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(stored_as(generated.pixels(), orientation))
    options = {
        "JPEG": {"quality": 95, "subsampling": 0},
        "HEIF": {"quality": 95, "chroma": 444},
        "AVIF": {"quality": 95, "subsampling": "4:4:4"},
    }.get(kind, {})
    content = generated.encode(stored, kind, exif=exif.tobytes(), **options)
    decoded = open_image(content)
    assert decoded.shape == (48, 64, 3)
    assert np.abs(as_floats(decoded) - generated.pixels()).mean() < 6
    small = open_image(content, max_side=32)
    assert small.shape == (24, 32, 3)
    assert small[1, 1, 2] > 128 > small[-2, -2, 2]  # the blue corner is at the top left


def test_rotated_16_bit(generated):
    exif = Image.Exif()
    exif[0x0112] = 6
    grey = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    decoded = open_image(generated.encode(np.rot90(grey).copy(), exif=exif))
    assert np.array_equal(decoded[..., 0], np.round(grey / 257).astype(np.uint8))


def test_broken_exif_does_not_spoil_the_picture(generated):
    exif = Image.Exif()
    exif[0x0112] = 6
    whole = generated.encode(generated.pixels(), "JPEG", exif=exif)
    start = whole.index(b"Exif\0\0") + 6
    for length in (2, 6, 9, 14):
        broken = whole[:start] + b"\xff" * length + whole[start + length :]
        assert open_image(broken).size == 48 * 64 * 3
        assert sorted(upright_size(broken)) == [48, 64]


# === Sizes ===


def test_1_x_1(generated):
    assert open_image(generated.encode(np.full((1, 1, 3), 7, np.uint8))).tolist() == [[[7, 7, 7]]]


def test_an_even_picture():
    image = np.full((4, 5, 3), (120, 130, 140), np.uint8)
    assert is_even(image)
    image[3, 4, 2] += 1
    assert not is_even(image)


def test_a_strip_keeps_at_least_one_row(generated):
    strip = np.full((1, 9000, 3), 7, np.uint8)
    assert open_image(generated.encode(strip)).shape == (1, 2048, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_scaled_down_smoothly(generated, kind):
    large = generated.pixels(2000, 3000)
    decoded = open_image(generated.encode(large, kind), max_side=300)
    assert decoded.shape == (200, 300, 3)
    expected = large.reshape(200, 10, 300, 10, 3).mean(axis=(1, 3))
    assert np.abs(as_floats(decoded) - expected).mean() < 3


def test_fine_black_and_white_turns_grey_when_scaled_down(generated):
    checks = (np.indices((400, 400)).sum(axis=0) % 2).astype(bool)
    decoded = open_image(generated.encode(Image.fromarray(checks)), max_side=100)
    assert np.abs(as_floats(decoded) - 127.5).max() < 2


def test_a_picture_bomb_is_refused_by_its_header(generated, monkeypatch):
    bomb = Image.new("1", (13000, 13000))
    content = generated.encode(bomb)
    assert len(content) < 100_000
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(MediaError, match=r"too large.*64 million pixels"):
        open_image(content)


def patched(content, box, *numbers):
    """A HEIF or AVIF file with other numbers in one of its boxes."""
    at = content.index(box) + 4
    form = f">{len(numbers)}i"
    return content[:at] + struct.pack(form, *numbers) + content[at + struct.calcsize(form) :]


def test_a_heif_bomb_is_refused_by_its_header(generated, monkeypatch):
    small = generated.encode(generated.pixels(), "HEIF")
    monkeypatch.setattr(HeifImageFile, "load", lambda self: pytest.fail("it was decoded"))
    for side in (9000, 13000, 14000, 10**6):
        bomb = patched(small, b"ispe", 0, side, side)
        with pytest.raises(MediaError, match=r"too large.*64 million pixels"):
            open_image(bomb)
        with pytest.raises(MediaError, match="too large"):
            upright_size(generated.file("photo.heic", bomb))


def test_a_heif_bomb_that_is_cropped_is_refused_too(generated, monkeypatch):
    """What is shown is small; what is decoded is not."""
    small = generated.encode(generated.pixels(101, 101), "HEIF")
    cropped = patched(small, b"clap", 10, 1, 10, 1, 0, 1, 0, 1)
    assert open_image(cropped).shape == (10, 10, 3)
    monkeypatch.setattr(HeifImageFile, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(MediaError, match="9000 x 9000 pixels"):
        open_image(patched(cropped, b"ispe", 0, 9000, 9000))


def test_a_heif_stream_larger_than_its_header_says_is_not_decoded(generated):
    content = generated.encode(Image.new("RGB", (1024, 1024)), "HEIF")
    with pytest.raises(MediaError, match="damaged"):
        open_image(patched(content, b"ispe", 0, 10, 10))


def test_nothing_else_is_decoded_beside_an_avif(generated, monkeypatch):
    """Its stream may be larger than its header says."""
    taken = []
    monkeypatch.setattr(media.IN_FLIGHT, "take", lambda size: taken.append(size) or nullcontext())
    open_image(generated.encode(generated.pixels(), "AVIF"))
    open_image(generated.encode(generated.pixels(), "HEIF"))
    assert taken == [media.IN_FLIGHT.total, 64 * 48]


def test_an_avif_bomb_is_refused_by_its_header(generated, monkeypatch):
    small = generated.encode(generated.pixels(), "AVIF")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(MediaError, match="9000 x 8000 pixels"):
        open_image(patched(small, b"ispe", 0, 9000, 8000))


def test_pillow_s_own_bounds_speak_the_same_language(generated):
    content = generated.encode(Image.new("1", (14000, 14000)))  # Pillow itself refuses this one
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(MediaError, match="too large"):
            open_image(content)


def test_the_bound_is_exact(generated):
    content = generated.encode(generated.pixels(10, 10))
    assert open_image(content, max_pixels=100).shape == (10, 10, 3)
    with pytest.raises(MediaError, match="10 x 10 pixels"):
        open_image(content, max_pixels=99)


def test_the_bound_leaves_room_for_phones():
    assert media.MAX_PIXELS > 8160 * 6120  # 50 megapixels
    assert Image.MAX_IMAGE_PIXELS > media.MAX_PIXELS  # so that Pillow does not warn of what we take


# === The size alone ===


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_the_upright_size_is_that_of_the_decoded_picture(generated, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(stored_as(generated.pixels(), orientation))
    content = generated.encode(stored, kind, exif=exif.tobytes())
    assert upright_size(content) == (64, 48)
    assert upright_size(generated.file("photo", content)) == (64, 48)
    assert open_image(content).shape == (48, 64, 3)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "PPM"])
def test_the_size_of_formats_without_a_rotation(generated, kind):
    assert upright_size(generated.encode(generated.pixels(), kind)) == (64, 48)


def test_a_rotation_noted_at_the_end_of_a_png(generated):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = generated.encode(generated.pixels(), exif=exif)
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    last = content.index(b"IEND") - 4
    moved = content[:start] + content[end:last] + content[start:end] + content[last:]
    assert open_image(moved).shape == (64, 48, 3)
    assert upright_size(moved) == (48, 64)


def test_the_size_of_a_large_picture_is_not_scaled(generated, monkeypatch):
    content = generated.encode(Image.new("RGB", (4000, 3000)), "JPEG")
    assert open_image(content).shape == (1536, 2048, 3)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    assert upright_size(content) == (4000, 3000)


def test_what_has_no_size_is_refused_alike(generated, tmp_path):
    with pytest.raises(MediaError, match="not a picture"):
        upright_size(b"%PDF-1.7\n")
    with pytest.raises(MediaError, match=r"no file at .*absent\.png"):
        upright_size(tmp_path / "absent.png")
    with pytest.raises(MediaError, match=r"too large.*64 million pixels"):
        upright_size(generated.encode(Image.new("1", (13000, 13000))))


# === Not a picture ===


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"just text, renamed to .png\n" * 20, b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n"],
)
def test_not_a_picture(generated, content):
    with pytest.raises(MediaError, match=r"picture"):
        open_image(generated.file("photo.png", content))


def test_no_such_file(tmp_path):
    with pytest.raises(MediaError, match=r"no file at .*absent\.png"):
        open_image(tmp_path / "absent.png")


def test_formats_that_run_other_programs_are_not_read():
    with pytest.raises(MediaError):
        open_image(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated(generated, kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    content = generated.encode(noise, kind)
    with pytest.raises(MediaError):
        open_image(content[: int(share * len(content))])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_that_lacks_only_its_end_is_read_with_a_note(generated, options, mode):
    picture = Image.fromarray(generated.pixels(320, 320)).convert(mode)
    content = generated.encode(picture, "JPEG", **options)
    whole = open_image(content)
    for missing in (1, 2):  # half of the end marker, all of it
        with collected() as notes:
            assert (open_image(content[:-missing]) == whole).all()
        assert len(notes) <= 1  # the decoder itself may do without it: nothing is missing then
    with collected() as notes:
        read = open_image(content[:-6])
    assert len(notes) == 1
    assert "cut off" in notes[0]
    assert (read[:-20] == whole[:-20]).all()
    assert read.shape == whole.shape
    with collected() as notes:
        open_image(content)
    assert notes == []


def test_a_coarse_picture_of_a_broken_download_is_refused(generated):
    """A progressive file whose first scan is whole shows everything, and nothing sharply."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    content = generated.encode(noise, "JPEG", progressive=True)
    scans = [at for at in range(len(content)) if content[at : at + 2] == b"\xff\xda"]
    assert len(scans) > 5
    for start in scans[1:]:
        with pytest.raises(MediaError, match="cut off"):
            open_image(content[:start])


def test_pictures_with_transparency_and_in_grey_of_phones(generated):
    colour = np.dstack([generated.pixels(), np.full((48, 64), 255, np.uint8)])
    colour[:, :16, 3] = 0
    for kind in ("HEIF", "AVIF"):
        decoded = open_image(generated.encode(colour, kind, quality=95))
        assert as_floats(decoded[:, :12]).min() > 245, kind
        grey = open_image(generated.encode(Image.fromarray(generated.pixels()).convert("L"), kind))
        assert (grey[..., 0] == grey[..., 2]).all(), kind


def test_damaged_bytes_never_raise_anything_else(generated):
    chance = random.Random(0)
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif.tobytes()}
    kinds = dict.fromkeys(("JPEG", "PNG", "WEBP", "HEIF", "AVIF"), options) | {"GIF": {}}
    for kind, options in kinds.items():
        content = generated.encode(generated.pixels(20, 20), kind, **options)
        for _ in range(300):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.choice((0, 1, 255))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Pillow's opinions of damaged metadata
                try:
                    decoded = open_image(bytes(damaged))
                except MediaError:
                    continue
                width, height = upright_size(bytes(damaged))
            assert decoded.dtype == np.uint8
            assert decoded.shape[2] == 3
            if kind == "HEIF":  # a stream may be smaller than its header says
                continue
            if max(width, height) <= media.MAX_SIDE:  # damage may make it larger
                assert decoded.shape[:2] == (height, width)


def test_errors_are_for_people(generated):
    with pytest.raises(UserError) as caught:
        open_image(io.BytesIO(b"x").getvalue())
    assert "Use JPEG, PNG" in str(caught.value)
