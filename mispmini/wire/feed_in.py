"""Feeds as REST bodies and the form send them, and what a feed itself says: its manifest and its hashes (API §9.6)."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mispmini.domain import sentences
from mispmini.domain.distribution import is_event_level
from mispmini.domain.errors import NotBuiltIn
from mispmini.domain.feeds import FeedDraft, ListSettings, ManifestEntry, SourceFormat
from mispmini.domain.rules import can_be_read
from mispmini.wire.scalars import Fields, as_record, epoch_seconds, plain_text, uuid

MOST_EVENTS = 200_000
NO_FORMAT = "Please choose misp, csv or freetext."
NO_SETTINGS = "The settings cannot be read: {}."
NO_RULES = "The rules cannot be read."
_FLAGS = (
    "enabled", "fixed_event", "delta_merge", "publish", "override_ids", "lookup_visible", "caching_enabled",
    "force_to_ids",
)  # fmt: skip
_NUMBERS = ("sharing_group_id", "tag_id", "event_id", "orgc_id", "fetch_interval")
_RULE_PARTS = ("tags_or", "tags_not", "orgs_or", "orgs_not")
_SEPARATORS = re.compile(r"[\s,;]+")
_MD5 = re.compile(r"[0-9a-fA-F]{32}\Z")


def read_feed(parameters: Mapping[str, object], *, interval_unit: int = 1) -> FeedDraft:
    """A feed, bare or under `Feed`; `interval_unit` is how many seconds an interval counts (60 in the form).

    Raises Invalid by field. `settings` and `rules` may be JSON texts or objects, or the fields of the form.
    """
    fields = Fields(as_record(parameters.get("Feed")) or parameters)
    given: dict[str, Any] = {name: fields.flag(name) for name in _FLAGS}
    given |= {name: fields.text(name) for name in ("name", "provider", "url", "headers", "input_source", "tag_name")}
    given |= {name: fields.choice(name, lambda n: n >= 0, sentence=sentences.NUMBER) for name in _NUMBERS}
    interval = given.pop("fetch_interval")
    draft = FeedDraft(
        **given,
        distribution=fields.choice("distribution", is_event_level, sentence=sentences.EVENT_DISTRIBUTION),
        source_format=_format(fields),
        settings=_settings(fields),
        rules=_rules(fields),
        allow_internal=_networks(fields.record.get("allow_internal")),
        fetch_interval=None if interval is None else interval * interval_unit,
    )
    fields.check()
    return draft


def _format(fields: Fields) -> SourceFormat | None:
    text = fields.text("source_format")
    if not text:
        return None
    if text.lower() == "network":  # what very old clients call MISP's own
        return SourceFormat.MISP
    try:
        return SourceFormat(text.lower())
    except ValueError:
        fields.refuse("source_format", NO_FORMAT)
        return None


def _settings(fields: Fields) -> str | None:
    """JSON text; from an object, a text, or the three fields of the form."""
    parts = {name: fields.text(name) for name in ("csv_columns", "csv_delimiter", "excluderegex")}
    value = fields.record.get("settings")
    if any(text is not None for text in parts.values()):
        csv = {"value": parts["csv_columns"] or "", "delimiter": parts["csv_delimiter"] or ","}
        value = {"csv": csv, "common": {"excluderegex": parts["excluderegex"] or ""}}
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "" if text in ("[]", "null", '""') else text
    try:
        ListSettings.from_text(text)
    except (ValueError, NotBuiltIn) as error:
        fields.refuse("settings", NO_SETTINGS.format(str(error)[:200]))
    return text


def _rules(fields: Fields) -> str | None:
    """JSON text; from an object, a text, or the names that the form has, one a line."""
    lines = {part: fields.text(part) for part in _RULE_PARTS}
    value = fields.record.get("rules")
    if any(text is not None for text in lines.values()):
        named = {part: [line.strip() for line in (text or "").splitlines() if line.strip()]
                 for part, text in lines.items()}  # fmt: skip
        value = {
            "tags": {"OR": named["tags_or"], "NOT": named["tags_not"]},
            "orgs": {"OR": named["orgs_or"], "NOT": named["orgs_not"]},
        }
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not can_be_read(text, by_ids=False):
        fields.refuse("rules", NO_RULES)
    return text


def _networks(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    items = value if isinstance(value, list) else _SEPARATORS.split(plain_text(value) or "")
    return tuple(text.strip() for item in items if (text := plain_text(item) or "").strip())


def read_values(parameters: Mapping[str, object]) -> list[str]:
    """The values of a look-up: one or a list, under `value`; blank ones are none."""
    given = parameters.get("value")
    items = given if isinstance(given, list) else [given]
    return [text for item in items if (text := (plain_text(item) or "").strip())][:1000]


def read_manifest(document: object) -> list[ManifestEntry]:
    """The events that a feed's manifest.json lists; what is no event is left out.

    Raises ValueError for what is no manifest, or one of more than 200,000 events.
    """
    record = as_record(document)
    if record is None and document != []:
        raise ValueError("the manifest is no JSON object")
    if len(record or ()) > MOST_EVENTS:
        raise ValueError(f"the manifest lists more than {MOST_EVENTS} events")
    return [entry for name, value in (record or {}).items() if (entry := _entry(name, value)) is not None]


def _entry(name: str, value: object) -> ManifestEntry | None:
    known, record = uuid(name), as_record(value)
    if known is None or record is None:
        return None
    orgc = as_record(record.get("Orgc")) or {}
    tags = record.get("Tag")
    named = [as_record(tag) or {} for tag in tags] if isinstance(tags, list) else []
    return ManifestEntry(
        uuid=known,
        timestamp=epoch_seconds(record.get("timestamp")) or 0,
        info=plain_text(record.get("info")) or "",
        date=plain_text(record.get("date")) or "",
        orgc_name=plain_text(orgc.get("name")) or "",
        orgc_uuid=uuid(orgc.get("uuid")) or "",
        tags=tuple(text for tag in named if (text := plain_text(tag.get("name")))),
    )


def read_hashes(text: str) -> Iterator[tuple[bytes, str | None]]:
    """The lines of a feed's hashes.csv: MD5 of a value, and the event it stands in; other lines are left out."""
    for line in text.splitlines():
        digest, _, event = line.strip().partition(",")
        if _MD5.match(digest):
            yield bytes.fromhex(digest), uuid(event)
