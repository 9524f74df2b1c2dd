"""Free text import: a text comes in, its values are shown or saved (MODEL §7.17, API §9.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flask import Blueprint, url_for

from mispmini.domain.attribute_types import TYPES
from mispmini.domain.errors import SaveFailed
from mispmini.domain.freetext import find_candidates
from mispmini.domain.freetext.candidates import BOTH_ADDRESSES
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import freetext, viewing
from mispmini.services.freetext import Chosen, Found, Level
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, wants_json
from mispmini.web.asking import asked
from mispmini.web.bodies_in import form_fields
from mispmini.web.building import words
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.pages.freetext import FreetextPage, FreetextRow
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.freetext_in import FreetextRequest, Warned, read_freetext
from mispmini.wire.freetext_out import taken_candidate, told_candidate
from mispmini.wire.replies import api_description

bp = Blueprint("freetext", __name__, url_prefix="/events")
TEMPLATE = "events/freetext.html"
_MOST_ROWS = 1_000
_SHOWN_REFUSALS = 20


@bp.get("/freeTextImport/<ref>")
@needs(Permission.ADD)
def ask_for_text(ref: str) -> Answer:
    """Where a text is pasted; for programs what to send."""
    sentence = "POST a text to add what it holds as attributes."
    return answer(
        lambda: api_description(
            action_url(),
            sentence,
            mandatory=("value",),
            optional=("adhereToWarninglists", "returnMetaAttributes", "distribution"),
        ),
        page=lambda: _page(current_viewer(), ref, pages.Form(), None),
        template=TEMPLATE,
    )


@bp.post("/freeTextImport/<ref>")
@needs(Permission.ADD)
def import_text(ref: str) -> Answer:
    """Tell what a text holds; for programs, unless they only ask, also save it."""
    viewer = current_viewer()
    if_refused(lambda form, status: page_answer(TEMPLATE, _page(viewer, ref, form, None), status=status))
    event = freetext.changeable_event(viewer, ref)
    with saving("add", "Attribute"):
        wanted = read_freetext(asked().parameters())
    found = freetext.preview(viewer, wanted.text)
    if not wants_json():
        return page_answer(TEMPLATE, _page(viewer, ref, pages.Form({"value": wanted.text}), found))
    if wanted.only_told:
        return reply([_told(one) for one in found])
    _save_all(viewer, ref, wanted, found)
    return reply([
        taken_candidate(
            one.candidate, to_ids=_ticked(one, wanted), event_id=event.id, distribution=wanted.distribution
        )
        for one in found
    ])  # fmt: skip


def _told(one: Found) -> Mapping[str, object]:
    return told_candidate(one.candidate, to_ids=one.to_ids, known=one.known, warninglists=one.warninglists)


def _ticked(one: Found, wanted: FreetextRequest) -> bool:
    return one.candidate.to_ids if wanted.warned is Warned.TAKEN else one.to_ids


def _save_all(viewer: Viewer, ref: str, wanted: FreetextRequest, found: list[Found]) -> None:
    """Save what may be; that all of it is there already is no failure of the request."""
    kept = [one for one in found if wanted.warned is not Warned.LEFT_OUT or not one.warninglists]
    chosen = [Chosen(one.candidate.value, one.candidate.default_type, _ticked(one, wanted)) for one in kept]
    try:
        freetext.save(viewer, ref, chosen, Level(wanted.distribution, wanted.sharing_group_id))
    except SaveFailed as refusal:
        if wanted.distribution is not None and "distribution" in str(refusal.errors):
            raise


@bp.post("/saveFreeText/<ref>")
@needs(Permission.ADD)
def save_text(ref: str) -> Answer:
    """Save the rows that were ticked, each as the type chosen for it."""
    viewer, typed = current_viewer(), form_fields()
    chosen = list(_chosen(typed))
    if_refused(lambda form, status: page_answer(TEMPLATE, _page_again(viewer, ref, form), status=status))
    with saving("add", "Attribute"):
        level = read_freetext({**typed, "value": "-"})
    added = freetext.save(viewer, ref, chosen, Level(level.distribution, level.sharing_group_id))
    count, values = len(added.attributes), freetext.saved_values(chosen)
    refused = ", ".join(values.get(place, "?")[:80] for place in sorted(added.errors)[:_SHOWN_REFUSALS])
    notice = _("Added: %(count)s. Not added: %(values)s", count=count, values=refused) if refused else ""
    return done(
        {"saved": True, "success": True, "name": f"{count} attributes added.", "message": f"{count} attributes added."},
        go_to=url_for("events.view", ref=ref),
        notice=notice or _("Added: %(count)s.", count=count),
        kind="warning" if refused else "success",
    )


def _chosen(typed: Mapping[str, object]) -> Iterator[Chosen]:
    """The ticked rows of the form, in their order; a type that does not exist is refused where it is saved."""
    for number in range(_MOST_ROWS):
        value, kind = typed.get(f"value-{number}"), str(typed.get(f"type-{number}", ""))
        if value and typed.get(f"take-{number}") and (kind in TYPES or kind == BOTH_ADDRESSES):
            yield Chosen(
                str(value), kind, bool(typed.get(f"to_ids-{number}")), comment=str(typed.get(f"comment-{number}", ""))
            )


def _page(viewer: Viewer, ref: str, form: pages.Form, found: list[Found] | None) -> FreetextPage:
    rows = None if found is None else tuple(_row(number, one) for number, one in enumerate(found[:_MOST_ROWS]))
    left_out = max(0, len(found or ()) - _MOST_ROWS)
    return _page_with(
        viewer, ref, replace(form, values={"distribution": words.inherit(), **form.values}), rows, left_out
    )


def _page_again(viewer: Viewer, ref: str, form: pages.Form) -> FreetextPage:
    """The rows as they were sent, above what is wrong with them."""
    sent = [number for number in range(_MOST_ROWS) if form.value(f"value-{number}")]
    return _page_with(viewer, ref, form, tuple(_row_again(number, form) for number in sent), 0)


def _page_with(
    viewer: Viewer, ref: str, form: pages.Form, rows: tuple[FreetextRow, ...] | None, left_out: int
) -> FreetextPage:
    event = freetext.changeable_event(viewer, ref)
    groups = words.group_choices(viewing.groups_to_choose(viewer))
    return FreetextPage(
        event_id=event.id,
        event_info=event.info,
        form=form,
        rows=rows,
        left_out=left_out,
        distributions=words.element_levels(with_groups=bool(groups)),
        groups=groups,
    )


def _row(number: int, one: Found) -> FreetextRow:
    candidate = one.candidate
    return FreetextRow(
        number=number,
        value=candidate.value,
        types=tuple(pages.Choice(name, name) for name in candidate.types),
        type=candidate.default_type,
        take=True,
        to_ids=one.to_ids,
        known=one.known,
        warnings=one.warninglists,
    )


def _row_again(number: int, form: pages.Form) -> FreetextRow:
    value, chosen = form.value(f"value-{number}"), form.value(f"type-{number}")
    types = {chosen: None} | {name: None for one in find_candidates(value)[:1] for name in one.types}
    return FreetextRow(
        number=number,
        value=value,
        types=tuple(pages.Choice(name, name) for name in types),
        type=chosen,
        take=bool(form.value(f"take-{number}")),
        to_ids=bool(form.value(f"to_ids-{number}")),
        known=0,
        warnings=(),
        comment=form.value(f"comment-{number}"),
    )
