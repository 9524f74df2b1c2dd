"""mispmini: MISP's sharing job in one Python process and one SQLite file."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("mispmini")
except PackageNotFoundError:  # started from a checkout that was never installed
    __version__ = "0.0.0+checkout"
