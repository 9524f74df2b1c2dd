"""What organisations, accounts, keys, roles, settings, blocklists and logs answer over REST, row by row (API §9.8)."""

import re
from collections.abc import Iterator

import pytest

from tests.cast import admin_of
from tests.contract.api_rows import (
    ABSENT,
    BROKEN,
    FORBIDDEN,
    NO_JSON,
    NOWHERE,
    Keys,
    Row,
    check,
    saved,
    unsaved,
    with_others,
)
from tests.contract.workshop import Workshop
from tests.live import live_server

SA, OA, USER, SYNC, READER, OTHER = "site admin", "org admin", "user", "sync user", "read-only key", "other admin"
ORG = Keys(
    "id name date_created date_modified description type nationality sector created_by uuid contacts local"
    " restricted_to_domain landingpage user_count created_by_email"
)
NAME_TAKEN = {"name": ["An organisation with this name already exists."]}
NO_NAME = {"name": ["Please enter a name for the organisation."]}
ACCOUNT = {"email": "{new}@x.example", "org_id": "{organisation}", "role_id": 3}
NO_EMAIL = {"email": ["Please enter a valid email address."]}
NO_ROLE = {"role_id": ["Please select a role."]}
WEAK = {"password": [re.compile("A password needs at least 12 characters: .*")]}
NOT_YOURS = "Invalid user or insufficient privileges to interact with an authkey for the given user."
KEY = Keys(
    "id uuid authkey_start authkey_end created expiration read_only user_id comment allowed_ips unique_ips last_used"
)
BLOCKED = Keys("id event_uuid created event_info comment event_orgc")
LOG = Keys("id title created model model_id action user_id change email org description ip")
HOME = {"setting": "homepage", "value": {"path": "/events/index"}}
NO_SETTING = "Invalid setting."
UPDATED = saved("Field updated")
COUNTS = {"event_count": str, "attribute_count_month": str, "correlation_count": str, "org_count": str}

ORGANISATIONS = (
    Row(USER, "GET /organisations", {}, 200, [{"Organisation": {"id": str, "local": True, "user_count": str}}]),
    Row(SA, "GET /organisations/index/scope:all/x:{organisation}", {}, 200, [{"Organisation": ORG}]),
    Row(USER, "GET /organisations/index/scope:external", {}, 200, list),
    Row(USER, "GET /organisations/index/scope:all/searchall:nobody", {}, 200, []),
    Row(USER, "POST /organisations/index", {"scope": "all", "searchall": "oTHER"}, 200,
        [{"Organisation": {"name": "Others"}}]),
    Row(USER, "GET /organisations/view/{organisation}", {}, 200, {"Organisation": {"id": str, "user_count": "0"}}),
    Row(USER, "HEAD /organisations/view/{organisation}", {}, 200),
    Row(USER, f"HEAD /organisations/view/{NOWHERE}", {}, 404),
    Row(USER, f"GET /organisations/view/{ABSENT}", {}, 404, "Invalid organisation"),
    Row(SYNC, "GET /organisations/getUUIDs", {}, 200, list),
    Row(USER, "GET /organisations/getUUIDs", {}, 403, FORBIDDEN),
    Row(SA, "POST /admin/organisations/add", {"name": "o {new}", "uuid": "{new}", "local": False}, 200,
        {"Organisation": {"local": False, "uuid": str}}),
    Row(SA, "POST /admin/organisations/add", {"Organisation": {"name": "p {new}"}}, 200,
        {"Organisation": {"local": True, "uuid": str}}),
    Row(SA, "POST /admin/organisations/add", {"request": {"Organisation": {"name": "r {new}"}}}, 200,
        {"Organisation": {"local": True}}),
    Row(SA, "POST /admin/organisations/add", {"name": "others"}, 403, unsaved("add Organisation", NAME_TAKEN)),
    Row(SA, "POST /admin/organisations/add", {"name": "q {new}", "uuid": "no uuid"}, 403,
        unsaved("add Organisation", {"uuid": list})),
    Row(SA, "POST /admin/organisations/add", {}, 403, unsaved("add Organisation", NO_NAME)),
    Row(SA, "POST /admin/organisations/add", {"name": ["x"]}, 403,
        unsaved("add Organisation", {"name": ["Expected a text."]})),
    Row(SA, "POST /admin/organisations/add", NO_JSON, 405, BROKEN),
    Row(OA, "POST /admin/organisations/add", {"name": "x"}, 403, FORBIDDEN),
    Row(SA, "POST /admin/organisations/edit/{organisation}", {"description": "e"}, 200,
        {"Organisation": {"description": "e"}}),
    Row(SA, "POST /admin/organisations/edit/{organisation}", {"name": "Others"}, 403,
        unsaved("edit Organisation", NAME_TAKEN)),
    Row(SA, f"POST /admin/organisations/edit/{ABSENT}", {"name": "x"}, 404, "Invalid organisation"),
    Row(SA, "POST /admin/organisations/delete/{organisation!}", {}, 200, saved("Organisation deleted", id=str)),
    Row(SA, "POST /admin/organisations/delete/1", {}, 403, unsaved("delete Organisation", str)),
    Row(SA, f"POST /admin/organisations/delete/{NOWHERE}", {}, 404, "Invalid organisation"),
)  # fmt: skip

