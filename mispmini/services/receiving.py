"""What a link may change here: ownership, levels that are never raised, our own name, the future (RULES §4, §5, §6)."""

from collections.abc import Mapping
from dataclasses import replace

from mispmini.domain import clock
from mispmini.domain.distribution import EVENT_LEVELS_SENTENCE, Distribution, is_event_level, needs_group, widens
from mispmini.domain.drafts import Dropped, EventDraft
from mispmini.domain.errors import Blocked, Forbidden, Refused, SaveFailed
from mispmini.domain.notices import GroupRefusal, NoticeKind
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.capture import Groups
from mispmini.services.intake import IntakeState
from mispmini.services.rights import NOT_AUTHORISED, may_modify
from mispmini.store.database import writing
from mispmini.store.events import EventStanding, NewEvent, update_event
from mispmini.store.notices import drop_notice, notices_of, put_notice
from mispmini.store.refusals import refuse_update
from mispmini.store.servers import servers_of_organisation
from mispmini.store.settings import load_settings

NOT_NEWER = "Event could not be saved: Event in the request not newer than the local copy."
NOT_OWNER = (
    "Event could not be saved: The user used to edit the event is not authorised to do so. This can be caused by the"
    " user not being of the same organisation as the original creator of the event whilst also not being a site"
    " administrator."
)
NOT_THIS = "Event could not be saved: Could not find the local event."
NO_GROUP_ON_EDIT = "Event could not be saved: User not authorised to create the associated sharing group."
GROUP_NOT_SAID = (
    "Event could not be saved: Sharing group chosen as the distribution level, but no sharing group specified."
)
GROUP_NOT_YOURS = "Event could not be saved: Invalid sharing group or you don't have access to that sharing group."
NO_MEMBER_ON_EDIT = (
    "Event could not be saved: The sync user has to have access to the sharing group in order to be able to edit it."
)
GROUP_REFUSALS = (NO_GROUP_ON_EDIT, GROUP_NOT_SAID, GROUP_NOT_YOURS, NO_MEMBER_ON_EDIT)
IN_THE_FUTURE = "Event could not be saved: Its timestamp is more than a day ahead."
OUR_NAME = "Event blocked: it is in the name of the organisation that runs this server."
UNSIGNED = "Protected event failed signature validation as no key was provided."
UNCHECKED = "Protected event failed signature validation."
NO_GROUP = "Sharing group not accepted."
GROUP = "SharingGroup"
MOST_SKEW_SECONDS = 600
_GROUP_SENTENCES = {
    GroupRefusal.NO_GROUP: "The event did not bring it.",
    GroupRefusal.NOT_ALLOWED: "The sync user may not create sharing groups.",
    GroupRefusal.NOT_HERE: "It lists other servers and not this one.",
    GroupRefusal.NOT_LISTED: "It does not list the organisation of the sync user.",
    GroupRefusal.NO_MEMBER: "The organisation of the sync user is no member of it here.",
}
_OWN_EVENT_RULE = "Rule: what was written on this server is changed here alone; no partner updates it."
_DELIVERED_RULE = (
    "Rule: only the link that first delivered an event, or its creator's own, updates it. An administrator of this"
    " server can let another link deliver it."
)
_POLICIES = ("accept", "review", "refuse")


class UpdateRefused(SaveFailed):
    """Somebody who may not update this event tried to: people will want to see it (RULES §4).

    `rule` is what the sender is told beside MISP's own words (RULES §10.10).
    """

    def __init__(self, event: EventStanding, reason: str, rule: str = "") -> None:
        super().__init__("edit", "Event", f"{reason} {rule}".rstrip(), subject_id=event.id)
        self.uuid = event.uuid
        self.reason = reason


class NameRefused(Blocked):
    """An event in our name over a link that may not bring such: people will want to see it (RULES §4)."""

    def __init__(self, uuid: str) -> None:
        super().__init__(OUR_NAME)
        self.uuid = uuid
        self.reason = OUR_NAME


class ProtectedRefused(Refused):
    """A protected event, whose signature cannot be checked here: people will want to see it (RULES §10.10)."""

    names_rule = True

    def __init__(self, uuid: str, *, signed: bool) -> None:
        self.reason = UNCHECKED if signed else UNSIGNED
        super().__init__(self.reason)
        self.uuid = uuid


def note_refusal(error: Exception, viewer: Viewer, origin: Origin, timestamp: int | None) -> None:
    """Keep a refusal that people will want to see, in a writing() of its own: the refused verb was rolled back."""
    if isinstance(error, UpdateRefused | NameRefused | ProtectedRefused) and error.uuid:
        with writing(quiet=True):
            refuse_update(error.uuid, viewer, origin, timestamp, error.reason)


