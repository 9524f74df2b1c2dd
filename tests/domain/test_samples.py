"""Malware samples as zips of MISP's shape (MODEL §7.3, TRUST S3)."""

import io
import random
import zipfile
from hashlib import md5

import pytest
from pymisp import MISPAttribute

from mispmini.domain import samples
from mispmini.domain.zip_cipher import CHUNK, LANES

CONTENT = b"MZ\x90\x00 not a program \xff" * 40
_HEADER_BYTES = 12  # what the cipher is given before the file
DIGEST = md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("content", [CONTENT, b"", b"x"], ids=["squeezed", "empty", "stored"])
@pytest.mark.parametrize("name", ["a.exe", "ação fatura.pdf.exe", "../../etc/passwd"])
def test_a_packed_file_is_read_by_every_zip_reader(name: str, content: bytes) -> None:
    packed = samples.pack(content, name)
    digest = md5(content, usedforsecurity=False).hexdigest()
    assert packed.value == f"{name}|{digest}"
    with zipfile.ZipFile(io.BytesIO(packed.archive)) as archive:
        assert archive.namelist() == [digest, f"{digest}.filename.txt"]
        assert archive.read(digest, pwd=samples.PASSWORD) == content
        assert archive.read(f"{digest}.filename.txt", pwd=samples.PASSWORD).decode() == name
        with pytest.raises(RuntimeError, match="password"):
            archive.read(digest)


@pytest.mark.parametrize("size", [LANES, LANES + 1, CHUNK, CHUNK + 1])
def test_a_file_of_any_length_is_read_by_every_zip_reader(size: int) -> None:
    content = random.Random(size).randbytes(size - _HEADER_BYTES)
    packed = samples.pack(content, "a.exe")
    with zipfile.ZipFile(io.BytesIO(packed.archive)) as archive:
        assert archive.read(archive.namelist()[0], pwd=samples.PASSWORD) == content


def test_pymisp_takes_it_for_a_sample() -> None:
    packed = samples.pack(CONTENT, "a.exe")
    attribute = MISPAttribute()
    attribute.from_dict(type="malware-sample", value=packed.value, data=io.BytesIO(packed.archive))
    assert attribute.malware_filename == "a.exe"
    binary = attribute.malware_binary
    assert binary is not None
    assert binary.read() == CONTENT


@pytest.mark.parametrize(
    ("value", "name"),
    [("a.exe", "a.exe"), (f"a.exe|{'0' * 32}", "a.exe"), ("a|b.exe", "a|b.exe"), (f"a|b|{'F' * 32}", "a|b")],
)
def test_the_name_of_a_sample_is_told_from_its_md5(value: str, name: str) -> None:
    assert samples.file_name_of(value) == name
    assert samples.pack(CONTENT, value).value == f"{name}|{DIGEST}"


def plain_zip(members: int = 1) -> bytes:
    """A zip without a password."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for number in range(members):
            archive.writestr(f"{number}.exe", CONTENT)
    return held.getvalue()


PACKED = samples.pack(CONTENT, "a.exe").archive
RAW = {
    "a program": CONTENT,
    "nothing": b"",
    "a zip without a password": plain_zip(),
    "more members than a sample has": plain_zip(101),
    "a zip cut short": PACKED[:-30],
    "an end alone": b"PK\x05\x06",
    "a directory that lies elsewhere": PACKED[:-6] + b"\xff\xff\xff\x7f" + PACKED[-2:],
    "a directory that claims more": PACKED[:-12] + b"\x09\x00" + PACKED[-10:],
    "an empty zip": b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("content", RAW.values(), ids=RAW)
def test_what_is_not_wholly_encrypted_is_not_packed(content: bytes) -> None:
    assert not samples.is_packed(content)


def test_a_packed_file_is_known_as_one_with_a_comment_too() -> None:
    assert samples.is_packed(PACKED)
    assert samples.is_packed(PACKED[:-2] + b"\x05\x00hello")
