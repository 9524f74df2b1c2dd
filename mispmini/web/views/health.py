"""How the server stands: for people, for watchers and for Prometheus (FEATURES rows 81, 82, 95)."""

from flask import Blueprint, Response

from mispmini.domain.errors import Forbidden
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import diagnostics, house, identity, servers
from mispmini.web.answer import Answer, answer, done, reply, saved
from mispmini.web.building import health_pages
from mispmini.web.i18n import _
from mispmini.web.needs import NOT_ALLOWED, for_monitoring, needs, needs_login, public
from mispmini.web.who import current_viewer

bp = Blueprint("health", __name__)
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@bp.get("/readyz")
@public
def readyz() -> Answer:
    """Whether this process can work: its database is there, is whole, and has the right schema."""
    word = house.readiness()
    return reply({"status": word}, status=200 if word == "ok" else 503)


@bp.get("/health/index")
@needs_login
def index() -> Answer:
    """Partners and checks; for site admins, with a read-only key too."""
    everything = _watcher()
    checks, links = diagnostics.run_checks(), servers.list_servers(everything)
    return answer(
        lambda: health_pages.health_reply(checks, links),
        page=lambda: health_pages.health_page(checks, links),
        template="health/index.html",
    )


@bp.post("/servers/confirmIdentity")
@needs(Permission.SITE_ADMIN)
def confirm_identity() -> Answer:
    """Partners were told of a URL or an organisation that was changed in a file or the environment."""
    identity.confirm(current_viewer())
    return done(saved("Confirmed."), go_to="/health", notice=_("Partners are taken to know this server as it is now."))


@bp.get("/metrics")
@needs_login
@for_monitoring
def metrics() -> Response:
    """Numbers as Prometheus reads them; a read-only key of a site admin does."""
    _watcher()
    numbers = {**house.metrics(), **diagnostics.metrics()}
    lines = [f"# TYPE mispmini_{name} gauge\nmispmini_{name} {value}\n" for name, value in numbers.items()]
    return Response("".join(lines), content_type=PROMETHEUS)


def _watcher() -> Viewer:
    """A site admin by role: what is told here changes nothing, so that a key that only reads is enough."""
    if Permission.SITE_ADMIN not in current_viewer().role_permissions:
        raise Forbidden(NOT_ALLOWED)
    return Viewer.everything()
