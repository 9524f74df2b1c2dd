"""Backups that somebody else made: nothing is written outside the new folder, and nothing but files of ours."""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from mispmini.store.backups import BadBackup, restore_into

CONTENT = b"planted"


def _file(name: str, content: bytes = CONTENT) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    return entry, content


def _link(name: str, to: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, to
    return entry, b""


def _written(path: Path, entries: Sequence[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """A backup whose manifest vouches for everything in it."""
    sums = {entry.name: hashlib.sha256(content).hexdigest() for entry, content in entries}
    told = {"format": 1, "created": 1, "schema": 1, "sha256": sums}
    with tarfile.open(path, "w") as tar:
        for entry, content in (*entries, _file("manifest.json", json.dumps(told).encode())):
            tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    "entries",
    [
        [_file("../planted")],
        [_file("attachments/../../planted")],
        [_file("attachments/./planted")],
        [_file("attachments//planted")],
        [_file("attachments")],
        [_file("planted")],
        [_file("/planted")],
        [_file("attachments/1"), _file("attachments/1")],
        [_file("attachments/1"), _file("attachments/1/2")],
        [_link("attachments/1", "/etc/hostname", tarfile.SYMTYPE)],
        [_link("attachments", "/", tarfile.SYMTYPE), _file("attachments/planted")],
        [_file("attachments/1"), _link("attachments/2", "attachments/1", tarfile.LNKTYPE)],
        [_link("attachments/1", "", tarfile.FIFOTYPE)],
        [_link("attachments/1", "", tarfile.CHRTYPE)],
        [_link("attachments", "", tarfile.DIRTYPE)],
    ],
    ids=lambda entries: " ".join(f"{entry.type!r}{entry.name}" for entry, _ in entries),
)
def test_what_no_backup_of_ours_holds_is_refused(
    tmp_path: Path, entries: Sequence[tuple[tarfile.TarInfo, bytes]]
) -> None:
    backup = _written(tmp_path / "odd.tar", entries)
    with pytest.raises(BadBackup):
        restore_into(backup, tmp_path / "below" / "data")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [backup]
    assert not Path("/planted").exists()
