"""Values that do not correlate, and those that are in too many events to (MODEL §7.16, RULES §10.12)."""

from mispmini.domain.delegations import MOST_EXCLUSIONS, CommonValue, Excluded, ExclusionRow
from mispmini.domain.errors import NotFound
from mispmini.store.sql import execute, row, rows
from mispmini.store.tables.handing_over import CorrelationExclusion

NO_EXCLUSION = "Invalid CorrelationExclusion"
MOST_COMMON = 100


def load_excluded() -> Excluded:
    """What does not correlate."""
    return Excluded(r[0] for r in rows("SELECT value FROM correlation_exclusion"))


def list_exclusions() -> list[ExclusionRow]:
    """All of them, oldest first."""
    text = "SELECT id, value, comment FROM correlation_exclusion ORDER BY id LIMIT ?"
    return [ExclusionRow._make(r) for r in rows(text, (MOST_EXCLUSIONS,))]


def find_exclusion(number: int) -> ExclusionRow:
    """One by id. Raises NotFound."""
    found = row("SELECT id, value, comment FROM correlation_exclusion WHERE id = ?", (number,))
    if found is None:
        raise NotFound(NO_EXCLUSION)
    return ExclusionRow._make(found)


def is_excluded(value: str) -> bool:
    """Whether exactly this is on the list."""
    return row("SELECT 1 FROM correlation_exclusion WHERE value = ?", (value,)) is not None


def insert_exclusion(value: str, comment: str) -> int:
    """Add one, inside a writing(); its id."""
    return int(CorrelationExclusion.insert(value=value, comment=comment).execute())


def update_exclusion(number: int, value: str, comment: str) -> None:
    """Change one, inside a writing()."""
    execute("UPDATE correlation_exclusion SET value = ?, comment = ? WHERE id = ?", (value, comment, number))


def delete_exclusion(number: int) -> None:
    """Remove one, inside a writing()."""
    execute("DELETE FROM correlation_exclusion WHERE id = ?", (number,))


def common_values(limit: int) -> list[CommonValue]:
    """Values in more than `limit` events, the commonest first; reads the whole index of values, for admins alone."""
    found = rows(
        "SELECT h, count(DISTINCT event_id) FROM value_hash GROUP BY h HAVING count(DISTINCT event_id) > ?"
        " ORDER BY 2 DESC LIMIT ?",
        (limit, MOST_COMMON),
    )
    return [CommonValue(_value_of(h), events) for h, events in found]


def _value_of(h: int) -> str:
    found = row(
        "SELECT attribute.value1, attribute.value2 FROM value_hash"
        " JOIN attribute ON attribute.id = value_hash.attribute_id WHERE value_hash.h = ? LIMIT 1",
        (h,),
    )
    return "" if found is None else found[0] if found[1] is None else f"{found[0]}|{found[1]}"
