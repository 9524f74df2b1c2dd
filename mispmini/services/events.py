"""Add, edit and delete events: the same verbs for a form, REST, a partner's push and our pull (PROTOCOL §3.6)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mispmini.domain import clock, ids
from mispmini.domain.distribution import EVENT_LEVELS_SENTENCE, Distribution, is_event_level, needs_group, raises
from mispmini.domain.drafts import Dropped, EventDraft
from mispmini.domain.errors import Blocked, EventExists, Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import publishing
from mispmini.services.audit import record
from mispmini.services.capture import Groups, capture_tags
from mispmini.services.elements import Intake
from mispmini.services.organisations import capture_organisation
from mispmini.services.preparing import defaults_for, extra_text
from mispmini.services.rights import NOT_AUTHORISED, may_modify
from mispmini.store.blocklists import block_event, event_is_blocked, org_is_blocked
from mispmini.store.database import take_ids, writing
from mispmini.store.events import (
    EventStanding,
    NewEvent,
    event_standing,
    find_any_event,
    insert_event,
    recount,
    trash_event,
    update_event,
)
from mispmini.store.events import (
    wanted_for_push as wanted_for_push,
)
from mispmini.store.graphs import find_event_id
from mispmini.store.organisations import find_any_organisation
from mispmini.store.refusals import refuse_update
from mispmini.store.settings import InstanceSettings, load_settings
from mispmini.store.tags import Attached, Target, attach_tags, detach_tag, fold

NOT_NEWER = "Event could not be saved: Event in the request not newer than the local copy."
NOT_OWNER = (
    "Event could not be saved: The user used to edit the event is not authorised to do so. This can be caused by the"
    " user not being of the same organisation as the original creator of the event whilst also not being a site"
    " administrator."
)
NO_GROUP_ON_EDIT = "Event could not be saved: User not authorised to create the associated sharing group."
UNSIGNED = "Protected event failed signature validation as no key was provided."
EMPTY = "Received a published event that was empty. Event add process blocked."


class UpdateRefused(SaveFailed):
    """Somebody who may not update this event tried to: people will want to see it (RULES §4)."""

    def __init__(self, event: EventStanding, reason: str) -> None:
        super().__init__("edit", "Event", reason, subject_id=event.id)
        self.uuid = event.uuid
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the event's id and uuid, and the elements that were left out."""

    event_id: int
    uuid: str
    dropped: tuple[Dropped, ...] = ()
    notices: tuple[str, ...] = ()


def add_event(viewer: Viewer, draft: EventDraft, origin: Origin | None = None) -> Saved:
    """Add an event with all its parts; on disk when this returns.

    Raises SaveFailed, Refused, Blocked, EventExists (PROTOCOL §3.6.1). A bad element never fails the event.
    """
    origin = origin or Origin.of(viewer)
    with writing():
        settings = load_settings()
        _refuse_unwanted(draft, settings)
        groups = Groups(viewer, origin)
        draft = _with_usable_group(draft, groups, origin, settings)
        if draft.uuid and (standing := find_any_event(draft.uuid)) is not None:
            raise EventExists(standing.id)
        event = _new_event(viewer, draft, origin, settings)
        insert_event(event)
        dropped = _take_parts(viewer, event.id, draft, origin, groups, settings, fresh=True)
        record(viewer, "add", "Event", event.id, event.info)
        if event.published:
            publishing.announce(event.id, exclude_org_id=origin.link_org_id)
        return Saved(event.id, event.uuid, dropped)


def _refuse_unwanted(draft: EventDraft, settings: InstanceSettings) -> None:
    if draft.protected:
        raise Refused(UNSIGNED)
    if draft.uuid and settings.event_blocklist and event_is_blocked(draft.uuid):
        raise Blocked("Event blocked by event blocklist.")
    if draft.published and draft.is_empty:
        raise SaveFailed("add", "Event", {"Event": EMPTY})
    if draft.orgc and draft.orgc.uuid and settings.org_blocklist and org_is_blocked(draft.orgc.uuid):
        raise Blocked("Event blocked by organisation blocklist.")
    if not (draft.info or "").strip() or draft.info == "0":
        raise SaveFailed("add", "Event", {"Event": {"info": ["valueNotEmpty"]}})
    if draft.distribution is not None and not is_event_level(draft.distribution):
        raise SaveFailed("add", "Event", {"Event": {"distribution": [EVENT_LEVELS_SENTENCE]}})


def _with_usable_group(draft: EventDraft, groups: Groups, origin: Origin, settings: InstanceSettings) -> EventDraft:
    """The draft with its group's local id. A link's group that is not accepted leaves the event to its owner alone
    (never wider: RULES §1); an author is refused."""
    level = settings.default_event_distribution if draft.distribution is None else draft.distribution
    if not needs_group(level):
        return replace(draft, distribution=level, sharing_group_id=None, sharing_group=None)
    group_id = groups.of(level, draft.sharing_group, draft.sharing_group_id)
    if group_id is not None:
        return replace(draft, distribution=level, sharing_group_id=group_id, sharing_group=None)
    if not origin.is_link:
        raise Refused("Invalid Sharing Group or not authorised.")
    return replace(draft, distribution=int(Distribution.ORGANISATION), sharing_group_id=None, sharing_group=None)


