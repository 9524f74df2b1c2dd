"""The event index as JSON text: full and minimal items (PROTOCOL §4.3)."""

from json.encoder import encode_basestring as quoted

from mispmini.domain.index_items import IndexItem
from mispmini.domain.records import GroupName, IndexOrganisation, IndexTag, MinimalIndexRow
from mispmini.wire.fragments import BOOL


def minimal_index_item_json(row: MinimalIndexRow) -> str:
    """An event as a pulling partner asks for it."""
    return (
        f'{{"id":"{row.id}","timestamp":"{row.timestamp}","sighting_timestamp":"{row.sighting_timestamp}",'
        f'"published":{BOOL[row.published]},"uuid":"{row.uuid}","orgc_uuid":"{row.orgc_uuid}"}}'
    )


def index_item_json(item: IndexItem) -> str:
    """An event in the index, bare; without an EventTag the list is there and empty."""
    event = item.event
    protected = "null" if event.protected is None else BOOL[event.protected]
    group = f',"SharingGroup":{_group(item.sharing_group)}' if item.sharing_group else ""
    tags = ",".join(_event_tag(tag, event.id) for tag in item.tags)
    return (
        f'{{"id":"{event.id}","org_id":"{event.org_id}","date":"{event.date}","info":{quoted(event.info)},'
        f'"uuid":"{event.uuid}","published":{BOOL[event.published]},"analysis":"{event.analysis}",'
        f'"attribute_count":"{event.attribute_count}","orgc_id":"{event.orgc_id}","timestamp":"{event.timestamp}",'
        f'"distribution":"{event.distribution}","sharing_group_id":"{event.sharing_group_id or 0}",'
        f'"proposal_email_lock":{BOOL[item.proposed]},"locked":{BOOL[event.locked]},"threat_level_id":"{event.threat_level_id}",'
        f'"publish_timestamp":"{event.publish_timestamp}","sighting_timestamp":"{event.sighting_timestamp}",'
        f'"disable_correlation":{BOOL[event.disable_correlation]},"extends_uuid":"{event.extends_uuid}",'
        f'"protected":{protected},"Org":{_named(item.org)},"Orgc":{_named(item.orgc)}{group},"EventTag":[{tags}]}}'
    )


def _group(row: GroupName) -> str:
    if row.name is None:
        return f'{{"uuid":"{row.uuid}"}}'
    return f'{{"id":"{row.id}","name":{quoted(row.name)},"uuid":"{row.uuid}"}}'


def _named(row: IndexOrganisation) -> str:
    return f'{{"id":"{row.id}","name":{quoted(row.name)},"uuid":"{row.uuid}"}}'


def _event_tag(tag: IndexTag, event_id: int) -> str:
    return (
        f'{{"id":"{tag.id}","event_id":"{event_id}","tag_id":"{tag.tag_id}","local":{BOOL[tag.local]},'
        f'"relationship_type":{quoted(tag.relationship_type or "")},"Tag":{{"id":"{tag.tag_id}",'
        f'"name":{quoted(tag.name)},"colour":{quoted(tag.colour)},"is_galaxy":{BOOL[tag.is_galaxy]}}}}}'
    )
