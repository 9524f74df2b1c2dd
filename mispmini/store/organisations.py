"""Organisations: finders and writers. The uuid is the identity; names never merge (TRUST §2.2 row 5)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import StrEnum

from mispmini.domain.graphs import OrganisationRow
from mispmini.domain.ids import is_row_number
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.viewer import Viewer
from mispmini.store.damage import or_else
from mispmini.store.sql import TRUE, Predicate, Row, execute, marks, row, rows
from mispmini.store.tables.people import Organisation
from mispmini.store.visibility import event_visible_to

_RECORD = (
    "SELECT o.id, o.uuid, o.name, o.description, o.type, o.nationality, o.sector, o.contacts, o.local,"
    " o.restricted_to_domain, o.landingpage, o.created_by, o.created, o.modified,"
    ' (SELECT COUNT(*) FROM "user" AS member WHERE member.org_id = o.id), author.email'
    ' FROM organisation AS o LEFT JOIN "user" AS author ON author.id = o.created_by'
)
PARTNER = "linked servers"
_USES = (
    ("users", 'SELECT 1 FROM "user" WHERE org_id = ?'),
    ("events", "SELECT 1 FROM event WHERE org_id = ?"),
    ("events", "SELECT 1 FROM event WHERE orgc_id = ?"),
    ("servers", "SELECT 1 FROM server WHERE org_id = ?"),
    (PARTNER, "SELECT 1 FROM server WHERE remote_org_id = ?"),
    ("sightings", "SELECT 1 FROM sighting WHERE org_id = ?"),
    ("proposals", "SELECT 1 FROM proposal WHERE org_id = ?"),
    ("notes and opinions", "SELECT 1 FROM analyst_item WHERE org_id = ?"),
    ("notes and opinions", "SELECT 1 FROM analyst_item WHERE orgc_id = ?"),
    ("galaxy clusters", "SELECT 1 FROM galaxy_cluster WHERE org_id = ?"),
    ("galaxy clusters", "SELECT 1 FROM galaxy_cluster WHERE orgc_id = ?"),
    ("events to hand over", "SELECT 1 FROM event_delegation WHERE org_id = ?"),
    ("events to hand over", "SELECT 1 FROM event_delegation WHERE requester_org_id = ?"),
    ("sharing groups", "SELECT 1 FROM sharing_group WHERE org_id = ?"),
    ("sharing groups", "SELECT 1 FROM sharing_group_org WHERE org_id = ?"),
)


class Scope(StrEnum):
    """Which organisations a list holds (API §9.8)."""

    LOCAL = "local"
    EXTERNAL = "external"
    ALL = "all"


_SCOPES = {Scope.LOCAL: Predicate("o.local"), Scope.EXTERNAL: Predicate("NOT o.local"), Scope.ALL: TRUE}


def organisation_rows(ids: Collection[int]) -> dict[int, OrganisationRow]:
    """Organisations by id, as they stand inside events."""
    wanted = tuple(ids)
    found = rows(f"SELECT id, name, uuid, local FROM organisation WHERE id IN ({marks(wanted)})", wanted)
    return {r[0]: _row(r) for r in found}


def find_any_organisation(ref: str | int) -> OrganisationRow | None:
    """An organisation by id or uuid."""
    text = str(ref)
    column = "id" if is_row_number(text) else "uuid"
    found = row(f"SELECT id, name, uuid, local FROM organisation WHERE {column} = ?", (text.lower(),))
    return None if found is None else _row(found)


def find_any_organisations_named(name: str) -> list[OrganisationRow]:
    """Organisations whose name differs in case at most, oldest first."""
    found = rows("SELECT id, name, uuid, local FROM organisation WHERE folded_name = ? ORDER BY id", (fold(name),))
    return [_row(r) for r in found]


def find_organisation(ref: str | int) -> OrganisationRecord | None:
    """An organisation by id or uuid with all its fields; everybody here sees them all (MODEL §6.3)."""
    text = str(ref)
    column = "id" if is_row_number(text) else "uuid"
    found = row(f"{_RECORD} WHERE o.{column} = ?", (text.lower(),))
    return None if found is None else _record(found)


def organisation_records(ids: Collection[int]) -> dict[int, OrganisationRecord]:
    """Organisations by id with their columns, without counts, as they stand beside a user."""
    wanted = tuple(ids)
    found = rows(f"{_RECORD} WHERE o.id IN ({marks(wanted)})", wanted)
    return {r[0]: replace(_record(r), user_count=None, created_by_email=None) for r in found}


def list_organisations(scope: Scope, search: str = "") -> list[OrganisationRecord]:
    """Organisations of a scope by id; `search` is a part of the name or uuid, in any case."""
    where = _SCOPES[scope]
    if search:
        part = f"%{_literally(fold(search))}%"
        where = where & Predicate(r"o.folded_name LIKE ? ESCAPE '\' OR o.uuid LIKE ? ESCAPE '\'", (part, part))
    return [_record(r) for r in rows(f"{_RECORD} WHERE {where.text} ORDER BY o.id", where.params)]


def events_created_by(viewer: Viewer, org_ids: Collection[int]) -> dict[int, int]:
    """How many visible events each of these organisations created."""
    wanted = tuple(org_ids)
    seen = event_visible_to(viewer)
    text = (
        f"SELECT event.orgc_id, COUNT(*) FROM event WHERE event.orgc_id IN ({marks(wanted)})"
        f" AND ({seen.text}) GROUP BY event.orgc_id"
    )
    return dict(rows(text, (*wanted, *seen.params)))


def insert_organisation(values: Mapping[str, object]) -> int:
    """Add a row by column names, inside a writing(); returns its id."""
    return int(Organisation.insert(_columns(values)).execute())


def update_organisation(org_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a row, inside a writing()."""
    Organisation.update(_columns(values)).where(Organisation.id == org_id).execute()


def delete_organisation(org_id: int) -> None:
    """Remove a row that nothing refers to, inside a writing()."""
    execute("DELETE FROM organisation WHERE id = ?", (org_id,))


def uses_of(org_id: int) -> tuple[str, ...]:
    """What still refers to an organisation, in words: it cannot be deleted while there is any."""
    return tuple(dict.fromkeys(word for word, text in _USES if row(f"{text} LIMIT 1", (org_id,))))


def fold(text: str) -> str:
    """What names are compared by."""
    return text.strip().casefold()


def _columns(values: Mapping[str, object]) -> dict[str, object]:
    columns = dict(values)
    if "name" in columns:
        columns["folded_name"] = fold(str(columns["name"]))
    return columns


def _literally(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _row(found: Row) -> OrganisationRow:
    return OrganisationRow(found[0], found[1], found[2], bool(found[3]))


def _record(r: Row) -> OrganisationRecord:
    return OrganisationRecord(
        id=r[0],
        uuid=r[1],
        name=r[2],
        description=r[3],
        type=r[4],
        nationality=r[5],
        sector=r[6],
        contacts=r[7],
        local=bool(r[8]),
        restricted_to_domain=or_else("organisation", r[0], lambda: tuple(json.loads(r[9] or "[]")), ("(damaged)",)),
        landingpage=r[10],
        created_by=r[11],
        date_created=r[12],
        date_modified=r[13],
        user_count=r[14],
        created_by_email=r[15],
    )
