"""The public endpoints of the running app, called as another program would."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
import wave
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from mmdemo.demos.corrnet import examples as corrnet_examples
from mmdemo.demos.siamese_audio import examples as audio_examples
from mmdemo.demos.siamese_face import examples as face_examples
from tests.support import web
from tests.support.server import ROOT, Server, connect, free_port, running


@pytest.fixture(scope="module")
def client(app: Server) -> Client:
    return connect(app.url)


@pytest.fixture(scope="module")
def photos() -> tuple[Path, Path]:
    pair = face_examples.pairs()[0]
    return pair.first, pair.second


@pytest.fixture(scope="module")
def sounds() -> tuple[Path, Path]:
    pair = audio_examples.pairs()[0]
    return pair.first, pair.second


def test_concurrent_first_requests_load_the_network_once(app, photos):
    answers = []

    def ask() -> None:
        answers.append(
            connect(app.url).predict(
                photo_a=handle_file(photos[0]),
                photo_b=handle_file(photos[1]),
                api_name="/siamese_face_verify",
            )
        )

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert np.ptp([answer["distance"] for answer in answers]) < 1e-5
    assert app.text().count("loaded siamese_face/default") == 1


def test_verify_is_what_infer_says(client, photos):
    from mmdemo.core.media.image import open_image
    from mmdemo.demos.siamese_face import infer

    answer = client.predict(
        photo_a=handle_file(photos[0]),
        photo_b=handle_file(photos[1]),
        preset="book",
        threshold=0.25,
        api_name="/siamese_face_verify",
    )
    here = infer.verify(open_image(photos[0]), open_image(photos[1]), "book", threshold=0.25)
    assert answer["distance"] == pytest.approx(here.distance, abs=1e-4)
    assert answer["threshold"] == 0.25
    assert answer["same"] is here.same


def test_sounds_verify_and_embed(client, sounds):
    answer = client.predict(
        sound_a=handle_file(sounds[0]),
        sound_b=handle_file(sounds[0]),
        api_name="/siamese_audio_verify",
    )
    assert answer["same"] is True
    assert answer["distance"] == pytest.approx(0, abs=1e-4)
    embeddings = client.predict(sound=handle_file(sounds[0]), api_name="/siamese_audio_embed")
    assert set(embeddings) == {"default", "book"}


def test_unknown_preset_is_named(client, photos):
    with pytest.raises(AppError, match="venus"):
        client.predict(
            photo_a=handle_file(photos[0]),
            photo_b=handle_file(photos[1]),
            preset="venus",
            api_name="/siamese_face_verify",
        )


def bad_pictures(generated) -> dict[str, tuple[Path, str]]:
    jpeg = generated.encode(generated.pixels(300, 200), "JPEG")
    huge = generated.encode(Image.new("1", (13000, 13000)))
    return {
        "text": (generated.file("text.png", "hello, I am text"), "not a picture"),
        "empty": (generated.file("empty.jpg", b""), "not a picture"),
        "truncated": (generated.file("cut.jpg", jpeg[: len(jpeg) // 2]), "cut off"),
        "huge": (generated.file("huge.png", huge), "too large"),
        "no face": (generated.file("plain.jpg", jpeg), "No face"),
    }


def test_bad_pictures_get_a_message_and_the_next_request_an_answer(client, photos, generated):
    for name, (file, message) in bad_pictures(generated).items():
        with pytest.raises(AppError, match=message):
            client.predict(photo=handle_file(file), api_name="/siamese_face_embed")
        answer = client.predict(photo=handle_file(photos[0]), api_name="/siamese_face_embed")
        assert set(answer) == {"default", "book"}, f"after {name}"


def test_a_picture_that_lacks_its_end_marker_is_answered_with_a_note(client, photos, generated):
    content = generated.encode(Image.open(photos[0]).convert("RGB"), "JPEG")
    for end, noted in ((None, False), (-2, True)):
        file = generated.file("photo.jpg", content[:end])
        answer = client.predict(photo=handle_file(file), api_name="/image_classifier_classify")
        assert ("notes" in answer) == noted
    assert "cut off" in answer["notes"][0]


def test_unusual_pictures_work(client, photos, generated):
    """The same portrait in every mode gives nearly the same embedding."""
    portrait = Image.open(photos[0])
    grey = portrait.convert("L")
    turned = Image.Exif()
    turned[274] = 6  # "rotate by 90 degrees to show": so it is stored turned the other way
    alpha = portrait.copy()
    alpha.putalpha(255)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    variants = {
        "animated.gif": generated.encode(
            portrait.convert("P"), "GIF", save_all=True, append_images=[Image.new("P", grey.size)]
        ),
        "cmyk.jpg": generated.encode(portrait.convert("CMYK"), "JPEG"),
        "deep.png": generated.encode(deep),
        "grey.png": generated.encode(grey),
        "alpha.png": generated.encode(alpha),
        "turned.jpg": generated.encode(
            portrait.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=turned
        ),
    }
    expected = client.predict(photo=handle_file(photos[0]), api_name="/siamese_face_embed")
    for name, content in variants.items():
        file = generated.file(name, content)
        answer = client.predict(photo=handle_file(file), api_name="/siamese_face_embed")
        distance = np.linalg.norm(np.subtract(answer["default"], expected["default"]))
        assert distance < 0.35, name


def test_bad_sounds_get_a_message_and_the_next_request_an_answer(client, sounds, generated):
    tone = generated.tone()
    bad = {
        "silent": (generated.wav(0 * tone, name="silent.wav"), "silent"),
        "none": (generated.wav(tone[:0], name="none.wav"), "empty"),
        "nan": (generated.wav(tone * np.nan, name="nan.wav"), "not numbers"),
        "text": (generated.file("text.mp3", "hello, I am text" * 50), "not a recording"),
    }
    for name, (file, message) in bad.items():
        with pytest.raises(AppError, match=message):
            client.predict(sound=handle_file(file), api_name="/siamese_audio_embed")
        answer = client.predict(sound=handle_file(sounds[0]), api_name="/siamese_audio_embed")
        assert set(answer) == {"default", "book"}, f"after {name}"


def test_unusual_sounds_work(client, generated):
    """One tone in every container gives nearly the same embedding."""
    tone, studio = generated.tone(rate=48000), generated.tone(rate=96000)
    variants = [
        generated.wav(studio, 96000, "studio.wav"),
        generated.wav(np.stack([tone] * 8, axis=1), 48000, "eight.wav"),
        generated.sound("tone.mp3", "mp3", tone),
        generated.sound("tone.m4a", "aac", tone),
        generated.sound("tone.webm", "libopus", tone),
    ]
    plain = generated.wav(tone, 48000, "plain.wav")
    expected = client.predict(sound=handle_file(plain), api_name="/siamese_audio_embed")
    for file in variants:
        answer = client.predict(sound=handle_file(file), api_name="/siamese_audio_embed")
        distance = np.linalg.norm(np.subtract(answer["default"], expected["default"]))
        assert distance < 0.45, file.name


def test_a_200_mb_upload_is_refused(app):
    boundary = "frontier"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="big.png"\r\n\r\n'
    ).encode()
    body = head + bytes(200 * 1024**2) + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    # The server may hang up before it has read all.
    with contextlib.suppress(urllib.error.URLError, ConnectionError):
        answer = web.ask(f"{app.url}/gradio_api/upload", "POST", body, **{"Content-Type": kind})
        assert answer[0] == 413
    assert web.ask(app.url)[0] == 200


@pytest.mark.parametrize("path", ["README.md", "mmdemo/cli.py", "weights/../app.py"])
def test_files_of_the_server_cannot_be_read(app, path):
    assert web.ask(f"{app.url}/gradio_api/file={ROOT / path}")[0] in (403, 404)


def test_a_server_path_is_no_upload(app, client):
    with pytest.raises(AppError):
        client.predict(
            photo={"path": str(ROOT / "README.md"), "meta": {"_type": "gradio.FileData"}},
            api_name="/siamese_face_embed",
        )


def test_an_occupied_port_is_one_line(tmp_path):
    import socket
    import subprocess
    import sys

    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "app.py", "--port", str(port), "--preload", "none"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith(f"Port {port}")
    assert "Traceback" not in done.stderr


def test_the_page_is_there_before_tensorflow(tmp_path):
    """With every import of TensorFlow made to fail, the pages still appear."""
    blocker = tmp_path / "tensorflow"
    blocker.mkdir()
    (blocker / "__init__.py").write_text("raise ImportError('blocked by a test')")
    with running(tmp_path, "--preload", "none", PYTHONPATH=str(tmp_path)) as server:
        for path in ("", "siamese_face", "siamese_audio"):
            assert web.ask(f"{server.url}/{path}")[0] == 200


def test_a_password_closes_the_app(tmp_path):
    with running(tmp_path, "--preload", "none", "--auth", "ada:secret") as server:
        assert web.ask(f"{server.url}/gradio_api/info")[0] == 401
        client = connect(server.url, auth=("ada", "secret"))
        assert client.view_api(return_format="dict")["named_endpoints"]


def test_corrnet_turns_one_sense_into_the_other(client, tmp_path):
    """Draw a 7, have it spoken, and have what was spoken drawn again."""
    heard = client.predict(
        picture=handle_file(corrnet_examples.drawings()[2]), api_name="/corrnet_hear"
    )
    assert heard["digit"] == 7
    samples = (np.array(heard["samples"]) * 32767).astype("<i2")
    with wave.open(str(tmp_path / "seven.wav"), "wb") as file:
        file.setparams((1, 2, heard["sample_rate"], len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())
    seen = client.predict(sound=handle_file(tmp_path / "seven.wav"), api_name="/corrnet_see")
    assert seen["digit"] == 7
    assert np.array(seen["picture"]).shape == (28, 28)


def test_corrnet_compares_and_ranks_names(client):
    same = client.predict(first="Vladimir", second="Владимир", api_name="/corrnet_same_name")
    assert same["same"] is True
    ranked = client.predict(
        first="Monica", candidates=["Владимир", "Моника"], api_name="/corrnet_rank_names"
    )
    assert [found["name"] for found in ranked] == ["Моника", "Владимир"]
    with pytest.raises(AppError, match="script"):
        client.predict(first="Vlaдимир", second="Владимир", api_name="/corrnet_same_name")


def test_a_page_and_its_answers_speak_the_visitors_language(app):
    """As the address, the browser and an earlier choice have it; a program gets English."""
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9"}
    english = web.ask(f"{app.url}/sentiment")[1]
    assert '<html\n\tlang="en"' in english and "<title>Friendly or not" in english
    asked = web.ask(f"{app.url}/sentiment?lang=zh")[1]
    for page in (
        asked,
        web.ask(f"{app.url}/sentiment", **chinese)[1],
        web.ask(f"{app.url}/sentiment", Cookie="mmdemo-language=zh")[1],
    ):
        assert '<html\n\tlang="zh-CN"' in page and "<title>好评还是差评" in page
        assert '"试一试"' in page and '"Try it"' not in page
        assert 'og:url" content="' + app.url + '/sentiment?lang=zh"' in page
    assert "<title>Friendly" in web.ask(f"{app.url}/sentiment?lang=en", **chinese)[1]
    assert web.ask(f"{app.url}/nowhere", **chinese) == (404, doors_answer("这里什么也没有。"))
    assert web.ask(f"{app.url}/nowhere") == (404, doors_answer("There is nothing here."))
    assert "Friendly" not in web.ask(f"{app.url}/gradio_api/info", **chinese)[1]
    assert web.ask(f"{app.url}/gradio_api/info", **chinese) == web.ask(f"{app.url}/gradio_api/info")
    with pytest.raises(AppError, match="请先写下一段评论"):
        Client(app.url, verbose=False, headers=chinese).predict(
            text="", api_name="/sentiment_score"
        )
    with pytest.raises(AppError, match="Write a review first"):
        Client(app.url, verbose=False).predict(text="", api_name="/sentiment_score")


def doors_answer(text: str) -> str:
    return json.dumps({"detail": text, "error": text})
