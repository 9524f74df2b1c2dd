"""What all verbs share: the data folder, how they answer, and their exit codes."""

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

import click

from mispmini.cli.texts import _
from mispmini.domain.errors import BadRequest, MispminiError, NotFound, Unusable
from mispmini.domain.setting_values import fixable_readers
from mispmini.settings import Settings, SettingsError, load_settings

Record = Mapping[str, object]
Verb = Callable[..., None]

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that holds everything. Default: $MISPMINI_DATA, else ./mispmini-data, else /var/lib/mispmini.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


class ExitCode(IntEnum):
    """How a verb ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PORT_TAKEN = 3


class PortTaken(MispminiError):
    """The address cannot be listened on."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where a verb answers, and the settings it works under."""

    settings: Settings
    as_json: bool

    def tell(self, record: Record, *lines: str) -> None:
        """One result: the record as a JSON line, or the lines for people."""
        tell(record, *lines, as_json=self.as_json)

    def tell_all(self, records: Sequence[Record]) -> None:
        """A list: one JSON array, or a table with the keys as its heads."""
        if self.as_json:
            click.echo(json.dumps(records))
        elif records:
            click.echo(_table([list(records[0]), *([_cell(value) for value in record.values()] for record in records)]))


def tell(record: Record, *lines: str, as_json: bool) -> None:
    """One result of a verb that needs no settings: the record as a JSON line, or the lines for people."""
    click.echo(json.dumps(record) if as_json else "\n".join(lines))


def on_folder(verb: Verb) -> Verb:
    """Make a verb of a function: adds --data and --json, opens the database, gives it a Console first."""

    @data_option
    @json_option
    @functools.wraps(verb)
    def run(data: Path | None, as_json: bool, **options: object) -> None:
        console = Console(read_settings(data), as_json)
        with refusals(as_json=as_json), opened(console.settings):
            verb(console, **options)

    return run


def read_settings(data: Path | None, **overrides: object) -> Settings:
    """The settings under this environment and these flags; a wrong one is a usage error."""
    try:
        return load_settings(data=data, overrides=overrides, environ=os.environ, instance=fixable_readers())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


@contextmanager
def refusals(*, as_json: bool) -> Iterator[None]:
    """Turn named refusals, and what the system refuses, into one line and an exit code."""
    try:
        yield
    except BrokenPipeError:  # whoever read has gone: click ends this quietly
        raise
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        _refuse(Unusable(f"{place}{error.strerror or error}."), as_json=as_json)
    except UnicodeError:  # bytes of another encoding, from the command line or standard input
        _refuse(BadRequest(_("What was given is no text in this terminal's encoding. UTF-8 works.")), as_json=as_json)
    except MispminiError as error:
        _refuse(error, as_json=as_json)


def _refuse(error: MispminiError, *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"error": error.sentence, **_details(error)}))
    else:
        click.echo(_("Error: {message}").format(message=_(error.sentence)), err=True)
        for field, text in _details(error).items():
            click.echo(f"  {field}: {text}", err=True)
    sys.exit(ExitCode.PORT_TAKEN if isinstance(error, PortTaken) else ExitCode.FAILED)


@contextmanager
def opened(settings: Settings, *, anew: bool = False) -> Iterator[None]:
    """The folder's database, beside a serving process or without one; made where it is missing if `anew`.

    Raises NotFound where there is none.
    """
    from mispmini.services import addresses, audit
    from mispmini.store import database
    from mispmini.store.settings import fix_settings

    if not (anew or settings.database_path.exists()):
        raise NotFound(_("There is no mispmini in %(folder)s. Make one with `init` or `serve`.", folder=settings.data))
    make_private(settings.data)
    database.open_database(settings.database_path)
    addresses.announce(settings.effective_base_url, is_guess=not settings.base_url)
    fix_settings(settings.locked, settings.sources)
    audit.begin("command")
    try:
        with database.damage_named():
            yield
    finally:
        database.close_database()


@contextmanager
def found_by(ref: object, kind: str, verb: str) -> Iterator[None]:
    """What is looked up here and is not there is told by its kind, with the verb that shows what is."""
    try:
        yield
    except NotFound:
        raise NotFound(
            _("There is no %(kind)s %(ref)s. `%(verb)s` shows what there is.", kind=_(kind), ref=ref, verb=verb)
        ) from None


def make_private(folder: Path) -> None:
    """The data folder is its owner's alone, and so is what this process writes from now on (TRUST §5).

    Root becomes the owner: a file of root's in it would stop the service.
    """
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    folder.chmod(0o700)


def secret_from_stdin(what: str) -> str:
    """One line of standard input; a person at a terminal is asked and does not see what they type."""
    if sys.stdin.isatty():
        answer: str = click.prompt(what, hide_input=True)
        return answer
    return sys.stdin.readline().rstrip("\r\n")


def _details(error: MispminiError) -> Mapping[str, str]:
    errors = getattr(error, "errors", None)
    if isinstance(errors, str):
        return {"reason": errors}
    return {field: _cell(text) for field, text in (errors or {}).items()}


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    return "" if value is None else str(value)


def _table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
