"""Galaxies and clusters over REST and as pages: who sees and changes what, and what events show (MODEL §7.6)."""

import importlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest
import requests

from mispmini.domain import clock, galaxy_files
from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.galaxies import GalaxyDraft
from mispmini.domain.ids import new_uuid
from mispmini.jobs.puller import JobWorker
from mispmini.services import organisations
from mispmini.store import galaxies as store
from mispmini.store.database import writing
from mispmini.sync.links import Outbound
from tests.live import eventually
from tests.web.callers import Client
from tests.web.conftest import PUBLISHER, READ_ONLY, SYNC_USER, USER, Site

Json = dict[str, Any]


@pytest.fixture(scope="module")
def galaxy_id(site: Site) -> int:
    """A galaxy, as a partner's cluster would bring one."""
    with writing():
        return store.insert_galaxy(GalaxyDraft(new_uuid(), "Weather", "weather", "What the sky does"))


@pytest.fixture(scope="module")
def dora(site: Site) -> Client:
    """The site admin."""
    return Client(site, site.admin_key)


@pytest.fixture(scope="module")
def alice(site: Site) -> Client:
    """A publisher of the organisation that writes."""
    return Client(site, site.key(PUBLISHER))


@pytest.fixture(scope="module")
def bob(site: Site) -> Client:
    """A user of another organisation."""
    with writing():
        other = organisations.capture_organisation(None, OrganisationDraft(new_uuid(), "Others"))
    email = site.email(USER, org=other.id)
    users = requests.get(f"{site.url}/admin/users/index.json", headers={"Authorization": site.admin_key}, timeout=10)
    number = next(one["User"]["id"] for one in users.json() if one["User"]["email"] == email)
    made = Client(site, site.admin_key).post(f"/auth_keys/add/{number}")
    return Client(site, made.json()["AuthKey"]["authkey_raw"])


