"""A pytest plugin: with each file of tests it is 23:59:58 of a year's end, the next one, as clocks do not go back.

libfaketime reads how far ahead it shall be from a file whenever the clock is asked: a worker and the servers that it
starts have one of their own.
"""

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

FILE = "FAKETIME_TIMESTAMP_FILE"
MADE_BEFORE = 600  # seconds
STARTS_WITH_EACH_FILE = {"FAKETIME_NO_CACHE": "1"}


class YearEnds:
    """What each worker of a run does with its clock."""

    def __init__(self, folder: Path) -> None:
        self._ahead = folder / "ahead"
        self._seconds = 0.0
        self._of: Path | None = None
        self._ends = 0.0
        self._move(0)
        os.environ[FILE] = str(self._ahead)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """What the tests of a file stand on is made some minutes before: whoever signed in then still is."""
        if self._of != item.path:
            self._of = item.path
            now = time.time()
            self._ends = datetime(datetime.fromtimestamp(now, UTC).year + 1, 1, 1, tzinfo=UTC).timestamp()
            self._move(self._ends - MADE_BEFORE - now)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """The first test of a file begins two seconds before the year does."""
        if self._ends:
            self._move(self._ends - 2 - time.time())
            self._ends = 0.0

    def _move(self, seconds: float) -> None:
        """Replaced as a whole: a server reads it at any moment."""
        self._seconds += seconds
        written = self._ahead.with_suffix(".new")
        written.write_text(f"+{self._seconds:.3f}", encoding="utf-8")
        written.replace(self._ahead)


def pytest_configure(config: pytest.Config) -> None:
    """Each worker, or the run itself when it has none."""
    folder = tempfile.mkdtemp(prefix="mispmini-clock-")
    config.pluginmanager.register(YearEnds(Path(folder)))
