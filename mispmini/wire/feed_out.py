"""Feeds as REST answers; and an event, a manifest and hashes as a feed of ours has them (API §9.6, WEB: own feed)."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mispmini.domain import clock
from mispmini.domain.attribute_types import default_category
from mispmini.domain.distribution import Distribution
from mispmini.domain.feeds import FeedHit, FeedRecord, ManifestEntry, Overlap, value_digest
from mispmini.domain.graphs import AttributeRow, EventGraph, ObjectRow, OrganisationRow, ReferenceRow, TagRow
from mispmini.wire.replies import Reply

_INHERIT = str(int(Distribution.INHERIT))


def feed_columns(feed: FeedRecord, *, headers: str) -> Reply:
    """A feed's columns by MISP's names; `headers` as they may be shown."""
    return {
        "id": str(feed.id),
        "name": feed.name,
        "provider": feed.provider,
        "url": feed.url,
        "rules": feed.rules,
        "enabled": feed.enabled,
        "distribution": str(feed.distribution),
        "sharing_group_id": str(feed.sharing_group_id or 0),
        "tag_id": str(feed.tag_id or 0),
        "default": feed.default_feed,
        "source_format": feed.source_format.value,
        "fixed_event": feed.fixed_event,
        "delta_merge": feed.delta_merge,
        "event_id": str(feed.event_id or 0),
        "publish": feed.publish,
        "override_ids": feed.override_ids,
        "settings": feed.settings or "[]",
        "input_source": "network",
        "delete_local_file": False,
        "lookup_visible": feed.lookup_visible,
        "headers": headers,
        "caching_enabled": feed.caching_enabled,
        "force_to_ids": feed.force_to_ids,
        "orgc_id": str(feed.orgc_id or 0),
        "tag_collection_id": "0",
        "cached_elements": feed.cached_elements,
        "coverage_by_other_feeds": "0%",
        "cache_timestamp": False if feed.cache_timestamp is None else str(feed.cache_timestamp),
        "allow_internal": list(feed.allow_internal),
        "fetch_interval": None if feed.fetch_interval is None else str(feed.fetch_interval),
    }


def hit_item(hit: FeedHit) -> Reply:
    """What a look-up says of one feed that holds a value."""
    feed = hit.feed
    uuids = list(hit.event_uuids)
    told: Reply = {
        "id": str(feed.id), "name": feed.name, "url": feed.url, "provider": feed.provider,
        "source_format": feed.source_format.value, "type": "MISP Feed" if uuids else "Feed", "value": hit.value,
    }  # fmt: skip
    if uuids:
        links = [{"id": uuid, "url": f"/feeds/previewEvent/{feed.id}/{uuid}"} for uuid in uuids]
        told |= {"uuid": uuids, "direct_urls": links}
    return {"Feed": told}


def compared_item(feed: FeedRecord, shared: Sequence[Overlap]) -> Reply:
    """How much of a feed's cache stands in the others, too."""
    compared = [
        {
            "id": str(other.feed.id),
            "name": other.feed.name,
            "url": other.feed.url,
            "provider": other.feed.provider,
            "overlap_count": other.count,
            "overlap_percentage": other.percentage,
        }
        for other in shared
    ]
    told = {"id": str(feed.id), "name": feed.name, "url": feed.url, "provider": feed.provider}
    return {"Feed": {**told, "values": feed.cached_elements, "is_misp_server": False, "ComparedFeed": compared}}


def listed_event(entry: ManifestEntry) -> Reply:
    """An event of somebody's manifest, as a preview lists it."""
    return {
        "uuid": entry.uuid,
        "info": entry.info,
        "date": entry.date,
        "timestamp": str(entry.timestamp),
        "Orgc": {"name": entry.orgc_name, "uuid": entry.orgc_uuid},
        "Tag": [{"name": name} for name in entry.tags],
    }


def listed_value(type_name: str, value: str, *, to_ids: bool) -> Reply:
    """A value of somebody's list, as a preview lists it."""
    return {"type": type_name, "category": default_category(type_name), "value": value, "to_ids": to_ids}


def manifest_of(graphs: Iterable[EventGraph]) -> Reply:
    """manifest.json: each event by uuid with what a reader chooses by."""
    return {graph.event.uuid: _manifest_entry(graph) for graph in graphs}


