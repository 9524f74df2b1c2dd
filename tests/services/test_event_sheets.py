"""The pages of an event read only what they show, and nothing that their reader may not see (HOUSE §3, journey 4)."""

from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReferenceDraft, ReportDraft
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.ids import new_uuid
from mispmini.services import attributes, event_sheets, events, objects, publishing, restoring
from mispmini.services.event_sheets import Elements, Wanted
from mispmini.store.database import writing
from mispmini.store.sql import execute
from tests.services.conftest import Household
from tests.store.conftest import count_queries

COMMUNITY, OURS = int(Distribution.COMMUNITY), int(Distribution.ORGANISATION)


def domain(value: str, **more: Any) -> AttributeDraft:
    """A domain name."""
    return AttributeDraft(type="domain", value=value, **more)


def an_object(name: str, *values: str, **more: Any) -> ObjectDraft:
    """An object of domain names."""
    held = tuple(domain(value, object_relation="domain") for value in values)
    return ObjectDraft(name=name, meta_category="network", template_uuid=new_uuid(), attributes=held, **more)


def values_of(shown: Elements) -> list[str]:
    """What a page shows: values in objects, then the others."""
    held = [one.value for obj in shown.sheet.objects for one in shown.sheet.inside.get(obj.id, ())]
    return [*held, *(one.value for one in shown.sheet.loose)]


def _make_older(attribute_id: int) -> None:
    """Let the deletion of an attribute lie a minute back."""
    with writing():
        execute("UPDATE attribute SET timestamp = timestamp - 60 WHERE id = ?", (attribute_id,))


def mixed(house: Household) -> int:
    """An event for everybody here with parts that are Alice's alone."""
    secret, open_object = new_uuid(), new_uuid()
    draft = EventDraft(
        info="Mixed",
        distribution=COMMUNITY,
        attributes=(domain("open.example"), domain("ours.example", distribution=OURS)),
        objects=(
            an_object("open", "held.example", uuid=open_object, references=(ReferenceDraft(secret, "related-to"),)),
            an_object("ours", "hidden.example", uuid=secret, distribution=OURS),
        ),
        reports=(ReportDraft("open", "x"), ReportDraft("ours", "x", distribution=OURS)),
    )
    return events.add_event(house.alice, draft).event_id


def test_a_page_and_its_counts_hold_what_its_reader_sees(house: Household) -> None:
    event_id = mixed(house)
    whole, part = (event_sheets.elements_of(who, Wanted([event_id])) for who in (house.alice, house.bob))
    assert values_of(whole) == ["held.example", "hidden.example", "ours.example", "open.example"]
    assert values_of(part) == ["held.example", "open.example"]
    assert (whole.sheet.total, whole.sheet.live) == (4, 4)
    assert (part.sheet.total, part.sheet.live) == (2, 2)
    assert [len(held) for held in whole.sheet.references.values()] == [1]
    assert part.sheet.references == {}, "what it refers to is hidden"
    assert event_sheets.count_reports(house.alice, event_id) == 2
    assert event_sheets.count_reports(house.bob, event_id) == 1


def test_an_event_of_another_is_empty_as_one_that_is_not_there(house: Household) -> None:
    event_id = events.add_event(house.alice, EventDraft(info="x", distribution=OURS, attributes=(domain("x.example"),)))
    shown = event_sheets.elements_of(house.bob, Wanted([event_id.event_id]))
    assert (shown.sheet.total, shown.sheet.live, values_of(shown)) == (0, 0, [])
    with pytest.raises(NotFound):
        event_sheets.head_of(house.bob, event_id.uuid)


def test_pages_divide_objects_and_then_attributes_newest_first(house: Household) -> None:
    draft = EventDraft(
        info="Divided",
        distribution=COMMUNITY,
        attributes=tuple(domain(f"n{number}.example") for number in range(4)),
        objects=(an_object("a", "a.example"), an_object("b", "b1.example", "b2.example")),
    )
    event_id = events.add_event(house.alice, draft).event_id
    pages = [values_of(event_sheets.elements_of(house.bob, Wanted([event_id], limit=3, offset=at))) for at in (0, 3, 6)]
    assert pages == [
        ["a.example", "b1.example", "b2.example", "n3.example"], ["n2.example", "n1.example", "n0.example"], [],
    ]  # fmt: skip


