"""The event index's filters as conditions on `event` (PROTOCOL §4.3)."""

from mispmini.domain.filters import IndexFilters, Terms
from mispmini.domain.viewer import Viewer
from mispmini.store.proposals import events_with_proposals
from mispmini.store.search.attribute_conditions import has_value, text_contains, value_contains
from mispmini.store.search.event_conditions import carries, created_by, events_tagged, names_event
from mispmini.store.search.matching import (
    FALSE,
    all_of,
    any_of,
    contains,
    is_flag,
    none_of,
    number_matches,
    one_of,
    spans,
    within,
)
from mispmini.store.search.naming import (
    find_organisation_ids_in_any_case,
    find_tag_ids_containing,
    find_tag_ids_in_any_case,
    named,
)
from mispmini.store.search.scope import Reach
from mispmini.store.sql import TRUE, Predicate
from mispmini.store.visibility import element_visible_to, holds_attributes_for


def index_conditions(viewer: Viewer, filters: IndexFilters) -> Predicate:
    """On `event`: visible to the viewer and such as the filters ask."""
    reach = Reach.of(viewer)
    return all_of(
        [
            reach.events(),
            *_of_the_event(viewer, reach, filters),
            _holding(reach, filters.value, exact=True),
            _holding(reach, filters.attribute, exact=False),
            _anywhere(reach, filters.everything) if filters.everything else TRUE,
            _minimal(viewer) if filters.minimal else TRUE,
        ]
    )


def _of_the_event(viewer: Viewer, reach: Reach, filters: IndexFilters) -> list[Predicate]:
    return [
        names_event(filters.eventid),
        created_by(filters.org, find_organisation_ids_in_any_case),
        carries(reach, named(filters.tags, find_tag_ids_in_any_case)),
        _info(filters.eventinfo),
        number_matches("event.sharing_group_id", filters.sharing_group_id),
        number_matches("event.distribution", filters.distribution),
        number_matches("event.analysis", filters.analysis),
        number_matches("event.threat_level_id", filters.threat_level_id),
        is_flag("event.published", filters.published),
        _proposed_for(viewer, filters.has_proposal),
        spans("event.date", filters.days),
        spans("event.timestamp", filters.timestamp),
        spans("event.publish_timestamp", filters.publish_timestamp),
        _added_by(viewer, filters.email) if filters.email else TRUE,
    ]


def _proposed_for(viewer: Viewer, wanted: bool | None) -> Predicate:
    """With, or without, a pending proposal that the viewer sees."""
    if wanted is None:
        return TRUE
    proposed = within("event.id", events_with_proposals(viewer))
    return proposed if wanted else none_of(proposed)


def _info(terms: Terms) -> Predicate:
    wanted = [*terms.any, *terms.all]
    return all_of(
        [
            any_of(map(_info_contains, wanted)) if wanted else TRUE,
            none_of(any_of(map(_info_contains, terms.none))),
        ]
    )


def _info_contains(part: str) -> Predicate:
    """A backslash may come doubled: clients of a MISP have to escape it."""
    return any_of(contains("event.info", spelt) for spelt in dict.fromkeys((part, part.replace(2 * "\\", "\\"))))


def _added_by(viewer: Viewer, email: str) -> Predicate:
    """By a part of the account's address; who is no site admin only learns of their own."""
    own = TRUE if viewer.is_site_admin else one_of("user.id", [viewer.user_id])
    chosen = all_of([own, contains("user.email", email)])
    return within("event.user_id", Predicate(f"SELECT user.id FROM user WHERE {chosen.text}", chosen.params))


def _holding(reach: Reach, terms: Terms, *, exact: bool) -> Predicate:
    """Events with a visible attribute of such a value, and without one of an unwanted value."""

    def holders(values: tuple[str, ...]) -> Predicate:
        condition = has_value(values) if exact else any_of(map(value_contains, values))
        return within("event.id", reach.holders("attribute", condition)) if values else FALSE

    wanted = terms.any + terms.all
    return all_of([holders(wanted) if wanted else TRUE, none_of(holders(terms.none))])


def _anywhere(reach: Reach, part: str) -> Predicate:
    org = contains("organisation.name", part)
    creators = Predicate(f"SELECT organisation.id FROM organisation WHERE {org.text}", org.params)
    return any_of(
        [
            contains("event.info", part),
            contains("event.uuid", part),
            within("event.orgc_id", creators),
            within("event.id", events_tagged(reach, find_tag_ids_containing(part))),
            within("event.id", reach.holders("attribute", text_contains(part))),
        ]
    )


def _minimal(viewer: Viewer) -> Predicate:
    """What pulling partners list: events with content for them, none of them protected, which they could not check."""
    held, report = holds_attributes_for(viewer), element_visible_to(viewer, "event_report")
    return Predicate(
        f"({held.text} OR EXISTS (SELECT 1 FROM event_report WHERE event_report.event_id = event.id"
        f" AND NOT event_report.deleted AND ({report.text}))) AND coalesce(event.protected, 0) = 0",
        held.params + report.params,
    )
