"""What the pages of links are given, in the words of the reader's language."""

from collections.abc import Iterable, Iterator, Sequence

from mispmini.domain.comparisons import DifferenceKind
from mispmini.domain.receipts import Direction
from mispmini.domain.rules import RuleNames
from mispmini.domain.servers import LinkedServer
from mispmini.domain.unstorable import WIDE
from mispmini.services.comparisons import FoundDifference
from mispmini.services.deliveries import LedgerEntry, QueuedEvent
from mispmini.services.instance_settings import load_settings
from mispmini.services.link_health import wait_of
from mispmini.services.link_rules import pull_names_of, push_names_of, trusted_names_of
from mispmini.services.link_secrets import key_hint, proxy_hint
from mispmini.services.servers import Standing
from mispmini.web import pages
from mispmini.web.building.connection_pages import in_pairs
from mispmini.web.building.link_health import health_of, pull_state, wait_sentence
from mispmini.web.building.receipts import ledger_row
from mispmini.web.i18n import N_, _, gettext

_MINUTE = 60
_FLAGS = {
    "internal": N_("Internal instance: nothing is lowered on the way"),
    "unpublish_event": N_("Events arrive there unpublished"),
    "publish_without_email": N_("Events fetched from here cause no e-mail"),
}
_RULES = {
    "tags_or": N_("only with a tag of"),
    "tags_not": N_("never with a tag of"),
    "orgs_or": N_("only created by"),
    "orgs_not": N_("never created by"),
    "types_not": N_("without attributes of type"),
    "templates_not": N_("without objects of template"),
}
_DIFFERENCES = {
    (Direction.PUSH, DifferenceKind.ABSENT): N_("They do not have it."),
    (Direction.PUSH, DifferenceKind.OLDER): N_("They hold an older version."),
    (Direction.PUSH, DifferenceKind.NEWER): N_("Their copy is newer than ours."),
    (Direction.PUSH, DifferenceKind.FEWER): N_("Some attributes are missing there."),
    (Direction.PULL, DifferenceKind.ABSENT): N_("It is not here."),
    (Direction.PULL, DifferenceKind.OLDER): N_("Here is an older version."),
    (Direction.PULL, DifferenceKind.FEWER): N_("Some attributes are missing here."),
}


def index_page(links: Iterable[Standing]) -> pages.ServersPage:
    """The list of links."""
    return pages.ServersPage(tuple(_card(link) for link in links))


def view_page(
    link: Standing,
    queue: Sequence[QueuedEvent],
    entries: Sequence[LedgerEntry],
    ledger_paging: pages.Paging,
    differences: tuple[Sequence[FoundDifference], int],
) -> pages.ServerPage:
    """One link with its queue and ledger, and what was found to differ."""
    return pages.ServerPage(
        card=_card(link),
        key_hint=key_hint(link.server),
        paused=link.server.paused,
        facts=tuple(_facts(link.server)),
        pin=in_pairs(link.server.pinned_sha256 or ""),
        unstorable=_unstorable(link.server),
        pull_interval=-(-(link.server.pull_interval or 0) // _MINUTE),
        allow_internal=link.server.allow_internal,
        queue=tuple(_queue_row(link.server, item) for item in queue),
        ledger=tuple(ledger_row(entry, with_detail=True) for entry in entries),
        ledger_paging=ledger_paging,
        compared=link.server.last_compared,
        difference_count=differences[1],
        differences=tuple(_difference_row(item) for item in differences[0]),
        may_edit=True,
    )


def _facts(server: LinkedServer) -> Iterator[pages.Fact]:
    """What was set beyond the usual."""
    yield pages.Fact(_("Priority"), str(server.priority))
    yield from _rule_facts(_("Push rules"), push_names_of(server))
    yield from _rule_facts(_("Pull rules"), pull_names_of(server))
    if (server.push or server.push_sightings) and not load_settings().sightings_policy:
        yield pages.Fact(_("Sightings"), _("None ever goes there: the sighting policy of this server is 0."))
    if server.default_local_tag:
        yield pages.Fact(_("Local tag of what it delivers"), server.default_local_tag)
    if server.trusted_orgs:
        yield pages.Fact(_("Trusted organisations"), ", ".join(trusted_names_of(server)))
    if server.proxy and not server.skip_proxy:
        yield pages.Fact(_("Proxy"), proxy_hint(server), mono=True)
    if server.cert_file:
        yield pages.Fact(_("Certificate authority"), _("the uploaded one"))
    if server.client_cert_file:
        yield pages.Fact(_("Client certificate"), _("the uploaded one"))
    for name, sentence in _FLAGS.items():
        if getattr(server, name):
            yield pages.Fact(_("Option"), gettext(sentence))


def _unstorable(server: LinkedServer) -> str:
    """What a partner cannot store, translated; nothing for a partner that shows no such thing."""
    types = [word for word in server.unstorable if word != WIDE]
    told = [_("characters beyond U+FFFF, emoji for instance, in titles, comments, tags and names of reports")]
    told = told[: len(server.unstorable) - len(types)]
    if types:
        told.append(_("attributes of the types %(types)s", types=", ".join(types)))
    return "; ".join(told)


def _rule_facts(label: str, names: RuleNames) -> Iterator[pages.Fact]:
    told = [f"{gettext(word)} {', '.join(listed)}" for part, word in _RULES.items() if (listed := getattr(names, part))]
    if names.url_params:
        told.append(names.url_params)
    if told:
        yield pages.Fact(label, "; ".join(told))


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
        last_push_try=server.last_push_try,
        last_pull_try=server.last_pull_try,
        pull_state=pull_state(server),
        next_pull=server.next_pull if pull_state(server) == "waiting" else None,
        waiting=link.queue.waiting,
        parked=link.queue.parked,
        sent=link.ledger.sent,
        received=link.ledger.received,
    )


def _difference_row(item: FoundDifference) -> pages.DifferenceRow:
    found = item.difference
    return pages.DifferenceRow(
        event_id=item.event_id,
        event_info=item.event_info or found.event_uuid,
        direction=found.direction.value,
        sentence=gettext(_DIFFERENCES[found.direction, found.kind]),
        detail=found.detail,
        may_resend=found.direction is Direction.PUSH and item.event_id is not None,
    )


def _queue_row(server: LinkedServer, item: QueuedEvent) -> pages.QueueRow:
    row, wait = item.row, wait_of(server, item.row)
    return pages.QueueRow(
        id=row.id,
        event_id=item.event_id or 0,
        event_info=item.event_info or row.event_uuid,
        state="parked" if row.parked else "waiting",
        waits=wait_sentence(wait, tells_when=False),
        attempts=row.tries,
        next_try=wait.at,
    )
