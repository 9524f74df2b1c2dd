"""Values that are kept out of correlation, and those that are too common to correlate (MODEL §7.16, RULES §10.12)."""

from mispmini.domain.delegations import MOST_EXCLUSIONS, CommonValue, ExclusionRow
from mispmini.domain.errors import SaveFailed
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.store import correlation_exclusions as store
from mispmini.store.database import reading, writing
from mispmini.store.settings import load_settings

_MODEL = "CorrelationExclusion"
EMPTY = "Please enter a value."
KNOWN = "It is on the list already."
FULL = f"At most {MOST_EXCLUSIONS} values."


def list_exclusions() -> list[ExclusionRow]:
    """All of them, oldest first."""
    return store.list_exclusions()


def find_exclusion(number: int) -> ExclusionRow:
    """One by id. Raises NotFound."""
    return store.find_exclusion(number)


def add_exclusion(viewer: Viewer, value: str, comment: str) -> ExclusionRow:
    """Keep a value out of correlation, at once and for all events. Raises SaveFailed."""
    value = value.strip()
    with writing():
        flaw = EMPTY if not value.strip("%") else KNOWN if store.is_excluded(value) else None
        if flaw is None and len(store.list_exclusions()) >= MOST_EXCLUSIONS:
            flaw = FULL
        if flaw is not None:
            raise SaveFailed("add", _MODEL, {"value": [flaw]})
        number = store.insert_exclusion(value, comment)
        record(viewer, "add", _MODEL, number, value)
        return store.find_exclusion(number)


def edit_exclusion(viewer: Viewer, number: int, value: str | None, comment: str | None) -> ExclusionRow:
    """Change what is given of one. Raises NotFound, SaveFailed."""
    with writing():
        before = store.find_exclusion(number)
        value = before.value if value is None else value.strip()
        flaw = EMPTY if not value.strip("%") else KNOWN if value != before.value and store.is_excluded(value) else None
        if flaw is not None:
            raise SaveFailed("edit", _MODEL, {"value": [flaw]}, subject_id=number)
        store.update_exclusion(number, value, before.comment if comment is None else comment)
        record(viewer, "edit", _MODEL, number, value)
        return store.find_exclusion(number)


def delete_exclusion(viewer: Viewer, number: int) -> ExclusionRow:
    """Let a value correlate again. Raises NotFound."""
    with writing():
        found = store.find_exclusion(number)
        store.delete_exclusion(number)
        record(viewer, "delete", _MODEL, number, found.value)
        return found


def correlation_cap() -> int:
    """In how many events a value may be and still relate all of them."""
    return load_settings().correlation_limit


def common_values() -> list[CommonValue]:
    """Values above the cap, the commonest first."""
    with reading():
        return store.common_values(load_settings().correlation_limit)
