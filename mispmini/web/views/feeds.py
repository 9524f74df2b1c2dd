"""Feeds over REST and as pages: kept, fetched, cached, compared and looked through (API §9.6)."""

from collections.abc import Callable

from flask import Blueprint

from mispmini.domain.feeds import FeedDraft, FeedRecord, FeedVerb, SourceFormat
from mispmini.domain.permissions import Permission
from mispmini.services import feeds
from mispmini.sync.feeds.preview import PAGE_SIZE, FeedPreview, preview_event, preview_feed
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, saved
from mispmini.web.asking import asked
from mispmini.web.bodies_in import is_form
from mispmini.web.building import feed_pages
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _, ngettext
from mispmini.web.needs import needs, needs_login, refuse_lure
from mispmini.web.outbound import outbound
from mispmini.web.paging import asked_slice, paging
from mispmini.web.saving import saving
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire import feed_out, replies
from mispmini.wire.feed_in import read_feed, read_values
from mispmini.wire.scalars import plain_text

bp = Blueprint("feeds", __name__, url_prefix="/feeds")

_MINUTE = 60
_MANDATORY = ("name", "provider", "url")
_OPTIONAL = (
    "enabled", "source_format", "distribution", "sharing_group_id", "tag_id", "rules", "settings", "fixed_event",
    "delta_merge", "publish", "override_ids", "lookup_visible", "headers", "caching_enabled", "orgc_id",
    "fetch_interval", "allow_internal",
)  # fmt: skip
_DESCRIPTION = "POST a Feed object in JSON format to this API to add a feed."
_QUEUED = "Pull queued for background execution."
_CACHING = "Feed caching job initiated."


