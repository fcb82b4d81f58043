"""Let a mock clip begin with its start frame and end with its end frame, as a real provider's does."""

import io

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image, ImageOps

from domain.requests import GenerationRequest
from providers.mock.frame import FrameSize

Picture = NDArray[np.uint8]
_LONGEST_SECONDS = 1.0


def to_planes(image: Image.Image) -> Picture:
    """Give an RGB picture as one contiguous YUV 4:2:0 array, BT.709 in limited range."""
    frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    return np.ascontiguousarray(frame.to_ndarray(), dtype=np.uint8)


def opened(content: bytes, size: FrameSize) -> Image.Image:
    """Open a frame and crop it to the clip's shape."""
    with Image.open(io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return ImageOps.fit(upright, (size.width, size.height), Image.Resampling.BICUBIC)


def is_picture(content: bytes) -> bool:
    """Tell whether bytes can be opened as a picture at all."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


class Dissolve:
    """Fades the start frame out and the end frame in; at the very ends there is nothing but them."""

    def __init__(self, request: GenerationRequest, size: FrameSize, frames: int, rate: int) -> None:
        start, end = request.start_frame, request.end_frame
        self._start = to_planes(opened(start.content, size)) if start and start.content else None
        self._end = to_planes(opened(end.content, size)) if end and end.content else None
        self._last = frames - 1
        self._length = max(1, min(round(_LONGEST_SECONDS * rate), frames // 2))

    def over(self, picture: Picture, index: int) -> Picture:
        """Give the picture of one frame, counted from 0, as it is seen."""
        shown = picture
        for still, distance in ((self._start, index), (self._end, self._last - index)):
            if still is not None and distance < self._length:
                shown = _mixed(shown, still, 1 - distance / self._length)
        return shown


def _mixed(picture: Picture, still: Picture, share: float) -> Picture:
    eased = round(256 * share * share * (3 - 2 * share))
    mixed = still.astype(np.uint16) * eased + picture.astype(np.uint16) * (256 - eased)
    return (mixed >> 8).astype(np.uint8)
