"""Links over REST on live servers: samples 15, rules in both directions, marks, pause, resend, jobs and schedules."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, Actor, Json, add_actor, admin_of, link, organisation_id
from tests.contract.conftest import Instance
from tests.contract.replay import OF_THE_RUN, Reasons, assert_same_answer, assert_same_shape, replay
from tests.contract.secured import SYNC_KEY, VERSION, secured_partner
from tests.live import Birth, eventually, live_server
from tests.sync.hostile import Received, answer
from tests.sync.narrow import NarrowMisp
from tests.wire_files import Recordings

OMEGA, PI = new_uuid(), new_uuid()
SETTINGS = ('allow_internal = ["127.0.0.0/8"]', "retry_base = 1")
FILLED_IN: Reasons = {
    f"*{org}.{name}": "was filled in for the recorded instance"
    for org in ("Organisation", "RemoteOrg")
    for name in ("nationality", "sector", "type")
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Alfa with a link to Beta that pushes and pulls."""

    alfa: Actor
    beta: Actor
    link_id: int


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """The two, kept for all tests of this module."""
    births = (Birth(org_name=f"CSIRT {name}", email="dora@x.example", settings=SETTINGS) for name in ("Rho", "Tau"))
    with live_server(next(births)) as here, live_server(next(births)) as there:
        alfa, beta = admin_of(here), admin_of(there)
        yield Pair(alfa, beta, link(alfa, beta, push=True, pull=True))


@pytest.fixture
def sample_link(instance_a: Instance) -> Iterator[str]:
    """The link that the samples add, removed again by whoever did not; its id."""
    org_id = next(actor.org_id for actor in instance_a.accounts.values() if actor.org_name == "ORG_B")
    yield str(org_id)
    for item in instance_a.admin.get("/servers/index").json():
        instance_a.admin.post(f"/servers/delete/{item['Server']['id']}")


def test_the_samples_of_links_are_answered_as_they_were(
    instance_a: Instance, recordings: Recordings, sample_link: str
) -> None:
    def sent(name: str, words: dict[str, str]) -> requests.Response:
        call = recordings.call(name)
        recorded = call.headers.get("Authorization")
        return replay(instance_a.url, call, key=instance_a.key_for(recorded), words=words)

    def compare(name: str, words: dict[str, str], **more: Reasons) -> requests.Response:
        ours = sent(name, words)
        of_the_run = OF_THE_RUN | {"remote_org_id", "priority"}
        assert_same_answer(recordings.call(name), ours, of_the_run=of_the_run, words=words, **more)
        return ours

    org = {"2": sample_link}
    added = compare("15b", org, except_={"Server.authkey": "MODEL §7.11: never output"})
    for name in ("15c", "15d", "15e", "15h"):
        compare(name, org)
    gone = {"99": "9999"}
    compare("15g", gone)
    compare("15f", {"2": added.json()["Server"]["id"]})


def test_the_list_of_links_has_items_as_it_had(instance_a: Instance, recordings: Recordings, sample_link: str) -> None:
    recorded = recordings.answer("15-servers")[0]
    known = recorded["Server"]
    wanted = {name: value for name, value in known.items() if isinstance(value, bool) and name != "cache_timestamp"}
    wanted |= {name: known[name] for name in ("name", "url", "push_rules", "pull_rules")}
    made = instance_a.admin.post(
        "/servers/add", {"Server": wanted | {"remote_org_id": sample_link, "authkey": SYNC_KEY}}
    )
    assert made.status_code == 200, made.text
    [ours] = instance_a.admin.get("/servers/index").json()
    of_the_run = OF_THE_RUN | {"remote_org_id", "priority", "lastpushedid"}
    reasons = {**FILLED_IN, "Server.lastpushedid": "nothing was pushed over ours"}
    assert_same_shape(recorded, ours, of_the_run=of_the_run, except_=reasons)
    assert (ours["Server"]["push_rules"], ours["Server"]["pull_rules"]) == (known["push_rules"], known["pull_rules"])


def test_a_puller_with_an_unknown_key_is_refused_as_a_misp_refuses_it(
    instance_a: Instance, recordings: Recordings
) -> None:
    [exchange] = recordings.exchanges("44c")
    key = instance_a.key_for(exchange.headers["Authorization"])
    assert_same_answer(exchange, replay(instance_a.url, exchange, key=key))