@bp.route("/index", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def index() -> Answer:
    """Every feed, or those of a `scope` (enabled, default, custom) whose name, provider or address holds `value`."""
    given = asked().parameters()
    scope, search = (plain_text(given.get(name)) or "" for name in ("scope", "value"))
    found = feeds.list_feeds(current_viewer(), scope=scope, search=search)
    return answer(
        lambda: [_item(feed) for feed in found],
        page=lambda: feed_pages.index_page(found),
        template="feeds/index.html",
    )


@bp.get("/view/<int:feed_id>")
@needs(Permission.SITE_ADMIN)
def view(feed_id: int) -> Answer:
    """One feed."""
    feed = feeds.find_feed(current_viewer(), feed_id)
    return answer(lambda: _item(feed), page=lambda: feed_pages.view_page(feed), template="feeds/view.html")


@bp.get("/add")
@needs(Permission.SITE_ADMIN)
def show_add() -> Answer:
    """The form of a new feed, or what a POST takes."""
    return answer(
        lambda: replies.api_description(action_url(), _DESCRIPTION, mandatory=_MANDATORY, optional=_OPTIONAL),
        page=lambda: feed_pages.form_page(current_viewer(), None, None),
        template="feeds/edit.html",
    )


@bp.post("/add")
@needs(Permission.SITE_ADMIN)
def add() -> Answer:
    """Add a feed."""
    if_refused(_again(None))
    feed = feeds.add_feed(current_viewer(), _draft("add"))
    return done(_item(feed), go_to=f"/feeds/view/{feed.id}", notice=_("The feed was added. Look at its preview next."))


@bp.get("/edit/<int:feed_id>")
@needs(Permission.SITE_ADMIN)
def show_edit(feed_id: int) -> Answer:
    """The form of a feed, or what a POST takes."""
    feed = feeds.find_feed(current_viewer(), feed_id)
    return answer(
        lambda: replies.api_description(action_url(), _DESCRIPTION, optional=(*_MANDATORY, *_OPTIONAL)),
        page=lambda: feed_pages.form_page(current_viewer(), feed, None),
        template="feeds/edit.html",
    )


@bp.route("/edit/<int:feed_id>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(feed_id: int) -> Answer:
    """Change what is given of a feed."""
    if_refused(_again(feed_id))
    viewer = current_viewer()
    feed = feeds.edit_feed(viewer, feed_id, _draft("edit", lambda: feeds.find_feed(viewer, feed_id).id))
    return done(_item(feed), go_to=f"/feeds/view/{feed.id}", notice=_("The feed was saved."))


@bp.route("/delete/<int:feed_id>", methods=["POST", "DELETE"])
@needs(Permission.SITE_ADMIN)
def delete(feed_id: int) -> Answer:
    """Remove a feed; what it brought stays."""
    feeds.delete_feed(current_viewer(), feed_id)
    return done(
        saved("Feed deleted.", subject_id=feed_id),
        go_to="/feeds/index",
        notice=_("The feed was deleted. The events that it brought stay."),
    )


@bp.post("/enable/<int:feed_id>")
@needs(Permission.SITE_ADMIN)
def enable(feed_id: int) -> Answer:
    """Let a feed be fetched."""
    feeds.edit_feed(current_viewer(), feed_id, FeedDraft(enabled=True))
    return done(
        saved("Feed enabled.", subject_id=feed_id), go_to=f"/feeds/view/{feed_id}", notice=_("The feed is switched on.")
    )


@bp.post("/disable/<int:feed_id>")
@needs(Permission.SITE_ADMIN)
def disable(feed_id: int) -> Answer:
    """Fetch a feed no more."""
    feeds.edit_feed(current_viewer(), feed_id, FeedDraft(enabled=False))
    return done(
        saved("Feed disabled.", subject_id=feed_id),
        go_to=f"/feeds/view/{feed_id}",
        notice=_("The feed is switched off. What it brought stays."),
    )


@bp.route("/fetchFromFeed/<int:feed_id>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def fetch_from_feed(feed_id: int) -> Answer:
    """Fetch a feed as a job; clients ask by GET as well (CLIENTS, wire habits), people by POST alone."""
    viewer = current_viewer()
    feed = feeds.find_feed(viewer, feed_id)
    refuse_lure()
    job_id = feeds.ask_for_feed_job(viewer, feed, FeedVerb.FETCH)
    return done({"result": _QUEUED, **replies.message(_QUEUED)}, go_to=f"/jobs/view/{job_id}")


@bp.route("/fetchFromAllFeeds", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def fetch_from_all_feeds() -> Answer:
    """Fetch every feed that is switched on."""
    refuse_lure()
    viewer = current_viewer()
    wanted = [feed for feed in feeds.list_feeds(viewer) if feed.enabled]
    for feed in wanted:
        feeds.ask_for_feed_job(viewer, feed, FeedVerb.FETCH)
    notice = ngettext("%(num)d feed is being fetched.", "%(num)d feeds are being fetched.", len(wanted))
    return done({"result": _QUEUED, **replies.message(_QUEUED)}, go_to="/feeds/index", notice=notice)


@bp.route("/cacheFeeds/<scope>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def cache_feeds(scope: str) -> Answer:
    """Cache what feeds hold, for look-ups: one by id, `all`, or those of a format."""
    refuse_lure()
    viewer = current_viewer()
    wanted = feeds.feeds_to_cache(viewer, scope)
    jobs = [feeds.ask_for_feed_job(viewer, feed, FeedVerb.CACHE) for feed in wanted]
    notice = ngettext("%(num)d feed is being cached.", "%(num)d feeds are being cached.", len(jobs))
    go_to = f"/jobs/view/{jobs[0]}" if len(jobs) == 1 else "/feeds/index"
    return done(saved(_CACHING), go_to=go_to, notice=notice)


@bp.get("/compareFeeds")
@needs(Permission.SITE_ADMIN)
@searches
def compare_feeds() -> Answer:
    """How much the caches of feeds have in common."""
    found = feeds.compare_feeds(current_viewer())
    return answer(
        lambda: [feed_out.compared_item(feed, shared) for feed, shared in found],
        page=lambda: feed_pages.compare_page(found),
        template="feeds/compare.html",
    )


@bp.post("/loadDefaultFeeds")
@needs(Permission.SITE_ADMIN)
def load_default_feeds() -> Answer:
    """Add well-known feeds, switched off."""
    count = feeds.load_default_feeds(current_viewer())
    notice = ngettext(
        "%(num)d well-known feed was added, switched off.", "%(num)d well-known feeds were added, switched off.", count
    )
    return done(saved("Default feed metadata loaded."), go_to="/feeds/index", notice=notice)


@bp.route("/searchCaches", methods=["GET", "POST"])
@needs_login
@searches
def search_caches() -> Answer:
    """Which feeds hold a value."""
    values = read_values(asked().parameters())
    hits = feeds.search_caches(current_viewer(), values)
    return answer(
        lambda: [feed_out.hit_item(hit) for hit in hits],
        page=lambda: feed_pages.search_page(current_viewer(), values, hits),
        template="feeds/search.html",
    )


@bp.route("/previewIndex/<int:feed_id>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def preview_index(feed_id: int) -> Answer:
    """What a feed holds, and what a fetch would take of it."""
    feed = feeds.find_feed(current_viewer(), feed_id)
    part = asked_slice(PAGE_SIZE)
    found = preview_feed(feed, outbound(), page=part.page)
    return answer(
        lambda: _listed(feed, found),
        page=lambda: feed_pages.preview_page(feed, found, paging(part, found.total)),
        template="feeds/preview.html",
    )


@bp.get("/previewEvent/<int:feed_id>/<uuid>")
@needs(Permission.SITE_ADMIN)
def preview_one(feed_id: int, uuid: str) -> Answer:
    """One event of a feed."""
    feed = feeds.find_feed(current_viewer(), feed_id)
    found = preview_event(feed, outbound(), uuid)
    return answer(
        lambda: found,
        page=lambda: feed_pages.event_page(feed, uuid, found),
        template="feeds/preview_event.html",
    )


def _listed(feed: FeedRecord, found: FeedPreview) -> object:
    if feed.source_format is SourceFormat.MISP:
        return [feed_out.listed_event(entry) for entry in found.entries]
    return [feed_out.listed_value(value.type, value.value, to_ids=value.to_ids) for value in found.values]


def _item(feed: FeedRecord) -> replies.Reply:
    return {"Feed": feed_out.feed_columns(feed, headers=feeds.shown_headers(feed))}


def _draft(action: str, about: Callable[[], int] | None = None) -> FeedDraft:
    with saving(action, "Feed", about=about):
        return read_feed(asked().parameters(), interval_unit=_MINUTE if is_form() else 1)


def _again(feed_id: int | None) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        viewer = current_viewer()
        feed = feeds.find_feed(viewer, feed_id) if feed_id else None
        return page_answer("feeds/edit.html", feed_pages.form_page(viewer, feed, form), status=status)

    return show
