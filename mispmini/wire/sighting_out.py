"""Sightings as JSON text: saved, listed, found, inside an attribute, and for a partner (MODEL §7.7, API §8.6)."""

from collections.abc import Mapping
from json.encoder import encode_basestring as quoted

from mispmini.domain.graphs import OrganisationRow
from mispmini.domain.opinions import SightingRow

Organisations = Mapping[int, OrganisationRow]
CSV_COLUMNS = ("id", "attribute_id", "event_id", "org_id", "date_sighting", "uuid", "source", "type", "value")
CSV_UUIDS = ("attribute_uuid", "event_uuid")


def saved_sighting_json(row: SightingRow) -> str:
    """What sightings/add answers."""
    return f'{{"Sighting":{{{_columns(row)}}}}}'


def sighting_json(row: SightingRow, organisations: Organisations) -> str:
    """A sighting in sightings/index, inside an attribute, and for a partner: always with org_id (RULES §7)."""
    return f'{{{_columns(row)},"attribute_uuid":"{row.attribute_uuid}"{_organisation(row, organisations)}}}'


def listed_sighting_json(row: SightingRow, organisations: Organisations) -> str:
    """A sighting in listSightings."""
    return f'{{"Sighting":{sighting_json(row, organisations)}}}'


def found_sighting_json(
    row: SightingRow,
    organisations: Organisations,
    *,
    with_uuids: bool = False,
    attribute: str | None = None,
    event: str | None = None,
) -> str:
    """A sighting in sightings/restSearch; `attribute` and `event` are ready texts."""
    uuids = f',"attribute_uuid":"{row.attribute_uuid}","event_uuid":"{row.event_uuid}"' if with_uuids else ""
    return "".join((
        f'{{"Sighting":{{{_columns(row)},"value":{quoted(row.value)}{uuids}{_organisation(row, organisations)}',
        "" if attribute is None else f',"Attribute":{attribute}',
        "" if event is None else f',"Event":{event}',
        "}}",
    ))  # fmt: skip


def csv_line(row: SightingRow, *, with_uuids: bool) -> str:
    """A line of the CSV export."""
    named = row._asdict() | {"org_id": row.org_id or 0}
    columns = (*CSV_COLUMNS, *CSV_UUIDS) if with_uuids else CSV_COLUMNS
    return ",".join(_cell(named[name]) for name in columns) + "\n"


def csv_head(*, with_uuids: bool) -> str:
    """The names of its columns."""
    return ",".join((*CSV_COLUMNS, *CSV_UUIDS) if with_uuids else CSV_COLUMNS) + "\n"


def _cell(value: object) -> str:
    text = str(value)
    if isinstance(value, int):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _columns(row: SightingRow) -> str:
    return (
        f'"id":"{row.id}","attribute_id":"{row.attribute_id}","event_id":"{row.event_id}","org_id":"{row.org_id or 0}",'
        f'"date_sighting":"{row.date_sighting}","uuid":"{row.uuid}","source":{quoted(row.source)},"type":"{row.type}"'
    )


def _organisation(row: SightingRow, organisations: Organisations) -> str:
    """An anonymous sighting names none."""
    known = None if row.org_id is None else organisations.get(row.org_id)
    if known is None:
        return ""
    return f',"Organisation":{{"id":"{known.id}","uuid":"{known.uuid}","name":{quoted(known.name)}}}'
