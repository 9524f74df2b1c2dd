"""Galaxy clusters and their relations as they come in: from forms, REST, and partners (MODEL §7.6, PROTOCOL §3.12)."""

from collections.abc import Iterator, Mapping

from mispmini.domain import sentences
from mispmini.domain.distribution import is_event_level
from mispmini.domain.errors import Invalid, TooLarge
from mispmini.domain.galaxies import ClusterDraft, ClusterFilters, GalaxyDraft, RelationDraft
from mispmini.domain.ids import canonical_uuid
from mispmini.wire.door import unwrap
from mispmini.wire.scalars import Fields, Record, as_record, flag, plain_text, uuid, whole_number
from mispmini.wire.sharing_group_in import embedded_group, read_organisation
from mispmini.wire.tag_in import read_tags

MOST_PARTS = 10_000
LONGEST = 255
TOO_LONG = f"Expected at most {LONGEST} characters."
_CUSTOM = {"custom": True, "default": False}


def read_cluster(body: object) -> ClusterDraft:
    """The cluster of a body, bare or wrapped. Raises Invalid by field, TooLarge above 10,000 elements or relations."""
    record = as_record(unwrap(body, "GalaxyCluster"))
    if record is None:
        raise Invalid({"value": [sentences.NOT_EMPTY]})
    fields = Fields(record)
    draft = ClusterDraft(
        value=_word(fields, "value"),
        description=fields.text("description"),
        source=_word(fields, "source"),
        authors=_authors(fields),
        distribution=fields.choice("distribution", is_event_level, sentence=sentences.EVENT_DISTRIBUTION),
        sharing_group_id=fields.reference_id("sharing_group_id"),
        sharing_group=embedded_group(fields),
        elements=_elements(fields),
        relations=_relations(fields),
        extends_uuid=fields.uuid("extends_uuid"),
        extends_version=fields.epoch("extends_version"),
        uuid=fields.uuid("uuid"),
        collection_uuid=fields.uuid("collection_uuid"),
        version=fields.epoch("version"),
        is_default=fields.flag("default") or False,
        published=fields.flag("published"),
        deleted=fields.flag("deleted") or False,
        galaxy=_galaxy(record.get("Galaxy")),
        orgc=read_organisation(record.get("Orgc")),
    )
    if "value" in record and not (draft.value or "").strip():
        fields.refuse("value", sentences.NOT_EMPTY)
    fields.check()
    return draft


def read_pushed(body: object) -> Iterator[ClusterDraft | None]:
    """The clusters of a partner's push; None for one that cannot be read. Raises TooLarge."""
    items = unwrap(body, "GalaxyCluster") if isinstance(body, dict) else body
    listed = items if isinstance(items, list) else [items]
    if len(listed) > MOST_PARTS:
        raise TooLarge(f"More than {MOST_PARTS} clusters at once.")
    for item in listed:
        try:
            yield read_cluster(item)
        except Invalid:
            yield None


def read_versions(body: object) -> dict[str, int]:
    """Uuids and versions that a partner told of, whatever is wrapped around them (PROTOCOL §3.12)."""
    items = body.get("response", []) if isinstance(body, dict) else body
    found = {}
    for item in items if isinstance(items, list) else []:
        record = as_record(unwrap(item, "GalaxyCluster")) or {}
        number, version = uuid(record.get("uuid")), whole_number(record.get("version"))
        if number is not None and version is not None:
            found[number] = version
    return found


def read_relation(body: object) -> RelationDraft:
    """A relation of galaxy_cluster_relations/add or edit. Raises Invalid."""
    record = as_record(unwrap(body, "GalaxyClusterRelation")) or {}
    draft, fields = _relation(record)
    fields.check()
    assert draft is not None
    return draft


def _word(fields: Fields, name: str) -> str | None:
    text = fields.text(name)
    if text is not None and len(text) > LONGEST:
        fields.refuse(name, TOO_LONG)
    return text


def _authors(fields: Fields) -> tuple[str, ...] | None:
    value = fields.record.get("authors")
    if value is None:
        return None
    items = value if isinstance(value, list) else str(value).split(",")
    return tuple(text.strip()[:LONGEST] for item in items[:100] if (text := plain_text(item)) and text.strip())


def _elements(fields: Fields) -> tuple[tuple[str, str], ...] | None:
    """Pairs of `GalaxyElement`, of `meta`, or of the lines of a form: `key: value`."""
    record = fields.record
    if isinstance(lines := record.get("elements"), str):
        parts = (line.partition(":") for line in lines.splitlines() if line.strip())
        found = [(key.strip(), value.strip()) for key, _colon, value in parts]
    elif (items := record.get("GalaxyElement")) is not None:
        found = list(_pairs(items))
    elif isinstance(meta := record.get("meta"), dict) and meta:
        found = [(key, text) for key, value in meta.items() for text in _texts(value)]
    else:
        return None
    if len(found) > MOST_PARTS:
        raise TooLarge(f"More than {MOST_PARTS} elements in a cluster.")
    if any(not key or len(key) > LONGEST or not value for key, value in found):
        fields.refuse("elements", "Expected a key and a value, as in `synonyms: Another name`.")
    return tuple(found)


