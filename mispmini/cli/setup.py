"""`init`: make an instance without a browser."""

import sys
from pathlib import Path

import click

from mispmini.cli.frame import Console, data_option, json_option, opened, read_settings, refusals, secret_from_stdin
from mispmini.cli.texts import _
from mispmini.services import setting_up
from mispmini.services.setting_up import FirstRun, Founded
from mispmini.store.database import writing
from mispmini.store.settings import save_setting


@click.command()
@data_option
@click.option("--org-name", required=True, help="Name of your organisation.")
@click.option("--org-uuid", help="The uuid your organisation has in other instances; a new one if left out.")
@click.option("--admin-email", required=True, help="Login of the first site admin.")
@click.option("--base-url", help="The address partners will know this server by.")
@click.option("--password-stdin", is_flag=True, help="Take the admin's password from standard input.")
@click.option("--authkey-stdin", is_flag=True, help="Take the admin's key from standard input, after the password.")
@json_option
def init(
    data: Path | None,
    org_name: str,
    org_uuid: str | None,
    admin_email: str,
    base_url: str | None,
    password_stdin: bool,
    authkey_stdin: bool,
    as_json: bool,
) -> None:
    """Make an instance: the organisation, its site admin, and the admin's key, which is printed once."""
    settings = read_settings(data, base_url=base_url)
    with refusals(as_json=as_json):
        first = FirstRun(
            org_name=org_name,
            org_uuid=org_uuid,
            email=admin_email,
            password=secret_from_stdin("Password") if password_stdin or sys.stdin.isatty() else None,
            authkey=secret_from_stdin("Authkey") if authkey_stdin else None,
            wants_key=True,
        )
        with opened(settings, anew=True):
            founded = _found(first, base_url)
            _tell(Console(settings, as_json), founded, admin_email)


def _found(first: FirstRun, base_url: str | None) -> Founded:
    """Set up, and keep the address as the set-up page does, both or neither."""
    with writing():
        founded = setting_up.set_up(first)
        if base_url:
            save_setting("external_baseurl", base_url.rstrip("/"), user_id=founded.user_id)
        return founded


def _tell(console: Console, founded: Founded, email: str) -> None:
    organisation = founded.organisation
    record = {
        "data": str(console.settings.data),
        "org": organisation.name,
        "org_uuid": organisation.uuid,
        "email": email,
        "authkey": founded.authkey,
    }
    console.tell(
        record,
        _(
            "%(name)s (%(uuid)s) is set up in %(folder)s.",
            name=organisation.name,
            uuid=organisation.uuid,
            folder=console.settings.data,
        ),
        _("Key of %(email)s, shown once: %(key)s", email=email, key=founded.authkey),
        _("Start it with `serve`. Another password for %(email)s: `user password %(email)s`.", email=email),
    )