def _manifest_entry(graph: EventGraph) -> Reply:
    event = graph.event
    return {
        "Orgc": _organisation(graph.orgc),
        "Tag": _tags(graph.tags),
        "info": event.info,
        "date": event.date,
        "analysis": str(event.analysis),
        "threat_level_id": str(event.threat_level_id),
        "timestamp": str(event.timestamp),
    }


def hash_lines(graph: EventGraph) -> Iterator[str]:
    """hashes.csv: the MD5 of each value, of a composite one of both parts, with the event's uuid."""
    for attribute in graph.attributes:
        for part in (attribute.value1, attribute.value2):
            if part:
                yield f"{value_digest(part).hex()},{graph.event.uuid}\n"


def event_document(graph: EventGraph) -> Reply:
    """`{"Event":{…}}` as a feed has it: no ids, organisations or groups of this server; what it holds inherits."""
    event, objects = graph.event, {obj.id: obj for obj in graph.objects}
    loose = [row for row in graph.attributes if row.object_id is None]
    return {
        "Event": {
            "uuid": event.uuid,
            "info": event.info,
            "date": event.date,
            "analysis": str(event.analysis),
            "threat_level_id": str(event.threat_level_id),
            "timestamp": str(event.timestamp),
            "published": True,
            "publish_timestamp": str(event.publish_timestamp),
            "extends_uuid": event.extends_uuid,
            "Orgc": _organisation(graph.orgc),
            "Tag": _tags(graph.tags),
            "Attribute": [_attribute(row, graph) for row in loose],
            "Object": [_object(obj, graph) for obj in objects.values()],
            "EventReport": [
                {
                    "uuid": report.uuid,
                    "name": report.name,
                    "content": report.content,
                    "timestamp": str(report.timestamp),
                    "deleted": False,
                    "distribution": _INHERIT,
                    **_tagged(graph.report_tags.get(report.id, ())),
                }
                for report in graph.reports
            ],
        }
    }


def _organisation(org: OrganisationRow) -> Reply:
    return {"name": org.name, "uuid": org.uuid}


def _tags(tags: Sequence[TagRow]) -> list[Reply]:
    return [{"name": tag.name, "colour": tag.colour, "local": False} for tag in tags if not tag.deleted]


def _tagged(tags: Sequence[TagRow]) -> Reply:
    """`Tag`, where there is any."""
    return {"Tag": found} if (found := _tags(tags)) else {}


def _attribute(row: AttributeRow, graph: EventGraph) -> Reply:
    told: dict[str, Any] = {
        "uuid": row.uuid,
        "type": row.type,
        "category": row.category,
        "value": row.value,
        "to_ids": row.to_ids,
        "comment": row.comment,
        "timestamp": str(row.timestamp),
        "disable_correlation": row.disable_correlation,
        "deleted": False,
        "distribution": _INHERIT,
        **_seen(row.first_seen, row.last_seen),
    }
    if row.object_relation:
        told["object_relation"] = row.object_relation
    told |= _tagged(graph.attribute_tags.get(row.id, ()))
    if (content := graph.attachments.get(row.id)) is not None:
        told["data"] = base64.b64encode(content).decode("ascii")
    return told


def _object(obj: ObjectRow, graph: EventGraph) -> Reply:
    return {
        "uuid": obj.uuid,
        "name": obj.name,
        "meta-category": obj.meta_category,
        "description": obj.description,
        "template_uuid": obj.template_uuid,
        "template_version": str(obj.template_version),
        "comment": obj.comment,
        "timestamp": str(obj.timestamp),
        "deleted": False,
        "distribution": _INHERIT,
        **_seen(obj.first_seen, obj.last_seen),
        "Attribute": [_attribute(row, graph) for row in graph.attributes if row.object_id == obj.id],
        "ObjectReference": [_reference(row) for row in graph.references.get(obj.id, ()) if not row.deleted],
    }


def _reference(row: ReferenceRow) -> Reply:
    return {
        "uuid": row.uuid,
        "object_uuid": row.source_uuid,
        "referenced_uuid": row.referenced_uuid,
        "relationship_type": row.relationship_type,
        "comment": row.comment,
        "timestamp": str(row.timestamp),
    }


def _seen(first: int | None, last: int | None) -> Mapping[str, str]:
    told = {"first_seen": first, "last_seen": last}
    return {name: clock.seen_text(moment) for name, moment in told.items() if moment is not None}
