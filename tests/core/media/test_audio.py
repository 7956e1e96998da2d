"""core.media.audio: every recording that people upload, and those that must be refused."""

import random
import time

import av
import numpy as np
import pytest

from mmdemo.core.errors import MediaError
from mmdemo.core.media import audio

RATE = 16000
COMPRESSED = [
    ("sound.mp3", "libmp3lame"),
    ("sound.m4a", "aac"),
    ("sound.aac", "aac"),
    ("sound.webm", "libopus"),
    ("sound.ogg", "libopus"),
    ("sound.flac", "flac"),
]


def loudest_hertz(clip):
    samples = clip.samples[len(clip.samples) // 10 : -len(clip.samples) // 10]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return np.fft.rfftfreq(len(samples), 1 / clip.sample_rate)[spectrum.argmax()]


def loudness(clip):
    """Root mean square of the middle, where codecs and filters have settled."""
    middle = clip.samples[len(clip.samples) // 4 : -len(clip.samples) // 4]
    return float(np.sqrt(np.mean(middle**2)))


def test_a_float_wav_comes_back_unchanged(generated):
    tone = generated.tone()
    clip = audio.load(generated.wav(tone), RATE)
    assert clip.samples.dtype == np.float32
    assert np.array_equal(clip.samples, tone)
    assert (clip.sample_rate, clip.seconds, clip.truncated) == (RATE, 1.0, False)
    assert not audio.is_silent(clip.samples)


@pytest.mark.parametrize(("name", "codec"), COMPRESSED)
def test_compressed_formats_keep_pitch_and_loudness(generated, name, codec):
    clip = audio.load(generated.sound(name, codec, generated.tone(1.0, 48000)), RATE)
    assert clip.seconds == pytest.approx(1.0, abs=0.06)  # codecs pad to whole frames
    assert loudest_hertz(clip) == pytest.approx(440, abs=2)
    assert loudness(clip) == pytest.approx(0.5 / 2**0.5, rel=0.06)  # LAME takes 5 % off


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_resampling_keeps_pitch_loudness_and_length(generated, rate):
    clip = audio.load(generated.wav(generated.tone(0.7, rate), rate), RATE)
    assert clip.sample_rate == RATE
    assert len(clip.samples) == pytest.approx(0.7 * RATE, abs=1)
    assert loudest_hertz(clip) == pytest.approx(440, abs=2)
    assert loudness(clip) == pytest.approx(0.5 / 2**0.5, rel=0.01)


def test_what_the_new_rate_cannot_hold_is_filtered_out(generated):
    high = generated.tone(0.5, 96000, hertz=20000)  # would fold down to 4 kHz
    assert loudness(audio.load(generated.wav(high, 96000), RATE)) < 1e-3


@pytest.mark.parametrize("channels", [2, 3, 6, 8])
def test_channels_are_averaged(generated, channels):
    samples = np.zeros((RATE, channels), np.float32)
    samples[:, channels - 1] = generated.tone()
    clip = audio.load(generated.wav(samples), RATE)
    assert clip.samples == pytest.approx(generated.tone() / channels, abs=1e-6)


def test_8_channels_at_96_khz(generated):
    samples = np.repeat(generated.tone(0.5, 96000)[:, None], 8, axis=1)
    clip = audio.load(generated.wav(samples, 96000), RATE)
    assert loudest_hertz(clip) == pytest.approx(440, abs=3)
    assert loudness(clip) == pytest.approx(0.5 / 2**0.5, rel=0.01)


def test_gain_is_left_alone(generated):
    tone = generated.tone()
    quiet = audio.load(generated.wav(0.01 * tone, name="quiet.wav"), RATE)
    loud = audio.load(generated.wav(3 * tone, name="loud.wav"), RATE)
    assert loud.samples == pytest.approx(300 * quiet.samples, rel=1e-4, abs=1e-6)
    assert np.abs(loud.samples).max() == pytest.approx(1.5, rel=1e-3)


def test_the_sound_of_a_video(generated):
    clip = audio.load(generated.video(samples=generated.tone(1.0, 48000)), RATE)
    assert loudest_hertz(clip) == pytest.approx(440, abs=2)


def test_a_video_without_sound(generated):
    with pytest.raises(MediaError, match="holds no sound"):
        audio.load(generated.video(), RATE)


def test_silence_is_told_from_sound(generated):
    tone = generated.tone()
    assert audio.is_silent(audio.load(generated.wav(0 * tone), RATE).samples)
    assert audio.is_silent(audio.load(generated.wav(1e-5 * tone), RATE).samples)
    assert not audio.is_silent(audio.load(generated.wav(1e-3 * tone), RATE).samples)


def test_a_tag_in_the_middle_of_an_mp3_is_skipped(generated):
    part = generated.sound("part.mp3", "libmp3lame", generated.tone(1.0, 48000)).read_bytes()
    assert part.startswith(b"ID3")
    clip = audio.load(generated.file("joined.mp3", part * 2), RATE)
    assert clip.seconds == pytest.approx(2.0, abs=0.1)
    assert loudest_hertz(clip) == pytest.approx(440, abs=2)


# === Length ===


def test_three_hours_cost_no_more_than_a_minute(generated):
    ten_seconds = generated.sound("ten.mp3", "libmp3lame", generated.tone(10, 8000), 8000)
    path = generated.file("hours.mp3", ten_seconds.read_bytes() * 1080)
    started = time.process_time()
    clip = audio.load(path, RATE)
    assert time.process_time() - started < 2
    assert clip.truncated
    assert clip.seconds == audio.MAX_SECONDS == 60
    assert loudest_hertz(clip) == pytest.approx(440, abs=1)


def test_the_bound_is_exact(generated):
    path = generated.wav(generated.tone(2.0))
    whole, cut = audio.load(path, RATE, 2.0), audio.load(path, RATE, 1.5)
    assert (whole.seconds, whole.truncated) == (2.0, False)
    assert (cut.seconds, cut.truncated) == (1.5, True)
    assert np.array_equal(whole.samples[: len(cut.samples)], cut.samples)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_nothing_to_hear(generated, count):
    with pytest.raises(MediaError, match="empty, or shorter"):
        audio.load(generated.wav(np.zeros(count, np.float32)), RATE)


# === Not a recording ===


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_values_that_are_not_numbers_or_mean_nothing(generated, value):
    samples = generated.tone()
    samples[8000] = value
    for rate in (RATE, 22050):
        with pytest.raises(MediaError, match="not numbers"):
            audio.load(generated.wav(samples), rate)


def test_changed_bytes_that_are_no_numbers_pass_without_a_warning(generated):
    signalling = np.full((4000, 2), 0x7F800001, np.uint32).view(np.float32)
    with pytest.raises(MediaError, match="not numbers"):
        audio.load(generated.wav(signalling), RATE)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.wav", b""),
        ("text.wav", b"just text, renamed to .wav\n" * 100),
        ("text.mp3", b"just text, renamed to .mp3\n" * 100),
        ("header.wav", b"RIFF\x24\0\0\0WAVE"),
        ("zeros.mp3", bytes(5000)),
    ],
)
def test_not_a_recording(generated, name, content):
    with pytest.raises(MediaError):
        audio.load(generated.file(name, content), RATE)


