"""What a partner shows of itself: its events before a pull, our account there, its names (PROTOCOL §2.4, §4.9)."""

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.domain.servers import ServerDraft
from mispmini.services import servers
from mispmini.sync.preview import FILTERS, MOST_ROWS, PAGE_SIZE, preview_event, preview_index
from mispmini.sync.remote_user import available_rules, remote_user, reset_remote_key
from mispmini.web.answer import Answer, answer, done, saved
from mispmini.web.asking import parameter
from mispmini.web.building import preview_pages
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.outbound import outbound
from mispmini.web.who import current_viewer

bp = Blueprint("previews", __name__, url_prefix="/servers")


@bp.route("/previewIndex/<int:server_id>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def preview(server_id: int) -> Answer:
    """The partner's newest events, each with whether a pull would take it."""
    server = servers.find_server(current_viewer(), server_id)
    page, limit = _number("page", 1, 100_000), _number("limit", PAGE_SIZE, MOST_ROWS)
    filters = {name: str(text) for name in FILTERS if (text := parameter(name))}
    found = preview_index(server, outbound(), page=page, limit=limit, filters=filters)
    return answer(
        lambda: [{"Event": item} for item in found.items],
        page=lambda: preview_pages.index_page(server, found, page=page, limit=limit, filters=filters),
        template="servers/preview.html",
    )


@bp.route("/previewEvent/<int:server_id>/<ref>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def preview_one(server_id: int, ref: str) -> Answer:
    """One event of the partner."""
    server = servers.find_server(current_viewer(), server_id)
    found = preview_event(server, outbound(), ref)
    return answer(
        lambda: found, page=lambda: preview_pages.event_page(server, ref, found), template="servers/preview_event.html"
    )


@bp.get("/getRemoteUser/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def get_remote_user(server_id: int) -> Answer:
    """Which account our key belongs to there."""
    server = servers.find_server(current_viewer(), server_id)
    told = remote_user(server, outbound())
    return answer(
        lambda: told,
        page=lambda: preview_pages.names_page(server, told, available_rules(server, outbound())),
        template="servers/remote.html",
    )


@bp.get("/queryAvailableSyncFilteringRules/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def query_available_sync_filtering_rules(server_id: int) -> Answer:
    """Which names the pull rules of this link can use."""
    server = servers.find_server(current_viewer(), server_id)
    told = available_rules(server, outbound())
    return answer(
        lambda: told,
        page=lambda: preview_pages.names_page(server, remote_user(server, outbound()), told),
        template="servers/remote.html",
    )


@bp.post("/resetRemoteAuthKey/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def reset_remote_auth_key(server_id: int) -> Answer:
    """Have the partner replace our key, and keep the new one."""
    viewer = current_viewer()
    key = reset_remote_key(servers.find_server(viewer, server_id), outbound())
    servers.edit_server(viewer, server_id, ServerDraft(authkey=key))
    return done(
        saved("API key updated.", subject_id=server_id),
        go_to=f"/servers/view/{server_id}",
        notice=_("The partner made a new key for us; it is kept here."),
    )


def _number(name: str, default: int, most: int) -> int:
    text = str(parameter(name, default))
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) else default
