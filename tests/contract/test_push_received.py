"""PROTOCOL §3.6.1 with ours as the receiver: what events/add does with a MISP's push, row by row, in exchanges that
nobody recorded; and the groups and levels of elements (MODEL §7.9)."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, add_actor
from tests.contract.pushing import ADD, LATER, NO_FUNCTION, THEN, add, an_object, attribute, edit, report, whole
from tests.contract.test_refusals import group, pushed

Json = dict[str, Any]
D = Distribution
READ_ONLY = 6
BLANK: Json = {"Event": {}}
NO_EVENT = "No valid event data received."
EXISTS = "Event already exists, if you would like to edit it, use the url in the location header."


@pytest.fixture(scope="module")
def ron(dora: Actor) -> Actor:
    """A reader."""
    return add_actor(dora, "Ron", org_name=f"CSIRT Romeo {new_uuid()}", role_id=READ_ONLY)


# §3.6.1, what events/add does, row by row --------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{}, [], BLANK, {"Event": []}, {"response": {}}, {"request": {"Event": {}}}], ids=str)
def test_add_row_2_a_body_without_an_event(sam: Actor, body: object) -> None:
    """§3.6.1 row 2."""
    answer = sam.post(ADD, body)
    assert (answer.status_code, answer.json()["message"]) == (405, NO_EVENT)


def test_add_row_1_needs_the_permission_before_anything_is_read(ron: Actor) -> None:
    """§3.6.1 row 1."""
    answer = ron.post(ADD, {})
    assert (answer.status_code, answer.json()["message"]) == (403, NO_FUNCTION)


WRAPPERS: Mapping[str, Callable[[Json], object]] = {
    "Event": lambda event: {"Event": event},
    "bare": lambda event: event,
    "request": lambda event: {"request": {"Event": event}},
    "bare request": lambda event: {"request": event},
    "response": lambda event: {"response": {"Event": event}},
    "response of a list": lambda event: {"response": [{"Event": event}]},
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_add_row_3_an_event_is_found_in_every_wrapper(sam: Actor, wrap: Callable[[Json], object]) -> None:
    """§3.6.1 row 3, §1.7."""
    event = pushed(sam)["Event"]
    answer = sam.post(ADD, wrap(event))
    assert (answer.status_code, answer.json()["Event"]["uuid"]) == (200, event["uuid"])
    assert not {"Attribute", "Object", "ShadowAttribute", "EventReport"} & set(answer.json()["Event"]), "metadata:1"


def test_add_row_5_what_is_left_out_is_as_a_misp_makes_it(sam: Actor) -> None:
    """§3.6.1 row 5; a partner that leaves its level out gets the setting's."""
    kept = {key: value for key, value in pushed(sam)["Event"].items() if key in ("uuid", "info", "Attribute", "Orgc")}
    stored = sam.post("/events/add", {"Event": kept}).json()["Event"]
    assert (stored["analysis"], stored["threat_level_id"], stored["distribution"]) == ("0", "4", "1")
    assert (stored["published"], stored["extends_uuid"], stored["disable_correlation"]) == (False, "", False)
    assert len(stored["date"]) == 10


def test_add_row_6_a_group_may_be_named_by_its_number_here_while_it_is_active(sam: Actor, dora: Actor) -> None:
    """§3.6.1 row 6."""
    brought = group(sam, sam)
    number = sam.views(add(sam, distribution="4", SharingGroup=brought))["sharing_group_id"]
    named_event = sam.views(add(sam, distribution="4", sharing_group_id=number))
    assert (named_event["distribution"], named_event["SharingGroup"]["uuid"]) == ("4", brought["uuid"])
    assert dora.post(f"/sharing_groups/edit/{number}", {"active": False}).status_code == 200
    answer = sam.post(ADD, pushed(sam, distribution="4", sharing_group_id=number))
    assert (answer.status_code, answer.json()["message"]) == (405, "Invalid Sharing Group or not authorised.")
    whole_group = sam.post(ADD, pushed(sam, distribution="4", SharingGroup=brought))
    assert (whole_group.status_code, whole_group.json()["Event"]["distribution"]) == (200, "4"), "MODEL §7.9 row 4"


@pytest.mark.parametrize("level", ["0", "1", "2", "3"])
def test_add_row_7_a_group_counts_with_its_level_alone(sam: Actor, level: str) -> None:
    """§3.6.1 row 7: and a receiver lowers nothing, the pusher did (03, 04)."""
    event = add(sam, distribution=level, sharing_group_id="77", SharingGroup=group(sam, sam))
    stored = sam.views(event)
    assert (stored["distribution"], stored["sharing_group_id"]) == (level, "0")
    assert "SharingGroup" not in stored


