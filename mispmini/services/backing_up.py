"""Backups of the whole house: by hand, and by themselves as often as is wished, here and in second places."""

from collections.abc import Sequence
from pathlib import Path

from mispmini.domain import clock
from mispmini.domain.alarms import AlarmKind
from mispmini.domain.errors import Busy, MispminiError, OutOfSpace
from mispmini.domain.instance_settings import N_
from mispmini.services import alarms, house
from mispmini.services.second_places import NotTaken, Place
from mispmini.store import backups
from mispmini.store import house as figures
from mispmini.store.backups import Backup as Backup
from mispmini.store.backups import Damaged
from mispmini.store.backups import restore_into as restore_into
from mispmini.store.sealing import data_folder
from mispmini.store.settings import load_settings

NO_ROOM = N_("There is no room for it in the data folder.")
IS_DAMAGED = N_("The database is damaged.")
_SECOND = AlarmKind.SECOND_PLACE
_HOUR = 3600
_DAY = 24 * _HOUR
_EARLY_SECONDS = 300  # a backup that is wished each hour is whole within the hour
_RETRY_SECONDS = 900


def backups_folder() -> Path:
    """Where backups lie unless somebody says otherwise."""
    return data_folder() / "backups"


def newest_backup() -> int | None:
    """When the newest one was written (epoch seconds); those that a wrong clock put into the future do not count."""
    latest = clock.now() + _HOUR
    times = (int(path.stat().st_mtime) for path in backups.list_backups(backups_folder()))
    return max((time for time in times if time <= latest), default=None)


def back_up(folder: Path | None = None, places: Sequence[Place] = ()) -> Backup:
    """Write one into a folder and hand it to second places; the oldest go once it is there.

    Raises Damaged, BadBackup, Busy, OutOfSpace, OSError, and NotTaken when it is here alone.
    """
    made, missing = _make(folder or backups_folder(), places)
    if missing:
        raise NotTaken(f"{made.path} is whole, but did not reach {', '.join(missing)}; the health page says why.")
    return made


def care_for_backups(places: Sequence[Place] = ()) -> None:
    """What is due, here and in second places, and a look at a database that no backup has looked at for a day."""
    back_up_if_due(places)
    look = alarms.last_look(AlarmKind.DATABASE)
    if look is None or abs(clock.now() - look.looked) >= _DAY:
        look_at_database()


def back_up_if_due(places: Sequence[Place] = ()) -> bool:
    """Make one where it is due; whether there is one more. What goes wrong is an alarm. Raises Busy."""
    settings = load_settings()
    here = _is_due(settings.backup_hours, newest_backup())
    there = [place for place in places if _is_due_at(place, settings.second_backup_hours)]
    if not (here or there) or _failed_lately(AlarmKind.BACKUP):
        return False
    try:
        _make(backups_folder(), there, keeps=here, needs_room=True)
    except Busy:
        raise
    except (MispminiError, OSError):
        return False
    return True


def look_at_database() -> bool:
    """Look for damage in a copy; False where there is no room for one. Raises Busy, OutOfSpace, OSError."""
    if house.disk_space().free < 2 * figures.database_bytes():
        return False
    if flaw := backups.damage_now(backups_folder()):
        alarms.raise_alarm(AlarmKind.DATABASE, flaw)
    else:
        alarms.clear_alarm(AlarmKind.DATABASE)
    return True


def _make(
    where: Path, places: Sequence[Place], *, keeps: bool = True, needs_room: bool = False
) -> tuple[Backup, list[str]]:
    """One backup, and the names of the places that have not got it."""
    is_own = where == backups_folder()
    try:
        if needs_room and house.disk_space().free < backups.bytes_needed():
            raise OutOfSpace(NO_ROOM)
        with backups.fresh_backup(where) as fresh:
            alarms.clear_alarm(AlarmKind.DATABASE)
            made = backups.keep(fresh, where) if keeps else fresh
            if is_own:
                alarms.clear_alarm(AlarmKind.BACKUP)
            return made, [place.name for place in places if not _handed_over(made, place)]
    except Busy:
        raise
    except (MispminiError, OSError) as error:
        if isinstance(error, Damaged):
            alarms.raise_alarm(AlarmKind.DATABASE, error.flaw)
        if is_own:
            alarms.raise_alarm(AlarmKind.BACKUP, IS_DAMAGED if isinstance(error, Damaged) else reason_of(error))
        raise


def _handed_over(made: Backup, place: Place) -> bool:
    try:
        place.take(made)
    except NotTaken as refusal:
        alarms.raise_alarm(_SECOND, refusal.sentence, subject=place.name)
        return False
    alarms.clear_alarm(_SECOND, subject=place.name, good=made.created)
    return True


def reason_of(error: MispminiError | OSError) -> str:
    """Why something could not be done, in a line."""
    if isinstance(error, MispminiError):
        return error.sentence
    place = "" if error.filename is None else f"{error.filename}: "
    return f"{place}{error.strerror or error}"


def _is_due_at(place: Place, hours: int) -> bool:
    look = alarms.last_look(_SECOND, place.name)
    return _is_due(hours, None if look is None else look.good) and not _failed_lately(_SECOND, place.name)


def _is_due(hours: int, good: int | None) -> bool:
    """Whether the last good one is too old, or of the future."""
    now = clock.now()
    return bool(hours) and (good is None or good > now + _HOUR or now - good >= hours * _HOUR - _EARLY_SECONDS)


def _failed_lately(kind: AlarmKind, subject: str = "") -> bool:
    """What failed waits a while before it is tried again."""
    look = alarms.last_look(kind, subject)
    return look is not None and bool(look.reason) and abs(clock.now() - look.looked) < _RETRY_SECONDS
