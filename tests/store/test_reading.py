"""What views, lists and counts give, beside search: the rules of a partner's link, hidden targets, tag counts."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReferenceDraft, ReportDraft, TagDraft
from mispmini.domain.errors import NotFound, Refused
from mispmini.domain.galaxies import ClusterFilters
from mispmini.domain.ids import new_uuid
from mispmini.domain.tag_forms import TagForm
from mispmini.domain.viewer import Viewer
from mispmini.services import (
    attributes,
    bodies,
    clusters,
    events,
    logs,
    objects,
    proposals,
    reports,
    sightings,
    statistics,
    tags,
)
from mispmini.services.events import add_event
from mispmini.store.database import writing
from mispmini.store.graphs import load_event
from mispmini.store.sql import scalar
from mispmini.store.tags import tag_counts
from tests.store.conftest import World, link_with


def a_value(**fields: Any) -> AttributeDraft:
    """An attribute with a value of its own."""
    return replace(AttributeDraft(type="domain", value=f"{new_uuid()}.example"), **fields)


def linked(world: World, rules: Mapping[str, Any]) -> Viewer:
    """Sam, belonging to a link with these push rules."""
    with writing():
        return replace(world.sam, linked_server_id=link_with(json.dumps(rules)))


def tagged_event(world: World, name: str, *, on_attribute: bool = False) -> str:
    """A published event for everybody with an object and a report; the tag is on it, or on one of two attributes."""
    tag = (TagDraft(name),)
    held = a_value(object_relation="domain")
    draft = EventDraft(
        info="tagged",
        distribution=int(Distribution.ALL),
        tags=() if on_attribute else tag,
        attributes=(a_value(tags=tag if on_attribute else ()), a_value()),
        objects=(ObjectDraft(name="file", meta_category="file", attributes=(held,)),),
        reports=(ReportDraft(name="r", content=""),),
    )
    return add_event(world.dora, draft).uuid


def tag_number(name: str) -> int:
    """A tag's local id."""
    return int(scalar("SELECT id FROM tag WHERE name = ?", (name,)))


def test_a_links_rules_limit_every_view_alike(world: World) -> None:
    name = f"nope:{new_uuid()}"
    uuid = tagged_event(world, name)
    sam = linked(world, {"tags": {"OR": [], "NOT": [tag_number(name)]}})
    event = load_event(world.dora, uuid)
    assert load_event(world.sam, uuid).event.uuid == uuid
    with pytest.raises(NotFound):
        bodies.viewed_event(sam, uuid, bodies.View())
    with pytest.raises(NotFound):
        bodies.event_is_readable(sam, uuid)
    with pytest.raises(Refused):
        attributes.view_attribute(sam, event.attributes[0].uuid)
    with pytest.raises(NotFound):
        objects.view_object(sam, event.objects[0].uuid)
    with pytest.raises(NotFound):
        reports.view_report(sam, event.reports[0].uuid)
    assert uuid not in [report.event.uuid for report in reports.reports_of(sam)]
    for read in (logs.history_of, proposals.proposals_of, _sightings_of, _clusters_of):
        read(world.sam, uuid)
        with pytest.raises(NotFound):
            read(sam, uuid)
    with pytest.raises(NotFound):
        proposals.propose_change(sam, event.attributes[0].uuid, AttributeDraft(comment="tell me"))
    with pytest.raises(NotFound):
        proposals.propose_attribute(sam, uuid, a_value())
    with pytest.raises(Refused):
        add_event(sam, EventDraft(info="what was it?", extends_uuid=str(event.event.id)))
    seen, cut = (statistics.data_counts(one)["event_count"] for one in (world.sam, sam))
    assert seen - cut == 1


def _sightings_of(viewer: Viewer, uuid: str) -> object:
    return sightings.sightings_at(viewer, uuid, "event", "")


def _clusters_of(viewer: Viewer, uuid: str) -> object:
    return clusters.find_clusters(viewer, ClusterFilters(event_ref=uuid))


