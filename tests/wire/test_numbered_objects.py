"""PHP writes a list with gaps as an object of numbers: every list of an event is read in either form."""

from typing import Any

from mispmini.domain.ids import new_uuid
from mispmini.wire.event_in import read_event
from mispmini.wire.proposal_in import read_proposals
from mispmini.wire.sighting_in import read_sightings


def numbered(*items: Any) -> dict[str, Any]:
    """The items under 1, 3, 5 …"""
    return {str(2 * place + 1): item for place, item in enumerate(items)}


def attribute(**more: Any) -> dict[str, Any]:
    """One attribute."""
    return {"uuid": new_uuid(), "type": "domain", "value": "x.example", **more}


def test_an_event_is_read_with_all_its_lists_numbered() -> None:
    seen = {"uuid": new_uuid(), "date_sighting": "1", "type": "0"}
    inside = numbered(attribute(object_relation="domain"))
    member = {"Organisation": {"uuid": new_uuid(), "name": "A"}}
    group = {
        "uuid": new_uuid(),
        "name": "G",
        "Organisation": member["Organisation"],
        "SharingGroupOrg": numbered(member),
    }
    event = {
        "uuid": new_uuid(), "info": "x", "distribution": "4", "SharingGroup": group,
        "Tag": numbered({"name": "a"}, {"name": "b"}),
        "Attribute": numbered(attribute(Tag=numbered({"name": "c"}), Sighting=numbered(seen))),
        "Object": numbered({"uuid": new_uuid(), "name": "domain-ip", "meta-category": "network", "Attribute": inside}),
        "EventReport": numbered({"uuid": new_uuid(), "name": "r", "content": "c"}),
    }  # fmt: skip
    draft = read_event({"Event": event}, from_partner=True)
    [one] = draft.attributes
    assert [tag.name for tag in draft.tags] == ["a", "b"]
    assert ([tag.name for tag in one.tags], [sighting.uuid for sighting in one.sightings]) == (["c"], [seen["uuid"]])
    assert [len(item.attributes) for item in draft.objects] == [1]
    assert (len(draft.reports), draft.dropped) == (1, ())
    assert draft.sharing_group is not None
    assert [org.organisation.name for org in draft.sharing_group.orgs] == ["A"]


def test_empty_lists_may_be_empty_objects() -> None:
    empty: dict[str, Any] = {name: {} for name in ("Attribute", "Object", "EventReport", "Tag", "EventTag")}
    draft = read_event({"Event": {"uuid": new_uuid(), "info": "x", **empty}}, from_partner=True)
    assert (draft.attributes, draft.objects, draft.reports, draft.tags, draft.dropped) == ((), (), (), (), ())


def test_sightings_and_proposals_are_read_numbered_too() -> None:
    sighting = {"uuid": new_uuid(), "attribute_uuid": new_uuid(), "date_sighting": "1", "type": "0"}
    assert [one.uuid for one in read_sightings(numbered({"Sighting": sighting}))] == [sighting["uuid"]]
    proposal = attribute(timestamp="1", event_uuid=new_uuid())
    assert [one.uuid for one in read_proposals(numbered({"ShadowAttribute": proposal}))] == [proposal["uuid"]]
