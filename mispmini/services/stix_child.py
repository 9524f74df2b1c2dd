"""The process that converts between MISP's JSON and STIX with misp-stix: it alone imports it, under limits of its own.

`python -P -m mispmini.services.stix_child export|import VERSION FORMAT INPUT OUTPUT`; exit code 0, or 1 with nothing
written. What it reads comes from strangers, so that it gets neither network settings nor secrets from its parent.
"""

import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 120
FILE_BYTES = 512 * 1024 * 1024
_NAMESPACE = "https://www.misp-project.org"


def main(words: list[str]) -> int:
    """Convert one file into another; returns the exit code."""
    direction, version, wanted, source, target = words
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    convert = _export if direction == "export" else _import
    report = convert(version, wanted, Path(source), Path(target))
    return 0 if report.get("success") and Path(target).is_file() else 1


def _export(version: str, wanted: str, source: Path, target: Path) -> dict[str, object]:
    where = {"output_dir": target.parent, "output_name": target.name}
    if version.startswith("2"):
        return dict(_converter().misp_to_stix2(source, version=version, **where))
    one = {"return_format": wanted, "namespace": _NAMESPACE, "org": "MISP", "version": version}
    if source.name.startswith("attributes"):
        return dict(_converter().misp_attribute_collection_to_stix1(source, **one, **where))
    return dict(_converter().misp_to_stix1(source, **one, **where))


def _import(version: str, _wanted: str, source: Path, target: Path) -> dict[str, object]:
    convert = _converter().stix_1_to_misp if version == "1" else _converter().stix_2_to_misp
    return dict(
        convert(source, single_event=True, galaxies_as_tags=True, output_dir=target.parent, output_name=target.name)
    )


def _converter() -> Any:
    """misp-stix, which has no types; importing it takes seconds."""
    return import_module("misp_stix_converter")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
