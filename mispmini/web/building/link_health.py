"""How a link is, and why an event waits for it, in sentences of the reader's language."""

from collections.abc import Callable, Mapping

from mispmini.domain import clock
from mispmini.domain.servers import LinkedServer
from mispmini.services.link_health import Ailment, Obstacle, Wait, ailment_of, next_pull
from mispmini.services.servers import QueueCounts, Standing
from mispmini.sync.links import is_at_work
from mispmini.web import pages
from mispmini.web.building.connection_pages import advice_for_text
from mispmini.web.building.receipts import reason_sentence
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import _, ago, ngettext, when

_STATES: Mapping[Ailment | None, pages.Health] = {
    None: "good",
    Ailment.UNUSED: "unused",
    Ailment.NEW: "unused",
    Ailment.DOWN: "failing",
    Ailment.PULL_FAILED: "failing",
}


def server_health(link: Standing) -> pages.ServerHealth:
    """How a link is, in a word and a sentence."""
    health, sentence = health_of(link)
    waiting = 0 if ailment_of(link) in (Ailment.LATE, Ailment.PUSH_OFF) else link.queue.waiting
    return pages.ServerHealth(link.server.id, link.server.name, health, sentence, waiting)


def health_of(link: Standing) -> tuple[pages.Health, str]:
    """Whether a link works: what is worst about it comes first."""
    ailment = ailment_of(link)
    return _STATES.get(ailment, "warning"), _sentence(link, ailment)


def _sentence(link: Standing, ailment: Ailment | None) -> str:
    server, queue = link.server, link.queue
    told: Mapping[Ailment | None, Callable[[], tuple[str, ...]]] = {
        None: lambda: (_last_exchange(link),),
        Ailment.PAUSED: lambda: (_("It is paused."),),
        Ailment.UNUSED: lambda: (_("It neither pushes nor pulls."),),
        Ailment.PUSH_OFF: lambda: (_late(queue), _("Pushing to it is switched off.")),
        Ailment.DOWN: lambda: (
            _down(server.down_since), cause_sentence(server.down_error), _("It is tried again by itself."),
        ),
        Ailment.PULL_FAILED: lambda: (_("The last pull failed."), for_people(server.last_pull_result or "")),
        Ailment.PARKED: lambda: (_parked(queue.parked), cause_sentence(queue.parked_error)),
        Ailment.LATE: lambda: (_late(queue), cause_sentence(queue.late_error)),
        Ailment.OVERDUE: lambda: (_overdue(server.last_pull),),
        Ailment.CLOCK: lambda: (_skewed(abs(server.clock_skew or 0)),),
        Ailment.NEW: lambda: (_("Nothing was exchanged yet."),),
    }  # fmt: skip
    return " ".join(filter(None, told[ailment]()))


def pull_state(server: LinkedServer) -> pages.LinkState:
    """Whether and when a link pulls by itself, in a word."""
    if server.paused:
        return "paused"
    if not server.pull:
        return "off"
    at = next_pull(server)
    if at is None:
        return "by_hand"
    return "waiting" if at > clock.now() else "due"


def wait_sentence(wait: Wait, *, tells_when: bool = True) -> str:
    """Why an event waits, and until when, or what to do."""
    by_itself = [_("The event waits and goes out by itself.")]
    if wait.at and tells_when:
        by_itself.append(_("The next try is at %(when)s.", when=when(wait.at)))
    cause = cause_sentence(wait.error)
    told: Mapping[Obstacle, Callable[[], tuple[str, ...]]] = {
        Obstacle.SOMEBODY: lambda: (_("It waits for somebody."), cause, advice_for_text(wait.error or "")),
        Obstacle.RESUMING: lambda: (_("The server is paused: the event waits until it is resumed."),),
        Obstacle.PUSHING: lambda: (_("Pushing to the server is switched off: the event waits until it is on."),),
        Obstacle.RUNNER: lambda: (_("No process pushes or pulls by itself: the event waits until one does."),),
        Obstacle.PARTNER: lambda: (_down(wait.server.down_since), cause, *by_itself),
        Obstacle.RETRY: lambda: (_("The last try failed."), cause, *by_itself),
        Obstacle.TURN: lambda: (_turn(wait.server.id),),
    }
    return " ".join(filter(None, told[wait.obstacle]()))


def _turn(server_id: int) -> str:
    if is_at_work(server_id):
        return _("It is sent in its turn: a push or pull of this server is running.")
    return _("It is sent now.")


def _down(since: int | None) -> str:
    return _("It has not been reached since %(when)s.", when=when(since)) if since else _("It cannot be reached.")


def cause_sentence(error: str | None) -> str:
    """The word that a kept error begins with, as a sentence."""
    return reason_sentence((error or "").partition(":")[0] or None)


def _parked(count: int) -> str:
    return ngettext("%(num)d event needs somebody.", "%(num)d events need somebody.", count)


def _late(queue: QueueCounts) -> str:
    return ngettext(
        "%(num)d event has waited since %(when)s.",
        "%(num)d events wait, the oldest since %(when)s.",
        queue.late,
        when=when(queue.oldest),
    )


def _overdue(last: int | None) -> str:
    if last is None:
        return _("No pull has worked yet, although it is due.")
    return _("The last pull that worked was at %(when)s; the next one is overdue.", when=when(last))


def _skewed(seconds: int) -> str:
    return _("Its clock differs from ours by %(num)d seconds: set both from the network.", num=seconds)


def _last_exchange(link: Standing) -> str:
    pushed, pulled = link.server.last_push, link.server.last_pull
    sentences = []
    if pushed:
        sentences.append(_("Last push %(when)s.", when=ago(pushed)))
    if pulled:
        sentences.append(_("Last pull %(when)s.", when=ago(pulled)))
    return " ".join(sentences)
