"""Every export beside the one that a real MISP made of the same event (API §8.5, §8.6)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pymisp import PyMISP

from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json
from tests.contract.conftest import Instance
from tests.contract.replay import OF_THE_CLOCK, Reasons, assert_same_shape
from tests.wire_files import Recordings

FORMATS = ("cache", "count", "csv", "hashes", "hosts", "netfilter", "rpz", "snort", "suricata", "text")
# MISP: of events these hold an address without a name, nothing, and digests of nothing; ours say what it says of their
# attributes.
AS_OF_ATTRIBUTES = frozenset({"hosts", "netfilter", "cache"})
OF_ANOTHER_EVENT = OF_THE_CLOCK | {"event_uuid", "attribute_uuid", "source_uuid", "object_uuid"}
LEFT_OUT: Reasons = {
    **dict.fromkeys(
        ("*.Attribute[].distribution", "*.Attribute[].sharing_group_id", "*.SharingGroup"),
        "written here without groups",
    ),
    **dict.fromkeys(("*.ShadowAttribute", "*.proposal_email_lock"), "written here without proposals"),
    **dict.fromkeys(("*.Galaxy", "*.RelatedEvent", "*.ObjectReference"), "what it refers to is not here"),
    "*.attribute_count": "MISP forgot to count one",
}
RUN = ((r"sid:\d+", "sid:0"), (r"MISP e\d+", "MISP e0"), (r"http://[^;]*/events/view/\d+", "URL"),
       (r"Generated: .*", "Generated"), (r"\(\d{10} 2h", "(SERIAL 2h"),
       (r'(?m)^("[0-9a-f-]{36}"),\d+', r"\1,0"), (r"local-tag,?|,?attr-local|,?event-local", ""))  # fmt: skip


@pytest.fixture(scope="module")
def event(instance_a: Instance, recordings: Recordings) -> Iterator[Json]:
    """The recorded event, written here by the same organisation."""
    recorded = recordings.sample("fmt-events-json")["response"]["body"]["response"][0]["Event"]
    kept = {key: value for key, value in recorded.items() if key not in {"id", "uuid", "ShadowAttribute", "Sighting"}}
    answer = instance_a.admin.post("/events/add", {"Event": _alone(kept) | {"published": True}})
    assert answer.status_code == 200, answer.text
    yield answer.json()["Event"]
    instance_a.admin.deletes(answer.json()["Event"])


def _alone(event: Json) -> Json:
    """The event without groups and data that this instance does not have."""

    def plain(element: Json) -> Json:
        kept = {k: v for k, v in element.items() if k not in {"SharingGroup", "sharing_group_id", "data", "Galaxy"}}
        level = {"distribution": "3"} if element.get("distribution") == "4" else {}
        inside = {k: [plain(part) for part in kept[k]] for k in ("Attribute", "Object") if k in kept}
        return kept | level | inside

    return plain(event)


def _asked(admin: Actor, scope: str, wanted: Json) -> requests.Response:
    answer = admin.post(f"/{scope}/restSearch", wanted)
    assert answer.status_code == 200, answer.text
    return answer


def _without_the_run(text: str) -> str:
    for pattern, instead in RUN:
        text = re.sub(pattern, instead, text)
    return text


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("scope", ["attributes", "events"])
def test_an_export_is_the_one_that_a_misp_makes(
    instance_a: Instance, recordings: Recordings, event: Json, scope: str, name: str
) -> None:
    theirs = recordings.sample(f"fmt-{scope}-{name}")["response"]
    body = (
        recordings.sample(f"fmt-attributes-{name}")["response"]["body"] if name in AS_OF_ATTRIBUTES else theirs["body"]
    )
    ours = _asked(instance_a.admin, scope, {"returnFormat": name, "eventid": event["id"]})
    # Ours escapes a quote in a tag, which would end the message of a rule.
    text = ours.text.replace('\\"', '"') if name in ("suricata", "snort") else ours.text
    assert _without_the_run(text) == _without_the_run(str(body))
    for header in ("Content-Type", "X-Export-Module-Used", "X-Response-Format", "X-Result-Count"):
        assert ours.headers[header] == theirs["headers"][header], header
    disposition = theirs["headers"].get("Content-Disposition")
    assert ours.headers.get("Content-Disposition") == (disposition and disposition.replace(".12.", f".{event['id']}."))


@pytest.mark.parametrize("scope", ["attributes", "events"])
def test_the_json_of_a_search_is_as_a_misp_has_it(
    instance_a: Instance, recordings: Recordings, event: Json, scope: str
) -> None:
    theirs = recordings.answer(f"fmt-{scope}-json")
    ours = _asked(instance_a.admin, scope, {"returnFormat": "json", "eventid": event["id"]}).json()
    assert_same_shape(theirs, ours, of_the_run=OF_ANOTHER_EVENT, except_=LEFT_OUT)


def test_what_does_not_exist_is_said_so(instance_a: Instance) -> None:
    answer = instance_a.admin.post("/attributes/restSearch", {"returnFormat": "values"})
    assert answer.status_code == 404
    assert answer.json()["message"] == "Invalid output format."


TRICKY = {
    "domain": "xn--caf-dma.example",
    "hostname": "a-b.c.example",
    "domain|ip": "two.example|198.51.100.7",
    "ip-src|port": "198.51.100.9|8080",
    "ip-dst|port": "2001:db8::9|443",
    "ip-src": "2001:db8::1",
    "url": 'https://evil.example/a"b;c|d?e=f:g\\h',
    "user-agent": 'Mozilla/5.0 (compatible; "x"; |y|)',
    "email-src": "bad;guy@evil.example",
    "email-dst": "we@our.example",
    "email-subject": 'Fatura "vencida"; não: abra | já',
    "email-attachment": "fatura \\ 2026.exe",
    "ja3-fingerprint-md5": "e7d705a3286e19ea42f587b344ee6865",
}


@pytest.mark.parametrize("name", ["suricata", "snort"])
def test_no_value_ends_the_string_that_it_stands_in(instance_a: Instance, name: str) -> None:
    attributes = [{"type": kind, "value": value, "to_ids": True} for kind, value in TRICKY.items()]
    tag = [{"name": f'say:"{new_uuid()}; x"'}]
    wanted = {"info": "Tricky", "distribution": "0", "published": True, "Attribute": attributes, "Tag": tag}
    event = instance_a.admin.post("/events/add", {"Event": wanted}).json()["Event"]
    rules = _asked(instance_a.admin, "events", {"returnFormat": name, "eventid": event["id"]}).text.splitlines()
    alerts = [rule for rule in rules if rule.startswith("alert")]
    assert len(alerts) >= len(TRICKY) - (name == "snort")
    for rule in alerts:
        assert len(re.findall(r'(?<!\\)"', rule)) % 2 == 0, rule
        assert rule.count("sid:") == 1, rule


BY_PYMISP = (
    "openioc", "json", "xml", "suricata", "snort", "text", "rpz", "csv", "cache", "yara", "yara-json", "attack",
    "attack-sightings", "context", "context-markdown",
)  # fmt: skip


@pytest.fixture(scope="module")
def misp(instance_a: Instance) -> Any:
    """The unchanged client."""
    return PyMISP(instance_a.admin.server.url, instance_a.admin.key, timeout=30)


@pytest.mark.parametrize("name", BY_PYMISP)
def test_pymisp_gets_every_format_that_it_knows(misp: Any, event: Json, name: str) -> None:
    for controller in ("events", "attributes"):
        found = misp.search(controller=controller, return_format=name, eventid=event["id"])
        if controller == "attributes" and name in ("attack", "context", "context-markdown"):
            assert found["errors"][0] == 404
        elif name not in ("yara", "attack-sightings"):  # of which the recorded event has nothing
            assert found
            assert "errors" not in found
