"""PyMISP's source distribution, where its live suites ship: fetched when needed, never copied into the repository.

The suites run beside the package that came with them, whatever release is installed.
"""

import subprocess
import sys
import tarfile
from pathlib import Path

from tests.live import ROOT

PINNED = "2.5.34.4"
_KEPT = ROOT / ".venv" / "pymisp-sdist"


def unpack_into(folder: Path) -> Path:
    """The `tests` folder of the pinned release, fresh, with the folder it would otherwise try to clone."""
    with tarfile.open(_archive()) as archive:
        archive.extractall(folder, filter="data")
    tests = folder / f"pymisp-{PINNED}" / "tests"
    (tests / "viper-test-files").mkdir()
    return tests


def _archive() -> Path:
    archive = _KEPT / f"pymisp-{PINNED}.tar.gz"
    if not archive.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        wanted = ["--no-deps", "--no-binary", "pymisp", f"pymisp=={PINNED}", "--dest", str(_KEPT)]
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *wanted], check=True)
    return archive
