"""Help in the product: the guide's steps with links to where each is done, and calls ready to copy (GUIDE, idea 15)."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint

from mispmini.domain.distribution import EVENT_LEVELS, Distribution, after_pull, after_push
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.instance_settings import load_settings
from mispmini.web import pages
from mispmini.web.answer import Answer, base_url, page_answer
from mispmini.web.building.words import distribution_name
from mispmini.web.guide_steps import CHAPTERS, Chapter
from mispmini.web.i18n import N_, gettext
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer

bp = Blueprint("guide", __name__)


@dataclass(frozen=True, slots=True)
class _Call:
    label: str
    path: str
    body: Mapping[str, object] | None = None
    writes: bool = False


_CALLS: Mapping[str, _Call] = {
    "version": _Call(N_("The server's version, and what your key may do"), "/servers/getVersion"),
    "events": _Call(
        N_("The events published in the last seven days"),
        "/events/restSearch",
        {"returnFormat": "json", "publish_timestamp": "7d"},
    ),
    "domains": _Call(
        N_("Domains for detection, one a line"),
        "/attributes/restSearch",
        {"returnFormat": "text", "type": ["domain", "hostname"], "to_ids": True},
    ),
    "add": _Call(
        N_("A new event, for your organisation only"),
        "/events/add",
        {
            "info": "Phishing: curl",
            "distribution": int(Distribution.ORGANISATION),
            "Attribute": [{"type": "domain", "value": "login.bank.example"}],
        },
        writes=True,
    ),
}


@bp.get("/help")
@needs_login
def show() -> Answer:
    """The guide, step by step."""
    return page_answer("help.html", help_page(current_viewer()))


def help_page(viewer: Viewer) -> pages.HelpPage:
    """The steps with the links that this viewer may open, and the calls that a key of theirs could make."""
    return pages.HelpPage(
        steps=tuple(_step(number, chapter, viewer) for number, chapter in enumerate(CHAPTERS, start=1)),
        calls=tuple(
            pages.GuideCall(f"curl-{name}", gettext(call.label), _command(call))
            for name, call in _CALLS.items()
            if viewer.can(Permission.ADD) or not call.writes
        ),
        levels=tuple(_level(level) for level in sorted(EVENT_LEVELS)),
        contact=load_settings().contact,
    )


def _step(number: int, chapter: Chapter, viewer: Viewer) -> pages.GuideStep:
    links = tuple(
        pages.GuideLink(gettext(lead.label), lead.href.format(org=viewer.org_id))
        for lead in chapter.leads
        if viewer.is_site_admin or not (lead.for_admins or (lead.for_writers and not viewer.can(Permission.ADD)))
    )
    return pages.GuideStep(number, gettext(chapter.title), tuple(map(gettext, chapter.sentences)), links)


def _command(call: _Call) -> str:
    """A curl command in the guide's own form, for a POSIX shell."""
    lines = ['curl -H "Authorization: $AUTHKEY"', '-H "Accept: application/json"']
    if call.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(call.body))}"]
    return " \\\n  ".join([*lines, shlex.quote(f"{base_url()}{call.path}")])


def _level(level: int) -> pages.GuideLevel:
    is_kept = level in (Distribution.ORGANISATION, Distribution.COMMUNITY)
    pushed = gettext("is not pushed") if is_kept else distribution_name(after_push(level, internal=False))
    pulled = distribution_name(after_pull(level, trusted=False))
    return pages.GuideLevel(
        distribution_name(level), pushed, gettext("is not pulled") if level == Distribution.ORGANISATION else pulled
    )
