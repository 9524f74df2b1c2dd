"""Takes over the events of a MISP feed: new ones, and newer versions of those that it delivered."""

import logging
from dataclasses import dataclass, replace

from mispmini.domain.distribution import Distribution, needs_group
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, TagDraft
from mispmini.domain.errors import Busy, MispminiError, OutOfSpace
from mispmini.domain.feeds import FeedRecord, ManifestEntry
from mispmini.domain.origin import Origin, Way
from mispmini.domain.viewer import Viewer
from mispmini.services import audit, publishing
from mispmini.services.events import add_event, edit_event
from mispmini.store import feeds as store
from mispmini.store.database import writing
from mispmini.store.events import event_standing, find_any_event, update_event
from mispmini.store.organisations import find_any_organisation
from mispmini.store.settings import load_settings
from mispmini.store.tags import tag_names
from mispmini.sync.feeds.choosing import WOULD_COME, judge
from mispmini.sync.feeds.source import FeedSource
from mispmini.sync.links import Progress
from mispmini.sync.remote import Cause, RemoteFailure
from mispmini.wire.event_in import read_event

_MOST_FAILURES_IN_A_ROW = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a fetch brought."""

    added: int = 0
    updated: int = 0
    failed: int = 0

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(self.added + other.added, self.updated + other.updated, self.failed + other.failed)


def house_viewer(feed: FeedRecord) -> Viewer:
    """Whoever stores what a feed brings: the server itself, for the organisation of the feed or its own."""
    org_id = feed.orgc_id or load_settings().host_org_id
    org = find_any_organisation(org_id) if org_id else None
    return Viewer.everything(org_id=org.id, org_uuid=org.uuid, org_name=org.name) if org else Viewer.everything()


def fetch_events(source: FeedSource, progress: Progress) -> Taken:
    """Take what is new; a failed event costs itself alone. Raises RemoteFailure when three in a row fail."""
    feed, entries = source.feed, source.manifest()
    wanted = [e for e, verdict in zip(entries, judge(feed, entries), strict=True) if verdict in WOULD_COME]
    taken, failures = Taken(), 0
    for done, entry in enumerate(wanted, 1):
        try:
            taken, failures = taken + _take(source, entry), 0
        except RemoteFailure as failure:
            taken, failures = taken + Taken(failed=1), failures + 1
            _log.warning("An event of feed %s could not be fetched: %s", feed.id, failure)
            if failures >= _MOST_FAILURES_IN_A_ROW:
                raise
        if not progress(done, len(wanted)):
            break
    return taken


def _take(source: FeedSource, entry: ManifestEntry) -> Taken:
    document = source.event(entry.uuid)
    try:
        draft = read_event(document, from_partner=True)
        if draft.uuid != entry.uuid or draft.protected:
            raise RemoteFailure(Cause.NOT_JSON, f"{entry.uuid}.json holds another event, or a protected one")
        _must_still_be_wanted(source.feed, entry, draft)
        return keep_event(source.feed, draft)
    except (Busy, OutOfSpace):
        raise
    except MispminiError as error:
        _log.warning("Event %s of feed %s was not stored: %s", entry.uuid, source.feed.id, error.sentence)
        return Taken(failed=1)


def _must_still_be_wanted(feed: FeedRecord, entry: ManifestEntry, draft: EventDraft) -> None:
    """The event may say of itself what its line in the manifest hid: the same rules again."""
    creator = draft.orgc
    said = replace(
        entry,
        orgc_name=creator.name if creator else "",
        orgc_uuid=(creator.uuid or "") if creator else "",
        tags=tuple(tag.name for tag in draft.tags),
    )
    if judge(feed, [said])[0] not in WOULD_COME:
        raise RemoteFailure(Cause.NOT_JSON, f"{entry.uuid}.json is not what the manifest says")


def keep_event(feed: FeedRecord, draft: EventDraft) -> Taken:
    """Store an event, or its newer version, and publish it if the feed is set so."""
    viewer = house_viewer(feed)
    with audit.apart(), writing():
        local = find_any_event(str(draft.uuid))
        if local is None:
            event_id, taken = _add(feed, viewer, draft), Taken(added=1)
        else:
            origin = Origin(Way.PULL, viewer.org_id, link_org_id=event_standing(local.id).orgc_id)
            kept = replace(_as_the_feed_says(feed, draft), distribution=None, locked=None)
            event_id, taken = edit_event(viewer, str(draft.uuid), kept, origin).event_id, Taken(updated=1)
    publish_if_wished(feed, viewer, event_id)
    return taken


def _add(feed: FeedRecord, viewer: Viewer, draft: EventDraft) -> int:
    """A group of ours is named after the event is in: what comes over a link may not name one by its number."""
    grouped = needs_group(feed.distribution)
    level = int(Distribution.ORGANISATION) if grouped else feed.distribution
    known = replace(_as_the_feed_says(feed, draft), distribution=level, locked=True)
    saved = add_event(viewer, known, Origin(Way.PULL, viewer.org_id))
    if grouped and feed.sharing_group_id:
        update_event(saved.event_id, {"distribution": feed.distribution, "sharing_group_id": feed.sharing_group_id})
    store.note_delivery(feed.id, saved.event_id)
    return saved.event_id


def publish_if_wished(feed: FeedRecord, viewer: Viewer, event_id: int) -> None:
    """Publish what a feed brought; what is not fit for it stays unpublished, and the log says why."""
    if not feed.publish:
        return
    try:
        publishing.publish_event(viewer, str(event_id))
    except (Busy, OutOfSpace):
        raise
    except MispminiError as error:
        _log.warning("Event %s of feed %s was not published: %s", event_id, feed.id, error.sentence)


def _as_the_feed_says(feed: FeedRecord, draft: EventDraft) -> EventDraft:
    """Level, group and flags are ours to say; the feed's tag is a local one on an event that is not ours."""
    names = tag_names([feed.tag_id]) if feed.tag_id else {}
    return replace(
        draft,
        sharing_group=None,
        sharing_group_id=None,
        published=False,
        tags=(*(replace(t, local=False) for t in draft.tags), *(TagDraft(n, local=True) for n in names.values())),
        attributes=tuple(_attribute(feed, attribute) for attribute in draft.attributes),
        objects=tuple(_object(feed, item) for item in draft.objects),
    )


def _object(feed: FeedRecord, draft: ObjectDraft) -> ObjectDraft:
    return replace(draft, attributes=tuple(_attribute(feed, attribute) for attribute in draft.attributes))


def _attribute(feed: FeedRecord, draft: AttributeDraft) -> AttributeDraft:
    to_ids = False if feed.override_ids else True if feed.force_to_ids else draft.to_ids
    return replace(draft, to_ids=to_ids, sightings=())
