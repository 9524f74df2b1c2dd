"""Galaxy clusters with our server in the place of the one that answered, and between two of ours (50, 51, 35, 20d)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json, link
from tests.contract.conftest import Instance
from tests.contract.pair import two_servers
from tests.contract.replay import OF_THE_CLOCK, assert_same_answer, replay
from tests.live import eventually
from tests.wire_files import Exchange, Recordings

SEARCH = "/galaxy_clusters/restSearch"
OF_THE_RUN = OF_THE_CLOCK | {"galaxy_cluster_id", "galaxy_id", "version"}
OTHER_ACCOUNT = {
    f"*.{org}.{name}": "the organisation was recorded with more"
    for org in ("Org", "Orgc")
    for name in (
        "description", "type", "nationality", "sector", "created_by", "local", "restricted_to_domain", "contacts",
        "landingpage",
    )
}  # fmt: skip
GALAXY = {"*.Galaxy.version": "no package here", "*.Galaxy.icon": "same"}


def _of(recordings: Recordings, name: str, path: str) -> Exchange:
    return next(e for e in recordings.exchanges(name) if e.path.startswith(path))


def test_b_takes_a_pushed_cluster_once(instance_b: Instance, recordings: Recordings) -> None:
    push = _of(recordings, "50", "/galaxies/pushCluster")
    key = instance_b.key_for(push.headers["Authorization"])
    assert_same_answer(push, replay(instance_b.url, push, key=key))
    [told] = push.body
    uuid = told["GalaxyCluster"]["uuid"]
    kept = instance_b.admin.get(f"/galaxy_clusters/view/{uuid}").json()
    after = {"GalaxyCluster": recordings.transcript("50")["outcome"]["after"]["B"]["GalaxyCluster"]}
    shown = replace(push, answer=after)
    got = instance_b.admin.get(f"/galaxy_clusters/view/{uuid}")
    assert_same_answer(shown, got, of_the_run=OF_THE_RUN, except_=OTHER_ACCOUNT | GALAXY)
    pusher = instance_b.accounts[push.headers["Authorization"][:8]]
    assert kept["GalaxyCluster"]["org_id"] == kept["GalaxyCluster"]["orgc_id"] == str(pusher.org_id)
    again = replay(instance_b.url, push, key=key)
    assert (again.status_code, again.json()["errors"]) == (403, "0 imported, 1 ignored, 0 failed.")
    others = replay(instance_b.url, push, key=instance_b.accounts["jy6MyB7f"].key)
    assert others.status_code == 405


@pytest.mark.parametrize("name", ["08-", "08c"])
def test_b_tells_which_version_of_an_offered_cluster_it_has(
    instance_b: Instance, recordings: Recordings, name: str
) -> None:
    search, push = _of(recordings, name, SEARCH), _of(recordings, "50", "/galaxies/pushCluster")
    pusher = instance_b.accounts[push.headers["Authorization"][:8]]
    for listed in search.answer["response"]:
        cluster = push.body[0]["GalaxyCluster"] | listed["GalaxyCluster"]
        taken = pusher.post("/galaxies/pushCluster", [{"GalaxyCluster": cluster}])
        assert taken.status_code == 200 or "1 ignored" in taken.text, taken.text
    assert_same_answer(search, replay(instance_b.url, search, key=pusher.key), of_the_run=OF_THE_CLOCK - {"uuid"})


def test_a_shows_its_clusters_to_a_pulling_partner(instance_a: Instance, recordings: Recordings) -> None:
    view = _of(recordings, "51", "/galaxy_clusters/view/")
    told = view.answer["GalaxyCluster"]
    galaxy = instance_a.admin.post("/galaxies/pushCluster", [{"GalaxyCluster": {**told, "uuid": new_uuid()}}])
    assert galaxy.status_code == 200, galaxy.text
    galaxy_id = instance_a.admin.get("/galaxies/index").json()[0]["Galaxy"]["id"]
    body = {name: told[name] for name in ("uuid", "value", "description", "source", "authors", "distribution")}
    body["GalaxyElement"] = told["GalaxyElement"]
    made = instance_a.admin.post(f"/galaxy_clusters/add/{galaxy_id}", body).json()["GalaxyCluster"]
    assert (
        instance_a.admin.post(f"/galaxy_clusters/publish/{made['id']}").json()["message"] == "GalaxyCluster published"
    )
    key = instance_a.key_for(view.headers["Authorization"])
    ours = replay(instance_a.url, view, key=key)
    assert_same_answer(view, ours, of_the_run=OF_THE_RUN, except_=OTHER_ACCOUNT | GALAXY)
    search = _of(recordings, "35", "/galaxy_clusters/restSearch")
    asked = replace(search, body={**search.body, "uuid": [made["uuid"]]})
    answered = replay(instance_a.url, asked, key=key)
    found = {"response": [{"GalaxyCluster": {"uuid": made["uuid"], "version": made["version"]}}]}
    assert answered.json() == found
    assert_same_answer(replace(asked, answer=found), answered)


def test_no_list_in_use_knows_a_value(instance_a: Instance, recordings: Recordings) -> None:
    sample = recordings.call("20d")
    ours = replay(instance_a.url, sample, key=instance_a.key_for(sample.headers["Authorization"]))
    assert_same_answer(sample, ours)


@dataclass(frozen=True, slots=True)
class Takers:
    """Alfa and Beta, each with a link to the other that takes clusters."""

    alfa: Actor
    beta: Actor
    to_alfa: int


@pytest.fixture(scope="module")
def pair() -> Iterator[Takers]:
    """Alfa pushes clusters, Beta pulls them."""
    with two_servers() as (alfa, beta):
        link(alfa, beta, push=True, push_galaxy_clusters=True)
        yield Takers(alfa, beta, link(beta, alfa, pull=True, pull_galaxy_clusters=True))


def _wrote(actor: Actor, **more: Any) -> Json:
    """A cluster of the actor's; its galaxy comes with a first one, as from a partner."""
    galaxy = {"uuid": "5d7c1b8e-0000-4000-8000-000000000001", "name": "Weather", "type": "weather"}
    first = {"uuid": new_uuid(), "value": "First", "version": "1", "Galaxy": galaxy, "distribution": "0"}
    actor.post("/galaxies/pushCluster", [{"GalaxyCluster": first}])
    body = {"value": "Storm", "distribution": 3, "GalaxyElement": [{"key": "synonyms", "value": "Tempest"}], **more}
    made: Json = actor.post(f"/galaxy_clusters/add/{galaxy['uuid']}", body).json()["GalaxyCluster"]
    return made


