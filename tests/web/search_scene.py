"""What the tests of restSearch look for: events of two organisations, told of by the names of their elements."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import requests

from mispmini.domain import clock
from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.services import organisations
from mispmini.store import authkeys, people
from mispmini.store.database import writing
from tests.web.callers import Caller
from tests.web.conftest import PUBLISHER, SYNC_USER, Site

Json = dict[str, Any]
THEN = 1_700_000_000
KNOWN = "warned.example"
_FILE = {"name": "file", "meta-category": "file", "template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215",
         "template_version": "25", "comment": "found on disk"}  # fmt: skip


def uuid_of(name: str) -> str:
    """An element's uuid by the name that the tests know it by."""
    return str(uuid5(NAMESPACE_DNS, name))


@dataclass(frozen=True)
class Scene:
    """Who asks, and the ids of events by name."""

    site: Site
    alice: Caller
    bob: Caller
    dora: Caller
    sam: Caller
    events: Mapping[str, str]

    def publish(self) -> None:
        """Have the two events published that are."""
        for who, name in ((self.alice, "bank"), (self.bob, "clinic")):
            assert who.post(f"/events/publish/{self.events[name]}").status_code == 200

    def told(self, value: Any) -> Any:
        """A value of a table, where `@bank` stands for the event's id and `#bank` for a uuid."""
        if isinstance(value, dict):
            return {name: self.told(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.told(item) for item in value]
        if isinstance(value, str):
            bare = value.lstrip("!")
            sign = value[: len(value) - len(bare)]
            if bare[:1] in "@#" and len(bare) > 1:
                return sign + (self.events[bare[1:]] if bare[0] == "@" else uuid_of(bare[1:]))
        return value

    def ask(self, scope: str, body: Any, who: str = "alice", place: str = "") -> requests.Response:
        """One restSearch by POST."""
        caller: Caller = getattr(self, who)
        return caller.post(f"/{scope}/restSearch{place}", self.told(body))

    def results(self, scope: str, body: Any, who: str = "alice", place: str = "") -> list[Json]:
        """The results themselves."""
        return results_of(scope, self.ask(scope, body, who, place))

    def found(self, scope: str, body: Any, who: str = "alice", place: str = "") -> set[str]:
        """The names of what was found."""
        return names_in(self.results(scope, body, who, place))


def results_of(scope: str, answer: requests.Response) -> list[Json]:
    """The results in an answer."""
    assert answer.status_code == 200, answer.text
    inside = answer.json()["response"]
    if scope == "attributes":
        found: list[Json] = inside["Attribute"]
        return found
    return [one["Event" if scope == "events" else "Object"] for one in inside]


def names_in(results: list[Json]) -> set[str]:
    """What elements are called."""
    return {NAMES[one["uuid"]] for one in results}


def _attribute(name: str, kind: str, value: str, **more: object) -> Json:
    return {"uuid": uuid_of(name), "type": kind, "value": value, "timestamp": str(THEN), "to_ids": True, **more}


def _tags(*names: str) -> list[Json]:
    return [{"name": name} for name in names]


BANK: Json = {
    "info": "Phishing against a bank",
    "date": "2024-01-15",
    "threat_level_id": "1",
    "analysis": "0",
    "timestamp": str(THEN),
    "Tag": [*_tags("tlp:amber", "not:exported"), {"name": "todo", "local": True}],
    "Attribute": [
        _attribute("ip", "ip-dst", "198.51.100.7", comment="Seen at the SOC", Tag=_tags("kind:dropper")),
        _attribute("domain", "domain", "open.example", timestamp=str(THEN + 100)),
        _attribute("city", "text", "São Paulo", category="Other", to_ids=False),
        _attribute("six", "ip-src", "2001:db8::1"),
        _attribute("address", "ip-dst|port", "203.0.113.9|8443"),
        _attribute("mail", "email", "b@mail.example"),
        _attribute("gone", "domain", "gone.example"),
        _attribute("warned", "domain", KNOWN),
    ],
    "Object": [
        {**_FILE, "uuid": uuid_of("sample"), "timestamp": str(THEN + 300),
         "Attribute": [_attribute("file", "filename", "a_b%c.exe", object_relation="filename", to_ids=False,
                                  Tag=_tags("kind:document"))]},
    ],
}  # fmt: skip
CLINIC: Json = {
    "info": "Ransomware at a clinic",
    "date": "2024-02-20",
    "threat_level_id": "2",
    "analysis": "2",
    "timestamp": str(THEN + 1000),
    "Tag": _tags("type:osint", "tlp:green"),
    "Attribute": [
        _attribute("hash", "md5", "d41d8cd98f00b204e9800998ecf8427e", Tag=_tags("tlp:red")),
        _attribute("same", "ip-src", "198.51.100.7", to_ids=False, timestamp=str(THEN + 500)),
        _attribute("lost", "domain", "lost.example"),
    ],
}
OWN: Json = {
    "info": "Own notes",
    "date": "2024-03-01",
    "distribution": "0",
    "timestamp": str(THEN + 2000),
    "extends_uuid": uuid_of("bank"),
    "Attribute": [
        _attribute("seen", "url", "http://seen.example/a", first_seen="2024-01-01T00:00:00Z",
                   last_seen="2024-01-03T00:00:00Z"),
    ],
}  # fmt: skip
_ELEMENTS = [
    one["uuid"]
    for event in (BANK, CLINIC, OWN)
    for held in (event, *event.get("Object", ()))
    for one in held["Attribute"]
]
_NAMED = ("ip", "domain", "city", "six", "address", "mail", "gone", "warned", "file", "hash", "same", "lost", "seen",
          "sample", "bank", "clinic", "own")  # fmt: skip
NAMES = {uuid_of(name): name for name in _NAMED}
assert set(_ELEMENTS) <= NAMES.keys()
ALL = {"ip", "domain", "city", "six", "address", "mail", "warned", "file", "hash", "same", "seen"}
OF_BANK = ALL - {"hash", "same", "seen"}


@contextmanager
def told_scene(site: Site) -> Iterator[Scene]:
    """The events, added over REST by those whose they are."""
    dora, alice = Caller(site, site.admin_key), Caller(site, site.key(PUBLISHER))
    bob, sam = _of_organisation(site, "Bravo", PUBLISHER), _of_organisation(site, "Sierra", SYNC_USER)
    described = {"name": "Bravo", "sector": "Health", "nationality": "Brazil"}
    assert dora.post(f"/admin/organisations/edit/{uuid_of('Bravo')}", described).status_code == 200
    for name in ("tlp:amber", "todo", "kind:dropper", "kind:document", "type:osint", "tlp:green", "tlp:red"):
        dora.post("/tags/add", {"name": name})
    dora.post("/tags/add", {"name": "not:exported", "exportable": False})
    made = ((alice, "bank", BANK), (bob, "clinic", CLINIC), (alice, "own", OWN))
    events = {name: _added(who, name, event) for who, name, event in made}
    for who, name in ((alice, "gone"), (bob, "lost")):
        assert who.post(f"/attributes/delete/{uuid_of(name)}").status_code == 200
    scene = Scene(site, alice, bob, dora, sam, events)
    scene.publish()
    yield scene


def _of_organisation(site: Site, name: str, role_id: int) -> Caller:
    with writing():
        org = organisations.capture_organisation(None, OrganisationDraft(uuid_of(name), name))
    login, raw = people.find_any_login(site.email(role_id, org=org.id)), new_authkey()
    assert login is not None
    with writing():
        authkeys.insert_key(raw, {"uuid": new_uuid(), "user": login.user_id, "created": clock.now()})
    return Caller(site, raw)


def _added(who: Caller, name: str, event: Json) -> str:
    sent = {"distribution": "1", **event, "uuid": uuid_of(name)}
    answer = who.post("/events/add", sent)
    assert answer.status_code == 200, answer.text
    made: str = answer.json()["Event"]["id"]
    return made
