"""Event and organisation blocklists over REST (API §9.8, samples 20j and 20k). For site admins."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request

from mispmini.domain.permissions import Permission
from mispmini.services import blocklists
from mispmini.services.blocklists import Blocked, Blocklist
from mispmini.web import event_pages
from mispmini.web.answer import Answer, action_url, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.paging import Slice, asked_slice
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import blocklist_out
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.scalars import whole_number

bp = Blueprint("blocklists", __name__)

_PATHS = {Blocklist.EVENTS: "event_blocklists", Blocklist.ORGANISATIONS: "org_blocklists"}
_ENTRY = {Blocklist.EVENTS: blocklist_out.event_entry, Blocklist.ORGANISATIONS: blocklist_out.org_entry}
_MOST_ROWS = 100_000
View = Callable[..., Answer]


def _on_both(path: str, *methods: str) -> Callable[[View], View]:
    def register(view: View) -> View:
        for blocklist, name in _PATHS.items():
            options: dict[str, Any] = {"methods": list(methods), "defaults": {"blocklist": blocklist}}
            bp.add_url_rule(f"/{name}/{path}", view_func=view, **options)
        return view

    return register


@_on_both("index", "GET", "POST")
@needs(Permission.SITE_ADMIN)
def index(blocklist: Blocklist) -> Answer:
    """The entries, oldest first; all of them unless `limit` and `page` ask for a part."""
    if not wants_json() and blocklist is Blocklist.EVENTS:
        return _event_page()
    part = _asked_part()
    found, total = blocklists.listed(blocklist, limit=part.limit, offset=part.offset)
    return reply([_item(blocklist, entry) for entry in found], headers={"X-Result-Count": str(total)})


def _event_page() -> Answer:
    part = asked_slice()
    found, total = blocklists.listed(Blocklist.EVENTS, limit=part.limit, offset=part.offset)
    return page_answer("events/blocklist.html", event_pages.blocklist_page(found, part, total))


def _asked_part() -> Slice:
    limit = whole_number(parameter("limit"))
    return asked_slice(min(limit, _MOST_ROWS) if limit is not None and limit > 0 else _MOST_ROWS)


def _item(blocklist: Blocklist, entry: Blocked) -> Reply:
    return _ENTRY[blocklist](entry.id, entry.uuid, entry.created, entry.texts)


@_on_both("view/<ref>", "GET")
@needs(Permission.SITE_ADMIN)
def view(blocklist: Blocklist, ref: str) -> Answer:
    """One entry, by id or the blocked uuid."""
    return _one(blocklist, blocklists.find(blocklist, ref))


@_on_both("add", "GET", "POST")
@needs(Permission.SITE_ADMIN)
def add(blocklist: Blocklist) -> Answer:
    """Block uuids; those that are none or there already are named."""
    if request.method == "GET":
        sentence = "POST the uuids to be blocked."
        return reply(api_description(action_url(), sentence, mandatory=("uuids",), optional=blocklist.texts))
    with saving("add", blocklists.MODELS[blocklist]):
        given = asked().parameters()
        uuids, texts = blocklist_out.read_uuids(given), blocklist_out.read_texts(given, blocklist.texts)
        outcome = blocklists.add(current_viewer(), blocklist, uuids, texts)
    return reply(blocklist_out.added(outcome.successes, outcome.fails))


@_on_both("edit/<ref>", "POST", "PUT")
@needs(Permission.SITE_ADMIN)
def edit(blocklist: Blocklist, ref: str) -> Answer:
    """Change what is said about an entry."""
    with saving("edit", blocklists.MODELS[blocklist]):
        texts = blocklist_out.read_texts(asked().parameters(), blocklist.texts)
    return _one(blocklist, blocklists.edit(current_viewer(), blocklist, ref, texts))


@_on_both("delete/<ref>", "POST", "DELETE")
@needs(Permission.SITE_ADMIN)
def delete(blocklist: Blocklist, ref: str) -> Answer:
    """Let a uuid in again."""
    gone = blocklists.delete(current_viewer(), blocklist, ref)
    message = saved("Blocklist item removed", subject_id=gone.id)
    return done(message, go_to=f"/{_PATHS[blocklist]}/index", notice=_("Blocklist entry removed."))


def _one(blocklist: Blocklist, entry: Blocked) -> Answer:
    return reply({blocklists.MODELS[blocklist]: _item(blocklist, entry)})
