"""Feeds as admins keep them: listed, added, changed, removed, and their caches asked (API §9.6)."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import fields
from urllib.parse import urlsplit

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution, needs_group
from mispmini.domain.drafts import TagDraft
from mispmini.domain.errors import Invalid, NotFound, Refused, SaveFailed
from mispmini.domain.feeds import KNOWN_FEEDS, FeedDraft, FeedHit, FeedRecord, FeedVerb, Overlap, SourceFormat
from mispmini.domain.feeds import value_digest as value_digest
from mispmini.domain.ids import is_row_number
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.services.capture import capture_tags
from mispmini.services.servers import require_site_admin
from mispmini.services.sharing_groups import usable_group
from mispmini.store import feeds as store
from mispmini.store import jobs, sealing
from mispmini.store.database import reading, writing
from mispmini.store.graphs import load_event
from mispmini.store.jobs import JobKind
from mispmini.store.organisations import find_any_organisation
from mispmini.store.tags import find_tag, fold, tag_names

INVALID = "Invalid feed."
NOT_ENABLED = "Feed is currently not enabled. Make sure you enable it."
NOT_LOCAL_FILES = "Files of the server are not read: give an address that begins with http:// or https://."
NEEDS_NAME = "Please give a name."
NEEDS_URL = "Please give an address that begins with http:// or https://, without login."
NO_GROUP = 'If the distribution is set to "Sharing Group", a sharing group has to be selected.'
NO_ORGANISATION = "Please choose an organisation that is here."
NO_TAG = "There is no such tag."
BAD_NETWORK = "Please give networks like 10.1.2.0/24."
BAD_HEADERS = "Please give one header a line, as Name: value."
_MODEL = "Feed"
_NOT_COLUMNS = frozenset({"input_source", "headers", "tag_name", "allow_internal"})
_NUMBERS = ("sharing_group_id", "tag_id", "event_id", "orgc_id")
_MASK = "****"


def list_feeds(viewer: Viewer, *, scope: str = "", search: str = "") -> list[FeedRecord]:
    """Every feed, or those of a scope that hold a text in name, provider or address. Raises Forbidden."""
    require_site_admin(viewer)
    found = [] if scope == "default" else store.list_any_feeds()  # MISP: those that it comes with; ours are one's own
    wanted = search.casefold()
    return [
        feed
        for feed in found
        if (feed.enabled or scope != "enabled") and wanted in f"{feed.name} {feed.provider} {feed.url}".casefold()
    ]


def find_feed(viewer: Viewer, feed_id: int) -> FeedRecord:
    """A feed by id. Raises Forbidden, NotFound."""
    require_site_admin(viewer)
    found = store.find_any_feed(feed_id)
    if found is None:
        raise NotFound(INVALID)
    return found


def name_of(feed_id: int) -> str:
    """What a feed is called, for those who may see it; empty once it is gone."""
    found = store.find_any_feed(feed_id)
    return found.name if found else ""


def add_feed(viewer: Viewer, draft: FeedDraft) -> FeedRecord:
    """Add a feed. Raises Forbidden, SaveFailed."""
    require_site_admin(viewer)
    with writing():
        columns = _checked("add", viewer, draft, None)
        feed_id = store.insert_feed({"allow_internal": [], **columns})
        audit.record(viewer, "add", _MODEL, feed_id, str(draft.name), _told(draft))
        return find_feed(viewer, feed_id)


def edit_feed(viewer: Viewer, feed_id: int, draft: FeedDraft) -> FeedRecord:
    """Change what the draft gives. Raises Forbidden, NotFound, SaveFailed."""
    with writing():
        old = find_feed(viewer, feed_id)
        audit.watch(_MODEL, feed_id)
        store.update_feed(feed_id, _checked("edit", viewer, draft, old))
        audit.record(viewer, "edit", _MODEL, feed_id, draft.name or old.name, _told(draft))
        edited = find_feed(viewer, feed_id)
    if old.headers and old.headers != edited.headers:
        sealing.forget(old.headers)
    return edited


def delete_feed(viewer: Viewer, feed_id: int) -> FeedRecord:
    """Remove a feed with its cache; events stay. Raises Forbidden, NotFound."""
    with writing():
        feed = find_feed(viewer, feed_id)
        store.delete_feed(feed_id)
        audit.record(viewer, "delete", _MODEL, feed_id, feed.name)
    if feed.headers:
        sealing.forget(feed.headers)
    return feed


def load_default_feeds(viewer: Viewer) -> int:
    """Add well-known feeds that are not here, all of them switched off; how many. Raises Forbidden."""
    require_site_admin(viewer)
    missing = [draft for draft in KNOWN_FEEDS if store.find_any_feed_at(str(draft.url)) is None]
    with writing():
        for draft in missing:
            feed = add_feed(viewer, draft)
            store.update_feed(feed.id, {"default_feed": True})
    return len(missing)


def shown_headers(feed: FeedRecord) -> str:
    """The names of a feed's own headers; their values are never shown."""
    return "\n".join(f"{name}: {_MASK}" for name, _value in headers_of(feed))


