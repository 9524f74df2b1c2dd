"""Objects and references (MODEL §7.4, §7.12; API §9.4; RULES §2, §5)."""

from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain import clock, ids
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, OrganisationDraft, ReferenceDraft, TagDraft
from mispmini.domain.errors import Forbidden, NotFound, SaveFailed
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph
from mispmini.domain.object_templates import known_template
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event
from mispmini.services.objects import (
    NO_ATTRIBUTES,
    SavedObject,
    add_object,
    add_reference,
    delete_object,
    delete_reference,
    edit_object,
    view_object,
)
from mispmini.services.publishing import publish_event
from mispmini.store.graphs import Parts, load_event
from mispmini.store.sql import scalar
from tests.services.conftest import Household as House

DOMAIN_IP = "43b3b146-77eb-4931-b4cc-b66c60f28734"
OWN_TEMPLATE = "7e3a0000-0000-4000-8000-000000000001"


def part(relation: str = "domain", value: str = "", **fields: Any) -> AttributeDraft:
    """An attribute of an object, with a value of its own."""
    draft = AttributeDraft(type="domain", object_relation=relation, value=value or f"{ids.new_uuid()}.example")
    return replace(draft, **fields)


def an_object(*parts: AttributeDraft, **fields: Any) -> ObjectDraft:
    """An object of a template that nobody knows."""
    draft = ObjectDraft(name="pegada", meta_category="network", template_uuid=OWN_TEMPLATE, attributes=parts)
    return replace(draft, **fields)


@pytest.fixture
def event(house: House) -> int:
    """A published event of Alice's, half a minute old."""
    draft = EventDraft(info="with objects", timestamp=clock.now() - 30, attributes=(AttributeDraft("text", "anchor"),))
    saved = add_event(house.alice, draft)
    publish_event(house.alice, saved.uuid)
    return saved.event_id


def seen(viewer: Viewer, event: int, deleted: Deleted = Deleted.BOTH) -> EventGraph:
    """The event as the viewer sees it."""
    return load_event(viewer, str(event), Parts(deleted=deleted))


def added(viewer: Viewer, event: int, *parts: AttributeDraft, **fields: Any) -> SavedObject:
    """An object added to the event, half a minute old."""
    old = clock.now() - 30
    parts = tuple(replace(draft, timestamp=old) for draft in parts or (part(),))
    return add_object(viewer, str(event), an_object(*parts, timestamp=old, **fields))


def test_an_added_object_inherits_and_makes_its_event_a_newer_draft(house: House, event: int) -> None:
    before = seen(house.alice, event).event
    saved = added(house.alice, event, part(), part("alias"))
    after = seen(house.alice, event).event
    assert (saved.object.distribution, [a.object_relation for a in saved.attributes]) == (5, ["domain", "alias"])
    assert (after.published, after.attribute_count, after.timestamp > before.timestamp) == (False, 3, True)


def test_a_template_in_the_path_decides_and_one_in_the_body_fills_in(house: House, event: int) -> None:
    template = known_template(DOMAIN_IP)
    assert template is not None
    sent = an_object(part(), name="other", description="d", template_version=9)
    chosen = add_object(house.alice, str(event), sent, template_uuid=DOMAIN_IP).object
    assert (chosen.name, chosen.description, chosen.template_version) == (
        "domain-ip",
        template.description,
        template.version,
    )
    sparse = ObjectDraft(template_uuid=DOMAIN_IP, description="mine", attributes=(part(),))
    filled = add_object(house.alice, str(event), sparse).object
    assert (filled.name, filled.meta_category, filled.description) == ("domain-ip", "network", "mine")


@pytest.mark.parametrize("field", ["name", "meta-category", "template_uuid"])
def test_what_an_object_needs(house: House, event: int, field: str) -> None:
    draft = replace(an_object(part()), **{field.replace("-", "_"): None})  # type: ignore[arg-type]
    with pytest.raises(SaveFailed) as refusal:
        add_object(house.alice, str(event), draft)
    assert refusal.value.errors == {field: ["valueNotEmpty"]}


def test_an_object_without_attributes_is_refused(house: House, event: int) -> None:
    with pytest.raises(SaveFailed) as refusal:
        add_object(house.alice, str(event), an_object())
    assert refusal.value.errors == NO_ATTRIBUTES


def test_a_taken_uuid_is_refused_and_changes_nothing(house: House, event: int) -> None:
    taken = added(house.alice, event)
    other = add_event(house.alice, EventDraft(info="other"))
    for where in (event, other.event_id):
        with pytest.raises(SaveFailed) as refusal:
            add_object(house.alice, str(where), an_object(part(), uuid=taken.object.uuid))
        assert refusal.value.errors == {"uuid": ["The UUID provided is not unique"]}
    assert view_object(house.alice, taken.object.uuid).attributes == taken.attributes