USERS = (
    Row(SA, "GET /admin/users/index", {}, 200, [Keys("User Role Organisation")]),
    Row(SA, "GET /admin/users", {}, 200, [{"User": Keys(
        "id org_id server_id email autoalert invited_by gpgkey certif_public nids_sid termsaccepted newsread role_id"
        " change_pw contactalert disabled expiration current_login last_login last_api_access force_logout date_created"
        " date_modified last_pw_change"), "Role": Keys("id name perm_auth perm_site_admin perm_admin"),
        "Organisation": Keys("id name")}]),
    Row(SA, "GET /admin/users/index/value:other-admin", {}, 200, [{"Organisation": {"name": "Others"}}]),
    Row(SA, "GET /admin/users/index/searchorg:1", {}, 200, [{"Organisation": {"id": "1"}}]),
    Row(SA, f"GET /admin/users/index/searchorg:{NOWHERE}", {}, 200, []),
    Row(OTHER, "GET /admin/users/index", {}, 200, [{"Organisation": {"name": "Others"}}]),
    Row(USER, "GET /admin/users/index", {}, 403, FORBIDDEN),
    Row(SA, "GET /users/index", {}, 404, "Not Found"),
    Row(USER, "GET /users/view/me.json", {}, 200, Keys("User Role UserSetting Organisation AuthKey")),
    Row(USER, "GET /users/view/1", {}, 404, "Invalid user"),
    Row(OTHER, "GET /admin/users/view/{user}", {}, 404, "Invalid user"),
    Row(SA, f"GET /users/view/{ABSENT}", {}, 404, "Invalid user"),
    Row(SA, "GET /admin/users/view/{user}", {}, 200, {"User": {"orgAdmins": dict, "password": "*****"}}),
    Row(SA, "POST /admin/users/add", ACCOUNT, 200, {"User": {"id": str, "email": str, "password": "******"}}),
    Row(SA, "POST /admin/users/add", {"User": ACCOUNT}, 200, {"User": {"role_id": "3"}}),
    Row(SA, "POST /admin/users/add", {**ACCOUNT, "email": "DORA@alfa.example"}, 403,
        unsaved("add User", {"email": ["An account with this email address already exists."]})),
    Row(SA, "POST /admin/users/add", {**ACCOUNT, "email": "nonsense"}, 403, unsaved("add User", NO_EMAIL)),
    Row(SA, "POST /admin/users/add", {"org_id": 1, "role_id": 3}, 403, unsaved("add User", NO_EMAIL)),
    Row(SA, "POST /admin/users/add", {"email": "{new}@x.example", "org_id": 1}, 200, {"User": {"role_id": "3"}}),
    Row(SA, "POST /admin/users/add", {**ACCOUNT, "role_id": ABSENT}, 403, unsaved("add User", NO_ROLE)),
    Row(SA, "POST /admin/users/add", {**ACCOUNT, "org_id": ABSENT}, 403,
        unsaved("add User", {"org_id": ["Please select an organisation."]})),
    Row(SA, "POST /admin/users/add", {**ACCOUNT, "password": "short"}, 403, unsaved("add User", {"password": list})),
    Row(SA, "POST /admin/users/add", NO_JSON, 405, BROKEN),
    Row(OTHER, "POST /admin/users/add", {**ACCOUNT, "org_id": 1}, 200, {"User": {"org_id": re.compile("[^1]+")}}),
    Row(OTHER, "POST /admin/users/add", {**ACCOUNT, "role_id": 1}, 500,
        "You are not authorised to assign that role to a user."),
    Row(USER, "POST /admin/users/add", ACCOUNT, 403, FORBIDDEN),
    Row(SA, "POST /admin/users/edit/{user}", {"User": {"autoalert": "1"}}, 200, {"User": {"autoalert": True}}),
    Row(SA, "POST /admin/users/edit/{user}", {"email": "dora@alfa.example"}, 403, unsaved("edit User")),
    Row(SA, f"POST /admin/users/edit/{ABSENT}", {}, 404, "Invalid user"),
    Row(OTHER, "POST /admin/users/edit/{user}", {"autoalert": 1}, 404, "Invalid user"),
    Row(USER, "POST /users/edit", {"role_id": 1, "autoalert": 1}, 200, {"User": {"role_id": "3", "autoalert": True}}),
    Row(USER, "POST /users/edit/1", {"autoalert": 1}, 404, "Invalid user"),
    Row(SA, "POST /admin/users/delete/{user!}", {}, 200, saved("User deleted.", id=str)),
    Row(OTHER, "POST /admin/users/delete/{user}", {}, 404, "Invalid user"),
    Row(SA, f"POST /admin/users/delete/{ABSENT}", {}, 404, "Invalid user"),
    Row(USER, "POST /users/change_pw", {"password": "three grey horses, walking"}, 200, saved("Password Changed.")),
    Row(USER, "POST /users/change_pw", {"User": {"password": "three grey horses, running"}}, 200,
        saved("Password Changed.")),
    Row(USER, "POST /users/change_pw", {"password": "short"}, 403, unsaved("change_pw User", {"password": list})),
    Row(READER, "POST /users/change_pw", {"password": "three grey horses"}, 403, FORBIDDEN),
    Row(SA, "POST /users/resetauthkey/{user}", {}, 200,
        {"message": re.compile("Authkey updated: [a-zA-Z0-9]{40}")}),
    Row(OTHER, "POST /users/resetauthkey/{user}", {}, 405, NOT_YOURS),
    Row(SA, "GET /users/registrations/index", {}, 200, []),
    Row(SA, f"POST /users/acceptRegistrations/{ABSENT}", {"role_id": 3}, 404, "Invalid registration"),
    Row(SA, f"POST /users/discardRegistrations/{ABSENT}", {}, 404, "Invalid registration"),
    Row(USER, "GET /users/statistics.json", {}, 200, {"stats": COUNTS}),
    Row(USER, "GET /users/statistics/orgs", {}, 200, {"CSIRT Alfa": {"local": True, "userCount": str}}),
    Row(SA, "GET /users/statistics/orgs/scope:external", {}, 200, ...),
    Row(USER, "GET /users/statistics/users", {}, 200, Keys("user org_local org_external")),
    Row(USER, "GET /users/statistics/tags", {}, 200, Keys("flatData treemap")),
    Row(USER, "GET /users/statistics/attributehistogram", {}, 200, ...),
    Row(USER, "GET /users/statistics/sightings", {}, 200, Keys("toplist eventids")),
    Row(USER, "GET /users/statistics/nonsense", {}, 404, "Invalid statistics context."),
)  # fmt: skip

