"""PROTOCOL §3.12-§3.15 with ours as the receiver: proposals, sightings, notes and clusters that a MISP pushes."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, Actor, add_actor
from tests.contract.pushing import ADD, LATER, NO_FUNCTION, THEN, add, an_object, attribute, edit, report
from tests.contract.test_refusals import group, pushed

Json = dict[str, Any]
SOON = "1700000002"


def org_of(actor: Actor) -> Json:
    """An actor's organisation as it stands in what is sent."""
    return {"id": "5", "uuid": actor.org_uuid, "name": actor.org_name}


def told(answer: Any) -> Any:
    """Status and body."""
    return answer.status_code, answer.json()


# §3.13 proposals ----------------------------------------------------------------------------------------------------


def proposal(sam: Actor, event: Json, **more: object) -> Json:
    """A proposal as a MISP pushes it."""
    known = {
        "uuid": new_uuid(), "old_id": "0", "event_id": "9", "type": "ip-dst", "category": "Network activity",
        "to_ids": True, "comment": "c", "org_id": "5", "timestamp": THEN, "deleted": False, "proposal_to_delete": False,
        "event_uuid": event["uuid"], "event_org_id": "1", "email": "x@y.example", "value": "192.0.2.1",
        "disable_correlation": False, "first_seen": None, "last_seen": None, "Org": org_of(sam),
    }  # fmt: skip
    return known | more


NOTHING = (200, {"success": True, "message": "Nothing to update.", "counter": 0})
ONE = (200, {"success": True, "message": "1 Proposal(s) added.", "counter": 1})
SECOND: Mapping[str, tuple[Json, Any, int]] = {
    "the same again": ({}, NOTHING, 1),
    "older": ({"timestamp": "1600000000"}, NOTHING, 1),
    "newer replaces it": ({"timestamp": LATER, "comment": "new", "uuid": "{new}"}, ONE, 1),
    "another value": ({"value": "192.0.2.2", "uuid": "{new}"}, ONE, 2),
    "another type": ({"type": "ip-src", "uuid": "{new}"}, ONE, 2),
    "another category": ({"category": "Payload delivery", "uuid": "{new}"}, ONE, 2),
    "another to_ids": ({"to_ids": False, "uuid": "{new}"}, ONE, 2),
    "a value that is none": ({"value": "nowhere", "uuid": "{new}"}, NOTHING, 1),
}


@pytest.mark.parametrize(("change", "answer", "count"), SECOND.values(), ids=SECOND)
def test_a_proposal_is_known_by_event_value_type_category_and_to_ids(
    sam: Actor, dora: Actor, change: Json, answer: Any, count: int
) -> None:
    """§3.13: an older one is replaced, otherwise it is skipped."""
    event = add(sam)
    path, first = f"/events/pushProposals/{event['uuid']}", proposal(sam, event)
    assert told(sam.post(path, [first])) == ONE
    second = first | {key: new_uuid() if value == "{new}" else value for key, value in change.items()}
    assert told(sam.post(path, [second])) == answer
    listed = dora.get(f"/shadow_attributes/index/{event['uuid']}").json()
    assert len(listed) == count


def test_a_proposal_for_an_attribute_finds_it_by_its_uuid(sam: Actor, dora: Actor) -> None:
    """§3.13: `old_id` is a number of theirs."""
    target = attribute()
    event = add(sam, Attribute=[target])
    path = f"/events/pushProposals/{event['uuid']}"
    change = proposal(sam, event, old_id="77", uuid=target["uuid"], value="192.0.2.9")
    removal = proposal(sam, event, old_id="77", uuid=target["uuid"], value="x.example", proposal_to_delete=True)
    for body in ([change], [removal | {"type": "domain"}]):
        assert told(sam.post(path, body)) == ONE
    stored = dora.views(event)["Attribute"][0]
    listed = [item["ShadowAttribute"] for item in dora.get(f"/shadow_attributes/index/{event['uuid']}").json()]
    assert {one["old_id"] for one in listed} == {stored["id"]}
    assert told(sam.post(path, [proposal(sam, event, old_id="77")])) == NOTHING


