"""Which objects a search finds: conditions on `object` joined to its `event` (API §8.4, scope O)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mispmini.domain.filters import NO_SPAN, NO_TERMS, SearchFilters, Terms
from mispmini.domain.ids import uuid_bytes
from mispmini.store.search.attribute_conditions import (
    as_patterns,
    attribute_conditions,
    attributes_carrying,
    object_conditions,
    text_contains,
    value_matches,
)
from mispmini.store.search.event_conditions import canonical_uuids, events_tagged
from mispmini.store.search.matching import (
    FALSE,
    all_of,
    any_of,
    contains,
    grammar,
    none_of,
    one_of,
    spans,
    text_matches,
    within,
)
from mispmini.store.search.naming import Named, find_tag_ids_containing, tags_asked_for
from mispmini.store.search.scope import AND_THEN, Reach
from mispmini.store.sql import TRUE, Predicate


@dataclass(frozen=True, slots=True)
class ObjectSearch:
    """Conditions on `object` joined to its `event`; each of those on attributes finds its own one, as for events."""

    reach: Reach
    filters: SearchFilters

    def conditions(self) -> list[Predicate]:
        """Everything a search asks of an object."""
        filters = self.filters
        of_attributes = replace(filters, comment=NO_TERMS, first_seen=NO_SPAN, last_seen=NO_SPAN)
        return [
            grammar(filters.uuid, _has_uuid, lambda _: FALSE) if filters.uuid else TRUE,
            *object_conditions(filters),
            spans("object.first_seen", filters.first_seen),
            spans("object.last_seen", filters.last_seen),
            self._commented(filters.comment),
            self._holding(value_matches(filters.value)) if filters.value else TRUE,
            *(self._holding(condition) for condition in attribute_conditions(of_attributes)),
            *map(self._tagged, tags_asked_for(self.reach.viewer, filters)),
            self._anywhere(filters.searchall),
        ]

    def _holding(self, condition: Predicate) -> Predicate:
        """Objects with an attribute in reach that is such."""
        if condition is FALSE:
            return FALSE
        reached = all_of([self.reach.attributes("host"), Predicate("attribute.object_id IS NOT NULL"), condition])
        held = (
            f"SELECT attribute.object_id FROM attribute {AND_THEN} event AS host ON host.id = attribute.event_id"
            f" WHERE {reached.text}"
        )
        return within("object.id", Predicate(held, reached.params))

    def _commented(self, terms: Terms) -> Predicate:
        """By the comment of the object or of one of its attributes."""
        if not terms:
            return TRUE
        inside = self._holding(text_matches("attribute.comment", terms))
        return any_of([text_matches("object.comment", terms), inside])

    def _tagged(self, tags: Named) -> Predicate:
        """An object has the tags of its event and of its attributes."""
        return all_of(
            [
                TRUE if tags.any is None else self._carries(tags.any),
                *(self._carries(ids) for ids in tags.all),
                none_of(self._carries(tags.none)),
            ]
        )

    def _carries(self, tag_ids: Sequence[int]) -> Predicate:
        own = within("attribute.id", attributes_carrying(self.reach, tag_ids))
        return any_of([self._holding(own), within("object.event_id", events_tagged(self.reach, tag_ids))])

    def _anywhere(self, terms: Terms) -> Predicate:
        return grammar(as_patterns(terms), lambda _: FALSE, self._says) if terms else TRUE

    def _says(self, part: str) -> Predicate:
        return any_of(
            [
                contains("object.name", part),
                contains("object.comment", part),
                contains("event.info", part),
                self._holding(text_contains(part)),
                self._carries(find_tag_ids_containing(part)),
            ]
        )


def _has_uuid(refs: Sequence[str]) -> Predicate:
    return one_of("object.uuid", [uuid_bytes(uuid) for uuid in canonical_uuids(refs)])
