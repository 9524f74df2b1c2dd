"""What servers and sharing groups answer over REST, row by row (API §9.7, PROTOCOL §2, MODEL §7.9)."""

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

SA, OA, USER, SYNC, READER, OTHER = "site admin", "org admin", "user", "sync user", "read-only key", "other sync"
KEY = "x" * 40
SERVER = {"name": "s {new}", "url": "http://127.0.0.1:9", "remote_org_id": "{organisation}", "authkey": KEY}
NO_ORG = "No remote org ID set. Please pass it as remote_org_id"
BAD_KEY = {"authkey": ["The authkey has to be exactly 40 characters long and consist of alphanumeric characters."]}
BAD_URL = {"url": ["Please enter a valid base-url."]}
UNSEEN = "Sharing group doesn't exist or you do not have permission to access it."
NO_GROUP = "Invalid sharing group or no editing rights."
NO_ORGANISATION, NO_SERVER = "Invalid organisation.", "Invalid Server."
VERSION = Keys(
    "version pymisp_recommended_version perm_sync perm_sighting perm_galaxy_editor perm_analyst_data uuid"
    " request_encoding filter_sightings server server_version"
)
LISTED = Keys("SharingGroup Organisation SharingGroupOrg SharingGroupServer editable deletable")
NEW_ORG = '{"name": "New here", "uuid": "11111111-aaaa-4aaa-8aaa-0000000000a1"}'
LINK = Keys(
    "id name url org_id remote_org_id push pull push_sightings push_galaxy_clusters pull_galaxy_clusters"
    " push_analyst_data pull_analyst_data publish_without_email unpublish_event self_signed internal skip_proxy"
    " remove_missing_tags caching_enabled lastpulledid lastpushedid organization push_rules pull_rules cert_file"
    " client_cert_file priority cache_timestamp"
)
CONFIG = {
    "url": "https://hub.invalid", "uuid": NOWHERE, "authkey": KEY,
    "Organisation": {"name": "Imported", "uuid": "11111111-aaaa-4aaa-8aaa-0000000000c1"},
}  # fmt: skip

