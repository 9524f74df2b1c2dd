"""Counts of what is here, of events only those that the viewer sees (API §9.8)."""

import re
from datetime import UTC, datetime
from enum import StrEnum

from mispmini.domain import clock
from mispmini.domain.viewer import Viewer
from mispmini.services import organisations, tags
from mispmini.services.organisations import Scope
from mispmini.store import statistics as store
from mispmini.store.statistics import OrganisationCounts as OrganisationCounts

_MOST_SIGHTED = 100
_TECHNIQUE = re.compile(r'misp-galaxy:mitre-(?:[a-z]+-)*attack-pattern="')


class Context(StrEnum):
    """What is counted; the words are MISP's."""

    DATA = "data"
    ORGS = "orgs"
    USERS = "users"
    TAGS = "tags"
    HISTOGRAM = "attributehistogram"
    SIGHTINGS = "sightings"
    MATRIX = "galaxyMatrix"


def data_counts(viewer: Viewer) -> dict[str, int]:
    """The numbers that MISP's first table holds; what is not kept here counts 0."""
    month = _beginning_of_month()
    events, attributes = store.count_events_since(viewer, 0), store.count_attributes_since(viewer, 0)
    users, local = store.count_any_users(), store.count_organisations(local=True)
    organisations = store.counts_by_organisation(viewer)
    return {
        "event_count": events,
        "event_count_month": store.count_events_since(viewer, month),
        "attribute_count": attributes,
        "attribute_count_month": store.count_attributes_since(viewer, month),
        "attributes_per_event": _per(attributes, events),
        "user_count": users,
        "user_count_pgp": store.count_any_users(with_gpg=True),
        "org_count": len(organisations),
        "local_org_count": local,
        "contributing_org_count": sum(org.events > 0 for org in organisations),
        "average_user_per_org": _per(users, local),
    }


def organisation_counts(viewer: Viewer, scope: Scope = Scope.LOCAL) -> list[OrganisationCounts]:
    """Each organisation of a scope with its users, and with the events and attributes that the viewer sees of it.

    While the list of organisations is kept from users they get those whose events they see, and their own.
    """
    found = [one for one in store.counts_by_organisation(viewer) if scope in (_scope_of(one), Scope.ALL)]
    if organisations.lists_all(viewer):
        return found
    return [counted for counted in found if counted.events or counted.id == viewer.org_id]


def _scope_of(counted: OrganisationCounts) -> Scope:
    return Scope.LOCAL if counted.local else Scope.EXTERNAL


def people_counts() -> dict[str, int]:
    """Accounts, and organisations from here and from elsewhere."""
    return {
        "user": store.count_any_users(),
        "org_local": store.count_organisations(local=True),
        "org_external": store.count_organisations(local=False),
    }


def tag_counts(viewer: Viewer) -> dict[str, int]:
    """How many events that the viewer reads have each tag, by the tag's name."""
    return dict(sorted(tags.statistics(viewer).tags.items()))


def technique_counts(viewer: Viewer) -> dict[str, int]:
    """On how many events and attributes that the viewer reads each ATT&CK technique is, by its tag's name."""
    use = tags.tag_use(viewer)
    named = sorted((tag.name, use[tag.id]) for tag in tags.all_tags() if tag.id in use and _TECHNIQUE.match(tag.name))
    return {name: found.events + found.attributes for name, found in named}


def type_counts(viewer: Viewer) -> list[tuple[str, str, int]]:
    """Organisation, type and number of its visible attributes."""
    return store.type_counts(viewer)


def sighted_values(viewer: Viewer) -> list[tuple[str, int, int]]:
    """Value, event id and number of the own organisation's sightings, the most sighted first."""
    return store.sighted_values(viewer, _MOST_SIGHTED)


def _per(many: int, whole: int) -> int:
    return round(many / whole) if whole else 0


def _beginning_of_month() -> int:
    now = datetime.fromtimestamp(clock.now(), UTC)
    return int(now.replace(day=1, hour=0, minute=0, second=0).timestamp())
