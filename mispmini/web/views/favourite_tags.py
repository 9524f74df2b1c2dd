"""Tags that one wants at hand, over REST (API §9.6)."""

from flask import Blueprint

from mispmini.domain.errors import MispminiError
from mispmini.services import tags
from mispmini.web.answer import Answer, reply
from mispmini.web.asking import parameter
from mispmini.web.needs import needs_writing
from mispmini.web.who import current_viewer
from mispmini.wire import replies
from mispmini.wire.scalars import plain_text

bp = Blueprint("favourite_tags", __name__, url_prefix="/favourite_tags")


@bp.post("/toggle")
@needs_writing
def toggle() -> Answer:
    """Have a tag at hand, or not any more, by its id in `data`; refusals are HTTP 200, as of all such switches."""
    ref = plain_text(parameter("data")) or plain_text(parameter("tag_id")) or ""
    try:
        is_on = tags.set_favourite(current_viewer(), ref)
    except MispminiError as refusal:
        return reply(replies.ajax_failed(refusal.sentence))
    return reply(replies.ajax_saved("Tag added to favourites." if is_on else "Tag removed from favourites."))
