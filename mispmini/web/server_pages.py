"""What the pages of links are given, in the words of the reader's language."""

from collections.abc import Iterable, Sequence

from mispmini.domain.servers import LinkedServer
from mispmini.services import servers
from mispmini.services.servers import LedgerEntry, QueuedEvent, Standing
from mispmini.sync.failures import Cause
from mispmini.sync.findings import ConnectionReport, Finding, Layer, LayerName, Outcome, Status
from mispmini.web import pages
from mispmini.web.home import health_of
from mispmini.web.i18n import N_, gettext
from mispmini.web.receipts import ledger_row, reason_sentence

_MINUTE = 60
_LAYERS = {
    LayerName.ADDRESS: N_("Address"),
    LayerName.TLS: N_("Encryption"),
    LayerName.HTTP: N_("Answer"),
    LayerName.KEY: N_("Authkey"),
    LayerName.PERMISSIONS: N_("Permissions"),
    LayerName.POST: N_("Sending"),
    LayerName.CLOCK: N_("Clock"),
    LayerName.ORGANISATIONS: N_("Organisations"),
}
_FOUND = {
    Finding.REACHED: N_("It is reached at %(url)s."),
    Finding.CERTIFICATE_GOOD: N_("The certificate is good."),
    Finding.CERTIFICATE_ENDS: N_("The certificate is good for %(days)s more days only."),
    Finding.NOT_ENCRYPTED: N_("The connection is not encrypted."),
    Finding.VERSION: N_("MISP %(version)s answers."),
    Finding.OTHER_VERSION: N_("MISP %(version)s answers; it may not take everything."),
    Finding.NO_MISP: N_("What answers is no MISP."),
    Finding.KEY_GOOD: N_("Our key is accepted."),
    Finding.KEY_REFUSED: N_("Our key is refused: %(detail)s"),
    Finding.KEY_MISSING: N_("The partner's key is missing here."),
    Finding.PASSWORD_CHANGE: N_("Our account there has to change its password first."),
    Finding.TERMS: N_("Our account there has to accept the terms of use first."),
    Finding.MAY_SYNC: N_("Our account there may sync."),
    Finding.READS_ONLY: N_("Our account there may only read: pulling works, pushing does not."),
    Finding.SIGHTINGS_ONLY: N_("Our account there may read and send sightings: pushing events does not work."),
    Finding.POST_ARRIVED: N_("What is sent arrives whole."),
    Finding.POST_FAILED: N_("What is sent does not arrive."),
    Finding.POST_CHANGED: N_("What is sent arrives changed."),
    Finding.POST_TOO_OLD: N_("This version cannot be tested."),
    Finding.CLOCKS_AGREE: N_("The clocks agree."),
    Finding.CLOCKS_DIFFER: N_("The clocks differ by %(seconds)s seconds."),
    Finding.ORGANISATIONS_AGREE: N_("Both sides mean the same two organisations."),
    Finding.WE_DIFFER_THERE: N_("Our account there belongs to another organisation: %(there)s, not %(here)s."),
    Finding.THEY_DIFFER_HERE: N_("The partner does not know %(name)s with the UUID %(here)s."),
    Finding.NOT_TOLD: N_("The partner does not tell."),
    Finding.NOT_TESTED: N_("Not tested."),
}
_ADVICE: dict[Finding | Cause, str] = {
    Cause.BAD_URL: N_("Edit the server and correct its base URL."),
    Cause.DNS: N_("Check the name in the base URL, and the name servers of this machine."),
    Cause.INTERNAL_ADDRESS: N_(
        "If it is meant, edit the server and list the address under “Servers in your own network”."
    ),
    Cause.TCP: N_("Ask the partner whether its server runs and its firewall lets this server in."),
    Cause.TIMEOUT: N_("Ask the partner whether its server runs and its firewall lets this server in."),
    Cause.TLS_CHAIN: N_("Ask the partner for a certificate of a public authority."),
    Cause.TLS_NAME: N_("Use the name in the certificate as base URL, or ask the partner to correct it."),
    Cause.TLS_EXPIRED: N_("Ask the partner to renew it."),
    Cause.REDIRECT: N_("Use the address that the browser ends at as base URL."),
    Finding.CERTIFICATE_ENDS: N_("Tell the partner."),
    Finding.NOT_ENCRYPTED: N_("Use https outside of your own network."),
    Finding.NO_MISP: N_("Check the base URL: a proxy or another program may answer there."),
    Finding.KEY_REFUSED: N_("Ask the partner for a new key; it may have expired or be bound to other addresses."),
    Finding.KEY_MISSING: N_("Edit the server and enter the key again."),
    Finding.PASSWORD_CHANGE: N_("Log in there with the account, or ask the partner."),
    Finding.TERMS: N_("Log in there with the account, or ask the partner."),
    Finding.READS_ONLY: N_("To push, ask the partner for a Sync user whose key is not read only."),
    Finding.SIGHTINGS_ONLY: N_("To push events, ask the partner for a Sync user."),
    Finding.POST_FAILED: N_("Something between the two servers stops it: a firewall, a proxy, a limit of size."),
    Finding.POST_CHANGED: N_("Something between the two servers changes it: a proxy or a filter."),
    Finding.CLOCKS_DIFFER: N_("Both servers should set their clocks from the network."),
    Finding.WE_DIFFER_THERE: N_("Ask the partner to give our organisation its UUID, or sharing groups never match."),
    Finding.THEY_DIFFER_HERE: N_("Ask the partner for its UUID and edit the server."),
}
_VERDICTS = {
    Status.OK: N_("The connection works."),
    Status.UNREACHABLE: N_("The partner cannot be reached."),
    Status.UNEXPECTED: N_("Something else than a MISP answers."),
    Status.REFUSED: N_("The partner refuses our key."),
    Status.PASSWORD_CHANGE: N_("Our account there has to change its password first."),
    Status.TERMS: N_("Our account there has to accept the terms of use first."),
    Status.READS_ONLY: N_("Pulling works; pushing does not."),
    Status.SIGHTINGS_ONLY: N_("Pulling works; of pushing only sightings."),
}
_READABLE = frozenset({Status.OK, Status.READS_ONLY, Status.SIGHTINGS_ONLY})


