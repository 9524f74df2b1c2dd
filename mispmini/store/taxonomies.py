"""Taxonomies as they stand here, and their tags: which are in use, which an event needs before it is published."""

from collections.abc import Iterable, Sequence

from mispmini.domain import taxonomies
from mispmini.domain.drafts import TagDraft
from mispmini.domain.ids import is_row_number
from mispmini.domain.records import TagRecord
from mispmini.domain.tag_forms import tag_record
from mispmini.domain.taxonomies import Entry, Outline, TaxonomyRecord
from mispmini.store.sql import execute, execute_many, row, rows, scalar
from mispmini.store.tags import find_tags, fold, hide_tags, insert_tag

_COLUMNS = ", ".join(TaxonomyRecord._fields)
_SWITCHES = frozenset({"enabled", "required"})


def list_taxonomies() -> list[TaxonomyRecord]:
    """All of them, by namespace."""
    found = rows(f"SELECT {_COLUMNS} FROM taxonomy ORDER BY lower(namespace)")
    return [_record(r) for r in found]


def find_taxonomy(ref: str) -> TaxonomyRecord | None:
    """One by id, else by namespace in any case."""
    if is_row_number(ref):
        found = row(f"SELECT {_COLUMNS} FROM taxonomy WHERE id = ?", (int(ref),))
    else:
        found = row(f"SELECT {_COLUMNS} FROM taxonomy WHERE lower(namespace) = ?", (ref.lower(),))
    return _record(found) if found else None


def required_namespaces() -> list[str]:
    """Those of which every event needs a tag before it is published (RULES §10.4)."""
    return [r[0] for r in rows("SELECT namespace FROM taxonomy WHERE enabled AND required ORDER BY lower(namespace)")]


def set_switch(taxonomy_id: int, name: str, *, on: bool) -> None:
    """Set `enabled` or `required`, inside a writing()."""
    assert name in _SWITCHES, "names come from code"
    execute(f"UPDATE taxonomy SET {name} = ? WHERE id = ?", (on, taxonomy_id))


def count_tags_by_namespace() -> dict[str, int]:
    """How many tags that are not hidden begin with a namespace, by the namespace in lower case."""
    found = rows(
        "SELECT substr(folded_name, 1, instr(folded_name, ':') - 1), count(*) FROM tag"
        " WHERE instr(folded_name, ':') > 1 AND NOT hide_tag GROUP BY 1"
    )
    return dict(found)


def tags_of(entries: Sequence[Entry]) -> dict[str, TagRecord]:
    """The tags that are here of a taxonomy's, by folded name."""
    return find_tags([entry.tag for entry in entries])


def make_tags(entries: Iterable[Entry]) -> int:
    """Make the tags of these entries and show those that were hidden, inside a writing(); how many there are."""
    wanted = {fold(entry.tag): entry for entry in entries}
    known = find_tags(list(wanted))
    for folded, entry in wanted.items():
        if folded not in known:
            record = tag_record(TagDraft(entry.tag, colour=entry.colour))
            insert_tag(record._replace(numerical_value=entry.numerical_value))
    hide_tags([tag.id for tag in known.values() if tag.hide_tag], hidden=False)
    return len(wanted)


def seed_taxonomies() -> None:
    """Add the taxonomies of the package that are missing; at first the usual ones are enabled, with their tags."""
    is_first = scalar("SELECT count(*) FROM taxonomy") == 0
    add_missing()
    if is_first:
        for namespace in taxonomies.ENABLED_BY_DEFAULT:
            _enable_at_first(namespace)


def _enable_at_first(namespace: str) -> None:
    found, definition = find_taxonomy(namespace), taxonomies.find_taxonomy(namespace)
    if found is not None and definition is not None:
        set_switch(found.id, "enabled", on=True)
        make_tags(definition.entries)


def add_missing() -> list[str]:
    """Add taxonomies that the package has and we do not, inside a writing(); their namespaces."""
    known = {r[0] for r in rows("SELECT namespace FROM taxonomy")}
    missing = [outline for outline in taxonomies.outlines() if outline.namespace not in known]
    execute_many(
        "INSERT INTO taxonomy (namespace, description, version, enabled, required, highlighted)"
        " VALUES (?, ?, ?, 0, 0, 0)",
        [(outline.namespace, outline.description, outline.version) for outline in missing],
    )
    return [outline.namespace for outline in missing]


def renew(outline: Outline) -> bool:
    """Take over what the package says of a taxonomy that is here, inside a writing(); whether that is news."""
    said = (outline.description, outline.version)
    return bool(
        execute(
            "UPDATE taxonomy SET description = ?, version = ?"
            " WHERE namespace = ? AND (description != ? OR version != ?)",
            (*said, outline.namespace, *said),
        )
    )


def _record(found: tuple[object, ...]) -> TaxonomyRecord:
    return TaxonomyRecord._make(bool(value) if index > 3 else value for index, value in enumerate(found))
