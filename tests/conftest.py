"""Live servers and the cast, for every test that asks for them.

A live server serves the whole session: tests use fresh uuids and values instead of emptying it. Whoever needs a server
of their own, to stop, kill or configure it, asks for `fresh_server`.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.cast import Actor, Cast, admin_of, hire
from tests.cheap_passwords import make_cheap
from tests.compiled_templates import share_compiled_templates
from tests.in_memory import keep_folders_in_memory
from tests.live import Birth, LiveServer, forking, live_server

FreshServer = Callable[..., LiveServer]

gc.set_threshold(50_000)  # as a server does: what tests make has few cycles
make_cheap()
keep_folders_in_memory()
share_compiled_templates()


def pytest_collection_finish() -> None:
    """What collecting made stays to the end: without this the garbage collector looks through it all the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def forked() -> Iterator[None]:
    """Live servers and verbs are forked: nothing is, before the first one is asked for."""
    with forking():
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[LiveServer]:
    """The server under test."""
    with live_server() as running:
        yield running


@pytest.fixture(scope="session")
def partner() -> Iterator[LiveServer]:
    """A second server, for what crosses."""
    with live_server(Birth(org_name="CSIRT Beta", email="dora@beta.example")) as running:
        yield running


@pytest.fixture(scope="session")
def cast(server: LiveServer) -> Cast:
    """Everybody on the server under test."""
    return hire(server)


@pytest.fixture(scope="session")
def alice(cast: Cast) -> Actor:
    """A publisher of the server's own organisation, where events are created."""
    return cast.alice


@pytest.fixture(scope="session")
def bob(cast: Cast) -> Actor:
    """A publisher of another organisation on the same server."""
    return cast.bob


@pytest.fixture(scope="session")
def charlie(cast: Cast) -> Actor:
    """A user of a third organisation, the one that sharing groups name."""
    return cast.charlie


@pytest.fixture(scope="session")
def dora(cast: Cast) -> Actor:
    """The site admin."""
    return cast.dora


@pytest.fixture(scope="session")
def sam(cast: Cast) -> Actor:
    """A partner's sync user."""
    return cast.sam


@pytest.fixture(scope="session")
def partner_dora(partner: LiveServer) -> Actor:
    """The partner's site admin."""
    return admin_of(partner)


@pytest.fixture
def fresh_server() -> Iterator[FreshServer]:
    """Makes servers for one test alone; `fresh_server(pymisp_suite_birth())` is the one of PyMISP's own suite."""
    with ExitStack() as running:
        yield lambda birth=None: running.enter_context(live_server(birth))