@pytest.mark.parametrize("body", [[], {}, [1, None, "x"], [{"type": "ip-dst"}]], ids=str)
def test_proposals_that_are_none_update_nothing(sam: Actor, body: object) -> None:
    """§3.13."""
    assert told(sam.post(f"/events/pushProposals/{add(sam)['uuid']}", body)) == NOTHING


def test_proposals_for_what_is_not_seen_are_told_so(sam: Actor, alice: Actor, bob: Actor) -> None:
    """§3.13: absent and hidden are one; it needs perm_sync."""
    hidden = alice.adds_event(distribution=Distribution.ORGANISATION)
    absent = (200, {"success": False, "message": "Event not found.", "counter": 0})
    for uuid in (hidden["uuid"], new_uuid(), "nonsense"):
        assert told(sam.post(f"/events/pushProposals/{uuid}", [])) == absent
    assert bob.post(f"/events/pushProposals/{new_uuid()}", []).json()["message"] == NO_FUNCTION


# §3.14 sightings ----------------------------------------------------------------------------------------------------


def sighting(sam: Actor, target: Json, **more: object) -> Json:
    """A sighting as a MISP pushes it."""
    known = {
        "id": "1", "attribute_id": "9", "event_id": "9", "org_id": "5", "date_sighting": LATER, "uuid": new_uuid(),
        "source": "", "type": "0", "attribute_uuid": target["uuid"], "Organisation": org_of(sam),
    }  # fmt: skip
    return {key: value for key, value in (known | more).items() if value != "absent"}


NONE_ADDED = (200, {"saved": False, "success": "No sightings added."})


def added(number: int) -> Any:
    """What is said to so many that were new."""
    return 200, {"saved": True, "success": f"{number} sightings added."}


def listed_for(dora: Actor, event: Json) -> list[Json]:
    """The sightings of an event, as site admins see them."""
    return [item["Sighting"] for item in dora.get(f"/sightings/listSightings/{event['uuid']}/event").json()]


WHOSE: Mapping[str, tuple[Json, str]] = {
    "named": ({}, "theirs"),
    "of somebody else": ({"Organisation": {"uuid": "{new}", "name": "Else {new}"}}, "else"),
    "anonymous": ({"org_id": "0", "Organisation": "absent"}, "nobody"),
    "anonymous, said so": ({"org_id": "0", "Organisation": None}, "nobody"),
    "not told": ({"org_id": "absent", "Organisation": "absent"}, "theirs"),
}


@pytest.mark.parametrize(("change", "owner"), WHOSE.values(), ids=WHOSE)
def test_whose_a_pushed_sighting_is(sam: Actor, dora: Actor, change: Json, owner: str) -> None:
    """§3.14, receiver: the organisation is captured; number 0 and none is nobody's."""
    target, new = attribute(), new_uuid()
    event = add(sam, Attribute=[target])
    if isinstance(change.get("Organisation"), dict):
        change = {"Organisation": {key: text.format(new=new) for key, text in change["Organisation"].items()}}
    answer = sam.post(f"/sightings/bulkSaveSightings/{event['uuid']}", [sighting(sam, target, **change)])
    assert told(answer) == added(1)
    [stored] = listed_for(dora, event)
    expected = {"theirs": sam.org_uuid, "else": new, "nobody": None}[owner]
    assert stored.get("Organisation", {}).get("uuid") == expected
    assert (stored["org_id"] == "0") is (owner == "nobody")


def test_who_does_not_sync_sights_in_its_own_name(sam: Actor, bob: Actor, dora: Actor) -> None:
    """§3.14: perm_sighting alone lets bulkSaveSightings, not the question before it."""
    target = attribute()
    event = add(sam, Attribute=[target])
    assert told(bob.post(f"/sightings/bulkSaveSightings/{event['uuid']}", [sighting(sam, target)])) == added(1)
    assert [one["Organisation"]["uuid"] for one in listed_for(dora, event)] == [bob.org_uuid]
    asked = bob.post(f"/sightings/filterSightingUuidsForPush/{event['uuid']}", [])
    assert (asked.status_code, asked.json()["message"]) == (403, NO_FUNCTION)


