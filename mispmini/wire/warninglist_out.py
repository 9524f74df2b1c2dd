"""Warninglists, noticelists and decaying models as MISP answers them, and what they say of attributes (MODEL §7.15)."""

from collections.abc import Iterable, Mapping, Sequence

from mispmini.domain.decaying import POLYNOMIAL, DecayingModel, DecayScore
from mispmini.domain.noticelists import Noticelist
from mispmini.domain.warninglists import EntryRow, Hit, WarninglistRow
from mispmini.wire.fragments import compact
from mispmini.wire.replies import Reply


def warninglist_columns(row: WarninglistRow) -> Reply:
    """A list's own fields."""
    return {
        "id": str(row.id),
        "name": row.name,
        "type": row.type,
        "description": row.description,
        "version": str(row.version),
        "enabled": row.enabled,
        "default": row.is_default,
        "category": row.category,
        "warninglist_entry_count": str(row.entry_count),
    }


def warninglist_index(rows: Iterable[WarninglistRow]) -> Reply:
    """warninglists/index."""
    listed = [{**warninglist_columns(row), "valid_attributes": ", ".join(row.valid_attributes)} for row in rows]
    return {"Warninglists": [{"Warninglist": one} for one in listed]}


def warninglist_view(row: WarninglistRow, entries: Iterable[EntryRow]) -> Reply:
    """warninglists/view: with its values and the types it speaks of."""
    number = str(row.id)
    values = [
        {"id": str(e.id), "value": e.value, "warninglist_id": number, "comment": e.comment or None} for e in entries
    ]
    types = [
        {"id": str(index), "type": kind, "warninglist_id": number} for index, kind in enumerate(row.valid_attributes, 1)
    ]
    return {"Warninglist": {**warninglist_columns(row), "WarninglistEntry": values, "WarninglistType": types}}


def warninglist_export(row: WarninglistRow, entries: Iterable[EntryRow]) -> Reply:
    """warninglists/export: as the field's own files are written."""
    return {
        "name": row.name,
        "type": row.type,
        "version": row.version,
        "description": row.description,
        "matching_attributes": list(row.valid_attributes),
        "category": row.category,
        "list": [entry.value for entry in entries],
    }


def checked_values(hits: Mapping[str, Sequence[Hit]]) -> Reply | list[object]:
    """warninglists/checkValue; MISP: nothing found is an empty list (CLIENTS.md)."""
    found: Reply = {
        value: [{"id": str(hit.warninglist.id), "name": hit.warninglist.name, "matched": hit.match} for hit in of_value]
        for value, of_value in hits.items()
    }
    return found or []


def warnings_json(hits: Sequence[Hit]) -> str:
    """`,"warnings":[…]` of an attribute, or nothing."""
    if not hits:
        return ""
    told = [
        {
            "match": hit.match,
            "value": hit.value,
            "warninglist_id": hit.warninglist.id,
            "warninglist_name": hit.warninglist.name,
            "warninglist_category": hit.warninglist.category,
        }
        for hit in hits
    ]
    return f',"warnings":{compact(told)}'


def noticelist_item(one: Noticelist, *, enabled: bool) -> Reply:
    """One of noticelists/index."""
    return {"Noticelist": _noticelist(one, enabled=enabled)}


def noticelist_view(one: Noticelist, *, enabled: bool) -> Reply:
    """noticelists/view: with what it says."""
    entries = [
        {
            "id": str(entry.id),
            "noticelist_id": str(one.id),
            "data": {
                "scope": list(entry.scope),
                "field": list(entry.field),
                "value": list(entry.values),
                "tags": list(entry.tags),
                "message": dict(entry.message),
            },
        }
        for entry in one.entries
    ]
    return {"Noticelist": {**_noticelist(one, enabled=enabled), "NoticelistEntry": entries}}


def _noticelist(one: Noticelist, *, enabled: bool) -> Reply:
    return {
        "id": str(one.id),
        "name": one.name,
        "expanded_name": one.expanded_name,
        "ref": list(one.ref),
        "geographical_area": list(one.geographical_area),
        "version": str(one.version),
        "enabled": enabled,
    }


def model_columns(model: DecayingModel, *, enabled: bool) -> Reply:
    """A decaying model."""
    return {
        "id": str(model.id),
        "uuid": model.uuid,
        "name": model.name,
        "description": model.description,
        "parameters": {
            "lifetime": model.lifetime,
            "decay_speed": model.decay_speed,
            "threshold": model.threshold,
            "default_base_score": model.base_score,
            "base_score_config": dict(model.weights),
        },
        "attribute_types": list(model.types),
        "org_id": "1",
        "enabled": enabled,
        "all_orgs": True,
        "ref": [],
        "formula": POLYNOMIAL,
        "version": str(model.version),
        "default": True,
        "isEditable": False,
    }


def decay_json(scores: Sequence[DecayScore], *, full_model: bool) -> str:
    """`,"decay_score":[…]` of an attribute, or nothing."""
    if not scores:
        return ""
    told = [
        {
            "score": round(one.score, 2),
            "base_score": round(one.base_score, 2),
            "decayed": one.decayed,
            "DecayingModel": _model_of(one.model, full=full_model),
        }
        for one in scores
    ]
    return f',"decay_score":{compact(told)}'


def _model_of(model: DecayingModel, *, full: bool) -> Reply:
    return model_columns(model, enabled=True) if full else {"id": str(model.id), "name": model.name}
