"""One backup is one tar file: the database of one moment, files, certificates, keys and config, each with a checksum.

The manifest stands last and names everything else, so that a file that was cut short is noticed.
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from mispmini.domain import clock
from mispmini.domain.errors import MispminiError
from mispmini.store.migrating import schema_version
from mispmini.store.sealing import data_folder
from mispmini.store.settings import load_settings
from mispmini.store.sql import execute

DATABASE = "mispmini.db"
MANIFEST = "manifest.json"
_FOLDERS = ("attachments", "certificates")
_BESIDE = ("config.toml", "secrets.json", "secret.key", "web.key")
_CHUNK = 1024 * 1024


class BadBackup(MispminiError):
    """The file is no backup, or not whole: its sentence says what is wrong."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup file holds; `created` is epoch seconds, `size` bytes."""

    path: Path
    created: int
    schema: int
    files: int
    size: int


def write_backup(folder: Path) -> Backup:
    """Write a backup into a folder, beside a serving process or without one; there whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = clock.now()
    name = _name(clock.datetime_text(moment).replace(" ", "-").replace(":", ""))
    part = folder / f"{name}.{os.getpid()}.part"
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                _fill(tar, folder, moment)
            file.flush()
            os.fsync(file.fileno())
        part.rename(folder / name)
    finally:
        part.unlink(missing_ok=True)
    return read_backup(folder / name)


def _fill(tar: tarfile.TarFile, folder: Path, moment: int) -> None:
    """The database first: what it names is on disk already, since files are written before their rows."""
    schema, sums = schema_version(), {}
    with tempfile.TemporaryDirectory(prefix="copy-", dir=folder) as temporary:
        copy = Path(temporary) / DATABASE
        execute("VACUUM INTO ?", (str(copy),))
        sums[DATABASE] = _added(tar, copy, DATABASE)
    for path, name in _files(data_folder()):
        with suppress(FileNotFoundError):  # removed since it was listed: nothing names it any more
            sums[name] = _added(tar, path, name)
    text = json.dumps({"format": 1, "created": moment, "schema": schema, "sha256": sums}).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size, entry.mode, entry.mtime = len(text), 0o600, moment
    tar.addfile(entry, io.BytesIO(text))


def _files(data: Path) -> Iterator[tuple[Path, str]]:
    for name in _BESIDE:
        if (data / name).is_file():
            yield data / name, name
    for folder in _FOLDERS:
        for path in sorted((data / folder).rglob("*")):
            if path.is_file() and path.suffix != ".part":
                yield path, path.relative_to(data).as_posix()


def _added(tar: tarfile.TarFile, path: Path, name: str) -> str:
    digest = _sum_of(path)
    tar.add(path, name, recursive=False, filter=_for_owner)
    return digest


def _for_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode, entry.mtime = 0o600, int(entry.mtime)
    return entry


def read_backup(path: Path) -> Backup:
    """Check every checksum of a backup. Raises BadBackup."""
    try:
        with tarfile.open(path, "r:") as tar:
            return _checked(tar, path)
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise BadBackup(f"{path} cannot be read as a backup: {error}") from error


def _checked(tar: tarfile.TarFile, path: Path) -> Backup:
    found: dict[str, str] = {}
    manifest: dict[str, object] = {}
    for entry in tar:
        content = tar.extractfile(entry) if entry.isfile() else None
        if content is None:
            raise BadBackup(f"{path} holds something that is no file: {entry.name}")
        if entry.name == MANIFEST:
            manifest = json.loads(content.read())
        else:
            digest = hashlib.sha256()
            while chunk := content.read(_CHUNK):
                digest.update(chunk)
            found[entry.name] = digest.hexdigest()
    if not manifest or found != manifest["sha256"]:
        raise BadBackup(f"{path} is not whole: its files are not those of its manifest.")
    return Backup(path, int(str(manifest["created"])), int(str(manifest["schema"])), len(found), path.stat().st_size)


def restore_into(path: Path, data: Path) -> Backup:
    """Make a data folder of a backup: checked first, then put in place in one step.

    Raises BadBackup, and MispminiError where something stands already.
    """
    if data.exists() and any(data.iterdir()):
        raise MispminiError(f"{data} is not empty. Restore into a new folder.")
    backup = read_backup(path)
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{data.name}-", dir=data.parent) as temporary:
        fresh = Path(temporary) / "data"
        fresh.mkdir(mode=0o700)
        with tarfile.open(path, "r:") as tar:
            for entry in tar:
                _extract(tar, entry, fresh)
        (fresh / MANIFEST).unlink()
        for folder in (path for path in fresh.rglob("*") if path.is_dir()):
            folder.chmod(0o700)
        _check_database(fresh / DATABASE)
        if data.exists():
            data.rmdir()
        shutil.move(fresh, data)
    return backup


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, into: Path) -> None:
    """A file of ours, once; `extractall` has no filter yet in the Python 3.11.2 of Debian 12. Raises BadBackup."""
    content = tar.extractfile(entry) if entry.isfile() and _is_ours(entry.name) else None
    if content is None:
        raise BadBackup(f"A backup holds no {entry.name!r}.")
    target = into / entry.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            shutil.copyfileobj(content, file, _CHUNK)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadBackup(f"The backup has two that are called {entry.name!r}.") from error


def _is_ours(name: str) -> bool:
    folder, *below = name.split("/")
    return name in (DATABASE, MANIFEST, *_BESIDE) or (
        folder in _FOLDERS and bool(below) and not {"", ".", ".."} & set(below)
    )


def list_backups(folder: Path) -> list[Path]:
    """The backups of this instance in a folder, newest first."""
    return sorted(folder.glob(_name("*")), reverse=True)


def _name(moment: str) -> str:
    """Several instances may share a folder: none writes over, or removes, what another one has put there."""
    return f"mispmini-{load_settings().instance_uuid[:8]}-{moment}.tar"


def _check_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as copy:
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BadBackup(f"The database in the backup is damaged: {found}")


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
