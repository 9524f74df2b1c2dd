"""Attributes as JSON text: inside an event, saved, edited, and found by a search (MODEL §7.3, API §8.6, §9.3)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring as quoted

from mispmini.domain.graphs import (
    AttributeRow,
    EventGraph,
    EventRow,
    ObjectRow,
    OrganisationRow,
    RelatedAttribute,
    TagRow,
)
from mispmini.wire.fragments import (
    BOOL,
    data_json,
    extra_json,
    number_or_null,
    organisation_json,
    seen_or_null,
    tag_definition_json,
    tag_json,
    text_or_null,
)
from mispmini.wire.known_keys import ATTRIBUTE_KEYS
from mispmini.wire.shared_texts import SharedTexts


def event_attribute_texts(rows: Iterable[AttributeRow], graph: EventGraph, shared: SharedTexts) -> Iterator[str]:
    """Attributes as an event carries them; a partner gets them without our ids (PROTOCOL §3.5)."""
    kind, for_push, galaxies, warnings = shared.kind, shared.for_push, shared.galaxies, shared.warnings
    tags_of: Mapping[int, Sequence[TagRow]] = graph.attribute_tags
    elsewhere, asks_elsewhere = shared.elsewhere.of_attribute, shared.elsewhere.is_asked
    for row in rows:
        tags = tags_of.get(row.id)
        id_text = "" if for_push else f'"id":"{row.id}",'
        yield (
            f'{{{id_text}{kind(row.type, row.category)},"to_ids":{BOOL[row.to_ids]},"uuid":"{row.uuid}",'
            f'"event_id":"{row.event_id}","distribution":"{row.distribution}","timestamp":"{row.timestamp}",'
            f'"comment":{quoted(row.comment)},"sharing_group_id":"{row.sharing_group_id or 0}",'
            f'"deleted":{BOOL[row.deleted]},"disable_correlation":{BOOL[row.disable_correlation]},'
            f'"object_id":"{row.object_id or 0}","object_relation":{text_or_null(row.object_relation)},'
            f'"first_seen":{seen_or_null(row.first_seen)},"last_seen":{seen_or_null(row.last_seen)},'
            f'"value":{quoted(row.value)},"Galaxy":{galaxies(row.id) if graph.attribute_galaxies else "[]"}'
            f"{shared.said(row.uuid)}{shared.group(row)}"
            f"{data_json(graph.attachments.get(row.id))}{warnings(row.id) if graph.warnings else ''}"
            f"{elsewhere(row.id) if asks_elsewhere else ''}"
            f"{shared.opinions(row.id)}{shared.tags(tags) if tags else ''}{extra_json(row.extra, ATTRIBUTE_KEYS)}}}"
        )


def saved_attribute_json(row: AttributeRow, tags: Sequence[TagRow] = ()) -> str:
    """What attributes/add, attributes/index and objects/add answer: with value1 and value2, tags only if any."""
    values = f'"value1":{quoted(row.value1)},"value2":{quoted(row.value2 or "")},'
    texts = ",".join(tag_json(tag) for tag in tags if not tag.deleted)
    shown = f',"Tag":[{texts}]' if texts else ""
    return f"{{{_columns(row, values)}{shown}{extra_json(row.extra, ATTRIBUTE_KEYS)}}}"


def attribute_tags_json(row: AttributeRow, tags: Sequence[TagRow]) -> str:
    """The pivots of an attribute with its tags, as attributes/add and objects/view have them."""
    pivots = ",".join(
        f'{{"attribute_id":"{row.id}","tag_id":"{tag.id}","local":{BOOL[tag.local]},"Tag":{tag_json(tag)}}}'
        for tag in tags
        if not tag.deleted
    )
    return f"[{pivots}]"


def edited_attribute_json(row: AttributeRow, tags: Sequence[TagRow] = ()) -> str:
    """What attributes/edit and restore answer: without value1 and value2, with the tags' own columns."""
    texts = ",".join(f"{{{tag_definition_json(tag)}}}" for tag in tags if not tag.deleted)
    return f'{{{_columns(row)},"Tag":[{texts}]{extra_json(row.extra, ATTRIBUTE_KEYS)}}}'


