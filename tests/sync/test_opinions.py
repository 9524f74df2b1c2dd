"""Sightings and proposals that cross: what is asked of a partner, in which order, and what is kept (recordings)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft, SightingDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.opinions import ProposalFilters, SightingFilters
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event
from mispmini.services.organisations import capture_organisation
from mispmini.services.proposal_capture import save_pulled
from mispmini.services.proposals import list_proposals, propose_attribute
from mispmini.services.publishing import publish_event
from mispmini.services.sightings import list_sightings, publish_sightings, take_sightings
from mispmini.store import outbox, servers, sql
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.sync.delivering import deliver_due
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from mispmini.wire.proposal_in import read_proposals
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft, queue_of
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, exchanges_of, lines_of, played, played_by
from tests.wire.conftest import Recordings

Json = dict[str, Any]
EVERYTHING = Viewer.everything()
VERSION = {
    "version": "2.5.1", "perm_sync": True, "perm_sighting": True, "request_encoding": ["gzip"],
    "filter_sightings": True,
}  # fmt: skip
IDS = {"id", "attribute_id", "event_id", "org_id"}


def exchanges(recordings: Recordings, name: str, to: str = "B") -> list[Json]:
    """What was said to one side, without clusters and analyst data."""
    found = exchanges_of(recordings.transcript(name))
    unspoken = ("/galaxy_clusters", "/analyst_data")
    return [e for e in found if e["to"] == to and not e["request"]["path"].startswith(unspoken)]


def has(ground: Ground, uuid: str, *attributes: tuple[str, str], **more: Any) -> str:
    """An event here with these attributes, (uuid, value) each; published, so that it may leave."""
    drafts = tuple(
        AttributeDraft(uuid=key, type="ip-dst", value=value, distribution=int(Distribution.INHERIT))
        for key, value in attributes
    )
    wanted: dict[str, Any] = {"uuid": uuid, "distribution": int(Distribution.ALL), "attributes": drafts, **more}
    add_event(ground.admin, a_draft(**wanted))
    sql.execute("UPDATE event SET published = TRUE WHERE uuid = ?", (uuid,))
    return uuid


def sighted(ground: Ground, uuid: str, items: Sequence[Json]) -> None:
    """Sightings of ours, as they are written in a recording."""
    with writing():
        event_id = sql.scalar("SELECT id FROM event WHERE uuid = ?", (uuid,))
        drafts = [
            SightingDraft(
                uuid=item["uuid"],
                attribute_uuid=item["attribute_uuid"],
                date_sighting=int(item["date_sighting"]),
                type=int(item["type"]),
                source=item["source"],
                organisation=OrganisationDraft(item["Organisation"]["uuid"], item["Organisation"]["name"]),
            )
            for item in items
        ]
        assert take_sightings(ground.admin, event_id, drafts, trusts_names=True) == len(items)


def policy(number: int) -> None:
    """Set the instance's sighting policy."""
    with writing():
        save_setting("sightings_policy", number, user_id=None)


def without_ids(items: Sequence[Json]) -> list[Json]:
    """Sightings without what another instance numbers differently."""
    return [
        {key: value for key, value in item.items() if key not in IDS}
        | ({"Organisation": {**item["Organisation"], "id": ""}} if "Organisation" in item else {})
        for item in items
    ]


def there(ground: Ground, server: LinkedServer) -> LinkedServer:
    """The link as it is now."""
    known = servers.find_any_server(server.id)
    assert known is not None
    return known


def test_with_policy_0_nothing_but_a_look_goes_out(ground: Ground, recordings: Recordings) -> None:
    asked = exchanges(recordings, "07b")
    uuid = asked[0]["request"]["path"].rpartition("/")[2]
    sightings = recordings.transcript("07b")["outcome"]["after"]["A"]
    has(ground, uuid, *((item["attribute_uuid"], f"192.0.2.{place}") for place, item in enumerate(sightings, 1)))
    sighted(ground, uuid, sightings)
    with played_by(asked) as partner:
        server = ground.links(partner.url, push_sightings=True)
        publish_sightings(ground.admin, uuid)
        assert deliver_due(server.id, OUTBOUND) == 1
        assert lines_of(partner) == [f"HEAD /events/view/{uuid}"]
    assert outbox.due_row(server.id, clock.now()) is None