def test_a_links_rules_cut_tagged_attributes_from_objects(world: World) -> None:
    name = f"nope:{new_uuid()}"
    held = (a_value(object_relation="domain", tags=(TagDraft(name),)), a_value(object_relation="domain"))
    draft = ObjectDraft(name="file", meta_category="file", uuid=new_uuid(), attributes=held)
    add_event(world.dora, EventDraft(info="held", distribution=int(Distribution.ALL), objects=(draft,)))
    sam = linked(world, {"tags": {"OR": [], "NOT": [tag_number(name)]}})
    seen = {one.value for one in objects.view_object(sam, str(draft.uuid)).attributes}
    assert seen == {held[1].value}


def test_a_links_rules_cut_tagged_attributes_from_views(world: World) -> None:
    name = f"nope:{new_uuid()}"
    uuid = tagged_event(world, name, on_attribute=True)
    sam = linked(world, {"tags": {"OR": [], "NOT": [tag_number(name)]}})
    whole, cut = load_event(world.dora, uuid), bodies.viewed_event(sam, uuid, bodies.View())
    assert (len(whole.attributes), len(cut.attributes)) == (3, 2)
    hidden = next(a for a in whole.attributes if whole.attribute_tags.get(a.id))
    with pytest.raises(Refused):
        attributes.view_attribute(sam, hidden.uuid)
    for propose in (proposals.propose_deletion, lambda one, ref: proposals.propose_change(one, ref, AttributeDraft())):
        with pytest.raises(NotFound):
            propose(sam, str(hidden.id))


def test_a_links_rules_do_not_stop_its_own_edits(world: World) -> None:
    name = f"nope:{new_uuid()}"
    made = add_event(world.sam, EventDraft(info="mine", distribution=3, locked=True, tags=(TagDraft(name),)))
    with writing():
        tags.add_tag(world.dora, TagForm(name))
    sam = linked(world, {"tags": {"OR": [], "NOT": [tag_number(name)]}})
    later = load_event(world.dora, made.uuid).event.timestamp + 5
    saved = events.edit_event(sam, made.uuid, EventDraft(info="newer", timestamp=later))
    answer = bodies.saved_event(sam, saved.event_id, bodies.View())
    assert (load_event(world.dora, made.uuid).event.info, answer.event.timestamp) == ("newer", later)


def test_a_reference_to_a_hidden_target_is_hidden(world: World) -> None:
    hidden, shown = new_uuid(), new_uuid()
    draft = EventDraft(
        info="refs",
        distribution=int(Distribution.ALL),
        attributes=(a_value(uuid=hidden, distribution=int(Distribution.ORGANISATION)), a_value(uuid=shown)),
        objects=(
            ObjectDraft(
                name="file",
                meta_category="file",
                attributes=(a_value(object_relation="domain"),),
                references=(ReferenceDraft(hidden, "drops", comment="secret"), ReferenceDraft(shown, "drops")),
            ),
        ),
    )
    uuid = add_event(world.alice, draft).uuid
    for viewer, targets in ((world.alice, {hidden, shown}), (world.bob, {shown})):
        event = load_event(viewer, uuid)
        assert {r.referenced_uuid for held in event.references.values() for r in held} == targets
        assert {r.referenced_uuid for r in objects.view_object(viewer, event.objects[0].uuid).references} == targets


def test_a_tag_is_counted_where_the_viewer_reads_it(world: World) -> None:
    name = f"count:{new_uuid()}"
    on = (TagDraft(name),)
    for level in (Distribution.ORGANISATION, Distribution.ALL):
        draft = EventDraft(info="counted", distribution=int(level), tags=on, attributes=(a_value(tags=on),))
        with writing():
            tags.add_tag(world.dora, TagForm(name))
        add_event(world.alice, draft)
    number = tag_number(name)
    assert tag_counts(world.dora, number) == (2, 2)
    assert tag_counts(world.alice, number) == (2, 2)
    assert tag_counts(world.bob, number) == (1, 1)
