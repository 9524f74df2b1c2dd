"""API §9.5, reports, proposals, sightings, analyst data: each row asked of a live server, and the whole answer compared."""

import pytest

from mispmini.domain import sentences
from mispmini.wire.sighting_in import NO_CONTEXT_ID
from tests.contract.rest_rows import (
    LEVELS,
    NO_GROUP,
    NOT_ALLOWED,
    NOT_YOURS,
    NOTHING,
    NOWHERE,
    Expected,
    Json,
    Row,
    Scene,
    described,
    each,
    ok,
    refused,
    saved,
    unsaved,
)

NO_UUID = "Please provide a valid RFC 4122 UUID"
REPORT = dict.fromkeys(
    ("id", "uuid", "event_id", "name", "content", "distribution", "sharing_group_id", "timestamp", "deleted"), "*"
)
BESIDE = {
    "SharingGroup": "*",
    "RelationshipInbound": [],
    "Event": dict.fromkeys(("id", "orgc_id", "org_id", "info", "user_id", "date", "Orgc", "Org"), "*"),
}
PROPOSAL = dict.fromkeys(
    ("id", "old_id", "event_id", "type", "category", "uuid", "to_ids", "comment", "org_id", "timestamp", "first_seen",
     "last_seen", "deleted", "proposal_to_delete", "disable_correlation", "value", "org_uuid", "event_uuid", "Org"), "*"
)  # fmt: skip
SIGHTING = dict.fromkeys(("id", "attribute_id", "event_id", "org_id", "date_sighting", "uuid", "source", "type"), "*")
LISTED = {"Sighting": SIGHTING | {"attribute_uuid": "*", "Organisation": {"id": "#", "uuid": "*", "name": "*"}}}
NO_REPORT = refused(404, "Invalid Event Report")


def report(**fields: Json) -> Expected:
    """A report with its event beside it."""
    return ok({"EventReport": {**REPORT, **fields}, **BESIDE})


def not_reported(errors: Json, *, edit: bool = False) -> Expected:
    """A save-failure of a report."""
    url, verb = ("/event_reports/edit/#", "edit") if edit else ("/event_reports/add", "add")
    return unsaved(url, f"{verb} EventReport", errors)


def removed(how: str) -> Expected:
    """A report's deletion."""
    return saved("/event_reports/delete/#", f"Event Report * {how} deleted")


def wrapped(model: str, body: Json) -> list[Json]:
    """The forms a body comes in (PROTOCOL §1.7)."""
    return [body, {model: body}, {"request": body}, {"request": {model: body}}]