def test_published_sightings_go_as_a_misp_sends_them(ground: Ground, recordings: Recordings) -> None:
    asked = exchanges(recordings, "08b")
    uuid = asked[0]["request"]["path"].rpartition("/")[2]
    sightings = recordings.transcript("08b")["outcome"]["after"]["A"]
    attributes = dict.fromkeys(item["attribute_uuid"] for item in sightings)
    has(ground, uuid, *((key, f"192.0.2.{place}") for place, key in enumerate(attributes, 1)))
    sighted(ground, uuid, sightings)
    policy(2)
    with played_by(asked) as partner:
        server = ground.links(partner.url, push_sightings=True)
        publish_sightings(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == [f"{e['request']['method']} {e['request']['path']}" for e in asked]
        assert body_of(partner.requests[2]) == asked[2]["request"]["body"]
        sent, recorded = body_of(partner.requests[3]), asked[3]["request"]["body"]
    assert without_ids(sent) == without_ids(recorded)
    assert {key: type(value) for key, value in sent[0].items()} == {k: type(v) for k, v in recorded[0].items()}


def test_a_full_push_brings_proposals_and_sightings_after_the_events(ground: Ground, recordings: Recordings) -> None:
    asked = exchanges(recordings, "08c")
    opinions = [e for e in asked if not re.search(r"filterEventIds|/events/view/|/events/add", e["request"]["path"])]
    offered = next(e for e in asked if "filterEventIds" in e["request"]["path"]) | {}
    offered = {**offered, "response": {**offered["response"], "body": []}}
    pushes = [e["request"] for e in opinions if "pushProposals" in e["request"]["path"]]
    save = next(e["request"] for e in opinions if "bulkSave" in e["request"]["path"])
    _stand_for_push(ground, pushes, save)
    policy(2)
    with played_by([*opinions, offered]) as partner:
        server = ground.links(partner.url, push=True, push_sightings=True)
        push_to(there(ground, server), "full", OUTBOUND)
        expected = [f"{e['request']['method']} {e['request']['path']}" for e in opinions]
        assert [line for line in lines_of(partner) if "filterEventIds" not in line] == expected
        sent = {request.target: body_of(request) for request in partner.requests if request.method == "POST"}
        again = [request for request in partner.requests if request.target == "/events/index"][1]
    assert again.headers["if-none-match"] == dict(opinions[1]["response"]["headers"])["ETag"]
    for request in pushes:
        assert _comparable(sent[request["path"]]) == _comparable(request["body"])
    assert without_ids(sent[save["path"]]) == without_ids(save["body"])


def _comparable(items: list[Json]) -> list[Json]:
    numbers = {"old_id", "event_id", "org_id", "event_org_id", "email"}
    return [{key: bool(v) if key in numbers else v for key, v in item.items() if key != "email"} for item in items]


def _stand_for_push(ground: Ground, pushes: Sequence[Json], save: Json) -> None:
    """The events that had proposals and sightings at A; those of one of them the partner had newer ones of."""
    sighted_uuid = save["path"].rpartition("/")[2]
    for request in pushes:
        uuid = request["path"].rpartition("/")[2]
        targets = [item["uuid"] for item in request["body"] if int(item["old_id"])]
        targets += [item["attribute_uuid"] for item in save["body"]] if uuid == sighted_uuid else []
        has(ground, uuid, *((key, f"198.51.100.{place}") for place, key in enumerate(targets, 1)))
        items = [item | {"Org": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}} for item in request["body"]]
        assert save_pulled(ground.admin, read_proposals(items), 0) == len(items)
    sighted(ground, sighted_uuid, save["body"])


