"""Which events a search finds by what they hold: the conditions on `event` (API §8.2, §8.4, scope E)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain.filters import SearchFilters, Terms
from mispmini.store.search.attribute_conditions import (
    as_patterns,
    attribute_conditions,
    attributes_carrying,
    has_uuid,
    object_conditions,
    text_contains,
    value_matches,
)
from mispmini.store.search.event_conditions import canonical_uuids, events_tagged
from mispmini.store.search.matching import FALSE, all_of, any_of, contains, grammar, none_of, one_of, within
from mispmini.store.search.naming import Named, find_tag_ids_containing, tags_asked_for
from mispmini.store.search.scope import Reach
from mispmini.store.sql import TRUE, Predicate


@dataclass(frozen=True, slots=True)
class HolderSearch:
    """Conditions on `event` by what it holds; each filter finds its own element (API §8.2).

    `few` says that another filter already leaves few events: then each is looked into, else elements are looked
    through once.
    """

    reach: Reach
    filters: SearchFilters
    few: bool

    def conditions(self) -> list[Predicate]:
        """Everything a search asks of the elements of an event."""
        filters = self.filters
        return [
            self._has_value(filters.value),
            *(self._some("attribute", condition) for condition in attribute_conditions(filters)),
            *(self._some("object", condition) for condition in object_conditions(filters)),
            self._named(filters.uuid),
            *map(self._tagged, tags_asked_for(self.reach.viewer, filters)),
            self._anywhere(filters.searchall),
        ]

    def _has_value(self, terms: Terms) -> Predicate:
        """Events with such a value: hashes lead to few of them, so this one never looks into each."""
        return within("event.id", self.reach.holders("attribute", value_matches(terms))) if terms else TRUE

    def _some(self, element: str, condition: Predicate) -> Predicate:
        """Events with an element in reach that is such."""
        if self.few:
            reached = all_of([self.reach.elements(element, "event"), condition])
            held = f"SELECT 1 FROM {element} WHERE {element}.event_id = event.id AND ({reached.text})"
            return Predicate(f"EXISTS ({held})", reached.params)
        return within("event.id", self.reach.holders(element, condition))

    def _named(self, terms: Terms) -> Predicate:
        """By the event's uuid or that of one of its attributes."""
        return grammar(terms, self._has_uuid, lambda _: FALSE) if terms else TRUE

    def _has_uuid(self, refs: Sequence[str]) -> Predicate:
        attributes = self.reach.holders("attribute", has_uuid(refs))
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
        own = within("attribute.id", attributes_carrying(self.reach, tag_ids))
        return any_of(
            [
                within("event.id", events_tagged(self.reach, tag_ids)),
                within("event.id", self.reach.holders("attribute", own)),
            ]
        )

    def _anywhere(self, terms: Terms) -> Predicate:
        return grammar(as_patterns(terms), lambda _: FALSE, self._holds) if terms else TRUE

    def _holds(self, part: str) -> Predicate:
        return any_of(
            [
                contains("event.info", part),
                within("event.id", self.reach.holders("attribute", text_contains(part))),
                self._carries(find_tag_ids_containing(part)),
            ]
        )
