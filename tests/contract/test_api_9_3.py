"""API §9.3, attributes: each row asked of a live server, and the whole answer compared (MODEL §7.3, §7.10, §7.12)."""

import pytest

from mispmini.domain import sentences
from tests.contract.rest_rows import (
    LEVELS,
    NO_GROUP,
    NOT_ALLOWED,
    NOT_YOURS,
    NOWHERE,
    Expected,
    Json,
    Row,
    Scene,
    each,
    ok,
    refused,
    unsaved,
)

CORE = dict.fromkeys(
    ("id", "event_id", "object_id", "object_relation", "category", "type", "to_ids", "uuid", "timestamp", "distribution",
     "sharing_group_id", "comment", "deleted", "disable_correlation", "first_seen", "last_seen", "value"), "*"
)  # fmt: skip
SPLIT = CORE | dict.fromkeys(("value1", "value2"), "*")
FRESH = {"type": "domain", "value": "{new}.example"}
SIMILAR = "A similar attribute already exists for this event."
WRONG_IP = "IP address has an invalid format."
NO_ATTRIBUTE = refused(404, "Invalid attribute")
NO_DATA = refused(405, "No valid attribute data received.")
NOT_NEWER = "Attribute could not be saved: Attribute in the request not newer than the local copy."
DELETED = ok({"message": "Attribute deleted."})
TAGGED = ok({"saved": True, "success": "Tag added.", "check_publish": True})


def added(**fields: Json) -> Expected:
    """One attribute that was saved."""
    return ok({"Attribute": {**SPLIT, **fields}, "AttributeTag": []})


def several(*values: str, errors: Json = None) -> Expected:
    """A list of saved attributes, with the errors of the others."""
    found: Json = [SPLIT | {"value": value} for value in values]
    return ok({"Attribute": found} | ({"errors": errors} if errors else {}))


def edited(**fields: Json) -> Expected:
    """An attribute after a change."""
    return ok({"Attribute": {**CORE, "Tag": "*", **fields}})


def not_added(**errors: Json) -> Expected:
    """A save-failure of the one attribute."""
    return unsaved("/attributes/add", "add Attribute", {name: [text] for name, text in errors.items()})


def not_edited(**errors: Json) -> Expected:
    """The same of an edit, which names the attribute."""
    return unsaved("/attributes/edit/#", "edit Attribute", {name: [text] for name, text in errors.items()})


def wrapped(body: Json) -> list[Json]:
    """The forms a body comes in (PROTOCOL §1.7)."""
    return [body, {"Attribute": body}, {"request": body}, {"request": {"Attribute": body}}]


