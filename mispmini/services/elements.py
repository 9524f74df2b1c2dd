"""The elements of one event on their way in: new ones are added, known ones merged (MODEL §7.10).

Nothing here makes an event fail: what cannot be stored is dropped and named (PROTOCOL §3.6.1 row 19).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from mispmini.domain import ids
from mispmini.domain.attribute_types import is_attachment
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, Dropped, EventDraft, ObjectDraft, TagDraft
from mispmini.domain.errors import Invalid
from mispmini.domain.graphs import AttributeRow
from mispmini.services import relations
from mispmini.services.analyst_capture import take_of_elements
from mispmini.services.files import check_file, is_picture, without_stray_file
from mispmini.services.intake import IntakeState, take_tags
from mispmini.services.preparing import changed_attribute, changed_object, new_attribute, new_object
from mispmini.store.attachments import attach_file, drop_file, put_file
from mispmini.store.attributes import (
    Known,
    StoredAttribute,
    attributes_by_id,
    insert_attributes,
    known_attributes,
    live_values,
    similar_attribute,
    touch_object_of,
    update_attributes,
)
from mispmini.store.database import take_ids
from mispmini.store.objects import StoredObject, drop_references_to, insert_objects, stored_objects, update_objects
from mispmini.store.tags import Target
from mispmini.store.trash import uuids_of_others

ELSEWHERE = "The UUID provided is not unique"
SIMILAR = "A similar attribute already exists for this event."
NO_GROUP = "Sharing group not accepted."
_AT_ONCE = 2_000  # of a new event, which may have 200,000
Element = TypeVar("Element", AttributeDraft, ObjectDraft)
OTHER_OBJECT = "The attribute belongs to another object."


@dataclass(slots=True)
class Intake(IntakeState):
    """Takes a draft's elements into one event, inside a writing().

    Without `merges` an attribute that is here already is refused. With `updates_similar` a value that is here already
    changes its attribute. A uuid counts once in a draft.
    """

    merges: bool = True
    updates_similar: bool = False
    saved_ids: dict[int, int] = field(default_factory=dict)
    _known: dict[bytes, Known] = field(default_factory=dict)
    _elsewhere: set[bytes] = field(default_factory=set)
    _values: set[tuple[int, int, str, str | None]] = field(default_factory=set)
    _inserts: list[StoredAttribute] = field(default_factory=list)
    _updates: list[tuple[AttributeDraft, int]] = field(default_factory=list)
    _tags: list[tuple[int, TagDraft]] = field(default_factory=list)
    _files: list[tuple[int, bytes]] = field(default_factory=list)
    _next_id: int = 0
    _taken: set[bytes] = field(default_factory=set)

    def take(self, draft: EventDraft) -> None:
        """Take every element of an event's draft."""
        self.take_elements(draft.attributes, draft.objects)
        relations.take_reports(self, draft.reports)

    def take_elements(self, attributes: Sequence[AttributeDraft], objects: Sequence[ObjectDraft]) -> None:
        """Take attributes and objects."""
        held = [attribute for obj in objects for attribute in obj.attributes]
        self._look_up([*attributes, *held])
        self._take_loose(attributes)
        stored = self._take_objects(objects)
        self._flush()
        relations.take_references(self, objects, stored)
        take_of_elements(self.viewer, attributes, objects, self.groups)

    def _take_loose(self, drafts: Sequence[AttributeDraft]) -> None:
        """Known attributes come first: the value that one of them gives up, a new one of the same draft may have."""
        known = {place for place, draft in enumerate(drafts) if self._known and self._is_known(draft)}
        for place in sorted(known):
            self._take_attribute(drafts[place], None, place)
        if self._updates:
            self._flush()
            self._values = live_values(self.event_id)
        for place, draft in enumerate(drafts):
            if place not in known:
                self._take_attribute(draft, None, place)

    def _is_known(self, draft: AttributeDraft) -> bool:
        return draft.uuid is not None and ids.uuid_bytes(draft.uuid) in self._known

    def merge(self, stored: AttributeRow, draft: AttributeDraft) -> None:
        """Change one attribute that is here, whatever its timestamp says; its object is newer with it."""
        self._updates.append((draft, stored.id))
        self._flush()
        if stored.object_id is not None:
            touch_object_of(stored.id, self.defaults.now)
        take_of_elements(self.viewer, [replace(draft, uuid=stored.uuid)], (), self.groups)

    def _look_up(self, drafts: Sequence[AttributeDraft]) -> None:
        if not self.fresh:
            self._known = known_attributes(self.event_id)
            self._values = live_values(self.event_id)
        unknown = [u for d in drafts if d.uuid and (u := ids.uuid_bytes(d.uuid)) not in self._known]
        self._elsewhere = uuids_of_others("attribute", unknown, self.event_id) if unknown else set()
        self._next_id = take_ids("attribute", len(drafts)) if drafts else 0

    def _take_attribute(self, draft: AttributeDraft, object_id: int | None, index: int | None = None) -> None:
        uuid = ids.uuid_bytes(draft.uuid) if draft.uuid else None
        known = self._known.get(uuid) if uuid else None
        try:
            if uuid in self._elsewhere or uuid in self._taken or (known is not None and not self.merges):
                raise Invalid({"uuid": [ELSEWHERE]})
            if known is None:
                self._add(draft, object_id, index)
            elif known.object_id != object_id:
                raise Invalid({"uuid": [OTHER_OBJECT]})
            elif draft.timestamp is None or draft.timestamp > known.timestamp:
                self._updates.append((draft, known.id))
            elif self.groups.origin.forced and draft.timestamp == known.timestamp:
                self._complete(draft, known.id)
            if uuid is not None:
                self._taken.add(uuid)
        except Invalid as refusal:
            self._refuse("Attribute", draft.uuid, refusal, index)

    def _refuse(self, kind: str, uuid: str | None, refusal: Invalid, index: int | None) -> None:
        errors = {name: tuple(texts) for name, texts in refusal.errors.items()}
        self.drop(kind if index is None else f"attribute_{index}", uuid, errors)

    def _group_of(self, draft: AttributeDraft | ObjectDraft) -> int | None:
        group_id = self.groups.of(draft.distribution, draft.sharing_group, draft.sharing_group_id)
        if group_id is None and draft.sharing_group is not None and self.groups.names_one(draft.distribution):
            raise Invalid({"sharing_group_id": [NO_GROUP]})
        return group_id

    def _with_own_file(self, draft: AttributeDraft, kind: str | None) -> AttributeDraft:
        return without_stray_file(draft, kind) if self.groups.origin.is_link else draft

    def _settled(self, draft: Element) -> tuple[Element, int | None]:
        """A new element and its group. In a link's new event one whose group is not accepted, or that brings none,
        stays with the organisation alone; in an edit it is dropped (MODEL §7.9 row 7)."""
        if not self.groups.names_one(draft.distribution):
            return draft, None
        if not (self.fresh and self.groups.origin.is_link):
            return draft, self._group_of(draft)
        group_id = self.groups.of(draft.distribution, draft.sharing_group, draft.sharing_group_id)
        if group_id is not None:
            return draft, group_id
        self.narrowed += 1
        return replace(draft, distribution=int(Distribution.ORGANISATION), sharing_group=None), None

    def _add(self, draft: AttributeDraft, object_id: int | None, index: int | None) -> None:
        draft, group_id = self._settled(self._with_own_file(draft, draft.type))
        attribute = new_attribute(
            draft,
            number=self._next_id,
            event_id=self.event_id,
            object_id=object_id,
            group_id=group_id,
            defaults=self.defaults,
        )
        value = (attribute.type_id, attribute.category_id, attribute.value1, attribute.value2)
        if draft.data is not None:
            check_file(draft.type, draft.data)
            attribute = attribute._replace(disable_correlation=attribute.disable_correlation or is_picture(draft))
        if object_id is None and not attribute.deleted:
            if value in self._values:
                self._update_similar(draft, value, index)
                return
            self._values.add(value)
        self._next_id += 1
        self._inserts.append(attribute)
        self._tags += [(attribute.id, tag) for tag in draft.tags]
        if draft.data is not None:
            self._files.append((attribute.id, draft.data))
        if not self.fresh:
            self._known[attribute.uuid] = Known(attribute.id, attribute.timestamp, object_id)
            if index is not None:
                self.saved_ids[index] = attribute.id
        elif len(self._inserts) >= _AT_ONCE:
            self._flush()

    def _complete(self, draft: AttributeDraft, known: int) -> None:
        """A version that is merged once more may bring what its sender wrote after the attribute (RULES §11)."""
        self._tags += [(known, tag) for tag in draft.tags]
        if draft.data is not None:
            check_file(draft.type, draft.data)
            self._files.append((known, draft.data))

    def _update_similar(
        self, draft: AttributeDraft, value: tuple[int, int, str, str | None], index: int | None
    ) -> None:
        known = similar_attribute(self.event_id, *value) if self.updates_similar else None
        if known is None:
            raise Invalid({"value": [SIMILAR]})
        self._updates.append((draft, known))
        if index is not None:
            self.saved_ids[index] = known

    def _flush(self) -> None:
        updates = self._changed_attributes()
        insert_attributes(self._inserts)
        update_attributes(updates)
        for attribute_id, data in self._files:
            attach_file(attribute_id, put_file(data), len(data))
        take_tags(self, Target.ATTRIBUTE, self._tags)
        gone = [attribute.uuid for attribute in updates if attribute.deleted]
        if gone:
            drop_references_to(self.event_id, gone, self.defaults.now)
        self.changed += len(self._inserts) + len(updates)
        self._inserts, self._updates, self._tags, self._files = [], [], [], []

    def _changed_attributes(self) -> list[StoredAttribute]:
        stored = attributes_by_id([attribute_id for _, attribute_id in self._updates])
        changed = []
        for sent, attribute_id in self._updates:
            draft = self._with_own_file(sent, sent.type or stored[attribute_id].type)
            try:
                if draft.data is not None:
                    check_file(draft.type or stored[attribute_id].type, draft.data)
                group_id = self._group_of(draft)
                changed.append(
                    changed_attribute(draft, stored[attribute_id], group_id=group_id, defaults=self.defaults)
                )
            except Invalid as refusal:
                self._refuse("Attribute", draft.uuid, refusal, None)
                continue
            self._tags += [(attribute_id, tag) for tag in draft.tags]
            if draft.data is not None:
                self._files.append((attribute_id, draft.data))
            elif draft.type and is_attachment(stored[attribute_id].type) and not is_attachment(draft.type):
                drop_file(attribute_id)
        return changed

    def _take_objects(self, drafts: Sequence[ObjectDraft]) -> dict[int, StoredObject]:
        """The objects that stand here now, by their place in the drafts: one that is not newer may have a newer
        reference all the same (MODEL §7.10)."""
        if not drafts:
            return {}
        known = {} if self.fresh else stored_objects(self.event_id)
        unknown = [u for d in drafts if d.uuid and (u := ids.uuid_bytes(d.uuid)) not in known]
        elsewhere = uuids_of_others("object", unknown, self.event_id)
        standing: dict[int, StoredObject] = {}
        gone: dict[int, StoredObject] = {}
        for index, draft in enumerate(drafts):
            uuid = ids.uuid_bytes(draft.uuid) if draft.uuid else None
            try:
                if uuid in elsewhere:
                    raise Invalid({"uuid": [ELSEWHERE]})
                stored = known.get(uuid) if uuid else None
                obj = self._take_object(draft, stored)
            except Invalid as refusal:
                self._refuse("Object", draft.uuid, refusal, None)
                continue
            if obj is not None:
                elsewhere.add(obj.uuid)
                gone |= {obj.id: obj} if obj.deleted else {}
            if source := obj or stored:
                standing[index] = source
        if gone:
            self._delete_left(gone)
        return standing

    def _take_object(self, draft: ObjectDraft, known: StoredObject | None) -> StoredObject | None:
        """The object as stored now; None if the draft is not newer, which skips its attributes too."""
        if known is None:
            draft, group_id = self._settled(draft)
            obj = new_object(
                draft,
                number=take_ids("object"),
                event_id=self.event_id,
                group_id=group_id,
                defaults=self.defaults,
            )
            insert_objects([obj])
        elif draft.timestamp is not None and draft.timestamp <= known.timestamp:
            if self.groups.origin.forced:
                self._take_inside(replace(draft, attributes=self._not_newer(draft.attributes)), known)
            return None
        else:
            obj = changed_object(draft, known, group_id=self._group_of(draft), defaults=self.defaults)
            update_objects([obj])
        self.changed += 1
        self._take_inside(draft, obj)
        if obj.deleted:
            drop_references_to(self.event_id, [obj.uuid], self.defaults.now)
        return obj

    def _not_newer(self, drafts: Sequence[AttributeDraft]) -> tuple[AttributeDraft, ...]:
        """Without those that change something: an object that is not newer keeps what it holds (MODEL §7.10)."""
        known = [self._known.get(ids.uuid_bytes(draft.uuid)) if draft.uuid else None for draft in drafts]
        return tuple(
            draft
            for draft, here in zip(drafts, known, strict=True)
            if here is None or draft.timestamp == here.timestamp
        )

    def _take_inside(self, draft: ObjectDraft, obj: StoredObject) -> None:
        for attribute in draft.attributes:
            self._take_attribute(deleted_with(attribute, obj), obj.id)

    def _delete_left(self, gone: Mapping[int, StoredObject]) -> None:
        """What lives in deleted objects goes with them, whether it was sent along or not (MODEL §7.10)."""
        held = attributes_by_id([known.id for known in self._known.values() if known.object_id in gone])
        going = {attribute_id for _, attribute_id in self._updates}
        for row in held.values():
            if not (row.deleted or row.id in going or row.object_id is None):
                timestamp = max(gone[row.object_id].timestamp, row.timestamp + 1)
                self._updates.append((AttributeDraft(uuid=row.uuid, deleted=True, timestamp=timestamp), row.id))


def deleted_with(draft: AttributeDraft, obj: StoredObject) -> AttributeDraft:
    """An attribute of a deleted object is deleted too."""
    return replace(draft, deleted=True) if obj.deleted and not draft.deleted else draft


def dropped_errors(dropped: Iterable[Dropped]) -> dict[str, dict[str, list[str]]]:
    """What was left out, as the `errors` sibling of an answer shows it."""
    return {
        f"{item.kind}{f' {item.uuid}' if item.uuid else ''}": {k: list(v) for k, v in item.errors.items()}
        for item in dropped
    }
