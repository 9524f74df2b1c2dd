"""What organisations, accounts, keys, roles, settings, blocklists and logs answer over REST, row by row (API §9.8)."""

import re

import pytest

from tests.contract.rest_rows import (
    ABSENT,
    BROKEN,
    NO_JSON,
    NOT_ALLOWED,
    NOWHERE,
    Expected,
    Json,
    Row,
    Scene,
    keys,
    ok,
    refused,
    saved,
    unsaved,
)

SA, OA, USER, SYNC, READER, OTHER = "site admin", "org admin", "user", "sync user", "read-only key", "other admin"
TECHNIQUE = 'misp-galaxy:mitre-attack-pattern="Spearphishing Link - T1566.002"'
ORG = keys(
    "id name date_created date_modified description type nationality sector created_by uuid contacts local"
    " restricted_to_domain landingpage user_count created_by_email"
)
NAME_TAKEN = {"name": ["An organisation with this name already exists."]}
NO_NAME = {"name": ["Please enter a name for the organisation."]}
ACCOUNT = {"email": "{new}@x.example", "org_id": "{organisation}", "role_id": 3}
ACCOUNT_ROW = keys(
    "id org_id server_id email autoalert invited_by gpgkey certif_public nids_sid termsaccepted newsread role_id"
    " change_pw contactalert disabled expiration current_login last_login last_api_access force_logout date_created"
    " date_modified last_pw_change"
)
NO_EMAIL = {"email": ["Please enter a valid email address."]}
NO_ROLE = {"role_id": ["Please select a role."]}
NOT_YOURS = "Invalid user or insufficient privileges to interact with an authkey for the given user."
KEY = keys(
    "id uuid authkey_start authkey_end created expiration read_only user_id comment allowed_ips unique_ips last_used"
)
BLOCKED = keys("id event_uuid created event_info comment event_orgc")
LOG = keys("id title created model model_id action user_id change email org description ip")
HOME = {"setting": "homepage", "value": {"path": "/events/index"}}
NO_SETTING = "Invalid setting."
UPDATED = saved("/servers/serverSettingsEdit", "Field updated")
COUNTS = {"event_count": str, "attribute_count_month": str, "correlation_count": str, "org_count": str}

ORGANISATIONS = (
    Row(USER, "GET /organisations", ok([{"Organisation": {"id": str, "local": True, "user_count": str, "...": 1}},
        "..."])),
    Row(SA, "GET /organisations/index/scope:all/x:{organisation}", ok([{"Organisation": ORG}, "..."])),
    Row(USER, "GET /organisations/index/scope:external", ok(list)),
    Row(USER, "GET /organisations/index/scope:all/searchall:nobody", ok([])),
    Row(USER, "POST /organisations/index", ok([{"Organisation": {"name": "Others", "...": 1}}, "..."]),
        {"scope": "all", "searchall": "oTHER"}),
    Row(USER, "GET /organisations/view/{organisation}", ok({"Organisation": {"id": str, "user_count": "0", "...": 1}})),
    Row(USER, "HEAD /organisations/view/{organisation}", Expected(200, "*")),
    Row(USER, f"HEAD /organisations/view/{NOWHERE}", Expected(404, "*")),
    Row(USER, f"GET /organisations/view/{ABSENT}", refused(404, "Invalid organisation")),
    Row(SYNC, "GET /organisations/getUUIDs", ok(list)),
    Row(USER, "GET /organisations/getUUIDs", refused(403, NOT_ALLOWED)),
    Row(SA, "POST /admin/organisations/add", ok({"Organisation": {"local": False, "uuid": str, "...": 1}}),
        {"name": "o {new}", "uuid": "{new}", "local": False}),
    Row(SA, "POST /admin/organisations/add", ok({"Organisation": {"local": True, "uuid": str, "...": 1}}),
        {"Organisation": {"name": "p {new}"}}),
    Row(SA, "POST /admin/organisations/add", ok({"Organisation": {"local": True, "...": 1}}),
        {"request": {"Organisation": {"name": "r {new}"}}}),
    Row(SA, "POST /admin/organisations/add", unsaved("/admin/organisations/add", "add Organisation", NAME_TAKEN),
        {"name": "others"}),
    Row(SA, "POST /admin/organisations/add", unsaved("/admin/organisations/add", "add Organisation", {"uuid": list}),
        {"name": "q {new}", "uuid": "no uuid"}),
    Row(SA, "POST /admin/organisations/add", unsaved("/admin/organisations/add", "add Organisation", NO_NAME), {}),
    Row(SA, "POST /admin/organisations/add", unsaved("/admin/organisations/add", "add Organisation",
        {"name": ["Expected a text."]}),
        {"name": ["x"]}),
    Row(SA, "POST /admin/organisations/add", refused(405, BROKEN), raw=NO_JSON),
    Row(OA, "POST /admin/organisations/add", refused(403, NOT_ALLOWED), {"name": "x"}),
    Row(SA, "POST /admin/organisations/edit/{organisation}", ok({"Organisation": {"description": "e", "...": 1}}),
        {"description": "e"}),
    Row(SA, "POST /admin/organisations/edit/{organisation}", unsaved("/admin/organisations/edit/#",
        "edit Organisation", NAME_TAKEN),
        {"name": "Others"}),
    Row(SA, f"POST /admin/organisations/edit/{ABSENT}", refused(404, "Invalid organisation"), {"name": "x"}),
    Row(SA, "POST /admin/organisations/delete/{organisation!}",
        saved("/admin/organisations/delete/#", "Organisation deleted"),
        {}),
    Row(SA, "POST /admin/organisations/delete/1", unsaved("/admin/organisations/delete/#", "delete Organisation", str),
        {}),
    Row(SA, f"POST /admin/organisations/delete/{NOWHERE}", refused(404, "Invalid organisation"), {}),
)  # fmt: skip

