"""cache.db keeps one body a name and event, may vanish, and never grows without bound."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mispmini.store import database, vocabulary
from mispmini.store.body_cache import KeptBody, forget_bodies, keep_body, kept_body, shrink_bodies
from tests.prepared import open_fresh_database

BODY = KeptBody(b"packed" * 1_000, 17, 60_000)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    """The path of the file beside an open database."""
    vocabulary.forget()
    open_fresh_database(tmp_path / "mispmini.db")
    yield tmp_path / "cache.db"
    forget_bodies()
    database.close_database()


def test_a_body_is_known_by_event_revision_and_name(cache: Path) -> None:
    keep_body(1, 5, "plain", BODY)
    assert kept_body(1, 5, "plain") == BODY
    for event_id, rev, name in ((2, 5, "plain"), (1, 6, "plain"), (1, 5, "deleted")):
        assert kept_body(event_id, rev, name) is None


def test_a_newer_body_takes_the_place_of_the_old_one(cache: Path) -> None:
    keep_body(1, 5, "plain", BODY)
    keep_body(1, 6, "plain", BODY._replace(crc=18))
    assert kept_body(1, 5, "plain") is None
    assert kept_body(1, 6, "plain") == BODY._replace(crc=18)


def test_every_thread_finds_what_another_kept(cache: Path) -> None:
    keep_body(1, 5, "plain", BODY)
    found: list[KeptBody | None] = []
    thread = threading.Thread(target=lambda: found.append(kept_body(1, 5, "plain")))
    thread.start()
    thread.join()
    assert found == [BODY]


def test_a_file_that_outgrew_its_bound_is_begun_anew(cache: Path) -> None:
    for number in range(200):
        keep_body(number, 1, "plain", BODY._replace(blocks=os.urandom(20_000)))
    shrink_bodies(most_bytes=1)
    assert kept_body(1, 1, "plain") is None
    keep_body(1, 1, "plain", BODY)
    assert kept_body(1, 1, "plain") == BODY


def test_nothing_is_kept_where_nothing_can_be_written(cache: Path) -> None:
    forget_bodies()
    cache.mkdir()
    keep_body(1, 5, "plain", BODY)
    assert kept_body(1, 5, "plain") is None
    cache.rmdir()
