"""Links to partners over REST and as pages: listed, shown, added, changed and removed (API §9.7, PROTOCOL §3.16)."""

from collections.abc import Callable

from flask import Blueprint, request

from mispmini.domain.permissions import Permission
from mispmini.domain.servers import ServerDraft
from mispmini.services import comparisons, deliveries, organisations, servers
from mispmini.services.link_files import MOST_BYTES
from mispmini.services.organisations import Scope
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer
from mispmini.web.asking import asked
from mispmini.web.bodies_in import is_form
from mispmini.web.building import server_forms, server_pages
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.paging import asked_slice, paging
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, replies
from mispmini.wire.server_in import read_server

bp = Blueprint("servers", __name__, url_prefix="/servers")

_MINUTE = 60
_MOST_DIFFERENCES = 100
_FILES = ("submitted_cert", "submitted_client_cert")
_MANDATORY = ("url", "name", "remote_org_id", "authkey")
_OPTIONAL = ("push", "pull", "push_sightings", "push_rules", "pull_rules", *_FILES, "json")
_DESCRIPTION = "POST an Server object in JSON format to this API to add a server."


@bp.route("/index", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def index() -> Answer:
    """Every link."""
    found = servers.list_servers(current_viewer())
    return answer(
        lambda: [account_replies.server_index_item(link.server, link.owner, link.remote) for link in found],
        page=lambda: server_pages.index_page(found),
        template="servers/index.html",
    )


@bp.get("/view/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def view(server_id: int) -> Answer:
    """One link with its queue and ledger."""
    link = servers.view_server(current_viewer(), server_id)
    return answer(
        lambda: account_replies.server_index_item(link.server, link.owner, link.remote),
        page=lambda: _view_page(server_id),
        template="servers/view.html",
    )


def _view_page(server_id: int) -> pages.ServerPage:
    viewer, part = current_viewer(), asked_slice()
    entries, total = deliveries.ledger_of(viewer, server_id, limit=part.limit, offset=part.offset)
    link = servers.view_server(viewer, server_id)
    differences = comparisons.differences_of(viewer, server_id, limit=_MOST_DIFFERENCES)
    queue = deliveries.queue_of(viewer, server_id)
    return server_pages.view_page(link, queue, entries, paging(part, total), differences)


@bp.get("/add")
@needs(Permission.SITE_ADMIN)
def show_add() -> Answer:
    """The form of a new link, or what a POST takes."""
    return answer(
        lambda: replies.api_description(action_url(), _DESCRIPTION, mandatory=_MANDATORY, optional=_OPTIONAL),
        page=lambda: _form_page(None, pages.Form(server_forms.OF_A_NEW_ONE)),
        template="servers/edit.html",
    )


@bp.post("/add")
@needs(Permission.SITE_ADMIN)
def add() -> Answer:
    """Add a link; the key that came is told to nobody again (MODEL §7.11)."""
    if_refused(_again(None))
    server = servers.add_server(current_viewer(), _draft("add"))
    return done(
        {"Server": account_replies.server_columns(server)},
        go_to=f"/servers/view/{server.id}",
        notice=_("The server was added. Test the connection next."),
    )


@bp.get("/edit/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def show_edit(server_id: int) -> Answer:
    """The form of a link, or what a POST takes."""
    server = servers.find_server(current_viewer(), server_id)
    return answer(
        lambda: replies.api_description(action_url(), _DESCRIPTION, optional=(*_MANDATORY, *_OPTIONAL)),
        page=lambda: _form_page(server.id, server_forms.form_of(server)),
        template="servers/edit.html",
    )


@bp.route("/edit/<int:server_id>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(server_id: int) -> Answer:
    """Change what is given of a link."""
    if_refused(_again(server_id))
    viewer = current_viewer()
    draft = _draft("edit", lambda: servers.find_server(viewer, server_id).id)
    server = servers.edit_server(viewer, server_id, draft)
    return done(
        {"Server": account_replies.server_columns(server)},
        go_to=f"/servers/view/{server.id}",
        notice=_("The server was saved."),
    )


@bp.route("/delete/<int:server_id>", methods=["POST", "DELETE"])
@needs(Permission.SITE_ADMIN)
def delete(server_id: int) -> Answer:
    """Remove a link; the answer has MISP's odd id (sample 15f)."""
    servers.delete_server(current_viewer(), server_id)
    said = "Server deleted"
    return done(
        {**replies.saved(said, f"/servers/delete/{said}"), "id": said},
        go_to="/servers/index",
        notice=_("The server was deleted."),
    )


def _draft(action: str, about: Callable[[], int] | None = None) -> ServerDraft:
    with saving(action, "Server", about=about):
        return read_server({**asked().parameters(), **_uploads()}, interval_unit=_MINUTE if is_form() else 1)


def _uploads() -> dict[str, str]:
    """The certificate files of the form, as text; one that was not chosen is not there."""
    chosen = {name: file for name in _FILES if (file := request.files.get(name)) and file.filename}
    return {name: file.read(MOST_BYTES + 1).decode("ascii", errors="replace") for name, file in chosen.items()}


def _again(server_id: int | None) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("servers/edit.html", _form_page(server_id, form), status=status)

    return show


def _form_page(server_id: int | None, form: pages.Form) -> pages.ServerFormPage:
    viewer = current_viewer()
    server = servers.find_server(viewer, server_id) if server_id else None
    return server_forms.form_page(server, form, organisations.list_organisations(viewer, Scope.ALL))
