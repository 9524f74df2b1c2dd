"""What an analyst in plain PyMISP has at hand: clients, the event of the day, and how answers are read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pymisp import MISPAttribute, MISPEvent

from mispmini.domain.ids import new_uuid

Client = Any  # its answers are unions of dictionaries and objects, by the switch `pythonify`


@dataclass(slots=True)
class Day:
    """What the analyst works on: her client and those of others, and the event of the day."""

    misp: Client
    colleague: Client  # of another organisation
    outsider: Client  # of a third one
    admin: Client
    colleague_org: str  # uuid
    keyless: Callable[[str], Client]  # a client with another key
    mark: str = field(default_factory=lambda: new_uuid()[:8])
    event: MISPEvent = field(default_factory=MISPEvent)
    group: Any = None  # a MISPSharingGroup

    def named(self, name: str) -> str:
        """A domain that no other test has."""
        return f"{name}-{self.mark}.example"

    @property
    def tag(self) -> str:
        """The tag of the campaign."""
        return f"campaign:day-{self.mark}"

    def reload(self) -> MISPEvent:
        """The event as it is now."""
        self.event = self.misp.get_event(self.event.uuid, pythonify=True)
        return self.event


def said(answer: Any) -> str:
    """The sentence of an answer that is none of a refusal."""
    assert "errors" not in answer, answer
    return str(answer.get("message", answer.get("success", "")))


def values(attributes: Iterable[MISPAttribute]) -> list[str]:
    """The values, sorted."""
    return sorted(one.value for one in attributes)


def one_of_value(day: Day, value: str) -> MISPAttribute:
    """The attribute of the event, or of an object of it, as it is now."""
    event = day.reload()
    every = [*event.attributes, *(one for item in event.objects for one in item.attributes)]
    return next(one for one in every if one.value == value)


def found_by(client: Client, **asked: object) -> list[str]:
    """The values that a search of attributes finds, sorted."""
    return values(client.search(controller="attributes", pythonify=True, **asked))
