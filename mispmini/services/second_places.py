"""Where backups go a second time: a folder, or a program that takes each file elsewhere."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mispmini.domain.errors import MispminiError
from mispmini.domain.instance_settings import N_
from mispmini.domain.masking import masked
from mispmini.store import backups
from mispmini.store.backups import Backup

DEADLINE_SECONDS = 1800
NO_FOLDER = N_("There is no such folder.")
_TAIL = 4096
_LONGEST = 200
_OURS = "MISPMINI_"
_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_PIECES = re.compile(r"[\s=,;:/@]+")


class NotTaken(MispminiError):
    """The second place has not got the backup: why, without secrets."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on another disk or machine; it is never made here, so that one that is not mounted is noticed."""

    path: Path

    @property
    def name(self) -> str:
        """How people are told of it."""
        return str(self.path)

    def take(self, made: Backup) -> None:
        """Get a copy, read back there. Raises NotTaken."""
        if not self.path.is_dir():
            raise NotTaken(NO_FOLDER)
        try:
            backups.copy_to(made, self.path)
        except OSError as error:
            raise NotTaken(error.strerror or str(error)) from error
        except MispminiError as error:
            raise NotTaken(error.sentence) from error


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments; the file's path is added as the last one, and no shell reads any of it."""

    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """How people are told of it; arguments may hold secrets."""
        return self.words[0]

    def take(self, made: Backup) -> None:
        """Run it to its end. Raises NotTaken with its exit code and its last line."""
        with tempfile.TemporaryFile() as told:
            code = self._run(made.path, told)
            if code:
                ending = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
                last = masked(_last_line(told), self._secrets())[:_LONGEST]
                raise NotTaken(f"{ending}: {last}" if last else ending)

    def _run(self, path: Path, told: IO[bytes]) -> int:
        try:
            process = subprocess.Popen(  # noqa: S603 - only file, environment and flags say which program it is
                [*self.words, str(path)], stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT,
                env=_environment(), start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise NotTaken(f"it cannot be started ({getattr(error, 'strerror', None) or 'bad argument'})") from None
        try:
            return process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with all that it started
            process.wait()
            raise NotTaken(f"it had not ended after {DEADLINE_SECONDS // 60} minutes") from None

    def _secrets(self) -> Iterator[str]:
        """Its arguments, whole and in pieces, and what its environment names like a secret."""
        for word in self.words[1:]:
            yield from (word, *_PIECES.split(word)[1:]) if word.startswith("-") else (word, *_PIECES.split(word))
        yield from (value for name, value in _environment().items() if _SECRET_NAME.search(name))


Place = Folder | Command


def places(folder: str, command: tuple[str, ...]) -> tuple[Place, ...]:
    """What the settings name."""
    return (*((Folder(Path(folder)),) if folder else ()), *((Command(command),) if command else ()))


def _environment() -> Mapping[str, str]:
    """Ours, without our own settings: they may hold passwords."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


def _last_line(told: IO[bytes]) -> str:
    size = told.seek(0, os.SEEK_END)
    told.seek(max(0, size - _TAIL))
    lines = [line for line in told.read().decode(errors="replace").splitlines() if line.strip()]
    return "".join(letter if letter.isprintable() else " " for letter in lines[-1]).strip() if lines else ""