USERS = (
    Row(SA, "GET /admin/users/index", ok([keys("User Role Organisation"), "..."])),
    Row(SA, "GET /admin/users", ok([{"User": ACCOUNT_ROW, "Role": keys("id name perm_auth perm_site_admin perm_admin"),
        "Organisation": keys("id name")}, "..."])),
    Row(SA, "GET /admin/users/index/value:other-admin", ok([{"Organisation": {"name": "Others", "...": 1}, "...": 1},
        "..."])),
    Row(SA, "GET /admin/users/index/searchorg:1", ok([{"Organisation": {"id": "1", "...": 1}, "...": 1}, "..."])),
    Row(SA, f"GET /admin/users/index/searchorg:{NOWHERE}", ok([])),
    Row(OTHER, "GET /admin/users/index", ok([{"Organisation": {"name": "Others", "...": 1}, "...": 1}, "..."])),
    Row(USER, "GET /admin/users/index", refused(403, NOT_ALLOWED)),
    Row(SA, "GET /users/index", refused(404, "Not Found")),
    Row(USER, "GET /users/view/me.json", ok(keys("User Role UserSetting Organisation AuthKey"))),
    Row(USER, "GET /users/view/1", refused(404, "Invalid user")),
    Row(OTHER, "GET /admin/users/view/{user}", refused(404, "Invalid user")),
    Row(SA, f"GET /users/view/{ABSENT}", refused(404, "Invalid user")),
    Row(SA, "GET /admin/users/view/{user}", ok({"User": {"orgAdmins": dict, "password": re.compile(r"\*{5}"),
        "...": 1}, "...": 1})),
    Row(SA, "POST /admin/users/add", ok({"User": {"id": str, "email": str, "password": re.compile(r"\*{6}"),
        "...": 1}}), ACCOUNT),
    Row(SA, "POST /admin/users/add", ok({"User": {"role_id": "3", "...": 1}}), {"User": ACCOUNT}),
    Row(SA, "POST /admin/users/add", unsaved("/admin/users/add", "add User",
        {"email": ["An account with this email address already exists."]}),
        {**ACCOUNT, "email": "DORA@alfa.example"}),
    Row(SA, "POST /admin/users/add", unsaved("/admin/users/add", "add User", NO_EMAIL),
        {**ACCOUNT, "email": "nonsense"}),
    Row(SA, "POST /admin/users/add", unsaved("/admin/users/add", "add User", NO_EMAIL), {"org_id": 1, "role_id": 3}),
    Row(SA, "POST /admin/users/add", ok({"User": {"role_id": "3", "...": 1}}),
        {"email": "{new}@x.example", "org_id": 1}),
    Row(SA, "POST /admin/users/add", unsaved("/admin/users/add", "add User", NO_ROLE), {**ACCOUNT, "role_id": ABSENT}),
    Row(SA, "POST /admin/users/add", unsaved("/admin/users/add", "add User",
        {"org_id": ["Please select an organisation."]}),
        {**ACCOUNT, "org_id": ABSENT}),
    Row(SA, "POST /admin/users/add", unsaved("/admin/users/add", "add User", {"password": list}),
        {**ACCOUNT, "password": "short"}),
    Row(SA, "POST /admin/users/add", refused(405, BROKEN), raw=NO_JSON),
    Row(OTHER, "POST /admin/users/add", ok({"User": {"org_id": re.compile("[^1]+"), "...": 1}}),
        {**ACCOUNT, "org_id": 1}),
    Row(OTHER, "POST /admin/users/add", refused(403, "You are not authorised to assign that role to a user."),
        {**ACCOUNT, "role_id": 1}),
    Row(USER, "POST /admin/users/add", refused(403, NOT_ALLOWED), ACCOUNT),
    Row(SA, "POST /admin/users/edit/{user}", ok({"User": {"autoalert": True, "...": 1}}), {"User": {"autoalert": "1"}}),
    Row(SA, "POST /admin/users/edit/{user}", unsaved("/admin/users/edit", "edit User", "*"),
        {"email": "dora@alfa.example"}),
    *(Row(SA, f"POST /users/initiatePasswordReset/{{user!}}{more}", ok({"success": True, "password": str, "...": 1}))
      for more in ("", "/1")),
    Row(OTHER, "POST /users/initiatePasswordReset/{user}", refused(404, "Invalid user")),
    Row(SA, f"POST /admin/users/edit/{ABSENT}", refused(404, "Invalid user"), {}),
    Row(OTHER, "POST /admin/users/edit/{user}", refused(404, "Invalid user"), {"autoalert": 1}),
    Row(USER, "POST /users/edit", ok({"User": {"role_id": "3", "autoalert": True, "...": 1}}),
        {"role_id": 1, "autoalert": 1}),
    Row(USER, "POST /users/edit/1", refused(404, "Invalid user"), {"autoalert": 1}),
    Row(SA, "POST /admin/users/delete/{user!}", saved("/admin/users/delete/#", "User deleted."), {}),
    Row(OTHER, "POST /admin/users/delete/{user}", refused(404, "Invalid user"), {}),
    Row(SA, f"POST /admin/users/delete/{ABSENT}", refused(404, "Invalid user"), {}),
    Row(USER, "POST /users/change_pw", saved("/users/change_pw", "Password Changed."),
        {"password": "three grey horses, walking"}),
    Row(USER, "POST /users/change_pw", saved("/users/change_pw", "Password Changed."),
        {"User": {"password": "three grey horses, running"}}),
    Row(USER, "POST /users/change_pw", unsaved("/users/change_pw", "change_pw User", {"password": list}),
        {"password": "short"}),
    Row(READER, "POST /users/change_pw", refused(403, NOT_ALLOWED), {"password": "three grey horses"}),
    Row(SA, "POST /users/resetauthkey/{user}", ok({"message": re.compile("Authkey updated: [a-zA-Z0-9]{40}"),
        "...": 1}),
        {}),
    Row(OTHER, "POST /users/resetauthkey/{user}", refused(405, NOT_YOURS), {}),
    Row(SA, "GET /users/registrations/index", ok([])),
    Row(SA, f"POST /users/acceptRegistrations/{ABSENT}", refused(404, "Invalid registration"), {"role_id": 3}),
    Row(SA, f"POST /users/discardRegistrations/{ABSENT}", refused(404, "Invalid registration"), {}),
    Row(USER, "GET /users/statistics.json", ok({"stats": {**COUNTS, "...": 1}})),
    Row(USER, "GET /users/statistics/orgs", ok({"CSIRT Alfa": {"local": True, "userCount": str, "...": 1}, "...": 1})),
    Row(SA, "GET /users/statistics/orgs/scope:external", ok("*")),
    Row(USER, "GET /users/statistics/users", ok(keys("user org_local org_external"))),
    Row(USER, "GET /users/statistics/tags", ok(keys("flatData treemap"))),
    Row(USER, "GET /users/statistics/attributehistogram", ok("*")),
    Row(USER, "GET /users/statistics/sightings", ok(keys("toplist eventids"))),
    Row(SA, "POST /tags/attachTagToObject", ok({"saved": True, "...": 1}), {"uuid": "{attribute}", "tag": TECHNIQUE}),
    Row(SA, "POST /tags/attachTagToObject", ok({"saved": True, "...": 1}), {"uuid": "{event}", "tag": TECHNIQUE}),
    Row(USER, "GET /users/statistics/galaxyMatrix", ok({"scores": {TECHNIQUE: 2}, "maxScore": 2})),
    Row(OTHER, "GET /users/statistics/galaxyMatrix", ok({"scores": {TECHNIQUE: 2}, "maxScore": 2})),
    Row(USER, "GET /users/statistics/nonsense", refused(404, "Invalid statistics context.")),
)  # fmt: skip

