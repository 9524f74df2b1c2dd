"""What a pushing partner offers: uuids with timestamps (PROTOCOL §3.3)."""

from mispmini.domain.errors import TooLarge
from mispmini.wire.scalars import as_record, epoch_seconds
from mispmini.wire.scalars import uuid as canonical

MOST_OFFERS = 1_000_000


def read_offers(body: object) -> list[tuple[str, int]]:
    """`[{"Event":{"uuid","timestamp"}}, …]` as (uuid, epoch seconds), of a uuid the last; what is none is passed over.

    Raises TooLarge.
    """
    items = body if isinstance(body, list) else list(body.values()) if isinstance(body, dict) else []
    if len(items) > MOST_OFFERS:
        raise TooLarge(f"More than {MOST_OFFERS} events offered at once.")
    offers = (_offer(item) for item in items)
    return list(dict(offer for offer in offers if offer is not None).items())


def _offer(item: object) -> tuple[str, int] | None:
    record = as_record(item)
    record = as_record(record.get("Event", record)) if record is not None else None
    if record is None:
        return None
    uuid, timestamp = canonical(record.get("uuid")), epoch_seconds(record.get("timestamp"))
    return None if uuid is None else (uuid, timestamp or 0)
