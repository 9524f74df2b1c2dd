"""What partners ask before they exchange anything (PROTOCOL §2)."""

from flask import Blueprint, request

from mispmini import __version__
from mispmini.domain.errors import Refused
from mispmini.domain.permissions import Permission
from mispmini.services import organisations, servers, tags
from mispmini.services.organisations import Scope
from mispmini.web.answer import Answer, reply
from mispmini.web.asking import asked
from mispmini.web.needs import needs, needs_login
from mispmini.web.who import current_viewer
from mispmini.wire import replies

bp = Blueprint("handshake", __name__, url_prefix="/servers")


@bp.get("/getVersion")
@needs_login
def get_version() -> Answer:
    """Which MISP we are like, and what this key may do here."""
    here = servers.identity()
    return reply(
        replies.version_document(
            current_viewer(),
            announced_version=here.version,
            server_version=__version__,
            instance_uuid=here.instance_uuid,
            takes_clusters=True,
        )
    )


@bp.get("/getPyMISPVersion")
@needs_login
def get_pymisp_version() -> Answer:
    """The PyMISP that fits."""
    return reply({"version": servers.identity().version})


@bp.get("/getInstanceUUID")
@needs(Permission.SYNC)
def get_instance_uuid() -> Answer:
    """The identity of this instance."""
    return reply({"uuid": servers.identity().instance_uuid})


@bp.route("/postTest", methods=["GET", "POST"])
@needs_login
def post_test() -> Answer:
    """Say what arrived, so that the partner sees whether its POST came through whole."""
    if request.method != "POST":
        raise Refused("Invalid request, expecting a POST request.")
    return reply(replies.post_test(asked().parameter("testString"), dict(request.headers)))


@bp.get("/getAvailableSyncFilteringRules")
@needs_login
def get_available_sync_filtering_rules() -> Answer:
    """Names that a partner's pull rules can use."""
    viewer = current_viewer()
    known = organisations.those_met(viewer, organisations.list_organisations(viewer, Scope.ALL))
    names = sorted(organisation.name for organisation in known)
    return reply({"organisations": names, "tags": sorted(tag.name for tag in tags.all_tags(""))})
