"""Attributes over REST and as forms (API §9.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, request, url_for

from mispmini.domain import attribute_types
from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.errors import Invalid, Malformed, SaveFailed
from mispmini.domain.graphs import AttributeRow
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import attributes, tags, warninglists
from mispmini.services.attributes import Added, CountedBy
from mispmini.services.rights import must_be_modifiable
from mispmini.web import describe, tagging
from mispmini.web.answer import Answer, answer, done, page_answer, reply, saved, see_other, wants_json
from mispmini.web.asking import asked, handed_over_body, parameter
from mispmini.web.building import event_pages, event_tabs, removals
from mispmini.web.building.event_tabs import Asked, Shown
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.paging import asked_slice
from mispmini.web.saving import saving, told_by_ajax
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer, note_given_out
from mispmini.wire import replies
from mispmini.wire.attribute_in import read_attribute, read_attributes, read_selected
from mispmini.wire.attribute_out import (
    attribute_tags_json,
    edited_attribute_json,
    found_attribute_json,
    saved_attribute_json,
)
from mispmini.wire.scalars import flag, whole_number

bp = Blueprint("attributes", __name__, url_prefix="/attributes")
_ROWS = 60
_MOST_ROWS = 5_000


@bp.get("/describeTypes")
@needs_login
def describe_types() -> Answer:
    """Types, categories and defaults (MODEL §7.13)."""
    return reply(attribute_types.describe_types())


@bp.route("/index", methods=["GET", "POST"])
@needs_login
@searches
def index() -> Answer:
    """Live attributes that the viewer reads, 60 a page, of the newest event first (sample 16j)."""
    if not wants_json():
        return see_other(url_for("events.index"))
    limit = whole_number(parameter("limit"))
    part = asked_slice(min(limit, _MOST_ROWS) if limit is not None and limit > 0 else _ROWS)
    found = attributes.list_attributes(current_viewer(), limit=part.limit, offset=part.offset)
    note_given_out({row.event_id for row in found})
    return reply(f"[{','.join(map(saved_attribute_json, found))}]")


@bp.get("/attributeStatistics")
@bp.get("/attributeStatistics/<kind>")
@bp.get("/attributeStatistics/<kind>/<percentage>")
@needs_login
@searches
def attribute_statistics(kind: str = CountedBy.TYPE, percentage: str = "") -> Answer:
    """How many attributes there are by type or category, as counts or as parts of all."""
    column = CountedBy.CATEGORY if kind == CountedBy.CATEGORY else CountedBy.TYPE
    counts = attributes.count_attributes(current_viewer(), column)
    if not flag(percentage):
        return reply({name: str(count) for name, count in counts.items()})
    total = sum(counts.values())
    return reply({name: f"{round(100 * count / total, 3):g}%" for name, count in counts.items()})


@bp.route("/view/<ref>", methods=["GET", "HEAD"])
@needs_login
def view(ref: str) -> Answer:
    """One attribute; absent or invisible is MISP's 405."""
    found = attributes.view_attribute(current_viewer(), ref)
    if not wants_json():
        return done(None, go_to=_page_of(found.attribute.event_id))
    note_given_out([found.attribute.event_id])
    text = found_attribute_json(found.attribute, tags=found.tags, event_uuid=found.event_uuid, data=found.data)
    return reply(f'{{"Attribute":{text}}}')


@bp.post("/add")
@needs(Permission.ADD)
def add_to_named_event() -> Answer:
    """Add attributes to the event that the body names."""
    return add(str(parameter("event_id", "")))


@bp.route("/add/<event_ref>", methods=["GET", "POST"])
@needs(Permission.ADD)
def add(event_ref: str) -> Answer:
    """Add one attribute, a list of them, or a list of values; those that do not fit are named."""
    if request.method == "GET":
        return answer(
            lambda: describe.ATTRIBUTES_ADD, page=lambda: _event_page(event_ref, None), template="events/view.html"
        )
    viewer = current_viewer()
    if_refused(lambda form, status: page_answer("events/view.html", _event_page(event_ref, form), status=status))
    asked(in_pieces=True)
    with saving("add", "Attribute", about=lambda: must_be_modifiable(viewer, event_ref)):
        drafts, unread = _asked_drafts(viewer)
    if flag(parameter("enforceWarninglist")):
        drafts, unread = _without_warned(drafts, unread)
    breaks = flag(parameter("breakOnDuplicate", 1)) is not False
    added = attributes.add_attributes(viewer, event_ref, drafts, unread=unread, break_on_duplicate=breaks)
    if not wants_json():
        notice, kind = _told(added, {place: draft.value or "" for place, draft in drafts.items()})
        return done(None, go_to=url_for("events.view", ref=event_ref), notice=notice, kind=kind)
    return reply(_added_text(added))


def _without_warned(
    drafts: dict[int, AttributeDraft], unread: dict[int, Invalid]
) -> tuple[dict[int, AttributeDraft], dict[int, Invalid]]:
    """Those that trip over a warninglist are named instead of added (MODEL §7.15).

    Raises SaveFailed for the only one.
    """
    warned = {place for place, one in drafts.items() if warninglists.lists_with(one.type or "", one.value or "")}
    if warned and len(drafts) + len(unread) == 1:
        raise SaveFailed("add", "Attribute", warninglists.REFUSED)
    refused = {place: Invalid({"warninglist": [warninglists.REFUSED]}) for place in warned}
    return {place: one for place, one in drafts.items() if place not in warned}, {**unread, **refused}


