"""Conditions on the event itself, which mean the same in every scope (API §8.4)."""

from collections.abc import Iterable, Sequence

from mispmini.domain.filters import SearchFilters, Terms
from mispmini.domain.ids import canonical_uuid
from mispmini.store.search.matching import (
    FALSE,
    all_of,
    any_of,
    grammar,
    is_flag,
    none_of,
    number_matches,
    numbers,
    one_of,
    spans,
    text_matches,
    within,
)
from mispmini.store.search.naming import Find, Named, find_organisation_ids, find_tag_ids, named
from mispmini.store.search.scope import Reach
from mispmini.store.sql import TRUE, Predicate


def event_conditions(reach: Reach, filters: SearchFilters) -> list[Predicate]:
    """On `event`: everything a search asks of the event alone."""
    return [
        names_event(filters.eventid),
        created_by(filters.org, find_organisation_ids),
        creator_described(filters),
        carries(reach, named(filters.event_tags, find_tag_ids)),
        text_matches("event.info", filters.eventinfo),
        text_matches("event.extends_uuid", filters.extends_uuid),
        number_matches("event.threat_level_id", filters.threat_level_id),
        number_matches("event.analysis", filters.analysis),
        number_matches("event.distribution", filters.distribution),
        number_matches("event.sharing_group_id", filters.sharing_group_id),
        is_flag("event.published", filters.published),
        *(spans("event.date", days) for days in filters.days),
        spans("event.timestamp", filters.event_timestamp),
        spans("event.publish_timestamp", filters.publish_timestamp),
    ]


def names_event(terms: Terms) -> Predicate:
    """Events by id or uuid."""
    return grammar(terms, _named_events, lambda _: FALSE) if terms else TRUE


def _named_events(refs: Sequence[str]) -> Predicate:
    return any_of([one_of("event.id", numbers(refs)), one_of("event.uuid", canonical_uuids(refs))])


def canonical_uuids(refs: Iterable[str]) -> list[str]:
    """The terms that are uuids, in lower case."""
    return [uuid for ref in refs if (uuid := canonical_uuid(ref)) is not None]


def created_by(terms: Terms, find: Find) -> Predicate:
    """Events by their creator's organisation; several under AND act as OR, for an event has one creator."""
    wanted = [one_of("event.orgc_id", find(part)) for part in (terms.any, terms.all) if part]
    return all_of([*wanted, none_of(one_of("event.orgc_id", find(terms.none) if terms.none else ()))])


def creator_described(filters: SearchFilters) -> Predicate:
    """Events by what is known of their creator's organisation."""
    described = all_of(
        [
            text_matches("organisation.sector", filters.org_sector),
            text_matches("organisation.nationality", filters.org_nationality),
            is_flag("organisation.local", filters.org_local),
        ]
    )
    if described is TRUE:
        return TRUE
    chosen = Predicate(f"SELECT organisation.id FROM organisation WHERE {described.text}", described.params)
    return within("event.orgc_id", chosen)


def carries(reach: Reach, tags: Named) -> Predicate:
    """Events by their own tags."""
    return all_of(
        [
            TRUE if tags.any is None else within("event.id", events_tagged(reach, tags.any)),
            *(within("event.id", events_tagged(reach, ids)) for ids in tags.all),
            none_of(within("event.id", events_tagged(reach, tags.none))),
        ]
    )


def events_tagged(reach: Reach, tag_ids: Sequence[int]) -> Predicate:
    """Selects ids of the events that carry one of these tags, as far as the viewer knows."""
    if not tag_ids:
        return FALSE
    condition = all_of([one_of("link.tag_id", tag_ids), reach.tag_links("link")])
    return Predicate(f"SELECT link.event_id FROM event_tag AS link WHERE {condition.text}", condition.params)
