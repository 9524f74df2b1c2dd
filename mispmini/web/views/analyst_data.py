"""Notes, opinions and relationships over REST and as forms (API §9.5, PROTOCOL §3.15, §4.8)."""

from flask import Blueprint, request, url_for

from mispmini.domain.analyst_data import AnalystKind, AnalystRow
from mispmini.domain.drafts import AnalystDraft
from mispmini.domain.errors import Invalid, NotFound, Refused
from mispmini.domain.permissions import Permission
from mispmini.services import analyst_data
from mispmini.services.analyst_data import Listed
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved
from mispmini.web.asking import asked, parameter
from mispmini.web.building import analyst_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import analyst_data_in as wire_in
from mispmini.wire.analyst_data_out import ItemTexts, minimal_index
from mispmini.wire.replies import api_description, save_failed
from mispmini.wire.scalars import uuid as read_uuid

bp = Blueprint("analyst_data", __name__, url_prefix="/analyst_data")
INVALID_TYPE = "Invalid type."
MOST_NAMED = 1_000
_FIELDS = {
    AnalystKind.NOTE: (("note",), ("language",)),
    AnalystKind.OPINION: (("opinion",), ("comment",)),
    AnalystKind.RELATIONSHIP: (("related_object_uuid", "related_object_type"), ("relationship_type",)),
}
_COMMON = ("uuid", "authors", "distribution", "sharing_group_id")


def _kind(text: str) -> AnalystKind | None:
    try:
        return wire_in.read_kind(text)
    except Invalid:
        raise NotFound(INVALID_TYPE) from None


def _one_kind(text: str) -> AnalystKind:
    kind = _kind(text)
    if kind is None:
        raise NotFound(INVALID_TYPE)
    return kind


def _one(listed: Listed) -> str:
    return ItemTexts(listed.sheet, listed.groups).item(listed.items[0])


@bp.route("/index/<kind>", methods=["GET", "POST"])
@needs_login
def index(kind: str) -> Answer:
    """The newest of a kind, or those whose uuids are given: what a pulling partner asks for (PROTOCOL §4.8)."""
    listed = analyst_data.list_items(current_viewer(), _one_kind(kind), _asked_uuids())
    texts = ItemTexts(listed.sheet, listed.groups)
    return reply(f"[{','.join(map(texts.listed, listed.items))}]")


def _asked_uuids() -> list[str] | None:
    given = parameter("uuid")
    if given is None:
        return None
    items = given if isinstance(given, list) else [given]
    if len(items) > MOST_NAMED:
        raise Refused(f"More than {MOST_NAMED} at once.")
    return [uuid for item in items if (uuid := read_uuid(item)) is not None]


@bp.route("/indexMinimal", methods=["GET", "POST"])
@needs_login
def index_minimal() -> Answer:
    """Uuids and times of change by kind, of these creators if any are named (PROTOCOL §4.8)."""
    wanted, unwanted = wire_in.read_orgc_names(parameter("orgc_name"))
    return reply(minimal_index(analyst_data.index_minimal(current_viewer(), wanted, unwanted)))


@bp.get("/view/<kind>/<ref>")
@needs_login
def view(kind: str, ref: str) -> Answer:
    """One with all that is said about it."""
    viewer = current_viewer()
    listed = analyst_data.view_item(viewer, _kind(kind), ref)
    return answer(
        lambda: _one(listed),
        page=lambda: analyst_pages.item_page(viewer, listed),
        template="analyst_data/view.html",
    )


@bp.get("/add/<kind>")
@bp.get("/add/<kind>/<object_uuid>/<object_type>")
@needs(Permission.ADD, Permission.ANALYST_DATA)
def show_add(kind: str, object_uuid: str = "", object_type: str = "") -> Answer:
    """The form, or what a POST takes."""
    wanted = _one_kind(kind)
    mandatory, optional = _FIELDS[wanted]
    return answer(
        lambda: api_description(
            action_url(), f"POST a {wanted} about something.", mandatory=mandatory, optional=(*optional, *_COMMON)
        ),
        page=lambda: analyst_pages.new_item_page(current_viewer(), wanted, object_uuid, object_type),
        template="analyst_data/edit.html",
    )