def test_sightings_never_change_and_unknown_targets_are_passed_over(sam: Actor, dora: Actor) -> None:
    """§3.14: immutable; a list, under `Sighting` or wrapped one by one."""
    target = attribute()
    event = add(sam, Attribute=[target])
    path, first = f"/sightings/bulkSaveSightings/{event['uuid']}", sighting(sam, target, source="first")
    strays = [sighting(sam, attribute()), sighting(sam, target, type="9"), sighting(sam, target, uuid="x"), 7, None]
    assert told(sam.post(path, [first, *strays, first])) == added(1)
    assert told(sam.post(path, [first | {"source": "second", "type": "1"}])) == NONE_ADDED
    assert told(sam.post(path, {"Sighting": [sighting(sam, target)]})) == added(1)
    assert told(sam.post(path, [{"Sighting": sighting(sam, target)}])) == added(1)
    assert [one["source"] for one in listed_for(dora, event) if one["uuid"] == first["uuid"]] == ["first"]
    known = [first["uuid"].upper(), new_uuid(), "x", 7]
    assert told(sam.post(f"/sightings/filterSightingUuidsForPush/{event['uuid']}", known)) == (200, [first["uuid"]])


def test_an_expiration_takes_the_place_of_the_one_before_it(sam: Actor, dora: Actor) -> None:
    """§3.14: type 2, of the same organisation on the same attribute."""
    target, other = attribute(), attribute()
    event = add(sam, Attribute=[target, other])
    path = f"/sightings/bulkSaveSightings/{event['uuid']}"
    ends = [sighting(sam, one, type="2") for one in (target, other)]
    assert told(sam.post(path, ends)) == added(2)
    later = sighting(sam, target, type="2", date_sighting=SOON)
    assert told(sam.post(path, [later])) == added(1)
    assert {one["uuid"] for one in listed_for(dora, event)} == {ends[1]["uuid"], later["uuid"]}


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [("filterSightingUuidsForPush", 404, "Event not found"), ("bulkSaveSightings", 405, "Invalid event")],
)
def test_sightings_of_what_is_not_seen(sam: Actor, alice: Actor, path: str, status: int, said: str) -> None:
    """§3.14."""
    hidden = alice.adds_event(distribution=Distribution.ORGANISATION)
    for uuid in (hidden["uuid"], new_uuid()):
        answer = sam.post(f"/sightings/{path}/{uuid}", [])
        assert (answer.status_code, answer.json()["message"]) == (status, said)


# §3.15 analyst data -------------------------------------------------------------------------------------------------

FILTER, PUSH = "/analyst_data/filterAnalystDataForPush", "/analyst_data/pushAnalystData"
FIRST, SECOND_DAY = "2024-01-01 00:00:00", "2024-01-02 00:00:00"


def note(sam: Actor, event: Json, **more: object) -> Json:
    """A note as a MISP pushes it."""
    known = {
        "uuid": new_uuid(), "object_uuid": event["uuid"], "object_type": "Event", "authors": "x@y.example",
        "org_uuid": sam.org_uuid, "orgc_uuid": sam.org_uuid, "created": FIRST, "modified": FIRST, "distribution": "1",
        "sharing_group_id": "0", "locked": True, "note": "words", "language": "en", "Org": org_of(sam),
        "Orgc": org_of(sam),
    }  # fmt: skip
    return known | more


def counted(imported: int = 0, ignored: int = 0, failed: int = 0) -> str:
    """MISP's sentence."""
    return f"Analyst Data imported. {imported} imported, {ignored} ignored, {failed} failed. "