@pytest.mark.parametrize(
    ("orgc", "is_foreign"),
    [
        ({"uuid": "{new}", "name": "New {new}"}, True),
        ({"id": "1", "uuid": "{new}", "name": "New {new}", "local": True}, True),
        ({"name": "Named alone {new}"}, True),
        ("Text alone {new}", True),
        ({}, False),
        ([], False),
        (None, False),
        ({"id": "1"}, False),
    ],
    ids=str,
)
def test_add_row_16_who_created_it(sam: Actor, orgc: Any, is_foreign: bool) -> None:
    """§3.6.1 rows 12, 16, 17: Orgc by uuid or name, numbers never; none is the caller; the owner is the caller."""
    new = new_uuid()
    if isinstance(orgc, dict):
        orgc = {key: value.format(new=new) if isinstance(value, str) else value for key, value in orgc.items()}
    elif isinstance(orgc, str):
        orgc = orgc.format(new=new)
    stored = sam.views(add(sam, Orgc=orgc, orgc_id="1", org_id="1", user_id="1", id="1", locked=1))
    assert (stored["Org"]["uuid"], stored["locked"]) == (sam.org_uuid, True)
    assert (stored["Orgc"]["uuid"] != sam.org_uuid) is is_foreign
    if is_foreign:
        assert new in stored["Orgc"]["name"] + stored["Orgc"]["uuid"]
        assert stored["Orgc"]["local"] is False


def test_add_row_16_the_legacy_text_orgc_names_the_creator(sam: Actor) -> None:
    """§3.6.1 row 16."""
    name = f"Legacy {new_uuid()}"
    assert sam.views(add(sam, Orgc=None, orgc=name))["Orgc"]["name"] == name


@pytest.mark.parametrize(
    ("said", "stored"), [(1, True), ("1", True), (True, True), (0, False), ("0", False), (None, True)], ids=str
)
def test_add_row_17_locked_is_as_it_was_sent(sam: Actor, said: object, stored: bool) -> None:
    """§3.6.1 row 17, RULES §4: absent and of somebody else is locked."""
    creator = {"uuid": new_uuid(), "name": f"Creator {new_uuid()}"}
    assert sam.views(add(sam, Orgc=creator, locked=said))["locked"] is stored


def test_add_row_18_tags_keep_how_they_are_attached_and_the_first_of_a_name_wins(sam: Actor, dora: Actor) -> None:
    """§3.6.1 row 18, MODEL §7.5: on the event, its attributes and those inside objects."""
    name = f"kept:{new_uuid()}"
    tags = [
        {"name": name, "colour": "#010203", "relationship_type": "first", "numerical_value": "7"},
        {"name": name.upper(), "relationship_type": "second"},
        {"name": f"here:{name}", "local": True},
    ]
    inside = an_object(Attribute=[attribute(object_relation="a", Tag=tags)])
    stored = dora.views(add(sam, Tag=tags, Attribute=[attribute(Tag=tags)], Object=[inside]))
    for holder in (stored, stored["Attribute"][0], stored["Object"][0]["Attribute"][0]):
        told = {tag["name"]: (tag["colour"], tag["relationship_type"], tag["local"]) for tag in holder["Tag"]}
        assert told[name] == ("#010203", "first", False)
        assert told[f"here:{name}"][2] is True
        assert len(told) == 2


def test_add_row_19_what_is_doubled_or_wrong_is_left_out_and_the_event_stays(sam: Actor) -> None:
    """§3.6.1 row 19: by value, type and category; deleted ones and those inside objects do not count."""
    twice = new_uuid()
    loose = [
        attribute(value="twice.example"), attribute(value="TWICE.example"),
        attribute(value="twice.example", type="hostname"),
        attribute(value="twice.example", category="External analysis"), attribute(value="twice.example", deleted=True),
        attribute(uuid=twice), attribute(uuid=twice), attribute(type=""), attribute(value=""), attribute(type="md5"),
    ]  # fmt: skip
    inside = an_object(Attribute=[attribute(object_relation="a", value="twice.example") for _ in range(2)])
    body = pushed(sam, Attribute=loose, Object=[inside], published=True)
    assert sam.post(ADD, body).status_code == 200
    stored = whole(sam, body["Event"])
    expected = [0, 2, 3, 4, 5]
    assert [a["uuid"] for a in stored["Attribute"]] == [loose[place]["uuid"] for place in expected]
    assert len(stored["Object"][0]["Attribute"]) == 2
    assert stored["attribute_count"] == "6"


