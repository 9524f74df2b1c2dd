"""Builds the pages of objects: the choice of a template, the forms of objects and of references between them."""

from collections.abc import Iterable, Iterator, Mapping

from mispmini.domain.attribute_types import is_attachment
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import AttributeRow, ObjectRow
from mispmini.domain.object_templates import ObjectTemplate, all_templates, known_template
from mispmini.domain.template_elements import TemplateElement, elements_of
from mispmini.domain.viewer import Viewer
from mispmini.services import event_sheets
from mispmini.services.event_sheets import Wanted
from mispmini.services.objects import ViewedObject
from mispmini.web import pages
from mispmini.web.building import words
from mispmini.web.building.elements import attribute_choices
from mispmini.web.i18n import _, moment_text

_MOST_TARGETS = 200
_STORED, _NEW = "attribute-", "relation-"
RELATIONSHIPS = (
    "related-to", "connected-to", "contains", "characterizes", "communicates-with", "derived-from", "downloaded-from",
    "drops", "executes", "extracted-from", "hosts", "identifies", "included-in", "mentions", "owned-by", "part-of",
    "redirects-to", "references", "resolves-to", "sent-by", "similar", "uses",
)  # fmt: skip


def templates_page(viewer: Viewer, event_ref: str, given: Mapping[str, str]) -> pages.TemplatesPage:
    """The templates to choose from, by name, description and category. Raises NotFound, Forbidden."""
    event = event_sheets.head_of(viewer, event_ref).event
    event_sheets.must_change_elements(viewer, event.id)
    needle, category = given.get("q", "").strip().lower(), given.get("category", "")
    known = all_templates()
    categories = sorted({template.meta_category for template in known})
    found = [one for one in known if category in ("", one.meta_category) and _fits(one, needle)]
    return pages.TemplatesPage(
        event_id=event.id,
        event_info=event.info,
        form=pages.Form({"q": needle, "category": category}),
        categories=(pages.Choice("", _("any")), *(pages.Choice(name, name) for name in categories)),
        rows=tuple(
            pages.TemplateRow(one.uuid, one.name, one.meta_category, one.description)
            for one in sorted(found, key=lambda one: needle not in one.name)
        ),
    )


def _fits(template: ObjectTemplate, needle: str) -> bool:
    return needle in template.name or needle in template.description.lower()


def new_object_page(viewer: Viewer, event_ref: str, template: str, form: pages.Form | None) -> pages.ObjectFormPage:
    """The form of a new object. Raises NotFound, also for a template that is not here; Forbidden."""
    chosen = known_template(template.lower())
    if chosen is None:
        raise NotFound("Invalid object template")
    event = event_sheets.head_of(viewer, event_ref).event
    event_sheets.must_change_elements(viewer, event.id)
    elements = _typed(elements_of(chosen))
    one_of = _one_of(elements)
    return pages.ObjectFormPage(
        id=None,
        event_id=event.id,
        event_info=event.info,
        name=chosen.name,
        description=chosen.description,
        action=f"/objects/add/{event.id}/{chosen.uuid}",
        form=form or pages.Form({"distribution": words.inherit()}),
        stored=(),
        one_of=tuple(map(_field, one_of)),
        fields=tuple(_field(one) for one in elements if _comes_first(one) and one not in one_of),
        more=tuple(_field(one) for one in elements if not _comes_first(one) and one not in one_of),
        may_hold_file=len(elements) < len(elements_of(chosen)),
        choices=attribute_choices(viewer),
    )


def object_form_page(viewer: Viewer, viewed: ViewedObject, form: pages.Form | None) -> pages.ObjectFormPage:
    """The form of an object that is here: its attributes, and what its template offers besides."""
    event_sheets.must_change_elements(viewer, viewed.event.id)
    obj, chosen = viewed.object, known_template(viewed.object.template_uuid)
    elements = _typed(elements_of(chosen)) if chosen else []
    return pages.ObjectFormPage(
        id=obj.id,
        event_id=viewed.event.id,
        event_info=viewed.event.info,
        name=obj.name,
        description=obj.description,
        action=f"/objects/edit/{obj.id}",
        form=form or pages.Form(_object_values(obj, viewed.attributes)),
        stored=tuple(_stored_field(one) for one in viewed.attributes if not is_attachment(one.type)),
        one_of=(),
        fields=tuple(_field(one) for one in elements if _comes_first(one)),
        more=tuple(_field(one) for one in elements if not _comes_first(one)),
        may_hold_file=False,
        choices=attribute_choices(viewer),
    )


