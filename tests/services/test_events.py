"""Adding, editing and deleting events (PROTOCOL §3.6, RULES §2-§7)."""

from dataclasses import replace

import pytest

from mispmini.domain import clock, ids
from mispmini.domain.drafts import (
    AttributeDraft,
    EventDraft,
    ObjectDraft,
    OrganisationDraft,
    ReferenceDraft,
    ReportDraft,
    SharingGroupDraft,
    SharingGroupOrgDraft,
    SharingGroupServerDraft,
    TagDraft,
)
from mispmini.domain.errors import Blocked, EventExists, Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.attributes import add_attributes
from mispmini.services.events import NOT_NEWER, add_event, delete_event, edit_event, restore_event
from mispmini.services.publishing import publish_event
from mispmini.services.tags import attach, event_target
from mispmini.store.graphs import Parts, load_event
from mispmini.store.sql import rows, scalar
from mispmini.store.trash import newest_trashed
from tests.services.conftest import BETA
from tests.services.conftest import Household as House

STRANGER = OrganisationDraft("57a90000-0000-4000-8000-00000000000d", "CSIRT Estranho")


def an_attribute(**fields: object) -> AttributeDraft:
    """An attribute with a value of its own."""
    value = f"{ids.new_uuid()}.example"
    return replace(AttributeDraft(type="domain", value=value), **fields)  # type: ignore[arg-type]


def added(viewer: Viewer, **fields: object) -> EventGraph:
    """An event as it stands after being added."""
    draft = replace(EventDraft(info="an event"), **fields)  # type: ignore[arg-type]
    return seen(viewer, str(add_event(viewer, draft).event_id))


def seen(viewer: Viewer, ref: str, *, deleted: Deleted = Deleted.BOTH) -> EventGraph:
    """An event as the viewer sees it."""
    return load_event(viewer, ref, Parts(deleted=deleted))


def test_an_author_creates_for_the_own_organisation_whatever_is_claimed(house: House) -> None:
    event = added(house.alice, orgc=OrganisationDraft(BETA.uuid, BETA.name), locked=True)
    assert (event.orgc.uuid, event.org.uuid, event.event.locked) == (house.alfa.uuid, house.alfa.uuid, False)


def test_a_partner_keeps_the_creator_and_becomes_the_owner(house: House) -> None:
    event = added(house.sam, orgc=STRANGER, locked=True, distribution=1)
    assert (event.orgc.uuid, event.org.uuid) == (STRANGER.uuid, house.gama.uuid)
    assert (event.event.locked, event.event.received_from) == (True, house.gama.id)


def test_a_foreign_event_without_the_flag_is_locked(house: House) -> None:
    assert added(house.sam, orgc=STRANGER).event.locked


def test_defaults_are_those_of_the_settings(house: House) -> None:
    event = added(house.alice).event
    assert (event.distribution, event.threat_level_id, event.analysis) == (1, 4, 0)
    assert event.date == clock.day_text(event.timestamp)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"info": " "}, "info"), ({"info": None}, "info"), ({"info": "0"}, "info"), ({"distribution": 5}, "distribution")],
)
def test_what_no_event_may_be(house: House, fields: dict[str, object], field: str) -> None:
    with pytest.raises(SaveFailed) as refusal:
        added(house.alice, **fields)
    assert field in refusal.value.errors["Event"]  # type: ignore[index]


def test_a_taken_uuid_is_told_with_its_place_even_to_those_who_cannot_see_it(house: House) -> None:
    hidden = added(house.alice, distribution=0)
    with pytest.raises(EventExists) as refusal:
        added(house.bob, uuid=hidden.event.uuid)
    assert refusal.value.event_id == hidden.event.id


def test_a_published_empty_event_is_refused(house: House) -> None:
    with pytest.raises(SaveFailed, match="Could not add Event"):
        added(house.sam, published=True)


def test_publication_needs_the_permission(house: House) -> None:
    assert not added(house.charlie, published=True, attributes=(an_attribute(),)).event.published
    assert added(house.alice, published=True, attributes=(an_attribute(),)).event.published


def test_a_protected_event_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="signature"):
        added(house.sam, protected=True)


def test_a_bad_element_is_dropped_and_named_and_the_event_stays(house: House) -> None:
    saved = add_event(
        house.alice,
        EventDraft(
            info="half good",
            attributes=(
                AttributeDraft(type="ip-dst", value="not an ip"),
                AttributeDraft(type="nonsense", value="x"),
                AttributeDraft(type="ip-dst", value="192.0.2.151"),
            ),
            objects=(ObjectDraft(name=None),),
        ),
    )
    assert [a.value for a in seen(house.alice, saved.uuid).attributes] == ["192.0.2.151"]
    assert len(saved.dropped) == 3