def test_a_picture_is_not_a_recording(generated):
    with pytest.raises(MediaError):
        audio.load(generated.file("photo.wav", generated.encode(generated.pixels())), RATE)


def test_no_such_file(tmp_path):
    with pytest.raises(MediaError, match=r"no file at .*absent\.wav"):
        audio.load(tmp_path / "absent.wav", RATE)


def test_a_truncated_m4a(generated):
    whole = generated.sound("whole.m4a", "aac", generated.tone(1.0, 48000)).read_bytes()
    with pytest.raises(MediaError, match="damaged"):
        audio.load(generated.file("cut.m4a", whole[: len(whole) // 2]), RATE)


@pytest.mark.parametrize(
    ("name", "playlist"),
    [
        ("list.ffconcat", "ffconcat version 1.0\nfile sound.wav\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsound.wav\n#EXT-X-ENDLIST\n"),
        ("list.wav", "ffconcat version 1.0\nfile sound.wav\n"),
    ],
)
def test_a_playlist_does_not_reach_other_files(generated, name, playlist):
    generated.wav(generated.tone())
    with pytest.raises(MediaError, match="not a recording"):
        audio.load(generated.file(name, playlist), RATE)


@pytest.mark.filterwarnings("ignore")  # FFmpeg's opinions of damaged files
def test_damaged_bytes_never_raise_anything_else(generated):
    av.logging.set_level(None)
    chance = random.Random(0)
    for name, codec in [("sound.wav", None), *COMPRESSED]:
        tone = generated.tone(0.2, 48000)
        path = generated.sound(name, codec, tone) if codec else generated.wav(tone, 48000)
        content = path.read_bytes()
        for _ in range(15):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 6)):
                place = chance.randrange(min(len(damaged), chance.choice((60, 300, 10**6))))
                damaged[place] = chance.choice((0, 1, 255))
            try:
                clip = audio.load(generated.file(f"damaged-{name}", bytes(damaged)), RATE)
            except MediaError:
                continue
            assert np.isfinite(clip.samples).all()
            assert clip.seconds <= audio.MAX_SECONDS
