"""`doctor`, `backup` and `restore`: caring for the house (FEATURES rows 10, 82, 93)."""

import sys
from pathlib import Path

import click

from mispmini.cli.frame import Console, ExitCode, data_option, json_option, on_folder, read_settings, refusals
from mispmini.cli.texts import _
from mispmini.domain import clock
from mispmini.domain.diagnostics import Check, Verdict, worst
from mispmini.domain.viewer import Viewer
from mispmini.services import backing_up, diagnostics, identity
from mispmini.services.backing_up import Backup
from mispmini.services.second_places import places

_MIB = 1024 * 1024


@click.command()
@click.option("--confirm-identity", is_flag=True, help="Partners were told of the new URL or organisation.")
@on_folder
def doctor(console: Console, confirm_identity: bool) -> None:
    """Check the server and tell what to mend; exit code 1 if something fails."""
    if confirm_identity:
        identity.confirm(Viewer.everything())
    checks = (*diagnostics.look_for_damage(), *diagnostics.run_checks(), diagnostics.check_rows())
    if console.as_json:
        console.tell_all([_record(check) for check in checks])
    else:
        console.tell({}, *(line for check in checks for line in _lines(check)))
    if worst(checks) is Verdict.FAIL:
        sys.exit(ExitCode.FAILED)


@click.command()
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="Folder for it; <data>/backups if left out."
)
@on_folder
def backup(console: Console, to: Path | None) -> None:
    """Write everything into one file, also beside a serving process, and check it."""
    second = () if to else places(console.settings.backup_folder, console.settings.backup_command)
    made = backing_up.back_up(to, second)
    console.tell(
        _told(made),
        _(
            "Wrote %(path)s (%(size)d MiB, %(count)d files); it is whole.",
            path=made.path,
            size=-(-made.size // _MIB),
            count=made.files,
        ),
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
@click.option("--check", is_flag=True, help="Do all but put the folder in place.")
@json_option
def restore(file: Path, data: Path | None, check: bool, as_json: bool) -> None:
    """Make a data folder of a backup, or of a copy taken before a migration; the folder must be new or empty."""
    settings = read_settings(data)
    with refusals(as_json=as_json):
        found = backing_up.restore_into(file, settings.data, only_check=check)
    moment = clock.datetime_text(found.created)
    first = (
        _("%(file)s is whole.", file=file)
        if check
        else _("Restored %(folder)s as it was %(moment)s UTC.", folder=settings.data, moment=moment)
    )
    alone = (_("It is the database alone: no attachments, certificates and keys lay beside it."),) * (
        found.files == 1 and file.suffix != ".tar"
    )
    Console(settings, as_json).tell(_told(found), first, *alone)


def _record(check: Check) -> dict[str, object]:
    return {
        "check": check.name,
        "verdict": str(check.verdict),
        "sentence": check.sentence % check.values,
        "advice": check.advice,
        "since": clock.datetime_text(check.since) if check.since else None,
    }


def _lines(check: Check) -> list[str]:
    since = _(" (since %(moment)s UTC)", moment=clock.datetime_text(check.since)) if check.since else ""
    first = f"{check.verdict:<4}  {_(check.sentence) % check.values}{since}"
    return [first, f"      {_(check.advice)}"] if check.advice else [first]


def _told(made: Backup) -> dict[str, object]:
    return {
        "path": str(made.path),
        "created": clock.datetime_text(made.created),
        "schema": made.schema,
        "files": made.files,
        "bytes": made.size,
    }