@pytest.mark.parametrize("beside", [True, False], ids=["beside the event", "inside it"])
@pytest.mark.parametrize("way", ["add", "edit"])
def test_add_row_20_sightings_that_stand_beside_the_attributes_are_taken(sam: Actor, beside: bool, way: str) -> None:
    """§3.6.1 row 20, §3.6.2 row 11."""
    one = attribute()
    sighting = {
        "uuid": new_uuid(), "attribute_uuid": one["uuid"], "type": "0", "date_sighting": LATER, "source": "probe",
        "org_id": "9", "Organisation": {"uuid": sam.org_uuid, "name": sam.org_name},
    }  # fmt: skip
    strays = [sighting | {"uuid": new_uuid(), "attribute_uuid": new_uuid()}, {"uuid": "no"}, 7]
    event = add(sam, Attribute=[one]) if way == "edit" else pushed(sam, Attribute=[one])["Event"]
    path = f"/events/edit/{event['uuid']}" if way == "edit" else ADD
    event = {**event, "timestamp": LATER}
    seen = {"Sighting": [sighting, *strays]}
    body = {"Event": event, **seen} if beside else {"Event": {**event, **seen}}
    assert sam.post(path, body).status_code == 200
    found = sam.get(f"/sightings/listSightings/{event['uuid']}/event").json()
    assert [item["Sighting"]["uuid"] for item in found] == [sighting["uuid"]]


def test_add_row_21_what_comes_published_is_published_here_now(sam: Actor) -> None:
    """§3.6.1 row 21, MODEL §7.2: publish_timestamp is ours."""
    stored = sam.views(add(sam, published=True, publish_timestamp="5"))
    assert stored["published"] is True
    assert int(stored["publish_timestamp"]) > int(THEN)
    assert sam.views(add(sam, published=False, publish_timestamp="5"))["publish_timestamp"] == "0"


@pytest.mark.parametrize("mend", [{}, {"Attribute": [], "published": False}, {"Attribute": [], "Object": []}], ids=str)
def test_add_row_15_a_known_uuid_is_told_by_its_place_even_if_it_is_hidden(
    sam: Actor, alice: Actor, mend: Json
) -> None:
    """§3.6.1 row 15: 404 with an absolute Location on /events/{id}."""
    hidden = alice.adds_event(distribution=D.ORGANISATION)
    answer = sam.post(ADD, pushed(sam, uuid=hidden["uuid"].upper(), **mend))
    assert (answer.status_code, answer.json()["message"]) == (404, EXISTS)
    assert answer.headers["Location"] == f"{sam.server.url}/events/{hidden['id']}"
    told = sam.post(f"/events/edit/{hidden['id']}/metadata:1", pushed(sam, uuid=hidden["uuid"]))
    assert (told.status_code, told.json()["message"]) == (404, "Invalid event")


def test_add_row_11_before_row_15_an_empty_published_event_is_refused_whatever_is_here(sam: Actor) -> None:
    """§3.6.1 rows 11, 15."""
    known = add(sam)
    for uuid in (known["uuid"], new_uuid()):
        answer = sam.post(ADD, pushed(sam, uuid=uuid, Attribute=[], published=True))
        assert answer.status_code == 403
        assert answer.json()["errors"] == {
            "Event": "Received a published event that was empty. Event add process blocked."
        }


@pytest.fixture
def small_files(dora: Actor) -> Iterator[int]:
    """The most bytes of a file here."""
    path = "/servers/serverSettingsEdit/most_attachment_bytes"
    assert dora.post(path, {"value": 100}).status_code == 200
    yield 100
    assert dora.post(path, {"value": 35 * 2**20}).status_code == 200


def test_a_file_is_taken_up_to_the_limit_and_only_where_its_type_has_one(sam: Actor, small_files: int) -> None:
    """§3.6.1 row 19, MODEL §7.3: what is too large is left out and named; a stray file is passed over."""

    def data(length: int) -> str:
        return base64.b64encode(b"x" * length).decode()

    fits = attribute(type="attachment", value="a.txt", data=data(small_files))
    large = attribute(type="attachment", value="b.txt", data=data(small_files + 1))
    bare = attribute(type="attachment", value="c.txt", data="")
    stray = attribute(data=data(1))
    broken = attribute(type="attachment", value="d.txt", data="%%%")
    body = pushed(sam, Attribute=[fits, large, bare, stray, broken])
    answer = sam.post(ADD, body)
    assert (answer.status_code, len(answer.json()["errors"])) == (200, 2)
    stored = {a["uuid"]: a.get("data") for a in sam.views(body["Event"])["Attribute"]}
    assert stored == {fits["uuid"]: fits["data"], bare["uuid"]: None, stray["uuid"]: None}
    again = edit(sam, body["Event"], Attribute=[stray | {"timestamp": LATER, "comment": "next"}])
    assert (again.status_code, "errors" in again.json()) == (200, False)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_body_may_come_in_chunks(sam: Actor, packed: bool) -> None:
    """§1.2: as libcurl and proxies send a long one, without a Content-Length."""
    body = json.dumps(pushed(sam, info="x" * 5000)).encode()
    raw = gzip.compress(body) if packed else body
    headers = {"Authorization": sam.key, "Accept": "application/json", "Content-Type": "application/json"}
    headers |= {"Content-Encoding": "gzip"} if packed else {}
    chunks = (raw[place : place + 999] for place in range(0, len(raw), 999))
    answer = requests.post(sam.server.url + ADD, data=chunks, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["Event"]["info"]) == (200, "x" * 5000)


