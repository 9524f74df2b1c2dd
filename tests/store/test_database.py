"""One writer at a time, all or nothing, ids never twice, migrations with a copy before (TRUST D1-D4, §3.2)."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from mispmini.domain.errors import Busy, OutOfSpace
from mispmini.store import database, vocabulary
from mispmini.store.migrating import NewerSchema, copy_before
from mispmini.store.schema import MIGRATIONS, Runner
from mispmini.store.sql import Row, execute, rows, scalar
from mispmini.store.tables import ALL_TABLES
from mispmini.store.tables.base import database as bound
from tests.prepared import open_fresh_database

ADD_TAG = (
    "INSERT INTO tag (name, folded_name, colour, exportable, hide_tag, is_galaxy, is_custom_galaxy, local_only)"
    " VALUES (?, ?, '#000000', 1, 0, 0, 0, 0)"
)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """An open database of its own."""
    vocabulary.forget()
    file = tmp_path / "data" / "mispmini.db"
    open_fresh_database(file)
    yield file
    database.close_database()


def tags() -> list[str]:
    """Names of all tags but those that a fresh file has, which are of taxonomies."""
    return [name for (name,) in rows("SELECT name FROM tag WHERE name NOT LIKE '%:%' ORDER BY id")]


def add_tag(name: str) -> None:
    """A row to look for."""
    execute(ADD_TAG, (name, name))


def test_the_pragmas_are_those_that_lose_nothing(path: Path) -> None:
    assert scalar("PRAGMA synchronous") == 2
    assert scalar("PRAGMA journal_mode") == "wal"
    assert (scalar("PRAGMA foreign_keys"), scalar("PRAGMA wal_autocheckpoint")) == (1, 0)
    assert scalar("PRAGMA busy_timeout") == 10_000


def test_folder_and_file_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "mispmini.db"
    database.open_database(path)
    database.close_database()
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_after("half")
    assert tags() == []


def _fail_after(name: str) -> None:
    with database.writing():
        add_tag(name)
        raise ZeroDivisionError


def test_a_failed_inner_part_leaves_the_rest(path: Path) -> None:
    with database.writing():
        add_tag("kept")
        with pytest.raises(ZeroDivisionError):
            _fail_after("dropped")
    assert tags() == ["kept"]


def test_the_change_counter_grows_with_what_changes_answers_and_not_with_bookkeeping(path: Path) -> None:
    before = database.change_counter()
    with database.writing(quiet=True):
        add_tag("a")
    assert database.change_counter() == before
    with database.writing():
        add_tag("b")
    assert database.change_counter() == before + 1


def test_ids_come_once_even_after_deletion(path: Path) -> None:
    with database.writing():
        first = database.take_ids("event", 3)
        assert database.take_ids("event") == first + 3
        add_tag("a")
        taken = scalar("SELECT max(id) FROM tag")
        execute("DELETE FROM tag")
        add_tag("b")
    assert scalar("SELECT id FROM tag") == taken + 1


def test_read_modify_write_by_many_threads_loses_nothing(path: Path) -> None:
    def count_up() -> None:
        with database.own_connection():
            for _ in range(25):
                with database.writing():
                    seen = scalar("SELECT value FROM counter WHERE name = 'event'")
                    execute("UPDATE counter SET value = ? WHERE name = 'event'", (seen + 1,))

    threads = [threading.Thread(target=count_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scalar("SELECT value FROM counter WHERE name = 'event'") == 150


def test_another_process_that_writes_is_waited_for_and_then_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = subprocess.Popen(
        [
            sys.executable, "-c",
            "import fcntl, sys; h = open(sys.argv[1], 'r+'); fcntl.flock(h, fcntl.LOCK_EX); print('held', flush=True);"
            " sys.stdin.read()",
            str(path.parent / "write.lock"),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr(database, "LOCK_WAIT_SECONDS", 0.05)
    with pytest.raises(Busy), database.writing():
        pass
    holder.communicate("")
    with database.writing():
        add_tag("after")
    assert tags() == ["after"]


def test_a_full_disk_refuses_and_reads_go_on(path: Path) -> None:
    with database.writing():
        add_tag("before")
    pages = scalar("PRAGMA page_count")
    execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutOfSpace):
        _add_many()
    with pytest.raises(OutOfSpace):
        _add_many(ask=scalar)
    assert tags() == ["before"]
    execute("PRAGMA max_page_count = 1073741823")
    with database.writing():
        add_tag("healed")
    assert tags() == ["before", "healed"]


def _add_many(ask: Callable[[str, Sequence[object]], object] = execute) -> None:
    with database.writing():
        for number in range(2_000):
            ask(f"{ADD_TAG} RETURNING id", (f"{number}-{'x' * 500}",) * 2)


def test_closing_empties_the_log(path: Path) -> None:
    with database.writing():
        add_tag("a")
    database.close_database()
    assert not Path(f"{path}-wal").exists() or os.path.getsize(f"{path}-wal") == 0


def test_the_migrations_make_the_schema_that_the_tables_say(path: Path, tmp_path: Path) -> None:
    made = (
        "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND tbl_name != 'schema_migration'"
        " AND type != 'trigger'"
    )
    migrated: dict[str, str] = dict(rows(made))
    bound.close()
    bound.init(str(tmp_path / "models.db"))
    with bound.connection_context():
        bound.create_tables(ALL_TABLES)
        assert dict(rows(made)) == migrated
    bound.init(str(path))
    bound.connect()


def test_the_upgrade_finds_what_notes_of_a_wrong_kind_are_about(path: Path) -> None:
    """0025: such a note was judged by its distribution alone. Beside it one that was left without a place rightly."""
    database.close_database()
    old, uuid = path.with_name("older.db"), "3d0e0d5e-7c2b-4d0b-9a51-6f1f4a7d8c11"
    bound.init(str(old), pragmas={"foreign_keys": 1})
    with bound.connection_context():
        Runner(bound, str(MIGRATIONS)).up("0020_allowedlist")
        fill("organisation", id=1, uuid="u1", name="Alfa", folded_name="alfa", local=1)
        fill("attribute_category", id=1, name="Other")
        fill("attribute_type", id=1, name="text")
        for number, event in enumerate((uuid, "e2"), 1):
            fill("event", id=number, uuid=event, org_id=1, orgc_id=1, distribution=0, restricted=9)
        fill("attribute", id=5, uuid=UUID(uuid).bytes, event_id=2, type_id=1, category_id=1, distribution=0)
        fill("attribute", id=6, uuid=b"6", event_id=2, type_id=1, category_id=1, distribution=3)
        for number, claimed in enumerate(("Event", "Attribute", "Object"), 1):
            fill(
                "analyst_item", id=number, uuid=str(number), object_uuid=uuid, object_type=claimed, org_id=1, orgc_id=1
            )
    database.open_database(old)
    assert rows("SELECT object_type, event_id, attribute_id FROM analyst_item ORDER BY id") == [
        ("Event", 2, 5), ("Attribute", 1, None), ("Object", 1, 5),
    ]  # fmt: skip
    assert rows("SELECT restricted FROM event ORDER BY id") == [(0,), (1,)]


def fill(table: str, **values: object) -> None:
    """A row of a table as it stood at some level: what is not given gets the least that its column takes."""
    columns = {name: (kind, needed) for _, name, kind, needed, default, _ in rows(f"PRAGMA table_info({table})")}
    least = {name: "" if "CHAR" in kind or "TEXT" in kind else 0 for name, (kind, needed) in columns.items() if needed}
    given = least | values
    names, places = ", ".join(f'"{name}"' for name in given), ", ".join("?" * len(given))
    execute(f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(given.values()))


def held(tables: Mapping[str, Sequence[str]]) -> dict[str, list[Row]]:
    """All rows of tables, in the columns named."""
    quoted = {table: ", ".join(f'"{name}"' for name in columns) for table, columns in tables.items()}
    return {table: rows(f"SELECT {columns} FROM {table} ORDER BY 1") for table, columns in quoted.items()}


@pytest.mark.parametrize("level", ["0001_initial", "0006_gone_at_source", "0009_opinions", "0015_partner"])
def test_what_an_older_schema_holds_is_there_after_the_upgrade(path: Path, level: str) -> None:
    database.close_database()
    old = path.with_name("old.db")
    bound.init(str(old), pragmas={"foreign_keys": 1})
    with bound.connection_context():
        Runner(bound, str(MIGRATIONS)).up(level)
        fill("organisation", id=1, uuid="u1", name="Alfa", folded_name="alfa", local=1)
        fill("role", id=9, name="Nine", permissions="[]")
        fill('"user"', id=1, email="a@alfa.example", org_id=1, role_id=9)
        fill("attribute_category", id=1, name="Other")
        fill("attribute_type", id=1, name="text")
        fill("event", id=1, uuid="e1", org_id=1, orgc_id=1, info="Kept", distribution=1)
        fill("attribute", id=1, uuid="a1", event_id=1, type_id=1, category_id=1, value1="kept")
        names = ("organisation", "role", "event", "attribute")
        tables = {name: [r[1] for r in rows(f"PRAGMA table_info({name})")] for name in names}
        before = held(tables)
    database.open_database(old)
    assert {name: found[: len(before[name])] for name, found in held(tables).items()} == before
    assert rows("PRAGMA foreign_key_check") == []
    assert len(list((old.parent / "backups").iterdir())) == 1


def test_an_upgrade_reads_from_the_seconds_which_version_was_published(path: Path) -> None:
    database.close_database()
    old = path.with_name("published.db")
    bound.init(str(old), pragmas={"foreign_keys": 1})
    stood = {"never": (5, 0, 0), "out": (5, 7, 1), "earlier": (7, 5, 1), "changed": (7, 5, 0), "withdrawn": (5, 5, 0)}
    with bound.connection_context():
        Runner(bound, str(MIGRATIONS)).up("0020_allowedlist")
        fill("organisation", id=1, uuid="u1", name="Alfa", folded_name="alfa", local=1)
        for number, (uuid, (changed, moment, is_out)) in enumerate(stood.items(), 1):
            fill("event", id=number, uuid=uuid, org_id=1, orgc_id=1, timestamp=changed, published=is_out,
                 publish_timestamp=moment)  # fmt: skip
    database.open_database(old)
    known: dict[str, int | None] = dict(rows("SELECT uuid, published_as FROM event"))
    assert known == {"never": None, "out": 5, "earlier": 7, "changed": 5, "withdrawn": 5}


def test_a_last_pull_of_any_kind_becomes_the_last_that_worked(path: Path) -> None:
    """0028: one that failed is a try; what arrived before it is the last that is known to have worked."""
    database.close_database()
    old = path.with_name("old.db")
    bound.init(str(old), pragmas={"foreign_keys": 1})
    with bound.connection_context():
        Runner(bound, str(MIGRATIONS)).up("0020_allowedlist")
        fill("organisation", id=1, uuid="u1", name="Alfa", folded_name="alfa", local=1)
        ended = {1: "Pull completed. 3 events pulled.", 2: "tcp: nobody", 3: "dns: no such name"}
        for number, result in ended.items():
            told = {"last_pull": 900, "last_pull_result": result, "last_push": 800, "breaker_until": 5}
            fill("server", id=number, org_id=1, remote_org_id=1, **told)
        fill("ledger", id=1, server_id=2, direction="pull", event_uuid="e1", state="sent", time=700)
        fill("ledger", id=2, server_id=2, direction="pull", event_uuid="e2", state="failed", time=850)
    database.open_database(old)
    assert rows("SELECT id, last_pull, last_pull_try, last_push, last_push_try, breaker_until FROM server") == [
        (1, 900, 900, 800, 800, None),
        (2, 700, 900, 800, 800, None),
        (3, None, 900, 800, 800, None),
    ]


def test_a_newer_schema_is_refused_with_the_way_out(path: Path) -> None:
    execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_from_the_future', '2030-01-01')")
    database.close_database()
    with pytest.raises(NewerSchema, match=r"9999_from_the_future.*Install that version"):
        database.open_database(path)
    execute("DELETE FROM schema_migration WHERE name = '9999_from_the_future'")


def test_a_copy_is_taken_before_a_migration_and_holds_everything(path: Path) -> None:
    with database.writing():
        add_tag("precious")
    copy_before("0002_something")
    copy = path.parent / "backups" / "before-0002_something.db"
    with sqlite3.connect(copy) as other:
        assert other.execute("SELECT name FROM tag WHERE name = 'precious'").fetchall()
    other.close()
    assert oct(copy.stat().st_mode & 0o777) == "0o600"
