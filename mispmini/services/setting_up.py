"""The first run: the host organisation, its site admin and, where wanted, the admin's key (WEB, page map)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mispmini.domain.errors import Invalid, Refused
from mispmini.domain.people import KeyDraft, OrganisationForm, password_flaw
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.viewer import Viewer
from mispmini.services.accounts import BAD_EMAIL, insert_account, is_email
from mispmini.services.authkeys import create_authkey
from mispmini.services.organisations import add_host_organisation
from mispmini.services.passwords import hash_password
from mispmini.store import people
from mispmini.store.database import writing
from mispmini.store.settings import save_setting

ALREADY_SET_UP = "This server is set up already."
_SITE_ADMIN_ROLE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """The answers of a set-up; `authkey` is a chosen key, `wants_key` asks for a made one."""

    org_name: str
    email: str
    org_uuid: str | None = None
    password: str | None = field(default=None, repr=False)
    language: str | None = None
    authkey: str | None = field(default=None, repr=False)
    wants_key: bool = False


class Founded(NamedTuple):
    """What a set-up made; `authkey` is the only time that the key is known."""

    organisation: OrganisationRecord
    user_id: int
    authkey: str | None


def is_set_up() -> bool:
    """Whether there is an account: until then only the set-up link leads anywhere."""
    return people.is_any_user()


def set_up(first: FirstRun) -> Founded:
    """The host organisation, its admin and the admin's key, all or nothing. Raises Refused, and Invalid by field."""
    password_hash = _first_password_hash(first)
    with writing():
        if is_set_up():
            raise Refused(ALREADY_SET_UP)
        founder = Viewer.everything()
        organisation = _first_organisation(founder, first)
        user_id = insert_account(
            founder,
            first.email,
            organisation.id,
            _SITE_ADMIN_ROLE,
            {"password_hash": password_hash, "termsaccepted": True},
        )
        people.update_user(user_id, {"language": first.language})
        save_setting("host_org_id", organisation.id, user_id=user_id)
        wanted = first.wants_key or first.authkey is not None
        draft = KeyDraft(comment="Initial key")
        raw = create_authkey(founder, str(user_id), draft, raw=first.authkey).raw if wanted else None
        return Founded(organisation, user_id, raw)


def _first_password_hash(first: FirstRun) -> str | None:
    errors: dict[str, Sequence[str]] = {}
    if not is_email(first.email.strip()):
        errors["email"] = [BAD_EMAIL]
    if first.password is not None and (flaw := password_flaw(first.password, email=first.email)):
        errors["password"] = [flaw]
    if errors:
        raise Invalid(errors)
    return None if first.password is None else hash_password(first.password)


def _first_organisation(founder: Viewer, first: FirstRun) -> OrganisationRecord:
    form = OrganisationForm(name=first.org_name, uuid=(first.org_uuid or "").strip().lower() or None)
    try:
        return add_host_organisation(founder, form)
    except Invalid as error:
        raise Invalid({f"org_{name}": texts for name, texts in error.errors.items()}) from error
