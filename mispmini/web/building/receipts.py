"""The ledger in words: why an event did not go, or what became of it at a partner (RULES §3)."""

from mispmini.domain.distribution import Reason
from mispmini.domain.receipts import Receipt, Trouble
from mispmini.services.viewing import LedgerEntry, Rereading
from mispmini.sync.failures import Cause
from mispmini.web.i18n import N_, _, gettext
from mispmini.web.pages import LedgerRow

_REASONS: dict[str, str] = {
    Reason.UNPUBLISHED: N_("It is not published."),
    Reason.DISTRIBUTION: N_("Its distribution does not let it leave this server."),
    Reason.GROUP_SERVER: N_("Its sharing group does not name this server."),
    Reason.GROUP_ORG: N_("Its sharing group does not name the organisation of this server."),
    Reason.TAG_RULE: N_("The tag rules of this server leave it out."),
    Reason.ORG_RULE: N_("The organisation rules of this server leave it out."),
    Reason.PROTECTED: N_("It is a protected event, which this version cannot sign."),
    Reason.TLP: N_("Its TLP does not let it leave this far."),
    Reason.EMPTY: N_("No attribute, object or report of it may go there; its title and tags alone are not kept there."),
    Reason.SENDER: N_("It came from there."),
    Reason.DELETED: N_("It was deleted here."),
    Trouble.NEWER_THERE: N_("Their copy is newer than ours."),
    Trouble.GROUP_NOT_ACCEPTED: N_("They did not accept the sharing group: only one organisation sees it there."),
    Trouble.GROUP_REFUSED_HERE: N_(
        "A sharing group was not accepted here: only our organisation sees what came for it."
    ),
    Trouble.NARROWER_THERE: N_("Fewer people see it there than it was sent for."),
    Trouble.ELEMENTS_MISSING: N_("Some attributes are missing there."),
    Trouble.OLDER_THERE: N_("They still hold an older version."),
    Trouble.KEY_REFUSED: N_("They refused our auth key. Ask them for a new one."),
    Trouble.NO_SYNC_PERMISSION: N_(
        "Our account there may not sync. Ask them for a Sync user whose key is not read only."
    ),
    Trouble.REFUSED: N_("They refused it."),
    Trouble.SERVER_ERROR: N_("Their server had an error."),
    Trouble.WRONG_SHAPE: N_("What they sent is not an event."),
    Trouble.WRONG_UUID: N_("They sent another event than the one asked for."),
    Trouble.NOT_STORED: N_("It could not be stored here."),
    Trouble.OURS: N_("It is our own event: ours counts."),
    Trouble.BLOCKED: N_("It is on a blocklist here."),
    Trouble.FILTERED: N_("The pull rules leave it out."),
    Trouble.HELD_BACK_BY_TLP: N_("Without attributes whose TLP does not let them leave this far."),
    Trouble.RETRACTED: N_("Their copy was read again: nothing but the retraction is left of it."),
    Trouble.NOT_RETRACTED: N_("Their copy was read again: elements of the retracted event are still there."),
    Trouble.NO_LONGER_SHOWN: N_("They no longer show it: deleted, unpublished, or no longer shared with us."),
    Trouble.FILE_REFUSED: N_("Its proposal is here without the file, which may not be kept here."),
    Trouble.CANNOT_STORE: N_("Their server cannot store some of it."),
    Trouble.UNANSWERED: N_("What arrived is not certain yet: their copy is read until two readings agree."),
    Cause.BAD_URL: N_("The URL of the server cannot be used."),
    Cause.DNS: N_("The name of the server cannot be resolved."),
    Cause.INTERNAL_ADDRESS: N_("The server has an internal address, which is not allowed for it."),
    Cause.TCP: N_("The server cannot be reached."),
    Cause.OUR_PROXY: N_("The proxy on the way to the server cannot be used."),
    Cause.TLS_CHAIN: N_("Its certificate is not from an authority that is trusted here."),
    Cause.TLS_NAME: N_("Its certificate is for another name."),
    Cause.TLS_EXPIRED: N_("Its certificate has expired."),
    Cause.TLS_PIN: N_("Its certificate is not the one that was pinned."),
    Cause.TLS_OTHER: N_("No secure connection could be made."),
    Cause.TIMEOUT: N_("The server did not answer in time."),
    Cause.DEADLINE: N_("The answer took too long."),
    Cause.TOO_BIG: N_("The answer was too large."),
    Cause.TRUNCATED: N_("The answer was cut off."),
    Cause.NOT_JSON: N_("The answer was not what a MISP server sends."),
    Cause.REDIRECT: N_("The server redirects elsewhere. Check its URL."),
    Cause.HTTP: N_("The server answered with an error."),
    Cause.PROXY: N_("Not their MISP answered, but a proxy or firewall between the two servers."),
    Cause.BASIC_AUTH: N_("Not their MISP answered, but a web server before it that asks for a password of its own."),
    Cause.LOGIN_PAGE: N_("Not their MISP answered, but a login page before it."),
}


def reason_sentence(reason: str | None, http_status: int | None = None) -> str:
    """A ledger's word as a translated sentence; an unknown word as it is, none as nothing.

    The status is told where the other side said no.
    """
    sentence = gettext(_REASONS[reason]) if reason in _REASONS else reason or ""
    return f"{sentence} (HTTP {http_status})" if sentence and http_status and http_status >= 400 else sentence


def receipt_sentence(receipt: Receipt) -> str:
    """Why it ended so, translated."""
    return reason_sentence(receipt.reason, receipt.http_status)


def ledger_row(entry: LedgerEntry, *, with_detail: bool, waits: str = "") -> LedgerRow:
    """A ledger entry as tables show it; what the other side said is for site admins, `waits` why it has not gone."""
    receipt = entry.receipt
    return LedgerRow(
        event_id=entry.event_id,
        event_info=entry.event_info or entry.event_uuid,
        server_id=entry.server_id,
        server_name=entry.server_name,
        direction=entry.direction.value,
        state=receipt.state.value,
        reason=receipt_sentence(receipt),
        at=entry.time,
        may_go_whole=entry.is_ours and receipt.reason == Trouble.CANNOT_STORE,
        detail=(receipt.detail or "") if with_detail else "",
        waits=waits,
        again=_again(entry.again),
        again_at=entry.again.due if entry.again else None,
    )


def _again(again: Rereading | None) -> str:
    """That an event came while it may still have been written there (RULES §11)."""
    if again is None:
        return ""
    if again.due is None:
        return _(
            "It was another one at each of %(num)d readings: the last one is here, and more may be missing.",
            num=again.readings,
        )
    return _(
        "They may still have been writing it when it was read. The next pull reads it again; while this link pulls,"
        " that happens by itself from"
    )
