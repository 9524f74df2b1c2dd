"""The stream cipher of the zip format (APPNOTE.TXT §6.1), a thousand bytes at each step.

Each of its three keys needs only the one before it: the first is a CRC of the text, the second a congruence of the
first one's lowest bytes, the third a CRC of the second one's highest bytes. So each is made for the whole text before
the next one. For that the text is cut into lanes, which go forward side by side once it is known where each begins;
a step is a few operations on long strings and on long numbers, which have a word of 64 bits for each lane.
"""

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

LANES = 1024
CHUNK = LANES * 64
_ALL = 0xFFFFFFFF
_FACTOR = 134775813
_WORDS = struct.Struct(f"<{LANES}Q")
_ONES = int.from_bytes(_WORDS.pack(*[1] * LANES), "little")
_LOW_HALVES = _ONES * _ALL

Keys = tuple[int, int, int]


def encrypted(text: bytes, password: bytes) -> bytes:
    """The text, whose first 12 bytes are to be random, under a password."""
    return _xor(text, b"".join(_streams(text, _keys_after(password))))


def _keys_after(password: bytes) -> Keys:
    a, b, c = 0x12345678, 0x23456789, 0x34567890
    for byte in password:
        a = _crc(bytes([byte]), a)
        b = _congruence(b, a & 0xFF)
        c = _crc(bytes([b >> 24]), c)
    return a, b, c


def _streams(text: bytes, keys: Keys) -> Iterator[bytes]:
    """What covers the text, in pieces: for each byte what the third key was before it."""
    a, b, c = keys
    covers = _covers().__getitem__
    for place in range(0, len(text), CHUNK):
        chunk = text[place : place + CHUNK]
        padded = chunk.ljust(-(-len(chunk) // LANES) * LANES, b"\0")
        lowest = _crc_bytes(padded + bytes(LANES), a)[2::2][: len(padded)]
        highest, b = _congruence_bytes(lowest, b)
        halves = struct.unpack(f"<{len(chunk)}H", _crc_bytes(highest, c)[: 2 * len(chunk)])
        yield bytes(map(covers, halves))
        a, c = _crc(chunk, a), _crc(highest, c)


def _crc(content: bytes, state: int) -> int:
    """The bare CRC, which zlib turns over before and after."""
    return zlib.crc32(content, state ^ _ALL) ^ _ALL


def _congruence(value: int, lowest: int) -> int:
    return (value + lowest) * _FACTOR + 1 & _ALL


def _crc_bytes(text: bytes, state: int) -> bytes:
    """The two lowest bytes of the CRC before each byte, lowest first."""
    steps = len(text) // LANES
    lanes = (text[place : place + steps] for place in range(0, len(text) - steps, steps))
    begins = struct.pack(f"<{LANES}L", *accumulate(lanes, lambda begun, lane: _crc(lane, begun), initial=state))
    planes = [begins[number::4] for number in range(4)]
    found = bytearray(2 * len(text))
    for step in range(steps):
        found[2 * step :: 2 * steps], found[2 * step + 1 :: 2 * steps] = planes[:2]
        index = _xor(planes[0], text[step::steps])
        moved = [*planes[1:], bytes(LANES)]
        planes = [_xor(plane, index.translate(table)) for plane, table in zip(moved, _CRC_TABLES, strict=True)]
    return bytes(found)


def _congruence_bytes(lowest: bytes, value: int) -> tuple[bytes, int]:
    """The highest byte of the second key after each byte, and its last value.

    First as if each lane began at zero; what it began with, multiplied as often, is added once that is known.
    """
    steps = len(lowest) // LANES
    from_zero = list(accumulate(range(steps), lambda begun, step: _next(begun, lowest[step::steps]), initial=0))[1:]
    factor = pow(_FACTOR, steps, _ALL + 1)
    ends = _WORDS.unpack(from_zero[-1].to_bytes(_WORDS.size, "little"))
    *begins, last = accumulate(ends, lambda begun, end: begun * factor + end & _ALL, initial=value)
    added = int.from_bytes(_WORDS.pack(*begins), "little")
    found = bytearray(len(lowest))
    for step, begun in enumerate(from_zero):
        added = added * _FACTOR & _LOW_HALVES
        found[step::steps] = (begun + added >> 24).to_bytes(_WORDS.size, "little")[::8]
    return bytes(found), last


def _next(words: int, lowest: bytes) -> int:
    spread = bytearray(_WORDS.size)
    spread[::8] = lowest
    return (words + int.from_bytes(spread, "little")) * _FACTOR + _ONES & _LOW_HALVES


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "little") ^ int.from_bytes(other, "little")).to_bytes(len(one), "little")


@cache
def _covers() -> bytes:
    """What covers a byte, for each lower half of the third key."""
    return bytes((half | 2) * ((half | 2) ^ 1) >> 8 & 0xFF for half in range(65_536))


_STEPS = [_crc(bytes([byte]), 0) for byte in range(256)]
_CRC_TABLES = [bytes(state >> shift & 0xFF for state in _STEPS) for shift in (0, 8, 16, 24)]
