"""API §9.2, events: each row asked of a live server, and the whole answer compared."""

import pytest

from mispmini.domain import sentences
from mispmini.domain.distribution import EVENT_LEVELS_SENTENCE
from tests.contract.rest_rows import (
    NOT_ALLOWED,
    NOWHERE,
    Expected,
    Json,
    Row,
    Scene,
    each,
    ok,
    refused,
    saved,
    unsaved,
)

COLUMNS = dict.fromkeys(
    ("id", "orgc_id", "org_id", "date", "threat_level_id", "info", "published", "uuid", "attribute_count", "analysis",
     "timestamp", "distribution", "proposal_email_lock", "locked", "publish_timestamp", "sharing_group_id",
     "disable_correlation", "extends_uuid", "protected", "event_creator_email", "Org", "Orgc", "RelatedEvent", "Galaxy",
     "CryptographicKey"), "*"
)  # fmt: skip
PARTS = dict.fromkeys(("Attribute", "ShadowAttribute", "Object", "EventReport"), "*")
CSV_HEAD = (
    "id,date,info,tags,uuid,published,analysis,attribute_count,orgc_id,orgc_name,orgc_uuid,timestamp,distribution,"
    "sharing_group_id,threat_level_id,publish_timestamp,extends_uuid"
)
NO_DATA = refused(405, "No valid event data received.")
NOT_NEWER = "Event could not be saved: Event in the request not newer than the local copy."
EXISTS = "Event already exists, if you would like to edit it, use the url in the location header."
ALONE = {"Event": {"id": "*", "...": 1}}
DELETED = saved("/events/delete", "Event deleted.")
NOT_DELETED = unsaved("/events/delete", "delete Event", "Event was not deleted.")
TAGGED = ok({"saved": True, "success": "Tag added.", "check_publish": True})
UNTAGGED = ok({"saved": True, "success": "Tag removed.", "check_publish": True})
TLP = {"warnings": ["*"]}


def whole(**fields: Json) -> Expected:
    """An event with all its parts."""
    return ok({"Event": {**COLUMNS, **PARTS, **fields}})


def head(**fields: Json) -> Expected:
    """An event as metadata alone."""
    return ok({"Event": {**COLUMNS, **fields}})


def not_added(**errors: Json) -> Expected:
    """A save-failure by field."""
    return unsaved("/events/add", "add Event", {"Event": {name: [text] for name, text in errors.items()}})


def not_edited(**errors: Json) -> Expected:
    """The same of an edit, which names the event."""
    return unsaved("/events/edit/#", "edit Event", {"Event": {name: [text] for name, text in errors.items()}})


def wrapped(body: Json) -> list[Json]:
    """The forms a body comes in (PROTOCOL §1.7)."""
    return [body, {"Event": body}, {"request": body}, {"request": {"Event": body}}]