ADD = (
    *(Row("alice", "POST /attributes/add/{event}", added(distribution="5", to_ids=True), form) for form in wrapped(FRESH)),
    *(Row("alice", "POST /attributes/add/{event}", added(), form) for form in ([FRESH], {"Attribute": [FRESH]}, [{"Attribute": FRESH}])),
    Row("alice", "POST /attributes/add/{event}.json", added(), FRESH),
    *(Row("alice", f"POST /attributes{path}", added(event_id="#"), FRESH | {"event_id": "{event}"}) for path in ("/add", "")),
    Row("alice", "POST /attributes/add", refused(404, "Invalid event"), FRESH),
    Row("alice", "POST /attributes/add/{event}", added(event_id="#", object_id="0"), FRESH | {"id": "1", "event_id": "999", "object_id": "9"}),
    Row("alice", "POST /attributes/add/{event}", added(), FRESH | {"never_heard_of": 1}),
    Row("alice", "POST /attributes/add/{event!}", added(value="x.example|192.0.2.1", value1="x.example", value2="192.0.2.1"),
        {"type": "domain|ip", "value1": "X.example", "value2": "192.0.2.1"}),
    Row("alice", "POST /attributes/add/{event!}", several("1.example", "2.example"), {"type": "domain", "value": ["1.example", "2.example"]}),
    Row("alice", "POST /attributes/add/{event!}", several("1.example", "2.example"), {"type": "domain", "value": "1.example\n2.example\n", "batch_import": 1}),
    Row("alice", "POST /attributes/add/{event!}", several("1.example", errors={"attribute_1": {"value": [WRONG_IP]}}),
        [{"type": "domain", "value": "1.example"}, {"type": "ip-dst", "value": "x"}]),
    Row("alice", "POST /attributes/add/{event!}", several("1.example", errors={"attribute_1": {"value": [SIMILAR]}}),
        [{"type": "domain", "value": "1.example"}, {"type": "domain", "value": "1.example"}]),
    Row("alice", "POST /attributes/add/{event}",
        unsaved("/attributes/add", "add Attribute", {"attribute_0": {"value": [WRONG_IP]}, "attribute_1": {"type": ["Invalid type."]}}),
        [{"type": "ip-src", "value": "x"}, {"type": "nonsense", "value": "x"}]),
    *(Row("alice", "POST /attributes/add/{event}", NO_DATA, body) for body in each([], {}, None, "")),
    *(Row("alice", "POST /attributes/add/{event}", not_added(Attribute=sentences.RECORD), body) for body in each([5], "x", 5)),
    Row("alice", "POST /attributes/add/{event}", not_added(type="No type set."), {"value": "x"}),
    Row("alice", "POST /attributes/add/{event}", not_added(type="Invalid type."), {"type": "nonsense", "value": "x"}),
    *(Row("alice", "POST /attributes/add/{event}", not_added(value="Value cannot be empty."), {"type": "domain"} | value)
      for value in ({}, {"value": ""}, {"value": None}, {"value": " "})),
    Row("alice", "POST /attributes/add/{event}", not_added(value=sentences.TEXT), {"type": "domain", "value": {"a": 1}}),
    Row("alice", "POST /attributes/add/{event}",
        not_added(value='Value not in the right type/format. Please double check the value or select type "other".'), {"type": "domain", "value": 5}),
    Row("alice", "POST /attributes/add/{event}",
        not_added(value="Composite type found but the value not in the composite (value1|value2) format."), {"type": "filename|md5", "value": "f"}),
    Row("alice", "POST /attributes/add/{event}", not_added(type="Options depend on the selected category."), FRESH | {"category": "Person"}),
    Row("alice", "POST /attributes/add/{event}", not_added(distribution=LEVELS), FRESH | {"distribution": "9"}),
    Row("alice", "POST /attributes/add/{event}", not_added(sharing_group_id=NO_GROUP), FRESH | {"distribution": 4}),
    Row("alice", "POST /attributes/add/{event}", not_added(uuid="The UUID provided is not unique"), FRESH | {"uuid": "{attribute}"}),
    Row("alice", "POST /attributes/add/{event}", not_added(uuid="Please provide a valid RFC 4122 UUID"), FRESH | {"uuid": "x"}),
    Row("alice", "POST /attributes/add/{event}", not_added(last_seen="Last seen value should be greater than first seen value"),
        FRESH | {"first_seen": "2026-01-02", "last_seen": "2026-01-01"}),
    Row("alice", "POST /attributes/add/{event}", not_added(first_seen=sentences.SEEN), FRESH | {"first_seen": "whenever"}),
    Row("alice", "POST /attributes/add/{event}", not_added(data="Expected base64."), {"type": "attachment", "value": "f", "data": "%"}),
    Row("reader", "POST /attributes/add/{event}", refused(403, NOT_ALLOWED), FRESH),
)  # fmt: skip
EDIT = (
    *(Row("alice", "POST /attributes/edit/{attribute!}", edited(comment="c"), form) for form in wrapped({"comment": "c"})),
    Row("alice", "PUT /attributes/edit/{attribute!}", edited(comment="c"), {"comment": "c"}),
    Row("alice", "PUT /attributes/{attribute!}.json", edited(comment="c"), {"comment": "c"}),
    Row("alice", "POST /attributes/edit/{attribute!}", edited(), {}),
    Row("alice", "POST /attributes/edit/{attribute!}", edited(event_id="#"), {"id": "7", "event_id": "7"}),
    Row("alice", "POST /attributes/edit/{attribute!}", edited(deleted=True), {"deleted": 1}),
    Row("alice", "POST /attributes/edit/{attribute!}", refused(405, NOT_NEWER), {"timestamp": "1"}),
    Row("alice", "POST /attributes/edit/{deleted_attribute!}", NO_ATTRIBUTE, {"comment": "c"}),
    Row("alice", "POST /attributes/edit/{attribute!}", not_edited(type="Invalid type."), {"type": "nonsense"}),
    Row("alice", "POST /attributes/edit/{attribute!}", not_edited(value=WRONG_IP), {"type": "ip-dst"}),
    Row("alice", "POST /attributes/edit/{attribute!}", not_edited(distribution=LEVELS), {"distribution": 6}),
    Row("alice", "POST /attributes/edit/{attribute!}", not_edited(sharing_group_id=NO_GROUP), {"distribution": 4}),
    Row("alice", "POST /attributes/edit/{attribute!}", not_edited(uuid="The UUID is not that of this attribute."), {"uuid": NOWHERE}),
    Row("alice", "POST /attributes/edit/{attribute!}", not_edited(Attribute=sentences.RECORD), [{"comment": "c"}]),
)  # fmt: skip
VIEWED = {"Attribute": CORE | {"event_uuid": "*"}}
VIEW = (
    *(Row("alice", f"GET /attributes/{path}", ok(VIEWED)) for path in ("view/{attribute!}", "{attribute!}", "{attribute!}.json", "view/{attribute!}/x:1")),
    Row("alice", "POST /attributes/view/{attribute!}", ok(VIEWED), {}),
    Row("alice", "GET /attributes/view/{file}", ok({"Attribute": CORE | {"event_uuid": "*", "data": "aGk="}})),
    Row("alice", "HEAD /attributes/view/{attribute}", ok({})),
    Row("alice", f"HEAD /attributes/view/{NOWHERE}", refused(404, "")),
    Row("bob", "HEAD /attributes/view/{hidden_attribute}", refused(404, "")),
    *(Row("alice", f"GET /attributes{path}", ok([SPLIT])) for path in ("/index/limit:1", "/index/limit:1/page:1.json")),
    Row("alice", "GET /attributes", ok([SPLIT, "..."])),
    Row("alice", "POST /attributes/index", ok([SPLIT]), {"limit": 1}),
    Row("alice", "GET /attributes/index/page:999", ok([])),
    Row("alice", "GET /attributes/attributeStatistics/type/0", ok({"domain": "#", "...": 1})),
    Row("alice", "GET /attributes/attributeStatistics/category/1", ok({"Network activity": "*%", "...": 1})),
    Row("alice", "GET /attributes/attributeStatistics", ok({"domain": "#", "...": 1})),
    Row("alice", "GET /attributes/downloadAttachment/download/{attribute}", refused(404, "Attribute not an attachment or malware-sample")),
)  # fmt: skip
VERBS = (
    *(Row("alice", asked, DELETED) for asked in
      ("POST /attributes/delete/{attribute!}", "DELETE /attributes/delete/{attribute!}", "DELETE /attributes/{attribute!}", "DELETE /attributes/delete/{attribute!}/1",
       "POST /attributes/delete/{attribute!}/1", "POST /attributes/delete/{deleted_attribute!}.json")),
    *(Row("alice", "POST /attributes/editField/{attribute!}", ok({"saved": True, "success": "Field updated.", "check_publish": True}), form)
      for form in wrapped({"to_ids": 0})),
    Row("alice", "POST /attributes/editField/{attribute!}", ok({"saved": False, "errors": "*"}), {"type": "nonsense"}),
    Row("bob", "POST /attributes/editField/{attribute!}", ok({"saved": False, "errors": NOT_YOURS}), {"to_ids": 0}),
    *(Row("alice", "POST /attributes/deleteSelected/{event}", ok({"saved": True, "success": True, "message": "1 attribute deleted.", "...": 1}),
          {"id": wanted, **more}) for wanted, more in (("{attribute!}", {}), (["{attribute!}"], {"allow_hard_delete": True}))),
    Row("alice", "POST /attributes/deleteSelected/{event}", refused(404, "Invalid attribute"), {"id": "99999"}),
    Row("alice", "POST /attributes/deleteSelected/{event!}", refused(404, "Invalid attribute"), {"id": "all"}),
    Row("alice", "POST /attributes/restore/{deleted_attribute!}", edited(deleted=False)),
    Row("alice", "POST /attributes/restore/{attribute!}", edited(deleted=False)),
    Row("alice", "POST /attributes/addTag/{attribute!}/{tag}", TAGGED),
    Row("dora", "POST /attributes/addTag/{attribute!}/tlp:green/local:1", TAGGED),
    Row("dora", "POST /attributes/addTag", TAGGED, {"attribute": "{attribute!}", "tag": "{tag}"}),
    *(Row("alice", "POST /attributes/addTag/{attribute!}", TAGGED, form) for form in wrapped({"tag": "{tag}"})),
    Row("dora", "POST /attributes/removeTag/{attribute}/{attached}", ok({"saved": True, "success": "Tag removed.", "check_publish": True})),
    Row("alice", "POST /attributes/removeTag/{attribute!}/{tag}", ok({"saved": False, "errors": "Invalid Target."})),
    Row("alice", "POST /attributes/enrich/{attribute}", refused(404, "There are no enrichment modules here."), {"dns": True}),
    Row("alice", "POST /attributes/add_attachment/{event!}", ok({"name": "Success", "message": "*", "url": "/attributes/add_attachment/#", "id": "#"}),
        {"files": [{"filename": "a.txt", "data": "aGk="}]}),
)  # fmt: skip


