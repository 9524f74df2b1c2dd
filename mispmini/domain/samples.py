"""Malware samples as MISP stores and sends them: a zip that nothing opens by accident (MODEL §7.3).

It holds the file under its MD5 and `<md5>.filename.txt` with its name, both under the password "infected" and in the
zip format's first encryption, the only one that MISP, PyMISP and the tools of analysts all read. It protects nothing.
"""

import re
import secrets
import struct
import zlib
from dataclasses import dataclass
from hashlib import md5

from mispmini.domain.zip_cipher import encrypted

PASSWORD = b"infected"
_MD5 = re.compile(r"[0-9a-fA-F]{32}\Z")
_ENCRYPTED, _STORED, _DEFLATED = 1, 0, 8
_NEW_YEAR_1980 = 33
_MOST_MEMBERS = 100
_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 65_535


@dataclass(frozen=True, slots=True)
class Sample:
    """A packed file: the attribute's value `filename|md5`, and the zip."""

    value: str
    archive: bytes


def pack(content: bytes, value: str) -> Sample:
    """Pack a file; `value` is its name, or `filename|md5` of which the MD5 is computed anew."""
    name = file_name_of(value)
    digest = md5(content, usedforsecurity=False).hexdigest()
    members = [(digest, content), (f"{digest}.filename.txt", name.encode())]
    return Sample(f"{name}|{digest}", _archive(members))


def file_name_of(value: str) -> str:
    """The name in the value of a sample, with or without its MD5."""
    name, bar, digest = value.rpartition("|")
    return name if bar and _MD5.match(digest) else value


def is_packed(content: bytes) -> bool:
    """Whether this is a zip of encrypted members alone. Reads its directory, and of that at most 100 members."""
    start = content.rfind(b"PK\x05\x06", max(0, len(content) - _END.size - _LONGEST_COMMENT))
    if start < 0 or len(content) < start + _END.size:
        return False
    count, place = _END.unpack_from(content, start)[4], _END.unpack_from(content, start)[6]
    if not 0 < count <= _MOST_MEMBERS:
        return False
    for _ in range(count):
        if len(content) < place + _CENTRAL.size or content[place : place + 4] != b"PK\x01\x02":
            return False
        member = _CENTRAL.unpack_from(content, place)
        if not member[3] & _ENCRYPTED:
            return False
        place += _CENTRAL.size + sum(member[10:13])
    return True


def _archive(members: list[tuple[str, bytes]]) -> bytes:
    body, directory = bytearray(), bytearray()
    for name, content in members:
        place = len(body)
        method, packed = _squeezed(content)
        crc = zlib.crc32(content)
        stored = encrypted(secrets.token_bytes(11) + bytes([crc >> 24]) + packed, PASSWORD)
        about = (20, _ENCRYPTED, method, 0, _NEW_YEAR_1980, crc, len(stored), len(content), len(name), 0)
        body += _LOCAL.pack(b"PK\x03\x04", *about) + name.encode() + stored
        directory += _CENTRAL.pack(b"PK\x01\x02", 20, *about, 0, 0, 0, 0, place) + name.encode()
    end = _END.pack(b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory + end)


def _squeezed(content: bytes) -> tuple[int, bytes]:
    deflater = zlib.compressobj(wbits=-15)
    packed = deflater.compress(content) + deflater.flush()
    return (_DEFLATED, packed) if len(packed) < len(content) else (_STORED, content)