def _pairs(items: object) -> Iterator[tuple[str, str]]:
    for item in items if isinstance(items, list) else []:
        record = as_record(item) or {}
        yield (plain_text(record.get("key")) or "").strip(), (plain_text(record.get("value")) or "").strip()


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [text for item in items if (text := plain_text(item))]


def _relations(fields: Fields) -> tuple[RelationDraft, ...] | None:
    """Those that can be read; the others are left out."""
    items = fields.record.get("GalaxyClusterRelation")
    if items is None:
        return None
    listed = items if isinstance(items, list) else []
    if len(listed) > MOST_PARTS:
        raise TooLarge(f"More than {MOST_PARTS} relations in a cluster.")
    read = (_relation(as_record(item) or {}) for item in listed)
    return tuple(draft for draft, own in read if draft is not None and not own.errors)


def _relation(record: Record) -> tuple[RelationDraft | None, Fields]:
    fields = Fields(record)
    target = fields.uuid("referenced_galaxy_cluster_uuid")
    kind = _word(fields, "referenced_galaxy_cluster_type")
    level = fields.choice("distribution", is_event_level, sentence=sentences.EVENT_DISTRIBUTION)
    for name, value in (("referenced_galaxy_cluster_uuid", target), ("referenced_galaxy_cluster_type", kind)):
        if not (value or "").strip():
            fields.refuse(name, sentences.NOT_EMPTY)
    if fields.errors or target is None or kind is None:
        return None, fields
    draft = RelationDraft(
        referenced_uuid=target,
        type=kind.strip(),
        distribution=level,
        sharing_group_id=fields.reference_id("sharing_group_id"),
        tags=_tag_names(record),
        source_uuid=fields.uuid("galaxy_cluster_uuid"),
    )
    return draft, fields


def _tag_names(record: Record) -> tuple[str, ...]:
    if isinstance(given := record.get("tags"), str):
        return tuple(name.strip()[:LONGEST] for name in given.split(",") if name.strip())
    return tuple(tag.name for tag in read_tags(record, "GalaxyClusterRelationTag", []))


def _galaxy(value: object) -> GalaxyDraft | None:
    record = as_record(value)
    if not record:
        return None
    fields = Fields(record)
    number, kind = fields.uuid("uuid"), (plain_text(record.get("type")) or "").strip()[:LONGEST]
    if number is None or not kind or any(letter in kind for letter in '="'):
        return None
    return GalaxyDraft(
        uuid=number,
        name=(plain_text(record.get("name")) or kind).strip()[:LONGEST],
        type=kind,
        description=plain_text(record.get("description")) or "",
        version=min(whole_number(record.get("version")) or 0, 2**31),
        icon=(plain_text(record.get("icon")) or "")[:LONGEST],
        namespace=(plain_text(record.get("namespace")) or "")[:LONGEST],
    )


def read_cluster_search(given: Mapping[str, object]) -> ClusterFilters:
    """What a restSearch of clusters asks for; unknown names are ignored (API §8)."""
    custom = flag(given.get("custom"))
    if custom is None and (default := flag(given.get("default"))) is not None:
        custom = not default
    context = plain_text(given.get("context"))
    page, limit = whole_number(given.get("page")), whole_number(given.get("limit"))
    event = plain_text(given.get("eventid"))
    return ClusterFilters(
        ids=_numbers(given.get("id")),
        uuids=_uuids(given["uuid"]) if given.get("uuid") not in (None, "") else None,
        galaxy_ids=_numbers(given.get("galaxy_id")),
        galaxy_uuids=_uuids(given.get("galaxy_uuid")),
        tag_names=tuple(_texts(_several(given.get("tag_name")))),
        values=tuple(_texts(_several(given.get("value")))),
        org_ids=_numbers(given.get("org_id")),
        orgc_ids=_numbers(given.get("orgc_id")),
        elements=_wanted_elements(given.get("elements")),
        event_ref=event or None,
        searchall=(plain_text(given.get("searchall")) or "").strip()[:LONGEST],
        custom=_CUSTOM.get(context or "", custom),
        published=flag(given.get("published")),
        deleted=context == "deleted" or flag(given.get("deleted")) is True,
        limit=min(limit, 2**31) if limit is not None and limit > 0 else None,
        page=min(page, 2**31) if page is not None and page > 0 else None,
    )


def _numbers(value: object) -> tuple[int, ...]:
    """The ids asked for; something that is none matches nothing."""
    return tuple(number if (number := whole_number(item)) is not None else -1 for item in _several(value))


def _uuids(value: object) -> tuple[str, ...]:
    return tuple(canonical_uuid(str(item)) or "" for item in _several(value))


def _several(value: object) -> list[object]:
    """The values asked for: one or a list, each of which may name several as `a&&b` (API §8.2)."""
    items = [] if value in (None, "") else value if isinstance(value, list) else [value]
    return [part for item in items for part in (item.split("&&") if isinstance(item, str) else [item])]


def _wanted_elements(value: object) -> dict[str, tuple[str, ...]]:
    record = as_record(value) or {}
    return {key: tuple(_texts(wanted)) for key, wanted in list(record.items())[:20] if _texts(wanted)}
