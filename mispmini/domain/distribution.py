"""The distribution levels and every rule of crossing between servers, pure (MODEL §6.1, PROTOCOL §3.5, §4.4).

Who may read on this instance is store/visibility.py; the numbers 0-5 appear in this module alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import TypeVar

from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReportDraft
from mispmini.domain.graphs import AttributeRow, EventGraph, ObjectRow, ReportRow, SharingGroup, TagRow
from mispmini.domain.rules import PullRules, PushRules
from mispmini.domain.tlp import Guard


class Distribution(IntEnum):
    """How far an event or element may go."""

    ORGANISATION = 0
    COMMUNITY = 1
    CONNECTED = 2
    ALL = 3
    SHARING_GROUP = 4
    INHERIT = 5


D = Distribution
ELEMENT_LEVELS = frozenset(D)
EVENT_LEVELS = ELEMENT_LEVELS - {D.INHERIT}
SEEN_BY_ALL_HERE = (D.COMMUNITY, D.CONNECTED, D.ALL)
ELEMENT_SEEN_BY_ALL_HERE = (*SEEN_BY_ALL_HERE, D.INHERIT)
EVENT_LEVELS_SENTENCE = "Options : Your organisation only, This community only, Connected communities, All communities"
_REACH = (D.ORGANISATION, D.SHARING_GROUP, D.COMMUNITY, D.CONNECTED, D.ALL)
_AFTER_PUSH = {int(level): int(level) for level in D} | {int(D.CONNECTED): int(D.COMMUNITY)}
_AFTER_PULL = _AFTER_PUSH | {int(D.COMMUNITY): int(D.ORGANISATION)}
_GROUP = int(D.SHARING_GROUP)


def after_push(level: int, *, internal: bool) -> int:
    """What the sender makes of a level before it pushes: 2 becomes 1 unless the link is internal."""
    return level if internal else _AFTER_PUSH[level]


def after_pull(level: int, *, trusted: bool) -> int:
    """What the receiver makes of a level it pulled: 1 becomes 0, 2 becomes 1 unless the link is trusted."""
    return level if trusted else _AFTER_PULL[level]


def is_event_level(level: int) -> bool:
    """Whether an event may have this level."""
    return level in EVENT_LEVELS


def is_element_level(level: int) -> bool:
    """Whether an attribute, object or report may have this level."""
    return level in ELEMENT_LEVELS


def needs_group(level: int) -> bool:
    """Whether this level names a sharing group."""
    return level == _GROUP


def raises(new: int, old: int) -> bool:
    """Whether `new` reaches more than `old`: a group counts as more than the organisation, less than everybody here."""
    return _REACH.index(D(new)) > _REACH.index(D(old))


def widens(new: int, old: int) -> bool:
    """Whether `new` may reach somebody whom `old` does not: as `raises`, and a group's members may be anywhere unless
    everybody was reached before. An element that inherits counts as one for everybody: its event decides."""
    new, old = (D.ALL if level == D.INHERIT else level for level in (new, old))
    return raises(new, old) or (needs_group(new) and old in (D.SHARING_GROUP, D.COMMUNITY, D.CONNECTED))


def effective(level: int, event_level: int) -> int:
    """How far an element goes in its event: as the narrower of the two."""
    return event_level if level == D.INHERIT or raises(level, event_level) else level


@dataclass(frozen=True, slots=True)
class Partner:
    """What the rules of crossing need to know of a link."""

    server_id: int
    remote_org_uuid: str
    internal: bool = False
    trusted: bool = False
    push_rules: PushRules = field(default_factory=PushRules)
    filter_types: bool = False
    unpublish: bool = False
    guard: Guard = field(default_factory=Guard)


class Reason(StrEnum):
    """Why an event does not leave to a partner; the ledger's skip reason."""

    UNPUBLISHED = "unpublished"
    DISTRIBUTION = "distribution"
    GROUP_SERVER = "group_server"
    GROUP_ORG = "group_org"
    TAG_RULE = "tag_rule"
    ORG_RULE = "org_rule"
    PROTECTED = "protected"
    TLP = "tlp"
    EMPTY = "empty"
    SENDER = "sender"
    DELETED = "deleted"


def group_covers(group: SharingGroup, partner: Partner) -> bool:
    """InSG of PROTOCOL §3.8: the test for attributes, objects and reports, and the first of an event's three."""
    if group.servers and not group.roaming:
        listed = [server for server in group.servers if server.server_id == partner.server_id]
        if any(server.all_orgs for server in listed):
            return True
        if not listed and not partner.internal:
            return False
    return _lists_org(group, partner)