KEYS = (
    Row(SA, "POST /auth_keys/add/{user}", {"comment": "c", "allowed_ips": ["127.0.0.1"]}, 200, {"AuthKey": {
        "authkey_raw": re.compile("[a-zA-Z0-9]{40}"), "expiration": "0", "allowed_ips": ["127.0.0.1"],
        "unique_ips": [], "read_only": False, "comment": "c"}}),
    Row(SA, "POST /authKeys/add/{user}", {"AuthKey": {"read_only": True, "expiration": "2027-01-01"}}, 200,
        {"AuthKey": {"read_only": True, "expiration": "1798761600"}}),
    Row(SA, "POST /auth_keys/add/{user}", {"allowed_ips": "10.0.0.0/8\n::1"}, 200,
        {"AuthKey": {"allowed_ips": ["10.0.0.0/8", "::1"]}}),
    Row(SA, "POST /auth_keys/add", {"user_id": "{user}", "expiration": "+30 days"}, 200,
        {"AuthKey": {"expiration": re.compile(r"\d{10}")}}),
    Row(USER, "POST /auth_keys/add", {"authkey": "x" * 40}, 200, {"AuthKey": {"authkey_start": str}}),
    Row(USER, "POST /auth_keys/add/me", {"comment": "own"}, 200, {"AuthKey": {"comment": "own"}}),
    Row(OA, "POST /auth_keys/add/{user}", {}, 200, {"AuthKey": {"read_only": False}}),
    Row(OTHER, "POST /auth_keys/add/{user}", {}, 405, NOT_YOURS),
    Row(OA, "POST /auth_keys/add/1", {}, 405, NOT_YOURS),
    Row(USER, "POST /auth_keys/add/1", {}, 405, NOT_YOURS),
    Row(SA, f"POST /auth_keys/add/{ABSENT}", {}, 405, NOT_YOURS),
    Row(SA, "POST /auth_keys/add/{user}", {"allowed_ips": ["x"]}, 403, unsaved("add AuthKey", {"allowed_ips": list})),
    Row(SA, "POST /auth_keys/add/{user}", {"expiration": "soon"}, 403, unsaved("add AuthKey", {"expiration": list})),
    Row(SA, "POST /auth_keys/add/{user}", {"expiration": "+999999 weeks"}, 403, unsaved("add AuthKey")),
    Row(SA, "POST /auth_keys/add/{user}", {"read_only": "maybe"}, 403,
        unsaved("add AuthKey", {"read_only": ["Expected a boolean."]})),
    Row(READER, "POST /auth_keys/add", {}, 403, FORBIDDEN),
    Row(SA, "GET /auth_keys/index/{user}", {}, 200, [{"AuthKey": KEY, "User": Keys("id email")}]),
    Row(OTHER, "GET /auth_keys/index/{user}", {}, 404, "Invalid user"),
    Row(SA, "POST /auth_keys", {"uuid": "{key_uuid}"}, 200, [{"AuthKey": KEY}]),
    Row(SA, "POST /authKeys/index/x:{key}", {"user_id": "{user}", "read_only": False}, 200,
        [{"AuthKey": {"read_only": False}}]),
    Row(SA, "POST /auth_keys", {"read_only": True}, 200, [{"AuthKey": {"read_only": True}}]),
    Row(SA, "POST /auth_keys", {"comment": "publisher"}, 200, [{"AuthKey": {"comment": "publisher"}}]),
    Row(SA, "POST /auth_keys", {"created": "1h", "limit": 1}, 200, [{"AuthKey": KEY}]),
    Row(SA, "POST /auth_keys", {"created": ["2h", "1h"]}, 200, []),
    Row(SA, "POST /auth_keys", {"created": "2099-01-01"}, 200, []),
    Row(SA, "POST /auth_keys", {"created": {"a": 1}}, 200, []),
    Row(SA, "POST /auth_keys", {"id": ABSENT}, 200, []),
    Row(SA, "POST /auth_keys", {"limit": 1, "page": 999}, 200, []),
    Row(SA, "GET /auth_keys/view/{key}", {}, 200, {"AuthKey": KEY, "User": Keys("id email")}),
    Row(SA, "GET /authKeys/view/{key_uuid}", {}, 200, {"AuthKey": KEY}),
    Row(SA, f"GET /auth_keys/view/{NOWHERE}", {}, 404, "Invalid AuthKey"),
    Row(OTHER, "GET /auth_keys/view/{key}", {}, 404, "Invalid AuthKey"),
    Row(SA, "POST /auth_keys/edit/{key}", {"AuthKey": {"comment": "e"}}, 200, {"AuthKey": {"comment": "e"}}),
    Row(SA, "POST /auth_keys/edit/{key}", {"allowed_ips": ["x"]}, 403, unsaved("edit AuthKey", {"allowed_ips": list})),
    Row(OTHER, "POST /auth_keys/edit/{key}", {}, 404, "Invalid AuthKey"),
    Row(SA, "DELETE /auth_keys/delete/{key!}", {}, 200, saved("AuthKey deleted.", id=str)),
    Row(SA, "POST /auth_keys/delete/{key_uuid!}", {}, 200, saved("AuthKey deleted.", id=str)),
    Row(OTHER, "POST /auth_keys/delete/{key}", {}, 404, "Invalid AuthKey"),
    Row(READER, "POST /auth_keys/delete/{key}", {}, 404, "Invalid AuthKey"),
)  # fmt: skip

