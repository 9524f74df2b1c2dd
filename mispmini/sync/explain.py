"""The connection test: MISP's status numbers, and layer by layer what is wrong (PROTOCOL §2.2, §2.3; RULES §10.1)."""

import re
from collections.abc import Mapping
from typing import Any

from mispmini.domain import clock
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.servers import pin_certificate
from mispmini.store.database import writing
from mispmini.store.organisations import find_any_organisation
from mispmini.store.outbox import hurry_if_back
from mispmini.store.settings import load_settings
from mispmini.sync.certificates import days_left
from mispmini.sync.failures import BETWEEN, LINK_IS_DOWN
from mispmini.sync.findings import ConnectionReport, Finding, Layer, LayerName, Outcome, PostStatus, Status
from mispmini.sync.links import GET_VERSION, LinkRefused, Outbound, let_go, link_of, said, user_agent
from mispmini.sync.remote import Answer, Cause, Link, RemoteFailure, RemoteServer, json_text, leaf_fingerprint
from mispmini.wire.scalars import flag

POST_TEST = "/servers/postTest"
TOO_OLD = "too old"
MOST_SKEW_SECONDS = 600
FEW_DAYS = 30
_TEST_STRING = "mispmini POST test: ação, 測試, \\ / \" ' <>&\n" * 64
_VERSION = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})\Z", re.ASCII)
_UNREACHABLE = LINK_IS_DOWN | {Cause.TRUNCATED}
_TLS = frozenset({Cause.TLS_CHAIN, Cause.TLS_NAME, Cause.TLS_EXPIRED, Cause.TLS_PIN, Cause.TLS_OTHER})
_PINNABLE = frozenset({Cause.TLS_CHAIN, Cause.TLS_NAME, Cause.TLS_EXPIRED, Cause.TLS_PIN})
_KEY_IS_TAKEN = frozenset({Status.OK, Status.READS_ONLY, Status.SIGHTINGS_ONLY})
_FINGERPRINT_SECONDS = 10.0
_AT_THE_ACCOUNT = {
    "Your user account is expecting a password change, please log in via the web interface and change it before"
    " proceeding.": 5,
    "You have not accepted the terms of use yet, please log in via the web interface and accept them.": 6,
}


def test_connection(server: LinkedServer, outbound: Outbound) -> ConnectionReport:
    """Try one link from the address to the organisations; what waited for it to work goes out. Raises nothing that a
    partner causes."""
    report = _Test(server, outbound).run()
    if report.status is not Status.UNREACHABLE and report.layers[-1].finding not in BETWEEN:
        _note_back(server.id)
    if report.status in _KEY_IS_TAKEN:
        let_go(server, may_sync=report.status is Status.OK)
    return report


def connect_and_trust(viewer: Viewer, server: LinkedServer, outbound: Outbound) -> ConnectionReport:
    """Try one link; where it allows a self-signed certificate, the first that is shown is pinned and told (TRUST §6).

    Raises Forbidden, NotFound.
    """
    report = test_connection(server, outbound)
    if not server.self_signed or server.cert_file or server.pinned_sha256:
        return report
    shown = untrusted_certificate(server, report, outbound)
    if not shown:
        return report
    return _Test(pin_certificate(viewer, server.id, shown), outbound, first_seen=True).run()


test_connection.__test__ = False  # type: ignore[attr-defined]  # a verb of the product, not a test case