def _event(actor: Actor, tag: str, **more: object) -> Json:
    attribute = {"type": "domain", "value": f"{new_uuid()}.example", "to_ids": True}
    return actor.adds_event(
        f"Case {new_uuid()}", distribution=Distribution.ALL, attributes=[attribute], Tag=[{"name": tag}], **more
    )


@pytest.mark.parametrize(
    ("part", "field"),
    [("tags", "id"), ("orgs", "orgc_id")],
    ids=["tags", "organisations"],
)
@pytest.mark.parametrize("operator", ["NOT", "OR"])
def test_what_the_rules_keep_from_a_partner_is_absent_to_its_key_as_well(
    dora: Actor, part: str, field: str, operator: str
) -> None:
    """RULES §10.3: index, view, HEAD and restSearch answer as for what does not exist."""
    other = add_actor(dora, f"omega-{new_uuid()}", org_name="CSIRT Omega", org_uuid=OMEGA)
    tags = [f"{word}:{new_uuid()}" for word in ("kept", "goes")]
    for tag in tags:
        dora.post("/tags/add", {"name": tag})
    kept, goes = _event(dora, tags[0]), _event(other, tags[1])
    named = kept if operator == "NOT" else goes
    local_id = int(named["Tag"][0]["id"] if part == "tags" else named[field])
    org_id = organisation_id(dora, "CSIRT Pi", PI)
    rules = {part: {operator: [local_id]}}
    wanted = {"name": "Pi", "url": "https://pi.example", "remote_org_id": org_id, "authkey": SYNC_KEY}
    made = dora.post("/servers/add", wanted | {"push_rules": rules})
    assert made.status_code == 200, made.text
    pi = add_actor(dora, f"pi-{new_uuid()}", org_name="CSIRT Pi", org_uuid=PI, role_id=SYNC_USER)
    assert pi.sees(kept)
    linked = dora.post(f"/admin/users/edit/{pi.user_id}", {"server_id": made.json()["Server"]["id"]})
    assert linked.status_code == 200, linked.text
    absent = pi.get(f"/events/view/{new_uuid()}")
    hidden = pi.get(f"/events/view/{kept['uuid']}")
    assert (hidden.status_code, hidden.json()["message"]) == (absent.status_code, absent.json()["message"])
    assert pi.server.request("HEAD", f"/events/view/{kept['uuid']}", key=pi.key).status_code == 404
    assert pi.sees(goes)
    both = [kept["uuid"], goes["uuid"]]
    listed = pi.post("/events/index", {"eventid": both, "minimal": 0}).json()
    assert [item["uuid"] for item in listed] == [goes["uuid"]]
    found = pi.post("/events/restSearch", {"returnFormat": "json", "uuid": both}).json()["response"]
    assert [item["Event"]["uuid"] for item in found] == [goes["uuid"]]
    values = [event["Attribute"][0]["value"] for event in (kept, goes)]
    matches = pi.post("/attributes/restSearch", {"returnFormat": "json", "value": values}).json()["response"]
    assert [item["value"] for item in matches["Attribute"]] == [values[1]]
    link_path = f"/servers/delete/{made.json()['Server']['id']}"
    assert dora.post(link_path).json()["errors"].startswith("Its push rules limit what accounts may see here")
    assert dora.post(f"/admin/users/edit/{pi.user_id}", {"server_id": 0}).status_code == 200
    assert dora.post(link_path).status_code == 200


def test_rules_that_would_be_misread_are_refused(dora: Actor) -> None:
    org_id = organisation_id(dora, "CSIRT Phi", new_uuid())
    wanted = {"name": "Phi", "url": "https://phi.example", "remote_org_id": org_id, "authkey": SYNC_KEY}
    for name, rules in (
        ("push_rules", {"tags": {"NOT": ["tlp:red"]}}),
        ("push_rules", {"tags": {"NOT": [str(10**30)]}}),
        ("push_rules", {"tags": {"NOT": "5"}}),
        ("push_rules", "{"),
        ("push_rules", "[" * 100_000),
        ("push_rules", [1]),
        ("pull_rules", {"orgs": []} | {"tags": {"OR": [{}]}}),
        ("pull_rules", {"url_params": "[]"}),
        ("pull_rules", {"url_params": {"minimal": 0}}),
    ):
        refused = dora.post("/servers/add", wanted | {name: rules})
        assert (refused.status_code, list(refused.json().get("errors", ()))) == (403, [name]), refused.text
    for understood in ("", "[]", "null", "{}", '{"tags": []}', '{"tags": {"OR": ["1"], "NOT": [2]}}'):
        taken = dora.post("/servers/add", wanted | {"push_rules": understood})
        assert taken.status_code == 200, f"{understood} {taken.text}"


