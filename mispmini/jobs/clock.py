"""The one scheduler: a few fixed ticks that look into our tables for what is due (TRUST D5, §3.5)."""

import logging
from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from mispmini.domain.errors import Busy
from mispmini.services import backing_up
from mispmini.store import database, keeping_tidy

CHECKPOINT_SECONDS = 1
CLEANUP_SECONDS = 3600
_log = logging.getLogger(__name__)


class Clock:
    """Ticks that never overlap themselves, are made up once after a pause, and are never dropped for being late."""

    def __init__(self) -> None:
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        )
        self._checkpoints = Checkpoints()
        self.every(CHECKPOINT_SECONDS, self._checkpoints.look)
        self.every(CLEANUP_SECONDS, keeping_tidy.forget_what_ran_out)
        self.every(CLEANUP_SECONDS, backing_up.back_up_if_due)
        self.every(CLEANUP_SECONDS, keeping_tidy.empty_the_trash)

    def every(self, seconds: int, tick: Callable[[], object]) -> None:
        """Add a tick; it is to be short."""
        self._scheduler.add_job(partial(_tick, tick), "interval", seconds=seconds)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; a tick under way ends by itself."""
        self._scheduler.shutdown(wait=False)


class Checkpoints:
    """Moves the write-ahead log into the file when it is large, or when nobody has written since the last look."""

    def __init__(self) -> None:
        self._seen: int | None = None
        self._moved: int | None = None

    def look(self) -> None:
        """One look a second; the move happens under the write lock (TRUST D4)."""
        written = keeping_tidy.log_written_at()
        is_idle = written == self._seen
        self._seen = written
        if written is None or written == self._moved:
            return
        if is_idle or database.log_is_large():
            database.checkpoint()
            self._moved = written


def _tick(tick: Callable[[], object]) -> None:
    database.connect()
    try:
        tick()
    except Busy:
        _log.info("The database is busy; the next tick will do")
