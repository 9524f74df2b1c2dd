"""API §9.1, the instance: each row asked of a live server, and the whole answer compared."""

import re

import pytest

from tests.contract.rest_rows import (
    FAILED,
    NOT_ALLOWED,
    NOTHING,
    Row,
    Scene,
    described,
    difference,
    ok,
    refused,
    saved,
    unsaved,
)

NO_WORKERS = "The jobs run inside the server: there are no workers to start or stop."
NO_GENERATING = "Correlations are looked up when they are shown: there is nothing to generate."
VERSION = {
    "version": "2.5.1", "pymisp_recommended_version": "2.5.1", "perm_sync": True, "perm_sighting": True,
    "perm_galaxy_editor": True, "perm_analyst_data": True, "uuid": "*", "request_encoding": ["gzip"],
    "filter_sightings": True, "server": "mispmini", "server_version": "*",
}  # fmt: skip
ME = ok(
    {
        "User": {"id": "#", "...": 1},
        "Role": {"id": "#", "...": 1},
        "UserSetting": [],
        "Organisation": {"...": 1},
        "...": 1,
    }
)
TESTED = {"Content-type": "application/json", "Accept": "application/json", "Authorization": "OK"}
SETTING = {"setting": "MISP.live", "value": True, "type": "boolean", "description": "*", "level": "*", "default": "*",
           "locked": False, "errorMessage": ""}  # fmt: skip
