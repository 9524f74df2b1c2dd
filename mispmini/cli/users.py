"""`user`: accounts."""

import click

from mispmini.cli.frame import Console, Record, on_folder, secret_from_stdin
from mispmini.cli.organisations import organisation_called
from mispmini.cli.texts import _
from mispmini.domain.errors import NotFound
from mispmini.domain.people import UserDraft
from mispmini.domain.records import RoleRecord
from mispmini.domain.viewer import Viewer
from mispmini.services import accounts, roles, second_factor, signing_in
from mispmini.store.people import Account


@click.group()
def user() -> None:
    """Accounts of people and of partners' servers."""


@user.command()
@click.option("--email", required=True)
@click.option("--org", required=True, help="Its organisation: id, uuid or name.")
@click.option("--role", default="User", show_default=True, help="Name or id of the role; partners need `Sync user`.")
@click.option("--password-stdin", is_flag=True, help="Take a password from standard input, to be changed at login.")
@on_folder
def add(console: Console, email: str, org: str, role: str, password_stdin: bool) -> None:
    """Add an account. Without a password it can only use keys."""
    draft = UserDraft(
        email=email,
        org=organisation_called(org).uuid,
        role_id=_role_called(role).id,
        password=secret_from_stdin("Password") if password_stdin else None,
        change_pw=password_stdin,
    )
    added = accounts.add_user(Viewer.everything(), draft)
    console.tell(
        _record(added),
        _(
            "Added %(email)s with the id %(id)d, role %(role)s.",
            email=added.user.email,
            id=added.user.id,
            role=added.role.name,
        ),
    )


@user.command("list")
@on_folder
def list_all(console: Console) -> None:
    """List all accounts."""
    console.tell_all([_record(account) for account in accounts.list_users(Viewer.everything())])


@user.command()
@click.argument("account")
@on_folder
def password(console: Console, account: str) -> None:
    """Give ACCOUNT (its e-mail or id) another password, asked for or read from standard input; it is logged out."""
    found = account_called(account)
    accounts.set_password(Viewer.everything(), str(found.user.id), secret_from_stdin("Password"), must_change=False)
    console.tell(_record(found), _("%(email)s has another password.", email=found.user.email))


@user.command()
@click.argument("account")
@on_folder
def disable(console: Console, account: str) -> None:
    """Shut ACCOUNT (its e-mail or id) out: its sessions end and its keys are refused at once."""
    _set_disabled(console, account, disabled=True)


@user.command()
@click.argument("account")
@on_folder
def enable(console: Console, account: str) -> None:
    """Let ACCOUNT (its e-mail or id) in again."""
    _set_disabled(console, account, disabled=False)


@user.command()
@click.argument("account")
@on_folder
def unlock(console: Console, account: str) -> None:
    """Let ACCOUNT (its e-mail or id) sign in again at once after too many wrong passwords."""
    found = account_called(account)
    signing_in.unlock(found.user.email)
    console.tell(_record(found), _("%(email)s may sign in again.", email=found.user.email))


@user.command("second-factor-off")
@click.argument("account")
@on_folder
def second_factor_off(console: Console, account: str) -> None:
    """Let ACCOUNT (its e-mail or id) in with its password alone, when telephone and recovery codes are lost."""
    found = account_called(account)
    second_factor.turn_off(Viewer.everything(), str(found.user.id))
    console.tell(_record(found), _("%(email)s signs in with its password alone.", email=found.user.email))


@user.command()
@click.argument("account")
@on_folder
def delete(console: Console, account: str) -> None:
    """Remove ACCOUNT (its e-mail or id) with its keys; its events stay."""
    gone = accounts.delete_user(Viewer.everything(), str(account_called(account).user.id))
    console.tell(_record(gone), _("%(email)s is gone.", email=gone.user.email))


def account_called(ref: str) -> Account:
    """The account with this id or e-mail. Raises NotFound."""
    for account in accounts.list_users(Viewer.everything()):
        if ref.casefold() in (str(account.user.id), account.user.email.casefold()):
            return account
    raise NotFound(_("There is no user %(ref)s. `user list` shows who there is.", ref=ref))


def _set_disabled(console: Console, account: str, *, disabled: bool) -> None:
    draft = UserDraft(disabled=disabled)
    changed = accounts.edit_user(Viewer.everything(), str(account_called(account).user.id), draft)
    console.tell(
        _record(changed),
        _("%(email)s is disabled.", email=changed.user.email)
        if disabled
        else _("%(email)s is enabled.", email=changed.user.email),
    )


def _role_called(ref: str) -> RoleRecord:
    found = roles.list_roles(Viewer.everything())
    for role in found:
        if ref.casefold() in (str(role.id), role.name.casefold()):
            return role
    raise NotFound(
        _("There is no role %(ref)s. Roles are: %(names)s.", ref=ref, names=", ".join(role.name for role in found))
    )


def _record(account: Account) -> Record:
    return {
        "id": account.user.id,
        "email": account.user.email,
        "org": account.organisation.name,
        "role": account.role.name,
        "keys": account.key_count,
        "disabled": account.user.disabled,
    }
