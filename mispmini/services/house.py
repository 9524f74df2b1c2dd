"""How the house itself stands: its schema, its scheduler, its disk, and the numbers that monitoring reads."""

import fcntl
import shutil
from dataclasses import dataclass
from pathlib import Path

from mispmini.domain import clock
from mispmini.domain.alarms import AlarmKind
from mispmini.domain.errors import Unusable
from mispmini.services import alarms
from mispmini.store import damage
from mispmini.store import house as store
from mispmini.store.database import damage_named
from mispmini.store.migrating import expected_version, schema_version
from mispmini.store.sealing import data_folder

SCHEDULER_LOCK = Path("locks") / "scheduler.lock"


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of the disk that holds the data folder."""

    free: int
    total: int


def schema_versions() -> tuple[int, int]:
    """The number of the newest migration in the database, and of the newest that this program knows."""
    return schema_version(), expected_version()


def scheduler_runs() -> bool:
    """Whether a process holds the scheduler's lock: who can take it proves that nobody does (TRUST D5)."""
    try:
        with open(data_folder() / SCHEDULER_LOCK, "r+", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def disk_space() -> Space:
    """How much room is left where the data lies."""
    found = shutil.disk_usage(data_folder())
    return Space(found.free, found.total)


def readiness() -> str:
    """Whether requests can be answered, as everybody may know: `ok`, `not ready` or `damaged`."""
    try:
        with damage_named():
            version, expected = schema_versions()
            look = alarms.last_look(AlarmKind.DATABASE)
    except Unusable:
        return "damaged"
    if look is not None and look.reason:
        return "damaged"
    return "ok" if version == expected else "not ready"


def begin_request() -> None:
    """Nothing is left out of an answer yet."""
    damage.forget_met()


def left_out() -> tuple[str, ...]:
    """The rows that this request left out so far, as they are damaged."""
    return tuple(map(str, damage.met()))


def metrics() -> dict[str, int]:
    """Numbers by name, in seconds and bytes."""
    now, waiting, pulled = clock.now(), store.backlog(), store.oldest_pull()
    return {
        **store.counts(),
        "outbox_waiting": waiting.waiting - waiting.parked,
        "outbox_parked": waiting.parked,
        "outbox_oldest_seconds": now - waiting.oldest if waiting.oldest else 0,
        "pull_oldest_seconds": now - pulled[1] if pulled else 0,
        "database_bytes": store.database_bytes(),
        "disk_free_bytes": disk_space().free,
        "scheduler_running": int(scheduler_runs()),
    }