KEYS = (
    Row(SA, "POST /auth_keys/add/{user}", ok({"AuthKey": {"authkey_raw": re.compile("[a-zA-Z0-9]{40}"),
        "expiration": "0", "allowed_ips": ["127.0.0.1"], "unique_ips": [], "read_only": False, "comment": "c",
        "...": 1}}),
        {"comment": "c", "allowed_ips": ["127.0.0.1"]}),
    Row(SA, "POST /authKeys/add/{user}", ok({"AuthKey": {"read_only": True, "expiration": "1798761600", "...": 1}}),
        {"AuthKey": {"read_only": True, "expiration": "2027-01-01"}}),
    Row(SA, "POST /auth_keys/add/{user}", ok({"AuthKey": {"allowed_ips": ["10.0.0.0/8", "::1"], "...": 1}}),
        {"allowed_ips": "10.0.0.0/8\n::1"}),
    Row(SA, "POST /auth_keys/add", ok({"AuthKey": {"expiration": re.compile(r"\d{10}"), "...": 1}}),
        {"user_id": "{user}", "expiration": "+30 days"}),
    Row(USER, "POST /auth_keys/add", ok({"AuthKey": {"authkey_start": str, "...": 1}}), {"authkey": "x" * 40}),
    Row(USER, "POST /auth_keys/add/me", ok({"AuthKey": {"comment": "own", "...": 1}}), {"comment": "own"}),
    Row(OA, "POST /auth_keys/add/{user}", ok({"AuthKey": {"read_only": False, "...": 1}}), {}),
    Row(OTHER, "POST /auth_keys/add/{user}", refused(405, NOT_YOURS), {}),
    Row(OA, "POST /auth_keys/add/1", refused(405, NOT_YOURS), {}),
    Row(USER, "POST /auth_keys/add/1", refused(405, NOT_YOURS), {}),
    Row(SA, f"POST /auth_keys/add/{ABSENT}", refused(405, NOT_YOURS), {}),
    Row(SA, "POST /auth_keys/add/{user}", unsaved("/auth_keys/add", "add AuthKey", {"allowed_ips": list}),
        {"allowed_ips": ["x"]}),
    Row(SA, "POST /auth_keys/add/{user}", unsaved("/auth_keys/add", "add AuthKey", {"expiration": list}),
        {"expiration": "soon"}),
    Row(SA, "POST /auth_keys/add/{user}", unsaved("/auth_keys/add", "add AuthKey", "*"),
        {"expiration": "+999999 weeks"}),
    Row(SA, "POST /auth_keys/add/{user}", unsaved("/auth_keys/add", "add AuthKey",
        {"read_only": ["Expected a boolean."]}),
        {"read_only": "maybe"}),
    Row(READER, "POST /auth_keys/add", refused(403, NOT_ALLOWED), {}),
    Row(SA, "GET /auth_keys/index/{user}", ok([{"AuthKey": KEY, "User": keys("id email")}, "..."])),
    Row(SA, "GET /auth_keys/index", ok([{"AuthKey": KEY, "User": keys("id email")}, "..."])),
    Row(OTHER, "GET /auth_keys/index/{user}", refused(404, "Invalid user")),
    Row(SA, "POST /auth_keys", ok([{"AuthKey": KEY, "...": 1}, "..."]), {"uuid": "{key_uuid}"}),
    Row(SA, "POST /authKeys/index/x:{key}", ok([{"AuthKey": {"read_only": False, "...": 1}, "...": 1}, "..."]),
        {"user_id": "{user}", "read_only": False}),
    Row(SA, "POST /auth_keys", ok([{"AuthKey": {"read_only": True, "...": 1}, "...": 1}, "..."]), {"read_only": True}),
    Row(SA, "POST /auth_keys", ok([{"AuthKey": {"comment": "publisher", "...": 1}, "...": 1}, "..."]),
        {"comment": "publisher"}),
    Row(SA, "POST /auth_keys", ok([{"AuthKey": KEY, "...": 1}, "..."]), {"created": "1h", "limit": 1}),
    Row(SA, "POST /auth_keys", ok([]), {"created": ["2h", "1h"]}),
    Row(SA, "POST /auth_keys", ok([]), {"created": "2099-01-01"}),
    Row(SA, "POST /auth_keys", ok([]), {"created": {"a": 1}}),
    Row(SA, "POST /auth_keys", ok([]), {"id": ABSENT}),
    Row(SA, "POST /auth_keys", ok([]), {"limit": 1, "page": 999}),
    Row(SA, "GET /auth_keys/view/{key}", ok({"AuthKey": KEY, "User": keys("id email")})),
    Row(SA, "GET /authKeys/view/{key_uuid}", ok({"AuthKey": KEY, "...": 1})),
    Row(SA, f"GET /auth_keys/view/{NOWHERE}", refused(404, "Invalid AuthKey")),
    Row(OTHER, "GET /auth_keys/view/{key}", refused(404, "Invalid AuthKey")),
    Row(SA, "POST /auth_keys/edit/{key}", ok({"AuthKey": {"comment": "e", "...": 1}, "...": 1}),
        {"AuthKey": {"comment": "e"}}),
    Row(SA, "POST /auth_keys/edit/{key}", unsaved("/auth_keys/edit", "edit AuthKey", {"allowed_ips": list}),
        {"allowed_ips": ["x"]}),
    Row(OTHER, "POST /auth_keys/edit/{key}", refused(404, "Invalid AuthKey"), {}),
    Row(SA, "DELETE /auth_keys/delete/{key!}", saved("/auth_keys/delete/#", "AuthKey deleted."), {}),
    Row(SA, "POST /auth_keys/delete/{key_uuid!}", saved("/auth_keys/delete/#", "AuthKey deleted."), {}),
    Row(OTHER, "POST /auth_keys/delete/{key}", refused(404, "Invalid AuthKey"), {}),
    Row(READER, "POST /auth_keys/delete/{key}", refused(404, "Invalid AuthKey"), {}),
)  # fmt: skip

