"""What a look through a copy finds: damage of a dozen kinds, all of which SQLite itself would go on answering from."""

import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest

from mispmini.domain.errors import Busy, Unusable
from mispmini.store import copies, sql
from mispmini.store.backups import Damaged, damage_now, fresh_backup, list_backups
from mispmini.store.copies import copy_database, flaw_of, only_copier
from mispmini.store.database import close_database, damage_named, open_database, writing
from mispmini.store.migrating import copy_before
from tests.prepared import open_fresh_database

PAGE = 4096
ADD = "INSERT INTO org_blocklist (org_uuid, created, org_name, comment) VALUES (?, 1, ?, ?)"
LONG = "a report that needs pages of its own " * 500


@cache
def content() -> bytes:
    """A database with long and short texts, and pages that were given back; the first call needs an unbound process."""
    with tempfile.TemporaryDirectory(prefix="mispmini-test-") as place:
        path = Path(place) / "mispmini.db"
        open_fresh_database(path)
        with writing():
            for number in range(300):
                comment = LONG if number % 100 == 0 else ""
                sql.execute(ADD, (f"uuid-{number:04}", f"name {number}", comment))
            sql.execute("CREATE TABLE passing AS SELECT comment FROM org_blocklist")
            sql.execute("DROP TABLE passing")
        close_database()
        held = bytearray(path.read_bytes())
        held[18:20] = b"\1\1"  # no write-ahead log, so that it can be read in memory, too
        return bytes(held)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The data folder that this process is bound to."""
    open_fresh_database(tmp_path / "data" / "mispmini.db", content())
    yield tmp_path / "data"
    close_database()


def root_of(name: str) -> int:
    """The first byte of a table's or index's root page."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.deserialize(content())
        (page,) = memory.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return (int(page) - 1) * PAGE


def leaf_of(name: str, kind: int) -> int:
    """The first byte of the first child of a root page."""
    root = root_of(name)
    if content()[root] == kind:
        return root
    pointer = root + int.from_bytes(content()[root + 12 : root + 14], "big")
    return (int.from_bytes(content()[pointer : pointer + 4], "big") - 1) * PAGE


def last_key() -> int:
    """The first byte of a key in an index."""
    start = leaf_of("org_blocklist_org_uuid", 10)
    return content().rindex(b"uuid-", start, start + PAGE)


def overflow_page() -> int:
    """The first byte of a page that holds the middle of a long text, and was not given back."""
    starts = range(PAGE, len(content()), PAGE)
    return next(start for start in starts if not content()[start] and long_texts(with_zeros(start + 8, 8)) < 3)


def long_texts(content: bytes) -> int:
    """How many of the three long texts can be read."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.deserialize(content)
        found: int = memory.execute("SELECT count(*) FROM org_blocklist WHERE comment = ?", (LONG,)).fetchone()[0]
        return found


def with_zeros(start: int, length: int = PAGE) -> bytes:
    return content()[:start] + bytes(length) + content()[start + length :]


def with_bytes(start: int, put: bytes) -> bytes:
    return content()[:start] + put + content()[start + len(put) :]


def changed(*statements: str) -> bytes:
    """The database after statements that no constraint stopped."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.deserialize(content())
        memory.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            memory.execute(statement)
        memory.commit()
        return memory.serialize()


def swapped(one: int, other: int) -> bytes:
    """Two pages in each other's place."""
    pages = {one: content()[other : other + PAGE], other: content()[one : one + PAGE]}
    return with_bytes(one, pages[one])[:other] + pages[other] + content()[other + PAGE :]


