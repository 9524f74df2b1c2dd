"""Add, edit and delete events: the same verbs for a form, REST, a partner's push and our pull (PROTOCOL §3.6)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from mispmini.domain import clock, ids, sentences
from mispmini.domain.distribution import EVENT_LEVELS_SENTENCE, Distribution, GroupFlaw, is_event_level, needs_group
from mispmini.domain.drafts import Dropped, EventDraft
from mispmini.domain.errors import Blocked, EventExists, NotFound, Refused, SaveFailed
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import alerts, publishing, receiving
from mispmini.services.analyst_capture import take_of_event
from mispmini.services.audit import record, watch
from mispmini.services.capture import Groups, capture_tags
from mispmini.services.elements import Intake
from mispmini.services.link_marks import marked
from mispmini.services.organisations import capture_organisation
from mispmini.services.preparing import defaults_for, extra_text
from mispmini.services.receiving import NOT_NEWER as NOT_NEWER
from mispmini.services.receiving import NOT_OWNER as NOT_OWNER
from mispmini.services.receiving import NameRefused, ProtectedRefused, UpdateRefused
from mispmini.services.retracting import must_be_settled
from mispmini.services.rights import may_modify
from mispmini.services.sharing_groups import refuse_unready_group
from mispmini.services.sightings import take_nested
from mispmini.store.analyst_data import settle_in
from mispmini.store.blocklists import block_event, event_is_blocked, org_is_blocked, unblock_event
from mispmini.store.database import reading, take_ids, writing
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
from mispmini.store.graphs import find_event_id, find_readable_event_id
from mispmini.store.organisations import find_any_organisation
from mispmini.store.outbox import forget_event as forget_promises
from mispmini.store.outbox import remember_event as renew_promises
from mispmini.store.servers import forget_indexes
from mispmini.store.settings import InstanceSettings, load_settings
from mispmini.store.tags import Attached, Target, attach_tags, detach_tag, fold
from mispmini.store.trash import NOT_IN_TRASH, find_any_trashed, is_trashed, purge_event, take_out_of_trash

NO_PARENT = "The event that is to be extended is not here."
NOT_DELETED = "Event was not deleted."
BLOCKED_TAG = "Blocked by event block rules."
EMPTY = "Received a published event that was empty. Event add process blocked."


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the event's id and uuid, the elements that were left out, and how many stay with the
    organisation, as their group was not accepted."""

    event_id: int
    uuid: str
    dropped: tuple[Dropped, ...] = ()
    narrowed: int = 0


def add_event(viewer: Viewer, draft: EventDraft, origin: Origin | None = None) -> Saved:
    """Add an event with all its parts; on disk when this returns.

    Raises SaveFailed, Refused, Blocked, EventExists (PROTOCOL §3.6.1). A bad element never fails the event.
    """
    origin = origin or receiving.origin_of(viewer)
    with _refusals_noted(viewer, draft, origin, fresh=True):
        return _add(viewer, draft, origin)


def judge_head(viewer: Viewer, head: EventDraft, ref: str | None) -> None:
    """What stands against adding an event, or editing the one named by `ref`, whatever its elements are.

    A large one is refused so before they are read. Raises as add_event and edit_event do.
    """
    origin = receiving.origin_of(viewer) if ref is None else Origin.of(viewer)
    with _refusals_noted(viewer, head, origin, fresh=ref is None), reading():
        if ref is not None:
            receiving.judge_edit(viewer, event_standing(find_event_id(viewer, ref)), head, origin)
            return
        _refuse_unwanted(viewer, replace(head, published=False), load_settings())
        if head.uuid:
            _refuse_standing(head.uuid)


@contextmanager
def _refusals_noted(viewer: Viewer, draft: EventDraft, origin: Origin, *, fresh: bool) -> Iterator[None]:
    """People here see what a partner, or an edit, was refused for."""
    try:
        yield
    except (NameRefused, UpdateRefused, ProtectedRefused) as refusal:
        if origin.is_link or not fresh:
            receiving.note_refusal(refusal, viewer, origin, draft.timestamp)
        raise


def _add(viewer: Viewer, draft: EventDraft, origin: Origin) -> Saved:
    with writing():
        settings = load_settings()
        draft = marked(viewer, draft, origin, fresh=True)
        _refuse_unwanted(viewer, draft, settings)
        groups = Groups(viewer, origin)
        sent, draft = draft, _with_usable_group(draft, groups, origin, settings)
        if draft.uuid:
            _make_room(draft.uuid)
        wanted = _new_event(viewer, draft, origin, settings)
        event = receiving.judged_name(wanted, origin)
        insert_event(event)
        receiving.note_arrival(wanted, event, sent, origin, groups)
        intake = _take_parts(viewer, event.id, draft, origin, groups, settings, fresh=True)
        record(viewer, "add", "Event", event.id, event.info)
        if event.published:
            _announce(event.id, event.sharing_group_id, origin)
        dropped = tuple(intake.dropped)
        if origin.is_link and groups.names_one(sent.distribution) and wanted.sharing_group_id is None:
            dropped = (receiving.told_of_group(sent, groups), *dropped)
        return Saved(event.id, event.uuid, dropped, intake.narrowed)


