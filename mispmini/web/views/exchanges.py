"""Links at work: tested, trusted, paused, pulled from and pushed to (PROTOCOL §2.3, §3.1, §4.1; TRUST §6)."""

from functools import partial

from flask import Blueprint, request

from mispmini.domain.errors import SaveFailed
from mispmini.domain.permissions import Permission
from mispmini.domain.servers import LinkedServer
from mispmini.services import deliveries, jobs, servers
from mispmini.services.instance_settings import load_settings
from mispmini.services.jobs import JobKind, JobRecord, JobState
from mispmini.sync.caching import CACHED
from mispmini.sync.comparing import compare_with
from mispmini.sync.explain import connect_and_trust, test_connection, untrusted_certificate
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from mispmini.web.answer import Answer, answer, done, reply, saved, see_other, wants_json
from mispmini.web.asking import parameter
from mispmini.web.building.connection_pages import test_page, test_reply
from mispmini.web.i18n import _
from mispmini.web.needs import is_lure, needs
from mispmini.web.outbound import outbound
from mispmini.web.who import current_viewer
from mispmini.wire.scalars import flag

bp = Blueprint("exchanges", __name__, url_prefix="/servers")

ANSWER_SECONDS = 25.0
FULL = "full"


@bp.route("/testConnection/<int:server_id>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def test(server_id: int) -> Answer:
    """Try the link, layer by layer."""
    server = servers.find_server(current_viewer(), server_id)
    tried = partial(connect_and_trust, current_viewer()) if request.method == "POST" else test_connection
    report = tried(server, outbound())
    return answer(
        lambda: test_reply(report),
        page=lambda: test_page(server, report, untrusted_certificate(server, report, outbound())),
        template="servers/test.html",
    )


@bp.post("/pinCertificate/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def pin_certificate(server_id: int) -> Answer:
    """Trust the certificate with the fingerprint that was shown, and no other from now on."""
    servers.pin_certificate(current_viewer(), server_id, str(parameter("pinned_sha256", "")))
    return done(
        saved("Certificate pinned.", subject_id=server_id),
        go_to=f"/servers/view/{server_id}",
        notice=_("The certificate is trusted from now on, and no other. Test the connection again."),
    )


@bp.post("/unpinCertificate/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def unpin_certificate(server_id: int) -> Answer:
    """Trust the authorities again instead of one certificate."""
    servers.pin_certificate(current_viewer(), server_id, None)
    return done(
        saved("Certificate no longer pinned.", subject_id=server_id),
        go_to=f"/servers/view/{server_id}",
        notice=_("The certificate is no longer pinned."),
    )


@bp.post("/pause/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def pause(server_id: int) -> Answer:
    """Send and fetch nothing by itself for a while; the queue is kept."""
    servers.pause_server(current_viewer(), server_id, paused=True)
    return _rested("Server paused.", server_id, _("The server is paused. What is published meanwhile waits for it."))


@bp.post("/resume/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def resume(server_id: int) -> Answer:
    """Go on with what waits."""
    servers.pause_server(current_viewer(), server_id, paused=False)
    return _rested("Server resumed.", server_id, _("The server works again; what waited is sent now."))


def _rested(said: str, server_id: int, notice: str) -> Answer:
    return done(saved(said, subject_id=server_id), go_to=f"/servers/view/{server_id}", notice=notice)


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


@bp.route("/cache", methods=["GET", "POST"])
@bp.route("/cache/<ref>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def cache(ref: str = "all") -> Answer:
    """Take the digests of what a partner holds, or of what all do whose cache is switched on (PROTOCOL §4.9)."""
    viewer = current_viewer()
    asked_for = servers.servers_to_cache(viewer, ref)
    if is_lure():
        return see_other("/servers/index")
    job_ids = [jobs.ask_for_job(viewer, server.id, JobKind.CACHE, "cache") for server in asked_for]
    if not wants_json():
        return see_other(f"/jobs/view/{job_ids[0]}" if len(job_ids) == 1 else "/jobs/index")
    ended = [jobs.wait_for_job(viewer, job_id, ANSWER_SECONDS) for job_id in job_ids]
    for job in ended:
        if job.state is not JobState.DONE:
            return _told(job, None)
    return reply(saved(CACHED))


@bp.route("/compare/<int:server_id>", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def compare(server_id: int) -> Answer:
    """Hold both indexes against each other and keep what differs (RULES §10.9)."""
    return _exchange(server_id, JobKind.COMPARE, "compare")


@bp.post("/resend/<int:server_id>/<ref>")
@needs(Permission.SITE_ADMIN)
def resend(server_id: int, ref: str) -> Answer:
    """Send one event to one server once more, whatever became of it before; `whole` with what it could not store."""
    deliveries.resend(current_viewer(), server_id, ref, whole=flag(parameter("whole")) is True)
    return done(
        saved("Event queued.", subject_id=server_id),
        go_to=f"/servers/view/{server_id}#queue",
        notice=_("The event waits to be sent again; its result appears in the ledger."),
    )


@bp.post("/forgetUnstorable/<int:server_id>")
@needs(Permission.SITE_ADMIN)
def forget_unstorable(server_id: int) -> Answer:
    """Send the next events whole again, as if the server could store everything."""
    servers.forget_unstorable(current_viewer(), server_id)
    return _rested("Server reset.", server_id, _("The next events go there whole. What is there stays as it is."))


@bp.post("/retry/<int:row_id>")
@needs(Permission.SITE_ADMIN)
def retry(row_id: int) -> Answer:
    """Try one waiting event now."""
    server_id = deliveries.retry_delivery(current_viewer(), row_id)
    return done(saved("It is tried again."), go_to=f"/servers/view/{server_id}", notice=_("It is tried again."))


def _exchange(server_id: int, kind: JobKind, technique: str) -> Answer:
    """Programs wait for the end for a while; people watch the job's page. Nothing happens by a browser's GET."""
    viewer = current_viewer()
    server = servers.find_server(viewer, server_id)
    if is_lure():
        return see_other(f"/servers/view/{server.id}")
    if parameter("disable_background_processing") or not load_settings().background_jobs:
        told = _at_once(server.asked_by(viewer.user_id), kind, technique)
        return done(saved(told, subject_id=server.id), go_to=f"/servers/view/{server.id}")
    job_id = jobs.ask_for_job(viewer, server.id, kind, technique)
    if not wants_json():
        return see_other(f"/jobs/view/{job_id}")
    return _told(jobs.wait_for_job(viewer, job_id, ANSWER_SECONDS), server.id)


def _at_once(server: LinkedServer, kind: JobKind, technique: str) -> str:
    if kind is JobKind.COMPARE:
        return compare_with(server, outbound()).sentence
    verb = pull_from if kind is JobKind.PULL else push_to
    return verb(server, technique, outbound()).sentence


def _told(job: JobRecord, server_id: int | None) -> Answer:
    if job.state is JobState.FAILED:
        raise SaveFailed(job.kind, "Server", job.message, subject_id=server_id if job.kind is JobKind.PULL else None)
    if job.state is JobState.DONE:
        return reply(saved(job.message, subject_id=server_id))
    queued = f"{job.kind.value.capitalize()} queued for background execution. Job ID: {job.id}"
    return reply(saved(queued, subject_id=server_id))
