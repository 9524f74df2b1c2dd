"""What the pages about accounts show."""

from collections.abc import Mapping
from dataclasses import asdict

from mispmini.domain.permissions import Permission
from mispmini.services import accounts, authkeys, organisations, registrations, roles, servers, sync_configs
from mispmini.services.accounts import Account
from mispmini.services.organisations import Scope
from mispmini.web import i18n, pages
from mispmini.web.building import second_factor_pages
from mispmini.web.building.key_pages import key_row
from mispmini.web.i18n import _
from mispmini.web.paging import asked_slice, paging
from mispmini.web.who import current_viewer


def index_page(found: list[Account], search: str = "") -> pages.UsersPage:
    """The accounts that an admin sees; `search` is the part of the e-mail that was asked for."""
    part = asked_slice()
    rows = tuple(
        pages.UserRow(
            id=account.user.id,
            email=account.user.email,
            organisation=account.organisation.name,
            role=account.role.name,
            keys=account.key_count,
            last_login=account.user.last_login or None,
            disabled=account.user.disabled,
        )
        for account in found[part.offset : part.offset + part.limit]
    )
    viewer = current_viewer()
    requests = registrations.count_waiting(viewer) if viewer.is_site_admin else None
    form = pages.Form({"value": search})
    return pages.UsersPage(rows=rows, paging=paging(part, len(found)), requests=requests, form=form)


def password_page(form: pages.Form) -> pages.PasswordPage:
    """The form of one's own new password."""
    viewer = current_viewer()
    return pages.PasswordPage(email=viewer.email, form=form, is_forced=viewer.must_change_password)


def profile(account: Account) -> pages.ProfilePage:
    """One's own account with its keys."""
    viewer = current_viewer()
    return pages.ProfilePage(
        id=account.user.id,
        email=account.user.email,
        organisation=account.organisation.name,
        organisation_id=account.organisation.id,
        role=account.role.name,
        languages=tuple(pages.Choice(code, name) for code, name in i18n.NAMES.items()),
        language=i18n.current_language(),
        second_factor=second_factor_pages.box(),
        keys=tuple(key_row(owned) for owned in authkeys.list_authkeys(viewer, "me")),
        may_add_keys=viewer.can(Permission.AUTH),
        may_make_config=sync_configs.may_make(viewer),
        password_form=pages.Form(),
    )


def new_form() -> pages.Form:
    """A new account's role and organisation, as an admin most often wants them."""
    viewer = current_viewer()
    default = next((role for role in roles.list_assignable(viewer) if role.default_role), None)
    values = {"org_id": str(viewer.org_id), "role_id": str(default.id) if default else "", "change_pw": "1"}
    return pages.Form(values)


def form_of(account: Account) -> pages.Form:
    """What an account's form holds at first."""
    columns = asdict(account.user)
    values = {name: str(columns[name] or "") for name in ("email", "org_id", "role_id", "server_id", "gpgkey")}
    flags = {name: "1" if columns[name] else "0" for name in ("disabled", "change_pw")}
    return pages.Form(values | flags)


def form_page(account: Account | None, form: pages.Form) -> pages.UserFormPage:
    """The form of an account, or of a new one, with what the viewer may choose and what the account has."""
    viewer = current_viewer()
    local = organisations.list_organisations(viewer, Scope.LOCAL) if viewer.is_site_admin else []
    orgs = {record.id: record.name for record in local} or {viewer.org_id: viewer.org_name}
    known = {role.id: role.name for role in roles.list_assignable(viewer)}
    if account is not None:
        orgs.setdefault(account.organisation.id, account.organisation.name)
        known.setdefault(account.role.id, account.role.name)
    return pages.UserFormPage(
        id=None if account is None else account.user.id,
        form=form,
        organisations=_choices(orgs),
        roles=_choices(known),
        servers=(pages.Choice("", _("none")), *_links()),
        may_delete=account is not None and accounts.may_manage(viewer, account),
        has_second_factor=account is not None and account.user.totp_is_set,
        is_own=account is not None and account.user.id == viewer.user_id,
    )


def _choices(names: Mapping[int, str]) -> tuple[pages.Choice, ...]:
    return tuple(pages.Choice(str(number), name) for number, name in sorted(names.items()))


def _links() -> tuple[pages.Choice, ...]:
    """The servers that an account can belong to; only site admins see them."""
    viewer = current_viewer()
    known = servers.list_servers(viewer) if viewer.is_site_admin else []
    return tuple(pages.Choice(str(standing.server.id), standing.server.name) for standing in known)
