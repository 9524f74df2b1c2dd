"""Galaxy clusters that cross: what is asked of a partner, in which order, and what is kept (35, 50, 51, 08)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.drafts import TagDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.galaxies import ClusterDraft, GalaxyDraft, RelationDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tag_forms import TagForm
from mispmini.domain.viewer import Viewer
from mispmini.services import clusters, tags
from mispmini.store import cluster_writers, outbox, servers, sql
from mispmini.store import clusters as store
from mispmini.store.database import writing
from mispmini.store.galaxies import find_galaxy, insert_galaxy
from mispmini.sync.delivering import deliver_due
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from tests.sync.ground import OUR_ORG, OUTBOUND, Ground, a_draft, break_ground, leave_ground
from tests.sync.recorded import body_of, exchanges_of, lines_of, played, played_by
from tests.wire.conftest import Recordings

Json = dict[str, Any]
EVERYTHING = Viewer.everything()
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_galaxy_editor": True, "request_encoding": ["gzip"]}
ACTOR = GalaxyDraft("698774c7-8022-42c4-917f-8d6e4f06ada3", "Threat Actor", "threat-actor", namespace="misp", version=3)
RECORDED = "db358c6d-632f-4a3f-a32d-b0d095218d85"
INTERNAL = {"internal": True, "org": OUR_ORG}
OF_THE_RUN = {"id", "date_created", "date_modified", "created_by", "description", "type", "nationality", "sector",
              "restricted_to_domain", "icon", "version", "local"}  # fmt: skip


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """ORG_A."""
    yield break_ground(tmp_path)
    leave_ground()


def wrote(ground: Ground, uuid: str, *, version: int | None = None, **more: Any) -> str:
    """A published cluster of ours among the threat actors."""
    with writing():
        if find_galaxy(ACTOR.uuid) is None:
            insert_galaxy(ACTOR)
        draft: dict[str, Any] = {"value": "Sample", "uuid": uuid, "distribution": 3, **more}
        clusters.add(ground.admin, ACTOR.uuid, ClusterDraft(**draft))
        number = store.find_cluster_id(EVERYTHING, uuid)
        assert number is not None
        cluster_writers.update_cluster(number, {"published": True, "version": version or clock.now()})
    return uuid


def there(server: LinkedServer) -> LinkedServer:
    """The link as it is now."""
    known = servers.find_any_server(server.id)
    assert known is not None
    return known


def comparable(value: Any) -> Any:
    """What does not differ from instance to instance."""
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items() if key not in OF_THE_RUN}
    return [comparable(item) for item in value] if isinstance(value, list) else value


def test_a_published_cluster_goes_as_a_misp_sends_it(ground: Ground, recordings: Recordings) -> None:
    asked = exchanges_of(recordings.transcript("50"))
    [recorded] = asked[1]["request"]["body"]
    told = recorded["GalaxyCluster"]
    uuid = wrote(
        ground, told["uuid"], value=told["value"], description="custom cluster", source="sample", authors=("x",),
        elements=(("synonyms", "Foo"),), version=int(told["version"]),
    )  # fmt: skip
    with played_by(asked) as partner:
        server = ground.links(partner.url, push=True, push_galaxy_clusters=True)
        clusters.publish(ground.admin, uuid)
        assert deliver_due(server.id, OUTBOUND) == 1
        assert lines_of(partner) == ["GET /servers/getVersion", "POST /galaxies/pushCluster"]
        [sent] = body_of(partner.requests[1])
    for name, value in comparable(recorded)["GalaxyCluster"].items():
        assert comparable(sent)["GalaxyCluster"][name] == value, name
    assert sent["GalaxyCluster"]["version"] == told["version"]
    assert sent["GalaxyCluster"]["description"] == "custom cluster"
    assert set(sent["GalaxyCluster"]) == set(told)
    assert outbox.due_row(server.id, clock.now()) is None


@pytest.mark.parametrize(
    ("level", "more", "arrives"),
    [
        (0, {}, None), (1, {}, None), (2, {}, "1"), (3, {}, "3"), (0, INTERNAL, None),
        (1, INTERNAL, "1"), (2, INTERNAL, "2"),
    ],
)  # fmt: skip
def test_how_far_a_cluster_goes(ground: Ground, level: int, more: Json, arrives: str | None) -> None:
    relations = tuple(RelationDraft(new_uuid(), f"level {n}", n) for n in range(4))
    uuid = wrote(ground, new_uuid(), distribution=level, relations=relations)
    with played({"GET /servers/getVersion": VERSION, "POST /galaxies/pushCluster": {"saved": True}}) as partner:
        server = ground.links(partner.url, push=True, push_galaxy_clusters=True, **more)
        clusters.publish(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        sent = [body_of(r)[0]["GalaxyCluster"] for r in partner.requests if r.target == "/galaxies/pushCluster"]
    assert [one["distribution"] for one in sent] == ([] if arrives is None else [arrives])
    kept = [
        (r["referenced_galaxy_cluster_type"], r["distribution"]) for one in sent for r in one["GalaxyClusterRelation"]
    ]
    lowered = "2" if more else "1"
    assert kept == ([] if arrives is None else [("level 2", lowered), ("level 3", "3")])


def test_an_events_clusters_are_offered_before_it(ground: Ground, recordings: Recordings) -> None:
    asked = [e for e in exchanges_of(recordings.transcript("08")) if e["to"] == "B"]
    search = next(e for e in asked if e["request"]["path"].startswith("/galaxy_clusters"))
    wrote(ground, RECORDED, version=1795485645)
    wrote(ground, new_uuid(), value="Not named by the event")
    with played_by(asked) as partner:
        server = ground.links(partner.url, push=True, push_galaxy_clusters=True)
        uuid = _tagged_event(ground)
        deliver_due(server.id, OUTBOUND)
        lines = lines_of(partner)
        assert body_of(partner.requests[1]) == search["request"]["body"]
    assert lines[:3] == ["GET /servers/getVersion", "POST /galaxy_clusters/restSearch", f"HEAD /events/view/{uuid}"]
    assert "POST /galaxies/pushCluster" not in lines


def _tagged_event(ground: Ground) -> str:
    name = f'misp-galaxy:threat-actor="{RECORDED}"'
    return ground.publishes(a_draft(tags=(TagDraft(name), TagDraft("tlp:green"))))


def test_a_full_push_brings_the_clusters_first(ground: Ground, recordings: Recordings) -> None:
    asked = [e for e in exchanges_of(recordings.transcript("08c")) if e["to"] == "B"]
    search = asked[1]["request"]
    wrote(ground, RECORDED, version=1795485645)
    with played_by(asked) as partner:
        server = ground.links(partner.url, push=True, push_galaxy_clusters=True)
        push_to(there(server), "full", OUTBOUND)
        assert lines_of(partner)[:2] == ["GET /servers/getVersion", f"POST {search['path']}"]
        assert body_of(partner.requests[1]) == search["body"]
        assert not [line for line in lines_of(partner) if "pushCluster" in line]


def test_a_full_push_sends_only_what_is_newer(ground: Ground) -> None:
    same, newer, fresh = (wrote(ground, new_uuid(), version=5) for _ in range(3))
    known = [{"GalaxyCluster": {"uuid": same, "version": "5"}}, {"GalaxyCluster": {"uuid": newer, "version": "4"}}]
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /galaxy_clusters/restSearch": known,  # without its wrapper
        "POST /galaxies/pushCluster": {"saved": True},
        "POST /events/index": [],
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True, push_galaxy_clusters=True)
        push_to(there(server), "full", OUTBOUND)
        sent = [body_of(r)[0]["GalaxyCluster"]["uuid"] for r in partner.requests if r.target == "/galaxies/pushCluster"]
    assert sent == [newer, fresh]


def test_a_partner_that_takes_no_clusters_is_not_asked(ground: Ground) -> None:
    uuid = wrote(ground, new_uuid())
    with played({"GET /servers/getVersion": VERSION | {"perm_galaxy_editor": False}}) as partner:
        server = ground.links(partner.url, push=True, push_galaxy_clusters=True)
        clusters.publish(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == ["GET /servers/getVersion"]


def test_clusters_are_pulled_as_a_misp_pulls_them(ground: Ground, recordings: Recordings) -> None:
    transcript = recordings.transcript("51")
    asked = exchanges_of(transcript)
    wrote(ground, RECORDED, version=1795485645)
    wrote(ground, "f566f611-1b77-4a2c-a68d-4b97e92ba340", version=1795486228)
    with played_by(asked) as partner:
        server = ground.links(partner.url, pull=True, pull_galaxy_clusters=True)
        result = pull_from(there(server), "full", OUTBOUND)
        expected = [f"{e['request']['method']} {e['request']['path']}" for e in asked[:4]]
        assert lines_of(partner)[:4] == expected
        assert body_of(partner.requests[1]) == asked[1]["request"]["body"]
    assert result.clusters == 1
    after = transcript["outcome"]["after"]["B"]["GalaxyCluster"]
    kept = clusters.view_cluster(EVERYTHING, after["uuid"])
    assert (kept.row.locked, kept.row.published, kept.row.distribution) == (True, True, 3)
    assert (kept.row.value, kept.row.tag_name, str(kept.row.version)) == (
        after["value"], after["tag_name"], after["version"],
    )  # fmt: skip
    assert [(e.key, e.value) for e in kept.elements] == [("synonyms", "Foo")]
    assert kept.row.org_id == server.org_id
    assert kept.orgc is not None
    assert kept.orgc.uuid == after["Orgc"]["uuid"]


def test_relevant_clusters_are_those_that_tags_name(ground: Ground, recordings: Recordings) -> None:
    asked = exchanges_of(recordings.transcript("35"))
    tags.add_tag(ground.admin, TagForm(name=f'misp-galaxy:threat-actor="{RECORDED}"'))
    wrote(ground, RECORDED, version=1795485645)
    with played_by(asked) as partner:
        server = ground.links(partner.url, pull=True, pull_galaxy_clusters=True)
        result = pull_from(there(server), "pull_relevant_clusters", OUTBOUND)
        assert lines_of(partner) == [f"{e['request']['method']} {e['request']['path']}" for e in asked]
        assert body_of(partner.requests[1]) == asked[1]["request"]["body"]
    assert (result.clusters, result.pulled) == (0, 0)


def test_relevant_clusters_need_the_links_switch(ground: Ground) -> None:
    with played({}) as partner:
        server = ground.links(partner.url, pull=True)
        with pytest.raises(SaveFailed):
            pull_from(there(server), "pull_relevant_clusters", OUTBOUND)
        assert lines_of(partner) == []


def remote_cluster(uuid: str, **more: Any) -> Json:
    """A cluster as a partner shows it."""
    galaxy = {"uuid": ACTOR.uuid, "name": "Threat Actor", "type": "threat-actor"}
    known = {"uuid": uuid, "value": "Theirs", "version": "7", "distribution": "2", "Galaxy": galaxy, "published": True}
    return {"GalaxyCluster": {**known, **more}}


@pytest.mark.parametrize(("told", "kept", "more"), [
    ("0", 0, {}), ("1", 0, {}), ("2", 1, {}), ("3", 3, {}), ("4", 0, {}),
    ("2", 2, INTERNAL), (None, 0, {}),
])  # fmt: skip
def test_what_a_pulled_cluster_becomes(ground: Ground, told: str | None, kept: int, more: Json) -> None:
    uuid = new_uuid()
    relation = {
        "referenced_galaxy_cluster_uuid": new_uuid(),
        "referenced_galaxy_cluster_type": "x",
        "distribution": told,
    }
    shown = remote_cluster(uuid, distribution=told, GalaxyClusterRelation=[relation], sharing_group_id="1")
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /galaxy_clusters/restSearch": {"response": [{"GalaxyCluster": {"uuid": uuid, "version": "7"}}]},
        f"GET /galaxy_clusters/view/{uuid}": shown,
        "POST /events/index": [],
    }
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True, pull_galaxy_clusters=True, **more)
        assert pull_from(there(server), "full", OUTBOUND).clusters == 1
    cluster = clusters.view_cluster(EVERYTHING, uuid)
    assert (cluster.row.distribution, cluster.row.sharing_group_id) == (kept, None)
    assert [relation.distribution for relation in cluster.relations] == [kept]


def test_a_partner_that_lies_about_clusters_gains_nothing(ground: Ground) -> None:
    own, asked = wrote(ground, new_uuid(), version=1), new_uuid()
    listed = [{"GalaxyCluster": {"uuid": uuid, "version": "99"}} for uuid in (own, asked)]
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /galaxy_clusters/restSearch": {"response": listed},
        f"GET /galaxy_clusters/view/{own}": remote_cluster(own, value="Taken over", version="99"),
        f"GET /galaxy_clusters/view/{asked}": remote_cluster(new_uuid()),
        "POST /events/index": [],
    }
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True, pull_galaxy_clusters=True)
        assert pull_from(there(server), "full", OUTBOUND).clusters == 0
    assert clusters.view_cluster(EVERYTHING, own).row.value == "Sample"
    assert sql.scalar("SELECT count(*) FROM galaxy_cluster") == 1
