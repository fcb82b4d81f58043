"""Start and end frames as Veo takes them: an address in a bucket, or PNG and JPEG bytes in base64."""

import base64

from domain.frames import Frame


def frame_json(frame: Frame) -> dict[str, str]:
    """Give the JSON of a frame. Blocks for the encoding of megabytes."""
    if frame.address is not None:
        return {"gcsUri": frame.address, "mimeType": frame.content_type}
    return {"bytesBase64Encoded": base64.b64encode(frame.content).decode(), "mimeType": frame.content_type}