ADD = (
    *(Row("alice", "POST /events/add", whole(info="x"), form) for form in wrapped({"info": "x"})),
    Row("alice", "POST /events/add", whole(info="x"), {"response": [{"Event": {"info": "x"}}]}),
    Row("alice", "POST /events", whole(info="x"), {"info": "x"}),
    Row("alice", "POST /Events/ADD.json", whole(info="x"), {"info": "x"}),
    Row("alice", "POST /events/add/metadata:1", head(info="x"), {"info": "x"}),
    Row("alice", "POST /events/add/metadata:1", head(info="5", locked=False, published=False), {"info": 5, "locked": 1}),
    Row("alice", "POST /events/add/metadata:1", head(analysis="2"), {"info": "x", "analysis": "Completed"}),
    Row("alice", "POST /events/add/metadata:1", head(distribution="#"), {"info": "x", "distribution": None}),
    Row("alice", "POST /events/add/metadata:1", head(extends_uuid=NOWHERE), {"info": "x", "extends_uuid": NOWHERE.upper()}),
    Row("alice", "POST /events/add/metadata:1", head(), {"info": "x", "never_heard_of": {"a": [1]}}),
    Row("alice", "POST /events/add/metadata:1", head(attribute_count="1"),
        {"info": "x", "Attribute": {"type": "domain", "value": "{new}.example"}}),
    Row("alice", "POST /events/add/metadata:1", ok({"Event": COLUMNS | {"attribute_count": "0"}, "errors": "*"}),
        {"info": "x", "Attribute": [{"type": "ip-dst", "value": "no address"}]}),
    *(Row("alice", "POST /events/add", NO_DATA, body) for body in each({}, [], "x", 5, None, {"Event": {}}, {"Event": []})),
    Row("alice", "POST /events/add", not_added(info="valueNotEmpty"), {"info": " "}),
    Row("alice", "POST /events/add", not_added(info="valueNotEmpty"), {"info": "0"}),
    Row("alice", "POST /events/add", not_added(info="valueNotEmpty"), {"date": "2026-01-01"}),
    Row("alice", "POST /events/add", not_added(info=sentences.TEXT), {"info": ["x"]}),
    Row("alice", "POST /events/add", not_added(date="Expected date format: YYYY-MM-DD"), {"info": "x", "date": "today"}),
    Row("alice", "POST /events/add", not_added(uuid="Please provide a valid RFC 4122 UUID"), {"info": "x", "uuid": "x"}),
    Row("alice", "POST /events/add", not_added(distribution=EVENT_LEVELS_SENTENCE), {"info": "x", "distribution": "5"}),
    Row("alice", "POST /events/add",
        not_added(analysis="Options : 0, 1, 2 (for Initial, Ongoing, Completed)"), {"info": "x", "analysis": 7}),
    Row("alice", "POST /events/add",
        not_added(threat_level_id="Options : 1, 2, 3, 4 (for High, Medium, Low, Undefined)"),
        {"info": "x", "threat_level_id": 0}),
    Row("alice", "POST /events/add", refused(405, "Invalid Sharing Group or not authorised."), {"info": "x", "distribution": 4}),
    Row("alice", "POST /events/add", refused(405, "Invalid Sharing Group or not authorised."),
        {"info": "x", "distribution": 4, "sharing_group_id": "999"}),
    Row("alice", "POST /events/add",
        unsaved("/events/add", "add Event", {"Event": "Received a published event that was empty. Event add process blocked."}),
        {"info": "x", "published": True}),
    Row("charlie", "POST /events/add", refused(404, EXISTS), {"info": "x", "uuid": "{hidden_event}"}),
    Row("alice", "PUT /events/add", refused(405, "Method Not Allowed"), {"info": "x"}),
)  # fmt: skip
EDIT = (
    *(Row("alice", "POST /events/edit/{event!}/metadata:1", head(info="y"), form) for form in wrapped({"info": "y"})),
    Row("alice", "PUT /events/edit/{event!}", whole(info="y"), {"info": "y"}),
    Row("alice", "PUT /events/{event!}", whole(info="y"), {"info": "y"}),
    Row("alice", "POST /events/{event!}.json", whole(info="y"), {"info": "y"}),
    Row("alice", "POST /events/edit/{event!}/metadata:1", head(org_id="1", orgc_id="1"), {"id": "7", "org_id": 7, "orgc_id": 7}),
    Row("alice", "POST /events/edit/{event!}", unsaved("/events/edit/#", "edit Event", NOT_NEWER), {"timestamp": "1000"}),
    Row("alice", "POST /events/edit/{event!}",
        unsaved("/events/edit/#", "edit Event", "Event could not be saved: Could not find the local event."), {"uuid": NOWHERE}),
    Row("alice", "POST /events/edit/{event!}", NO_DATA, {}),
    Row("alice", "POST /events/edit/{event!}", not_edited(info="valueNotEmpty"), {"info": ""}),
    Row("alice", "POST /events/edit/{event!}", not_edited(distribution=EVENT_LEVELS_SENTENCE), {"distribution": "9"}),
    Row("alice", "POST /events/edit/{event!}",
        unsaved("/events/edit/#", "edit Event", "Event could not be saved: Sharing group chosen as the distribution level*"),
        {"distribution": "4"}),
    Row("alice", "POST /events/edit/{event!}",
        unsaved("/events/edit/#", "edit Event", "Event could not be saved: Invalid sharing group or you don't have access*"),
        {"distribution": "4", "sharing_group_id": "999"}),
)  # fmt: skip
VIEW = (
    *(Row("alice", f"GET /events/{path}", whole()) for path in
      ("view/{published_event}", "{published_event}", "{published_event}.json", "view/{published_event}/deleted:1", "view/{published_event}/deleted[]:0/deleted[]:1.json")),
    Row("alice", "POST /events/view/{published_event}", whole(extensionEvents="*"), {"deleted": [0, 1], "extended": 1}),
    Row("alice", "POST /events/view/{published_event}", ok({"Event": COLUMNS | PARTS | {"ShadowAttribute": []}}), {"Event": {"noShadowAttributes": 1}}),
    Row("alice", "HEAD /events/view/{published_event}", ok({})),
    Row("bob", "HEAD /events/view/{hidden_event}", refused(404, "")),
    Row("alice", "HEAD /events/{published_event}", ok({})),
)  # fmt: skip
INDEX = (
    *(Row("alice", f"GET /events{path}", ok([{"id": "#", "EventTag": "*", "Orgc": "*", "...": 1}, "..."])) for path in
      ("", "/index", "/index.json", "/index/sort:date/direction:desc", "/index/limit:1", "/index/searchall:x/limit:x")),
    Row("alice", "POST /events/index", ok([dict.fromkeys(("id", "timestamp", "sighting_timestamp", "published", "uuid", "orgc_uuid"), "*")]),
        {"minimal": 1, "eventid": ["{published_event}"]}),
    Row("alice", "POST /events/index", ok([]), {"request": {"eventid": [NOWHERE]}}),
    Row("alice", "POST /events/index", ok(["..."]), {"never_heard_of": 1, "limit": 1}),
    Row("alice", "PUT /events/index", refused(405, "Method Not Allowed"), {}),
)  # fmt: skip
VERBS = (
    Row("alice", "POST /events/delete/{event!}", saved("/events/delete/#", "Event deleted.")),
    Row("alice", "DELETE /events/delete/{event!}", saved("/events/delete/#", "Event deleted.")),
    Row("alice", "DELETE /events/{event!}", saved("/events/delete/#", "Event deleted.")),
    *(Row("alice", "POST /events/delete", DELETED, form) for form in wrapped({"id": ["{event!}"]})[:1]),
    Row("alice", "POST /events/delete", DELETED, {"Event": {"id": ["{event!}"]}}),
    Row("alice", "POST /events/delete.json", DELETED, {"request": {"id": ["{event!}"]}}),
    Row("alice", "POST /events/delete", DELETED, {"id": "{event!}"}),
    *(Row("alice", "POST /events/delete", NOT_DELETED, body) for body in each({}, {"id": []}, {"id": [NOWHERE]}, {"id": ["{event}", "99999"]})),
    Row("alice", "POST /events/publish/{event!}", saved("/events/publish/#", "Job queued", **TLP)),
    Row("alice", "POST /events/publish/{event!}/disable_background_processing:1",
        saved("/events/publish/#", "Event published without alerts", **TLP)),
    Row("alice", "POST /events/alert/{event!}.json", saved("/events/alert/#", "Job queued", **TLP)),
    Row("charlie", "POST /events/publish/{event}", refused(403, NOT_ALLOWED)),
    Row("alice", "POST /events/unpublish/{published_event!}", saved("/events/unpublish/#", "Event unpublished.")),
    Row("bob", "POST /events/contact/{event}", saved("/events/contact/#", "Email sent to the reporter.", **TLP), {"message": "m"}),
    Row("bob", "POST /events/contact/{event}", saved("/events/contact/#", "Email sent to the reporter.", **TLP), {"Event": {"message": "m"}}),
    Row("bob", "POST /events/contact/{event}",
        unsaved("/events/contact/#", "contact Event", {"message": ["Please write a message of at most 5,000 characters."]}), {}),
)  # fmt: skip
TAGS = (
    Row("alice", "POST /events/addTag/{event!}/{tag}", TAGGED),
    Row("dora", "POST /events/addTag/{event!}/tlp:green", TAGGED),
    Row("dora", "POST /events/addTag/{event!}/tlp:red/local:1", TAGGED),
    *(Row("alice", "POST /events/addTag/{event!}", TAGGED, form) for form in wrapped({"tag": "{tag}"})),
    Row("alice", "POST /events/addTag/{event!}", TAGGED, {"tag": ["{tag}", "{tag!}"]}),
    Row("alice", "POST /events/addTag", TAGGED, {"event": "{event!}", "tag": "{tag}"}),
    Row("alice", "POST /events/addTag", TAGGED, {"request": {"Event": {"id": "{event!}", "tag": "{tag}"}}}),
    Row("alice", "POST /events/addTag/{event}", ok({"saved": False, "errors": "*Tag not found."}), {"tag": "99999999"}),
    Row("alice", "POST /events/addTag/{event}", ok({"saved": False, "errors": "*Tag not found."}), {}),
    Row("alice", "POST /events/addTag", ok({"saved": False, "errors": "Invalid event"}), {}),
    Row("dora", "POST /events/addTag/{event}/{attached}", TAGGED),
    Row("dora", "POST /events/removeTag/{event}/{attached}", UNTAGGED),
    Row("dora", "POST /events/removeTag/{event}/{attached}", ok({"saved": False, "errors": "Invalid Target."})),
    Row("alice", "POST /events/removeTag/{event}", ok({"saved": False, "errors": "Invalid Tag."}), {"tag": "never:made"}),
)  # fmt: skip
SYNC = (
    *(Row("sam", "POST /events/filterEventIdsForPush", ok([]), body) for body in each([], {}, "x", [1], [{}], {"Event": []})),
    Row("sam", "POST /events/filterEventIdsForPush", ok([NOWHERE]), [{"Event": {"uuid": NOWHERE, "timestamp": "1"}}]),
    Row("alice", "POST /events/filterEventIdsForPush", refused(403, NOT_ALLOWED), []),
    *(Row("sam", "POST /events/pushProposals/{event}", ok({"success": True, "message": "Nothing to update.", "counter": 0}), body)
      for body in each([], {}, "x", [{}], [5], [{"ShadowAttribute": {}}])),
    Row("sam", f"POST /events/pushProposals/{NOWHERE}", ok({"success": False, "message": "Event not found.", "counter": 0}), []),
    Row("alice", "POST /events/pushProposals/{event}", refused(403, NOT_ALLOWED), []),
)  # fmt: skip
FOUND = {"event_id": "#", "type": "ip-dst", "default_type": "ip-dst", "category": "Network activity", "to_ids": True,
         "comment": "", "value": "198.51.100.9"}  # fmt: skip
