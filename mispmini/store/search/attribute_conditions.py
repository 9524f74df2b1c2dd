"""Conditions on the columns of attributes and objects, one a filter, whatever the scope (API §8.4)."""

from collections.abc import Sequence

from mispmini.domain.filters import SearchFilters, Terms, is_pattern
from mispmini.domain.ids import uuid_bytes
from mispmini.store.attributes import value_hash
from mispmini.store.search.event_conditions import canonical_uuids
from mispmini.store.search.matching import (
    FALSE,
    all_of,
    any_of,
    contains,
    grammar,
    is_flag,
    like,
    number_matches,
    one_of,
    spans,
    text_matches,
    within,
)
from mispmini.store.search.scope import Reach
from mispmini.store.sql import TRUE, Predicate

_VALUE_PARTS = ("coalesce(attribute.value1, '')", "coalesce(attribute.value2, '')")


def attribute_conditions(filters: SearchFilters) -> list[Predicate]:
    """On `attribute`, one condition a filter: what a search asks of its own columns besides the value."""
    asked = [
        type_matches(filters.type),
        _named_by("attribute.category_id", "attribute_category", "name", filters.category),
        text_matches("attribute.object_relation", filters.object_relation),
        text_matches("attribute.comment", filters.comment),
        is_flag("attribute.to_ids", filters.to_ids),
        spans("attribute.timestamp", filters.attribute_timestamp),
        spans("attribute.first_seen", filters.first_seen),
        spans("attribute.last_seen", filters.last_seen),
    ]
    return [condition for condition in asked if condition is not TRUE]


def value_matches(terms: Terms) -> Predicate:
    """A whole value part through its hash, in any case and any script (SPEED §2.3), or a pattern of one.

    What is looked up by 64 bits is compared again where attributes are read (loading.py).
    """
    return grammar(terms, has_value, _value_like) if terms else TRUE


def has_value(values: Sequence[str]) -> Predicate:
    """One of these whole value parts."""
    hashes = sorted({value_hash(value) for value in values})
    condition = one_of("h", hashes)
    return within(
        "attribute.id", Predicate(f"SELECT attribute_id FROM value_hash WHERE {condition.text}", condition.params)
    )


def _value_like(pattern: str) -> Predicate:
    return any_of(like(part, pattern) for part in _VALUE_PARTS)


def value_contains(part: str) -> Predicate:
    """A part of either half of the value."""
    return any_of(contains(column, part) for column in _VALUE_PARTS)


def type_matches(terms: Terms) -> Predicate:
    """Types by name in any case."""
    lowered = Terms(*(tuple(term.lower() for term in part) for part in (terms.any, terms.all, terms.none)))
    return _named_by("attribute.type_id", "attribute_type", "lower(name)", lowered)


def _named_by(column: str, table: str, name: str, terms: Terms) -> Predicate:
    if not terms:
        return TRUE
    matches = text_matches(name, terms)
    return within(column, Predicate(f"SELECT id FROM {table} WHERE {matches.text}", matches.params))


def uuid_matches(terms: Terms) -> Predicate:
    """Attributes by their own uuid."""
    return grammar(terms, has_uuid, lambda _: FALSE) if terms else TRUE


def has_uuid(refs: Sequence[str]) -> Predicate:
    """One of these uuids."""
    return one_of("attribute.uuid", [uuid_bytes(uuid) for uuid in canonical_uuids(refs)])


def object_conditions(filters: SearchFilters) -> list[Predicate]:
    """On `object`, one condition a filter."""
    asked = [
        text_matches("object.name", filters.object_name),
        text_matches("object.template_uuid", filters.object_template_uuid),
        number_matches("object.template_version", filters.object_template_version),
        spans("object.timestamp", filters.object_timestamp),
    ]
    return [condition for condition in asked if condition is not TRUE]


def attributes_carrying(reach: Reach, tag_ids: Sequence[int]) -> Predicate:
    """Selects ids of the attributes that carry one of these tags themselves, as far as the viewer knows."""
    if not tag_ids:
        return FALSE
    condition = all_of([one_of("link.tag_id", tag_ids), reach.tag_links("link")])
    return Predicate(f"SELECT link.attribute_id FROM attribute_tag AS link WHERE {condition.text}", condition.params)


def text_contains(part: str) -> Predicate:
    """A part of the value or the comment."""
    return any_of([value_contains(part), contains("attribute.comment", part)])


def as_patterns(terms: Terms) -> Terms:
    """`searchall` looks for parts, with or without wildcards."""
    return Terms(
        *(tuple(t if is_pattern(t) else f"%{t}%" for t in part) for part in (terms.any, terms.all, terms.none))
    )