ROLES = (
    Row(USER, "GET /roles", {}, 200, [{"Role": {"id": str, "perm_add": bool, "permission": str, "default": bool,
        "permission_description": str, "default_role": bool}}]),
    Row(USER, "GET /roles/view/6", {}, 200, {"Role": {"name": "Read Only", "permission": "0", "perm_auth": True}}),
    Row(USER, f"GET /roles/view/{ABSENT}", {}, 404, "Invalid role"),
    Row(SA, "POST /admin/roles/add", {"name": "r {new}", "permission": 3, "perm_auth": True}, 200,
        {"Role": {"perm_add": True, "perm_publish": True, "perm_auth": True, "perm_sync": False, "permission": "3"}}),
    Row(SA, "POST /admin/roles/add", {"Role": {"name": "s {new}", "permission": "manage_org"}}, 200,
        {"Role": {"perm_modify_org": True, "perm_publish": False}}),
    Row(SA, "POST /admin/roles/add", {"name": "t {new}", "perm_add": True, "permission": 9}, 200,
        {"Role": {"perm_add": False, "permission": "0", "permission_description": "read_only"}}),
    Row(SA, "POST /admin/roles/add", {"name": "User"}, 403,
        unsaved("add Role", {"name": ["A role with this name already exists."]})),
    Row(SA, "POST /admin/roles/add", {}, 403, unsaved("add Role", {"name": ["Please enter a name for the role."]})),
    Row(SA, "POST /admin/roles/add", {"name": "u", "perm_auth": "maybe"}, 403,
        unsaved("add Role", {"perm_auth": ["Expected a boolean."]})),
    Row(OA, "POST /admin/roles/add", {"name": "x"}, 403, FORBIDDEN),
    Row(SA, "POST /admin/roles/edit/{role}", {"perm_sync": 1}, 200, {"Role": {"perm_sync": True}}),
    Row(SA, f"POST /admin/roles/edit/{ABSENT}", {}, 404, "Invalid role"),
    Row(SA, "POST /admin/roles/set_default/3", {}, 200, saved("Default role set.", id="3")),
    Row(SA, f"POST /admin/roles/set_default/{ABSENT}", {}, 404, "Invalid role"),
    Row(SA, "POST /admin/roles/delete/{role!}", {}, 200, saved("Role deleted", id=str)),
    Row(SA, "POST /admin/roles/delete/1", {}, 403, unsaved("delete Role", str)),
    Row(SA, f"POST /admin/roles/delete/{ABSENT}", {}, 404, "Invalid role"),
)  # fmt: skip

