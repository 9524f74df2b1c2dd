"""What people must know of how an event or group came, and why a sharing group was not accepted (RULES §1, §4, §6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class NoticeKind(StrEnum):
    """What an event's page tells of it."""

    GROUP_REFUSED = "group_refused"
    LEVEL_KEPT = "level_kept"
    HELD = "held"
    ELEMENTS_REFUSED = "elements_refused"


class GroupRefusal(StrEnum):
    """Why a group that came with an event or element may not be used here (MODEL §7.9)."""

    NO_GROUP = "no_group"
    NOT_ALLOWED = "not_allowed"
    NOT_HERE = "not_here"
    NOT_LISTED = "not_listed"
    NO_MEMBER = "no_member"


class Notice(NamedTuple):
    """A notice about an event: `org_name` is the partner it came from, "" for nobody; `detail` texts by name."""

    kind: NoticeKind
    org_name: str
    detail: Mapping[str, str]
    time: int


class RefusedChange(NamedTuple):
    """A change to a sharing group that a partner was not allowed to make: fields and lists it wanted, by name."""

    org_name: str
    change: Mapping[str, str]
    time: int


class RefusedUpdate(NamedTuple):
    """An update of an event that a partner was not allowed to make; `event_id` is None if it is not here (any more).

    `may_deliver` says that it was refused for the link it came over, which could deliver the event from now on.
    """

    id: int
    event_uuid: str
    event_id: int | None
    event_info: str
    org_name: str
    timestamp: int | None
    reason: str
    time: int
    may_deliver: bool


class NamedByOthers(NamedTuple):
    """An event in our organisation's name that a partner delivered; `review` says that it waits to be released."""

    event_id: int
    event_uuid: str
    info: str
    org_name: str
    timestamp: int
    review: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an event came here: the organisation of the delivering link, and what is noted of it."""

    delivered_by: str
    in_our_name: bool
    review: bool
    in_the_future: bool
    notices: tuple[Notice, ...]
