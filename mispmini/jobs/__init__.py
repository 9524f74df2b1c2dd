"""What runs by itself: the outbox, due pulls, jobs that were asked for, and the house's own upkeep."""

import fcntl
import threading
from functools import partial
from pathlib import Path
from typing import TextIO

from mispmini.jobs.clock import Clock
from mispmini.jobs.comparer import Comparer
from mispmini.jobs.feeder import Feeder
from mispmini.jobs.outbox_runner import OutboxRunner
from mispmini.jobs.puller import JobWorker, Puller
from mispmini.services import backing_up, libraries, mail
from mispmini.services.second_places import places
from mispmini.services.setting_up import is_set_up
from mispmini.settings import Settings
from mispmini.sync.delivering import Patience
from mispmini.sync.links import Outbound

PULL_TICK_SECONDS = 1
COMPARE_TICK_SECONDS = 600
MAIL_TICK_SECONDS = 30
BACKUP_TICK_SECONDS = 60
FIRST_BACKUP_SECONDS = 300  # a server that is restarted each hour is backed up, too


class Jobs:
    """Everything of one process. Several may serve one folder: the scheduler's lock file picks the one that works."""

    def __init__(self, settings: Settings, patience: Patience) -> None:
        outbound = Outbound(settings.allow_internal)
        self._lock = _scheduler_lock(settings.locks_dir) if settings.scheduler else None
        self._stopping = threading.Event()
        self._runner = OutboxRunner(outbound, patience)
        self._puller = Puller(outbound, self._stopping)
        self._feeder = Feeder(outbound, self._stopping)
        self._worker = JobWorker(outbound, self._stopping)
        self._comparer = Comparer(outbound, self._stopping)
        self._clock = Clock()
        second_places = places(settings.backup_folder, settings.backup_command)
        self._care_for_backups = partial(backing_up.care_for_backups, second_places)

    def start(self) -> None:
        """Begin, if this process is the one."""
        if self._lock is not None:
            self._runner.start()
            self._worker.start()
            self._clock.every(PULL_TICK_SECONDS, self._puller.start_due)
            self._clock.every(COMPARE_TICK_SECONDS, self._comparer.start_due)
            self._clock.every(PULL_TICK_SECONDS, self._feeder.start_due)
            self._clock.every(MAIL_TICK_SECONDS, mail.start_due)
            self._clock.every(BACKUP_TICK_SECONDS, self._care_for_backups, first=FIRST_BACKUP_SECONDS)
            self._clock.start()

    def stop(self) -> None:
        """End what runs, in seconds; what is not done stands in our tables."""
        if self._lock is None:
            return
        self._stopping.set()
        self._clock.stop()
        self._runner.stop()
        self._worker.wait()
        self._puller.wait()
        self._comparer.wait()
        self._feeder.wait()
        self._lock.close()
        self._lock = None


def start_jobs(settings: Settings, *, patience: Patience | None = None) -> Jobs:
    """Start the jobs of a serving process; the database is open. `patience` is the settings' unless given."""
    jobs = Jobs(settings, patience or Patience(settings.retry_base))
    jobs.start()
    if settings.take_libraries and is_set_up():
        libraries.ask_for_missing()
    return jobs


def _scheduler_lock(folder: Path) -> TextIO | None:
    """The lock file, held; None if another process holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = open(folder / "scheduler.lock", "w", encoding="ascii")  # noqa: SIM115 - held until stop()
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
