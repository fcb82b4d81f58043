"""Clips that lie on their side, as telephones write them."""

from pathlib import Path

import av


def turn(clip: Path) -> Path:
    """Copy a clip's pictures and mark them as to be turned by a quarter."""
    turned = clip.with_suffix(".turned.part")
    with av.open(str(clip), format="mp4") as source, av.open(str(turned), "w", format="mp4") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return turned
