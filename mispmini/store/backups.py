"""One backup is one tar file: the database of one moment, files, certificates, keys and config, each with a checksum.

The manifest stands last and names everything else, so that a file that was cut short is noticed.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from mispmini.domain import clock
from mispmini.domain.errors import MispminiError
from mispmini.store.copies import copy_database, flaw_of, only_copier, version_in
from mispmini.store.durable import sync
from mispmini.store.house import database_bytes
from mispmini.store.sealing import data_folder
from mispmini.store.settings import load_settings

DATABASE = "mispmini.db"
MANIFEST = "manifest.json"
_FOLDERS = ("attachments", "certificates")
_BESIDE = ("config.toml", "secrets.json", "secret.key", "web.key")
_CHUNK = 1024 * 1024
_SQLITE = b"SQLite format 3\0"


class BadBackup(MispminiError):
    """The file is no backup, or not whole: its sentence says what is wrong."""


class Damaged(MispminiError):
    """Of a damaged database there is no backup; `flaw` says what is wrong with it."""

    def __init__(self, flaw: str) -> None:
        super().__init__(f"The database is damaged ({flaw}): no backup was made, and the older ones are kept.")
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup file holds; `created` is epoch seconds, `size` bytes."""

    path: Path
    created: int
    schema: int
    files: int
    size: int


@contextmanager
def fresh_backup(folder: Path) -> Iterator[Backup]:
    """A whole backup, beside a serving process or without one, in a working folder that goes at the end.

    Raises Damaged, BadBackup, Busy, OutOfSpace, OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_copier():
        _clear_leftovers(folder)
        with tempfile.TemporaryDirectory(prefix=f"copy-{_whose()}-", dir=folder) as temporary:
            yield _write(Path(temporary), clock.now())


def damage_now(folder: Path) -> str:
    """The flaw of the database, seen in a copy; empty for none. Raises Busy, OutOfSpace, OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_copier(), tempfile.TemporaryDirectory(prefix=f"copy-{_whose()}-", dir=folder) as temporary:
        return copy_database(Path(temporary) / DATABASE)


def bytes_needed() -> int:
    """How much room a backup takes while it is made: the database twice, since it is copied first, and the files."""
    return 2 * database_bytes() + sum(path.stat().st_size for path, _name in _files(data_folder()))


def keep(made: Backup, folder: Path) -> Backup:
    """Put a backup into a folder on the same disk, and only then remove the oldest beyond the number to keep."""
    os.utime(made.path, (made.created, made.created))  # how old it is counts from the moment that it holds
    path = made.path.rename(folder / made.path.name)
    sync(folder)
    _remove_beyond(path)
    return replace(made, path=path)


def copy_to(made: Backup, folder: Path) -> None:
    """Put a copy into a folder elsewhere, read it back there, and only then remove the oldest. Raises OSError."""
    _clear_leftovers(folder)
    part = folder / f"{made.path.name}.part"
    try:
        with made.path.open("rb") as source, open(part, "xb", opener=_for_owner_alone) as target:
            shutil.copyfileobj(source, target, _CHUNK)
            target.flush()
            os.fsync(target.fileno())
        read_backup(part)
        path = part.rename(folder / made.path.name)
    finally:
        part.unlink(missing_ok=True)
    sync(folder)
    _remove_beyond(path)


def list_backups(folder: Path) -> list[Path]:
    """The backups of this instance in a folder, newest first."""
    return sorted(folder.glob(_name("*")), reverse=True)


def _remove_beyond(newest: Path) -> None:
    """The one that was just made stays, whatever dates a wrong clock gave to others."""
    others = [path for path in list_backups(newest.parent) if path != newest]
    for old in others[load_settings().backups_kept - 1 :]:
        old.unlink(missing_ok=True)


