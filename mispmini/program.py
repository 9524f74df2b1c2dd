"""How this program was started: from one file, a checkout or an installation; and the words that start it again."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

BESIDE = "mispmini-packages"
_SCRIPTS = ("app.py", "mispmini")
_PACKAGE = Path(__file__).resolve().parent


def command() -> tuple[str, ...]:
    """The words before a verb that start this same program from any folder."""
    script = Path(sys.argv[0]).absolute()
    if is_one_file() or (script.name in _SCRIPTS and script.is_file()):
        return sys.executable, str(script)
    return sys.executable, "-m", "mispmini"


def is_one_file() -> bool:
    """Whether all of it, libraries included, came out of one file."""
    return zipfile.is_zipfile(sys.argv[0])


def find_packages_beside() -> None:
    """Packages in the folder `mispmini-packages` beside the one file are found, also by what is started from here."""
    folder = Path(sys.argv[0]).absolute().parent / BESIDE
    if is_one_file() and folder.is_dir():
        sys.path.append(str(folder))
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(folder))))


def commit() -> str:
    """The commit this was made from, as the build wrote it down or git says in a checkout; "" where nobody knows."""
    try:
        return (_PACKAGE / "_commit").read_text(encoding="ascii").strip()
    except OSError:
        pass
    if not (_PACKAGE.parent / ".git").exists():
        return ""
    try:
        asked = ("git", "rev-parse", "--short=12", "HEAD")
        return subprocess.run(asked, cwd=_PACKAGE, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return ""