DAMAGES: dict[str, Callable[[], bytes]] = {
    "table leaf of zeros": lambda: with_zeros(leaf_of("org_blocklist", 13)),
    "table leaf of noise": lambda: with_bytes(leaf_of("org_blocklist", 13), random.Random(1).randbytes(PAGE)),
    "table root of zeros": lambda: with_zeros(root_of("org_blocklist")),
    "index leaf of zeros": lambda: with_zeros(leaf_of("org_blocklist_org_uuid", 10)),
    "index key changed": lambda: with_bytes(last_key(), b"X"),
    "rows that a leaf forgot": lambda: with_bytes(leaf_of("org_blocklist", 13) + 3, b"\0\0"),
    "overflow page of zeros": lambda: with_zeros(overflow_page()),
    "free list of noise": lambda: with_bytes((int.from_bytes(content()[32:36], "big") - 1) * PAGE, b"\xff" * 64),
    "count of free pages": lambda: with_bytes(36, b"\0\0\0\x01"),
    "two pages swapped": lambda: swapped(leaf_of("org_blocklist", 13), root_of("organisation")),
    "header": lambda: with_zeros(0, 100),
    "page size": lambda: with_bytes(16, b"\0\x03"),
    "format": lambda: with_bytes(44, b"\0\0\0\x09"),
    "cut short": lambda: content()[: len(content()) // 2],
    "schema of zeros": lambda: with_zeros(100, PAGE - 100),
    "a statement of the schema": lambda: changed("UPDATE sqlite_master SET sql = 'CREATE TABL x' WHERE name = 'event'"),
    "a root of the schema": lambda: changed("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'event'"),
    "a table that is gone": lambda: changed("DROP TABLE sighting"),
    "a column that is gone": lambda: changed("ALTER TABLE org_blocklist DROP COLUMN comment"),
    "an index that is gone": lambda: changed("DROP INDEX org_blocklist_org_uuid"),
    "a trigger that is gone": lambda: changed("DROP TRIGGER revise_attribute_update"),
    "an orphan": lambda: changed("INSERT INTO event_notice (event_id, kind, detail, time) VALUES (7, 'held', '', 1)"),
    "no migrations": lambda: changed("DELETE FROM schema_migration"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_look_finds(folder: Path, kind: str) -> None:
    damaged = DAMAGES[kind]()
    assert damaged != content()
    (folder / "damaged.db").write_bytes(damaged)
    assert flaw_of(folder / "damaged.db")


def test_a_look_is_content_with_what_is_whole(folder: Path) -> None:
    assert copy_database(folder / "whole.db") == ""
    assert (folder / "whole.db").stat().st_mode & 0o077 == 0


def test_a_page_that_was_given_back_may_hold_anything(folder: Path) -> None:
    """It is read by nobody: naming it damage would stop backups for nothing."""
    trunk = (int.from_bytes(content()[32:36], "big") - 1) * PAGE
    leaf = (int.from_bytes(content()[trunk + 8 : trunk + 12], "big") - 1) * PAGE
    (folder / "other.db").write_bytes(with_bytes(leaf, b"\xff" * PAGE))
    assert flaw_of(folder / "other.db") == ""


def test_a_newer_schema_is_named_with_the_way_out(folder: Path) -> None:
    (folder / "newer.db").write_bytes(changed("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '')"))
    assert "Install that version" in flaw_of(folder / "newer.db")


def damage_live(folder: Path) -> None:
    """A page of the database file that is served goes bad."""
    path = folder / "mispmini.db"
    held = path.read_bytes()
    start = held.index(b"uuid-0150") // PAGE * PAGE
    with path.open("r+b") as file:
        file.seek(start)
        file.write(bytes(PAGE))


def test_no_backup_is_made_of_a_damaged_database_and_none_goes(folder: Path) -> None:
    for number in range(9):
        (folder / "backups").mkdir(exist_ok=True)
        with fresh_backup(folder / "backups") as made:
            made.path.rename(folder / "backups" / made.path.name.replace(".tar", f"{number}.tar"))
    before = list_backups(folder / "backups")
    assert len(before) == 9
    damage_live(folder)
    with pytest.raises(Damaged, match="older ones are kept"), fresh_backup(folder / "backups"):
        pass
    assert sorted(path.name for path in (folder / "backups").iterdir()) == sorted(path.name for path in before)
    assert damage_now(folder / "backups")


def test_a_damaged_database_is_not_migrated(folder: Path) -> None:
    damage_live(folder)
    with pytest.raises(Unusable, match=r"was not migrated.*restore"):
        copy_before("0099_something")
    assert list((folder / "backups").iterdir()) == []


def test_the_newest_three_copies_before_migrations_are_kept(folder: Path) -> None:
    for number in range(5):
        copy_before(f"000{number}_something")
    assert {path.name[7:11] for path in (folder / "backups").glob("*.db")} == {"0002", "0003", "0004"}


def test_what_a_killed_backup_left_goes_and_what_another_writes_stays(folder: Path) -> None:
    backups, shared = folder / "backups", folder / "shared"
    for place in (backups, shared):
        (place / "copy-0815").mkdir(parents=True)
        (place / "copy-0815" / "mispmini.db").write_bytes(b"half")
        (place / "mispmini-0f0f0f0f-2026-01-01-000000.tar.77.part").write_bytes(b"half")
        with fresh_backup(place):
            pass
    assert list(backups.iterdir()) == []
    assert len(list(shared.iterdir())) == 2, "in a folder that instances share it may be another's, who is alive"
    with only_copier(), pytest.raises(Busy), fresh_backup(backups):
        pass


def test_a_copy_is_of_one_moment_while_others_write(folder: Path) -> None:
    copy = folder / "moment.db"
    with writing():
        sql.execute("DELETE FROM org_blocklist")
        assert copies.copy_database(copy) == ""
    with closing(sqlite3.connect(copy)) as seen:
        assert seen.execute("SELECT count(*) FROM org_blocklist").fetchone() == (300,)


@pytest.mark.parametrize("statement", ['DROP TABLE "user"', "DROP TABLE setting", "DROP TABLE schema_migration"])
def test_a_schema_that_is_damaged_is_named_in_a_sentence(folder: Path, statement: str) -> None:
    close_database()
    (folder / "mispmini.db").write_bytes(changed(statement))
    with pytest.raises(Unusable, match="is damaged"):
        open_and_read(folder)


@damage_named()
def open_and_read(folder: Path) -> None:
    open_database(folder / "mispmini.db")
    sql.rows('SELECT 1 FROM "user", setting')
