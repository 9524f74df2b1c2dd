"""Taxonomies as MISP answers them, and what a search says of a tag that one defines (API §9.6)."""

from collections.abc import Iterable, Mapping

from mispmini.domain.galaxies import ClusterRow
from mispmini.domain.records import TagRecord
from mispmini.domain.taxonomies import Entry, Predicate, Taxonomy, TaxonomyRecord
from mispmini.wire.galaxy_out import cluster_columns
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


def taxonomy_use(
    taxonomy: TaxonomyRecord,
    entries: Iterable[tuple[Entry, TagRecord | None]],
    use: Mapping[int, tuple[int, int]],
    *,
    exclusive: bool,
) -> Reply:
    """taxonomies/taxonomy_tags: its tags with how many events and attributes have each; `use` is by tag."""
    counts = [(entry, tag, use.get(tag.id, (0, 0)) if tag else (0, 0)) for entry, tag in entries]
    return {
        "Taxonomy": taxonomy_columns(taxonomy, exclusive=exclusive),
        "entries": [{**_entry(entry, tag), "events": held[0], "attributes": held[1]} for entry, tag, held in counts],
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


def found_tag(
    tag: TagRecord,
    definition: tuple[Taxonomy, Entry] | None,
    stored: TaxonomyRecord | None,
    cluster: ClusterRow | None = None,
) -> Reply:
    """One of tags/search, with the cluster it was found by, or its taxonomy and predicate if one defines it."""
    found: Reply = {"Tag": tag_columns(tag)}
    if cluster is not None:
        found["GalaxyCluster"] = cluster_columns(cluster)
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
