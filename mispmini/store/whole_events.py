"""What decides whether an event's elements are the same text for all who read them whole (SPEED §3)."""

from typing import NamedTuple

from mispmini.store.sql import row, scalar

_NOTHING_OF_ITS_OWN = (
    "SELECT NOT EXISTS (SELECT 1 FROM sighting WHERE event_id = :id)"
    " AND NOT EXISTS (SELECT 1 FROM proposal WHERE event_id = :id)"
    " AND NOT EXISTS (SELECT 1 FROM attribute_tag WHERE event_id = :id AND local AND NOT deleted)"
    " AND NOT EXISTS (SELECT 1 FROM event_report_tag WHERE event_id = :id AND local AND NOT deleted)"
    " AND NOT EXISTS (SELECT 1 FROM attribute_tag AS link JOIN tag ON tag.id = link.tag_id"
    " WHERE link.event_id = :id AND tag.is_galaxy)"
    " AND NOT EXISTS (SELECT 1 FROM attachment JOIN attribute ON attribute.id = attachment.attribute_id"
    " WHERE attribute.event_id = :id)"
    " AND NOT EXISTS (SELECT 1 FROM analyst_item WHERE event_id = :id)"
    " AND NOT EXISTS (SELECT 1 FROM analyst_item WHERE related_event_id = :id)"
).replace(":id", "?")


class Revision(NamedTuple):
    """Which state of an event an answer shows; `shared` numbers what several events show."""

    event_id: int
    org_id: int
    attribute_count: int
    restricted: bool
    rev: int
    shared: int


def revision_of(event_id: int) -> Revision:
    """The state of an event that is there."""
    found = row(
        "SELECT event.id, event.org_id, event.attribute_count, event.restricted, event.rev, counter.value FROM event"
        " JOIN counter ON counter.name = 'shared' WHERE event.id = ?",
        (event_id,),
    )
    assert found is not None, "the event was found a moment ago, in this snapshot"
    return Revision(found[0], found[1], found[2], bool(found[3]), found[4], found[5])


def says_the_same_to_all(event_id: int) -> bool:
    """Whether no element has what depends on who reads: opinions, notes, local tags, clusters, files."""
    return bool(scalar(_NOTHING_OF_ITS_OWN, (event_id,) * 8))


def count_references(event_id: int) -> int:
    """How many references an event's objects have, whoever may see their targets."""
    return int(scalar("SELECT count(*) FROM object_reference WHERE event_id = ?", (event_id,)))
