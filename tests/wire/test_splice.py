"""Packed pieces make one ordinary gzip member."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mispmini.wire.splice import Packed, combined_crc, gzip_member, pack, unpack


@given(st.lists(st.binary(max_size=3_000), max_size=5))
def test_any_pieces_are_read_as_one_text(texts: list[bytes]) -> None:
    assert gzip.decompress(gzip_member([pack(text) for text in texts])) == b"".join(texts)


@given(st.binary(max_size=500), st.binary(max_size=500))
def test_two_checksums_give_that_of_both(first: bytes, second: bytes) -> None:
    assert combined_crc(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


def test_a_large_piece_comes_back_whole() -> None:
    text = b'{"value":"198.51.100.7"},' * 400_000
    assert unpack(pack(text)) == text


PACKED = pack(b"what was stored")


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(PACKED._replace(blocks=PACKED.blocks[:-9] + b"\xff" * 9), id="blocks"),
        pytest.param(PACKED._replace(crc=PACKED.crc ^ 1), id="checksum"),
        pytest.param(PACKED._replace(length=PACKED.length + 1), id="length"),
    ],
)
def test_a_damaged_piece_is_noticed(damaged: Packed) -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack(damaged)
