"""Users' own settings by MISP's names: kept for the clients that read them (API §9.8)."""

import json

from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.viewer import Viewer
from mispmini.services import accounts, audit
from mispmini.services.authkeys import account_of
from mispmini.store import user_settings as store
from mispmini.store.database import writing
from mispmini.store.user_settings import UserSettingRow as UserSettingRow

KNOWN = frozenset({
    "publish_alert_filter", "dashboard_access", "dashboard", "homepage", "default_restsearch_parameters",
    "tag_numerical_value_override", "event_index_hide_columns", "periodic_notification_filters",
})  # fmt: skip
ADMINS_ONLY = frozenset({"dashboard_access"})
INVALID = "Invalid setting."
NO_VALUE = "This endpoint expects both a setting and a value to be set."
UNKNOWN = "Invalid user setting"
TOO_LONG = "A setting has at most 64 kB."
NO_FUNCTION = "You do not have permission to use this functionality."
_MODEL = "UserSetting"
_MOST_BYTES = 64 * 1024


def list_user_settings(viewer: Viewer, user_ref: str | None = None, name: str | None = None) -> list[UserSettingRow]:
    """One's own settings, those of one's organisation for its admin, all for a site admin; or one account's of them,
    or those of a name."""
    user_id = None if user_ref is None else account_of(viewer, user_ref).user.id
    return store.list_settings(viewer, user_id=user_id, name=name)


def view_user_setting(viewer: Viewer, number: int) -> UserSettingRow:
    """One of them by its id. Raises NotFound."""
    found = next((own for own in store.list_settings(viewer) if own.id == number), None)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def settings_of(viewer: Viewer, user_id: int) -> dict[str, object]:
    """By name the settings of an account that the viewer may see."""
    return {own.name: own.value for own in store.list_settings(viewer, user_id=user_id)}


def get_user_setting(viewer: Viewer, user_ref: str, name: str) -> UserSettingRow:
    """A setting of an account. Raises Refused, NotFound."""
    _check_name(name)
    found = store.list_settings(viewer, user_id=account_of(viewer, user_ref).user.id, name=name)
    if not found:
        raise NotFound(UNKNOWN)
    return found[0]


def set_user_setting(viewer: Viewer, user_ref: str, name: str, value: object) -> UserSettingRow:
    """Keep a setting of one's own, or of an account that one administers. Raises Forbidden, Refused, SaveFailed."""
    user_id = _changeable(viewer, user_ref, name)
    if len(json.dumps(value)) > _MOST_BYTES:
        raise SaveFailed("add", _MODEL, {"value": [TOO_LONG]})
    with writing():
        store.save_setting_of(user_id, name, value)
        audit.record(viewer, "edit", _MODEL, user_id, name, {"value": value})
        return get_user_setting(viewer, str(user_id), name)


def delete_user_setting_by_id(viewer: Viewer, number: int) -> None:
    """Remove the setting of this id. Raises Forbidden, NotFound."""
    found = view_user_setting(viewer, number)
    delete_user_setting(viewer, str(found.user_id), found.name)


def delete_user_setting(viewer: Viewer, user_ref: str, name: str) -> None:
    """Remove a setting. Raises Forbidden, Refused, NotFound."""
    user_id = _changeable(viewer, user_ref, name)
    with writing():
        if not store.delete_setting_of(user_id, name):
            raise NotFound(UNKNOWN)
        audit.record(viewer, "delete", _MODEL, user_id, name, None)


def _changeable(viewer: Viewer, user_ref: str, name: str) -> int:
    """The account's id, if the viewer may change this setting of it."""
    _check_name(name)
    account = account_of(viewer, user_ref)
    reads_only = viewer.key is not None and viewer.key.read_only
    is_own = account.user.id == viewer.user_id
    is_reserved = name in ADMINS_ONLY and not viewer.is_site_admin
    if reads_only or is_reserved or not (is_own or accounts.may_manage(viewer, account)):
        raise Forbidden(NO_FUNCTION)
    return account.user.id


def _check_name(name: str) -> None:
    if name not in KNOWN:
        raise Refused(INVALID)
