"""A frame is decoded, and made into what a model takes."""

import io

import pytest
from PIL import Image

from domain.errors import MediaError
from domain.frames import Frame
from media.frames import prepare_frame
from tests.pictures import a_picture

ALL = ("image/png", "image/jpeg", "image/webp")
VEO = ("image/png", "image/jpeg")
ROOM = 1_000_000


def noise(size: tuple[int, int]) -> Image.Image:
    return Image.effect_noise(size, 80).convert("RGB")


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def read(frame: Frame) -> Image.Image:
    return Image.open(io.BytesIO(frame.content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_what_fits_goes_as_it_is(kind: str) -> None:
    content = a_picture(kind)
    frame = prepare_frame(content, ALL, len(content))
    assert frame == Frame.of(content, f"image/{kind.lower()}", 320, 180)
    assert frame.content == content


def test_another_type_is_converted_without_loss() -> None:
    picture = noise((64, 48)).convert("RGBA")
    picture.putalpha(120)
    frame = prepare_frame(written(picture, "WEBP", lossless=True, exact=True), VEO, ROOM)
    assert frame.content_type == "image/png"
    assert read(frame).tobytes() == picture.tobytes()


def test_what_is_too_large_becomes_a_jpeg() -> None:
    content = written(noise((200, 200)), "PNG")
    frame = prepare_frame(content, VEO, 40_000)
    assert (frame.content_type, read(frame).size) == ("image/jpeg", (200, 200))
    assert len(frame.content) <= 40_000 < len(content)


def test_what_is_too_large_even_so_is_refused() -> None:
    with pytest.raises(MediaError, match=r"takes 0\.0 MB"):
        prepare_frame(written(noise((200, 200)), "PNG"), VEO, 1_000)


def test_a_converted_photo_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = written(noise((64, 48)), "WEBP", exif=exif)
    frame = prepare_frame(content, VEO, ROOM)
    assert (frame.width, frame.height) == read(frame).size == (48, 64)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\0" * 40,
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(MediaError, match=r"PNG, JPEG or WebP|damaged"):
        prepare_frame(content, ALL, ROOM)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_cut_picture_is_found_out(kind: str) -> None:
    content = written(noise((200, 200)), kind)
    with pytest.raises(MediaError, match="damaged or cut off"):
        prepare_frame(content[: len(content) // 2], ALL, ROOM)


@pytest.mark.parametrize("size", [(7_681, 4_320), (20_000, 20_000)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    content = written(Image.new("1", size), "PNG")
    assert len(content) < 200_000
    with pytest.raises(MediaError, match="8K"):
        prepare_frame(content, ALL, ROOM)
