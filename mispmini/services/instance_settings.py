"""Settings that an admin sees and changes while running: which, what they are, what locks them (CLIENTS.md)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from mispmini.domain.errors import Forbidden, MispminiError, NotFound, SaveFailed
from mispmini.domain.instance_settings import FACTS, N_, SPECS, Fact, Kind, Spec, find_spec
from mispmini.domain.setting_values import read_flag, read_value
from mispmini.domain.viewer import Viewer
from mispmini.services import audit, identity
from mispmini.store import sealing
from mispmini.store import settings as store
from mispmini.store.database import writing
from mispmini.store.ledger import forget_refused_files
from mispmini.store.organisations import find_any_organisation
from mispmini.store.people import find_any_user
from mispmini.store.settings import InstanceSettings as InstanceSettings
from mispmini.store.settings import load_settings as load_settings

NO_FUNCTION = "You do not have permission to use this functionality."
IS_INTERNAL = N_("It is made by the server and never changes.")
LOCKED = {
    "file": N_("It is set in config.toml: change it there and restart."),
    "environment": N_("It is set in the environment: change it there and restart."),
    "flag": N_("It is set on the command line: change it there and restart."),
}
NOT_LOCAL = N_("Please choose an organisation that is here and local.")
_MODEL = "Setting"
_KNOWN_BY = frozenset({"host_org_id", "base_url", "external_baseurl", "url_aliases"})
SECRET = "********"  # noqa: S105 - what is shown instead of one


class NotLive(MispminiError):
    """The server is closed to all but site admins, for maintenance."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A setting as it is now; `locked` says why it cannot be changed, None if it can."""

    spec: Spec
    value: object
    is_changed: bool
    locked: str | None
    source: str


def list_settings(viewer: Viewer) -> list[Standing]:
    """Every setting, in the order of its group. Raises Forbidden."""
    _require_site_admin(viewer)
    return list(_standings())


def find_setting(viewer: Viewer, name: str) -> Standing | Fact:
    """A setting or a fact by our name or MISP's. Raises Forbidden, NotFound."""
    _require_site_admin(viewer)
    spec = find_spec(name)
    if spec is not None:
        return next(standing for standing in _standings() if standing.spec is spec)
    if name in FACTS:
        return FACTS[name]
    raise NotFound(f"Setting {name[:64]} is invalid.")


def change_setting(viewer: Viewer, name: str, given: object, *, forced: bool = False) -> Standing | Fact:
    """Change one, with effect from the next request on; `forced` for one by which partners know us.

    Raises Forbidden, NotFound, SaveFailed with the reason.
    """
    found = find_setting(viewer, name)
    if isinstance(found, Fact):
        _check_fact(found, given)
        return found
    if found.locked is not None:
        raise _refused(found.locked)
    if found.spec.kind is Kind.SECRET and given == SECRET and found.value:
        return found
    value = _sealed(found.spec, _read(found.spec, given))
    before = getattr(load_settings(), found.spec.name)
    with writing(), _as_known(viewer, found.spec, forced=forced):
        store.save_setting(found.spec.name, value, user_id=viewer.user_id)
        _record(viewer, found.spec, before, value)
    _forget_secret(found.spec, before)
    return find_setting(viewer, name)


def reset_setting(viewer: Viewer, name: str, *, forced: bool = False) -> Standing | Fact:
    """Take one back to its default. Raises Forbidden, NotFound, SaveFailed."""
    found = find_setting(viewer, name)
    if isinstance(found, Fact):
        return found
    if found.locked is not None:
        raise _refused(found.locked)
    before = getattr(load_settings(), found.spec.name)
    with writing(), _as_known(viewer, found.spec, forced=forced):
        store.forget_setting(found.spec.name)
        _record(viewer, found.spec, found.value, found.spec.default)
    _forget_secret(found.spec, before)
    return find_setting(viewer, name)


def monitor_user(viewer: Viewer, user_id: int, wish: object) -> None:
    """Log an account's requests while monitoring is on, or no longer. Raises Forbidden, NotFound, SaveFailed."""
    _require_site_admin(viewer)
    if find_any_user(user_id) is None:
        raise NotFound("Invalid user")
    try:
        is_monitored = read_flag(wish)
    except ValueError as error:
        raise _refused(str(error)) from None
    others = [number for number in load_settings().monitored_users if number != user_id]
    change_setting(viewer, "monitored_users", [*others, user_id] if is_monitored else others)


def _as_known(viewer: Viewer, spec: Spec, *, forced: bool) -> AbstractContextManager[None]:
    """Whom partners know is changed by these settings alone."""
    return (
        identity.kept(viewer, "serverSettingsEdit", "Servers", forced=forced)
        if spec.name in _KNOWN_BY
        else nullcontext()
    )


def _record(viewer: Viewer, spec: Spec, before: object, after: object) -> None:
    if spec.name == "most_attachment_bytes":
        forget_refused_files()
    told = [SECRET, SECRET] if spec.kind is Kind.SECRET else [before, after]
    audit.record(viewer, "edit", _MODEL, None, spec.misp or spec.name, {"value": told})


def _forget_secret(spec: Spec, before: object) -> None:
    """Take away what nothing names any more, after the transaction."""
    if spec.kind is Kind.SECRET and before:
        sealing.forget(str(before))


def _sealed(spec: Spec, value: object) -> object:
    """What the table keeps of a secret: the name under which it is sealed."""
    return sealing.seal("setting", str(value)) if spec.kind is Kind.SECRET and value else value


def _standings() -> Iterator[Standing]:
    now, changed = load_settings(), store.changed_settings()
    for spec in SPECS.values():
        source = store.source_of_fixed(spec.name)
        locked = IS_INTERNAL if spec.is_internal else LOCKED[source] if source is not None else None
        is_changed = source is not None or spec.name in changed
        value = getattr(now, spec.name)
        shown = SECRET * bool(value) if spec.kind is Kind.SECRET else value
        yield Standing(spec, shown, is_changed, locked, source or _told(is_changed=is_changed))


def _told(*, is_changed: bool) -> str:
    return "here" if is_changed else "default"


def _read(spec: Spec, given: object) -> object:
    try:
        value = read_value(spec, given)
    except ValueError as error:
        raise _refused(str(error)) from None
    if spec.kind is Kind.ORGANISATION:
        found = find_any_organisation(str(value))
        if found is None or not found.local:
            raise _refused(NOT_LOCAL)
    return value


def _check_fact(fact: Fact, given: object) -> None:
    try:
        wish = read_flag(given)
    except ValueError as error:
        raise _refused(str(error)) from None
    if wish is not fact.value:
        raise _refused(f"It cannot be changed here. {fact.sentence}")


def _refused(reason: str) -> SaveFailed:
    return SaveFailed("serverSettingsEdit", "Servers", reason)


def _require_site_admin(viewer: Viewer) -> None:
    if not viewer.is_site_admin:
        raise Forbidden(NO_FUNCTION)