def _clear_leftovers(folder: Path) -> None:
    """What a process that was killed left half-made; of other instances that share the folder only they can tell."""
    is_ours = folder.resolve() == (data_folder() / "backups").resolve()
    patterns = ("copy-*", "*.part") if is_ours else (f"copy-{_whose()}-*", f"{_name('*')}*.part")
    for path in [path for pattern in patterns for path in folder.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _whose() -> str:
    return load_settings().instance_uuid[:8]


def _name(moment: str) -> str:
    """Several instances may share a folder: none writes over, or removes, what another one has put there."""
    return f"mispmini-{_whose()}-{moment}.tar"


def _write(folder: Path, moment: int) -> Backup:
    path = folder / _name(clock.datetime_text(moment).replace(" ", "-").replace(":", ""))
    with open(path, "xb", opener=_for_owner_alone) as file:
        with tarfile.open(fileobj=file, mode="w", dereference=True) as tar:
            _fill(tar, folder / DATABASE, moment)
        file.flush()
        os.fsync(file.fileno())
    return read_backup(path)


def _for_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _fill(tar: tarfile.TarFile, copy: Path, moment: int) -> None:
    """The database first: what it names is on disk already, since files are written before their rows."""
    if flaw := copy_database(copy):
        raise Damaged(flaw)
    schema, sums = version_in(copy), {DATABASE: _added(tar, copy, DATABASE)}
    copy.unlink()
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
    """One open file from checksum to end: whoever puts another in its place meanwhile does no harm."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        entry = tar.gettarinfo(arcname=name, fileobj=file)
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mode, entry.mtime = 0o600, int(entry.mtime)
        file.seek(0)
        tar.addfile(entry, file)
    return digest


def read_backup(path: Path, into: Path | None = None) -> Backup:
    """Check every checksum of a backup, and unpack it into an empty folder on the way. Raises BadBackup."""
    try:
        with tarfile.open(path, "r:") as tar:
            return _checked(tar, path, into)
    except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError, FileExistsError, NotADirectoryError) as error:
        raise BadBackup(f"{path} cannot be read as a backup: {error}") from error


def _checked(tar: tarfile.TarFile, path: Path, into: Path | None) -> Backup:
    found: dict[str, str] = {}
    manifest: dict[str, object] = {}
    for entry in tar:
        content = tar.extractfile(entry) if entry.isfile() and _is_ours(entry.name) else None
        if content is None or entry.name in found:
            raise BadBackup(f"{path} holds something that is no file of a backup: {entry.name}")
        if entry.name == MANIFEST:
            manifest = json.loads(content.read())
        else:
            found[entry.name] = _digest(content, None if into is None else into / entry.name)
    if not manifest or found != manifest["sha256"]:
        raise BadBackup(f"{path} is not whole: its files are not those of its manifest.")
    return Backup(path, int(str(manifest["created"])), int(str(manifest["schema"])), len(found), path.stat().st_size)


def _is_ours(name: str) -> bool:
    folder, *rest = (*PurePosixPath(name).parts, "")
    return name in (DATABASE, MANIFEST, *_BESIDE) or (folder in _FOLDERS and any(rest) and ".." not in rest)


def _digest(content: IO[bytes], target: Path | None) -> str:
    """The checksum of what is read; on the way it is written to the target."""
    digest = hashlib.sha256()
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with open(os.devnull if target is None else target, "wb", opener=_for_owner_alone) as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def restore_into(path: Path, data: Path, *, only_check: bool = False) -> Backup:
    """Make a data folder of a backup, or of the copy taken before a migration: checked first, then put in its place in
    one step, which `only_check` leaves out.

    Raises BadBackup, MispminiError where something stands already, OSError.
    """
    if not only_check:
        if data.exists() and any(data.iterdir()):
            raise MispminiError(f"{data} is not empty. Restore into a new folder.")
        data.parent.mkdir(parents=True, exist_ok=True)
    above = next(folder for folder in data.absolute().parents if folder.is_dir())
    with tempfile.TemporaryDirectory(prefix=f".{data.name}-", dir=above) as temporary:
        fresh = Path(temporary) / "data"
        fresh.mkdir()
        found = _from_database(path, fresh) if _is_database(path) else read_backup(path, fresh)
        if flaw := flaw_of(fresh / DATABASE):
            raise BadBackup(f"The database in {path} is damaged: {flaw}")
        if not only_check:
            _put_in_place(fresh, data)
    return found


def _put_in_place(fresh: Path, data: Path) -> None:
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    if data.exists():
        data.rmdir()
    fresh.rename(data)
    sync(data.parent)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _from_database(path: Path, fresh: Path) -> Backup:
    """Files and keys are those of the data folder in whose backups/ the copy lies; elsewhere there are none."""
    if Path(f"{path}-wal").exists():
        raise BadBackup(f"{path} is in use. Make a backup of it with `backup`.")
    shutil.copyfile(path, fresh / DATABASE)
    beside = list(_files(path.absolute().parent.parent)) if path.absolute().parent.name == "backups" else []
    for file, name in beside:
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, fresh / name)
    told = path.stat()
    return Backup(path, int(told.st_mtime), version_in(path), 1 + len(beside), told.st_size)
