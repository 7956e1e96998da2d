"""What a sheet to draw on hands over."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.ui import pad


def test_what_was_drawn_arrives_from_a_file_and_from_the_browser(tmp_path):
    ink = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    buffer = io.BytesIO()
    Image.fromarray(ink).save(buffer, "PNG")
    file = tmp_path / "drawn.png"
    file.write_bytes(buffer.getvalue())
    for value in (file, {"composite": {"path": str(file)}}, {"composite": buffer.getvalue()}):
        assert (pad.drawn(value) == ink).all()


@pytest.mark.parametrize("value", [None, {}, {"composite": None, "background": {"path": None}}])
def test_an_empty_sheet_is_said_to_be_empty(value):
    with pytest.raises(UserError, match="nothing drawn here"):
        pad.drawn(value)


def test_what_is_no_picture_is_refused():
    with pytest.raises(MediaError):
        pad.drawn({"composite": b"no picture"})
