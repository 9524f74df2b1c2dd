"""Authkeys: made, shown once, edited, reset and revoked (MODEL §5.6)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from mispmini.domain import clock, ids
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.ids import is_row_number
from mispmini.domain.people import KeyDraft
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.store import authkeys as store
from mispmini.store import people
from mispmini.store.authkeys import OwnedKey as OwnedKey
from mispmini.store.authkeys import Refusal as Refusal
from mispmini.store.database import writing
from mispmini.store.people import Account
from mispmini.store.settings import load_settings

NOT_AUTHENTICATED = (
    "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization"
    " header."
)
DISABLED = "Authentication failed. Your user account has been disabled."
WRONG_ADDRESS = "It is not possible to use this Auth key from your IP address"
NO_ADDRESS = "Auth key is limited to IP address, but IP address not found"
NOT_YOURS = "Invalid user or insufficient privileges to interact with an authkey for the given user."
NO_FUNCTION = "You do not have permission to use this functionality."
UNKNOWN = "Invalid AuthKey"
UNKNOWN_USER = "Invalid user"
NEEDS_IPS = "Every key must name the addresses it may be used from."
NEEDS_EXPIRATION = "Every key must have an expiration."
OVERLAP = "The old key can stay valid for 0 to 720 hours."
NO_IP = "Not an IP address or range (CIDR): {}"
TAKEN = "This key is in use already."
BAD_FORM = "A key has 40 letters and digits."
_MODEL = "AuthKey"
_HOUR = 3600
_DAY = 24 * _HOUR
_LONGEST_OVERLAP_HOURS = 720
_MOST_REFUSALS = 200
_LONGEST_COMMENT = 1024
_UNGRANTED = frozenset({Permission.ADMIN, Permission.SITE_ADMIN})


class CreatedKey(NamedTuple):
    """A new key: `raw` is the only time that its 40 characters are known."""

    owned: OwnedKey
    raw: str


def account_of(viewer: Viewer, user_ref: str) -> Account:
    """The account that the viewer may see: `me` or an id. Raises NotFound."""
    own = "" if viewer.user_id is None else str(viewer.user_id)
    ref = own if user_ref in ("me", "") else user_ref
    account = people.find_user(viewer, int(ref)) if is_row_number(ref) else None
    if account is None:
        raise NotFound(UNKNOWN_USER)
    return account


def list_authkeys(viewer: Viewer, user_ref: str | None = None) -> list[OwnedKey]:
    """One's own keys, those of one's organisation for its admin, all for a site admin; or one account's of them."""
    user_id = None if user_ref is None else account_of(viewer, user_ref).user.id
    return store.list_keys(viewer, user_id=user_id)


def view_authkey(viewer: Viewer, key_id: int) -> OwnedKey:
    """A key that the viewer may see. Raises NotFound."""
    owned = store.find_key(viewer, key_id)
    if owned is None:
        raise NotFound(UNKNOWN)
    return owned


def key_id_of(viewer: Viewer, ref: str) -> int:
    """The id that a path names a key by, or that of its uuid; -1, which none has, for what is none."""
    uuid = ids.canonical_uuid(ref)
    found = store.find_key_id(viewer, uuid) if uuid else int(ref) if is_row_number(ref) else None
    return -1 if found is None else found


def owners(viewer: Viewer) -> list[Account]:
    """The accounts that the viewer may make keys for, its own first."""
    found = [account for account in people.list_users(viewer) if _may_make_key(viewer, account)]
    return sorted(found, key=lambda account: account.user.id != viewer.user_id)


def create_authkey(viewer: Viewer, user_ref: str, draft: KeyDraft, *, raw: str | None = None) -> CreatedKey:
    """Make a key; `raw` is only ever given by the command line. Raises NotFound, Forbidden, Refused, SaveFailed."""
    with writing():
        account = _account_for_key(viewer, user_ref)
        return _created(viewer, account, draft, raw or ids.new_authkey())


