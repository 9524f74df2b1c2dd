"""API §9.4, objects, references, templates: each row asked of a live server, and the whole answer compared (MODEL §7.4)."""

import pytest

from mispmini.domain import sentences
from mispmini.domain.object_templates import all_templates
from tests.contract.rest_rows import (
    LEVELS,
    NO_GROUP,
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

TEMPLATE = "43b3b146-77eb-4931-b4cc-b66c60f28734"
NUMBER = 1 + [one.uuid for one in all_templates()].index(TEMPLATE)
COLUMNS = dict.fromkeys(
    ("id", "name", "meta-category", "description", "template_uuid", "template_version", "event_id", "uuid", "timestamp",
     "distribution", "sharing_group_id", "comment", "deleted", "first_seen", "last_seen"), "*"
)  # fmt: skip
INSIDE = {"object_relation": "domain", "type": "domain", "value": "{new}.example"}
FRESH = {"name": "domain-ip", "meta-category": "network", "description": "d", "template_uuid": TEMPLATE,
         "template_version": "11", "Attribute": [INSIDE]}  # fmt: skip
BARE = {key: FRESH[key] for key in FRESH if key != "Attribute"}
EMPTY = "Could not save the object as no attributes were set."
NO_UUID = "Please provide a valid RFC 4122 UUID"
NO_OBJECT = refused(404, "Invalid object.")


def answered(*values: str, **fields: Json) -> Expected:
    """An object after a verb; any attributes unless their values are named."""
    inside: Json = [{"value": value, "...": 1} for value in values] or ["..."]
    return ok({"Object": {**COLUMNS, "Attribute": inside, **fields}})


def not_added(errors: Json) -> Expected:
    """A save-failure by field, or by sentence."""
    return unsaved("/objects/add", "add Object", errors)


def not_edited(errors: Json) -> Expected:
    """The same of an edit, which names the object."""
    return unsaved("/objects/edit/#", "edit Object", errors)


def failed(relation: str, errors: str) -> str:
    """What is said of an attribute that spoils its object."""
    return f"Could not save object as at least one attribute has failed validation ({relation}). {errors}"


def wrapped(body: Json) -> list[Json]:
    """The forms a body comes in (PROTOCOL §1.7)."""
    return [body, {"Object": body}, {"request": body}, {"request": {"Object": body}}]


WRONG_IP = {"object_relation": "ip", "type": "ip-dst", "value": "x"}
ADD = (
    *(Row("alice", "POST /objects/add/{event}", answered(name="domain-ip", distribution="5"), form) for form in wrapped(FRESH)),
    Row("alice", "POST /objects/add/{event}", answered(), {"Object": BARE, "Attribute": [INSIDE]}),
    Row("alice", "POST /objects/add/{event}.json", answered(), FRESH),
    *(Row("alice", f"POST /objects/add/{{event}}/{template}", answered(name="domain-ip", template_uuid=TEMPLATE, template_version="*"),
          {"Object": {"distribution": "5", "comment": ""}, "Attribute": {"4": INSIDE}}) for template in (NUMBER, TEMPLATE)),
    Row("alice", "POST /objects/add/{event}", answered(name="domain-ip", template_version="11"), {"template_uuid": TEMPLATE, "Attribute": [INSIDE]}),
    Row("alice", "POST /objects/add/{event}/" + TEMPLATE, answered(name="domain-ip"), {"Attribute": [INSIDE]}),
    Row("alice", "POST /objects/add/{event}/" + "9" * 5000, answered(name="domain-ip"), FRESH),
    Row("alice", "POST /objects/add/{event}", answered(name="domain-ip", template_uuid=NOWHERE), FRESH | {"template_uuid": NOWHERE.upper()}),
    Row("alice", "POST /objects/add/{event}", answered(template_version="1"), FRESH | {"template_version": 0}),
    Row("alice", "POST /objects/add/{event}", answered(), FRESH | {"never_heard_of": 1, "id": "7", "event_id": "7"}),
    Row("alice", "POST /objects/add/{event}", answered(), FRESH | {"Attribute": INSIDE}),
    *(Row("alice", "POST /objects/add/{event}", not_added(EMPTY), body) for body in each(BARE, BARE | {"Attribute": []})),
    Row("alice", "POST /objects/add/{event}",
        not_added({"name": ["valueNotEmpty"], "meta-category": ["valueNotEmpty"], "template_uuid": ["valueNotEmpty"]}), {}),
    *(Row("alice", "POST /objects/add/{event}", not_added({"Object": [sentences.RECORD]}), body) for body in each([], [FRESH], "x", 5)),
    *(Row("alice", "POST /objects/add/{event}", not_added({"Attribute": [sentences.RECORD]}), FRESH | {"Attribute": inside}) for inside in ("x", [5])),
    Row("alice", "POST /objects/add/{event}", not_added({"template_uuid": [NO_UUID]}), FRESH | {"template_uuid": "x"}),
    Row("alice", "POST /objects/add/{event}", not_added({"template_version": [sentences.NUMBER]}), FRESH | {"template_version": "x"}),
    Row("alice", "POST /objects/add/{event}", not_added({"distribution": [LEVELS]}), FRESH | {"distribution": 9}),
    Row("alice", "POST /objects/add/{event}", not_added({"sharing_group_id": [NO_GROUP]}), FRESH | {"distribution": 4}),
    Row("alice", "POST /objects/add/{event}", not_added({"uuid": ["The UUID provided is not unique"]}), FRESH | {"uuid": "{object}"}),
    Row("alice", "POST /objects/add/{event}",
        not_added(failed("ip", '{"value": ["IP address has an invalid format."]}')), FRESH | {"Attribute": [INSIDE, WRONG_IP]}),
    Row("alice", "POST /objects/add/{event}",
        not_added(failed("", '{"object_relation": ["Object attribute sent, but no object_relation set."]}')),
        FRESH | {"Attribute": [{"type": "domain", "value": "{new}.example"}]}),
    Row("reader", "POST /objects/add/{event}", refused(403, NOT_ALLOWED), FRESH),
)  # fmt: skip
EDIT = (
    *(Row("alice", "POST /objects/edit/{object!}", answered(comment="c"), form) for form in wrapped({"comment": "c"})),
    Row("alice", "PUT /objects/edit/{object!}.json", answered(comment="c"), {"comment": "c"}),
    Row("alice", "POST /objects/editField/{object!}", ok({"saved": True, "success": "Field updated.", "check_publish": True}),
        {"Object": {"comment": "c"}}),
    Row("alice", "POST /objects/edit/{object!}", answered(template_version="12", distribution="3"), {"template_version": 12, "distribution": 3}),
    Row("alice", "POST /objects/edit/{object!}", answered(name="domain-ip"), {"name": "renamed"}),
    Row("alice", "POST /objects/edit/{object!}", answered("192.0.2.9"), {"Attribute": [{"object_relation": "ip", "type": "ip-dst", "value": "192.0.2.9"}]}),
    Row("alice", "POST /objects/edit/{object!}", answered(Attribute=["*"]), {"Attribute": []}),
    Row("alice", "POST /objects/edit/{object!}", not_edited(failed("ip", '{"value": ["IP address has an invalid format."]}')), {"Attribute": [WRONG_IP]}),
    Row("alice", "POST /objects/edit/{object!}", not_edited({"uuid": ["The UUID is not that of this object."]}), {"uuid": NOWHERE}),
    Row("alice", "POST /objects/edit/{object!}", not_edited({"first_seen": [sentences.SEEN]}), {"first_seen": "whenever"}),
    Row("alice", "POST /objects/edit/{object!}", not_edited({"distribution": [LEVELS]}), {"distribution": 6}),
    Row("alice", "POST /objects/edit/{object!}", not_edited({"Object": [sentences.RECORD]}), []),
    Row("alice", "POST /objects/edit/{deleted_object!}", NO_OBJECT, {"comment": "c"}),
)  # fmt: skip
VIEWED = {
    "Object": COLUMNS
    | {"Attribute": [{"value": "*", "...": 1}], "ObjectReference": "*", "Event": {"id": "#", "...": 1}}
}
VIEW = (
    *(Row("alice", f"GET /objects/view/{ref}", ok(VIEWED)) for ref in ("{object}", "{object}.json", "{object}/x:1")),
    Row("alice", "POST /objects/view/{object}", ok(VIEWED), {}),
    Row("alice", "HEAD /objects/view/{object}", ok({})),
    Row("alice", f"HEAD /objects/view/{NOWHERE}", refused(404, "")),
    Row("bob", "HEAD /objects/view/{hidden_object}", refused(404, "")),
)  # fmt: skip
GONE = saved("/objects/delete/#", "Object deleted")
VERBS = (
    *(Row("alice", asked, GONE) for asked in
      ("POST /objects/delete/{object!}", "DELETE /objects/delete/{object!}", "POST /objects/delete/{object!}/1", "POST /objects/delete/{object!}.json")),
    Row("alice", "POST /objects/delete/{object!}", GONE, {"Object": {"hard": 1}}),
    Row("alice", "POST /objects/restore/{deleted_object!}", saved("/objects/restore/#", "Object restored")),
    Row("alice", "POST /objects/restore/{object!}", NO_OBJECT),
)  # fmt: skip
REFERRED = {"object_uuid": "{object}", "referenced_uuid": "{attribute}", "relationship_type": "related-to"}
REFERENCE = {"ObjectReference": dict.fromkeys(
    ("id", "uuid", "timestamp", "object_id", "referenced_uuid", "referenced_id", "referenced_type", "relationship_type",
     "comment", "deleted", "event_id", "source_uuid"), "*",
)}  # fmt: skip
ELSEWHERE = {"referenced_uuid": ["The referenced element is not part of this event."]}


def not_referred(errors: Json) -> Expected:
    """A save-failure of a reference."""
    return unsaved("/object_references/add", "add ObjectReference", errors)


REFERENCES = (
    *(Row("alice", f"POST /{path}/add", ok(REFERENCE), form) for path in ("objectReferences", "object_references")
      for form in (REFERRED, {"ObjectReference": REFERRED}, {"request": REFERRED}, {"request": {"ObjectReference": REFERRED}})),
    Row("alice", "POST /objectReferences/add/{object}", ok(REFERENCE), {"referenced_uuid": "{attribute}", "relationship_type": "x"}),
    Row("alice", "POST /objectReferences/add", not_referred(ELSEWHERE), REFERRED | {"referenced_uuid": NOWHERE}),
    Row("alice", "POST /objectReferences/add", not_referred(ELSEWHERE), REFERRED | {"referenced_uuid": "{hidden_attribute}"}),
    Row("alice", "POST /objectReferences/add", NO_OBJECT, REFERRED | {"object_uuid": NOWHERE}),
    Row("alice", "POST /objectReferences/add", NO_OBJECT, REFERRED | {"object_uuid": "{attribute}"}),
    Row("bob", "POST /objectReferences/add", NO_OBJECT, REFERRED | {"object_uuid": "{hidden_object}"}),
    Row("bob", "POST /objectReferences/add", refused(403, "You do not have permission to do that."), REFERRED),
    Row("alice", "POST /objectReferences/add", not_referred({"relationship_type": ["valueNotEmpty"]}), REFERRED | {"relationship_type": ""}),
    Row("alice", "POST /objectReferences/add", not_referred({"referenced_uuid": [NO_UUID]}), REFERRED | {"referenced_uuid": "1"}),
    Row("alice", "POST /objectReferences/add", not_referred({"object_uuid": ["valueNotEmpty"]}), {}),
    Row("alice", "POST /objectReferences/add", not_referred({"ObjectReference": [sentences.RECORD]}), [REFERRED]),
    Row("alice", "POST /objectReferences/delete/{reference!}", saved("/object_references/delete/#", "ObjectReference deleted")),
    Row("alice", "POST /object_references/delete/{reference!}/1", saved("/object_references/delete/#", "ObjectReference deleted")),
    Row("alice", "DELETE /object_references/delete/{reference!}", saved("/object_references/delete/#", "ObjectReference deleted")),
)  # fmt: skip
LISTED = {
    "id": "#",
    "uuid": "*",
    "name": "*",
    "meta-category": "*",
    "description": "*",
    "version": "#",
    "requirements": "*",
    "...": 1,
}
ELEMENTS = {"ObjectTemplateElement": [{"object_relation": "*", "...": 1}, "..."]}
NO_TEMPLATE = refused(404, "*")
TEMPLATES = (
    *(Row("alice", f"GET /{path}", ok([{"ObjectTemplate": LISTED}, "..."])) for path in ("objectTemplates", "objectTemplates/index", "object_templates/index.json")),
    *(Row("alice", f"GET /objectTemplates/view/{ref}", ok({"ObjectTemplate": LISTED | ELEMENTS, **ELEMENTS}))
      for ref in (TEMPLATE, "1", f"{TEMPLATE}.json")),
    *(Row("alice", f"GET /objectTemplates/getRaw/{ref}", ok({"uuid": TEMPLATE, "name": "domain-ip", "attributes": {"ip": {"...": 1}, "...": 1}, "...": 1}))
      for ref in (TEMPLATE, "domain-ip")),
    *(Row("alice", f"GET /objectTemplates/{action}/{ref}", NO_TEMPLATE) for action in ("view", "getRaw") for ref in (NOWHERE, "nonsense", "99999")),
    Row("dora", "POST /objectTemplates/update", ok("*")),
    Row("alice", "POST /objectTemplates/update", refused(403, NOT_ALLOWED)),
)  # fmt: skip


@pytest.mark.parametrize("row", [*ADD, *EDIT, *VIEW, *VERBS, *REFERENCES, *TEMPLATES], ids=str)
def test_objects_answer(scene: Scene, row: Row) -> None:
    scene.check(row)


@pytest.mark.parametrize(
    ("body", "stays"), [({"hard": 1}, False), ({"Object": {"hard": True}}, False), ({}, True), ({"hard": "0"}, True)]
)
def test_only_hard_removes_for_good(scene: Scene, body: Json, stays: bool) -> None:
    uuid = scene.workshop.target("object!")
    assert scene.ask("alice", "POST", f"/objects/delete/{uuid}", body).status_code == 200
    assert (scene.ask("dora", "GET", f"/objects/view/{uuid}").status_code == 200) is stays


def test_the_same_object_again_is_refused_where_it_is_asked_for(scene: Scene) -> None:
    event, body = scene.workshop.target("event!"), scene.filled(FRESH)
    first = scene.ask("alice", "POST", f"/objects/add/{event}", body).json()["Object"]
    told = scene.ask("alice", "POST", f"/objects/add/{event}/breakOnDuplicate:1", body).json()["errors"]
    assert told.startswith(f"Duplicate object found (id: {first['id']}).")
    assert scene.ask("alice", "POST", f"/objects/add/{event}", body).status_code == 200
