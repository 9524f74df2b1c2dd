"""Backups of the whole house: by hand, and each day by itself (FEATURES row 93)."""

from pathlib import Path

from mispmini.domain import clock
from mispmini.services import house
from mispmini.store import backups
from mispmini.store import house as figures
from mispmini.store.backups import Backup as Backup
from mispmini.store.backups import read_backup as read_backup
from mispmini.store.backups import restore_into as restore_into
from mispmini.store.sealing import data_folder
from mispmini.store.settings import load_settings

_HOUR = 3600


def backups_folder() -> Path:
    """Where backups lie unless somebody says otherwise."""
    return data_folder() / "backups"


def back_up(folder: Path | None = None) -> Backup:
    """Write one, check it, and remove the oldest beyond the number to keep. Raises BadBackup."""
    where = folder or backups_folder()
    made = backups.write_backup(where)
    for old in backups.list_backups(where)[load_settings().backups_kept :]:
        old.unlink(missing_ok=True)
    return made


def newest_backup() -> int | None:
    """When the newest one was written (epoch seconds); those that a wrong clock put into the future do not count."""
    latest = clock.now() + _HOUR
    times = (int(path.stat().st_mtime) for path in backups.list_backups(backups_folder()))
    return max((time for time in times if time <= latest), default=None)


def back_up_if_due() -> bool:
    """The daily one: only while it is wanted, and there is room for it twice."""
    hours, newest = load_settings().backup_hours, newest_backup()
    if not hours or (newest is not None and clock.now() - newest < hours * _HOUR):
        return False
    if house.disk_space().free < 2 * figures.database_bytes():
        return False
    back_up()
    return True