def _announce(event_id: int, group_id: int | None, origin: Origin) -> None:
    """Queue what is published with its saving. An author is told if its group is empty; one without servers may come
    with an event that is carried over, and its members still fetch it (FEATURES row 53)."""
    if not origin.is_link:
        refuse_unready_group(group_id, flaws=(GroupFlaw.NOBODY,))
    publishing.announce(event_id, exclude_org_id=origin.link_org_id)
    alerts.queue_for_push(event_id, origin)


def _make_room(uuid: str) -> None:
    """A uuid is taken by an event that stands here; one in the trash that is blocked no longer gives way."""
    if (standing := _refuse_standing(uuid)) is not None:
        purge_event(standing)


def _refuse_standing(uuid: str) -> int | None:
    """The id of the event with this uuid if it lies in the trash. Raises EventExists for one that stands."""
    standing = find_any_event(uuid)
    if standing is not None and not is_trashed(standing.id):
        raise EventExists(standing.id)
    return None if standing is None else standing.id


def _refuse_unwanted(viewer: Viewer, draft: EventDraft, settings: InstanceSettings) -> None:
    if draft.protected:
        raise ProtectedRefused(draft.uuid or "", signed=draft.signed)
    if draft.uuid and settings.event_blocklist and event_is_blocked(draft.uuid):
        raise Blocked("Event blocked by event blocklist.")
    if _has_blocked_tag(draft, settings):
        raise Blocked(BLOCKED_TAG)
    if draft.published and draft.is_empty:
        raise SaveFailed("add", "Event", {"Event": EMPTY})
    creator = viewer.org_uuid if draft.orgc is None else draft.orgc.uuid
    if creator and settings.org_blocklist and org_is_blocked(creator):
        raise Blocked("Event blocked by organisation blocklist.")
    if not (draft.info or "").strip() or draft.info == "0":
        raise SaveFailed("add", "Event", {"Event": {"info": ["valueNotEmpty"]}})
    if draft.distribution is not None and not is_event_level(draft.distribution):
        raise SaveFailed("add", "Event", {"Event": {"distribution": [EVENT_LEVELS_SENTENCE]}})


def _has_blocked_tag(draft: EventDraft, settings: InstanceSettings) -> bool:
    """Whether a tag of the event is one that this instance refuses (PROTOCOL §3.6.1 row 10)."""
    blocked = {fold(name.strip()) for name in settings.blocked_tags.split(",") if name.strip()}
    return any(fold(tag.name) in blocked for tag in draft.tags)


def _with_usable_group(draft: EventDraft, groups: Groups, origin: Origin, settings: InstanceSettings) -> EventDraft:
    """The draft with its group's local id. A group that a link brings and that is not accepted leaves the event to its
    owner alone (never wider: RULES §1). Raises Refused for a push that brings none and for an author."""
    level = settings.default_event_distribution if draft.distribution is None else draft.distribution
    if not needs_group(level):
        return replace(draft, distribution=level, sharing_group_id=None, sharing_group=None)
    group_id = groups.of_event(level, draft.sharing_group, draft.sharing_group_id)
    if group_id is not None:
        return replace(draft, distribution=level, sharing_group_id=group_id, sharing_group=None)
    if not origin.is_link or (origin.way is Way.PUSH and draft.sharing_group is None):
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
        date=draft.date or clock.day_text(now),
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
        extends_uuid=_extended(viewer, draft) or "",
        received_from=origin.link_org_id,
        in_our_name=receiving.is_in_our_name(origin, orgc_id),
        restricted=0,
        extra=extra_text(draft.extra),
    )


def _extended(viewer: Viewer, draft: EventDraft) -> str | None:
    """The uuid of the event that the draft extends; a local id of one that the author sees is turned into it."""
    if not draft.extends_uuid or ids.canonical_uuid(draft.extends_uuid):
        return draft.extends_uuid
    try:
        return event_standing(find_readable_event_id(viewer, draft.extends_uuid)).uuid
    except NotFound:
        raise Refused(NO_PARENT) from None


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
    may_raise: bool = True,
) -> Intake:
    defaults = defaults_for(
        from_link=origin.is_link, default_level=settings.default_attribute_distribution, may_raise=may_raise
    )
    intake = Intake(viewer, event_id, defaults, groups, fresh=fresh, dropped=list(draft.dropped))
    intake.take(draft)
    take_nested(viewer, event_id, draft, trusts_names=origin.is_link or viewer.can(Permission.SYNC))
    take_of_event(viewer, event_id, draft, groups)
    _take_event_tags(viewer, event_id, draft, fresh=fresh)
    if intake.changed:
        recount(event_id)
    else:
        settle_in(event_id)
    if origin.is_link:
        receiving.note_refused_elements(event_id, intake, origin)
    return intake


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