SETTINGS = (
    Row("publisher", "GET /userSettings/index", {}, 200, []),
    Row(USER, "POST /userSettings/setSetting", HOME, 200,
        {"UserSetting": {"id": str, "setting": "homepage", "value": {"path": "/events/index"}, "user_id": str}}),
    Row(USER, "POST /user_settings/setSetting", {"UserSetting": {**HOME, "value": '{"path": "/x"}'}}, 200,
        {"UserSetting": {"value": {"path": "/x"}}}),
    Row(USER, "POST /user_settings/setSetting", {"setting": "homepage"}, 405,
        "This endpoint expects both a setting and a value to be set."),
    Row(USER, "POST /user_settings/setSetting", {"setting": "nonsense", "value": 1}, 405, NO_SETTING),
    Row(USER, "POST /user_settings/setSetting", {**HOME, "user_id": 1}, 404, "Invalid user"),
    Row(OA, "POST /user_settings/setSetting", {**HOME, "user_id": "{user}"}, 200, {"UserSetting": {"user_id": str}}),
    Row(OTHER, "POST /user_settings/setSetting", {**HOME, "user_id": "{user}"}, 404, "Invalid user"),
    Row(READER, "POST /user_settings/setSetting", HOME, 403, FORBIDDEN),
    Row(USER, "POST /user_settings/getSetting", {"setting": "dashboard"}, 404, "Invalid user setting"),
    Row(USER, "POST /user_settings/getSetting", {}, 405, NO_SETTING),
    Row(USER, f"GET /user_settings/view/{ABSENT}", {}, 404, "Invalid user setting"),
    Row(USER, "POST /user_settings/delete", {"setting": "dashboard"}, 404, "Invalid user setting"),
    Row(USER, f"DELETE /user_settings/delete/{ABSENT}", {}, 404, "Invalid user setting"),
    Row(SA, "GET /user_settings/view/{setting}", {}, 200, {"UserSetting": {"setting": "homepage"}}),
    Row(SA, "POST /user_settings", {"id": "{setting}"}, 200, [{"UserSetting": {"setting": "homepage"}}]),
    Row(SA, "DELETE /user_settings/delete/{setting}", {}, 200, saved("Setting deleted.")),
    Row(SA, "GET /servers/getSetting/MISP.live", {}, 200, {"setting": "MISP.live", "value": True, "type": "boolean"}),
    *(Row(SA, f"GET /servers/getSetting/{name}", {}, 200, {"setting": name, "value": value}) for name, value in (
        ("MISP.unpublishedprivate", False), ("MISP.enableEventBlocklisting", True), ("MISP.background_jobs", True),
        ("MISP.default_event_distribution", "1"), ("MISP.default_attribute_distribution", "event"),
        ("MISP.default_event_threat_level", "4"), ("MISP.showorg", True), ("MISP.delegation", False),
        ("MISP.block_publishing_for_same_creator", False), ("MISP.disablerestalert", False),
        ("MISP.completely_disable_correlation", False), ("MISP.sanitise_attribute_on_delete", False),
        ("MISP.incoming_tags_disabled_by_default", False), ("MISP.proposals_block_attributes", False),
        ("MISP.enable_synchronisation_filtering_on_type", False), ("Plugin.Sightings_policy", "0"),
        ("Plugin.Sightings_anonymise", False), ("Security.hide_organisation_index_from_users", False))),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.showorg", {"value": True}, 200, UPDATED),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.showorg", {"value": False}, 403,
        unsaved("serverSettingsEdit Servers", "It cannot be changed here. Every event shows its organisations.")),
    Row(SA, "GET /servers/getSetting/MISP.nothing", {}, 404, "Setting MISP.nothing is invalid."),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.live", {"value": True}, 200, UPDATED),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.live", {"Server": {"value": 1}}, 200, UPDATED),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.live", {"value": "maybe"}, 403,
        unsaved("serverSettingsEdit Servers")),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.nothing", {"value": 1}, 404, "Setting MISP.nothing is invalid."),
    Row(OA, "POST /servers/serverSettingsEdit/MISP.live", {"value": True}, 403, FORBIDDEN),
)  # fmt: skip


