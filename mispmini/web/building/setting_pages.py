"""What the pages of settings are given, in the words of the reader's language."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from flask import current_app

from mispmini.domain.instance_settings import FACTS, Fact, Group, Kind, Spec
from mispmini.services.instance_settings import Standing
from mispmini.services.organisations import find_name
from mispmini.settings import OWN_NAMES, Settings
from mispmini.web import pages
from mispmini.web.i18n import N_, gettext

_GROUPS = {
    Group.IDENTITY: N_("This server"),
    Group.EVENTS: N_("Events"),
    Group.PARTNERS: N_("Partners"),
    Group.CORRELATION: N_("Correlation"),
    Group.ACCOUNTS: N_("Users and keys"),
    Group.ORGANISATIONS: N_("Who sees organisations"),
    Group.LOGS: N_("Logs and backups"),
    Group.FEED: N_("Own feed"),
    Group.MAIL: N_("E-mail"),
}
_SOURCES = {
    "default": N_("Default"),
    "here": N_("Set here"),
    "file": N_("config.toml"),
    "environment": N_("Environment"),
    "flag": N_("Command line"),
}
_FIXED = {
    "data": N_("The folder that holds everything."),
    "host": N_("The address that the server listens on."),
    "port": N_("The port that the server listens on."),
    "base_url": N_("The URL by which partners know this server."),
    "allow_internal": N_("Internal networks that may be called although they are internal."),
    "threads": N_("How many requests are answered at a time."),
    "trusted_proxy": N_("The proxy in front, whose word for a caller's address is taken."),
    "max_body_bytes": N_("The largest request, in bytes."),
    "max_inflated_bytes": N_("The largest request once it is inflated, in bytes."),
    "language": N_("The language for whoever has not chosen one."),
    "log_level": N_("How much the process's own log tells."),
    "scheduler": N_("Whether this process pushes and pulls by itself."),
    "retry_base": N_("Seconds before a delivery that failed is tried again."),
    "backup_folder": N_("A second folder for backups, on another disk or machine."),
    "backup_command": N_("A program that takes each backup elsewhere; it is given the file's path."),
}
_FORMS: dict[Kind, Literal["tick", "choice", "number", "text", "lines", "password"]] = {
    Kind.YES_NO: "tick",
    Kind.CHOICE: "choice",
    Kind.ORGANISATION: "choice",
    Kind.NUMBER: "number",
    Kind.URLS: "lines",
    Kind.NUMBERS: "lines",
    Kind.SECRET: "password",
}
_RESTART = N_("It is set in config.toml or the environment, and takes effect at the next start.")


def index_page(found: Sequence[Standing], *, group: str, search: str) -> pages.SettingsPage:
    """The settings of one group, or those that a search finds in all of them."""
    rows = tuple(_row(standing) for standing in found if search or not group or standing.spec.group == group)
    fixed = () if group else _fixed_rows()
    choices = (
        pages.Choice("", gettext("All settings")),
        *(pages.Choice(one.value, gettext(_GROUPS[one])) for one in Group),
    )
    return pages.SettingsPage(
        form=pages.Form({"q": search}),
        groups=choices,
        group="" if search else group,
        rows=_matching(rows, search),
        fixed=_matching(fixed, search),
        facts=_matching(() if group else tuple(map(_fact_row, FACTS.values())), search),
    )


def edit_page(
    found: Standing, organisations: Iterable[tuple[int, str]], form: pages.Form | None = None
) -> pages.SettingFormPage:
    """The form of one setting; `organisations` are the local ones by id and name."""
    spec = found.spec
    choices = tuple(pages.Choice(str(value), gettext(sentence)) for value, sentence in spec.choices)
    if spec.kind is Kind.ORGANISATION:
        choices = tuple(pages.Choice(str(org_id), name) for org_id, name in organisations)
    return pages.SettingFormPage(
        row=_row(found),
        form=form or pages.Form({"value": _as_typed(found.value)}),
        kind=_FORMS.get(spec.kind, "text"),
        choices=choices,
        group=spec.group,
    )


def _matching(rows: tuple[pages.SettingRow, ...], search: str) -> tuple[pages.SettingRow, ...]:
    wish = search.strip().casefold()
    return tuple(row for row in rows if wish in f"{row.name} {row.label} {row.sentence} {row.value}".casefold())


def _row(found: Standing) -> pages.SettingRow:
    spec = found.spec
    return pages.SettingRow(
        name=spec.name,
        label=spec.misp or spec.name,
        sentence=gettext(spec.sentence),
        value=_shown(spec, found.value),
        default=_shown(spec, spec.default),
        source=gettext(_SOURCES[found.source]),
        is_changed=found.is_changed and found.value != spec.default,
        locked="" if found.locked is None else gettext(found.locked),
    )


def _fixed_rows() -> tuple[pages.SettingRow, ...]:
    settings: Settings = current_app.config["SETTINGS"]
    return tuple(
        pages.SettingRow(
            name=name,
            label=name,
            sentence=gettext(_FIXED[name]),
            value=_plain(settings.shown(name)),
            default="",
            source=gettext(_SOURCES[settings.sources.get(name, "default")]),
            is_changed=settings.sources.get(name, "default") != "default",
            locked=gettext(_RESTART),
        )
        for name in _FIXED
        if name in OWN_NAMES
    )


def _fact_row(fact: Fact) -> pages.SettingRow:
    return pages.SettingRow(
        name=fact.name,
        label=fact.name,
        sentence=gettext(fact.sentence),
        value=_plain(fact.value),
        default="",
        source=gettext("This product"),
        is_changed=False,
        locked=gettext("It is decided here for good."),
    )


def _shown(spec: Spec, value: object) -> str:
    if spec.kind is Kind.ORGANISATION and isinstance(value, int):
        return find_name(value)
    named = dict(spec.choices)
    return gettext(named[value]) if value in named else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "–"
    return "–" if value in (None, "") else str(value.resolve() if isinstance(value, Path) else value)


def _as_typed(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "\n".join(str(item) for item in value) if isinstance(value, tuple) else str("" if value is None else value)