@pytest.mark.parametrize("name", ["36", "36b"])
def test_a_pull_asks_for_proposals_and_for_sightings_that_moved(
    ground: Ground, recordings: Recordings, name: str
) -> None:
    asked = exchanges(recordings, name, "A")
    index = next(
        e["response"]["body"] for e in asked if e["response"]["status"] == 200 and "index" in e["request"]["path"]
    )
    searched = [e for e in asked if "restSearch" in e["request"]["path"]]
    moved = {uuid for e in searched for uuid in e["request"]["body"]["uuid"]}
    found = [i["Sighting"] for e in searched for i in e["response"]["body"]["response"]]
    _stand_for_pull(ground, index, moved, found)
    with _playing(asked) as partner:
        server = ground.links(partner.url, pull=True)
        result = pull_from(there(ground, server), "full", OUTBOUND)
        ours = [re.sub(r"timestamp:\d+", "timestamp:N", x) for x in lines_of(partner) if "/analyst_data" not in x]
        bodies = [body_of(request) for request in partner.requests if "restSearch" in request.target]
        tags = [r.headers["if-none-match"] for r in partner.requests if r.target == "/events/index"]
    recorded = [f"{e['request']['method']} {e['request']['path']}" for e in asked]
    assert ours == [re.sub(r"timestamp:\d+", "timestamp:N", line) for line in recorded]
    assert bodies == [e["request"]["body"] for e in searched]
    assert tags[1] == next(
        dict(e["response"]["headers"]).get("ETag") for e in asked if "ETag" in dict(e["response"]["headers"])
    )
    assert (result.sightings, result.failed, result.pulled) == (len(found), 0, 0)
    kept = list_sightings(EVERYTHING, SightingFilters())
    assert [(row.uuid, row.source, row.value) for row in kept] == [(f["uuid"], f["source"], f["value"]) for f in found]


def _stand_for_pull(ground: Ground, index: Sequence[Json], moved: set[str], found: Sequence[Json]) -> None:
    """What the partner lists is here already, with its sightings but for those that moved."""
    for row in index:
        targets = [(f["attribute_uuid"], f["value"]) for f in found if f["event_uuid"] == row["uuid"]]
        has(ground, row["uuid"], *targets, timestamp=int(row["timestamp"]), locked=True)
        until = 0 if row["uuid"] in moved else int(row["sighting_timestamp"])
        sql.execute("UPDATE event SET sighting_timestamp = ? WHERE uuid = ?", (until, row["uuid"]))


def _playing(asked: Sequence[Json]) -> HostileServer:
    """The recorded answers; the list of proposals is asked for by another clock, and lists nothing that is here."""
    rest = played_by(e for e in asked if "shadow_attributes" not in e["request"]["path"]).script

    def script(request: Received) -> Any:
        if "shadow_attributes" in request.target:
            return iter([answer([])])
        return rest(request)

    return HostileServer(script)


def test_sightings_are_asked_for_once_until_they_move_again(ground: Ground) -> None:
    uuid = has(ground, a_draft().uuid or "", ("11111111-0000-4000-8000-000000000001", "192.0.2.1"), locked=True)
    source = _Source(uuid, moved=2_000_000_000)
    with source.server() as partner:
        server = ground.links(partner.url, pull=True)
        assert [pull_from(there(ground, server), "full", OUTBOUND).sightings for _ in range(2)] == [1, 0]
        assert source.searches == 1
        source.moved, source.sightings = 2_000_000_001, 2
        assert pull_from(there(ground, server), "full", OUTBOUND).sightings == 1
        assert source.searches == 2
    assert int(sql.scalar("SELECT sighting_timestamp FROM event")) <= clock.now() + 2


def test_what_a_lying_partner_says_of_other_events_is_not_taken(ground: Ground) -> None:
    attribute = "11111111-0000-4000-8000-000000000002"
    uuid = has(ground, a_draft().uuid or "", ("11111111-0000-4000-8000-000000000003", "192.0.2.2"), locked=True)
    other = has(ground, a_draft().uuid or "", (attribute, "192.0.2.3"))
    source = _Source(uuid, moved=2_000_000_000, says=other, attribute=attribute)
    with source.server() as partner:
        server = ground.links(partner.url, pull=True)
        assert pull_from(there(ground, server), "full", OUTBOUND).sightings == 0
    assert list_sightings(EVERYTHING, SightingFilters()) == []