def test_a_repeated_value_is_stored_once(house: House) -> None:
    twin = an_attribute()
    event = added(house.alice, attributes=(twin, twin, replace(twin, comment="again")))
    assert (len(event.attributes), event.event.attribute_count) == (1, 1)


def test_unknown_types_and_keys_are_kept_when_they_come_by_sync_only(house: House) -> None:
    strange = AttributeDraft(type="quantum-state", category="Network activity", value=" up ", extra={"spin": 1})
    kept = added(house.sam, attributes=(strange,)).attributes[0]
    assert (kept.type, kept.value, kept.extra) == ("quantum-state", "up", '{"spin": 1}')
    assert not added(house.alice, attributes=(strange,)).attributes


def test_objects_and_reports_without_a_level_inherit_here_and_stay_when_synced(house: House) -> None:
    parts = {
        "objects": (
            ObjectDraft(name="file", meta_category="file", attributes=(an_attribute(object_relation="domain"),)),
        ),
        "reports": (ReportDraft(name="r", content="# r"),),
    }
    here, synced = added(house.alice, **parts), added(house.sam, **parts)
    assert (here.objects[0].distribution, here.reports[0].distribution) == (5, 5)
    assert (synced.objects[0].distribution, synced.reports[0].distribution) == (0, 0)


def test_references_resolve_inside_the_event_only(house: House) -> None:
    target = ids.new_uuid()
    obj = ObjectDraft(
        name="file",
        meta_category="file",
        attributes=(an_attribute(uuid=target, object_relation="domain"),),
        references=(ReferenceDraft(target, "includes"), ReferenceDraft(ids.new_uuid(), "includes")),
    )
    saved = add_event(house.alice, EventDraft(info="refs", objects=(obj,)))
    event = seen(house.alice, saved.uuid)
    assert [(r.referenced_uuid, r.referenced_type) for r in event.references[event.objects[0].id]] == [(target, 0)]
    assert [d.kind for d in saved.dropped] == ["ObjectReference"]


def test_an_element_of_another_event_is_never_moved(house: House) -> None:
    taken = added(house.alice, attributes=(an_attribute(),), reports=(ReportDraft(name="r", content=""),))
    thief = add_event(
        house.bob,
        EventDraft(
            info="thief",
            attributes=(an_attribute(uuid=taken.attributes[0].uuid),),
            reports=(ReportDraft(name="r2", content="", uuid=taken.reports[0].uuid),),
        ),
    )
    assert len(thief.dropped) == 2
    assert seen(house.alice, taken.event.uuid).attributes[0].event_id == taken.event.id


def test_tags_are_made_by_tag_editors_and_fold_their_case(house: House) -> None:
    name = f"x:{ids.new_uuid()}"
    assert not added(house.alice, tags=(TagDraft(name),)).tags
    assert [t.name for t in added(house.sam, tags=(TagDraft(name), TagDraft(name.upper()))).tags] == [name]
    assert [t.name for t in added(house.alice, tags=(TagDraft(name.upper()),)).tags] == [name]


def test_an_edit_must_be_newer(house: House) -> None:
    event = added(house.alice).event
    for timestamp in (event.timestamp, event.timestamp - 1):
        with pytest.raises(SaveFailed) as refusal:
            edit_event(house.alice, event.uuid, EventDraft(info="x", timestamp=timestamp))
        assert refusal.value.errors == NOT_NEWER


def test_edits_that_nobody_was_told_of_do_not_run_ahead_of_the_clock(house: House) -> None:
    event = added(house.alice, attributes=(an_attribute(),)).event
    for number in range(5):
        edit_event(house.alice, event.uuid, EventDraft(info=f"Edit {number}"))
    before = load_event(house.alice, event.uuid).event.timestamp
    assert event.timestamp <= before <= clock.now()
    publish_event(house.alice, event.uuid)
    edit_event(house.alice, event.uuid, EventDraft(info="Edited once more"))
    assert load_event(house.alice, event.uuid).event.timestamp > before


def test_an_edit_keeps_what_it_leaves_out_and_unpublishes(house: House) -> None:
    event = added(house.alice, published=True, attributes=(an_attribute(),), analysis=2)
    edit_event(house.alice, event.event.uuid, EventDraft(info="changed"))
    now = seen(house.alice, event.event.uuid)
    assert (now.event.info, now.event.analysis, now.event.published) == ("changed", 2, False)
    assert [a.uuid for a in now.attributes] == [event.attributes[0].uuid]
    assert now.event.timestamp > event.event.timestamp


