"""What the health page is given, in the words of the reader's language."""

from collections.abc import Sequence

from mispmini.domain.diagnostics import Check, Verdict, worst
from mispmini.services.link_health import ailment_of, next_pull
from mispmini.services.servers import Standing
from mispmini.web import pages
from mispmini.web.building.link_health import health_of
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import gettext
from mispmini.web.pages import Outcome

_OUTCOMES: dict[str, Outcome] = {"ok": "good", "warn": "warning", "fail": "failing"}


def health_page(checks: tuple[Check, ...], links: Sequence[Standing]) -> pages.HealthPage:
    """Checks, worst first, and partners."""
    ordered = sorted(checks, key=lambda check: list(_OUTCOMES).index(check.verdict), reverse=True)
    return pages.HealthPage(
        outcome=_OUTCOMES[worst(checks)],
        checks=tuple(check_row(check) for check in ordered),
        partners=tuple(_partner(link) for link in links),
    )


def health_reply(checks: tuple[Check, ...], links: Sequence[Standing]) -> dict[str, object]:
    """The same for a program, in English."""
    return {
        "status": str(worst(checks)),
        "checks": [
            {
                "check": check.name,
                "verdict": str(check.verdict),
                "sentence": check.sentence % check.values,
                "since": check.since,
            }
            for check in checks
        ],
        "partners": [_partner_reply(link) for link in links],
    }


def check_row(check: Check) -> pages.CheckRow:
    """One check, or one alarm."""
    values = {name: for_people(str(value)) if name == "reason" else value for name, value in check.values.items()}
    return pages.CheckRow(
        outcome=_OUTCOMES[check.verdict],
        sentence=gettext(check.sentence, **values),
        advice=gettext(check.advice) if check.advice else "",
        may_confirm=check.name == "identity" and check.verdict is not Verdict.OK,
        since=check.since,
    )


def _partner(link: Standing) -> pages.PartnerHealth:
    health, sentence = health_of(link)
    return pages.PartnerHealth(
        id=link.server.id,
        name=link.server.name,
        health=health,
        sentence=sentence,
        last_pull=link.server.last_pull,
        last_push=link.server.last_push,
        last_pull_try=link.server.last_pull_try,
        last_push_try=link.server.last_push_try,
        waiting=link.queue.waiting,
        parked=link.queue.parked,
    )


def _partner_reply(link: Standing) -> dict[str, object]:
    health, sentence = health_of(link)
    server = link.server
    return {
        "id": server.id,
        "name": server.name,
        "health": health,
        "sentence": sentence,
        "cause": ailment_of(link),
        "down_since": server.down_since,
        "last_push": server.last_push,
        "last_pull": server.last_pull,
        "last_push_try": server.last_push_try,
        "last_pull_try": server.last_pull_try,
        "next_pull": next_pull(server),
        "waiting": link.queue.waiting,
        "late": link.queue.late,
        "oldest_late": link.queue.oldest,
        "parked": link.queue.parked,
    }
