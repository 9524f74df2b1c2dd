"""What the pages of feeds are given, in the words of the reader's language."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mispmini.domain import clock
from mispmini.domain.feeds import FeedHit, FeedRecord, ManifestEntry, Overlap, SourceFormat
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.rules import PullRules
from mispmini.domain.viewer import Viewer
from mispmini.services import feeds, organisations, tags, viewing
from mispmini.services.organisations import Scope
from mispmini.sync.feeds.choosing import WOULD_COME, FeedVerdict
from mispmini.sync.feeds.preview import FeedPreview
from mispmini.web import pages
from mispmini.web.building import words
from mispmini.web.building.preview_pages import remote_attributes
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import N_, _, day, gettext, ngettext

_MINUTE = 60
_MOST_ATTRIBUTES = 500
_FORMATS = {
    SourceFormat.MISP: N_("MISP feed: a folder of events"),
    SourceFormat.CSV: N_("CSV: a table of values"),
    SourceFormat.FREETEXT: N_("Free text: values anywhere in a text"),
}
_VERDICTS = {
    FeedVerdict.NEW: N_("A fetch would take it: it is new."),
    FeedVerdict.NEWER: N_("A fetch would take it: it is newer than our copy."),
    FeedVerdict.HERE: N_("Not fetched: we have this version."),
    FeedVerdict.OURS: N_("Not fetched: it is our own event, and ours counts."),
    FeedVerdict.ELSEWHERE: N_("Not fetched: it came to us another way, which alone updates it."),
    FeedVerdict.BLOCKED: N_("Not fetched: it is on a blocklist here."),
    FeedVerdict.LEFT_OUT: N_("Not fetched: the feed's rules leave it out."),
}
_FLAGS = (
    "enabled", "caching_enabled", "lookup_visible", "publish", "override_ids", "fixed_event", "delta_merge",
)  # fmt: skip
_OF_A_NEW_ONE: Mapping[str, str] = {
    "source_format": "misp", "fixed_event": "1", "csv_delimiter": ",", "fetch_interval": "0", "distribution": "0",
}  # fmt: skip
_RULE_PARTS = ("tags_or", "tags_not", "orgs_or", "orgs_not")


def index_page(found: Sequence[FeedRecord]) -> pages.FeedsPage:
    """The list."""
    return pages.FeedsPage(tuple(_row(feed) for feed in found))


def view_page(feed: FeedRecord) -> pages.FeedPage:
    """One feed."""
    return pages.FeedPage(row=_row(feed), facts=tuple(_facts(feed)), event_id=feed.event_id)


def form_page(viewer: Viewer, feed: FeedRecord | None, form: pages.Form | None) -> pages.FeedFormPage:
    """The form of a new feed (None) or of one that is here; `form` is what was typed and refused."""
    groups = words.group_choices(viewing.groups_to_choose(viewer))
    known: Sequence[OrganisationRecord] = organisations.list_organisations(viewer, Scope.ALL)
    return pages.FeedFormPage(
        id=feed.id if feed else None,
        form=form or pages.Form(_typed(feed) if feed else _OF_A_NEW_ONE),
        formats=tuple(pages.Choice(name.value, gettext(label)) for name, label in _FORMATS.items()),
        distributions=words.event_levels(with_groups=bool(groups)),
        groups=groups,
        organisations=(
            pages.Choice("0", _("The organisation that runs this server")),
            *(pages.Choice(str(record.id), record.name) for record in known),
        ),
        tags=tuple(tag.name for tag in tags.offered_tags(viewer)),
    )


def preview_page(feed: FeedRecord, found: FeedPreview, paging: pages.Paging) -> pages.FeedPreviewPage:
    """What a feed holds."""
    is_list = feed.source_format is not SourceFormat.MISP
    total = (
        ngettext("%(num)d value in all.", "%(num)d values in all.", found.total)
        if is_list
        else ngettext("%(num)d event in all.", "%(num)d events in all.", found.total)
    )
    coming = ngettext("A fetch would take %(num)d of them.", "A fetch would take %(num)d of them.", found.coming)
    return pages.FeedPreviewPage(
        id=feed.id,
        name=feed.name,
        enabled=feed.enabled,
        summary=f"{total} {coming}",
        events=tuple(_event_row(entry, v) for entry, v in zip(found.entries, found.verdicts, strict=True)),
        values=tuple(
            pages.FeedValueRow(value.value, value.type, value.to_ids, value.key in found.known)
            for value in found.values
        ),
        paging=paging,
    )


def event_page(feed: FeedRecord, ref: str, found: Mapping[str, Any]) -> pages.FeedEventPage:
    """One event of a feed; what it says is shown as text."""
    event: Mapping[str, Any] = found["Event"]
    creator = event.get("Orgc")
    named = [tag.get("name") for tag in event.get("Tag") or () if isinstance(tag, dict)]
    attributes = list(remote_attributes(event))
    return pages.FeedEventPage(
        id=feed.id,
        name=feed.name,
        info=str(event.get("info", "")),
        facts=(
            pages.Fact(_("Organisation"), str(creator.get("name", "")) if isinstance(creator, dict) else ""),
            pages.Fact(_("Date"), day(str(event.get("date", "")))),
            pages.Fact("UUID", ref, mono=True),
        ),
        tags=tuple(str(name) for name in named if name),
        attributes=tuple(attributes[:_MOST_ATTRIBUTES]),
        more=max(0, len(attributes) - _MOST_ATTRIBUTES),
    )


def search_page(viewer: Viewer, values: Sequence[str], hits: Sequence[FeedHit]) -> pages.FeedSearchPage:
    """Which feeds hold what was asked for."""
    return pages.FeedSearchPage(
        form=pages.Form({"value": values[0] if len(values) == 1 else ""}),
        asked=bool(values),
        hits=hit_rows(viewer, hits),
    )


def hit_rows(viewer: Viewer, hits: Sequence[FeedHit]) -> tuple[pages.FeedHitRow, ...]:
    """What feeds hold of some values."""
    return tuple(_hit_row(viewer, hit) for hit in hits)


def compare_page(found: Sequence[tuple[FeedRecord, Sequence[Overlap]]]) -> pages.FeedComparePage:
    """What caches have in common."""
    rows = tuple(
        pages.OverlapRow(feed.name, other.feed.name, other.count, other.percentage)
        for feed, shared in found
        for other in shared
    )
    return pages.FeedComparePage(rows=rows, cached=len(found))


def _row(feed: FeedRecord) -> pages.FeedRow:
    return pages.FeedRow(
        id=feed.id,
        name=feed.name,
        provider=feed.provider,
        url=feed.url,
        format=gettext(_FORMATS[feed.source_format]),
        enabled=feed.enabled,
        caching=feed.caching_enabled,
        cached=feed.cached_elements,
        cached_at=feed.cache_timestamp,
        last_fetch=feed.last_fetch,
        next_fetch=max(feed.next_fetch, clock.now()) if feed.enabled and feed.next_fetch else None,
        result=for_people(feed.last_result) if feed.last_result else "",
    )


def _facts(feed: FeedRecord) -> Iterator[pages.Fact]:
    """What was set beyond the usual."""
    yield pages.Fact(_("Distribution"), words.distribution_name(feed.distribution))
    if name := feeds.tag_of(feed):
        yield pages.Fact(_("Tag"), name)
    if feed.fetch_interval:
        minutes = -(-feed.fetch_interval // _MINUTE)
        yield pages.Fact(_("Fetched every"), ngettext("%(num)d minute", "%(num)d minutes", minutes))
    rules = PullRules.from_text(feed.rules)
    for part, label in (("tags_or", _("Only events with one of these tags")),
                        ("tags_not", _("Never events with one of these tags")),
                        ("orgs_or", _("Only events created by these organisations")),
                        ("orgs_not", _("Never events created by these organisations"))):  # fmt: skip
        if names := getattr(rules, part):
            yield pages.Fact(label, ", ".join(names))
    if feed.publish:
        yield pages.Fact(_("Option"), _("What it brings is published at once"))
    if feed.override_ids:
        yield pages.Fact(_("Option"), _("Nothing of it is for intrusion detection"))
    if feed.headers:
        yield pages.Fact(_("Headers"), feeds.shown_headers(feed), mono=True)
    if feed.allow_internal:
        yield pages.Fact(_("Internal addresses allowed"), ", ".join(feed.allow_internal), mono=True)


def _typed(feed: FeedRecord) -> dict[str, str]:
    settings = _loaded(feed.settings)
    csv, common = (part if isinstance(part := settings.get(name), dict) else {} for name in ("csv", "common"))
    rules = PullRules.from_text(feed.rules)
    return {
        "name": feed.name,
        "provider": feed.provider,
        "url": feed.url,
        "source_format": feed.source_format.value,
        "distribution": str(feed.distribution),
        "sharing_group_id": str(feed.sharing_group_id or ""),
        "tag_name": feeds.tag_of(feed),
        "orgc_id": str(feed.orgc_id or 0),
        "fetch_interval": str(-(-(feed.fetch_interval or 0) // _MINUTE)),
        "csv_columns": str(csv.get("value") or ""),
        "csv_delimiter": str(csv.get("delimiter") or ","),
        "excluderegex": str(common.get("excluderegex") or ""),
        "headers": feeds.shown_headers(feed),
        "allow_internal": "\n".join(feed.allow_internal),
        **{name: "1" if getattr(feed, name) else "0" for name in _FLAGS},
        **{part: "\n".join(getattr(rules, part)) for part in _RULE_PARTS},
    }


def _loaded(text: str) -> Mapping[str, Any]:
    document = json.loads(text) if text.strip() else {}
    return document if isinstance(document, dict) else {}


def _event_row(entry: ManifestEntry, verdict: FeedVerdict) -> pages.FeedEventRow:
    return pages.FeedEventRow(
        ref=entry.uuid,
        info=entry.info,
        organisation=entry.orgc_name,
        date=entry.date,
        changed=entry.timestamp,
        tags=entry.tags,
        comes=verdict in WOULD_COME,
        verdict=gettext(_VERDICTS[verdict]),
    )


def _hit_row(viewer: Viewer, hit: FeedHit) -> pages.FeedHitRow:
    paths = ((uuid, f"/feeds/previewEvent/{hit.feed.id}/{uuid}") for uuid in hit.event_uuids)
    return pages.FeedHitRow(hit.value, hit.feed.name, hit.feed.provider, tuple(paths) if viewer.is_site_admin else ())