def test_newer_elements_are_merged_and_older_ones_left_alone(house: House) -> None:
    event = added(house.alice, attributes=(an_attribute(), an_attribute()))
    one, two = event.attributes
    edit_event(
        house.alice,
        event.event.uuid,
        EventDraft(
            attributes=(
                AttributeDraft(uuid=one.uuid, comment="newer", timestamp=one.timestamp + 5),
                AttributeDraft(uuid=two.uuid, comment="older", timestamp=two.timestamp),
            )
        ),
    )
    now = {a.uuid: a for a in seen(house.alice, event.event.uuid).attributes}
    assert (now[one.uuid].comment, now[two.uuid].comment) == ("newer", "")
    assert (now[one.uuid].value, now[one.uuid].timestamp) == (one.value, one.timestamp + 5)


def test_a_soft_deletion_arrives_and_a_stale_push_does_not_undo_it(house: House) -> None:
    event = added(house.sam, orgc=STRANGER, locked=True, attributes=(an_attribute(),))
    stale = event.attributes[0]
    gone = AttributeDraft(uuid=stale.uuid, deleted=True, timestamp=stale.timestamp + 2)
    edit_event(house.sam, event.event.uuid, EventDraft(timestamp=event.event.timestamp + 2, attributes=(gone,)))
    old = AttributeDraft(uuid=stale.uuid, type=stale.type, value=stale.value, deleted=False, timestamp=stale.timestamp)
    edit_event(house.sam, event.event.uuid, EventDraft(timestamp=event.event.timestamp + 4, attributes=(old,)))
    now = seen(house.dora, event.event.uuid)
    assert (now.attributes[0].deleted, now.event.attribute_count) == (True, 0)


def test_an_object_that_is_not_newer_is_skipped_with_its_attributes(house: House) -> None:
    uuid = ids.new_uuid()
    obj = ObjectDraft(
        name="file",
        meta_category="file",
        uuid=uuid,
        timestamp=1000,
        attributes=(an_attribute(object_relation="domain", uuid=ids.new_uuid()),),
    )
    event = added(house.alice, objects=(obj,))
    more = replace(obj, attributes=(*obj.attributes, an_attribute(object_relation="hostname")))
    edit_event(house.alice, event.event.uuid, EventDraft(objects=(more,)))
    assert len(seen(house.alice, event.event.uuid).attributes) == 1
    edit_event(house.alice, event.event.uuid, EventDraft(objects=(replace(more, timestamp=1001),)))
    assert len(seen(house.alice, event.event.uuid).attributes) == 2


def test_the_event_keeps_the_senders_timestamp_when_an_object_is_new(house: House) -> None:
    event = added(house.sam, orgc=STRANGER, timestamp=5_000)
    obj = ObjectDraft(name="file", meta_category="file", attributes=(an_attribute(object_relation="domain"),))
    edit_event(house.sam, event.event.uuid, EventDraft(timestamp=6_000, objects=(obj,)))
    assert seen(house.sam, event.event.uuid).event.timestamp == 6_000


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_only_the_creators_organisation_edits(house: House, who: str) -> None:
    event = added(house.alice, distribution=3)
    with pytest.raises(Forbidden):
        edit_event(getattr(house, who), event.event.uuid, EventDraft(info="mine"))


def test_an_invisible_event_is_an_absent_one(house: House) -> None:
    event = added(house.alice, distribution=0)
    for verb in (edit_event,):
        with pytest.raises(NotFound):
            verb(house.bob, event.event.uuid, EventDraft(info="x"))
    with pytest.raises(NotFound):
        publish_event(house.bob, event.event.uuid)


def test_a_link_never_changes_an_unlocked_event(house: House) -> None:
    event = added(house.alice, distribution=3)
    with pytest.raises(SaveFailed):
        edit_event(house.sam, event.event.uuid, EventDraft(info="theirs", timestamp=event.event.timestamp + 9))
    kept = scalar("SELECT count(*) FROM refused_update WHERE event_uuid = ?", (event.event.uuid,))
    assert (seen(house.alice, event.event.uuid).event.info, kept) == ("an event", 1)


def third_link(house: House) -> Origin:
    """A pull from a third organisation's server."""
    return Origin(Way.PULL, house.alfa.id, link_org_id=house.beta.id, server_id=99)


