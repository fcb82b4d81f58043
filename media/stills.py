"""Probe a still image by decoding it."""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from domain.errors import MediaError
from domain.media import MediaInfo

_FORMATS = ("PNG", "JPEG", "WEBP")
_MOST_PIXELS = 80_000_000
"""Above any frame a model makes (8K has 33 million), and below the 89 million where Pillow itself warns."""

_TOO_LARGE = "This image is too large: it has more than 80 million pixels."


def probe_still(path: Path) -> MediaInfo:
    """Describe a PNG, JPEG or WebP image, having decoded all of it.

    Raises:
        MediaError: it is none of them, damaged, cut off, or absurdly large.
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise MediaError(_TOO_LARGE)
            image.load()
            codec = (image.format or "").lower()
    except UnidentifiedImageError as error:
        raise MediaError("This file is not a PNG, JPEG or WebP image.") from error
    except Image.DecompressionBombError as error:
        raise MediaError(_TOO_LARGE) from error
    # Pillow's decoders report damage as any of these, by format.
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise MediaError("This image is damaged or cut off.") from error
    return MediaInfo(width, height, duration_seconds=None, codec=codec, frame_rate=None, has_audio=False)