class _Source:
    """A partner with one event that was sighted."""

    def __init__(self, uuid: str, *, moved: int, says: str = "", attribute: str = "") -> None:
        self.uuid, self.moved, self.says = uuid, moved, says or uuid
        self.attribute = attribute or "11111111-0000-4000-8000-000000000001"
        self.sightings = 1
        self.searches = 0

    def server(self) -> HostileServer:
        """It, listening."""
        return played(
            {
                "GET /servers/getVersion": VERSION,
                "POST /events/index": self._index,
                "GET /shadow_attributes/": [],
                "POST /sightings/restSearch/event": self._search,
            }
        )

    def _index(self, request: Received) -> bytes:
        row = {"uuid": self.uuid, "timestamp": "1", "published": True, "orgc_uuid": THEIR_ORG.uuid}
        return answer([row | {"sighting_timestamp": str(self.moved)}], ETag=f'"{self.moved}"')

    def _search(self, request: Received) -> bytes:
        self.searches += 1
        found = [
            {"uuid": f"22222222-0000-4000-8000-00000000000{number}", "attribute_uuid": self.attribute, "type": "0",
             "event_uuid": self.says, "date_sighting": "1700000000", "source": "", "org_id": "1",
             "Organisation": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}}
            for number in range(self.sightings)
        ]  # fmt: skip
        return answer({"response": [{"Sighting": one} for one in found]})