# Groups inside ------------------------------------------------------------------------------------------------------

KINDS = ("Attribute", "Object", "EventReport", "inside")


def of_kind(kind: str, **level: object) -> tuple[str, list[Json]]:
    """An element of a kind for a group, and the key it comes under."""
    if kind == "inside":
        return "Object", [an_object(Attribute=[attribute(object_relation="a", **level)])]
    made = {"Attribute": attribute, "Object": an_object, "EventReport": report}[kind]
    return kind, [made(**level)]


def stored_of(kind: str, event: Json) -> list[Json]:
    """The elements of that kind."""
    if kind == "inside":
        return [held for obj in event["Object"] for held in obj["Attribute"]]
    found: list[Json] = event[kind]
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("accepted", [True, False], ids=["accepted", "refused"])
@pytest.mark.parametrize("way", ["add", "edit"])
def test_an_elements_own_group_is_taken_with_it(
    sam: Actor, alice: Actor, dora: Actor, kind: str, accepted: bool, way: str
) -> None:
    """MODEL §7.9, rows 1, 2, 7: refused, it stays with the organisation on add and outside on edit."""
    brought = group(sam, sam if accepted else alice)
    key, elements = of_kind(kind, distribution="4", sharing_group_id="99", SharingGroup=brought)
    event = pushed(sam)["Event"] if way == "add" else add(sam, EventReport=[], Object=[], Attribute=[attribute()])
    if way == "add":
        answer = sam.post(ADD, {"Event": {**event, "Attribute": [], key: elements}})
    else:
        answer = edit(sam, event, **{"Attribute": [], key: elements})
    assert answer.status_code == 200, answer.text
    uuids = {element["uuid"] for element in stored_of(kind, {key: elements})}
    stored = [one for one in stored_of(kind, whole(dora, event)) if one["uuid"] in uuids]
    if accepted:
        assert [(one["distribution"], one["SharingGroup"]["uuid"]) for one in stored] == [("4", brought["uuid"])]
    else:
        assert [(one["distribution"], one["sharing_group_id"]) for one in stored] == (
            [("0", "0")] if way == "add" else []
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", ["0", "1", "2", "3", "5"])
def test_an_elements_own_level_is_kept_as_it_came(sam: Actor, kind: str, level: str) -> None:
    """§3.5: the pusher lowers, the receiver does not."""
    key, elements = of_kind(kind, distribution=level)
    [stored] = stored_of(kind, whole(sam, add(sam, **{"Attribute": [], key: elements})))
    assert stored["distribution"] == level


# A uuid counts once -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Attribute", "Object", "EventReport"])
def test_the_first_element_of_a_uuid_counts_within_one_event(sam: Actor, kind: str) -> None:
    """TRUST §2.2 row 9: the second is left out and named."""
    key, [first] = of_kind(kind)
    _, [second] = of_kind(kind)
    body = pushed(sam, **{"Attribute": [], key: [first, {**second, "uuid": first["uuid"].upper()}]})
    answer = sam.post(ADD, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (200, [named(kind, first)])
    [stored] = whole(sam, body["Event"])[kind]
    assert stored["uuid"] == first["uuid"]


def named(kind: str, element: Json) -> str:
    """How an element that was left out is named beside the answer."""
    return f"attribute_1 {element['uuid']}" if kind == "Attribute" else f"{kind} {element['uuid']}"


@pytest.mark.parametrize("way", ["add", "edit"])
def test_an_attribute_never_moves_into_or_out_of_an_object(sam: Actor, way: str) -> None:
    """MODEL §7.10: a uuid that is known in another event or object is ignored."""
    loose, held = attribute(), attribute(object_relation="a")
    obj = an_object(Attribute=[held])
    moved = an_object(Attribute=[loose | {"object_relation": "a", "timestamp": LATER}])
    if way == "add":
        event = pushed(sam, Attribute=[loose], Object=[obj, moved])["Event"]
        answer = sam.post(ADD, {"Event": event})
    else:
        event = add(sam, Attribute=[loose], Object=[obj])
        answer = edit(sam, event, Attribute=[held | {"timestamp": LATER}], Object=[moved])
    assert answer.status_code == 200
    assert answer.json()["errors"]
    stored = whole(sam, event)
    assert [a["uuid"] for a in stored["Attribute"]] == [loose["uuid"]]
    assert {o["uuid"]: [a["uuid"] for a in o["Attribute"]] for o in stored["Object"]} == {
        obj["uuid"]: [held["uuid"]], moved["uuid"]: [],
    }  # fmt: skip