def headers_of(feed: FeedRecord) -> tuple[tuple[str, str], ...]:
    """What is sent along when a feed is asked; nothing if the key file lacks it."""
    try:
        text = sealing.unseal(feed.headers) if feed.headers else ""
    except KeyError:
        return ()
    return tuple(_read_headers(text))


def tag_of(feed: FeedRecord) -> str:
    """The name of the tag that a feed's events get, empty for none."""
    return tag_names([feed.tag_id]).get(feed.tag_id, "") if feed.tag_id else ""


def ask_for_feed_job(viewer: Viewer, feed: FeedRecord, verb: FeedVerb) -> int:
    """Ask for a fetch or for caching that a job does; its id. Raises Forbidden, Refused for one that is off."""
    require_site_admin(viewer)
    if verb is FeedVerb.FETCH and not feed.enabled:
        raise Refused(NOT_ENABLED)
    with writing():
        return jobs.create_job(JobKind.FEED, f"{feed.id} {verb}", viewer.user_id)


def feeds_to_cache(viewer: Viewer, scope: str) -> list[FeedRecord]:
    """The feeds that `all`, a format or an id stands for; of the first two those whose caching is on.

    Raises Forbidden, NotFound.
    """
    if is_row_number(scope):
        return [find_feed(viewer, int(scope))]
    formats = set(SourceFormat) if scope == "all" else {form for form in SourceFormat if form == scope}
    if not formats:
        raise NotFound(INVALID)
    return [feed for feed in list_feeds(viewer) if feed.caching_enabled and feed.source_format in formats]


def search_caches(viewer: Viewer, values: Sequence[str]) -> list[FeedHit]:
    """Which feeds hold these values; of feeds that are not for everybody only for those who may see such hits."""
    wanted = {value_digest(value): value for value in values}
    hidden_too = viewer.is_site_admin or viewer.can(Permission.VIEW_FEED_CORRELATIONS)
    known = {feed.id: feed for feed in store.list_any_feeds()}
    hits: dict[tuple[int, str], list[str]] = {}
    for digest, feed_id, event_uuid in store.hits_of(list(wanted), hidden_too=hidden_too):
        uuids = hits.setdefault((feed_id, wanted[digest]), [])
        uuids += [event_uuid] if event_uuid else []
    return [FeedHit(known[feed_id], value, tuple(uuids)) for (feed_id, value), uuids in hits.items()]


def hits_in_event(viewer: Viewer, event_id: int, limit: int) -> list[FeedHit]:
    """Which values of an event that the viewer reads are known to feeds, at most so many (RULES §10.7)."""
    if not store.any_cached():
        return []
    with reading():
        graph = load_event(viewer, str(event_id))
    values = dict.fromkeys(part for row in graph.attributes for part in (row.value1, row.value2) if part)
    return search_caches(viewer, list(values))[:limit]


def compare_feeds(viewer: Viewer) -> list[tuple[FeedRecord, list[Overlap]]]:
    """Each cached feed with those whose caches share values with it. Raises Forbidden."""
    known = {feed.id: feed for feed in list_feeds(viewer)}
    shared: dict[int, list[Overlap]] = {}
    for one, other, count in store.overlaps():
        percentage = round(100 * count / (known[one].cached_elements or 1))
        shared.setdefault(one, []).append(Overlap(known[other], count, percentage))
    return [(feed, shared.get(feed.id, [])) for feed in known.values() if feed.cache_timestamp is not None]


def _checked(action: str, viewer: Viewer, draft: FeedDraft, old: FeedRecord | None) -> dict[str, object]:
    """What is written. Raises SaveFailed by field."""
    try:
        return _columns(viewer, draft, old)
    except Invalid as invalid:
        raise SaveFailed(action, _MODEL, invalid.errors, subject_id=old.id if old else None) from None


