"""Links to partners over REST and as pages (API §9.7, PROTOCOL §2.3, §3.1, §4.1)."""

from flask import Blueprint, current_app, request

from mispmini.domain.errors import SaveFailed
from mispmini.domain.permissions import Permission
from mispmini.services import organisations, servers
from mispmini.services.organisations import Scope
from mispmini.services.servers import JobKind, JobRecord, JobState
from mispmini.settings import Settings
from mispmini.sync.explain import test_connection
from mispmini.sync.links import Outbound
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from mispmini.sync.remote_user import available_rules, remote_user
from mispmini.web import pages, server_pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved, see_other, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.bodies_in import is_form
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.paging import asked_slice, paging
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, replies
from mispmini.wire.server_in import read_server

bp = Blueprint("servers", __name__, url_prefix="/servers")

ANSWER_SECONDS = 25.0
FULL = "full"
_MINUTE = 60
_MANDATORY = ("url", "name", "remote_org_id", "authkey")
_OPTIONAL = (
    "push", "pull", "push_sightings", "push_rules", "pull_rules", "submitted_cert", "submitted_client_cert", "json",
)  # fmt: skip
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
    entries, total = servers.ledger_of(viewer, server_id, limit=part.limit, offset=part.offset)
    link = servers.view_server(viewer, server_id)
    return server_pages.view_page(link, servers.queue_of(viewer, server_id), entries, paging(part, total))


@bp.get("/add")
@needs(Permission.SITE_ADMIN)
def show_add() -> Answer:
    """The form of a new link, or what a POST takes."""
    return answer(
        lambda: replies.api_description(action_url(), _DESCRIPTION, mandatory=_MANDATORY, optional=_OPTIONAL),
        page=lambda: _form_page(None, pages.Form({"pull_interval": "60"})),
        template="servers/edit.html",
    )


@bp.post("/add")
@needs(Permission.SITE_ADMIN)
def add() -> Answer:
    """Add a link; the answer repeats the key that came, as MISP's does."""
    if_refused(_again(None))
    with saving("add", "Server"):
        draft = read_server(asked().parameters(), interval_unit=_MINUTE if is_form() else 1)
    server = servers.add_server(current_viewer(), draft)
    columns = account_replies.server_columns(server)
    return done(
        {"Server": {**columns, "authkey": draft.authkey}},
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
        page=lambda: _form_page(server.id, server_pages.form_of(server)),
        template="servers/edit.html",
    )


@bp.route("/edit/<int:server_id>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(server_id: int) -> Answer:
    """Change what is given of a link."""
    if_refused(_again(server_id))
    with saving("edit", "Server"):
        draft = read_server(asked().parameters(), interval_unit=_MINUTE if is_form() else 1)
    server = servers.edit_server(current_viewer(), server_id, draft)
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


@bp.route("/testConnection/<int:server_id>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def test(server_id: int) -> Answer:
    """Try the link, layer by layer."""
    server = servers.find_server(current_viewer(), server_id)
    report = test_connection(server, _outbound())
    return answer(
        lambda: report.reply, page=lambda: server_pages.test_page(server, report), template="servers/test.html"
    )


@bp.get("/getRemoteUser/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def get_remote_user(server_id: int) -> Answer:
    """Which account our key belongs to there."""
    return reply(remote_user(servers.find_server(current_viewer(), server_id), _outbound()))


@bp.get("/queryAvailableSyncFilteringRules/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def query_available_sync_filtering_rules(server_id: int) -> Answer:
    """Which names the pull rules of this link can use."""
    return reply(available_rules(servers.find_server(current_viewer(), server_id), _outbound()))


@bp.route("/pull/<int:server_id>", methods=["GET", "POST"])
@bp.route("/pull/<int:server_id>/<technique>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def pull(server_id: int, technique: str = FULL) -> Answer:
    """Pull everything, only what is here, or one event."""
    return _exchange(server_id, JobKind.PULL, technique)


@bp.route("/push/<int:server_id>", methods=["GET", "POST"])
@bp.route("/push/<int:server_id>/<technique>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def push(server_id: int, technique: str = FULL) -> Answer:
    """Push everything, what is new, or one event; without a technique everything (API §10.1 row 12)."""
    return _exchange(server_id, JobKind.PUSH, technique)


@bp.post("/retry/<int:row_id>")
@needs(Permission.SITE_ADMIN)
def retry(row_id: int) -> Answer:
    """Try one waiting event now."""
    server_id = servers.retry_delivery(current_viewer(), row_id)
    return done(saved("It is tried again."), go_to=f"/servers/view/{server_id}", notice=_("It is tried again."))


def _exchange(server_id: int, kind: JobKind, technique: str) -> Answer:
    """Programs wait for the end for a while; people watch the job's page. Nothing happens by a browser's GET."""
    viewer = current_viewer()
    server = servers.find_server(viewer, server_id)
    if viewer.key is None and request.method == "GET":
        return see_other(f"/servers/view/{server.id}")
    if parameter("disable_background_processing"):
        verb = pull_from if kind is JobKind.PULL else push_to
        return done(
            saved(verb(server, technique, _outbound()).sentence, subject_id=server.id), go_to=_page_of(server.id)
        )
    job_id = servers.ask_for_job(viewer, server.id, kind, technique)
    if not wants_json():
        return see_other(f"/jobs/view/{job_id}")
    return _told(servers.wait_for_job(viewer, job_id, ANSWER_SECONDS), server.id)


def _told(job: JobRecord, server_id: int) -> Answer:
    if job.state is JobState.FAILED:
        raise SaveFailed(job.kind, "Server", job.message, subject_id=server_id if job.kind is JobKind.PULL else None)
    if job.state is JobState.DONE:
        return reply(saved(job.message, subject_id=server_id))
    queued = f"{job.kind.value.capitalize()} queued for background execution. Job ID: {job.id}"
    return reply(saved(queued, subject_id=server_id))


def _page_of(server_id: int) -> str:
    return f"/servers/view/{server_id}"


def _outbound() -> Outbound:
    settings: Settings = current_app.config["SETTINGS"]
    return Outbound(settings.allow_internal)


def _again(server_id: int | None) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("servers/edit.html", _form_page(server_id, form), status=status)

    return show


def _form_page(server_id: int | None, form: pages.Form) -> pages.ServerFormPage:
    known = organisations.list_organisations(current_viewer(), Scope.ALL)
    choices = tuple(pages.Choice(str(record.id), record.name) for record in known)
    return pages.ServerFormPage(server_id, form, (pages.Choice("", _("A new organisation")), *choices))
