"""The command line: a module per noun, imported when its verb is called, so that none waits for the others."""

import importlib
from types import MappingProxyType

import click

from mispmini import __version__, program
from mispmini.cli.starting import Starters
from mispmini.cli.texts import in_its_language, speak

_PLACES = MappingProxyType({
    "serve": "starting",
    "demo": "starting",
    "config": "starting",
    "init": "setup",
    "org": "organisations",
    "user": "users",
    "key": "keys",
    "server": "servers",
    "pull": "syncing",
    "push": "syncing",
    "export": "export",
    "doctor": "caring",
    "backup": "caring",
    "restore": "caring",
    "install-systemd": "service_unit",
    "sbom": "components",
})  # fmt: skip


class _Verbs(click.Group):
    """The verbs by name; each stands under its own name in its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click calls it so)
        return list(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click calls it so)
        if cmd_name not in _PLACES:
            return None
        command: click.Command = getattr(
            importlib.import_module(f"{__name__}.{_PLACES[cmd_name]}"), cmd_name.replace("-", "_")
        )
        return in_its_language(command)


def _tell_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        commit = program.commit()
        click.echo(f"mispmini {__version__}" + (f" (commit {commit})" if commit else ""))
        ctx.exit()


@click.group(cls=_Verbs, invoke_without_command=True)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version, help="Tell the version."
)
@click.pass_context
def commands(ctx: click.Context) -> None:
    """mispmini: MISP's sharing job in one Python process and one SQLite file.

    Without a verb it serves. Every verb takes --json. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 port taken.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(commands.get_command(ctx, "serve"))  # type: ignore[arg-type]


def run(starters: Starters) -> None:
    """Do what the command line says, in the terminal's language, and leave the process with the verb's exit code."""
    speak()
    in_its_language(commands)
    commands(obj=starters, prog_name="mispmini")
