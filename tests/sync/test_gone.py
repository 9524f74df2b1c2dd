"""What a source no longer shows over a read-only link: marked, deleted or ignored (RULES §2)."""

from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.filters import Scope
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState
from mispmini.services import feed_output
from mispmini.services.feed_output import Reader, ValueKind
from mispmini.services.searching import search_attributes, search_events
from mispmini.store.database import writing
from mispmini.store.gone import gone_among
from mispmini.store.sql import execute
from mispmini.sync.pull import pull_from
from mispmini.wire.search_in import read_search
from tests.sync.ground import OUTBOUND, THEIR_ORG, Ground
from tests.sync.recorded import played

LONE, KEPT, INSIDE, LOST = "lone.example", "kept.example", "inside.example", "lost.example"
CONNECTED = int(Distribution.CONNECTED)


def of_domain(value: str) -> AttributeDraft:
    """An attribute by its value."""
    return AttributeDraft(type="domain", value=value, uuid=new_uuid(), timestamp=1_700_000_000)


def an_object(*values: str) -> ObjectDraft:
    """An object of domains."""
    held = tuple(replace(of_domain(value), object_relation="domain") for value in values)
    return ObjectDraft(
        name="domain-ip", meta_category="network", description="d", uuid=new_uuid(), timestamp=1_700_000_000,
        attributes=held, distribution=int(Distribution.INHERIT),
    )  # fmt: skip


def the_event() -> EventDraft:
    """As the source shows it first."""
    return EventDraft(
        info="theirs", uuid=new_uuid(), timestamp=1_700_000_000, distribution=CONNECTED, published=True, orgc=THEIR_ORG,
        attributes=(of_domain(LONE), of_domain(KEPT)), objects=(an_object(INSIDE, KEPT), an_object(LOST)),
    )  # fmt: skip


def without(draft: EventDraft, *values: str, later: int = 10) -> EventDraft:
    """The event later, without the attributes of these values, and without objects that have none left."""

    def left(attributes: tuple[AttributeDraft, ...]) -> tuple[AttributeDraft, ...]:
        return tuple(one for one in attributes if one.value not in values)

    timestamp = (draft.timestamp or 0) + later
    objects = tuple(replace(obj, attributes=left(obj.attributes), timestamp=timestamp) for obj in draft.objects)
    return replace(
        draft,
        timestamp=timestamp,
        attributes=left(draft.attributes),
        objects=tuple(obj for obj in objects if obj.attributes),
    )


def on_the_wire(draft: EventDraft) -> dict[str, Any]:
    """The event as the source answers it."""
    return {
        "Event": {
            "uuid": draft.uuid, "info": draft.info, "timestamp": str(draft.timestamp), "published": True,
            "distribution": str(draft.distribution), "Orgc": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name},
            "Attribute": [_attribute(one) for one in draft.attributes],
            "Object": [
                {
                    "uuid": obj.uuid, "name": obj.name, "meta-category": obj.meta_category, "description": "d",
                    "timestamp": str(obj.timestamp), "distribution": "5",
                    "Attribute": [_attribute(one) for one in obj.attributes],
                }
                for obj in draft.objects
            ],
        }
    }  # fmt: skip


def _attribute(one: AttributeDraft) -> dict[str, Any]:
    return {
        "uuid": one.uuid, "type": one.type, "value": one.value, "timestamp": str(one.timestamp),
        "object_relation": one.object_relation, "distribution": "5", "to_ids": True,
    }  # fmt: skip


class Source:
    """A partner that shows one event to a key, which may hear of deletions or not."""

    def __init__(self, ground: Ground, *, perm_sync: bool = False, **wish: Any) -> None:
        self.ground, self.perm_sync, self.wish = ground, perm_sync, wish
        self.server: Any = None

    def shows(self, draft: EventDraft) -> LedgerState:
        """Pull the event as it is there now; what became of it."""
        version = {"version": "2.5.1", "perm_sync": self.perm_sync, "perm_sighting": False}
        rules = {"GET /servers/getVersion": version, "GET /events/view": on_the_wire(draft)}
        with played(rules) as partner:
            if self.server is None:
                self.server = self.ground.links(partner.url, pull=True, **self.wish)
            pull_from(replace(self.server, url=partner.url), str(draft.uuid), OUTBOUND)
        return self.ground.receipt(self.server, str(draft.uuid)).state