def origin_of(viewer: Viewer) -> Origin:
    """The origin of what a viewer sends; a partner's with what its links say of events in our name.

    A link is the server entry with the sync users of its organisation; of several the strictest policy counts.
    """
    origin = Origin.of(viewer)
    if not origin.is_link:
        return origin
    links = servers_of_organisation(viewer.org_id)
    own = [link for link in links if link.id == viewer.linked_server_id] or links
    strictest = max((link.own_name_policy for link in own), key=_POLICIES.index, default=_POLICIES[0])
    return replace(origin, internal=any(link.internal for link in own), own_name_policy=strictest)


def is_in_our_name(origin: Origin, orgc_id: int) -> bool:
    """Whether a link delivers what our own organisation is said to have written; internal links are no strangers."""
    return origin.is_link and not origin.internal and orgc_id == load_settings().host_org_id


def judged_name(event: NewEvent, origin: Origin) -> NewEvent:
    """A new event as it may be stored: in our name and to be reviewed it is for its organisation alone.

    Raises NameRefused where the link may not bring such.
    """
    if not event.in_our_name or origin.own_name_policy == "accept":
        return event
    if origin.own_name_policy == "refuse":
        raise NameRefused(event.uuid)
    return event._replace(distribution=int(Distribution.ORGANISATION), sharing_group_id=None)


def note_arrival(wanted: NewEvent, stored: NewEvent, draft: EventDraft, origin: Origin, groups: Groups) -> None:
    """Note what people must know of a new event: that it waits for a review, that its group was not accepted."""
    if stored.in_our_name and origin.own_name_policy == "review":
        update_event(stored.id, {"review": True})
        put_notice(stored.id, NoticeKind.HELD, origin.link_org_id, _level(wanted.distribution, wanted.sharing_group_id))
    if origin.is_link and groups.names_one(draft.distribution) and wanted.sharing_group_id is None:
        note_refused_group(stored.id, draft, origin, groups)


def note_refused_group(event_id: int, draft: EventDraft, origin: Origin, groups: Groups) -> None:
    """Note why the group that an event came with was not accepted (RULES §1)."""
    group = draft.sharing_group
    reason: GroupRefusal = groups.refusal_of(group)
    detail = {"reason": reason.value, "name": group.name if group else "", "uuid": group.uuid if group else ""}
    put_notice(event_id, NoticeKind.GROUP_REFUSED, origin.link_org_id, detail)


def note_refused_elements(event_id: int, intake: IntakeState, origin: Origin) -> None:
    """Note how many elements of a link's event stay with its organisation, and how many of its last version were left
    out, because their group was not accepted (RULES §1)."""
    left_out = sum("sharing_group_id" in one.errors for one in intake.dropped)
    known = {} if intake.fresh else _detail_of(event_id, NoticeKind.ELEMENTS_REFUSED)
    kept = intake.narrowed + int(known.get("kept", 0))
    if kept or left_out:
        detail = {"kept": str(kept), "left_out": str(left_out)}
        put_notice(event_id, NoticeKind.ELEMENTS_REFUSED, origin.link_org_id, detail)
    elif known:
        drop_notice(event_id, NoticeKind.ELEMENTS_REFUSED)


def _detail_of(event_id: int, kind: NoticeKind) -> Mapping[str, str]:
    return next((notice.detail for notice in notices_of(event_id) if notice.kind is kind), {})


def told_of_group(draft: EventDraft, groups: Groups) -> Dropped:
    """The same for the partner that sent it, beside the answer (RULES §10.10)."""
    group = draft.sharing_group
    sentence = f"{NO_GROUP} {_GROUP_SENTENCES[groups.refusal_of(group)]}"
    return Dropped(GROUP, group.uuid if group else None, {"sharing_group_id": (sentence,)})


def _level(level: int, group_id: int | None) -> dict[str, str]:
    return {"distribution": str(level), "sharing_group_id": str(group_id or "")}


def may_send_version(viewer: Viewer, event: EventStanding) -> EventStanding:
    """The event, if the viewer may offer a version of it at all. Raises Forbidden (PROTOCOL §3.6.2 row 2)."""
    if not (may_modify(viewer, event) or viewer.can(Permission.SYNC)):
        raise Forbidden(NOT_AUTHORISED)
    return event


def judge_edit(viewer: Viewer, event: EventStanding, draft: EventDraft, origin: Origin) -> None:
    """Whether this version may be merged at all. Raises Forbidden, Refused, SaveFailed (PROTOCOL §3.6.2)."""
    may_send_version(viewer, event)
    if event.protected or draft.protected:
        raise ProtectedRefused(event.uuid, signed=draft.signed)
    if draft.uuid is not None and draft.uuid != event.uuid:
        raise edit_failed(event, NOT_THIS)
    if draft.timestamp is not None and not _is_newer(event, draft.timestamp, origin):
        raise edit_failed(event, NOT_NEWER)
    if not _may_update(viewer, event, origin):
        raise UpdateRefused(event, NOT_OWNER, _why_not_updated(event, origin))
    if draft.timestamp is not None and _is_from_the_future(event, draft.timestamp, origin):
        raise UpdateRefused(event, IN_THE_FUTURE)


def edit_failed(event: EventStanding, sentence: str) -> SaveFailed:
    """MISP's save-failure about this event."""
    return SaveFailed("edit", "Event", sentence, subject_id=event.id)


