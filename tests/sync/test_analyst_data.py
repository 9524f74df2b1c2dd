"""Notes and opinions cross a link as two MISPs were recorded, with us in the place of the one that asked."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.analyst_data import AnalystKind
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.errors import NotFound
from mispmini.domain.origin import Origin, Way
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.analyst_data import add_item, delete_item, save_pulled, view_item
from mispmini.services.events import add_event
from mispmini.services.publishing import publish_event
from mispmini.store import servers, sql
from mispmini.sync.delivering import deliver_due
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from mispmini.wire.analyst_data_in import read_item, read_pulled
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft
from tests.sync.hostile import answer
from tests.sync.recorded import body_of, exchanges_of, lines_of, played, played_by, recorded_lines
from tests.wire_files import Recordings

Json = dict[str, Any]
EVERYTHING = Viewer.everything()
OF_THE_RUN = {"Org", "Orgc", "_canEdit", "authors", "org_uuid"}
VERSION: Json = {
    "version": "2.5.1", "perm_sync": True, "perm_sighting": True, "perm_analyst_data": True,
    "request_encoding": ["gzip"],
}  # fmt: skip
D = Distribution
ATTRIBUTE = "11111111-0000-4000-8000-0000000000a1"


def _items(recordings: Recordings, name: str) -> list[Json]:
    found = [e["request"] for e in exchanges_of(recordings.transcript(name))]
    return [request["body"] for request in found if request["path"].endswith("pushAnalystData")]


def _stand(ground: Ground, bodies: Sequence[Json]) -> None:
    """Have the recorded items here, as ours, about events for all that are published."""
    for body in bodies:
        ((kind, item),) = body.items()
        event = a_draft(uuid=item["object_uuid"] if item["object_type"] == "Event" else None, distribution=int(D.ALL))
        if item["object_type"] == "Attribute":
            attribute = AttributeDraft(
                uuid=item["object_uuid"], type="domain", value="a.example", distribution=int(D.ALL)
            )
            event = replace(event, attributes=(attribute,))
        add_event(ground.admin, event)
        add_item(ground.admin, read_item(AnalystKind(kind), item))
    sql.execute("UPDATE event SET published = TRUE")


def _there(server: LinkedServer) -> LinkedServer:
    known = servers.find_any_server(server.id)
    assert known is not None
    return known


def _as_recorded(body: Json) -> Json:
    return {kind: {k: v for k, v in item.items() if k not in OF_THE_RUN} for kind, item in body.items()}


@pytest.mark.parametrize("name", ["07d", "08c"])
def test_a_full_push_offers_notes_and_sends_what_is_wanted(ground: Ground, recordings: Recordings, name: str) -> None:
    known = _items(recordings, "07d")
    _stand(ground, [*known, *([] if name == "07d" else _items(recordings, name))])
    asked = exchanges_of(recordings.transcript(name))
    analyst = [e for e in asked if e["request"]["path"].startswith("/analyst_data")]
    with played_by([*analyst, asked[0], _offer_nothing(), _index_nothing()]) as partner:
        server = ground.links(partner.url, push=True, push_analyst_data=True)
        push_to(_there(server), "full", OUTBOUND)
        ours = [request for request in partner.requests if request.target.startswith("/analyst_data")]
    assert [f"{r.method} {r.target}" for r in ours] == recorded_lines(analyst)
    assert body_of(ours[0]) == analyst[0]["request"]["body"]
    for sent, recorded in zip(ours[1:], analyst[1:], strict=True):
        assert _as_recorded(body_of(sent)) == _as_recorded(recorded["request"]["body"])
        ((_, item),) = body_of(sent).items()
        assert (item["Orgc"]["uuid"], item["Org"]["uuid"]) == (OUR_ORG.uuid, OUR_ORG.uuid)


def _offer_nothing() -> Json:
    return {
        "request": {"method": "POST", "path": "/events/filterEventIdsForPush"},
        "response": {"status": 200, "headers": [], "body": []},
    }


def _index_nothing() -> Json:
    return {
        "request": {"method": "POST", "path": "/events/index"},
        "response": {"status": 200, "headers": [], "body": []},
    }


def test_a_note_is_not_inside_a_published_event(ground: Ground, recordings: Recordings) -> None:
    recorded = exchanges_of(recordings.transcript("54"))
    sent = recorded[2]["request"]["body"]["Event"]
    attributes = tuple(
        AttributeDraft(uuid=a["uuid"], type=a["type"], value=a["value"], distribution=int(a["distribution"]))
        for a in sent["Attribute"]
    )
    saved = add_event(ground.admin, a_draft(uuid=sent["uuid"], distribution=int(D.ALL), attributes=attributes))
    _says(ground, "a note", sent["uuid"])
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/add": lambda request: answer({"Event": body_of(request)["Event"]}),
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True, push_analyst_data=True)
        publish_event(ground.admin, str(saved.event_id))
        deliver_due(server.id, OUTBOUND)
        lines, bodies = lines_of(partner), [body_of(r) for r in partner.requests if r.method == "POST"]
    assert lines == recorded_lines(recorded)
    assert "Note" not in bodies[0]["Event"]


def _says(ground: Ground, text: str, about: str, object_type: str = "Event", **more: Any) -> str:
    body = {"note": text, "distribution": int(D.ALL), "object_uuid": about, "object_type": object_type, **more}
    return add_item(ground.admin, read_item(AnalystKind.NOTE, body)).uuid


@pytest.mark.parametrize(
    ("event_level", "note_level", "about", "offered"),
    [
        (D.ALL, D.ALL, "Event", "3"),
        (D.ALL, D.CONNECTED, "Event", "1"),
        (D.ALL, D.COMMUNITY, "Event", None),
        (D.ALL, D.ORGANISATION, "Event", None),
        (D.ALL, D.INHERIT, "Event", None),
        (D.COMMUNITY, D.ALL, "Event", None),
        (D.ORGANISATION, D.ALL, "Event", None),
        (D.ALL, D.ALL, "Attribute", None),
        (None, D.ALL, "Event", "3"),
    ],
)
def test_what_stays_here_is_not_even_offered(
    ground: Ground, event_level: D | None, note_level: D, about: str, offered: str | None
) -> None:
    """By the level of a note, and of what it is about; the attribute is for its organisation. None: not here."""
    draft = a_draft(distribution=int(D.ALL if event_level is None else event_level))
    hidden = AttributeDraft(uuid=ATTRIBUTE, type="domain", value="hidden.example", distribution=int(D.ORGANISATION))
    if event_level is not None:
        ground.publishes(replace(draft, attributes=(*draft.attributes, hidden)))
    about_uuid = ATTRIBUTE if about == "Attribute" else draft.uuid or ""
    uuid = _says(ground, "words", about_uuid, about, distribution=int(note_level))
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/filterEventIdsForPush": [],
        "POST /events/index": [],
        "POST /analyst_data/filter": lambda request: answer(body_of(request) or {"Note": []}),
        "POST /analyst_data/push": {"saved": True},
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True, push_analyst_data=True)
        push_to(_there(server), "full", OUTBOUND)
        bodies = [body_of(r) for r in partner.requests if r.target.startswith("/analyst_data")]
    assert bodies[0] == ({"Note": {uuid: bodies[0]["Note"][uuid]}} if offered else [])
    assert [body["Note"]["distribution"] for body in bodies[1:]] == ([offered] if offered else [])


@pytest.mark.parametrize(
    ("wish", "version", "asks"),
    [
        ({"push_analyst_data": False}, VERSION, False),
        ({"push_analyst_data": True}, VERSION | {"perm_analyst_data": False}, False),
        ({"push_analyst_data": True}, VERSION | {"perm_sync": False}, True),
    ],
    ids=["switched off", "not taken there", "role of a user"],
)
def test_the_switch_and_the_partners_word_decide(ground: Ground, wish: Json, version: Json, asks: bool) -> None:
    rules = {
        "GET /servers/getVersion": version,
        "POST /events/filterEventIdsForPush": [],
        "POST /events/index": [],
        "POST /analyst_data/filter": lambda _: answer({"name": "no"}, "403 Forbidden"),
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True, **wish)
        push_to(_there(server), "full", OUTBOUND)
        assert ("POST /analyst_data/filterAnalystDataForPush" in lines_of(partner)) is asks


def test_a_pull_fetches_what_is_not_here_and_lowers_it(ground: Ground, recordings: Recordings) -> None:
    asked = exchanges_of(recordings.transcript("36c"))
    listed, fetched = [e for e in asked if e["request"]["path"].startswith("/analyst_data")]
    late = fetched["response"]["body"][0]["Note"]
    known = [
        (kind, uuid) for kind, items in listed["response"]["body"].items() for uuid in items if uuid != late["uuid"]
    ]
    for kind, uuid in known:
        item = {
            "uuid": uuid,
            "object_uuid": late["object_uuid"],
            "object_type": "Event",
            "modified": "2030-01-01 00:00:00",
        }
        own = {"note": "known"} if kind == "Note" else {"opinion": "1"}
        add_item(ground.admin, read_item(AnalystKind(kind), item | own))
    with played_by([*asked]) as partner:
        server = ground.links(partner.url, pull=True)
        result = pull_from(_there(server), "full", OUTBOUND)
        ours = [r for r in partner.requests if r.target.startswith("/analyst_data")]
    assert [f"{r.method} {r.target}" for r in ours] == recorded_lines([listed, fetched])
    assert body_of(ours[0]) == listed["request"]["body"]
    assert result.analyst_data == 1
    assert "1 analyst data pulled." in result.sentence
    kept = view_item(EVERYTHING, AnalystKind.NOTE, late["uuid"]).items[0]
    assert (kept.text, kept.locked, kept.distribution, kept.modified) == ("late note", True, 3, 1795485971)


@pytest.mark.parametrize(
    ("level", "kept"), [(D.ORGANISATION, 0), (D.COMMUNITY, 0), (D.CONNECTED, 1), (D.ALL, 3), (D.INHERIT, 5)]
)
def test_what_is_pulled_reaches_no_further_than_it_may(ground: Ground, level: D, kept: int) -> None:
    uuid, item = _pulled(ground, distribution=str(int(level)))
    assert view_item(EVERYTHING, AnalystKind.NOTE, uuid).items[0].distribution == kept
    assert item["note"] == "theirs"


def _pulled(ground: Ground, **more: Any) -> tuple[str, Json]:
    item: Json = {
        "uuid": "22222222-0000-4000-8000-000000000001", "object_uuid": ATTRIBUTE, "object_type": "Attribute",
        "note": "theirs", "created": "2026-01-01 00:00:00", "modified": "2026-01-01 00:00:00", "distribution": "3",
        "Orgc": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}, **more,
    }  # fmt: skip
    link_org = int(sql.scalar("SELECT id FROM organisation WHERE uuid = ?", (THEIR_ORG.uuid,)))
    origin = Origin(Way.PULL, ground.admin.org_id, link_org_id=link_org)
    save_pulled(ground.admin, read_pulled(AnalystKind.NOTE, [{"Note": item}]), origin)
    return item["uuid"], item


def test_a_pulled_note_changes_when_it_is_newer_and_theirs(ground: Ground) -> None:
    uuid, _ = _pulled(ground)
    _pulled(ground, note="older", modified="2025-01-01 00:00:00")
    assert view_item(EVERYTHING, None, uuid).items[0].text == "theirs"
    _pulled(ground, note="newer", modified="2026-02-01 00:00:00")
    assert view_item(EVERYTHING, None, uuid).items[0].text == "newer"
    sql.execute("UPDATE analyst_item SET received_from = NULL, orgc_id = 1")
    _pulled(ground, note="of a stranger", modified="2026-03-01 00:00:00")
    assert view_item(EVERYTHING, None, uuid).items[0].text == "newer"


def test_what_was_deleted_here_does_not_come_back(ground: Ground) -> None:
    uuid, _ = _pulled(ground)
    delete_item(ground.admin, uuid, None)
    _pulled(ground, modified="2030-01-01 00:00:00")
    with pytest.raises(NotFound):
        view_item(EVERYTHING, None, uuid)


def test_items_of_a_blocked_organisation_stay_out(ground: Ground) -> None:
    sql.execute(
        "INSERT INTO org_blocklist (org_uuid, created, org_name, comment) VALUES (?, 0, '', '')", (THEIR_ORG.uuid,)
    )
    uuid, _ = _pulled(ground)
    with pytest.raises(NotFound):
        view_item(EVERYTHING, None, uuid)


def test_only_what_was_asked_for_is_taken(ground: Ground) -> None:
    wanted, other = ("22222222-0000-4000-8000-00000000000" + n for n in "23")
    item = {"note": "x", "object_uuid": ATTRIBUTE, "object_type": "Attribute", "modified": "2026-01-01 00:00:00"}
    sent: list[Json] = [{"Note": item | {"uuid": uuid}} for uuid in (other, wanted)]
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/index": [],
        "GET /shadow_attributes/": [],
        "POST /analyst_data/indexMinimal": {"Note": {wanted: "2026-01-01 00:00:00", "x": "y"}, "Opinion": [], "X": 1},
        "GET /analyst_data/index/Note/": [*sent, {"Note": 1}, 2],
    }
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True)
        assert pull_from(_there(server), "full", OUTBOUND).analyst_data == 1
    assert [r[0] for r in sql.rows("SELECT uuid FROM analyst_item")] == [wanted]
