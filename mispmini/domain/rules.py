"""A link's push and pull rules, read from their JSON text (PROTOCOL §3.10, §4.10)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mispmini.domain.ids import is_row_number
from mispmini.domain.json_texts import read_json

Names = tuple[str, ...]
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "tags": ("OR", "NOT"),
    "orgs": ("OR", "NOT"),
    "type_attributes": ("NOT",),
    "type_objects": ("NOT",),
}


@dataclass(frozen=True, slots=True)
class RuleNames:
    """Rules as a form shows them: by names, on either side of a link. `url_params` is JSON text, for pulling alone."""

    tags_or: Names = ()
    tags_not: Names = ()
    orgs_or: Names = ()
    orgs_not: Names = ()
    types_not: Names = ()
    templates_not: Names = ()
    url_params: str = ""


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
    types_not: Names = ()
    templates_not: Names = ()
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
            types_not=_names(rules, "type_attributes", "NOT"),
            templates_not=_names(rules, "type_objects", "NOT"),
            url_params=_as_dict(_loads(rules.get("url_params"))) or None,
        )

    def index_filters(self, *, lists_orgs: bool = True) -> dict[str, object]:
        """Body keys of the remote's events/index: NOT entries carry a bang, url_params come last (PROTOCOL §4.3).

        A remote that does not take a list of organisations gets them in one text (PROTOCOL §2.1, gates).
        """
        filters: dict[str, object] = {}
        for key, wanted, unwanted in (
            ("tag", self.tags_or, self.tags_not),
            ("org", self.orgs_or, self.orgs_not),
            ("type_attribute", (), self.types_not),
            ("type_object", (), self.templates_not),
        ):
            if values := [*wanted, *(f"!{name}" for name in unwanted)]:
                filters[key] = values if lists_orgs or key != "org" else "|".join(values)
        return {**filters, **(self.url_params or {})}

    def leave_out(self, tags: Collection[str], org_name: str, org_uuid: str) -> bool:
        """Whether an event is unwanted whatever the remote's index said: by its tags, or by its creator.

        The positive rules are left to the remote, which alone knows the ids and local tags they may name.
        """
        unwanted_tags, unwanted_orgs = ({name.casefold() for name in part} for part in (self.tags_not, self.orgs_not))
        by_tag = not unwanted_tags.isdisjoint(name.casefold() for name in tags)
        return by_tag or not unwanted_orgs.isdisjoint((org_name.casefold(), org_uuid.casefold()))

    def wants(self, tags: Collection[str], org_name: str, org_uuid: str) -> bool:
        """Whether the positive rules let an event in, as far as names tell, which is how the form writes them."""
        wanted_tags, wanted_orgs = ({name.casefold() for name in part} for part in (self.tags_or, self.orgs_or))
        by_tag = not wanted_tags or not wanted_tags.isdisjoint(name.casefold() for name in tags)
        return by_tag and (not wanted_orgs or not wanted_orgs.isdisjoint((org_name.casefold(), org_uuid.casefold())))


def can_be_read(text: str, *, by_ids: bool) -> bool:
    """Whether every rule of a text is understood: one that is not would silently let everything through.

    Empty, null and `[]` stand for none (PROTOCOL §3.10); `by_ids` says that tags and organisations are local ids.
    """
    try:
        rules = read_json(text) if text.strip() else {}
    except ValueError:
        return False
    if rules in (None, []):
        return text.strip() in ("null", "[]")
    if not isinstance(rules, dict):
        return False
    groups = all(_is_group(rules.get(name), name, by_ids=by_ids) for name in _GROUPS)
    return groups and _is_url_params(rules.get("url_params"))


def with_organisation_replaced(text: str, old_id: int, new_id: int) -> str:
    """Push rules in which one organisation's id stands for another's; the same text where the other is not named."""
    rules = _as_dict(_loads(text))
    parts = _as_dict(rules.get("orgs"))
    if all(old_id not in _ids(rules, "orgs", operator) for operator in parts):
        return text
    orgs = {operator: _replaced(_names(rules, "orgs", operator), old_id, new_id) for operator in parts}
    return json.dumps({**rules, "orgs": orgs}, ensure_ascii=False, separators=(",", ":"))


def _replaced(names: Names, old_id: int, new_id: int) -> list[int]:
    ids = (int(name) for name in names if _is_id(name))
    return list(dict.fromkeys(new_id if each == old_id else each for each in ids))


def _is_group(value: object, name: str, *, by_ids: bool) -> bool:
    if value in (None, []):
        return True
    if not isinstance(value, dict):
        return False
    lists = [value.get(operator) or [] for operator in _GROUPS[name]]
    if not all(isinstance(entries, list) for entries in lists):
        return False
    fits = _is_id if by_ids and name in ("tags", "orgs") else _is_name
    return all(fits(entry) for entries in lists for entry in entries)


def _is_url_params(value: object) -> bool:
    if value in (None, "", [], {}):
        return True
    return isinstance(value, str) and (not value.strip() or isinstance(_loads(value), dict))


def _is_id(value: object) -> bool:
    return not isinstance(value, bool) and is_row_number(str(value))


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _loads(text: object) -> object:
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _as_dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _names(rules: dict[str, object], group: str, operator: str) -> Names:
    values = _as_dict(rules.get(group)).get(operator)
    return tuple(str(value) for value in values) if isinstance(values, list) else ()


def _ids(rules: dict[str, object], group: str, operator: str) -> frozenset[int]:
    return frozenset(int(name) for name in _names(rules, group, operator) if _is_id(name))
