"""Warninglists: kept, and asked about values (MODEL §7.15, RULES §10.12)."""

from collections.abc import Callable, Iterable, Sequence

from mispmini.domain import patterns, sentences, warninglists
from mispmini.domain.errors import NotBuiltIn, NotFound, SaveFailed
from mispmini.domain.graphs import AttributeRow, EventGraph
from mispmini.domain.viewer import Viewer
from mispmini.domain.warninglists import (
    ANY_TYPE,
    FALSE_POSITIVE,
    EntryRow,
    Hit,
    WarninglistDraft,
    WarninglistRow,
    halves,
)
from mispmini.services.audit import record
from mispmini.store import warninglists as store
from mispmini.store.database import writing

UNKNOWN = "Invalid Warninglist."
NAME_TAKEN = "A warninglist with this name already exists."
NONE_FOUND = "Warninglist(s) not found."
REFUSED = "Attribute could not be saved as it trips over a warninglist and enforceWarninglist is enforced."


def list_warninglists(search: str = "", *, enabled: bool | None = None) -> list[WarninglistRow]:
    """All of them by id, or those whose name or description holds a text."""
    return store.list_warninglists(search, enabled=enabled)


def package_is_here() -> bool:
    """Whether there is something to take lists from."""
    return warninglists.is_installed()


def are_missing() -> bool:
    """Whether none is here although the package is."""
    return package_is_here() and not store.list_warninglists()


def existing(ref: str) -> WarninglistRow:
    """One by its id. Raises NotFound."""
    found = store.find_warninglist(ref)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def entries_of(row: WarninglistRow, *, limit: int | None = None, offset: int = 0) -> list[EntryRow]:
    """The values of a list."""
    return store.entries_of(row.id, limit=limit, offset=offset)


def check_values(values: Sequence[str]) -> dict[str, list[Hit]]:
    """By value the lists in use that it stands on, whatever types they speak of; values on none are left out."""
    matcher = store.matcher()
    return {value: hits for value in values if (hits := matcher.hits((value,)))}


def warnings_of(attributes: Iterable[AttributeRow]) -> dict[int, list[Hit]]:
    """By attribute that is for detection the lists that its value stands on, of those that speak of its type."""
    matcher = store.matcher()
    if not matcher:
        return {}
    return {
        one.id: hits
        for one in attributes
        if one.to_ids and (hits := matcher.hits(halves(one.value1, one.value2), one.type))
    }


def attach_warnings(graphs: Iterable[EventGraph]) -> None:
    """Fill the warnings of loaded events."""
    for graph in graphs:
        graph.warnings = warnings_of(graph.attributes)


def lists_with(kind: str, value: str) -> tuple[str, ...]:
    """Names of the lists that a new attribute trips over, for detection or not (MODEL §7.15)."""
    first, _bar, second = value.partition("|")
    return tuple(hit.warninglist.name for hit in store.matcher().hits(halves(first, second or None), kind))


def toggle(viewer: Viewer, refs: Sequence[str], names: Sequence[str], *, enabled: bool | None) -> tuple[int, bool]:
    """Have lists in use or not; None turns them round. How many, and which it is. Raises NotFound, NotBuiltIn."""
    with writing():
        by_id = [one for ref in refs if (one := store.find_warninglist(ref))]
        found = {one.id: one for one in (*by_id, *store.warninglists_named(names))}
        if not found:
            raise NotFound(NONE_FOUND)
        on = not all(one.enabled for one in found.values()) if enabled is None else enabled
        store.set_enabled(list(found), enabled=on)
        _refuse_unmatched()
        for one in found.values():
            record(viewer, "enable" if on else "disable", "Warninglist", one.id, one.name)
        return len(found), on


def update(viewer: Viewer, progress: Callable[[int, int], bool] = lambda _done, _total: True) -> int:
    """Take over what the installed package brings, one transaction a list; how many lists are new or newer.

    `progress` says whether to go on.
    """
    changed = []
    paths = warninglists.packaged_lists()
    for place, path in enumerate(paths, 1):
        if not progress(place, len(paths)):
            break
        draft = warninglists.read_packaged(path)
        with writing():
            if store.take_list(draft) is not None:
                changed.append(str(draft.name))
    with writing():
        record(viewer, "update", "Warninglist", None, ", ".join(changed)[:2000])
    return len(changed)


def add(viewer: Viewer, draft: WarninglistDraft) -> WarninglistRow:
    """Add a list of one's own; it is in use at once unless it says otherwise. Raises SaveFailed."""
    if not draft.name or not draft.entries:
        missing = {"name": draft.name, "entries": draft.entries}
        raise SaveFailed("add", "Warninglist", {k: [sentences.NOT_EMPTY] for k, v in missing.items() if not v})
    with writing():
        _refuse_taken("add", draft.name, None)
        number = store.insert_list(_whole(draft))
        record(viewer, "add", "Warninglist", number, draft.name)
        return existing(str(number))


def _whole(draft: WarninglistDraft) -> WarninglistDraft:
    return WarninglistDraft(
        name=draft.name,
        type=draft.type or "string",
        description=draft.description or "",
        version=draft.version or 1,
        enabled=draft.enabled is not False,
        category=draft.category or FALSE_POSITIVE,
        valid_attributes=draft.valid_attributes or (ANY_TYPE,),
        entries=draft.entries or (),
    )


def edit(viewer: Viewer, ref: str, draft: WarninglistDraft) -> WarninglistRow:
    """Change what is given of a list. Raises NotFound, SaveFailed, NotBuiltIn."""
    with writing():
        known = existing(ref)
        if draft.name is not None:
            _refuse_taken("edit", draft.name, known.id)
        store.update_list(known, draft)
        _refuse_unmatched()
        record(viewer, "edit", "Warninglist", known.id, known.name)
        return existing(ref)


def delete(viewer: Viewer, ref: str) -> WarninglistRow:
    """Remove a list. Raises NotFound."""
    with writing():
        known = existing(ref)
        store.delete_list(known.id)
        record(viewer, "delete", "Warninglist", known.id, known.name)
        return known


def holds_patterns() -> bool:
    """Whether a list that is in use holds regular expressions."""
    return any(one.type == "regex" for one in store.list_warninglists(enabled=True))


def _refuse_unmatched() -> None:
    if not patterns.can_match() and holds_patterns():
        raise NotBuiltIn(patterns.WITHOUT_RE2)


def _refuse_taken(action: str, name: str, own_id: int | None) -> None:
    other = store.find_warninglist_named(name)
    if other is not None and other.id != own_id:
        raise SaveFailed(action, "Warninglist", {"name": [NAME_TAKEN]}, subject_id=own_id)