def editable_event(viewer: Viewer, ref: str) -> int:
    """The id of a visible event that the viewer may send a version of. Raises NotFound, Forbidden."""
    return receiving.may_send_version(viewer, event_standing(find_event_id(viewer, ref))).id


def edit_event(viewer: Viewer, ref: str, draft: EventDraft, origin: Origin | None = None) -> Saved:
    """Merge a newer version into the event named by id or uuid; what the draft leaves out stays.

    Raises NotFound, Forbidden, SaveFailed (PROTOCOL §3.6.2, RULES §4, §5).
    """
    origin = origin or Origin.of(viewer)
    with _refusals_noted(viewer, draft, origin, fresh=False):
        return _edit(viewer, ref, draft, origin)


def _edit(viewer: Viewer, ref: str, draft: EventDraft, origin: Origin) -> Saved:
    with writing():
        standing = event_standing(find_event_id(viewer, ref))
        settings = load_settings()
        draft = marked(viewer, draft, origin, fresh=False)
        receiving.judge_edit(viewer, standing, draft, origin)
        groups = Groups(viewer, origin)
        columns = _edited_columns(viewer, standing, draft, origin, groups)
        if not origin.is_link and (not columns["published"] or columns["distribution"] != standing.distribution):
            must_be_settled(standing)
        may_raise = receiving.may_raise(origin, standing)
        intake = _take_parts(viewer, standing.id, draft, origin, groups, settings, fresh=False, may_raise=may_raise)
        watch("Event", standing.id)
        update_event(standing.id, columns)
        record(viewer, "edit", "Event", standing.id, str(columns.get("info", standing.info)))
        if columns["published"]:
            _announce(standing.id, event_standing(standing.id).sharing_group_id, origin)
        return Saved(standing.id, standing.uuid, tuple(intake.dropped), intake.narrowed)


def _edited_columns(
    viewer: Viewer, event: EventStanding, draft: EventDraft, origin: Origin, groups: Groups
) -> dict[str, object]:
    now = clock.edited(event.timestamp, is_out=event.is_out)
    level, group_id = receiving.edited_level(event, draft, origin, groups)
    published = bool(draft.published) and (origin.way is Way.PULL or viewer.can(Permission.PUBLISH))
    given = {
        "info": draft.info,
        "date": draft.date,
        "threat_level_id": draft.threat_level_id,
        "analysis": draft.analysis,
        "disable_correlation": draft.disable_correlation,
        "extends_uuid": _extended(viewer, draft),
        "extra": extra_text(draft.extra),
    }
    return {name: value for name, value in given.items() if value is not None} | {
        "timestamp": draft.timestamp or now,
        "prev_timestamp": receiving.version_before(event, draft),
        "published": published,
        "publish_timestamp": clock.now() if published else event.publish_timestamp,
        "distribution": level,
        "sharing_group_id": group_id,
    }


def find_event(viewer: Viewer, ref: str) -> int:
    """The id of a visible event. Raises NotFound."""
    return find_event_id(viewer, ref)


def delete_event(viewer: Viewer, ref: str) -> int:
    """Delete an event here: it goes to the trash at once and its uuid is blocked (MODEL §7.12, RULES §2).

    Returns its id. Raises SaveFailed, the same for an absent event and one that is another's; Refused while its
    retraction waits for receipts, which would be promised no longer.
    """
    with writing():
        failed = SaveFailed("delete", "Event", NOT_DELETED)
        try:
            event = event_standing(find_event_id(viewer, ref))
        except NotFound:
            raise failed from None
        if not may_modify(viewer, event):
            raise failed
        must_be_settled(event)
        orgc = find_any_organisation(event.orgc_id)
        block_event(
            event.uuid,
            info=event.info,
            orgc=orgc.name if orgc else "",
            comment=sentences.BLOCKED_BY_DELETING,
        )
        trash_event(event.id)
        forget_promises(event.uuid)
        record(viewer, "delete", "Event", event.id, event.info)
        return event.id


def restore_event(viewer: Viewer, ref: str) -> int:
    """Take an event back out of the trash, whole as it was, and off the blocklist (RULES §2). Returns its id.

    Raises NotFound, the same for an event that is another's.
    """
    with writing():
        event = find_any_trashed(ref)
        if not may_modify(viewer, event):
            raise NotFound(NOT_IN_TRASH)
        take_out_of_trash(event.id)
        unblock_event(event.uuid)
        forget_indexes()
        renew_promises(event.uuid, event.timestamp)
        record(viewer, "restore", "Event", event.id, event.info)
        return event.id


def delete_events(viewer: Viewer, refs: Sequence[str]) -> list[int]:
    """Delete several events, all or none. Raises SaveFailed, also for none at all."""
    if not refs:
        raise SaveFailed("delete", "Event", NOT_DELETED)
    with writing():
        return [delete_event(viewer, ref) for ref in refs]