def test_the_form_takes_rules_by_name_and_shows_them_again(dora: Actor) -> None:
    tag = f"form:{new_uuid()}"
    tag_id = int(dora.post("/tags/add", {"name": tag}).json()["Tag"]["id"])
    headers = {"Authorization": dora.key, "Accept": "text/html", "Accept-Language": "en"}
    form = {
        "name": "Iota", "url": "https://iota.example", "remote_org_id": "", "remote_org_name": f"CSIRT {new_uuid()}",
        "remote_org_uuid": new_uuid(), "authkey": SYNC_KEY, "priority": "", "push_tags_not": f"{tag}\r\nnowhere:known",
        "push_orgs_or": dora.org_name, "pull_tags_or": "theirs:one\n\ntheirs:two", "pull_url_params": "{}",
        "pull_interval": "60", "allow_internal": "", "proxy": "", "default_local_tag": "", "trusted_orgs": "",
    }  # fmt: skip

    def send(path: str, **change: str) -> requests.Response:
        url, empty = f"{dora.server.url}{path}", {"submitted_cert": ("", b""), "submitted_client_cert": ("", b"")}
        return requests.post(url, data=form | change, files=empty, headers=headers, allow_redirects=False, timeout=9)

    refused = send("/servers/add")
    assert (refused.status_code, "No tag is called so here: nowhere:known" in refused.text) == (403, True)
    assert "theirs:two" in refused.text
    assert SYNC_KEY not in refused.text
    made = send("/servers/add", push_tags_not=tag)
    assert made.status_code == 303, made.text
    number = made.headers["Location"].rpartition("/")[2]
    kept = dora.get(f"/servers/view/{number}").json()["Server"]
    assert json.loads(kept["push_rules"]) == {
        "tags": {"OR": [], "NOT": [tag_id]}, "orgs": {"OR": [dora.org_id], "NOT": []},
        "type_attributes": {"NOT": []}, "type_objects": {"NOT": []},
    }  # fmt: skip
    assert json.loads(kept["pull_rules"])["tags"] == {"OR": ["theirs:one", "theirs:two"], "NOT": []}
    again = requests.get(f"{dora.server.url}/servers/edit/{number}", headers=headers, timeout=9).text
    assert all(name in again for name in (tag, "theirs:one"))
    assert SYNC_KEY not in again
    wrong = send(f"/servers/edit/{number}", push_tags_not="", pull_url_params="[1]", authkey="")
    assert (wrong.status_code, "The parameters have to be a JSON object" in wrong.text) == (403, True)


def test_what_a_link_delivers_gets_its_tag_and_untrusted_creators_no_ids(pair: Pair) -> None:
    trusted = {"default_local_tag": "source:tau", "trusted_orgs": [new_uuid()]}
    assert pair.alfa.post(f"/servers/edit/{pair.link_id}", trusted).status_code == 200
    event = _event(pair.beta, "tlp:green", published=True)
    pair.alfa.post(f"/servers/pull/{pair.link_id}/full")
    ours = pair.alfa.views(event)
    assert {(tag["name"], tag["local"]) for tag in ours["Tag"]} == {("source:tau", True), ("tlp:green", False)}
    assert [attribute["to_ids"] for attribute in ours["Attribute"]] == [False]
    assert pair.alfa.post(f"/servers/edit/{pair.link_id}", {"trusted_orgs": pair.beta.org_name}).status_code == 200
    second = _event(pair.beta, "tlp:green", published=True)
    pair.alfa.post(f"/servers/pull/{pair.link_id}/full")
    assert [attribute["to_ids"] for attribute in pair.alfa.views(second)["Attribute"]] == [True]
    assert pair.alfa.post(f"/servers/edit/{pair.link_id}", {"trusted_orgs": "Nobody"}).status_code == 403
    assert pair.alfa.post(f"/servers/edit/{pair.link_id}", {"trusted_orgs": []}).status_code == 200


