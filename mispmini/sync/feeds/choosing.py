"""Which events of a MISP feed are taken, and why not: one rule for the preview and the fetch (API §9.6)."""

from collections.abc import Sequence
from enum import StrEnum

from mispmini.domain.feeds import FeedRecord, ManifestEntry
from mispmini.domain.rules import PullRules
from mispmini.store.feeds import delivered_uuids
from mispmini.store.organisations import find_any_organisation
from mispmini.store.settings import load_settings
from mispmini.store.versions import LocalVersion, blocked_among, local_versions


class FeedVerdict(StrEnum):
    """Whether a fetch would take an event of a feed, or why not."""

    NEW = "new"
    NEWER = "newer"
    HERE = "here"
    OURS = "ours"
    ELSEWHERE = "elsewhere"
    BLOCKED = "blocked"
    LEFT_OUT = "left_out"


WOULD_COME = frozenset({FeedVerdict.NEW, FeedVerdict.NEWER})


def judge(feed: FeedRecord, entries: Sequence[ManifestEntry]) -> list[FeedVerdict]:
    """A verdict for each: our own events and those that came another way are never changed by a feed (RULES §4)."""
    settings = load_settings()
    host = find_any_organisation(settings.host_org_id) if settings.host_org_id else None
    uuids = [entry.uuid for entry in entries]
    here, delivered = local_versions(uuids), delivered_uuids(feed.id)
    events, orgs = blocked_among(
        uuids if settings.event_blocklist else [],
        sorted({entry.orgc_uuid for entry in entries if entry.orgc_uuid}) if settings.org_blocklist else [],
    )
    rules = PullRules.from_text(feed.rules)

    def verdict(entry: ManifestEntry) -> FeedVerdict:
        if entry.uuid in events or entry.orgc_uuid in orgs:
            return FeedVerdict.BLOCKED
        if host is not None and entry.orgc_uuid == host.uuid:
            return FeedVerdict.OURS
        standing = _standing(entry, here.get(entry.uuid), is_its_own=entry.uuid in delivered)
        named = entry.tags, entry.orgc_name, entry.orgc_uuid
        if standing in WOULD_COME and (rules.leave_out(*named) or not rules.wants(*named)):
            return FeedVerdict.LEFT_OUT
        return standing

    return [verdict(entry) for entry in entries]


def _standing(entry: ManifestEntry, local: LocalVersion | None, *, is_its_own: bool) -> FeedVerdict:
    if local is None:
        return FeedVerdict.NEW
    if local.trashed:
        return FeedVerdict.BLOCKED
    if not local.locked:
        return FeedVerdict.OURS
    if not is_its_own:
        return FeedVerdict.ELSEWHERE
    return FeedVerdict.NEWER if local.is_older_than(entry.timestamp) else FeedVerdict.HERE