def index_page(links: Iterable[Standing]) -> pages.ServersPage:
    """The list of links."""
    return pages.ServersPage(tuple(_card(link) for link in links), may_edit=True)


def view_page(
    link: Standing, queue: Sequence[QueuedEvent], entries: Sequence[LedgerEntry], ledger_paging: pages.Paging
) -> pages.ServerPage:
    """One link with its queue and ledger."""
    return pages.ServerPage(
        card=_card(link),
        key_hint=servers.key_hint(link.server),
        pull_interval=-(-(link.server.pull_interval or 0) // _MINUTE),
        allow_internal=link.server.allow_internal,
        queue=tuple(_queue_row(item) for item in queue),
        ledger=tuple(ledger_row(entry, with_detail=True) for entry in entries),
        ledger_paging=ledger_paging,
        may_edit=True,
    )


def form_of(server: LinkedServer) -> pages.Form:
    """The form of a link that is here; its key is never shown."""
    return pages.Form(
        {
            "url": server.url,
            "name": server.name,
            "remote_org_id": str(server.remote_org_id),
            "push": "1" if server.push else "0",
            "pull": "1" if server.pull else "0",
            "pull_interval": str(-(-(server.pull_interval or 0) // _MINUTE)),
            "allow_internal": "\n".join(server.allow_internal),
        }
    )


def test_page(server: LinkedServer, report: ConnectionReport) -> pages.ServerTestPage:
    """The connection test, layer by layer."""
    return pages.ServerTestPage(
        id=server.id,
        name=server.name,
        url=server.url,
        verdict=gettext(_VERDICTS[report.status]),
        outcome=_overall(report),
        local_version=report.local_version,
        remote_version=report.remote_version,
        layers=tuple(_layer(layer) for layer in report.layers),
    )


def _overall(report: ConnectionReport) -> pages.Outcome:
    outcomes = {layer.outcome for layer in report.layers}
    if report.status not in _READABLE or Outcome.FAILING in outcomes:
        return "failing"
    return "warning" if Outcome.WARNING in outcomes else "good"


def _layer(layer: Layer) -> pages.TestLayer:
    return pages.TestLayer(
        name=gettext(_LAYERS[layer.name]),
        outcome=layer.outcome.value,
        sentence=_sentence(layer),
        advice=_advice(layer.finding),
    )


def _advice(finding: Finding | Cause) -> str:
    return gettext(_ADVICE[finding]) if finding in _ADVICE else ""


def _sentence(layer: Layer) -> str:
    if isinstance(layer.finding, Finding):
        return gettext(_FOUND[layer.finding], **{"detail": "", **layer.values})
    return f"{reason_sentence(layer.finding)} {layer.values.get('detail', '')}".strip()


def _card(link: Standing) -> pages.ServerCard:
    server = link.server
    health, sentence = health_of(link)
    return pages.ServerCard(
        id=server.id,
        name=server.name,
        url=server.url,
        organisation=link.remote.name,
        push=server.push,
        pull=server.pull,
        health=health,
        sentence=sentence,
        last_push=server.last_push,
        last_pull=server.last_pull,
        next_pull=server.next_pull,
        waiting=link.queue.waiting,
        parked=link.queue.parked,
        sent=link.ledger.sent,
        received=link.ledger.received,
    )


def _queue_row(item: QueuedEvent) -> pages.QueueRow:
    row = item.row
    return pages.QueueRow(
        id=row.id,
        event_id=item.event_id or 0,
        event_info=item.event_info or row.event_uuid,
        state="parked" if row.parked else "waiting",
        reason=reason_sentence((row.last_error or "").partition(":")[0] or None),
        attempts=row.tries,
        next_try=row.next_try or None,
    )
