"""What servers and sharing groups answer over REST, row by row (API §9.7, PROTOCOL §2, MODEL §7.9)."""

import pytest

from tests.contract.rest_rows import (
    ABSENT,
    BROKEN,
    NO_JSON,
    NOT_ALLOWED,
    NOWHERE,
    Expected,
    Row,
    Scene,
    keys,
    ok,
    refused,
    saved,
    unsaved,
)

SA, OA, USER, SYNC, READER, OTHER = "site admin", "org admin", "user", "sync user", "read-only key", "other sync"
KEY = "x" * 40
SERVER = {"name": "s {new}", "url": "http://127.0.0.1:9", "remote_org_id": "{organisation}", "authkey": KEY}
NO_ORG = "No remote org ID set. Please pass it as remote_org_id"
BAD_KEY = {"authkey": ["The authkey has to be exactly 40 characters long and consist of alphanumeric characters."]}
BAD_URL = {"url": ["Please enter a valid base-url."]}
UNSEEN = "Sharing group doesn't exist or you do not have permission to access it."
NO_GROUP = "Invalid sharing group or no editing rights."
NO_ORGANISATION, NO_SERVER = "Invalid organisation.", "Invalid Server."
VERSION = keys(
    "version pymisp_recommended_version perm_sync perm_sighting perm_galaxy_editor perm_analyst_data uuid"
    " request_encoding filter_sightings server server_version"
)
LISTED = keys("SharingGroup Organisation SharingGroupOrg SharingGroupServer editable deletable")
NEW_ORG = '{"name": "New here", "uuid": "11111111-aaaa-4aaa-8aaa-0000000000a1"}'
LINK = keys(
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
    Row(SA, "POST /servers/add", ok({"Server": {"id": str, "push": False, "pull": False, "lastpulledid": None,
        "organization": None, "cert_file": None, "remote_org_id": str,
        "push_rules": '{"tags":{"OR":[],"NOT":[]},"orgs":{"OR":[],"NOT":[]}}', "...": 1}}),
        SERVER),
    Row(SA, "POST /servers/add", ok({"Server": {"push": True, "...": 1}}), {"Server": {**SERVER, "push": 1}}),
    Row(SA, "POST /servers/add", ok({"Server": {"push": False, "...": 1}}), {"request": {"Server": SERVER}}),
    Row(SA, "POST /servers/add", ok({"Server": {"remote_org_id": "1", "...": 1}}),
        {"name": "s", "url": "http://127.0.0.1:9", "authkey": KEY, "organisation_type": 0, "json": '{"id": 1}'}),
    Row(SA, "POST /servers/add", ok({"Server": {"id": str, "...": 1}}),
        {"name": "s", "url": "http://127.0.0.1:9", "authkey": KEY, "organisation_type": 2, "json": NEW_ORG}),
    Row(SA, "POST /servers/add", unsaved("/servers/add", "add Server", BAD_KEY), {**SERVER, "authkey": "x"}),
    Row(SA, "POST /servers/add", unsaved("/servers/add", "add Server", BAD_URL), {**SERVER, "url": "no url"}),
    Row(SA, "POST /servers/add", unsaved("/servers/add", "add Server", {"name": ["valueNotEmpty"]}),
        {**SERVER, "name": ""}),
    Row(SA, "POST /servers/add", unsaved("/servers/add", "add Server", {"push": ["Expected a boolean."]}),
        {**SERVER, "push": "maybe"}),
    Row(SA, "POST /servers/add", unsaved("/servers/add", "add Server", {"push_rules": list}),
        {**SERVER, "push_rules": "[bad"}),
    Row(SA, "POST /servers/add", refused(405, NO_ORGANISATION), {**SERVER, "remote_org_id": ABSENT}),
    Row(SA, "POST /servers/add", refused(405, NO_ORG), {"name": "s", "url": "http://127.0.0.1:9", "authkey": KEY}),
    Row(SA, "POST /servers/add", refused(405, NO_ORG), {}),
    Row(SA, "POST /servers/add", refused(405, BROKEN), raw=NO_JSON),
    Row(OA, "POST /servers/add", refused(403, NOT_ALLOWED), SERVER),
    Row(SA, "GET /servers/add", ok({"mandatory_fields": ["url", "name", "remote_org_id", "authkey"], "...": 1})),
    Row(SA, "GET /servers/index/limit:{server}", ok([keys("Server Organisation RemoteOrg User"), "..."])),
    Row(SA, "GET /servers", ok([{"Server": LINK, "User": [], "...": 1}, "..."])),
    Row(OA, "GET /servers/index", refused(403, NOT_ALLOWED)),
    Row(SA, "POST /servers/edit/{server}", ok({"Server": {"name": "renamed", "...": 1}}),
        {"Server": {"name": "renamed"}}),
    Row(SA, "PUT /servers/edit/{server}", ok({"Server": {"id": str, "...": 1}}), {}),
    Row(SA, "POST /servers/edit/{server}", unsaved("/servers/edit/#", "edit Server", BAD_KEY), {"authkey": "short"}),
    Row(SA, "POST /servers/edit/{server}", unsaved("/servers/edit/#", "edit Server",
        {"priority": ["Expected a whole number."]}),
        {"priority": "x"}),
    Row(SA, "POST /servers/edit/99999", refused(404, "Invalid server"), {"priority": "x"}),
    Row(SA, "POST /servers/edit/abc", refused(405, BROKEN), raw=NO_JSON),
    Row(SA, "POST /servers/delete/{server!}", ok({"message": "Server deleted", "url": "/servers/delete/Server deleted",
        "id": "Server deleted", "...": 1}),
        {}),
    *(Row(SA, f"{method} /servers/{verb}/{ref}", refused(404, "Invalid server"), {})
      for ref in (ABSENT, "abc")
      for method, verbs in (("POST", "edit delete resetRemoteAuthKey pinCertificate pause resume"),
                            ("GET", "getRemoteUser queryAvailableSyncFilteringRules previewIndex"),
                            ("GET", "testConnection pull push cache compare"),
                            ("POST", "testConnection pull push cache compare"))
      for verb in verbs.split()),
    *(Row(SA, f"GET /servers/testConnection/{ref}", refused(404, "Invalid server"))
      for ref in (NOWHERE, "0", "-1", "1.5", "9" * 30)),
    *(Row(SA, f"GET /servers/view/{ref}", refused(404, "Not Found")) for ref in (ABSENT, "abc")),
    *(Row(SA, f"POST /servers/{verb}/abc/{technique}", refused(404, "Invalid server"), {})
      for verb, technique in (("pull", "full"), ("push", "incremental"), ("resend", NOWHERE), ("previewEvent", NOWHERE))),
    Row(OA, "POST /servers/edit/abc", refused(403, NOT_ALLOWED), {}),
    *(Row(OA, f"POST /servers/{verb}/{{server}}", refused(403, NOT_ALLOWED), {})
      for verb in ("testConnection", "pull", "push", "cache", "edit", "delete", "resetRemoteAuthKey")),
    Row(SA, "GET /servers/testConnection/{closed}", ok({"status": 2, "...": 1})),
    Row(SA, "POST /servers/testConnection/{closed}", ok({"status": 2, "...": 1}), {}),
    Row(SA, "GET /servers/getRemoteUser/{closed}", ok({"error": str})),
    Row(SA, "POST /servers/resetRemoteAuthKey/{closed}", unsaved("/servers/resetRemoteAuthKey/#", "reset Server", str),
        {}),
    Row(SA, "GET /servers/pull/{closed}", unsaved("/servers/pull/#", "pull Server",
        "Pull setting not enabled for this server.")),
    Row(SA, "POST /servers/pull/{closed}/full", unsaved("/servers/pull/#", "pull Server",
        "Pull setting not enabled for this server."),
        {}),
    Row(SA, "POST /servers/pull/{closed}/pull_relevant_clusters", unsaved("/servers/pull/#", "pull Server", "*"), {}),
    Row(SA, "POST /servers/pull/{closed}/full/disable_background_processing:1",
        unsaved("/servers/pull/#", "pull Server", "Pull setting not enabled for this server."),
        {}),
    Row(SA, "POST /servers/pull/{closed}/incremental", unsaved("/servers/pull/#", "pull Server", "*"), {}),
    Row(SA, "HEAD /servers/pull/{closed}", Expected(303, "*")),
    Row(SA, "GET /servers/push/{closed}", unsaved("/servers/push", "push Server", "*")),
    Row(SA, "POST /servers/push/{closed}/full", unsaved("/servers/push", "push Server", "*"), {}),
    Row(SA, "POST /servers/cache/{closed}", unsaved("/servers/cache", "cache Server", "*"), {}),
    Row(SA, "POST /servers/cache", saved("/servers/cache", "Caching the servers has successfully completed."), {}),
    Row(SA, "GET /servers/cache/all", saved("/servers/cache", "Caching the servers has successfully completed.")),
)  # fmt: skip