@pytest.mark.parametrize(
    ("modified", "taken"), [(FIRST, False), ("2023-12-31 23:59:59", False), (SECOND_DAY, True)], ids=str
)
def test_a_note_is_changed_by_a_newer_one_alone(sam: Actor, dora: Actor, modified: str, taken: bool) -> None:
    """§3.15: `modified` must be newer; what is offered is wanted by the same rule."""
    event = add(sam)
    first = note(sam, event)
    unknown = new_uuid()
    assert sam.post(FILTER, {"Note": {first["uuid"]: FIRST}}).json() == {
        "Note": {first["uuid"]: FIRST}, "Opinion": [], "Relationship": [],
    }  # fmt: skip
    assert sam.post(PUSH, {"Note": first}).json()["message"] == counted(imported=1)
    offer = {"Note": {first["uuid"]: modified, unknown: FIRST}, "Opinion": {}, "Relationship": []}
    wanted = ({first["uuid"]: modified} if taken else {}) | {unknown: FIRST}
    assert sam.post(FILTER, offer).json() == {"Note": wanted, "Opinion": [], "Relationship": []}
    answer = sam.post(PUSH, {"Note": first | {"modified": modified, "note": "other words"}})
    assert answer.status_code == (200 if taken else 403)
    assert answer.json()["message"] == counted(imported=1) if taken else counted(ignored=1)
    [stored] = dora.views(event)["Note"]
    assert (stored["note"], stored["locked"]) == ("other words" if taken else "words", True)