def _told(added: Added, values: Mapping[int, str]) -> tuple[str, str]:
    """What a person hears: of a pasted list each value that was not taken."""
    if not added.errors:
        return _("Attribute added."), "success"
    refused = ", ".join(values.get(place, "?")[:80] for place in sorted(added.errors))
    count = len(added.attributes)
    return _("Added: %(count)s. Not added: %(values)s", count=count, values=refused), "warning"


def _event_page(event_ref: str, form: Form | None) -> object:
    return event_tabs.elements_page(Shown.of(current_viewer(), event_ref), Asked(), form, adding=True)


def _asked_drafts(viewer: Viewer) -> tuple[dict[int, AttributeDraft], dict[int, Invalid]]:
    body = handed_over_body()
    if not body:
        raise Malformed("No valid attribute data received.")
    drafts: dict[int, AttributeDraft] = {}
    unread: dict[int, Invalid] = {}
    for place, read in enumerate(_single_values(read_attributes(body, from_partner=viewer.is_partner))):
        if isinstance(read, Invalid):
            unread[place] = read
        else:
            drafts[place] = read
    return drafts, unread


def _single_values(read: Sequence[AttributeDraft | Invalid]) -> list[AttributeDraft | Invalid]:
    """A text of several lines under `batch_import` is one attribute a line."""
    if not flag(parameter("batch_import")) or len(read) != 1 or isinstance(read[0], Invalid):
        return list(read)
    lines = (read[0].value or "").splitlines()
    return [replace(read[0], value=line, uuid=None) for line in lines if line.strip()]


def _added_text(added: Added) -> str:
    errors = {f"attribute_{place}": texts for place, texts in added.errors.items()}
    if len(added.attributes) == 1 and not errors:
        only = added.attributes[0]
        pivots = attribute_tags_json(only, added.tags.get(only.id, ()))
        return f'{{"Attribute":{saved_attribute_json(only)},"AttributeTag":{pivots}}}'
    texts = ",".join(saved_attribute_json(row, added.tags.get(row.id, ())) for row in added.attributes)
    tail = f',"errors":{replies.dump(errors, pretty=False)}' if errors else ""
    return f'{{"Attribute":[{texts}]{tail}}}'


@bp.route("/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD)
def edit(ref: str) -> Answer:
    """Change one attribute; what the body leaves out is kept."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(
            lambda: describe.ATTRIBUTES_EDIT,
            page=lambda: event_pages.attribute_form_page(
                viewer, attributes.view_attribute(viewer, ref).attribute, None
            ),
            template="attributes/edit.html",
        )
    if_refused(lambda form, status: page_answer("attributes/edit.html", _form(viewer, ref, form), status=status))
    edited = _edited(viewer, ref)
    if not wants_json():
        return done(None, go_to=_page_of(edited.event_id), notice=_("Attribute saved."))
    found = attributes.saved_attribute(viewer, edited)
    return reply(f'{{"Attribute":{edited_attribute_json(found.attribute, found.tags)}}}')


def _edited(viewer: Viewer, ref: str) -> AttributeRow:
    with saving("edit", "Attribute", about=lambda: attributes.editable_attribute(viewer, ref)[0].id):
        draft = read_attribute(asked().body, from_partner=viewer.is_partner)
    return attributes.edit_attribute(viewer, ref, draft)


@bp.post("/editField/<ref>")
@needs(Permission.ADD)
def edit_field(ref: str) -> Answer:
    """Change one attribute and say in a word what became of it; refusals are HTTP 200."""
    return told_by_ajax(lambda: _edited(current_viewer(), ref), "Field updated.")


def _form(viewer: Viewer, ref: str, form: Form | None) -> object:
    return event_pages.attribute_form_page(viewer, attributes.view_attribute(viewer, ref).attribute, form)


def _page_of(event_id: int) -> str:
    return url_for("events.view", ref=event_id)


@bp.get("/delete/<ref>")
@needs(Permission.ADD)
def ask_before_delete(ref: str) -> Answer:
    """What deleting it means, before it is done."""
    viewer = current_viewer()
    return answer(
        lambda: describe.ATTRIBUTES_DELETE,
        page=lambda: removals.attribute_removal(viewer, attributes.view_attribute(viewer, ref).attribute),
        template="removal.html",
    )


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str, hard: str = "") -> Answer:
    """Delete softly, so that partners hear of it, or for good with `hard`."""
    viewer = current_viewer()
    for_good = removals.is_for_good(hard, lambda: attributes.view_attribute(viewer, ref).attribute.event_id)
    gone = attributes.delete_attribute(viewer, ref, hard=for_good)
    return done(replies.message("Attribute deleted."), go_to=_page_of(gone.event_id), notice=_("Attribute deleted."))


@bp.post("/deleteSelected/<event_ref>")
@needs(Permission.ADD)
def delete_selected(event_ref: str) -> Answer:
    """Delete the attributes of an event that `id` lists, or all of them; for good with `allow_hard_delete`."""
    for_good = flag(parameter("allow_hard_delete")) is True
    gone = attributes.delete_attributes(current_viewer(), event_ref, read_selected(parameter("id")), hard=for_good)
    return reply(saved(f"{gone} attribute{'' if gone == 1 else 's'} deleted.", subject_id=whole_number(event_ref)))


@bp.post("/restore/<ref>")
@needs(Permission.ADD)
def restore(ref: str) -> Answer:
    """Bring a softly deleted attribute back."""
    viewer = current_viewer()
    back = attributes.restore_attribute(viewer, ref)
    if not wants_json():
        return done(None, go_to=_page_of(back.event_id), notice=_("Attribute restored."))
    return reply(f'{{"Attribute":{edited_attribute_json(back, ())}}}')


tagging.offer(bp, "attribute", tags.attribute_target, lambda tagged: _page_of(tagged.event.id))