def reference_page(viewer: Viewer, viewed: ViewedObject, form: pages.Form | None) -> pages.ReferenceFormPage:
    """The form of a reference from an object."""
    event_sheets.must_change_elements(viewer, viewed.event.id)
    return pages.ReferenceFormPage(
        event_id=viewed.event.id,
        event_info=viewed.event.info,
        object_id=viewed.object.id,
        object_name=viewed.object.name,
        form=form or pages.Form(),
        targets=tuple(_targets(viewer, viewed)),
        relationships=RELATIONSHIPS,
    )


def new_object_body(template: str, fields: Mapping[str, object]) -> dict[str, object]:
    """A form's fields as the body that objects/add takes as JSON: each line of a field is an attribute."""
    chosen = known_template(template.lower())
    elements = elements_of(chosen) if chosen else ()
    return {**_own_fields(fields), "template_uuid": template, "Attribute": list(_new_attributes(elements, fields))}


def edited_object_body(viewed: ViewedObject, fields: Mapping[str, object]) -> dict[str, object]:
    """The same for objects/edit, whose list of attributes becomes the object's: what was emptied is left out."""
    chosen = known_template(viewed.object.template_uuid)
    kept = list(_kept_attributes(viewed.attributes, fields))
    return {
        **_own_fields(fields),
        "Attribute": [*kept, *_new_attributes(elements_of(chosen) if chosen else (), fields)],
    }


def _own_fields(fields: Mapping[str, object]) -> dict[str, object]:
    wanted = ("comment", "distribution", "sharing_group_id", "first_seen", "last_seen")
    return {name: fields[name] for name in wanted if name in fields}


def _new_attributes(elements: Iterable[TemplateElement], fields: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for one in _typed(elements):
        text = str(fields.get(_NEW + one.relation, ""))
        for value in text.splitlines() if one.several else [text]:
            if value.strip():
                category = {"category": one.category} if one.category else {}
                yield {"object_relation": one.relation, "type": one.type, "value": value, **category}


def _kept_attributes(stored: Iterable[AttributeRow], fields: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for one in stored:
        given = fields.get(_STORED + one.uuid)
        common: dict[str, object] = {"uuid": one.uuid, "object_relation": one.object_relation, "type": one.type}
        if given is None or _same(str(given), one.value):
            yield common
        elif str(given).strip():
            yield {**common, "value": str(given)}


def _same(given: str, stored: str) -> bool:
    """A browser sends lines with a carriage return."""
    return given.replace("\r\n", "\n") == stored.replace("\r\n", "\n")


def _typed(elements: Iterable[TemplateElement]) -> list[TemplateElement]:
    """Without files, which are attached to the event itself."""
    return [one for one in elements if not is_attachment(one.type)]


def _one_of(elements: Iterable[TemplateElement]) -> list[TemplateElement]:
    """Those of which one is required: the important ones of them, or all where none is."""
    found = [one for one in elements if one.one_of and not one.required]
    return [one for one in found if one.important] or found


def _comes_first(one: TemplateElement) -> bool:
    return one.required or one.important


def _field(one: TemplateElement) -> pages.ObjectField:
    options = () if one.several else one.options
    return pages.ObjectField(
        _NEW + one.relation, one.relation, one.type, one.description, one.required, one.several, options
    )


def _stored_field(one: AttributeRow) -> pages.ObjectField:
    several = "\n" in one.value
    return pages.ObjectField(_STORED + one.uuid, one.object_relation or one.type, one.type, "", False, several, ())


def _object_values(obj: ObjectRow, attributes: Iterable[AttributeRow]) -> dict[str, str]:
    return {
        "comment": obj.comment,
        "distribution": str(obj.distribution),
        "sharing_group_id": str(obj.sharing_group_id or ""),
        "first_seen": moment_text(obj.first_seen),
        "last_seen": moment_text(obj.last_seen),
    } | {_STORED + one.uuid: one.value for one in attributes}


def _targets(viewer: Viewer, viewed: ViewedObject) -> Iterator[pages.Choice]:
    wanted = Wanted([viewed.event.id], Deleted.LIVE, limit=_MOST_TARGETS)
    sheet = event_sheets.elements_of(viewer, wanted).sheet
    for obj in sheet.objects:
        if obj.id != viewed.object.id:
            yield pages.Choice(obj.uuid, obj.name)
    held = (one for inside in sheet.inside.values() for one in inside)
    for item in (*sheet.loose, *held):
        yield pages.Choice(item.uuid, f"{item.type}: {item.value}"[:120])