def owns(origin: Origin, event: EventStanding) -> bool:
    """Whether the link first delivered the event or is its creator's own."""
    return origin.link_org_id is not None and origin.link_org_id in (event.received_from, event.orgc_id)


def may_raise(origin: Origin, event: EventStanding) -> bool:
    """Whether an edit of this origin may let an element reach more than it does (RULES §4)."""
    return not origin.is_link or owns(origin, event)


def _may_update(viewer: Viewer, event: EventStanding, origin: Origin) -> bool:
    """A link may change a locked event that it delivered or whose creator it is; an unlocked one only the account
    that stored it here."""
    if not origin.is_link:
        return viewer.is_site_admin or may_modify(viewer, event)
    if not event.locked:
        return viewer.is_partner and event.user_id == viewer.user_id
    return load_settings().update_policy == "any" or owns(origin, event)


def _why_not_updated(event: EventStanding, origin: Origin) -> str:
    if not origin.is_link:
        return ""
    return _DELIVERED_RULE if event.locked else _OWN_EVENT_RULE


def _is_newer(event: EventStanding, timestamp: int, origin: Origin) -> bool:
    """Newer than what is here; over an owning link an event of the future is measured by the version before it, or
    nothing would ever change it again (RULES §6)."""
    if timestamp > event.timestamp or (origin.forced and timestamp == event.timestamp):
        return True
    mends = owns(origin, event) and clock.is_ahead(event.timestamp) and timestamp != event.timestamp
    return mends and timestamp > (event.prev_timestamp or 0)


def _is_from_the_future(event: EventStanding, timestamp: int, origin: Origin) -> bool:
    """Over a link that neither delivered nor owns the event; not while the clocks of the two are known to differ."""
    if not origin.is_link or owns(origin, event) or not clock.is_ahead(timestamp):
        return False
    links = servers_of_organisation(origin.link_org_id or 0)
    return all(abs(link.clock_skew or 0) <= MOST_SKEW_SECONDS for link in links)


def version_before(event: EventStanding, draft: EventDraft) -> int | None:
    """What `prev_timestamp` becomes with an edit: a version of the future is none that others are measured by, nor is
    one that is merged again."""
    kept = clock.is_ahead(event.timestamp) or draft.timestamp == event.timestamp
    return event.prev_timestamp if kept else event.timestamp


def edited_level(event: EventStanding, draft: EventDraft, origin: Origin, groups: Groups) -> tuple[int, int | None]:
    """Level and group after an edit: over a link that neither delivered nor owns the event it reaches no more than
    before, and one that waits for its review keeps waiting. Raises SaveFailed (RULES §4)."""
    kept = event.distribution, event.sharing_group_id
    if draft.distribution is None:
        return kept
    if not is_event_level(draft.distribution):
        raise SaveFailed("edit", "Event", {"Event": {"distribution": [EVENT_LEVELS_SENTENCE]}}, subject_id=event.id)
    wanted = _wanted_level(event, draft, origin, groups)
    if wanted == kept:
        return kept
    if not may_raise(origin, event) and widens(wanted[0], event.distribution):
        put_notice(event.id, NoticeKind.LEVEL_KEPT, origin.link_org_id, _level(*wanted))
        return kept
    if event.review:
        put_notice(event.id, NoticeKind.HELD, event.received_from, _level(*wanted))
        return kept
    for kind in (NoticeKind.LEVEL_KEPT, NoticeKind.GROUP_REFUSED):
        drop_notice(event.id, kind)
    return wanted


def _wanted_level(event: EventStanding, draft: EventDraft, origin: Origin, groups: Groups) -> tuple[int, int | None]:
    assert draft.distribution is not None, "the caller has seen it"
    if not needs_group(draft.distribution):
        return draft.distribution, None
    group_id = groups.of_event(draft.distribution, draft.sharing_group, draft.sharing_group_id)
    if group_id is not None:
        return draft.distribution, group_id
    known = event.sharing_group_id
    says_same = draft.sharing_group is None and (origin.way is Way.PULL or draft.sharing_group_id == known)
    if says_same and known is not None:
        return event.distribution, event.sharing_group_id
    reason = _why_no_group(draft, groups)
    if origin.is_link:
        rule = _GROUP_SENTENCES[groups.refusal_of(draft.sharing_group)]
        raise UpdateRefused(event, f"{reason} {NO_GROUP} {rule}")
    raise edit_failed(event, reason)


def _why_no_group(draft: EventDraft, groups: Groups) -> str:
    """MISP's words for an edit whose group may not be used (PROTOCOL §3.6.2 rows 6, 8)."""
    if draft.sharing_group is not None:
        stands = groups.refusal_of(draft.sharing_group) is GroupRefusal.NO_MEMBER
        return NO_MEMBER_ON_EDIT if stands else NO_GROUP_ON_EDIT
    return GROUP_NOT_SAID if draft.sharing_group_id is None else GROUP_NOT_YOURS
