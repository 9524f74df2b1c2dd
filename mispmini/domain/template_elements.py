"""The elements of object templates, for forms: which attributes an object of each kind may have (MODEL §7.4)."""

from dataclasses import dataclass
from functools import cache

from mispmini.domain.object_templates import ObjectTemplate, definition_of


@dataclass(frozen=True, slots=True)
class TemplateElement:
    """One attribute that an object may have; `options` are values that the template suggests."""

    relation: str
    type: str
    description: str
    category: str | None  # the first that the template names
    several: bool
    required: bool
    one_of: bool  # one of those marked so is required
    important: bool
    options: tuple[str, ...]


@cache
def elements_of(template: ObjectTemplate) -> tuple[TemplateElement, ...]:
    """A template's elements: required ones, then important ones, then the rest, each by name."""
    definition = definition_of(template)
    required, one_of = set(definition.get("required", ())), set(definition.get("requiredOneOf", ()))
    found = [
        TemplateElement(
            relation=relation,
            type=str(said["misp-attribute"]),
            description=str(said.get("description", "")),
            category=next(iter(said.get("categories", ())), None),
            several=bool(said.get("multiple")),
            required=relation in required,
            one_of=relation in one_of,
            important=bool(said.get("ui-priority")),
            options=tuple(map(str, said.get("values_list") or said.get("sane_default") or ())),
        )
        for relation, said in definition["attributes"].items()
    ]
    return tuple(sorted(found, key=lambda one: (not one.required, not one.one_of, not one.important, one.relation)))