ROLES = (
    Row(USER, "GET /roles", ok([{"Role": {"id": str, "perm_add": bool, "permission": str, "default": bool,
        "permission_description": str, "default_role": bool, "...": 1}}, "..."])),
    Row(USER, "GET /roles/view/6", ok({"Role": {"name": "Read Only", "permission": "0", "perm_auth": True, "...": 1}})),
    Row(USER, f"GET /roles/view/{ABSENT}", refused(404, "Invalid role")),
    Row(SA, "POST /admin/roles/add", ok({"Role": {"perm_add": True, "perm_publish": True, "perm_auth": True,
        "perm_sync": False, "permission": "3", "...": 1}}),
        {"name": "r {new}", "permission": 3, "perm_auth": True}),
    Row(SA, "POST /admin/roles/add", ok({"Role": {"perm_modify_org": True, "perm_publish": False, "...": 1}}),
        {"Role": {"name": "s {new}", "permission": "manage_org"}}),
    Row(SA, "POST /admin/roles/add", ok({"Role": {"perm_add": False, "permission": "0",
        "permission_description": "read_only", "...": 1}}),
        {"name": "t {new}", "perm_add": True, "permission": 9}),
    Row(SA, "POST /admin/roles/add", unsaved("/admin/roles/add", "add Role",
        {"name": ["A role with this name already exists."]}),
        {"name": "User"}),
    Row(SA, "POST /admin/roles/add", unsaved("/admin/roles/add", "add Role",
        {"name": ["Please enter a name for the role."]}),
        {}),
    Row(SA, "POST /admin/roles/add", unsaved("/admin/roles/add", "add Role", {"perm_auth": ["Expected a boolean."]}),
        {"name": "u", "perm_auth": "maybe"}),
    Row(OA, "POST /admin/roles/add", refused(403, NOT_ALLOWED), {"name": "x"}),
    Row(SA, "POST /admin/roles/edit/{role}", ok({"Role": {"perm_sync": True, "...": 1}}), {"perm_sync": 1}),
    Row(SA, f"POST /admin/roles/edit/{ABSENT}", refused(404, "Invalid role"), {}),
    Row(SA, "POST /admin/roles/set_default/3", saved("/admin/roles/set_default/#", "Default role set.", id="3"), {}),
    Row(SA, f"POST /admin/roles/set_default/{ABSENT}", refused(404, "Invalid role"), {}),
    Row(SA, "POST /admin/roles/delete/{role!}", saved("/admin/roles/delete/#", "Role deleted"), {}),
    Row(SA, "POST /admin/roles/delete/1", unsaved("/admin/roles/delete/#", "delete Role", str), {}),
    Row(SA, f"POST /admin/roles/delete/{ABSENT}", refused(404, "Invalid role"), {}),
)  # fmt: skip

