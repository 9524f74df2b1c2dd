"""Which partner read an event: at once when it reads one, together within a second when it reads many."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.errors import Busy
from mispmini.domain.ids import new_uuid
from mispmini.store import database, served, sql, vocabulary
from mispmini.store.served import Reading, list_readings, note_readings, write_readings
from tests.cast import SYNC_USER, add_actor, admin_of
from tests.live import live_server
from tests.prepared import open_fresh_database

EVENT, OTHER = "a" * 36, "b" * 36


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """The path of an open database."""
    vocabulary.forget()
    open_fresh_database(tmp_path / "mispmini.db")
    yield tmp_path / "mispmini.db"
    database.close_database()


def on_disk(path: Path) -> int:
    """How many readings another process would find."""
    with closing(sqlite3.connect(path)) as looking:
        return int(looking.execute("SELECT count(*) FROM served").fetchone()[0])


def note(*versions: tuple[str, int]) -> None:
    """A partner read these."""
    note_readings(versions, org_id=7, authkey_id=3)


def test_a_single_reading_is_written_at_once(file: Path) -> None:
    note((EVENT, 1))
    assert on_disk(file) == 1


def test_what_follows_within_the_second_is_written_together(file: Path) -> None:
    note((EVENT, 1))
    for version in range(2, 6):
        note((EVENT, version))
    assert on_disk(file) == 1
    write_readings()
    assert on_disk(file) == 5


def test_a_crowd_is_not_held_until_the_second_is_over(file: Path) -> None:
    note((EVENT, 0))
    note(*((new_uuid(), 1) for _ in range(served.MOST_WAITING)))
    assert on_disk(file) == served.MOST_WAITING + 1


def test_a_version_is_kept_once_however_often_it_is_read(file: Path) -> None:
    for _ in range(2):
        note((EVENT, 1), (EVENT, 1), (OTHER, 1))
        write_readings()
    assert on_disk(file) == 2


def test_who_asks_for_readings_gets_those_that_wait_as_well(file: Path) -> None:
    note((OTHER, 1))
    note((EVENT, 1))
    note((EVENT, 2))
    assert [Reading(*reading).timestamp for reading in list_readings(EVENT)] == [2, 1]


def test_a_busy_database_takes_them_later(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note((OTHER, 1))
    note((EVENT, 1))
    monkeypatch.setattr(database, "LOCK_WAIT_SECONDS", 0.0)
    with (file.parent / "write.lock").open() as other_process:
        fcntl.flock(other_process, fcntl.LOCK_EX)
        with pytest.raises(Busy):
            write_readings()
    write_readings()
    assert on_disk(file) == 2


def test_who_reads_does_not_hear_that_the_database_is_busy(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_SECONDS", 0.0)
    with (file.parent / "write.lock").open() as other_process:
        fcntl.flock(other_process, fcntl.LOCK_EX)
        note((EVENT, 1))
        assert list_readings(EVENT) == []
    assert len(list_readings(EVENT)) == 1


def test_they_are_never_part_of_another_transaction(file: Path) -> None:
    with suppress(RuntimeError), database.writing():
        note((EVENT, 1))
        raise RuntimeError
    with database.reading():
        note((EVENT, 2))
    write_readings()
    assert on_disk(file) == 2


def test_what_cannot_be_written_does_not_fill_the_memory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "MOST_HELD", 3)
    with database.reading():
        for version in range(9):
            note((EVENT, version))
    assert [one.timestamp for one in list_readings(EVENT)] == [8, 7, 6]


def test_what_waits_for_one_file_never_comes_into_another(file: Path, tmp_path: Path) -> None:
    note((OTHER, 1))
    note((EVENT, 1))
    database.close_database()
    open_fresh_database(tmp_path / "another.db")
    write_readings()
    note((OTHER, 2))
    assert sql.rows("SELECT timestamp FROM served") == [(2,)]


def test_a_server_that_is_told_to_end_has_them_on_disk() -> None:
    with live_server() as server:
        dora = admin_of(server)
        partner = add_actor(dora, "partner", org_name="CSIRT Omega", org_uuid=new_uuid(), role_id=SYNC_USER)
        for event in [dora.adds_event(distribution=Distribution.ALL) for _ in range(3)]:
            partner.views(event)
        server.stop()
        assert on_disk(server.data / "mispmini.db") == 3
