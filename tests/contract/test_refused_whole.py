"""What is too large for a partner is refused there whole, and its sender's ledger says so."""

from collections.abc import Iterator

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, admin_of, link
from tests.live import Birth, eventually, live_server

SMALL = ('allow_internal = ["127.0.0.0/8"]', "max_body_bytes = 2000000", "max_inflated_bytes = 2000000")


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Actor, Actor, int]]:
    """A sender, a receiver that takes two megabytes at most, and the sender's link."""
    with live_server() as sender, live_server(Birth(org_name="CSIRT Small", settings=SMALL)) as receiver:
        here, there = admin_of(sender), admin_of(receiver)
        yield here, there, link(here, there, push=True)


def test_an_event_too_large_for_the_partner_is_refused_whole_and_told(pair: tuple[Actor, Actor, int]) -> None:
    here, there, number = pair
    attributes = [{"type": "comment", "value": f"{place} {new_uuid()} {'x' * 2000}"} for place in range(1_200)]
    large = here.adds_event("Too large", distribution=Distribution.ALL, attributes=attributes)
    small = here.adds_event(distribution=Distribution.ALL, attributes=attributes[:1])
    for event in (large, small):
        here.publishes(event)
    eventually(lambda: there.sees(small))
    eventually(lambda: "413" in page_of(here, number))
    assert "Too large" in page_of(here, number)
    assert not there.sees(large)


def page_of(here: Actor, number: int) -> str:
    """The link's page with its ledger."""
    headers = {"Authorization": here.key, "Accept": "text/html", "Accept-Language": "en"}
    return requests.get(f"{here.server.url}/servers/view/{number}", headers=headers, timeout=30).text