SETTINGS = (
    Row("publisher", "GET /userSettings/index", ok([])),
    Row(USER, "POST /userSettings/setSetting", ok({"UserSetting": {"id": str, "setting": "homepage",
        "value": {"path": "/events/index"}, "user_id": str, "...": 1}}),
        HOME),
    Row(USER, "POST /user_settings/setSetting", ok({"UserSetting": {"value": {"path": "/x"}, "...": 1}}),
        {"UserSetting": {**HOME, "value": '{"path": "/x"}'}}),
    Row(USER, "POST /user_settings/setSetting", refused(405, "This endpoint expects both a setting and a value to be set."),
        {"setting": "homepage"}),
    Row(USER, "POST /user_settings/setSetting", refused(405, NO_SETTING), {"setting": "nonsense", "value": 1}),
    Row(USER, "POST /user_settings/setSetting", refused(404, "Invalid user"), {**HOME, "user_id": 1}),
    Row(OA, "POST /user_settings/setSetting", ok({"UserSetting": {"user_id": str, "...": 1}}),
        {**HOME, "user_id": "{user}"}),
    Row(OTHER, "POST /user_settings/setSetting", refused(404, "Invalid user"), {**HOME, "user_id": "{user}"}),
    Row(READER, "POST /user_settings/setSetting", refused(403, NOT_ALLOWED), HOME),
    Row(USER, "POST /user_settings/getSetting", refused(404, "Invalid user setting"), {"setting": "dashboard"}),
    Row(USER, "POST /user_settings/getSetting", refused(405, NO_SETTING), {}),
    Row(USER, f"GET /user_settings/view/{ABSENT}", refused(404, "Invalid user setting")),
    Row(USER, "POST /user_settings/delete", refused(404, "Invalid user setting"), {"setting": "dashboard"}),
    Row(USER, f"DELETE /user_settings/delete/{ABSENT}", refused(404, "Invalid user setting"), {}),
    Row(SA, "GET /user_settings/view/{setting}", ok({"UserSetting": {"setting": "homepage", "...": 1}})),
    Row(SA, "POST /user_settings", ok([{"UserSetting": {"setting": "homepage", "...": 1}, "...": 1}, "..."]),
        {"id": "{setting}"}),
    Row(SA, "DELETE /user_settings/delete/{setting}", saved("/user_settings/delete", "Setting deleted."), {}),
    Row(SA, "GET /servers/getSetting/MISP.live", ok({"setting": "MISP.live", "value": True, "type": "boolean",
        "...": 1})),
    *(Row(SA, f"GET /servers/getSetting/{name}", ok({"setting": name, "value": value, "...": 1})) for name, value in (
        ("MISP.unpublishedprivate", False), ("MISP.enableEventBlocklisting", True), ("MISP.background_jobs", True),
        ("MISP.default_event_distribution", "1"), ("MISP.default_attribute_distribution", "event"),
        ("MISP.default_event_threat_level", "4"), ("MISP.showorg", True), ("MISP.delegation", False),
        ("MISP.block_publishing_for_same_creator", False), ("MISP.disablerestalert", False),
        ("MISP.completely_disable_correlation", False), ("MISP.sanitise_attribute_on_delete", False),
        ("MISP.incoming_tags_disabled_by_default", False), ("MISP.proposals_block_attributes", False),
        ("MISP.enable_synchronisation_filtering_on_type", False), ("Plugin.Sightings_policy", "0"),
        ("Plugin.Sightings_anonymise", False), ("Security.hide_organisation_index_from_users", False))),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.showorg", UPDATED, {"value": True}),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.showorg", unsaved("/servers/serverSettingsEdit",
        "serverSettingsEdit Servers", "It cannot be changed here. Every event shows its organisations."),
        {"value": False}),
    Row(SA, "GET /servers/getSetting/MISP.nothing", refused(404, "Setting MISP.nothing is invalid.")),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.live", UPDATED, {"value": True}),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.live", UPDATED, {"Server": {"value": 1}}),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.live", unsaved("/servers/serverSettingsEdit",
        "serverSettingsEdit Servers", "*"),
        {"value": "maybe"}),
    Row(SA, "POST /servers/serverSettingsEdit/MISP.nothing", refused(404, "Setting MISP.nothing is invalid."),
        {"value": 1}),
    Row(OA, "POST /servers/serverSettingsEdit/MISP.live", refused(403, NOT_ALLOWED), {"value": True}),
)  # fmt: skip


