"""Sharing communities over REST (API §9.6)."""

from dataclasses import asdict

from flask import Blueprint

from mispmini.domain.communities import COMMUNITIES, AccessWish, Community, find_community
from mispmini.domain.errors import NotFound
from mispmini.domain.permissions import Permission
from mispmini.services import communities
from mispmini.web.answer import Answer, reply, saved
from mispmini.web.asking import asked
from mispmini.web.limits import letters_limited
from mispmini.web.needs import needs
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.scalars import Fields

bp = Blueprint("communities", __name__, url_prefix="/communities")


@bp.get("/index")
@needs(Permission.SITE_ADMIN)
def index() -> Answer:
    """All of them."""
    return reply([_item(community) for community in COMMUNITIES])


@bp.get("/view/<ref>")
@needs(Permission.SITE_ADMIN)
def view(ref: str) -> Answer:
    """One by its number."""
    return reply(_item(_existing(ref)))


@bp.post("/requestAccess/<ref>")
@letters_limited
@needs(Permission.SITE_ADMIN)
def request_access(ref: str) -> Answer:
    """Write to a community's operators that one wants to join; with `mock` the letter is only shown."""
    community = _existing(ref)
    with saving("requestAccess", "Community"):
        wish, is_mock = _read_wish()
    letter = communities.letter_to(current_viewer(), community, wish)
    if is_mock:
        return reply(saved("Nothing was sent: this is the letter.", subject_id=community.id, data=letter._asdict()))
    communities.send(current_viewer(), community, letter)
    return reply(saved("Request sent.", subject_id=community.id))


def _read_wish() -> tuple[AccessWish, bool]:
    fields = Fields(asked().parameters())
    texts = ("email", "gpgkey", "org_name", "org_uuid", "org_description", "message")
    said = {name: (fields.text(name) or "").strip() for name in texts}
    wish = AccessWish(**said, sync=bool(fields.flag("sync")), anonymise=bool(fields.flag("anonymise")))
    is_mock = bool(fields.flag("mock"))
    fields.check()
    return wish, is_mock


def _existing(ref: str) -> Community:
    found = find_community(ref)
    if found is None:
        raise NotFound("Community not found.")
    return found


def _item(community: Community) -> dict[str, object]:
    return {"Community": asdict(community) | {"id": str(community.id)}}