@pytest.mark.parametrize(
    "bad",
    [part("first-ip", "not an address", type="ip-dst"), part("first-ip", distribution=4), part("first-ip", type="x")],
    ids=["value", "group", "type"],
)
def test_one_bad_attribute_refuses_the_whole_object(house: House, event: int, bad: AttributeDraft) -> None:
    before = seen(house.alice, event)
    with pytest.raises(SaveFailed) as refusal:
        add_object(house.alice, str(event), an_object(part(), bad))
    after = seen(house.alice, event)
    sentence = "Could not save object as at least one attribute has failed validation (first-ip). {"
    assert str(refusal.value.errors).startswith(sentence)
    assert (after.event, after.objects, len(after.attributes)) == (before.event, [], 1)


def test_a_duplicate_is_refused_only_on_demand(house: House, event: int) -> None:
    first = added(house.alice, event, part(value="twin.example"), part("alias", "twin2.example"))
    twin = an_object(part("alias", "twin2.example"), part(value="twin.example"))
    with pytest.raises(SaveFailed, match="Could not add Object") as refusal:
        add_object(house.alice, str(event), twin, break_on_duplicate=True)
    assert str(refusal.value.errors).startswith(f"Duplicate object found (id: {first.object.id})")
    larger = an_object(*twin.attributes, part("third"))
    add_object(house.alice, str(event), larger, break_on_duplicate=True)
    add_object(house.alice, str(event), twin)
    assert len(seen(house.alice, event).objects) == 3


def test_an_edit_touches_only_what_changed_and_drops_what_is_not_listed(house: House, event: int) -> None:
    saved = added(house.alice, event, part("keep"), part("change"), part("drop"))
    keep, change, drop = saved.attributes
    sent = (
        replace(part("keep", keep.value), uuid=keep.uuid, timestamp=keep.timestamp),
        replace(part("change", "changed.example"), uuid=change.uuid, timestamp=change.timestamp),
        part("new"),
    )
    edited = edit_object(house.alice, saved.object.uuid, an_object(*sent, comment="seen again"))
    stored = {a.object_relation: a for a in seen(house.alice, event).attributes}
    assert edited.object.comment == "seen again"
    assert edited.object.timestamp > saved.object.timestamp
    assert [a.object_relation for a in edited.attributes] == ["keep", "change", "new"]
    assert stored["keep"] == keep
    assert (stored["change"].value, stored["change"].timestamp > change.timestamp) == ("changed.example", True)
    assert (stored["drop"].deleted, stored["drop"].timestamp > drop.timestamp) == (True, True)


def test_an_edit_without_a_list_keeps_the_attributes_and_the_name(house: House, event: int) -> None:
    saved = added(house.alice, event)
    edited = edit_object(house.alice, str(saved.object.id), ObjectDraft(name="other", distribution=0))
    assert (edited.object.name, edited.object.distribution) == ("pegada", 0)
    assert edited.attributes == saved.attributes


def test_a_known_tag_is_no_change_and_a_new_one_is(house: House, event: int) -> None:
    saved = added(house.dora, event, part(tags=(TagDraft("tlp:green"),)))
    stored = saved.attributes[0]
    same = replace(part(value=stored.value), uuid=stored.uuid, tags=(TagDraft("TLP:green"),))
    assert edit_object(house.dora, saved.object.uuid, an_object(same)).attributes[0] == stored
    more = replace(same, tags=(*same.tags, TagDraft("tlp:amber")))
    assert edit_object(house.dora, saved.object.uuid, an_object(more)).attributes[0].timestamp > stored.timestamp
    assert {tag.name for tag in view_object(house.dora, saved.object.uuid).tags[stored.id]} == {
        "tlp:green",
        "tlp:amber",
    }


def test_an_edit_with_a_bad_attribute_changes_nothing(house: House, event: int) -> None:
    saved = added(house.alice, event)
    bad = part("first-ip", "not an address", type="ip-dst")
    with pytest.raises(SaveFailed, match="Could not edit Object"):
        edit_object(house.alice, saved.object.uuid, an_object(bad, comment="x"))
    assert view_object(house.alice, saved.object.uuid).object == saved.object


def test_an_edit_never_takes_an_attribute_of_another_object(house: House, event: int) -> None:
    mine, other = added(house.alice, event), added(house.alice, event)
    stolen = replace(part(), uuid=other.attributes[0].uuid)
    with pytest.raises(SaveFailed):
        edit_object(house.alice, mine.object.uuid, an_object(stolen))
    assert view_object(house.alice, other.object.uuid).attributes == other.attributes


def test_a_body_uuid_must_be_the_urls(house: House, event: int) -> None:
    saved = added(house.alice, event)
    with pytest.raises(SaveFailed) as refusal:
        edit_object(house.alice, saved.object.uuid, an_object(part(), uuid=ids.new_uuid()))
    assert refusal.value.subject_id == saved.object.id