def _blocklist(path: str, model: str, noun: str, kept: Json, uuid: str) -> tuple[Row, ...]:
    """What is the same of the four lists."""
    absent = "Blocklist item not found."
    url = "/" + re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", path)
    added = {"result": {"successes": [str, "..."], "fails": []}, "message": str, "...": 1}
    return (
        Row(SA, f"POST /{path}/add", ok(added), {"uuids": ["{new}"], "comment": "c"}),
        Row(SA, f"POST /{path}/add", ok(added), {model: {"uuids": "{new}"}}),
        Row(
            SA,
            f"POST /{path}/add",
            ok({"result": {"successes": [], "fails": ["no uuid"]}, "...": 1}),
            {"uuids": ["no uuid"]},
        ),
        Row(
            SA, f"POST /{path}/add", unsaved(f"{url}/add", f"add {model}", {"uuids": ["valueNotEmpty"]}), {"uuids": []}
        ),
        Row(SA, f"POST /{path}/add", unsaved(f"{url}/add", f"add {model}", {"uuids": ["Expected a list."]}), {}),
        Row(SA, f"POST /{path}/add", refused(405, BROKEN), raw=NO_JSON),
        Row(SA, f"GET /{path}/x:{{{noun}}}", ok([kept, "..."])),
        Row(
            SA,
            f"POST /{path}/edit/{{{noun}}}",
            ok({model: {uuid: str, "comment": str, "...": 1}, "...": 1}),
            {model: {"comment": "e"}},
        ),
        Row(SA, f"POST /{path}/edit/{ABSENT}", refused(404, absent), {}),
        Row(SA, f"POST /{path}/edit/{ABSENT}", refused(404, absent), {"comment": ["x"]}),
        Row(SA, f"POST /{path}/delete/{{{noun}!}}", saved(f"{url}/delete/#", "Blocklist item removed"), {}),
        Row(SA, f"GET /{path}/delete/{{{noun}!}}", saved(f"{url}/delete/#", "Blocklist item removed")),
        Row(SA, f"HEAD /{path}/delete/{{{noun}}}", Expected(405, "*")),
        Row(SA, f"DELETE /{path}/delete/{NOWHERE}", refused(404, absent), {}),
        Row(OA, f"GET /{path}", refused(403, NOT_ALLOWED)),
        Row(READER, f"POST /{path}/add", refused(403, NOT_ALLOWED), {"uuids": ["{new}"]}),
    )


