"""One gzip member from pieces, some packed before (SPEED §3): checksums are combined, not counted anew."""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

_POLYNOMIAL = 0xEDB88320
_TOP = 1 << 31
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LEVEL = 1


class Packed(NamedTuple):
    """A text as raw deflate blocks that end at a byte, with the CRC-32 and the length in bytes of what was packed."""

    blocks: bytes
    crc: int
    length: int


def pack(text: bytes) -> Packed:
    """Pack a piece so that others can stand before and after it."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Packed(deflater.compress(text) + deflater.flush(zlib.Z_FULL_FLUSH), zlib.crc32(text), len(text))


def unpack(packed: Packed) -> bytes:
    """The text of a piece. Raises ValueError when it is not what was packed."""
    try:
        text = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed.blocks)
    except zlib.error as error:
        raise ValueError("the packed text is damaged") from error
    if len(text) != packed.length or zlib.crc32(text) != packed.crc:
        raise ValueError("the packed text is damaged")
    return text


def gzip_member(pieces: Sequence[Packed]) -> bytes:
    """The pieces one after the other as an ordinary gzip file."""
    crc = length = 0
    for piece in pieces:
        crc, length = combined_crc(crc, piece.crc, piece.length), length + piece.length
    end = b"\x03\x00" + struct.pack("<II", crc, length & 0xFFFFFFFF)
    return b"".join((_HEADER, *(piece.blocks for piece in pieces), end))


def combined_crc(first: int, second: int, second_length: int) -> int:
    """The CRC-32 of two texts together, from theirs alone: the first moves up by as many bytes as the second has."""
    return _times(_power_of_x(8 * second_length), first) ^ second


def _times(left: int, right: int) -> int:
    """The product of two polynomials modulo the CRC's, in its reflected order of bits: the highest bit is x^0."""
    product, mask = 0, _TOP
    while mask:
        if left & mask:
            product ^= right
        mask >>= 1
        right = (right >> 1) ^ _POLYNOMIAL if right & 1 else right >> 1
    return product


def _power_of_x(exponent: int) -> int:
    """x to a power, by squaring."""
    result, square = _TOP, _TOP >> 1
    while exponent:
        if exponent & 1:
            result = _times(square, result)
        square = _times(square, square)
        exponent >>= 1
    return result
