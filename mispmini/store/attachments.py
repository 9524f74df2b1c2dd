"""Files of attributes and proposals: <data>/attachments/<aa>/<sha256>, written before the row (SPEED §3)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from mispmini.store.durable import sync
from mispmini.store.sql import execute, marks, row, rows
from mispmini.store.tables.base import database


def _folder() -> Path:
    return Path(database.database).parent / "attachments"


def _path(digest: str) -> Path:
    return _folder() / digest[:2] / digest


def put_file(data: bytes) -> str:
    """Store bytes under their SHA-256, synced to disk; the same bytes are stored once. Returns the digest."""
    digest = sha256(data).hexdigest()
    path = _path(digest)
    if path.exists():
        return digest
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{digest}.{os.getpid()}.part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    sync(path.parent)
    return digest


class Holder(StrEnum):
    """Whose file it is; the word is its table's, and its column's with `_id` behind it."""

    ATTRIBUTE = "attribute"
    PROPOSAL = "proposal"


_TABLES = {Holder.ATTRIBUTE: "attachment", Holder.PROPOSAL: "proposal_file"}


def attach_file(number: int, digest: str, size: int, holder: Holder = Holder.ATTRIBUTE) -> None:
    """Name the file of an attribute or proposal, inside a writing(); size in bytes."""
    execute(
        f"INSERT INTO {_TABLES[holder]} ({holder}_id, sha256, size) VALUES (?, ?, ?)"
        f" ON CONFLICT ({holder}_id) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size",
        (number, digest, size),
    )


def drop_file(number: int, holder: Holder = Holder.ATTRIBUTE) -> None:
    """A settled proposal has no file, nor an attribute of another type, inside a writing(); the bytes are swept unless
    others have them."""
    execute(f"DELETE FROM {_TABLES[holder]} WHERE {holder}_id = ?", (number,))


class Files(Mapping[int, bytes]):
    """Files by attribute or proposal, each read when it is asked for: however many there are, one is held at a time.

    One that is missing in the folder is missing here when it is read.
    """

    def __init__(self, digests: Mapping[int, str]) -> None:
        self._digests = digests

    def __getitem__(self, number: int) -> bytes:
        try:
            return _path(self._digests[number]).read_bytes()
        except FileNotFoundError:
            raise KeyError(number) from None

    def __iter__(self) -> Iterator[int]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)


def files_of(numbers: Sequence[int], holder: Holder = Holder.ATTRIBUTE) -> Files:
    """The files of attributes or proposals."""
    found = rows(f"SELECT {holder}_id, sha256 FROM {_TABLES[holder]} WHERE {holder}_id IN ({marks(numbers)})", numbers)
    return Files(dict(found))


def path_of_file(number: int, holder: Holder = Holder.ATTRIBUTE) -> tuple[str, Path] | None:
    """Digest and place of an attribute's or proposal's file; None if it has none, or it is missing."""
    found = row(f"SELECT sha256 FROM {_TABLES[holder]} WHERE {holder}_id = ?", (number,))
    if found is None or not _path(found[0]).is_file():
        return None
    return found[0], _path(found[0])


def unreferenced_files() -> list[Path]:
    """Files that nothing names: of attributes removed for good, settled proposals, and transactions taken back.

    Inside a writing() they are sure to stay so, for a file is written there too.
    """
    named = {r[0] for r in rows(" UNION ".join(f"SELECT sha256 FROM {table}" for table in _TABLES.values()))}
    return [path for path in _folder().glob("??/*") if path.name not in named]


def attributes_with_files(event_ids: Sequence[int]) -> list[int]:
    """Ids of the attributes of some events that have a file."""
    found = rows(
        "SELECT attachment.attribute_id FROM attachment JOIN attribute ON attribute.id = attachment.attribute_id"
        f" WHERE attribute.event_id IN ({marks(event_ids)})",
        event_ids,
    )
    return [r[0] for r in found]


def attributes_having_files(attribute_ids: Sequence[int]) -> frozenset[int]:
    """Those of these attributes that have a file; at most some hundred ids a call."""
    found = rows(f"SELECT attribute_id FROM attachment WHERE attribute_id IN ({marks(attribute_ids)})", attribute_ids)
    return frozenset(r[0] for r in found)
