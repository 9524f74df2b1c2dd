"""The instance's allow-list, kept: expressions for values that no search and no export answers (API §8.5)."""

from mispmini.domain import sentences
from mispmini.domain.allowedlists import MOST_ENTRIES, AllowedlistRow
from mispmini.domain.errors import SaveFailed
from mispmini.domain.patterns import is_pattern, refusal
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.store import allowedlists as store
from mispmini.store.database import writing

_MODEL = "Allowedlist"
NO_EXPRESSION = (
    r"Please write a regular expression like /\.example\.org$/i of at most 500 characters, without look-arounds"
    " or references."
)
KNOWN = "It is on the list already."
FULL = f"At most {MOST_ENTRIES} expressions."


def list_entries() -> list[AllowedlistRow]:
    """All of them, oldest first."""
    return store.list_entries()


def find_entry(number: int) -> AllowedlistRow:
    """One by id. Raises NotFound."""
    return store.find_entry(number)


def add_entry(viewer: Viewer, name: str) -> AllowedlistRow:
    """Leave such values out from now on. Raises SaveFailed."""
    with writing():
        _refuse_unfit("add", name, None)
        if len(store.list_entries()) >= MOST_ENTRIES:
            raise SaveFailed("add", _MODEL, {"name": [FULL]})
        number = store.insert_entry(name)
        record(viewer, "add", _MODEL, number, name)
        return store.find_entry(number)


def edit_entry(viewer: Viewer, number: int, name: str) -> AllowedlistRow:
    """Write one anew. Raises NotFound, SaveFailed."""
    with writing():
        store.find_entry(number)
        _refuse_unfit("edit", name, number)
        store.update_entry(number, name)
        record(viewer, "edit", _MODEL, number, name)
        return store.find_entry(number)


def delete_entry(viewer: Viewer, number: int) -> AllowedlistRow:
    """Answer such values again. Raises NotFound."""
    with writing():
        found = store.find_entry(number)
        store.delete_entry(number)
        record(viewer, "delete", _MODEL, number, found.name)
        return found


def _refuse_unfit(action: str, name: str, number: int | None) -> None:
    other = store.find_entry_named(name)
    flaw = sentences.NOT_EMPTY if not name else KNOWN if other is not None and other.id != number else None
    if flaw is None and not is_pattern(name):
        flaw = refusal(NO_EXPRESSION)
    if flaw is not None:
        raise SaveFailed(action, _MODEL, {"name": [flaw]}, subject_id=number)