def edit_authkey(viewer: Viewer, key_id: int, draft: KeyDraft) -> OwnedKey:
    """Change comment, expiration, read_only, allowed_ips. Raises NotFound, Forbidden, Refused, SaveFailed."""
    with writing():
        before = _key_to_change(viewer, key_id)
        values = _values(draft, created=before.key.created, action="edit", is_new=False)
        audit.watch(_MODEL, key_id)
        store.update_key(key_id, values)
        audit.record(viewer, "edit", _MODEL, key_id, _title(before))
        return view_authkey(viewer, key_id)


def delete_authkey(viewer: Viewer, key_id: int) -> OwnedKey:
    """Revoke a key at once. Raises NotFound, Forbidden, Refused."""
    with writing():
        owned = _key_to_change(viewer, key_id)
        store.delete_key(key_id)
        audit.record(viewer, "delete", _MODEL, key_id, _title(owned), None)
        return owned


def reset_authkey(viewer: Viewer, user_ref: str) -> CreatedKey:
    """A fresh key instead of the one in use, or of all of an account when none is (MODEL §5.6).

    It keeps the addresses and the read-only flag of the key it stands for. Raises NotFound, Forbidden, Refused.
    """
    with writing():
        account = _account_for_key(viewer, user_ref)
        in_use = viewer.key.id if viewer.key and viewer.user_id == account.user.id else None
        model = _model_key(account.user.id, in_use)
        store.expire_keys_of(account.user.id, only=in_use)
        if model is None:
            return _created(viewer, account, KeyDraft(comment="Created by resetting auth key"), ids.new_authkey())
        comment = f"Created by resetting auth key {model.key.id}"
        draft = KeyDraft(comment=comment, read_only=model.key.read_only, allowed_ips=model.key.allowed_ips)
        return _created(viewer, account, draft, ids.new_authkey())


def rotate_authkey(viewer: Viewer, key_id: int, *, overlap_hours: int) -> CreatedKey:
    """A fresh key with the limits of another, which ends after the overlap (FEATURES row 31).

    A key that lasted so many days is followed by one that lasts as many. Raises NotFound, Forbidden, Refused,
    SaveFailed.
    """
    if not 0 <= overlap_hours <= _LONGEST_OVERLAP_HOURS:
        raise SaveFailed("rotate", _MODEL, {"hours": [OVERLAP]})
    with writing():
        old = _key_to_change(viewer, key_id)
        now, key = clock.now(), old.key
        draft = KeyDraft(
            comment=key.comment,
            expiration=None if key.expiration is None else now + max(key.expiration - key.created, _DAY),
            read_only=key.read_only,
            allowed_ips=key.allowed_ips,
        )
        created = _created(viewer, account_of(viewer, str(key.user_id)), draft, ids.new_authkey())
        end = now + overlap_hours * _HOUR
        values = {"expiration": end if key.expiration is None else min(end, key.expiration)}
        audit.watch(_MODEL, key_id)
        store.update_key(key_id, values)
        audit.record(viewer, "edit", _MODEL, key_id, _title(old))
        return created


def list_refusals(viewer: Viewer) -> list[Refusal]:
    """The newest refusals of keys of the accounts that one administers (FEATURES row 30). Raises Forbidden."""
    if not viewer.can(Permission.ADMIN):
        raise Forbidden(NO_FUNCTION)
    return store.list_refusals(viewer, _MOST_REFUSALS)


def is_allowed_from(allowed: Sequence[str], address: str) -> bool:
    """Whether an address is in a list of IPs and CIDRs; an empty list allows all, a mapped IPv4 counts as IPv4."""
    if not allowed:
        return True
    seen = _unmapped(address)
    return seen is not None and any(seen in ip_network(entry, strict=False) for entry in allowed)


