"""Warninglists over REST and as pages (API §9.6, MODEL §7.15)."""

from flask import Blueprint, request

from mispmini.domain.errors import MispminiError
from mispmini.domain.permissions import Permission
from mispmini.domain.warninglists import WarninglistRow
from mispmini.services import warninglists
from mispmini.services.libraries import Library, ask_for_update
from mispmini.web.answer import Answer, answer, done, page_answer, reply, saved, see_other, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.building import warninglist_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.saving import saving
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire import replies
from mispmini.wire.scalars import as_record, flag, plain_text
from mispmini.wire.tag_in import read_names
from mispmini.wire.warninglist_in import read_values, read_warninglist
from mispmini.wire.warninglist_out import checked_values, warninglist_export, warninglist_index, warninglist_view

bp = Blueprint("warninglists", __name__, url_prefix="/warninglists")
_INDEX = "/warninglists/index"
_UP_TO_DATE = "All warninglists are up to date already."
_FIELDS = ("description", "type", "category", "matching_attributes", "enabled")


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """All lists, or those whose name holds `value`, or that are `enabled`."""
    search, enabled = (plain_text(parameter("value")) or "").strip(), flag(parameter("enabled"))
    enabled = None if plain_text(parameter("enabled")) in (None, "") else enabled
    found = warninglists.list_warninglists(search, enabled=enabled)
    return answer(
        lambda: warninglist_index(found),
        page=lambda: warninglist_pages.warninglists_page(current_viewer(), found, search),
        template="warninglists/index.html",
    )


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One list with its values."""
    row = warninglists.existing(ref)
    return answer(
        lambda: warninglist_view(row, warninglists.entries_of(row)),
        page=lambda: warninglist_pages.warninglist_page(current_viewer(), row),
        template="warninglists/view.html",
    )


@bp.get("/export/<ref>")
@needs_login
def export(ref: str) -> Answer:
    """One list as a file of the field."""
    row = warninglists.existing(ref)
    headers = {"Content-Disposition": f'attachment; filename="warninglist-{row.id}.json"'}
    return reply(warninglist_export(row, warninglists.entries_of(row)), headers=headers)


@bp.route("/checkValue", methods=["POST"])
@needs_login
@searches
def check_value() -> Answer:
    """On which lists in use values stand, whatever types these speak of."""
    if wants_json():
        return reply(checked_values(warninglists.check_values(read_values(asked().body))))
    values = (plain_text(parameter("value")) or "").split()
    hits = warninglists.check_values(values)
    page = warninglist_pages.checked_page(current_viewer(), values, hits)
    return page_answer("warninglists/index.html", page)


@bp.post("/toggleEnable")
@bp.post("/toggleEnable/<ref>")
@needs(Permission.WARNINGLIST)
def toggle_enable(ref: str = "") -> Answer:
    """Have lists in use or not, by id or name; refusals are HTTP 200 (API §9.6)."""
    given = as_record(asked().parameters().get("Warninglist")) or asked().parameters()
    refs = [ref] if ref else read_names(given.get("id") or [])
    try:
        enabled = flag(given.get("enabled"))
        count, on = warninglists.toggle(current_viewer(), refs, read_names(given.get("name") or []), enabled=enabled)
    except MispminiError as refusal:
        if not wants_json():
            raise
        return reply(replies.ajax_failed(refusal.sentence))
    done_to = "toggled" if enabled is None else "enabled" if on else "disabled"
    told = replies.ajax_saved(f"{count} warninglist(s) {done_to}")
    notice = _("The warninglist is enabled.") if on else _("The warninglist is disabled.")
    return done(told, go_to=f"/warninglists/view/{refs[0]}" if len(refs) == 1 else _INDEX, notice=notice)


@bp.post("/update")
@needs(Permission.SITE_ADMIN)
def update() -> Answer:
    """Take over what the installed package brings: programs wait for it, people watch a job."""
    viewer = current_viewer()
    if wants_json():
        count = warninglists.update(viewer)
        return reply(saved(f"Successfully updated {count} warninglists." if count else _UP_TO_DATE))
    if not warninglists.package_is_here():
        notice = _("The package with the warninglists is not installed on this server.")
        return done(None, go_to=_INDEX, notice=notice)
    return see_other(f"/jobs/view/{ask_for_update(viewer, Library.WARNINGLISTS)}")


@bp.route("/add", methods=["GET", "POST"])
@needs(Permission.WARNINGLIST)
def add() -> Answer:
    """Add a list of one's own."""
    if request.method == "GET":
        sentence, mandatory = "POST a warninglist.", ("name", "entries")
        return answer(
            lambda: replies.api_description("/warninglists/add", sentence, mandatory=mandatory, optional=_FIELDS),
            page=warninglist_pages.new_page,
            template="warninglists/edit.html",
        )
    if_refused(lambda form, status: _form_again(warninglist_pages.new_page(form), status))
    with saving("add", "Warninglist"):
        draft = read_warninglist(asked().body)
    return _kept(warninglists.add(current_viewer(), draft), _("The warninglist was added."))


@bp.route("/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.WARNINGLIST)
def edit(ref: str) -> Answer:
    """Change a list and its values."""
    row = warninglists.existing(ref)
    if request.method == "GET":
        sentence = "POST what changes."
        return answer(
            lambda: replies.api_description("/warninglists/edit", sentence, optional=("name", "entries", *_FIELDS)),
            page=lambda: warninglist_pages.edited_page(row),
            template="warninglists/edit.html",
        )
    if_refused(lambda form, status: _form_again(warninglist_pages.edited_page(row, form), status))
    with saving("edit", "Warninglist", about=lambda: row.id):
        draft = read_warninglist(asked().body)
    return _kept(warninglists.edit(current_viewer(), ref, draft), _("The warninglist was saved."))


def _form_again(page: object, status: int) -> Answer:
    return page_answer("warninglists/edit.html", page, status=status)


def _kept(row: WarninglistRow, notice: str) -> Answer:
    told = warninglist_view(row, warninglists.entries_of(row)) if wants_json() else None
    return done(told, go_to=f"/warninglists/view/{row.id}", notice=notice)


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.WARNINGLIST)
def delete(ref: str) -> Answer:
    """Remove a list."""
    row = warninglists.delete(current_viewer(), ref)
    message = saved("Warninglist deleted.", subject_id=row.id)
    return done(message, go_to=_INDEX, notice=_("The warninglist was deleted."))