def test_a_third_partner_may_not_update_what_another_delivered(house: House) -> None:
    event = added(house.sam, orgc=STRANGER, locked=True, distribution=1)
    newer = EventDraft(info="taken over", timestamp=event.event.timestamp + 9)
    with pytest.raises(SaveFailed):
        edit_event(house.dora, event.event.uuid, newer, third_link(house))
    assert seen(house.dora, event.event.uuid).event.info == "an event"


def test_the_creators_own_link_may_update_what_another_delivered(house: House) -> None:
    event = added(house.sam, orgc=BETA, locked=True, distribution=1)
    newer = EventDraft(info="from the source", timestamp=event.event.timestamp + 9)
    edit_event(house.dora, event.event.uuid, newer, third_link(house))
    assert seen(house.dora, event.event.uuid).event.info == "from the source"


def test_a_body_uuid_must_be_the_urls(house: House) -> None:
    one, other = added(house.alice), added(house.alice)
    with pytest.raises(SaveFailed):
        edit_event(house.alice, one.event.uuid, EventDraft(uuid=other.event.uuid, info="swapped"))
    assert seen(house.alice, other.event.uuid).event.info == "an event"


def test_deleting_hides_blocks_and_never_gives_the_id_again(house: House) -> None:
    event = added(house.alice, distribution=3).event
    delete_event(house.alice, event.uuid)
    with pytest.raises(NotFound):
        seen(house.dora, event.uuid)
    with pytest.raises(Blocked, match="event blocklist"):
        added(house.alice, uuid=event.uuid)
    assert added(house.alice).event.id > event.id


@pytest.mark.parametrize("who", ["bob", "sam"])
def test_deleting_anothers_event_answers_like_deleting_none(house: House, who: str) -> None:
    event = added(house.alice, distribution=3).event
    sentences = []
    for ref in (event.uuid, ids.new_uuid()):
        with pytest.raises(SaveFailed) as refusal:
            delete_event(getattr(house, who), ref)
        sentences.append((refusal.value.sentence, refusal.value.errors))
    assert sentences[0] == sentences[1]


def test_nothing_of_a_refused_event_is_stored(house: House) -> None:
    before = [rows(f"SELECT count(*) FROM {table}") for table in ("event", "attribute", "organisation", "tag")]
    with pytest.raises(SaveFailed):
        add_event(
            house.sam,
            EventDraft(
                info="",
                orgc=OrganisationDraft(ids.new_uuid(), "Never"),
                tags=(TagDraft(ids.new_uuid()),),
                attributes=(an_attribute(),),
            ),
        )
    assert before == [rows(f"SELECT count(*) FROM {table}") for table in ("event", "attribute", "organisation", "tag")]


def a_held_attribute(**fields: object) -> AttributeDraft:
    """An attribute of an object."""
    return an_attribute(object_relation="domain", **fields)


@pytest.mark.parametrize("who", ["alice", "sam"])
@pytest.mark.parametrize("stamped", [True, False])
def test_a_uuid_counts_once_in_what_comes(house: House, who: str, stamped: bool) -> None:
    uuid, target = ids.new_uuid(), ids.new_uuid()
    times = [1_000, 2_000] if stamped else [None, None]
    saved = add_event(
        getattr(house, who),
        EventDraft(
            info="twins",
            attributes=tuple(an_attribute(uuid=uuid, timestamp=time) for time in times),
            objects=tuple(
                ObjectDraft(
                    name="file",
                    meta_category="file",
                    uuid=uuid,
                    timestamp=time,
                    attributes=(a_held_attribute(uuid=target, timestamp=time),),
                    references=(ReferenceDraft(target, "includes", uuid=uuid, timestamp=time),) * 2,
                )
                for time in times
            ),
            reports=tuple(ReportDraft(name="r", content="", uuid=uuid, timestamp=time) for time in times),
        ),
    )
    event = seen(house.dora, saved.uuid)
    counts = (len(event.attributes), len(event.objects), len(event.reports), sum(map(len, event.references.values())))
    assert counts == (2, 1, 1, 1)
    assert len(saved.dropped) == 4


def test_a_value_that_is_given_up_may_be_taken_in_the_same_edit(house: House) -> None:
    old = an_attribute()
    event = added(house.sam, orgc=STRANGER, locked=True, attributes=(old,))
    gone = AttributeDraft(uuid=event.attributes[0].uuid, deleted=True, timestamp=event.event.timestamp + 2)
    twin = replace(old, uuid=ids.new_uuid())
    saved = edit_event(
        house.sam, event.event.uuid, EventDraft(timestamp=event.event.timestamp + 2, attributes=(twin, gone))
    )
    live = [a.uuid for a in seen(house.sam, event.event.uuid).attributes if not a.deleted]
    assert (live, saved.dropped) == ([twin.uuid], ())


