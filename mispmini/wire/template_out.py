"""Object templates as answers (MODEL §7.4, API §9.4)."""

from collections.abc import Mapping
from typing import Any

from mispmini.domain.object_templates import ObjectTemplate
from mispmini.wire.replies import Reply

Definition = Mapping[str, Any]


def template_item(number: int, template: ObjectTemplate, definition: Definition) -> Reply:
    """A template's own columns; `number` is its place among those that are here."""
    demands = {key: definition[key] for key in ("required", "requiredOneOf") if key in definition}
    return {
        "id": str(number),
        "user_id": "0",
        "org_id": "0",
        "uuid": template.uuid,
        "name": template.name,
        "meta-category": template.meta_category,
        "description": template.description,
        "version": str(template.version),
        "requirements": demands,
        "fixed": True,
        "active": True,
    }


def template_view(number: int, template: ObjectTemplate, definition: Definition) -> Reply:
    """objectTemplates/view: a template with what its objects may hold, in it and beside it: clients read either."""
    elements = [
        _element(place, number, relation, rule)
        for place, (relation, rule) in enumerate(definition.get("attributes", {}).items(), start=1)
    ]
    item = {**template_item(number, template, definition), "ObjectTemplateElement": elements}
    return {"ObjectTemplate": item, "ObjectTemplateElement": elements}


def _element(place: int, number: int, relation: str, rule: Definition) -> Reply:
    return {
        "id": f"{number}{place:03}",
        "object_template_id": str(number),
        "object_relation": relation,
        "type": rule.get("misp-attribute", ""),
        "ui-priority": str(rule.get("ui-priority", 0)),
        "categories": rule.get("categories", []),
        "sane_default": rule.get("sane_default", []),
        "values_list": rule.get("values_list", []),
        "description": rule.get("description", ""),
        "disable_correlation": bool(rule.get("disable_correlation", False)),
        "multiple": bool(rule.get("multiple", False)),
    }