HANDSHAKE = (
    Row(SYNC, "GET /servers/getVersion", ok(VERSION)),
    Row(SYNC, "GET /servers/getVersion.json", ok({"version": "2.5.1", "perm_sync": True, "request_encoding": ["gzip"],
        "filter_sightings": True, "...": 1})),
    Row(USER, "GET /servers/getVersion", ok({"perm_sync": False, "perm_sighting": True, "uuid": "-", "...": 1})),
    Row(READER, "GET /servers/getVersion", ok({"perm_sync": False, "perm_sighting": False, "uuid": "-", "...": 1})),
    Row(USER, "POST /servers/postTest", ok({"body": {"testString": "ã"},
        "headers": {"Content-type": "application/json", "Accept": "application/json", "Authorization": "OK"}}),
        {"testString": "ã"}),
    Row(USER, "GET /servers/postTest", refused(405, "Invalid request, expecting a POST request.")),
    Row(USER, "GET /servers/getPyMISPVersion.json", ok({"version": "2.5.1"})),
    Row(SYNC, "GET /servers/getInstanceUUID", ok(keys("uuid"))),
    Row(USER, "GET /servers/getInstanceUUID", refused(403, NOT_ALLOWED)),
    Row(USER, "GET /servers/getAvailableSyncFilteringRules", ok({"organisations": list, "tags": list})),
    Row(SYNC, "GET /servers/createSync", ok({"Server": keys("url uuid authkey Organisation")})),
    Row(SYNC, "HEAD /servers/createSync", Expected(405, "*")),
    Row(USER, "GET /servers/createSync", refused(403, NOT_ALLOWED)),
    Row(SA, "GET /servers/createSync", Expected(405, "*")),
    Row(SA, "POST /servers/import", ok({"Server": {"url": "https://hub.invalid", "push": False, "pull": False,
        "push_rules": '{"tags":{"OR":[],"NOT":[]},"orgs":{"OR":[],"NOT":[]}}', "...": 1}}),
        {"Server": CONFIG}),
    Row(SA, "POST /servers/import", ok({"Server": {"url": "https://hub.invalid", "...": 1}}), CONFIG),
    Row(SA, "POST /servers/import", unsaved("/servers/import", "import Server", "*"),
        {"Server": {"url": "https://hub.invalid"}}),
    Row(SA, "POST /servers/import", unsaved("/servers/import", "import Server", "*"), {}),
    Row(SYNC, "POST /servers/import", refused(403, NOT_ALLOWED), CONFIG),
)  # fmt: skip