def _columns(viewer: Viewer, draft: FeedDraft, old: FeedRecord | None) -> dict[str, object]:
    """What is written: what was given and checked. Raises Invalid."""
    names = (item.name for item in fields(FeedDraft) if item.name not in _NOT_COLUMNS)
    values = {name: value for name in names if (value := getattr(draft, name)) is not None}
    values |= {name: values[name] or None for name in _NUMBERS if name in values}
    values |= _addressed(draft, old)
    values |= _reaching(viewer, draft, old)
    if draft.allow_internal is not None:
        values["allow_internal"] = list(_networks(draft.allow_internal))
    if draft.tag_name is not None:
        values["tag_id"] = _tag_id(viewer, draft.tag_name)
    elif values.get("tag_id") and find_tag(str(values["tag_id"])) is None:
        raise _refused("tag_id", NO_TAG)
    if values.get("orgc_id") and find_any_organisation(str(values["orgc_id"])) is None:
        raise _refused("orgc_id", NO_ORGANISATION)
    if draft.headers is not None and (old is None or draft.headers.strip() != shown_headers(old)):
        values["headers"] = _sealed(draft.headers)
    if draft.fetch_interval is not None:
        values["next_fetch"] = clock.now() + draft.fetch_interval if draft.fetch_interval else None
        values["fetch_interval"] = draft.fetch_interval or None
    if old is None:
        values.setdefault("source_format", SourceFormat.MISP)
    return values


def _addressed(draft: FeedDraft, old: FeedRecord | None) -> dict[str, object]:
    if draft.input_source not in (None, "", "network"):
        raise _refused("input_source", NOT_LOCAL_FILES)
    values: dict[str, object] = {}
    for name, sentence in (("name", NEEDS_NAME), ("provider", NEEDS_NAME), ("url", NEEDS_URL)):
        given = getattr(draft, name)
        text = (given if given is not None else getattr(old, name, "")).strip()
        if not text and name != "provider":
            raise _refused(name, sentence)
        values[name] = text
    if not _is_address(str(values["url"])):
        raise _refused("url", NEEDS_URL)
    return values


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    is_plain = parts.scheme in ("http", "https") and bool(parts.hostname)
    return is_plain and "@" not in parts.netloc and url.isprintable() and " " not in url


def _reaching(viewer: Viewer, draft: FeedDraft, old: FeedRecord | None) -> dict[str, object]:
    """The level of what a feed brings; a group only with the level that needs one."""
    if draft.distribution is None and draft.sharing_group_id is None:
        return {}
    level = old.distribution if draft.distribution is None and old else draft.distribution
    level = int(Distribution.ORGANISATION) if level is None else level
    if not needs_group(level):
        return {"distribution": level, "sharing_group_id": None}
    group_id = draft.sharing_group_id or (old.sharing_group_id if old else None)
    if not group_id or usable_group(viewer, group_id) is None:
        raise _refused("sharing_group_id", NO_GROUP)
    return {"distribution": level, "sharing_group_id": group_id}


def _networks(given: Sequence[str]) -> Sequence[str]:
    for text in given:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise _refused("allow_internal", BAD_NETWORK) from None
    return given


def _tag_id(viewer: Viewer, name: str) -> int | None:
    name = name.strip()
    if not name:
        return None
    tag = capture_tags(viewer, [TagDraft(name)]).get(fold(name))
    if tag is None:
        raise _refused("tag_name", NO_TAG)
    return tag.id


def _sealed(text: str) -> str | None:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(_read_headers(text)) != len(lines):
        raise _refused("headers", BAD_HEADERS)
    return sealing.seal("feed", text) if lines else None


def _read_headers(text: str) -> list[tuple[str, str]]:
    pairs = [line.partition(":") for line in text.splitlines() if line.strip()]
    read = [(name.strip(), value.strip()) for name, colon, value in pairs if colon and value.strip()]
    fine = [(name, value) for name, value in read if name.replace("-", "").isalnum() and (name + value).isascii()]
    return [(name, value) for name, value in fine if value.isprintable()]


def _told(draft: FeedDraft) -> Mapping[str, object]:
    """What the audit row keeps: never a header's value."""
    given = {item.name: getattr(draft, item.name) for item in fields(FeedDraft) if item.name != "headers"}
    told = {name: value for name, value in given.items() if value is not None}
    return told | ({"headers": "changed"} if draft.headers is not None else {})


def _refused(field: str, sentence: str) -> Invalid:
    return Invalid({field: [sentence]})
