"""Hatch's build hook: the commit that a wheel or a source archive was made from goes in as `mispmini/_commit`."""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommitHook(BuildHookInterface):  # type: ignore[type-arg]
    """Named in pyproject.toml."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the file, but for an editable installation: that one asks git itself."""
        told, made = Path(self.root, "mispmini", "_commit"), Path(self.root, "build", "_commit")
        commit = _commit_of(self.root)
        if version == "editable" or not (commit or told.exists()):
            return
        if commit:
            made.parent.mkdir(exist_ok=True)
            made.write_text(commit)
        build_data["force_include"][str(made if commit else told)] = "mispmini/_commit"


def _commit_of(root: str) -> str:
    """What git says, and nothing where there is no git or no repository."""
    try:
        return subprocess.check_output(
            ("git", "rev-parse", "--short=12", "HEAD"), cwd=root, stderr=subprocess.DEVNULL, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