KINDS: Mapping[str, Json] = {
    "Note": {"note": "n", "language": "pt"},
    "Opinion": {"opinion": "50", "comment": "c", "note": "absent"},
    "Relationship": {"relationship_type": "x", "related_object_uuid": new_uuid(), "related_object_type": "Event"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken_and_shown_with_its_event(sam: Actor, dora: Actor, kind: str) -> None:
    """§3.15."""
    event = add(sam)
    item = {key: value for key, value in (note(sam, event) | KINDS[kind]).items() if value != "absent"}
    assert sam.post(PUSH, {kind: item}).json()["message"] == counted(imported=1)
    [stored] = dora.views(event)[kind]
    for key in KINDS[kind]:
        assert KINDS[kind][key] in ("absent", stored.get(key)), key
    assert (stored["Orgc"]["uuid"], stored["created"], stored["modified"]) == (sam.org_uuid, FIRST, FIRST)


PLACES: Mapping[str, Callable[[Json], Json]] = {
    "Event": lambda event: event,
    "Attribute": lambda event: event["Attribute"][0],
    "Object": lambda event: event["Object"][0],
    "EventReport": lambda event: event["EventReport"][0],
    "inside": lambda event: event["Object"][0]["Attribute"][0],
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("way", ["add", "edit"])
def test_notes_that_come_inside_an_event_are_taken_where_they_stand(
    sam: Actor, dora: Actor, place: str, way: str
) -> None:
    """§3.6.1 row 20, §3.15: with what is said about them in turn; a push of a MISP holds none, a script's may."""
    parts: Json = {"Attribute": [attribute()], "Object": [an_object()], "EventReport": [report()]}
    event = add(sam, **parts) if way == "edit" else pushed(sam, **parts)["Event"]
    kind = "Attribute" if place == "inside" else place
    about = PLACES[place]({**event, **parts})["uuid"]
    said = note(sam, event, object_uuid=about, object_type=kind)
    nested = note(sam, event, object_uuid=said["uuid"], object_type="Note", note="about it")
    PLACES[place](event)["Note"] = [said | {"Note": [nested]}]
    answer = edit(sam, event) if way == "edit" else sam.post(ADD, {"Event": event})
    assert answer.status_code == 200, answer.text
    [stored] = PLACES[place](dora.views(event))["Note"]
    assert (stored["uuid"], stored["object_type"], stored["object_uuid"]) == (said["uuid"], kind, about)
    assert [one["uuid"] for one in stored["Note"]] == [nested["uuid"]]


LEVELS: Mapping[str, tuple[Callable[[Actor, Actor], Json], str]] = {
    "organisation": (lambda _sam, _alice: {"distribution": "0"}, "0"),
    "everybody": (lambda _sam, _alice: {"distribution": "3"}, "3"),
    "a group of theirs": (lambda sam, _: {"distribution": "4", "SharingGroup": group(sam, sam)}, "4"),
    "a group without them": (lambda sam, alice: {"distribution": "4", "SharingGroup": group(sam, alice)}, "0"),
    "a number alone": (lambda _sam, _alice: {"distribution": "4", "sharing_group_id": "9"}, "0"),
}


@pytest.mark.parametrize(("level", "stored"), LEVELS.values(), ids=LEVELS)
def test_how_far_a_pushed_note_reaches(
    sam: Actor, alice: Actor, dora: Actor, level: Callable[[Actor, Actor], Json], stored: str
) -> None:
    """§3.15, RULES §1: a group that is not accepted leaves it to its organisation."""
    event = add(sam)
    assert sam.post(PUSH, {"Note": note(sam, event, **level(sam, alice))}).status_code == 200
    assert [one["distribution"] for one in dora.views(event)["Note"]] == [stored]


def test_a_note_of_a_blocked_organisation_or_that_was_written_here_is_left_alone(
    sam: Actor, alice: Actor, dora: Actor
) -> None:
    """§3.15: organisation blocklist; what is here and not locked is refused."""
    event = add(sam, distribution="1")
    unwanted = {"uuid": new_uuid(), "name": f"Unwanted {new_uuid()}"}
    assert dora.post("/orgBlocklists/add", {"uuids": [unwanted["uuid"]]}).status_code == 200
    answer = sam.post(PUSH, {"Note": note(sam, event, Orgc=unwanted, orgc_uuid=unwanted["uuid"])})
    assert (answer.status_code, answer.json()["message"]) == (403, counted(ignored=1))
    ours = {"note": "ours", "distribution": "1", "object_uuid": event["uuid"], "object_type": "Event"}
    written = alice.post(f"/analyst_data/add/Note/{event['uuid']}/Event", ours).json()["Note"]
    answer = sam.post(PUSH, {"Note": note(sam, event, uuid=written["uuid"], modified="2999-01-01 00:00:00")})
    assert answer.status_code == 403
    assert [one["note"] for one in dora.views(event)["Note"]] == ["ours"]


@pytest.mark.parametrize(
    "body",
    [{}, [], {"Note": {}}, {"Note": []}, {"Nonsense": {"uuid": "5e1d6f3a-7b52-4c44-9d0e-3f6a2b8c9d11"}}],
    ids=str,
)
def test_analyst_data_that_is_none_fails_and_stores_nothing(sam: Actor, body: object) -> None:
    """§3.15: 403 with counts; an offer of nothing has all three keys."""
    answer = sam.post(PUSH, body)
    assert (answer.status_code, answer.json()["saved"]) == (403, False)
    assert answer.json()["message"].startswith("Analyst Data imported. 0 imported")
    assert sam.post(FILTER, body).json() == {"Note": [], "Opinion": [], "Relationship": []}


def test_analyst_data_needs_both_permissions(dora: Actor, bob: Actor) -> None:
    """§3.15, MODEL §5.3: without perm_sync the route is closed, without perm_analyst_data the action says 405."""
    for path in (FILTER, PUSH):
        assert bob.post(path, {}).json()["message"] == NO_FUNCTION
    role = {"name": f"Sync {new_uuid()}", "permission": "3", "perm_sync": True, "perm_auth": True}
    made = dora.post("/admin/roles/add", role)
    assert made.status_code == 200, made.text
    role_id = int(made.json()["Role"]["id"])
    silent = add_actor(dora, f"silent-{new_uuid()[:8]}", org_name=f"Silent {new_uuid()}", role_id=role_id)
    assert silent.post(PUSH, {"Note": {}}).status_code == 405
    version = silent.get("/servers/getVersion").json()
    assert (version["perm_sync"], version["perm_analyst_data"], version["perm_galaxy_editor"]) == (True, False, False)
    assert silent.post("/galaxies/pushCluster", []).status_code == 405
    assert role_id != SYNC_USER


# §3.12 galaxy clusters ----------------------------------------------------------------------------------------------

GALAXY = {"uuid": new_uuid(), "name": "Pushed", "type": "pushed", "description": "d", "version": "1", "namespace": "x"}


def cluster(sam: Actor, **more: object) -> Json:
    """A cluster as a MISP pushes it."""
    uuid = new_uuid()
    known = {
        "uuid": uuid, "collection_uuid": "", "type": "pushed", "value": f"Value {uuid}", "description": "d",
        "tag_name": f'misp-galaxy:pushed="{uuid}"', "source": "", "authors": ["a"], "version": "5", "distribution": "1",
        "sharing_group_id": None, "default": False, "locked": False, "extends_uuid": "", "extends_version": "0",
        "published": True, "deleted": False, "Galaxy": GALAXY, "GalaxyElement": [{"key": "k", "value": "v"}],
        "GalaxyClusterRelation": [], "Org": org_of(sam), "Orgc": org_of(sam),
    }  # fmt: skip
    return known | more


def push_clusters(sam: Actor, *clusters: Json) -> tuple[int, str]:
    """Status, and MISP's counts."""
    answer = sam.post("/galaxies/pushCluster", [{"GalaxyCluster": one} for one in clusters])
    body = answer.json()
    told = str(body.get("errors", body["message"])).strip()
    return answer.status_code, told.removeprefix("Galaxy clusters imported. ")


@pytest.mark.parametrize(
    ("change", "status", "counts"),
    [
        ({}, 403, "0 imported, 1 ignored, 0 failed."),
        ({"version": "4"}, 403, "0 imported, 1 ignored, 0 failed."),
        ({"version": "6"}, 200, "1 imported, 0 ignored, 0 failed."),
        ({"version": 6, "deleted": True}, 200, "1 imported, 0 ignored, 0 failed."),
        ({"uuid": "x"}, 403, "0 imported, 0 ignored, 1 failed."),
        ({"uuid": new_uuid(), "default": True}, 403, "0 imported, 0 ignored, 1 failed."),
        ({"uuid": new_uuid(), "value": ""}, 403, "0 imported, 0 ignored, 1 failed."),
        ({"uuid": new_uuid(), "Galaxy": {}}, 403, "0 imported, 0 ignored, 1 failed."),
    ],
    ids=["same", "older", "newer", "deleted", "no uuid", "default", "no value", "no galaxy"],
)
def test_a_pushed_cluster_is_counted(sam: Actor, change: Json, status: int, counts: str) -> None:
    """§3.12, receiver."""
    first = cluster(sam)
    assert push_clusters(sam, first) == (200, "1 imported, 0 ignored, 0 failed.")
    assert push_clusters(sam, first | change) == (status, counts)


def test_a_taken_cluster_is_locked_and_is_told_of_with_its_version(sam: Actor, dora: Actor) -> None:
    """§3.12: what a MISP asks before it pushes."""
    sent = cluster(sam)
    push_clusters(sam, sent)
    stored = dora.get(f"/galaxy_clusters/view/{sent['uuid']}").json()["GalaxyCluster"]
    assert (stored["locked"], stored["version"], stored["distribution"]) == (True, "5", "1")
    assert (stored["Orgc"]["uuid"], stored["Org"]["uuid"]) == (sam.org_uuid, sam.org_uuid)
    asked = {"published": 1, "minimal": 1, "custom": 1, "uuid": [sent["uuid"], new_uuid()]}
    answer = sam.post("/galaxy_clusters/restSearch", asked)
    assert answer.json() == {"response": [{"GalaxyCluster": {"uuid": sent["uuid"], "version": "5"}}]}


def test_a_third_partner_does_not_renew_it_nor_does_anybody_without_the_permission(
    sam: Actor, bob: Actor, dora: Actor
) -> None:
    """§3.12, RULES §4; 405 without perm_sync."""
    sent = cluster(sam)
    push_clusters(sam, sent)
    tina = add_actor(dora, f"tina-{new_uuid()[:8]}", org_name=f"CSIRT {new_uuid()}", role_id=SYNC_USER, local=False)
    assert push_clusters(tina, sent | {"version": "9"}) == (403, "0 imported, 0 ignored, 1 failed.")
    assert bob.post("/galaxies/pushCluster", [{"GalaxyCluster": cluster(bob)}]).status_code == 405
