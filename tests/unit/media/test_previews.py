from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from domain.errors import MediaError
from media.previews import draw_previews
from tests.clips import make_clip
from tests.unit.media.turned import turn


def picture(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=["JPEG"])


def test_a_clip_has_a_poster_and_a_strip_of_its_seconds(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.part", seconds=3.5, size=(96, 64), shade=150)

    made = draw_previews(clip)

    assert picture(made.poster).size == (96, 64)
    assert made.layout.times == (0.0, 1.0, 2.0, 3.0)
    assert (made.layout.tile_width, made.layout.tile_height, made.layout.columns) == (160, 107, 4)
    sheet = picture(made.sprite)
    assert sheet.size == (640, 107)
    levels = [sheet.convert("L").getpixel((80 + 160 * tile, 50)) for tile in range(4)]
    assert levels == pytest.approx([150] * 4, abs=6)


def test_a_long_strip_goes_on_in_the_next_row(tmp_path: Path) -> None:
    made = draw_previews(make_clip(tmp_path / "clip.part", seconds=12, shade=90, rate=8, audio=False))

    assert len(made.layout.times) == 12
    assert picture(made.sprite).size == (1600, 240)


def test_a_large_poster_is_made_smaller(tmp_path: Path) -> None:
    made = draw_previews(make_clip(tmp_path / "clip.part", seconds=0.2, size=(1920, 1080), shade=90))
    assert picture(made.poster).size == (1280, 720)


def test_pictures_are_shown_as_the_clip_is(tmp_path: Path) -> None:
    options = {"x264-params": "sar=1/2"}
    clip = make_clip(tmp_path / "clip.part", size=(64, 64), shade=90, pix_fmt="yuv420p", options=options)
    assert picture(draw_previews(clip).poster).size == (32, 64)

    lying = draw_previews(
        turn(make_clip(tmp_path / "lying.part", size=(64, 32), shade=90, pix_fmt="yuv420p"))
    )
    assert picture(lying.poster).size == (32, 64)
    assert (lying.layout.tile_width, lying.layout.tile_height) == (160, 320)


def test_what_cannot_be_decoded_has_no_pictures(tmp_path: Path) -> None:
    path = tmp_path / "clip.part"
    path.write_bytes(b"nothing")
    with pytest.raises(MediaError):
        draw_previews(path)
