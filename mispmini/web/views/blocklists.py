"""Blocklists over REST and as pages (API §9.8, samples 20j and 20k). For site admins."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request

from mispmini.domain.permissions import Permission
from mispmini.services import blocklists
from mispmini.services.blocklists import Blocked, Blocklist
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.building.blocklist_pages import PATHS, blocklist_page
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _, ngettext
from mispmini.web.needs import needs, refuse_lure
from mispmini.web.paging import Slice, asked_slice
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import blocklist_out
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.scalars import whole_number

bp = Blueprint("blocklists", __name__)

_ENTRY = {
    Blocklist.EVENTS: blocklist_out.event_entry,
    Blocklist.ORGANISATIONS: blocklist_out.org_entry,
    Blocklist.CLUSTERS: blocklist_out.cluster_entry,
    Blocklist.ANALYST_DATA: blocklist_out.analyst_entry,
}
_MOST_ROWS = 100_000
View = Callable[..., Answer]


def _on_each(path: str, *methods: str) -> Callable[[View], View]:
    def register(view: View) -> View:
        for blocklist, name in PATHS.items():
            options: dict[str, Any] = {"methods": list(methods), "defaults": {"blocklist": blocklist}}
            bp.add_url_rule(f"{name}/{path}", view_func=view, **options)
        return view

    return register


@_on_each("index", "GET", "POST")
@needs(Permission.SITE_ADMIN)
def index(blocklist: Blocklist) -> Answer:
    """The entries, oldest first; all of them unless `limit` and `page` ask for a part."""
    if not wants_json():
        return _page(blocklist, pages.Form(), 200)
    part = _asked_part()
    found, total = blocklists.listed(blocklist, limit=part.limit, offset=part.offset)
    return reply([_item(blocklist, entry) for entry in found], headers={"X-Result-Count": str(total)})


def _page(blocklist: Blocklist, form: pages.Form, status: int) -> Answer:
    return page_answer("blocklists/index.html", blocklist_page(blocklist, asked_slice(), form), status=status)


def _asked_part() -> Slice:
    limit = whole_number(parameter("limit"))
    return asked_slice(min(limit, _MOST_ROWS) if limit is not None and limit > 0 else _MOST_ROWS)


def _item(blocklist: Blocklist, entry: Blocked) -> Reply:
    return _ENTRY[blocklist](entry.id, entry.uuid, entry.created, entry.texts)


@_on_each("view/<ref>", "GET")
@needs(Permission.SITE_ADMIN)
def view(blocklist: Blocklist, ref: str) -> Answer:
    """One entry, by id or the blocked uuid."""
    return _one(blocklist, blocklists.find(blocklist, ref))


@_on_each("add", "GET", "POST")
@needs(Permission.SITE_ADMIN)
def add(blocklist: Blocklist) -> Answer:
    """Block uuids; those that are none or there already are named."""
    if request.method == "GET":
        sentence = "POST the uuids to be blocked."
        optional = [blocklist_out.SENT_AS.get(name, name) for name in blocklist.texts]
        return reply(api_description(action_url(), sentence, mandatory=("uuids",), optional=optional))
    if_refused(lambda form, status: _page(blocklist, form, status))
    with saving("add", blocklists.MODELS[blocklist]):
        given = asked().parameters()
        uuids, texts = blocklist_out.read_uuids(given), blocklist_out.read_texts(given, blocklist.texts)
        outcome = blocklists.add(current_viewer(), blocklist, uuids, texts)
    count = len(outcome.successes)
    return done(
        blocklist_out.added(outcome.successes, outcome.fails),
        go_to=f"{PATHS[blocklist]}/index",
        notice=ngettext("%(num)d entry was added.", "%(num)d entries were added.", count),
    )


@_on_each("edit/<ref>", "POST", "PUT")
@needs(Permission.SITE_ADMIN)
def edit(blocklist: Blocklist, ref: str) -> Answer:
    """Change what is said about an entry."""
    with saving("edit", blocklists.MODELS[blocklist], about=lambda: blocklists.find(blocklist, ref).id):
        texts = blocklist_out.read_texts(asked().parameters(), blocklist.texts)
    return _one(blocklist, blocklists.edit(current_viewer(), blocklist, ref, texts))


@_on_each("delete/<ref>", "GET", "POST", "DELETE")
@needs(Permission.SITE_ADMIN)
def delete(blocklist: Blocklist, ref: str) -> Answer:
    """Let a uuid in again; MISP takes a GET here too."""
    refuse_lure()
    gone = blocklists.delete(current_viewer(), blocklist, ref)
    message = saved("Blocklist item removed", subject_id=gone.id)
    return done(message, go_to=f"{PATHS[blocklist]}/index", notice=_("Blocklist entry removed."))


def _one(blocklist: Blocklist, entry: Blocked) -> Answer:
    return reply({blocklists.MODELS[blocklist]: _item(blocklist, entry)})