@bp.post("/add/<kind>")
@bp.post("/add/<kind>/<object_uuid>/<object_type>")
@needs(Permission.ADD, Permission.ANALYST_DATA)
def add(kind: str, object_uuid: str = "", object_type: str = "") -> Answer:
    """Add one about the thing of this uuid, which need not be here."""
    wanted, viewer = _one_kind(kind), current_viewer()
    if_refused(lambda form, status: _new_form(wanted, object_uuid, object_type, form, status))
    with saving("add", wanted):
        drafts = wire_in.read_item(wanted, asked().body, about=_about(object_uuid, object_type))
    return _saved(analyst_data.add_item(viewer, drafts), _("It was added."))


def _about(object_uuid: str, object_type: str) -> tuple[str, str] | None:
    return (object_uuid.lower(), object_type) if object_uuid else None


def _new_form(kind: AnalystKind, uuid: str, object_type: str, form: Form, status: int) -> Answer:
    page = analyst_pages.new_item_page(current_viewer(), kind, uuid, object_type, form)
    return page_answer("analyst_data/edit.html", page, status=status)


@bp.route("/edit/<kind>/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD, Permission.ANALYST_DATA)
def edit(kind: str, ref: str) -> Answer:
    """Change one; what the body leaves out is kept."""
    viewer = current_viewer()
    listed = analyst_data.view_item(viewer, _kind(kind), ref)
    row = listed.items[0]
    of_kind = AnalystKind(row.kind)
    if request.method == "GET":
        mandatory, optional = _FIELDS[of_kind]
        return answer(
            lambda: api_description(action_url(), f"POST what changes of a {of_kind}.", optional=mandatory + optional),
            page=lambda: analyst_pages.edit_item_page(viewer, listed),
            template="analyst_data/edit.html",
        )
    if_refused(lambda form, status: _edit_form(listed, form, status))
    with saving("edit", of_kind, about=lambda: analyst_data.own_item(viewer, ref, of_kind).id):
        drafts = _changed(of_kind, row)
    return _saved(analyst_data.edit_item(viewer, ref, drafts, of_kind), _("It was saved."))


def _changed(kind: AnalystKind, row: AnalystRow) -> tuple[AnalystDraft, ...]:
    return wire_in.read_item(kind, asked().body, about=(row.object_uuid, row.object_type), stored=row)


def _edit_form(listed: Listed, form: Form, status: int) -> Answer:
    page = analyst_pages.edit_item_page(current_viewer(), listed, form)
    return page_answer("analyst_data/edit.html", page, status=status)


def _saved(row: AnalystRow, notice: str) -> Answer:
    return done(_one(analyst_data.saved_item(current_viewer(), row)), go_to=_page_of(row), notice=notice)


def _page_of(row: AnalystRow) -> str:
    if row.event_id is None:
        return url_for("analyst_data.view", kind=row.kind, ref=row.id)
    return f"{url_for('events.view', ref=row.event_id)}#item-{row.id}"


@bp.route("/delete/<kind>/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<kind>/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD, Permission.ANALYST_DATA)
def delete(kind: str, ref: str, **_hard: str) -> Answer:
    """Delete one; it is always for good, and does not come back with the next pull."""
    gone = analyst_data.delete_item(current_viewer(), ref, _kind(kind))
    go_to = url_for("home.home") if gone.event_id is None else url_for("events.view", ref=gone.event_id)
    return done(saved(f"{gone.kind} deleted.", subject_id=gone.id), go_to=go_to, notice=_("It was deleted."))


@bp.post("/filterAnalystDataForPush")
@needs(Permission.SYNC)
def filter_analyst_data_for_push() -> Answer:
    """Which of a pushing partner's items are wanted (PROTOCOL §3.15)."""
    wanted = analyst_data.wanted_items(current_viewer(), wire_in.read_offers(asked().body))
    return reply(minimal_index(wanted, every_kind=True))


@bp.post("/pushAnalystData")
@needs(Permission.SYNC)
def push_analyst_data() -> Answer:
    """Take what a partner pushes, and say how much of it was stored (PROTOCOL §3.15)."""
    drafts, failed = wire_in.read_pushed(asked().body)
    taken = analyst_data.save_pushed(current_viewer(), drafts)
    sentence = f"Analyst Data imported. {taken.imported} imported, {taken.ignored} ignored, {failed} failed. "
    if taken.imported:
        return reply(saved(sentence))
    return reply(save_failed(sentence, action_url(), sentence), status=403)