def test_after_a_published_event_its_sightings_follow_whatever_the_switch(ground: Ground) -> None:
    policy(2)
    attribute = "11111111-0000-4000-8000-000000000004"
    uuid = has(ground, a_draft().uuid or "", (attribute, "192.0.2.9"))
    sighted(ground, uuid, [_seen(attribute)])
    reply = {"Event": {"uuid": uuid, "timestamp": "0", "distribution": "3", "sharing_group_id": "0"}}
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/add": lambda request: answer({"Event": {**body_of(request)["Event"], "id": "1"}}),
        "POST /sightings/filterSightingUuidsForPush": [],
        "POST /sightings/bulkSaveSightings": {"saved": True, "success": "1 sightings added."},
        "POST /events/index": [reply["Event"]],
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True)
        publish_event(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        lines = lines_of(partner)
    assert lines[-2:] == [
        f"POST /sightings/filterSightingUuidsForPush/{uuid}",
        f"POST /sightings/bulkSaveSightings/{uuid}",
    ]
    assert "Sighting" not in str(next(body_of(r) for r in partner.requests if r.target.startswith("/events/add")))


def _seen(attribute: str) -> Json:
    return {
        "uuid": "33333333-0000-4000-8000-000000000001", "attribute_uuid": attribute, "date_sighting": "1700000000",
        "type": "0", "source": "", "Organisation": {"uuid": OUR_ORG.uuid, "name": OUR_ORG.name},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "anonymous", "sent"),
    [
        (0, False, set()),
        (1, False, set()),
        (2, False, {"theirs", "ours"}),
        (3, False, {"ours"}),
        (2, True, {"", "theirs"}),
    ],
    ids=["owner", "reporters", "everyone", "host", "anonymous"],
)
def test_what_a_partner_gets_is_what_its_people_may_see(
    ground: Ground, number: int, anonymous: bool, sent: set[str]
) -> None:
    """A sighting of ours and one of a third organisation, on an event of ours; the partner sighted nothing."""
    policy(number)
    with writing():
        save_setting("sightings_anonymise", anonymous, user_id=None)
    attribute = "11111111-0000-4000-8000-000000000005"
    uuid = has(ground, a_draft().uuid or "", (attribute, "192.0.2.8"))
    theirs = {"uuid": "33333333-0000-4000-8000-000000000002", "Organisation": {"uuid": THEIR_ORG.uuid, "name": "B"}}
    sighted(ground, uuid, [_seen(attribute), _seen(attribute) | theirs] if number == 2 else [_seen(attribute)])
    rules = {"HEAD ": {}, "GET /servers/getVersion": VERSION, "POST /sightings/filter": [], "POST /sightings/bulk": {}}
    with played(rules) as partner:
        server = ground.links(partner.url, push_sightings=True)
        publish_sightings(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        bodies = [body_of(request) for request in partner.requests if "bulkSave" in request.target]
    names = {OUR_ORG.uuid: "ours", THEIR_ORG.uuid: "theirs"}
    items = [item for body in bodies for item in body]
    assert all("org_id" in item for item in items)
    assert {names.get(item.get("Organisation", {}).get("uuid"), "") for item in items} == sent
    assert all(item["org_id"] == "0" for item in items if "Organisation" not in item)


def test_an_attribute_that_stays_here_keeps_its_sightings_and_proposals_here(ground: Ground) -> None:
    policy(2)
    attribute = "11111111-0000-4000-8000-000000000006"
    uuid = has(ground, a_draft().uuid or "", (attribute, "192.0.2.7"))
    sql.execute("UPDATE attribute SET distribution = 0")
    sighted(ground, uuid, [_seen(attribute)])
    with played({"HEAD ": {}, "GET /servers/getVersion": VERSION}) as partner:
        server = ground.links(partner.url, push_sightings=True)
        publish_sightings(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == [f"HEAD /events/view/{uuid}"]


def test_sightings_that_do_not_get_through_are_tried_again(ground: Ground) -> None:
    policy(2)
    attribute = "11111111-0000-4000-8000-000000000007"
    uuid = has(ground, a_draft().uuid or "", (attribute, "192.0.2.6"))
    sighted(ground, uuid, [_seen(attribute)])
    with played({"HEAD ": lambda _: answer(b"", "500 Internal Server Error")}) as partner:
        server = ground.links(partner.url, push_sightings=True)
        publish_sightings(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
    (row,) = sql.rows("SELECT kind, tries, parked FROM outbox")
    assert row[:2] == ("sightings", 1)


@pytest.mark.parametrize("told", ["403 Forbidden", "429 Too Many Requests"], ids=["whoever says no", "too many"])
def test_sightings_of_which_nobody_could_tell_whether_they_are_wanted_keep_their_promise(
    ground: Ground, told: str
) -> None:
    uuid = has(ground, new_uuid(), (new_uuid(), "198.51.100.8"))
    with played({"HEAD ": lambda _: answer(b"", told)}) as partner:
        server = ground.links(partner.url, push_sightings=True)
        publish_sightings(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
    assert [(kept, bool(is_parked)) for kept, _, _, is_parked in queue_of(server)] == [(uuid, False)]


@pytest.mark.parametrize("answers", ["it goes on", "nothing does"])
def test_who_does_not_answer_head_is_asked_by_what_follows_whether_sightings_are_wanted(
    ground: Ground, answers: str
) -> None:
    policy(2)
    attribute = new_uuid()
    uuid = has(ground, new_uuid(), (attribute, "198.51.100.9"))
    sighted(ground, uuid, [_seen(attribute)])
    rules: dict[str, object] = {"HEAD ": lambda _: answer(b"", "405 Method Not Allowed"), "GET /servers/": VERSION}
    if answers == "it goes on":
        rules |= {"POST /sightings/filter": [], "POST /sightings/bulk": {"saved": True, "success": "1"}}
    else:
        rules["POST "] = lambda _: answer({"message": "Your user account is expecting a password change"}, "405 No")
    with played(rules) as partner:
        server = ground.links(partner.url, push_sightings=True)
        publish_sightings(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        sent = [line for line in lines_of(partner) if "bulkSave" in line]
    assert (len(sent), len(queue_of(server))) == ((1, 0) if answers == "it goes on" else (0, 1))


def test_never_back_to_who_sent_them(ground: Ground) -> None:
    with played({}) as partner:
        server = ground.links(partner.url, push_sightings=True)
    uuid = has(ground, a_draft().uuid or "", ("11111111-0000-4000-8000-000000000008", "192.0.2.5"))
    event_id = sql.scalar("SELECT id FROM event")
    with writing():
        assert outbox.queue_sightings(uuid, 1, exclude_org_id=server.remote_org_id) == 0
        assert outbox.queue_sightings(uuid, 1, exclude_org_id=None) == 1
    assert event_id


def test_a_partner_settles_proposals_for_its_own_events_and_not_for_ours(ground: Ground) -> None:
    ours = has(ground, a_draft().uuid or "", ("11111111-0000-4000-8000-000000000009", "192.0.2.4"))
    theirs = has(ground, a_draft().uuid or "", ("11111111-0000-4000-8000-00000000000a", "192.0.2.4"), locked=True)
    sql.execute("UPDATE event SET locked = TRUE WHERE uuid = ?", (theirs,))
    items = [_proposal(ours), _proposal(theirs)]
    assert save_pulled(EVERYTHING, read_proposals(items), 0) == 2
    settled = [item | {"deleted": True, "timestamp": "1700000009"} for item in items]
    assert save_pulled(EVERYTHING, read_proposals(settled), 0) == 1
    assert save_pulled(EVERYTHING, read_proposals(items), 0) == 0
    assert [row.event_uuid for row in list_proposals(EVERYTHING, ProposalFilters())] == [ours]


def _proposal(event_uuid: str) -> Json:
    return {
        "uuid": "44444444-0000-4000-8000-000000000001", "event_uuid": event_uuid, "old_id": "0", "type": "ip-dst",
        "category": "Network activity", "value": "192.0.2.200", "to_ids": True, "comment": "", "deleted": False,
        "timestamp": "1700000000", "Org": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name},
    }  # fmt: skip


def test_proposals_are_read_page_by_page(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mispmini.sync.proposals.PAGE", 1)
    uuid = has(ground, a_draft().uuid or "", ("11111111-0000-4000-8000-00000000000b", "192.0.2.4"), locked=True)
    first, second = ({"ShadowAttribute": _proposal(uuid) | {"value": f"192.0.2.{n}"}} for n in (11, 12))
    pages: list[object] = [[first], {"3": second}, []]  # PHP makes an object of a list with gaps
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/index": [],
        "GET /shadow_attributes/": lambda request: answer(pages[int(request.target.split("page:")[1][0]) - 1]),
    }
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True)
        assert pull_from(there(ground, server), "full", OUTBOUND).proposals == 2
    assert {row.value for row in list_proposals(EVERYTHING, ProposalFilters())} == {"192.0.2.11", "192.0.2.12"}


def test_sightings_inside_a_pulled_event_are_kept_with_their_organisation(ground: Ground) -> None:
    seen = SightingDraft(
        "55555555-0000-4000-8000-000000000001",
        "11111111-0000-4000-8000-00000000000c",
        1_700_000_000,
        organisation=THEIR_ORG,
        names_org=True,
    )
    attribute = AttributeDraft(uuid=seen.attribute_uuid, type="ip-dst", value="192.0.2.1", sightings=(seen,))
    add_event(ground.admin, EventDraft(info="x", uuid=a_draft().uuid, distribution=3, attributes=(attribute,)))
    (kept,) = list_sightings(EVERYTHING, SightingFilters())
    with writing():
        assert kept.org_id == capture_organisation(None, THEIR_ORG).id


def test_a_local_authors_nested_sighting_is_in_the_name_of_its_own_organisation(ground: Ground) -> None:
    author = replace(ground.admin, role_permissions=frozenset(), user_id=None)
    seen = SightingDraft(
        "55555555-0000-4000-8000-000000000002",
        "11111111-0000-4000-8000-00000000000d",
        1_700_000_000,
        organisation=THEIR_ORG,
    )
    attribute = AttributeDraft(uuid=seen.attribute_uuid, type="ip-dst", value="192.0.2.1", sightings=(seen,))
    add_event(author, EventDraft(info="x", uuid=a_draft().uuid, distribution=3, attributes=(attribute,)))
    (kept,) = list_sightings(EVERYTHING, SightingFilters())
    assert kept.org_id == author.org_id


def test_proposals_travel_inside_a_pushed_event_too(ground: Ground) -> None:
    uuid = has(ground, a_draft().uuid or "", ("11111111-0000-4000-8000-00000000000e", "192.0.2.4"))
    propose_attribute(ground.admin, uuid, AttributeDraft(type="domain", value="new.example"))
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/add": lambda r: answer(body_of(r)),
        "POST /events/index": [],
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True)
        publish_event(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        pushed = next(body_of(r) for r in partner.requests if r.target.startswith("/events/add"))
    assert [p["value"] for p in pushed["Event"]["ShadowAttribute"]] == ["new.example"]