class _Test:
    def __init__(self, server: LinkedServer, outbound: Outbound, *, first_seen: bool = False) -> None:
        self.server = server
        self.outbound = outbound
        self.first_seen = first_seen
        self.local_version = load_settings().announced_version
        self.remote_version = ""
        self.layers: list[Layer] = []

    def run(self) -> ConnectionReport:
        try:
            link = link_of(self.server, self.outbound)
        except LinkRefused:
            self._found(LayerName.KEY, Outcome.FAILING, Finding.KEY_MISSING)
            return self._report(Status.REFUSED)
        try:
            with RemoteServer(link, user_agent=user_agent(), deadline=self.outbound.deadline) as remote:
                return self._talk(link, remote)
        except RemoteFailure as failure:
            return self._failed(failure)

    def _talk(self, link: Link, remote: RemoteServer) -> ConnectionReport:
        answer = remote.get_json(GET_VERSION)
        self._found(LayerName.ADDRESS, Outcome.GOOD, Finding.REACHED, url=self.server.url)
        self._tls(link)
        if answer.status != 200:
            return self._refused(answer)
        document = answer.json if isinstance(answer.json, dict) else {}
        self.remote_version = str(document.get("version", ""))
        if not _VERSION.match(self.remote_version):
            self._found(LayerName.HTTP, Outcome.FAILING, Finding.NO_MISP)
            return self._report(Status.UNEXPECTED)
        self._version()
        self._found(LayerName.KEY, Outcome.GOOD, Finding.KEY_GOOD)
        status = self._permissions(document)
        post, encoding = self._post(remote, document)
        self._clock(answer)
        self._organisations(remote)
        return self._report(status, self._told(status, document, post, encoding))

    def _told(
        self, status: Status, document: dict[str, Any], post: int | str, encoding: str | None
    ) -> dict[str, object]:
        if status is not Status.OK:
            return {
                "info": document,
                "client_certificate": None,
                "post": {"status": post, "content-encoding": encoding},
            }
        mismatch, newer = compared(self.local_version, self.remote_version)
        return {
            "local_version": self.local_version,
            "version": self.remote_version,
            "mismatch": mismatch,
            "newer": newer,
            "post": post,
            "response_encoding": encoding,
            "request_encoding": document.get("request_encoding", []),
            "client_certificate": None,
            "uuid": document.get("uuid", "-"),
        }

    def _failed(self, failure: RemoteFailure) -> ConnectionReport:
        """Which layer a failed connection stopped at."""
        if failure.cause in _TLS | BETWEEN:
            self._found(LayerName.ADDRESS, Outcome.GOOD, Finding.REACHED, url=self.server.url)
            name = LayerName.TLS if failure.cause in _TLS else LayerName.HTTP
        else:
            name = LayerName.ADDRESS if failure.cause in _UNREACHABLE else LayerName.HTTP
        self.layers.append(Layer(name, Outcome.FAILING, failure.cause, {"detail": failure.detail}))
        if failure.http_status == 403:  # MISP: this number whoever said it
            return self._report(Status.REFUSED)
        return self._report(Status.UNREACHABLE if failure.cause in _UNREACHABLE else Status.UNEXPECTED)

    def _refused(self, answer: Answer) -> ConnectionReport:
        told = said(answer)
        if answer.status == 403:
            self._found(LayerName.KEY, Outcome.FAILING, Finding.KEY_REFUSED, detail=told)
            return self._report(Status.REFUSED)
        if answer.status == 405 and told in _AT_THE_ACCOUNT:
            status = Status(_AT_THE_ACCOUNT[told])
            finding = Finding.TERMS if status is Status.TERMS else Finding.PASSWORD_CHANGE
            self._found(LayerName.KEY, Outcome.FAILING, finding)
            return self._report(status)
        self._found(LayerName.HTTP, Outcome.FAILING, Finding.NO_MISP, detail=f"HTTP {answer.status}")
        return self._report(Status.UNEXPECTED)

    def _tls(self, link: Link) -> None:
        if not link.url.startswith("https:"):
            self._found(LayerName.TLS, Outcome.WARNING, Finding.NOT_ENCRYPTED)
            return
        if link.pinned_sha256 and self.first_seen:
            self._found(LayerName.TLS, Outcome.WARNING, Finding.CERTIFICATE_FIRST_SEEN, sha256=link.pinned_sha256)
            return
        if link.pinned_sha256:
            self._found(LayerName.TLS, Outcome.GOOD, Finding.CERTIFICATE_PINNED)
            return
        days = days_left(link)
        if days is not None and days < FEW_DAYS:
            self._found(LayerName.TLS, Outcome.WARNING, Finding.CERTIFICATE_ENDS, days=str(days))
        else:
            self._found(LayerName.TLS, Outcome.GOOD, Finding.CERTIFICATE_GOOD, days="" if days is None else str(days))

    def _version(self) -> None:
        mismatch, _ = compared(self.local_version, self.remote_version)
        other = mismatch in ("major", "minor")
        outcome, finding = (Outcome.WARNING, Finding.OTHER_VERSION) if other else (Outcome.GOOD, Finding.VERSION)
        self._found(LayerName.HTTP, outcome, finding, version=self.remote_version)

    def _permissions(self, document: Mapping[str, Any]) -> Status:
        if flag(document.get("perm_sync")):
            self._found(LayerName.PERMISSIONS, Outcome.GOOD, Finding.MAY_SYNC)
            return Status.OK
        if flag(document.get("perm_sighting")):
            self._found(LayerName.PERMISSIONS, Outcome.WARNING, Finding.SIGHTINGS_ONLY)
            return Status.SIGHTINGS_ONLY
        self._found(LayerName.PERMISSIONS, Outcome.WARNING, Finding.READS_ONLY)
        return Status.READS_ONLY

    def _post(self, remote: RemoteServer, document: Mapping[str, Any]) -> tuple[int | str, str | None]:
        if not takes_post_test(self.remote_version):
            self._found(LayerName.POST, Outcome.SKIPPED, Finding.POST_TOO_OLD)
            return TOO_OLD, None
        encodings = document.get("request_encoding")
        gzip_allowed = isinstance(encodings, list) and "gzip" in encodings
        try:
            answer = remote.post_json(POST_TEST, json_text({"testString": _TEST_STRING}), gzip_allowed=gzip_allowed)
        except RemoteFailure as failure:
            self.layers.append(Layer(LayerName.POST, Outcome.FAILING, failure.cause, {"detail": failure.detail}))
            return int(PostStatus.FAILED), None
        status = judged_post(answer.json if answer.status == 200 else None)
        finding = {PostStatus.OK: Finding.POST_ARRIVED, PostStatus.FAILED: Finding.POST_FAILED}
        outcome = Outcome.GOOD if status is PostStatus.OK else Outcome.FAILING
        self._found(LayerName.POST, outcome, finding.get(status, Finding.POST_CHANGED))
        return int(status), answer.headers.get("Content-Encoding")

    def _clock(self, answer: Answer) -> None:
        """Clocks that differ make newer versions look old (RULES §6)."""
        if answer.date is None:
            self._found(LayerName.CLOCK, Outcome.SKIPPED, Finding.NOT_TOLD)
            return
        skew = answer.date - clock.now()
        agree = abs(skew) <= MOST_SKEW_SECONDS
        finding = Finding.CLOCKS_AGREE if agree else Finding.CLOCKS_DIFFER
        self._found(LayerName.CLOCK, Outcome.GOOD if agree else Outcome.WARNING, finding, seconds=str(abs(skew)))

    def _organisations(self, remote: RemoteServer) -> None:
        """Whether both sides mean the same organisations by uuid: the commonest mistake (RULES §10.1)."""
        ours, theirs = (find_any_organisation(org_id) for org_id in (self.server.org_id, self.server.remote_org_id))
        assert ours is not None, "a link's organisations cannot be deleted"
        assert theirs is not None
        we_are = _uuid_at(remote, "/users/view/me")
        they_are = _uuid_at(remote, f"/organisations/view/{theirs.uuid}")
        if we_are is None:
            self._found(LayerName.ORGANISATIONS, Outcome.SKIPPED, Finding.NOT_TOLD)
        elif we_are != ours.uuid:
            values = {"here": ours.uuid, "there": we_are, "name": ours.name}
            self._found(LayerName.ORGANISATIONS, Outcome.FAILING, Finding.WE_DIFFER_THERE, **values)
        elif they_are != theirs.uuid:
            values = {"here": theirs.uuid, "name": theirs.name}
            self._found(LayerName.ORGANISATIONS, Outcome.WARNING, Finding.THEY_DIFFER_HERE, **values)
        else:
            self._found(LayerName.ORGANISATIONS, Outcome.GOOD, Finding.ORGANISATIONS_AGREE)

    def _found(self, name: LayerName, outcome: Outcome, finding: Finding, /, **values: str) -> None:
        self.layers.append(Layer(name, outcome, finding, values))

    def _report(self, status: Status, more: dict[str, object] | None = None) -> ConnectionReport:
        seen = {layer.name for layer in self.layers}
        order = list(LayerName)
        rest = [Layer(name, Outcome.SKIPPED, Finding.NOT_TESTED) for name in order if name not in seen]
        layers = sorted((*self.layers, *rest), key=lambda layer: order.index(layer.name))
        reply: dict[str, object] = {"status": int(status), **(more or {"client_certificate": None})}
        return ConnectionReport(status, reply, self.local_version, self.remote_version, tuple(layers))


