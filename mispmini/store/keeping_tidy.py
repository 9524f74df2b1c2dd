"""Upkeep: removes rows that have run out, and tells when the write-ahead log was written."""

from pathlib import Path

from mispmini.domain import clock
from mispmini.store.attachments import unreferenced_files
from mispmini.store.audit import delete_audit_before
from mispmini.store.body_cache import shrink_bodies
from mispmini.store.database import writing
from mispmini.store.served import forget_old_readings
from mispmini.store.sessions import LONGEST_SECONDS
from mispmini.store.settings import load_settings
from mispmini.store.sql import execute
from mispmini.store.tables.base import database
from mispmini.store.tags import forget_removed_tags
from mispmini.store.trash import purge_event, trashed_before

LOGIN_FAILURE_SECONDS = 86400
JOB_SECONDS = 90 * 86400
KEY_REFUSAL_SECONDS = 30 * 86400
TRASH_SECONDS = 30 * 86400
_MOST_PURGED = 50


def forget_what_ran_out() -> None:
    """One sweep, in one transaction that changes no answer; files that nobody names go with it."""
    now = clock.now()
    with writing(quiet=True):
        execute("DELETE FROM session WHERE created < ?", (now - LONGEST_SECONDS,))
        execute("DELETE FROM login_failure WHERE time < ?", (now - LOGIN_FAILURE_SECONDS,))
        execute("DELETE FROM key_refusal WHERE time < ?", (now - KEY_REFUSAL_SECONDS,))
        execute("DELETE FROM one_time_link WHERE expires < ?", (now,))
        execute("DELETE FROM job WHERE finished < ?", (now - JOB_SECONDS,))
        if days := load_settings().audit_days:
            delete_audit_before(now - days * 86400)
        forget_old_readings()
        forget_removed_tags()
        for path in unreferenced_files():
            path.unlink(missing_ok=True)
    shrink_bodies()


def empty_the_trash() -> None:
    """Remove for good what was deleted 30 days ago, one event a transaction."""
    for event_id in trashed_before(clock.now() - TRASH_SECONDS, limit=_MOST_PURGED):
        with writing(quiet=True):
            purge_event(event_id)


def log_written_at() -> int | None:
    """When the write-ahead log was last written (nanoseconds), None while it is empty."""
    try:
        found = Path(f"{database.database}-wal").stat()
    except OSError:
        return None
    return found.st_mtime_ns if found.st_size else None
