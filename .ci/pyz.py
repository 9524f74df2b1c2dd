"""`make pyz`: the product and all it needs in one file, the same bytes each time, for every Python from 3.11 on.

The libraries are those of the environment that runs this, which the tests ran with; what is compiled is left out.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "pyz"
TARGET = ROOT / "dist" / "mispmini.pyz"
MOST_BYTES = 8 * 1024 * 1024
DATA_ONLY = ("pymisp", "pytaxonomies")  # their files are read, their code is never run
COMPILED = ("google-re2",)  # nothing of it is left without its library
LEFT_OUT = (
    "bin", "pymisp/tools", "pymisp/data/schema*.json", "*.dist-info/direct_url.json", "*.dist-info/RECORD",
    "*.dist-info/REQUESTED", "**/*.so", "**/*.pyi", "*-stubs", "**/__pycache__",
)  # fmt: skip


def main() -> None:
    """Gather, leave out, pack, and tell size and checksum."""
    shutil.rmtree(SITE, ignore_errors=True)
    TARGET.parent.mkdir(exist_ok=True)
    moment = subprocess.check_output(("git", "log", "-1", "--format=%ct"), cwd=ROOT, text=True).strip()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": moment, "PYTHONPATH": ""}
    pins = [f"{name}=={distribution(name).version}" for name in sorted(needed("mispmini"))]
    _run("pip", "-qq", "install", "--no-deps", "--no-compile", "--target", SITE, ROOT, *pins, env=environment)
    for pattern in LEFT_OUT:
        for path in sorted(SITE.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    start = ("--console-script", "mispmini", "--python", "/usr/bin/env python3", "--extend-pythonpath")
    _run("shiv", "--site-packages", SITE, "--reproducible", *start, "--output-file", TARGET, env=environment)
    size = TARGET.stat().st_size
    print(f"dist/{TARGET.name}: {size / 2**20:.2f} MiB, sha256 {hashlib.sha256(TARGET.read_bytes()).hexdigest()}")
    if size > MOST_BYTES:
        sys.exit(f"It is larger than {MOST_BYTES / 2**20:.0f} MiB.")


def needed(name: str) -> set[str]:
    """The distributions that one needs here, and what those need in turn."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for line in distribution(waiting.pop()).requires or ():
            wanted = Requirement(line)
            part = re.sub(r"[-_.]+", "-", wanted.name).lower()
            applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
            if applies and part not in found and part not in COMPILED:
                found.add(part)
                waiting += [] if part in DATA_ONLY else [part]
    return found


def _run(module: str, *words: object, env: dict[str, str]) -> None:
    subprocess.run((sys.executable, "-m", module, *map(str, words)), check=True, env=env)


if __name__ == "__main__":
    main()
