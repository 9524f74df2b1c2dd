"""An event that its partner no longer lists: marked in the ledger and on its page, and nothing else (RULES §2)."""

from collections.abc import Callable
from typing import Any

import pytest

from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.store import servers, sql
from mispmini.store.ledger import list_entries_of_event
from mispmini.sync import comparing
from mispmini.sync.comparing import compare_with
from mispmini.sync.pull import pull_from
from mispmini.web.building.receipts import reason_sentence
from tests.sync.ground import OUTBOUND, Ground
from tests.sync.hostile import Received, answer
from tests.sync.recorded import played
from tests.sync.test_comparing import VERSION, Json, Partner, theirs

HERE = (LedgerState.SENT, None)
GONE = (LedgerState.SENT, Trouble.NO_LONGER_SHOWN)


def _pulls(server: LinkedServer) -> None:
    known = servers.find_any_server(server.id)
    assert known is not None
    pull_from(known, "full", OUTBOUND)


def _compares(server: LinkedServer) -> None:
    compare_with(server, OUTBOUND)


def standing(ground: Ground, *events: Json) -> list[tuple[LedgerState, str | None]]:
    """What the ledger says of each; it is here as it was all the same."""
    for event in events:
        assert [one.deleted for one in ground.sees(event["uuid"]).attributes] == [False]
    found = [list_entries_of_event(event["uuid"])[0].receipt for event in events]
    return [(receipt.state, receipt.reason) for receipt in found]


@pytest.mark.parametrize("policy", ["mark", "delete"])
@pytest.mark.parametrize("looks", [_pulls, _compares])
def test_what_a_whole_list_lacks_is_marked_until_it_is_listed_again(
    ground: Ground, looks: Callable[[LinkedServer], None], policy: str
) -> None:
    lost, kept = theirs(), theirs()
    partner = Partner(lost, kept)
    with partner.server() as there:
        server = ground.links(there.url, pull=True, gone_policy=policy)
        _pulls(server)
        del partner.events[lost["uuid"]]
        for _ in range(2):
            looks(server)
            assert standing(ground, lost, kept) == [GONE, HERE]
        partner.events[lost["uuid"]] = lost
        looks(server)
        assert standing(ground, lost, kept) == [HERE, HERE]
    assert reason_sentence(Trouble.NO_LONGER_SHOWN) != Trouble.NO_LONGER_SHOWN


def test_a_pull_with_rules_marks_nothing_and_unmarks_what_it_lists(ground: Ground) -> None:
    lost, kept = theirs(), theirs()
    partner = Partner(lost, kept)
    with partner.server() as there:
        server = ground.links(there.url, pull=True)
        _pulls(server)
        sql.execute("""UPDATE server SET pull_rules = '{"orgs":{"OR":["ORG_B"],"NOT":[]}}'""")
        del partner.events[lost["uuid"]]
        _pulls(server)
        assert standing(ground, lost, kept) == [HERE, HERE]
        _compares(server)
        assert standing(ground, lost, kept) == [GONE, HERE]
        partner.events[lost["uuid"]] = lost
        _pulls(server)
        assert standing(ground, lost, kept) == [HERE, HERE]


NOT_CONCLUDED = {
    "the link ignores it": "UPDATE server SET gone_policy = 'ignore'",
    "it is no partner's": "UPDATE event SET locked = FALSE",
    "another link delivered it": "UPDATE event SET received_from = received_from + 1",
    "it was pushed": "UPDATE ledger SET direction = 'push'",
}


@pytest.mark.parametrize("change", NOT_CONCLUDED.values(), ids=NOT_CONCLUDED)
@pytest.mark.parametrize("looks", [_pulls, _compares])
def test_nothing_is_concluded_of_what_need_not_be_listed(
    ground: Ground, looks: Callable[[LinkedServer], None], change: str
) -> None:
    lost, kept = theirs(), theirs()
    partner = Partner(lost, kept)
    with partner.server() as there:
        server = ground.links(there.url, pull=True)
        _pulls(server)
        sql.execute(change)
        del partner.events[lost["uuid"]]
        known = servers.find_any_server(server.id)
        assert known is not None
        looks(known)
    assert {entry.receipt.reason for entry in list_entries_of_event(lost["uuid"])} <= {None, Trouble.OURS}


UNREADABLE: dict[str, list[Any]] = {
    "nothing": [],
    "an item without a uuid": [{"uuid": "", "timestamp": "1"}],
    "an unpublished one": [{**Partner()._row(theirs()), "published": False}],
    "no item": [None],
}


@pytest.mark.parametrize("listed", UNREADABLE.values(), ids=UNREADABLE)
def test_nothing_is_concluded_from_a_list_that_may_not_be_whole(ground: Ground, listed: list[Any]) -> None:
    lost, kept = theirs(), theirs()
    partner = Partner(lost, kept)
    with partner.server() as there:
        server = ground.links(there.url, pull=True)
        _pulls(server)
    shown = [Partner()._row(kept), *listed] if listed else []
    rules = {"GET /servers/getVersion": VERSION, "POST /events/index": shown, "GET /shadow_attributes/": []}
    with played(rules) as there:
        sql.execute("UPDATE server SET url = ?", (there.url,))
        _pulls(server)
    assert standing(ground, lost) == [HERE]


@pytest.mark.parametrize("told", ["the total", "nothing"])
def test_a_partner_that_lists_less_than_a_page_asks_for_has_not_told_all(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    lost, kept = theirs(), theirs()
    partner = Partner(lost, kept)
    with partner.server() as there:
        server = ground.links(there.url, pull=True)
        _pulls(server)

    def first(_request: Received) -> bytes:
        rows = [Partner()._row(kept)]
        return answer(rows, X_Result_Count="2") if told == "the total" else answer(rows)

    monkeypatch.setattr(comparing, "PAGE", 1 if told == "nothing" else 1_000)
    with played({"GET /servers/getVersion": VERSION, "POST /events/index": first}) as there:
        sql.execute("UPDATE server SET url = ?", (there.url,))
        known = servers.find_any_server(server.id)
        assert known is not None
        _compares(known)
    assert standing(ground, lost, kept) == [HERE, HERE]


def test_an_event_without_a_live_element_is_listed_by_the_comparison_alone(ground: Ground) -> None:
    emptied, kept = theirs(), theirs()
    partner = Partner(emptied, kept)
    with partner.server() as there:
        server = ground.links(there.url, pull=True)
        _pulls(server)
        emptied = {**emptied, "Attribute": []}
        partner.events[emptied["uuid"]] = emptied
        _compares(server)
        assert standing(ground, emptied) == [HERE]
        del partner.events[emptied["uuid"]]
        _pulls(server)
        partner.events[emptied["uuid"]] = emptied
        _compares(server)
        assert standing(ground, emptied) == [GONE]