CANDIDATE = {"default_type": "ip-dst", "types": "*", "value": "198.51.100.9", "categories": ["..."], "...": 1}
NO_TEXT = unsaved("/events/freeTextImport", "add Attribute", {"value": ["Expected a text."]})
REST = (
    Row("alice", "POST /events/freeTextImport/{event!}", ok([FOUND]), {"value": "198[.]51.100.9"}),
    Row("alice", "POST /events/freeTextImport/{event!}", ok([FOUND]), {"request": {"value": "198.51.100.9", "adhereToWarninglists": 0}}),
    Row("alice", "POST /events/freeTextImport/{event!}", ok([CANDIDATE]),
        {"value": "198.51.100.9", "adhereToWarninglists": "soft", "returnMetaAttributes": True}),
    Row("alice", "POST /events/freeTextImport/{event}", ok([]), {"value": "nothing of the sort"}),
    Row("alice", "POST /events/freeTextImport/{event}", NO_TEXT, {"value": ["x"]}),
    Row("alice", "POST /events/freeTextImport/{event}", NO_TEXT, {}),
    Row("alice", "POST /events/upload_stix", refused(400, "Send the STIX document as the body of the request.")),
    Row("alice", "POST /events/upload_stix/3", refused(400, "STIX is version 1 or 2."), {"a": 1}),
    Row("reader", "POST /events/upload_stix/2", refused(403, NOT_ALLOWED), {}),
    Row("alice", "POST /events/enrichEvent/{event}", refused(404, "There are no enrichment modules here."), {"dns": True}),
    Row("alice", "POST /events/pushEventToZMQ/{event}.json", refused(404, "There is no ZeroMQ channel here.")),
    Row("alice", "POST /cryptographicKeys/serverSign", refused(404, "Events are not signed here."), {}),
    Row("alice", "GET /eventDelegations", refused(405, "Delegation is disabled on this instance.")),
    Row("alice", "POST /event_delegations/delegateEvent/{event}", refused(405, "Delegation is disabled on this instance."), {"org_id": 1, "distribution": 0}),
    Row("alice", "POST /eventDelegations/acceptDelegation/1", refused(405, "Delegation is disabled on this instance.")),
    Row("alice", "POST /eventDelegations/deleteDelegation/1", refused(405, "Delegation is disabled on this instance.")),
)  # fmt: skip


