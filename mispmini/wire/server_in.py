"""A link as REST bodies and the form send it, made a draft (API §9.7; GUIDE, Add Server)."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from mispmini.domain import sentences
from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.errors import MispminiError
from mispmini.domain.rules import RuleNames
from mispmini.domain.servers import ServerDraft
from mispmini.wire.door import parse_json
from mispmini.wire.scalars import Fields, plain_text

Parameters = Mapping[str, object]
FLAGS = (
    "push", "pull", "push_sightings", "push_galaxy_clusters", "pull_galaxy_clusters", "push_analyst_data",
    "pull_analyst_data", "publish_without_email", "unpublish_event", "self_signed", "internal", "skip_proxy",
    "remove_missing_tags", "caching_enabled", "paused",
)  # fmt: skip
_TEXTS = ("name", "url", "authkey", "own_name_policy", "gone_policy", "pinned_sha256", "proxy", "default_local_tag")
_SEPARATORS = re.compile(r"[\s,;]+")


def read_server(parameters: Parameters, *, interval_unit: int = 1) -> ServerDraft:
    """A link, bare or under `Server`; `interval_unit` is how many seconds a pull interval counts (60 in the form).

    Raises Invalid by field. A new organisation is named by remote_org_name and remote_org_uuid, or as MISP's form has
    it by external_name and external_uuid.
    """
    inner = parameters.get("Server")
    fields = Fields(_with_organisation(inner if isinstance(inner, dict) else parameters))
    given: dict[str, Any] = {name: fields.text(name) for name in _TEXTS} | {name: fields.flag(name) for name in FLAGS}
    interval = fields.choice("pull_interval", lambda number: number >= 0, sentence=sentences.NUMBER)
    draft = ServerDraft(
        **given,
        remote_org=plain_text(fields.record.get("remote_org_id")) or None,
        new_org=_new_organisation(fields.record),
        push_rules=_rules(fields, "push_rules"),
        pull_rules=_rules(fields, "pull_rules"),
        push_names=_names(fields, "push"),
        pull_names=_names(fields, "pull"),
        ca_pem=_pem(fields, "submitted_cert", "delete_cert"),
        client_pem=_pem(fields, "submitted_client_cert", "delete_client_cert"),
        allow_internal=_networks(fields.record.get("allow_internal")),
        trusted_orgs=_lines(fields.record.get("trusted_orgs")),
        priority=fields.choice("priority", lambda number: number >= 0, sentence=sentences.NUMBER),
        pull_interval=None if interval is None else interval * interval_unit,
    )
    fields.check()
    return draft


def _with_organisation(record: Parameters) -> Parameters:
    """MISP's form names the organisation in `json`: `{"id"}` of one of here, or name and uuid of a new one."""
    text = record.get("json")
    if plain_text(record.get("remote_org_id")) or not isinstance(text, str):
        return record
    try:
        named = parse_json(text.encode())
    except MispminiError:
        return record
    if not isinstance(named, dict):
        return record
    told = {"remote_org_id": named.get("id"), "external_name": named.get("name"), "external_uuid": named.get("uuid")}
    return {**record, **{name: value for name, value in told.items() if value}}


def _new_organisation(record: Parameters) -> OrganisationDraft | None:
    """Only where no organisation of here is chosen."""
    if plain_text(record.get("remote_org_id")):
        return None
    name, uuid = (
        plain_text(record.get(f"remote_org_{part}")) or plain_text(record.get(f"external_{part}")) or ""
        for part in ("name", "uuid")
    )
    return OrganisationDraft(uuid.strip().lower(), name.strip()) if name.strip() or uuid.strip() else None


def _rules(fields: Fields, name: str) -> str | None:
    """Rules as the JSON text they are kept as; an object is taken too."""
    value = fields.record.get(name)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else fields.text(name)


def _networks(value: object) -> tuple[str, ...] | None:
    """A list, or a text with one network a line."""
    if value is None:
        return None
    items = value if isinstance(value, list) else _SEPARATORS.split(plain_text(value) or "")
    return tuple(text.strip() for item in items if (text := plain_text(item) or "").strip())


def _names(fields: Fields, way: str) -> RuleNames | None:
    """The form's rules of one direction, one name a line; None where it has none of these fields."""
    parts = ("tags_or", "tags_not", "orgs_or", "orgs_not", "types_not", "templates_not")
    given = {part: _lines(fields.record.get(f"{way}_{part}")) for part in parts}
    params = fields.text("pull_url_params") if way == "pull" else None
    if params is None and all(names is None for names in given.values()):
        return None
    return RuleNames(**{part: names or () for part, names in given.items()}, url_params=params or "")


def _lines(value: object) -> tuple[str, ...] | None:
    """A list, or a text with one entry a line; doubled ones once."""
    if value is None:
        return None
    items = value if isinstance(value, list) else (plain_text(value) or "").splitlines()
    return tuple(dict.fromkeys(text.strip() for item in items if (text := plain_text(item) or "").strip()))


def _pem(fields: Fields, name: str, removed: str) -> str | None:
    """A certificate as PEM text, or as the base64 of one, which is how programs send it; "" to take it away."""
    if fields.flag(removed):
        return ""
    text = fields.text(name)
    if not text:
        return None
    return text if "-----BEGIN" in text else _decoded(text)


def _decoded(text: str) -> str:
    """What base64 stood for; the text itself where it is none, for others to refuse."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return text
