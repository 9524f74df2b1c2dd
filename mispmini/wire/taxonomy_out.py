"""Taxonomies as MISP answers them, and what a search says of a tag that one defines (API §9.6)."""

from collections.abc import Iterable

from mispmini.domain.records import TagRecord
from mispmini.domain.taxonomies import Entry, Predicate, Taxonomy, TaxonomyRecord
from mispmini.wire.replies import Reply
from mispmini.wire.tag_out import tag_columns


def taxonomy_columns(taxonomy: TaxonomyRecord, *, exclusive: bool) -> Reply:
    """A taxonomy's own fields."""
    return {
        "id": str(taxonomy.id),
        "namespace": taxonomy.namespace,
        "description": taxonomy.description,
        "version": str(taxonomy.version),
        "enabled": taxonomy.enabled,
        "exclusive": exclusive,
        "required": taxonomy.required,
        "highlighted": taxonomy.highlighted,
    }


def taxonomy_item(taxonomy: TaxonomyRecord, *, exclusive: bool, total: int, current: int) -> Reply:
    """One of taxonomies/index."""
    columns = taxonomy_columns(taxonomy, exclusive=exclusive)
    return {"Taxonomy": columns, "total_count": total, "current_count": current}


def taxonomy_view(
    taxonomy: TaxonomyRecord, entries: Iterable[tuple[Entry, TagRecord | None]], *, exclusive: bool
) -> Reply:
    """taxonomies/view: its tags, each with the one that is here, or false."""
    return {
        "Taxonomy": taxonomy_columns(taxonomy, exclusive=exclusive),
        "entries": [_entry(entry, tag) for entry, tag in entries],
    }


def _entry(entry: Entry, tag: TagRecord | None) -> Reply:
    return {
        "tag": entry.tag,
        "expanded": entry.expanded,
        "description": entry.description,
        "exclusive_predicate": entry.predicate.exclusive,
        "numerical_value": entry.numerical_value,
        "colour": entry.colour,
        "existing_tag": False if tag is None else {"Tag": tag_columns(tag)},
    }


def found_tag(tag: TagRecord, definition: tuple[Taxonomy, Entry] | None, stored: TaxonomyRecord | None) -> Reply:
    """One of tags/search, with its taxonomy and predicate if one defines it."""
    found: Reply = {"Tag": tag_columns(tag)}
    if definition is None or stored is None:
        return found
    taxonomy, entry = definition
    found["Taxonomy"] = taxonomy_columns(stored, exclusive=taxonomy.exclusive)
    found["TaxonomyPredicate"] = _predicate(entry.predicate, entry)
    return found


def _predicate(predicate: Predicate, entry: Entry) -> Reply:
    values = [] if entry.value is None else [{"value": entry.value, "expanded": entry.expanded, "colour": entry.colour,
                                              "description": entry.description,
                                              "numerical_value": entry.numerical_value}]  # fmt: skip
    return {
        "value": predicate.value,
        "expanded": predicate.expanded,
        "colour": predicate.colour,
        "description": predicate.description,
        "exclusive": predicate.exclusive,
        "numerical_value": predicate.numerical_value,
        "TaxonomyEntry": values,
    }