def test_what_a_partner_pushes_is_marked_like_what_is_pulled_from_it(dora: Actor) -> None:
    uuid = new_uuid()
    sync_user = add_actor(dora, f"psi-{uuid[:8]}", org_name="CSIRT Psi", org_uuid=uuid, role_id=SYNC_USER)
    wanted = {"name": "Psi", "url": "https://psi.example", "remote_org_id": sync_user.org_id, "authkey": SYNC_KEY}
    wanted |= {"default_local_tag": "source:psi", "trusted_orgs": [dora.org_uuid]}
    assert dora.post("/servers/add", wanted).status_code == 200
    event = _event(sync_user, "tlp:green")
    seen = dora.views(event)
    assert ("source:psi", True) in {(tag["name"], tag["local"]) for tag in seen["Tag"]}
    assert [attribute["to_ids"] for attribute in seen["Attribute"]] == [False]
    removed = dora.post("/tags/removeTagFromObject", {"uuid": event["uuid"], "tag": "source:psi"})
    assert removed.status_code == 200, removed.text
    newer = seen | {"timestamp": str(int(seen["timestamp"]) + 5), "Tag": [{"name": "tlp:green"}]}
    assert sync_user.post(f"/events/edit/{event['uuid']}", {"Event": newer}).status_code == 200
    assert {tag["name"] for tag in dora.views(event)["Tag"]} == {"tlp:green"}


def _page(actor: Actor, path: str) -> str:
    headers = {"Authorization": actor.key, "Accept": "text/html", "Accept-Language": "en"}
    text = requests.get(f"{actor.server.url}{path}", headers=headers, timeout=30).text
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_a_paused_link_keeps_what_waits_and_sends_it_when_it_goes_on(pair: Pair) -> None:
    assert pair.alfa.post(f"/servers/pause/{pair.link_id}").status_code == 200
    event = _event(pair.alfa, "tlp:green")
    pair.alfa.publishes(event)
    after = _event(pair.alfa, "tlp:green")
    other = link(pair.alfa, pair.beta, push=True)
    pair.alfa.publishes(after)
    eventually(lambda: pair.beta.sees(after))  # by the other link: the runner has looked at both
    pair.alfa.post(f"/servers/delete/{other}")
    assert not pair.beta.sees(event)
    shown = _page(pair.alfa, f"/servers/view/{pair.link_id}")
    assert "It is paused." in shown
    assert event["info"] in shown
    assert pair.alfa.post(f"/servers/resume/{pair.link_id}").status_code == 200
    eventually(lambda: pair.beta.sees(event))


def test_one_event_is_sent_to_one_server_once_more_by_hand(pair: Pair) -> None:
    event = _event(pair.alfa, "tlp:green")
    pair.alfa.publishes(event)
    eventually(lambda: pair.beta.sees(event))
    pair.beta.post(f"/events/delete/{event['uuid']}")
    again = pair.alfa.post(f"/servers/resend/{pair.link_id}/{event['uuid']}")
    assert again.status_code == 200, again.text
    eventually(lambda: "Event blocked by event blocklist." in _page(pair.alfa, f"/servers/view/{pair.link_id}"))
    missing = pair.alfa.post(f"/servers/resend/{pair.link_id}/{new_uuid()}")
    assert missing.status_code == 404


def test_what_a_partner_cannot_store_is_shown_reset_and_sent_whole_by_a_click(pair: Pair) -> None:
    misp = NarrowMisp()
    with misp.listening() as partner:
        org_id = organisation_id(pair.alfa, "CSIRT Phi", new_uuid())
        wanted = {"name": "Phi", "url": partner.url, "remote_org_id": org_id, "authkey": SYNC_KEY, "push": True}
        number = pair.alfa.post("/servers/add", wanted).json()["Server"]["id"]
        event = _fox(pair.alfa)
        pair.alfa.publishes(event)

        def told() -> Json:
            deliveries = pair.alfa.get(f"/events/receipts/{event['uuid']}").json()["deliveries"]
            return next((one for one in deliveries if one["server"] == "Phi"), {})

        eventually(lambda: told().get("state") == "degraded")
        assert told()["detail"] == f"U+FFFD in: info of {event['uuid']}"
        assert "U+FFFF" in _page(pair.alfa, f"/servers/view/{number}")
        assert "Send whole again" in _page(pair.alfa, _sharing(event))
        misp.wide = True
        assert pair.alfa.post(f"/servers/resend/{number}/{event['id']}", {"whole": 1}).status_code == 200
        eventually(lambda: told().get("state") == "updated")
        assert misp.held[event["uuid"]]["info"] == event["info"]
        assert "U+FFFF" not in _page(pair.alfa, f"/servers/view/{number}")
        assert "Send whole again" not in _page(pair.alfa, _sharing(event))
        misp.wide = False
        pair.alfa.publishes(_fox(pair.alfa))
        eventually(lambda: "U+FFFF" in _page(pair.alfa, f"/servers/view/{number}"))
        assert pair.alfa.post(f"/servers/forgetUnstorable/{number}").status_code == 200
        assert "U+FFFF" not in _page(pair.alfa, f"/servers/view/{number}")
        pair.alfa.post(f"/servers/delete/{number}")