def _lists_org(group: SharingGroup, partner: Partner) -> bool:
    return any(member.organisation.uuid == partner.remote_org_uuid for member in group.orgs)


def group_refusal(group: SharingGroup | None, partner: Partner) -> Reason | None:
    """None if an event of this group may go to the partner, else what the group lacks for it (PROTOCOL §3.8)."""
    if group is None or not group_covers(group, partner):
        listed = group is not None and any(s.server_id == partner.server_id for s in group.servers)
        return Reason.GROUP_ORG if group is not None and (group.roaming or listed) else Reason.GROUP_SERVER
    named = any(server.server_id == partner.server_id for server in group.servers)
    if not (group.roaming or partner.internal or named):
        return Reason.GROUP_SERVER
    return None if _lists_org(group, partner) else Reason.GROUP_ORG


class GroupFlaw(StrEnum):
    """What a sharing group lacks to be of use (FEATURES row 53)."""

    NOBODY = "nobody"
    NOWHERE = "nowhere"


def group_flaw(group: SharingGroup) -> GroupFlaw | None:
    """Why what is shared with this group reaches nobody, or is sent nowhere: no server although it does not roam."""
    if not group.orgs and not any(server.all_orgs for server in group.servers):
        return GroupFlaw.NOBODY
    return None if group.servers or group.roaming else GroupFlaw.NOWHERE


def may_leave_to(event: EventGraph, partner: Partner) -> Reason | None:
    """None if the event may be pushed to the partner, else the rule that forbids it (PROTOCOL §3.3, §3.8, §3.10)."""
    row = event.event
    if not row.published:
        return Reason.UNPUBLISHED
    if row.protected:
        return Reason.PROTECTED
    if row.distribution < D.CONNECTED and not partner.trusted:
        return Reason.DISTRIBUTION
    if row.distribution == D.SHARING_GROUP:
        group = event.sharing_groups.get(row.sharing_group_id or 0)
        if refusal := group_refusal(group, partner):
            return refusal
    return _rule_refusal(event, partner.push_rules)


def _rule_refusal(event: EventGraph, rules: PushRules) -> Reason | None:
    tags = {tag.id for tag in event.tags if not tag.deleted}
    if (rules.tags_or and not rules.tags_or & tags) or rules.tags_not & tags:
        return Reason.TAG_RULE
    orgc = event.event.orgc_id
    if (rules.orgs_or and orgc not in rules.orgs_or) or orgc in rules.orgs_not:
        return Reason.ORG_RULE
    return None


def for_partner(event: EventGraph, partner: Partner) -> EventGraph:
    """The partner's copy: what may not cross is left out, levels lowered, local tags gone (PROTOCOL §3.4, §3.5).

    The caller has asked `may_leave_to` first. `locked` is set, `published` cleared if the link says so.
    """
    objects = [o for o in event.objects if _object_leaves(o, event, partner)]
    kept = {o.id for o in objects}
    attributes = [
        a
        for a in event.attributes
        if (a.object_id is None or a.object_id in kept) and _attribute_leaves(a, event, partner)
    ]
    row, going = event.event, {element.uuid for part in (attributes, objects) for element in part}
    return replace(
        event,
        event=row._replace(
            distribution=after_push(row.distribution, internal=partner.internal),
            locked=True,
            published=row.published and not partner.unpublish,
        ),
        tags=_leaving_tags(event.tags, partner),
        attributes=[_lowered(a, partner) for a in attributes],
        attribute_tags={a.id: _leaving_tags(event.attribute_tags.get(a.id, ()), partner) for a in attributes},
        objects=[_lowered(o, partner) for o in objects],
        references={
            source: [reference for reference in held if reference.referenced_uuid in going]
            for source, held in event.references.items()
            if source in kept
        },
        reports=[_lowered(r, partner) for r in event.reports if _level_leaves(r, event, partner)],
        report_tags={number: _leaving_tags(held, partner) for number, held in event.report_tags.items()},
    )


Element = TypeVar("Element", AttributeRow, ObjectRow, ReportRow)
Draft = TypeVar("Draft", AttributeDraft, ObjectDraft, ReportDraft)
Tagged = TypeVar("Tagged", AttributeDraft, ReportDraft)


def _lowered(element: Element, partner: Partner) -> Element:
    lowered = after_push(element.distribution, internal=partner.internal)
    return element if lowered == element.distribution else element._replace(distribution=lowered)