def _note_back(server_id: int) -> None:
    """What waited for a partner that was down need not wait for the next try of the runner."""
    with writing(quiet=True):
        hurry_if_back(server_id)


def untrusted_certificate(server: LinkedServer, report: ConnectionReport, outbound: Outbound) -> str:
    """The SHA-256 of a certificate that the test refused, for an admin to compare and pin; empty for none."""
    if not any(layer.finding in _PINNABLE for layer in report.layers):
        return ""
    try:
        return leaf_fingerprint(link_of(server, outbound), _FINGERPRINT_SECONDS)
    except (LinkRefused, RemoteFailure):
        return ""


def compared(local: str, remote: str) -> tuple[str | bool, str | bool]:
    """MISP's `mismatch` and `newer`. Equal 2.5.x say "proposal", as a MISP does (PROTOCOL §2.1, recording 01)."""
    here, there = (tuple(int(part) for part in version.split(".")) for version in (local, remote))
    names = ("major", "minor", "hotfix")
    mismatch = next((name for name, a, b in zip(names, here, there, strict=True) if a != b), None)
    if mismatch is None:
        return "proposal" if there[2] < 111 else False, False
    return mismatch, "local" if here > there else "remote"


def takes_post_test(version: str) -> bool:
    """Whether this version of MISP knows postTest (PROTOCOL §2.1)."""
    major, minor, hotfix = (int(part) for part in version.split("."))
    return (major, minor) == (2, 5) or ((major, minor) == (2, 4) and hotfix > 68)


def judged_post(document: object) -> PostStatus:
    """What came back of the POST test (PROTOCOL §2.2)."""
    if not isinstance(document, dict) or not isinstance(document.get("body"), dict):
        return PostStatus.FAILED
    if document["body"].get("testString") != _TEST_STRING:
        return PostStatus.BODY_DIFFERS
    headers = document.get("headers")
    kept = isinstance(headers, dict) and {headers.get("Accept"), headers.get("Content-type")} == {"application/json"}
    return PostStatus.OK if kept else PostStatus.HEADERS_DIFFER


def _uuid_at(remote: RemoteServer, path: str) -> str | None:
    """The uuid of the Organisation that an answer holds."""
    try:
        answer = remote.get_json(path)
    except RemoteFailure:
        return None
    found = answer.json.get("Organisation") if answer.status == 200 and isinstance(answer.json, dict) else None
    return str(found.get("uuid", "")).lower() if isinstance(found, dict) else None