GROUPS = (
    Row(SA, "POST /sharingGroups/add", ok({"SharingGroup": {"id": str, "releasability": "r", "active": True,
        "local": True, "roaming": False, "...": 1}, "Organisation": dict,
        "SharingGroupOrg": [],
        "SharingGroupServer": [{"server_id": "0", "all_orgs": False, "...": 1}, "..."]}),
        {"name": "g {new}", "releasability": "r", "description": "d"}),
    Row(SA, "POST /sharing_groups/add", ok({"SharingGroup": {"roaming": True, "...": 1}, "SharingGroupOrg": list,
        "SharingGroupServer": [], "...": 1}),
        { "SharingGroup": {"name": "g {new}", "roaming": True},
        "SharingGroupOrg": [{"org_id": "{organisation}", "extend": True}]}),
    Row(SA, "POST /sharing_groups/add", ok({"SharingGroup": {"active": True, "...": 1}, "...": 1}),
        {"request": {"SharingGroup": {"name": "g {new}"}}}),
    Row(SA, "POST /sharing_groups/add", unsaved("/sharing_groups/add", "add SharingGroup",
        {"uuid": ["The UUID provided is not unique"]}),
        {"name": "g {new}", "uuid": "{group}"}),
    Row(SA, "POST /sharing_groups/add", unsaved("/sharing_groups/add", "add SharingGroup", {"name": ["valueNotEmpty"]}),
        {}),
    Row(SA, "POST /sharing_groups/add", unsaved("/sharing_groups/add", "add SharingGroup",
        {"name": ["Expected a text."]}),
        {"name": ["x"]}),
    Row(SA, "POST /sharing_groups/add", refused(405, BROKEN), raw=NO_JSON),
    Row(USER, "POST /sharing_groups/add", refused(403, NOT_ALLOWED), {"name": "x"}),
    Row(READER, "POST /sharing_groups/add", refused(403, NOT_ALLOWED), {"name": "x"}),
    Row(USER, "GET /sharing_groups/index/value:Group/x:{group}", ok({"response": [LISTED, "..."]})),
    Row(USER, "GET /sharingGroups/index/limit:1/x:{group!}/y:{group!}", ok({"response": [LISTED, "..."]})),
    Row(USER, "GET /sharingGroups/index/limit:1/page:99", ok({"response": []})),
    Row(USER, "GET /sharingGroups/index/true", ok({"response": []})),
    Row(USER, "GET /sharingGroups/index/searchorg:nobody", ok({"response": []})),
    Row(USER, "GET /sharingGroups/index/searchorg:!nobody/x:{group}", ok({"response": [LISTED, "..."]})),
    Row(USER, "GET /sharingGroups/index/searchorg:1/x:{group}", ok({"response": [LISTED, "..."]})),
    Row(OTHER, "GET /sharingGroups/index/x:{group}", ok({"response": []})),
    Row(USER, "GET /sharing_groups/view/{group}", ok({"SharingGroup": {"id": str, "uuid": str, "org_id": "1",
        "sync_user_id": "0", "...": 1}, "Organisation": dict, "...": 1})),
    Row(USER, "HEAD /sharing_groups/view/{group}", Expected(200, "*")),
    Row(OTHER, "GET /sharing_groups/view/{group}", refused(405, UNSEEN)),
    Row(OTHER, "HEAD /sharing_groups/view/{group}", Expected(404, "*")),
    Row(SA, f"GET /sharing_groups/view/{NOWHERE}", refused(405, UNSEEN)),
    Row(SA, "POST /sharing_groups/edit/{group}", ok({"SharingGroup": {"description": "e", "...": 1}, "...": 1}),
        {"description": "e"}),
    Row(SA, "POST /sharingGroups/edit/{group}", ok({"SharingGroup": {"releasability": "f", "...": 1}, "...": 1}),
        {"SharingGroup": {"releasability": "f"}}),
    Row(SA, "POST /sharing_groups/edit/{group}", unsaved("/sharing_groups/edit/#", "edit SharingGroup", {"uuid": list}),
        {"uuid": "{new}"}),
    Row(OTHER, "POST /sharing_groups/edit/{group}", refused(405, NO_GROUP), {"description": "x"}),
    Row(SA, f"POST /sharing_groups/edit/{ABSENT}", refused(405, NO_GROUP), {}),
    Row(USER, "POST /sharing_groups/edit/{group}", refused(403, NOT_ALLOWED), {}),
    Row(SA, "POST /sharingGroups/addOrg", saved("/sharing_groups/addOrg", "Organisation added to the sharing group."),
        {"sg_id": "{group!}", "org_id": "{organisation}", "extend": True}),
    Row(SA, "POST /sharingGroups/addOrg", saved("/sharing_groups/addOrg", "Organisation added to the sharing group."),
        {"uuid": "{group}", "org_id": 1}),
    Row(SA, "POST /sharingGroups/addOrg", refused(405, NO_ORGANISATION), {"sg_id": "{group}", "org_id": ABSENT}),
    Row(SA, "POST /sharingGroups/addOrg", refused(405, NO_ORGANISATION), {"sg_id": "{group}"}),
    Row(SA, "POST /sharingGroups/addOrg", refused(405, NO_GROUP), {"sg_id": ABSENT, "org_id": 1}),
    Row(SA, "POST /sharingGroups/addOrg", refused(405, NO_GROUP), {}),
    Row(OTHER, "POST /sharingGroups/addOrg", refused(405, NO_GROUP), {"sg_id": "{group}", "org_id": 1}),
    Row(USER, "POST /sharingGroups/addOrg", refused(403, NOT_ALLOWED), {"sg_id": "{group}", "org_id": 1}),
    Row(SA, "POST /sharingGroups/removeOrg", saved("/sharing_groups/removeOrg",
        "Organisation removed from the sharing group."),
        {"sg_id": "{group_with_org!}", "org_id": "{organisation}"}),
    Row(SA, "POST /sharingGroups/removeOrg", refused(405, NO_ORGANISATION), {"sg_id": "{group}", "org_id": ABSENT}),
    Row(SA, "POST /sharingGroups/addServer", saved("/sharing_groups/addServer", "Server added to the sharing group."),
        {"sg_id": "{group!}", "server_id": "{server}", "all_orgs": True}),
    Row(SA, "POST /sharingGroups/addServer", saved("/sharing_groups/addServer", "Server added to the sharing group."),
        {"sg_id": "{group!}", "server_id": 0}),
    Row(SA, "POST /sharingGroups/addServer", refused(405, NO_SERVER), {"sg_id": "{group}", "server_id": ABSENT}),
    Row(SA, "POST /sharingGroups/addServer", refused(405, NO_GROUP), {"sg_id": ABSENT, "server_id": 0}),
    Row(SA, "POST /sharingGroups/removeServer", saved("/sharing_groups/removeServer",
        "Server removed from the sharing group."),
        {"sg_id": "{group_with_server!}", "server_id": "{server}"}),
    Row(SA, "POST /sharingGroups/removeServer", refused(405, NO_SERVER), {"sg_id": "{group}", "server_id": ABSENT}),
    Row(SA, "POST /sharingGroups/delete/{group!}", saved("/sharing_groups/delete/#", "SharingGroup deleted"), {}),
    Row(SA, "DELETE /sharing_groups/delete/{group_with_org!}",
        saved("/sharing_groups/delete/#", "SharingGroup deleted"),
        {}),
    Row(SA, "POST /sharingGroups/delete/{group_in_use}", unsaved("/sharing_groups/delete/#", "delete SharingGroup",
        str),
        {}),
    Row(OTHER, "POST /sharingGroups/delete/{group}", refused(405, NO_GROUP), {}),
    Row(SA, f"POST /sharingGroups/delete/{ABSENT}", refused(405, NO_GROUP), {}),
)  # fmt: skip


@pytest.mark.parametrize("row", [*SERVERS, *HANDSHAKE, *GROUPS], ids=str)
def test_servers_and_groups_answer(scene: Scene, row: Row) -> None:
    scene.check(row)
