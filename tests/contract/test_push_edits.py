"""PROTOCOL §3.6.2 with ours as the receiver: what events/edit does with a MISP's push, row by row; and what is asked
before an event is sent, in exchanges that nobody recorded."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, Actor, add_actor, admin_of
from tests.contract.pushing import LATER, NO_FUNCTION, THEN, add, an_object, attribute, edit, report, whole
from tests.contract.test_refusals import group

Json = dict[str, Any]
D = Distribution
OFFER = "/events/filterEventIdsForPush"
READ_ONLY = 6
NOT_NEWER = "Event could not be saved: Event in the request not newer than the local copy."


@pytest.fixture(scope="module")
def ron(dora: Actor) -> Actor:
    """A reader."""
    return add_actor(dora, "Ron", org_name=f"CSIRT Romeo {new_uuid()}", role_id=READ_ONLY)


# §3.6.2, what events/edit does, row by row -------------------------------------------------------------------------


def test_edit_row_1_needs_the_permission_and_a_visible_event(sam: Actor, ron: Actor, alice: Actor) -> None:
    """§3.6.2 row 1."""
    event = add(sam, distribution="3", published=True)
    assert edit(ron, event).json()["message"] == NO_FUNCTION
    for hidden in (alice.adds_event(distribution=D.ORGANISATION), {"uuid": new_uuid()}):
        answer = edit(sam, {**event, "uuid": hidden["uuid"]})
        assert (answer.status_code, answer.json()["message"]) == (404, "Invalid event")


def test_edit_row_2_who_neither_owns_nor_syncs_is_refused(sam: Actor, bob: Actor) -> None:
    """§3.6.2 row 2."""
    answer = edit(bob, add(sam))
    assert (answer.status_code, answer.json()["message"]) == (403, "You are not authorised to do that.")


@pytest.mark.parametrize(
    ("stamp", "taken"),
    [("1699999999", False), (THEN, False), (int(THEN), False), (LATER, True), (int(LATER), True), (None, True)],
    ids=str,
)
def test_edit_row_5_a_version_must_be_newer_and_none_is_now(sam: Actor, stamp: object, taken: bool) -> None:
    """§3.6.2 row 5."""
    event = add(sam)
    answer = edit(sam, event, timestamp=stamp, info="Next")
    assert answer.status_code == (200 if taken else 403)
    assert taken or answer.json()["errors"] == NOT_NEWER
    stored = sam.views(event)
    assert (stored["info"] == "Next") is taken
    assert int(stored["timestamp"]) > int(LATER) if stamp is None else stored["timestamp"] == (LATER if taken else THEN)


EDIT_GROUPS: Mapping[str, tuple[Callable[[Actor, Actor], Json], str]] = {
    "none": (lambda _sam, _alice: {}, "Sharing group chosen as the distribution level, but no sharing group specified"),
    "number 0": (lambda _sam, _alice: {"sharing_group_id": "0"}, "but no sharing group specified"),
    "a number of theirs": (
        lambda _sam, _alice: {"sharing_group_id": "999999"}, "Invalid sharing group or you don't have access",
    ),
    "not for them": (
        lambda sam, alice: {"SharingGroup": group(sam, alice)},
        "User not authorised to create the associated sharing group.",
    ),
    "not for here": (
        lambda sam, _alice: {"SharingGroup": group(sam, sam, servers=("https://elsewhere.example",))},
        "User not authorised to create the associated sharing group.",
    ),
    "of others here": (
        lambda _sam, alice: {"SharingGroup": _group_here(alice)},
        "The sync user has to have access to the sharing group",
    ),
}  # fmt: skip


def _group_here(alice: Actor) -> Json:
    """A group of this instance that the partner is not in, as if it had heard of it."""
    dora = admin_of(alice.server)
    made = dora.post("/sharing_groups/add", {"name": f"Ours {new_uuid()}", "releasability": "us", "roaming": True})
    assert made.status_code == 200, made.text
    return {**group(alice, alice), "uuid": made.json()["SharingGroup"]["uuid"]}


@pytest.mark.parametrize(("brings", "said"), EDIT_GROUPS.values(), ids=EDIT_GROUPS)
def test_edit_rows_6_and_8_why_a_group_may_not_be_used(
    sam: Actor, alice: Actor, dora: Actor, brings: Callable[[Actor, Actor], Json], said: str
) -> None:
    """§3.6.2 rows 6, 8; a refused version changes nothing and is listed for people."""
    event = add(sam)
    answer = edit(sam, event, distribution="4", info="Next", **brings(sam, alice))
    assert answer.status_code == 403
    assert answer.json()["errors"].startswith("Event could not be saved: ")
    assert said in answer.json()["errors"]
    assert "Sharing group not accepted. " in answer.json()["errors"], "the rule in plain words"
    assert (sam.views(event)["info"], sam.views(event)["distribution"]) == ("Pushed", "1")
    listed = dora.get("/incoming/index").json()["refused_updates"]
    assert [row["reason"] for row in listed if row["event_uuid"] == event["uuid"]] == [answer.json()["errors"]]


def test_edit_row_6_a_group_that_is_known_and_named_again_stays(sam: Actor) -> None:
    """§3.6.2 row 6: by its whole definition, and by the number it has here."""
    brought = group(sam, sam)
    event = add(sam, distribution="4", SharingGroup=brought)
    number = sam.views(event)["sharing_group_id"]
    assert edit(sam, event, SharingGroup=brought).status_code == 200
    later = {**event, "timestamp": LATER}
    later.pop("SharingGroup")
    assert edit(sam, later, sharing_group_id=number).status_code == 200
    assert (sam.views(event)["distribution"], sam.views(event)["SharingGroup"]["uuid"]) == ("4", brought["uuid"])


def test_edit_row_9_what_is_left_out_stays_but_for_published(sam: Actor) -> None:
    """§3.6.2 row 9."""
    told = {"analysis": "2", "threat_level_id": "1", "date": "2020-02-02", "distribution": "3", "published": True}
    event = add(sam, **told, disable_correlation=True, extends_uuid=new_uuid())
    before = sam.views(event)
    answer = sam.post(f"/events/edit/{event['uuid']}", {"Event": {"uuid": event["uuid"], "timestamp": LATER}})
    assert answer.status_code == 200
    after = sam.views(event)
    changed = {"timestamp", "published"}
    assert {key for key in after if after[key] != before[key]} == changed
    assert (after["timestamp"], after["published"]) == (LATER, False)


def test_edit_row_10_what_it_extends_is_changed_and_taken_back(sam: Actor) -> None:
    """§3.6.2 row 10, MODEL §7.2: a uuid of what may not be here, "" for none, left out for as before."""
    first, second = new_uuid(), new_uuid()
    event = add(sam, extends_uuid=first)
    steps: list[tuple[Json, str]] = [
        ({}, first), ({"extends_uuid": second.upper()}, second), ({"extends_uuid": ""}, ""),
    ]  # fmt: skip
    for place, (more, stands) in enumerate(steps):
        sent = {key: value for key, value in event.items() if key != "extends_uuid"}
        assert edit(sam, {**sent, "timestamp": str(int(THEN) + place)}, **more).status_code == 200
        assert sam.views(event)["extends_uuid"] == stands


def test_edit_row_10_ownership_lock_and_account_never_change(sam: Actor, dora: Actor) -> None:
    """§3.6.2 row 10."""
    event = add(sam, Orgc={"uuid": new_uuid(), "name": f"Creator {new_uuid()}"}, locked=1)
    before = dora.views(event)
    mine = {"uuid": sam.org_uuid, "name": sam.org_name}
    assert (
        edit(sam, event, Orgc=mine, Org=mine, orgc_id="1", org_id="1", user_id="1", id="1", locked=0).status_code == 200
    )
    after = dora.views(event)
    for key in ("id", "org_id", "orgc_id", "locked", "Org", "Orgc", "event_creator_email", "protected"):
        assert after[key] == before[key], key


def test_edit_row_11_elements_by_their_own_timestamps(sam: Actor) -> None:
    """§3.6.2 row 11, MODEL §7.10: newer is taken, not newer is left with its tags, absent stays, deleted is deleted."""
    same, newer, gone, absent = (attribute() for _ in range(4))
    event = add(sam, Attribute=[same, newer, gone, absent])
    tag = f"late:{new_uuid()}"
    sent = [
        same | {"comment": "same", "Tag": [{"name": tag}]},
        newer | {"comment": "newer", "timestamp": LATER, "Tag": [{"name": tag, "relationship_type": "r"}]},
        gone | {"deleted": True, "timestamp": LATER},
        attribute(value="fresh.example"),
    ]
    assert edit(sam, event, Attribute=sent).status_code == 200
    stored = {a["uuid"]: a for a in whole(sam, event)["Attribute"]}
    assert [stored[a["uuid"]]["comment"] for a in (same, newer, absent)] == ["", "newer", ""]
    assert [t["name"] for t in stored[newer["uuid"]]["Tag"]] == [tag]
    assert "Tag" not in stored[same["uuid"]]
    assert [stored[a["uuid"]]["deleted"] for a in (gone, absent, sent[3])] == [True, False, False]
    assert whole(sam, event)["timestamp"] == LATER, "MISP: a new object would make it now; ours keeps the sender's"


@pytest.mark.parametrize("newer", [True, False], ids=["newer object", "same object"])
def test_edit_row_11_attributes_come_with_a_newer_object_and_references_by_their_own_time(
    sam: Actor, newer: bool
) -> None:
    """§3.6.2 row 11, MODEL §7.10: a reference is matched by uuid, one to what is not here is skipped."""
    target, held = attribute(), attribute(object_relation="a")
    reference = {
        "uuid": new_uuid(), "referenced_uuid": target["uuid"], "relationship_type": "drops", "timestamp": THEN,
        "comment": "", "deleted": False, "object_uuid": new_uuid(),
    }  # fmt: skip
    old, gone = reference | {"uuid": new_uuid()}, reference | {"uuid": new_uuid()}
    obj = an_object(Attribute=[held], ObjectReference=[reference, old, gone])
    event = add(sam, Attribute=[target], Object=[obj])
    fresh = reference | {"uuid": new_uuid(), "relationship_type": "fresh"}
    references = [
        reference | {"relationship_type": "uses", "timestamp": LATER},
        old | {"relationship_type": "never", "timestamp": THEN},
        gone | {"deleted": True, "timestamp": LATER},
        fresh,
        reference | {"uuid": new_uuid(), "referenced_uuid": new_uuid()},
    ]
    changed = held | {"comment": "changed", "timestamp": LATER}
    sent = obj | {"timestamp": LATER if newer else THEN, "Attribute": [changed], "ObjectReference": references}
    assert edit(sam, event, Object=[sent]).status_code == 200
    [stored] = whole(sam, event)["Object"]
    assert (stored["Attribute"][0]["comment"] == "changed") is newer
    told = {r["uuid"]: r["relationship_type"] for r in stored["ObjectReference"] if not r["deleted"]}
    assert told == {reference["uuid"]: "uses", old["uuid"]: "drops", fresh["uuid"]: "fresh"}


@pytest.mark.parametrize("sent", [True, False], ids=["sent along", "not sent"])
def test_edit_row_11_a_deleted_object_takes_its_attributes_along(sam: Actor, sent: bool) -> None:
    """MODEL §7.10, "deleted truthy"; unknown ones are stored deleted too."""
    known, unknown = an_object(), an_object(deleted=True)
    event = add(sam, Object=[known])
    gone = known | {"deleted": 1, "timestamp": LATER} | ({} if sent else {"Attribute": []})
    assert edit(sam, event, Object=[gone, unknown]).status_code == 200
    stored = whole(sam, event)
    assert [(o["deleted"], o["Attribute"][0]["deleted"]) for o in stored["Object"]] == [(True, True)] * 2


def test_edit_row_11_a_report_of_another_event_is_not_moved(sam: Actor) -> None:
    """MODEL §7.10, reports; a newer one of its own event is taken."""
    known = report()
    event, other = add(sam, EventReport=[known]), add(sam)
    stolen = known | {"name": "Moved", "timestamp": "1700000009"}
    assert edit(sam, other, EventReport=[stolen]).status_code == 200
    assert whole(sam, other)["EventReport"] == []
    assert whole(sam, event)["EventReport"][0]["name"] == "What"
    assert edit(sam, event, EventReport=[known | {"name": "Next", "timestamp": LATER}]).status_code == 200
    assert whole(sam, event)["EventReport"][0]["name"] == "Next"


def _live(event: Json) -> list[Json]:
    return [tag for tag in event["Tag"] if not tag.get("deleted")]


def test_edit_row_11_tags_are_added_and_removed_by_deleted_alone(sam: Actor) -> None:
    """§3.6.2 row 11, RULES §8: also when the tag is said to be deleted as a number."""
    kept, gone, late = (f"{name}:{new_uuid()}" for name in ("kept", "gone", "late"))
    event = add(sam, Tag=[{"name": kept}, {"name": gone}])
    tags = [{"name": gone, "deleted": 1}, {"name": late}, {"name": kept, "relationship_type": "r", "local": True}]
    assert edit(sam, event, Tag=tags).status_code == 200
    told = {tag["name"]: (tag["relationship_type"], tag["local"]) for tag in _live(sam.views(event))}
    assert told.keys() == {kept, late}
    assert told[kept] == ("r", False), "the local flag is kept, the relationship is updated"
    assert edit(sam, {**event, "timestamp": LATER}, Tag=[]).status_code == 200
    assert {tag["name"] for tag in _live(sam.views(event))} == {kept, late}


# §3.3, §3.6 a: what is asked before an event is sent ---------------------------------------------------------------

STATES: Mapping[str, tuple[Callable[[Actor, Actor], Json], int]] = {
    "pushed by them": (lambda sam, _: add(sam), 200),
    "for everybody here": (lambda _, alice: alice.adds_event(distribution=D.COMMUNITY), 200),
    "for its organisation": (lambda _, alice: alice.adds_event(distribution=D.ORGANISATION), 404),
    "deleted": (lambda _, alice: _deleted(alice), 404),
    "never here": (lambda _sam, _alice: {"uuid": new_uuid()}, 404),
    "not one": (lambda _sam, _alice: {"uuid": "nonsense"}, 404),
}


def _deleted(alice: Actor) -> Json:
    event = alice.adds_event()
    alice.deletes(event)
    return event


@pytest.mark.parametrize(("make", "status"), STATES.values(), ids=STATES)
@pytest.mark.parametrize("spelling", [str, str.upper], ids=["lower", "upper"])
def test_head_tells_who_may_see_an_event_that_it_is_here(
    sam: Actor, alice: Actor, make: Callable[[Actor, Actor], Json], status: int, spelling: Callable[[str], str]
) -> None:
    """§3.6, HEAD rule: 200 or 404, and no body."""
    ref = spelling(make(sam, alice)["uuid"])
    answer = sam.server.request("HEAD", f"/events/view/{ref}", key=sam.key)
    assert (answer.status_code, answer.content) == (status, b"")


OFFERED: Mapping[str, tuple[Callable[[Actor, Actor, Actor], Json], int, bool]] = {
    "unknown": (lambda *_: {"uuid": new_uuid(), "timestamp": THEN}, 0, True),
    "blocked": (lambda _sam, _alice, dora: _blocked(dora), 0, True),
    "deleted": (lambda _sam, alice, _dora: _deleted(alice), 0, True),
    "the same version": (lambda sam, *_: add(sam, locked=1), 0, False),
    "older": (lambda sam, *_: add(sam, locked=1), -1, False),
    "newer": (lambda sam, *_: add(sam, locked=1), 1, True),
    "newer, and written here": (lambda _sam, alice, _dora: alice.adds_event(), 1, False),
    "newer, theirs and unlocked": (lambda sam, *_: add(sam, locked=0), 1, False),
    "newer, hidden and locked": (lambda sam, *_: _of_tina(sam), 1, True),
}


def _blocked(dora: Actor) -> Json:
    uuid = new_uuid()
    assert dora.post("/eventBlocklists/add", {"uuids": [uuid]}).status_code == 200
    return {"uuid": uuid, "timestamp": THEN}


def _of_tina(sam: Actor) -> Json:
    tina = add_actor(admin_of(sam.server), f"Tina-{new_uuid()[:8]}", org_name=f"T {new_uuid()}", role_id=SYNC_USER)
    return add(tina, distribution="0", locked=1)


@pytest.mark.parametrize(("make", "ahead", "wanted"), OFFERED.values(), ids=OFFERED)
def test_an_offered_event_is_wanted_by_the_table(
    sam: Actor, alice: Actor, dora: Actor, make: Callable[[Actor, Actor, Actor], Json], ahead: int, wanted: bool
) -> None:
    """§3.3: no look at visibility, none at the blocklist, where what was deleted stands (recording 27)."""
    event = make(sam, alice, dora)
    stamp = str(int(event["timestamp"]) + ahead)
    answer = sam.post(OFFER, [{"Event": {"uuid": event["uuid"], "timestamp": stamp}}])
    assert (answer.status_code, answer.json()) == (200, [event["uuid"]] if wanted else [])


@pytest.mark.parametrize("body", [[], {}, [1, None, "x"], [{"Event": {}}], [{"Event": {"uuid": "x"}}]], ids=str)
def test_an_offer_of_nothing_is_answered_with_an_empty_list(sam: Actor, body: object) -> None:
    """§3.3."""
    assert sam.post(OFFER, body).json() == []


def test_an_event_that_is_offered_twice_is_wanted_once(sam: Actor) -> None:
    """§3.3: the last version of it counts."""
    known, unknown = add(sam, locked=1), new_uuid()
    offers = [(unknown, THEN), (known["uuid"], LATER), (unknown.upper(), LATER), (known["uuid"], THEN)]
    body = [{"Event": {"uuid": uuid, "timestamp": stamp}} for uuid, stamp in offers]
    assert sam.post(OFFER, body).json() == [unknown]


def test_an_offer_needs_the_sync_permission(bob: Actor) -> None:
    """§3.3."""
    assert bob.post(OFFER, []).json()["message"] == NO_FUNCTION
