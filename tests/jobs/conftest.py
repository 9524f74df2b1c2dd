"""A fresh instance for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.ground import Ground, break_ground, leave_ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance of ORG_A in this process."""
    yield break_ground(tmp_path)
    leave_ground()
