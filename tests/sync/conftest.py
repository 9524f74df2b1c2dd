"""A fresh instance for each test, and the recordings beside the checkout."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.ground import Ground, break_ground, leave_ground
from tests.wire.conftest import recordings

__all__ = ["ground", "recordings"]


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance of ORG_A in this process."""
    yield break_ground(tmp_path)
    leave_ground()
