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
        asked = subprocess.run(
            ("git", "rev-parse", "--short=12", "HEAD"), cwd=self.root, capture_output=True, text=True
        )
        if version == "editable" or (asked.returncode and not told.exists()):
            return
        if not asked.returncode:
            made.parent.mkdir(exist_ok=True)
            made.write_text(asked.stdout)
        build_data["force_include"][str(told if asked.returncode else made)] = "mispmini/_commit"
