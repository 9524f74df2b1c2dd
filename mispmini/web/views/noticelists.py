"""Noticelists over REST and as pages (API §9.6)."""

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.services import noticelists
from mispmini.web.answer import Answer, answer, done, reply, saved
from mispmini.web.building import warninglist_pages
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.who import current_viewer
from mispmini.wire.scalars import flag
from mispmini.wire.warninglist_out import noticelist_item, noticelist_view

bp = Blueprint("noticelists", __name__, url_prefix="/noticelists")


@bp.get("/index")
@needs_login
def index() -> Answer:
    """All of them."""
    found = noticelists.list_noticelists()
    return answer(
        lambda: [noticelist_item(one, enabled=enabled) for one, enabled in found],
        page=lambda: warninglist_pages.noticelists_page(current_viewer(), found),
        template="noticelists/index.html",
    )


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One with what it says."""
    one, enabled = noticelists.view_noticelist(ref)
    return answer(
        lambda: noticelist_view(one, enabled=enabled),
        page=lambda: warninglist_pages.noticelist_page(current_viewer(), one, enabled=enabled),
        template="noticelists/view.html",
    )


@bp.post("/enableNoticelist/<ref>")
@bp.post("/enableNoticelist/<ref>/<enable>")
@needs(Permission.SITE_ADMIN)
def enable_noticelist(ref: str, enable: str = "") -> Answer:
    """Have one in use; without a word behind it, not any more."""
    enabled = flag(enable) is True
    one, _on = noticelists.set_enabled(current_viewer(), ref, enabled=enabled)
    notice = _("The noticelist is enabled.") if enabled else _("The noticelist is disabled.")
    return done(noticelist_item(one, enabled=enabled), go_to=f"/noticelists/view/{one.id}", notice=notice)


@bp.post("/toggleEnable/<ref>")
@needs(Permission.SITE_ADMIN)
def toggle_enable(ref: str) -> Answer:
    """Have one in use, or not any more."""
    _one, enabled = noticelists.set_enabled(current_viewer(), ref, enabled=None)
    return reply(saved("Noticelist enabled" if enabled else "Noticelist disabled"))


@bp.post("/update")
@needs(Permission.SITE_ADMIN)
def update() -> Answer:
    """They come with the program: there is never anything newer."""
    return reply(saved("All noticelists are up to date already."))