@pytest.mark.parametrize("row", [*ADD, *EDIT, *VIEW, *INDEX, *VERBS, *TAGS, *SYNC, *REST], ids=str)
def test_events_answer(scene: Scene, row: Row) -> None:
    scene.check(row)


def test_the_index_as_a_table_has_misps_columns(scene: Scene) -> None:
    told = scene.ask("alice", "GET", "/events/index/limit:1.csv")
    assert (told.headers["Content-Type"], told.text.splitlines()[0]) == ("text/csv; charset=UTF-8", CSV_HEAD)


def test_a_taken_uuid_is_told_with_the_place_of_its_event(scene: Scene) -> None:
    uuid, number = (
        scene.workshop.target("event"),
        scene.ask("alice", "GET", scene.filled("/events/{event}")).json()["Event"]["id"],
    )
    told = scene.ask("alice", "POST", "/events/add", {"info": "x", "uuid": uuid.upper()})
    assert (told.status_code, told.headers["Location"].rpartition("/events/")[2]) == (404, number)


@pytest.mark.parametrize(
    ("named", "shown"),
    [("public:1", {"all", "inherits"}), ("public:0", {"all", "inherits", "ours"}), ("toIDS:1", {"all"}), ("toIDS:2", {"inherits", "ours"})],
)  # fmt: skip
def test_a_view_shows_of_its_attributes_what_is_asked_for(scene: Scene, named: str, shown: set[str]) -> None:
    levels = {"all": 3, "inherits": 5, "ours": 0}
    attributes = [
        {"type": "text", "value": value, "distribution": level, "to_ids": value == "all"}
        for value, level in levels.items()
    ]
    uuid = scene.cast.alice.adds_event(attributes=attributes)["uuid"]
    told = scene.ask("alice", "GET", f"/events/view/{uuid}/{named}").json()["Event"]["Attribute"]
    assert {one["value"] for one in told} == shown


def test_of_several_all_or_none_are_deleted(scene: Scene) -> None:
    one = scene.workshop.target("event!")
    assert scene.ask("alice", "POST", "/events/delete", {"id": [one, NOWHERE]}).status_code == 403
    assert scene.ask("alice", "HEAD", f"/events/view/{one}").status_code == 200
