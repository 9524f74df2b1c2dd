"""Uuids of events, organisations, clusters and analyst data that may not come in (MODEL §7.11, §7.12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from mispmini.domain import clock
from mispmini.domain.errors import NotFound
from mispmini.domain.ids import canonical_uuid, is_row_number
from mispmini.store.sql import execute, row, rows, scalar


@dataclass(frozen=True, slots=True)
class _Columns:
    table: str
    uuid: str
    texts: tuple[str, ...]


class Blocklist(Enum):
    """A list: its table, the column of the blocked uuid, the columns that describe it."""

    EVENTS = _Columns("event_blocklist", "event_uuid", ("event_info", "event_orgc", "comment"))
    ORGANISATIONS = _Columns("org_blocklist", "org_uuid", ("org_name", "comment"))
    CLUSTERS = _Columns("galaxy_cluster_blocklist", "cluster_uuid", ("cluster_info", "cluster_creator", "comment"))
    ANALYST_DATA = _Columns("analyst_block", "uuid", ("analyst_data_info", "analyst_data_orgc", "comment"))

    @property
    def texts(self) -> tuple[str, ...]:
        """What may be said about an entry."""
        return self.value.texts


@dataclass(frozen=True, slots=True)
class Blocked:
    """An entry; `created` is epoch seconds, `texts` are the list's describing columns."""

    id: int
    uuid: str
    created: int
    texts: Mapping[str, str]


def event_is_blocked(uuid: str) -> bool:
    """Whether this event uuid is on the blocklist."""
    return row("SELECT 1 FROM event_blocklist WHERE event_uuid = ?", (uuid,)) is not None


def org_is_blocked(uuid: str) -> bool:
    """Whether this organisation is on the blocklist."""
    return row("SELECT 1 FROM org_blocklist WHERE org_uuid = ?", (uuid,)) is not None


def block_event(uuid: str, *, info: str, orgc: str, comment: str) -> None:
    """Put an event uuid on the blocklist, inside a writing(); once is enough."""
    block(Blocklist.EVENTS, uuid, {"event_info": info, "event_orgc": orgc, "comment": comment})


def unblock_event(uuid: str) -> None:
    """Take an event uuid off the blocklist, inside a writing()."""
    execute("DELETE FROM event_blocklist WHERE event_uuid = ?", (uuid,))


def block(blocklist: Blocklist, uuid: str, texts: Mapping[str, str]) -> bool:
    """Put a uuid on a list, inside a writing(); whether it is new there."""
    columns = (blocklist.value.uuid, "created", *blocklist.texts)
    values = (uuid, clock.now(), *(texts.get(name, "") for name in blocklist.texts))
    added = execute(
        f"INSERT INTO {blocklist.value.table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT ({blocklist.value.uuid}) DO NOTHING",
        values,
    )
    return added > 0


def list_blocked(blocklist: Blocklist, *, limit: int | None = None, offset: int = 0) -> list[Blocked]:
    """The entries of a list, oldest first."""
    page = "" if limit is None else f" LIMIT {int(limit)} OFFSET {int(offset)}"
    return [_entry(blocklist, r) for r in rows(f"{_select(blocklist)} ORDER BY id{page}")]


def count_blocked(blocklist: Blocklist) -> int:
    """How many entries a list has."""
    return int(scalar(f"SELECT count(*) FROM {blocklist.value.table}"))


def find_blocked(blocklist: Blocklist, ref: str) -> Blocked:
    """An entry by its id or the blocked uuid. Raises NotFound."""
    uuid = canonical_uuid(ref)
    is_number = is_row_number(ref)
    column = blocklist.value.uuid if uuid is not None else "id"
    found = row(f"{_select(blocklist)} WHERE {column} = ?", (uuid or int(ref),)) if uuid or is_number else None
    if found is None:
        raise NotFound("Blocklist item not found.")
    return _entry(blocklist, found)


def change_blocked(blocklist: Blocklist, entry_id: int, texts: Mapping[str, str]) -> None:
    """Write what is said about an entry, inside a writing()."""
    for name in blocklist.texts:
        if name in texts:
            execute(f"UPDATE {blocklist.value.table} SET {name} = ? WHERE id = ?", (texts[name], entry_id))


def unblock(blocklist: Blocklist, entry_id: int) -> None:
    """Take an entry off, inside a writing()."""
    execute(f"DELETE FROM {blocklist.value.table} WHERE id = ?", (entry_id,))


def _select(blocklist: Blocklist) -> str:
    columns = ("id", blocklist.value.uuid, "created", *blocklist.texts)
    return f"SELECT {', '.join(columns)} FROM {blocklist.value.table}"


def _entry(blocklist: Blocklist, found: tuple[object, ...]) -> Blocked:
    number, uuid, created, *texts = found
    said = {name: str(text) for name, text in zip(blocklist.texts, texts, strict=True)}
    return Blocked(int(str(number)), str(uuid), int(str(created)), said)
