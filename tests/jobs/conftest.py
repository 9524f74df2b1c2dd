"""A fresh instance for each test, and its jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mispmini.jobs import Jobs, start_jobs
from mispmini.settings import Settings
from mispmini.sync.delivering import Patience
from tests.sync.ground import Ground, break_ground, leave_ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance of ORG_A in this process."""
    yield break_ground(tmp_path)
    leave_ground()


@pytest.fixture
def settings(ground: Ground) -> Settings:
    """Settings of that instance, loopback opened."""
    return Settings(data=ground.folder, allow_internal=("127.0.0.0/8",), take_libraries=False)


@pytest.fixture
def jobs(settings: Settings) -> Iterator[Jobs]:
    """Its jobs, that try again at once."""
    running = start_jobs(settings, patience=Patience(base=0))
    yield running
    running.stop()
