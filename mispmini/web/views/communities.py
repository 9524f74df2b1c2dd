"""Sharing communities over REST (API §9.6)."""

from dataclasses import asdict

from flask import Blueprint

from mispmini.domain.communities import COMMUNITIES, Community, find_community
from mispmini.domain.errors import NotFound
from mispmini.domain.permissions import Permission
from mispmini.web.answer import Answer, reply
from mispmini.web.needs import needs

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
    found = find_community(ref)
    if found is None:
        raise NotFound("Community not found.")
    return reply(_item(found))


def _item(community: Community) -> dict[str, object]:
    return {"Community": asdict(community) | {"id": str(community.id)}}
