"""A link's configuration handed to a partner, and one taken in (PROTOCOL §2.4, GUIDE)."""

import json

from flask import Blueprint, request

from mispmini.domain.permissions import Permission
from mispmini.services import sync_configs
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, wants_json
from mispmini.web.asking import asked
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login, refuse_lure
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, replies
from mispmini.wire.replies import Reply
from mispmini.wire.sync_config import config_reply, read_config

bp = Blueprint("sync_configs", __name__, url_prefix="/servers")
_DESCRIPTION = "POST the configuration of a server that a partner made for you."


@bp.route("/createSync", methods=["GET", "POST"])
@needs_login
def create_sync() -> Answer:
    """What a partner's admin needs to connect to us, with a new key of the caller's; a browser asks by POST."""
    if request.method == "GET" and not wants_json():
        may_make = sync_configs.may_make(current_viewer())
        return page_answer("servers/create_sync.html", pages.SyncConfigPage("", may_make=may_make))
    refuse_lure()
    made = _made()
    if wants_json():
        return reply(made)
    text = json.dumps(made, indent=2, ensure_ascii=False)
    return page_answer("servers/create_sync.html", pages.SyncConfigPage(text))


@bp.get("/import")
@needs(Permission.SITE_ADMIN)
def show_import() -> Answer:
    """The form of a configuration, or what a POST takes."""
    return answer(
        lambda: replies.api_description(action_url(), _DESCRIPTION, mandatory=("Server",), optional=("json",)),
        page=pages.Form,
        template="servers/import.html",
    )


@bp.post("/import")
@needs(Permission.SITE_ADMIN)
def import_config() -> Answer:
    """Make the link; nothing is sent or fetched over it until it is switched on."""
    if_refused(lambda form, status: page_answer("servers/import.html", form, status=status))
    with saving("import", "Server"):
        draft = read_config(asked().parameters())
    server = sync_configs.import_config(current_viewer(), draft)
    return done(
        {"Server": account_replies.server_columns(server)},
        go_to=f"/servers/view/{server.id}",
        notice=_("The server was added. Test the connection, then switch on what should cross."),
    )


def _made() -> Reply:
    made = sync_configs.create_config(current_viewer())
    org = made.organisation
    return config_reply(made.url, made.instance_uuid, made.authkey, org_name=org.name, org_uuid=org.uuid)
