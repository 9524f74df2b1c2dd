"""Makes a draft element ready to be stored: type, category, normal form, defaults (MODEL §7.3, §7.13, §7.14)."""

import json
from dataclasses import dataclass
from functools import lru_cache

from mispmini.domain import attribute_types, clock, ids
from mispmini.domain.distribution import Distribution, is_element_level, needs_group, widens
from mispmini.domain.drafts import AttributeDraft, Extra, ObjectDraft
from mispmini.domain.errors import Invalid
from mispmini.domain.graphs import AttributeRow
from mispmini.domain.validation import InvalidValue, normal_form, split_value
from mispmini.store import vocabulary
from mispmini.store.attributes import StoredAttribute
from mispmini.store.objects import StoredObject

ELEMENT_LEVELS_SENTENCE = (
    "Options : Your organisation only, This community only, Connected communities, All communities, Sharing group,"
    " Inherit event"
)
CATEGORY_SENTENCE = "Options depend on the selected category."
TYPE_SENTENCE = "Options depend on the selected category."
SEEN_SENTENCE = "Last seen value should be greater than first seen value"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What an element gets that does not say: level by who sends it (RULES §7), time of the intake.

    Without `may_raise` a known element never reaches more than it did (RULES §4).
    """

    element_level: int
    container_level: int
    now: int
    keep_unknown: bool
    may_raise: bool = True

    def keeps_level(self, level: int | None, stored: int) -> bool:
        """Whether a known element keeps its level: none is given, or one that would reach more."""
        return level is None or (not self.may_raise and is_element_level(level) and widens(level, stored))


def extra_text(extra: Extra | None) -> str | None:
    """Unknown wire keys as the JSON text that is stored and sent on."""
    return json.dumps(extra, ensure_ascii=False) if extra else None


def checked_level(level: int, group_id: int | None) -> int:
    """An element's level, if it is one and has its group. Raises Invalid."""
    if not is_element_level(level):
        raise Invalid({"distribution": [ELEMENT_LEVELS_SENTENCE]})
    if needs_group(level) and group_id is None:
        sentence = 'If the distribution is set to "Sharing Group", a sharing group has to be selected.'
        raise Invalid({"sharing_group_id": [sentence]})
    return level


@lru_cache(maxsize=1_024)
def _type_and_category(kind: str | None, category: str | None, *, keep_unknown: bool) -> tuple[str, str]:
    if not kind:
        raise Invalid({"type": ["No type set."]})
    known = kind in attribute_types.TYPES
    if not known and not keep_unknown:
        raise Invalid({"type": ["Invalid type."]})
    category = category or (attribute_types.default_category(kind) if known else "Other")
    if known and not attribute_types.category_allows(category, kind) and not keep_unknown:
        raise Invalid({"type": [TYPE_SENTENCE]})
    if category not in attribute_types.CATEGORIES and not keep_unknown:
        raise Invalid({"category": [CATEGORY_SENTENCE]})
    return kind, category


def _value(kind: str, value: str | None) -> str:
    try:
        return normal_form(kind, value or "")
    except InvalidValue as refusal:
        raise Invalid({"value": [refusal.sentence]}) from None


def _seen(first: int | None, last: int | None) -> tuple[int | None, int | None]:
    if first is not None and last is not None and last < first:
        raise Invalid({"last_seen": [SEEN_SENTENCE]})
    return first, last


def new_attribute(
    draft: AttributeDraft,
    *,
    number: int,
    event_id: int,
    object_id: int | None,
    group_id: int | None,
    defaults: Defaults,
) -> StoredAttribute:
    """An attribute that is not here yet. Raises Invalid with sentences by field."""
    kind, category = _type_and_category(draft.type, draft.category, keep_unknown=defaults.keep_unknown)
    if object_id is not None and not draft.object_relation:
        raise Invalid({"object_relation": ["Object attribute sent, but no object_relation set."]})
    value1, value2 = split_value(kind, _value(kind, draft.value))
    level = defaults.element_level if draft.distribution is None else draft.distribution
    first_seen, last_seen = _seen(draft.first_seen, draft.last_seen)
    to_ids = draft.to_ids
    return StoredAttribute(
        id=number,
        event_id=event_id,
        object_id=object_id,
        object_relation=draft.object_relation,
        type_id=vocabulary.type_number(kind),
        category_id=vocabulary.category_number(category),
        value1=value1,
        value2=value2 if attribute_types.is_composite(kind) else None,
        to_ids=attribute_types.default_to_ids(kind)
        if to_ids is None and kind in attribute_types.TYPES
        else bool(to_ids),
        uuid=ids.uuid_bytes(draft.uuid or ids.new_uuid()),
        timestamp=draft.timestamp or defaults.now,
        distribution=checked_level(level, group_id),
        sharing_group_id=group_id if needs_group(level) else None,
        comment=draft.comment or "",
        deleted=bool(draft.deleted),
        disable_correlation=bool(draft.disable_correlation),
        first_seen=first_seen,
        last_seen=last_seen,
        extra=extra_text(draft.extra),
    )