BLOCKLISTS = (
    *_blocklist("eventBlocklists", "EventBlocklist", "blocked_event", BLOCKED, "event_uuid"),
    *_blocklist("orgBlocklists", "OrgBlocklist", "blocked_org",
                keys("id org_uuid created org_name comment blocked_data"), "org_uuid"),
    *_blocklist("galaxyClusterBlocklists", "GalaxyClusterBlocklist", "blocked_cluster",
                keys("id cluster_uuid created cluster_info comment cluster_orgc"), "cluster_uuid"),
    *_blocklist("analystDataBlocklists", "AnalystDataBlocklist", "blocked_analyst_data",
                keys("id analyst_data_uuid created analyst_data_info comment analyst_data_orgc"), "analyst_data_uuid"),
)  # fmt: skip

LOGS = (
    Row(SA, "POST /admin/logs", ok([{"Log": LOG}, "..."]), {"limit": 2}),
    Row(SA, "POST /admin/logs/index", ok([{"Log": {"model": "Organisation", "action": "add", "...": 1}}, "..."]),
        {"model": "Organisation", "action": "add", "limit": 1}),
    Row(SA, "POST /admin/logs/index/limit:1", ok([{"Log": {"title": re.compile(r"Organisation \(\d+\): Others"),
        "...": 1}}, "..."]),
        {"title": "Organisation (%): Others"}),
    Row(SA, "POST /admin/logs/index", ok([{"Log": {"model": "Organisation", "user_id": "1", "...": 1}}, "..."]),
        {"model": ["Organisation"], "user_id": ["1"], "limit": ["1"]}),
    Row(SA, "POST /admin/logs/index", unsaved("/admin/logs/index", "index Log", {"model": list}), {"model": [["x"]]}),
    Row(SA, "POST /admin/logs/index", ok([]), {"title": "Role (7): nobody has it"}),
    Row(SA, "POST /admin/logs/index", ok([]), {"change": "no such words"}),
    Row(SA, "POST /admin/logs/index", ok([]), {"description": "no such words"}),
    Row(SA, "POST /admin/logs/index", ok([{"Log": {"change": re.compile(".*expiration.*"), "...": 1}}, "..."]),
        {"change": "expiration", "model": "AuthKey", "limit": 1}),
    Row(SA, "POST /admin/logs/index", ok([{"Log": {"email": "dora@alfa.example", "user_id": "1", "...": 1}}, "..."]),
        {"email": "dora@alfa.example", "user_id": 1, "limit": 1}),
    Row(SA, "POST /admin/logs/index", ok([{"Log": LOG}, "..."]), {"created": ["2026-01-01", "2099-01-01"], "limit": 1}),
    Row(SA, "POST /admin/logs/index", ok([]), {"created": "2099-01-01"}),
    Row(SA, "POST /admin/logs/index", ok([]), {"page": 9999, "limit": 10}),
    Row(SA, "GET /admin/logs/index/limit:1/model:Organisation",
        ok([{"Log": {"model": "Organisation", "...": 1}}, "..."])),
    Row(SA, "POST /admin/logs/index", unsaved("/admin/logs/index", "index Log", {"limit": list}), {"limit": "x"}),
    Row(OTHER, "POST /admin/logs/index", ok([]), {"org": "CSIRT Alfa"}),
)  # fmt: skip


@pytest.mark.parametrize(
    "row", [*ORGANISATIONS, *USERS, *KEYS, *ROLES, *SETTINGS, *BLOCKLISTS, *LOGS], ids=str
)  # fmt: skip
def test_accounts_settings_and_logs_answer(scene: Scene, row: Row) -> None:
    scene.check(row)
