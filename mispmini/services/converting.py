"""STIX in and out, converted by misp-stix in a process of its own, one at a time (LIBRARIES, STIX)."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import mispmini
from mispmini.domain.errors import BadRequest, Busy, NotBuiltIn, TooLarge

MISSING = "STIX needs an extra package: pip install mispmini[stix]"
UNREADABLE = "The document could not be read as STIX."
UNWRITABLE = "This could not be written as STIX."
TOO_MUCH = "This is too much to be converted at once."
ONE_ELSE = "Another STIX document is being converted. Please try again in a moment."
SECONDS = 150
_WAIT_SECONDS = 60
_PIECE = 64 * 1024
_OUT_OF_MEMORY, _OUT_OF_TIME, _OUT_OF_SPACE = b"MemoryError", -24, -25
_one_at_a_time = threading.Semaphore(1)


@dataclass(frozen=True, slots=True)
class StixForm:
    """A form of STIX: `version` as misp-stix names it, `wanted` json or xml."""

    version: str
    wanted: str = "json"


def must_be_installed() -> None:
    """Raises NotBuiltIn without the extra package."""
    if find_spec("misp_stix_converter") is None:
        raise NotBuiltIn(MISSING)


def to_stix(texts: Iterable[str], form: StixForm, *, of_attributes: bool) -> Iterator[bytes]:
    """Pieces of the STIX document of a restSearch answer, whose JSON text comes in pieces.

    Raises NotBuiltIn, Busy, TooLarge past the limits of stix_child, BadRequest for what cannot be converted.
    """
    must_be_installed()
    folder = tempfile.TemporaryDirectory(prefix="mispmini-stix-")
    source = Path(folder.name) / ("attributes.json" if of_attributes else "events.json")
    try:
        with source.open("w", encoding="utf-8") as file:
            file.writelines(texts)
        target = _converted("export", form, source, UNWRITABLE)
    except BaseException:
        folder.cleanup()
        raise
    return _pieces(target, folder)


def _pieces(path: Path, folder: "tempfile.TemporaryDirectory[str]") -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def from_stix(body: bytes, version: str) -> bytes:
    """The JSON of the one event that a STIX 1 or 2 document becomes. Raises as `to_stix` does."""
    must_be_installed()
    with tempfile.TemporaryDirectory(prefix="mispmini-stix-") as folder:
        source = Path(folder) / ("document.json" if version == "2" else "document.xml")
        source.write_bytes(body)
        return _converted("import", StixForm(version), source, UNREADABLE).read_bytes()


def _converted(direction: str, form: StixForm, source: Path, refusal: str) -> Path:
    target = source.with_name("converted")
    if not _one_at_a_time.acquire(timeout=_WAIT_SECONDS):
        raise Busy(ONE_ELSE)
    try:
        done = _run([direction, form.version, form.wanted, str(source), str(target)], source.parent)
    finally:
        _one_at_a_time.release()
    if done.returncode in (_OUT_OF_TIME, _OUT_OF_SPACE) or _OUT_OF_MEMORY in done.stderr:
        raise TooLarge(TOO_MUCH)
    if done.returncode != 0:
        raise BadRequest(refusal)
    return target


def _run(words: list[str], folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """The child, with nothing of our environment but where its modules are."""
    package = Path(mispmini.__file__).parent.parent
    environment = {"PYTHONPATH": str(package), "HOME": str(folder), "PATH": os.defpath, "LANG": "C.UTF-8"}
    command = [sys.executable, "-P", "-m", "mispmini.services.stix_child", *words]
    try:
        return subprocess.run(  # noqa: S603
            command, cwd=folder, env=environment, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise TooLarge(TOO_MUCH) from None
