"""Which attributes a search finds: the conditions on `attribute` joined to its `event` (API §8.4, scope A)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain.filters import SearchFilters, Terms
from mispmini.store.search.attribute_conditions import (
    as_patterns,
    attribute_conditions,
    attributes_carrying,
    object_conditions,
    text_contains,
    uuid_matches,
    value_matches,
)
from mispmini.store.search.event_conditions import events_tagged
from mispmini.store.search.matching import FALSE, all_of, any_of, contains, grammar, none_of, within
from mispmini.store.search.naming import Named, find_tag_ids_containing, tags_asked_for
from mispmini.store.search.scope import Reach
from mispmini.store.sql import TRUE, Predicate


@dataclass(frozen=True, slots=True)
class AttributeSearch:
    """Conditions on `attribute` joined to its `event`."""

    reach: Reach
    filters: SearchFilters

    def conditions(self) -> list[Predicate]:
        """Everything a search asks of an attribute."""
        filters = self.filters
        return [
            value_matches(filters.value),
            *attribute_conditions(filters),
            uuid_matches(filters.uuid),
            self._in_object(),
            *map(self._tagged, tags_asked_for(self.reach.viewer, filters)),
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
        return any_of(
            [
                within("attribute.id", attributes_carrying(self.reach, tag_ids)),
                within("attribute.event_id", events_tagged(self.reach, tag_ids)),
            ]
        )

    def _anywhere(self, terms: Terms) -> Predicate:
        return grammar(as_patterns(terms), lambda _: FALSE, self._holds) if terms else TRUE

    def _holds(self, part: str) -> Predicate:
        return any_of([text_contains(part), contains("event.info", part), self._carries(find_tag_ids_containing(part))])
