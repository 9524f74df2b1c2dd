"""The language of the command line: that of the terminal, as LANGUAGE, LC_ALL, LC_MESSAGES or LANG name it."""

import gettext
import inspect
from pathlib import Path

import click

_DOMAIN = "mispmini"


def speak() -> None:
    """Let click's own words, too, come from our catalogue."""
    gettext.bindtextdomain(_DOMAIN, str(Path(__file__).resolve().parent.parent / "locale"))
    gettext.textdomain(_DOMAIN)


def _(message: str, **values: object) -> str:
    """A message in that language, with `%(name)s` filled from `values` when there are any."""
    translated = gettext.gettext(message) if message else ""
    return translated % values if values else translated


def in_its_language(command: click.Command) -> click.Command:
    """A verb whose help is told in that language, and its options', and those of the verbs below it."""
    command.help = _(inspect.cleandoc(command.help or ""))
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            parameter.help = _(parameter.help or "")
    if isinstance(command, click.Group):
        for below in command.commands.values():
            in_its_language(below)
    return command


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark what click says by itself for extraction."""
    return message


CLICKS_OWN = (
    N_("Usage:"), N_("Options"), N_("Commands"), N_("Show this message and exit."), N_("default: {default}"),
    N_("required"), N_("Error: {message}"), N_("Aborted!"), N_("Try '{command} {option}' for help."),
    N_("Missing command."), N_("Missing argument"), N_("Missing option"), N_("Missing parameter"),
    N_("No such command {name!r}."), N_("No such option {name!r}."), N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"), N_("Could not open file {filename!r}: {message}"),
)  # fmt: skip
