"""Blocklists as answers, and what is said of their entries as it comes in (samples 20j, 20k; API §9.8)."""

from collections.abc import Mapping, Sequence

from mispmini.domain import sentences
from mispmini.domain.clock import datetime_text
from mispmini.domain.errors import Invalid
from mispmini.wire.replies import Reply
from mispmini.wire.scalars import Fields

SENT_AS = {"cluster_creator": "cluster_orgc"}  # a text of ours: its name on the wire
_MOST_UUIDS = 10_000


def event_entry(number: int, uuid: str, created: int, texts: Mapping[str, str]) -> Reply:
    """An entry of eventBlocklists/index; `created` is epoch seconds."""
    return {
        "id": str(number),
        "event_uuid": uuid,
        "created": datetime_text(created),
        "event_info": texts["event_info"],
        "comment": texts["comment"],
        "event_orgc": texts["event_orgc"],
    }


def org_entry(number: int, uuid: str, created: int, texts: Mapping[str, str]) -> Reply:
    """An entry of orgBlocklists/index; what it kept out is not counted, which MISP says with false."""
    return {
        "id": str(number),
        "org_uuid": uuid,
        "created": datetime_text(created),
        "org_name": texts["org_name"],
        "comment": texts["comment"],
        "blocked_data": {"blocked_amount": False, "blocked_last_time": False},
    }


def cluster_entry(number: int, uuid: str, created: int, texts: Mapping[str, str]) -> Reply:
    """An entry of galaxyClusterBlocklists/index."""
    return {
        "id": str(number),
        "cluster_uuid": uuid,
        "created": datetime_text(created),
        "cluster_info": texts["cluster_info"],
        "comment": texts["comment"],
        "cluster_orgc": texts["cluster_creator"],
    }


def analyst_entry(number: int, uuid: str, created: int, texts: Mapping[str, str]) -> Reply:
    """An entry of analystDataBlocklists/index."""
    return {
        "id": str(number),
        "analyst_data_uuid": uuid,
        "created": datetime_text(created),
        "analyst_data_info": texts["analyst_data_info"],
        "comment": texts["comment"],
        "analyst_data_orgc": texts["analyst_data_orgc"],
    }


def added(successes: Sequence[str], fails: Sequence[str]) -> Reply:
    """What an add answers."""
    return {
        "result": {"successes": list(successes), "fails": list(fails)},
        "message": (
            f"Done. Added {len(successes)} new entries to the blocklist. {len(fails)} entries could not be saved."
        ),
    }


def read_uuids(given: Mapping[str, object]) -> list[str]:
    """The `uuids` of a body: a list, or a text with one a line. Raises Invalid."""
    value = given.get("uuids")
    items = value.split() if isinstance(value, str) else value
    if not isinstance(items, list) or len(items) > _MOST_UUIDS or not all(isinstance(item, str) for item in items):
        raise Invalid({"uuids": [sentences.LIST]})
    return items


def read_texts(given: Mapping[str, object], names: Sequence[str]) -> dict[str, str]:
    """What a body says about entries. Raises Invalid by field."""
    fields = Fields(given)
    texts = {name: text for name in names if (text := fields.text(SENT_AS.get(name, name))) is not None}
    fields.check()
    return texts
