"""PyMISP unchanged against a live server, as an analyst and as a site admin (CLIENTS)."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest
from pymisp import MISPAttribute, MISPEvent, MISPObject, PyMISP

from mispmini.domain.ids import new_uuid
from tests.cast import Actor

Json = Any
Client = Any  # its answers are unions of dictionaries and objects, by the switch `pythonify`
TAGS = ("tlp:green", "tlp:amber", 'phishing:kind="bank"', "workflow:todo")


def _client(actor: Actor) -> Client:
    return PyMISP(actor.server.url, actor.key, timeout=30)


@pytest.fixture(scope="module", params=["alice", "dora"])
def actor(request: pytest.FixtureRequest) -> Actor:
    """Who works: a publisher, a site admin."""
    found: Actor = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module", autouse=True)
def _tags(dora: Actor) -> None:
    """A publisher may attach tags but not invent them (MODEL §5.2): the tags are here already."""
    for name in TAGS:
        dora.post("/tags/add", {"name": name})


@pytest.fixture(scope="module")
def misp(actor: Actor) -> Client:
    """The client, once it has started: getVersion, users/view/me, describeTypes."""
    return _client(actor)


def _fresh(name: str) -> str:
    return f"{name}-{new_uuid()[:8]}.example"


def _an_event(*values: str, tags: tuple[str, ...] = ()) -> MISPEvent:
    event = MISPEvent()
    event.info = f"Phishing seen by PyMISP {new_uuid()[:8]}"
    event.distribution = 1
    for value in values:
        event.add_attribute("domain", value)
    for tag in tags:
        event.add_tag(tag)
    return event


def _added(misp: Client, event: MISPEvent) -> MISPEvent:
    answer = misp.add_event(event, pythonify=True)
    assert isinstance(answer, MISPEvent), answer
    return answer


def test_it_starts_and_knows_who_it_is(misp: Client, actor: Actor) -> None:
    user = misp.get_user(pythonify=True)
    assert user.email == actor.email
    assert misp.misp_instance_version["version"].startswith("2.5.")
    assert misp.describe_types_local["types"] == misp.describe_types_remote["types"]


def test_an_event_keeps_attributes_objects_and_tags(misp: Client) -> None:
    event = _an_event(_fresh("a"), tags=("tlp:green",))
    event.attributes[0].add_tag('phishing:kind="bank"')
    pair = MISPObject("domain-ip")
    pair.add_attribute("domain", value=_fresh("b"))
    pair.add_attribute("ip", value="198.51.100.77")
    event.add_object(pair)
    added = _added(misp, event)
    assert added.uuid == event.uuid
    assert [tag.name for tag in added.tags] == ["tlp:green"]
    assert [tag.name for tag in added.attributes[0].tags] == ['phishing:kind="bank"']
    assert {(a.object_relation, a.value) for a in added.objects[0].attributes} == {
        (a.object_relation, a.value) for a in pair.attributes
    }
    assert added["attribute_count"] == "3"


def test_an_update_changes_what_was_changed(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("keep")))
    event.info = "Changed"
    event.add_attribute("ip-dst", "198.51.100.78", to_ids=False)
    event.attributes[0].comment = "seen twice"
    updated = misp.update_event(event, pythonify=True)
    assert isinstance(updated, MISPEvent), updated
    assert updated.info == "Changed"
    assert [(a.type, a.comment) for a in updated.attributes] == [("domain", "seen twice"), ("ip-dst", "")]


def test_published_is_published_within_the_second(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("pub")))
    assert "errors" not in misp.publish(event)
    assert misp.get_event(event, pythonify=True).published
    assert [e.uuid for e in _found(misp, publish_timestamp="10s", eventinfo=event.info)] == [event.uuid]
    assert "errors" not in misp.unpublish(event)
    assert not misp.get_event(event, pythonify=True).published


def _found(misp: Client, **criteria: Any) -> list[MISPEvent]:
    found = misp.search(controller="events", pythonify=True, **criteria)
    assert isinstance(found, list), found
    return [event for event in found if isinstance(event, MISPEvent)]


@pytest.mark.parametrize("by", ["value", "uuid", "tags", "eventid", "eventinfo", "last", "org"])
def test_a_search_finds_the_event_and_no_other(misp: Client, actor: Actor, dora: Actor, by: str) -> None:
    value, tag = _fresh("wanted"), f"campaign:{new_uuid()[:8]}"
    dora.post("/tags/add", {"name": tag})
    event = _added(misp, _an_event(value, tags=(tag,)))
    misp.publish(event)
    criteria: dict[str, dict[str, Any]] = {
        "value": {"value": value},
        "uuid": {"uuid": event.uuid},
        "tags": {"tags": [tag]},
        "eventid": {"eventid": event.id},
        "eventinfo": {"eventinfo": event.info},
        "last": {"publish_timestamp": "1m", "value": value},
        "org": {"org": actor.org_name, "value": value},
    }
    assert [found.uuid for found in _found(misp, **criteria[by])] == [event.uuid]
    assert _found(misp, value=_fresh("absent")) == []


@pytest.mark.parametrize("kind", ["domain", ["domain", "ip-dst"]], ids=["one type", "a list of types"])
def test_a_search_finds_attributes_by_value_and_type(misp: Client, kind: Json) -> None:
    value = _fresh("attribute")
    event = _added(misp, _an_event(value, _fresh("another")))
    found = misp.search(controller="attributes", value=value, type_attribute=kind, pythonify=True)
    assert [(a.value, str(a.event_id)) for a in found] == [(value, str(event.id))]
    assert misp.search(controller="attributes", value=value, type_attribute="url", pythonify=True) == []


def test_tags_go_on_and_off_events_and_attributes(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("tagged")))
    for target in (event, event.attributes[0]):
        assert "successfully attached" in misp.tag(target, "tlp:amber")["message"]
    seen = misp.get_event(event, pythonify=True)
    assert [[tag.name for tag in part.tags] for part in (seen, seen.attributes[0])] == [["tlp:amber"]] * 2
    assert "successfully removed" in misp.untag(event, "tlp:amber")["message"]
    assert misp.get_event(event, pythonify=True).tags == []


def test_a_local_tag_is_local(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("local")))
    misp.tag(event, "workflow:todo", local=True)
    seen = misp.get_event(event, pythonify=True)
    assert [(tag.name, tag.local) for tag in seen.tags] == [("workflow:todo", True)]


def test_an_attribute_is_added_changed_and_deleted(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("base")))
    wanted = MISPAttribute()
    wanted.type, wanted.value = "url", f"https://{_fresh('login')}/"
    attribute = misp.add_attribute(event, wanted, pythonify=True)
    assert isinstance(attribute, MISPAttribute), attribute
    attribute.comment = "changed"
    assert misp.update_attribute(attribute, pythonify=True).comment == "changed"
    assert misp.get_attribute(attribute, pythonify=True).value == wanted.value
    assert misp.delete_attribute(attribute)["message"] == "Attribute deleted."
    assert wanted.value not in [a.value for a in misp.get_event(event, pythonify=True).attributes]


def test_deleted_attributes_are_shown_to_who_asks_for_them(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("stays"), _fresh("goes")))
    misp.publish(event)
    misp.delete_attribute(event.attributes[1])
    live = misp.get_event(event, pythonify=True)
    every = misp.get_event(event, deleted=True, pythonify=True)
    assert [a.deleted for a in live.attributes] == [False]
    assert [a.deleted for a in every.attributes] == [False, True]


def test_many_attributes_are_added_at_once_and_the_bad_one_named(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("many")))
    good, bad = MISPAttribute(), MISPAttribute()
    good.type, good.value = "domain", _fresh("good")
    bad.type, bad.value = "ip-dst", "no address"
    answer = misp.add_attribute(event, [good, bad])
    assert [a["value"] for a in answer["Attribute"]] == [good.value]
    assert answer["errors"] == {"attribute_1": {"value": ["IP address has an invalid format."]}}


def test_an_event_is_deleted_and_absent(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("gone")))
    assert misp.event_exists(event)
    assert misp.delete_event(event)["message"] == "Event deleted."
    assert not misp.event_exists(event)
    assert misp.get_event(event)["errors"][0] == 404


def test_an_extended_event_is_read_without_complaint(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("base")))
    more = _an_event(_fresh("more"))
    more.extends_uuid = event.uuid
    assert _added(misp, more).extends_uuid == event.uuid
    seen = misp.get_event(event, extended=True, pythonify=True)
    assert seen.uuid == event.uuid


def test_an_old_copy_does_not_overwrite_a_newer_one(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("old")))
    stale = event.to_dict() | {"info": "Stale"}
    answer = misp.update_event(_from(stale))
    assert answer["errors"][0] == 403
    assert "not newer" in answer["errors"][1]["errors"]


def _from(fields: dict[str, Any]) -> MISPEvent:
    event = MISPEvent()
    event.from_dict(**fields)
    return event


def test_any_path_can_be_called_directly(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("direct")))
    answer = misp.direct_call(f"events/view/{event.uuid}")
    assert answer["Event"]["uuid"] == event.uuid
    found = misp.direct_call("events/restSearch", {"uuid": event.uuid, "metadata": True})
    assert [item["Event"]["uuid"] for item in found] == [event.uuid]


def test_an_index_finds_by_what_it_is_asked(misp: Client) -> None:
    event = _added(misp, _an_event(_fresh("index")))
    found = misp.search_index(eventinfo=event.info, pythonify=True)
    assert [item.uuid for item in found] == [event.uuid]
    assert event.uuid in [item.uuid for item in misp.events(pythonify=True)]


def test_others_do_not_see_what_is_for_one_organisation(alice: Actor, bob: Actor) -> None:
    wanted = _an_event(_fresh("secret"))
    wanted.distribution = 0
    event = _added(_client(alice), wanted)
    theirs = _client(bob)
    assert not theirs.event_exists(event)
    assert _found(theirs, uuid=event.uuid) == []
    assert theirs.search(controller="attributes", value=wanted.attributes[0].value, pythonify=True) == []


def test_a_backslash_may_come_doubled(misp: Client) -> None:
    info = rf"C:\Windows\{new_uuid()}.exe"
    misp.add_event({"info": info, "distribution": 0})
    for spelt in (info, info.replace("\\", "\\\\")):
        assert [found["info"] for found in misp.search_index(eventinfo=spelt)] == [info]
    assert misp.search_index(eventinfo=info.replace("\\", "/")) == []


def test_communities_are_listed_and_shown(dora: Actor) -> None:
    misp = _client(dora)
    listed = misp.communities(pythonify=True)
    assert misp.get_community(listed[1], pythonify=True).name == listed[1].name
    assert misp.get_community(99)["errors"][0] == 404


@pytest.mark.parametrize("kind", ["attachment", "malware-sample"])
def test_a_file_is_proposed_and_read_back(misp: Client, kind: str) -> None:
    event = _added(misp, _an_event(_fresh("proposed")))
    wanted = MISPAttribute()
    wanted.from_dict(type=kind, value="a.exe", data=BytesIO(b"MZ"))
    made = misp.add_attribute_proposal(event.id, wanted, pythonify=True)
    read = misp.get_attribute_proposal(made.id, pythonify=True)
    (listed,) = misp.attribute_proposals(event.id, pythonify=True)
    (nested,) = misp.get_event(event.id, pythonify=True).shadow_attributes
    assert made.data == read.data == listed.data == nested["data"]
    misp.accept_attribute_proposal(made.id)
    taken = misp.get_event(event.id, pythonify=True).attributes[-1]
    assert taken.data.getvalue() == b64decode(made.data)
    assert (taken.malware_binary if kind == "malware-sample" else taken.data).getvalue() == b"MZ"