SERVERS = (
    Row(SA, "POST /servers/add", SERVER, 200, {"Server": {
        "id": str, "push": False, "pull": False, "lastpulledid": None, "organization": None, "cert_file": None,
        "remote_org_id": str, "push_rules": '{"tags":{"OR":[],"NOT":[]},"orgs":{"OR":[],"NOT":[]}}'}}),
    Row(SA, "POST /servers/add", {"Server": {**SERVER, "push": 1}}, 200, {"Server": {"push": True}}),
    Row(SA, "POST /servers/add", {"request": {"Server": SERVER}}, 200, {"Server": {"push": False}}),
    Row(SA, "POST /servers/add", {"name": "s", "url": "http://127.0.0.1:9", "authkey": KEY, "organisation_type": 0,
        "json": '{"id": 1}'}, 200, {"Server": {"remote_org_id": "1"}}),
    Row(SA, "POST /servers/add", {"name": "s", "url": "http://127.0.0.1:9", "authkey": KEY, "organisation_type": 2,
        "json": NEW_ORG}, 200, {"Server": {"id": str}}),
    Row(SA, "POST /servers/add", {**SERVER, "authkey": "x"}, 403, unsaved("add Server", BAD_KEY)),
    Row(SA, "POST /servers/add", {**SERVER, "url": "no url"}, 403, unsaved("add Server", BAD_URL)),
    Row(SA, "POST /servers/add", {**SERVER, "name": ""}, 403, unsaved("add Server", {"name": ["valueNotEmpty"]})),
    Row(SA, "POST /servers/add", {**SERVER, "push": "maybe"}, 403,
        unsaved("add Server", {"push": ["Expected a boolean."]})),
    Row(SA, "POST /servers/add", {**SERVER, "push_rules": "[bad"}, 403, unsaved("add Server", {"push_rules": list})),
    Row(SA, "POST /servers/add", {**SERVER, "remote_org_id": ABSENT}, 405, NO_ORGANISATION),
    Row(SA, "POST /servers/add", {"name": "s", "url": "http://127.0.0.1:9", "authkey": KEY}, 405, NO_ORG),
    Row(SA, "POST /servers/add", {}, 405, NO_ORG),
    Row(SA, "POST /servers/add", NO_JSON, 405, BROKEN),
    Row(OA, "POST /servers/add", SERVER, 403, FORBIDDEN),
    Row(SA, "GET /servers/add", {}, 200, {"mandatory_fields": ["url", "name", "remote_org_id", "authkey"]}),
    Row(SA, "GET /servers/index/limit:{server}", {}, 200, [Keys("Server Organisation RemoteOrg User")]),
    Row(SA, "GET /servers", {}, 200, [{"Server": LINK, "User": []}]),
    Row(OA, "GET /servers/index", {}, 403, FORBIDDEN),
    Row(SA, "POST /servers/edit/{server}", {"Server": {"name": "renamed"}}, 200, {"Server": {"name": "renamed"}}),
    Row(SA, "PUT /servers/edit/{server}", {}, 200, {"Server": {"id": str}}),
    Row(SA, "POST /servers/edit/{server}", {"authkey": "short"}, 403, unsaved("edit Server", BAD_KEY)),
    Row(SA, f"POST /servers/edit/{ABSENT}", {}, 404, "Invalid server"),
    Row(SA, "POST /servers/delete/{server!}", {}, 200,
        {"message": "Server deleted", "url": "/servers/delete/Server deleted", "id": "Server deleted"}),
    Row(SA, f"POST /servers/delete/{ABSENT}", {}, 404, "Invalid server"),
    *(Row(SA, f"{method} /servers/{verb}/{ABSENT}", {}, 404, "Invalid server")
      for method in ("GET", "POST") for verb in ("testConnection", "pull", "push", "cache")),
    *(Row(OA, f"POST /servers/{verb}/{{server}}", {}, 403, FORBIDDEN)
      for verb in ("testConnection", "pull", "push", "cache", "edit", "delete", "resetRemoteAuthKey")),
    Row(SA, f"GET /servers/getRemoteUser/{ABSENT}", {}, 404, "Invalid server"),
    Row(SA, f"POST /servers/resetRemoteAuthKey/{ABSENT}", {}, 404, "Invalid server"),
    Row(SA, f"GET /servers/queryAvailableSyncFilteringRules/{ABSENT}", {}, 404, "Invalid server"),
    Row(SA, "GET /servers/testConnection/{closed}", {}, 200, {"status": 2}),
    Row(SA, "POST /servers/testConnection/{closed}", {}, 200, {"status": 2}),
    Row(SA, "GET /servers/getRemoteUser/{closed}", {}, 200, {"error": str}),
    Row(SA, "POST /servers/resetRemoteAuthKey/{closed}", {}, 403, unsaved("reset Server", str)),
    Row(SA, "GET /servers/pull/{closed}", {}, 403, unsaved("pull Server", "Pull setting not enabled for this server.")),
    Row(SA, "POST /servers/pull/{closed}/full", {}, 403,
        unsaved("pull Server", "Pull setting not enabled for this server.")),
    Row(SA, "POST /servers/pull/{closed}/pull_relevant_clusters", {}, 403, unsaved("pull Server")),
    Row(SA, "POST /servers/pull/{closed}/full/disable_background_processing:1", {}, 403,
        unsaved("pull Server", "Pull setting not enabled for this server.")),
    Row(SA, "POST /servers/pull/{closed}/incremental", {}, 403, unsaved("pull Server")),
    Row(SA, "HEAD /servers/pull/{closed}", {}, 303),
    Row(SA, "GET /servers/push/{closed}", {}, 403, unsaved("push Server")),
    Row(SA, "POST /servers/cache/{closed}", {}, 403, unsaved("cache Server")),
    Row(SA, "POST /servers/cache", {}, 200, saved("Caching the servers has successfully completed.")),
    Row(SA, "GET /servers/cache/all", {}, 200, saved("Caching the servers has successfully completed.")),
)  # fmt: skip