def _unmapped(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _account_for_key(viewer: Viewer, user_ref: str) -> Account:
    """The account, if the viewer may make and change its keys (MODEL §5.6)."""
    _refuse_read_only_key(viewer)
    try:
        account = account_of(viewer, user_ref)
    except NotFound as error:
        raise Refused(NOT_YOURS) from error
    if not _may_make_key(viewer, account):
        raise Refused(NOT_YOURS)
    return account


def _may_make_key(viewer: Viewer, account: Account) -> bool:
    if viewer.is_site_admin:
        return True
    if account.user.id == viewer.user_id:
        return viewer.can(Permission.AUTH)
    return (
        viewer.can(Permission.ADMIN)
        and account.user.org_id == viewer.org_id
        and not account.user.disabled
        and not account.role.permissions & _UNGRANTED
        and Permission.AUTH in account.role.permissions
    )


def _key_to_change(viewer: Viewer, key_id: int) -> OwnedKey:
    owned = view_authkey(viewer, key_id)
    _account_for_key(viewer, str(owned.key.user_id))
    return owned


def _refuse_read_only_key(viewer: Viewer) -> None:
    if viewer.key is not None and viewer.key.read_only:
        raise Forbidden(NO_FUNCTION)


def _created(viewer: Viewer, account: Account, draft: KeyDraft, raw: str) -> CreatedKey:
    if not ids.is_authkey(raw):
        raise SaveFailed("add", _MODEL, {"authkey": [BAD_FORM]})
    if store.find_any_key_of(raw) is not None:
        raise SaveFailed("add", _MODEL, {"authkey": [TAKEN]})
    now = clock.now()
    values = _values(draft, created=now, action="add", is_new=True)
    fixed = {"uuid": ids.new_uuid(), "user": account.user.id, "created": now}
    key_id = store.insert_key(raw, {**values, **fixed})
    owned = store.find_any_key(key_id)
    assert owned is not None
    audit.record(viewer, "add", _MODEL, key_id, _title(owned), values)
    return CreatedKey(owned, raw)


def _values(draft: KeyDraft, *, created: int, action: str, is_new: bool) -> dict[str, object]:
    """Columns for what the draft gives, within the instance's rules about expiry and addresses (MODEL §5.6)."""
    values: dict[str, object] = {}
    if draft.comment is not None:
        values["comment"] = draft.comment.strip()[:_LONGEST_COMMENT]
    if draft.read_only is not None:
        values["read_only"] = draft.read_only
    if is_new or draft.expiration is not None:
        values["expiration"] = _limited(draft.expiration or None, created, action)
    if is_new or draft.allowed_ips is not None:
        values["allowed_ips"] = _addresses(draft.allowed_ips or (), action) or None
    return values


def _limited(expiration: int | None, created: int, action: str) -> int | None:
    rules = load_settings()
    latest = created + rules.key_validity_days * _DAY if rules.key_validity_days else None
    if expiration is None and latest is None and rules.key_needs_expiration:
        raise SaveFailed(action, _MODEL, {"expiration": [NEEDS_EXPIRATION]})
    return min((moment for moment in (expiration, latest) if moment is not None), default=None)


def _addresses(given: Sequence[str], action: str) -> list[str]:
    wrong = [entry for entry in given if not _is_range(entry)]
    if wrong:
        raise SaveFailed(action, _MODEL, {"allowed_ips": [NO_IP.format(", ".join(wrong))]})
    if not given and load_settings().key_needs_ips:
        raise SaveFailed(action, _MODEL, {"allowed_ips": [NEEDS_IPS]})
    return list(dict.fromkeys(given))


def _is_range(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _model_key(user_id: int, in_use: int | None) -> OwnedKey | None:
    """The key whose limits a reset keeps: the one in use, else the newest valid one, else the newest."""
    if in_use is not None:
        return store.find_any_key(in_use)
    found = store.list_keys(Viewer.everything(), user_id=user_id)
    now = clock.now()
    valid = [owned for owned in found if owned.key.expiration is None or owned.key.expiration > now]
    return next(reversed(valid or found), None)


def _title(owned: OwnedKey) -> str:
    return f"{owned.key.authkey_start}…{owned.key.authkey_end} of {owned.email}"