REPORTS = (
    Row("sam", "GET /eventReports/add", described("/event_reports/add")),
    *(Row("alice", "POST /eventReports/add/{event}", report(name="n", distribution="5"), form) for form in wrapped("EventReport", {"name": "n"})),
    Row("alice", "POST /event_reports/add/{event}.json", report(content="c"), {"name": "n", "content": "c", "event_id": "77", "never_heard_of": 1}),
    Row("alice", "POST /eventReports/add", report(name="n"), {"event_id": "{event}", "name": "n"}),
    Row("alice", "POST /eventReports/add", refused(404, "Invalid event"), {"name": "n"}),
    Row("alice", "POST /eventReports/add", refused(404, "Invalid event"), {"event_id": NOWHERE, "name": "n"}),
    Row("alice", "POST /eventReports/add/{event}", not_reported({"name": ["valueNotEmpty"]}), {}),
    Row("alice", "POST /eventReports/add/{event}", not_reported({"name": ["valueNotEmpty"]}), {"name": " "}),
    Row("alice", "POST /eventReports/add/{event}", not_reported({"distribution": [LEVELS]}), {"name": "n", "distribution": 9}),
    Row("alice", "POST /eventReports/add/{event}", not_reported({"sharing_group_id": [NO_GROUP]}), {"name": "n", "distribution": 4}),
    Row("alice", "POST /eventReports/add/{event}", not_reported({"uuid": ["The UUID provided is not unique"]}), {"name": "n", "uuid": "{report}"}),
    *(Row("alice", "POST /eventReports/add/{event}", not_reported({"EventReport": [sentences.RECORD]}), body) for body in each([], "x", 5)),
    *(Row("alice", f"GET /eventReports/view/{ref}", report()) for ref in ("{report}", "{report}.json", "{report}/x:1")),
    Row("alice", "HEAD /event_reports/view/{report}", ok({})),
    Row("alice", "POST /event_reports/view/{report}", report(), {}),
    *(Row("alice", f"GET /eventReports/{path}", ok([{"EventReport": REPORT, **BESIDE}, "..."])) for path in ("index", "index.json", "index/limit:1", "index/context:all")),
    *(Row("alice", f"GET /eventReports/index/{named}", ok([])) for named in ("event_id:99999", "event_id:x", "value:{new}", "event_id:99999/context:deleted")),
    Row("alice", "POST /eventReports/index", ok([{"EventReport": REPORT, **BESIDE}]), {"limit": 1}),
    *(Row("alice", "POST /eventReports/edit/{report!}", report(name="e"), form) for form in wrapped("EventReport", {"name": "e"})),
    Row("alice", "PUT /event_reports/edit/{report!}", report(content="text"), {}),
    Row("alice", "POST /eventReports/edit/{report!}", not_reported({"name": ["valueNotEmpty"]}, edit=True), {"name": ""}),
    Row("alice", "POST /eventReports/edit/{report!}", not_reported({"uuid": ["The UUID is not that of this report."]}, edit=True), {"uuid": NOWHERE}),
    Row("bob", "POST /eventReports/edit/{report}", refused(401, NOT_YOURS), {"name": "e"}),
    Row("alice", "POST /eventReports/delete/{report!}", removed("soft")),
    Row("alice", "DELETE /event_reports/delete/{report!}", removed("soft")),
    Row("alice", "POST /eventReports/delete/{report!}/1", removed("hard")),
    Row("alice", "POST /eventReports/delete/{report!}", removed("hard"), {"EventReport": {"hard": 1}}),
    Row("alice", "POST /eventReports/restore/{deleted_report!}", saved("/event_reports/restore/#", "Event Report restored")),
    Row("alice", "POST /eventReports/importReportFromUrl/{event}",
        refused(404, "Reports are not fetched from addresses here: send the text to eventReports/add."), {"url": "http://127.0.0.1/"}),
)  # fmt: skip
FRESH = {"type": "domain", "value": "{new}.example"}


def proposed(**fields: Json) -> Expected:
    """A proposal."""
    return ok({"ShadowAttribute": {**PROPOSAL, **fields}})


def not_proposed(field: str, text: str) -> Expected:
    """MISP: 404."""
    return refused(404, f"Could not save the proposal. Errors: [{field}]: {text}")