HANDSHAKE = (
    Row(SYNC, "GET /servers/getVersion", {}, 200, VERSION),
    Row(SYNC, "GET /servers/getVersion.json", {}, 200,
        {"version": "2.5.1", "perm_sync": True, "request_encoding": ["gzip"], "filter_sightings": True}),
    Row(USER, "GET /servers/getVersion", {}, 200, {"perm_sync": False, "perm_sighting": True, "uuid": "-"}),
    Row(READER, "GET /servers/getVersion", {}, 200, {"perm_sync": False, "perm_sighting": False, "uuid": "-"}),
    Row(USER, "POST /servers/postTest", {"testString": "ã"}, 200, {"body": {"testString": "ã"},
        "headers": {"Content-type": "application/json", "Accept": "application/json", "Authorization": "OK"}}),
    Row(USER, "GET /servers/postTest", {}, 405, "Invalid request, expecting a POST request."),
    Row(USER, "GET /servers/getPyMISPVersion.json", {}, 200, {"version": "2.5.1"}),
    Row(SYNC, "GET /servers/getInstanceUUID", {}, 200, Keys("uuid")),
    Row(USER, "GET /servers/getInstanceUUID", {}, 403, FORBIDDEN),
    Row(USER, "GET /servers/getAvailableSyncFilteringRules", {}, 200, {"organisations": list, "tags": list}),
    Row(SYNC, "GET /servers/createSync", {}, 200, {"Server": Keys("url uuid authkey Organisation")}),
    Row(SYNC, "HEAD /servers/createSync", {}, 405),
    Row(USER, "GET /servers/createSync", {}, 403, FORBIDDEN),
    Row(SA, "GET /servers/createSync", {}, 405),
    Row(SA, "POST /servers/import", {"Server": CONFIG}, 200, {"Server": {"url": "https://hub.invalid", "push": False,
        "pull": False, "push_rules": '{"tags":{"OR":[],"NOT":[]},"orgs":{"OR":[],"NOT":[]}}'}}),
    Row(SA, "POST /servers/import", CONFIG, 200, {"Server": {"url": "https://hub.invalid"}}),
    Row(SA, "POST /servers/import", {"Server": {"url": "https://hub.invalid"}}, 403, unsaved("import Server")),
    Row(SA, "POST /servers/import", {}, 403, unsaved("import Server")),
    Row(SYNC, "POST /servers/import", CONFIG, 403, FORBIDDEN),
)  # fmt: skip

