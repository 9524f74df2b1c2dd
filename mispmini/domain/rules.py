"""A link's push and pull rules, read from their JSON text (PROTOCOL §3.10, §4.10)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PushRules:
    """Push rules by local ids; types and templates by their own names."""

    tags_or: frozenset[int] = frozenset()
    tags_not: frozenset[int] = frozenset()
    orgs_or: frozenset[int] = frozenset()
    orgs_not: frozenset[int] = frozenset()
    types_not: frozenset[str] = frozenset()
    templates_not: frozenset[str] = frozenset()

    @classmethod
    def from_text(cls, text: str | None) -> "PushRules":
        """Rules from their JSON text; empty, null and `[]` mean none."""
        rules = _as_dict(_loads(text))
        return cls(
            tags_or=_ids(rules, "tags", "OR"),
            tags_not=_ids(rules, "tags", "NOT"),
            orgs_or=_ids(rules, "orgs", "OR"),
            orgs_not=_ids(rules, "orgs", "NOT"),
            types_not=frozenset(_names(rules, "type_attributes", "NOT")),
            templates_not=frozenset(_names(rules, "type_objects", "NOT")),
        )


@dataclass(frozen=True, slots=True)
class PullRules:
    """Pull rules by names of the remote, plus free url_params for its index."""

    tags_or: Names = ()
    tags_not: Names = ()
    orgs_or: Names = ()
    orgs_not: Names = ()
    types_not: frozenset[str] = frozenset()
    templates_not: frozenset[str] = frozenset()
    url_params: Mapping[str, object] | None = None

    @classmethod
    def from_text(cls, text: str | None) -> "PullRules":
        """Rules from their JSON text; empty, null and `[]` mean none."""
        rules = _as_dict(_loads(text))
        return cls(
            tags_or=_names(rules, "tags", "OR"),
            tags_not=_names(rules, "tags", "NOT"),
            orgs_or=_names(rules, "orgs", "OR"),
            orgs_not=_names(rules, "orgs", "NOT"),
            types_not=frozenset(_names(rules, "type_attributes", "NOT")),
            templates_not=frozenset(_names(rules, "type_objects", "NOT")),
            url_params=_as_dict(_loads(rules.get("url_params"))) or None,
        )

    def index_filters(self) -> dict[str, object]:
        """Body keys of the remote's events/index: NOT entries carry a bang, url_params come last (PROTOCOL §4.3)."""
        filters: dict[str, object] = {}
        for key, wanted, unwanted in (
            ("tag", self.tags_or, self.tags_not),
            ("org", self.orgs_or, self.orgs_not),
            ("type_attribute", (), tuple(sorted(self.types_not))),
            ("type_object", (), tuple(sorted(self.templates_not))),
        ):
            if values := [*wanted, *(f"!{name}" for name in unwanted)]:
                filters[key] = values
        return {**filters, **(self.url_params or {})}


def _loads(text: object) -> object:
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _as_dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _names(rules: dict[str, object], group: str, operator: str) -> Names:
    values = _as_dict(rules.get(group)).get(operator)
    return tuple(str(value) for value in values) if isinstance(values, list) else ()


def _ids(rules: dict[str, object], group: str, operator: str) -> frozenset[int]:
    return frozenset(int(name) for name in _names(rules, group, operator) if name.isdigit())