UNREADABLE = unsaved("/servers/serverSettingsEdit", "serverSettingsEdit Servers", "Please give true or false.")
NO_SETTING = refused(404, "Setting MISP.nothing is invalid.")
ROWS = (
    Row("sam", "GET /servers/getVersion", ok(VERSION)),
    Row("sam", "GET /servers/getVersion.json", ok(VERSION)),
    Row("alice", "GET /servers/getVersion", ok(VERSION | {"perm_sync": False, "uuid": "-"})),
    Row("stranger", "GET /servers/getVersion", refused(403, FAILED)),
    Row("alice", "GET /servers/getPyMISPVersion.json", ok({"version": "2.5.1"})),
    Row("alice", "GET /attributes/describeTypes.json",
        ok({"result": {"sane_defaults": {"md5": {"default_category": "Payload delivery", "to_ids": 1}, "...": 1},
                       "types": ["..."], "categories": ["..."], "category_type_mappings": {"Other": ["..."], "...": 1}}})),
    Row("alice", "GET /attributes/describe_types", refused(404, "Not Found")),
    Row("alice", "GET /users/view/me", ME),
    Row("reader", "GET /users/view/me.json", ME),
    Row("sam", "POST /servers/postTest", ok({"body": {"testString": "t"}, "headers": TESTED}), {"testString": "t"}),
    Row("sam", "POST /servers/postTest", ok({"body": {"testString": None}, "headers": TESTED}), []),
    Row("sam", "GET /servers/postTest", refused(405, "Invalid request, expecting a POST request.")),
    Row("alice", "GET /users/heartbeat", ok({"message": "*"})),
    Row("dora", "GET /servers/serverSettings",
        ok({"version": {"current": "v2.5.1", "...": 1}, "finalSettings": [{"setting": "*", "value": "*", "...": 1}, "..."],
            "phpSettings": {}, "workers": {"default": {"ok": True, "...": 1}, "prio": {"ok": True, "...": 1}, "...": 1},
            "...": 1})),
    Row("alice", "GET /servers/serverSettings", refused(403, NOT_ALLOWED)),
    Row("dora", "GET /servers/getSetting/MISP.live", ok(SETTING)),
    Row("dora", "GET /servers/getSetting/MISP.nothing", NO_SETTING),
    Row("alice", "GET /servers/getSetting/MISP.live", refused(403, NOT_ALLOWED)),
    Row("dora", "GET /servers/serverSettingsEdit/MISP.live", described("/servers/serverSettingsEdit")),
    Row("dora", "POST /servers/serverSettingsEdit/MISP.live", saved("/servers/serverSettingsEdit", "Field updated"), {"value": True}),
    Row("dora", "POST /servers/serverSettingsEdit/MISP.live.json", saved("/servers/serverSettingsEdit", "Field updated"), {"request": {"value": "1"}}),
    Row("dora", "POST /servers/serverSettingsEdit/MISP.live", saved("/servers/serverSettingsEdit", "Field updated"), {"Server": {"value": True}}),
    Row("dora", "POST /servers/serverSettingsEdit/MISP.live", UNREADABLE, {"value": "maybe"}),
    Row("dora", "POST /servers/serverSettingsEdit/MISP.live", UNREADABLE, {}),
    Row("dora", "POST /servers/serverSettingsEdit/MISP.nothing", NO_SETTING, {"value": 1}),
    Row("alice", "POST /servers/serverSettingsEdit/MISP.live", refused(403, NOT_ALLOWED), {"value": True}),
    Row("dora", "GET /servers/getWorkers", ok({"default": {"ok": True, "...": 1}, "prio": {"ok": True, "...": 1}, "...": 1})),
    Row("dora", "POST /servers/restartWorkers", saved("/servers/restartWorkers", NO_WORKERS)),
    Row("dora", "POST /attributes/generateCorrelation", saved("/attributes/generateCorrelation", NO_GENERATING)),
    Row("dora", "POST /servers/restartDeadWorkers", saved("/servers/restartDeadWorkers", NO_WORKERS)),
    Row("dora", "POST /servers/killAllWorkers", saved("/servers/killAllWorkers", NO_WORKERS)),
    Row("dora", "POST /servers/startWorker/default", saved("/servers/startWorker", NO_WORKERS)),
    Row("dora", "POST /servers/stopWorker/12", saved("/servers/stopWorker", NO_WORKERS)),
    Row("dora", "POST /servers/update", saved("/servers/update", "*", status=[])),
    Row("alice", "POST /servers/update", refused(403, NOT_ALLOWED)),
    Row("dora", "GET /servers/dbSchemaDiagnostic", ok({"dataSource": "SQLite", "actual_db_version": "#", "expected_db_version": "#", "...": 1})),
    Row("dora", "GET /events/queryACL/printAllFunctionNames", ok({"events": ["..."], "attributes": ["..."], "...": 1})),
    Row("dora", "GET /servers/queryACL/printAllFunctionNames", ok({"events": ["..."], "attributes": ["..."], "...": 1})),
    Row("dora", "GET /servers/queryACL", ok([])),
    Row("dora", "GET /events/queryACL/findMissingFunctionNames", ok([])),
    Row("alice", "GET /events/queryACL/printAllFunctionNames", refused(403, NOT_ALLOWED)),
    *(Row("dora", asked, refused(404, said), body) for asked, said, body in (
        ("GET /events/view", "Invalid event", NOTHING), ("HEAD /events/view", "Invalid event", NOTHING),
        ("POST /events/edit", "Invalid event", {"id": "1", "info": "x"}),
        ("POST /events/publish.json", "Invalid event.", {}), ("POST /objects/add", "Invalid event", {"name": "x"}),
        ("POST /attributes/delete", "Invalid attribute", {"id": "1"}), ("GET /servers/pull", "Invalid server", NOTHING),
        ("POST /servers/serverSettingsEdit", "Setting 0 is invalid.", {"value": 1}),
        ("POST /admin/users/delete", "Invalid user", {}), ("GET /organisations/view", "Invalid organisation", NOTHING))),
    Row("dora", "GET /tags/view/tlp:red", refused(405, "Invalid Tag")),
    Row("alice", "POST /servers/edit", refused(403, NOT_ALLOWED), {}),
    Row("stranger", "GET /events/view", refused(403, FAILED)),
    Row("alice", "GET /nonsense/index", refused(404, "Not Found")),
    Row("alice", "GET /servers/nonsense", refused(404, "Not Found")),
    Row("alice", "DELETE /servers/getVersion", refused(405, "Method Not Allowed")),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_instance_answers(scene: Scene, row: Row) -> None:
    scene.check(row)


def test_a_difference_is_seen() -> None:
    """The comparison itself: rows that can only pass would show nothing."""
    assert difference({"a": "#"}, {"a": "x"})
    assert difference({"a": 1}, {"a": 1, "b": 2})
    assert difference({"a": 1, "...": 1}, {"b": 2})
    assert difference(["x"], ["x", "y"])
    assert difference(["x", "..."], [])
    assert difference(["x", "..."], ["x", "y"])
    assert difference({"a": str}, {"a": 1})
    assert difference(re.compile("[a-c]"), "d")
    assert difference({"a": [{"b": None}]}, {"a": [{"b": ""}]})
    assert difference({"a": ["#", "..."], "b": ["..."], "...": 1}, {"a": ["1", "2"], "b": [], "c": 1}) is None