GROUPS = (
    Row(SA, "POST /sharingGroups/add", {"name": "g {new}", "releasability": "r", "description": "d"}, 200, {
        "SharingGroup": {"id": str, "releasability": "r", "active": True, "local": True, "roaming": False},
        "Organisation": dict, "SharingGroupOrg": [{"extend": True, "Organisation": dict}],
        "SharingGroupServer": [{"server_id": "0", "all_orgs": False}]}),
    Row(SA, "POST /sharing_groups/add", {
        "SharingGroup": {"name": "g {new}", "roaming": True},
        "SharingGroupOrg": [{"org_id": "{organisation}", "extend": True}]}, 200,
        {"SharingGroup": {"roaming": True}, "SharingGroupOrg": list, "SharingGroupServer": []}),
    Row(SA, "POST /sharing_groups/add", {"request": {"SharingGroup": {"name": "g {new}"}}}, 200,
        {"SharingGroup": {"active": True}}),
    Row(SA, "POST /sharing_groups/add", {"name": "g {new}", "uuid": "{group}"}, 403,
        unsaved("add SharingGroup", {"uuid": ["The UUID provided is not unique"]})),
    Row(SA, "POST /sharing_groups/add", {}, 403, unsaved("add SharingGroup", {"name": ["valueNotEmpty"]})),
    Row(SA, "POST /sharing_groups/add", {"name": ["x"]}, 403,
        unsaved("add SharingGroup", {"name": ["Expected a text."]})),
    Row(SA, "POST /sharing_groups/add", NO_JSON, 405, BROKEN),
    Row(USER, "POST /sharing_groups/add", {"name": "x"}, 403, FORBIDDEN),
    Row(READER, "POST /sharing_groups/add", {"name": "x"}, 403, FORBIDDEN),
    Row(USER, "GET /sharing_groups/index/value:Group/x:{group}", {}, 200, {"response": [LISTED]}),
    Row(USER, "GET /sharingGroups/index/limit:1/x:{group!}/y:{group!}", {}, 200, {"response": [LISTED]}),
    Row(USER, "GET /sharingGroups/index/limit:1/page:99", {}, 200, {"response": []}),
    Row(USER, "GET /sharingGroups/index/true", {}, 200, {"response": []}),
    Row(USER, "GET /sharingGroups/index/searchorg:nobody", {}, 200, {"response": []}),
    Row(USER, "GET /sharingGroups/index/searchorg:!nobody/x:{group}", {}, 200, {"response": [LISTED]}),
    Row(USER, "GET /sharingGroups/index/searchorg:1/x:{group}", {}, 200, {"response": [LISTED]}),
    Row(OTHER, "GET /sharingGroups/index/x:{group}", {}, 200, {"response": []}),
    Row(USER, "GET /sharing_groups/view/{group}", {}, 200,
        {"SharingGroup": {"id": str, "uuid": str, "org_id": "1", "sync_user_id": "0"}, "Organisation": dict}),
    Row(USER, "HEAD /sharing_groups/view/{group}", {}, 200),
    Row(OTHER, "GET /sharing_groups/view/{group}", {}, 405, UNSEEN),
    Row(OTHER, "HEAD /sharing_groups/view/{group}", {}, 404),
    Row(SA, f"GET /sharing_groups/view/{NOWHERE}", {}, 405, UNSEEN),
    Row(SA, "POST /sharing_groups/edit/{group}", {"description": "e"}, 200, {"SharingGroup": {"description": "e"}}),
    Row(SA, "POST /sharingGroups/edit/{group}", {"SharingGroup": {"releasability": "f"}}, 200,
        {"SharingGroup": {"releasability": "f"}}),
    Row(SA, "POST /sharing_groups/edit/{group}", {"uuid": "{new}"}, 403, unsaved("edit SharingGroup", {"uuid": list})),
    Row(OTHER, "POST /sharing_groups/edit/{group}", {"description": "x"}, 405, NO_GROUP),
    Row(SA, f"POST /sharing_groups/edit/{ABSENT}", {}, 405, NO_GROUP),
    Row(USER, "POST /sharing_groups/edit/{group}", {}, 403, FORBIDDEN),
    Row(SA, "POST /sharingGroups/addOrg", {"sg_id": "{group!}", "org_id": "{organisation}", "extend": True}, 200,
        saved("Organisation added to the sharing group.")),
    Row(SA, "POST /sharingGroups/addOrg", {"uuid": "{group}", "org_id": 1}, 200,
        saved("Organisation added to the sharing group.")),
    Row(SA, "POST /sharingGroups/addOrg", {"sg_id": "{group}", "org_id": ABSENT}, 405, NO_ORGANISATION),
    Row(SA, "POST /sharingGroups/addOrg", {"sg_id": "{group}"}, 405, NO_ORGANISATION),
    Row(SA, "POST /sharingGroups/addOrg", {"sg_id": ABSENT, "org_id": 1}, 405, NO_GROUP),
    Row(SA, "POST /sharingGroups/addOrg", {}, 405, NO_GROUP),
    Row(OTHER, "POST /sharingGroups/addOrg", {"sg_id": "{group}", "org_id": 1}, 405, NO_GROUP),
    Row(USER, "POST /sharingGroups/addOrg", {"sg_id": "{group}", "org_id": 1}, 403, FORBIDDEN),
    Row(SA, "POST /sharingGroups/removeOrg", {"sg_id": "{group_with_org!}", "org_id": "{organisation}"}, 200,
        saved("Organisation removed from the sharing group.")),
    Row(SA, "POST /sharingGroups/removeOrg", {"sg_id": "{group}", "org_id": ABSENT}, 405, NO_ORGANISATION),
    Row(SA, "POST /sharingGroups/addServer", {"sg_id": "{group!}", "server_id": "{server}", "all_orgs": True}, 200,
        saved("Server added to the sharing group.")),
    Row(SA, "POST /sharingGroups/addServer", {"sg_id": "{group!}", "server_id": 0}, 200,
        saved("Server added to the sharing group.")),
    Row(SA, "POST /sharingGroups/addServer", {"sg_id": "{group}", "server_id": ABSENT}, 405, NO_SERVER),
    Row(SA, "POST /sharingGroups/addServer", {"sg_id": ABSENT, "server_id": 0}, 405, NO_GROUP),
    Row(SA, "POST /sharingGroups/removeServer", {"sg_id": "{group_with_server!}", "server_id": "{server}"}, 200,
        saved("Server removed from the sharing group.")),
    Row(SA, "POST /sharingGroups/removeServer", {"sg_id": "{group}", "server_id": ABSENT}, 405, NO_SERVER),
    Row(SA, "POST /sharingGroups/delete/{group!}", {}, 200, saved("SharingGroup deleted", id=str)),
    Row(SA, "DELETE /sharing_groups/delete/{group_with_org!}", {}, 200, saved("SharingGroup deleted", id=str)),
    Row(SA, "POST /sharingGroups/delete/{group_in_use}", {}, 403, unsaved("delete SharingGroup", str)),
    Row(OTHER, "POST /sharingGroups/delete/{group}", {}, 405, NO_GROUP),
    Row(SA, f"POST /sharingGroups/delete/{ABSENT}", {}, 405, NO_GROUP),
)  # fmt: skip


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """A server with a person of each role, and two of another organisation."""
    with live_server() as running:
        yield with_others(Workshop(admin_of(running)))


@pytest.mark.parametrize("row", [*SERVERS, *HANDSHAKE, *GROUPS], ids=str)
def test_a_row_is_answered_as_told(workshop: Workshop, row: Row) -> None:
    check(workshop, row)
