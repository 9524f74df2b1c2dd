"""Decaying models over REST and as a page (API §8.4)."""

from flask import Blueprint

from mispmini.domain.decaying import DecayingModel
from mispmini.domain.permissions import Permission
from mispmini.services import decaying
from mispmini.web.answer import Answer, answer, done, reply, saved
from mispmini.web.building import warninglist_pages
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_any, needs_login
from mispmini.web.who import current_viewer
from mispmini.wire.replies import Reply
from mispmini.wire.warninglist_out import model_columns

bp = Blueprint("decaying", __name__, url_prefix="/decayingModel")
_INDEX = "/decayingModel/index"


@bp.get("/index")
@needs_login
def index() -> Answer:
    """All of them."""
    found = decaying.list_models()
    return answer(
        lambda: [_item(one, enabled=enabled) for one, enabled in found],
        page=lambda: warninglist_pages.models_page(current_viewer(), found),
        template="decaying/index.html",
    )


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One by id, uuid or name."""
    one, enabled = decaying.view_model(ref)
    return answer(
        lambda: _item(one, enabled=enabled),
        page=lambda: warninglist_pages.models_page(current_viewer(), [(one, enabled)]),
        template="decaying/index.html",
    )


def _item(model: DecayingModel, *, enabled: bool) -> Reply:
    return {"DecayingModel": model_columns(model, enabled=enabled)}


@bp.post("/enable/<ref>")
@needs_any(Permission.ADMIN, Permission.DECAYING)
def enable(ref: str) -> Answer:
    """Have one in use."""
    one = decaying.set_enabled(current_viewer(), ref, enabled=True)
    return done(_item(one, enabled=True), go_to=_INDEX, notice=_("The decaying model is enabled."))


@bp.post("/disable/<ref>")
@needs_any(Permission.ADMIN, Permission.DECAYING)
def disable(ref: str) -> Answer:
    """Have one in use no more."""
    one = decaying.set_enabled(current_viewer(), ref, enabled=False)
    return done(_item(one, enabled=False), go_to=_INDEX, notice=_("The decaying model is disabled."))


@bp.post("/update")
@needs(Permission.SITE_ADMIN)
def update() -> Answer:
    """They come with the program: there is never anything newer."""
    return reply(saved("Default decaying models updated"))
