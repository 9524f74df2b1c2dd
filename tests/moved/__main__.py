"""`python -m tests.moved [CLOCK...]`: the tests of contract, services and pages under clocks that are not today's.

The clocks: a-day-on, 100-days-on, leap-day, year-end. It needs Debian's package faketime.
"""

import os
import shutil
import subprocess
import sys
from calendar import isleap
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from tests.moved.clock import STARTS_WITH_EACH_FILE

FOLDERS = ("tests/contract", "tests/services", "tests/web")
PRELOADED = Path(__file__).with_name("preloaded")


def leap_day(now: datetime) -> datetime:
    """Noon of the next 29 February that is in another year."""
    return datetime(next(year for year in count(now.year + 1) if isleap(year)), 2, 29, 12, tzinfo=UTC)


CLOCKS: dict[str, Callable[[datetime], datetime]] = {
    "a-day-on": lambda now: now + timedelta(days=1),
    "100-days-on": lambda now: now + timedelta(days=100),
    "leap-day": leap_day,
    "year-end": lambda now: now,
}


def run(name: str, words: Sequence[str]) -> int:
    """pytest's exit code under one of the clocks."""
    now = datetime.now(UTC)
    moved = {"FAKETIME": f"+{int((CLOCKS[name](now) - now).total_seconds())}"}
    plugin = ["-p", "tests.moved.clock"] if name == "year-end" else []
    print(f"The clock: {name}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *plugin, *(words or FOLDERS)]
    return subprocess.run(
        command, env=_environment() | (STARTS_WITH_EACH_FILE if plugin else moved), check=False
    ).returncode


def _environment() -> dict[str, str]:
    library = subprocess.run(
        ["faketime", "-m", "now", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
    )
    found = [str(PRELOADED), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "LD_PRELOAD": library.stdout.strip(),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else no thread waits for the interpreter's lock: all ask for it at once
        "PYTHONPATH": os.pathsep.join(found),
    }


if __name__ == "__main__":
    if shutil.which("faketime") is None:
        sys.exit("Moving the clock needs Debian's package faketime.")
    words = sys.argv[1:]
    names = [word for word in words if word in CLOCKS]
    sys.exit(max(run(name, [word for word in words if word not in CLOCKS]) for name in names or CLOCKS))
