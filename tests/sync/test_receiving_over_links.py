"""What a pull learns of a partner's clock, and what it does with versions of the future (RULES §6, §4)."""

from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.servers import LinkedServer
from mispmini.services import arrivals, receiving
from mispmini.services.receiving import MOST_SKEW_SECONDS
from mispmini.store import servers
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.sync.delivering import deliver_due
from mispmini.sync.pull import pull_from
from tests.sync.ground import OUR_ORG, OUTBOUND, Ground, a_draft
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import played

Json = dict[str, Any]
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True, "request_encoding": ["gzip"]}
AN_HOUR, TEN_DAYS = 3600, 10 * 86400
CREATOR = {"uuid": new_uuid(), "name": "ORG_C"}


def an_event(**more: object) -> Json:
    """A published event of a third organisation, as events/view gives it."""
    attribute = {"uuid": new_uuid(), "type": "domain", "category": "Network activity", "value": f"{new_uuid()}.example"}
    kept = {"to_ids": True, "distribution": "5", "timestamp": "1700000000", "comment": "", "deleted": False}
    return {
        "uuid": new_uuid(), "info": "As it came", "date": "2026-01-01", "published": True, "distribution": "3",
        "timestamp": "1700000000", "Orgc": CREATOR, "Attribute": [attribute | kept],
    } | more  # fmt: skip


def source(event: Json, *, ahead: int = 0) -> HostileServer:
    """A partner with one event, whose clock is ahead by so many seconds."""

    def version(_request: Received) -> bytes:
        return answer(VERSION, Date=formatdate(clock.now() + ahead, usegmt=True))

    def index(_request: Received) -> bytes:
        return answer([{"uuid": event["uuid"], "timestamp": event["timestamp"], "published": True,
                        "orgc_uuid": event["Orgc"]["uuid"]}])  # fmt: skip

    return played(
        {
            "GET /servers/getVersion": version,
            "POST /events/index": index,
            "GET /events/view/": lambda _request: answer({"Event": event}),
        }
    )


def pulled(ground: Ground, event: Json, server: LinkedServer | None = None, *, ahead: int = 0) -> LinkedServer:
    """Pull the event; the link as it is then."""
    with source(event, ahead=ahead) as partner:
        link = server or ground.links(partner.url, pull=True)
        with writing():
            servers.update_server(link.id, {"url": partner.url})
        pull_from(known(link), "full", OUTBOUND)
    return known(link)


def known(link: LinkedServer) -> LinkedServer:
    """The link as it is now."""
    found = servers.find_any_server(link.id)
    assert found is not None
    return found


@pytest.mark.parametrize("ahead", [AN_HOUR, -AN_HOUR], ids=["ahead", "behind"])
def test_a_pull_remembers_how_far_the_partners_clock_is_off(ground: Ground, ahead: int) -> None:
    link = pulled(ground, an_event(), ahead=ahead)
    assert abs((link.clock_skew or 0) - ahead) <= 5
    assert abs(link.clock_skew or 0) > MOST_SKEW_SECONDS
    assert abs(pulled(ground, an_event(), link).clock_skew or 0) <= 5, "a clock that was set right is forgiven"


def test_a_push_remembers_it_too(ground: Ground) -> None:
    late = answer(VERSION, Date=formatdate(clock.now() + AN_HOUR, usegmt=True))
    rule: Callable[[Received], bytes] = lambda _request: late  # noqa: E731
    with played({"GET /servers/getVersion": rule}) as partner:
        link = ground.links(partner.url, push=True)
        ground.publishes(a_draft())
        deliver_due(link.id, OUTBOUND)
        assert (known(link).clock_skew or 0) > MOST_SKEW_SECONDS


def test_clocks_that_agree_are_not_written_down(ground: Ground) -> None:
    assert pulled(ground, an_event()).clock_skew is None


def test_an_event_of_the_future_is_taken_and_mended_by_the_link_that_brought_it(ground: Ground) -> None:
    ahead = clock.now() + TEN_DAYS
    event = an_event(timestamp=str(ahead))
    link = pulled(ground, event)
    assert ground.sees(event["uuid"]).event.timestamp == ahead
    mended = event | {"timestamp": str(clock.now()), "info": "Mended"}
    pulled(ground, mended, link)
    assert ground.sees(event["uuid"]).event.info == "Mended"


def test_a_future_update_over_another_link_is_skipped_and_tried_each_run(ground: Ground) -> None:
    with writing():
        save_setting("update_policy", "any", user_id=None)
    event = an_event()
    pulled(ground, event)
    ahead = event | {"timestamp": str(clock.now() + TEN_DAYS), "info": "Frozen"}
    other = OrganisationDraft(new_uuid(), "ORG_D")
    with source(ahead) as partner:
        link = ground.links(partner.url, pull=True, org=other)
        for _ in range(2):
            assert pull_from(known(link), "full", OUTBOUND).failed == 1
    assert ground.sees(event["uuid"]).event.info == "As it came"
    listed, total = arrivals.refused_updates(ground.admin, limit=10)
    assert (total, listed[0].reason, listed[0].org_name) == (1, receiving.IN_THE_FUTURE, "ORG_D")


def test_a_link_that_may_not_use_our_name_has_it_refused_and_listed(ground: Ground) -> None:
    event = an_event(Orgc={"uuid": OUR_ORG.uuid, "name": OUR_ORG.name})
    with source(event) as partner:
        link = ground.links(partner.url, pull=True, own_name_policy="refuse")
        pull_from(known(link), "full", OUTBOUND)
    listed, _ = arrivals.refused_updates(ground.admin, limit=10)
    assert [(item.event_uuid, item.reason) for item in listed] == [(event["uuid"], receiving.OUR_NAME)]
    with source(event) as partner:
        with writing():
            servers.update_server(link.id, {"url": partner.url, "own_name_policy": "review"})
        pull_from(known(link), event["uuid"], OUTBOUND)
    arrival = arrivals.arrival_of(ground.admin, ground.sees(event["uuid"]).event)
    assert arrival is not None
    assert (arrival.in_our_name, arrival.review, ground.sees(event["uuid"]).event.distribution) == (True, True, 0)