def changed_attribute(
    draft: AttributeDraft, stored: AttributeRow, *, group_id: int | None, defaults: Defaults
) -> StoredAttribute:
    """A known attribute with what the draft gives; the rest is kept. Raises Invalid."""
    kept = defaults.keeps_level(draft.distribution, stored.distribution)
    merged = AttributeDraft(
        type=draft.type or stored.type,
        category=draft.category or (stored.category if draft.type in (None, stored.type) else None),
        value=stored.value if draft.value is None else draft.value,
        uuid=stored.uuid,
        to_ids=stored.to_ids if draft.to_ids is None else draft.to_ids,
        comment=stored.comment if draft.comment is None else draft.comment,
        distribution=stored.distribution if kept else draft.distribution,
        timestamp=draft.timestamp or max(defaults.now, stored.timestamp + 1),
        deleted=stored.deleted if draft.deleted is None else draft.deleted,
        disable_correlation=stored.disable_correlation
        if draft.disable_correlation is None
        else draft.disable_correlation,
        first_seen=stored.first_seen if draft.first_seen is None else draft.first_seen,
        last_seen=stored.last_seen if draft.last_seen is None else draft.last_seen,
        object_relation=draft.object_relation or stored.object_relation,
        extra=draft.extra or _kept_keys(stored),
    )
    group = stored.sharing_group_id if kept else group_id
    return new_attribute(
        merged,
        number=stored.id,
        event_id=stored.event_id,
        object_id=stored.object_id,
        group_id=group,
        defaults=defaults,
    )


def _kept_keys(stored: AttributeRow) -> dict[str, object] | None:
    """What its partner sent beside the known keys; damaged, it is given up, which mends the row."""
    try:
        return json.loads(stored.extra) if stored.extra else None
    except ValueError:
        return None


def new_object(
    draft: ObjectDraft, *, number: int, event_id: int, group_id: int | None, defaults: Defaults
) -> StoredObject:
    """An object that is not here yet. Raises Invalid."""
    missing = {
        field: ["valueNotEmpty"]
        for field, value in (("name", draft.name), ("meta-category", draft.meta_category))
        if not value
    }
    if missing:
        raise Invalid(missing)
    level = defaults.container_level if draft.distribution is None else draft.distribution
    first_seen, last_seen = _seen(draft.first_seen, draft.last_seen)
    return StoredObject(
        id=number,
        event_id=event_id,
        uuid=ids.uuid_bytes(draft.uuid or ids.new_uuid()),
        name=draft.name or "",
        meta_category=draft.meta_category or "",
        description=draft.description or "",
        template_uuid=draft.template_uuid or "",
        template_version=draft.template_version or 1,
        timestamp=draft.timestamp or defaults.now,
        distribution=checked_level(level, group_id),
        sharing_group_id=group_id if needs_group(level) else None,
        comment=draft.comment or "",
        deleted=bool(draft.deleted),
        first_seen=first_seen,
        last_seen=last_seen,
        extra=extra_text(draft.extra),
    )


def changed_object(
    draft: ObjectDraft, stored: StoredObject, *, group_id: int | None, defaults: Defaults
) -> StoredObject:
    """A known object with what the draft gives; the rest is kept. Raises Invalid."""
    kept = defaults.keeps_level(draft.distribution, stored.distribution)
    level = stored.distribution if kept or draft.distribution is None else draft.distribution
    group = stored.sharing_group_id if kept else group_id
    first_seen, last_seen = _seen(draft.first_seen or stored.first_seen, draft.last_seen or stored.last_seen)
    return stored._replace(
        name=draft.name or stored.name,
        meta_category=draft.meta_category or stored.meta_category,
        description=draft.description or stored.description,
        template_uuid=draft.template_uuid or stored.template_uuid,
        template_version=draft.template_version or stored.template_version,
        timestamp=draft.timestamp or max(defaults.now, stored.timestamp + 1),
        distribution=checked_level(level, group),
        sharing_group_id=group if needs_group(level) else None,
        comment=stored.comment if draft.comment is None else draft.comment,
        deleted=stored.deleted if draft.deleted is None else draft.deleted,
        first_seen=first_seen,
        last_seen=last_seen,
        extra=extra_text(draft.extra) or stored.extra,
    )


def defaults_for(*, from_link: bool, default_level: int, now: int | None = None, may_raise: bool = True) -> Defaults:
    """Defaults by who sends: an author's containers inherit, a link's stay with the organisation (RULES §7)."""
    container = Distribution.ORGANISATION if from_link else Distribution.INHERIT
    moment = clock.now() if now is None else now
    return Defaults(default_level, int(container), moment, keep_unknown=from_link, may_raise=may_raise)
