"""The TLP guard on what partners read here: the matrix of domain/tlp_guard.py as predicates (RULES §9)."""

from collections.abc import Sequence

from mispmini.domain.instance_settings import InstanceSettings
from mispmini.domain.tlp import Guard, Tlp, names_of
from mispmini.domain.tlp_guard import refused_levels, refused_pairs
from mispmini.domain.viewer import Viewer
from mispmini.store.settings import load_settings
from mispmini.store.sql import TRUE, Predicate, marks


def guard_of(settings: InstanceSettings) -> Guard:
    """How strictly TLP is kept here."""
    mildest = Tlp(settings.tlp_guard) if settings.tlp_guard else None
    return Guard(mildest, settings.relay_amber, settings.tlp_required)


def guarded_events(viewer: Viewer, event: str = "event") -> Predicate:
    """Events that TLP lets a partner read: all others' but of its own organisation's, if the guard covers pull.

    A group's members are those who see its events at all, so that a foreign one is theirs too.
    """
    guard = _guard_for(viewer)
    if guard is None:
        return TRUE
    refusals = [
        Predicate(f"{_has_tlp('event', f'{event}.id', tlp)} AND {_refused(tlp, guard, event)}", names_of(tlp))
        for tlp in Tlp
    ]
    return _unless(viewer, refusals, event)


def guarded_elements(viewer: Viewer, kind: str, element: str, event: str = "event") -> Predicate:
    """Attributes or reports that TLP lets a partner read, given that it reads their event; `kind` is their table,
    `element` its name in the query."""
    guard = _guard_for(viewer)
    if guard is None:
        return TRUE
    refusals = [
        Predicate(
            f"{_has_tlp(kind, f'{element}.id', tlp)} AND {_refused_in(tlp, guard, element, event)}",
            names_of(tlp),
        )
        for tlp in Tlp
    ]
    return _unless(viewer, refusals, event)


def _guard_for(viewer: Viewer) -> Guard | None:
    if viewer.is_site_admin or not (viewer.is_partner or viewer.linked_server_id is not None):
        return None
    settings = load_settings()
    return guard_of(settings) if settings.tlp_guard_on_pull else None


def _unless(viewer: Viewer, refusals: Sequence[Predicate], event: str) -> Predicate:
    own = f"{event}.org_id = ? OR {event}.orgc_id = ?"
    refused = " OR ".join(f"({refusal.text})" for refusal in refusals)
    params = tuple(param for refusal in refusals for param in refusal.params)
    return Predicate(f"{own} OR NOT ({refused})", (viewer.org_id, viewer.org_id, *params))


def _has_tlp(target: str, column: str, tlp: Tlp) -> str:
    return (
        f"EXISTS (SELECT 1 FROM {target}_tag AS guarding JOIN tag ON tag.id = guarding.tag_id"
        f" WHERE guarding.{target}_id = {column} AND NOT guarding.deleted"
        f" AND tag.folded_name IN ({marks(names_of(tlp))}))"
    )


def _is_ours(event: str) -> str:
    return f"{event}.orgc_id IN (SELECT id FROM organisation WHERE local)"


def _refused(tlp: Tlp, guard: Guard, event: str) -> str:
    ours, foreign = (
        _one_of(f"{event}.distribution", refused_levels(tlp, ours=side, guard=guard)) for side in (True, False)
    )
    return f"CASE WHEN {_is_ours(event)} THEN {ours} ELSE ({foreign}) AND {event}.sharing_group_id IS NULL END"


def _refused_in(tlp: Tlp, guard: Guard, element: str, event: str) -> str:
    ours, foreign = (
        " OR ".join(
            f"({event}.distribution = {outer} AND {element}.distribution = {inner})"
            for outer, inner in refused_pairs(tlp, ours=side, guard=guard)
        )
        or "1 = 0"
        for side in (True, False)
    )
    return f"CASE WHEN {_is_ours(event)} THEN ({ours}) ELSE ({foreign}) AND {event}.sharing_group_id IS NULL END"


def _one_of(column: str, levels: Sequence[int]) -> str:
    return f"{column} IN ({', '.join(str(level) for level in levels)})" if levels else "1 = 0"