def _fox(actor: Actor) -> Json:
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    tags = [{"name": "tlp:green"}]
    return actor.adds_event("Fox \U0001f98a", distribution=Distribution.ALL, attributes=[attribute], Tag=tags)


def _sharing(event: Json) -> str:
    return f"/events/view/{event['uuid']}?tab=sharing"


def test_a_deleted_events_promise_ends_at_once(dora: Actor) -> None:
    org_id = organisation_id(dora, "CSIRT Chi", new_uuid())
    wanted = {"name": "Chi", "url": "http://127.0.0.1:9", "remote_org_id": org_id, "authkey": SYNC_KEY}
    number = dora.post("/servers/add", wanted | {"push": True, "paused": True}).json()["Server"]["id"]
    event = _event(dora, "tlp:green")
    dora.publishes(event)
    assert event["info"] in _page(dora, f"/servers/view/{number}")
    dora.deletes(event)
    queue, _, ledger = _page(dora, f"/servers/view/{number}").partition("What became of each event")
    assert event["info"] not in queue
    assert event["uuid"] not in queue
    assert "It was deleted here." in ledger


def test_a_job_tells_of_each_event_and_the_schedule_of_each_link(pair: Pair) -> None:
    event = _event(pair.beta, "tlp:green", published=True)
    before = {job["Job"]["id"] for job in pair.alfa.get("/jobs/index").json()}
    pair.alfa.post(f"/servers/pull/{pair.link_id}/full")
    [job] = [item["Job"] for item in pair.alfa.get("/jobs/index").json() if item["Job"]["id"] not in before]
    assert (job["job_type"], job["status"]) == ("pull", "done")
    told = _page(pair.alfa, f"/jobs/view/{job['id']}")
    assert "Events pulled: 1." in told
    assert event["info"] in told
    pair.alfa.post(f"/servers/edit/{pair.link_id}", {"pull_interval": 86400})
    schedule = _page(pair.alfa, "/jobs/index")
    assert "every 1440 minutes" in schedule
    assert "Events pulled: 1." in schedule
    pair.alfa.post(f"/servers/edit/{pair.link_id}", {"pull_interval": 0})
    assert pair.beta.get(f"/jobs/view/{job['id']}9").status_code == 404


def test_a_failed_job_says_what_to_do(dora: Actor) -> None:
    org_id = organisation_id(dora, "CSIRT Eta", new_uuid())
    wanted = {"name": "Eta", "url": "http://127.0.0.1:9", "remote_org_id": org_id, "authkey": SYNC_KEY}
    number = dora.post("/servers/add", wanted | {"push": True}).json()["Server"]["id"]
    refused = dora.post(f"/servers/push/{number}/full")
    assert refused.status_code == 403
    [newest, *_] = dora.get("/jobs/index").json()
    told = _page(dora, f"/jobs/view/{newest['Job']['id']}")
    assert "The server cannot be reached." in told
    assert "Ask the partner whether its server runs" in told
    tested = _page(dora, f"/servers/testConnection/{number}")
    assert "Edit Server Back to Eta" in tested
    assert "See what a pull would bring" not in tested


def test_a_connection_that_works_leads_to_what_a_pull_would_bring(pair: Pair) -> None:
    tested = _page(pair.alfa, f"/servers/testConnection/{pair.link_id}")
    assert "The connection works. Below is what should be better." in tested  # not encrypted
    assert "See what a pull would bring Back to" in tested


def test_a_link_says_that_no_sighting_travels_by_the_usual_policy(pair: Pair) -> None:
    """RULES §10.13."""
    said = "None ever goes there: the sighting policy of this server is 0."
    path, setting = f"/servers/view/{pair.link_id}", "/servers/serverSettingsEdit/Plugin.Sightings_policy"
    assert said in _page(pair.alfa, path)
    assert pair.alfa.post(setting, {"value": "1"}).status_code == 200
    assert said not in _page(pair.alfa, path)
    assert pair.alfa.post(setting, {"value": "0"}).status_code == 200


