"""Check a frame that a user gave, and make it into what a model takes."""

import io
from collections.abc import Iterator, Sequence

from PIL import Image, ImageOps, UnidentifiedImageError

from domain.errors import MediaError
from domain.frames import Frame

_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_MOST_PIXELS = 7_680 * 4_320
"""8K. Decoded it takes about 130 MB, whatever few bytes it came in."""


def prepare_frame(content: bytes, types: Sequence[str], largest: int) -> Frame:
    """Decode all of a picture; give it as it is where ``types`` and ``largest`` bytes allow, or converted.

    The type is what the bytes say. A picture of another type becomes the first of ``types`` that fits, and
    one that is too large a JPEG.

    Raises:
        MediaError: it is no PNG, JPEG or WebP, damaged, or too large even so.
    """
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise MediaError(f"the picture has {width} x {height} pixels; 8K is the most there may be")
            image.load()
            kind = _TYPES[image.format or ""]
            if kind in types and len(content) <= largest:
                return Frame.of(content, kind, width, height)
            return _converted(image, kind, types, largest)
    except UnidentifiedImageError as error:
        raise MediaError("this is not a PNG, JPEG or WebP picture") from error
    except Image.DecompressionBombError as error:
        raise MediaError("the picture is too large; 8K is the most there may be") from error
    # Pillow's decoders report damage as any of these, by format.
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise MediaError("the picture is damaged or cut off") from error


def _converted(image: Image.Image, kind: str, types: Sequence[str], largest: int) -> Frame:
    upright = ImageOps.exif_transpose(image)
    smallest = 0
    for target in _targets(kind, types):
        content = _written(upright, target)
        if len(content) <= largest:
            return Frame.of(content, target, upright.width, upright.height)
        smallest = len(content)
    raise MediaError(f"the picture has {smallest / 1e6:.1f} MB; this model takes {largest / 1e6:.1f} MB")


def _targets(kind: str, types: Sequence[str]) -> Iterator[str]:
    """Name the types to try: without loss where the type alone was wrong, and a JPEG in the end."""
    if kind not in types and "image/png" in types:
        yield "image/png"
    if "image/jpeg" in types:
        yield "image/jpeg"


def _written(image: Image.Image, kind: str) -> bytes:
    written = io.BytesIO()
    if kind == "image/png":
        mode = "RGBA" if image.has_transparency_data else "RGB"
        image.convert(mode).save(written, format="PNG", compress_level=3)
    else:
        image.convert("RGB").save(written, format="JPEG", quality=92)
    return written.getvalue()
