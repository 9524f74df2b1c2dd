"""What the page of a connection test is given: each finding as a sentence, and what to do about it (PROTOCOL §2.3)."""

from mispmini.domain.servers import LinkedServer
from mispmini.sync.failures import BETWEEN, Cause
from mispmini.sync.findings import ConnectionReport, Finding, Layer, LayerName, Outcome, Status
from mispmini.web import pages
from mispmini.web.building.receipts import reason_sentence
from mispmini.web.i18n import N_, gettext

_LAYERS = {
    LayerName.ADDRESS: N_("Address"),
    LayerName.TLS: N_("Encryption"),
    LayerName.HTTP: N_("Answer"),
    LayerName.KEY: N_("Authkey"),
    LayerName.PERMISSIONS: N_("Permissions"),
    LayerName.POST: N_("Sending of data"),
    LayerName.CLOCK: N_("Clock"),
    LayerName.ORGANISATIONS: N_("Organisations"),
}
_FOUND = {
    Finding.REACHED: N_("It is reached at %(url)s."),
    Finding.CERTIFICATE_GOOD: N_("The certificate is good."),
    Finding.CERTIFICATE_ENDS: N_("The certificate is good for %(days)s more days only."),
    Finding.CERTIFICATE_PINNED: N_("It shows the certificate that was pinned here."),
    Finding.CERTIFICATE_FIRST_SEEN: N_("Its certificate is trusted from now on, and no other: SHA-256 %(sha256)s."),
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
        "If it is meant, edit the server and list its address under “Allow internal addresses”."
    ),
    Cause.TCP: N_("Ask the partner whether its server runs and its firewall lets this server in."),
    Cause.TIMEOUT: N_("Ask the partner whether its server runs and its firewall lets this server in."),
    Cause.OUR_PROXY: N_(
        "Check the proxy in the settings of this server: its address, its login, and what it lets through."
    ),
    Cause.TLS_CHAIN: N_(
        "If the partner has an authority of its own, edit the server and upload that authority's certificate. If the"
        " certificate is self-signed, compare its fingerprint with the partner and trust it on the page of the"
        " connection test."
    ),
    Cause.TLS_NAME: N_("Use the name in the certificate as base URL, or ask the partner to correct it."),
    Cause.TLS_EXPIRED: N_("Ask the partner to renew it."),
    Cause.TLS_PIN: N_("Ask the partner by telephone whether it changed its certificate. If it did not, stop here."),
    Cause.TLS_OTHER: N_(
        "Check that https is right for this address, and whether the partner wants a client certificate: upload it when"
        " you edit the server."
    ),
    Cause.DEADLINE: N_("Try again later; if it stays so, ask the partner whether its server is overloaded."),
    Cause.TRUNCATED: N_("Something between the two servers stops it: a firewall, a proxy, a limit of size."),
    Cause.TOO_BIG: N_("Check the base URL: a proxy or another program may answer there."),
    Cause.NOT_JSON: N_("Check the base URL: a proxy or another program may answer there."),
    Cause.HTTP: N_("Check the base URL: a proxy or another program may answer there."),
    Cause.PROXY: N_(
        "Ask whoever runs the proxies and firewalls on the way, here and there, to let this server through. What waits"
        " goes out by itself then."
    ),
    Cause.BASIC_AUTH: N_(
        "Ask the partner to let this server past the web server's own password for its MISP. What waits goes out by"
        " itself then."
    ),
    Cause.LOGIN_PAGE: N_(
        "Ask the partner to let programs with an auth key past the login page in front of its MISP. What waits goes out"
        " by itself then."
    ),
    Cause.REDIRECT: N_("Use the address that the browser ends at as base URL."),
    Finding.CERTIFICATE_ENDS: N_("Tell the partner."),
    Finding.CERTIFICATE_FIRST_SEEN: N_(
        "Compare this fingerprint with the partner over another way, for instance by telephone. If it is another one,"
        " take the trust away on the page of this server."
    ),
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
_WORST_FIRST = (Outcome.FAILING, Outcome.WARNING)
_READABLE = frozenset({Status.OK, Status.READS_ONLY, Status.SIGHTINGS_ONLY})


def test_page(server: LinkedServer, report: ConnectionReport, fingerprint: str) -> pages.ServerTestPage:
    """The connection test, layer by layer; `fingerprint` is of a certificate that was refused, "" for none."""
    return pages.ServerTestPage(
        id=server.id,
        name=server.name,
        url=server.url,
        verdict=_verdict(report),
        outcome=_overall(report),
        local_version=report.local_version,
        remote_version=report.remote_version,
        layers=tuple(_layer(layer) for layer in report.layers),
        fingerprint=in_pairs(fingerprint),
        replaces_pin=bool(fingerprint and server.pinned_sha256),
    )


def test_reply(report: ConnectionReport) -> dict[str, object]:
    """MISP's answer, and beside it what the page tells: `cause` is the word of the worst layer, None for a good link,
    `message` and `advice` its sentences (API §10.1)."""
    wrong = [one for kind in _WORST_FIRST for one in report.layers if one.outcome is kind]
    told = _layer(wrong[0]) if wrong else None
    return {
        **report.reply,
        "cause": wrong[0].finding.value if wrong else None,
        "layer": wrong[0].name.value if wrong else None,
        "message": " ".join(filter(None, (_verdict(report), told.sentence, told.detail))) if told else _verdict(report),
        "advice": told.advice if told else "",
        "layers": [_layer_reply(layer) for layer in report.layers],
    }


def _layer_reply(layer: Layer) -> dict[str, object]:
    told = _layer(layer)
    return {
        "layer": layer.name.value,
        "outcome": told.outcome,
        "cause": layer.finding.value,
        "message": told.sentence,
        "detail": told.detail,
        "advice": told.advice,
    }


def _verdict(report: ConnectionReport) -> str:
    is_between = any(layer.finding in BETWEEN for layer in report.layers)
    verdict = gettext(_VERDICTS[Status.UNEXPECTED if is_between else report.status])
    if report.status is Status.OK and _overall(report) == "warning":
        return " ".join((verdict, gettext("Below is what should be better.")))
    return verdict


def in_pairs(fingerprint: str) -> str:
    """A fingerprint as certificates' programs write it: "AB:CD:…"."""
    pairs = (fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2))
    return ":".join(pairs).upper()


def advice_for(finding: Finding | Cause) -> str:
    """What to do about it, translated; nothing where nothing is wrong."""
    return gettext(_ADVICE[finding]) if finding in _ADVICE else ""


def advice_for_text(failure: str) -> str:
    """What to do about a failure as it is kept, "cause: detail"; nothing for any other sentence."""
    cause = failure.partition(": ")[0]
    return advice_for(Cause(cause)) if cause in set(Cause) else ""


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
        detail="" if isinstance(layer.finding, Finding) else layer.values.get("detail", ""),
        advice=advice_for(layer.finding),
    )


def _sentence(layer: Layer) -> str:
    if isinstance(layer.finding, Finding):
        values = {"detail": "", **layer.values}
        if "sha256" in values:
            values["sha256"] = in_pairs(values["sha256"])
        return gettext(_FOUND[layer.finding], **values)
    return reason_sentence(layer.finding)
