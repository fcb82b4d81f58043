"""H.264's parameter sets as an MP4 file keeps them (``avcC``), enough to put two kinds into one file.

ISO/IEC 14496-15 has the record, ISO/IEC 14496-10 the sets. A picture names its sets by their id, so that
pictures of two encoders may stand in one track as long as their ids differ.
"""

from dataclasses import dataclass

_HEADER = 5
_LEVEL = 3
MOST_IDS = 32
"""Sequence parameter sets are numbered 0 to 31."""


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The sets of one stream."""

    header: bytes
    """Version, profile, compatibility, level and the size of length fields."""
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    rest: bytes
    """What High profiles add: chroma format and bit depths."""

    @classmethod
    def parse(cls, extradata: bytes) -> "ParameterSets":
        """Read an ``avcC`` record.

        Raises:
            ValueError: it is none.
        """
        if len(extradata) <= _HEADER or extradata[0] != 1:
            raise ValueError("no avcC record")
        sequence, at = _sets(extradata, _HEADER, extradata[_HEADER] & 0x1F)
        if at >= len(extradata):
            raise ValueError("the avcC record is cut off")
        picture, at = _sets(extradata, at, extradata[at])
        return cls(extradata[:_HEADER], sequence, picture, extradata[at:])

    def joined(self, other: "ParameterSets") -> bytes:
        """Give the record of a stream that has pictures of both; their ids must differ."""
        header = bytearray(self.header)
        header[_LEVEL] = max(header[_LEVEL], other.header[_LEVEL])
        sequence, picture = self.sequence + other.sequence, self.picture + other.picture
        counted = bytes([0xE0 | len(sequence)]) + _packed(sequence) + bytes([len(picture)]) + _packed(picture)
        return bytes(header) + counted + self.rest

    def ids(self) -> frozenset[int]:
        """Give the ids that are taken, of either sort."""
        # A sequence parameter set begins with its header, profile, compatibility and level, a byte each.
        return frozenset(
            [_number(one[4:]) for one in self.sequence] + [_number(one[1:]) for one in self.picture]
        )


def _sets(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    at += 1
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2])
        at += 2
        found.append(data[at : at + size])
        at += size
    if at > len(data):
        raise ValueError("the avcC record is cut off")
    return tuple(found), at


def _packed(sets: tuple[bytes, ...]) -> bytes:
    return b"".join(len(one).to_bytes(2) + one for one in sets)


def _number(data: bytes) -> int:
    """Read the unsigned Exp-Golomb number that ``data`` begins with."""
    bits = "".join(f"{byte:08b}" for byte in data[:8])
    zeros = len(bits) - len(bits.lstrip("0"))
    if 2 * zeros >= len(bits):
        raise ValueError("no Exp-Golomb number")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1
