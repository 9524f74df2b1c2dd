"""Events as they come in."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft, TagDraft
from mispmini.domain.errors import Invalid, MispminiError, Refused, TooLarge
from mispmini.wire import attribute_in
from mispmini.wire.attribute_in import read_attribute, read_attributes
from mispmini.wire.event_in import read_event
from mispmini.wire.object_in import read_object, read_reference
from mispmini.wire.report_in import read_report
from mispmini.wire.sharing_group_in import read_new_sharing_group, read_sharing_group
from mispmini.wire.tag_in import read_tag
from tests.wire import example
from tests.wire.conftest import Recordings
from tests.wire.strategies import json_values, near_events

UUID = "eeeeeeee-0000-4000-8000-000000000041"


def read(**fields: object) -> EventDraft:
    return read_event(fields, from_partner=False)


def attribute(**fields: object) -> AttributeDraft:
    return read_attribute(fields, from_partner=False)


def test_absent_fields_are_none_and_lists_empty() -> None:
    assert read(info="x") == EventDraft(info="x")
    assert read(info="x").is_empty


@pytest.mark.parametrize("body", [{}, [], None, 5, "x", {"Event": {}}, {"Event": []}, {"request": {}}])
def test_a_body_without_an_event_is_refused(body: object) -> None:
    with pytest.raises(Refused, match=r"No valid event data received\."):
        read_event(body, from_partner=True)


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("uuid", UUID.upper(), UUID),
        ("threat_level_id", "3", 3),
        ("threat_level_id", 1.0, 1),
        ("analysis", "Ongoing", 1),
        ("analysis", "completed ", 2),
        ("analysis", "0", 0),
        ("distribution", True, 1),
        ("distribution", "4", 4),
        ("sharing_group_id", "0", None),
        ("sharing_group_id", 7, 7),
        ("published", 1, True),
        ("published", "0", False),
        ("timestamp", "1700000000", 1700000000),
        ("timestamp", 2**31, 2**31),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "", None),
        ("extends_uuid", "", ""),
        ("extends_uuid", 17, "17"),
        ("extends_uuid", UUID.upper(), UUID),
        ("info", 5, "5"),
        ("locked", 1, True),
        ("protected", None, False),
        ("Orgc", {"uuid": UUID.upper(), "name": "N"}, OrganisationDraft(UUID, "N")),
        ("orgc", "Old name", OrganisationDraft(None, "Old name")),
    ],
)
def test_fields_are_read_tolerantly(field: str, given: object, expected: object) -> None:
    assert getattr(read(**{field: given}), field.lower()) == expected


@pytest.mark.parametrize(
    ("field", "given", "sentence"),
    [
        ("info", "", "valueNotEmpty"),
        ("info", " \n", "valueNotEmpty"),
        ("info", "0", "valueNotEmpty"),
        ("info", {}, "Expected a text."),
        ("uuid", "{" + UUID + "}", "Please provide a valid RFC 4122 UUID"),
        ("uuid", "urn:uuid:" + UUID, "Please provide a valid RFC 4122 UUID"),
        ("uuid", UUID.replace("-", ""), "Please provide a valid RFC 4122 UUID"),
        ("uuid", UUID + "\n", "Please provide a valid RFC 4122 UUID"),
        ("uuid", 5, "Please provide a valid RFC 4122 UUID"),
        ("date", "nope", "Expected date format: YYYY-MM-DD"),
        ("date", "2026-02-30", "Expected date format: YYYY-MM-DD"),
        ("date", 20260101, "Expected date format: YYYY-MM-DD"),
        ("threat_level_id", 5, "Options : 1, 2, 3, 4 (for High, Medium, Low, Undefined)"),
        ("threat_level_id", 0, "Options : 1, 2, 3, 4 (for High, Medium, Low, Undefined)"),
        ("analysis", "done", "Options : 0, 1, 2 (for Initial, Ongoing, Completed)"),
        ("analysis", [1], "Options : 0, 1, 2 (for Initial, Ongoing, Completed)"),
        ("distribution", 5, "Options : Your organisation only, This community only, Connected communities, "
         "All communities"),
        ("distribution", "x", "Options : Your organisation only, This community only, Connected communities, "
         "All communities"),
        ("published", "maybe", "Expected a boolean."),
        ("published", [True], "Expected a boolean."),
        ("timestamp", -1, "Expected a timestamp in seconds since 1970."),
        ("timestamp", "1e9", "Expected a timestamp in seconds since 1970."),
        ("timestamp", 1.5, "Expected a timestamp in seconds since 1970."),
        ("timestamp", True, "Expected a timestamp in seconds since 1970."),
        ("timestamp", 2**40, "Expected a timestamp in seconds since 1970."),
        ("timestamp", "2026-01-01", "Expected a timestamp in seconds since 1970."),
        ("extends_uuid", -3, "Expected a UUID or the id of an event."),
        ("Orgc", 5, "Expected an object."),
        ("Orgc", {"uuid": "x"}, "Expected an object."),
        ("sharing_group_id", -1, "Expected a whole number."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_by_field(field: str, given: object, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(**{"info": "x", field: given})
    assert refusal.value.errors == {field: [sentence]}


def test_every_field_that_does_not_fit_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        read(info="", date="x", distribution=9)
    assert set(refusal.value.errors) == {"info", "date", "distribution"}


def test_an_element_that_cannot_be_read_is_dropped_and_the_event_stays() -> None:
    draft = read(
        info="x",
        Attribute=[{"type": "text", "value": "ok"}, {"uuid": "bad"}, 5, {"data": "***"}, {"Tag": [{"name": ""}, "x"]}],
        Object=[{"name": "o", "Attribute": [{"timestamp": "x"}], "ObjectReference": [{}]}, None],
        EventReport=[{"name": ""}],
        Tag=[{"colour": "#000000"}],
    )
    assert [d.kind for d in draft.dropped] == [
        "Tag", "Attribute", "Attribute", "Attribute", "Tag", "Tag", "Attribute", "ObjectReference", "Object",
        "EventReport",
    ]  # fmt: skip
    assert draft.dropped[1].uuid == "bad"
    assert draft.dropped[1].errors == {"uuid": ("Please provide a valid RFC 4122 UUID",)}
    assert [a.value for a in draft.attributes] == ["ok", None]
    assert draft.objects[0].attributes == ()


def test_elements_where_no_list_is_are_read_or_dropped_too() -> None:
    assert len(read(info="x", Attribute={"type": "text"}).attributes) == 1
    assert len(read(info="x", Attribute={"0": {"type": "text"}, "5": {"type": "text"}}).attributes) == 2
    assert len(read(info="x", Attribute="text").dropped) == 1
    assert read(info="x", Attribute=[], Object=None, EventReport="").is_empty


def test_unknown_keys_of_a_partner_are_kept_but_not_those_we_derive_or_read_later() -> None:
    body = {
        "info": "x",
        "future": {"a": 1},
        "Org": {"id": 1},
        "RelatedEvent": [],
        "Galaxy": [],
        "Sighting": [],
        "Note": [],
        "event_creator_email": "a@b.c",
        "ThreatLevel": {},
        "Attribute": [{"type": "text", "new": None, "event_id": 1, "ShadowAttribute": []}],
        "Object": [{"name": "o", "newer": True, "id": "1"}],
    }
    draft = read_event(body, from_partner=True)
    assert draft.extra == {"future": {"a": 1}}
    assert draft.attributes[0].extra == {"new": None}
    assert draft.objects[0].extra == {"newer": True}
    assert read_event(body, from_partner=False).extra is None


def test_too_many_attributes_are_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    item: dict[str, object] = {"type": "text", "value": "x"}
    most = attribute_in.MOST_ATTRIBUTES
    inside = {"name": "o", "Attribute": [item] * 3}
    with pytest.raises(TooLarge):
        read(info="x", Attribute=[{}] * (most + 1))
    with pytest.raises(TooLarge):
        read_attributes([{}] * (most + 1), from_partner=False)
    monkeypatch.setattr("mispmini.wire.event_in.MOST_ATTRIBUTES", 4)
    with pytest.raises(TooLarge):
        read(info="x", Attribute=[item] * 2, Object=[inside])
    assert len(read(info="x", Attribute=[item], Object=[inside]).attributes) == 1


def test_a_hundred_thousand_tags_on_one_event_are_refused() -> None:
    with pytest.raises(TooLarge):
        read(info="x", Tag=[{"name": "t"}] * 100_000)


def test_tags_come_beside_the_element_or_inside_pivots() -> None:
    assert read(info="x", Tag=[{"name": "A", "colour": "#aBc123"}, {"name": "a"}]).tags == (
        TagDraft("A", colour="#aBc123"),
    )
    pivots = [{"local": True, "relationship_type": "about", "Tag": {"name": "p", "local": False, "colour": "red"}}]
    expected = (TagDraft("p", local=True, relationship_type="about"),)
    assert read(info="x", EventTag=pivots).tags == expected
    assert attribute(type="text", AttributeTag=pivots).tags == expected
    assert read(info="x", Tag={"name": "one", "deleted": 1, "exportable": "0"}).tags == (
        TagDraft("one", deleted=True, exportable=False),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"value": "v"}, "v"),
        ({"value": 443}, "443"),
        ({"value": True}, "1"),
        ({"value": "", "value1": "a", "value2": "b"}, "a|b"),
        ({"value1": "a"}, "a"),
        ({"value1": "a", "value2": ""}, "a"),
        ({"value": ""}, ""),
        ({}, None),
    ],
)
def test_a_value_may_come_in_two_halves(given: dict[str, object], expected: str | None) -> None:
    assert attribute(type="text", **given).value == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2020-01-01T10:00:00.000001+00:00", 1577872800000001),
        ("2020-01-01T12:00:00+02:00", 1577872800000000),
        ("2020-01-01T10:00:00Z", 1577872800000000),
        ("2020-01-01 10:00:00", 1577872800000000),
        ("2020-01-01", 1577836800000000),
        ("20200101", 1577836800000000),
        ("Wed, 01 Jan 2020 10:00:00 +0000", 1577872800000000),
        ("1 January 2020", 1577836800000000),
        ("1969-12-31", -86400000000),
        (None, None),
        ("", None),
    ],
)
def test_seen_times_are_microseconds_of_any_date_text(given: object, expected: int | None) -> None:
    assert attribute(type="text", first_seen=given).first_seen == expected


@pytest.mark.parametrize("given", [1577872800, "1577872800", "nope", [], "0001-01-01T00:00:00+14:00", True])
def test_a_bare_number_is_no_seen_time(given: object) -> None:
    with pytest.raises(Invalid) as refusal:
        attribute(type="text", first_seen=given)
    assert refusal.value.errors == {"first_seen": ["Expected a date and time."]}


def test_last_seen_is_not_before_first_seen() -> None:
    assert attribute(type="text", first_seen="2020-01-01", last_seen="2020-01-01").last_seen
    with pytest.raises(Invalid, match="Last seen value should be greater than first seen value"):
        attribute(type="text", first_seen="2020-01-02", last_seen="2020-01-01")


def test_attachments_are_decoded() -> None:
    assert attribute(type="attachment", data=base64.encodebytes(b"x" * 100).decode()).data == b"x" * 100
    assert attribute(type="attachment", data="").data is None
    for broken in ("***", "aGk", "aGk=ü", 5, ["aGk="]):
        with pytest.raises(Invalid, match="base64"):
            attribute(type="attachment", data=broken)


def test_many_attributes_come_as_list_as_values_or_as_lines() -> None:
    listed = read_attributes([{"type": "domain", "value": "a"}, {"uuid": 5}, "x"], from_partner=False)
    assert isinstance(listed[0], AttributeDraft)
    assert [type(item) for item in listed[1:]] == [Invalid, Invalid]
    for body in (
        {"type": "domain", "value": ["a", "b"]},
        {"type": "domain", "value": "a\r\n\nb\n", "batch_import": "1"},
        {"Attribute": [{"type": "domain", "value": "a"}, {"Attribute": {"type": "domain", "value": "b"}}]},
    ):
        drafts = read_attributes(body, from_partner=False)
        assert [item.value for item in drafts if isinstance(item, AttributeDraft)] == ["a", "b"]
    (single,) = read_attributes({"type": "text", "value": "a\nb"}, from_partner=False)
    assert isinstance(single, AttributeDraft)
    assert single.value == "a\nb"


def test_an_object_comes_with_its_attributes_inside_or_beside() -> None:
    inside = {"name": "file", "Attribute": [{"type": "text", "value": "v", "object_relation": "r"}]}
    beside = {"Object": {"name": "file"}, "Attribute": inside["Attribute"]}
    assert read_object(inside, from_partner=False) == read_object(beside, from_partner=False)
    assert read_object({"name": "o", "template_version": 0}, from_partner=False).template_version == 1
    with pytest.raises(Invalid) as refusal:
        read_object({"name": "o", "Attribute": [{"uuid": "x"}]}, from_partner=False)
    assert refusal.value.errors == {"Attribute": ["Please provide a valid RFC 4122 UUID"]}


def test_a_reference_names_its_owner_and_its_target() -> None:
    owner, draft = read_reference({"object_uuid": UUID, "referenced_uuid": UUID, "relationship_type": "uses"})
    assert (owner, draft.referenced_uuid, draft.relationship_type) == (UUID, UUID, "uses")
    with pytest.raises(Invalid):
        read_reference({"referenced_uuid": UUID})
    copy = {"referenced_id": "5", "Attribute": {"uuid": UUID}}
    assert read_reference({"object_id": 5, **copy})[1].referenced_uuid == UUID


def test_an_edit_of_a_report_keeps_what_it_does_not_name() -> None:
    assert read_report({"content": "new"}, stored=example.REPORT).name == example.REPORT.name
    assert read_report({"EventReport": {"name": "n"}}).content == ""
    with pytest.raises(Invalid, match="valueNotEmpty"):
        read_report({"content": "new"})


def test_a_group_is_read_whole() -> None:
    group = read_sharing_group({
        "uuid": UUID, "name": "G", "roaming": "1", "modified": "2024-01-01 00:00:00",
        "Organisation": {"uuid": UUID, "name": "N"},
        "SharingGroupOrg": [{"extend": True, "Organisation": {"uuid": UUID, "name": "N"}}, {"Organisation": []}, 5],
        "SharingGroupServer": [{"server_id": "0", "all_orgs": 1, "Server": {"url": "https://a"}}, {"Server": []}],
    })  # fmt: skip
    assert group.active
    assert group.roaming
    assert [(m.organisation.uuid, m.extend) for m in group.orgs] == [(UUID, True)]
    assert [(s.url, s.all_orgs, s.is_announcer) for s in group.servers] == [
        ("https://a", True, True),
        ("", False, False),
    ]
    assert read_new_sharing_group({"name": "new"}).uuid != read_new_sharing_group({"name": "new"}).uuid


@given(json_values | near_events)
def test_any_json_is_a_draft_or_a_named_refusal(value: object) -> None:
    for reader in (
        lambda v: read_event(v, from_partner=True),
        lambda v: read_event(
            {"info": "x", "Attribute": [v], "Object": [v], "EventReport": [v], "Tag": [v]}, from_partner=True
        ),
        lambda v: read_attributes(v, from_partner=True),
        lambda v: read_object(v, from_partner=False),
        read_reference,
        read_report,
        read_tag,
        read_sharing_group,
        read_new_sharing_group,
    ):
        with suppress(MispminiError):
            assert reader(value) is not None


EVENT_COLUMNS = ("uuid", "info", "date")
NUMBERS = ("threat_level_id", "analysis", "distribution", "timestamp")
SAME_TEXT = ("uuid", "type", "category", "value", "comment", "object_relation")


def assert_reads_as(draft: EventDraft, event: dict[str, Any]) -> None:
    assert draft.dropped == ()
    assert draft.extra is None
    for name in EVENT_COLUMNS:
        assert getattr(draft, name) == event.get(name)
    for name in NUMBERS:
        assert getattr(draft, name) == (int(event[name]) if name in event else None)
    assert [t.name for t in draft.tags] == [t["name"] for t in event.get("Tag", [])]
    assert [o.uuid for o in draft.objects] == [o.get("uuid") for o in event.get("Object", [])]
    assert [r.content for r in draft.reports] == [r["content"] for r in event.get("EventReport", [])]
    received = [*event.get("Attribute", []), *(a for o in event.get("Object", []) for a in o["Attribute"])]
    drafts = [*draft.attributes, *(a for o in draft.objects for a in o.attributes)]
    for one, attribute_ in zip(drafts, received, strict=True):
        assert one.extra is None
        for name in SAME_TEXT:
            assert getattr(one, name) == attribute_.get(name)
        assert (one.first_seen is None) == (not attribute_.get("first_seen"))
        assert [t.name for t in one.tags] == [t["name"] for t in attribute_.get("Tag", [])]


@pytest.mark.parametrize("pattern", ["07*", "08*", "10*", "19-*", "fmt-events-json"])
def test_events_in_real_answers_are_read_without_loss(recordings: Recordings, pattern: str) -> None:
    read_here = 0
    for _, event in recordings.events("samples", pattern):
        assert_reads_as(read_event({"Event": event}, from_partner=True), event)
        read_here += 1
    assert read_here


@pytest.mark.parametrize("pattern", ["0*", "1*", "2*", "3*", "4*", "5*", "6*"])
def test_events_in_real_conversations_are_read_without_loss(recordings: Recordings, pattern: str) -> None:
    read_here = 0
    for _, event in recordings.events("transcripts", pattern):
        assert_reads_as(read_event(json.loads(json.dumps({"Event": event})), from_partner=True), event)
        read_here += 1
    assert read_here
