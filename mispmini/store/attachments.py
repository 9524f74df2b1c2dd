"""Files of attributes: attachments/<aa>/<sha256> beside the database, written and synced before the row (SPEED §3)."""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

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
    _sync_folder(path.parent)
    return digest


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def attach_file(attribute_id: int, digest: str, size: int) -> None:
    """Name the file of an attribute, inside a writing(); size in bytes."""
    execute(
        "INSERT INTO attachment (attribute_id, sha256, size) VALUES (?, ?, ?)"
        " ON CONFLICT (attribute_id) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size",
        (attribute_id, digest, size),
    )


def files_of(attribute_ids: Sequence[int]) -> dict[int, bytes]:
    """The bytes of attributes' files; one whose file is missing is left out."""
    found = rows(
        f"SELECT attribute_id, sha256 FROM attachment WHERE attribute_id IN ({marks(attribute_ids)})", attribute_ids
    )
    read = {attribute_id: _bytes_of(digest) for attribute_id, digest in found}
    return {attribute_id: content for attribute_id, content in read.items() if content is not None}


def _bytes_of(digest: str) -> bytes | None:
    try:
        return _path(digest).read_bytes()
    except FileNotFoundError:
        return None


def path_of_file(attribute_id: int) -> tuple[str, Path] | None:
    """Digest and place of an attribute's file; None if it has none, or it is missing."""
    found = row("SELECT sha256 FROM attachment WHERE attribute_id = ?", (attribute_id,))
    if found is None or not _path(found[0]).is_file():
        return None
    return found[0], _path(found[0])


def unreferenced_files() -> list[Path]:
    """Files that no attribute names: of attributes removed for good, and of transactions taken back.

    Inside a writing() they are sure to stay so, for a file is written there too.
    """
    named = {r[0] for r in rows("SELECT DISTINCT sha256 FROM attachment")}
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
