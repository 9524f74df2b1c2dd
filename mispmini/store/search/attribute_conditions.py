"""Conditions on attributes and objects, for the attributes they find and for the events that hold such (API §8.4)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain.filters import SearchFilters, Terms, is_pattern
from mispmini.domain.ids import uuid_bytes
from mispmini.store.attributes import value_hash
from mispmini.store.search.event_conditions import canonical_uuids, events_tagged
from mispmini.store.search.matching import (
    FALSE,
    all_of,
    any_of,
    contains,
    grammar,
    is_flag,
    like,
    none_of,
    number_matches,
    one_of,
    spans,
    text_matches,
    within,
)
from mispmini.store.search.naming import Named, find_tag_ids, named
from mispmini.store.search.scope import Reach
from mispmini.store.sql import TRUE, Predicate

_VALUE_PARTS = ("attribute.value1", "attribute.value2")
_SEARCHED = (*_VALUE_PARTS, "attribute.comment")


def attribute_conditions(filters: SearchFilters) -> list[Predicate]:
    """On `attribute`, one condition a filter: what a search asks of an attribute's own columns."""
    asked = [
        value_matches(filters.value),
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
    return any_of(like(f"coalesce({part}, '')", pattern) for part in _VALUE_PARTS)


def value_contains(part: str) -> Predicate:
    """A part of either half of the value."""
    return any_of(contains(f"coalesce({column}, '')", part) for column in _VALUE_PARTS)


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
    return grammar(terms, _named_attributes, lambda _: FALSE) if terms else TRUE


def _named_attributes(refs: Sequence[str]) -> Predicate:
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


@dataclass(frozen=True, slots=True)
class AttributeSearch:
    """Conditions on `attribute` joined to its `event`."""

    reach: Reach
    filters: SearchFilters

    def conditions(self) -> list[Predicate]:
        """Everything a search asks of an attribute."""
        filters = self.filters
        return [
            *attribute_conditions(filters),
            uuid_matches(filters.uuid),
            self._in_object(),
            self._tagged(named(filters.tags, find_tag_ids)),
            self._anywhere(filters.searchall),
        ]

    def _in_object(self) -> Predicate:
        """Attributes of objects that are such, if anything is asked of an object; the object is visible: MODEL §6.3."""
        asked = all_of(object_conditions(self.filters))
        if asked is TRUE:
            return TRUE
        return within(
            "attribute.object_id", Predicate(f"SELECT object.id FROM object WHERE {asked.text}", asked.params)
        )

    def _tagged(self, tags: Named) -> Predicate:
        """An event's tag counts as its attributes' (API §8.4)."""
        return all_of(
            [
                TRUE if tags.any is None else self._carries(tags.any),
                *(self._carries(ids) for ids in tags.all),
                none_of(self._carries(tags.none)),
            ]
        )

    def _carries(self, tag_ids: Sequence[int]) -> Predicate:
        if not tag_ids:
            return FALSE
        own = all_of([one_of("link.tag_id", tag_ids), self.reach.tag_links("link")])
        selected = Predicate(f"SELECT link.attribute_id FROM attribute_tag AS link WHERE {own.text}", own.params)
        return any_of(
            [
                within("attribute.id", selected),
                within("attribute.event_id", events_tagged(self.reach, tag_ids)),
            ]
        )

    def _anywhere(self, terms: Terms) -> Predicate:
        return grammar(_as_patterns(terms), lambda _: FALSE, self._holds) if terms else TRUE

    def _holds(self, part: str) -> Predicate:
        tag_ids = find_tag_ids([part])
        columns = any_of(contains(f"coalesce({column}, '')", part) for column in (*_SEARCHED, "event.info"))
        return any_of([columns, self._carries(tag_ids)])


@dataclass(frozen=True, slots=True)
class HolderSearch:
    """Conditions on `event` by what it holds; each filter finds its own element (API §8.2).

    `driven` says that another filter already leaves few events: then each is looked into, else elements are
    looked through once.
    """

    reach: Reach
    filters: SearchFilters
    driven: bool

    def conditions(self) -> list[Predicate]:
        """Everything a search asks of the elements of an event."""
        filters = self.filters
        value = [self._some("attribute", value_matches(filters.value), driven=False)] if filters.value else []
        others = [c for c in attribute_conditions(_without_value(filters))]
        return [
            *value,
            *(self._some("attribute", condition, driven=self.driven) for condition in others),
            *(self._some("object", condition, driven=self.driven) for condition in object_conditions(filters)),
            self._named(filters.uuid),
            self._tagged(named(filters.tags, find_tag_ids)),
            self._anywhere(filters.searchall),
        ]

    def _some(self, element: str, condition: Predicate, *, driven: bool) -> Predicate:
        """Events with an element in reach that is such."""
        if driven:
            reached = all_of([self._reached(element, "event"), condition])
            held = f"SELECT 1 FROM {element} WHERE {element}.event_id = event.id AND ({reached.text})"
            return Predicate(f"EXISTS ({held})", reached.params)
        return within("event.id", self._holders(element, condition))

    def _holders(self, element: str, condition: Predicate) -> Predicate:
        if condition is FALSE:
            return FALSE
        reached = all_of([self._reached(element, "host"), condition])
        return Predicate(
            f"SELECT {element}.event_id FROM {element} JOIN event AS host ON host.id = {element}.event_id"
            f" WHERE {reached.text}",
            reached.params,
        )

    def _reached(self, element: str, event: str) -> Predicate:
        return self.reach.attributes(event) if element == "attribute" else self.reach.objects(event)

    def _named(self, terms: Terms) -> Predicate:
        """By the event's uuid or that of one of its attributes."""
        return grammar(terms, self._has_uuid, lambda _: FALSE) if terms else TRUE

    def _has_uuid(self, refs: Sequence[str]) -> Predicate:
        attributes = self._holders("attribute", _named_attributes(refs))
        return any_of([one_of("event.uuid", canonical_uuids(refs)), within("event.id", attributes)])

    def _tagged(self, tags: Named) -> Predicate:
        """On the event or on one of its attributes; an unwanted tag on an attribute cuts that one alone."""
        return all_of(
            [
                TRUE if tags.any is None else self._carries(tags.any),
                *(self._carries(ids) for ids in tags.all),
                none_of(within("event.id", events_tagged(self.reach, tags.none))),
            ]
        )

    def _carries(self, tag_ids: Sequence[int]) -> Predicate:
        if not tag_ids:
            return FALSE
        own = all_of([one_of("link.tag_id", tag_ids), self.reach.tag_links("link")])
        selected = Predicate(f"SELECT link.attribute_id FROM attribute_tag AS link WHERE {own.text}", own.params)
        return any_of(
            [
                within("event.id", events_tagged(self.reach, tag_ids)),
                within("event.id", self._holders("attribute", within("attribute.id", selected))),
            ]
        )

    def _anywhere(self, terms: Terms) -> Predicate:
        return grammar(_as_patterns(terms), lambda _: FALSE, self._holds) if terms else TRUE

    def _holds(self, part: str) -> Predicate:
        held = any_of(contains(f"coalesce({column}, '')", part) for column in _SEARCHED)
        return any_of(
            [
                contains("event.info", part),
                within("event.id", self._holders("attribute", held)),
                self._carries(find_tag_ids([part])),
            ]
        )
