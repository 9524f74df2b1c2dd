"""Objects and references as JSON text: inside an event, viewed, saved (MODEL §7.4, API §9.4)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring as quoted

from mispmini.domain.graphs import (
    AttributeRow,
    EventGraph,
    EventRow,
    FoundObject,
    ObjectRow,
    ReferenceRow,
    TagRow,
)
from mispmini.wire.attribute_out import (
    attribute_tags_json,
    event_attribute_texts,
    found_attribute_json,
    saved_attribute_json,
)
from mispmini.wire.fragments import BOOL, extra_json, seen_or_null
from mispmini.wire.known_keys import OBJECT_KEYS
from mispmini.wire.shared_texts import SharedTexts
from mispmini.wire.warninglist_out import warnings_json

_REFERENCES_AN_OBJECT = 1


def event_object_texts(graph: EventGraph, shared: SharedTexts) -> Iterator[str]:
    """Objects as an event carries them, each with its references and attributes."""
    inside = _attributes_by_object(graph.attributes)
    targets = _Targets(graph)
    for obj in map(_described, graph.objects) if shared.for_push else graph.objects:
        references = ",".join(targets.reference_json(row) for row in graph.references.get(obj.id, ()))
        attributes = ",".join(event_attribute_texts(inside.get(obj.id, ()), graph, shared))
        yield (
            f'{{{_columns(obj)}{shared.said(obj.uuid)}{shared.group(obj)},"ObjectReference":[{references}],"Attribute":[{attributes}]'
            f"{extra_json(obj.extra, OBJECT_KEYS)}}}"
        )


def viewed_object_json(
    obj: ObjectRow,
    event: EventRow,
    attributes: Sequence[AttributeRow],
    references: Sequence[ReferenceRow],
    tags: Mapping[int, Sequence[TagRow]],
) -> str:
    """What objects/view answers."""
    attribute_texts = ",".join(_viewed_attribute(row, tags.get(row.id, ())) for row in attributes)
    return (
        f'{{{_columns(obj)},"Event":{{"id":"{event.id}","info":{quoted(event.info)},"org_id":"{event.org_id}",'
        f'"orgc_id":"{event.orgc_id}"}},"Attribute":[{attribute_texts}],'
        f'"ObjectReference":[{",".join(map(reference_json, references))}]{extra_json(obj.extra, OBJECT_KEYS)}}}'
    )


def saved_object_json(obj: ObjectRow, attributes: Sequence[AttributeRow]) -> str:
    """What objects/add and edit answer."""
    texts = ",".join(map(saved_attribute_json, attributes))
    return f'{{{_columns(obj)},"Attribute":[{texts}]{extra_json(obj.extra, OBJECT_KEYS)}}}'


def found_object_json(found: FoundObject, event: str, *, with_attributes: bool = True) -> str:
    """What objects/restSearch answers; `event` is a ready text of the event around it."""
    texts = ",".join(
        found_attribute_json(
            row,
            tags=found.tags.get(row.id, ()),
            data=found.files.get(row.id),
            warnings=warnings_json(found.warnings.get(row.id, ())),
        )
        for row in found.attributes
    )
    inside = f',"Attribute":[{texts}]' if with_attributes else ""
    return f'{{"Object":{{{_columns(found.obj)},"Event":{event}{inside}{extra_json(found.obj.extra, OBJECT_KEYS)}}}}}'


def reference_json(row: ReferenceRow, target: str = "") -> str:
    """A reference; `target` is a ready copy of what it points to."""
    return (
        f'{{"id":"{row.id}","uuid":"{row.uuid}","timestamp":"{row.timestamp}","object_id":"{row.object_id}",'
        f'"referenced_uuid":"{row.referenced_uuid}","referenced_id":"{row.referenced_id}",'
        f'"referenced_type":"{row.referenced_type}","relationship_type":{quoted(row.relationship_type)},'
        f'"comment":{quoted(row.comment)},"deleted":{BOOL[row.deleted]},"event_id":"{row.event_id}",'
        f'"source_uuid":"{row.source_uuid}"{target}}}'
    )


def _columns(obj: ObjectRow) -> str:
    return (
        f'"id":"{obj.id}","name":{quoted(obj.name)},"meta-category":{quoted(obj.meta_category)},'
        f'"description":{quoted(obj.description)},"template_uuid":"{obj.template_uuid}",'
        f'"template_version":"{obj.template_version}","event_id":"{obj.event_id}","uuid":"{obj.uuid}",'
        f'"timestamp":"{obj.timestamp}","distribution":"{obj.distribution}",'
        f'"sharing_group_id":"{obj.sharing_group_id or 0}","comment":{quoted(obj.comment)},'
        f'"deleted":{BOOL[obj.deleted]},"first_seen":{seen_or_null(obj.first_seen)},'
        f'"last_seen":{seen_or_null(obj.last_seen)}'
    )


def _described(obj: ObjectRow) -> ObjectRow:
    """MISP silently drops an object whose description is blank: a partner is told the name instead."""
    return obj if obj.description.strip() else obj._replace(description=obj.name)


def _viewed_attribute(row: AttributeRow, tags: Sequence[TagRow]) -> str:
    return f'{saved_attribute_json(row)[:-1]},"AttributeTag":{attribute_tags_json(row, tags)}}}'


def _attributes_by_object(rows: Iterable[AttributeRow]) -> Mapping[int, list[AttributeRow]]:
    inside: dict[int, list[AttributeRow]] = {}
    for row in rows:
        if row.object_id is not None:
            inside.setdefault(row.object_id, []).append(row)
    return inside


class _Targets:
    """Copies of what references point to, from the same event."""

    def __init__(self, graph: EventGraph) -> None:
        referenced = {row.referenced_uuid for rows in graph.references.values() for row in rows}
        self._objects = {o.uuid: o for o in graph.objects if o.uuid in referenced}
        self._attributes = {a.uuid: a for a in graph.attributes if a.uuid in referenced} if referenced else {}

    def reference_json(self, row: ReferenceRow) -> str:
        return reference_json(row, self._copy(row))

    def _copy(self, row: ReferenceRow) -> str:
        if obj := self._objects.get(row.referenced_uuid):
            return (
                f',"Object":{{"distribution":"{obj.distribution}","sharing_group_id":"{obj.sharing_group_id or 0}",'
                f'"uuid":"{obj.uuid}","name":{quoted(obj.name)},"meta-category":{quoted(obj.meta_category)}}}'
            )
        if attribute := self._attributes.get(row.referenced_uuid):
            return (
                f',"Attribute":{{"distribution":"{attribute.distribution}",'
                f'"sharing_group_id":"{attribute.sharing_group_id or 0}","uuid":"{attribute.uuid}",'
                f'"value":{quoted(attribute.value)},"type":{quoted(attribute.type)},'
                f'"category":{quoted(attribute.category)},"to_ids":{BOOL[attribute.to_ids]}}}'
            )
        return _unseen_target(row)


def _unseen_target(row: ReferenceRow) -> str:
    """MISP: what the viewer does not get, be it deleted or hidden, is "from another event"."""
    elsewhere = "Object from another event"
    kind = "Object" if row.referenced_type == _REFERENCES_AN_OBJECT else "Attribute"
    return (
        f',"{kind}":{{"name":"","meta-category":"{elsewhere}","category":"{elsewhere}","type":"","value":"",'
        f'"uuid":"{row.referenced_uuid}"}}'
    )
