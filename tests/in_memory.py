"""Folders of a test run in memory, where the system offers that: a disk makes each database wait."""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 1024**3


def keep_folders_in_memory() -> None:
    """From now on in this process, and in what it starts, unless somebody chose a place or there is little room."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM:
        return
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None
