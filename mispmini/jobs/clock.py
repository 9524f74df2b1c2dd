"""The one scheduler: a few fixed ticks that look into our tables for what is due (TRUST D5, §3.5)."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from mispmini.domain.errors import Busy, OutOfSpace, Unusable
from mispmini.store import database, due_times, keeping_tidy, served

CHECKPOINT_SECONDS = 1
READINGS_SECONDS = 1
DUE_TIMES_SECONDS = 60
CLEANUP_SECONDS = 3600
_LOOK_SECONDS = 1.0
_STEP_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Clock:
    """Ticks that never overlap themselves, are made up once after a pause, and are never dropped for being late."""

    def __init__(self) -> None:
        self._scheduler: Any = BackgroundScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        )
        self._checkpoints = Checkpoints()
        self._steps = Steps()
        self._stopping = threading.Event()
        self.every(CHECKPOINT_SECONDS, self._checkpoints.look)
        self.every(READINGS_SECONDS, served.write_readings)
        self.every(CLEANUP_SECONDS, keeping_tidy.forget_what_ran_out)
        self.every(DUE_TIMES_SECONDS, due_times.bring_back)
        self.every(CLEANUP_SECONDS, keeping_tidy.empty_the_trash)

    def every(self, seconds: int, tick: Callable[[], object], *, first: int | None = None) -> None:
        """Add a tick; it is to be short. The first one comes after `first` seconds, or after as many as the others."""
        begin = datetime.now(UTC) + timedelta(seconds=seconds if first is None else first)
        self._scheduler.add_job(partial(_tick, tick), "interval", seconds=seconds, next_run_time=begin)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()
        threading.Thread(target=self._watch, name="clock", daemon=True).start()

    def stop(self) -> None:
        """End; a tick under way ends by itself."""
        self._stopping.set()
        self._scheduler.shutdown(wait=False)

    def rewind(self) -> None:
        """Let each tick come in its time from now on."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC) + job.trigger.interval)

    def _watch(self) -> None:
        """The scheduler sleeps until a time of day: when that was set back it would sleep for as long (TRUST F33)."""
        while not self._stopping.wait(_LOOK_SECONDS):
            if self._steps.set_back(time.time() - time.monotonic()):
                _log.warning("The system's clock was set back; what is due is looked for anew")
                self.rewind()


class Steps:
    """Notices that the time of day was set back, by its distance from a clock that nobody sets (seconds)."""

    def __init__(self) -> None:
        self._distance: float | None = None

    def set_back(self, distance: float) -> bool:
        """Whether it was since the last look."""
        before, self._distance = self._distance, distance
        return before is not None and before - distance > _STEP_SECONDS


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
            self._moved = written  # also when the disk is full: the next write is soon enough to try again
            database.checkpoint()


def _tick(tick: Callable[[], object]) -> None:
    database.connect()
    try:
        with database.damage_named():
            tick()
    except Busy:
        _log.info("The database is busy; the next tick will do")
    except (OutOfSpace, Unusable) as refusal:
        _log.warning(refusal.sentence)