def _blocklist(path: str, model: str, noun: str, kept: Keys, uuid: str) -> tuple[Row, ...]:
    """What is the same of the four lists."""
    absent = "Blocklist item not found."
    added = {"result": {"successes": [str], "fails": []}, "message": str}
    return (
        Row(SA, f"POST /{path}/add", {"uuids": ["{new}"], "comment": "c"}, 200, added),
        Row(SA, f"POST /{path}/add", {model: {"uuids": "{new}"}}, 200, added),
        Row(SA, f"POST /{path}/add", {"uuids": ["no uuid"]}, 200, {"result": {"successes": [], "fails": ["no uuid"]}}),
        Row(SA, f"POST /{path}/add", {"uuids": []}, 403, unsaved(f"add {model}", {"uuids": ["valueNotEmpty"]})),
        Row(SA, f"POST /{path}/add", {}, 403, unsaved(f"add {model}", {"uuids": ["Expected a list."]})),
        Row(SA, f"POST /{path}/add", NO_JSON, 405, BROKEN),
        Row(SA, f"GET /{path}/x:{{{noun}}}", {}, 200, [kept]),
        Row(SA, f"POST /{path}/edit/{{{noun}}}", {model: {"comment": "e"}}, 200, {model: {uuid: str, "comment": str}}),
        Row(SA, f"POST /{path}/edit/{ABSENT}", {}, 404, absent),
        Row(SA, f"POST /{path}/delete/{{{noun}!}}", {}, 200, saved("Blocklist item removed", id=str)),
        Row(SA, f"GET /{path}/delete/{{{noun}!}}", {}, 200, saved("Blocklist item removed", id=str)),
        Row(SA, f"HEAD /{path}/delete/{{{noun}}}", {}, 405),
        Row(SA, f"DELETE /{path}/delete/{NOWHERE}", {}, 404, absent),
        Row(OA, f"GET /{path}", {}, 403, FORBIDDEN),
        Row(READER, f"POST /{path}/add", {"uuids": ["{new}"]}, 403, FORBIDDEN),
    )