NOT_TO_ACCEPT = refused(405, "Proposal not found or you are not authorised to accept it.")
PROPOSALS = (
    *(Row("bob", "POST /shadowAttributes/add/{event}", proposed(old_id="0"), form) for form in wrapped("ShadowAttribute", FRESH)),
    Row("bob", "POST /shadow_attributes/add/{event}.json", proposed(), {"Attribute": FRESH | {"never_heard_of": 1}}),
    Row("bob", "POST /shadowAttributes/add/{event}", not_proposed("type", "No type set."), {}),
    Row("bob", "POST /shadowAttributes/add/{event}", not_proposed("type", "Invalid type."), {"type": "nonsense", "value": "x"}),
    Row("bob", "POST /shadowAttributes/add/{event}", not_proposed("value", "IP address has an invalid format."), {"type": "ip-dst", "value": "x"}),
    Row("bob", "POST /shadowAttributes/add/{event}", not_proposed("type", "Options depend on the selected category."), FRESH | {"category": "Person"}),
    Row("bob", "POST /shadowAttributes/add/{event}", not_proposed("uuid", NO_UUID), FRESH | {"uuid": "x"}),
    *(Row("bob", "POST /shadowAttributes/edit/{attribute}", proposed(old_id="#", comment="c", old_uuid="*"), form) for form in wrapped("ShadowAttribute", {"comment": "c"})),
    Row("bob", "PUT /shadowAttributes/edit/{attribute}", proposed(comment="c", old_uuid="*"), {"comment": "c"}),
    Row("bob", "POST /shadowAttributes/edit/{attribute}", not_proposed("value", "IP address has an invalid format."), {"type": "ip-dst"}),
    Row("bob", "POST /shadowAttributes/delete/{attribute}", saved("/shadow_attributes/delete/#", "The proposal to delete the Attribute has been saved.")),
    Row("bob", "DELETE /shadow_attributes/delete/{attribute}", saved("/shadow_attributes/delete/#", "The proposal to delete the Attribute has been saved.")),
    *(Row("alice", f"GET /shadowAttributes/{path}", ok([{"ShadowAttribute": PROPOSAL | {"...": 1}}, "..."])) for path in
      ("index", "index.json", "index/{event}", "index/all:1/timestamp:0/limit:1/page:1/deleted[]:0/deleted[]:1.json")),
    Row("alice", "GET /shadow_attributes", ok([{"ShadowAttribute": PROPOSAL | {"...": 1}}, "..."])),
    Row("bob", "GET /shadowAttributes/index/{hidden_event}", refused(404, "Invalid event")),
    Row("alice", "GET /shadowAttributes/view/{proposal}", proposed(**{"...": 1})),
    Row("alice", "POST /shadowAttributes/accept/{proposal!}", ok({"name": "Proposed change accepted.", "message": "Proposed change accepted.", "url": "<url>"})),
    Row("alice", "POST /shadow_attributes/discard/{proposal!}.json", ok({"name": "Proposal discarded.", "message": "Proposal discarded.", "url": "<url>"})),
    Row("bob", "POST /shadowAttributes/accept/{proposal}", NOT_TO_ACCEPT),
    Row("bob", "POST /shadowAttributes/discard/{proposal}", refused(403, NOT_YOURS)),
    Row("reader", "POST /shadowAttributes/add/{event}", refused(403, NOT_ALLOWED), FRESH),
)  # fmt: skip
SIGHTED = ok({"Sighting": SIGHTING})
NO_MATCH = ok({"message": "Could not add the Sighting. Reason: No valid attributes found that match the criteria."})
NO_TARGET = ok({"message": "Could not add the Sighting. Reason: No valid attributes found."})
WRONG_TYPE = unsaved(
    "/sightings/add", "add Sighting", {"type": ["Options : 0, 1, 2 (for Sighting, False-positive, Expiration)"]}
)
SEARCHED = ok({"response": [{"Sighting": {"id": str, "event_id": str, "value": str, "...": 1}}, "..."]})
ALL = ok([LISTED, "..."])
SAVED = {
    "uuid": "{new}",
    "attribute_uuid": "{attribute}",
    "date_sighting": "1700000000",
    "type": "0",
    "source": "",
    "org_id": "0",
}
TAKEN, UNTAKEN = (
    ok({"saved": True, "success": "1 sightings added."}),
    ok({"saved": False, "success": "No sightings added."}),
)
SIGHTINGS = (
    *(Row("bob", "POST /sightings/add/{attribute}", ok({"Sighting": SIGHTING | {"type": "1", "source": "s"}}), form) for form in wrapped("Sighting", {"type": "1", "source": "s"})),
    Row("bob", "POST /sightings/add/{attribute}", ok({"Sighting": SIGHTING | {"date_sighting": "1600000000"}}), {"timestamp": 1600000000, "uuid": NOWHERE}),
    Row("bob", "POST /sightings/add/{attribute}", ok({"Sighting": SIGHTING | {"date_sighting": "1577872800"}}), {"date": "2020-01-01", "time": "10:00:00"}),
    *(Row("bob", "POST /sightings/add", SIGHTED, body) for body in each({"id": "{attribute}"}, {"uuid": "{attribute}"}, {"request": {"uuid": "{attribute}"}})),
    *(Row("bob", "POST /sightings/add", NO_MATCH, body) for body in each({"value": "never.seen"}, {"values": ["never.seen"]}, {"values": [5]})),
    *(Row("bob", "POST /sightings/add", NO_TARGET, body) for body in each({}, [], "x", {"values": {"a": 1}}, {"id": "{hidden_attribute}"})),
    *(Row("bob", "POST /sightings/add/{attribute}", WRONG_TYPE, {"type": kind}) for kind in ("3", "x", -1)),
    *(Row("dora", f"GET /sightings/listSightings/{path}", ALL) for path in ("{attribute}/attribute", "{attribute}", "{event}/event", "{event}/event.json")),
    Row("dora", "POST /sightings/listSightings/{event}/event", ALL, {}),
    *(Row("dora", "POST /sightings/listSightings", ALL, form) for form in wrapped("Sighting", {"id": "{event}", "context": "event"})),
    Row("dora", "GET /sightings/listSightings/{event}/event/99999", ok([])),
    Row("dora", "POST /sightings/restSearch", SEARCHED, {"context": "attribute", "id": "{attribute}"}),
    Row("dora", "POST /sightings/restSearch/event", SEARCHED, {"uuid": "{event}"}),
    *(Row("dora", asked, refused(400, NO_CONTEXT_ID), body) for asked, body in (
        ("POST /sightings/restSearch", {"context": "attribute"}), ("POST /sightings/restSearch/event", {}),
        ("GET /sightings/restSearch/context:event", NOTHING))),
    Row("dora", "POST /sightings/restSearch", refused(400, "Invalid context."), {"context": "nonsense", "id": "1"}),
    Row("dora", "GET /sightings/listSightings/{event}/nonsense", refused(400, "Invalid context.")),
    Row("dora", "GET /sightings/listSightings/{event}/attribute", refused(405, "Invalid attribute")),
    Row("dora", "POST /sightings/delete/{sighting!}", saved("/sightings/delete/#", "Sighting successfully deleted.")),
    Row("dora", "DELETE /sightings/delete/{sighting!}", saved("/sightings/delete/#", "Sighting successfully deleted.")),
    Row("charlie", "POST /sightings/delete/{sighting}", refused(404, "Invalid sighting")),
    *(Row("sam", "POST /sightings/filterSightingUuidsForPush/{event}", ok([]), body) for body in each([], {}, "x", [NOWHERE], [5])),
    Row("sam", f"POST /sightings/filterSightingUuidsForPush/{NOWHERE}", refused(404, "Event not found"), []),
    Row("sam", "POST /sightings/filterSightingUuidsForPush/{hidden_event}", refused(404, "Event not found"), []),
    Row("alice", "POST /sightings/filterSightingUuidsForPush/{event}", refused(403, NOT_ALLOWED), []),
    *(Row("sam", "POST /sightings/bulkSaveSightings/{event}", TAKEN, body) for body in each([SAVED], {"Sighting": [SAVED]}, [{"Sighting": SAVED}])),
    *(Row("sam", "POST /sightings/bulkSaveSightings/{event}", UNTAKEN, body) for body in
      each([], {}, "x", [5], [{}], [SAVED | {"attribute_uuid": NOWHERE}], [SAVED | {"uuid": "x"}], [SAVED | {"type": "9"}])),
    Row("sam", "POST /sightings/bulkSaveSightings/{hidden_event}", refused(405, "Invalid event"), [SAVED]),
    Row("reader", "POST /sightings/bulkSaveSightings/{event}", refused(403, NOT_ALLOWED), [SAVED]),
)  # fmt: skip
ITEM = {"id": "#", "uuid": "*", "object_uuid": "*", "object_type": "Event", "authors": "*", "org_uuid": "*", "orgc_uuid": "*",
        "created": "*", "modified": "*", "distribution": "#", "sharing_group_id": "*", "locked": False, "Org": "*", "Orgc": "*",
        "...": 1}  # fmt: skip
