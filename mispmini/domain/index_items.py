"""An event in the index: its own columns with what stands beside them (PROTOCOL §4.3)."""

from dataclasses import dataclass

from mispmini.domain.graphs import EventRow
from mispmini.domain.records import GroupName, IndexOrganisation, IndexTag


@dataclass(frozen=True, slots=True)
class IndexItem:
    """An event in the index (PROTOCOL §4.3); `sharing_group` is set where the event is limited to one.

    `proposed` says that a proposal for it is pending.
    """

    event: EventRow
    org: IndexOrganisation
    orgc: IndexOrganisation
    tags: tuple[IndexTag, ...] = ()
    sharing_group: GroupName | None = None
    proposed: bool = False
