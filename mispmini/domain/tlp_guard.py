"""The TLP guard: what TLP says when something leaves, for publishing, push and pull alike (RULES §9). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TypeAlias

from mispmini.domain.distribution import (
    ELEMENT_LEVELS,
    EVENT_LEVELS,
    Distribution,
    Partner,
    Reason,
    effective,
    for_partner,
    may_leave_to,
)
from mispmini.domain.graphs import AttributeRow, EventGraph, ReportRow, TagRow
from mispmini.domain.tlp import Guard, Tlp, strictest

D = Distribution
Element: TypeAlias = AttributeRow | ReportRow


class Verdict(IntEnum):
    """What the guard says, mildest first: a page asks before what programs pass with a warning."""

    PASS = 0
    WARN = 1
    ASK = 2
    REFUSE = 3


_OURS: Mapping[Tlp, Mapping[Distribution, Verdict]] = {
    Tlp.RED: {D.COMMUNITY: Verdict.REFUSE, D.CONNECTED: Verdict.REFUSE, D.ALL: Verdict.REFUSE},
    Tlp.AMBER_STRICT: {D.COMMUNITY: Verdict.WARN, D.CONNECTED: Verdict.REFUSE, D.ALL: Verdict.REFUSE},
    Tlp.AMBER: {D.ALL: Verdict.ASK},
    Tlp.GREEN: {},
    Tlp.CLEAR: {},
}


def judge(tlp: Tlp | None, level: int, *, ours: bool, guard: Guard) -> Verdict:
    """Whether something of this TLP may leave at this effective level; `ours`: its creator is an organisation here."""
    if tlp is None:
        return _without_tlp(guard) if ours else Verdict.PASS
    if not ours:
        return _foreign(tlp, guard)
    verdict = _OURS[tlp].get(D(level), Verdict.PASS)
    return Verdict.ASK if verdict is Verdict.REFUSE and not guard.enforces(tlp) else verdict


def _without_tlp(guard: Guard) -> Verdict:
    return Verdict.REFUSE if guard.needs_tlp else Verdict.ASK


def _foreign(tlp: Tlp, guard: Guard) -> Verdict:
    if tlp in (Tlp.RED, Tlp.AMBER_STRICT, Tlp.AMBER) and not guard.relay_amber:
        return Verdict.REFUSE
    if tlp in (Tlp.RED, Tlp.AMBER_STRICT):
        return Verdict.REFUSE if guard.enforces(tlp) else Verdict.WARN
    return Verdict.PASS


def refused_levels(tlp: Tlp, *, ours: bool, guard: Guard) -> tuple[int, ...]:
    """The levels of an event at which this TLP does not leave."""
    return tuple(int(e) for e in sorted(EVENT_LEVELS) if _is_refused(tlp, e, ours=ours, guard=guard))


def refused_pairs(tlp: Tlp, *, ours: bool, guard: Guard) -> tuple[tuple[int, int], ...]:
    """The levels of event and element at which an element of this TLP does not leave."""
    return tuple(
        (int(event), int(element))
        for event in sorted(EVENT_LEVELS)
        for element in sorted(ELEMENT_LEVELS)
        if _is_refused(tlp, effective(element, event), ours=ours, guard=guard)
    )


def _is_refused(tlp: Tlp, level: int, *, ours: bool, guard: Guard) -> bool:
    return judge(tlp, level, ours=ours, guard=guard) is Verdict.REFUSE


def tlp_of_event(event: EventGraph) -> Tlp | None:
    """The strictest of an event's own TLP tags, local ones too."""
    return strictest(tag.name for tag in event.tags if not tag.deleted)


def verdict_on(event: EventGraph, guard: Guard) -> Verdict:
    """What the guard says of an event as a whole. The creator being an organisation here makes it ours."""
    return judge(tlp_of_event(event), event.event.distribution, ours=event.orgc.local, guard=guard)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a push to one partner does with an event: a refusal, or the partner's copy and the uuids TLP held back."""

    refusal: Reason | None
    copy: EventGraph
    held_back: tuple[str, ...] = ()


def leaving_to(event: EventGraph, partner: Partner) -> Leaving:
    """What would be sent; the one place that publish page and push engine ask (PROTOCOL §3.3-§3.5, RULES §9)."""
    if reason := refusal_of(event, partner):
        return Leaving(reason, event)
    milder, held_back = without_stricter(event, partner.guard)
    copy = for_partner(milder, partner)
    is_empty = not (copy.attributes or copy.objects or copy.reports)
    return Leaving(Reason.EMPTY if is_empty else None, copy, held_back)


def refusal_of(event: EventGraph, partner: Partner) -> Reason | None:
    """Why an event does not go to a partner at all, judged without its elements."""
    if reason := may_leave_to(event, partner):
        return reason
    # An event without any TLP is a matter of its publishing, which nothing on the way asks again.
    has_tlp = tlp_of_event(event) is not None
    return Reason.TLP if has_tlp and verdict_on(event, partner.guard) is Verdict.REFUSE else None


def without_stricter(event: EventGraph, guard: Guard) -> tuple[EventGraph, tuple[str, ...]]:
    """An event without the attributes and reports whose TLP does not let them leave, and the uuids of those."""

    def is_kept(element: Element, tags: Mapping[int, Sequence[TagRow]]) -> bool:
        own = strictest(tag.name for tag in tags.get(element.id, ()) if not tag.deleted)
        level = effective(element.distribution, event.event.distribution)
        return own is None or not _is_refused(own, level, ours=event.orgc.local, guard=guard)

    attributes = [one for one in event.attributes if is_kept(one, event.attribute_tags)]
    reports = [one for one in event.reports if is_kept(one, event.report_tags)]
    staying = {one.uuid for part in (attributes, reports) for one in part}
    held_back = tuple(one.uuid for part in (event.attributes, event.reports) for one in part if one.uuid not in staying)
    return (replace(event, attributes=attributes, reports=reports), held_back) if held_back else (event, ())
