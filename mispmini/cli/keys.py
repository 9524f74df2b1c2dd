"""`key`: authkeys, shown once when they are made."""

from datetime import UTC, datetime

import click

from mispmini.cli.frame import Console, Record, found_by, on_folder, secret_from_stdin
from mispmini.cli.texts import _
from mispmini.cli.users import account_called
from mispmini.domain import clock
from mispmini.domain.people import KeyDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import authkeys
from mispmini.store.authkeys import OwnedKey


@click.group()
def key() -> None:
    """Authkeys of users."""


@key.command()
@click.option("--user", required=True, help="E-mail or id of the user.")
@click.option("--comment", default="", help="What it is for.")
@click.option("--read-only", is_flag=True, help="It may fetch and nothing else.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="Last day, in UTC; never if left out.")
@click.option("--allowed-ip", "allowed_ips", multiple=True, help="Address or range it may be used from; repeatable.")
@click.option("--authkey-stdin", is_flag=True, help="Take the key from standard input instead of making one.")
@on_folder
def add(
    console: Console,
    user: str,
    comment: str,
    read_only: bool,
    expires: datetime | None,
    allowed_ips: tuple[str, ...],
    authkey_stdin: bool,
) -> None:
    """Make a key and print it: it cannot be shown again."""
    draft = KeyDraft(
        comment=comment, read_only=read_only, expiration=_end_of(expires) if expires else 0, allowed_ips=allowed_ips
    )
    raw = secret_from_stdin("Authkey") if authkey_stdin else None
    account = account_called(user)
    made = authkeys.create_authkey(Viewer.everything(), str(account.user.id), draft, raw=raw)
    console.tell(
        {**_record(made.owned), "authkey": made.raw},
        _("Key of %(email)s, shown once: %(key)s", email=account.user.email, key=made.raw),
    )


@key.command("list")
@click.option("--user", help="E-mail or id of one user.")
@on_folder
def list_all(console: Console, user: str | None) -> None:
    """List keys: their ends, owners and limits."""
    user_ref = str(account_called(user).user.id) if user else None
    console.tell_all([_record(owned) for owned in authkeys.list_authkeys(Viewer.everything(), user_ref)])


@key.command()
@click.argument("key_id", type=int)
@click.option("--hours", type=click.IntRange(0, 720), default=24, show_default=True, help="The old one stays valid.")
@on_folder
def rotate(console: Console, key_id: int, hours: int) -> None:
    """Replace the key with the number KEY_ID by one with the same limits, and print that: it cannot be shown again."""
    with found_by(key_id, "key", "key list"):
        made = authkeys.rotate_authkey(Viewer.everything(), key_id, overlap_hours=hours)
    console.tell(
        {**_record(made.owned), "authkey": made.raw},
        _("Key of %(email)s, shown once: %(key)s", email=made.owned.email, key=made.raw),
    )


@key.command()
@click.argument("key_id", type=int)
@on_folder
def revoke(console: Console, key_id: int) -> None:
    """Remove the key with the number KEY_ID: whatever uses it is refused from now on."""
    with found_by(key_id, "key", "key list"):
        gone = authkeys.delete_authkey(Viewer.everything(), key_id)
    console.tell(_record(gone), _("A key of %(email)s is gone.", email=gone.email))


def _end_of(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC, hour=23, minute=59, second=59).timestamp())


def _record(owned: OwnedKey) -> Record:
    found = owned.key
    return {
        "id": found.id,
        "user": owned.email,
        "key": f"{found.authkey_start}…{found.authkey_end}",
        "comment": found.comment,
        "read_only": found.read_only,
        "expires": clock.datetime_text(found.expiration) if found.expiration else None,
        "allowed_ips": list(found.allowed_ips),
        "last_used": clock.datetime_text(found.last_used) if found.last_used else None,
    }
