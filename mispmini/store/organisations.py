"""Organisations: finders and writers. The uuid is the identity; names never merge (TRUST §2.2 row 5)."""

from collections.abc import Collection

from mispmini.domain.graphs import OrganisationRow
from mispmini.store.sql import Row, marks, row, rows


def organisation_rows(ids: Collection[int]) -> dict[int, OrganisationRow]:
    """Organisations by id, as they stand inside events."""
    wanted = tuple(ids)
    found = rows(f"SELECT id, name, uuid, local FROM organisation WHERE id IN ({marks(wanted)})", wanted)
    return {r[0]: _row(r) for r in found}


def find_any_organisation(ref: str | int) -> OrganisationRow | None:
    """An organisation by id or uuid."""
    text = str(ref)
    column = "id" if text.isdigit() else "uuid"
    found = row(f"SELECT id, name, uuid, local FROM organisation WHERE {column} = ?", (text.lower(),))
    return None if found is None else _row(found)


def _row(found: Row) -> OrganisationRow:
    return OrganisationRow(found[0], found[1], found[2], bool(found[3]))
