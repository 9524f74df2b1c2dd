"""Requests to take over an event, and correlation exclusions, as they are answered and asked for (API §9.2, §9.6)."""

from collections.abc import Mapping

from mispmini.domain import sentences
from mispmini.domain.delegations import CommonValue, Delegation, DelegationWish, ExclusionRow
from mispmini.domain.errors import Invalid
from mispmini.domain.graphs import OrganisationRow
from mispmini.wire.replies import Reply
from mispmini.wire.scalars import Fields, plain_text

THE_RECIPIENT_DECIDES = -1
LONGEST_MESSAGE = 10_000
LONGEST_VALUE = 65_535


def delegation_reply(found: Delegation) -> Reply:
    """A request with its event and both organisations beside it."""
    level = THE_RECIPIENT_DECIDES if found.distribution is None else found.distribution
    return {
        "EventDelegation": {
            "id": str(found.id),
            "org_id": str(found.org.id),
            "requester_org_id": str(found.requester.id),
            "event_id": str(found.event_id),
            "message": found.message,
            "distribution": str(level),
            "sharing_group_id": str(found.sharing_group_id or 0),
        },
        "Event": {"id": str(found.event_id), "uuid": found.event_uuid, "info": found.event_info},
        "Org": _organisation(found.org),
        "RequesterOrg": _organisation(found.requester),
    }


def _organisation(org: OrganisationRow) -> Reply:
    return {"id": str(org.id), "name": org.name, "uuid": org.uuid}


def read_wish(given: Mapping[str, object]) -> DelegationWish:
    """To whom, and how far it may then go; -1 leaves that to the recipient. Raises Invalid."""
    fields = Fields(given)
    org = plain_text(given.get("org_id")) or ""
    if not org:
        fields.refuse("org_id", sentences.NOT_EMPTY)
    level = fields.choice("distribution", range(-1, 6).__contains__, sentence=sentences.EVENT_DISTRIBUTION)
    wish = DelegationWish(
        org=org,
        message=(fields.text("message") or "")[:LONGEST_MESSAGE],
        distribution=None if level == THE_RECIPIENT_DECIDES else level,
        sharing_group_id=fields.reference_id("sharing_group_id"),
    )
    fields.check()
    return wish


def exclusion_reply(found: ExclusionRow) -> Reply:
    """A value that does not correlate."""
    columns = {"id": str(found.id), "value": found.value, "from_json": False, "comment": found.comment}
    return {"CorrelationExclusion": columns}


def read_exclusion(given: Mapping[str, object]) -> tuple[str | None, str | None]:
    """Value and comment, as far as they are given. Raises Invalid."""
    fields = Fields(given)
    value, comment = fields.text("value"), fields.text("comment")
    if len(value or "") > LONGEST_VALUE:
        raise Invalid({"value": [f"At most {LONGEST_VALUE} characters."]})
    fields.check()
    return value, comment


def common_value_reply(number: int, found: CommonValue) -> Reply:
    """A value that is in more events than correlate."""
    columns = {"id": str(number), "value": found.value, "occurrence": str(found.events), "excluded": False}
    return {"OverCorrelatingValue": columns}