ABOUT = "/{event}/Event"


def not_noted(errors: Json, kind: str = "Note", *, edit: bool = False) -> Expected:
    """A save-failure of an item."""
    url, verb = ("/analyst_data/edit/#", "edit") if edit else ("/analyst_data/add", "add")
    return unsaved(url, f"{verb} {kind}", errors)


def noted(**fields: Json) -> Expected:
    """A note."""
    return ok({"Note": {**ITEM, "note_type": 0, "note_type_name": "Note", **fields}})


KNOWN: Json = {"Note": [], "Opinion": [], "Relationship": []}
IMPORTED = "Analyst Data imported. {0} imported, 0 ignored, {1} failed. "


def not_imported(failed: int) -> Expected:
    """What is said of a push of which nothing was taken."""
    told = IMPORTED.format(0, failed)
    return Expected(
        403, {"saved": False, "name": told, "message": told, "url": "/analyst_data/pushAnalystData", "errors": told}
    )


SOMEBODY = "9f0c1d2e-3b4a-4c5d-8e6f-7a8b9c0d1e2f"
PUSHED = {"uuid": "{new}", "object_uuid": "{event}", "object_type": "Event", "note": "n", "distribution": "1", "orgc_uuid": SOMEBODY,
          "created": "2026-01-01 00:00:00", "modified": "2026-01-01 00:00:00",
          "Orgc": {"uuid": SOMEBODY, "name": "Somebody"}}  # fmt: skip
