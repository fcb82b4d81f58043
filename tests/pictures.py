"""Small pictures, and frames made of them."""

import base64
import io

from PIL import Image

from domain.frames import Frame


def a_picture(kind: str = "PNG", size: tuple[int, int] = (320, 180), colour: str = "teal") -> bytes:
    """Give the bytes of a picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, format=kind)
    return written.getvalue()


def a_frame(kind: str = "PNG", colour: str = "teal") -> Frame:
    """Give a frame as the executor makes it."""
    return Frame.of(a_picture(kind, colour=colour), f"image/{kind.lower()}", 320, 180)


def data_uri(content: bytes, kind: str = "image/png") -> str:
    """Give a picture as an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
