"""Certificate files of links, in <data>/certificates, for their owner alone; rows hold only their names (TRUST §6)."""

import os
import re
import secrets
from pathlib import Path

from mispmini.store.sealing import data_folder

FOLDER = "certificates"
_NAME = re.compile(r"[a-z]+-[0-9a-f]{16}\.pem\Z")


def keep(hint: str, pem: str) -> str:
    """Keep a text and return the name of its file; nothing is ever overwritten, so that a roll-back leaves the old."""
    folder = data_folder() / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{hint}-{secrets.token_hex(8)}.pem"
    handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="ascii") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return name


def path_of(name: str) -> Path:
    """Where a kept file lies. Raises ValueError for a name that was not made here."""
    if not _NAME.match(name):
        raise ValueError("not the name of a kept certificate")
    return data_folder() / FOLDER / name


def forget(name: str | None) -> None:
    """Remove a file, after the transaction that dropped its name; an unknown one is no error."""
    if name and _NAME.match(name):
        path_of(name).unlink(missing_ok=True)
