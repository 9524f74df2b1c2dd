"""Known object templates, from the data files of the pymisp package (MODEL §7.4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mispmini.domain.ids import is_row_number


@dataclass(frozen=True, slots=True)
class ObjectTemplate:
    """What a template says of its objects themselves."""

    uuid: str
    name: str
    meta_category: str
    description: str
    version: int


def known_template(uuid: str | None) -> ObjectTemplate | None:
    """The template with this uuid (lower case), None if there is none here; objects need none to be stored."""
    return None if uuid is None else _templates().get(uuid)


def all_templates() -> tuple[ObjectTemplate, ...]:
    """Every template that is here, by name."""
    return tuple(sorted(_templates().values(), key=lambda template: template.name))


def numbered_template(ref: str) -> ObjectTemplate | None:
    """The template with this uuid, or with this place in the list of all, which is its id over REST."""
    if is_row_number(ref) and 0 < (number := int(ref)) <= len(_templates()):
        return all_templates()[number - 1]
    return known_template(ref.lower())


def definition_of(template: ObjectTemplate) -> Mapping[str, Any]:
    """A template's file: `attributes` by relation, `required`, `requiredOneOf`."""
    found: Mapping[str, Any] = json.loads(_paths()[template.uuid].read_text(encoding="utf-8"))
    return found


@cache
def _paths() -> dict[str, Path]:
    return {_template(path).uuid: path for path in _folder().glob("*/definition.json")}


@cache
def _templates() -> dict[str, ObjectTemplate]:
    found = (_template(path) for path in sorted(_folder().glob("*/definition.json")))
    return {template.uuid: template for template in found}


def _template(path: Path) -> ObjectTemplate:
    definition = json.loads(path.read_text(encoding="utf-8"))
    return ObjectTemplate(
        uuid=definition["uuid"].lower(),
        name=definition["name"],
        meta_category=definition["meta-category"],
        description=definition.get("description", ""),
        version=int(definition["version"]),
    )


def _folder() -> Path:
    # Importing pymisp costs a good part of a second; finding it does not run it.
    spec = find_spec("pymisp")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The pymisp package, which brings the object templates, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "data" / "misp-objects" / "objects"