def marked(ground: Ground, draft: EventDraft) -> list[str]:
    """Values of the event's attributes that carry the mark."""
    attributes = ground.sees(str(draft.uuid)).attributes
    gone = gone_among([one.id for one in attributes])
    return sorted(one.value for one in attributes if one.id in gone)


def deleted(ground: Ground, draft: EventDraft) -> list[str]:
    """Values of the event's deleted attributes."""
    return sorted(one.value for one in ground.sees(str(draft.uuid)).attributes if one.deleted)


def exported(ground: Ground, draft: EventDraft, kind: str) -> set[str]:
    """Values in an export of a format."""
    wanted = {"uuid": draft.uuid, "returnFormat": kind}
    filters = read_search({"eventid": draft.uuid, "returnFormat": kind}, Scope.ATTRIBUTES, now=0)
    by_attribute = {one.attribute.value for one in search_attributes(ground.admin, filters)}
    by_event = read_search(wanted, Scope.EVENTS, now=0)
    assert by_attribute == {a.value for graph in search_events(ground.admin, by_event) for a in graph.attributes}
    return by_attribute


def test_what_is_missing_is_marked_and_left_out_of_exports(ground: Ground) -> None:
    source, event = Source(ground), the_event()
    assert source.shows(event) is LedgerState.SENT
    assert marked(ground, event) == []
    assert source.shows(without(event, LONE, INSIDE, LOST)) is LedgerState.UPDATED
    assert marked(ground, event) == [INSIDE, LONE, LOST]
    assert deleted(ground, event) == []
    assert exported(ground, event, "csv") == {KEPT}
    assert exported(ground, event, "json") == {LONE, KEPT, INSIDE, LOST}


def test_what_is_missing_is_left_out_of_our_feed_and_lists_of_values(ground: Ground) -> None:
    source, event = Source(ground), the_event()
    source.shows(event)
    with writing():
        execute("UPDATE organisation SET local = TRUE")
    assert set(feed_output.values(ground.admin, ValueKind.DOMAINS)) == {LONE, KEPT, INSIDE, LOST}
    source.shows(without(event, LONE, INSIDE, LOST))
    assert feed_output.values(ground.admin, ValueKind.DOMAINS) == [KEPT]
    fed = feed_output.event(Reader.of(ground.admin), str(event.uuid))
    assert {one.value for one in fed.attributes} == {KEPT}


def test_the_mark_goes_when_it_is_shown_again(ground: Ground) -> None:
    source, event = Source(ground), the_event()
    source.shows(event)
    source.shows(without(event, LONE, LOST))
    source.shows(without(event, LOST, later=20))
    assert marked(ground, event) == [LOST]
    source.perm_sync = True
    source.shows(without(event, later=30))
    assert marked(ground, event) == []


def test_a_link_that_deletes_deletes_softly(ground: Ground) -> None:
    source, event = Source(ground, gone_policy="delete"), the_event()
    source.shows(event)
    source.shows(without(event, LONE, INSIDE, LOST))
    assert deleted(ground, event) == [INSIDE, LONE, LOST]
    assert [obj.deleted for obj in ground.sees(str(event.uuid)).objects] == [False, True]
    assert marked(ground, event) == []


@pytest.mark.parametrize(
    ("perm_sync", "policy"),
    [(True, "mark"), (True, "delete"), (False, "ignore")],
    ids=["hears", "hears all", "ignores"],
)
def test_nothing_is_concluded_from_what_is_missing(ground: Ground, perm_sync: bool, policy: str) -> None:
    source, event = Source(ground, perm_sync=perm_sync, gone_policy=policy), the_event()
    source.shows(event)
    source.shows(without(event, LONE, INSIDE, LOST))
    assert (marked(ground, event), deleted(ground, event)) == ([], [])


def test_what_cannot_be_read_is_not_missing(ground: Ground) -> None:
    source, event = Source(ground), the_event()
    source.shows(event)
    shown = without(event)
    broken = tuple(replace(one, timestamp=-1) if one.value == LONE else one for one in shown.attributes)
    source.shows(replace(shown, attributes=broken))
    assert marked(ground, event) == []


def test_an_unknown_policy_is_refused(ground: Ground) -> None:
    with pytest.raises(SaveFailed) as refused:
        Source(ground, gone_policy="forget").shows(the_event())
    assert "gone_policy" in str(refused.value.errors)