def _new_event(viewer: Viewer, draft: EventDraft, origin: Origin, settings: InstanceSettings) -> NewEvent:
    now = clock.now()
    orgc_id = _creator(viewer, draft, origin)
    published = bool(draft.published) and (origin.way is Way.PULL or viewer.can(Permission.PUBLISH))
    return NewEvent(
        id=take_ids("event"),
        uuid=draft.uuid or ids.new_uuid(),
        org_id=origin.owner_org_id,
        orgc_id=orgc_id,
        user_id=viewer.user_id,
        date=draft.date or clock.today(),
        info=draft.info or "",
        timestamp=draft.timestamp or now,
        published=published,
        publish_timestamp=now if published else 0,
        threat_level_id=draft.threat_level_id or settings.default_event_threat_level,
        analysis=draft.analysis or 0,
        distribution=settings.default_event_distribution if draft.distribution is None else draft.distribution,
        sharing_group_id=draft.sharing_group_id,
        attribute_count=0,
        locked=_locked(viewer, draft, origin, orgc_id),
        disable_correlation=bool(draft.disable_correlation),
        extends_uuid=draft.extends_uuid or "",
        received_from=origin.link_org_id,
        in_our_name=origin.is_link and not origin.internal and orgc_id == settings.host_org_id,
        restricted=0,
        extra=extra_text(draft.extra),
    )


def _creator(viewer: Viewer, draft: EventDraft, origin: Origin) -> int:
    """The creator's organisation: a foreign Orgc counts only from those who sync (MODEL §5.5)."""
    if draft.orgc is not None and (origin.is_link or viewer.can(Permission.SYNC)):
        return capture_organisation(viewer, draft.orgc).id
    return viewer.org_id or origin.owner_org_id


def _locked(viewer: Viewer, draft: EventDraft, origin: Origin, orgc_id: int) -> bool:
    """RULES §4: the payload's value from those who sync, else false; absent and foreign: true."""
    if not (origin.is_link or viewer.can(Permission.SYNC)):
        return False
    return orgc_id != viewer.org_id if draft.locked is None else draft.locked


def _take_parts(
    viewer: Viewer,
    event_id: int,
    draft: EventDraft,
    origin: Origin,
    groups: Groups,
    settings: InstanceSettings,
    *,
    fresh: bool,
) -> tuple[Dropped, ...]:
    defaults = defaults_for(from_link=origin.is_link, default_level=settings.default_attribute_distribution)
    intake = Intake(viewer, event_id, defaults, groups, fresh=fresh, dropped=list(draft.dropped))
    intake.take(draft)
    _take_event_tags(viewer, event_id, draft, fresh=fresh)
    if intake.changed:
        recount(event_id)
    return tuple(intake.dropped)


def _take_event_tags(viewer: Viewer, event_id: int, draft: EventDraft, *, fresh: bool) -> None:
    """On add every tag is taken; on edit taggers add and, by `deleted`, remove (MODEL §7.5, RULES §8)."""
    if not draft.tags or not (fresh or viewer.can(Permission.TAGGER)):
        return
    tags = capture_tags(viewer, draft.tags)
    links: dict[int, Attached] = {}
    for tag in draft.tags:
        known = tags.get(fold(tag.name))
        if known is None:
            continue
        if tag.deleted:
            detach_tag(Target.EVENT, event_id, known.id, may_be_local=not viewer.is_partner)
        else:
            links.setdefault(known.id, Attached(event_id, event_id, known.id, tag.local, tag.relationship_type))
    attach_tags(Target.EVENT, list(links.values()))


def edit_event(viewer: Viewer, ref: str, draft: EventDraft, origin: Origin | None = None) -> Saved:
    """Merge a newer version into the event named by id or uuid; what the draft leaves out stays.

    Raises NotFound, Forbidden, SaveFailed (PROTOCOL §3.6.2, RULES §4, §5).
    """
    origin = origin or Origin.of(viewer)
    try:
        return _edit(viewer, ref, draft, origin)
    except UpdateRefused as refusal:
        with writing(quiet=True):
            refuse_update(refusal.uuid, viewer, origin, draft.timestamp, refusal.reason)
        raise


def _edit(viewer: Viewer, ref: str, draft: EventDraft, origin: Origin) -> Saved:
    with writing():
        standing = event_standing(find_event_id(viewer, ref))
        settings = load_settings()
        _judge_edit(viewer, standing, draft, origin, settings)
        groups = Groups(viewer, origin)
        columns = _edited_columns(viewer, standing, draft, origin, groups)
        dropped = _take_parts(viewer, standing.id, draft, origin, groups, settings, fresh=False)
        update_event(standing.id, columns)
        record(viewer, "edit", "Event", standing.id, str(columns.get("info", standing.info)))
        if columns["published"]:
            publishing.announce(standing.id, exclude_org_id=origin.link_org_id)
        return Saved(standing.id, standing.uuid, dropped)


