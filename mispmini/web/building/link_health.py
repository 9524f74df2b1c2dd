"""How a link is, in a word and a sentence of the reader's language."""

from mispmini.services.overview import Standing
from mispmini.services.receiving import MOST_SKEW_SECONDS
from mispmini.web import pages
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import _, ago, ngettext

_PULLED = "Pull completed."


def server_health(link: Standing) -> pages.ServerHealth:
    """How a link is, in a word and a sentence."""
    health, sentence = health_of(link)
    return pages.ServerHealth(link.server.id, link.server.name, health, sentence, link.queue.waiting)


def health_of(link: Standing) -> tuple[pages.Health, str]:
    """Whether a link works: what is worst about it comes first."""
    server = link.server
    if server.paused:
        return "warning", _("It is paused.")
    if not (server.push or server.pull):
        return "unused", _("It neither pushes nor pulls.")
    if server.breaker_until is not None:
        return "failing", _("It cannot be reached. It is tried again by itself.")
    if server.pull and not (server.last_pull_result or _PULLED).startswith(_PULLED):
        told = _("The last pull failed.")
        return "failing", f"{told} {for_people(server.last_pull_result or '')}"
    if link.queue.parked:
        parked = link.queue.parked
        return "warning", ngettext("%(num)d event needs somebody.", "%(num)d events need somebody.", parked)
    if abs(server.clock_skew or 0) > MOST_SKEW_SECONDS:
        seconds = abs(server.clock_skew or 0)
        return "warning", _("Its clock differs from ours by %(num)d seconds: set both from the network.", num=seconds)
    if not (server.last_push or server.last_pull):
        return "unused", _("Nothing was exchanged yet.")
    return "good", _last_exchange(link)


def _last_exchange(link: Standing) -> str:
    pushed, pulled = link.server.last_push, link.server.last_pull
    sentences = []
    if pushed:
        sentences.append(_("Last push %(when)s.", when=ago(pushed)))
    if pulled:
        sentences.append(_("Last pull %(when)s.", when=ago(pulled)))
    return " ".join(sentences)
