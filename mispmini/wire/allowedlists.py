"""Expressions of the instance's allow-list, as they are answered and asked for (API §8.5)."""

from collections.abc import Mapping

from mispmini.domain.allowedlists import AllowedlistRow
from mispmini.wire.replies import Reply
from mispmini.wire.scalars import Fields


def allowedlist_reply(found: AllowedlistRow) -> Reply:
    """One expression."""
    return {"Allowedlist": {"id": str(found.id), "name": found.name}}


def read_expression(given: Mapping[str, object]) -> str:
    """The expression, as it was written. Raises Invalid."""
    fields = Fields(given)
    name = (fields.text("name") or "").strip()
    fields.check()
    return name