def _view(actor: Actor, uuid: str) -> Json | None:
    answer = actor.get(f"/galaxy_clusters/view/{uuid}")
    return answer.json()["GalaxyCluster"] if answer.status_code == 200 else None


def test_a_published_cluster_reaches_the_partner_by_itself_and_an_edit_too(pair: Takers) -> None:
    made = _wrote(pair.alfa, distribution=int(Distribution.CONNECTED))
    pair.alfa.post(f"/galaxy_clusters/publish/{made['id']}")
    eventually(lambda: _view(pair.beta, made["uuid"]) is not None)
    there = _view(pair.beta, made["uuid"])
    assert there is not None
    assert (there["distribution"], there["locked"], there["Orgc"]["name"]) == ("1", True, "CSIRT Alfa")
    assert there["GalaxyElement"][0]["value"] == "Tempest"
    pair.alfa.post(f"/galaxy_clusters/edit/{made['id']}", {"value": "Gale"})
    pair.alfa.post(f"/galaxy_clusters/publish/{made['id']}")
    eventually(lambda: (_view(pair.beta, made["uuid"]) or {}).get("value") == "Gale")


def test_an_events_cluster_is_there_with_the_event(pair: Takers) -> None:
    made = _wrote(pair.alfa)
    pair.alfa.post(f"/galaxy_clusters/publish/{made['id']}")
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    event = pair.alfa.adds_event(
        distribution=Distribution.ALL, attributes=[attribute], Tag=[{"name": made["tag_name"]}, {"name": "tlp:clear"}]
    )
    pair.alfa.publishes(event)
    eventually(lambda: pair.beta.sees(event))
    [galaxy] = pair.beta.views(event)["Galaxy"]
    assert [one["uuid"] for one in galaxy["GalaxyCluster"]] == [made["uuid"]]


def test_a_partner_pulls_what_it_may_see(pair: Takers) -> None:
    open_, draft = _wrote(pair.alfa, distribution=1), _wrote(pair.alfa)
    pair.alfa.post(f"/galaxy_clusters/publish/{open_['id']}")
    told = pair.beta.post(f"/servers/pull/{pair.to_alfa}/full").json()["message"]
    assert "clusters pulled" in told
    kept = _view(pair.beta, open_["uuid"])
    assert kept is not None
    assert (kept["distribution"], kept["locked"]) == ("0", True)
    assert _view(pair.beta, draft["uuid"]) is None
    again = pair.beta.post(f"/servers/pull/{pair.to_alfa}/full").json()["message"]
    assert "0 clusters pulled" in again