ANALYST = (
    *(Row("alice", f"POST /{path}/add/Note{ABOUT}", noted(note="n"), form) for path in ("analyst_data", "analystData") for form in wrapped("Note", {"note": "n"})),
    Row("alice", "POST /analyst_data/add/Note", noted(), {"note": "n", "object_uuid": "{event}", "object_type": "Event"}),
    Row("alice", f"POST /analyst_data/add/Opinion{ABOUT}.json", ok({"Opinion": ITEM | {"opinion": "50", "comment": "c", "note_type": 1}}), {"opinion": 50, "comment": "c"}),
    Row("alice", f"POST /analyst_data/add/Relationship{ABOUT}", ok({"Relationship": ITEM | {"relationship_type": "r", "note_type": 2}}),
        {"related_object_uuid": "{attribute}", "related_object_type": "Attribute", "relationship_type": "r"}),
    Row("alice", f"POST /analyst_data/add/Note{ABOUT}", not_noted({"note": ["valueNotEmpty"]}), {}),
    Row("alice", f"POST /analyst_data/add/Note{ABOUT}", not_noted({"Note": [sentences.RECORD]}), []),
    Row("alice", f"POST /analyst_data/add/Note{ABOUT}", not_noted({"distribution": ["Options*"]}), {"note": "n", "distribution": 9}),
    Row("alice", f"POST /analyst_data/add/Note{ABOUT}", not_noted({"uuid": [NO_UUID]}), {"note": "n", "uuid": "x"}),
    Row("alice", "POST /analyst_data/add/Note/{event}/Nonsense", not_noted({"object_type": ["Options*"]}), {"note": "n"}),
    Row("alice", "POST /analyst_data/add/Note/x/Event", not_noted({"object_uuid": [NO_UUID]}), {"note": "n"}),
    *(Row("alice", f"POST /analyst_data/add/Opinion{ABOUT}", not_noted({"opinion": ["A number from 0 to 100."]}, "Opinion"), {"opinion": number}) for number in (101, -1, "x", None)),
    Row("alice", "POST /analyst_data/add/Nonsense/{event}/Event", refused(404, "Invalid type."), {"note": "n"}),
    *(Row("alice", f"GET /analyst_data/view/Note/{ref}", noted()) for ref in ("{note}", "{note}.json")),
    Row("alice", "GET /analyst_data/view/Opinion/{note}", refused(404, "Invalid Opinion")),
    *(Row("alice", "POST /analyst_data/edit/Note/{note!}", noted(note="e"), form) for form in wrapped("Note", {"note": "e"})),
    Row("alice", "PUT /analystData/edit/Note/{note!}", noted(note="A note"), {}),
    Row("alice", "POST /analyst_data/edit/Note/{note!}", not_noted({"note": ["valueNotEmpty"]}, edit=True), {"note": ""}),
    Row("alice", "POST /analyst_data/edit/Note/{note!}", not_noted({"uuid": ["The UUID is not that of this item."]}, edit=True), {"uuid": NOWHERE}),
    Row("alice", "POST /analyst_data/edit/Opinion/{note}", refused(404, "Invalid Opinion"), {"opinion": 1}),
    Row("alice", "POST /analyst_data/delete/Note/{note!}", saved("/analyst_data/delete/#", "Note deleted.")),
    Row("alice", "POST /analyst_data/delete/Note/{note!}/1", saved("/analyst_data/delete/#", "Note deleted.")),
    Row("alice", "DELETE /analystData/delete/Note/{note!}/1", saved("/analyst_data/delete/#", "Note deleted.")),
    *(Row("alice", f"{method} /analyst_data/indexMinimal", ok({"Note": {"...": 1}, "...": 1})) for method in ("GET", "POST")),
    Row("alice", "GET /analyst_data/index/Note", ok([{"Note": ITEM}, "..."])),
    Row("alice", f"GET /analyst_data/index/Note/uuid[]:{NOWHERE}.json", ok([])),
    Row("alice", "POST /analyst_data/index/Note", ok([{"Note": ITEM}]), {"uuid": ["{note}"]}),
    Row("alice", "GET /analyst_data/index/Nonsense", refused(404, "Invalid type.")),
    *(Row("sam", "POST /analyst_data/filterAnalystDataForPush", ok(KNOWN), body) for body in each({}, [], "x", {"Note": []}, {"Note": "x"}, {"Nonsense": {}})),
    Row("sam", "POST /analyst_data/filterAnalystDataForPush", ok(KNOWN | {"Note": {NOWHERE: "2026-01-01 00:00:00"}}), {"Note": {NOWHERE: "2026-01-01 00:00:00"}}),
    *(Row("sam", "POST /analyst_data/pushAnalystData", not_imported(0), body) for body in each({}, [], "x")),
    Row("sam", "POST /analyst_data/pushAnalystData", not_imported(1), {"Note": "x"}),
    Row("sam", "POST /analyst_data/pushAnalystData", saved("/analyst_data/pushAnalystData", IMPORTED.format(1, 0)), {"Note": PUSHED}),
    Row("alice", "POST /analyst_data/pushAnalystData", refused(403, NOT_ALLOWED), {}),
)  # fmt: skip


@pytest.mark.parametrize("row", [*REPORTS, *PROPOSALS, *SIGHTINGS, *ANALYST], ids=str)
def test_reports_proposals_sightings_and_notes_answer(scene: Scene, row: Row) -> None:
    scene.check(row)


def test_a_page_of_reports_is_as_long_as_it_is_asked_for(scene: Scene) -> None:
    event = scene.ask("alice", "GET", f"/events/{scene.workshop.target('event!')}").json()["Event"]["id"]
    made = [scene.ask("alice", "POST", f"/eventReports/add/{event}", {"name": name}).json() for name in "abc"]
    told = scene.ask("alice", "GET", f"/eventReports/index/event_id:{event}/limit:2/page:2").json()
    assert [one["EventReport"]["uuid"] for one in told] == [made[2]["EventReport"]["uuid"]]