BLOCKLISTS = (
    *_blocklist("eventBlocklists", "EventBlocklist", "blocked_event", BLOCKED, "event_uuid"),
    *_blocklist("orgBlocklists", "OrgBlocklist", "blocked_org",
                Keys("id org_uuid created org_name comment blocked_data"), "org_uuid"),
    *_blocklist("galaxyClusterBlocklists", "GalaxyClusterBlocklist", "blocked_cluster",
                Keys("id cluster_uuid created cluster_info comment cluster_orgc"), "cluster_uuid"),
    *_blocklist("analystDataBlocklists", "AnalystDataBlocklist", "blocked_analyst_data",
                Keys("id analyst_data_uuid created analyst_data_info comment analyst_data_orgc"), "analyst_data_uuid"),
)  # fmt: skip

LOGS = (
    Row(SA, "POST /admin/logs", {"limit": 2}, 200, [{"Log": LOG}]),
    Row(SA, "POST /admin/logs/index", {"model": "Organisation", "action": "add", "limit": 1}, 200,
        [{"Log": {"model": "Organisation", "action": "add"}}]),
    Row(SA, "POST /admin/logs/index/limit:1", {"title": "Organisation (%): Others"}, 200,
        [{"Log": {"title": re.compile(r"Organisation \(\d+\): Others")}}]),
    Row(SA, "POST /admin/logs/index", {"title": "Role (7): nobody has it"}, 200, []),
    Row(SA, "POST /admin/logs/index", {"change": "no such words"}, 200, []),
    Row(SA, "POST /admin/logs/index", {"description": "no such words"}, 200, []),
    Row(SA, "POST /admin/logs/index", {"change": "expiration", "model": "AuthKey", "limit": 1}, 200,
        [{"Log": {"change": re.compile(".*expiration.*")}}]),
    Row(SA, "POST /admin/logs/index", {"email": "dora@alfa.example", "user_id": 1, "limit": 1}, 200,
        [{"Log": {"email": "dora@alfa.example", "user_id": "1"}}]),
    Row(SA, "POST /admin/logs/index", {"created": ["2026-01-01", "2099-01-01"], "limit": 1}, 200, [{"Log": LOG}]),
    Row(SA, "POST /admin/logs/index", {"created": "2099-01-01"}, 200, []),
    Row(SA, "POST /admin/logs/index", {"page": 9999, "limit": 10}, 200, []),
    Row(SA, "GET /admin/logs/index/limit:1/model:Organisation", {}, 200, [{"Log": {"model": "Organisation"}}]),
    Row(SA, "POST /admin/logs/index", {"limit": "x"}, 403, unsaved("index Log", {"limit": list})),
    Row(OTHER, "POST /admin/logs/index", {"org": "CSIRT Alfa"}, 200, []),
)  # fmt: skip


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """A server with a person of each role, and two of another organisation."""
    with live_server() as running:
        yield with_others(Workshop(admin_of(running)))


@pytest.mark.parametrize(
    "row", [*ORGANISATIONS, *USERS, *KEYS, *ROLES, *SETTINGS, *BLOCKLISTS, *LOGS], ids=str
)  # fmt: skip
def test_a_row_is_answered_as_told(workshop: Workshop, row: Row) -> None:
    check(workshop, row)