def writes(client: Client, galaxy_id: int, **fields: Any) -> Json:
    """A cluster that somebody adds."""
    body = {"value": f"Storm {new_uuid()[:8]}", "distribution": 1, **fields}
    answer = client.post(f"/galaxy_clusters/add/{galaxy_id}", body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["GalaxyCluster"]
    return found


def test_a_cluster_is_named_by_its_uuid_and_belongs_to_its_organisation(alice: Client, galaxy_id: int) -> None:
    made = writes(alice, galaxy_id, GalaxyElement=[{"key": "synonyms", "value": "Tempest"}], authors=["Alice"])
    assert made["tag_name"] == f'misp-galaxy:weather="{made["uuid"]}"'
    assert (made["default"], made["locked"], made["published"]) == (False, False, False)
    assert made["org_id"] == made["orgc_id"] == made["Org"]["id"]
    assert [(e["key"], e["value"]) for e in made["GalaxyElement"]] == [("synonyms", "Tempest")]
    assert int(made["version"]) <= clock.now()
    assert alice.get(f"/galaxy_clusters/view/{made['uuid']}")["GalaxyCluster"] == made


@pytest.mark.parametrize(("level", "is_seen"), [(0, False), (1, True), (2, True), (3, True)])
def test_others_see_a_cluster_by_its_distribution(
    alice: Client, bob: Client, galaxy_id: int, level: int, is_seen: bool
) -> None:
    made = writes(alice, galaxy_id, distribution=level)
    seen = bob.site.get(f"/galaxy_clusters/view/{made['uuid']}.json", headers={"Authorization": bob.key})
    found = bob.post("/galaxy_clusters/restSearch", {"uuid": [made["uuid"]]}).json()["response"]
    listed = bob.get(f"/galaxies/view/{galaxy_id}")["GalaxyCluster"]
    assert (seen.status_code == 200) is is_seen
    assert bool(found) is is_seen
    assert (made["id"] in [one["id"] for one in listed]) is is_seen


def test_an_unseen_cluster_is_answered_as_one_that_is_not_there(alice: Client, bob: Client, galaxy_id: int) -> None:
    hidden = writes(alice, galaxy_id, distribution=0)
    for verb in ("edit", "publish", "delete"):
        there = bob.post(f"/galaxy_clusters/{verb}/{hidden['id']}", {"value": "Mine"})
        absent = bob.post(f"/galaxy_clusters/{verb}/999999", {"value": "Mine"})
        assert (there.status_code, there.json()["name"]) == (absent.status_code, absent.json()["name"]) == (
            404, "Invalid galaxy cluster",
        )  # fmt: skip


def test_only_its_creators_organisation_changes_a_cluster(alice: Client, bob: Client, galaxy_id: int) -> None:
    made = writes(alice, galaxy_id)
    refused = bob.post(f"/galaxy_clusters/edit/{made['id']}", {"value": "Mine"})
    assert refused.status_code == 405
    changed = alice.post(f"/galaxy_clusters/edit/{made['id']}", {"value": "Hail"}).json()["GalaxyCluster"]
    assert changed["value"] == "Hail"
    assert int(changed["version"]) > int(made["version"])


def test_a_relation_to_an_unseen_cluster_tells_no_id(alice: Client, bob: Client, galaxy_id: int) -> None:
    hidden = writes(alice, galaxy_id, distribution=0)
    relation = {"referenced_galaxy_cluster_uuid": hidden["uuid"], "referenced_galaxy_cluster_type": "brings"}
    shown = writes(alice, galaxy_id, GalaxyClusterRelation=[relation])
    own, others = (
        who.get(f"/galaxy_clusters/view/{shown['id']}")["GalaxyCluster"]["GalaxyClusterRelation"][0]
        for who in (alice, bob)
    )
    assert (own["referenced_galaxy_cluster_id"], others["referenced_galaxy_cluster_id"]) == (hidden["id"], "0")
    secret = {**relation, "distribution": 0, "galaxy_cluster_uuid": shown["uuid"]}
    made = alice.post("/galaxy_cluster_relations/add", secret).json()["GalaxyClusterRelation"]
    assert len(bob.get(f"/galaxy_clusters/view/{shown['id']}")["GalaxyCluster"]["GalaxyClusterRelation"]) == 1
    assert bob.post(f"/galaxy_cluster_relations/delete/{made['id']}").status_code == 404
    assert alice.post(f"/galaxy_cluster_relations/delete/{made['id']}").status_code == 200


def test_an_event_shows_the_clusters_that_its_tags_name_and_the_viewer_sees(
    alice: Client, bob: Client, galaxy_id: int
) -> None:
    open_, hidden = (
        writes(alice, galaxy_id, GalaxyElement=[{"key": "country", "value": "BR"}]),
        writes(alice, galaxy_id, distribution=0),
    )
    event_id = alice.adds_event()
    attribute = alice.get(f"/events/view/{event_id}")["Event"]["Attribute"][0]
    for cluster in (open_, hidden):
        answer = alice.post(f"/galaxies/attachCluster/{event_id}/event", {"Galaxy": {"target_id": cluster["id"]}})
        assert answer.json() == {"saved": True, "success": "Cluster attached.", "check_publish": True}
    alice.post(f"/galaxies/attachCluster/{attribute['uuid']}/attribute", {"Galaxy": {"target_id": open_["id"]}})
    own, others = (who.get(f"/events/view/{event_id}")["Event"] for who in (alice, bob))
    assert [c["uuid"] for c in own["Galaxy"][0]["GalaxyCluster"]] == [open_["uuid"], hidden["uuid"]]
    [seen] = others["Galaxy"][0]["GalaxyCluster"]
    assert (seen["uuid"], seen["meta"], seen["local"], seen["relationship_type"]) == (
        open_["uuid"], {"country": ["BR"]}, False, False,
    )  # fmt: skip
    assert isinstance(seen["tag_id"], int)
    assert seen["event_tag_id"].isdigit()
    assert others["Attribute"][0]["Galaxy"][0]["GalaxyCluster"][0]["attribute_tag_id"].isdigit()
    tags = {tag["name"]: tag for tag in others["Tag"]}
    assert all(tag["is_galaxy"] and tag["is_custom_galaxy"] for tag in tags.values())
    assert bob.get(f"/events/view/{event_id}/excludeGalaxy:1")["Event"]["Galaxy"] == []
    search = {"eventid": event_id}
    assert bob.post("/events/restSearch", search).json()["response"][0]["Event"]["Galaxy"] == others["Galaxy"]
    without = bob.post("/events/restSearch", {**search, "excludeGalaxy": 1}).json()["response"][0]["Event"]
    assert without["Galaxy"] == without["Attribute"][0]["Galaxy"] == []


def test_clusters_of_an_event_are_those_of_what_one_reads_in_it(alice: Client, bob: Client, galaxy_id: int) -> None:
    cluster, event_id = writes(alice, galaxy_id), alice.adds_event()
    secret = {"type": "domain", "value": f"{new_uuid()}.example", "distribution": 0}
    attribute = alice.post(f"/attributes/add/{event_id}", secret).json()["Attribute"]
    alice.post(f"/galaxies/attachCluster/{attribute['uuid']}/attribute", {"Galaxy": {"target_id": cluster["id"]}})

    def found_by(client: Client) -> list[str]:
        answer = client.post("/galaxy_clusters/restSearch", {"eventid": event_id}).json()["response"]
        return [one["GalaxyCluster"]["uuid"] for one in answer]

    assert (found_by(alice), found_by(bob)) == ([cluster["uuid"]], [])
    alice.post(f"/attributes/delete/{attribute['id']}")
    assert found_by(alice) == []


def test_what_cannot_be_attached_is_told_with_http_200(bob: Client, alice: Client, galaxy_id: int) -> None:
    event_id, hidden = alice.adds_event(), writes(alice, galaxy_id, distribution=0)
    for target in (hidden["id"], "999999", ""):
        answer = bob.post(f"/galaxies/attachCluster/{event_id}/event", {"Galaxy": {"target_id": target}})
        assert (answer.status_code, answer.json()) == (200, {"saved": False, "errors": "Invalid Galaxy cluster."})


def test_a_large_event_is_kept_ready_without_what_its_reader_may_not_see(
    alice: Client, bob: Client, galaxy_id: int
) -> None:
    hidden = writes(alice, galaxy_id, distribution=0)
    tag = {"name": hidden["tag_name"]}
    attributes = [{"type": "domain", "value": f"{new_uuid()}.example", "Tag": [tag]} for _ in range(60)]
    dora = Client(alice.site, alice.site.admin_key)
    dora.post("/tags/add", tag)
    event = {"info": "Large", "distribution": 2, "Attribute": attributes, "Tag": [tag]}
    event_id = alice.post("/events/add", event).json()["Event"]["id"]
    for _ in range(2):
        own, others = (who.get(f"/events/view/{event_id}")["Event"] for who in (alice, bob))
        assert (len(own["Galaxy"]), len(others["Galaxy"])) == (1, 0)
        assert {len(a["Galaxy"]) for a in own["Attribute"]} == {1}
        assert {len(a["Galaxy"]) for a in others["Attribute"]} == {0}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value": ""}, "value"),
        ({"value": "x" * 300}, "value"),
        ({"value": "x", "distribution": 5}, "distribution"),
        ({"value": "x", "distribution": 4, "sharing_group_id": 999}, "sharing_group_id"),
        ({"value": "x", "GalaxyElement": [{"key": "", "value": "y"}]}, "elements"),
        ({"value": "x", "uuid": "no"}, "uuid"),
    ],
)
def test_a_cluster_that_does_not_fit_is_refused_by_field(alice: Client, galaxy_id: int, body: Json, field: str) -> None:
    answer = alice.post(f"/galaxy_clusters/add/{galaxy_id}", body)
    assert answer.status_code == 403
    assert field in answer.json()["errors"]


