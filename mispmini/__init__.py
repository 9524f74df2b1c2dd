"""mispmini: MISP's sharing job in one Python process and one SQLite file."""

import sys
from importlib.metadata import PackageNotFoundError, version

if sys.version_info < (3, 11):  # noqa: UP036 (the one file may meet an older Python)
    sys.exit("mispmini needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

try:
    __version__ = version("mispmini")
except PackageNotFoundError:  # started from a checkout that was never installed
    __version__ = "0.0.0+checkout"
