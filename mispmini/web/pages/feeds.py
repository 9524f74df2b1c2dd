"""What the pages of feeds and of messages to reporters are given."""

from mispmini.web.pages.servers import Fact, RemoteAttribute
from mispmini.web.pages.shared import Choice, Form, Paging
from mispmini.web.pages.showing import shown


@shown
class FeedRow:
    """One feed in the list."""

    id: int
    name: str
    provider: str
    url: str
    format: str  # translated
    enabled: bool
    caching: bool
    cached: int  # values in its cache
    cached_at: int | None
    last_fetch: int | None
    next_fetch: int | None
    result: str  # how the last fetch or caching ended


@shown
class FeedsPage:
    """feeds/index.html"""

    rows: tuple[FeedRow, ...]


@shown
class FeedPage:
    """feeds/view.html"""

    row: FeedRow
    facts: tuple[Fact, ...]
    event_id: int | None  # of the event that a list is kept in


@shown
class FeedFormPage:
    """feeds/edit.html.

    Fields: name, provider, url, source_format, enabled, caching_enabled, lookup_visible, fetch_interval (minutes),
    distribution, sharing_group_id, tag_name, orgc_id, publish, override_ids, fixed_event, delta_merge, csv_columns,
    csv_delimiter, excluderegex, tags_or, tags_not, orgs_or, orgs_not (one name a line), headers, allow_internal.
    """

    id: int | None
    form: Form
    formats: tuple[Choice, ...]
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]
    organisations: tuple[Choice, ...]
    tags: tuple[str, ...]


@shown
class FeedEventRow:
    """One event of a MISP feed."""

    ref: str
    info: str
    organisation: str
    date: str
    changed: int
    tags: tuple[str, ...]
    comes: bool
    verdict: str  # translated


@shown
class FeedValueRow:
    """One value of a list."""

    value: str
    type: str
    to_ids: bool
    is_known: bool  # the feed's own event holds it already


@shown
class FeedPreviewPage:
    """feeds/preview.html"""

    id: int
    name: str
    enabled: bool
    summary: str  # translated: how many are there, how many would come
    events: tuple[FeedEventRow, ...]
    values: tuple[FeedValueRow, ...]
    paging: Paging


@shown
class FeedEventPage:
    """feeds/preview_event.html"""

    id: int
    name: str
    info: str
    facts: tuple[Fact, ...]
    tags: tuple[str, ...]
    attributes: tuple[RemoteAttribute, ...]  # at most 500
    more: int


@shown
class FeedHitRow:
    """A value that a feed holds."""

    value: str
    feed: str
    provider: str
    events: tuple[tuple[str, str], ...]  # label and path of the preview; for site admins


@shown
class FeedSearchPage:
    """feeds/search.html. Field: value."""

    form: Form
    asked: bool
    hits: tuple[FeedHitRow, ...]


@shown
class OverlapRow:
    """How much two caches share."""

    feed: str
    other: str
    count: int
    percentage: int


@shown
class FeedComparePage:
    """feeds/compare.html"""

    rows: tuple[OverlapRow, ...]
    cached: int  # how many feeds have a cache


@shown
class ContactPage:
    """events/contact.html. Field: message."""

    id: int
    info: str
    creator: str
    is_on: bool  # e-mail is sent here at all
    form: Form