def test_a_larger_event_takes_no_more_queries(house: Household) -> None:
    counts = []
    for size in (5, 300):
        drafts = tuple(domain(f"{new_uuid()}.example") for _ in range(size))
        made = events.add_event(house.alice, EventDraft(info="Sized", distribution=COMMUNITY, attributes=drafts))
        with count_queries() as counted:
            event_sheets.elements_of(house.alice, Wanted([made.event_id], limit=5))
        counts.append(counted.count)
    assert counts[0] == counts[1]


def test_an_event_shows_those_that_extend_it_as_far_as_they_are_seen(house: Household) -> None:
    base = events.add_event(house.alice, EventDraft(info="Base", distribution=COMMUNITY))
    for level in (COMMUNITY, OURS):
        events.add_event(house.alice, EventDraft(info="More", distribution=level, extends_uuid=base.uuid))
    head = event_sheets.head_of(house.alice, base.uuid).event
    assert len(event_sheets.extending(house.alice, head)) == 2
    assert [kin.event.distribution for kin in event_sheets.extending(house.bob, head)] == [COMMUNITY]
    hidden = events.add_event(house.alice, EventDraft(info="Hidden base", distribution=OURS))
    child = events.add_event(house.alice, EventDraft(info="C", distribution=COMMUNITY, extends_uuid=hidden.uuid))
    assert event_sheets.extended_by(house.bob, event_sheets.head_of(house.bob, child.uuid).event) is None


def test_kin_are_told_with_the_values_that_both_have(house: Household) -> None:
    word = new_uuid()
    drafts = (domain(f"{word}.example"), domain(f"more.{word}.example"))
    first = events.add_event(house.alice, EventDraft(info="First", distribution=COMMUNITY, attributes=drafts))
    second = events.add_event(house.alice, EventDraft(info="Second", distribution=COMMUNITY, attributes=drafts[:1]))
    events.add_event(house.alice, EventDraft(info="Hidden", distribution=OURS, attributes=drafts))
    (kin,) = event_sheets.related(house.bob, event_sheets.head_of(house.bob, first.uuid).event)
    assert (kin.event.id, list(kin.values)) == (second.event_id, [f"{word}.example"])


def test_an_object_comes_back_with_what_went_with_it_alone(house: Household) -> None:
    draft = EventDraft(info="Back", distribution=COMMUNITY, objects=(an_object("o", "a.example", "b.example"),))
    event_id = events.add_event(house.alice, draft).event_id
    sheet = event_sheets.elements_of(house.alice, Wanted([event_id])).sheet
    (obj,) = sheet.objects
    first, second = sheet.inside[obj.id]
    attributes.delete_attribute(house.alice, str(first.id))
    _make_older(first.id)
    objects.delete_object(house.alice, str(obj.id))
    restoring.restore_object(house.alice, str(obj.id))
    back = event_sheets.elements_of(house.alice, Wanted([event_id], Deleted.BOTH)).sheet
    assert [one.deleted for one in back.objects] == [False]
    assert {one.value: one.deleted for one in back.inside[obj.id]} == {"a.example": True, "b.example": False}
    with pytest.raises(NotFound):
        restoring.restore_object(house.alice, str(obj.id))
    assert second.id in back.attribute_ids


@pytest.mark.parametrize("published", [False, True])
def test_only_what_never_left_is_deleted_for_good(house: Household, published: bool) -> None:
    made = events.add_event(
        house.alice, EventDraft(info="Left?", distribution=COMMUNITY, attributes=(domain("l.example"),))
    )
    if published:
        publishing.publish_event(house.alice, made.uuid)
        publishing.unpublish_event(house.alice, made.uuid)
    assert event_sheets.is_gone_for_good(house.alice, made.event_id) is not published