def test_a_soft_deletion_takes_attributes_and_references_along_and_is_newer(house: House, event: int) -> None:
    gone, other = added(house.alice, event), added(house.alice, event)
    add_reference(house.alice, gone.object.uuid, ReferenceDraft(other.object.uuid, "points-to"))
    add_reference(house.alice, other.object.uuid, ReferenceDraft(gone.object.uuid, "points-to"))
    add_reference(house.alice, other.object.uuid, ReferenceDraft(gone.attributes[0].uuid, "mentions"))
    delete_object(house.alice, gone.object.uuid)
    graph = seen(house.alice, event)
    obj = next(o for o in graph.objects if o.id == gone.object.id)
    attribute = next(a for a in graph.attributes if a.id == gone.attributes[0].id)
    assert (obj.deleted, obj.timestamp > gone.object.timestamp) == (True, True)
    assert (attribute.deleted, attribute.timestamp > gone.attributes[0].timestamp) == (True, True)
    assert [r.deleted for references in graph.references.values() for r in references] == [True, True, True]
    assert graph.event.attribute_count == 2
    assert [o.id for o in seen(house.alice, event, Deleted.LIVE).objects] == [other.object.id]


def test_a_hard_deletion_leaves_no_row(house: House, event: int) -> None:
    gone = added(house.alice, event)
    delete_object(house.alice, gone.object.uuid, hard=True)
    assert scalar("SELECT count(*) FROM attribute WHERE object_id = ?", (gone.object.id,)) == 0
    with pytest.raises(NotFound):
        view_object(house.alice, gone.object.uuid)


def test_a_reference_stays_inside_its_event(house: House, event: int) -> None:
    saved = added(house.alice, event)
    elsewhere = add_event(house.alice, EventDraft(info="elsewhere", attributes=(part(uuid=ids.new_uuid()),)))
    target = seen(house.alice, elsewhere.event_id).attributes[0].uuid
    for referenced in (target, ids.new_uuid()):
        with pytest.raises(SaveFailed, match="Could not add ObjectReference"):
            add_reference(house.alice, saved.object.uuid, ReferenceDraft(referenced, "related-to"))


def test_the_same_reference_again_is_changed_and_not_doubled(house: House, event: int) -> None:
    one, two = added(house.alice, event), added(house.alice, event)
    draft = ReferenceDraft(two.object.uuid, "related-to", uuid=ids.new_uuid(), timestamp=clock.now() - 10)
    first = add_reference(house.alice, one.object.uuid, draft)
    again = add_reference(
        house.alice, one.object.uuid, replace(draft, relationship_type="drops", timestamp=clock.now())
    )
    assert (again.id, again.relationship_type) == (first.id, "drops")
    assert view_object(house.alice, one.object.uuid).object.timestamp > one.object.timestamp


def test_a_deleted_reference_is_gone_from_the_object(house: House, event: int) -> None:
    one, two = added(house.alice, event), added(house.alice, event)
    for hard in (False, True):
        made = add_reference(house.alice, one.object.uuid, ReferenceDraft(two.object.uuid, "related-to"))
        delete_reference(house.alice, made.uuid, hard=hard)
        assert view_object(house.alice, one.object.uuid).references == []


def test_another_organisation_sees_and_may_not_change(house: House, event: int) -> None:
    saved = added(house.alice, event)
    assert view_object(house.bob, saved.object.uuid).object == saved.object
    for refused in (
        lambda: add_object(house.bob, str(event), an_object(part())),
        lambda: edit_object(house.bob, saved.object.uuid, an_object(part())),
        lambda: delete_object(house.bob, saved.object.uuid),
        lambda: add_reference(house.bob, saved.object.uuid, ReferenceDraft(saved.object.uuid, "x")),
    ):
        with pytest.raises(Forbidden):
            refused()


@pytest.mark.parametrize("way", ["hidden", "absent", "nonsense"])
def test_an_invisible_object_is_an_absent_one(house: House, event: int, way: str) -> None:
    hidden = added(house.alice, event, distribution=0)
    ref = {"hidden": hidden.object.uuid, "absent": ids.new_uuid(), "nonsense": "x' OR 1"}[way]
    sentences = set()
    for refused in (
        lambda: view_object(house.bob, ref),
        lambda: edit_object(house.bob, ref, an_object(part())),
        lambda: delete_object(house.bob, ref),
    ):
        with pytest.raises(NotFound) as refusal:
            refused()
        sentences.add(refusal.value.sentence)
    assert sentences == {"Invalid object."}


def test_an_edit_never_deletes_what_the_editor_does_not_see(house: House) -> None:
    """Sam delivers in Alice's name: her organisation is the creator, his holds it and keeps an attribute to itself."""
    hidden = part("secret", distribution=0, uuid=ids.new_uuid())
    draft = an_object(part("open"), hidden, distribution=5, uuid=ids.new_uuid())
    orgc = OrganisationDraft(house.alfa.uuid, house.alfa.name)
    add_event(house.sam, EventDraft(info="ours, elsewhere", distribution=1, orgc=orgc, objects=(draft,)))
    assert draft.uuid
    assert len(edit_object(house.alice, draft.uuid, an_object(part("new"))).attributes) == 1
    kept = [a.object_relation for a in view_object(house.dora, draft.uuid).attributes]
    assert kept == ["secret", "new"]
    assert edit_object(house.alice, draft.uuid, ObjectDraft(distribution=0)).object.distribution == 0
