"""What changed in a record, field by field, in the words of the forms; what has no word there stays as it is stored."""

import json
from collections.abc import Callable, Mapping

from mispmini.domain.audit_log import Change
from mispmini.domain.distribution import is_element_level
from mispmini.web.building.words import analysis, distribution_name, threat_level
from mispmini.web.i18n import N_, gettext
from mispmini.web.pages import ChangeRow

_NAMES = {
    "info": N_("Event Info"),
    "date": N_("Date"),
    "threat_level_id": N_("Threat Level"),
    "analysis": N_("Analysis"),
    "distribution": N_("Distribution"),
    "sharing_group_id": N_("Sharing group"),
    "extends_uuid": N_("Extends Event"),
    "published": N_("Published"),
    "value": N_("Value"),
    "type": N_("Type"),
    "category": N_("Category"),
    "comment": N_("Comment"),
    "to_ids": N_("IDS"),
    "first_seen": N_("First seen"),
    "last_seen": N_("Last seen"),
    "deleted": N_("Deleted"),
    "name": N_("Name"),
    "description": N_("Description"),
}
_FLAGS = frozenset({"published", "to_ids", "deleted"})
_NUMBERS: Mapping[str, Callable[[int], str]] = {
    "distribution": lambda level: distribution_name(level) if is_element_level(level) else str(level),
    "threat_level_id": threat_level,
    "analysis": analysis,
}


def change_rows(change: Change) -> tuple[ChangeRow, ...]:
    """Fields before and after."""
    return tuple(
        ChangeRow(_name(field), _said(field, pair, 0), _said(field, pair, 1)) for field, pair in change.items()
    )


def _name(field: str) -> str:
    return gettext(_NAMES[field]) if field in _NAMES else field


def _said(field: str, pair: object, place: int) -> str:
    value = pair[place] if isinstance(pair, list | tuple) and len(pair) == 2 else pair
    if value is None:
        return "–"
    if field in _FLAGS and value in (0, 1):
        return gettext("yes") if value else gettext("no")
    if field in _NUMBERS and isinstance(value, int):
        return _NUMBERS[field](value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
