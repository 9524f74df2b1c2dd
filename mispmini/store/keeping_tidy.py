"""Upkeep: removes rows that have run out, and tells when the write-ahead log was written."""

from pathlib import Path

from mispmini.domain import clock
from mispmini.store.database import writing
from mispmini.store.served import forget_old_readings
from mispmini.store.sessions import LONGEST_SECONDS
from mispmini.store.sql import execute
from mispmini.store.tables.base import database

LOGIN_FAILURE_SECONDS = 86400
JOB_SECONDS = 90 * 86400


def forget_what_ran_out() -> None:
    """One sweep, in one transaction that changes no answer."""
    now = clock.now()
    with writing(quiet=True):
        execute("DELETE FROM session WHERE created < ?", (now - LONGEST_SECONDS,))
        execute("DELETE FROM login_failure WHERE time < ?", (now - LOGIN_FAILURE_SECONDS,))
        execute("DELETE FROM one_time_link WHERE expires < ?", (now,))
        execute("DELETE FROM job WHERE finished < ?", (now - JOB_SECONDS,))
        forget_old_readings()


def log_written_at() -> int | None:
    """When the write-ahead log was last written (nanoseconds), None while it is empty."""
    try:
        found = Path(f"{database.database}-wal").stat()
    except OSError:
        return None
    return found.st_mtime_ns if found.st_size else None