@pytest.mark.parametrize(
    "body", [[], "x", {"GalaxyCluster": 3}, {"GalaxyElement": 3}, {"authors": {}}, [[[]]]], ids=str
)
def test_nonsense_is_no_server_error(alice: Client, dora: Client, galaxy_id: int, body: Any) -> None:
    for path in (f"/galaxy_clusters/add/{galaxy_id}", "/galaxy_cluster_relations/add", "/galaxy_clusters/restSearch"):
        assert alice.post(path, body).status_code < 500
    for path in (
        "/galaxies/pushCluster",
        "/warninglists/add",
        "/warninglists/checkValue",
        "/warninglists/toggleEnable",
    ):
        assert dora.post(path, body).status_code < 500


def test_readers_write_no_cluster_and_attach_none(site: Site, alice: Client, galaxy_id: int) -> None:
    reader = Client(site, site.key(READ_ONLY))
    assert reader.post(f"/galaxy_clusters/add/{galaxy_id}", {"value": "x"}).status_code == 403
    assert reader.post(f"/galaxies/attachCluster/{alice.adds_event()}/event", {}).status_code == 403
    assert reader.post("/galaxies/update").status_code == 403
    assert reader.post("/galaxies/pushCluster", []).status_code == 405


def test_deleting_for_good_keeps_a_cluster_from_coming_back(site: Site, dora: Client, galaxy_id: int) -> None:
    made = writes(dora, galaxy_id)
    dora.post(f"/galaxy_clusters/delete/{made['id']}")
    assert dora.get(f"/galaxy_clusters/view/{made['id']}")["GalaxyCluster"]["deleted"] is True
    dora.post(f"/galaxy_clusters/restore/{made['id']}")
    assert dora.post(f"/galaxy_clusters/delete/{made['id']}", {"hard": 1}).json()["success"] is True
    partner = Client(site, site.key(SYNC_USER))
    back = partner.post("/galaxies/pushCluster", [{"GalaxyCluster": {**made, "locked": True}}])
    assert (back.status_code, back.json()["errors"]) == (403, "0 imported, 1 ignored, 0 failed.")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small package of galaxies in the place of the installed one."""
    root = tmp_path_factory.mktemp("packages")
    folder = root / "pymispgalaxies" / "data" / "misp-galaxy"
    for name in ("galaxies", "clusters"):
        (folder / name).mkdir(parents=True)
    (root / "pymispgalaxies" / "__init__.py").write_text("raise AssertionError('never imported')")
    bring(folder, version=1, names=("North", "South"))
    installed = sys.modules.pop("pymispgalaxies", None)
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    galaxy_files._folder.cache_clear()
    yield folder
    sys.path.remove(str(root))
    if installed is not None:
        sys.modules["pymispgalaxies"] = installed
    galaxy_files._folder.cache_clear()


def bring(folder: Path, *, version: int, names: Sequence[str]) -> None:
    """Write the package's one galaxy."""
    galaxy = {"uuid": str(uuid5(NAMESPACE_DNS, "winds")), "type": "winds", "name": "Winds", "version": version}
    values = [
        {
            "uuid": str(uuid5(NAMESPACE_DNS, name)),
            "value": name,
            "meta": {"synonyms": [f"{name}erly"], "country": "BR"},
            "related": [{"dest-uuid": str(uuid5(NAMESPACE_DNS, names[0])), "type": "opposes", "tags": ["tlp:clear"]}],
        }
        for name in names
    ]
    (folder / "galaxies" / "winds.json").write_text(json.dumps(galaxy))
    clusters = {"uuid": new_uuid(), "version": version, "authors": ["The wind"], "source": "air", "values": values}
    (folder / "clusters" / "winds.json").write_text(json.dumps(clusters))


