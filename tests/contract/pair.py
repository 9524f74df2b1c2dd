"""Two live servers with a link to each other, for what crosses between them by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json, add_actor, admin_of, link
from tests.live import Birth, eventually, live_server

SETTINGS = ('allow_internal = ["127.0.0.0/8"]', "retry_base = 1")


@dataclass(frozen=True, slots=True)
class Pair:
    """The admins of Alfa and Beta; Bert is a user at Beta."""

    alfa: Actor
    beta: Actor
    bert: Actor
    to_beta: int
    to_alfa: int

    def share(self) -> Json:
        """An event of Alfa's that has reached Beta."""
        attribute = {"type": "domain", "value": f"{new_uuid()}.example", "uuid": new_uuid()}
        event = self.alfa.adds_event(distribution=Distribution.ALL, attributes=[attribute])
        self.alfa.publishes(event)
        eventually(lambda: self.beta.sees(event))
        return event


@contextmanager
def two_servers() -> Iterator[tuple[Actor, Actor]]:
    """The admins of Alfa and Beta, which do not know each other yet."""
    births = [
        Birth(org_name=f"CSIRT {n}", email=f"dora@{n.lower()}.example", settings=SETTINGS) for n in ("Alfa", "Beta")
    ]
    with live_server(births[0]) as here, live_server(births[1]) as there:
        yield admin_of(here), admin_of(there)


@contextmanager
def linked_pair(**more: bool) -> Iterator[Pair]:
    """Both push and pull, and what else their links say."""
    with two_servers() as (alfa, beta):
        to_beta = link(alfa, beta, push=True, pull=True, **more)
        to_alfa = link(beta, alfa, push=True, pull=True, **more)
        yield Pair(alfa, beta, add_actor(beta, "Bert", org_name="CSIRT Bert"), to_beta, to_alfa)