def _level_leaves(element: Element, event: EventGraph, partner: Partner) -> bool:
    if partner.internal:
        return True
    if element.distribution == D.SHARING_GROUP:
        group = event.sharing_groups.get(element.sharing_group_id or 0)
        return group is not None and group_covers(group, partner)
    return element.distribution >= D.CONNECTED


def _attribute_leaves(attribute: AttributeRow, event: EventGraph, partner: Partner) -> bool:
    if not _level_leaves(attribute, event, partner):
        return False
    if partner.filter_types and attribute.type in partner.push_rules.types_not:
        return False
    unwanted, tags = partner.push_rules.tags_not, event.attribute_tags.get(attribute.id, ())
    return not (unwanted and any(tag.id in unwanted for tag in tags if not tag.deleted))


def _object_leaves(obj: ObjectRow, event: EventGraph, partner: Partner) -> bool:
    if partner.filter_types and obj.template_uuid in partner.push_rules.templates_not:
        return False
    return _level_leaves(obj, event, partner)


def item_leaves(level: int, group: SharingGroup | None, orgc_id: int, partner: Partner) -> bool:
    """Whether a note, opinion or relationship of this level may be pushed: by its own distribution, its group and the
    link's rule of organisations (PROTOCOL §3.15). An own group of servers has to name the partner's, or to roam."""
    rules = partner.push_rules
    if (rules.orgs_or and orgc_id not in rules.orgs_or) or orgc_id in rules.orgs_not:
        return False
    if level == D.SHARING_GROUP:
        return group is not None and _group_names(group, partner) and group_covers(group, partner)
    return level in (D.CONNECTED, D.ALL) or (level == D.COMMUNITY and partner.trusted)


def _group_names(group: SharingGroup, partner: Partner) -> bool:
    if group.servers:
        return any(server.server_id == partner.server_id for server in group.servers)
    return group.roaming


ITEM_LEVELS_PUSHED = (*SEEN_BY_ALL_HERE, D.SHARING_GROUP)


def _leaving_tags(tags: Iterable[TagRow], partner: Partner) -> list[TagRow]:
    return [tag for tag in tags if tag.exportable and (partner.internal or not (tag.local or tag.local_only))]


def pulled(draft: EventDraft, rules: PullRules, *, trusted: bool, filter_types: bool) -> EventDraft:
    """What the receiver makes of what it pulled: lowered, locked, without local tags and filtered types (§4.4).

    Over a trusted link everything stays as it is but for `locked`.
    """
    filter_types = filter_types and not trusted
    objects = [
        _pulled_object(o, rules, trusted=trusted, filter_types=filter_types)
        for o in draft.objects
        if not (filter_types and o.template_uuid in rules.templates_not)
    ]
    level = D.COMMUNITY if draft.distribution is None else draft.distribution
    return replace(
        draft,
        distribution=after_pull(level, trusted=trusted),
        locked=True,
        tags=draft.tags if trusted else tuple(t for t in draft.tags if not t.local),
        attributes=_pulled_attributes(draft.attributes, rules, trusted=trusted, filter_types=filter_types),
        objects=tuple(o for o in objects if o.attributes or not filter_types),
        reports=tuple(_without_local_tags(_pulled_level(r, trusted=trusted), trusted=trusted) for r in draft.reports),
    )


def _pulled_level(draft: Draft, *, trusted: bool) -> Draft:
    if draft.distribution is None or trusted:
        return draft
    lowered = after_pull(draft.distribution, trusted=trusted)
    return draft if lowered == draft.distribution else replace(draft, distribution=lowered)


def _pulled_attributes(
    drafts: Iterable[AttributeDraft], rules: PullRules, *, trusted: bool, filter_types: bool
) -> tuple[AttributeDraft, ...]:
    return tuple(
        _without_local_tags(_pulled_level(a, trusted=trusted), trusted=trusted)
        for a in drafts
        if not (filter_types and a.type in rules.types_not)
    )


def _without_local_tags(draft: Tagged, *, trusted: bool) -> Tagged:
    if trusted or not any(tag.local for tag in draft.tags):
        return draft
    return replace(draft, tags=tuple(tag for tag in draft.tags if not tag.local))


def _pulled_object(draft: ObjectDraft, rules: PullRules, *, trusted: bool, filter_types: bool) -> ObjectDraft:
    attributes = _pulled_attributes(draft.attributes, rules, trusted=trusted, filter_types=filter_types)
    return replace(_pulled_level(draft, trusted=trusted), attributes=attributes)