def test_the_packages_galaxies_are_taken_over_renewed_and_cannot_be_changed(package: Path, dora: Client) -> None:
    assert dora.post("/galaxies/update").json()["name"] == "Galaxies updated."
    [winds] = dora.get("/galaxies/index/value:winds")
    viewed = dora.get(f"/galaxies/view/{winds['Galaxy']['uuid']}")
    north, south = viewed["GalaxyCluster"]
    assert (north["default"], north["distribution"], north["org_id"]) == (True, "3", "0")
    assert south["tag_name"] == 'misp-galaxy:winds="South"'
    relation = dora.get(f"/galaxy_clusters/view/{south['id']}")["GalaxyCluster"]["GalaxyClusterRelation"][0]
    assert (relation["referenced_galaxy_cluster_id"], relation["Tag"][0]["name"]) == (north["id"], "tlp:clear")
    bring(package, version=2, names=("North", "South", "East"))
    dora.post("/galaxies/update")
    renewed = dora.get(f"/galaxies/view/{winds['Galaxy']['id']}")["GalaxyCluster"]
    assert [one["id"] for one in renewed][:2] == [north["id"], south["id"]]
    assert {one["version"] for one in renewed} == {"2"}
    for verb in ("edit", "publish", "delete"):
        assert dora.post(f"/galaxy_clusters/{verb}/{north['id']}", {"value": "x"}).status_code == 405
    fork = dora.post(f"/galaxy_clusters/add/{winds['Galaxy']['id']}/forkUUID:{north['uuid']}", {"value": "Fork"})
    forked = fork.json()["GalaxyCluster"]
    assert (forked["extends_uuid"], forked["extends_version"]) == (north["uuid"], "2")


def test_a_page_has_the_package_taken_over_by_a_job(package: Path, dora: Client) -> None:
    bring(package, version=9, names=("North", "South"))
    place = dora.sends("/galaxies/update").headers["Location"]
    assert dora.get(place)["Job"]["status"] == "waiting"
    stopping = Event()
    worker = JobWorker(Outbound(()), stopping)
    worker.start()
    eventually(lambda: dora.get(place)["Job"]["status"] == "done")
    stopping.set()
    worker.wait()
    assert dora.get(place)["Job"] | {"id": ""} == {
        "id": "", "job_type": "library", "status": "done", "message": "Successfully updated 1 galaxies.",
        "progress": "1", "total": "1",
    }  # fmt: skip
    assert "1 galaxy is new or newer." in dora.page(place)


