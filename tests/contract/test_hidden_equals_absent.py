"""Two databases that differ by what is hidden alone answer a reader byte for byte alike (TRUST S4, architecture).

The second is a copy of the first, out of which everything hidden was taken; ids, times and the address are the same.
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, Actor, Json, add_actor, admin_of
from tests.contract import hidden
from tests.contract.hidden import SECRET, Kind
from tests.contract.test_nobody_sees_what_is_not_his import HTML, JSON, OPEN_PAGES, QUESTIONS, Caller, Question, Told
from tests.live import Birth, LiveServer

ORG_ADMIN = 2
OWN = {"distribution": int(Distribution.ORGANISATION)}
SHARED, TAG = "shared.example", "infra:shared"
_EACH_TIME = re.compile(
    r'"(?:last_api_access|last_used|last_login|current_login|date_modified)": ?"[^"]*"'
    r'|<td data-label="Last used">.*|<authored_date>[^<]*|<Indicator operator="OR" id="[^"]*"|bundle--[\w-]+'
    r"|<(?:ioc|OpenIOC) [^>]*>"
)
READING = (
    "restSearch", "/index", "/listSightings", "/events/view", "/tags/search", "/restSearch/<context>",
)  # fmt: skip
FORMATS = ("json", "xml", "csv", "text", "count", "stix2", "openioc", "suricata", "hashes", "attack", "context", "rpz")
MORE = (
    *(("/events/restSearch", {"returnFormat": name}) for name in FORMATS),
    *(("/attributes/restSearch", {"returnFormat": name}) for name in FORMATS),
    ("/attributes/restSearch", {"includeCorrelations": 1, "includeSightings": 1, "includeContext": 1}),
    ("/events/restSearch", {"metadata": 1, "includeAnalystData": 1, "includeGranularCorrelations": 1}),
    ("/events/restSearch", {"tags": [TAG]}), ("/attributes/restSearch", {"tags": [TAG]}),
    ("/events/index", {"sort": "attribute_count", "direction": "desc"}), ("/events/index", {"minimal": 1}),
    ("/events/index", {"sort": "attribute_count", "limit": 2}), ("/events/index", {"minimal": 1, "tag": [TAG]}),
    ("/events/index", {"attribute": SHARED}), ("/objects/restSearch", {"object_name": "file"}),
    ("/sightings/restSearch", {}), ("/galaxy_clusters/restSearch", {}), ("/lookup", {"value": SHARED}),
)  # fmt: skip
Asking = tuple[str, str, Question]
ALIKE = [
    *(q for q in QUESTIONS if q.method != "POST" or any(part in q.rule for part in READING)),
    *(Question("GET", path, path) for path in OPEN_PAGES if path != "/servers/createSync"),  # makes a key
    *(Question("POST", path, path, json.dumps(body)) for path, body in MORE),
    *(
        Question("GET", path, path)
        for path in ("/events/index.csv", "/tags/index/searchall:infra", "/attributes/index")
    ),
]


@dataclass(frozen=True, slots=True)
class Scene:
    """What all may see, by kind, who asks, and what of the rows is hidden from them."""

    refs: Mapping[Kind, str]
    keys: Mapping[str, str]
    events: Sequence[str]
    attributes: Sequence[str]
    objects: Sequence[str]
    reports: Sequence[str]
    group: str
    cluster: str
    uuids: Sequence[str]


def arrange(server: LiveServer) -> Scene:
    """Events that all see with hidden parts, and hidden events that have to do with them in every way there is."""
    dora = admin_of(server)
    alice = add_actor(dora, "Alice", org_name=dora.org_name, org_uuid=dora.org_uuid, role_id=ORG_ADMIN)
    bob = add_actor(dora, "Bob", org_name="CSIRT Bravo", role_id=ORG_ADMIN)
    sync = add_actor(dora, "Sync", org_name=bob.org_name, org_uuid=bob.org_uuid, role_id=SYNC_USER)
    charlie = add_actor(dora, "Charlie", org_name="CSIRT Charlie")
    _made(dora, "/tags/add", {"name": TAG, "colour": "#112233"})
    groups = [_group(dora, name, *members) for name, members in (("known", (alice, bob)), (SECRET, (alice, charlie)))]
    clusters = _clusters(dora)
    seen = _event(alice, Distribution.COMMUNITY, None, clusters)
    mixed = _event(alice, Distribution.ALL, OWN, clusters)
    empty = alice.adds_event("Only hidden parts", attributes=[{"type": "domain", "value": SHARED, **OWN}])
    in_group = {"distribution": int(Distribution.SHARING_GROUP), "sharing_group_id": groups[1]}
    grouped = _event(alice, Distribution.COMMUNITY, in_group, clusters)
    secret = _event(alice, Distribution.ORGANISATION, None, clusters, extends_uuid=seen["uuid"])
    circle = alice.adds_event(SECRET, **in_group, attributes=[{"type": "domain", "value": SHARED}])  # type: ignore[arg-type]
    _event(bob, Distribution.COMMUNITY, None, clusters)
    for one in (seen, mixed, grouped, secret):
        _spoken_of(alice, charlie, one, secret)
    for one in (seen, mixed, empty, secret, circle):
        alice.publishes(one)
    whole = alice.views(seen)
    half = (mixed, grouped)
    return Scene(
        {
            **dict.fromkeys(Kind, "1"),
            Kind.EVENT: mixed["uuid"], Kind.ATTRIBUTE: mixed["Attribute"][-1]["uuid"],
            Kind.FILE: whole["Attribute"][1]["id"], Kind.OBJECT: mixed["Object"][-1]["uuid"],
            Kind.REPORT: whole["EventReport"][0]["uuid"], Kind.GROUP: groups[0], Kind.VALUE: SHARED,
            Kind.INFO: "Phishing", Kind.CLUSTER: clusters[0]["uuid"], Kind.USER: str(bob.user_id),
            Kind.NOTE: whole["Note"][0]["uuid"],
        },
        {"org admin": bob.key, "sync user": sync.key},
        [secret["id"], circle["id"]],
        [part["id"] for one in half for part in one["Attribute"][:2]] + [empty["Attribute"][0]["id"]],
        [part["id"] for one in half for part in one["Object"][:1]],
        [part["id"] for one in half for part in one["EventReport"]],
        groups[1],
        clusters[1]["uuid"],
        [
            *(part["uuid"] for one in (secret, circle) for part in (one, *one["Attribute"], *one["Object"])),
            *(part["uuid"] for one in half for part in (*one["Attribute"][:2], one["Object"][0])),
        ],
    )  # fmt: skip


def _event(actor: Actor, level: Distribution, own: Json | None, clusters: Sequence[Json], **more: object) -> Json:
    """Two attributes, an object, a report of this level, and two parts that inherit."""
    narrow, inherits = own or {}, {"distribution": int(Distribution.INHERIT)}
    name = {"type": "filename", "object_relation": "filename", "value": f"{new_uuid()}.exe"}
    file = {"name": "file", "meta-category": "file", "description": "d", "template_version": 1, "Attribute": [name]}
    tags = [{"name": TAG}, {"name": clusters[0]["tag_name"]}]
    return actor.adds_event(
        "Phishing again",
        distribution=level,
        attributes=[
            {"type": "domain", "value": SHARED, "Tag": tags, **narrow},
            {"type": "attachment", "value": "a.txt", "data": "c2VjcmV0", **narrow},
            {"type": "domain", "value": SHARED, "comment": "seen", "Tag": tags, **inherits},
        ],
        Object=[{**file, "uuid": new_uuid(), **narrow}, {**file, "uuid": new_uuid(), **inherits}],
        EventReport=[{"name": "r", "content": "c", **narrow}],
        Tag=tags,
        **more,
    )


def _spoken_of(alice: Actor, charlie: Actor, event: Json, secret: Json) -> None:
    """Opinions of the hidden kind about every part: also of kinds that the parts are not."""
    for part in (event, *event["Attribute"], *event["Object"]):
        for claimed in ("Event", "Attribute", "Organisation"):
            _made(alice, f"/analyst_data/add/Note/{part['uuid']}/{claimed}", {"note": "n", "distribution": 1})
        _made(alice, f"/analyst_data/add/Note/{part['uuid']}/Event", {"note": SECRET, **OWN})
    for part in event["Attribute"]:
        _made(alice, f"/sightings/add/{part['id']}", {"source": SECRET})
        _made(alice, f"/shadow_attributes/edit/{part['id']}", {"type": "domain", "value": f"{new_uuid()}.example"})
    source, target = event["Object"][1], event["Attribute"][0]
    wanted = {"referenced_uuid": target["uuid"], "relationship_type": "related-to"}
    _made(alice, f"/object_references/add/{source['id']}", wanted)


def _group(dora: Actor, name: str, *members: Actor) -> str:
    group = _made(dora, "/sharing_groups/add", {"name": f"{name} group"})["SharingGroup"]["id"]
    for member in members:
        _made(dora, f"/sharing_groups/addOrg/{group}/{member.org_id}", {})
    return str(group)


def _clusters(dora: Actor) -> tuple[Json, Json]:
    galaxy = {"uuid": new_uuid(), "name": "Weather", "type": "weather", "description": "", "version": "1"}
    known = {"uuid": new_uuid(), "type": "weather", "value": "Rain", "version": "1", "distribution": "3"}
    _made(dora, "/galaxies/pushCluster", [{"GalaxyCluster": {**known, "Galaxy": galaxy}}])
    own = _made(dora, f"/galaxy_clusters/add/{galaxy['uuid']}", {"value": SECRET, "description": SECRET, **OWN})
    found = dora.get(f"/galaxy_clusters/view/{known['uuid']}").json()["GalaxyCluster"]
    return found, own["GalaxyCluster"]


_made = hidden._made


def take_out(path: str, scene: Scene) -> None:
    """Everything hidden, as if it had never been."""
    chosen = {
        name: ", ".join(getattr(scene, name)) or "NULL" for name in ("events", "attributes", "objects", "reports")
    }
    inside = f"event_id IN ({chosen['events']}) OR attribute_id IN (SELECT id FROM gone)"
    uuids = ", ".join(f"'{uuid}'" for uuid in scene.uuids)
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("PRAGMA foreign_keys = 1")
        sql.executescript(
            f"""CREATE TEMP TABLE gone AS SELECT id, uuid FROM attribute WHERE id IN ({chosen["attributes"]})
                OR object_id IN ({chosen["objects"]});
            DELETE FROM analyst_item WHERE distribution = 0 OR object_uuid IN ({uuids});
            DELETE FROM sighting;
            DELETE FROM object_reference WHERE referenced_type = 0 AND referenced_id IN (SELECT id FROM gone)
                OR object_id IN ({chosen["objects"]});
            DELETE FROM value_hash WHERE {inside};
            DELETE FROM attribute_tag WHERE {inside};
            DELETE FROM attribute WHERE id IN (SELECT id FROM gone);
            DELETE FROM object WHERE id IN ({chosen["objects"]});
            DELETE FROM event_report WHERE id IN ({chosen["reports"]});
            DELETE FROM event WHERE id IN ({chosen["events"]});
            DELETE FROM sharing_group WHERE id = {scene.group};
            DELETE FROM galaxy_cluster WHERE uuid = '{scene.cluster}';
            UPDATE event SET restricted = 0, attribute_count =
                (SELECT count(*) FROM attribute WHERE attribute.event_id = event.id AND NOT deleted);"""
        )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_hidden_changes_no_byte_of_any_answer(tmp_path: Path) -> None:
    first = LiveServer(tmp_path / "whole", Birth())
    first.set_up()
    first.start()
    scene = arrange(first)
    first.stop()
    second = LiveServer(tmp_path / "less", first.birth, url=first.url)
    shutil.copytree(first.data, second.data, ignore=shutil.ignore_patterns("cache.db*"))
    take_out(str(second.data / "mispmini.db"), scene)
    whole, less = (_answers(server, scene) for server in (first, second))
    assert {asked: told.unlike(less[asked]) for asked, told in whole.items() if told != less[asked]} == {}
    assert sum(told.status == 200 for told in whole.values()) > 300


def _answers(server: LiveServer, scene: Scene) -> dict[Asking, Told]:
    server.start()
    try:
        return {
            (name, way, question): _asks(server, key, question, scene, headers)
            for question in ALIKE
            for name, key in scene.keys.items()
            for way, headers in (("json", JSON), ("page", HTML))
            if way == "json" or (question.method == "GET" and name == "org admin")
        }
    finally:
        server.stop()


def _asks(server: LiveServer, key: str, question: Question, scene: Scene, headers: Mapping[str, str]) -> Told:
    words = {kind: scene.refs[kind] for kind in question.kinds}
    answer = Caller("reader", server, key).asks(question, words, headers)
    return Told(answer.status, answer.location, answer.count, _EACH_TIME.sub("", answer.text))