def a_foreign_group() -> SharingGroupDraft:
    """A group of strangers that nobody here may use."""
    return SharingGroupDraft(
        uuid=ids.new_uuid(), name="Strangers", releasability="", description="", organisation_uuid=STRANGER.uuid,
        organisation=STRANGER, active=True, roaming=False, created=None, modified=None,
        orgs=(SharingGroupOrgDraft(STRANGER, True),),
        servers=(SharingGroupServerDraft("https://stranger.example", False),),
    )  # fmt: skip


def test_a_links_new_elements_of_a_refused_group_stay_with_the_organisation(house: House) -> None:
    group = a_foreign_group()
    event = added(
        house.sam,
        orgc=STRANGER,
        distribution=3,
        attributes=(an_attribute(distribution=4, sharing_group=group),),
        reports=(ReportDraft(name="r", content="", distribution=4, sharing_group=group),),
    )
    assert (event.attributes[0].distribution, event.reports[0].distribution) == (0, 0)


def test_an_edits_new_element_of_a_refused_group_is_dropped(house: House) -> None:
    event = added(house.sam, orgc=STRANGER, locked=True, distribution=3)
    newer = EventDraft(
        timestamp=event.event.timestamp + 2, attributes=(an_attribute(distribution=4, sharing_group=a_foreign_group()),)
    )
    assert len(edit_event(house.sam, event.event.uuid, newer).dropped) == 1
    assert not seen(house.sam, event.event.uuid).attributes


def test_a_sync_role_without_the_permission_publishes_nothing(house: House) -> None:
    quiet = replace(house.sam, role_permissions=house.sam.role_permissions - {Permission.PUBLISH})
    assert not added(quiet, published=True, attributes=(an_attribute(),)).event.published


def test_a_partner_takes_off_no_local_tag(house: House) -> None:
    name = f"case:{ids.new_uuid()}"
    event = added(house.sam, orgc=STRANGER, locked=True, attributes=(an_attribute(),))
    attach(house.dora, event_target(house.dora, event.event.uuid), name, local=True)
    edit_event(
        house.sam,
        event.event.uuid,
        EventDraft(timestamp=event.event.timestamp + 9, tags=(TagDraft(name, deleted=True),)),
    )
    assert [t.name for t in seen(house.dora, event.event.uuid).tags] == [name]


def test_attributes_add_refuses_an_attribute_that_is_here(house: House) -> None:
    event = added(house.alice, attributes=(an_attribute(),))
    known = AttributeDraft(type="domain", value="changed.example", uuid=event.attributes[0].uuid)
    result = add_attributes(house.alice, event.event.uuid, [known, an_attribute()])
    assert (len(result.attributes), list(result.errors)) == (1, [0])
    assert seen(house.alice, event.event.uuid).attributes[0].value == event.attributes[0].value


def test_what_partners_delivered_does_not_push_ones_own_out_of_the_list_of_the_trash(house: House) -> None:
    own, delivered = added(house.charlie).event, added(house.sam, orgc=STRANGER).event
    for event in (own, delivered):
        delete_event(house.dora, event.uuid)
    assert [one.uuid for one in newest_trashed(house.charlie, limit=1)] == [own.uuid]
    assert [one.uuid for one in newest_trashed(house.dora, limit=1)] == [delivered.uuid]
    assert own.uuid not in {one.uuid for one in newest_trashed(house.bob, limit=1_000)}


def test_a_uuid_in_anothers_trash_may_come_again_and_the_undo_still_brings_all(house: House) -> None:
    inside = an_attribute(uuid=ids.new_uuid())
    held = ObjectDraft(uuid=ids.new_uuid(), name="domain-ip", meta_category="network")
    told = ReportDraft("A report", "text", uuid=ids.new_uuid())
    wanted = EventDraft(info="an event", distribution=1, attributes=(inside,), objects=(held,), reports=(told,))
    event = seen(house.alice, add_event(house.alice, wanted).uuid)
    delete_event(house.alice, event.event.uuid)
    claimed = replace(wanted, orgc=OrganisationDraft(house.alfa.uuid, house.alfa.name))
    assert add_event(house.bob, claimed).dropped == ()
    dropped = add_event(house.sam, claimed).dropped
    assert sorted(item.kind.partition("_")[0] for item in dropped) == ["EventReport", "Object", "attribute"]
    restore_event(house.alice, event.event.uuid)
    back = seen(house.alice, event.event.uuid)
    assert [len(kept) for kept in (back.attributes, back.objects, back.reports)] == [1, 1, 1]
