"""One of each kind of thing that somebody else may not see, and how to refer to it and to what does not exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json

SECRET = f"secret{new_uuid()[:8]}"
NO_ID = 99_999_999


class Kind(StrEnum):
    """What a place in a path or body refers to."""

    EVENT = "event"
    ATTRIBUTE = "attribute"
    FILE = "file"
    OBJECT = "object"
    REFERENCE = "reference"
    REPORT = "report"
    PROPOSAL = "proposal"
    SIGHTING = "sighting"
    GROUP = "group"
    USER = "user"
    KEY = "key"
    SERVER = "server"
    JOB = "job"
    AUDIT_ROW = "audit_row"
    QUEUE_ROW = "queue_row"
    REGISTRATION = "registration"
    NOTE = "note"
    CLUSTER = "cluster"
    RELATION = "relation"
    FEED = "feed"
    DELEGATION = "delegation"
    VALUE = "value"
    INFO = "info"


_NOTE = {"note": SECRET, "distribution": int(Distribution.ORGANISATION)}
_FEED = {"name": SECRET, "provider": SECRET, "url": f"https://192.0.2.9/{SECRET}", "source_format": "misp"}
Refs = Mapping[Kind, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Hidden:
    """References to the hidden things by kind: all ids first, then all uuids; and what must stay as it is."""

    refs: Refs
    event: Json
    shared: Json

    def absent(self, kind: Kind, ref: str) -> str:
        """A reference of the same shape to what does not exist."""
        if kind in (Kind.VALUE, Kind.INFO):
            return f"{new_uuid()}.example"
        return str(NO_ID) if ref.isdigit() else new_uuid()


def hide(alice: Actor, charlie: Actor, dora: Actor) -> Hidden:
    """Make everything: in an event for a group of Alice and Charlie, and beside it in an event that all see."""
    group = _made(dora, "/sharing_groups/add", {"name": f"{SECRET} group", "active": True})["SharingGroup"]
    for actor in (alice, charlie):
        assert dora.post(f"/sharing_groups/addOrg/{group['id']}/{actor.org_id}").status_code == 200
    event = alice.adds_event(
        f"{SECRET}-event", distribution=Distribution.SHARING_GROUP, sharing_group_id=group["id"], **_contents(None)
    )
    shared = alice.adds_event("Seen by all", **_contents(Distribution.ORGANISATION))
    elements = {
        kind: _refs(*(_of(whole, kind) for whole in (event, shared)))
        for kind in (Kind.ATTRIBUTE, Kind.FILE, Kind.OBJECT, Kind.REPORT)
    }
    return Hidden(
        {
            **elements,
            Kind.EVENT: _refs(event),
            Kind.GROUP: _refs(group),
            Kind.REFERENCE: _refs(*(_reference(alice, whole) for whole in (event, shared))),
            Kind.PROPOSAL: _refs(_proposal(charlie, event)),
            Kind.SIGHTING: _refs(*(_sighting(alice, _of(whole, Kind.ATTRIBUTE)) for whole in (event, shared))),
            Kind.VALUE: [_of(whole, Kind.ATTRIBUTE)["value"] for whole in (event, shared)],
            Kind.INFO: [event["info"]],
            Kind.NOTE: _refs(_made(alice, f"/analyst_data/add/Note/{event['uuid']}/Event", _NOTE)["Note"]),
            **_clusters(dora),
            **_of_the_house(alice, dora, event),
        },
        alice.views(event),
        alice.views(shared),
    )


def _contents(level: Distribution | None) -> dict[str, Any]:
    """What an event holds; each element of this level, None for as the event."""
    own = {} if level is None else {"distribution": int(level)}
    name = {"type": "filename", "object_relation": "filename", "value": f"{SECRET}.exe"}
    file = {"name": "file", "meta-category": "file", "Attribute": [name], "template_version": 1, **own}
    return {
        "attributes": [
            {"type": "domain", "value": f"{SECRET}{level}.example", "comment": SECRET, **own},
            {"type": "attachment", "value": f"{SECRET}.txt", "data": "c2VjcmV0", **own},
        ],
        "Object": [{**file, "uuid": new_uuid()}, {**file, "uuid": new_uuid(), "comment": SECRET}],
        "EventReport": [{"name": f"{SECRET} report", "content": SECRET, **own}],
    }


def _of(event: Json, kind: Kind) -> Json:
    found: Json = {
        Kind.ATTRIBUTE: lambda: event["Attribute"][0],
        Kind.FILE: lambda: event["Attribute"][1],
        Kind.OBJECT: lambda: event["Object"][0],
        Kind.REPORT: lambda: event["EventReport"][0],
    }[kind]()
    return found


def _reference(alice: Actor, event: Json) -> Json:
    source, target = event["Object"]
    wanted = {"object_uuid": source["uuid"], "referenced_uuid": target["uuid"], "relationship_type": "related-to"}
    found: Json = _made(alice, f"/object_references/add/{source['id']}", wanted)["ObjectReference"]
    return found


def _proposal(charlie: Actor, event: Json) -> Json:
    wanted = {"type": "attachment", "value": f"{SECRET}.proposed.txt", "data": "c2VjcmV0"}
    found: Json = _made(charlie, f"/shadow_attributes/add/{event['id']}", wanted)["ShadowAttribute"]
    return found


def _sighting(alice: Actor, attribute: Json) -> Json:
    found: Json = _made(alice, f"/sightings/add/{attribute['id']}", {"source": SECRET})["Sighting"]
    return found


def _clusters(dora: Actor) -> dict[Kind, Sequence[str]]:
    """A cluster of this organisation that is related to another, in a galaxy that all see."""
    galaxy = {"uuid": new_uuid(), "name": "Weather", "type": "weather", "description": "", "version": "1"}
    known = {"uuid": new_uuid(), "type": "weather", "value": "Rain", "version": "1", "distribution": "3"}
    _made(dora, "/galaxies/pushCluster", [{"GalaxyCluster": {**known, "Galaxy": galaxy}}])
    body = {"value": SECRET, "description": SECRET, "distribution": int(Distribution.ORGANISATION)}
    own = _made(dora, f"/galaxy_clusters/add/{galaxy['uuid']}", body)["GalaxyCluster"]
    ends = {"galaxy_cluster_uuid": own["uuid"], "referenced_galaxy_cluster_uuid": known["uuid"]}
    wanted = {**ends, "referenced_galaxy_cluster_type": "similar"}
    relation = _made(dora, "/galaxy_cluster_relations/add", wanted)["GalaxyClusterRelation"]
    return {Kind.CLUSTER: _refs(own), Kind.RELATION: _refs(relation)}


def _of_the_house(alice: Actor, dora: Actor, event: Json) -> dict[Kind, Sequence[str]]:
    """Accounts, keys, links, jobs and log rows, which only their owner or site admins know."""
    server = _made(dora, "/servers/add", _partner())["Server"]
    dora.post(f"/servers/pull/{server['id']}/full")
    alice.publishes(event)
    jobs = [row["Job"]["id"] for row in _got(dora, "/jobs/index")]
    rows = [row["Log"]["id"] for row in _got(dora, f"/logs/index/model:Event/model_id:{event['id']}")]
    key = _made(alice, "/auth_keys/add", {"comment": SECRET})["AuthKey"]
    assert alice.post("/user_settings/setSetting/me/homepage", {"value": {"path": f"/{SECRET}"}}).status_code == 200
    return {
        Kind.USER: [str(alice.user_id)],
        Kind.KEY: [key["id"]],
        Kind.SERVER: [server["id"]],
        Kind.JOB: jobs[-1:],
        Kind.AUDIT_ROW: rows[:1],
        Kind.QUEUE_ROW: ["1"],
        Kind.DELEGATION: ["1"],
        Kind.REGISTRATION: ["1"],
        Kind.FEED: _refs(_made(dora, "/feeds/add", _FEED)["Feed"]),
    }


def _partner() -> dict[str, object]:
    """Names of organisations and servers are known to who makes sharing groups; a link's state is not."""
    organisation = {"remote_org_name": f"Partner {new_uuid()[:8]}", "remote_org_uuid": new_uuid()}
    where = {"name": "A partner's server", "url": "https://192.0.2.7", "authkey": "a" * 40}
    return {**where, **organisation, "pull": True}


def _refs(*rows: Json) -> list[str]:
    return [str(row["id"]) for row in rows] + [row["uuid"] for row in rows if row.get("uuid")]


def _made(actor: Actor, path: str, body: object) -> Any:
    answer = actor.post(path, body)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def _got(actor: Actor, path: str) -> Any:
    answer = actor.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()