def found_attribute_json(
    row: AttributeRow,
    *,
    tags: Sequence[TagRow] = (),
    inherited: Sequence[TagRow] = (),
    event: str | None = None,
    obj: ObjectRow | None = None,
    event_uuid: str | None = None,
    data: bytes | None = None,
    warnings: str = "",
    opinions: str = "",
) -> str:
    """What attributes/view and restSearch answer; `opinions` is a ready text of `shared_texts.opinion_texts`,
    `warnings` one of what warninglists and decaying models say.

    `event` is a ready text of `found_event_json` or `context_event_json`; `inherited` are the event's tags.
    """
    texts = [_found_tag(tag) for tag in tags if not tag.deleted]
    texts += [_inherited_tag(tag) for tag in inherited if not tag.deleted]
    return "".join((
        "{",
        _columns(row),
        "" if event_uuid is None else f',"event_uuid":"{event_uuid}"',
        data_json(data),
        "" if event is None else f',"Event":{event}',
        "" if obj is None else f',"Object":{_found_object(obj)}',
        f',"Tag":[{",".join(texts)}]' if texts else "",
        warnings,
        opinions,
        extra_json(row.extra, ATTRIBUTE_KEYS),
        "}",
    ))  # fmt: skip


def related_attributes_json(related: Sequence[RelatedAttribute]) -> str:
    """`,"RelatedAttribute":[…]`: attributes of other events with the same value, each with its event."""
    texts = ",".join(found_attribute_json(one.attribute, event=found_event_json(one.event)) for one in related)
    return f',"RelatedAttribute":[{texts}]'


def found_event_json(event: EventRow) -> str:
    """The event of a found attribute."""
    return (
        f'{{"org_id":"{event.org_id}","distribution":"{event.distribution}",'
        f'"publish_timestamp":"{event.publish_timestamp}","id":"{event.id}","info":{quoted(event.info)},'
        f'"orgc_id":"{event.orgc_id}","uuid":"{event.uuid}"}}'
    )


def context_event_json(event: EventRow, orgc: OrganisationRow, tags: Sequence[TagRow]) -> str:
    """The event of a found attribute under includeContext."""
    texts = ",".join(
        f'{{"local":{BOOL[tag.local]},"id":"{tag.id}","name":{quoted(tag.name)},"colour":{quoted(tag.colour)},'
        f'"numerical_value":{number_or_null(tag.numerical_value)}}}'
        for tag in tags
        if not tag.deleted
    )
    return (
        f'{{"id":"{event.id}","orgc_id":"{event.orgc_id}","org_id":"{event.org_id}","date":"{event.date}",'
        f'"threat_level_id":"{event.threat_level_id}","info":{quoted(event.info)},'
        f'"published":{BOOL[event.published]},"uuid":"{event.uuid}","analysis":"{event.analysis}",'
        f'"timestamp":"{event.timestamp}","distribution":"{event.distribution}",'
        f'"publish_timestamp":"{event.publish_timestamp}","sharing_group_id":"{event.sharing_group_id or 0}",'
        f'"extends_uuid":"{event.extends_uuid}","Tag":[{texts}],"Orgc":{organisation_json(orgc)}}}'
    )


def _columns(row: AttributeRow, values: str = "") -> str:
    return (
        f'"id":"{row.id}","event_id":"{row.event_id}","object_id":"{row.object_id or 0}",'
        f'"object_relation":{text_or_null(row.object_relation)},"category":{quoted(row.category)},'
        f'"type":{quoted(row.type)},{values}"to_ids":{BOOL[row.to_ids]},"uuid":"{row.uuid}",'
        f'"timestamp":"{row.timestamp}","distribution":"{row.distribution}",'
        f'"sharing_group_id":"{row.sharing_group_id or 0}","comment":{quoted(row.comment)},'
        f'"deleted":{BOOL[row.deleted]},"disable_correlation":{BOOL[row.disable_correlation]},'
        f'"first_seen":{seen_or_null(row.first_seen)},"last_seen":{seen_or_null(row.last_seen)},'
        f'"value":{quoted(row.value)}'
    )


def _found_tag(tag: TagRow) -> str:
    return (
        f'{{"id":"{tag.id}","name":{quoted(tag.name)},"colour":{quoted(tag.colour)},'
        f'"numerical_value":{number_or_null(tag.numerical_value)},"is_galaxy":{BOOL[tag.is_galaxy]},'
        f'"local":{BOOL[tag.local]}}}'
    )


def _inherited_tag(tag: TagRow) -> str:
    """An event's tag on its attribute; `inherited` is a real number here."""
    return (
        f'{{"id":"{tag.id}","name":{quoted(tag.name)},"colour":{quoted(tag.colour)},'
        f'"numerical_value":{number_or_null(tag.numerical_value)},"inherited":1}}'
    )


def _found_object(obj: ObjectRow) -> str:
    return f'{{"id":"{obj.id}","distribution":"{obj.distribution}","sharing_group_id":"{obj.sharing_group_id or 0}"}}'