@pytest.mark.parametrize("row", [*ADD, *EDIT, *VIEW, *VERBS], ids=str)
def test_attributes_answer(scene: Scene, row: Row) -> None:
    scene.check(row)


@pytest.mark.parametrize(
    ("body", "stays"),
    [({"hard": 1}, False), ({"hard": True}, False), ({"Attribute": {"hard": "1"}}, False), ({"request": {"hard": 1}}, False),
     ({}, True), ({"hard": 0}, True), ({"hard": "no"}, True)],
)  # fmt: skip
def test_only_hard_removes_for_good(scene: Scene, body: Json, stays: bool) -> None:
    uuid = scene.workshop.target("attribute!")
    assert scene.ask("alice", "POST", f"/attributes/delete/{uuid}", body).json() == DELETED.body
    assert (scene.ask("dora", "GET", f"/attributes/view/{uuid}").status_code == 200) is stays


def test_without_breaking_on_a_duplicate_the_attribute_that_is_there_changes(scene: Scene) -> None:
    event = scene.workshop.target("event!")
    body = {"type": "domain", "value": "same.example"}
    first = scene.ask("alice", "POST", f"/attributes/add/{event}", body).json()["Attribute"]
    assert scene.ask("alice", "POST", f"/attributes/add/{event}/breakOnDuplicate:1", body).json()["errors"] == {
        "value": [SIMILAR]
    }
    again = scene.ask("alice", "POST", f"/attributes/add/{event}/breakOnDuplicate:0", body | {"comment": "c"}).json()[
        "Attribute"
    ]
    assert (again["id"], again["comment"]) == (first["id"], "c")


def test_a_file_comes_as_it_was(scene: Scene) -> None:
    told = scene.ask("bob", "GET", scene.filled("/attributes/downloadAttachment/download/{file}"))
    assert (told.status_code, told.content, told.headers["Content-Type"]) == (200, b"hi", "application/octet-stream")