def _judge_edit(
    viewer: Viewer, event: EventStanding, draft: EventDraft, origin: Origin, settings: InstanceSettings
) -> None:
    if not (may_modify(viewer, event) or viewer.can(Permission.SYNC)):
        raise Forbidden(NOT_AUTHORISED)
    if event.protected or draft.protected:
        raise Refused(UNSIGNED)
    if draft.uuid is not None and draft.uuid != event.uuid:
        raise _edit_failed(event, "Event could not be saved: Could not find the local event.")
    if draft.timestamp is not None and draft.timestamp <= event.timestamp:
        raise _edit_failed(event, NOT_NEWER)
    if not _may_update(viewer, event, origin, settings):
        raise UpdateRefused(event, NOT_OWNER)


def _edit_failed(event: EventStanding, sentence: str) -> SaveFailed:
    return SaveFailed("edit", "Event", sentence, subject_id=event.id)


def _may_update(viewer: Viewer, event: EventStanding, origin: Origin, settings: InstanceSettings) -> bool:
    """A link may change a locked event that it delivered or whose creator it is; an unlocked one only the account
    that stored it here."""
    if not origin.is_link:
        return viewer.is_site_admin or may_modify(viewer, event)
    if not event.locked:
        return viewer.is_partner and event.user_id == viewer.user_id
    return settings.update_policy == "any" or origin.link_org_id in (event.received_from, event.orgc_id)


def _edited_columns(
    viewer: Viewer, event: EventStanding, draft: EventDraft, origin: Origin, groups: Groups
) -> dict[str, object]:
    now = clock.later_than(event.timestamp)
    level, group_id = _edited_level(event, draft, origin, groups)
    published = bool(draft.published) and (origin.way is Way.PULL or viewer.can(Permission.PUBLISH))
    given = {
        "info": draft.info,
        "date": draft.date,
        "threat_level_id": draft.threat_level_id,
        "analysis": draft.analysis,
        "disable_correlation": draft.disable_correlation,
        "extends_uuid": draft.extends_uuid,
        "extra": extra_text(draft.extra),
    }
    return {name: value for name, value in given.items() if value is not None} | {
        "timestamp": draft.timestamp or now,
        "prev_timestamp": event.timestamp,
        "published": published,
        "publish_timestamp": clock.now() if published else event.publish_timestamp,
        "distribution": level,
        "sharing_group_id": group_id,
    }


def _edited_level(event: EventStanding, draft: EventDraft, origin: Origin, groups: Groups) -> tuple[int, int | None]:
    """The level after an edit: over a link that neither delivered nor owns the event it is never raised (RULES §4)."""
    kept = event.distribution, event.sharing_group_id
    if draft.distribution is None:
        return kept
    if not is_event_level(draft.distribution):
        raise SaveFailed("edit", "Event", {"Event": {"distribution": [EVENT_LEVELS_SENTENCE]}}, subject_id=event.id)
    owns = origin.link_org_id in (event.received_from, event.orgc_id)
    if origin.is_link and not owns and raises(draft.distribution, event.distribution):
        return kept
    if not needs_group(draft.distribution):
        return draft.distribution, None
    group_id = groups.of(draft.distribution, draft.sharing_group, draft.sharing_group_id)
    if group_id is None and draft.sharing_group is None and event.sharing_group_id is not None:
        return kept
    if group_id is None:
        raise _edit_failed(event, NO_GROUP_ON_EDIT)
    return draft.distribution, group_id


def find_event(viewer: Viewer, ref: str) -> int:
    """The id of a visible event. Raises NotFound."""
    return find_event_id(viewer, ref)


def delete_event(viewer: Viewer, ref: str) -> int:
    """Delete an event here: it goes to the trash at once and its uuid is blocked (MODEL §7.12, RULES §2).

    Returns its id. Raises SaveFailed, the same for an absent event and one that is another's.
    """
    with writing():
        failed = SaveFailed("delete", "Event", "Event was not deleted.")
        try:
            event = event_standing(find_event_id(viewer, ref))
        except NotFound:
            raise failed from None
        if not may_modify(viewer, event):
            raise failed
        orgc = find_any_organisation(event.orgc_id)
        block_event(
            event.uuid,
            info=event.info,
            orgc=orgc.name if orgc else "",
            comment="Automatically blocked by deleting event",
        )
        trash_event(event.id)
        record(viewer, "delete", "Event", event.id, event.info)
        return event.id


def delete_events(viewer: Viewer, refs: Iterable[str]) -> list[int]:
    """Delete several events, all or none."""
    with writing():
        return [delete_event(viewer, ref) for ref in refs]
