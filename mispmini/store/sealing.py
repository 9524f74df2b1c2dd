"""Partners' keys: the value stands in <data>/secrets.json, the database holds only its name (TRUST §2.3 rule 8)."""

import json
import os
import secrets
from pathlib import Path

from mispmini.store.database import writing
from mispmini.store.durable import sync
from mispmini.store.tables.base import database

FILE = "secrets.json"


def seal(hint: str, value: str) -> str:
    """Keep a secret and return its name; a value is never overwritten, so that a roll-back leaves the old one."""
    ref = f"{hint}-{secrets.token_hex(8)}"
    with writing(quiet=True):
        _save({**_load(), ref: value})
    return ref


def unseal(ref: str) -> str:
    """The secret of that name. Raises KeyError if there is none, as after a restore without the file."""
    return _load()[ref]


def forget(ref: str) -> None:
    """Remove a secret, after the transaction that dropped its name; an unknown name is no error."""
    with writing(quiet=True):
        kept = {name: value for name, value in _load().items() if name != ref}
        _save(kept)


def data_folder() -> Path:
    """The folder that holds everything."""
    return Path(str(database.database)).parent


def _path() -> Path:
    return data_folder() / FILE


def _load() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept


def _save(kept: dict[str, str]) -> None:
    """Write a new file beside the old one and put it in its place: a crash leaves one of the two whole."""
    path = _path()
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)
