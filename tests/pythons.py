"""The Pythons of this machine: those that the product promises to run on, and where they are."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

PROMISED = ("3.11", "3.12", "3.13")
NEWER = ("3.12", "3.13", "3.14", "3.15")


@cache
def find_python(version: str) -> Path | None:
    """One that runs and is of a version like "3.12": on PATH, Debian's own, or one of pyenv's; None without."""
    named = shutil.which(f"python{version}")
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    debian = Path("/usr/bin/python3")
    return next((path for path in (debian, *map(Path, filter(None, [named])), *kept) if _is(path, version)), None)


def _is(path: Path, version: str) -> bool:
    told = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        asked = subprocess.run((path, "-c", told), capture_output=True, text=True, check=False)
    except OSError:
        return False
    return asked.stdout.strip() == version


def main() -> None:
    """For `.ci/run`: the newer ones that are here, one a line; those that are not are named on standard error."""
    for version in NEWER:
        found = find_python(version)
        print(found or f"Python {version} was not found: nothing is run with it.", file=None if found else sys.stderr)


if __name__ == "__main__":
    main()
