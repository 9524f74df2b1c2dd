"""Where the templates and static files lie: inside an installed package, beside it in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


class AssetsMissing(RuntimeError):
    """The templates or static files were not installed with the package."""


def templates_dir() -> Path:
    """Folder of the Jinja templates; raises AssetsMissing."""
    return find_assets("templates")


def static_dir() -> Path:
    """Folder that is served under /static; raises AssetsMissing."""
    return find_assets("static")


def find_assets(name: str, *, package: Path = _PACKAGE) -> Path:
    """The package's own `_<name>` (put there by the wheel), else `<name>` beside the package; raises AssetsMissing."""
    for folder in (package / f"_{name}", package.parent / name):
        if folder.is_dir():
            return folder
    raise AssetsMissing(f"The folder {name}/ was found neither in the package {package} nor beside it.")