def test_a_galaxy_is_exported_and_an_export_is_imported(
    site: Site, package: Path, dora: Client, alice: Client, galaxy_id: int
) -> None:
    dora.post("/galaxies/update")
    winds = dora.get("/galaxies/index/value:winds")[0]["Galaxy"]["id"]
    written = alice.post(f"/galaxies/export/{winds}", {"Galaxy": {"format": "misp-galaxy", "custom": False}}).json()
    [south] = [one for one in written["values"] if one["value"] == "South"]
    assert south["meta"] == {"synonyms": ["Southerly"], "country": ["BR"]}
    assert (written["type"], written["authors"]) == ("winds", ["The wind"])
    made = writes(dora, galaxy_id, value="Hail", distribution=3)
    exported = alice.post(f"/galaxies/export/{galaxy_id}", {"default": False}).json()
    [hail] = [one["GalaxyCluster"] for one in exported if one["GalaxyCluster"]["uuid"] == made["uuid"]]
    strangers = {"uuid": new_uuid(), "name": "Strangers"}
    fresh = {**hail, "uuid": new_uuid(), "Orgc": strangers, "version": "2"}
    told = alice.post("/galaxies/import", [{"GalaxyCluster": fresh}]).json()
    assert told["message"] == "Galaxy clusters imported. 1 imported, 0 ignored, 0 failed. "
    taken = alice.get(f"/galaxy_clusters/view/{fresh['uuid']}")["GalaxyCluster"]
    assert (taken["value"], taken["Orgc"]["name"]) == ("Hail", "ACME"), "an uploader speaks for its own organisation"
    again = alice.post("/galaxies/import", [{"GalaxyCluster": fresh}])
    assert (again.status_code, again.json()["errors"]) == (403, "0 imported, 1 ignored, 0 failed.")


def test_a_tag_is_found_by_its_clusters_value_and_synonym(package: Path, dora: Client) -> None:
    dora.post("/galaxies/update")
    south = dora.get(f"/galaxies/view/{dora.get('/galaxies/index/value:winds')[0]['Galaxy']['id']}")["GalaxyCluster"][1]
    dora.post(f"/galaxies/attachCluster/{dora.adds_event()}/event", {"Galaxy": {"target_id": south["id"]}})
    for wanted in ("SOUTH", "southerly", "%therly"):
        [found] = dora.post("/tags/search", {"tag": wanted}).json()
        assert (found["Tag"]["name"], found["GalaxyCluster"]["value"]) == ('misp-galaxy:winds="South"', "South")
    assert dora.post("/tags/search", {"tag": "southerly", "strict_tagname": 1}).json() == []


def test_a_person_finds_a_cluster_and_attaches_it(package: Path, dora: Client) -> None:
    dora.post("/galaxies/update")
    event_id = dora.adds_event()
    picked = dora.page(f"/galaxies/pick/event/{event_id}?searchall=southerly")
    cluster_id = re.search(r'name="target_id" value="([0-9]+)"', picked)
    assert cluster_id is not None
    attached = dora.sends(f"/galaxies/attachCluster/{event_id}/event", target_id=cluster_id[1])
    assert attached.headers["Location"] == f"/events/view/{event_id}"
    assert "Winds: South" in dora.page(f"/events/view/{event_id}")
    galaxy_id = dora.get("/galaxies/index/value:winds")[0]["Galaxy"]["id"]
    dora.post(f"/galaxies/disable/{galaxy_id}")
    assert dora.get(f"/events/view/{event_id}")["Event"]["Galaxy"] == []
    dora.post(f"/galaxies/enable/{galaxy_id}")
    tag = dora.get(f"/events/view/{event_id}")["Event"]["Tag"][0]
    assert dora.post(f"/galaxy_clusters/detach/{event_id}/event/{tag['id']}").json()["saved"] is True
    assert "Winds: South" not in dora.page(f"/events/view/{event_id}")


def test_the_pages_of_galaxies_are_there_for_readers_and_writers(package: Path, site: Site, alice: Client) -> None:
    galaxy = alice.get("/galaxies/index/value:weather")[0]["Galaxy"]
    made = writes(alice, int(galaxy["id"]), value="<b>Storm</b>", description="<script>alert(1)</script>")
    reader = Client(site, site.key(READ_ONLY))
    for path in ("/galaxies/index", f"/galaxies/view/{galaxy['id']}", f"/galaxy_clusters/view/{made['id']}"):
        for who in (alice, reader):
            page = who.page(path)
            assert "<b>Storm" not in page
            assert "<script>alert" not in page
    assert "&lt;b&gt;Storm" in alice.page(f"/galaxy_clusters/edit/{made['id']}")
    assert f"/galaxy_clusters/edit/{made['id']}" not in reader.page(f"/galaxy_clusters/view/{made['id']}")
    wrong = alice.sends(f"/galaxy_clusters/add/{galaxy['id']}", value="", elements="no colon")
    assert wrong.status_code == 403
    assert 'aria-invalid="true"' in wrong.text