def test_who_is_no_site_admin_sees_nothing_of_links(dora: Actor, alice: Actor, sam: Actor) -> None:
    number = dora.get("/servers/index").json()[0]["Server"]["id"]
    for method, path in (
        ("GET", "/servers/index"), ("GET", "/servers/view/{}"), ("POST", "/servers/edit/{}"),
        ("POST", "/servers/delete/{}"), ("POST", "/servers/testConnection/{}"), ("POST", "/servers/pause/{}"),
        ("POST", "/servers/resume/{}"), ("POST", "/servers/pinCertificate/{}"), ("POST", "/servers/push/{}/full"),
        ("POST", "/servers/pull/{}/full"), ("POST", "/servers/resend/{}/1"), ("GET", "/servers/previewIndex/{}"),
        ("GET", "/servers/previewEvent/{}/1"), ("GET", "/servers/getRemoteUser/{}"),
        ("POST", "/servers/resetRemoteAuthKey/{}"), ("GET", "/jobs/index"),
    ):  # fmt: skip
        for actor in (alice, sam):
            answers = [dora.server.request(method, path.format(ref), {}, key=actor.key) for ref in (number, "999999")]
            assert [answer.status_code for answer in answers] == [403, 403], path
            assert answers[0].json()["message"] == answers[1].json()["message"]


def test_our_key_is_replaced_at_the_partner_and_kept_sealed(dora: Actor) -> None:
    fresh = "N" * 40
    seen: list[str] = []

    def reset(request: Received) -> bytes:
        seen.append(request.body.decode())
        return answer({"saved": True, "success": True, "message": f"Authkey updated: {fresh}"})

    def version(request: Received) -> bytes:
        refused = answer({"message": "Authentication failed."}, "403 Forbidden")
        return answer(VERSION) if request.headers["authorization"] == fresh else refused

    rules = {"POST /users/resetauthkey/me": reset, "GET /servers/getVersion": version}
    with secured_partner(None, **rules) as partner:
        org_id = organisation_id(dora, "CSIRT Zeta", new_uuid())
        wanted = {"name": "Zeta", "url": partner.url, "remote_org_id": org_id, "authkey": SYNC_KEY}
        number = dora.post("/servers/add", wanted).json()["Server"]["id"]
        assert dora.post(f"/servers/testConnection/{number}").json()["status"] == 4
        assert dora.post(f"/servers/resetRemoteAuthKey/{number}").status_code == 200
        assert seen == ["[]"]
        assert dora.post(f"/servers/testConnection/{number}").json()["status"] == 1
    assert fresh not in dora.server.log.read_text(encoding="utf-8")


def test_what_a_partner_lists_is_text_and_never_a_path_of_ours(dora: Actor) -> None:
    def item(uuid: str, info: str) -> Json:
        return {"uuid": uuid, "info": info, "published": True, "attribute_count": "1", "date": "<i>", "timestamp": "9"}

    uuid = new_uuid()
    listed = [item("../../delete/1", "<script>alert(1)</script>"), item(uuid, "plain"), {"info": {"a": 1}}]
    event = {"Event": item("../../delete/1", "<b>bold</b>") | {"Attribute": [{"value": "<i>", "type": 7}, "x"]}}
    rules = {"GET /events/index": listed, f"GET /events/{uuid}": event}
    headers = {"Authorization": dora.key, "Accept": "text/html", "Accept-Language": "en"}
    with secured_partner(None, **rules) as partner:
        org_id = organisation_id(dora, "CSIRT Theta", new_uuid())
        wanted = {"name": "Theta", "url": partner.url, "remote_org_id": org_id, "authkey": SYNC_KEY}
        number = dora.post("/servers/add", wanted).json()["Server"]["id"]
        shown = requests.get(f"{dora.server.url}/servers/previewIndex/{number}", headers=headers, timeout=9)
        assert shown.status_code == 200
        assert re.findall(rf'"/servers/pull/{number}/([^"]*)"', shown.text) == ["full", uuid]
        assert re.findall(r"previewEvent/[^\"]*", shown.text) == [f"previewEvent/{number}/{uuid}"]
        assert "<script>alert" not in shown.text
        single = requests.get(f"{dora.server.url}/servers/previewEvent/{number}/{uuid}", headers=headers, timeout=9)
        assert re.findall(rf'"/servers/pull/{number}/([^"]*)"', single.text) == [uuid]
        assert "<b>bold" not in single.text
        for ref in ("..%2F..%2Fusers", "abc", new_uuid()):
            assert dora.get(f"/servers/previewEvent/{number}/{ref}").status_code == 404
