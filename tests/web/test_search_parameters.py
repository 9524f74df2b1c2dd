"""Every parameter of restSearch in every scope that has it, over REST with real events (API §8.1-§8.5)."""

from collections.abc import Iterator

import pytest

from tests.web.conftest import Site
from tests.web.search_scene import ALL, KNOWN, OF_BANK, THEN, Json, Scene, told_scene

EVERY = {"bank", "clinic", "own"}
TODAY = "1d"


@pytest.fixture(scope="module")
def scene(site: Site) -> Iterator[Scene]:
    """The events that the tables speak of."""
    with told_scene(site) as scene:
        body = {"name": "Known", "type": "hostname", "entries": KNOWN, "enabled": True}
        assert scene.dora.post("/warninglists/add", body).status_code == 200
        yield scene


def either(*terms: str) -> Json:
    return {"OR": list(terms)}


def both(*terms: str) -> Json:
    return {"AND": list(terms)}


def none(*terms: str) -> Json:
    return {"NOT": list(terms)}


ATTRIBUTES: dict[str, tuple[Json, set[str]]] = {
    "no filter": ({}, ALL),
    "an unknown name": ({"valu": "open.example"}, ALL),
    "under request": ({"request": {"value": "open.example"}}, {"domain"}),
    "empty text": ({"value": ""}, ALL),
    "empty list": ({"value": []}, ALL),
    "null": ({"value": None, "type": None}, ALL),
    "false": ({"value": False, "tags": False}, ALL),
    "x": ({"value": "open.example"}, {"domain"}),
    "x && y": ({"value": "open.example&&b@mail.example"}, {"domain", "mail"}),
    "x || y": ({"value": "open.example||b@mail.example"}, {"domain", "mail"}),
    "a list": ({"value": ["open.example", "b@mail.example"]}, {"domain", "mail"}),
    "a list and a negation": ({"type": ["domain", "md5", "!md5"]}, {"domain", "warned"}),
    "!x": ({"type": "!domain", "eventid": "@bank"}, OF_BANK - {"domain", "warned"}),
    "a numbered list": ({"type": {"0": "md5", "2": "url"}}, {"hash", "seen"}),
    "OR as a text": ({"value": {"OR": "open.example"}}, {"domain"}),
    "OR and NOT": ({"type": {"OR": ["domain", "url"], "NOT": ["url"]}}, {"domain", "warned"}),
    "AND of whole values is OR": ({"value": both("open.example", "b@mail.example")}, {"domain", "mail"}),
    "AND of types is OR": ({"type": both("md5", "url")}, {"hash", "seen"}),
    "AND of patterns": ({"value": both("%example", "b@%")}, {"mail"}),
    "OR with AND": ({"value": {"OR": ["b@mail.example", "open.example"], "AND": ["%mail%"]}}, {"mail"}),
    "a pattern at the end": ({"value": "198.51.%"}, {"ip", "same"}),
    "a pattern at the beginning": ({"value": "%.EXE"}, {"file"}),
    "a percent sign within": ({"value": "a_b%c.exe"}, {"file"}),
    "a percent sign alone": ({"value": "%"}, ALL),
    "an underscore in a pattern": ({"value": "a__%c.exe%"}, {"file"}),
    "not a pattern": ({"value": "!%example%", "eventid": "@bank"}, {"ip", "city", "six", "address", "file"}),
    "value in another case": ({"value": "OPEN.example"}, {"domain"}),
    "an accent in another case": ({"value": "SÃO paulo"}, {"city"}),
    "IPv6 written out": ({"value": "2001:0DB8:0:0:0:0:0:1"}, {"six"}),
    "not an IPv6": ({"value": "!2001:0db8:0::1", "type": "ip-src"}, {"same"}),
    "whole composite": ({"value": "203.0.113.9|8443"}, set()),
    "half a composite": ({"value": "203.0.113.9"}, {"address"}),
    "other half": ({"value": "8443"}, {"address"}),
    "number": ({"value": 8443}, {"address"}),
    "NOT a value": ({"value": "!open.example", "type": "domain"}, {"warned"}),
    "type in another case": ({"type": "MD5"}, {"hash"}),
    "type by pattern": ({"type": "ip%"}, {"ip", "six", "address", "same"}),
    "email with email-src": ({"type": "email-src"}, {"mail"}),
    "email with email-dst in OR": ({"type": either("email-dst")}, {"mail"}),
    "category": ({"category": "Other"}, {"city"}),
    "category in another case": ({"category": "other"}, set()),
    "not a category": ({"category": ["!Network activity", "!Payload delivery"], "eventid": "@bank"}, {"city", "mail"}),
    "object_relation": ({"object_relation": "filename"}, {"file"}),
    "comment": ({"comment": "Seen at the SOC"}, {"ip"}),
    "comment by pattern": ({"comment": "%soc"}, {"ip"}),
    "org by name": ({"org": "Bravo"}, {"hash", "same"}),
    "org in another case": ({"org": "bravo"}, set()),
    "org by uuid": ({"org": "#Bravo"}, {"hash", "same"}),
    "an unknown org": ({"org": "Nobody"}, set()),
    "not an unknown org": ({"org": "!Nobody"}, ALL),
    "not an org": ({"org": "!Bravo"}, ALL - {"hash", "same"}),
    "org.sector": ({"org.sector": "Health"}, {"hash", "same"}),
    "tag of the attribute": ({"tags": "kind:dropper"}, {"ip"}),
    "tag of the event": ({"tags": "type:osint"}, {"hash", "same"}),
    "the other name of tags": ({"tag": "type:osint"}, {"hash", "same"}),
    "tag by pattern": ({"tags": "%OSINT"}, {"hash", "same"}),
    "tag in another case": ({"tags": "Type:osint"}, set()),
    "either tag": ({"tags": ["kind:dropper", "tlp:red"]}, {"ip", "hash"}),
    "both tags": ({"tags": both("tlp:red", "type:osint")}, {"hash"}),
    "an unknown tag": ({"tags": "no:such"}, set()),
    "AND with an unknown tag": ({"tags": both("tlp:red", "no:such")}, set()),
    "not an unknown tag": ({"tags": "!no:such"}, ALL),
    "neither attribute nor event": ({"tags": "!tlp:green"}, ALL - {"hash", "same"}),
    "not a tag of an attribute": ({"tags": ["tlp:amber", "!kind:dropper"]}, OF_BANK - {"ip"}),
    "event_tags": ({"event_tags": "type:osint"}, {"hash", "same"}),
    "event_tags see no attribute": ({"event_tags": "kind:dropper"}, set()),
    "not event_tags": ({"event_tags": "!type:osint"}, ALL - {"hash", "same"}),
    "searchall in values": ({"searchall": "%seen.exam%"}, {"seen"}),
    "searchall in a second half": ({"searchall": "%8443%"}, {"address"}),
    "searchall in comments": ({"searchall": "%at the SOC%"}, {"ip"}),
    "searchall in info": ({"searchall": "%clinic%"}, {"hash", "same"}),
    "searchall in tags": ({"searchall": "%osint%"}, {"hash", "same"}),
    "quickFilter": ({"quickFilter": "%osint%"}, {"hash", "same"}),
    "searchall switches the others off": ({"searchall": "%osint%", "type": "url", "to_ids": 1}, {"hash", "same"}),
    "searchall with a limit": ({"searchall": "%osint%", "limit": 1}, {"hash"}),
    "eventid": ({"eventid": "@clinic"}, {"hash", "same"}),
    "eventid by uuid": ({"eventid": "#clinic"}, {"hash", "same"}),
    "eventid all": ({"eventid": "all"}, ALL),
    "not an eventid": ({"eventid": ["!@bank", "!@own"]}, {"hash", "same"}),
    "id": ({"id": "@own"}, {"seen"}),
    "uuid": ({"uuid": "#ip"}, {"ip"}),
    "uuids": ({"uuid": ["#ip", "#hash"]}, {"ip", "hash"}),
    "uuid of an event": ({"uuid": "#bank"}, set()),
    "eventinfo": ({"eventinfo": "Own notes"}, {"seen"}),
    "eventinfo by pattern": ({"eventinfo": "%CLINIC%"}, {"hash", "same"}),
    "threat_level_id": ({"threat_level_id": "2"}, {"hash", "same"}),
    "threat levels": ({"threat_level_id": [2, 1], "type": "ip%"}, {"ip", "six", "address", "same"}),
    "published": ({"published": 1}, ALL - {"seen"}),
    "not published": ({"published": 0}, {"seen"}),
    "published or not": ({"published": [True, False]}, ALL),
    "to_ids": ({"to_ids": 1}, ALL - {"city", "file", "same"}),
    "to_ids 0": ({"to_ids": 0}, {"city", "file", "same"}),
    "to_ids exclude": ({"to_ids": "exclude"}, {"city", "file", "same"}),
    "to_ids both": ({"to_ids": [0, 1]}, ALL),
    "deleted 0": ({"deleted": 0}, ALL),
    "deleted 1": ({"deleted": 1}, {"gone"}),
    "deleted true": ({"deleted": True}, {"gone"}),
    "deleted only": ({"deleted": "only"}, {"gone"}),
    "deleted both": ({"deleted": [0, 1]}, ALL | {"gone"}),
    "from": ({"from": "2024-02-20"}, {"hash", "same", "seen"}),
    "to": ({"to": "2024-02-19"}, OF_BANK),
    "from and to": ({"from": "2024-02-01", "to": "2024-02-28"}, {"hash", "same"}),
    "from as an epoch": ({"from": 1_708_387_200}, {"hash", "same", "seen"}),
    "from as a text to compare": ({"from": "2024-02"}, {"hash", "same", "seen"}),
    "date": ({"date": "2024-02-21"}, {"seen"}),
    "a range of dates": ({"date": ["2024-02-21", "2024-02-01"]}, {"hash", "same"}),
    "timestamp": ({"timestamp": THEN + 300}, {"same"}),
    "a numeric text": ({"timestamp": str(THEN + 300)}, {"same"}),
    "a timestamp of 0": ({"timestamp": 0}, ALL),
    "a range, reversed": ({"timestamp": [THEN + 200, THEN + 50]}, {"domain"}),
    "an upper bound alone": ({"timestamp": [0, THEN + 50]}, ALL - {"domain", "same"}),
    "a date as timestamp": ({"timestamp": "2023-11-14T22:18:00Z"}, {"same"}),
    "English": ({"timestamp": "14 November 2023", "value": "%198.51%"}, {"ip", "same"}),
    "no date": ({"timestamp": "soonish"}, set()),
    "attribute_timestamp": ({"attribute_timestamp": THEN + 300}, {"same"}),
    "event_timestamp": ({"event_timestamp": [THEN + 900, THEN + 1100]}, set()),
    "last": ({"last": TODAY}, ALL - {"seen"}),
    "last, decimal": ({"last": "0.5h"}, ALL - {"seen"}),
    "last as a range": ({"last": ["2d", "1d"]}, set()),
    "publish_timestamp": ({"publish_timestamp": "10m"}, ALL - {"seen"}),
    "first_seen": ({"first_seen": "2024-01-01"}, {"seen"}),
    "first_seen later": ({"first_seen": "2024-01-02"}, set()),
    "first_seen between": ({"first_seen": ["2023-12-31", "2024-01-02"]}, {"seen"}),
    "last_seen": ({"last_seen": "2024-01-03"}, {"seen"}),
    "last_seen earlier": ({"last_seen": "2024-01-02"}, set()),
    "last_seen between": ({"last_seen": ["2024-01-02", "2024-01-04"]}, {"seen"}),
    "enforceWarninglist": ({"enforceWarninglist": 1, "type": "domain"}, {"domain"}),
    "two filters on one attribute": ({"type": "ip-src", "value": "198.51.100.7"}, {"same"}),
    "no attribute meets both": ({"type": "md5", "value": "198.51.100.7"}, set()),
    "a limit": ({"limit": 2}, {"ip", "domain"}),
    "a page": ({"limit": 2, "page": 2}, {"city", "six"}),
    "a page without a limit": ({"page": 3}, ALL),
    "order": ({"order": "timestamp desc", "limit": 1}, {"same"}),
    "order by a list": ({"order": ["Attribute.timestamp DESC", "id"], "limit": 1}, {"same"}),
    "order by something else": ({"order": "(select 1) desc", "limit": 1}, {"ip"}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_attributes_are_found_by(scene: Scene, body: Json, expected: set[str]) -> None:
    assert scene.found("attributes", body) == expected


EVENTS: dict[str, tuple[Json, set[str]]] = {
    "no filter": ({}, EVERY),
    "value": ({"value": "198.51.100.7"}, {"bank", "clinic"}),
    "value and type of different attributes": ({"value": "198.51.100.7", "type": "md5"}, {"clinic"}),
    "a value that differs": ({"value": "!198.51.100.7"}, EVERY),
    "no value that differs": ({"value": "!http://seen.example/a"}, {"bank", "clinic"}),
    "a type that differs": ({"type": "!url"}, {"bank", "clinic"}),
    "category": ({"category": "Other"}, {"bank"}),
    "object_relation": ({"object_relation": "filename"}, {"bank"}),
    "comment": ({"comment": "%SOC%"}, {"bank"}),
    "org": ({"org": "Bravo"}, {"clinic"}),
    "org.sector": ({"org.sector": ["Health", "Finance"]}, {"clinic"}),
    "org.nationality": ({"org.nationality": "Brazil"}, {"clinic"}),
    "not org.nationality": ({"org.nationality": "!Brazil"}, {"bank", "own"}),
    "org.local": ({"org.local": 0}, {"clinic"}),
    "tag of the event": ({"tags": "type:osint"}, {"clinic"}),
    "tag of an attribute": ({"tags": "kind:dropper"}, {"bank"}),
    "both, of event and attribute": ({"tags": both("kind:dropper", "tlp:amber")}, {"bank"}),
    "not a tag of the event": ({"tags": "!type:osint"}, {"bank", "own"}),
    "not a tag of an attribute": ({"tags": "!kind:dropper"}, EVERY),
    "an unknown tag": ({"tags": "no:such"}, set()),
    "not an unknown tag": ({"tags": "!no:such"}, EVERY),
    "event_tags": ({"event_tags": ["kind:dropper", "tlp:amber"]}, {"bank"}),
    "searchall in tags": ({"searchall": "%osint%"}, {"clinic"}),
    "searchall in a comment": ({"searchall": "%at the SOC%"}, {"bank"}),
    "searchall switches the others off": ({"searchall": "%osint%", "eventid": "@bank", "published": 0}, {"clinic"}),
    "value with searchall": ({"value": "osint", "searchall": 1}, {"clinic"}),
    "eventid": ({"eventid": ["@bank", "@own", "!@own"]}, {"bank"}),
    "id": ({"id": "@own"}, {"own"}),
    "uuid of an event": ({"uuid": "#own"}, {"own"}),
    "uuid of an attribute": ({"uuid": "#hash"}, {"clinic"}),
    "eventinfo": ({"eventinfo": "Own notes"}, {"own"}),
    "eventinfo by pattern": ({"eventinfo": "%at a clinic"}, {"clinic"}),
    "threat_level_id": ({"threat_level_id": "!1"}, {"clinic", "own"}),
    "distribution": ({"distribution": 0}, {"own"}),
    "distributions": ({"distribution": ["0", "3"]}, {"own"}),
    "sharing_group_id": ({"sharing_group_id": 1}, set()),
    "sharinggroup": ({"sharinggroup": ["1"]}, set()),
    "published": ({"published": "1"}, {"bank", "clinic"}),
    "unpublished": ({"published": False}, {"own"}),
    "to_ids": ({"to_ids": "exclude"}, {"bank", "clinic"}),
    "object_name": ({"object_name": "file"}, {"bank"}),
    "object_template_uuid": ({"object_template_uuid": "688C46FB-5edb-40a3-8273-1af7923e2215"}, {"bank"}),
    "object_template_version": ({"object_template_version": "25"}, {"bank"}),
    "another version": ({"object_template_version": 24}, set()),
    "date": ({"date": "2024-02-01"}, {"clinic", "own"}),
    "from and to": ({"from": "2024-02-01", "to": "2024-02-28"}, {"clinic"}),
    "last": ({"last": TODAY}, {"bank", "clinic"}),
    "attribute_timestamp": ({"attribute_timestamp": [THEN + 400, THEN + 600]}, {"clinic"}),
    "timestamp": ({"timestamp": [0, 1_000_000]}, set()),
    "first_seen": ({"first_seen": "2024-01-01"}, {"own"}),
    "last_seen": ({"last_seen": "2024-01-03"}, {"own"}),
    "eventsExtendingUuid": ({"eventsExtendingUuid": "#bank"}, {"own"}),
    "a limit": ({"limit": 1}, {"bank"}),
    "a page": ({"limit": 1, "page": 2}, {"clinic"}),
    "a page without a limit": ({"page": 2}, EVERY),
    "order": ({"order": "info desc", "limit": 1}, {"clinic"}),
    "order with its model": ({"order": "Event.threat_level_id DESC", "limit": 1}, {"own"}),
    "order by a list": ({"order": ["analysis desc", "id asc"], "limit": 2}, {"clinic", "bank"}),
    "order by what is not on the list": ({"order": "date desc", "limit": 1}, {"bank"}),
    "order with something behind it": ({"order": "info desc; drop table event", "limit": 1}, {"bank"}),
    "a deleted value": ({"value": "gone.example"}, set()),
    "a deleted value, asked for": ({"value": "gone.example", "deleted": [0, 1]}, {"bank"}),
    "deleted only": ({"value": "gone.example", "deleted": "only"}, {"bank"}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), EVENTS.values(), ids=EVENTS)
def test_events_are_found_by(scene: Scene, body: Json, expected: set[str]) -> None:
    assert scene.found("events", {**body, "metadata": 1}) == expected


OBJECTS: dict[str, tuple[Json, bool]] = {
    "no filter": ({}, True),
    "object_name": ({"object_name": "file"}, True),
    "another name": ({"object_name": ["domain-ip", "!file"]}, False),
    "object_template_uuid": ({"object_template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215"}, True),
    "object_template_version": ({"object_template_version": ["24", "25"]}, True),
    "value": ({"value": "A_B%C.exe"}, True),
    "another value": ({"value": "198.51.100.7"}, False),
    "type": ({"type": "filename"}, True),
    "category": ({"category": "Payload delivery"}, True),
    "object_relation": ({"object_relation": "filename"}, True),
    "uuid": ({"uuid": "#sample"}, True),
    "uuid of an attribute": ({"uuid": "#file"}, False),
    "eventid": ({"eventid": "@bank"}, True),
    "org": ({"org": "Bravo"}, False),
    "tags": ({"tags": "tlp:amber"}, True),
    "a tag of an attribute": ({"tags": "kind:document"}, True),
    "not a tag of an attribute": ({"tags": "!kind:document"}, False),
    "event_tags": ({"event_tags": "tlp:amber"}, True),
    "event_tags see no attribute": ({"event_tags": "kind:document"}, False),
    "comment": ({"comment": "found%"}, True),
    "searchall": ({"searchall": "on disk"}, True),
    "searchall elsewhere": ({"searchall": "nowhere at all"}, False),
    "eventinfo": ({"eventinfo": "%bank"}, True),
    "threat_level_id": ({"threat_level_id": 1}, True),
    "published": ({"published": 0}, False),
    "to_ids": ({"to_ids": 1}, False),
    "timestamp": ({"timestamp": THEN + 300}, True),
    "later": ({"timestamp": THEN + 301}, False),
    "from": ({"from": "2024-01-16"}, False),
    "last": ({"last": "1h"}, True),
    "deleted": ({"deleted": 1}, False),
    "limit": ({"limit": 1, "page": 2}, False),
}  # fmt: skip


@pytest.mark.parametrize(("body", "is_found"), OBJECTS.values(), ids=OBJECTS)
def test_objects_are_found_by(scene: Scene, body: Json, is_found: bool) -> None:
    assert scene.found("objects", body) == ({"sample"} if is_found else set())
